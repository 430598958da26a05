"""Files read on the workers: each file by one task as any command reads it, a large Parquet file in the parts that Spark cuts it into."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.errors import InputError, UserError
from xueji_cli.scaling.spark.carrying import complaint, from_arrow, said
from xueji_cli.schema.binding import unmatched_mappings
from xueji_cli.schema.roster import Roster
from xueji_cli.schema.streaming import StreamedRoster
from xueji_cli.schema.vocabulary import Vocabulary
from xueji_cli.tables import blob as blobs
from xueji_cli.tables import sniff
from xueji_cli.tables.options import MAX_BYTES
from xueji_cli.tables.pieces import Pieces
from xueji_cli.tables.reader import read_blob
from xueji_cli.tables.streaming import KINDS, Unstreamable, open_stream
from xueji_cli.tables.table import ROW, Known

if TYPE_CHECKING:
    from xueji_cli.schema.binder import Binder
    from xueji_cli.tables.header import Header
    from xueji_cli.tables.options import ReadOptions

#: Rows that are worked on at a time: some 200 MB with all that is derived from them.
PIECE = 100_000

#: What tasks give: `batch` with what came of a piece of a table (`kept` and `keys` as the command wants them), `table` with what a report
#: says of one, `part` with what is known of a part of a large file, `failed` with why a file could not be read or bound.
SCHEMA = (
    "table int, start long, attempt int, kind string, schema string, bound string, columns binary, kept binary, keys binary, "
    "said string"
)
_EMPTY: dict[str, Any] = dict.fromkeys(
    ("table", "start", "attempt", "kind", "schema", "bound", "columns", "kept", "keys", "said")
)

#: Makes of a piece of a table (`row`, columns named by field) what is to be kept: `columns`, `kept`, `keys`.
Work = Callable[[Roster | StreamedRoster, pl.DataFrame, bool], dict[str, bytes | None]]


@dataclass(frozen=True)
class WholeFiles:
    """Reads whole files, one after the other, and works on their pieces.

    Attributes:
        options: How to read.
        binder: Binds the columns.
        work: What is made of the pieces.
    """

    options: ReadOptions
    binder: Binder
    work: Work

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Work on record batches of `table`, `name` (as the user named it), `path`, `content` (bytes; null to open the path)."""
        for batch in batches:
            for each in batch.to_pylist():
                for record in self._file(each["name"], each["path"], each["content"]):
                    yield _record(table=each["table"], **record)

    def _file(self, name: str, path: str, content: bytes | None) -> Iterator[dict[str, Any]]:
        left: list[str] | None = None
        try:
            with _opened(name, path, content) as place:
                del content
                for record in self._read(name, place):
                    if "left" in record:
                        left = record["left"]
                    else:
                        yield record
        except UserError as error:
            step, told = ("read", None) if left is None else ("bind", json.dumps(left))
            yield {"kind": "failed", "schema": step, "bound": told, "said": complaint(error, name)}

    def _read(self, name: str, path: str) -> Iterator[dict[str, Any]]:
        """Yield what comes of a file; before its columns are bound, which of the user's mappings name none of them (`left`)."""
        vocabulary = Vocabulary(self.binder.schemas)
        _refuse_other_kinds(path)
        attempt = 0
        stream = open_stream(path, self.options, vocabulary, PIECE)
        if stream is not None:
            try:
                left = unmatched_mappings([stream.table], self.binder.headers)
                yield {"left": left}
                streamed = StreamedRoster(stream, self.binder)
                first = True
                for piece in streamed.batches():
                    yield batch_record(self.work, streamed, piece, attempt, first=first)
                    first = False
                yield _table(streamed.finished(), name, attempt, left)
            except Unstreamable:
                attempt = 1
            else:
                return
        for table in read_blob(blobs.load(path, MAX_BYTES), self.options, vocabulary):
            left = unmatched_mappings([table], self.binder.headers)
            yield {"left": left}
            roster = self.binder(table)
            for start in range(0, roster.frame.height, PIECE):
                yield batch_record(self.work, roster, roster.frame.slice(start, PIECE), attempt, first=not start)
            yield _table(roster, name, attempt, left)


@dataclass(frozen=True)
class FileParts:
    """Reads the parts of one large Parquet file that come to a task, and works on their pieces.

    Attributes:
        table: The number of the file.
        height: How many rows it has.
        head: Its first rows, as a sheet (`grid.Grid.frame`), and
        header: where among them its header stands.
        roster: The table, bound by its head, without its rows.
        work: What is made of the pieces.
    """

    table: int
    height: int
    head: pl.DataFrame
    header: Header
    roster: Roster
    work: Work

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Work on record batches of `c0 c1 …` and `row_index`; rows that follow one another in the file are one part."""
        part: _Part | None = None
        for batch in batches:
            for rows in _runs(from_arrow(batch)):
                first = int(rows["row_index"][0])
                if part is None or part.next != first:
                    if part is not None:
                        yield from part.end()
                    part = _Part(self, first)
                yield from part.add(rows.drop("row_index"))
        if part is not None:
            yield from part.end()


class _Part:
    """Rows of a file that follow one another."""

    def __init__(self, file: FileParts, first: int) -> None:
        self._file = file
        self._pieces = Pieces(file.head, file.header, begun=first > 0)
        self._waiting: list[pl.DataFrame] = []
        self._height = 0
        self.first = self.next = first

    def add(self, rows: pl.DataFrame) -> Iterator[Any]:
        self._waiting.append(rows)
        self._height += rows.height
        self.next += rows.height
        if self._height >= PIECE:
            yield from self._work(last=False)

    def end(self) -> Iterator[Any]:
        yield from self._work(last=True)
        told = {"first": self.first, "next": self.next, **self._pieces.said()}
        yield _record(table=self._file.table, start=self.first, attempt=0, kind="part", said=json.dumps(told))

    def _work(self, *, last: bool) -> Iterator[Any]:
        frame = pl.concat(self._waiting) if self._waiting else self._file.head.clear()
        # Row 0 of the sheet is the names of the columns.
        start = self.next - self._height + 1
        self._waiting, self._height = [], 0
        ends = self.next == self._file.height
        begins = not self._pieces.height and not self.first
        kept = self._pieces.add(frame, start, {}, [], last=last, ends=ends)
        if kept.height:
            roster = self._file.roster
            named = [pl.col(column.key).alias(name) for name, column in roster.columns.items()]
            record = batch_record(self._file.work, roster, kept.select(ROW, *named), 0, first=begins)
            yield _record(table=self._file.table, **record)


def batch_record(
    work: Work, roster: Roster | StreamedRoster, piece: pl.DataFrame, attempt: int, *, first: bool
) -> dict[str, Any]:
    """Return what is kept of a piece of a table."""
    return {
        "start": int(piece[ROW][0]),
        "attempt": attempt,
        "kind": "batch",
        "schema": roster.schema.name,
        "bound": json.dumps(sorted(roster.columns)),
        **work(roster, piece, first),
    }


@contextmanager
def _opened(name: str, path: str, content: bytes | None) -> Iterator[str]:
    """Give the path of a file, a private copy of what was carried here if need be."""
    if content is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="xueji-") as folder:
        copy = Path(folder) / f"file{Path(name).suffix}"
        with os.fdopen(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            stream.write(content)
        yield str(copy)


def _table(roster: Roster, name: str, attempt: int, left: list[str]) -> dict[str, Any]:
    source = replace(roster.table.source, path=name, digest=Known(roster.table.source.sha256))
    told = said(replace(roster, table=replace(roster.table, source=source)))
    return {"attempt": attempt, "kind": "table", "schema": roster.schema.name, "bound": json.dumps(left), "said": told}


def _refuse_other_kinds(path: str) -> None:
    """Refuse workbooks and pages.

    Raises:
        InputError: `spark_kind`; what `blob.load` raises.
    """
    blob = blobs.head_of(path)
    kind = "workbook" if blob.data.startswith(b"PK") else sniff.sniff(blob, MAX_BYTES)
    if kind not in KINDS:
        raise InputError("spark_kind", file=path)


def _runs(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Cut rows where their numbers leap."""
    leaps = (rows["row_index"].diff() != 1).fill_null(value=False).arg_true().to_list()
    edges = [0, *leaps, rows.height]
    return [rows.slice(a, b - a) for a, b in pairwise(edges) if b > a]


def _record(**values: Any) -> Any:
    """Return one row of `SCHEMA`."""
    import pyarrow as pa

    types = {
        "table": pa.int32(),
        "start": pa.int64(),
        "attempt": pa.int32(),
        "columns": pa.binary(),
        "kept": pa.binary(),
        "keys": pa.binary(),
    }
    row = {**_EMPTY, **values}
    return pa.RecordBatch.from_pydict(
        {name: pa.array([value], types.get(name, pa.string())) for name, value in row.items()}
    )
