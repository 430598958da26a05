"""Which files the arguments of a command mean: files, folders, and patterns that Windows shells leave unexpanded."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import overload

from xueji_cli.errors import UserError
from xueji_cli.tables.blob import STDIN

#: Suffixes looked for in folders. A file named outright may be called anything.
TABLE_SUFFIXES = frozenset(
    [
        ".xlsx",
        ".xlsm",
        ".xls",
        ".xlsb",
        ".ods",
        ".et",
        ".csv",
        ".tsv",
        ".tab",
        ".txt",
        ".htm",
        ".html",
        ".xml",
        ".parquet",
    ],
)

_MAGIC = re.compile(r"[*?\[]")


def expand_inputs(arguments: Sequence[str], *, recursive: bool = False) -> list[str]:
    """Return the files that arguments mean, each once.

    Args:
        arguments: Files, folders, patterns such as `各校/*.xlsx`, and `-` for stdin.
        recursive: Look into the folders of folders as well.

    Returns:
        Paths as the user would write them: in the order of the arguments, and in natural order (2 before 10) inside a folder
        or pattern. Lock files of Office programs (`~$…`) and hidden files are left out unless they are named outright.

    Raises:
        UserError: `no_files_match`, `no_tables_in_folder`, `no_inputs`. A missing file that is named outright is no error here:
            reading it tells.
    """
    if not arguments:
        raise UserError("no_inputs")
    found: list[str] = []
    for argument in arguments:
        found += _expand(argument, recursive=recursive)
    return _once(found)


def _expand(argument: str, *, recursive: bool) -> list[str]:
    if argument == STDIN:
        return [argument]
    path = Path(argument)
    if _is(path.is_dir):
        inside = path.rglob("*") if recursive else path.iterdir()
        files = [str(entry) for entry in inside if _wanted(entry, path) and entry.suffix.lower() in TABLE_SUFFIXES]
        if not files:
            raise UserError("no_tables_in_folder", folder=argument)
        return sorted(files, key=natural_key)
    if _is(path.exists) or not _MAGIC.search(argument):
        return [argument]
    matched: list[str] = []
    for name in glob.glob(argument, recursive=True):  # noqa: PTH207 - Path.glob takes no absolute patterns
        entry = Path(name)
        if _is(entry.is_dir):
            if recursive:
                matched += [str(file) for file in entry.rglob("*") if _wanted(file, entry) and _table(file)]
        elif _wanted(entry, entry.parent):
            matched.append(name)
    if not matched:
        raise UserError("no_files_match", pattern=argument)
    return sorted(matched, key=natural_key)


class Inputs(Sequence[str]):
    """The inputs of a run, known by their files: asked of every output, of which there may be thousands.

    The files are looked at once, when the first output asks.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        """Take the paths as the user named them; stdin is none."""
        self._paths = tuple(path for path in paths if path != STDIN)

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return self._paths[index]

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(same_file_key(path) for path in self._paths)

    @cached_property
    def _inodes(self) -> frozenset[tuple[int, int]]:
        return frozenset(inode for path in self._paths if (inode := _inode(path)) is not None)

    def hold(self, path: str | Path) -> bool:
        """Say whether a path is one of them: the same file, whatever its spelling, links included."""
        if not self._paths:
            return False
        return same_file_key(path) in self._keys or _inode(path) in self._inodes


def _inode(path: str | Path) -> tuple[int, int] | None:
    """Return what hard links and other spellings of one file share; None when there is no such file."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _is(question: object) -> bool:
    """Ask the file system; names it can't hold (too long, NUL) are simply not there."""
    try:
        return bool(question())  # type: ignore[operator]
    except (OSError, ValueError):
        return False


def _table(path: Path) -> bool:
    return path.suffix.lower() in TABLE_SUFFIXES


def _wanted(path: Path, folder: Path) -> bool:
    """Leave out hidden files, those in hidden folders below `folder`, and the lock files of Excel, WPS and LibreOffice."""
    parts = path.relative_to(folder).parts if path != folder else ()
    return path.is_file() and not any(part.startswith((".", "~$")) for part in parts)


def natural_key(path: str) -> list[tuple[int, int | str]]:
    """Sort key by which `2班` comes before `10班`."""
    folded = os.path.normcase(path).casefold()
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"(\d+)", folded) if part]


def _once(paths: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    kept = []
    for path in paths:
        key = path if path == STDIN else same_file_key(path)
        if key not in seen:
            seen.add(key)
            kept.append(path)
    return kept


def same_file_key(path: str | Path) -> str:
    """Return text that is equal for two spellings of one file's path (without regard to case on Windows)."""
    try:
        resolved = str(Path(path).resolve())
    except (OSError, RuntimeError, ValueError):
        resolved = str(path)
    return os.path.normcase(resolved)
