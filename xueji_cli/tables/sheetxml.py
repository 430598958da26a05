"""What an .xlsx knows about its cells beyond their text: types, hidden rows and columns, merged ranges, where cells begin.

fastexcel gives values only. The sheet's XML is unpacked in pieces and searched with Polars' regular expressions, which work
without the interpreter lock, so this runs in a thread beside fastexcel and costs little time of its own.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from xueji_cli.tables.grid import CELL_TEXTS, CELLS, Merge
from xueji_cli.tables.options import MAX_ROWS

_PIECE = 16 * 1024 * 1024
_HEAD = 64 * 1024
_TAIL_MARK = re.compile(rb"</(?:\w+:)?sheetData>|<(?:\w+:)?sheetData\s*/>")


class IrregularSheet(Exception):
    """The XML leaves out what a fast search relies on (cell references), or has more than it says."""


@dataclass(slots=True)
class SheetFacts:
    """What the XML of one sheet told.

    Attributes:
        first_column: Position of the first column with a value; None when no cell has one.
        starts: Rows whose first cell with a value is in `first_column` (the first few).
        numeric, errors, merges, hidden_rows, hidden_columns, drawing: As in `Grid`.
    """

    first_column: int | None = None
    starts: list[int] = field(default_factory=list)
    numeric: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CELLS))
    errors: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CELL_TEXTS))
    merges: tuple[Merge, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    drawing: bool = False


def column_position(letters: str) -> int:
    """Return the 0-based position of a column's letters: `A` → 0, `AA` → 26."""
    position = 0
    for letter in letters:
        position = position * 26 + ord(letter) - 64
    return position - 1


def scan(data: bytes, part: str) -> SheetFacts:
    """Search the XML of a sheet.

    Args:
        data: The workbook.
        part: Path of the sheet in it.

    Raises:
        IrregularSheet: When cells carry no references; values are then to be asked of a slower reader.
        zipfile.BadZipFile, zlib.error: When the archive is damaged.
    """
    facts = SheetFacts()
    found = _Found()
    patterns: _Patterns | None = None
    tail = b""
    for piece in _pieces(data, part):
        if patterns is None:
            patterns = _Patterns.of(piece)
            facts.hidden_columns = _hidden_columns(piece[:_HEAD])
        found.search(piece, patterns)
        tail = piece
    end = [match.end() for match in _TAIL_MARK.finditer(tail)]
    rest = tail[end[-1] :] if end else b""
    facts.merges = merges_in(rest)
    facts.drawing = bool(re.search(rb"<(?:\w+:)?(?:drawing|legacyDrawing|picture)\b", rest))
    found.into(facts)
    return facts


def _pieces(data: bytes, part: str) -> Iterator[bytes]:
    """Unpack a part in pieces that end at the end of a row (the last one has the tail of the sheet)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(part) as stream:
        rest = b""
        while more := stream.read(_PIECE):
            piece = rest + more
            cut = piece.rfind(b"row>") + 4
            # Self-closed rows only, or one row of many megabytes: go on until a row ends.
            if cut < 4:
                if len(piece) > 8 * _PIECE:
                    raise IrregularSheet
                rest = piece
                continue
            rest = piece[cut:]
            yield piece[:cut]
        yield rest


@dataclass(frozen=True, slots=True)
class _Patterns:
    notable: str
    long: str
    numeric: str
    error: str
    first: str
    row: re.Pattern[bytes]

    @classmethod
    def of(cls, head: bytes) -> _Patterns:
        """Write the patterns for the prefix this file uses: <c …>, or <x:c …> as .NET programs write."""
        match = re.search(rb"<(\w+:)?worksheet\b", head[:_HEAD])
        p = (match[1] or b"").decode() if match else ""
        if re.search(rf"<{p}c(?![^>]*\br=)[ />]".encode(), head[: _PIECE // 4]):
            raise IrregularSheet
        formula = rf"(?:<{p}f[^>]*/>|<{p}f[^>]*>[^<]*</{p}f>)?"
        plain = r'(?:\s+(?:r|s|cm|vm|ph)="[^"]*"|\s+t="n")*\s*'
        empty = rf"(?:<{p}c\s[^>]*/>|<{p}c\s[^>]*></{p}c>)"
        long = rf"<{p}v>\s*-?(?:[0-9]{{7}}|[0-9](?:\.[0-9]+)?[Ee])"
        return cls(
            notable=rf'{long}|t="e"|hidden="',
            long=long,
            numeric=rf"<{p}c{plain}>{formula}<{p}v>\s*-?(?:\d{{7,}}|\d(?:\.\d+)?[Ee]\+?0*(?:[6-9]|\d\d))",
            error=rf'<{p}c\s[^>]*t="e"[^>]*>{formula}<{p}v>[^<]*',
            first=rf"<{p}row\b[^>]*>\s*(?:{empty}\s*)*<{p}c\s[^>]*>",
            row=re.compile(rf'<{p}row\b[^>]*\shidden="(?:1|true)"[^>]*>'.encode()),
        )


class _Found:
    """Collects raw matches over the pieces; they are taken apart once, at the end."""

    def __init__(self) -> None:
        self.numeric: list[pl.Series] = []
        self.errors: list[pl.Series] = []
        self.first: list[pl.Series] = []
        self.hidden: list[int] = []
        self.at_a = False

    def search(self, piece: bytes, patterns: _Patterns) -> None:
        """Search one piece."""
        if b"row" not in piece:
            return
        # Through Binary: the bytes are checked and taken over without a Python string between.
        text = pl.Series([piece], dtype=pl.Binary).cast(pl.String)
        # One look for anything of note; most pieces of a large sheet have nothing, and each further look costs as much again.
        if text.str.contains(patterns.notable).any():
            if text.str.contains(patterns.long).any():
                self.numeric.append(_matches(text, patterns.numeric))
            if b't="e"' in piece:
                self.errors.append(_matches(text, patterns.error))
            if b"hidden=" in piece:
                self.hidden += [
                    int(row) - 1 for tag in patterns.row.findall(piece) for row in re.findall(rb'\br="(\d+)"', tag)
                ]
        if not self.at_a:
            self.first.append(_matches(text, patterns.first))
            self.at_a = bool(self.first[-1].str.contains(r'\br="A[0-9]+"[^<]*$').any())

    def into(self, facts: SheetFacts) -> None:
        """Take the matches apart."""
        facts.hidden_rows = tuple(row for row in self.hidden if row < MAX_ROWS)
        facts.numeric = _cells(self.numeric).select(CELLS.names())
        errors = _cells(self.errors)
        facts.errors = errors.with_columns(pl.col("match").str.extract(r">([^<>]*)$").alias("text")).select(
            CELL_TEXTS.names()
        )
        first = _cells(self.first)
        if first.height:
            facts.first_column = first["position"].min()  # type: ignore[assignment]
            facts.starts = first.filter(pl.col("position") == facts.first_column)["row"].head(100).to_list()


def _matches(text: pl.Series, pattern: str) -> pl.Series:
    return text.str.extract_all(pattern).explode().drop_nulls()


def _cells(matches: list[pl.Series]) -> pl.DataFrame:
    """Read the reference of each matched cell: the last one in the match."""
    frame = (pl.concat(matches) if matches else pl.Series(dtype=pl.String)).alias("match").to_frame()
    frame = frame.with_columns(pl.col("match").str.extract(r'[\s\S]*\br="([A-Z]+\d+)"').alias("ref")).drop_nulls("ref")
    frame = frame.with_columns(
        pl.col("ref").str.extract(r"(\d+)$").cast(pl.UInt32, strict=False) - 1,
        pl.col("ref").str.extract(r"^([A-Z]+)").alias("letters"),
    ).rename({"ref": "row"})
    letters = frame["letters"].unique().to_list()
    positions = pl.DataFrame(
        {"letters": letters, "position": [column_position(text) for text in letters]},
        schema={"letters": pl.String, "position": pl.UInt32},
    )
    return frame.join(positions, on="letters", maintain_order="left").drop_nulls("row")


def _hidden_columns(head: bytes) -> tuple[int, ...]:
    hidden: set[int] = set()
    for tag in re.findall(rb"<(?:\w+:)?col\s[^>]*>", head):
        attributes = dict(re.findall(rb'(\w+)="([^"]*)"', tag))
        if attributes.get(b"hidden") in {b"1", b"true"}:
            first, last = int(attributes.get(b"min", b"1")), int(attributes.get(b"max", b"1"))
            hidden.update(range(first - 1, min(last, 16384)))
    return tuple(sorted(hidden))


def merges_in(tail: bytes) -> tuple[Merge, ...]:
    """Return the merged ranges that the end of a sheet's XML names."""
    merges = []
    for match in re.finditer(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"', tail):
        left, top, right, bottom = (group.decode() for group in match.groups())
        merges.append(Merge(int(top) - 1, column_position(left), int(bottom) - 1, column_position(right)))
    return tuple(merge for merge in merges if merge.possible)
