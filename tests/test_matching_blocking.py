"""Candidates: all pairs of a key and no others, counted, bounded, and nothing cut in silence."""

from __future__ import annotations

import itertools

import polars as pl
import pytest

from tests.matching_people import AS_OF, background, child, people, rosters
from tests.rule_cases import student
from xueji_cli.matching import blocking
from xueji_cli.matching.dedupe import dedupe
from xueji_cli.matching.pairing import features_of, judge
from xueji_cli.matching.people import People, read_people


def by_hand(pool: People, names: list[str]) -> set[tuple[int, int]]:
    """Return the pairs that agree on columns."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, values in enumerate(pool.values.select(names).iter_rows()):
        if None not in values:
            groups.setdefault(values, []).append(index)
    return {pair for rows in groups.values() for pair in itertools.combinations(rows, 2)}


def only(pool: People, *keys: str) -> People:
    """Return the pool with these keys alone."""
    from dataclasses import replace

    from xueji_cli.schema.matching import KeyPart

    parts = tuple(tuple(KeyPart(*part.split(".")) for part in key.split("+")) for key in keys)
    return replace(pool, model=replace(pool.model, keys=parts))


def test_a_key_gives_every_pair_that_agrees_on_it_and_no_other() -> None:
    rows = [*background(400)] * 2
    pool = only(people(rows, [child(), child()]), "name+birth")
    found = blocking.find(pool, pool.model, features_of(pool))
    assert set(found.pairs.iter_rows()) == by_hand(pool, ["name", "birth_date"])
    assert found.plans[0].pairs == found.pairs.height
    assert not found.large


def test_a_plan_counts_what_would_be_made() -> None:
    pool = people([*background(1500)], [*background(1500)][:200])
    features = features_of(pool)
    planned, found = blocking.plan(pool, pool.model, features), blocking.find(pool, pool.model, features)
    assert planned.pairs.is_empty()
    assert planned.plans == found.plans


def test_two_lists_give_pairs_across_only() -> None:
    left, right = rosters([*background(300)], [*background(300)][:50])
    pool = read_people([[left], [right]], student(), AS_OF, 2025)
    pairs = judge(pool).pairs
    side = pool.places["side"]
    assert pairs.height == 50
    assert (side.gather(pairs["l"]) != side.gather(pairs["r"])).all()


@pytest.mark.parametrize("schools", ["within", "across"])
def test_schools(schools: str) -> None:
    rows = [child(), child(class_name="三年级2班"), child(school_name="青禾镇柳溪小学")]
    pool = people(rows, background(500))
    pairs = judge(pool, schools=schools).pairs.filter(pl.col("verdict") == "duplicate")
    assert pairs.height == (1 if schools == "within" else 2)


def test_one_number_on_five_hundred_rows_is_named_and_does_not_explode() -> None:
    rows = [dict(row, id_number=child()["id_number"]) for row in background(500)]
    pool = people(rows, background(2000)[500:])
    found = blocking.find(pool, pool.model, features_of(pool))
    named = [block for block in found.large if block.key == "id.number"]
    assert [block.records for block in named] == [500]
    assert named[0].narrowed
    assert found.pairs.height < 60_000


def test_a_crowd_of_one_name_is_narrowed_named_and_still_finds_its_duplicates() -> None:
    crowd = [
        child(name="王伟", birth_date=f"20{10 + n % 8:02}-{1 + n % 12:02}-{1 + n % 28:02}", id_number="", phone="", address="",
              member1_name=f"王{chr(0x4E00 + n)}", member1_phone="", member1_id_number="", member2_name="")
        for n in range(3000)
    ]  # fmt: skip
    twice = [child(name="王伟"), child(name="王伟", school_name="青禾镇柳溪小学")]
    pool = people(crowd, twice, background(500))
    result = dedupe(pool)
    assert any(block.key == "name + sex + grade" and block.records > 2000 for block in result.judged.candidates.large)
    own = {i for i, table in enumerate(pool.places["table"]) if table == 1}
    assert own in [set(cluster.members) for cluster in result.clusters]


def test_records_without_any_key_are_listed() -> None:
    nobody = child(name="", birth_date="", id_number="", phone="", address="", member1_name="", member1_phone="",
                   member1_id_number="", member2_name="", roll_number="")  # fmt: skip
    pool = people([nobody], background(100))
    found = blocking.find(pool, pool.model, features_of(pool))
    assert [pool.places["table"][record] for record in found.unkeyed] == [0]


def told(pool: People) -> list[tuple[object, ...]]:
    """Return what was found in words that do not depend on where a row stands."""
    result = dedupe(pool)
    text = pool.values.select(pl.concat_str(pl.all().cast(pl.String).fill_null(""), separator="|")).to_series()
    pairs = result.judged.pairs.select("l", "r", "verdict", "guard", pl.col("weight").round(4), "cluster")
    return [(*sorted((text[left], text[right])), *rest) for left, right, *rest in pairs.iter_rows()]


def test_the_order_of_rows_and_files_makes_no_difference() -> None:
    rows = [
        child(),
        child(school_name="青禾镇柳溪小学", name="郁梓涵"),
        child(name="郁梓萌", id_number=""),
        *background(1200),
    ]
    once = told(people(rows[:600], rows[600:]))
    again = told(people(rows[600:][::-1], rows[:600][::-1]))
    assert once
    assert sorted(map(repr, once)) == sorted(map(repr, again))
