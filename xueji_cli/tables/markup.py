"""HTML tables and XML Spreadsheet 2003: what web systems and old programs call .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.tables.blob import Blob
from xueji_cli.tables.encoding import to_utf8
from xueji_cli.tables.grid import CELL_TEXTS, CELLS, Grid, Merge, frame_of
from xueji_cli.tables.options import FEW_CELLS, MAX_COLUMNS, MAX_ROWS, most_cells
from xueji_cli.tables.plain import plain_number

if TYPE_CHECKING:
    from lxml import etree

_MAX_SPAN = 100_000


class _Canvas:
    """Cells put down one by one, wherever they are to stand.

    Args:
        size: Bytes of the file, which say how far its cells may reach.
    """

    def __init__(self, size: int) -> None:
        self.limit = most_cells(size)
        self.covered = 0
        self.rows: dict[int, dict[int, str]] = {}
        self.taken: dict[int, set[int]] = {}
        self.merges: list[Merge] = []
        self.numeric: list[tuple[int, int]] = []
        self.errors: list[tuple[int, int, str]] = []
        self.hidden_rows: list[int] = []
        self.hidden_columns: set[int] = set()
        self.height = 0

    def free(self, row: int, position: int) -> int:
        """Return the first position from `position` on that no cell merged from above covers."""
        taken = self.taken.get(row, ())
        while position in taken:
            position += 1
        return position

    def put(self, row: int, position: int, text: str, down: int = 0, right: int = 0) -> None:
        """Put a cell; `down` and `right` say how many more rows and columns it covers.

        Raises:
            OverflowError: Merged cells cover more of the sheet than a computer should remember.
        """
        if text:
            self.rows.setdefault(row, {})[position] = text
        self.height = max(self.height, row + 1)
        if down or right:
            self.merges.append(Merge(row, position, row + down, position + right))
            self.covered += down * (right + 1)
            if self.covered > FEW_CELLS:
                raise OverflowError
            for below in range(row + 1, row + down + 1):
                self.taken.setdefault(below, set()).update(range(position, position + right + 1))

    def grid(self, sheet: str | None, *, hidden: bool = False, typed: bool = True) -> Grid:
        """Return what was put down."""
        width = max((max(cells) + 1 for cells in self.rows.values() if cells), default=0)
        height = max(self.rows, default=-1) + 1
        if width * height > self.limit:
            raise OverflowError
        cells = [self.rows.get(row, {}) for row in range(height)]
        return Grid(
            frame_of([[row.get(position) for position in range(width)] for row in cells], width),
            sheet,
            hidden,
            numeric=pl.DataFrame(self.numeric, schema=CELLS, orient="row") if typed else None,
            errors=pl.DataFrame(self.errors, schema=CELL_TEXTS, orient="row"),
            merges=tuple(merge for merge in self.merges if merge.top < height),
            hidden_rows=tuple(self.hidden_rows),
            hidden_columns=tuple(sorted(self.hidden_columns)),
        )


def _number(text: str | None, default: int = 0, most: int = _MAX_SPAN) -> int:
    """Read a span or an index, which files get wrong in many ways."""
    match = re.match(r"\s*(\d{1,9})", text or "")
    return min(int(match[1]), most) if match else default


# --- HTML ---


def read_html(blob: Blob, encoding: str | None) -> tuple[list[Grid], str]:
    """Read the tables of an HTML file, those of Excel's and of web systems alike.

    Row numbers are those Excel shows when it opens the file: tables one below the other, a line of text between them taking a
    row of its own.

    Returns:
        A grid for each table that holds no other table, and the encoding.

    Raises:
        InputError: `corrupt`, `bad_encoding`, `no_table_in_html`.
    """
    from lxml import html

    if encoding is None:
        declared = re.search(rb"charset\s*=\s*[\"']?\s*([\w-]+)", blob.data[:4096], re.IGNORECASE)
        encoding = _usable(declared[1].decode("ascii", "ignore") if declared else None, blob)
    data, name = to_utf8(blob, encoding)
    try:
        parser = html.HTMLParser(
            encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
        )
        root = html.document_fromstring(_without_declaration(data), parser=parser)
        grids = list(_html_grids(root, len(data)))
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except OverflowError:
        raise InputError("sheet_too_large", file=blob.path, sheet="1") from None
    except Exception:  # lxml's parser errors, on anything that begins like HTML
        raise InputError("corrupt", file=blob.path) from None
    if not grids:
        raise InputError("no_table_in_html", file=blob.path)
    return grids, name


def _usable(declared: str | None, blob: Blob) -> str | None:
    """Believe a declared encoding only if it fits; pages often say GB2312 and are UTF-8."""
    if declared is None or declared.lower().startswith("utf-16"):
        return None
    try:
        to_utf8(blob, declared)
    except InputError:
        return None
    return declared if declared.lower().replace("-", "") != "utf8" else None


def _without_declaration(data: bytes) -> bytes:
    """Take the declared encoding away: the text is UTF-8 by now."""
    return re.sub(rb"<\?xml[^>]*\?>", b"", data[:1024], count=1) + data[1024:]


def _html_grids(root: Any, size: int) -> Iterator[Grid]:
    offset = 0
    seen_text = False
    body = root.find("body") if root.find("body") is not None else root
    for element in body.iter("table", "p", "h1", "h2", "h3", "h4", "h5", "div", "center", "caption"):
        if element.tag != "table":
            # A line of text of its own, outside every table, takes a row.
            inside = next(element.iterancestors("table"), None) is not None
            holds = element.find(".//table") is not None
            if not inside and not holds and not seen_text and "".join(element.itertext()).strip():
                offset += 1
            continue
        if element.find(".//table") is not None:
            continue  # a table that lays out others
        canvas = _Canvas(size)
        _fill_html(canvas, element, offset)
        offset = max(offset, canvas.height)
        if canvas.rows:
            yield canvas.grid(None)


def _fill_html(canvas: _Canvas, table: Any, row: int) -> None:
    position = 0
    for column in table.iter("col"):
        span = max(_number(column.get("span"), 1, MAX_COLUMNS), 1)
        if _is_hidden(column):
            canvas.hidden_columns.update(range(position, min(position + span, MAX_COLUMNS)))
        position += span
    rows = list(table.iter("tr"))
    last = row + len(rows) - 1
    for element in rows:
        if _is_hidden(element):
            canvas.hidden_rows.append(row)
        position = 0
        for cell in element:
            if cell.tag not in ("td", "th"):
                continue
            position = canvas.free(row, position)
            if position >= MAX_COLUMNS:
                break
            right = max(_number(cell.get("colspan"), 1, MAX_COLUMNS - position), 1) - 1
            down = min(max(_number(cell.get("rowspan"), 1), 1) - 1, last - row)
            text = _cell_text(cell)
            # Excel's own HTML keeps the stored number beside the shown one.
            stored = cell.get("x:num") if "x:num" in cell.attrib else cell.get("num") if "num" in cell.attrib else None
            if stored is not None:
                text = _stored_number(stored or text, text)
                if re.match(r"-?\d{7}", text):
                    canvas.numeric.append((row, position))
            canvas.put(row, position, text, down, right)
            position += right + 1
        row += 1
    canvas.height = max(canvas.height, row)


def _is_hidden(element: Any) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style or "hidden" in element.attrib


def _cell_text(cell: Any) -> str:
    parts: list[str] = []
    begun = False
    for element in cell.iter():
        if element.tag == "br" or (element is not cell and element.tag in ("p", "div") and begun):
            parts.append("\n")
        own = element.text if element.tag not in ("script", "style") else None
        for text in (own, element.tail if element is not cell else None):
            if text:
                parts.append(_collapsed(text))
                begun = begun or bool(text.strip())
    return "\n".join(line.strip(" ") for line in "".join(parts).split("\n")).strip(" \t\r\n\xa0")


def _collapsed(text: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text)


def _stored_number(stored: str, shown: str) -> str:
    """Write a number whole, as .xlsx cells give it; a date keeps what is shown."""
    if re.search(r"\d[-/年.]\d+[-/月.]", shown):
        return shown
    try:
        value = float(stored)
    except ValueError:
        return shown
    return plain_number(value)


# --- XML Spreadsheet 2003 ---

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_X = "{urn:schemas-microsoft-com:office:excel}"


def read_xml2003(blob: Blob) -> list[Grid]:
    """Read the sheets of an XML Spreadsheet 2003.

    Raises:
        InputError: `corrupt`, `sheet_too_large`.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(blob.data.lstrip(), parser)
        grids = [_xml_grid(sheet, len(blob.data)) for sheet in root.iter(f"{_SS}Worksheet")]
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except OverflowError:
        raise InputError("sheet_too_large", file=blob.path, sheet="1") from None
    except Exception:  # lxml's errors on damaged XML
        raise InputError("corrupt", file=blob.path) from None
    if not grids:
        raise InputError("corrupt", file=blob.path)
    return grids


def _xml_grid(sheet: etree._Element, size: int) -> Grid:
    canvas = _Canvas(size)
    visible = sheet.find(f"{_X}WorksheetOptions/{_X}Visible")
    hidden = visible is not None and (visible.text or "").strip() in {"SheetHidden", "SheetVeryHidden"}
    table = sheet.find(f"{_SS}Table")
    if table is not None:
        position = 0
        for column in table.iterchildren(f"{_SS}Column"):
            # Places only grow: an index that goes back would let a few bytes say the same columns and rows without end.
            position = max(_number(column.get(f"{_SS}Index"), position + 1, MAX_COLUMNS) - 1, position)
            span = _number(column.get(f"{_SS}Span"), 0, MAX_COLUMNS)
            if column.get(f"{_SS}Hidden") == "1":
                canvas.hidden_columns.update(range(position, min(position + span + 1, MAX_COLUMNS)))
            position += span + 1
        row = 0
        for element in table.iterchildren(f"{_SS}Row"):
            row = max(_number(element.get(f"{_SS}Index"), row + 1, MAX_ROWS) - 1, row)
            span = _number(element.get(f"{_SS}Span"), 0, MAX_ROWS)
            if element.get(f"{_SS}Hidden") == "1":
                canvas.hidden_rows.extend(range(row, min(row + span + 1, MAX_ROWS)))
            _fill_xml_row(canvas, element, row)
            row += span + 1
    return canvas.grid(sheet.get(f"{_SS}Name"), hidden=hidden)


def _fill_xml_row(canvas: _Canvas, row_element: etree._Element, row: int) -> None:
    position = 0
    for cell in row_element.iterchildren(f"{_SS}Cell"):
        index = cell.get(f"{_SS}Index")
        position = _number(index, 1, MAX_COLUMNS) - 1 if index else canvas.free(row, position)
        if position >= MAX_COLUMNS:
            return
        right = min(_number(cell.get(f"{_SS}MergeAcross")), MAX_COLUMNS - position)
        down = _number(cell.get(f"{_SS}MergeDown"))
        data = cell.find(f"{_SS}Data")
        text, kind = (
            ("", "") if data is None else ("".join(map(str, data.itertext())), data.get(f"{_SS}Type", "String"))
        )
        if kind == "Number":
            try:
                text = plain_number(float(text))
            except ValueError:
                kind = "String"
            if kind == "Number" and re.match(r"-?\d{7}", text):
                canvas.numeric.append((row, position))
        elif kind == "DateTime":
            text = re.sub(r"(?:\.0+)?Z?$", "", text.strip()).replace("T00:00:00", "").replace("T", " ")
        elif kind == "Boolean":
            text = {"1": "true", "0": "false"}.get(text.strip(), text)
        elif kind == "Error":
            canvas.errors.append((row, position, text))
        canvas.put(row, position, text, down, right)
        position += right + 1
