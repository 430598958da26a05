"""Lines of aligned columns, Chinese characters two cells wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Cells between two columns.
_GAP = 2


def aligned(rows: Iterable[Sequence[str]], width: int) -> str:
    """Return rows as aligned lines; the last column takes what is left of the line and is cut there.

    Args:
        rows: Equally long rows of plain text.
        width: Cells of a line; 0 for no limit.
    """
    from rich.cells import cell_len, set_cell_size

    rows = [[" ".join(cell.split()) for cell in row] for row in rows]
    if not rows:
        return ""
    widths = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=True)]
    left = max(width - sum(widths[:-1]) - _GAP * (len(widths) - 1), 10)
    lines = []
    for row in rows:
        *cells, last = row
        if width and cell_len(last) > left:
            last = set_cell_size(last, left - 1).rstrip() + "…"
        shown = [set_cell_size(cell, size) for cell, size in zip(cells, widths, strict=False)]
        lines.append((" " * _GAP).join([*shown, last]).rstrip())
    return "\n".join(lines) + "\n"
