"""A copy of the user's own workbook with the bad cells coloured and commented, and two sheets added.

The copy is made by openpyxl, which keeps fonts, widths, merges, other sheets and formulas, but not everything a
workbook can hold; `what_is_lost` says what this one will lose.
"""

from __future__ import annotations

import gc
import io
import re
import warnings
import zipfile
from bisect import bisect_right
from collections import defaultdict
from contextlib import contextmanager
from copy import copy
from importlib.util import find_spec
from typing import TYPE_CHECKING

from xueji_cli.messages import catalogue
from xueji_cli.reports.marks import COMMENT_WIDTH, FILLS, comment_height
from xueji_cli.reports.sheets import (
    FONT,
    FONT_SIZE,
    LINE_HEIGHT,
    LINK_LIMIT,
    LIST_WIDTHS,
    SUMMARY_WIDTHS,
    WRAPPED,
    free_name,
    link_target,
)
from xueji_cli.tables.options import FEW_CELLS
from xueji_cli.tables.sheetxml import merges_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    import polars as pl
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from xueji_cli.reports.sheets import Cell, FindingList

#: Parts of the zip that openpyxl does not write again, or not as they were, by the name the catalogue has for them.
_LOST = {
    "xl/charts/": "chart",
    "xl/cellimages": "picture",
    "xl/diagrams/": "shape",
    "xl/ctrlProps/": "control",
    "xl/activeX/": "control",
    "xl/slicers/": "slicer",
    "xl/threadedComments/": "threaded",
    "xl/embeddings/": "object",
}
_SHAPES = re.compile(rb"<(xdr:)?(sp|grpSp|cxnSp|graphicFrame)[ >]")

#: What XML can't hold; openpyxl refuses the whole workbook for one of them.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def has_macros(content: bytes) -> bool:
    """Return whether a workbook carries VBA."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "xl/vbaProject.bin" in parts.namelist()


def what_is_lost(content: bytes, *, keep_vba: bool) -> list[str]:
    """Return the kinds of things that a copy of this workbook will lack, as keys of the catalogue's `check.parts`."""
    lost: dict[str, None] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            for prefix, kind in _LOST.items():
                if name.startswith(prefix) and not (kind == "control" and keep_vba):
                    lost[kind] = None
            if name.startswith("xl/media/") and find_spec("PIL") is None:
                lost["picture"] = None
            if name.startswith("xl/drawings/drawing") and _SHAPES.search(parts.read(name)):
                lost["shape"] = None
    return list(lost)


@contextmanager
def without_collector() -> Iterator[None]:
    """Stop the cycle collector, which would walk millions of living cells again and again (a fifth of the time)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load(content: bytes, *, keep_vba: bool) -> tuple[Workbook | None, bool]:
    """Return the workbook, and whether openpyxl said that it drops some newer formatting; None if it can't read it."""
    from openpyxl import load_workbook

    if _merged(content) > FEW_CELLS:
        return None, False  # openpyxl makes an object of each merged cell
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            workbook = load_workbook(io.BytesIO(content), keep_vba=keep_vba, rich_text=True)
        except Exception:  # whatever its parsers raise on styles that Excel and WPS accept
            return None, False
    return workbook, any("extension" in str(each.message) for each in said)


def _merged(content: bytes) -> int:
    """Return how many cells the merged ranges of a workbook cover."""
    covered = 0
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml"):
                covered += sum(
                    (merge.bottom - merge.top + 1) * (merge.right - merge.left + 1)
                    for merge in merges_in(parts.read(name))
                )
    return covered


def annotate(sheet: Worksheet, marks: pl.DataFrame) -> None:
    """Colour and comment the cells of a sheet that have a mark (`marks.cell_marks`)."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    fills = {severity: PatternFill("solid", start_color=colour) for severity, colour in FILLS.items()}
    ranks = list(FILLS)
    anchors = _Anchors(sheet)
    coloured: dict[tuple[int, int], str] = {}
    # openpyxl writes cell by cell, and only marked cells are visited.
    for row, position, severity, text in marks.select("row", "position", "severity", "comment").iter_rows():
        place = anchors.of(row, position + 1)
        cell = sheet.cell(*place)
        worst = min(severity, coloured.get(place, severity), key=ranks.index)
        if coloured.get(place) != worst:
            if cell.fill.fill_type is not None:
                # White letters on the user's dark fill would be lost on ours.
                font = copy(cell.font)
                font.color = "000000"
                cell.font = font
            cell.fill = fills[worst]
            coloured[place] = worst
        if text is not None:
            before = f"{cell.comment.text.rstrip()}\n\n" if cell.comment is not None else ""
            whole = _legal(before + text)[:32_000]
            cell.comment = Comment(whole, "xueji", width=COMMENT_WIDTH, height=comment_height(whole))


def add_sheets(workbook: Workbook, findings: FindingList, summary: Sequence[Sequence[Cell]], lang: str) -> None:
    """Add the list of findings and the summary behind the user's sheets, and open the workbook on the list.

    Args:
        workbook: Changed in place.
        findings: The list.
        summary: The summary.
        lang: Language of the sheets' names.
    """
    listed = workbook.create_sheet(free_name(catalogue.text(lang, "check.list.name"), workbook.sheetnames))
    _write_list(listed, findings)
    totals = workbook.create_sheet(free_name(catalogue.text(lang, "check.summary.name"), workbook.sheetnames))
    _write_summary(totals, summary)
    # Two selected sheets would be edited together: what is typed in one would land in the other.
    for sheet in workbook.worksheets:
        sheet.sheet_view.tabSelected = sheet is listed
    workbook.active = listed
    # The cached results of formulas are not kept, so let Excel compute them when it opens the copy.
    if workbook.calculation is not None:
        workbook.calculation.fullCalcOnLoad = True


class _Anchors:
    """Finds the cell that shows a merged range: only its first cell has a value, a comment and a visible fill."""

    def __init__(self, sheet: Worksheet) -> None:
        self._columns: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for merged in sheet.merged_cells.ranges:
            for column in range(merged.min_col, merged.max_col + 1):
                self._columns[column].append((merged.min_row, merged.max_row, merged.min_col))
        for ranges in self._columns.values():
            ranges.sort()

    def of(self, row: int, column: int) -> tuple[int, int]:
        ranges = self._columns.get(column, [])
        index = bisect_right(ranges, (row, SHEET_END, SHEET_END)) - 1
        if index >= 0 and ranges[index][0] <= row <= ranges[index][1]:
            return ranges[index][0], ranges[index][2]
        return row, column


SHEET_END = 1 << 30
"""More than any row or column."""


def _write_list(sheet: Worksheet, findings: FindingList) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.hyperlink import Hyperlink

    font = Font(name=FONT, size=FONT_SIZE)
    link = Font(name=FONT, size=FONT_SIZE, color="0B5CAD", underline="single")
    plain = Alignment(horizontal="left", vertical="center")
    wrapped = Alignment(horizontal="left", vertical="center", wrap_text=True)
    fills = {severity: PatternFill("solid", start_color=colour) for severity, colour in FILLS.items()}
    for index, (key, header) in enumerate(zip(findings.keys, findings.headers, strict=True), 1):
        sheet.column_dimensions[get_column_letter(index)].width = LIST_WIDTHS[key]
        cell = sheet.cell(1, index)
        _put(cell, header)
        cell.font = Font(name=FONT, size=FONT_SIZE, bold=True)
        cell.fill = PatternFill("solid", start_color="E7EBF0")
    # The cells of a column share one style object, which openpyxl would otherwise look up for every cell.
    styles: dict[tuple[str, str], Any] = {}
    # openpyxl writes cell by cell.
    for number, row in enumerate(findings.rows(), 2):
        for index, key in enumerate(findings.keys, 1):
            value = row[key]
            cell = sheet.cell(number, index)
            style = (key, str(row["style"]) if key == "severity" else "")
            if style not in styles:
                # Text format: a cell that looks like a formula or a long number stays text when somebody edits it.
                cell.number_format = "General" if key == "number" else "@"
                cell.alignment = wrapped if key in WRAPPED else plain
                cell.font = link if key == "place" else font
                if key == "severity":
                    cell.fill = fills[str(row["style"])]
                styles[style] = cell._style
            cell._style = styles[style]
            if isinstance(value, int):
                cell.value = value
            elif value is not None:
                _put(cell, value)
        sheet.row_dimensions[number].height = LINE_HEIGHT * int(row["lines"] or 1) + 2
        if number <= LINK_LIMIT and row["link_sheet"] is not None:
            place = sheet.cell(number, findings.keys.index("place") + 1)
            target = link_target(str(row["link_sheet"]), str(row["link_cell"]))
            place.hyperlink = Hyperlink(ref=place.coordinate, location=target)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(findings.keys))}{findings.frame.height + 1}"
    sheet.print_title_rows = "1:1"
    _fit_page(sheet)


def _write_summary(sheet: Worksheet, rows: Sequence[Sequence[Cell]]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    fonts = {
        "title": Font(name=FONT, bold=True, size=16),
        "section": Font(name=FONT, bold=True, size=12),
        "head": Font(name=FONT, bold=True, size=FONT_SIZE),
        "quiet": Font(name=FONT, size=FONT_SIZE, color="667085"),
    }
    font, middle = Font(name=FONT, size=FONT_SIZE), Alignment(horizontal="left", vertical="center")
    fills = {
        severity: PatternFill("solid", start_color=colour) for severity, colour in (*FILLS.items(), ("head", "E7EBF0"))
    }
    for number, row in enumerate(rows, 1):
        for index, (value, style) in enumerate(row, 1):
            cell = sheet.cell(number, index)
            if isinstance(value, int):
                cell.value = value
            elif value is not None:
                _put(cell, value)
                cell.number_format = "@"
            cell.font = fonts.get(style, font)
            cell.alignment = middle
            if style in fills:
                cell.fill = fills[style]
    for index, width in enumerate(SUMMARY_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    sheet.sheet_view.showGridLines = False
    _fit_page(sheet)


def _fit_page(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _put(cell: Any, text: str) -> None:
    """Put text into a cell as text: openpyxl takes what begins with `=` for a formula, and `#N/A` for an error."""
    cell.value = _legal(text)[:32_767]
    cell.data_type = "s"


def _legal(text: str) -> str:
    return _ILLEGAL.sub(" ", text)
