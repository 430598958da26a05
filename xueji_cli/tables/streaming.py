"""Read a large CSV or Parquet file piece by piece: what `reader` would give, without all of it in memory at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.tables import blob as blobs
from xueji_cli.tables import sniff
from xueji_cli.tables.blob import STDIN
from xueji_cli.tables.blocks import TextSource, open_text
from xueji_cli.tables.header import HEAD_ROWS, Header
from xueji_cli.tables.options import MAX_BYTES, ReadOptions, Vocabulary
from xueji_cli.tables.parquet import ParquetSource, open_parquet
from xueji_cli.tables.pieces import Pieces
from xueji_cli.tables.reader import file_facts, header_of
from xueji_cli.tables.table import Source, Table

#: Bytes of a row of text, about: a piece of a text file has as many bytes as so many rows.
_ROW_BYTES = 300
#: What can be read in pieces. Workbooks and web pages can't: what ends them has to be there before their first row makes sense.
KINDS = frozenset({"parquet", "text"})


class Unstreamable(Exception):
    """A file that has to be read as a whole: what its end holds decides on how its beginning is read."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True)
class Below:
    """A piece of what stands below the header; the arguments of `Pieces.add`."""

    frame: pl.DataFrame
    start: int
    ragged: dict[int, int]
    unclosed: list[int]
    last: bool


class Stream:
    """A table that is read piece by piece.

    Attributes:
        table: The table as its first piece shows it.
    """

    def __init__(
        self, source: Source, head: pl.DataFrame, header: Header, below: Callable[[], Iterator[Below]]
    ) -> None:
        self._source = source
        self._header = header
        self._head = head
        self._below = below
        self._pieces = Pieces(head, header)
        # The first rows are looked at here; they are read once more when it is time.
        first = next(self._rows(), None)
        if first is None:
            raise Unstreamable(source.path)
        self.table = Table(source, header.last + 1, self._pieces.columns, first)
        self._pieces = Pieces(head, header)

    def forget(self) -> Table:
        """Let go of the first rows, once they were looked at, and return the table without them."""
        self.table = replace(self.table, rows=self.table.frame.clear())
        return self.table

    def pieces(self) -> Iterator[pl.DataFrame]:
        """Yield the data rows, as in `Table.frame`."""
        self._pieces = Pieces(self._head, self._header)
        yield from self._rows()

    def _rows(self) -> Iterator[pl.DataFrame]:
        for piece in self._below():
            kept = self._pieces.add(piece.frame, piece.start, piece.ragged, piece.unclosed, last=piece.last)
            if kept.height:
                yield kept

    def take(self, parts: Sequence[Mapping[str, Any]]) -> None:
        """Know of all rows what others say who read them (`Pieces.said`)."""
        self._pieces = Pieces(self._head, self._header)
        for said in parts:
            self._pieces.take(said)

    @property
    def filled(self) -> dict[str, int]:
        """How many cells of each column hold something; known at the end."""
        return self._pieces.filled

    def finished(self) -> Table:
        """Return the table without its rows, once they were all read."""
        pieces = self._pieces
        columns = pieces.columns
        facts = (*file_facts(self._source), *pieces.facts())
        empty = self.table.frame.clear()
        return Table(self._source, self._header.last + 1, columns, empty, facts=facts, streamed=pieces.height)


def open_stream(path: str, options: ReadOptions, vocabulary: Vocabulary, rows: int) -> Stream | None:
    """Begin to read a file in pieces.

    Args:
        path: The file.
        options: How to read it; its size does not matter.
        vocabulary: Knows the headers of all schemas.
        rows: About how many rows a piece has.

    Returns:
        None when it has to be read as a whole, or when that tells better what is wrong with it.
    """
    if path == STDIN or not Path(path).is_file() or (options.keys is not None and options.keys.holds(path)):
        return None
    try:
        blob = blobs.head_of(path)
        kind = sniff.sniff(blob, MAX_BYTES) if not blob.data.startswith(b"PK") else "package"
        if kind not in KINDS:
            return None
        known = knows_once(vocabulary.knows)
        if kind == "parquet":
            return _parquet(blob, options, known, rows)
        return _text(blob, options, known, rows)
    except (InputError, Unstreamable):
        return None


def knows_once(knows: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return the same question, asked once for each header."""
    answers: dict[str, bool] = {}

    def ask(header: str) -> bool:
        if header not in answers:
            answers[header] = knows(header)
        return answers[header]

    return ask


def _source(blob: blobs.Blob, kind: str, encoding: str | None) -> Source:
    named = None if sniff.kept_promise(blob.suffix, kind) else blob.suffix.removeprefix(".")
    return Source(path=blob.path, sheet=None, kind=kind, digest=blob.digest, encoding=encoding, named=named)


def _parquet(blob: blobs.Blob, options: ReadOptions, knows: Callable[[str], bool], rows: int) -> Stream | None:
    file: ParquetSource = open_parquet(blob.path)
    head = file.head(max(HEAD_ROWS, (options.header_row or 0) + 1))
    header = header_of(head, options.header_row, knows)
    if header is None:
        return None

    # Row 0 is the names of the columns.
    def below() -> Iterator[Below]:
        start = header.last + 1
        for frame, last in file.pieces(header.last, rows):
            yield Below(frame, start, {}, [], last)
            start += frame.height

    return Stream(_source(blob, "parquet", None), head, header, below)


def _text(blob: blobs.Blob, options: ReadOptions, knows: Callable[[str], bool], rows: int) -> Stream | None:
    file: TextSource | None = open_text(blob.path, options.encoding, options.header_row, knows)
    if file is None:
        return None
    top = file.layout.top
    body, _ = next(file.bodies(max(rows * _ROW_BYTES, 1 << 20)))
    head = pl.concat([file.layout.top_frame, body.frame.head(HEAD_ROWS + (options.header_row or 0))])
    header = header_of(head, options.header_row, knows)
    if header is None or header.last + 1 != len(top):
        return None

    def below() -> Iterator[Below]:
        start = len(top)
        unclosed = [row for row, record in enumerate(top) if record.unclosed]
        for piece, last in file.bodies(rows * _ROW_BYTES):
            ragged = {start + row: cells for row, cells in piece.ragged.items()}
            yield Below(piece.frame, start, ragged, [*unclosed, *(start + row for row in piece.unclosed)], last)
            start += piece.frame.height
            unclosed = []

    kind = "tsv" if file.layout.delimiter == "\t" else "csv"
    return Stream(_source(blob, kind, file.coding.name), head, header, below)
