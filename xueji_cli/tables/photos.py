"""Photo files of pupils, known by their names."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from xueji_cli.errors import UserError

_SUFFIXES = (".jpg", ".jpeg", ".png")


def photo_stems(folder: str) -> frozenset[str]:
    """Return the names, without suffix, of all photos in a folder and the folders in it (one per grade and class).

    Args:
        folder: Photos named by ID number (`身份证号.jpg`), roll number, or 学校标识码_班号_姓名 for a child without one.

    Raises:
        UserError: When there is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise UserError("photos_not_found", folder=folder)
    files = (path for path in root.rglob("*") if path.suffix.lower() in _SUFFIXES)
    # A Mac writes names decomposed, and people write the x of an ID number small.
    return frozenset(unicodedata.normalize("NFC", path.stem).strip().upper() for path in files)
