"""From the rows of files to numbered parts: the first of two passes reads, the second sorts a part, compares nothing, and makes keys."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import identity
from xueji_cli.matching.kinds.base import hashed
from xueji_cli.matching.kinds.frequency import frequent
from xueji_cli.scaling import candidates, records
from xueji_cli.scaling.parts import Parts
from xueji_cli.scaling.store import Buckets, keep, mapped
from xueji_cli.scaling.wanted import Wanted
from xueji_cli.schema.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xueji_cli.scaling.sizes import Cut
    from xueji_cli.scaling.task import Task
    from xueji_cli.schema.streaming import StreamedRoster

#: Rows of a table in memory that are read at a time.
_ROWS = 400_000


@dataclass(slots=True)
class Read:
    """What the two passes leave.

    Attributes:
        parts: The records.
        counted: `table`, `side`, `school`, `n`: how many records there are of each.
        keys: For each key of the model its rows.
        keyed: For each key how many records have it.
        unkeyed: Records that have none.
        adults: `row` and number `n` of the records with an adult's number.
        wanted: Records that were asked for.
        schools: A code of the school of each record; only where pairs are chosen by it.
    """

    parts: Parts
    counted: pl.DataFrame
    keys: list[Buckets] = field(default_factory=list)
    keyed: list[int] = field(default_factory=list)
    unkeyed: list[pl.Series] = field(default_factory=list)
    adults: list[pl.DataFrame] = field(default_factory=list)
    wanted: list[pl.Series] = field(default_factory=list)
    schools: list[pl.Series] = field(default_factory=list)


def read(
    sides: Sequence[Sequence[Roster | StreamedRoster]], task: Task, cut: Cut, folder: Path
) -> tuple[list[Roster], Buckets, frozenset[str], pl.DataFrame]:
    """Read all rows and part the records.

    Args:
        sides: The tables, of one list or two.
        task: The run.
        cut: Into how many parts.
        folder: Where they go.

    Returns:
        The tables, their rows looked into from files; the records by part; the values that any has; records by table and school.

    Raises:
        Unstreamable: A table has to be read as a whole.
    """
    parted = Buckets(folder, "read", cut.room)
    filled: frozenset[str] = frozenset()
    counted: list[pl.DataFrame] = []
    rosters: list[Roster] = []
    for side, tables in enumerate(sides):
        for roster in tables:
            table = len(rosters)
            kept: list[Path] = []
            for rows in _batches(roster):
                if not isinstance(roster, Roster):
                    kept.append(folder / f"rows-{table}-{len(kept)}.arrow")
                    keep(rows, kept[-1])
                place = (pl.lit(table, dtype=pl.UInt32).alias("table"), pl.lit(side, dtype=pl.UInt8).alias("side"))
                found = records.read(rows.select(*place, pl.all()), task)
                filled |= records.filled(found)
                counted.append(found.group_by("table", "side", "school").agg(n=pl.len()))
                parted.add(found, records.bucket(found, cut.parts))
            rosters.append(roster if isinstance(roster, Roster) else replace(roster.finished(), rows=mapped(kept)))
    tally = pl.concat(counted).group_by("table", "side", "school").agg(pl.col("n").sum())
    return rosters, parted, filled, tally.sort("table", "side", "school")


def _batches(roster: Roster | StreamedRoster) -> Iterator[pl.DataFrame]:
    if not isinstance(roster, Roster):
        yield from roster.batches()
        return
    # A table without rows is one batch too: its columns count.
    for start in range(0, max(roster.frame.height, 1), _ROWS):
        yield roster.frame.slice(start, _ROWS)


def number(
    parted: Buckets, filled: frozenset[str], counted: pl.DataFrame, task: Task, cut: Cut, folder: Path, wanted: Wanted
) -> Read:
    """Number the records part by part, and make their columns and keys.

    Args:
        parted: The records by part.
        filled: The values that any has.
        counted: Records by table and school.
        task: The run.
        cut: How it is cut.
        folder: Where everything goes.
        wanted: Records that are asked for.
    """
    told = Read(Parts(folder, task, filled), counted)
    codes = Buckets(folder, "codes", cut.room)
    known: list[int] = []
    empty: pl.DataFrame | None = None
    for part in range(cut.parts):
        found = parted.take(part)
        if found is None:
            continue
        numbered = records.number(found, told.parts.height)
        del found
        columns = records.features(numbered, task, filled)
        told.parts.add(numbered, columns)
        empty = columns.clear()
        counts, some = records.count(columns, task)
        codes.add(counts, counts["code"] % cut.hashed)
        known = [a + b for a, b in zip(known or [0] * len(some), some, strict=True)]
        keys = candidates.keys(columns, numbered["side"], task)
        told.unkeyed.append(keys.unkeyed)
        told.keyed = [a + b for a, b in zip(told.keyed or [0] * len(keys.keyed), keys.keyed, strict=True)]
        if not told.keys:
            told.keys = [Buckets(folder, f"keys-{key}", cut.room // len(keys.rows)) for key in range(len(keys.rows))]
        for buckets, rows in zip(told.keys, keys.rows, strict=True):
            buckets.add(rows, rows["key"] % cut.hashed)
        _look(numbered, told, wanted)
    if empty is not None:
        often = [frequent_of(codes.take(bucket)) for bucket in range(cut.hashed)]
        every = pl.concat([each for each in often if each is not None] or [_no_codes()])
        groups = range(len(known))
        told.parts.add_shares({g: every.filter(pl.col("group") == g).drop("group") for g in groups}, known)
    return told


def frequent_of(counts: pl.DataFrame | None) -> pl.DataFrame | None:
    """Add the counts of a bucket of codes up, group by group."""
    if counts is None:
        return None
    parts = [
        frequent(own.drop("group")).select(pl.lit(group, dtype=pl.UInt8).alias("group"), "code", "n")
        for (group,), own in counts.partition_by("group", as_dict=True).items()
    ]
    return pl.concat(parts)


def _no_codes() -> pl.DataFrame:
    return pl.DataFrame(schema={"group": pl.UInt8, "code": pl.UInt64, "n": pl.UInt32})


def _look(numbered: pl.DataFrame, told: Read, wanted: Wanted) -> None:
    """Note of a part what is asked of all records later on: adults' numbers, schools, records that are wanted."""
    if identity.ADULT in numbered.columns:
        told.adults.append(numbered.select(row="record", n=identity.ADULT).drop_nulls())
    if told.parts.task.schools != "all":
        told.schools.append(hashed(numbered["school"]))
    if wanted.rows:
        told.wanted.append(numbered.filter(pl.col("row").is_in(list(wanted.rows)))["record"])
    if wanted.decisions is not None:
        places = wanted.decisions.named(records.people(numbered, told.parts.task))
        told.wanted.append(numbered["record"].gather(places))
