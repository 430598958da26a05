"""The stages on parts of the records give what matching gives on all of them, wherever the parts end."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache

import polars as pl
import pytest
from polars.testing import assert_frame_equal, assert_series_equal

from benchmarks.pairs.registrations import make_records
from tests.matching_people import AS_OF, COLUMNS, background, child, rosters
from tests.rule_cases import student
from tests.scaled import Staged, staged
from xueji_cli.matching import blocking, scoring
from xueji_cli.matching.pairing import features_of, judge
from xueji_cli.matching.people import People, read_people
from xueji_cli.scaling.task import Task, flat, nested
from xueji_cli.schema.roster import Roster


@cache
def pool() -> tuple[dict[str, str], ...]:
    """Registrations with everything that happens to them, and one telephone that very many wrote down."""
    frame = make_records(1_500, 3).frame
    columns = [pl.col(name).cast(pl.String).fill_null("") for name in COLUMNS]
    rows = list(frame.select(columns).iter_rows(named=True))
    for row in rows[::9]:
        row["member1_phone"] = "13912345670"
    return (*rows, *background(300), child(), child(name="郁梓涵"))


def tables(sides: int) -> list[list[Roster]]:
    """Return the pool in three tables, of one list or two; the last has fewer columns."""
    rows = pool()
    first, second = rosters(rows[:700], rows[700:1_400])
    (third,) = rosters(rows[1_400:], columns=COLUMNS[:9])
    return [[first, second, third]] if sides == 1 else [[first], [second, third]]


def task_of(people: People, sides: list[list[Roster]], schools: str) -> Task:
    fields = tuple(dict.fromkeys(name for side in sides for roster in side for name in roster.columns))
    return Task(people.schema, AS_OF, 2025, fields, linking=len(sides) > 1, schools=schools)


def batches(sides: list[list[Roster]], size: int) -> list[pl.DataFrame]:
    """Return the rows of all tables, so many at a time."""
    found = []
    table = 0
    for side, each in enumerate(sides):
        for roster in each:
            place = [pl.lit(table, dtype=pl.UInt32).alias("table"), pl.lit(side, dtype=pl.UInt8).alias("side")]
            rows = roster.frame.select(*place, pl.all())
            found += [rows.slice(start, size) for start in range(0, rows.height, size)]
            table += 1
    return found


@pytest.mark.parametrize(
    ("sides", "schools", "block", "parts", "size"),
    [(1, "all", 100, 3, 197), (2, "all", 3, 4, 411), (1, "across", 3, 1, 5_000)],
)
def test_parts_give_what_all_give(
    sides: int, schools: str, block: int, parts: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few pairs would teach nothing.
    monkeypatch.setattr(scoring, "_ENOUGH", 60)
    monkeypatch.setattr(scoring, "_SAMPLE", 50)
    schema = student()
    assert schema.matching is not None
    schema = replace(schema, matching=replace(schema.matching, block=block))
    lists = tables(sides)
    people = read_people(lists, schema, AS_OF, 2025)
    whole = judge(people, schools=schools)
    task = pickle.loads(pickle.dumps(task_of(people, lists, schools)))
    told = staged(batches(lists, size), task, parts)
    assert_frame_equal(told.numbered.select("table", "row", "side", "school"), people.places)
    assert_frame_equal(told.numbered.select(people.values.columns), people.values)
    assert_features(told, features_of(people))
    found = whole.candidates
    assert_frame_equal(blocking.parted(told.pairs), found.pairs)
    assert tuple(told.plans) == found.plans
    assert tuple(told.large) == found.large
    assert bool(found.large) == (block < 100)
    assert_series_equal(told.unkeyed, found.unkeyed, check_names=False)
    assert told.weights == whole.weights
    assert_frame_equal(told.judged, whole.pairs)
    assert whole.pairs.height > 40


def assert_features(told: Staged, whole: dict[str, pl.DataFrame]) -> None:
    parts = nested(told.columns)
    assert parts.keys() == whole.keys()
    for name, columns in whole.items():
        assert_frame_equal(parts[name], columns, check_column_order=False)


def test_columns_of_comparisons_go_into_one_frame_and_come_back() -> None:
    features = {"name": pl.DataFrame({"v": ["a"], "v#": [1]}), "names": pl.DataFrame({"v": ["b"]})}
    back = nested(pl.DataFrame([pl.Series("record", [7]), *flat(features)]))
    assert back.keys() == features.keys()
    for name, columns in features.items():
        assert_frame_equal(back[name], columns)
