"""Kernels of the first stages of a comparison: rows become records, records get their numbers, columns and keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.matching import identity
from xueji_cli.matching.kinds.base import hashed
from xueji_cli.scaling import candidates, records
from xueji_cli.scaling.spark.carrying import arrow, packed, unpacked
from xueji_cli.scaling.spark.parcels import bundle, bundled, frame_of, opened, parcel
from xueji_cli.tables.table import ROW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xueji_cli.scaling.task import Task
    from xueji_cli.scaling.wanted import Wanted
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster


@dataclass(frozen=True)
class KeepRows:
    """Keeps the rows of a piece of a table as they are (`intake.Work`)."""

    def __call__(self, roster: Roster | StreamedRoster, piece: pl.DataFrame, first: bool) -> dict[str, bytes | None]:  # noqa: ARG002, FBT001
        """Return `kept`."""
        return {"kept": packed(piece)}


@dataclass(frozen=True)
class ReadRecords:
    """Reads rows for comparison and parts them: `records` for each part, and a `tally` of each piece.

    Attributes:
        task: The run.
        sides: For each table the list it is of.
        pieces: The pieces that count.
        parts: Into how many parts the records are cut.
    """

    task: Task
    sides: tuple[int, ...]
    pieces: Mapping[tuple[int, int, int], int]
    parts: int

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Work on record batches of `file`, `start`, `attempt`, `kept`."""
        for batch in batches:
            for row in batch.to_pylist():
                table = self.pieces.get((row["file"], row["start"], row["attempt"]))
                if table is not None:
                    yield bundle(self._read(unpacked(row["kept"]), table))

    def _read(self, rows: pl.DataFrame, table: int) -> Iterator[Any]:
        place = (
            pl.lit(table, dtype=pl.UInt32).alias("table"),
            pl.lit(self.sides[table], dtype=pl.UInt8).alias("side"),
        )
        found = records.read(rows.select(*place, pl.all()), self.task)
        tally = found.group_by("table", "side", "school").agg(n=pl.len().cast(pl.UInt32))
        yield parcel("tally", said=json.dumps(sorted(records.filled(found))), rows=tally)
        parted = found.with_columns(records.bucket(found, self.parts).alias("_part"))
        for (part,), own in parted.partition_by("_part", as_dict=True, include_key=False).items():
            yield parcel("records", part=int(part), n=own.height, rows=own)


@dataclass(frozen=True)
class NumberRecords:
    """Numbers the records of a part, and gives their columns (without shares), codes and keys.

    Attributes:
        task: The run.
        filled: The values that any record has.
        firsts: Part → how many records the parts before it have.
        wanted: Records that are asked for.
    """

    task: Task
    filled: frozenset[str]
    firsts: Mapping[int, int]
    wanted: Wanted

    def __call__(self, group: Any) -> Any:
        """Work on all parcels of `records` of a part."""
        part = group["part"][0].as_py()
        found = frame_of(group)
        assert found is not None
        numbered = records.number(found, self.firsts[part])
        columns = records.features(numbered, self.task, self.filled)
        counts, known = records.count(columns, self.task)
        keys = candidates.keys(columns, numbered["side"], self.task)
        parcels = [
            parcel("records", part=part, n=numbered.height, rows=numbered),
            parcel("columns", part=part, n=columns.height, rows=columns),
            parcel("codes", part=part, said=json.dumps(known), rows=counts),
            parcel("shape", part=part, rows=columns.clear()),
            parcel("unkeyed", part=part, rows=keys.unkeyed.alias("record").to_frame()),
        ]
        parcels += [
            parcel("keys", part=part, slice=index, n=keyed, rows=rows)
            for index, (rows, keyed) in enumerate(zip(keys.rows, keys.keyed, strict=True))
        ]
        if identity.ADULT in numbered.columns:
            adults = numbered.select(row="record", n=identity.ADULT).drop_nulls()
            parcels.append(parcel("adults", part=part, rows=adults))
        if self.task.schools != "all":
            parcels.append(parcel("schools", part=part, rows=hashed(numbered["school"]).alias("s").to_frame()))
        if (asked := self._asked(numbered)).len():
            parcels.append(parcel("wanted", part=part, rows=asked.to_frame()))
        return bundled(parcels)

    def _asked(self, numbered: pl.DataFrame) -> pl.Series:
        asked = pl.col(ROW).is_in(list(self.wanted.rows))
        if self.wanted.decisions is not None:
            places = self.wanted.decisions.named(records.people(numbered, self.task))
            asked |= pl.int_range(pl.len()).is_in(places)
        return numbered.filter(asked)["record"]


def codes(batches: Iterator[Any]) -> Iterator[Any]:
    """Give the codes of parcels to be counted: `grp`, `code`, `n`."""
    for batch in batches:
        for row in opened(batch, "codes"):
            yield from arrow(
                unpacked(row["rows"]).select(
                    pl.col("group").cast(pl.Int32).alias("grp"), "code", pl.col("n").cast(pl.Int64)
                )
            )


@dataclass(frozen=True)
class PickRows:
    """Picks rows of tables: what a report shows of the records that it names.

    Attributes:
        pieces: The pieces that count.
        rows: Table → its rows that are wanted.
    """

    pieces: Mapping[tuple[int, int, int], int]
    rows: Mapping[int, pl.Series]

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Work on record batches of `file`, `start`, `attempt`, `kept`."""
        for batch in batches:
            for row in batch.to_pylist():
                table = self.pieces.get((row["file"], row["start"], row["attempt"]))
                if table is None or table not in self.rows:
                    continue
                found = unpacked(row["kept"]).filter(pl.col(ROW).is_in(self.rows[table].implode()))
                if found.height:
                    yield bundle([parcel("rows", part=table, slice=row["start"], rows=found)])
