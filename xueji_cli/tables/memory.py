"""How much memory a run may take, and whether its files fit in it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xueji_cli.tables.blob import STDIN
from xueji_cli.tables.options import MAX_BYTES

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)I?B?\s*", re.IGNORECASE)

#: What a run can't do without: Python, the libraries, a piece of a file for each processor.
LEAST = 256 << 20
#: Part of the memory that is free which a run takes when it isn't told otherwise.
_SHARE = 0.6
#: Where the system does not say how much there is.
_UNKNOWN = 4 << 30

#: Bytes in memory for a byte of a file, at the most: of text, of a workbook (a package that is compressed), of Parquet (likewise).
_TEXT, _PACKAGE, _PARQUET = 6, 30, 60
#: Bytes in memory for a cell, when their number is known.
_CELL = 45
#: Bytes of a line of text, when there are few columns; more make fewer rows than are reckoned with.
_LINE = 120
_TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
#: Rows of a piece at the most and at the least, and bytes in memory for one of them with all that is derived from it. A piece costs a
#: quarter of a second however small it is.
_MOST_ROWS, _LEAST_ROWS, _ROW = 400_000, 5_000, 1_800


@dataclass(frozen=True, slots=True)
class Plan:
    """How files are read that do not fit in memory.

    Attributes:
        rows: Rows of a piece.
        keys: Bytes of key columns (`checks.keys`) that stay in memory.
    """

    rows: int
    keys: int


def parse_size(text: str) -> int | None:
    """Return the bytes that a size such as `4GB`, `512MB` or `1.5g` means; None when it means none, or too few to run in."""
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    size = int(float(found[1]) * _UNITS[found[2].upper()])
    return size if size >= LEAST else None


def gigabytes(size: int) -> str:
    """Return bytes as people read them: `1.4 GB`, `350 MB`."""
    return f"{size / (1 << 30):.1f} GB" if size >= 1 << 30 else f"{-(-size // (1 << 20))} MB"


def available() -> int:
    """Return the bytes of memory that are free on this machine (on Linux, those that the kernel can make free)."""
    return _from_proc() or _from_sysconf() or _from_windows() or _UNKNOWN


def _from_proc() -> int | None:
    try:
        said = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    line = re.search(r"^MemAvailable:\s+(\d+) kB", said, re.MULTILINE)
    return int(line[1]) << 10 if line else None


def _from_sysconf() -> int | None:
    """Return half of all memory: other systems don't say simply how much of it is free."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return None


def _from_windows() -> int | None:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *(
                (name, ctypes.c_uint64)
                for name in ("total", "free", "page", "free_page", "virtual", "free_virtual", "extended")
            ),
        )

    windll = getattr(ctypes, "windll", None)
    if windll is None:
        return None
    status = Status(length=ctypes.sizeof(Status))
    return int(status.free) if windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)) else None


def room(memory: int | None) -> int:
    """Return the bytes that a run may take: what it was told, else a part of what is free."""
    return int(available() * _SHARE) if memory is None else memory


def plan(paths: Sequence[str], memory: int | None, weight: float = 1.0, row: int | None = None) -> Plan | None:
    """Decide how files are read; None when all of them fit in memory together.

    Args:
        paths: The files; what comes through stdin counts as nothing.
        memory: Bytes that the run may take; None for a part of those that are free.
        weight: How many times as much a run takes as checking them does.
        row: Bytes in memory for a row of the one piece that is worked on; None where each processor works on one as `check` does.
    """
    sizes = {path: size for path in paths if path != STDIN and (size := size_of(path))}
    largest = max(sizes.values(), default=0)
    # Nobody asks a small roster how much memory there is.
    if memory is None and sum(sizes.values()) * _PARQUET < LEAST:
        return None
    free = room(memory)
    needed = LEAST + int(weight * sum(_needed(path, size) for path, size in sizes.items()))
    if needed <= free and largest <= MAX_BYTES:
        return None
    # Each processor works on a piece, and one more is being read; a quarter is for keys and findings.
    row = row or _ROW * (min(os.cpu_count() or 1, 8) + 1)
    rows = (free - LEAST) * 3 // 4 // row
    return Plan(rows=max(_LEAST_ROWS, min(_MOST_ROWS, rows)), keys=free // 8)


def size_of(path: str) -> int:
    """Return how many bytes a file has; 0 where that can't be told."""
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return 0  # reading it tells


def _needed(path: str, size: int) -> int:
    """Return about how many bytes a file takes once it is read and checked."""
    if is_text(path):
        return size * _TEXT
    if Path(path).suffix.lower() == ".parquet":
        return _cells(path) * _CELL or size * _PARQUET
    return size * _PACKAGE


def is_text(path: str) -> bool:
    """Say whether a file's name promises text."""
    return Path(path).suffix.lower() in _TEXT_SUFFIXES


def rows_of(path: str) -> int:
    """Return how many rows a file has: as Parquet says, or about, from the size of a text file."""
    return _rows(path) if Path(path).suffix.lower() == ".parquet" else size_of(path) // _LINE


def _rows(path: str) -> int:
    import polars as pl

    try:
        return int(pl.scan_parquet(path).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError):
        return size_of(path) // _LINE


def _cells(path: str) -> int:
    import polars as pl

    try:
        rows = pl.scan_parquet(path)
        return int(rows.select(pl.len()).collect().item()) * len(rows.collect_schema())
    except (pl.exceptions.PolarsError, OSError):
        return 0
