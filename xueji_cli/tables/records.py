"""Separated text record by record: careful where a line is not a whole record."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from xueji_cli.tables.options import MAX_COLUMNS

# A record of a roster does not go over more lines than this; a quotation mark left open swallows the whole file.
_MAX_SPAN = 20


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a text file."""

    cells: list[str]
    last_line: int
    """How many lines of the file have been read at its end."""
    unclosed: bool = False
    endless: bool = False
    """Unclosed as far as the data goes: there may be a closing mark behind its end."""


def records_of(lines: list[str], delimiter: str, width: int = 0, start: int = 0) -> Iterator[Record]:
    """Split lines into records as Excel does, except that a quotation mark left open does not swallow what follows.

    Args:
        lines: Without their ends.
        delimiter: Separator.
        width: Cells a record should have, if known: helps to see where a mark was left open.
        start: The line to begin at.
    """
    while start < len(lines):
        reader = csv.reader((lines[index] + "\n" for index in range(start, len(lines))), delimiter=delimiter)
        done = start
        endless = False
        try:
            for cells in reader:
                end = start + reader.line_num
                if end - done > 1 and _swallowed(lines, done, end, cells, delimiter, width):
                    endless = end == len(lines)
                    break
                if end == len(lines) and _left_open(lines, done, end, delimiter):
                    endless = True
                    break
                yield Record(cells[: MAX_COLUMNS + 1], end)
                done = end
            else:
                return
        except csv.Error:
            pass  # a cell of more than 128 KB: a mark left open as well
        yield Record(
            _without_quotes(lines[done], delimiter)[: MAX_COLUMNS + 1], done + 1, unclosed=True, endless=endless
        )
        start = done + 1


def _swallowed(lines: list[str], start: int, end: int, cells: list[str], delimiter: str, width: int) -> bool:
    """Judge a record over several lines: has an open mark swallowed whole records?"""
    if end - start > _MAX_SPAN:
        return True
    if not _well_formed(lines[start:end], delimiter):
        return True  # the mark that ended the cell was the first of another
    width = width or len(cells)
    if width < 3:
        return False
    if len(cells) != width and lines[start].count(delimiter) == width - 1:
        return True
    return any(part.count(delimiter) >= width - 1 for cell in cells if "\n" in cell for part in cell.split("\n"))


def _well_formed(lines: list[str], delimiter: str) -> bool:
    try:
        return len(list(csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _left_open(lines: list[str], start: int, end: int, delimiter: str) -> bool:
    """Say whether the last record ends inside quotation marks: then it swallows a line put after it."""
    more = itertools.chain((line + "\n" for line in lines[start:end]), ["end\n"])
    return len(list(csv.reader(more, delimiter=delimiter))) == 1


def _without_quotes(line: str, delimiter: str) -> list[str]:
    return [cell.removeprefix('"').removesuffix('"') for cell in line.rstrip("\r").split(delimiter)]
