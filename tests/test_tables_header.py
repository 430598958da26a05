"""Which row is the header, and what its cells say."""

from __future__ import annotations

from pathlib import Path

import pytest
import table_files as make

from tests.roster_tables import BLANK, HEAD, keyed, names, table_of
from xueji_cli.errors import InputError
from xueji_cli.tables import facts
from xueji_cli.tables.header import find_header
from xueji_cli.tables.headers import normalise_header


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
