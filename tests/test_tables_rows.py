"""Row numbers, headers and ends: what Excel shows is what the table says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import table_files as make

from xueji_cli.errors import InputError
from xueji_cli.tables import facts
from xueji_cli.tables.facts import row_list
from xueji_cli.tables.header import find_header
from xueji_cli.tables.headers import normalise_header
from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.table import ROW, Fact, Table

HEAD = ["姓名", "性别", "身份证件号", "班级", "备注"]


def child(number: int) -> list[make.Cell]:
    return [f"学生{'一二三四五六七八九十'[number % 10]}", "男", f"34132320120412{number:04}", "一(1)班", None]


def table_of(folder: Path, rows: Sequence[Sequence[make.Cell]], name: str = "a.xlsx", **more: object) -> Table:
    options = {key: more.pop(key) for key in ("sheet", "header_row") if key in more}
    path = folder / name
    data = make.xlsx(rows, **more) if name.endswith("xlsx") else make.csv_text(rows).encode()  # type: ignore[arg-type]
    path.write_bytes(data)
    (table,) = read_tables(str(path), ReadOptions(**options), make.Words())  # type: ignore[arg-type]
    return table


def keyed(table: Table, key: str) -> list[Fact]:
    return [fact for fact in table.facts if fact.key == key]


def names(table: Table) -> list[tuple[int, str]]:
    return list(table.frame.select(ROW, table.columns[0].key).iter_rows())


BLANK: list[make.Cell] = []


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
@pytest.mark.parametrize(
    ("rows", "header_row", "expected"),
    [
        ([HEAD, child(1), child(2)], 1, [2, 3]),
        ([["灵西小学学生花名册"], HEAD, child(1), child(2)], 2, [3, 4]),
        ([["灵西小学"], ["2024年9月", "单位:人"], BLANK, HEAD, child(1)], 4, [5]),
        ([BLANK, BLANK, BLANK, HEAD, child(1), BLANK, child(2)], 4, [5, 7]),
        ([HEAD, child(1), BLANK, BLANK, child(2), [" ", "  "], child(3), BLANK], 1, [2, 5, 7]),
        ([HEAD, BLANK, child(1)], 1, [3]),
    ],
)
def test_row_numbers_are_those_excel_shows(
    name: str, rows: list[list[make.Cell]], header_row: int, expected: list[int], tmp_path: Path
) -> None:
    table = table_of(tmp_path, rows, name)
    assert table.header_row == header_row
    assert table.frame[ROW].to_list() == expected


@pytest.mark.parametrize("left", [0, 1, 3, 30])
@pytest.mark.parametrize("top", [0, 2, 20])
def test_places_count_from_the_corner_of_the_sheet(left: int, top: int, tmp_path: Path) -> None:
    table = table_of(tmp_path, [HEAD, child(1), [None, "女", 341323201204122.0]], top=top, left=left)
    assert [column.position for column in table.columns] == list(range(left, left + 5))
    assert table.header_row == top + 1
    assert table.frame[ROW].to_list() == [top + 2, top + 3]
    assert table.frame[f"c{left + 2}"].to_list() == ["341323201204120001", "341323201204122"]
    assert table.numeric[left + 2].to_list() == [False, True]


@pytest.mark.parametrize(
    "dimension", [b'<dimension ref="A1"/>', b"", b'<dimension ref="A1:XFD1048576"/>', b'<dimension ref="C9:D10"/>']
)
def test_the_dimension_of_a_sheet_is_not_believed(dimension: bytes, tmp_path: Path) -> None:
    import re

    def change(xml: bytes) -> bytes:
        return re.sub(rb"<dimension[^>]*>", dimension, xml)

    data = make.repacked(make.xlsx([HEAD, child(1)], top=3, left=2), "xl/worksheets/sheet1.xml", change)
    (tmp_path / "a.xlsx").write_bytes(data)
    (table,) = read_tables(str(tmp_path / "a.xlsx"), ReadOptions(), make.Words())
    assert (table.header_row, names(table), table.columns[0].letter) == (4, [(5, "学生二")], "C")


def test_sheets_with_a_namespace_prefix_or_without_references(tmp_path: Path) -> None:
    """As programs on .NET and some exporters write them."""
    import re

    rows = [HEAD, child(1), ["李丽", "女", 13412345678.0]]
    plain = make.xlsx(rows, top=2, change=lambda _, page: page.set_row(3, None, None, {"hidden": True}))

    def prefixed(xml: bytes) -> bytes:
        return re.sub(rb"<(/?)(?!\?)", rb"<\1x:", xml).replace(b"xmlns=", b"xmlns:x=")

    (tmp_path / "a.xlsx").write_bytes(make.repacked(plain, "xl/worksheets/sheet1.xml", prefixed))
    (table,) = read_tables(str(tmp_path / "a.xlsx"), ReadOptions(), make.Words())
    assert names(table) == [(4, "学生二"), (5, "李丽")]
    assert table.numeric[2].to_list() == [False, True]
    assert keyed(table, facts.HIDDEN_ROWS)[0].row == 4

    bare = make.repacked(plain, "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb' r="[A-Z]*\d+"', b"", xml))
    (tmp_path / "b.xlsx").write_bytes(bare)
    (table,) = read_tables(str(tmp_path / "b.xlsx"), ReadOptions(), make.Words())
    assert names(table) == [(2, "学生二"), (3, "李丽")]  # without references, rows follow one another from 1
    assert table.numeric[2].to_list() == [False, True]


def test_empty_text_to_the_left_does_not_shift_columns(tmp_path: Path) -> None:
    """Formulas that show nothing are cells with a value to one reader and blank to another."""

    def change(xml: bytes) -> bytes:
        return xml.replace(b'<c r="C5"', b'<c r="A5" t="str"><f>""</f><v></v></c><c r="C5"')

    data = make.repacked(make.xlsx([HEAD, child(1), child(2)], top=3, left=2), "xl/worksheets/sheet1.xml", change)
    assert data != make.xlsx([HEAD, child(1), child(2)], top=3, left=2)
    (tmp_path / "a.xlsx").write_bytes(data)
    (table,) = read_tables(str(tmp_path / "a.xlsx"), ReadOptions(), make.Words())
    assert [column.letter for column in table.columns] == ["C", "D", "E", "F", "G"]
    assert names(table) == [(5, "学生二"), (6, "学生三")]


def test_thousands_of_formatted_rows_are_no_rows(tmp_path: Path) -> None:
    def change(book: object, page: object) -> None:
        bold = book.add_format({"bold": True})
        for row in range(3, 5000):
            page.write_blank(row, 0, None, bold)
            page.write_blank(row, 40, None, bold)

    table = table_of(tmp_path, [HEAD, child(1), child(2)], change=change)
    assert names(table) == [(2, "学生二"), (3, "学生三")]
    assert table.facts == ()
    assert len(table.columns) == 5


# --- headers ---


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("姓名", "姓名"),
        (" 姓　名 ", "姓名"),
        ("*姓名", "姓名"),
        ("★身份证\n件号：", "身份证件号"),
        ("身份证件号（必填，18位）", "身份证件号"),
        ("出生日期(yyyy-mm-dd)", "出生日期"),
        ("身高(cm)", "身高"),
        ("家长（监护人）姓名", "家长(监护人)姓名"),
        ("家庭成员(1)姓名", "家庭成员(1)姓名"),
        ("1、姓名", "姓名"),
        ("12.籍贯", "籍贯"),
        ("学⽣姓名", "学生姓名"),
        ("ＳＦＺＪＨ", "sfzjh"),
        ("家庭成员一/姓名", "家庭成员一/姓名"),
        ("\ufeff学籍号", "学籍号"),
        ("班级（请从下拉框选择）", "班级"),
        ("意见", "意见"),
        ("", ""),
    ],
)
def test_header_is_looked_up_without_decoration(written: str, bare: str) -> None:
    assert normalise_header(written) == bare


def test_two_row_header_joins_the_group_and_its_parts(tmp_path: Path) -> None:
    def change(book: object, page: object) -> None:
        page.merge_range(0, 0, 0, 6, "灵西小学学生花名册")
        for column in range(3):
            page.merge_range(1, column, 2, column, HEAD[column])
        page.merge_range(1, 3, 1, 4, "家庭成员一")
        page.merge_range(1, 5, 1, 6, "家庭成员二")

    rows = [
        ["灵西小学学生花名册"],
        [*HEAD[:3], "家庭成员一", None, "家庭成员二"],
        [None, None, None, "姓名", "联系电话", "姓名", "联系电话"],
        ["张小明", "男", "341323201204120018", "张三", "13812345678", "李四", "13912345678"],
    ]
    expected = [*HEAD[:3], "家庭成员一/姓名", "家庭成员一/联系电话", "家庭成员二/姓名", "家庭成员二/联系电话"]
    for table in (table_of(tmp_path, rows, change=change), table_of(tmp_path, rows, "a.csv")):
        assert [column.header for column in table.columns] == expected
        assert table.header_row == 3
        assert names(table) == [(4, "张小明")]
        assert [fact.row for fact in keyed(table, facts.TWO_ROW_HEADER)] == [3]
        assert keyed(table, facts.DUPLICATE_HEADER) == []


def find(*rows: list[str | None]) -> tuple[int, int, list[str]] | None:
    header = find_header(rows, make.Words().knows)
    return header and (header.first, header.last, list(header.names))


def test_a_group_that_only_decorates_leaves_one_header_row() -> None:
    title = ["学生基本信息", None, None]
    assert find(title, ["姓名", "性别", "民族"], ["张三", "男", "汉族"]) == (1, 1, ["姓名", "性别", "民族"])


def test_the_row_with_most_known_headers_is_the_header() -> None:
    about = ["学校名称", "灵西小学", "班级", "一(1)班", None]
    head: list[str | None] = ["姓名", "性别", "身份证件号", "民族", "备注"]
    assert find(about, head, ["张三", "男", "1", "汉族", None]) == (1, 1, head)


def test_a_child_is_no_second_header_row() -> None:
    head: list[str | None] = ["姓名", "性别", "班级"]
    assert find(head, ["张三", "男", "一(1)班"], ["李四", "女", "一(1)班"]) == (0, 0, head)


def test_a_list_of_one_column_has_a_header_too() -> None:
    assert find(["身份证件号"], ["341323201204120018"]) == (0, 0, ["身份证件号"])


def test_one_known_word_in_a_wide_row_is_no_header() -> None:
    assert find(["姓名", "甲", "乙", "丙"], ["1", "2", "3", "4"]) is None


def test_duplicate_and_empty_headers_are_told(tmp_path: Path) -> None:
    head = ["姓名", None, "姓 名", "班级", None]
    table = table_of(tmp_path, [head, ["张三", "x", "张三", "1", None], ["李四", None, "李四", "1", None]])
    (double,) = keyed(table, facts.DUPLICATE_HEADER)
    assert (double.row, double.position, double.params) == (1, 2, {"header": "姓 名", "first": "A"})
    (empty,) = keyed(table, facts.EMPTY_HEADER)
    assert (empty.position, empty.params) == (1, {"count": 1})
    assert [column.letter for column in table.columns] == ["A", "B", "C", "D"]


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_header_row_given_by_the_user_wins(name: str, tmp_path: Path) -> None:
    rows = [["甲", "乙"], ["丙", "丁"], ["戊", "己"]]
    table = table_of(tmp_path, rows, name, header_row=2)
    assert [column.header for column in table.columns] == ["丙", "丁"]
    assert names(table) == [(3, "戊")]
    far = [BLANK] * 200 + rows
    table = table_of(tmp_path, far, name, header_row=201)
    assert (table.columns[0].header, names(table)) == ("甲", [(202, "丙"), (203, "戊")])
    with pytest.raises(InputError, match="header_row_not_there"):
        table_of(tmp_path, rows, name, header_row=9)
    with pytest.raises(InputError, match="header_row_not_there"):
        table_of(tmp_path, far, name, header_row=7)


# --- what stands among and below the children ---

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


# --- sheets ---


def book_of_sheets(folder: Path) -> str:
    def change(book: object, page: object) -> None:
        other = book.add_worksheet("2班")
        for row, cells in enumerate([HEAD, child(3), child(4)]):
            other.write_row(row + 1, 0, cells)
        hidden = book.add_worksheet("旧名单")
        for row, cells in enumerate([HEAD, child(5)]):
            hidden.write_row(row, 0, cells)
        hidden.hide()
        words = book.add_worksheet("选项")
        words.write_column(0, 0, ["男", "女"])
        words.hide()
        book.add_worksheet("空")
        template = book.add_worksheet("模板")
        template.write_row(0, 0, HEAD)

    path = folder / "book.xlsx"
    path.write_bytes(make.xlsx([HEAD, child(1)], sheet="1班", change=change))
    return str(path)


def test_all_sheets_that_look_like_rosters_are_read(tmp_path: Path) -> None:
    tables = read_tables(book_of_sheets(tmp_path), ReadOptions(), make.Words())
    assert [(t.source.sheet, t.header_row, t.frame.height) for t in tables] == [
        ("1班", 1, 1),
        ("2班", 2, 2),
        ("旧名单", 1, 1),
    ]
    skipped = [fact.params for fact in keyed(tables[0], facts.SHEET_SKIPPED)]
    assert skipped == [
        {"sheet": "选项", "hidden": True, "reason": "no_header"},
        {"sheet": "模板", "hidden": False, "reason": "no_data_rows"},
    ]
    assert [fact.params for fact in keyed(tables[2], facts.HIDDEN_SHEET)] == [{"sheet": "旧名单"}]
    assert keyed(tables[1], facts.SHEET_SKIPPED) == []


@pytest.mark.parametrize(("sheet", "found"), [("2班", "2班"), (" 2班 ", "2班"), ("2", "2班"), ("3", "旧名单")])
def test_one_sheet_by_name_or_number(sheet: str, found: str, tmp_path: Path) -> None:
    (table,) = read_tables(book_of_sheets(tmp_path), ReadOptions(sheet=sheet), make.Words())
    assert table.source.sheet == found


@pytest.mark.parametrize("sheet", ["3班", "0", "7", ""])
def test_a_sheet_that_is_not_there_is_an_error_with_the_names(sheet: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="sheet_not_found") as caught:
        read_tables(book_of_sheets(tmp_path), ReadOptions(sheet=sheet), make.Words())
    assert caught.value.params["sheets"] == "1班、2班、旧名单、选项、空、模板"


def test_row_list_names_stretches() -> None:
    assert row_list([5, 7, 8, 9, 11]) == "5, 7–9, 11"
    assert row_list([]) == ""
    assert row_list(range(1, 100, 2)).endswith("37, 39 …")


@pytest.mark.parametrize(
    "rows",
    [
        [["姓名", "身份证件号", "性别"], ["甘棠", "320102201710101191", "男"], ["柳如", "320102201711101284", "女"]],
        [["姓名", "性别", "班级"], ["甘棠", "男", "1班"], ["柳如", "女", "1班"]],
        [["姓名", "出生日期", "姓名"], ["甘棠", "2017-10-10", "甘父"], ["柳如", "2017-11-10", "柳父"]],
    ],
)
def test_the_first_child_is_never_part_of_the_header(tmp_path: Path, rows: list[list[str]]) -> None:
    table = table_of(tmp_path, rows, "roster.csv")
    assert table.header_row == 1
    assert table.frame["row"].to_list() == [2, 3]


def test_a_long_number_in_a_header_is_not_shown(tmp_path: Path) -> None:
    rows = [["姓名", "性别", "320102201710101191"], ["甘棠", "男", "x"], ["柳如", "女", "y"]]
    table = table_of(tmp_path, rows, "roster.csv")
    assert "320102" not in "".join(column.header for column in table.columns)


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
