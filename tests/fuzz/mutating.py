"""Mutations that reach behind a file's wrapping: the parts of a ZIP archive, elements and attributes, records and cells.

Flipping bytes of a workbook breaks its checksums and nothing else. So an archive is taken apart, one of its parts is changed as
what it is (XML, or records), and the archive is put together again with sums and sizes that fit, or, now and then, that lie.
"""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

#: What numbers in files get wrong.
NUMBERS = (
    "0", "-1", "1", "2", "255", "256", "16384", "16385", "65535", "65536", "1048576", "1048577", "2147483647", "2147483648",
    "4294967295", "4294967296", "9223372036854775807", "99999999999999999999", "1e309", "-1e309", "NaN", "1e-400", "0x10", "١٢",
    "２", "1.5", "", " ", "A0", "A1", "XFD1048576", "XFE1", "A1048577", "ZZZZZZ1", "A99999999999", "$A$1", "A1:B2", "B2:A1", "A1:",
)  # fmt: skip
#: Words that readers of these formats act on.
WORDS = (
    't="s"', 't="e"', 't="b"', 't="str"', 't="inlineStr"', 't="d"', 't="n"', 'r="A1"', 'r="XFD1"', 's="9999"', 'hidden="1"',
    'spans="1:16384"', 'ht="1"', "<v>1</v>", "<v></v>", "<v>9999999</v>", "<f>A1</f>", '<f t="shared" si="0"/>', "<is><t>x</t></is>",
    "<c/>", "<row/>", '<row r="1"/>', "</row>", "</sheetData>", "<sheetData/>", "<sheetData>", '<mergeCell ref="A1:B2"/>',
    "</mergeCells>", '<dimension ref="A1:XFD1048576"/>', '<col min="1" max="16384" hidden="1"/>', '<sheet name="" r:id="rId1"/>',
    "<si/>", "<si><t/></si>", "<r><t>x</t></r>", "<rPh><t>x</t></rPh>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&#0;", "&#xD800;",
    "&#x10FFFF;", "&x;", "<!DOCTYPE x [<!ENTITY x 'y'>]>", "<?xml version='1.0' encoding='utf-16'?>", 'xml:space="preserve"',
    'table:number-columns-repeated="16384"', 'table:number-rows-repeated="1048576"', 'table:number-rows-spanned="3"',
    'office:value-type="float"', 'office:value-type="date"', 'office:date-value="2020-13-45"', 'office:value="1e400"',
    'office:boolean-value="x"', 'office:time-value="PT99999999H"', "<text:s text:c='99999'/>", "<text:tab/>", "<text:line-break/>",
    "<table:table>", "</table:table>", 'ss:Index="5"', 'ss:MergeAcross="3"', 'ss:MergeDown="70000"', 'ss:Span="9"', 'ss:Type="Number"',
    'ss:Type="DateTime"', 'ss:Type="Boolean"', 'ss:Type="Error"', "<td>", "</td>", "<tr>", "</tr>", "<table>", "</table>", "<th>",
    "<br>", 'rowspan="0"', 'rowspan="70000"', 'colspan="20000"', "x:num", 'x:num="1E400"', "<col span=99999>", "<p>", "<div hidden>",
    'style="display:none"', "charset=utf-7", "charset=utf-16", "charset=big5", '"', '""', "'", ",", "\t", ";", "\n", "\r", "\r\n", "\0",
    "\ufeff", "\ufffe", "\u2028", "\u202e", "\x1a", "\x0c", "\x85", "𠮷", "é", "﷽", "=1+1", "@x", "姓名", "性别", "身份证件号", "班级", "合计",
    "2020-02-30", "45000.5", "1899-12-31 00:00:00", "true", "null", "~", "- a", "a: b", "[", "]", "{", "}", "*x", "&x", "!!python/object:x",
    "<<: *x", "|", ">", "%YAML 9.9", "---", "...", "? ", ": ", "#", '"""', "'''", "[rule.ID14]", "1_0", "0b1", "+nan", "07:32:00",
)  # fmt: skip

_ELEMENT = re.compile(rb"<[^<>]{0,200}>")
_VALUE = re.compile(rb'="[^"]{0,60}"|>[^<>]{1,40}<')


def mutate(data: bytes, size: int, seed: int, plain: Callable[[bytes, int], bytes]) -> bytes:
    """Return a changed file.

    Args:
        data: The file.
        size: Bytes that it may have.
        seed: Decides what is changed.
        plain: A change that knows nothing of formats.
    """
    chance = random.Random(seed)
    if data.startswith(b"PK") and chance.random() < 0.9:
        changed = _archive(data, chance, plain)
    elif data.startswith((b"\xd0\xcf\x11\xe0", b"\x09")) and chance.random() < 0.8:
        changed = _records(data, chance)
    elif chance.random() < 0.75:
        changed = _text(data, chance)
    else:
        changed = plain(data, size)
    return changed[:size]


def _archive(data: bytes, chance: random.Random, plain: Callable[[bytes, int], bytes]) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [
                (entry.filename, archive.read(entry)) for entry in archive.infolist()[:40] if entry.file_size < 1 << 20
            ]
    except Exception:  # what a change before this one has broken
        return plain(data, len(data) + 64)
    if not parts:
        return plain(data, len(data) + 64)
    # Sheets, strings and the workbook are where readers work; the rest is looked at now and then.
    weights = [6 if re.search(r"sheet1|sharedStrings|workbook|content\.xml|styles", name) else 1 for name, _ in parts]
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.choices(range(len(parts)), weights)[0]
        name, content = parts[at]
        if name.endswith(".bin") and content:
            content = _records(content, chance)
        elif chance.random() < 0.9:
            content = _text(content, chance)
        else:
            content = plain(content, len(content) + 256)
        parts[at] = (name, content)
    if chance.random() < 0.03:
        parts.append(chance.choice(parts))
    if chance.random() < 0.03:
        parts.remove(chance.choice(parts))
    if chance.random() < 0.02 and len(parts) > 1:
        at = chance.randrange(len(parts))
        parts[at] = (
            chance.choice(("xl/workbook.bin", "content.xml", "mimetype", "../x", "xl/worksheets/sheet1.xml", "")),
            parts[at][1],
        )
    return _packed(parts, chance)


def _packed(parts: list[tuple[str, bytes]], chance: random.Random) -> bytes:
    """Put an archive together, by hand, so that its sums and sizes can lie."""
    lie = chance.random() < 0.06
    whole, directory = io.BytesIO(), b""
    for name, content in parts:
        pack = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = pack.compress(content) + pack.flush()
        method, size, crc = 8, len(content), zlib.crc32(content)
        if lie and chance.random() < 0.4:
            what = chance.randrange(4)
            size = chance.choice((0, 1, size // 2, size * 2, 1 << 31, (1 << 32) - 1)) if what == 0 else size
            crc ^= what == 1
            method = chance.choice((0, 1, 9, 12, 14, 93, 99)) if what == 2 else 8
            packed = packed[: len(packed) // 2] if what == 3 else packed
        title = name.encode("utf-8", "surrogatepass")[:300]
        common = struct.pack("<5H3I2H", 20, 0x800, method, 0, 33, crc, len(packed), size, len(title), 0)
        place = whole.tell()
        whole.write(b"PK\x03\x04" + common + title + packed)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2I", 0, 0, 0, 0, place) + title
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(parts), len(parts), len(directory), whole.tell(), 0)
    return whole.getvalue() + directory + end


def _records(data: bytes, chance: random.Random) -> bytes:
    """Change whole numbers of one, two, four or eight bytes, or take out, double or move a piece."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        if not changed:
            return b"\x00"
        # The front of the file, where its tables are, as often as all the rest.
        at = chance.randrange(min(len(changed), 2048) if chance.random() < 0.4 else len(changed))
        what = chance.random()
        if what < 0.7:
            width, form = chance.choice(((1, "<B"), (2, "<H"), (4, "<I"), (8, "<d")))
            if form == "<d":
                value = struct.pack(
                    form, chance.choice((0.0, -1.0, 1e308, float("nan"), float("inf"), 1e7, 2958466.0, -0.5))
                )
            else:
                most = (1 << 8 * width) - 1
                value = struct.pack(
                    form,
                    chance.choice((0, 1, 2, 9, 10, 16, 127, 128, most, most - 1, most // 2, chance.randint(0, most)))
                    & most,
                )
            changed[at : at + width] = value
        elif what < 0.8:
            del changed[at : at + chance.randint(1, 64)]
        elif what < 0.9:
            piece = changed[at : at + chance.randint(1, 64)]
            changed[at:at] = piece
        else:
            changed[at:at] = chance.randbytes(chance.randint(1, 16))
    return bytes(changed)


def _text(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(_TEXT_CHANGES)(data, chance)
    return data


def _value(data: bytes, chance: random.Random) -> bytes:
    """Put another value into an attribute or element."""
    found = list(_VALUE.finditer(data))
    if not found:
        return _word(data, chance)
    match = chance.choice(found)
    quotes = match[0][:2] if match[0].startswith(b"=") else match[0][:1]
    value = (
        chance.choice(NUMBERS if chance.random() < 0.7 else WORDS).encode("utf-8", "surrogatepass").replace(b'"', b"")
    )
    return data[: match.start()] + quotes + value + match[0][-1:] + data[match.end() :]


def _element(data: bytes, chance: random.Random) -> bytes:
    """Take out, double or move an element, a line or a cell."""
    found = [match.span() for match in _ELEMENT.finditer(data)] or [
        match.span() for match in re.finditer(rb"[^\n,\t;:]+", data)
    ]
    if not found:
        return data + b"x"
    (start, end), (other, stop) = chance.choice(found), chance.choice(found)
    piece = data[start:end]
    what = chance.randrange(4)
    if what == 0:
        return data[:start] + data[end:]
    if what == 1:
        return data[:start] + piece * chance.choice((2, 3, 50)) + data[end:]
    if what == 2:
        return data[:other] + piece + data[stop:]
    start, stop = min(start, other), max(end, stop)
    return data[:start] + data[stop:] if stop - start < 4000 else data[:other] + piece + data[other:]


def _word(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    word = chance.choice(WORDS if chance.random() < 0.8 else NUMBERS).encode("utf-8", "surrogatepass")
    if chance.random() < 0.2:
        word = word.decode("utf-8", "replace").encode(chance.choice(("gb18030", "utf-16-le", "big5")), "replace")
    return data[:at] + word + data[at + chance.choice((0, 0, 1, len(word))) :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] if chance.random() < 0.5 else data[:at] + data[at + chance.randint(1, 40) :]


def _bytes(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return b"\x00"
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 8))):
        changed[chance.randrange(len(changed))] = chance.choice(
            (0, 9, 10, 13, 34, 39, 44, 60, 128, 255, chance.randrange(256))
        )
    return bytes(changed)


def _coded(data: bytes, chance: random.Random) -> bytes:
    """Write all of it, or from a place on, in another encoding."""
    if len(data) > 20_000:
        return _cut(data, chance)
    at = 0 if chance.random() < 0.6 else chance.randint(0, len(data))
    code = chance.choice(("utf-16-le", "utf-16", "utf-32", "gb18030", "big5", "utf-8-sig", "utf-7"))
    return data[:at] + data[at:].decode("utf-8", "replace").encode(code, "replace")


_TEXT_CHANGES = (_value, _value, _value, _element, _element, _word, _word, _cut, _bytes, _coded)
