"""Files of every kind, made from rows of cells: what the tests of `tables` read."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import xlsxwriter

from xueji_cli.tables.headers import normalise_header

Cell = str | float | None

HEADERS = [
    "序号",
    "姓名",
    "性别",
    "身份证件号",
    "学籍号",
    "出生日期",
    "民族",
    "学校名称",
    "年级",
    "班级",
    "手机号码",
    "备注",
    "现住址",
    "家庭成员一/姓名",
    "家庭成员一/联系电话",
    "家庭成员二/姓名",
    "家庭成员二/联系电话",
]


class Words:
    """A vocabulary of a few headers."""

    def __init__(self, headers: Sequence[str] = HEADERS) -> None:
        self.known = {normalise_header(header) for header in headers}

    def knows(self, header: str) -> bool:
        return normalise_header(header) in self.known


#: Three made-up children; the second one's ID number is stored as a number wherever cells have types.
ROSTER: list[list[Cell]] = [
    ["姓名", "性别", "身份证件号", "手机号码", "班级"],
    ["张小明", "男", "341323201204120018", "13812345678", "01"],
    ["李 丽", "女", 341323201305232000.0, 13987654321.0, "一(2)班"],
    ["欧阳睿翰", "男", "34132320120601003X", "138 1234 5679", "NULL"],
]
#: The same as text.
TEXTS = [
    ["张小明", "男", "341323201204120018", "13812345678", "01"],
    ["李 丽", "女", "341323201305232000", "13987654321", "一(2)班"],
    ["欧阳睿翰", "男", "34132320120601003X", "138 1234 5679", "NULL"],
]


def xlsx(
    rows: Sequence[Sequence[Cell]],
    *,
    top: int = 0,
    left: int = 0,
    change: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], object] | None = None,
    sheet: str = "学生",
) -> bytes:
    """Return an .xlsx with rows from a place on; `change` may do more to it."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = book.add_worksheet(sheet)
    for row, cells in enumerate(rows, top):
        for column, cell in enumerate(cells, left):
            if isinstance(cell, str):
                page.write_string(row, column, cell)
            elif cell is not None:
                page.write_number(row, column, cell)
    if change is not None:
        change(book, page)
    book.close()
    return buffer.getvalue()


def repacked(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a ZIP archive with one part changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, change(content) if entry.filename == part else content)
    return buffer.getvalue()


def csv_text(rows: Sequence[Sequence[Cell]], delimiter: str = ",", end: str = "\r\n") -> str:
    """Return rows as separated text without quotation marks."""
    return "".join(delimiter.join(_shown(cell) for cell in row) + end for row in rows)


def _shown(cell: Cell) -> str:
    return "" if cell is None else f"{cell:.0f}" if isinstance(cell, float) else cell


def html(rows: Sequence[Sequence[Cell]], head: str = "", charset: str = "utf-8") -> str:
    """Return rows as the HTML that web systems call .xls."""
    body = "".join("<tr>" + "".join(f"<td>{_shown(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'
    return f"<html><head>{meta}</head><body>{head}<table border=1>{body}</table></body></html>"


def xml2003(rows: Sequence[Sequence[Cell]], sheet: str = "学生", options: str = "", rest: str = "") -> str:
    """Return rows as an XML Spreadsheet 2003."""

    def cell_xml(cell: Cell) -> str:
        if cell is None:
            return "<Cell/>"
        kind = "Number" if isinstance(cell, float) else "String"
        return f'<Cell><Data ss:Type="{kind}">{_shown(cell)}</Data></Cell>'

    body = "".join(f"<Row>{''.join(map(cell_xml, row))}</Row>" for row in rows)
    return (
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel">'
        f'<Worksheet ss:Name="{sheet}"><Table>{body}{rest}</Table>{options}</Worksheet></Workbook>'
    )


# --- old Excel, byte by byte ---


def ole(name: str, stream: bytes) -> bytes:
    """Return an OLE container with one stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    count = len(stream) // 512
    chain = [*range(3, count + 2), 0xFFFFFFFE]  # sectors 2 … of the stream
    table = [0xFFFFFFFD, 0xFFFFFFFE, *chain]
    assert len(table) <= 128
    table += [0xFFFFFFFF] * (128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)

    def entry(title: str, kind: int, child: int, first: int, size: int) -> bytes:
        raw = title.encode("utf-16-le")
        named = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw) + 2 if title else 0, kind, 1)
        return named + struct.pack("<III16x4x16xII4x", 0xFFFFFFFF, 0xFFFFFFFF, child, first, size)

    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, 0xFFFFFFFF, 2, len(stream))
    directory += entry("", 0, 0xFFFFFFFF, 0, 0) * 2
    return header + struct.pack("<128I", *table) + directory + stream


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def biff5(rows: Sequence[Sequence[Cell]], sheet: str = "学生", more: bytes = b"") -> bytes:
    """Return an .xls as Excel 5 and 95 wrote it: text in the code page, here 936."""
    name = sheet.encode("gbk")
    bof = struct.pack("<HHHH", 0x0500, 5, 0x096C, 0x07C9)
    before = _record(0x0809, bof) + _record(0x0042, struct.pack("<H", 936))
    after = _record(0x000A)
    length = len(before) + 4 + 7 + len(name) + len(after)
    stream = before + _record(0x0085, struct.pack("<IHB", length, 0, len(name)) + name) + after
    stream += _record(0x0809, struct.pack("<HHHH", 0x0500, 0x10, 0x096C, 0x07C9))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                text = cell.encode("gbk")
                stream += _record(0x0204, struct.pack("<HHHH", row, column, 0, len(text)) + text)
            elif cell is not None:
                stream += _record(0x0203, struct.pack("<HHHd", row, column, 0, cell))
    return ole("Book", stream + more + _record(0x000A))


def locked_xls() -> bytes:
    """Return an .xls that asks for a password."""
    bof = _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0x0DBB, 0x07CC, 0, 6))
    return ole("Workbook", bof + _record(0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48)) + bytes(200))


def locked_xlsx() -> bytes:
    """Return the start of what Excel writes for an .xlsx with a password: an OLE container."""
    return ole("EncryptedPackage", bytes(5000))


# --- .xlsb, record by record (no free program writes it) ---


def _record12(kind: int, body: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(body)
    length = b""
    while True:
        size, low = size >> 7, size & 0x7F
        length += bytes([low | 0x80 if size else low])
        if not size:
            return head + length + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(
    rows: Sequence[Sequence[Cell]],
    *,
    top: int = 0,
    left: int = 0,
    sheet: str = "学生",
    hidden_rows: Sequence[int] = (),
    hidden_columns: Sequence[int] = (),
    merges: Sequence[tuple[int, int, int, int]] = (),
    state: int = 0,
    shared: bool = False,
) -> bytes:
    """Return an .xlsb; a cell `#N/A` is written as an error. `shared` puts text into a table of its own, as Excel does."""
    strings: list[str] = []
    data = _record12(129)
    last = top + len(rows) - 1
    data += _record12(148, struct.pack("<IIII", top, last, left, left + max(map(len, rows)) - 1))
    data += _record12(390)
    for column in hidden_columns:
        data += _record12(60, struct.pack("<IIIIH", column, column, 2048, 0, 1))
    data += _record12(391) + _record12(145)
    for row, cells in enumerate(rows, top):
        flags = 0x10 if row in hidden_rows else 0
        data += _record12(0, struct.pack("<IIHBBBI", row, 0, 300, 0, flags, 0, 0))
        for column, cell in enumerate(cells, left):
            place = struct.pack("<II", column, 0)
            if cell == "#N/A":
                data += _record12(3, place + b"\x2a")
            elif isinstance(cell, str) and shared:
                data += _record12(7, place + struct.pack("<I", len(strings)))
                strings.append(cell)
            elif isinstance(cell, str):
                data += _record12(6, place + _wide(cell))
            elif cell is not None:
                data += _record12(5, place + struct.pack("<d", cell))
    data += _record12(146) + _record12(177, struct.pack("<I", len(merges)))
    data += b"".join(_record12(176, struct.pack("<IIII", *merge)) for merge in merges)
    data += _record12(178) + _record12(130)
    book = _record12(131) + _record12(143)
    book += (
        _record12(156, struct.pack("<II", state, 1) + _wide("rId1") + _wide(sheet)) + _record12(144) + _record12(132)
    )
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
    )
    space = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr(
            "_rels/.rels",
            f'<Relationships {space}><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.bin"/>'
            "</Relationships>",
        )
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships {space}><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.bin"/>'
            f'<Relationship Id="rId2" Type="{office}/sharedStrings" Target="sharedStrings.bin"/></Relationships>',
        )
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", data)
        if shared:
            table = _record12(159, struct.pack("<II", len(strings), len(strings)))
            table += b"".join(_record12(19, b"\0" + _wide(text)) for text in strings) + _record12(160)
            archive.writestr("xl/sharedStrings.bin", table)
    return buffer.getvalue()


# --- LibreOffice ---

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def converted(data: bytes, suffix: str, convert_to: str, folder: Path) -> bytes:
    """Let LibreOffice write a file in another format."""
    source = folder / f"source{suffix}"
    source.write_bytes(data)
    target = folder / "converted"
    command = [
        str(OFFICE),
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--convert-to",
        convert_to,
        "--outdir",
        str(target),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return (target / f"source.{re.split('[:]', convert_to)[0]}").read_bytes()
