"""Excel 5, 95 and older: text in a code page, which fastexcel misreads; xlrd knows it."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.tables.biff import ERRORS, workbook_stream
from xueji_cli.tables.blob import Blob
from xueji_cli.tables.grid import CELL_TEXTS, CELLS, Grid, frame_of
from xueji_cli.tables.ole import SIGNATURE, DamagedContainer
from xueji_cli.tables.plain import plain_number

if TYPE_CHECKING:
    import xlrd.book
    import xlrd.sheet

_BIFF8 = 0x0600
_EMPTY, _TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR, _BLANK = range(7)


def is_old(blob: Blob) -> bool:
    """Say whether an .xls is older than Excel 97: without a container, or of a version below 8.

    Raises:
        InputError: `corrupt`.
    """
    if not blob.data.startswith(SIGNATURE):
        return True
    try:
        stream = workbook_stream(blob.data)
    except DamagedContainer:
        raise InputError("corrupt", file=blob.path) from None
    return len(stream) >= 6 and stream[0] == 0x09 and int.from_bytes(stream[4:6], "little") < _BIFF8


def read_old(blob: Blob) -> list[Grid]:
    """Read all sheets of an old .xls.

    Raises:
        InputError: `corrupt`, `password_protected`.
    """
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=blob.data, logfile=io.StringIO(), formatting_info=True)
        return [_grid(book, sheet) for sheet in book.sheets()]
    except MemoryError:
        raise
    except Exception as error:  # xlrd meets damage with IndexErrors, AssertionErrors and struct errors of all kinds
        key = "password_protected" if "encrypted" in str(error).lower() else "corrupt"
        raise InputError(key, file=blob.path) from None


def _grid(book: xlrd.book.Book, sheet: xlrd.sheet.Sheet) -> Grid:
    rows: list[list[str | None]] = []
    numeric: list[tuple[int, int]] = []
    errors: list[tuple[int, int, str]] = []
    # A loop over cells: such a sheet has at most 16,384 rows, and xlrd gives them one by one.
    for row in range(sheet.nrows):
        texts: list[str | None] = []
        for position, cell in enumerate(sheet.row(row)):
            text = _shown(book, cell.ctype, cell.value)
            if cell.ctype == _NUMBER and abs(cell.value) >= 1_000_000:
                numeric.append((row, position))
            elif cell.ctype == _ERROR and text:
                errors.append((row, position, text))
            texts.append(text)
        rows.append(texts)
    hidden_columns = [
        position for position, info in sheet.colinfo_map.items() if info.hidden and position < sheet.ncols
    ]
    return Grid(
        frame_of(rows),
        sheet.name,
        sheet.visibility != 0,
        numeric=pl.DataFrame(numeric, schema=CELLS, orient="row"),
        errors=pl.DataFrame(errors, schema=CELL_TEXTS, orient="row"),
        hidden_rows=tuple(sorted(row for row, info in sheet.rowinfo_map.items() if info.hidden)),
        hidden_columns=tuple(sorted(hidden_columns)),
    )


def _shown(book: xlrd.book.Book, kind: int, value: object) -> str | None:
    if kind == _NUMBER:
        return plain_number(float(value))  # type: ignore[arg-type]
    if kind == _DATE:
        return _date(book, float(value))  # type: ignore[arg-type]
    if kind == _BOOLEAN:
        return "true" if value else "false"
    if kind == _ERROR:
        return ERRORS.get(int(value), "#N/A")  # type: ignore[call-overload]
    return str(value) if kind == _TEXT else None


def _date(book: xlrd.book.Book, value: float) -> str:
    import xlrd

    try:
        moment: dt.datetime = xlrd.xldate.xldate_as_datetime(value, book.datemode)
    except (ValueError, OverflowError):
        return plain_number(value)
    if value < 1:
        return moment.strftime("%H:%M:%S")
    return str(moment).removesuffix(" 00:00:00")
