"""What stands among and below the children, and what cells hold."""

from __future__ import annotations

from pathlib import Path

import pytest
import table_files as make

from tests.roster_tables import BLANK, HEAD, child, keyed, names, table_of
from xueji_cli.tables import facts
from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.table import ROW

FOOTERS = [
    ["合计", None, "3人"],
    ["合 计:3人"],
    ["总计", "2", "3"],
    ["小计", None, None, None, "45"],
    [None, "合计", "3"],
    ["填表人:王五", None, "审核人:赵六", None, None],
    ["填表人（签字）：", None, "校长签字："],
    ["制表:王五"],
    ["审核人"],
    ["校长(签字):"],
    ["备注:本表一式两份"],
    ["说明:1.身份证件号必填;2.出生日期按证件填写"],
    ["注:红色为新生"],
    ["填表日期:2024年9月1日"],
    ["联系电话：0557-6000000"],
    ["单位（盖章）"],
    ["以下空白"],
    ["第1页 共2页"],
    ["打印时间：2024-09-01 08:00"],
]


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
@pytest.mark.parametrize("footer", FOOTERS, ids=lambda row: next(filter(None, row)))
def test_footer_is_left_out_and_told(footer: list[make.Cell], name: str, tmp_path: Path) -> None:
    table = table_of(tmp_path, [HEAD, child(1), child(2), BLANK, footer], name)
    assert names(table) == [(2, "学生二"), (3, "学生三")]
    assert [fact.row for fact in keyed(table, facts.FOOTER_DROPPED)] == [5]


CHILDREN = [
    ["合计", None, "341323201204120018"],
    ["单位", "男", "341323201204120018", "一(1)班", None],
    ["注", "男", None, "一(1)班", "备注:转学"],
    ["总小明", "男"],
    ["计", "男"],
    ["电话", "女"],
    ["小计划", "女"],
    ["校长", "女"],
    ["张三"],
    [None, None, None, None, "备注：休学"],
]


@pytest.mark.parametrize("row", CHILDREN, ids=lambda row: str(next(filter(None, row))))
def test_child_is_never_taken_for_a_footer(row: list[make.Cell], tmp_path: Path) -> None:
    table = table_of(tmp_path, [HEAD, child(1), row, child(2)])
    assert table.frame[ROW].to_list() == [2, 3, 4]
    assert keyed(table, facts.FOOTER_DROPPED) == []


@pytest.mark.parametrize(
    "note",
    [
        ["必填", "必填", "选填", "必填", "选填"],
        ["1", "2", "3", "4", "5"],
        ["(1)", "(2)", "(3)", "(4)", "(5)"],
        ["请按户口簿如实填写，带星号的栏目必须填写。"],
        ["说明：红色为必填项"],
    ],
    ids=lambda row: row[0],
)
def test_note_below_the_header_is_left_out_and_told(note: list[make.Cell], tmp_path: Path) -> None:
    table = table_of(tmp_path, [HEAD, note, child(1), child(2)])
    assert names(table) == [(3, "学生二"), (4, "学生三")]
    assert [fact.row for fact in keyed(table, facts.FOOTER_DROPPED)] == [2]


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_repeated_header_and_title_are_left_out_and_told(name: str, tmp_path: Path) -> None:
    title = ["灵西小学花名册"]
    rows = [title, HEAD, child(1), title, HEAD, child(2), [*HEAD[:4], None], child(3)]
    table = table_of(tmp_path, rows, name)
    assert [row for row, _ in names(table)] == [3, 6, 8]
    assert [fact.row for fact in keyed(table, facts.HEADER_REPEATED)] == [4, 5, 7]


def test_repeated_two_row_header_is_left_out(tmp_path: Path) -> None:
    upper = ["姓名", "性别", "身份证件号", "家庭成员一", None]
    lower = [None, None, None, "姓名", "联系电话"]
    person = ["张三", "男", "341323201204120018", "张四", "13812345678"]
    table = table_of(tmp_path, [upper, lower, person, upper, lower, person])
    assert table.frame[ROW].to_list() == [3, 6]
    assert [fact.row for fact in keyed(table, facts.HEADER_REPEATED)] == [4, 5]


def test_a_child_called_like_a_header_stays(tmp_path: Path) -> None:
    table = table_of(tmp_path, [HEAD, child(1), ["姓名", "男", "341323201204120018", "一(1)班"]])
    assert table.frame[ROW].to_list() == [2, 3]


def test_blank_rows_between_children_are_told_in_one_fact(tmp_path: Path) -> None:
    table = table_of(tmp_path, [HEAD, child(1), BLANK, BLANK, child(2), BLANK, child(3), BLANK, ["合计", "3"]])
    (fact,) = keyed(table, facts.BLANK_ROWS)
    assert (fact.row, fact.params) == (3, {"count": 3, "rows": "3–4, 6"})


def test_merged_cells_are_filled_down_over_children_only(tmp_path: Path) -> None:
    def change(book: object, page: object) -> None:
        page.merge_range("D2:D4", "一(1)班")
        page.merge_range("D5:D9", "一(2)班")
        page.merge_range("A10:E10", "合计 4 人")

    rows = [HEAD, *[[*child(n)[:3], None] for n in range(1, 5)]]
    table = table_of(tmp_path, rows, change=change)
    assert table.frame["c3"].to_list() == ["一(1)班"] * 3 + ["一(2)班"]
    assert table.frame[ROW].to_list() == [2, 3, 4, 5]
    (fact,) = keyed(table, facts.MERGED_FILLED)
    assert (fact.row, fact.position, fact.params) == (2, 3, {"count": 2, "example": "D2:D4"})


def test_hidden_parts_are_read_and_told(tmp_path: Path) -> None:
    def change(book: object, page: object) -> None:
        page.set_row(2, None, None, {"hidden": True})
        page.set_row(3, None, None, {"hidden": True})
        page.set_row(40, None, None, {"hidden": True})
        page.set_column(2, 3, None, None, {"hidden": True})
        page.set_column(20, 30, None, None, {"hidden": True})

    table = table_of(tmp_path, [HEAD, child(1), child(2), child(3), child(4)], change=change)
    assert table.frame.height == 4
    (rows,) = keyed(table, facts.HIDDEN_ROWS)
    assert (rows.row, rows.params) == (3, {"count": 2, "rows": "3–4"})
    (columns,) = keyed(table, facts.HIDDEN_COLUMNS)
    assert columns.position == 2
    assert columns.params == {"count": 2, "columns": "C, D", "headers": "身份证件号、班级"}


def test_xlsb_tells_as_much_as_xlsx(tmp_path: Path) -> None:
    rows = [HEAD, [*child(1)[:3], "一(1)班", "#N/A"], [*child(2)[:3], None, "x"], child(3)]
    data = make.xlsb(rows, top=2, left=1, hidden_rows=[4], hidden_columns=[3], merges=[(3, 4, 4, 4)], state=1)
    (tmp_path / "a.xlsb").write_bytes(data)
    (table,) = read_tables(str(tmp_path / "a.xlsb"), ReadOptions(), make.Words())
    assert table.frame[ROW].to_list() == [4, 5, 6]
    assert table.frame["c4"].to_list() == ["一(1)班"] * 3
    assert table.frame["c5"].to_list() == ["#N/A", "x", None]
    assert [fact.key for fact in table.facts] == [
        facts.ROWS_ABOVE_HEADER,
        facts.MERGED_FILLED,
        facts.HIDDEN_SHEET,
        facts.HIDDEN_ROWS,
        facts.HIDDEN_COLUMNS,
        facts.FORMULA_ERROR,
    ]


def test_formula_errors_are_shown_and_told(tmp_path: Path) -> None:
    def change(book: object, page: object) -> None:
        page.write_formula("E2", "=1/0", None, "#DIV/0!")
        page.write_formula("E3", "=VLOOKUP(1,A:B,2,0)", None, "#N/A")

    table = table_of(tmp_path, [HEAD, child(1), child(2), child(3)], change=change)
    assert table.frame["c4"].to_list() == ["#DIV/0!", "#N/A", None]
    found = [(fact.row, fact.position, fact.params["error"]) for fact in keyed(table, facts.FORMULA_ERROR)]
    assert found == [(2, 4, "#DIV/0!"), (3, 4, "#N/A")]


def test_numbers_are_written_as_excel_shows_them(tmp_path: Path) -> None:
    values = [341323201204120016.0, 13812345678.0, 12.0, 0.5, 1e21, 0.1 + 0.2]
    table = table_of(tmp_path, [["姓名", "身份证件号"], *[["a", value] for value in values]])
    assert table.frame["c1"].to_list() == [
        "341323201204120000",
        "13812345678",
        "12",
        "0.5",
        "1000000000000000000000",
        "0.3",
    ]
    assert table.numeric[1].to_list() == [True, True, False, False, True, False]


def test_numbers_in_the_xml_with_all_digits_or_an_exponent(tmp_path: Path) -> None:
    """openpyxl and web systems write all 18 digits; Excel and a reader keep 15 of them."""
    stored = ["341323201204121234", "3.41323201204120E+17", "3.41323201204121e+017", "341323201204120018.0"]

    def change(xml: bytes) -> bytes:
        for row, text in enumerate(stored, 2):
            xml = xml.replace(b'<c r="B%d"><v>1</v>' % row, b'<c s="0" r="B%d" t="n"><v>%s</v>' % (row, text.encode()))
        return xml

    plain = make.xlsx([["姓名", "身份证件号"], *[["a", 1.0] for _ in stored]])
    (tmp_path / "a.xlsx").write_bytes(make.repacked(plain, "xl/worksheets/sheet1.xml", change))
    (table,) = read_tables(str(tmp_path / "a.xlsx"), ReadOptions(), make.Words())
    expected = ["341323201204121000", "341323201204120000", "341323201204121000", "341323201204120000"]
    assert table.frame["c1"].to_list() == expected
    assert table.numeric[1].to_list() == [True] * 4


@pytest.mark.parametrize("end", ["2025年9月1日", "沙河小学教务处", "家长签名", "以上学生已核对"])
def test_a_lone_cell_at_the_end_that_is_no_name_is_no_child(tmp_path: Path, end: str) -> None:
    rows = [["姓名", "性别", "班级"], ["甘棠", "男", "1班"], ["柳如", "女", "1班"], [end, "", ""]]
    table = table_of(tmp_path, rows, "roster.csv")
    assert table.frame["row"].to_list() == [2, 3]
    assert [fact.key for fact in table.facts if fact.row == 4] == ["footer_dropped"]


def test_a_lone_name_at_the_end_may_be_a_child(tmp_path: Path) -> None:
    rows = [["姓名", "性别", "班级"], ["甘棠", "男", "1班"], ["柳如", "女", "1班"], ["欧阳娜娜", "", ""]]
    table = table_of(tmp_path, rows, "roster.csv")
    assert table.frame["row"].to_list() == [2, 3, 4]
