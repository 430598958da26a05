"""What an .ods knows about its cells that reading libraries do not tell: merged ranges, hidden rows and columns, errors."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from xueji_cli.tables.grid import Extras, Merge
from xueji_cli.tables.options import most_cells

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_ERROR = re.compile(r"#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)|Err:\d+|错误:\d+")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_ANY = 1_000_000_000


class OdsTooLarge(Exception):
    """Cells with a value are said to repeat more often than a computer can hold."""


def ods_extras(data: bytes) -> dict[str, Extras]:
    """Return what the document tells about each sheet, by name.

    Raises:
        OdsTooLarge: The sheets span more cells than so small a file may; a few bytes can say that a value repeats a billion times.
    """
    from lxml import etree

    found: dict[str, Extras] = {}
    sheet: _Sheet | None = None
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("content.xml") as stream:
        limit = most_cells(archive.getinfo("content.xml").file_size)
        tags = tuple(_TABLE + name for name in ("table", "table-row", "table-column"))
        for event, element in etree.iterparse(
            stream, events=("start", "end"), tag=tags, resolve_entities=False, no_network=True, huge_tree=False
        ):
            if event == "start":
                if element.tag == tags[0]:
                    sheet = _Sheet(limit)
                    found[element.get(f"{_TABLE}name") or ""] = sheet.extras
            elif sheet is not None and element.tag != tags[0]:
                sheet.take(element)
                element.clear()
    return found


class _Sheet:
    def __init__(self, limit: int) -> None:
        self.extras = Extras()
        self.row = 0
        self.column = 0
        self.right = 0
        self.limit = limit

    def take(self, element: Any) -> None:
        """Take in a whole `table-row` or `table-column`."""
        hidden = element.get(f"{_TABLE}visibility", "visible") != "visible"
        if element.tag == f"{_TABLE}table-column":
            count = _repeat(element, "columns", _LAST_COLUMN)
            if hidden and self.column < _LAST_COLUMN:
                self.extras.hidden_columns.update(range(self.column, min(self.column + count, _LAST_COLUMN)))
            self.column += count
            return
        count = _repeat(element, "rows", _ANY)
        filled = self._cells(element)
        if filled:
            self.right = max(self.right, filled)
            if (self.row + count) * self.right > self.limit:
                raise OdsTooLarge
        # A long run of repeated blank rows at the end is formatting.
        if hidden and (filled or count < 10_000):
            self.extras.hidden_rows.extend(range(self.row, min(self.row + count, _LAST_ROW)))
        self.row += count

    def _cells(self, row: Any) -> int:
        """Note merged cells and errors; return the position after the last cell with a value."""
        position = filled = 0
        for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            # Not held to what a sheet can have: the reader would not be, either.
            count = _repeat(cell, "columns", _ANY)
            if cell.get(f"{_OFFICE}value-type") or len(cell):
                filled = position + count
            down = _number(cell.get(f"{_TABLE}number-rows-spanned"))
            right = _number(cell.get(f"{_TABLE}number-columns-spanned"))
            if down > 1 or right > 1:
                merge = Merge(self.row, position, self.row + max(down, 1) - 1, position + max(right, 1) - 1)
                if merge.possible:
                    self.extras.merges.append(merge)
            if cell.get(f"{_CALC}value-type") == "error":
                text = "".join(cell.itertext()).strip()
                match = _ERROR.match(text)
                self.extras.add_error(self.row, position, match[0] if match else "#N/A")
            position += count
        return filled


def _repeat(element: Any, what: str, most: int) -> int:
    return min(max(_number(element.get(f"{_TABLE}number-{what}-repeated")), 1), most)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
