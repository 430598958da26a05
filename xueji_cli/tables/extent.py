"""For how much a reader of .xlsx will reserve room, before it does: for all between a sheet's first cell and its last, and for strings.

One stray value in XFD1048576 makes a reader ask for 500 GB, and the process ends without a word. What a sheet says of its own
size (`<dimension>`) is right in most files and a lie in some, so that no cell stands beyond it is looked up; only where one does
is every cell looked at.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from xueji_cli.tables.sheetxml import column_position

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEAD = 64 * 1024
#: Searching takes twice as long as unpacking.
_WORKERS = 2
_PIECE = 2 * 1024 * 1024
#: A tag of more is no spreadsheet's.
_LONGEST_TAG = 128 * 1024 * 1024

_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s+ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})"')
_ATTRIBUTES = r"""(?:[^<>"']|"[^"]*"|'[^']*')*"""
#: A cell that has something in it: what is only formatted takes no room. In it, maybe, its reference.
_CELL = rf"<(?:\w+:)?c(?:\s{_ATTRIBUTES})?>[^<]*<[^/]"
_ROW = rf"<(?:\w+:)?row(?:\s{_ATTRIBUTES})?>"
_REFERENCE = r"""\sr\s*=\s*["']([A-Za-z]*)([0-9]+)["']"""
_STRINGS = re.compile(rb"""<(?:\w+:)?sst\b[^<]*?\suniqueCount\s*=\s*["'][^0-9"']*([0-9]+)""")
#: The shortest string a file can hold; and so many may any file speak of: some programs count each use of one.
_SHORTEST, _FEW_STRINGS = 5, 10_000_000


class Extent(NamedTuple):
    """What the cells with a value span at the most.

    Attributes:
        rows: Number of the last row.
        columns: Columns from the first to the last.
    """

    rows: int
    columns: int


class EndlessTag(Exception):
    """A tag goes on for megabytes."""


def extent(data: bytes, part: str, most: int) -> Extent:
    """Return what the cells of a sheet span: as it says itself if that holds, else what they do.

    Args:
        data: The workbook.
        part: Path of the sheet in it.
        most: Cells that it may span; whether a sheet that says more has more is looked up.

    Raises:
        EndlessTag: No program writes this.
        zipfile.BadZipFile, zlib.error, pl.exceptions.PolarsError: When it is damaged.
    """
    declared = _declared(data, part)
    if declared is not None and declared.rows * declared.columns <= most and _holds(data, part, declared):
        return declared
    return _measured(data, part)


def worksheets(data: bytes) -> list[str]:
    """Return the parts that cells may be read from, whether the workbook's relations lead there or not."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return [name for name in names if any(b"sheetData" in piece for piece in _searched(archive, name))]


def too_many_strings(data: bytes, sheets: Sequence[str]) -> bool:
    """Return whether any part speaks of more strings than it can hold.

    Args:
        data: The workbook.
        sheets: Parts that are sheets and nothing else.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sizes = {each.filename: each.file_size for each in archive.infolist() if each.filename not in sheets}
        return any(
            int(count) > max(size // _SHORTEST, _FEW_STRINGS)
            for name, size in sizes.items()
            for piece in _searched(archive, name)
            for count in _STRINGS.findall(piece)
        )


def _declared(data: bytes, part: str) -> Extent | None:
    """Return the last row and the last column that a sheet says it has; None when it does not say."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(part) as stream:
        match = _DIMENSION.search(stream.read(_HEAD))
    return Extent(int(match[4]), column_position(match[3].decode()) + 1) if match else None


def _beyond(rows: int, columns: int) -> str:
    """Return a pattern of cells and rows that may be beyond a row and a column.

    Those are the ones whose reference is, and those whose reference does not come first, is written in any other way or left
    out, or that have a prefix. All in one pattern, and the prefix without what stands before it: this looks through 700 MB a
    second, where each of the three alone takes as long.
    """
    reference = rf"{_letters_beyond(columns)}[0-9]|[A-Z]{{0,3}}(?:{_digits_beyond(rows)})"
    return rf'<(?:c|row)(?:[^A-Za-z ]| [^r]| r[^=]| r=[^"]| r="(?:{reference}))|:(?:c|row)[\s/>]'


def _digits_beyond(number: int) -> str:
    """Return a pattern of the whole numbers (without leading zeros) that are greater than one."""
    digits = str(number)
    longer = rf"[0-9]{{{len(digits) + 1},}}"
    greater = [
        rf"{digits[:place]}[{int(digit) + 1}-9][0-9]{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if digit != "9"
    ]
    return "|".join([longer, *(each + "[^0-9]" for each in greater)])


def _letters_beyond(columns: int) -> str:
    """Return a pattern of the letters of columns behind the first so many."""
    last = letters_of(columns)
    longer = rf"[A-Z]{{{len(last) + 1},}}"
    greater = [
        rf"{last[:place]}[{chr(ord(letter) + 1)}-Z][A-Z]{{{len(last) - place - 1}}}"
        for place, letter in enumerate(last)
        if letter != "Z"
    ]
    return f"(?:{'|'.join([longer, *greater])})"


def letters_of(columns: int) -> str:
    """Return the letters of a column counted from 1: 27 → `AA`."""
    text = ""
    while columns:
        columns, letter = divmod(columns - 1, 26)
        text = chr(65 + letter) + text
    return text


def _holds(data: bytes, part: str, declared: Extent) -> bool:
    """Return whether nothing in a sheet is beyond what it says; pieces are searched while the next are unpacked."""
    beyond = _beyond(*declared)

    def inside(piece: bytes) -> bool:
        return not _text(piece).str.contains(beyond).any()

    with ThreadPoolExecutor(_WORKERS) as pool:
        waiting: deque[Future[bool]] = deque()
        for piece in _pieces(data, part):
            waiting.append(pool.submit(inside, piece))
            if len(waiting) > _WORKERS and not waiting.popleft().result():
                return False
        return all(each.result() for each in waiting)


def _measured(data: bytes, part: str) -> Extent:
    """Return what the cells with a value span."""
    rows, unnumbered, unplaced = 1, 0, False
    first, last = None, 0
    for piece in _pieces(data, part):
        text = _text(piece)
        cells = text.str.extract_all(_CELL).explode().drop_nulls()
        letters = cells.str.extract(_REFERENCE, 1).str.to_uppercase().replace("", None)
        numbers = cells.str.extract(_REFERENCE, 2)
        if letters.null_count():
            # Their places are counted on from those before them, in rows that have a number or are counted likewise.
            unplaced = True
            numbered = text.str.extract_all(_ROW).explode().drop_nulls().str.extract(_REFERENCE, 2)
            unnumbered += numbered.null_count()
            numbers = pl.concat([numbers.rename("n"), numbered.rename("n")])
        rows = max(rows, *map(int, numbers.unique().drop_nulls().to_list()), 1)
        places = [column_position(each) for each in letters.unique().drop_nulls().to_list()]
        if places:
            first, last = min(places) if first is None else min(first, *places), max(last, *places)
    if unplaced:
        return Extent(rows + unnumbered, last + 1 + _widest(data, part))
    return Extent(rows, last - (first or 0) + 1)


def _widest(data: bytes, part: str) -> int:
    """Return how many cells with a value the longest row has at the most."""
    most = 0
    open_row = 0
    for piece in _pieces(data, part):
        rows = _text(piece).str.split("row>").explode().str.count_matches(_CELL).to_list()
        rows[0] += open_row
        most, open_row = max(most, *rows), rows[-1]
    return most


def _text(piece: bytes) -> pl.Series:
    # Through Binary: the bytes are checked and taken over without a Python string between.
    return pl.Series([piece], dtype=pl.Binary).cast(pl.String)


def _searched(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Unpack any part, pictures too, in pieces that overlap."""
    with archive.open(part) as stream:
        before = b""
        while more := stream.read(_PIECE):
            yield before + more
            before = more[-_HEAD:]


def _pieces(data: bytes, part: str) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield from _unpacked(archive, part)


def _unpacked(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Unpack a part in pieces that end before a closing tag: no opening tag is in two of them."""
    with archive.open(part) as stream:
        # The sum over it is a third of the work, and who reads the values looks at it anyway.
        stream._expected_crc = None  # type: ignore[attr-defined]
        rest = b""
        while more := stream.read(_PIECE):
            piece = rest + more
            cut = piece.rfind(b"</")
            if cut < 0:
                if len(piece) > _LONGEST_TAG:
                    raise EndlessTag
                rest = piece
                continue
            rest = piece[cut:]
            yield piece[:cut]
        yield rest
