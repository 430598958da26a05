"""What can't be read: one clear error each, and never anything else, whatever the bytes."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest
import table_files as make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xueji_cli.errors import InputError
from xueji_cli.messages.catalogue import LANGUAGES, load, text
from xueji_cli.tables import biff
from xueji_cli.tables.blob import Blob
from xueji_cli.tables.extent import extent, letters_of
from xueji_cli.tables.options import MAX_CELLS
from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.table import ROW, Table

HEAD = ["姓名", "性别", "身份证件号"]
CHILD = ["张三", "男", "341323201204120018"]


def read(folder: Path, name: str, data: bytes, **options: object) -> list[Table]:
    path = folder / name
    path.write_bytes(data)
    return read_tables(str(path), ReadOptions(**options), make.Words())  # type: ignore[arg-type]


def zipped(**parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return buffer.getvalue()


def picture_xlsx() -> bytes:
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
        "05fe02fea70000000049454e44ae426082"
    )

    def change(book: object, page: object) -> None:
        page.insert_image("B2", "scan.png", {"image_data": io.BytesIO(png)})

    return make.xlsx([], change=change)


def bomb() -> bytes:
    """Return an .xlsx whose sheet says that it unpacks to three gigabytes."""
    data = bytearray(make.xlsx([HEAD, CHILD]))
    place = data.rfind(b"xl/worksheets/sheet1.xml") - 46
    assert data[place : place + 4] == b"PK\x01\x02"
    data[place + 24 : place + 28] = struct.pack("<I", 3 * 1024**3)
    return bytes(data)


def far_cell(dimension: bytes = b"A1:C2") -> bytes:
    def change(xml: bytes) -> bytes:
        last = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
        return re.sub(rb'ref="[^"]*"', b'ref="%s"' % dimension, xml, count=1).replace(b"</sheetData>", last)

    return make.repacked(make.xlsx([HEAD, CHILD]), "xl/worksheets/sheet1.xml", change)


def ods(rows: str, manifest: str = "") -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = f"<office:body><office:spreadsheet>{rows}</office:spreadsheet></office:body>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr(
            "META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{space}">{manifest}</manifest:manifest>'
        )
        archive.writestr(
            "content.xml", f"<?xml version='1.0'?><office:document-content {spaces}>{body}</office:document-content>"
        )
    return buffer.getvalue()


def ods_bomb() -> bytes:
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell>'
    return ods(
        f'<table:table table:name="a"><table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row></table:table>'
    )


XLSX = make.xlsx([HEAD, CHILD])
BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "哈"><!ENTITY l1 "&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(2, 12))
    + "]>"
)

UNREADABLE: dict[str, tuple[str, Callable[[], bytes], dict[str, object]]] = {
    "empty.csv": ("empty_file", lambda: b"", {}),
    "blank.csv": ("empty_file", lambda: b"\xef\xbb\xbf\r\n \r\n", {}),
    "large blank.csv": ("empty_file", lambda: b"\xef\xbb\xbf" + b"\r\n" * 5_000, {}),
    "locked.xlsx": ("password_protected", make.locked_xlsx, {}),
    "locked.xls": ("password_protected", make.locked_xls, {}),
    "locked.ods": ("password_protected", lambda: ods("", "<manifest:encryption-data/>"), {}),
    "cut.xlsx": ("corrupt", lambda: XLSX[: len(XLSX) // 2], {}),
    "cut.xls": ("corrupt", lambda: make.biff5([HEAD, CHILD])[:900], {}),
    "cut.parquet": ("corrupt", lambda: b"PAR1" + bytes(100), {}),
    "cut.xml": ("corrupt", lambda: make.xml2003([HEAD, CHILD]).encode()[:600], {}),
    "broken.ods": (
        "corrupt",
        lambda: make.repacked(VALID["ods"], "content.xml", lambda xml: xml.replace(b"</table:table>", b"<tabl:table>")),
        {},
    ),
    "scan.pdf": ("not_a_table", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", {"kind": "PDF"}),
    "scan.xlsx": ("not_a_table", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", {"kind": "PDF"}),
    "photo.jpg": ("not_a_table", lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(99), {"kind": "JPEG"}),
    "word.docx": ("not_a_table", lambda: zipped(word__document_dot_xml="<a/>"), {"kind": "Word"}),
    "word.doc": ("not_a_table", lambda: make.ole("WordDocument", bytes(99)), {"kind": "Word"}),
    "a.zip": ("not_a_table", lambda: zipped(名单_dot_csv="a"), {"kind": "ZIP"}),
    "a.json": ("not_a_table", lambda: b'[{"name": "x"}]', {"kind": "JSON"}),
    "a.bin": ("not_a_table", lambda: bytes(range(256)) * 20, {"kind": "?"}),
    "bomb.xlsx": ("too_large", bomb, {}),
    "far.xlsx": ("sheet_too_large", far_cell, {}),
    "bomb.ods": ("sheet_too_large", ods_bomb, {}),
    "picture.xlsx": ("picture_only", picture_xlsx, {}),
    "no cells.xlsx": ("no_cells", lambda: make.xlsx([]), {}),
    "no rows.xlsx": ("no_data_rows", lambda: make.xlsx([["花名册"], HEAD]), {"row": 2}),
    "no rows.csv": ("no_data_rows", lambda: "姓名,性别\n".encode(), {"row": 1}),
    "totals only.csv": ("no_data_rows", lambda: "姓名,性别\n合计,0\n".encode(), {"row": 1}),
    "login.xls": ("no_table_in_html", lambda: "<html><body><p>请登录</p></body></html>".encode(), {}),
    "unknown.csv": ("no_header", lambda: "甲,乙,丙\n1,2,3\n".encode(), {"headers": ["甲", "乙", "丙"]}),
    "laughs.xls": (
        "corrupt",
        lambda: (BILLION_LAUGHS + make.xml2003([HEAD, ["&l11;"]]).split("?>", 1)[1]).encode(),
        {},
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_one_error_for_each_reason(name: str, tmp_path: Path) -> None:
    key, data, params = UNREADABLE[name]
    with pytest.raises(InputError) as caught:
        read(tmp_path, name, data())
    assert caught.value.key == key
    assert caught.value.params == caught.value.params | params | {"file": str(tmp_path / name)}
    for language in LANGUAGES:
        sentence = text(language, f"errors.{key}", **caught.value.params)
        assert name in sentence
        assert "{" not in sentence


def test_files_that_can_not_be_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="file_not_found"):
        read_tables(str(tmp_path / "none.csv"), ReadOptions(), make.Words())
    with pytest.raises(InputError, match="is_directory"):
        read_tables(str(tmp_path), ReadOptions(), make.Words())
    with pytest.raises(InputError, match="unreadable"):
        read_tables("a\0b.csv", ReadOptions(), make.Words())


def test_size_limit_holds_for_every_kind(tmp_path: Path) -> None:
    for name, data in (("a.csv", "姓名,性别\n张三,男\n".encode() * 100), ("a.xlsx", XLSX)):
        with pytest.raises(InputError, match="too_large"):
            read(tmp_path, name, data, max_bytes=1000)


FAR = {
    "two letters": '<row r="1048576"><c r="ZZ1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    "in a near row": '<row r="3"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    "in no row that is told": '<row><c r="AAA900000" t="inlineStr"><is><t>x</t></is></c></row>',
    "small letters": '<row r="3"><c r="xfd1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    "other quotes": "<row r='1048576'><c r='XFD1048576' t='inlineStr'><is><t>x</t></is></c></row>",
    "wide equal signs": '<row r = "1048576"><c r\n=\n"XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    "reference last": '<row spans="1:2" r="1048576"><c t="inlineStr" r="XFD1048576"><is><t>x</t></is></c></row>',
    "a sign in an attribute": '<row r="3"><c a=">" r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    "an attribute of no meaning": '<row r="1048576">' + '<c z="1"><v>1</v></c>' * 200 + "</row>",
    "without references": f'<row r="1048576">{"<c><v>1</v></c>" * 200}</row>',
}


@pytest.mark.parametrize("name", FAR)
@pytest.mark.parametrize("dimension", [b"A1:C2", b"A1:XFD1048576", b"none"])
def test_a_value_far_away_is_seen_before_room_is_made_for_it(name: str, dimension: bytes, tmp_path: Path) -> None:
    def change(xml: bytes) -> bytes:
        told = re.sub(rb'ref="[^"]*"', b'ref="%s"' % dimension, xml, count=1)
        return told.replace(b"</sheetData>", FAR[name].encode() + b"</sheetData>")

    with pytest.raises(InputError, match="sheet_too_large"):
        read(tmp_path, "a.xlsx", make.repacked(XLSX, "xl/worksheets/sheet1.xml", change))


def test_a_prefix_hides_nothing(tmp_path: Path) -> None:
    def change(xml: bytes) -> bytes:
        told = re.sub(rb"<(/?)(worksheet|sheetData|row|c|v|is|t)\b", rb"<\1x:\2", xml).replace(b"xmlns=", b"xmlns:x=")
        return told.replace(
            b"</x:sheetData>", b'<x:row r="9"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row></x:sheetData>'
        )

    with pytest.raises(InputError, match="sheet_too_large"):
        read(tmp_path, "a.xlsx", make.repacked(XLSX, "xl/worksheets/sheet1.xml", change))


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(1, 800)), min_size=1, max_size=8),
    st.one_of(st.none(), st.tuples(st.integers(1, 300), st.integers(1, 800))),
)
def test_cells_span_what_they_span(cells: list[tuple[int, int]], said: tuple[int, int] | None) -> None:
    """Whatever the sheet says of itself: never less than there is, and no more than it says."""
    told = "".join(f'<row r="{r}"><c r="{letters_of(c)}{r}"><v>1</v></c></row>' for r, c in sorted(cells))
    head = f'<dimension ref="A1:{letters_of(said[1])}{said[0]}"/>' if said else ""
    data = zipped(sheet=f"<worksheet>{head}<sheetData>{told}</sheetData></worksheet>")
    found = extent(data, "sheet", 10**6)
    rows, places = max(r for r, _ in cells), [c for _, c in cells]
    exact = (rows, max(places) - min(places) + 1)
    covers = said is not None and said[0] >= rows and said[1] >= max(places)
    assert found == (said if covers else exact)


def test_far_formatting_is_no_value(tmp_path: Path) -> None:
    def change(xml: bytes) -> bytes:
        return xml.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>')

    (table,) = read(tmp_path, "a.xlsx", make.repacked(XLSX, "xl/worksheets/sheet1.xml", change))
    assert table.frame[ROW].to_list() == [2]


def test_a_child_is_not_shown_where_a_header_was_looked_for(tmp_path: Path) -> None:
    data = "张三,男,341323201204120018\n李四,女,341323201204120026\n".encode()
    with pytest.raises(InputError, match="no_header") as caught:
        read(tmp_path, "a.csv", data)
    assert caught.value.params["seen"] == ""


def test_entities_and_outside_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("秘密", encoding="utf-8")
    doctype = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'
    body = make.xml2003([HEAD, ["&x;", "男"]]).split("?>", 2)[2]
    (table,) = read(tmp_path, "a.xls", f'<?xml version="1.0"?>{doctype}{body}'.encode())
    assert "秘密" not in str(table.frame.rows())


def test_every_error_of_reading_has_its_sentences() -> None:
    root = Path(__file__).parents[1] / "xueji_cli" / "tables"
    source = "".join(path.read_text(encoding="utf-8") for path in root.glob("*.py"))
    keys = set(re.findall(r'(?:InputError|UserError)\(\s*"(\w+)"', source))
    keys |= set(re.findall(r'key = "(\w+)" if .* else "(\w+)"', source).pop())
    assert len(keys) > 20
    for language in LANGUAGES:
        assert keys <= load(language, "errors").keys()


# --- whatever the bytes ---

SUFFIXES = (".xlsx", ".xls", ".xlsb", ".ods", ".csv", ".txt", ".html", ".xml", ".parquet", "")
STARTS = (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1", b"\xff\xfe", b"\xef\xbb\xbf", b"<html><table>",
          b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', b"\x09\x08\x10\x00",
          "姓名,性别\n".encode(), "姓名\t性别\n".encode("gbk"))  # fmt: skip


def tables_or_error(path: Path) -> None:
    try:
        tables = read_tables(str(path), ReadOptions(), make.Words())
    except InputError as error:
        text("zh", f"errors.{error.key}", **error.params)
        return
    assert tables
    for table in tables:
        assert table.frame.height
        rows = table.frame[ROW].to_list()
        assert rows == sorted(set(rows))
        assert rows[0] > table.header_row
        assert all(len(mask) == table.frame.height for mask in table.numeric.values())
        assert table.frame.columns == [ROW, *(column.key for column in table.columns)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytes")


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=2000), st.sampled_from(SUFFIXES))
def test_arbitrary_bytes_are_tables_or_one_error(folder: Path, start: bytes, rest: bytes, suffix: str) -> None:
    path = folder / f"a{suffix}"
    path.write_bytes(start + rest)
    tables_or_error(path)


VALID = {
    "xlsx": XLSX,
    "xlsb": make.xlsb([HEAD, CHILD], merges=[(0, 0, 1, 1)], hidden_rows=[1]),
    "biff5": make.biff5([HEAD, CHILD]),
    "html": make.html([HEAD, CHILD]).encode(),
    "xml2003": make.xml2003([HEAD, CHILD]).encode(),
    "csv": ("姓名,性别,身份证件号\n" + '"张三",男,1\n' * 5).encode(),
    "gbk": ("姓名,性别,身份证件号\n" + '"张三",男,1\n' * 5).encode("gbk"),
    "utf-16": ("姓名\t性别\t身份证件号\n" + "张三\t男\t1\n" * 5).encode("utf-16"),
    "ods": ods(
        '<table:table table:name="a">'
        + "".join(
            "<table:table-row>"
            + "".join(
                f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row
            )
            + "</table:table-row>"
            for row in (HEAD, CHILD)
        )
        + "</table:table>"
    ),
}


@pytest.mark.parametrize("kind", VALID)
def test_the_files_to_be_damaged_are_readable(kind: str, tmp_path: Path) -> None:
    assert read(tmp_path, "a", VALID[kind])[0].frame.height


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("kind", VALID)
@given(data=st.data())
def test_damaged_files_are_tables_or_one_error(folder: Path, kind: str, data: st.DataObject) -> None:
    content = bytearray(VALID[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path = folder / f"damaged-{kind}"
    path.write_bytes(bytes(content[:cut]))
    tables_or_error(path)


XML_PARTS = {
    "xlsx": (XLSX, "xl/worksheets/sheet1.xml"),
    "workbook": (XLSX, "xl/workbook.xml"),
    "strings": (XLSX, "xl/sharedStrings.xml"),
    "xlsb": (VALID["xlsb"], "xl/worksheets/sheet1.bin"),
    "ods": (VALID["ods"], "content.xml"),
}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("kind", XML_PARTS)
@given(data=st.data())
def test_damage_inside_the_archive_is_tables_or_one_error(folder: Path, kind: str, data: st.DataObject) -> None:
    whole, part = XML_PARTS[kind]

    def change(content: bytes) -> bytes:
        damaged = bytearray(content)
        for _ in range(data.draw(st.integers(1, 6))):
            place = data.draw(st.integers(0, len(damaged) - 1))
            damaged[place] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(list(b'<>"/0159A'))))
        return bytes(damaged)

    path = folder / f"inside-{kind}"
    path.write_bytes(make.repacked(whole, part, change))
    tables_or_error(path)


def test_limits_are_stated() -> None:
    assert MAX_CELLS >= 1_048_576 * 71
    assert Blob("-", b"", Future()).suffix == ""


def _record(kind: int, *numbers: int) -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([4 * len(numbers)]) + struct.pack(f"<{len(numbers)}I", *numbers)


@pytest.mark.parametrize(
    "records",
    [
        [(0, 1_048_575, 0, 0), (2, 0, 0), (0, 0, 0, 0), (2, 16_383, 0)],
        [(0, 0, 0, 0), (2, 16_383, 0), (176, 0, 1, 0, 1), (0, 1_048_575, 0, 0), (2, 0, 0)],
    ],
    ids=["the last row first", "merged cells between"],
)
def test_cells_of_an_xlsb_span_all_rows_and_columns_that_were_met(records: list[tuple[int, ...]]) -> None:
    part = b"".join(_record(*each) for each in records)
    with pytest.raises(biff.ImpossiblePlace):
        biff.xlsb_extras(part, 5_000_000)
