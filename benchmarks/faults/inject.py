"""Put faults into a roster, and say where they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import polars as pl
import polars.selectors as cs

from benchmarks.dice import Dice
from benchmarks.faults import identity, many, record, schooling
from benchmarks.faults.fault import Chance, Changes, Fault, Row

FAULTS: tuple[Fault, ...] = (*identity.fault.faults, *record.fault.faults, *schooling.fault.faults)

#: A stand-in for the class list among the fields that faults need.
CLASS_LIST = "class_list"

#: One line for each row that a fault shows in.
#:
#: i       row of the roster, from 0
#: kind    name of the fault
#: event   number of the fault; the lines of one fault share it
#: fields  a finding on one of these fields of the row is right
#: each    True: this row must be reported; False: one row of the event must be
LABEL_SCHEMA: dict[str, pl.DataType] = {
    "i": pl.Int64(),
    "kind": pl.String(),
    "event": pl.Int64(),
    "fields": pl.List(pl.String()),
    "each": pl.Boolean(),
}

_ROWS_PER_GROUP_FAULT = 10_000


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A roster with faults and their labels."""

    people: pl.DataFrame
    labels: pl.DataFrame


class _Changer:
    """Collects changed cells and labels, then writes the cells column by column."""

    def __init__(self) -> None:
        self.cells: dict[str, dict[int, str | None]] = defaultdict(dict)
        self.labels: list[tuple[int, str, int, list[str], bool]] = []
        self.events = 0

    def change(self, row: int, changes: Changes) -> None:
        for field, text in changes.items():
            self.cells[field][row] = text

    def label(self, kind: str, fields: tuple[str, ...], rows: tuple[int, ...], *, each: bool) -> None:
        self.labels.extend((row, kind, self.events, list(fields), each) for row in rows)
        self.events += 1

    def add(self, event: many.Event) -> None:
        for row, changes in event.changes.items():
            self.change(row, changes)
        self.label(event.kind, event.fields, event.each or event.any_of, each=bool(event.each))

    def written(self, people: pl.DataFrame) -> pl.DataFrame:
        columns = []
        for field, cells in self.cells.items():
            if field in people.columns:
                new = pl.Series(list(cells.values()), dtype=pl.String)
                columns.append(people[field].scatter(list(cells), new))
        return people.with_columns(columns)


def spoil(people: pl.DataFrame, fields: Collection[str], *, seed: int, share: float = 0.1, least: int = 2) -> Spoilt:
    """Return the roster with faults in about this share of its rows, all kinds about equally often.

    Args:
        people: From `make_people`.
        fields: Fields that the file will have (and `CLASS_LIST` when a class list goes with it): a fault that such a
            file can't show is left out.
        seed: Fixes the choice.
        share: Share of rows to spoil.
        least: Faults of each kind at the least, whatever the share.
    """
    visible = frozenset(fields)
    faults = [fault for fault in FAULTS if fault.needs <= visible]
    pairs = [make for make, needs in many.PAIRS.items() if needs <= visible]
    quota = max(least, round(people.height * share / (len(faults) + 2 * len(pairs))))
    taken = set(people["id_number"].drop_nulls().to_list()) | set(people["roll_number"].to_list())
    chance = Chance.over(seed, visible, taken)
    changer = _Changer()

    for event in many.group_faults(people, visible, chance, max(1, people.height // _ROWS_PER_GROUP_FAULT)):
        changer.add(event)
    # A row may show a fault of its class or school and one of its own, but no cell is changed twice.
    used = {row for cells in changer.cells.values() for row in cells}
    pool = people.with_columns(order=Dice(seed).draw("order")).sort("order").filter(~pl.col("i").is_in(list(used)))
    # Kinds that few rows can have choose first.
    for fault in sorted(faults, key=lambda fault: pool.select(fault.where.sum()).item()):
        done = _spoil_rows(pool, fault, quota, chance, changer)
        pool = pool.filter(~pl.col("i").is_in(done))
    for make in pairs:
        done = []
        for rows, texts in _pairs(pool, quota):
            changer.add(make(rows, texts, chance))
            done.extend(rows)
        pool = pool.filter(~pl.col("i").is_in(done))
    labels = pl.DataFrame(changer.labels, schema=LABEL_SCHEMA, orient="row")
    return Spoilt(changer.written(people), labels.sort("i", "event"))


def _spoil_rows(pool: pl.DataFrame, fault: Fault, quota: int, chance: Chance, changer: _Changer) -> list[int]:
    """Put one kind of fault into rows of the pool and return the rows."""
    done: list[int] = []
    # A few more than needed: some rows won't do.
    for i, row in _texts(pool.filter(fault.where).head(quota + quota // 3 + 5)):
        changes = fault.spoil(row, chance)
        if changes is not None:
            changer.change(i, changes)
            changer.label(fault.kind, fault.fields or tuple(changes), (i,), each=True)
            done.append(i)
            if len(done) == quota:
                break
    return done


def _pairs(pool: pl.DataFrame, quota: int) -> Iterator[tuple[tuple[int, int], tuple[Row, Row]]]:
    """Yield pairs of children of the same grade, with identity cards, from two schools."""
    rows = pool.filter(identity.G_ROLL).head(quota * 4 + 50)
    waiting: dict[int, tuple[int, Row]] = {}
    for grade, (i, row) in zip(rows["grade_no"], _texts(rows), strict=True):
        other = waiting.pop(grade, None)
        if other is None or other[1]["school_code"] == row["school_code"]:
            waiting[grade] = (i, row)
            continue
        yield (other[0], i), (other[1], row)
        quota -= 1
        if quota == 0:
            return


def _texts(rows: pl.DataFrame) -> Iterator[tuple[int, Row]]:
    """Yield each row's number and its texts."""
    for row in rows.select("i", cs.string()).iter_rows(named=True):
        yield row.pop("i"), row
