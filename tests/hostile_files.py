"""Files made to take all time or memory, to read or write elsewhere, or to stop the program; small where that is their trick."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import polars as pl
import table_files as make

HEAD = ["姓名", "性别", "身份证件号"]
CHILD = ["张三", "男", "341323201204120018"]
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
XLSX = make.xlsx([HEAD, CHILD])
MB = 1024**2


def part(name: str, data: bytes = XLSX) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def with_part(name: str, content: str | bytes, data: bytes = XLSX) -> bytes:
    """Return a workbook with a part put in the place of the one it has, or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, content)
    return buffer.getvalue()


def bomb(
    name: str, mark: bytes, block: bytes, megabytes: int, *, claimed: int | None = None, data: bytes = XLSX
) -> bytes:
    """Return a workbook in which a part goes on for many megabytes before a mark, packed a thousand to one.

    Args:
        name: The part.
        mark: What it goes on before.
        block: What is repeated.
        megabytes: How much of it.
        claimed: Size that the archive claims for the part; None for the true one.
        data: The workbook.
    """
    head, _, tail = part(name, data).partition(mark)
    block *= MB // len(block)
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = pack.compress(head) + pack.flush(zlib.Z_FULL_FLUSH)
    repeated = pack.compress(block) + pack.flush(zlib.Z_FULL_FLUSH)
    last = pack.compress(mark + tail) + pack.flush()
    check = zlib.crc32(head)
    for _ in range(megabytes):
        check = zlib.crc32(block, check)
    size = len(head) + len(block) * megabytes + len(mark + tail)
    parts = [(name, first + repeated * megabytes + last, claimed or size, zlib.crc32(mark + tail, check))]
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        for entry in old.infolist():
            if entry.filename != name:
                pack = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
                content = old.read(entry)
                parts.append((entry.filename, pack.compress(content) + pack.flush(), len(content), zlib.crc32(content)))
    whole, directory = io.BytesIO(), b""
    for title, packed, length, crc in parts:
        common = struct.pack("<5H3I2H", 20, 0, 8, 0, 33, crc, len(packed), length, len(title), 0)
        place = whole.tell()
        whole.write(b"PK\x03\x04" + common + title.encode() + packed)
        directory += (
            b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2I", 0, 0, 0, 0, place) + title.encode()
        )
    place = whole.tell()
    whole.write(
        directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(parts), len(parts), len(directory), place, 0)
    )
    return whole.getvalue()


def nested_bomb() -> bytes:
    content = bytes(MB)
    for depth in range(6):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for copy in range(8):
                archive.writestr(f"{depth}-{copy}.xlsx", content)
        content = buffer.getvalue()
    return content


def many_members(data: bytes = XLSX) -> bytes:
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        for number in range(20_000):
            archive.writestr(f"xl/media/{number}.png", b"")
    return buffer.getvalue()


def sheet(rows: str, before: str = "", after: str = "") -> bytes:
    return with_part(
        SHEET, f'<?xml version="1.0"?><worksheet {MAIN}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    )


def cells(row: int, *texts: str) -> str:
    made = "".join(
        f'<c r="{chr(65 + i)}{row}" t="inlineStr"><is><t>{text}</t></is></c>' for i, text in enumerate(texts)
    )
    return f'<row r="{row}">{made}</row>'


def styled_rows() -> bytes:
    """Return what a column formatted to its end leaves behind: a million rows without a value."""
    blank = "".join(
        f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>' for n in range(3, 1_000_001)
    )
    return sheet(cells(1, *HEAD) + cells(2, *CHILD) + blank)


def many_columns() -> bytes:
    def letters(position: int) -> str:
        text = ""
        position += 1
        while position:
            position, rest = divmod(position - 1, 26)
            text = chr(65 + rest) + text
        return text

    def row(number: int, texts: list[str]) -> str:
        made = (f'<c r="{letters(i)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for i, text in enumerate(texts))
        return f'<row r="{number}">{"".join(made)}</row>'

    wide = [*HEAD, *(f"列{n}" for n in range(16_381))]
    return sheet(row(1, wide) + "".join(row(n, [*CHILD, *["x"] * 16_381]) for n in range(2, 5)))


def many_columns_csv() -> bytes:
    rows = ((HEAD, "列"), (CHILD, "x"))
    return "\n".join(",".join([*cells, *(f"{x}{n}" for n in range(16_381))]) for cells, x in rows).encode()


LAUGHS = '<!DOCTYPE x [<!ENTITY l0 "哈哈哈哈哈哈哈哈哈哈">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11)
) + "]>"  # fmt: skip
QUADRATIC = f'<!DOCTYPE x [<!ENTITY q "{"哈" * 50_000}">]>'


def outside(folder: str) -> str:
    return f'<!DOCTYPE x [<!ENTITY f SYSTEM "file://{folder}/secret.txt"><!ENTITY h SYSTEM "http://192.0.2.1/x">]>'


def entity_strings(doctype: str, entity: str) -> bytes:
    texts = "".join(f"<si><t>{text}</t></si>" for text in (*HEAD, entity, *CHILD[1:]))
    return with_part(STRINGS, f'<?xml version="1.0"?>{doctype}<sst {MAIN}>{texts}</sst>')


def entity_workbook(doctype: str, entity: str) -> bytes:
    book = (
        part("xl/workbook.xml").decode().replace("?>", f"?>{doctype}", 1).replace('name="学生"', f'name="学生{entity}"')
    )
    return with_part("xl/workbook.xml", book)


def ods(rows: str, doctype: str = "") -> bytes:
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?>{doctype}<office:document-content {spaces}><office:body><office:spreadsheet>'
            f'<table:table table:name="a">{rows}</table:table></office:spreadsheet></office:body></office:document-content>',
        )
    return buffer.getvalue()


def ods_row(*texts: str) -> str:
    made = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>' for t in texts
    )
    return f"<table:table-row>{made}</table:table-row>"


def path_tricks() -> bytes:
    """Return a workbook whose relations and parts point out of it."""
    rels = part("xl/_rels/workbook.xml.rels").decode()
    data = with_part("xl/_rels/workbook.xml.rels", rels.replace("worksheets/sheet1.xml", "../../../../escaped.xml"))
    for name in ("../../escaped.txt", "/tmp/escaped-xueji.txt", "..\\..\\escaped2.txt", "C:\\escaped3.txt"):
        data = with_part(name, "x", data)
    return data


def xml2003(rows: str, before: str = "") -> bytes:
    whole = make.xml2003([HEAD, CHILD], rest=rows)
    return whole.replace("<Table>", f"<Table>{before}").encode()


def hidden_places() -> bytes:
    """Return a sheet that says three thousand times that all of it is hidden."""
    rows = '<Row ss:Index="1" ss:Span="1048575" ss:Hidden="1"/>' * 3000
    return xml2003(rows, '<Column ss:Index="1" ss:Span="16383" ss:Hidden="1"/>' * 3000)


def spans() -> bytes:
    cell = '<tr><td rowspan="99999" colspan="16000">x</td></tr>' + "<tr></tr>" * 20_000
    return make.html([HEAD]).replace("</table>", f"{cell}</table>").encode()


def parquet_bomb() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"姓名": pl.repeat("张三", 90_000_000, eager=True)}).write_parquet(
        buffer, compression="zstd", row_group_size=90_000_000
    )
    return buffer.getvalue()


def xls_far() -> bytes:
    """Return an old workbook with a cell at the end of its sheet."""
    return make.biff5([HEAD, CHILD], more=struct.pack("<HHHHHH", 0x0204, 9, 16_383, 255, 0, 1) + b"x")


CSV = "姓名,性别,身份证件号\n张三,男,341323201204120018\n".encode()
UTF16 = CSV.decode().encode("utf-16-le")

#: Name → what it is. They can't be read: one sentence, and the good file beside them is checked.
REFUSED: dict[str, Callable[[str], bytes]] = {
    "nested.xlsx": lambda _: nested_bomb(),
    "huge strings.xlsx": lambda _: bomb(STRINGS, b"</sst>", b"<si><t>x</t></si>", 600),
    "huge sheet.xlsx": lambda _: bomb(SHEET, b"</sheetData>", b'<row r="9"><c r="A9"><v>1</v></c></row>', 600),
    "lying strings.xlsx": lambda _: bomb(STRINGS, b"</sst>", b"<si><t>x</t></si>", 600, claimed=900),
    "lying sheet.xlsx": lambda _: bomb(SHEET, b"</sheetData>", b'<row r="9"><c r="A9"><v>1</v></c></row>', 600, claimed=900),
    "lying large sheet.xlsx": lambda _: bomb(SHEET, b"</sheetData>", b'<row r="9"><c r="A9"><v>1</v></c></row>', 1200, claimed=100 * MB),
    "lying styles.xlsx": lambda _: bomb("xl/styles.xml", b"</styleSheet>", b"<font><b/></font>", 600, claimed=50 * MB),
    "lying.ods": lambda _: bomb("content.xml", b"</table:table>", ods_row("x").encode(), 600, claimed=900, data=ods(ods_row(*HEAD))),
    "laughs.ods": lambda _: ods(ods_row(*HEAD) + ods_row("&l10;", "男", "1"), LAUGHS),
    "laughs.xml": lambda _: (make.xml2003([HEAD, ["&l10;", "男"]]).replace("?>", f"?>{LAUGHS}", 1)).encode(),
    "merged.xml": lambda _: xml2003('<Row><Cell ss:MergeAcross="16000" ss:MergeDown="99999"><Data ss:Type="String">x</Data></Cell></Row>'),
    "far.xml": lambda _: xml2003('<Row ss:Index="99000"><Cell ss:Index="800"><Data ss:Type="String">x</Data></Cell></Row>'),
    "spans.html": lambda _: spans(),
    "values.parquet": lambda _: parquet_bomb(),
    "line.csv": lambda _: "姓名,性别,".encode() + b"a," * 100_000_000,
    "line below.csv": lambda _: CSV + b"x" * (200 * MB),
    "quoted line.csv": lambda _: CSV + b'"' + b"x" * (200 * MB),
    "NULs.csv": lambda _: CSV + bytes(4096),
    "mixed.csv": lambda _: CSV * 50 + "李四,女,341323201204120026\n".encode("gbk"),
    "surrogates.csv": lambda _: b"\xff\xfe" + UTF16 + b"\x00\xd8\x2c\x00\n\x00",
    "zeros.bin": lambda _: bytes(50 * MB),
    "escape.xlsx": lambda _: path_tricks(),
}  # fmt: skip

#: They are odd, large or malicious, and can be read all the same, without what they are after.
READ: dict[str, Callable[[str], bytes]] = {
    "many members.xlsx": lambda _: many_members(),
    "styled rows.xlsx": lambda _: styled_rows(),
    "columns.xlsx": lambda _: many_columns(),
    "merges.xlsx": lambda _: sheet(
        cells(1, *HEAD) + cells(2, *CHILD), after="<mergeCells>" + '<mergeCell ref="A2:C1048576"/>' * 50_000 + "</mergeCells>"
    ),
    "hidden.xml": lambda _: hidden_places(),
    "spaces.html": lambda _: make.html([HEAD, ["张三" + "<b> </b>" * 100_000, "男", CHILD[2]]]).encode(),
    "paragraphs.html": lambda _: make.html([HEAD, ["张三" + "<p>x</p>" * 100_000, "男", CHILD[2]]]).encode(),
    "outside.html": lambda folder: (outside(folder) + make.html([HEAD, ["张&f;三&h;", "男", CHILD[2]]])).encode(),
    "columns.csv": lambda _: many_columns_csv(),
    "mark inside.csv": lambda _: CSV + b"\xef\xbb\xbf" + CSV.split(b"\n")[1] + b"\n",
    "far.xls": lambda _: xls_far(),
}  # fmt: skip

#: Either is right; what counts is that nothing is expanded, fetched or shown.
EITHER: dict[str, Callable[[str], bytes]] = {
    "laughs.xlsx": lambda _: entity_strings(LAUGHS, "&l10;"),
    "quadratic.xlsx": lambda _: entity_strings(QUADRATIC, "&q;" * 50_000),
    "laughs workbook.xlsx": lambda _: entity_workbook(LAUGHS, "&l10;"),
    "outside.xlsx": lambda folder: entity_strings(outside(folder), "&f;&h;"),
    "outside workbook.xlsx": lambda folder: entity_workbook(outside(folder), "&f;"),
    "outside.ods": lambda folder: ods(ods_row(*HEAD) + ods_row("&f;&h;", "男", CHILD[2]), outside(folder)),
    "outside.xml": lambda folder: make.xml2003([HEAD, ["&f;&h;", "男"]]).replace("?>", f"?>{outside(folder)}", 1).encode(),
    "laughs.html": lambda _: (LAUGHS + make.html([HEAD, ["&l10;", "男", CHILD[2]]])).encode(),
    "quadratic.xml": lambda _: make.xml2003([HEAD, ["&q;" * 50_000, "男"]]).replace("?>", f"?>{QUADRATIC}", 1).encode(),
}  # fmt: skip
