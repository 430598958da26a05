"""Row numbers, headers and ends: what Excel shows is what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest
import table_files as make

from tests.roster_tables import BLANK, HEAD, child, keyed, names, table_of
from xueji_cli.errors import InputError
from xueji_cli.tables import facts
from xueji_cli.tables.facts import row_list
from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.table import ROW


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
