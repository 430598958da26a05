"""The inputs of a run on Spark: which files there are, how each is read, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.errors import InputError, UserError
from xueji_cli.scaling.spark.carrying import collected, error_of, from_arrow, heard
from xueji_cli.scaling.spark.intake import SCHEMA, FileParts, WholeFiles
from xueji_cli.scaling.spark.storage import is_uri, literal, local_uri, plain_path
from xueji_cli.schema.binding import unmatched_mappings
from xueji_cli.schema.streaming import StreamedRoster
from xueji_cli.schema.vocabulary import Vocabulary
from xueji_cli.tables import blob as blobs
from xueji_cli.tables.blob import STDIN, megabytes
from xueji_cli.tables.header import HEAD_ROWS
from xueji_cli.tables.leftout import END_ROWS
from xueji_cli.tables.parquet import names_row, texts
from xueji_cli.tables.paths import expand_inputs
from xueji_cli.tables.reader import header_of
from xueji_cli.tables.streaming import Below, Stream, Unstreamable, knows_once
from xueji_cli.tables.table import Known, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.scaling.spark.intake import Work
    from xueji_cli.scaling.spark.stages import Stages
    from xueji_cli.scaling.spark.storage import Storage
    from xueji_cli.schema.binder import Binder
    from xueji_cli.schema.roster import Roster
    from xueji_cli.tables.options import ReadOptions

#: A Parquet file of so many bytes is cut into parts; a smaller one is one task's work.
LARGE = 64 << 20
#: A file that is read as a whole from elsewhere than this machine's disks goes through the memory of its task.
MOST_CARRIED = 512 << 20
#: What is left out of a table hangs on no more rows around a row than these: a part of a file has as many, or it is all of it.
_AROUND = END_ROWS + HEAD_ROWS
#: Types whose cells Spark and a reader of one machine write the same.
_PLAIN = frozenset({"string", "tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "date"})


@dataclass(frozen=True, slots=True)
class Input:
    """A file.

    Attributes:
        name: As the user named it, or its address.
        path: Where workers open it, on a disk that all of them see; empty for one that Spark carries to them.
        uri: Its address.
        size: In bytes.
        modified: When it was last changed.
    """

    name: str
    path: str
    uri: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A large file that is read in parts.

    Attributes:
        frame: Its rows, as `FileParts` takes them.
        parts: Works on them.
        roster: The table by its first rows.
    """

    frame: Any
    parts: FileParts
    roster: StreamedRoster


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of the files.

    Attributes:
        rosters: The tables, without their rows, in the order of the files.
        failures: Files that could not be read, or whose columns could not be bound.
        batches: `table` (place in `rosters`), `start`, `file` (number of the file), `attempt`, `schema`, `bound`, `columns`: of each
            piece that counts, in order.
    """

    rosters: list[Roster]
    failures: list[InputError]
    batches: pl.DataFrame

    def pieces(self, rosters: Sequence[Roster]) -> dict[tuple[int, int, int], int]:
        """Return (number of the file, first row, attempt) → place among some of the tables, of the pieces that count.

        Args:
            rosters: Those tables, in order.
        """
        kept = [place for place, roster in enumerate(self.rosters) if any(roster is each for each in rosters)]
        places = {table: place for place, table in enumerate(kept)}
        return {
            (file, start, attempt): places[table]
            for table, start, file, attempt in self.batches.select("table", "start", "file", "attempt").iter_rows()
            if table in places
        }


def find(storage: Storage, arguments: Sequence[str], *, recursive: bool) -> list[Input]:
    """Return the files that arguments mean, each once, in the order of `paths.expand_inputs`.

    Args:
        storage: The session's file systems.
        arguments: Addresses and paths of files, folders and patterns.
        recursive: Look into the folders of folders.

    Raises:
        UserError: As `Storage.find` and `paths.expand_inputs`; `spark_stdin`.
    """
    if not arguments:
        raise UserError("no_inputs")
    found: dict[str, Input] = {}
    for argument in arguments:
        if argument == STDIN:
            raise UserError("spark_stdin")
        if is_uri(argument):
            for each in storage.find(argument, recursive=recursive):
                found.setdefault(each.uri, Input(each.uri, "", each.uri, each.size, each.modified))
            continue
        for name in expand_inputs([plain_path(argument)], recursive=recursive):
            path = str(Path(name).resolve())
            size, modified = _facts(path)
            found.setdefault(local_uri(path), Input(name, path, local_uri(path), size, modified))
    return list(found.values())


def _facts(path: str) -> tuple[int, int]:
    try:
        told = Path(path).stat()
    except (OSError, ValueError):
        return 0, 0  # reading it tells
    return told.st_size, told.st_mtime_ns


class Reading:
    """Reads the files of a run on the workers of a session."""

    def __init__(self, spark: Any, options: ReadOptions, binder: Binder, work: Work) -> None:
        """Say how files are read and what is made of their rows."""
        self._spark = spark
        self._options = options
        self._binder = binder
        self._work = work
        self._files: Sequence[Input] = ()
        self._cuts: dict[int, Cut] = {}
        self._joined: set[int] = set()

    def look(self, files: Sequence[Input]) -> None:
        """Look at the large ones among the files, and decide how each is read."""
        self._files = files
        large = [table for table, file in enumerate(files) if file.size >= LARGE]
        self._cuts = {table: cut for table in large if (cut := self._cut(table, files[table])) is not None}

    def _too_large(self, table: int) -> bool:
        file = self._files[table]
        return table not in self._cuts and not file.path and file.size > MOST_CARRIED

    def frame(self) -> Any:
        """Return what comes of the files (`intake.SCHEMA`), as a Spark frame that has still to be worked out."""
        whole = [
            (table, file)
            for table, file in enumerate(self._files)
            if table not in self._cuts and not self._too_large(table)
        ]
        frames = [
            (cut.frame.coalesce(1) if table in self._joined else cut.frame).mapInArrow(cut.parts, SCHEMA)
            for table, cut in self._cuts.items()
        ]
        kernel = WholeFiles(self._options, self._binder, self._work)
        frames += [frame.mapInArrow(kernel, SCHEMA) for frame in self._whole(whole)]
        together = self._spark.createDataFrame([], SCHEMA)
        for each in frames:
            together = together.unionAll(each)
        return together

    def _whole(self, files: Sequence[tuple[int, Input]]) -> list[Any]:
        """Return frames of the files that one task each reads, about as many bytes in each of their partitions."""
        schema = "table int, name string, path string, content binary"
        here = [(table, file) for table, file in files if file.path]
        there = [(table, file) for table, file in files if not file.path]
        frames = []
        if here:
            spread = min(len(here), self._spark.sparkContext.defaultParallelism * 4)
            rows = [(table, file.name, file.path, None) for table, file in here]
            frames.append(self._spark.createDataFrame(self._spark.sparkContext.parallelize(rows, spread), schema))
        if there:
            names = {file.uri: (table, file.name) for table, file in there}
            told = self._spark.createDataFrame(
                [(uri, table, name) for uri, (table, name) in names.items()], "path string, table int, name string"
            )
            # One file in each record batch: together they could be more than a worker holds.
            self._spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "1")
            read = self._spark.read.format("binaryFile").load([literal(uri) for uri in names])
            frames.append(read.join(told.hint("broadcast"), "path").select("table", "name", "path", "content"))
        return frames

    def _cut(self, table: int, file: Input) -> Cut | None:
        """Look at a large Parquet file; None when it has to be read as a whole."""
        from pyspark.errors import PySparkException
        from pyspark.sql import functions as f

        if not file.uri.lower().endswith(".parquet"):
            return None
        try:
            read = self._spark.read.parquet(literal(file.uri))
        except PySparkException:
            return None  # reading it as a whole tells
        if any(field.dataType.simpleString() not in _PLAIN for field in read.schema.fields):
            return None
        columns = [f.col("`" + name.replace("`", "``") + "`").alias(f"c{i}") for i, name in enumerate(read.columns)]
        rows = read.select(*columns, f.col("_metadata.row_index").alias("row_index"))
        height = read.count()
        first = rows.filter(f.col("row_index") < _AROUND + END_ROWS).limit(_AROUND + END_ROWS)
        sample = from_arrow(first.toArrow()).sort("row_index").drop("row_index")
        if height < _AROUND:
            return None
        cells = sample.select(texts(sample.schema, file.name))
        head = pl.concat([names_row(read.columns), cells.head(HEAD_ROWS + (self._options.header_row or 0))])
        header = header_of(head, self._options.header_row, knows_once(Vocabulary(self._binder.schemas).knows))
        if header is None or header.last:
            return None
        # Of a file that only Spark can read nobody reads all bytes in their order.
        digest = blobs.head_of(file.path).digest if file.path else Known("")
        source = Source(file.name, None, "parquet", digest, None)
        try:
            stream = Stream(source, head, header, lambda: iter([Below(cells, 1, {}, [], last=False)]))
            roster = StreamedRoster(stream, self._binder)
            bound = self._binder(stream.table)
        except (UserError, Unstreamable):
            return None  # told when it is read as a whole
        shell = replace(bound, table=replace(bound.table, source=replace(source, digest=Known("")), rows=cells.clear()))
        parts = FileParts(table, height, head, header, replace(shell, rows=bound.frame.clear()), self._work)
        return Cut(rows, parts, roster)

    def settled(self, records: pl.DataFrame) -> bool:
        """Return whether the large files were read as they are to be read; if not, `frame` reads them in another way now.

        Args:
            records: As `taken`.
        """
        good = True
        for table, cut in list(self._cuts.items()):
            told = [json.loads(text) for text in _of(records, "part", table)["said"]]
            rows = [part["next"] - part["first"] for part in told]
            if sum(rows) != cut.parts.height or (len(rows) > 1 and min(rows) < _AROUND):
                # Too few rows in a part to know what it leaves out, so one task takes all parts; and if that does not join them either,
                # the file is read as a whole.
                good = False
                if table in self._joined:
                    del self._cuts[table]
                self._joined.add(table)
                continue
            cut.roster.take(told)
            try:
                cut.roster.finished()
            except Unstreamable:
                good = False
                del self._cuts[table]
        return good

    def taken(self, records: pl.DataFrame) -> Taken:
        """Make of what the workers say the tables and the files that failed.

        Args:
            records: `SCHEMA` without `kept` and `keys`.

        Raises:
            UserError: What one of them raised that is no fault of a file; `map_unknown_column`.
        """
        schemas = {schema.name: schema for schema in self._binder.schemas}
        told: dict[int, Roster] = {}
        attempts: dict[int, int] = {}
        left: set[str] | None = None
        failures = [
            (0, table, InputError("spark_too_large", file=file.name, limit=megabytes(MOST_CARRIED)))
            for table, file in enumerate(self._files)
            if self._too_large(table)
        ]
        for table, attempt, kind, schema, bound, text in (
            records.filter(pl.col("kind").is_in(["table", "failed"]))
            .select("table", "attempt", "kind", "schema", "bound", "said")
            .iter_rows()
        ):
            if bound is not None:
                left = set(json.loads(bound)) if left is None else left & set(json.loads(bound))
            if kind == "failed":
                error = error_of(text)
                if not isinstance(error, InputError):
                    raise error
                failures.append((0 if schema == "read" else 1, table, error))
            else:
                told[table] = heard(text, schemas)
                attempts[table] = attempt
        for table, cut in self._cuts.items():
            cut.roster.take([json.loads(text) for text in _of(records, "part", table)["said"]])
            told[table] = cut.roster.finished()
            attempts[table] = 0
            mine = set(unmatched_mappings([cut.roster.table], self._binder.headers))
            left = mine if left is None else left & mine
        if left:
            wanted = [given for given in self._binder.headers if given in left]
            raise UserError("map_unknown_column", columns=", ".join(wanted))
        places = {table: place for place, table in enumerate(sorted(told))}
        counted = pl.DataFrame(
            {
                "file": list(attempts),
                "attempt": list(attempts.values()),
                "table": [places[table] for table in attempts],
            },
            schema={"file": pl.Int32, "attempt": pl.Int32, "table": pl.UInt32},
        )
        batches = (
            records.filter(pl.col("kind") == "batch")
            .rename({"table": "file"})
            .join(counted, on=["file", "attempt"])
            .sort("file", "start")
            .select("table", "start", "file", "attempt", "schema", "bound", "columns")
        )
        return Taken(
            [told[table] for table in sorted(told)],
            [error for *_, error in sorted(failures, key=lambda e: e[:2])],
            batches,
        )


def _of(records: pl.DataFrame, kind: str, table: int) -> pl.DataFrame:
    return records.filter((pl.col("kind") == kind) & (pl.col("table") == table)).sort("start")


def take_in(stages: Stages, reading: Reading, files: Sequence[Input]) -> tuple[Any, Taken]:
    """Read files, or find them read.

    Args:
        stages: Of the run.
        reading: How they are read.
        files: The files.

    Returns:
        What came of them (`intake.SCHEMA`), and what it means.

    Raises:
        UserError: As `Reading.taken`.
    """
    reading.look(files)
    attempt = 0
    while True:
        frame = stages.frame(f"rows-{attempt}", SCHEMA, reading.frame)
        records = collected(frame.drop("kept", "keys"))
        if reading.settled(records):
            return frame, reading.taken(records)
        attempt += 1
