from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from made_up_report import FIELDS, FINDINGS, PEOPLE, patch_catalogue, report, table

from tests.report_workbooks import colour, hashed, user_workbook, write
from xueji_cli.errors import UserError
from xueji_cli.reports.marks import FILLS
from xueji_cli.reports.sheets import free_name, link_target
from xueji_cli.reports.view import finding_view
from xueji_cli.reports.workbook import write_folder


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_catalogue(monkeypatch)


@pytest.fixture
def copy(tmp_path: Path) -> Any:
    source = user_workbook(tmp_path / "名册.xlsx")
    rows = [row for row in FINDINGS if row["table"] == 0]
    made = report(hashed(source), rows=[*rows, {**FINDINGS[2], "position": 2, "field": "class_name", "value": None}])
    # The second place of the duplicate belongs to another file of the run.
    object.__setattr__(
        made, "findings", made.findings.with_columns(pl.lit([]).cast(made.findings.schema["related"]).alias("related"))
    )
    write(made, tmp_path / "out.xlsx")
    return openpyxl.load_workbook(tmp_path / "out.xlsx")


def test_bad_cells_are_coloured_and_explained(copy: Any) -> None:
    sheet = copy["学生"]
    assert colour(sheet["F4"]) == FILLS["error"]
    assert "校验码应为 4" in sheet["F4"].comment.text
    assert "341323201204121235" in sheet["F4"].comment.text
    assert colour(sheet["D5"]) == FILLS["warning"]
    assert colour(sheet["G4"]) not in FILLS.values()
    assert sheet["G4"].comment is None
    marked = {cell.coordinate for row in sheet.iter_rows() for cell in row if colour(cell) in FILLS.values()}
    # B3 stands for the finding about the whole sheet, C4 for the one in the merged cell C5.
    assert marked == {"B3", "F4", "C4", "D5", "F5", "E7"}
    assert sheet["C4"].comment is not None
    assert (sheet["B3"].font.color.rgb, sheet["B3"].font.bold) == ("00000000", True)
    assert sheet["C3"].font.color.rgb == "00FFFFFF"


def test_what_was_there_is_kept(copy: Any) -> None:
    sheet = copy["学生"]
    assert sheet["F4"].comment.text.startswith("班主任：请核对\n\n错误 ID03")
    assert sheet["B1"].font.size == 18
    assert sheet["B1"].value == "青禾小学学生名册"
    assert sheet["D5"].font.name == "KaiTi"
    assert sheet["D5"].font.italic
    assert {str(merged) for merged in sheet.merged_cells.ranges} == {"B1:H1", "C4:C5"}
    assert sheet.column_dimensions["F"].width == 23
    assert sheet.row_dimensions[5].hidden
    assert sheet.freeze_panes == "A4"
    assert sheet["C3"].fill.start_color.rgb[-6:] == "2F5597"
    assert copy["统计"]["B1"].value == "=COUNTA(学生!D4:D7)"
    assert sheet["H5"].data_type == "s"
    for row, cells in PEOPLE:
        assert [sheet.cell(row, 6).value, sheet.cell(row, 4).value] == [cells[4], cells[2]]


def test_list_of_findings(copy: Any) -> None:
    assert copy.sheetnames == ["学生", "统计", "问题清单", "汇总"]
    assert copy.active.title == "问题清单"
    assert [sheet.title for sheet in copy.worksheets if sheet.sheet_view.tabSelected] == ["问题清单"]
    listed = copy["问题清单"]
    heads = [cell.value for cell in listed[1]]
    assert heads[:4] == ["序号", "级别", "工作表", "位置"]
    rows = [dict(zip(heads, row, strict=True)) for row in listed.iter_rows(min_row=2)]
    assert len(rows) == 6
    assert rows[1]["位置"].value == "F4"
    assert rows[1]["位置"].hyperlink.location == "'学生'!F4"
    assert rows[1]["内容"].value == "341323201204121235"
    assert rows[1]["内容"].data_type == "s"
    assert rows[1]["内容"].number_format == "@"
    assert rows[0]["位置"].value == "整张表"
    assert rows[0]["位置"].hyperlink.location == "'学生'!A3"
    assert listed.freeze_panes == "A2"
    assert listed.auto_filter.ref == "A1:N7"


def test_summary(copy: Any) -> None:
    values = [[cell.value for cell in row if cell.value is not None] for row in copy["汇总"].iter_rows()]
    assert ["学籍核查汇总"] in values
    assert ["核查日期", "2025-10-15"] in values
    assert [3, 3, 4, 2, 0] in values
    assert ["身份证件号校验码不对", "ID03", "错误", 1, "GB 11643-1999 4.3"] in values
    assert any(row[:2] == ["青禾小学", "一年级1班"] for row in values)


@pytest.mark.parametrize(
    "nasty", ["=1+1", '=HYPERLINK("http://x","y")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "a\x01b"]
)
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_cells_never_become_formulas(tmp_path: Path, nasty: str, kind: str) -> None:
    rows = [{**FINDINGS[1], "field": "remark", "position": 7, "value": nasty, "school": nasty, "class_name": nasty}]
    if kind == "xlsx":
        made = report(hashed(user_workbook(tmp_path / "名册.xlsx")), rows=rows)
    else:
        people = [(4, (nasty,) * len(FIELDS))]
        made = report(table("名册.csv", sheet=None, kind="csv", rows=people), rows=rows)
    write(made, tmp_path / "out.xlsx")
    with zipfile.ZipFile(tmp_path / "out.xlsx") as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        formulas = [parts.read(name).count(b"<f>") for name in sheets]
    assert sum(formulas) == (1 if kind == "xlsx" else 0)  # the user's own COUNTA
    listed = openpyxl.load_workbook(tmp_path / "out.xlsx")["问题清单"]
    assert {cell.data_type for row in listed.iter_rows(min_row=2, min_col=2) for cell in row if cell.value} == {"s"}


@pytest.mark.parametrize(("kind", "name"), [("csv", "名册.csv"), ("xls", "名册.xls")])
def test_other_files_become_a_new_workbook_with_the_same_addresses(tmp_path: Path, kind: str, name: str) -> None:
    sheet_name = None if kind == "csv" else "学生"
    made = report(table(name, sheet=sheet_name, kind=kind, rows=PEOPLE), rows=FINDINGS[:3])
    written = write(made, tmp_path / "out.xlsx")
    assert written.paths == (str(tmp_path / "out.xlsx"),)
    assert written.notes == ()
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == [sheet_name or "名册", "问题清单", "汇总"]
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[3]][1:] == [field.title for field in FIELDS]
    for row, cells in PEOPLE:
        assert [cell.value for cell in sheet[row]][1:] == list(cells)
    assert sheet["F7"].number_format == "@"
    assert colour(sheet["F4"]) == FILLS["error"]
    assert "校验码应为 4" in sheet["F4"].comment.text
    assert sheet["F5"].comment is None
    link = book["问题清单"]["D3"].hyperlink
    assert link.location == f"'{sheet_name or '名册'}'!F4"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_no_macros_no_xlsm(tmp_path: Path, kind: str) -> None:
    source = hashed(user_workbook(tmp_path / "名册.xlsx"))
    made = report(source if kind == "xlsx" else table("x.csv", sheet=None, kind="csv", rows=PEOPLE), rows=FINDINGS[1:2])
    with pytest.raises(UserError) as caught:
        write(made, tmp_path / "out.xlsm")
    assert caught.value.key == "output_no_macros"


def test_names_that_are_taken(tmp_path: Path) -> None:
    source = user_workbook(tmp_path / "名册.xlsx")
    book = openpyxl.load_workbook(source)
    book.create_sheet("问题清单")
    book.create_sheet("汇总")
    book.save(source)
    write(report(hashed(source), rows=FINDINGS[1:2]), tmp_path / "out.xlsx")
    names = openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames
    assert names == ["学生", "统计", "问题清单", "汇总", "问题清单 (2)", "汇总 (2)"]


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("学生", [], "学生"),
        ("a/b:c", [], "a_b_c"),
        ("x" * 40, [], "x" * 31),
        ("x" * 40, ["X" * 31], "x" * 27 + " (2)"),
        ("History", [], "History_"),
        ("''", [], "Sheet"),
    ],
)
def test_free_name(wanted: str, taken: list[str], name: str) -> None:
    assert free_name(wanted, taken) == name


def test_link_target_quotes() -> None:
    assert link_target("王's", "A1") == "'王''s'!A1"


def test_a_file_that_changed_is_not_marked(tmp_path: Path) -> None:
    source = user_workbook(tmp_path / "名册.xlsx")
    made = report(hashed(source), rows=FINDINGS[1:2])
    source.write_bytes(source.read_bytes() + b"x")
    with pytest.raises(UserError) as caught:
        write(made, tmp_path / "out.xlsx")
    assert caught.value.key == "input_changed"
    assert [each.name for each in tmp_path.iterdir()] == ["名册.xlsx"]


def test_never_over_the_input(tmp_path: Path) -> None:
    source = user_workbook(tmp_path / "名册.xlsx")
    before = source.read_bytes()
    with pytest.raises(UserError) as caught:
        write(report(hashed(source), rows=FINDINGS[1:2]), source)
    assert caught.value.key == "output_is_input"
    assert source.read_bytes() == before


def test_a_workbook_openpyxl_cannot_read_gives_the_data(tmp_path: Path) -> None:
    broken = tmp_path / "坏样式.xlsx"
    with zipfile.ZipFile(user_workbook(tmp_path / "名册.xlsx")) as good, zipfile.ZipFile(broken, "w") as bad:
        for name in good.namelist():
            bad.writestr(name, b"<styleSheet><fills>" if name == "xl/styles.xml" else good.read(name))
    written = write(report(hashed(broken), rows=FINDINGS[1:2]), tmp_path / "out.xlsx")
    assert len(written.notes) == 1
    assert "无法照搬" in written.notes[0]
    assert openpyxl.load_workbook(tmp_path / "out.xlsx")["学生"]["F4"].value == "341323201204121235"


def test_losses_are_said(tmp_path: Path) -> None:
    source = user_workbook(tmp_path / "名册.xlsx")
    with zipfile.ZipFile(source, "a") as parts:
        parts.writestr("xl/drawings/drawing9.xml", b"<xdr:wsDr><xdr:sp macro=''></xdr:sp></xdr:wsDr>")
        parts.writestr("xl/charts/chart1.xml", b"<c/>")
    written = write(report(hashed(source), rows=FINDINGS[1:2]), tmp_path / "out.xlsx")
    assert any("图表" in note and "形状" in note for note in written.notes)
    summary = openpyxl.load_workbook(tmp_path / "out.xlsx")["汇总"]
    assert any("图表" in str(cell.value) for row in summary.iter_rows() for cell in row)


@pytest.mark.parametrize(("suffix", "kept"), [(".xlsm", True), (".xlsx", False)])
def test_macros(tmp_path: Path, suffix: str, kept: bool) -> None:  # noqa: FBT001
    source = tmp_path / "名册.xlsm"
    with zipfile.ZipFile(user_workbook(tmp_path / "名册.xlsx")) as plain, zipfile.ZipFile(source, "w") as macros:
        for name in plain.namelist():
            content = plain.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(
                    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                    b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                ).replace(
                    b"</Types>",
                    b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
                )
            macros.writestr(name, content)
        macros.writestr("xl/vbaProject.bin", b"not really")
    written = write(report(hashed(source), rows=FINDINGS[1:2]), tmp_path / f"out{suffix}")
    with zipfile.ZipFile(tmp_path / f"out{suffix}") as parts:
        assert ("xl/vbaProject.bin" in parts.namelist()) is kept
        assert (b"macroEnabled" in parts.read("[Content_Types].xml")) is kept
    assert any("宏" in note for note in written.notes) is not kept
    copied = openpyxl.load_workbook(tmp_path / f"out{suffix}")
    assert colour(copied["学生"]["F4"]) == FILLS["error"]
    assert "班主任" in copied["学生"]["F4"].comment.text


def test_folder(tmp_path: Path) -> None:
    (tmp_path / "甲").mkdir()
    first = user_workbook(tmp_path / "名册.xlsx")
    second = user_workbook(tmp_path / "甲" / "名册.xlsx")
    text = table("南坝.csv", sheet=None, kind="csv", header_row=1, offset=0, rows=PEOPLE)
    rows = [FINDINGS[1], {**FINDINGS[1], "table": 1}, {**FINDINGS[6], "table": 2, "row": 5, "related": []}]
    made = report(hashed(first), hashed(second), text, rows=rows)
    written = write_folder(made, finding_view(made, lang="zh"), str(tmp_path / "结果" / "十月"), lang="zh")
    names = [Path(path).name for path in written.paths]
    assert names == ["汇总.xlsx", "名册-核查.xlsx", "名册-核查-2.xlsx", "南坝-核查.xlsx"]
    assert all(Path(path).is_file() for path in written.paths)
    overview = openpyxl.load_workbook(written.paths[0])
    listed = overview["问题清单"]
    heads = [cell.value for cell in listed[1]]
    values = [cell.value for cell in listed["I"]] if heads[8] == "内容" else []
    assert values[1:] == ["341323********123*", "341323********123*", "341323********002*"]
    links = [listed.cell(row, heads.index("位置") + 1).hyperlink for row in (2, 3, 4)]
    assert [(link.target, link.location) for link in links] == [
        ("名册-核查.xlsx", "'学生'!F4"),
        ("名册-核查-2.xlsx", "'学生'!F4"),
        ("南坝-核查.xlsx", "'南坝'!E5"),
    ]
    copied = openpyxl.load_workbook(written.paths[2])["问题清单"]
    assert "341323201204121235" in [cell.value for cell in copied[2]]


def test_several_inputs_in_one_workbook_are_masked(tmp_path: Path) -> None:
    made = dataclasses.replace(report(), unreadable=report().unreadable)
    write(made, tmp_path / "all.xlsx")
    book = openpyxl.load_workbook(tmp_path / "all.xlsx")
    text = " ".join(str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)
    assert book.sheetnames == ["汇总", "问题清单"]
    assert "341323201204121235" not in text
    assert "341323********123*" in text
    assert "找不到文件 丢失.xlsx。" in text
