"""Text in any encoding people save, as UTF-8: strictly, never with characters lost in silence."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.tables.blob import Blob

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)

#: What Python counts among the encodings and no file is written in.
_NOT_OF_FILES = frozenset(
    {
        "idna",
        "punycode",
        "undefined",
        "unicode-escape",
        "raw-unicode-escape",
        "unicode_escape",
        "raw_unicode_escape",
        "charmap",
    }
)

#: How much of a file is looked at before it is believed to be UTF-8.
_HEAD_BYTES = 1 << 16

#: How much of a file is proved to be UTF-8 at a time.
_PROOF_BYTES = 1 << 24

#: So many characters of several bytes at the start of a file are no accident: it is UTF-8.
_PROOF = 12


def likely_utf8(data: bytes) -> str | None:
    """Return the encoding of a file that begins as UTF-8, with a mark or without; the rest is still to be proved."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "utf-8" if _begins_as_utf8(data) else None


def _begins_as_utf8(data: bytes) -> bool:
    head = data[:_HEAD_BYTES]
    if head.startswith(tuple(mark for mark, _, _ in _BOMS)) or b"\x00" in head[:64]:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(data) > len(head) and error.start > len(head) - 4  # a character cut in two by the slice
    return True


@dataclass(frozen=True, slots=True)
class Coding:
    """The encoding of a file that is read in pieces.

    Attributes:
        codec: Python's name for it.
        name: The name in reports.
        skip: Bytes of the mark at its beginning.
        forced: It was given by the user; a mark may come out of the decoder.
    """

    codec: str
    name: str
    skip: int = 0
    forced: bool = False


def find_coding(path: str, override: str | None) -> Coding:
    """Find out the encoding of a file as `to_utf8` does, without keeping the file in memory.

    Raises:
        InputError: As `to_utf8`.
    """
    with Path(path).open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if override:
        codec = _chosen(path, override)
        skip = len(codecs.BOM_UTF8) if codec == "utf-8" and head.startswith(codecs.BOM_UTF8) else 0
        coding = Coding(_ordered(codec, head), codec, skip, forced=True)
    else:
        coding = _marked(head) or Coding("utf-8", "")
    place = _fault(path) if coding.codec == "utf-8" else None
    if place is None:
        return coding if coding.name else Coding("utf-8", "utf-8")
    line, before = place
    if coding.name or sum(byte >= 0xC2 for byte in before) >= _PROOF:
        raise InputError("bad_encoding", file=path, encoding="UTF-8", line=line)
    return Coding("gb18030", "gb18030")


def _marked(data: bytes) -> Coding | None:
    """Return the encoding that a mark, or the NULs of UTF-16 without one, give away."""
    for mark, name, codec in _BOMS:
        if data.startswith(mark):
            return Coding(codec, name, len(mark))
    if b"\x00" in data[:64]:
        codec = "utf-16-be" if data[:64:2].count(0) > data[1:64:2].count(0) else "utf-16-le"
        return Coding(codec, codec)
    return None


def _fault(path: str) -> tuple[int, bytes] | None:
    """Return the line of the first byte of a file that is no UTF-8, and the 4096 bytes before it; None when there is none."""
    lines = 0
    before = rest = b""
    with Path(path).open("rb") as stream:
        while True:
            raw = stream.read(_PROOF_BYTES)
            data = rest + raw
            # No character of several bytes has a line end in it.
            end = data.rfind(b"\n") + 1 if raw else len(data)
            block, rest = data[:end], data[end:]
            if not is_utf8(block):
                place = _first_fault(block)
                return lines + block.count(b"\n", 0, place) + 1, (before + block[:place])[-4096:]
            if not raw:
                return None
            lines += block.count(b"\n")
            before = (before + block)[-4096:]


def to_utf8(blob: Blob, override: str | None) -> tuple[bytes, str]:
    """Return the text of a file as UTF-8 bytes without a mark, and the name of its encoding.

    Raises:
        InputError: `bad_encoding` when no encoding fits, or `--encoding` does not; `unknown_encoding`.
    """
    if override:
        return _forced(blob, override)
    data = blob.data
    if marked := _marked(data):
        body = data[marked.skip :]
        return (_checked(blob, body) if marked.codec == "utf-8" else _recoded(blob, body, marked.codec)), marked.name
    if is_utf8(data):
        return data, "utf-8"
    place = _first_fault(data)
    if sum(byte >= 0xC2 for byte in data[:place][-4096:]) >= _PROOF:
        raise InputError("bad_encoding", file=blob.path, encoding="UTF-8", line=data.count(b"\n", 0, place) + 1)
    return _recoded(blob, data, "gb18030"), "gb18030"


def is_utf8(data: bytes) -> bool:
    """Say whether bytes are UTF-8 throughout (Polars checks some gigabytes a second)."""
    try:
        pl.Series([data], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _checked(blob: Blob, data: bytes) -> bytes:
    if not is_utf8(data):
        line = data.count(b"\n", 0, _first_fault(data)) + 1
        raise InputError("bad_encoding", file=blob.path, encoding="UTF-8", line=line)
    return data


def _first_fault(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return len(data)


def _recoded(blob: Blob, data: bytes, codec: str) -> bytes:
    try:
        return data.decode(_ordered(codec, data)).encode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("bad_encoding", file=blob.path, encoding=codec.upper(), line=line) from None
    except UnicodeError:  # lone surrogates, and codecs that do not say where
        raise InputError("bad_encoding", file=blob.path, encoding=codec.upper(), line=1) from None


def _ordered(codec: str, data: bytes) -> str:
    """Return the codec for text that says nothing of the order of its bytes: that of Windows, whatever the machine."""
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
    return f"{codec}-le" if codec in ("utf-16", "utf-32") and not data.startswith(marks) else codec


def _forced(blob: Blob, name: str) -> tuple[bytes, str]:
    chosen = _chosen(blob.path, name)
    if chosen == "utf-8":
        return _checked(blob, blob.data.removeprefix(codecs.BOM_UTF8)), "utf-8"
    return _recoded(blob, blob.data, chosen).removeprefix(codecs.BOM_UTF8), chosen


def _chosen(path: str, name: str) -> str:
    """Return Python's name for the encoding that the user gave."""
    try:
        codec = codecs.lookup(name)
    except LookupError:
        raise InputError("unknown_encoding", file=path, encoding=name) from None
    if not getattr(codec, "_is_text_encoding", True) or codec.name in _NOT_OF_FILES:
        raise InputError("unknown_encoding", file=path, encoding=name)
    # GBK and GB2312 are parts of GB 18030, and files said to be in them hold its characters.
    return "gb18030" if codec.name in {"gbk", "gb2312"} else codec.name
