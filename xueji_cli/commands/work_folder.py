"""The disk under a run's work folder: whether a folder can be made there, whether there is room, and what is said when there is no more."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xueji_cli.errors import UserError
from xueji_cli.tables.writing import disk_is_full

if TYPE_CHECKING:
    from collections.abc import Iterator


def refuse(work_dir: str | None) -> None:
    """Refuse a place in which no folder can be made.

    Raises:
        UserError: `work_dir`.
    """
    if work_dir is not None and not (Path(work_dir).is_dir() and os.access(work_dir, os.W_OK)):
        raise UserError("work_dir", folder=work_dir)


def place(work_dir: str | None) -> str:
    """Return where the folder is made: as the user said, else in the system's folder for temporary files."""
    return work_dir or tempfile.gettempdir()


def need_room(work_dir: str | None, size: int) -> None:
    """Be sure that the disk has room for so many bytes.

    Raises:
        UserError: `work_room`.
    """
    from xueji_cli.tables.memory import gigabytes

    parent = place(work_dir)
    free = shutil.disk_usage(parent).free
    if free < size:
        raise UserError("work_room", folder=parent, need=gigabytes(size), free=gigabytes(free))


@contextmanager
def full_disk(work_dir: str | None) -> Iterator[None]:
    """Say in one sentence that the disk is full.

    Raises:
        UserError: `work_full`.
    """
    import polars as pl

    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        if not disk_is_full(error):
            raise
        raise UserError("work_full", folder=place(work_dir)) from None
