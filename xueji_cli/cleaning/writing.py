"""Write a cleaned table: .xlsx that no spreadsheet can spoil, .csv, .parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from polars.io.plugins import register_io_source

from xueji_cli.errors import UserError
from xueji_cli.schema.model import FieldType
from xueji_cli.schema.template import Lists, choices, column_width
from xueji_cli.tables.options import MAX_ROWS
from xueji_cli.tables.writing import neutralised, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xueji_cli.cleaning.shaping import OutColumn, Output

SUFFIXES = (".xlsx", ".csv", ".parquet")

_CELL_LIMIT = 32_767
_SHEET_NAME_LIMIT = 31
_NARROWEST, _WIDEST = 8, 44
#: Rows that a column's width is measured on.
_SAMPLE = 2_000
#: Rows of a group in a Parquet file. As long as nobody says how many, Polars lets it hang on how the rows lie in memory.
_ROW_GROUP = 1 << 16

#: Columns of these types show their cells whole, however wide.
_LONG = (FieldType.ID_NUMBER, FieldType.ROLL_NUMBER)


def write_output(output: Output, path: str, *, sheet: str, codes_sheet: str, inputs: Iterable[str]) -> int:
    """Write a table in the format that its file's name asks for, whole or not at all.

    Args:
        output: The table.
        path: File with one of `SUFFIXES`.
        sheet: Name of the sheet, for .xlsx.
        codes_sheet: Name of the sheet with long lists of codes.
        inputs: Files that must not be written over.

    Returns:
        How many cells read like a formula and were given an apostrophe, as only .csv needs it.

    Raises:
        UserError: `output_…`, `clean_rows`, `clean_long_cell`.
    """
    guarded = 0
    suffix = Path(path).suffix.lower()
    if suffix == ".xlsx":
        _fits_in_a_sheet(output, path)
    with whole_file(path, inputs=inputs) as temporary:
        if suffix == ".xlsx":
            _write_workbook(output, temporary, sheet, codes_sheet)
        elif suffix == ".csv":
            guarded = _write_csv(output, temporary)
        else:
            _write_parquet(output, temporary)
    return guarded


def headers(columns: Sequence[OutColumn]) -> list[str]:
    """Return the headers, those that occur twice told apart: a Parquet file has no two columns of one name."""
    seen: dict[str, int] = {}
    told = []
    for column in columns:
        seen[column.header] = seen.get(column.header, 0) + 1
        told.append(column.header if seen[column.header] == 1 else f"{column.header} ({seen[column.header]})")
    return told


def _write_parquet(output: Output, path: Path) -> None:
    cells = [
        pl.col(column.name).alias(header)
        for column, header in zip(output.columns, headers(output.columns), strict=True)
    ]
    if output.pieces is None:
        rows = output.rows.lazy().select(cells)
    else:
        pieces = output.pieces
        schema = output.rows.select(cells).schema
        rows = register_io_source(lambda *_: (piece.select(cells) for piece in pieces()), schema=schema)
    rows.sink_parquet(
        path, compression="zstd", compression_level=1, statistics=False, row_group_size=_ROW_GROUP, engine="streaming"
    )


def _write_csv(output: Output, path: Path) -> int:
    names = [column.name for column in output.columns]
    heads = pl.DataFrame([[column.header] for column in output.columns], schema=names)
    guarded = 0
    with path.open("wb") as stream:
        # The mark by which Excel knows UTF-8.
        stream.write(b"\xef\xbb\xbf")
        heads.select(neutralised(pl.col(name)).alias(name) for name in names).write_csv(stream, include_header=False)
        for rows in output.batches():
            frame = rows.select(neutralised(pl.col(name)).alias(name) for name in names)
            frame.write_csv(stream, include_header=False)
            differ = rows.select(
                (pl.col(name).str.len_bytes() < frame.get_column(name).str.len_bytes()).sum() for name in names
            )
            guarded += int(sum(differ.row(0)))
    return guarded


def _fits_in_a_sheet(output: Output, path: str) -> None:
    """Raise when something would have to be cut."""
    if output.height >= MAX_ROWS:
        raise UserError("clean_rows", file=path, rows=f"{output.height:,}", limit=f"{MAX_ROWS - 1:,}")
    # One question for all columns: with thousands of small files, a question for each is a third of the work.
    names = [column.name for column in output.columns]
    lengths = pl.concat(rows.select(pl.col(names).str.len_chars().max()) for rows in output.batches()).max()
    for column, length in zip(output.columns, lengths.row(0), strict=True):
        if (length or 0) > _CELL_LIMIT:
            raise UserError("clean_long_cell", file=path, column=column.header, limit=_CELL_LIMIT)


def _write_workbook(output: Output, path: Path, name: str, codes_sheet: str) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    try:
        sheet = book.add_worksheet(name[:_SHEET_NAME_LIMIT])
        # Text in whole columns: a number typed below keeps its 18 digits too.
        text = book.add_format({"num_format": "@"})
        must = book.add_format(
            {"num_format": "@", "bold": True, "bg_color": "#FCE4D6", "border": 1, "valign": "vcenter"}
        )
        may = book.add_format(
            {"num_format": "@", "bold": True, "bg_color": "#E2EFDA", "border": 1, "valign": "vcenter"}
        )
        other = book.add_format(
            {"num_format": "@", "bold": True, "bg_color": "#E7EBF0", "border": 1, "valign": "vcenter"}
        )
        lists = Lists(codes_sheet)
        last = max(output.height, 1)
        sheet.freeze_panes(1, _frozen(output.columns))
        sheet.set_row(0, 24)
        for position, (column, width) in enumerate(zip(output.columns, _widths(output), strict=True)):
            sheet.set_column(position, position, width, text)
            field = column.field
            if field is not None and field.code:
                offered = choices(output.code_tables[field.code])
                sheet.data_validation(1, position, last, position, lists.validation(field.code, offered))
        for position, column in enumerate(output.columns):
            field = column.field
            look = other if field is None else must if field.filled or field.required else may
            sheet.write_string(0, position, column.header, look)
        # xlsxwriter writes cell by cell. Every cell is text, so nothing in it is a formula, and no digit is lost.
        names = [column.name for column in output.columns]
        for number, row in enumerate((row for rows in output.batches() for row in rows.select(names).iter_rows()), 1):
            for position, value in enumerate(row):
                if value is not None:
                    sheet.write_string(number, position, value, text)
        sheet.autofilter(0, 0, last, len(output.columns) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.repeat_rows(0)
        # No green corner on every ID number.
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
        lists.write(book)
        book.close()
    except BaseException:
        # Only to close its files; what is there goes with the temporary path.
        book.fileclosed = True
        raise


def _frozen(columns: Sequence[OutColumn]) -> int:
    """Return how many columns stay in view: up to the name, where that stands near the left."""
    position = next((i for i, c in enumerate(columns) if c.field is not None and c.field.name == "name"), None)
    return position + 1 if position is not None and position < 4 else 0


def _widths(output: Output) -> list[float]:
    cells = pl.col([column.name for column in output.columns])
    # Chinese characters take three bytes and two cells: near enough.
    longest_cells = _first(output, _SAMPLE).select(((cells.str.len_bytes() + cells.str.len_chars()) / 2).max())
    widths = []
    for column, longest in zip(output.columns, longest_cells.row(0), strict=True):
        head = (len(column.header.encode()) + len(column.header)) / 2
        least = column_width(column.field, column.header) if column.field and column.field.type in _LONG else 0
        widths.append(min(_WIDEST, max(_NARROWEST, least, (longest or 0) + 2, head + 4)))
    return widths


def _first(output: Output, count: int) -> pl.DataFrame:
    """Return the first rows of an output."""
    found: list[pl.DataFrame] = []
    for rows in output.batches():
        found.append(rows.head(count))
        count -= found[-1].height
        if count <= 0:
            break
    return pl.concat(found)
