"""Every kind of file people send, under its own name and under a wrong one."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import table_files as make

from xueji_cli.tables import facts
from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.table import ROW, Table


def read(path: Path, **options: object) -> list[Table]:
    return read_tables(str(path), ReadOptions(**options), make.Words())  # type: ignore[arg-type]


def texts(table: Table) -> list[list[str | None]]:
    return [list(row) for row in table.frame.drop(ROW).rows()]


def saved(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


def openpyxl_xlsx() -> bytes:
    book = openpyxl.Workbook()
    for row in make.ROSTER:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def parquet() -> bytes:
    header, *rows = make.ROSTER
    frame = pl.DataFrame({name: [make._shown(row[i]) for row in rows] for i, name in enumerate(header)})
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


TEXT = make.csv_text(make.ROSTER)
TABBED = make.csv_text(make.ROSTER, "\t")
KINDS: dict[str, tuple[Callable[[], bytes], str, str | None]] = {
    ".xlsx": (lambda: make.xlsx(make.ROSTER), "xlsx", None),
    "openpyxl.xlsm": (openpyxl_xlsx, "xlsx", None),
    ".xlsb": (lambda: make.xlsb(make.ROSTER), "xlsb", None),
    "shared.xlsb": (lambda: make.xlsb(make.ROSTER, shared=True), "xlsb", None),
    "bare BIFF5.xls": (lambda: make.biff5(make.ROSTER)[1536:], "xls", None),
    "BIFF5.xls": (lambda: make.biff5(make.ROSTER), "xls", None),
    ".csv": (lambda: TEXT.encode(), "csv", "utf-8"),
    "unix.csv": (lambda: TEXT.replace("\r\n", "\n").encode(), "csv", "utf-8"),
    "mac.csv": (lambda: TEXT.replace("\r\n", "\r").encode(), "csv", "utf-8"),
    "no end.csv": (lambda: TEXT.rstrip().encode(), "csv", "utf-8"),
    "mark.csv": (lambda: TEXT.encode("utf-8-sig"), "csv", "utf-8-sig"),
    "gbk.csv": (lambda: TEXT.encode("gbk"), "csv", "gb18030"),
    "gb18030.csv": (lambda: TEXT.replace("张小明", "张㐀𠀀").encode("gb18030"), "csv", "gb18030"),
    "semicolon.csv": (lambda: make.csv_text(make.ROSTER, ";").encode(), "csv", "utf-8"),
    ".tsv": (lambda: TABBED.encode(), "tsv", "utf-8"),
    "utf-16-le.txt": (lambda: b"\xff\xfe" + TABBED.encode("utf-16-le"), "tsv", "utf-16"),
    "utf-16-be.txt": (lambda: b"\xfe\xff" + TABBED.encode("utf-16-be"), "tsv", "utf-16"),
    "bare utf-16.txt": (lambda: "a,b\n".encode("utf-16-le") + TABBED.encode("utf-16-le"), "tsv", "utf-16-le"),
    ".html": (lambda: make.html(make.ROSTER).encode(), "html", "utf-8"),
    ".xml": (lambda: make.xml2003(make.ROSTER).encode(), "xml2003", None),
    ".parquet": (parquet, "parquet", None),
}


@pytest.mark.parametrize("name", KINDS)
def test_reads_kind(name: str, tmp_path: Path) -> None:
    data, kind, encoding = KINDS[name]
    (table,) = read(saved(tmp_path, f"名单{name}", data()))
    assert (table.source.kind, table.source.encoding, table.source.named) == (kind, encoding, None)
    expected = make.TEXTS
    if name == "gb18030.csv":
        expected = [["张㐀𠀀", *make.TEXTS[0][1:]], *make.TEXTS[1:]]
    assert texts(table) == expected
    first = 3 if name == "bare utf-16.txt" else 2
    assert table.frame[ROW].to_list() == [first, first + 1, first + 2]
    assert table.header_row == first - 1
    assert [column.header for column in table.columns] == make.ROSTER[0]
    assert len(table.source.sha256) == 64


@pytest.mark.parametrize("name", [".xlsx", "openpyxl.xlsm", ".xlsb", "BIFF5.xls", ".xml"])
def test_knows_cells_stored_as_numbers(name: str, tmp_path: Path) -> None:
    data, _, _ = KINDS[name]
    (table,) = read(saved(tmp_path, f"名单{name}", data()))
    assert {position: mask.to_list() for position, mask in table.numeric.items()} == {
        2: [False, True, False],
        3: [False, True, False],
    }


@pytest.mark.parametrize(
    ("named", "data", "kind"),
    [
        ("名单.xls", make.html(make.ROSTER).encode(), "html"),
        ("名单.xls", make.html(make.ROSTER, charset="gb2312").encode("gbk"), "html"),
        ("名单.xls", make.html(make.ROSTER, charset="gb2312").encode("utf-8"), "html"),
        ("名单.xls", TABBED.encode("gbk"), "tsv"),
        ("名单.xls", make.xml2003(make.ROSTER).encode(), "xml2003"),
        ("名单.xls", make.xlsx(make.ROSTER), "xlsx"),
        ("名单.xlsx", make.biff5(make.ROSTER), "xls"),
        ("名单.xlsx", TEXT.encode("utf-8-sig"), "csv"),
        ("名单.csv", make.xlsx(make.ROSTER), "xlsx"),
        ("名单.csv", TABBED.encode("utf-16"), "tsv"),
    ],
)
def test_content_decides_not_the_name(named: str, data: bytes, kind: str, tmp_path: Path) -> None:
    (table,) = read(saved(tmp_path, named, data))
    assert table.source.kind == kind
    assert texts(table) == make.TEXTS
    lies = kind not in ("csv", "tsv") or not named.endswith(".csv")
    assert [fact.key for fact in table.facts] == ([facts.WRONG_NAME] if lies else [])
    assert table.source.named == (Path(named).suffix[1:] if lies else None)


OFFICE_KINDS = {"xls:MS Excel 97": "xls", "ods": "ods", "xlsx:Calc MS Excel 2007 XML": "xlsx"}


@pytest.mark.office
@pytest.mark.skipif(make.OFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("convert_to", OFFICE_KINDS)
def test_reads_what_libreoffice_writes(convert_to: str, tmp_path: Path) -> None:
    """The same sheet with everything in it, through each format: rows, hidden parts, merged cells, errors, dates."""
    import datetime as dt

    def change(book: object, page: object) -> None:
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page.merge_range(0, 1, 0, 6, "灵西小学学生花名册")
        page.merge_range(3, 5, 4, 5, "一(1)班")
        page.write_datetime(3, 6, dt.datetime(2012, 4, 12), date)
        page.write_datetime(4, 6, dt.datetime(2013, 5, 23, 8, 30), moment)
        page.write_formula(6, 6, "=NA()", None, "#N/A")
        page.set_row(4, None, None, {"hidden": True})
        page.set_column(4, 4, 10, None, {"hidden": True})

    rows = [[*row[:4], None, None] for row in make.ROSTER[1:]]
    rows[2][4] = "一(2)班"
    sheet = [["姓名", "性别", "身份证件号", "手机号码", "班级", "出生日期"], *rows[:2], [], rows[2]]
    data = make.converted(make.xlsx(sheet, top=2, left=1, change=change), ".xlsx", convert_to, tmp_path)
    kind = OFFICE_KINDS[convert_to]
    (table,) = read(saved(tmp_path, f"名单.{kind}", data))
    assert table.source.kind == kind
    assert [column.letter for column in table.columns] == ["B", "C", "D", "E", "F", "G"]
    assert table.header_row == 3
    assert table.frame[ROW].to_list() == [4, 5, 7]
    assert texts(table) == [
        [*make.TEXTS[0][:4], "一(1)班", "2012-04-12"],
        [*make.TEXTS[1][:4], "一(1)班", "2013-05-23 08:30:00"],
        [*make.TEXTS[2][:4], "一(2)班", "#N/A"],
    ]
    assert {position: mask.to_list() for position, mask in table.numeric.items()} == {
        3: [False, True, False],
        4: [False, True, False],
    }
    found = {fact.key: fact for fact in table.facts}
    assert found.keys() == {
        facts.ROWS_ABOVE_HEADER,
        facts.MERGED_FILLED,
        facts.BLANK_ROWS,
        facts.HIDDEN_ROWS,
        facts.HIDDEN_COLUMNS,
        facts.FORMULA_ERROR,
    }
    assert found[facts.MERGED_FILLED].params == {"count": 1, "example": "F4:F5"}
    assert (found[facts.HIDDEN_ROWS].row, found[facts.HIDDEN_ROWS].params["rows"]) == (5, "5")
    assert found[facts.HIDDEN_COLUMNS].params["columns"] == "E"
    error = found[facts.FORMULA_ERROR]
    assert (error.row, error.position, error.params) == (7, 6, {"error": "#N/A"})
    assert found[facts.BLANK_ROWS].params == {"count": 1, "rows": "6"}


def test_reads_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(TEXT.encode("gbk"))

    monkeypatch.setattr("sys.stdin", Stdin)
    (table,) = read_tables("-", ReadOptions(), make.Words())
    assert (table.source.path, table.source.kind, table.source.named) == ("-", "csv", None)
    assert texts(table) == make.TEXTS


def test_parquet_becomes_text(tmp_path: Path) -> None:
    import datetime as dt

    frame = pl.DataFrame(
        {
            "姓名": ["张小明", None],
            "出生日期": [dt.date(2012, 4, 12), None],
            "学籍号": [34132320, 5],
            "手机号码": [13812345678.0, 0.5],
            "备注": [dt.datetime(2012, 4, 12), dt.datetime(2012, 4, 12, 8, 30)],
        }
    )
    frame.write_parquet(tmp_path / "名单.parquet")
    (table,) = read(tmp_path / "名单.parquet")
    assert texts(table) == [
        ["张小明", "2012-04-12", "34132320", "13812345678", "2012-04-12"],
        [None, None, "5", "0.5", "2012-04-12 08:30:00"],
    ]
    assert table.header_row == 1
    assert table.frame[ROW].to_list() == [2, 3]
    assert table.frame.schema == {ROW: pl.UInt32, **dict.fromkeys(("c0", "c1", "c2", "c3", "c4"), pl.String)}
