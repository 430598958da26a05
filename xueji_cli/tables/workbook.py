"""Spreadsheet files: values through fastexcel, and what it does not tell from the file itself."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.tables import biff, sheetxml
from xueji_cli.tables.blob import Blob
from xueji_cli.tables.extent import extent, too_many_strings, worksheets
from xueji_cli.tables.grid import CELLS, Extras, Grid, Merge
from xueji_cli.tables.ole import DamagedContainer
from xueji_cli.tables.opendocument import OdsTooLarge, ods_extras
from xueji_cli.tables.options import MAX_COLUMNS, MAX_ROWS, most_cells
from xueji_cli.tables.package import Package, SheetPart

if TYPE_CHECKING:
    import python_calamine

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that can be read: its place in the workbook and its name."""

    index: int
    name: str
    hidden: bool
    part: str = ""


class Workbook:
    """An open spreadsheet file."""

    def __init__(self, blob: Blob, kind: str) -> None:
        """Open a workbook.

        Raises:
            InputError: `corrupt`, `password_protected`.
        """
        import fastexcel

        self.blob = blob
        self.kind = kind
        # Before the library opens the file: it would unfold every repeated cell of an .ods, or trip over a password.
        self._extras: dict[str, Extras] | list[Extras] = self._guarded(self._all_extras)
        self._parts = self._guarded(self._all_parts)
        # Its warnings (a chart sheet has no cells) are nothing a user can act on.
        logging.getLogger("calamine").addHandler(logging.NullHandler())
        self._reader = self._guarded(lambda: fastexcel.read_excel(blob.data))
        self._calamine: python_calamine.CalamineWorkbook | None = None
        self.sheets = self._sheets()

    def _sheets(self) -> list[Sheet]:
        names = self._reader.sheet_names
        parts = self._parts
        if self.kind == "xlsx" and all(name in parts for name in names):
            return [Sheet(i, name, parts[name].hidden, parts[name].part) for i, name in enumerate(names)]
        visible = {
            sheet.name: str(sheet.visible).endswith(".Visible") for sheet in self._open_calamine().sheets_metadata
        }
        return [Sheet(i, name, not visible.get(name, True)) for i, name in enumerate(names)]

    def _all_parts(self) -> dict[str, SheetPart]:
        """Return the sheets of an .xlsx with their parts, by name, once no part of it speaks of more than it can hold."""
        if self.kind != "xlsx":
            return {}
        try:
            with Package(self.blob.data) as package:
                sheets = package.sheets()
        except Exception:  # whatever XML error: the slower reader knows as much
            sheets = []
        if too_many_strings(self.blob.data, [sheet.part for sheet in sheets]):
            raise InputError("corrupt", file=self.blob.path)
        return {sheet.name: sheet for sheet in sheets}

    def _open_calamine(self) -> python_calamine.CalamineWorkbook:
        if self._calamine is None:
            from python_calamine import CalamineWorkbook

            self._calamine = self._guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(self.blob.data)))
        return self._calamine

    def _guarded(self, work: Callable[[], _T]) -> _T:
        """Run a reading library; whatever it throws at a damaged file becomes one clear error."""
        try:
            return work()
        except (InputError, KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as error:  # Rust panics are BaseExceptions
            if "assword" in f"{type(error).__name__} {error}":
                raise InputError("password_protected", file=self.blob.path) from None
            raise InputError("corrupt", file=self.blob.path) from None

    def read(self, sheet: Sheet) -> Grid:
        """Read one sheet.

        Raises:
            InputError: `corrupt`, `password_protected`, `sheet_too_large`.
        """
        return self._guarded(lambda: self._read_xlsx(sheet) if sheet.part else self._read_other(sheet))

    def _values(self, sheet: Sheet) -> pl.DataFrame:
        loaded = self._reader.load_sheet(sheet.index, header_row=None, dtypes="string", skip_rows=0)
        return loaded.to_polars()

    # --- .xlsx, .xlsm ---

    def _read_xlsx(self, sheet: Sheet) -> Grid:
        self._refuse_far(sheet, sheet.part)
        with ThreadPoolExecutor(1) as pool:
            scanning = pool.submit(sheetxml.scan, self.blob.data, sheet.part)
            values = self._values(sheet)
            known = self._scanned(scanning.result)
        if known is None or not _agree(values, known):
            return self._read_other(sheet, values)
        first = known.first_column or 0
        frame = _text(values, first)
        return Grid(
            frame,
            sheet.name,
            sheet.hidden,
            numeric=known.numeric,
            errors=known.errors,
            merges=known.merges,
            hidden_rows=known.hidden_rows,
            hidden_columns=known.hidden_columns,
            drawing=known.drawing,
        )

    def _refuse_far(self, sheet: Sheet, part: str) -> None:
        """Refuse a sheet for which a reader would reserve more than there is, because something stands far away."""
        data = self.blob.data
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            most = most_cells(archive.getinfo(part).file_size)
        rows, columns = extent(data, part, most)
        if rows > MAX_ROWS or columns > MAX_COLUMNS:
            raise InputError("corrupt", file=self.blob.path)
        if rows * columns > most:
            raise InputError("sheet_too_large", file=self.blob.path, sheet=sheet.name)

    def _refuse_unknown(self, sheet: Sheet) -> None:
        """Refuse a workbook if which part a sheet is only the library knows, and any may be too large."""
        if self.kind == "xlsx" and not sheet.part:
            for part in worksheets(self.blob.data):
                self._refuse_far(sheet, part)
        if self.kind == "xlsb" and (not isinstance(self._extras, dict) or sheet.name not in self._extras):
            try:
                for content in biff.xlsb_all_parts(self.blob.data):
                    biff.xlsb_extras(content, most_cells(len(content)))
            except biff.ImpossiblePlace:
                raise InputError("corrupt", file=self.blob.path) from None

    @staticmethod
    def _scanned(result: Callable[[], sheetxml.SheetFacts]) -> sheetxml.SheetFacts | None:
        try:
            return result()
        except sheetxml.IrregularSheet:
            return None

    # --- .xls, .xlsb, .ods, and .xlsx without cell references ---

    def _read_other(self, sheet: Sheet, values: pl.DataFrame | None = None) -> Grid:
        self._refuse_unknown(sheet)
        typed = self._open_calamine().get_sheet_by_name(sheet.name)
        start = typed.start or (0, 0)
        if (typed.end or start)[1] >= MAX_COLUMNS:
            # A frame of so many columns takes minutes; no program writes them.
            raise InputError("corrupt", file=self.blob.path)
        if values is None:
            values = self._values(sheet)
        frame = _text(values, start[1], iso=self.kind == "ods")
        ranges = typed.merged_cell_ranges or ()
        extras = self._extras_of(sheet)
        return Grid(
            frame,
            sheet.name,
            sheet.hidden,
            numeric=_numbers(frame, typed, start),
            errors=extras.errors,
            merges=(*(Merge(top, left, bottom, right) for (top, left), (bottom, right) in ranges), *extras.merges),
            hidden_rows=tuple(extras.hidden_rows),
            hidden_columns=tuple(sorted(extras.hidden_columns)),
            drawing=extras.drawing,
        )

    def _all_extras(self) -> dict[str, Extras] | list[Extras]:
        """Return what the format knows beyond what the libraries tell, by sheet name or in the order of the sheets."""
        data = self.blob.data
        try:
            if self.kind == "ods":
                return ods_extras(data)
            if self.kind == "xls":
                stream = biff.workbook_stream(data)
                if biff.is_encrypted(stream):
                    raise InputError("password_protected", file=self.blob.path)
                return biff.xls_extras(stream)
            if self.kind == "xlsb":
                return {
                    name: biff.xlsb_extras(part, most_cells(len(part))) for name, part in biff.xlsb_parts(data).items()
                }
        except OdsTooLarge:
            raise InputError("sheet_too_large", file=self.blob.path, sheet="1") from None
        except (biff.ImpossiblePlace, DamagedContainer):
            raise InputError("corrupt", file=self.blob.path) from None
        except (InputError, MemoryError):
            raise
        except Exception:
            if self.kind == "ods":  # its reader looks for the end of broken XML for ever
                raise InputError("corrupt", file=self.blob.path) from None
            return {}  # damage: what the libraries make of it decides
        return {}

    def _extras_of(self, sheet: Sheet) -> Extras:
        if isinstance(self._extras, dict):
            return self._extras.get(sheet.name, Extras())
        return self._extras[sheet.index] if sheet.index < len(self._extras) else Extras()


def _agree(values: pl.DataFrame, known: sheetxml.SheetFacts) -> bool:
    """Check that the search found the column at which fastexcel's values begin.

    Both must see a value in the first column at the same rows; if not, the search has misread this file's XML.
    """
    if known.first_column is None:
        return values.width == 0 or not values.height
    if not values.width:
        return False
    first = values.to_series(0)
    begin = [row for row in known.starts if row < values.height]
    if not begin:
        return False
    errors = set(known.errors.filter(pl.col("position") == known.first_column)["row"].to_list())
    seen = first.is_not_null().arg_true().head(100).to_list()
    return any(first[row] is not None or row in errors for row in begin) and (
        not seen or seen[0] in begin or seen[0] > begin[-1]
    )


def _text(values: pl.DataFrame, first: int, *, iso: bool = False) -> pl.DataFrame:
    """Name the columns by their place, and write dates and times without the half that is not theirs.

    Args:
        values: As fastexcel gives them.
        first: Position of the first column.
        iso: Moments are written with a `T` (.ods).
    """
    frame = values.rename({name: f"c{first + index}" for index, name in enumerate(values.columns)})
    if not frame.height:
        return frame
    names = frame.columns
    if iso:
        moment = r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)$"
        frame = frame.with_columns(pl.col(names).str.replace(moment, "$1 $2"))
    midnight = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
    clock = r"^1899-12-3[01] (\d\d:\d\d:\d\d)$"
    # Looking for the two shapes costs a fraction of replacing them everywhere.
    dated = (pl.col(names).str.ends_with(" 00:00:00") | pl.col(names).str.starts_with("1899-12-3")).any()
    return frame.with_columns(
        pl.col(name).str.replace(midnight, "$1").str.replace(clock, "$1")
        for name, has in zip(names, frame.select(dated).row(0), strict=True)
        if has
    )


def _numbers(frame: pl.DataFrame, typed: Any, start: tuple[int, int]) -> pl.DataFrame:
    """Find the numbers of seven digits and more among cells whose types are known."""
    names = frame.columns
    if not names or not frame.height:
        return pl.DataFrame(schema=CELLS)
    long = frame.select(pl.col(names).str.contains(r"^-?\d{7}").any()).row(0)
    wanted = [index for index, has in enumerate(long) if has]
    if not wanted:
        return pl.DataFrame(schema=CELLS)
    # A loop over rows: these formats are small (65,536 rows at most in .xls), and types come row by row.
    cells = [
        (row, start[1] + index)
        for row, values in enumerate(typed.to_python(skip_empty_area=True), start[0])
        for index in wanted
        if index < len(values) and type(values[index]) in (int, float) and abs(values[index]) >= 1_000_000
    ]
    return pl.DataFrame(cells, schema=CELLS, orient="row")
