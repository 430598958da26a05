"""A sheet of a file as people see it: all cells text, row numbers those of Excel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from xueji_cli.tables.secret import Password

#: Column of `Table.frame` that holds the row number Excel shows (1-based, UInt32).
ROW = "row"


def column_letter(position: int) -> str:
    """Return the letters Excel shows above a column, `0` → `A`, `26` → `AA`."""
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class Digest(Protocol):
    """A digest, perhaps still being computed: a `Future`, or what stands for one that is known."""

    def result(self) -> str:
        """Return it, once it is there."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """A digest that has been computed; it can travel."""

    value: str

    def result(self) -> str:
        """Return it."""
        return self.value


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table came from and what the file really is."""

    path: str
    """As the user named it (`-` for stdin)."""
    sheet: str | None
    """Sheet name; None for text files."""
    kind: str
    """What the bytes are, whatever the name says: xlsx, xls, xlsb, ods, csv, tsv, html, xml2003, parquet."""
    digest: Digest = field(compare=False, repr=False)
    """SHA-256 of the bytes, perhaps still being computed; see `sha256`."""
    encoding: str | None
    """Text encoding that was used; None for binary formats."""
    named: str | None = None
    """The kind the file's name promises, when that differs from `kind`."""
    password: Password | None = field(default=None, compare=False, repr=False)
    """What opened the file, where it was locked: a copy of it is read once more."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes, in hexadecimal."""
        return self.digest.result()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    position: int
    """0-based position in the sheet, counted from column A."""
    header: str
    """As written; the parts of a two-row header joined by a slash. Empty when there is none."""

    @property
    def key(self) -> str:
        """Name of this column in `Table.frame`."""
        return f"c{self.position}"

    @property
    def letter(self) -> str:
        """The letters Excel shows above this column."""
        return column_letter(self.position)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about a sheet that the user should know, such as that merged cells were filled or rows are hidden.

    `key` is one of the keys of `checks.table_rules`, which turns facts into findings.
    """

    key: str
    row: int | None = None
    position: int | None = None
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that stand in one frame with those of other tables: a frame of its own takes tens of kilobytes, however few its rows."""

    whole: pl.DataFrame
    start: int
    height: int


def frame_of(rows: pl.DataFrame | Slice) -> pl.DataFrame:
    """Return rows as a frame, wherever they stand."""
    return rows.whole.slice(rows.start, rows.height) if isinstance(rows, Slice) else rows


@dataclass(frozen=True, slots=True)
class Table:
    """A rectangular table found in one sheet.

    Attributes:
        source: Where it came from.
        header_row: Row number (as Excel shows it) of the last header row.
        columns: Every column that has a header or a value, left to right.
        rows: The frame, or where it stands among others.
        frame: `row` (UInt32) and one String column per `Column.key`, data rows only. An empty cell is null; a cell of
            spaces stays a cell of spaces. No title, header, footer or wholly blank rows.
        numeric: Column position → Boolean series as long as `frame`: True where the cell was stored as a *number*.
            Only columns that hold long numbers (7 digits or more) are in it; text files have none.
        facts: What was noticed while reading.
        streamed: How many rows a table has that is read in pieces and not kept; its `frame` is empty then.
    """

    source: Source
    header_row: int
    columns: tuple[Column, ...]
    rows: pl.DataFrame | Slice
    numeric: Mapping[int, pl.Series] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    streamed: int | None = None

    @property
    def frame(self) -> pl.DataFrame:
        """The data rows."""
        return frame_of(self.rows)

    @property
    def height(self) -> int:
        """How many data rows the table has."""
        return self.rows.height if self.streamed is None else self.streamed
