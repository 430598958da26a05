"""Write tables where they stood: sheet, header row, rows and columns as in the file they came from, and nothing else of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.tables.table import ROW
from xueji_cli.tables.writing import neutralised, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xueji_cli.pseudonyms.engine import Pseudonymised
    from xueji_cli.tables.table import Table

#: Kinds of files → what they are written as: text as CSV, every kind of workbook as .xlsx.
SUFFIXES = {"csv": ".csv", "tsv": ".csv", "parquet": ".parquet"}
WORKBOOK = ".xlsx"
_CELL_LIMIT = 32_767
#: Only its owner reads it.
_OWNER_ONLY = 0o600


def write_tables(tables: Sequence[Pseudonymised], path: Path, sheets: Sequence[str], inputs: Iterable[str]) -> int:
    """Write the tables of one file, whole or not at all.

    Args:
        tables: The tables; of a CSV or Parquet file, one.
        path: Where to; its suffix says the format.
        sheets: Names of the sheets.
        inputs: Files that may not be written over.

    Returns:
        How many cells were given an apostrophe, as only a CSV file needs it.

    Raises:
        UserError: What `whole_file` raises, and `clean_long_cell`.
    """
    with whole_file(path, inputs=inputs) as temporary:
        if path.suffix == WORKBOOK:
            _write_workbook(tables, temporary, sheets)
            return 0
        if path.suffix == ".parquet":
            _write_parquet(tables[0], temporary)
            return 0
        return _write_csv(tables[0], temporary)


def _write_workbook(tables: Sequence[Pseudonymised], path: Path, sheets: Sequence[str]) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    try:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"num_format": "@", "bold": True, "bg_color": "#E7EBF0", "border": 1})
        for made, name in zip(tables, sheets, strict=True):
            table = made.roster.table
            sheet = book.add_worksheet(name)
            for column in table.columns:
                sheet.set_column(column.position, column.position, 14, text)
                sheet.write_string(table.header_row - 1, column.position, column.header, head)
            sheet.freeze_panes(table.header_row, 0)
            numeric = _numeric(table)
            places = [column.position for column in table.columns]
            # xlsxwriter writes cell by cell.
            for index, (row, *cells) in enumerate(made.frame.iter_rows()):
                for place, cell in zip(places, cells, strict=True):
                    if cell is None:
                        continue
                    if len(cell) > _CELL_LIMIT:
                        raise UserError(
                            "clean_long_cell", file=table.source.path, column=str(place + 1), limit=_CELL_LIMIT
                        )
                    # What had lost its digits as a number is a number again, with the same fault.
                    if (index, place) in numeric and cell.isdecimal():
                        sheet.write_number(row - 1, place, int(cell))
                    else:
                        sheet.write_string(row - 1, place, cell, text)
        book.close()
    except BaseException:
        # Only to close its files; what is there goes with the temporary path.
        book.fileclosed = True
        raise


def _numeric(table: Table) -> set[tuple[int, int]]:
    """Return index and position of the cells that were stored as numbers."""
    return {(index, place) for place, flags in table.numeric.items() for index in flags.arg_true().to_list()}


def _write_csv(made: Pseudonymised, path: Path) -> int:
    table = made.roster.table
    width = max((column.position for column in table.columns), default=0) + 1
    names = [f"c{place}" for place in range(width)]
    keys = {column.key for column in table.columns}
    empty = [pl.lit(None, dtype=pl.String).alias(name) for name in names if name not in keys]
    heads = dict.fromkeys(names) | {column.key: column.header for column in table.columns}
    header = pl.DataFrame(
        {ROW: [table.header_row], **{k: [v] for k, v in heads.items()}},
        schema_overrides=dict.fromkeys(names, pl.String),
    )
    rows = pl.concat(
        [
            header.with_columns(pl.col(ROW).cast(made.frame.schema[ROW])),
            made.frame.with_columns(empty).select(ROW, *names),
        ]
    )
    # Rows that were left out (titles, blank rows, totals) stay blank, so that every other row has its number.
    whole = pl.DataFrame({ROW: range(1, int(rows[ROW].max() or 1) + 1)}, schema={ROW: rows.schema[ROW]})  # type: ignore[arg-type]
    placed = whole.join(rows, on=ROW, how="left", maintain_order="left").drop(ROW)
    safe = placed.select(neutralised(pl.col(name)).alias(name) for name in names)
    with path.open("wb") as stream:
        # The mark by which Excel knows UTF-8.
        stream.write(b"\xef\xbb\xbf")
        safe.write_csv(stream, include_header=False)
    differ = placed.select((pl.col(name) != safe.get_column(name)).sum() for name in names)
    return int(sum(differ.row(0)))


def _write_parquet(made: Pseudonymised, path: Path) -> None:
    seen: dict[str, int] = {}
    told = []
    for column in made.roster.table.columns:
        seen[column.header] = seen.get(column.header, 0) + 1
        told.append(column.header if seen[column.header] == 1 else f"{column.header} ({seen[column.header]})")
    frame = made.frame.drop(ROW)
    frame.rename(dict(zip(frame.columns, told, strict=True))).write_parquet(path, compression="zstd", statistics=False)


def write_translation(table: pl.DataFrame, headers: Sequence[str], path: str, inputs: Iterable[str]) -> None:
    """Write what was replaced with what, as CSV that only its owner reads.

    Args:
        table: `engine.translation`.
        headers: Titles of its three columns.
        path: Where to.
        inputs: Files that may not be written over.
    """
    with whole_file(path, inputs=inputs) as temporary:
        temporary.chmod(_OWNER_ONLY)
        safe = table.select(neutralised(pl.col(name)).alias(name) for name in table.columns)
        with temporary.open("wb") as stream:
            stream.write(b"\xef\xbb\xbf")
            safe.rename(dict(zip(safe.columns, headers, strict=True))).write_csv(stream)
    # A file that stood there gave its own rights to the new one.
    Path(path).chmod(_OWNER_ONLY)
