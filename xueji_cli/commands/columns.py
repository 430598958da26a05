"""Lines of aligned columns, Chinese characters two cells wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Cells between two columns.
_GAP = 2

#: Cells that the last column needs beside the others; with less, it goes below them.
_LAST = 8
_INDENT = 4


def aligned(rows: Iterable[Sequence[str]], width: int) -> str:
    """Return rows as aligned lines of at most `width` cells.

    The last column takes what is left of the line and is cut there; where that is too little, it stands on a line of its own.
    The widest of the others are cut where even they do not fit.

    Args:
        rows: Equally long rows of plain text.
        width: Cells of a line; 0 for no limit.
    """
    from rich.cells import cell_len

    rows = [[" ".join(cell.split()) for cell in row] for row in rows]
    if not rows:
        return ""
    *sizes, last_size = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=True)]
    while width and sum(sizes) + _GAP * (len(sizes) - 1) > width:
        sizes[sizes.index(max(sizes))] -= 1
    left = width - sum(sizes) - _GAP * len(sizes) if width else last_size
    below = left < min(_LAST, last_size)
    lines = []
    for *cells, last in rows:
        line = (" " * _GAP).join(_fitted(cell, size) for cell, size in zip(cells, sizes, strict=True))
        if not below:
            lines.append((line + " " * _GAP + _fitted(last, left)).rstrip())
            continue
        lines.append(line.rstrip())
        if last:
            lines.append(" " * _INDENT + _fitted(last, width - _INDENT).rstrip())
    return "\n".join(lines) + "\n"


def _fitted(cell: str, size: int) -> str:
    """Return a cell padded or cut to a size."""
    from rich.cells import cell_len, set_cell_size

    return set_cell_size(cell, size) if cell_len(cell) <= size else set_cell_size(cell, size - 1).rstrip() + "…"
