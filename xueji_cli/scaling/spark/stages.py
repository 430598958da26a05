"""Stages of a run: each leaves its rows as Parquet, which cuts Spark's memory of how they came about, and a run that died goes on from.

A stage is finished when its manifest is there, and it is this run's when the manifest says so: the same inputs (address, size, time of
change), settings and version.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.scaling.spark.carrying import packed
from xueji_cli.scaling.spark.session import is_local
from xueji_cli.scaling.spark.storage import is_uri, literal, local_uri, plain_path
from xueji_cli.tables.spill import Spill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xueji_cli.scaling.spark.storage import Storage

_DONE = "_DONE"
#: How rows that hold frames are written: few, heavy, compressed already. A page for each, so that who wants some reads no others, and a
#: look at the size after each, not after a hundred: Java holds what it has not written.
_HEAVY = {"parquet.page.row.count.limit": "1", "parquet.page.size.row.check.min": "1", "compression": "none"}


class Stages:
    """The stages of one run, in its folder."""

    def __init__(self, spark: Any, storage: Storage, folder: str, mark: str) -> None:
        """Begin, or go on with, a run.

        Args:
            spark: The session.
            storage: Its file systems.
            folder: Address of the run's own folder.
            mark: What the run is known by (`fingerprint`).
        """
        self._spark = spark
        self._storage = storage
        self._folder = folder
        self._mark = mark
        self.resumed = False
        """Whether a stage was found finished."""

    def frame(self, name: str, schema: str, make: Callable[[], Any]) -> Any:
        """Return the rows of a stage, made now or found finished.

        Args:
            name: Of the stage.
            schema: Its columns, as Spark writes them.
            make: Gives the rows as a Spark frame.
        """
        place = f"{self._folder}/{name}"
        if self._manifest(place) is None:
            self._storage.delete(place)
            make().write.options(**(_HEAVY if "binary" in schema else {})).parquet(place)
            self._storage.write(f"{place}/{_DONE}", json.dumps({"run": self._mark, "stage": name}))
        else:
            self.resumed = True
        return self._spark.read.schema(schema).parquet(literal(place))

    def fact(self, name: str, make: Callable[[], Any]) -> Any:
        """Return a small thing that a stage finds out, such as numbers; as JSON holds it.

        Args:
            name: Of the stage.
            make: Finds it out.
        """
        place = f"{self._folder}/{name}"
        found = self._manifest(place)
        if found is None:
            found = {"run": self._mark, "stage": name, "told": make()}
            self._storage.write(f"{place}/{_DONE}", json.dumps(found))
        return found["told"]

    def _manifest(self, place: str) -> dict[str, Any] | None:
        text = self._storage.read(f"{place}/{_DONE}")
        found: dict[str, Any] = json.loads(text) if text else {}
        return found if found.get("run") == self._mark else None


def fingerprint(*parts: object) -> str:
    """Return what a run is known by: equal for the same inputs, settings and version."""
    return hashlib.sha256(json.dumps([_plain(part) for part in parts], sort_keys=True).encode()).hexdigest()[:32]


def _plain(value: object) -> Any:
    """Return a value as JSON can hold it, equal for equal values whatever the process."""
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_plain(each) for each in value), key=repr)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, pl.DataFrame):
        return hashlib.sha256(packed(value)).hexdigest()
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    # Functions of rules: their code names them.
    return getattr(value, "__qualname__", type(value).__qualname__)


@contextmanager
def work_folder(spark: Any, storage: Storage, work_dir: str | None, mark: str) -> Iterator[str]:
    """Give the address of a run's own folder, readable by this user alone; it goes when the run has ended well.

    Args:
        spark: The session.
        storage: Its file systems.
        work_dir: `--work-dir`; None for a temporary folder of this machine, which goes in any case.
        mark: What the run is known by.

    Raises:
        UserError: `spark_work_dir` when the workers are on other machines and there is no folder that all can reach.
    """
    if work_dir is None:
        if not is_local(spark):
            raise UserError("spark_work_dir")
        with Spill() as spill:
            yield local_uri(str(spill.folder))
        return
    base = work_dir.rstrip("/") if is_uri(work_dir) else local_uri(str(Path(plain_path(work_dir)).resolve()))
    folder = f"{base}/xueji-{mark}"
    storage.make_private(folder)
    yield folder
    storage.delete(folder)
