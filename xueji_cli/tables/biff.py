"""What an .xls or .xlsb knows about its cells that reading libraries do not tell: hidden rows and columns, formula errors.

Both are streams of records, so their loops over records need no reason but this one. .xls (BIFF 5 and 8) holds all sheets in one
stream with a fixed four-byte record head; .xlsb (BIFF 12) has a part for each sheet and a head of variable length.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator

from xueji_cli.tables.grid import Extras, Merge
from xueji_cli.tables.ole import SIGNATURE, Container, DamagedContainer
from xueji_cli.tables.options import MAX_COLUMNS, MAX_ROWS
from xueji_cli.tables.package import Package

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


class ImpossiblePlace(Exception):
    """The file speaks of cells where no sheet has any, or of more strings than it can hold.

    It is damaged, and a reader would end the program when it reserves memory for as much.
    """


# --- BIFF 5 and 8 ---

_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x0809, 0x000A, 0x002F, 0x0085
_FORMULA, _ROW, _COLINFO, _BOOLERR, _DIMENSIONS, _SST = 0x0006, 0x0208, 0x007D, 0x0205, 0x0200, 0x00FC
_DRAWING = frozenset({0x005D})  # OBJ: a picture, a shape, or a comment
# Cells of any kind begin with their row and column.
_CELLS = frozenset({0x0201, 0x00BE, 0x0203, 0x0204, 0x00FD, 0x027E, 0x00BD, 0x00D6, _FORMULA, _BOOLERR})
_WANTED = frozenset({_FORMULA, _ROW, _COLINFO, _BOOLERR}) | _DRAWING


def workbook_stream(data: bytes) -> bytes:
    """Return the stream of an .xls that holds its sheets: the file itself if it has no container.

    Raises:
        DamagedContainer: There is no such stream, or not all of it.
    """
    if not data.startswith(SIGNATURE):
        return data
    stream = Container(data).stream("Workbook", "Book")
    if not stream:
        raise DamagedContainer
    return stream


def is_encrypted(stream: bytes) -> bool:
    """Say whether the workbook stream asks for a password (the record stands near its start)."""
    return any(kind == _FILEPASS for _, (kind, _, _) in zip(range(40), records(stream, 0), strict=False))


def xls_extras(stream: bytes) -> list[Extras]:
    """Return what the stream tells about each sheet, in the order of the sheets."""
    starts = []
    for kind, start, size in records(stream, 0):
        if kind == _BOUNDSHEET and size >= 6:
            starts.append(struct.unpack_from("<I", stream, start)[0])
        elif kind == _SST and size >= 8 and struct.unpack_from("<I", stream, start + 4)[0] * 3 > len(stream):
            raise ImpossiblePlace  # more strings than bytes for them
        elif kind == _EOF:
            break
    return [_xls_sheet(stream, start) for start in starts]


def records(stream: bytes, offset: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield kind, start and size of the records from an offset on."""
    end = len(stream) - 4
    head = struct.Struct("<HH").unpack_from
    while offset <= end:
        kind, size = head(stream, offset)
        yield kind, offset + 4, size
        offset += 4 + size


def _xls_sheet(stream: bytes, offset: int) -> Extras:
    extras = Extras()
    depth = 0
    for kind, start, size in records(stream, offset):
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1:
            if kind in _CELLS and size >= 4 and stream[start + 3 : start + 4] != b"\0":
                raise ImpossiblePlace  # the high byte of a column
            if kind == _DIMENSIONS and size >= 12:
                top, bottom, left, right = struct.unpack_from("<IIHH", stream, start)
                if not (top <= bottom <= 65_536 and left <= right <= 256):
                    raise ImpossiblePlace
            if kind in _WANTED and start + size <= len(stream):
                _xls_record(extras, kind, stream[start : start + size])
    return extras


def _xls_record(extras: Extras, kind: int, body: bytes) -> None:
    if kind == _ROW and len(body) >= 14:
        if body[12] & 0x20:
            extras.hidden_rows.append(struct.unpack_from("<H", body)[0])
    elif kind == _COLINFO and len(body) >= 10:
        first, last, _, _, flags = struct.unpack_from("<HHHHH", body)
        if flags & 1:
            extras.hidden_columns.update(range(first, min(last, 255) + 1))
    elif kind == _BOOLERR and len(body) >= 8 and body[7]:
        row, position = struct.unpack_from("<HH", body)
        extras.add_error(row, position, ERRORS.get(body[6], "#N/A"))
    elif kind == _FORMULA and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
        row, position = struct.unpack_from("<HH", body)
        extras.add_error(row, position, ERRORS.get(body[8], "#N/A"))
    elif kind in _DRAWING:
        extras.drawing = True


# --- BIFF 12 ---

_BUNDLE_SHEET = 156
_ROW_HEAD, _CELL_ERROR, _FORMULA_ERROR, _COL_INFO, _MERGE, _DRAWING_PART = 0, 3, 11, 60, 176, 550
_CELLS12 = range(1, 12)
_SHORTEST = {_ROW_HEAD: 12, **dict.fromkeys(_CELLS12, 8)}


def xlsb_parts(data: bytes) -> dict[str, bytes]:
    """Return the binary part of each sheet of an .xlsb, by the sheet's name."""
    with Package(data) as package:
        relations = package.relations("xl/workbook.bin")
        workbook = package.read("xl/workbook.bin")
        found = {}
        for kind, start, size in _records12(workbook):
            if kind == _BUNDLE_SHEET:
                # State, id, then the relation and the name, each with its length before it.
                relation, after = _wide_text(workbook, start + 8)
                name, _ = _wide_text(workbook, min(after, start + size))
                if relation in relations:
                    found[name] = package.read(relations[relation])
        return found


def xlsb_all_parts(data: bytes) -> list[bytes]:
    """Return every binary part of an .xlsb, for where its relations do not say which are sheets."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name) for name in archive.namelist() if not name.endswith("/")]


def _wide_text(data: bytes, offset: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, offset)
    length = 0 if length == 0xFFFFFFFF else length
    end = offset + 4 + 2 * length
    return data[offset + 4 : end].decode("utf-16-le", "replace"), end


def xlsb_extras(part: bytes, limit: int) -> Extras:
    """Return what the binary part of a sheet tells.

    Raises:
        ImpossiblePlace: Cells stand outside a sheet, or so far apart that they span more than `limit`.
    """
    extras = Extras()
    row = lowest = furthest = 0
    for kind, start, size in _records12(part):
        if kind in _SHORTEST and size < _SHORTEST[kind]:
            raise ImpossiblePlace  # readers go on with what an earlier record left behind
        if kind == _ROW_HEAD:
            row = struct.unpack_from("<I", part, start)[0]
            if part[start + 11] & 0x10 and row < MAX_ROWS:
                extras.hidden_rows.append(row)
            continue
        if kind in _CELLS12:
            lowest, furthest = max(lowest, row), max(furthest, struct.unpack_from("<I", part, start)[0])
            if lowest >= MAX_ROWS or furthest >= MAX_COLUMNS or (lowest + 1) * (furthest + 1) > limit:
                raise ImpossiblePlace
        if kind in (_CELL_ERROR, _FORMULA_ERROR) and size >= 9:
            extras.add_error(row, struct.unpack_from("<I", part, start)[0], ERRORS.get(part[start + 8], "#N/A"))
        elif kind == _COL_INFO and size >= 18:
            first, last = struct.unpack_from("<II", part, start)
            if part[start + 16] & 1:
                extras.hidden_columns.update(range(first, min(last, 16_383) + 1))
        elif kind == _MERGE and size >= 16:
            top, bottom, left, right = struct.unpack_from("<IIII", part, start)
            merge = Merge(top, left, bottom, right)
            if merge.possible:
                extras.merges.append(merge)
        elif kind == _DRAWING_PART:
            extras.drawing = True
    return extras


def _records12(part: bytes) -> Iterator[tuple[int, int, int]]:
    offset, end = 0, len(part)
    while offset < end:
        kind = part[offset]
        offset += 1
        if kind & 0x80 and offset < end:
            kind = (kind & 0x7F) | ((part[offset] & 0x7F) << 7)
            offset += 1
        size = shift = 0
        while offset < end and shift < 28:
            byte = part[offset]
            offset += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if offset + size > end:
            return
        yield kind, offset, size
        offset += size
