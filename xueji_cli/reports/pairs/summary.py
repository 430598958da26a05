"""Counts: how many records, pairs and clusters, which schools, which guards spoke, what was not compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.clusters import members_of
from xueji_cli.reports.pairs.report import DEDUPE_VERDICTS, LINK_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.reports.pairs.view import PairView


@dataclass(frozen=True, slots=True)
class PairSummary:
    """Totals of a run.

    Attributes:
        records: Records read; of `link`, those of the first list and of the second.
        compared: Pairs that were compared.
        verdicts: Verdict → pairs.
        guards: Guard → pairs on which it spoke, those told apart included.
        clusters: Children found more than once.
        extra: Records beyond the first of each of them: 多出来的登记.
        by_school: `school`, `records`, `duplicates` (records of children found more than once), `across` (those also found in
            another school), `review` (records that a person must look at); the worst first. Of `link`: `school`, `left`, `right`,
            `only_left`, `only_right`.
    """

    records: tuple[int, ...]
    compared: int
    verdicts: Mapping[str, int]
    guards: Mapping[str, int]
    clusters: int
    extra: int
    by_school: pl.DataFrame


def summarise_pairs(view: PairView) -> PairSummary:
    """Count what a view shows."""
    report = view.report
    found = dict(view.pairs["verdict"].value_counts().iter_rows())
    guards = view.pairs["guard"].drop_nulls().value_counts().sort(["count", "guard"], descending=[True, False])
    sure = [each for each in report.clusters if each.verdict == "duplicate"]
    tally = report.tally
    records = [int(tally.filter(pl.col("side") == side)["n"].sum()) for side in (0, 1)]
    return PairSummary(
        records=tuple(records) if report.linking else (sum(records),),
        compared=report.judged.compared,
        verdicts={name: found.get(name, 0) for name in (LINK_VERDICTS if report.linking else DEDUPE_VERDICTS)},
        guards=dict(guards.iter_rows()),
        clusters=len(sure),
        extra=sum(len(each.members) - 1 for each in sure),
        by_school=_linked_by_school(view) if report.linking else _by_school(view),
    )


def _by_school(view: PairView) -> pl.DataFrame:
    twice = members_of([each.members for each in view.report.clusters if each.verdict == "duplicate"])
    twice = twice.with_columns(view.schools_of(twice["record"]))
    twice = twice.with_columns(across=pl.col("school").n_unique().over("g") > 1)
    looked = view.pairs.filter(pl.col("verdict") == "review")
    review = view.schools_of(pl.concat([looked["l"], looked["r"].alias("l")]).unique()).to_frame()
    told = (
        twice.group_by("school")
        .agg(duplicates=pl.len(), across=pl.col("across").sum())
        .join(review.group_by("school").agg(review=pl.len()), on="school", how="full", coalesce=True)
    )
    every = _tally(view).group_by("school").agg(records=pl.col("n").sum())
    told = every.join(told, on="school", how="left").select(
        "school", "records", pl.col("duplicates", "across", "review").fill_null(0)
    )
    return told.drop_nulls("school").sort(
        ["duplicates", "review", "records", "school"], descending=[True, True, True, False]
    )


def _tally(view: PairView) -> pl.DataFrame:
    """Return how many records there are of each `side` and `school`, as the school may be shown."""
    tally = view.report.tally
    return tally.with_columns(view.as_shown(tally["school"]).alias("school"))


def _linked_by_school(view: PairView) -> pl.DataFrame:
    assert view.report.lone is not None
    lone = pl.concat(view.report.lone)
    only = (
        view.report.people.places[lone]
        .select("side", view.schools_of(lone))
        .group_by("school")
        .agg(only_left=(pl.col("side") == 0).sum(), only_right=(pl.col("side") == 1).sum())
    )
    sides = [pl.col("n").filter(pl.col("side") == side).sum() for side in (0, 1)]
    every = _tally(view).group_by("school").agg(left=sides[0], right=sides[1])
    told = every.join(only, on="school", how="left").with_columns(pl.col("only_left", "only_right").fill_null(0))
    return told.drop_nulls("school").sort(["only_left", "only_right", "school"], descending=[True, True, False])
