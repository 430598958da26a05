"""Comma-, tab- and semicolon-separated text: fast where records are regular, careful where one is not.

Polars reads a regular file in one pass but pads short rows in silence and stops at long ones. So a file is first *proved* to be
regular without a Python loop: no quotation marks and as many separators as its rows need, or every line the pattern of a whole
record. Only lines that fail the proof are read record by record, and only as far as the next line that is whole.
"""

from __future__ import annotations

import bisect
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from xueji_cli.tables.grid import Grid, frame_of
from xueji_cli.tables.header import HEAD_ROWS, Header, find_header, header_at
from xueji_cli.tables.options import MAX_COLUMNS, MAX_LINE
from xueji_cli.tables.records import Record, records_of

#: Separators that are tried, the usual one first. A full-width comma is never one: it stands inside addresses.
DELIMITERS = (",", "\t", ";")

_HEAD_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Text:
    """A text file that was read."""

    grid: Grid
    delimiter: str

    @property
    def kind(self) -> str:
        """`tsv` for tabs, `csv` for the others."""
        return "tsv" if self.delimiter == "\t" else "csv"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text file is built.

    Attributes:
        delimiter: Separator.
        head: Its first records.
        top: Those of them above the data: title and header; empty when there is no header.
        width: Cells that a record should have.
    """

    delimiter: str
    head: list[Record]
    top: list[Record]
    width: int

    @property
    def top_frame(self) -> pl.DataFrame:
        """The records above the data as a grid frame."""
        return frame_of([list(record.cells) for record in self.top], self.width)


def find_layout(data: bytes, header_row: int | None, knows: Callable[[str], bool]) -> Layout:
    """Find out how a text file is built from its beginning; arguments as `read_text`."""
    need = head_lines(header_row)
    delimiter, head, header = _best_head(data, need, header_row, knows)
    if header is None:
        return Layout(delimiter, head, [], 0)
    top, below = head[: header.last + 1], head[header.last + 1 :]
    # A trailing separator in the data, or a header that stops early: the columns without a header are columns all the same.
    usual = Counter(len(record.cells) for record in below if any(record.cells)).most_common(1)
    width = max(
        _trimmed(head[header.last].cells), len(header.names) and _trimmed(header.names), *(n for n, _ in usual), 1
    )
    return Layout(delimiter, head, top, min(width, MAX_COLUMNS))


def head_lines(header_row: int | None) -> int:
    """Return how many records are looked at to find the header."""
    return max(HEAD_ROWS, header_row or 0)


def read_text(data: bytes, header_row: int | None, knows: Callable[[str], bool]) -> Text:
    """Read separated text.

    Args:
        data: UTF-8, with a byte-order mark or without.
        header_row: Row number of the header, when the user gave it.
        knows: Says whether a header names a known field; this decides on the separator.

    Returns:
        The whole file as a grid, blank lines included, so that row numbers are those Excel shows.
    """
    data = plain_line_ends(data)
    layout = find_layout(data, header_row, knows)
    top = layout.top
    if not top:
        return Text(Grid(frame_of([list(record.cells) for record in layout.head])), layout.delimiter)
    body = read_body(data, layout.delimiter, layout.width, top[-1].last_line)
    return Text(
        Grid(
            pl.concat([layout.top_frame, body.frame]),
            ragged={len(top) + row: cells for row, cells in body.ragged.items()},
            unclosed=(
                *(row for row, record in enumerate(top) if record.unclosed),
                *(len(top) + row for row in body.unclosed),
            ),
        ),
        layout.delimiter,
    )


def too_long_line(data: bytes) -> int | None:
    """Return the number of the first line that is too long to be a record; None when there is none."""
    start = 0
    while start + MAX_LINE < len(data):
        end = max(data.rfind(b"\n", start, start + MAX_LINE), data.rfind(b"\r", start, start + MAX_LINE))
        if end < 0:
            return data.count(b"\n", 0, start) + 1
        start = end + 1
    return None


def _trimmed(cells: list[str] | tuple[str, ...]) -> int:
    """Count the cells up to the last that is not empty."""
    return max((index + 1 for index, cell in enumerate(cells) if cell.strip()), default=0)


def plain_line_ends(data: bytes) -> bytes:
    """Make carriage returns that stand alone (old Macs, doubled by a careless program) line ends like the others."""
    if b"\r" not in data or data.count(b"\r") == data.count(b"\r\n"):
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _best_head(
    data: bytes, need: int, header_row: int | None, knows: Callable[[str], bool]
) -> tuple[str, list[Record], Header | None]:
    """Read the first records with each separator; the one that shows most known headers is right, and its header comes along."""
    size = _HEAD_BYTES
    cut = data[:size]
    while len(cut) < len(data) and cut.count(b"\n") <= need * 2:
        size *= 4
        cut = data[:size]
    if len(cut) < len(data):
        cut = cut[: cut.rfind(b"\n") + 1]
    text = cut.decode("utf-8-sig", "strict")
    lines = text.split("\n")
    if len(cut) == len(data) and lines and not lines[-1]:
        lines.pop()
    best: tuple[tuple[int, int], str, list[Record], Header | None] | None = None
    for delimiter in DELIMITERS:
        if best is not None and best[0][0] > 1 and delimiter not in text:
            # A row of one cell names one field at the most.
            continue
        records = list(itertools.islice(records_of(lines, delimiter), need))
        rows: list[list[str | None]] = [list(record.cells) for record in records]
        header = header_at(rows, header_row - 1, knows) if header_row else find_header(rows, knows)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        score = (header.known if header else 0, widths.most_common(1)[0][1] if widths else 0)
        if best is None or score > best[0]:
            best = (score, delimiter, records, header)
    assert best is not None
    return best[1:]


# --- everything below the header ---


@dataclass(frozen=True, slots=True)
class Body:
    """The records below the header, and where they are irregular (0-based from the first of them).

    `open` says that the data ends inside quotation marks: what comes behind it may belong to its last record.
    """

    frame: pl.DataFrame
    ragged: dict[int, int] = field(default_factory=dict)
    unclosed: list[int] = field(default_factory=list)
    open: bool = False


def read_body(data: bytes, delimiter: str, width: int, skip: int) -> Body:
    """Read everything below the header, with proof that nothing was shifted or lost.

    Args:
        data: The file.
        delimiter: Separator.
        width: Cells a record should have.
        skip: Lines of title and header above.
    """
    start = offset_of_line(data, skip)
    if start >= len(data):
        return Body(frame_of([], width))
    quoted = data.find(b'"', start) >= 0
    if not quoted:
        frame = _parse(data, delimiter, width, skip, quote=None)
        if frame is not None and _all_full(frame, data, start):
            return Body(frame)
    lines = _lines(data, skip)
    whole = _whole(lines, delimiter, width, quoted=quoted)
    if whole.all():
        frame = _parse(data, delimiter, width, skip, quote='"' if quoted else None)
        if frame is not None and frame.height == lines.len():
            return Body(frame)
    return _mended(lines, whole, delimiter, width)


def offset_of_line(data: bytes, line: int) -> int:
    """Return where a line (0-based) begins; the end of the data when it has fewer lines."""
    offset = 0
    for _ in range(line):
        found = data.find(b"\n", offset)
        if found < 0:
            return len(data)
        offset = found + 1
    return offset


def _parse(data: bytes, delimiter: str, width: int, skip: int, quote: str | None) -> pl.DataFrame | None:
    """Run the CSV reader; None when a row is longer than `width`, or it can't read the data."""
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
        return None  # its text would show children's data
    if frame.width != width:
        return None
    frame.columns = [f"c{index}" for index in range(width)]
    return frame


def _all_full(frame: pl.DataFrame, data: bytes, start: int) -> bool:
    """Prove that no row is short: Polars raises on long rows, so too few separators in all would show."""
    if not frame[frame.columns[-1]].null_count():
        return True  # a short row ends in a null
    # Without quotation marks every byte is a cell's, a separator or a line end; adding up the cells is faster than counting.
    cells: int = sum(frame.select(pl.all().str.len_bytes().sum()).row(0))
    line_ends = frame.height - (not data.endswith(b"\n")) + data.count(b"\r", start)
    separators = len(data) - start - cells - line_ends
    return separators == frame.height * (frame.width - 1)


def _lines(data: bytes, skip: int) -> pl.Series:
    """Return the lines of the body without their ends; blank ones are null.

    Raises:
        UnicodeDecodeError: The data is not UTF-8.
    """
    unused = next((code for code in (b"\x1f", b"\x1e", b"\x1d", b"\x01", b"\x02") if code not in data), None)
    frame = _parse(data, unused.decode(), 1, skip, quote=None) if unused else None
    if frame is not None:
        return frame.to_series().alias("line")
    lines = data.decode("utf-8").split("\n")[skip:]
    if lines and not lines[-1]:
        lines.pop()
    return pl.Series("line", [line.removesuffix("\r") or None for line in lines], dtype=pl.String)


def _whole(lines: pl.Series, delimiter: str, width: int, *, quoted: bool) -> pl.Series:
    """Say of each line whether it is one whole record of `width` cells, or blank."""
    if not quoted:
        whole = lines.str.count_matches(delimiter, literal=True) == width - 1
    else:
        cell = rf'(?:[^"{delimiter}]*|"(?:[^"]|"")*")'
        try:
            whole = lines.str.contains(rf"^{cell}(?:{delimiter}{cell}){{{width - 1}}}$")
        except pl.exceptions.PolarsError:  # the pattern of a very wide record is too large
            return pl.repeat(value=False, n=lines.len(), dtype=pl.Boolean, eager=True)
    return whole.fill_null(value=True)


def _mended(lines: pl.Series, whole: pl.Series, delimiter: str, width: int) -> Body:
    """Read whole lines in one pass and the others record by record."""
    odd = (~whole).arg_true().to_list()
    texts = [line or "" for line in lines.to_list()]
    records: list[Record] = []
    starts: list[int] = []
    taken: list[int] = []
    next_odd = 0
    # A loop over the irregular lines and those that they reach over.
    while next_odd < len(odd):
        start = odd[next_odd]
        for record in records_of(texts, delimiter, width, start):
            records.append(record)
            starts.append(start)
            taken.extend(range(start, record.last_line))
            start = record.last_line
            if start >= len(texts) or whole[start]:
                break
        next_odd = bisect.bisect_left(odd, start, next_odd)
    # An empty record holds the place of each of these in the one pass over the others.
    order = pl.int_range(lines.len(), dtype=pl.UInt32, eager=True)
    first = order.is_in(pl.Series(starts, dtype=pl.UInt32).implode())
    rest = order.is_in(pl.Series(taken, dtype=pl.UInt32).implode()) & ~first
    kept = pl.select(pl.when(first).then(pl.lit(delimiter * (width - 1))).otherwise(lines.fill_null(""))).to_series()
    kept = kept.filter(~rest)
    joined = kept.str.join("\n").item() + "\n"
    frame = _parse(joined.encode(), delimiter, width, 0, quote='"')
    if frame is None or frame.height != kept.len():
        frame = frame_of([list(record.cells) for record in records_of(kept.to_list(), delimiter)], width)
    # Lines that went into a record above push everything below them up.
    up = rest.cast(pl.UInt32).cum_sum()
    rows = [start - up[start] for start in starts]
    cells = frame_of([list(record.cells) for record in records], width)
    frame = frame.with_columns(frame[name].scatter(rows, cells[name]) for name in frame.columns)
    ragged = {
        row: len(record.cells)
        for row, record in zip(rows, records, strict=True)
        # Empty cells past the last column, or a blank line, are no fault.
        if any(record.cells) and (len(record.cells) < width or any(record.cells[width:]))
    }
    unclosed = [row for row, record in zip(rows, records, strict=True) if record.unclosed]
    return Body(frame, ragged, unclosed, open=any(record.endless for record in records))
