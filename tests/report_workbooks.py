"""A school's own workbook, reports written into it, and what they look like."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import openpyxl
from made_up_report import FIELDS, PEOPLE, table
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from xueji_cli.reports.view import finding_view
from xueji_cli.reports.workbook import write_workbook


def user_workbook(path: Path) -> Path:
    """A roster as schools keep it: title and merged cells above, header in row 3, another sheet with a formula."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "学生"
    sheet["B1"] = "青禾小学学生名册"
    sheet["B1"].font = Font(name="SimHei", size=18, bold=True)
    sheet.merge_cells("B1:H1")
    for index, field in enumerate(FIELDS):
        cell = sheet.cell(3, 2 + index, field.title)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", start_color="2F5597")
    for row, cells in PEOPLE:
        for index, value in enumerate(cells):
            sheet.cell(row, 2 + index, value)
            sheet.cell(row, 2 + index).data_type = "s" if value else "n"
    sheet.merge_cells("C4:C5")
    sheet["F4"].comment = Comment("班主任：请核对", "王")
    sheet["D5"].font = Font(name="KaiTi", italic=True)
    sheet.column_dimensions["F"].width = 23
    sheet.row_dimensions[5].hidden = True
    sheet.freeze_panes = "A4"
    other = book.create_sheet("统计")
    other["A1"] = "人数"
    other["B1"] = "=COUNTA(学生!D4:D7)"
    book.save(path)
    return path


def hashed(path: Path, **options: Any) -> Any:
    return table(str(path), sha256=hashlib.sha256(path.read_bytes()).hexdigest(), rows=PEOPLE, **options)


def write(made: Any, path: Path, **options: Any) -> Any:
    view = finding_view(made, lang="zh")
    return write_workbook(made, view, str(path), lang="zh", **options)


def colour(cell: Any) -> str:
    return str(cell.fill.start_color.rgb)[-6:]
