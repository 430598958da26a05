"""Find the header of a sheet: the row, or pair of rows, in which most cells name a known field."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xueji_cli.tables.grid import Merge
from xueji_cli.tables.headers import normalise_header, shown_header

#: How many rows from the top are looked at.
HEAD_ROWS = 60

Cells = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Header:
    """Where a header stands and what it says.

    Attributes:
        first: 0-based index of its first row.
        last: Of its last row; the same for a header of one row.
        names: The header of each column, empty where there is none.
        known: How many different known fields it names.
    """

    first: int
    last: int
    names: tuple[str, ...]
    known: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a header: its names and how good they are."""

    names: tuple[str, ...]
    known: int
    repeated: int


def find_header(rows: Sequence[Cells], knows: Callable[[str], bool], merges: Sequence[Merge] = ()) -> Header | None:
    """Find the header among the first rows of a sheet.

    Args:
        rows: The first rows, top row first, blank ones included.
        knows: Says whether a header names a known field.
        merges: Merged ranges of the sheet, which tell how far the name of a group of columns reaches.

    Returns:
        The best header, the upper one of equals; None when no row names two known fields (or one, in a list of one or two
        columns).
    """
    best: Header | None = None
    for index, row in enumerate(rows[:HEAD_ROWS]):
        # Below a good header come children, and the names of no child are looked up who has too few cells to be a better one.
        if best is not None and sum(1 for cell in row if cell) <= best.known:
            continue
        reading = _read_single(row, knows)
        filled = sum(1 for name in reading.names if name)
        if reading.known and (reading.known >= 2 or filled <= 2) and (best is None or reading.known > best.known):
            best = Header(index, index, reading.names, reading.known)
    if best is None:
        return None
    return _widest(rows, best, knows, merges)


def header_at(
    rows: Sequence[Cells], index: int, knows: Callable[[str], bool], merges: Sequence[Merge] = ()
) -> Header | None:
    """Read the header that the user says ends at row `index`; None when that row is blank or not there."""
    if not 0 <= index < len(rows):
        return None
    reading = _read_single(rows[index], knows)
    if not any(reading.names):
        return None
    single = Header(index, index, reading.names, reading.known)
    pair = _read_pair(rows, index, knows, merges)
    return pair if pair is not None and _better(pair, single, rows) else single


def _widest(rows: Sequence[Cells], single: Header, knows: Callable[[str], bool], merges: Sequence[Merge]) -> Header:
    """Prefer a pair of rows to the single one when it says more: the row above names groups, or the row below parts."""
    best = single
    for lower in (single.last, single.last + 1):
        if lower > single.last and not _names_parts(rows, lower, knows):
            continue
        pair = _read_pair(rows, lower, knows, merges)
        if pair is not None and _better(pair, best, rows):
            best = pair
    return best


# What a child's row has and a row of headers has not: an ID, a telephone number, a date.
_VALUE = re.compile(r"\d{6}|^\d{4}[-./年]\d{1,2}|^\d{1,2}[-./]\d{1,2}$")


def _names_parts(rows: Sequence[Cells], index: int, knows: Callable[[str], bool]) -> bool:
    """Say whether a row below a header can be its second row: it names known parts by itself, and nothing in it is a value.

    Read together with the header above, any child's row would name fields (姓名/甘棠).
    """
    if index >= len(rows):
        return False
    parts = [text for text in _texts(rows[index]) if text]
    return any(knows(part) for part in parts) and not any(_VALUE.search(part) for part in parts)


def _better(pair: Header, single: Header, rows: Sequence[Cells]) -> bool:
    if _under_title(pair, rows):
        return False
    if pair.known != single.known:
        return pair.known > single.known
    # Equal: a second row that only decorates (a title over everything) adds nothing; one that tells equal names apart,
    # or names columns the other leaves open, does.
    if _repeats(pair.names) < _repeats(single.names):
        return True
    if pair.last != single.last:
        return False
    upper = [text for text in _texts(rows[pair.first]) if text]
    named = sum(1 for name in pair.names if name) - sum(1 for name in single.names if name)
    return named > 0 and len(set(upper)) > 1


def _under_title(pair: Header, rows: Sequence[Cells]) -> bool:
    """Say whether one text stands over every column: the title of the sheet, however its headers read with it in front."""
    upper = {text for text in _texts(rows[pair.first]) if text}
    title = next(iter(upper))
    return len(upper) == 1 and all(name == title or name.startswith(f"{title}/") for name in pair.names if name)


def _repeats(names: Sequence[str]) -> int:
    filled = [name for name in names if name]
    return len(filled) - len(set(filled))


def _texts(row: Cells) -> list[str]:
    return [shown_header(cell) if cell else "" for cell in row]


def _known(names: Sequence[str], knows: Callable[[str], bool]) -> int:
    return len({normalise_header(name) for name in names if name and knows(name)})


def _read_single(row: Cells, knows: Callable[[str], bool]) -> _Reading:
    names = tuple(_texts(row))
    return _Reading(names, _known(names, knows), _repeats(names))


def _read_pair(
    rows: Sequence[Cells], lower: int, knows: Callable[[str], bool], merges: Sequence[Merge]
) -> Header | None:
    """Read rows `lower - 1` and `lower` as one header, the parts joined by a slash."""
    upper = lower - 1
    if upper < 0 or lower >= len(rows):
        return None
    below = _texts(rows[lower])
    above = _texts(rows[upper])
    if not any(below) or not any(above):
        return None
    width = max(len(above), len(below))
    below += [""] * (width - len(below))
    above += [""] * (width - len(above))
    groups = _groups(above, below, upper, merges)
    names: list[str] = []
    known: set[str] = set()
    for group, part in zip(groups, below, strict=True):
        name = f"{group}/{part}" if group and part and group != part else part or group
        names.append(name)
        # A part that no field knows is a child, not a header: a pair must name fields with its lower row, too.
        if name and knows(name):
            known.add(normalise_header(name))
        elif part and knows(part):
            # A group that only decorates (基本信息/姓名) still tells two columns apart.
            known.add(normalise_header(part))
    return Header(upper, lower, tuple(names), len(known))


def _groups(above: list[str], below: list[str], row: int, merges: Sequence[Merge]) -> list[str]:
    """Spread the names of groups over their columns: over the merged range, or else while the row below goes on alone."""
    spread = list(above)
    merged = [merge for merge in merges if merge.top <= row <= merge.bottom and merge.right > merge.left]
    for merge in merged:
        for position in range(merge.left, min(merge.right + 1, len(above))):
            spread[position] = above[merge.left]
    if merged:
        return spread
    for position in range(1, len(above)):
        if not above[position] and below[position] and below[position - 1]:
            spread[position] = spread[position - 1]
    return spread
