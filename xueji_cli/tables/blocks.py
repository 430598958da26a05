"""A text file too large for memory, block by block: as UTF-8, each block ending at the end of a line."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from xueji_cli.errors import InputError
from xueji_cli.tables import encoding as codes
from xueji_cli.tables.text import Body, Layout, find_layout, head_lines, offset_of_line, plain_line_ends, read_body

#: How much of a file is looked at to find out how it is built; whoever reads a whole file looks at a quarter at the most.
_HEAD_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class TextSource:
    """A text file whose build is known.

    Attributes:
        path: The file.
        coding: Its encoding.
        layout: How it is built.
    """

    path: str
    coding: codes.Coding
    layout: Layout

    def bodies(self, size: int) -> Iterator[tuple[Body, bool]]:
        """Yield everything below the header in pieces of about `size` bytes, and whether a piece is the last.

        A piece never ends inside a record: one that ends inside quotation marks is read again together with the next.
        """
        skip = self.layout.top[-1].last_line
        data = b""
        blocks = _with_last(utf8_blocks(self.path, self.coding, size))
        for block, last in blocks:
            if skip:
                offset = offset_of_line(block, skip)
                skip = 0 if offset < len(block) else skip - block.count(b"\n")
                block = block[offset:]
            data += block
            if not data and not last:
                continue
            body = read_body(data, self.layout.delimiter, self.layout.width, 0)
            if body.open and not last:
                continue
            yield body, last
            data = b""


def open_text(
    path: str, encoding: str | None, header_row: int | None, knows: Callable[[str], bool]
) -> TextSource | None:
    """Find out how a text file is built; None when its beginning does not tell.

    Raises:
        InputError: As `encoding.to_utf8`.
    """
    coding = codes.find_coding(path, encoding)
    head = b""
    whole = True
    for block in utf8_blocks(path, coding, _HEAD_BYTES):
        if len(head) > _HEAD_BYTES:
            whole = False
            break
        head += block
    if not whole and head[:_HEAD_BYTES].count(b"\n") <= head_lines(header_row) * 2:
        return None
    layout = find_layout(head, header_row, knows)
    return TextSource(path, coding, layout) if layout.top else None


def utf8_blocks(path: str, coding: codes.Coding, size: int) -> Iterator[bytes]:
    """Yield a file as UTF-8 without a mark, in blocks that end at the end of a line (a line feed, whatever the file has).

    Raises:
        InputError: `bad_encoding`, with the line, where the file is not in its encoding.
    """
    plain = coding.codec == "utf-8"
    decoder = None if plain else codecs.getincrementaldecoder(coding.codec)("strict")
    lines = 0
    rest = held = b""
    first = True
    with Path(path).open("rb") as stream:
        stream.seek(coding.skip)
        while True:
            raw = stream.read(size)
            if decoder is None:
                data = raw
            else:
                data = _recoded(decoder, raw, path, coding, lines)
                lines += raw.count(b"\n")
            if first and data:
                data, first = data.removeprefix(codecs.BOM_UTF8) if coding.forced else data, False
            data = held + data
            # Half a line end is none yet.
            held = b"\r" if raw and data.endswith(b"\r") else b""
            data = rest + plain_line_ends(data[: len(data) - len(held)])
            if not raw:
                if data:
                    yield data
                return
            end = data.rfind(b"\n") + 1
            if end:
                yield data[:end]
            rest = data[end:]


def _recoded(decoder: codecs.IncrementalDecoder, raw: bytes, path: str, coding: codes.Coding, lines: int) -> bytes:
    try:
        return decoder.decode(raw, final=not raw).encode("utf-8")
    except UnicodeDecodeError as error:
        line = lines + error.object.count(b"\n", 0, error.start) + 1
    except UnicodeError:  # lone surrogates, and codecs that do not say where
        line = lines + 1
    raise InputError("bad_encoding", file=path, encoding=coding.codec.upper(), line=line) from None


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Say of each block whether it is the last; a file without any has an empty one."""
    before: bytes | None = None
    for block in blocks:
        if before is not None:
            yield before, False
        before = block
    yield before or b"", True
