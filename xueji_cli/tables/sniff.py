"""What a file is, by its content: names lie often enough (HTML, text and .xlsx named .xls)."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

from xueji_cli.errors import InputError
from xueji_cli.tables.blob import Blob, megabytes
from xueji_cli.tables.options import most_unpacked

#: Kinds of spreadsheet files that fastexcel reads.
WORKBOOKS = frozenset({"xlsx", "xlsb", "xls", "ods"})

#: What a name promises: suffix → the kinds that keep the promise.
_PROMISES = {
    ".xlsx": ("xlsx",),
    ".xlsm": ("xlsx",),
    ".xltx": ("xlsx",),
    ".xls": ("xls",),
    ".xlt": ("xls",),
    ".et": ("xls", "xlsx"),
    ".xlsb": ("xlsb",),
    ".ods": ("ods",),
    ".csv": ("csv", "tsv"),
    ".tsv": ("tsv", "csv"),
    ".tab": ("tsv", "csv"),
    ".txt": ("csv", "tsv"),
    ".htm": ("html",),
    ".html": ("html",),
    ".xml": ("xml2003",),
    ".parquet": ("parquet",),
}

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# First bytes of what people drag in by mistake; the names are understood in any language.
_FOREIGN = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"RIFF", "WEBP/AVI"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3", "SQLite"),
    (b"MZ", "EXE"),
    (b"\x7fELF", "ELF"),
    (b"\x00\x01\x00\x00Standard Jet DB", "Access (.mdb)"),
    (b"\x00\x01\x00\x00Standard ACE DB", "Access (.accdb)"),
    (b"AT&TFORM", "DjVu"),
    (b"CAJ", "CAJ"),
    (b"%-12345X", "PJL"),
)

# A stream of BIFF records without the OLE container: Excel 4 and older, and some programs later.
_BARE_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00", b"\x09\x08\x10\x00")


def kept_promise(suffix: str, kind: str) -> bool:
    """Say whether a file named with `suffix` may be a `kind` (unknown suffixes promise nothing)."""
    return suffix not in _PROMISES or kind in _PROMISES[suffix]


def sniff(blob: Blob, max_bytes: int) -> str:
    """Return what the bytes are: xlsx, xlsb, xls, ods, parquet, html, xml2003 or text.

    Raises:
        InputError: `not_a_table` (with what it is), `password_protected`, `corrupt`, `too_large`.
    """
    data = blob.data
    if data.startswith(b"PK"):
        return _zip_kind(blob, max_bytes)
    if data.startswith(_OLE):
        return _ole_kind(blob)
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith(_BARE_BIFF):
        return "xls"
    for magic, name in _FOREIGN:
        if data.startswith(magic) and _really(data, magic):
            raise InputError("not_a_table", file=blob.path, kind=name)
    return _text_kind(blob)


def _really(data: bytes, magic: bytes) -> bool:
    """Two letters are no proof: "BM" and "MZ" may begin a text file."""
    return len(magic) > 2 or magic[0] < 32 or b"\x00" in data[:512]


def _zip_kind(blob: Blob, max_bytes: int) -> str:
    limit = most_unpacked(len(blob.data), max_bytes)
    try:
        with zipfile.ZipFile(io.BytesIO(blob.data)) as archive:
            entries = archive.infolist()
            # Before anything is unpacked.
            if sum(entry.file_size for entry in entries) > limit:
                raise InputError("too_large", file=blob.path, limit=megabytes(limit))
            names = {entry.filename.replace("\\", "/").lstrip("/"): entry for entry in entries}
            mimetype = archive.read(names["mimetype"])[:100] if "mimetype" in names else b""
            manifest = names.get("META-INF/manifest.xml")
            encrypted = manifest is not None and b"encryption-data" in archive.read(manifest)
    except InputError:
        raise
    except Exception:  # zipfile raises a dozen kinds of exception on damaged archives
        raise InputError("corrupt", file=blob.path) from None
    if any(entry.flag_bits & 1 for entry in entries) or encrypted:
        raise InputError("password_protected", file=blob.path)
    if any(_lies(blob.data, entry) for entry in entries if entry.compress_size * _DEFLATE_MOST > limit):
        raise InputError("corrupt", file=blob.path)
    lower = {name.lower() for name in names}
    if "xl/workbook.bin" in lower:
        return "xlsb"
    if any(name.startswith("xl/") for name in lower):
        return "xlsx"
    if b"opendocument.spreadsheet" in mimetype:
        return "ods"
    for folder, name in (
        ("word/", "Word"),
        ("ppt/", "PowerPoint"),
        ("content.xml", "OpenDocument"),
        ("ofd.xml", "OFD"),
    ):
        if any(entry.startswith(folder) for entry in lower):
            raise InputError("not_a_table", file=blob.path, kind=name)
    raise InputError("not_a_table", file=blob.path, kind="ZIP")


# No deflated byte unpacks to more.
_DEFLATE_MOST = 1032
_LOCAL_HEADER = 30


def _lies(data: bytes, entry: zipfile.ZipInfo) -> bool:
    """Say whether a part unpacks to more than the archive's directory says: readers believe it, and then unpack it all.

    The extra pass takes a seventh of a second for 100 MB of a sheet, a few hundredths of what reading them takes.
    """
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        return False
    head = data[entry.header_offset : entry.header_offset + _LOCAL_HEADER]
    if len(head) < _LOCAL_HEADER:
        return True
    start = entry.header_offset + _LOCAL_HEADER + sum(struct.unpack("<HH", head[26:30]))
    packed = memoryview(data)[start : start + entry.compress_size]
    unpack, total, place = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
    try:
        # In pieces small enough that even the worst of them is soon unpacked, and thrown away.
        while place < len(packed) and not unpack.eof and total <= entry.file_size:
            total += len(unpack.decompress(packed[place : place + _PACKED_PIECE]))
            place += _PACKED_PIECE
    except zlib.error:
        return True
    return total > entry.file_size


_PACKED_PIECE = 32 * 1024


def _ole_kind(blob: Blob) -> str:
    """Tell OLE documents apart by the names of their streams, which stand in the directory as UTF-16."""

    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in blob.data

    if holds("EncryptedPackage") or holds("EncryptionInfo"):
        raise InputError("password_protected", file=blob.path)
    if holds("Workbook") or holds("WORKBOOK") or holds("Book\0") or holds("BOOK\0"):
        return "xls"
    for stream, name in (("WordDocument", "Word"), ("PowerPoint Document", "PowerPoint"), ("HwpSummary", "HWP")):
        if holds(stream):
            raise InputError("not_a_table", file=blob.path, kind=name)
    # A damaged directory or a stranger: let the reader of .xls files have the last word.
    return "xls"


_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|table|meta|style|div|center|tr)\b", re.IGNORECASE)


def _text_kind(blob: Blob) -> str:
    head = _readable_head(blob.data)
    text = head.lstrip("\ufeff \t\r\n")
    lower = text[:200].lower()
    if lower.startswith("mime-version:"):
        raise InputError("not_a_table", file=blob.path, kind="MHTML")
    if lower.startswith("<"):
        if "urn:schemas-microsoft-com:office:spreadsheet" in text and "<html" not in lower:
            return "xml2003"
        if _HTML.search(text):
            return "html"
        if lower.startswith(("<?xml", "<!--")):
            raise InputError("not_a_table", file=blob.path, kind="XML")
    if re.match(r"[\[{]\s*[\[{\"]", text):
        raise InputError("not_a_table", file=blob.path, kind="JSON")
    if _looks_binary(blob.data):
        raise InputError("not_a_table", file=blob.path, kind="?")
    return "text"


def _readable_head(data: bytes) -> str:
    """Decode the start of a file loosely: only ASCII marks are looked for in it."""
    head = data[:8192]
    if head.startswith(b"\xff\xfe") or head[1:8:2] == b"\x00\x00\x00\x00":
        return head.decode("utf-16-le", "replace")
    if head.startswith(b"\xfe\xff") or head[0:8:2] == b"\x00\x00\x00\x00":
        return head.decode("utf-16-be", "replace")
    return head.decode("utf-8", "replace")


def _looks_binary(data: bytes) -> bool:
    """Say whether the start holds control characters that no text has; UTF-16 is text, though full of NULs."""
    head = data[:65536]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if 0 in (head[:200:2].count(0), head[1:200:2].count(0)) and head[:200].count(0) > len(head[:200]) // 8:
        return False  # NULs only at odd or only at even places: UTF-16 without a mark
    controls = sum(head.count(code) for code in (*range(9), 14, 15, *range(16, 26), 27, 127))
    return controls > len(head) // 1000
