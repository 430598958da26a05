"""Lines of text in cells of a terminal or a sheet, where a Chinese character takes two."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Characters that take two cells, near enough for the width of a column: as a regular expression.
WIDE = r"[\x{1100}-\x{11ff}\x{2010}-\x{203b}\x{2460}-\x{24ff}\x{2e80}-\x{ffdc}\x{1f000}-\x{3ffff}]"

#: Marks that may not begin a line.
_CLOSING = frozenset("，。、；：？！）】》」』”’,.;:?!)]}%")

#: What would move the cursor, colour the screen or turn the reading direction if a cell of a roster said so.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def harmless(text: str) -> str:
    """Return text with line breaks and control characters as blanks: what a cell says must not steer the terminal."""
    return _CONTROL.sub(" ", text)


def cell_width(text: str, *, ambiguous: int = 1) -> int:
    """Return how many cells a text takes.

    Args:
        text: One line.
        ambiguous: Cells of characters such as `…` and `“`, which terminals draw in one cell or in two.
    """
    return len(text) if text.isascii() else sum(_width(character, ambiguous) for character in text)


def pad(text: str, width: int) -> str:
    """Return text with blanks up to a width in cells; a longer text stays whole."""
    return text + " " * max(0, width - cell_width(text))


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of at most `width` cells, between any two Chinese characters or at blanks.

    Ambiguous characters count two, so that a line never runs over the edge. A word longer than a line is broken.
    """
    lines: list[str] = []
    line: list[str] = []
    used = 0
    # Words of ASCII (at most a line long), blanks, or one other character.
    for piece in re.findall(rf"[!-~]{{1,{width}}}|\s{{1,{width}}}|.", text):
        size = cell_width(piece, ambiguous=2)
        if used + size > width and line:
            # A closing mark takes the character before it along, rather than begin a line.
            along = [line.pop()] if piece in _CLOSING and len(line) > 1 else []
            lines.append("".join(line).rstrip())
            line = along
            used = sum(cell_width(each, ambiguous=2) for each in along)
            if piece.isspace():
                continue
        line.append(piece)
        used += size
    lines.append("".join(line).rstrip())
    return lines


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of short cells as lines: the first column to the left, numbers to the right, the last as it comes."""
    safe = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(cell_width(row[place]) for row in safe) for place in range(len(safe[0]))]
    lines = []
    for row in safe:
        cells = [pad(row[0], widths[0])]
        cells += [" " * (widths[i] - cell_width(row[i])) + row[i] for i in range(1, len(row) - 1)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return lines


@cache
def _width(character: str, ambiguous: int) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    kind = unicodedata.east_asian_width(character)
    return 2 if kind in "WF" else ambiguous if kind == "A" else 1
