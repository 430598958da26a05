"""Comma-, tab- and semicolon-separated text: fast when every record is regular, careful when one is not.

Polars reads a regular file in one pass but pads short rows in silence and stops at long ones. So a file is first *proved* regular
without a Python loop: no quotation marks and as many separators as the rows need, or every line matching the pattern of a whole
record. Only what fails the proof is read record by record.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from xueji_cli.tables.grid import Grid, frame_of
from xueji_cli.tables.header import HEAD_ROWS, find_header, header_at

#: Separators that are tried, the usual one first. A full-width comma is never one: it stands inside addresses.
DELIMITERS = (",", "\t", ";")

# A record of a roster does not go over more lines than this; a quotation mark left open swallows the whole file.
_MAX_SPAN = 20
_HEAD_BYTES = 1 << 18
_CHUNK = 50_000
# Columns beyond the header's that are still kept when records are longer than it.
_MAX_COLUMNS = 16_384

_QUOTE = ord('"')


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a text file."""

    cells: list[str]
    last_line: int
    """How many lines of the file have been read at its end."""
    unclosed: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text file that was read."""

    grid: Grid
    delimiter: str

    @property
    def kind(self) -> str:
        """`tsv` for tabs, `csv` for the others."""
        return "tsv" if self.delimiter == "\t" else "csv"


def read_text(data: bytes, header_row: int | None, knows: Callable[[str], bool]) -> Text:
    """Read separated text.

    Args:
        data: UTF-8 without a byte-order mark.
        header_row: Row number of the header, when the user gave it.
        knows: Says whether a header names a known field; this decides on the separator.

    Returns:
        The whole file as a grid, blank lines included, so that row numbers are those Excel shows.
    """
    data = _plain_line_ends(data)
    need = max(HEAD_ROWS, header_row or 0)
    delimiter, head = _best_head(data, need, header_row, knows)
    rows: list[list[str | None]] = [list(record.cells) for record in head]
    header = header_at(rows, header_row - 1, knows) if header_row else find_header(rows, knows)
    if header is None:
        return Text(Grid(frame_of(rows)), delimiter)
    top, below = head[: header.last + 1], head[header.last + 1 :]
    # A trailing separator in the data, or a header that stops early: the columns without a header are columns all the same.
    usual = Counter(len(record.cells) for record in below if any(record.cells)).most_common(1)
    width = max(
        _trimmed(head[header.last].cells), len(header.names) and _trimmed(header.names), *(n for n, _ in usual), 1
    )
    width = min(width, _MAX_COLUMNS)
    broken = any(record.unclosed for record in head)
    body = None if broken else _read_body(data, delimiter, width, top[-1].last_line)
    if body is None:
        return Text(_read_records(data, delimiter, width, first_data=len(top)), delimiter)
    frame, ragged = body
    head_frame = frame_of(rows[: len(top)], width)
    shifted = {len(top) + row: cells for row, cells in ragged.items()}
    return Text(Grid(pl.concat([head_frame, frame]), ragged=shifted), delimiter)


def _trimmed(cells: list[str] | tuple[str, ...]) -> int:
    """Count the cells up to the last that is not empty."""
    return max((index + 1 for index, cell in enumerate(cells) if cell.strip()), default=0)


def _plain_line_ends(data: bytes) -> bytes:
    """Make carriage returns that stand alone (old Macs, doubled by a careless program) line ends like the others."""
    if b"\r" not in data or data.count(b"\r") == data.count(b"\r\n"):
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _best_head(
    data: bytes, need: int, header_row: int | None, knows: Callable[[str], bool]
) -> tuple[str, list[Record]]:
    """Read the first records with each separator; the one that shows most known headers is right."""
    size = _HEAD_BYTES
    cut = data[:size]
    while len(cut) < len(data) and cut.count(b"\n") <= need * 2:
        size *= 4
        cut = data[:size]
    if len(cut) < len(data):
        cut = cut[: cut.rfind(b"\n") + 1]
    lines = cut.decode("utf-8", "strict").split("\n")
    if len(cut) == len(data) and lines and not lines[-1]:
        lines.pop()
    best: tuple[tuple[int, int], str, list[Record]] | None = None
    for delimiter in DELIMITERS:
        records = list(itertools.islice(_records(lines, delimiter), need))
        rows = [list(record.cells) for record in records]
        header = header_at(rows, header_row - 1, knows) if header_row else find_header(rows, knows)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        score = (header.known if header else 0, widths.most_common(1)[0][1] if widths else 0)
        if best is None or score > best[0]:
            best = (score, delimiter, records)
    assert best is not None
    return best[1], best[2]


# --- fast ---


def _read_body(data: bytes, delimiter: str, width: int, skip: int) -> tuple[pl.DataFrame, dict[int, int]] | None:
    """Read everything below the header in one pass, and prove that nothing was shifted or lost.

    Args:
        data: The file.
        delimiter: Separator.
        width: Cells a record should have.
        skip: Lines of title and header above.

    Returns:
        The rows, and row → cells found for those with too many or too few; None when records go over several lines or
        quotation marks stand where they should not.
    """
    start = _offset_of_line(data, skip)
    if start >= len(data):
        return frame_of([], width), {}
    if data.find(b'"', start) >= 0:
        return _read_quoted(data, delimiter, width, skip)
    frame = _parse(data, delimiter, width, skip, quote=None)
    if frame is not None and _all_full(frame, data, start):
        return frame, {}
    return _read_lines(data, delimiter, width, skip)


def _offset_of_line(data: bytes, line: int) -> int:
    offset = 0
    for _ in range(line):
        found = data.find(b"\n", offset)
        if found < 0:
            return len(data)
        offset = found + 1
    return offset


def _parse(data: bytes, delimiter: str, width: int, skip: int, quote: str | None) -> pl.DataFrame | None:
    """Run the CSV reader; None when a row is longer than `width`, or it can't read the data."""
    names = [f"c{index}" for index in range(width)]
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            skip_lines=skip,
            separator=delimiter,
            quote_char=quote,
            infer_schema=False,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.width > width:
        return None
    frame.columns = names[: frame.width]
    return frame if frame.width == width else None


def _all_full(frame: pl.DataFrame, data: bytes, start: int) -> bool:
    """Prove that no row is short: Polars raises on long rows, so too few cells in all would show in the count."""
    if not frame[frame.columns[-1]].null_count():
        return True  # a short row ends in a null
    # Without quotation marks every byte is a cell's, a separator or a line end; adding up the cells is faster than counting.
    cells: int = sum(frame.select(pl.all().str.len_bytes().sum()).row(0))
    line_ends = frame.height - (not data.endswith(b"\n")) + data.count(b"\r", start)
    separators = len(data) - start - cells - line_ends
    return separators == frame.height * (frame.width - 1)


def _lines(data: bytes, skip: int) -> pl.Series | None:
    """Return the lines of the body, null for blank ones; None when they can't be had."""
    unused = next((code for code in (b"\x1f", b"\x1e", b"\x1d", b"\x01", b"\x02") if code not in data), None)
    if unused is None:
        return None
    frame = _parse(data, unused.decode(), 1, skip, quote=None)
    return None if frame is None else frame.to_series().alias("line")


def _read_lines(data: bytes, delimiter: str, width: int, skip: int) -> tuple[pl.DataFrame, dict[int, int]] | None:
    """Read a body without quotation marks in which some rows are too short, too long or blank."""
    lines = _lines(data, skip)
    if lines is None:
        return None
    counts = lines.str.count_matches(delimiter, literal=True) + 1
    regular = (counts == width) & lines.is_not_null()
    index = pl.int_range(lines.len(), dtype=pl.UInt32, eager=True).alias("index")
    names = [f"c{position}" for position in range(width)]
    pieces = [pl.DataFrame(schema={"index": pl.UInt32, **dict.fromkeys(names, pl.String)})]
    if regular.any():
        joined = lines.filter(regular).str.join("\n").item().encode()
        good = _parse(joined, delimiter, width, 0, quote=None)
        if good is None:
            return None
        pieces.append(good.select(index.filter(regular), pl.all()))
    odd = pl.DataFrame([index, lines, counts.alias("count")]).filter(~regular.fill_null(value=False))
    # A loop over the irregular lines only.
    cells: list[list[str | None]] = [list((line or "").split(delimiter)) for line in odd["line"]]
    pieces.append(frame_of(cells, width).select(odd["index"], pl.all()))
    frame = pl.concat(pieces).sort("index").drop("index")
    ragged = {
        row: len(found)
        for row, found in zip(odd["index"], cells, strict=True)
        # Empty cells past the last column, or a blank line, are no fault.
        if any(found) and (len(found) < width or any(found[width:]))
    }
    return frame, ragged


def _read_quoted(data: bytes, delimiter: str, width: int, skip: int) -> tuple[pl.DataFrame, dict[int, int]] | None:
    """Read a body with quotation marks, if every line is one whole record."""
    lines = _lines(data, skip)
    if lines is None:
        return None
    cell = rf'(?:[^"{delimiter}]*|"(?:[^"]|"")*")'
    record = rf"^{cell}(?:{delimiter}{cell}){{{width - 1}}}$"
    try:
        whole = lines.str.contains(record)
    except pl.exceptions.PolarsError:  # the pattern of a very wide record is too large
        return None
    if not whole.fill_null(value=True).all():
        return None
    frame = _parse(data, delimiter, width, skip, quote='"')
    return None if frame is None or frame.height != lines.len() else (frame, {})


# --- careful ---


def _read_records(data: bytes, delimiter: str, width: int, first_data: int) -> Grid:
    """Read record by record: quotation marks that do not close, records over several lines, ragged rows."""
    lines = data.decode("utf-8").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    pieces: list[pl.DataFrame] = []
    ragged: dict[int, int] = {}
    unclosed: list[int] = []
    records = _records(lines, delimiter, width)
    row = 0
    while chunk := list(itertools.islice(records, _CHUNK)):
        for record in chunk:
            found = len(record.cells)
            shifted = found < width or any(record.cells[width:])
            if shifted and row >= first_data and any(record.cells):
                ragged[row] = found
            if record.unclosed:
                unclosed.append(row)
            row += 1
        pieces.append(frame_of([list(record.cells) for record in chunk], width))
    return Grid(pl.concat(pieces), ragged=ragged, unclosed=tuple(unclosed))


def _records(lines: list[str], delimiter: str, width: int = 0) -> Iterator[Record]:
    """Split lines into records as Excel does, except that a quotation mark left open does not swallow what follows.

    Args:
        lines: Without their ends.
        delimiter: Separator.
        width: Cells a record should have, if known: helps to see where a mark was left open.
    """
    start = 0
    while start < len(lines):
        reader = csv.reader((line + "\n" for line in itertools.islice(lines, start, None)), delimiter=delimiter)
        done = start
        try:
            for cells in reader:
                end = start + reader.line_num
                if end - done > 1 and _swallowed(lines, done, end, cells, delimiter, width):
                    break
                if end == len(lines) and _left_open(lines, done, end, delimiter):
                    break
                yield Record(cells, end)
                done = end
            else:
                return
        except csv.Error:
            pass  # a cell of more than 128 KB: a mark left open as well
        yield Record(_without_quotes(lines[done], delimiter), done + 1, unclosed=True)
        start = done + 1


def _swallowed(lines: list[str], start: int, end: int, cells: list[str], delimiter: str, width: int) -> bool:
    """Judge a record over several lines: has an open mark swallowed whole records?"""
    if end - start > _MAX_SPAN:
        return True
    if not _well_formed(lines[start:end], delimiter):
        return True  # the mark that ended the cell was the first of another
    width = width or len(cells)
    if width < 3:
        return False
    if len(cells) != width and lines[start].count(delimiter) == width - 1:
        return True
    return any(part.count(delimiter) >= width - 1 for cell in cells if "\n" in cell for part in cell.split("\n"))


def _well_formed(lines: list[str], delimiter: str) -> bool:
    try:
        return len(list(csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _left_open(lines: list[str], start: int, end: int, delimiter: str) -> bool:
    """Say whether the last record ends inside quotation marks: then it swallows a line put after it."""
    more = itertools.chain((line + "\n" for line in lines[start:end]), ["end\n"])
    return len(list(csv.reader(more, delimiter=delimiter))) == 1


def _without_quotes(line: str, delimiter: str) -> list[str]:
    return [cell.removeprefix('"').removesuffix('"') for cell in line.rstrip("\r").split(delimiter)]
