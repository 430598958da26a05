"""A sheet as it stands: every cell as text at its place, and what only the file format knows about its cells."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from xueji_cli.tables.options import MAX_COLUMNS, MAX_ROWS

#: Schema of the frames that point at cells: 0-based row and column.
CELLS = pl.Schema({"row": pl.UInt32, "position": pl.UInt32})
#: Cells with the text they should show.
CELL_TEXTS = pl.Schema({"row": pl.UInt32, "position": pl.UInt32, "text": pl.String})


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, 0-based, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def possible(self) -> bool:
        """Whether it lies on a sheet; damaged files have others."""
        return self.top <= self.bottom < MAX_ROWS and self.left <= self.right < MAX_COLUMNS


@dataclass(slots=True)
class Extras:
    """What a file knows about a sheet besides its values, while it is being collected. The fields are those of `Grid`."""

    merges: list[Merge] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    error_cells: list[tuple[int, int, str]] = field(default_factory=list)
    drawing: bool = False

    def add_error(self, row: int, position: int, text: str) -> None:
        """Note a cell that shows a formula error."""
        self.error_cells.append((row, position, text))

    @property
    def errors(self) -> pl.DataFrame:
        """The cells that show a formula error (`CELL_TEXTS`)."""
        return pl.DataFrame(self.error_cells, schema=CELL_TEXTS, orient="row")


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet before anybody knows where its header is.

    Attributes:
        frame: String columns `c<position>`; row *i* is the row that Excel shows as *i + 1*, blank rows included.
        sheet: Its name; None for text files.
        hidden: The sheet itself is hidden.
        numeric: Cells stored as numbers with seven digits or more before the point (`CELLS`); None when the format has no
            cell types.
        errors: Cells that show a formula error, with its text (`CELL_TEXTS`).
        merges: Merged ranges.
        hidden_rows: 0-based.
        hidden_columns: 0-based positions.
        ragged: 0-based row → cells found, for rows of a text file that do not have as many as its header.
        unclosed: 0-based rows of a text file in which a quotation mark never closes.
        drawing: A picture or chart lies on the sheet.
    """

    frame: pl.DataFrame
    sheet: str | None = None
    hidden: bool = False
    numeric: pl.DataFrame | None = None
    errors: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CELL_TEXTS))
    merges: tuple[Merge, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    ragged: dict[int, int] = field(default_factory=dict)
    unclosed: tuple[int, ...] = ()
    drawing: bool = False


def frame_of(rows: list[list[str | None]], width: int | None = None, first: int = 0) -> pl.DataFrame:
    """Build a grid frame from rows of cells.

    Args:
        rows: Cells of each row; short rows are filled up with nulls, longer ones cut at `width`.
        width: Number of columns; None for the longest row.
        first: Position of the first column.
    """
    width = max((len(row) for row in rows), default=0) if width is None else width
    blanks: list[str | None] = [None] * width
    even = [row if len(row) == width else [*row, *blanks[len(row) :]][:width] for row in rows]
    columns = zip(*even, strict=True) if even else [()] * width
    return pl.DataFrame(
        {f"c{first + index}": pl.Series(values, dtype=pl.String) for index, values in enumerate(columns)}
    )
