"""Clusters, decisions, links and weights."""

from __future__ import annotations

import math

import polars as pl

from tests.matching_people import AS_OF, background, child, number, people, rosters
from tests.rule_cases import student
from xueji_cli.matching.clusters import cluster
from xueji_cli.matching.decisions import DIFFERENT, SAME, Decision, Decisions, record_keys
from xueji_cli.matching.dedupe import dedupe
from xueji_cli.matching.linking import link
from xueji_cli.matching.pairing import judge
from xueji_cli.matching.people import read_people


def pairs(*rows: tuple[int, int, float]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={"l": pl.UInt32, "r": pl.UInt32, "weight": pl.Float32}, orient="row")
    return frame.with_columns(decided=pl.lit(value=False))


def apart(*rows: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"l": pl.UInt32, "r": pl.UInt32}, orient="row")


def test_pairs_chain_into_one_cluster() -> None:
    groups, refused = cluster(pairs((0, 1, 9.0), (1, 2, 8.0), (4, 5, 7.0)), None, apart())
    assert groups == [[0, 1, 2], [4, 5]]
    assert refused.is_empty()


def test_a_weak_bridge_does_not_chain_two_children() -> None:
    numbers = pl.Series(["A", None, None, "B"], dtype=pl.String)
    groups, refused = cluster(pairs((0, 1, 9.0), (2, 3, 9.0), (1, 2, 5.0)), numbers, apart())
    assert groups == [[0, 1], [2, 3]]
    assert refused.rows() == [(1, 2)]


def test_what_was_decided_apart_stays_apart() -> None:
    groups, refused = cluster(pairs((0, 1, 9.0), (1, 2, 8.0)), None, apart((0, 2)))
    assert groups == [[0, 1]]
    assert refused.rows() == [(1, 2)]


def test_a_cluster_of_three_gives_its_least_score() -> None:
    rows = [child(), child(school_name="青禾镇柳溪小学"), child(id_number="", roll_number="", class_name="三年级2班")]
    result = dedupe(people(rows, background(1000)))
    found = [each for each in result.clusters if each.verdict == "duplicate"]
    assert [len(each.members) for each in found] == [3]
    scores = result.judged.pairs.filter(pl.col("cluster") == found[0].id)["score"]
    assert found[0].score <= scores.min() + 1e-6  # type: ignore[operator]


KEY = bytes(32)


def decided(decision: str, rows: list[dict[str, str]]) -> Decisions:
    keys = record_keys(people(rows), KEY)
    return Decisions((Decision(keys[0], keys[1], decision, 2),), KEY)


def test_a_decision_holds_whatever_the_order_of_the_rows() -> None:
    rows = [child(), child(school_name="青禾镇柳溪小学")]
    apart = decided(DIFFERENT, rows)
    for tables in ((rows, background(600)), (background(600)[::-1], rows[::-1])):
        result = dedupe(people(*tables), decisions=apart)
        assert not result.clusters
        assert result.judged.pairs["guard"].to_list().count("decided") == 1
        assert result.stale == ()


def test_a_decision_joins_what_would_not_have_been_joined() -> None:
    rows = [child(), child(school_name="青禾镇柳溪小学", id_number=number("34122220160412262"))]
    assert [each.verdict for each in dedupe(people(rows, background(600))).clusters] == ["review"]
    result = dedupe(people(rows, background(600)), decisions=decided(SAME, rows))
    assert [(each.verdict, len(each.members)) for each in result.clusters] == [("duplicate", 2)]


def test_a_decision_about_what_is_no_longer_there_is_named() -> None:
    old = decided(SAME, [child(), child(school_name="青禾镇柳溪小学")])
    result = dedupe(people([child()], background(300)), decisions=old)
    assert result.stale == (2,)


def test_links_take_each_record_once() -> None:
    system = [*background(400)]
    present = [dict(row, class_name="") for row in system[:150]] + [child()]
    left, right = rosters(system, present)
    linked = link(read_people([[left], [right]], student(), AS_OF, 2025))
    matched = linked.judged.pairs.filter(pl.col("link") == "matched")
    rows = linked.people.places
    told = {(rows["row"][a], rows["row"][b]) for a, b in matched.select("l", "r").iter_rows()}
    assert told == {(n, n) for n in range(2, 152)}
    assert len(linked.only_left) == 250
    assert [linked.people.values["name"][record] for record in linked.only_right] == [child()["name"]]


def test_a_certain_match_comes_before_a_heavier_doubtful_one() -> None:
    second = child(id_number=number("34122220160412262"))
    bare = child(phone="", address="", member1_name="", member1_phone="", member1_id_number="", member2_name="")
    left, right = rosters([second, bare], [child(), *background(500)])
    linked = link(read_people([[left], [right]], student(), AS_OF, 2025))
    rows = linked.people.places["row"]
    told = [(rows[a], rows[b], what) for a, b, what in linked.judged.pairs.select("l", "r", "link").iter_rows()]
    assert (3, 2, "matched") in told
    assert (2, 2, "matched") not in told


def test_two_that_fit_as_well_are_ambiguous() -> None:
    twice = [child(), child(class_name="三年级2班")]
    left, right = rosters([child()], [*twice, *background(500)])
    linked = link(read_people([[left], [right]], student(), AS_OF, 2025))
    assert linked.judged.pairs["link"].to_list() == ["ambiguous", "ambiguous"]
    several = link(read_people([[left], [right]], student(), AS_OF, 2025), many=True)
    assert several.judged.pairs["link"].to_list() == ["matched", "matched"]


def test_the_weights_of_a_pair_add_up() -> None:
    judged = judge(people([child(), child(school_name="青禾镇柳溪小学")], background(800)))
    weights = judged.weights
    row = judged.pairs.filter(pl.col("verdict") == "duplicate").row(0, named=True)
    groups: dict[str, float] = {}
    for name in weights.names:
        group = weights.model.comparison(name).group
        groups[group] = groups.get(group, 0.0) + row[f"w:{name}"]
    total = weights.prior
    for group, weight in groups.items():
        low, high = weights.model.bounds.get(group, (-math.inf, math.inf))
        total += min(max(weight, low), high)
    assert math.isclose(row["weight"], total, abs_tol=1e-3)


def test_a_rare_name_weighs_more_than_a_common_one() -> None:
    common = [dict(row, name="王伟") for row in background(300)]
    rows = [
        child(),
        child(school_name="青禾镇柳溪小学"),
        child(name="王伟", id_number=""),
        child(name="王伟", id_number=""),
    ]
    pool = people(rows, common, background(800)[300:])
    judged = judge(pool)
    same = judged.pairs.filter(pl.col("name") == 0)
    names = pool.values["name"].gather(same["l"])
    weights = dict(zip(names, same["w:name"], strict=True))
    assert weights["郁梓菡"] > weights["王伟"] + 5
