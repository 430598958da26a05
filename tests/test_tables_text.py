"""Separated text: encodings, irregular records, and the proof that the fast way loses nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import table_files as make
from hypothesis import given, settings
from hypothesis import strategies as st

from xueji_cli.errors import InputError
from xueji_cli.tables import facts, records, text
from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.table import ROW, Table

HEAD = "姓名,性别,身份证件号,班级\n"


def read(folder: Path, data: bytes | str, **options: object) -> Table:
    path = folder / "a.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (table,) = read_tables(str(path), ReadOptions(**options), make.Words())  # type: ignore[arg-type]
    return table


def rows(table: Table) -> dict[int, list[str | None]]:
    return {row[0]: list(row[1:]) for row in table.frame.rows()}


def noticed(table: Table) -> list[tuple[str, int | None, dict[str, object]]]:
    return [(fact.key, fact.row, dict(fact.params)) for fact in table.facts]


def test_nothing_is_inferred(tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + "NULL,01,1e5,\nnan,007,2012-04-12,None\n ,TRUE,3.0,-\n")
    assert rows(table) == {
        2: ["NULL", "01", "1e5", None],
        3: ["nan", "007", "2012-04-12", "None"],
        4: [" ", "TRUE", "3.0", "-"],
    }


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("blank_at_end", [0, 1, 3])
def test_blank_lines_count_as_rows(end: str, blank_at_end: int, tmp_path: Path) -> None:
    data = end.join(["", "姓名,性别,班级", "", "a,男,1", "", "", ",,", "b,女,", *[""] * blank_at_end, ""])
    table = read(tmp_path, data)
    assert table.header_row == 2
    assert rows(table) == {4: ["a", "男", "1"], 8: ["b", "女", None]}


def test_short_and_long_rows_are_told_at_their_rows(tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + "a,男,1,x\nb,男\n\nc,男,2,安徽,灵璧\nd,男,3,x,\ne,男,4,x\n")
    assert rows(table) == {
        2: ["a", "男", "1", "x"],
        3: ["b", "男", None, None],
        5: ["c", "男", "2", "安徽"],
        6: ["d", "男", "3", "x"],
        7: ["e", "男", "4", "x"],
    }
    assert noticed(table) == [
        (facts.BLANK_ROWS, 4, {"count": 1, "rows": "4"}),
        (facts.RAGGED_ROW, 3, {"expected": 4, "found": 2, "count": 1}),
        (facts.RAGGED_ROW, 5, {"expected": 4, "found": 5, "count": 1}),
    ]


def test_many_short_rows_are_told_once(tmp_path: Path) -> None:
    """Excel leaves out the separators of trailing empty cells in whole blocks of rows."""
    body = "".join(f"a{n},男\n" for n in range(30))
    table = read(tmp_path, HEAD + "x,男,1,2\n" * 40 + body)
    assert noticed(table) == [(facts.RAGGED_ROW, 42, {"expected": 4, "found": 2, "count": 30})]
    assert table.frame.height == 70


def test_a_short_row_is_seen_behind_an_empty_last_column(tmp_path: Path) -> None:
    """The last column is empty anyway, so that only the count of separators can tell."""
    table = read(tmp_path, HEAD + "a,男,1,\n" * 500 + "b,男\n" + "c,男,1,\n" * 500)
    assert noticed(table) == [(facts.RAGGED_ROW, 502, {"expected": 4, "found": 2, "count": 1})]


def test_footers_without_separators_are_no_ragged_rows(tmp_path: Path) -> None:
    table = read(tmp_path, "灵西小学花名册\n" + HEAD + "a,男,1,x\n合计：1人\n填表人：王五\n")
    assert rows(table) == {3: ["a", "男", "1", "x"]}
    assert [key for key, _, _ in noticed(table)] == [
        facts.ROWS_ABOVE_HEADER,
        facts.FOOTER_DROPPED,
        facts.FOOTER_DROPPED,
    ]


def test_columns_beyond_the_header_are_kept_when_all_rows_have_them(tmp_path: Path) -> None:
    table = read(tmp_path, "姓名,性别\n" + "a,男,x\n" * 3)
    assert rows(table)[2] == ["a", "男", "x"]
    assert [key for key, _, _ in noticed(table)] == [facts.EMPTY_HEADER]


def test_separators_at_the_end_of_every_line_make_no_column(tmp_path: Path) -> None:
    table = read(tmp_path, "姓名,性别,\n" + "a,男,\n" * 3)
    assert [column.header for column in table.columns] == ["姓名", "性别"]
    assert table.facts == ()


# --- quotation marks ---


def test_quoted_cells_in_regular_records(tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + '"张三","男","1","安徽,灵璧"\n李四,男,2,"说""好"""\n"",女,3,\n')
    assert rows(table) == {
        2: ["张三", "男", "1", "安徽,灵璧"],
        3: ["李四", "男", "2", '说"好"'],
        4: [None, "女", "3", None],
    }
    assert table.facts == ()


def test_line_breaks_inside_cells_do_not_shift_rows(tmp_path: Path) -> None:
    table = read(tmp_path, '姓名,性别,"身份证\n件号",班级\r\n张三,男,1,"一(1)班\n二楼"\r\n\r\n李四,女,2,"x"\r\n')
    assert [column.header for column in table.columns] == ["姓名", "性别", "身份证件号", "班级"]
    assert table.header_row == 1
    assert rows(table) == {2: ["张三", "男", "1", "一(1)班\n二楼"], 4: ["李四", "女", "2", "x"]}


@pytest.mark.parametrize(
    "broken",
    ['"李四,女,2,x', '李四,女,2,"x', '李四,"女,2,x'],
    ids=["first cell", "last cell", "middle cell"],
)
@pytest.mark.parametrize("after", [0, 3, 100])
@pytest.mark.parametrize("more", ["", '"王五","男","3","y"\n'])
def test_an_open_quotation_mark_swallows_nothing(broken: str, after: int, more: str, tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + "张三,男,1,x\n" + broken + "\n" + "王五,男,3,y\n" * after + more)
    found = rows(table)
    assert len(found) == 2 + after + bool(more)
    assert found[3] == ["李四", "女", "2", "x"]
    assert all(cells == ["王五", "男", "3", "y"] for row, cells in found.items() if row > 3)
    assert noticed(table) == [(facts.UNCLOSED_QUOTE, 3, {})]


def test_a_mark_inside_a_cell_is_a_character(tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + '张三,男,1,5"3\n李四,女,2,x\n')
    assert rows(table) == {2: ["张三", "男", "1", '5"3'], 3: ["李四", "女", "2", "x"]}


def test_a_huge_open_cell_does_not_stop_the_reader(tmp_path: Path) -> None:
    line = "王五,男,3," + "y" * 500 + "\n"
    table = read(tmp_path, HEAD + '"张三,男,1,x\n' + line * 2000)
    assert table.frame.height == 2001
    assert noticed(table) == [(facts.UNCLOSED_QUOTE, 2, {})]


def test_one_bad_line_leaves_the_others_in_the_fast_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Records are read one by one only from an irregular line to the next that is whole."""
    seen: list[int] = []
    read_records = records.records_of

    def counted(lines: list[str], *args: object) -> Iterator[records.Record]:
        for record in read_records(lines, *args):  # type: ignore[arg-type]
            seen.append(record.last_line)
            yield record

    monkeypatch.setattr(text, "records_of", counted)
    lines = [
        "张三,男,1,x",
        *['李四,"女",2,y'] * 1000,
        '"王五,男,3,z',
        *["赵六,女,4,w"] * 1000,
        '孙七,男,5,"a\nb"',
        "周八,女,6",
    ]
    table = read(tmp_path, HEAD + "\n".join([*lines, *["吴九,男,7,v"] * 1000]))
    assert table.frame.height == 3004
    assert noticed(table) == [
        (facts.UNCLOSED_QUOTE, 1003, {}),
        (facts.RAGGED_ROW, 2005, {"expected": 4, "found": 3, "count": 1}),
    ]
    assert rows(table)[1003] == ["王五", "男", "3", "z"]
    assert rows(table)[2004] == ["孙七", "男", "5", "a\nb"]
    assert rows(table)[2006] == ["吴九", "男", "7", "v"]
    assert len(seen) < 3 * 61 + 10  # the heads, one for each separator, and the three records


CELLS = st.text(st.sampled_from('a一", \n\t;x1'), max_size=6)


@settings(max_examples=300, deadline=None)
@given(data=st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=12), quoting=st.sampled_from([0, 1]))
def test_reads_whatever_the_csv_module_writes(data: list[list[str]], quoting: int) -> None:
    """What was written with care is read back as it was, if no cell looks like a record itself."""
    data = [[cell.replace("\n", "") if cell.count(",") > 2 else cell for cell in row] for row in data]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n", quoting=quoting).writerows([HEAD.strip().split(","), *data])
    grid = text.read_text(buffer.getvalue().encode(), None, make.Words().knows).grid
    expected = [[cell or None for cell in row] for row in data]
    found = [[cell or None for cell in row] for row in grid.frame.rows()[1:]]
    assert found == expected
    assert not grid.ragged
    assert not grid.unclosed


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(st.text(st.sampled_from("a一 1"), max_size=3), max_size=6), max_size=20),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_way_of_reading_agrees_on_plain_text(lines: list[list[str]], end: str) -> None:
    """Whatever the rows' lengths, the frame is what splitting the lines by hand gives."""
    data = HEAD.strip() + end + "".join(",".join(cells) + end for cells in lines)
    found = text.read_text(data.encode(), None, make.Words().knows).grid
    width = found.frame.width
    expected = [[cell or None for cell in (cells + [""] * width)[:width]] for cells in lines]
    assert [[cell or None for cell in row] for row in found.frame.rows()[1:]] == expected
    ragged = {
        row: max(len(cells), 1)
        for row, cells in enumerate(lines, 1)
        if any(cells) and (len(cells) < width or any(cells[width:]))
    }
    assert found.ragged == ragged


def test_large_regular_files_take_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(text, "_mended", slow)
    plain = (HEAD + "张三,男,1,\n" * 50_000).encode()
    assert text.read_text(plain, None, make.Words().knows).grid.frame.height == 50_001
    quoted = (HEAD + '"张三","男",1,"安徽,灵璧"\n' * 50_000).encode()
    grid = text.read_text(quoted, None, make.Words().knows).grid
    assert grid.frame.row(50_000) == ("张三", "男", "1", "安徽,灵璧")
    monkeypatch.setattr(text, "_lines", slow)
    assert text.read_text(plain, None, make.Words().knows).grid.frame.height == 50_001


# --- separators and encodings ---


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_separator_is_the_one_that_shows_headers(delimiter: str, tmp_path: Path) -> None:
    lines = [["花名册,2024;一年级\t"], ["姓名", "性别", "班级"], ["张三", "男", "甲、乙，丙"]]
    table = read(tmp_path, "\n".join(delimiter.join(line) for line in lines))
    assert rows(table) == {3: ["张三", "男", "甲、乙，丙"]}
    assert table.source.kind == ("tsv" if delimiter == "\t" else "csv")


def test_a_list_of_one_column(tmp_path: Path) -> None:
    table = read(tmp_path, "身份证件号\n341323201204120018\n\n341323201204120026\n")
    assert rows(table) == {2: ["341323201204120018"], 4: ["341323201204120026"]}


@pytest.mark.parametrize(
    ("name", "used"),
    [("gbk", "gb18030"), ("GB2312", "gb18030"), ("gb18030", "gb18030"), ("utf-8", "utf-8"), ("big5", "big5")],
)
def test_encoding_given_by_the_user_is_used(name: str, used: str, tmp_path: Path) -> None:
    table = read(tmp_path, "姓名,年\n王五,三\n".encode(name), encoding=name)
    assert (table.source.encoding, rows(table)) == (used, {2: ["王五", "三"]})


def test_encoding_that_does_not_fit_is_refused_with_the_line(tmp_path: Path) -> None:
    data = (HEAD + "a,男,1,x\n").encode("gbk")
    with pytest.raises(InputError, match="bad_encoding") as caught:
        read(tmp_path, data, encoding="utf-8")
    assert caught.value.params["line"] == 1
    with pytest.raises(InputError, match="unknown_encoding"):
        read(tmp_path, data, encoding="klingon")
    with pytest.raises(InputError, match="unknown_encoding"):
        read(tmp_path, data, encoding="base64")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("place", [3, 500, 100_000])
def test_damaged_utf8_is_never_read_as_another_encoding(place: int, mark: bytes, tmp_path: Path) -> None:
    """Read as GB18030, or with characters lost, damaged UTF-8 would give wrong names."""
    line = "张三丰,男,341323201204120018,一班\n".encode()
    data = mark + HEAD.encode() + line * place + line[:2] + b"," + line[9:] + line * 10
    with pytest.raises(InputError, match="bad_encoding") as caught:
        read(tmp_path, data)
    assert caught.value.params["line"] == place + 2


def test_ascii_start_of_a_gbk_file(tmp_path: Path) -> None:
    head = "xm,xb,sfzjh\n"
    table = read(tmp_path, (head + "a,M,1\n" * 20_000 + "张三,男,2\n").encode("gbk"), header_row=1)
    assert table.source.encoding == "gb18030"
    assert rows(table)[20_002] == ["张三", "男", "2"]


def test_frame_has_text_and_row_numbers_only(tmp_path: Path) -> None:
    table = read(tmp_path, HEAD + "a,男,1,x\n")
    assert dict(table.frame.schema) == {ROW: pl.UInt32(), **dict.fromkeys(("c0", "c1", "c2", "c3"), pl.String())}
    assert table.numeric == {}
