"""Find the same child in one pool of records."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from xueji_cli.matching import guards, identity
from xueji_cli.matching.clusters import cluster, members_of
from xueji_cli.matching.pairing import DISTINCT, DUPLICATE, REVIEW, compare_fully, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xueji_cli.matching.decisions import Decisions
    from xueji_cli.matching.pairing import Judged
    from xueji_cli.matching.people import People

    #: As `clusters.cluster`.
    Join = Callable[[pl.DataFrame, pl.Series | None, pl.DataFrame], tuple[list[list[int]], pl.DataFrame]]

#: Clusters up to here have all their pairs compared for the least score.
_COMPARED = 50


class Cluster(NamedTuple):
    """Records of one child, or two clusters that may be one.

    Attributes:
        id: `D0001` for duplicates, `R0001` for pairs to look at.
        verdict: duplicate or review.
        score: The least score of any two members; of a review cluster, that of the best pair between its halves.
        members: Record numbers.
    """

    id: str
    verdict: str
    score: float
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Deduped:
    """What was found in a pool.

    Attributes:
        people: The records.
        judged: Pairs with `cluster` (the id of the cluster that a pair belongs to; null for distinct ones).
        clusters: Clusters, duplicates first, the surest first.
        unkeyed: Records that could not be compared with anybody.
        decided: How decisions were used: pairs `l`, `r`, `decision`.
    """

    people: People
    judged: Judged
    clusters: tuple[Cluster, ...]
    decided: pl.DataFrame
    stale: tuple[int, ...] = field(default=())


def dedupe(people: People, *, schools: str = "all", decisions: Decisions | None = None) -> Deduped:
    """Find the records that are one child's.

    Args:
        people: The records.
        schools: `all`, or only pairs `within` a school or `across` schools.
        decisions: What persons decided before.
    """
    return settle(people, judge(people, schools=schools), guards.siblings(people), decisions)


def settle(
    people: People,
    judged: Judged,
    siblings: pl.DataFrame,
    decisions: Decisions | None = None,
    join: Join = cluster,
) -> Deduped:
    """Lay decisions over judged pairs, and join records to clusters.

    Args:
        people: The records, those at least that are in pairs or in a decision.
        judged: The pairs.
        siblings: Pairs of `guards.siblings`.
        decisions: What persons decided before.
        join: Puts the records of duplicate pairs together as `cluster` does.
    """
    pairs = _with_siblings(judged, siblings)
    pairs, decided, stale = _decided(people, pairs, judged, decisions)
    apart = pairs.filter(pl.col("verdict") == DISTINCT).select("l", "r")
    numbers = people.values[identity.OWN] if people.has(identity.OWN) else None
    sure = pairs.filter(pl.col("verdict") == DUPLICATE).with_columns(decided=pl.col("guard").eq_missing("decided"))
    groups, refused = join(sure, numbers, apart)
    bridge = pl.col("bridge").is_not_null()
    pairs = (
        pairs.join(refused.with_columns(bridge=True), on=["l", "r"], how="left", maintain_order="left")
        .with_columns(
            verdict=pl.when(bridge).then(pl.lit(REVIEW)).otherwise("verdict"),
            guard=pl.when(bridge).then(pl.lit("bridge")).otherwise("guard"),
        )
        .drop("bridge")
    )
    clusters, pairs = _named(judged, groups, pairs)
    return Deduped(people, replace(judged, pairs=pairs), clusters, decided, stale)


def _with_siblings(judged: Judged, siblings: pl.DataFrame) -> pl.DataFrame:
    """Add the pairs of children under one guardian's number that are distinct."""
    pairs = judged.pairs
    if not siblings.height:
        return pairs
    more = siblings.join(pairs.select("l", "r"), on=["l", "r"], how="anti")
    if not more.height:
        return pairs
    told = compare_fully(judged, more).with_columns(verdict=pl.lit(DISTINCT), guard=pl.lit("guardian_id"))
    return pl.concat([pairs, told.select(pairs.columns)]).sort("l", "r")


def _decided(
    people: People, pairs: pl.DataFrame, judged: Judged, decisions: Decisions | None
) -> tuple[pl.DataFrame, pl.DataFrame, tuple[int, ...]]:
    """Lay what persons decided over the verdicts."""
    empty = pl.DataFrame(schema={"l": pl.UInt32, "r": pl.UInt32, "decision": pl.String})
    if decisions is None:
        return pairs, empty, ()
    found, stale = decisions.locate(people)
    decided = found.filter(pl.col("decision") != "pending")
    more = decided.filter(pl.col("decision") == "same").select("l", "r").join(pairs, on=["l", "r"], how="anti")
    if more.height:
        told = compare_fully(judged, more).with_columns(verdict=pl.lit(DUPLICATE), guard=pl.lit(None, dtype=pl.String))
        pairs = pl.concat([pairs, told.select(pairs.columns)]).sort("l", "r")
    verdicts = {"same": DUPLICATE, "different": DISTINCT}
    laid = pairs.join(decided, on=["l", "r"], how="left", maintain_order="left").with_columns(
        verdict=pl.coalesce(pl.col("decision").replace_strict(verdicts, default=None), "verdict"),
        guard=pl.when(pl.col("decision").is_not_null()).then(pl.lit("decided")).otherwise("guard"),
    )
    return laid.drop("decision"), found, stale


def _named(
    judged: Judged, groups: Sequence[Sequence[int]], pairs: pl.DataFrame
) -> tuple[tuple[Cluster, ...], pl.DataFrame]:
    """Give clusters their scores and names, and pairs the name of theirs."""
    of = members_of(groups)
    least = _least(judged, of, len(groups), pairs)
    named = (
        pl.DataFrame({"g": range(len(groups)), "least": least, "head": [members[0] for members in groups]})
        .sort("least", "head", descending=[True, False])
        .with_columns(own=pl.format("D{}", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(4)))
    )
    clusters = [
        Cluster(own, DUPLICATE, score, tuple(groups[g]))
        for g, own, score in named.select("g", "own", "least").iter_rows()
    ]
    heads = named.select(pl.col("g", "head").cast(pl.UInt32), "own")
    of = of.join(heads, on="g", how="left").select("record", "head", "own")
    told = pairs.join(of, left_on="l", right_on="record", how="left", maintain_order="left")
    told = told.join(
        of.select("record", other="head"), left_on="r", right_on="record", how="left", maintain_order="left"
    )
    head, other = pl.coalesce("head", "l"), pl.coalesce("other", "r")
    told = told.with_columns(a=pl.min_horizontal(head, other), b=pl.max_horizontal(head, other))
    # Two clusters, or a cluster and a record, that may be one: the pairs between them are one question.
    questions = (
        told.filter((pl.col("verdict") == REVIEW) & (pl.col("a") != pl.col("b")))
        .group_by("a", "b")
        .agg(pl.col("score").max())
        .sort(["score", "a", "b"], descending=[True, False, False])
        .with_columns(asked=pl.format("R{}", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(4)))
    )
    members = {each.members[0]: each.members for each in clusters}
    reviews = [
        Cluster(name, REVIEW, score, tuple(sorted((*members.get(a, (a,)), *members.get(b, (b,))))))
        for a, b, score, name in questions.iter_rows()
    ]
    told = told.join(questions.select("a", "b", "asked"), on=["a", "b"], how="left", maintain_order="left")
    verdict = pl.col("verdict")
    own = pl.when(verdict == DUPLICATE).then("own").when(verdict == REVIEW).then(pl.coalesce("asked", "own"))
    return (*clusters, *reviews), told.select(*pairs.columns, own.alias("cluster"))


def _least(judged: Judged, members: pl.DataFrame, clusters: int, pairs: pl.DataFrame) -> pl.Series:
    """Return the least score between any two members of each cluster; those not compared yet are compared now."""
    # Members stand in ascending order.
    some = members.filter(pl.int_range(pl.len()).over("g") < _COMPARED).rename({"record": "l"})
    frame = some.join(some.rename({"l": "r"}), on="g", maintain_order="left_right").filter(pl.col("l") < pl.col("r"))
    known = frame.join(pairs.select("l", "r", "score"), on=["l", "r"], how="left", maintain_order="left")
    missing = known.filter(pl.col("score").is_null()).select("l", "r")
    if missing.height:
        told = compare_fully(judged, missing).select("l", "r", found="score")
        known = known.join(told, on=["l", "r"], how="left", maintain_order="left").with_columns(
            score=pl.coalesce("score", "found")
        )
    scores = known.group_by("g").agg(pl.col("score").min())
    whole = pl.Series([1.0]).new_from_index(0, clusters)
    return whole.scatter(scores["g"], scores["score"].cast(pl.Float64))
