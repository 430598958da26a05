"""From records to judged pairs: the engine behind dedupe, link, reconcile, changes and retention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import blocking, guards, scoring
from xueji_cli.matching.kinds import KIND
from xueji_cli.matching.workers import at_once, batches, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xueji_cli.matching.blocking import Candidates
    from xueji_cli.matching.people import People
    from xueji_cli.matching.scoring import Weights
    from xueji_cli.schema.matching import Comparison, Model

DUPLICATE, REVIEW, DISTINCT = "duplicate", "review", "distinct"

#: Kinds that look at texts letter by letter; the others compare integers.
_SLOW = frozenset({"name", "text", "code", "address"})


@dataclass(frozen=True, slots=True)
class Judged:
    """Pairs with what was found.

    Attributes:
        pairs: `l`, `r`, `weight` (bits), `score` (probability), `verdict`, `guard` (null where none acted), and for each
            comparison `<name>` its level and `w:<name>` its weight. Distinct pairs are in it only where a guard spoke.
        compared: How many pairs were compared.
        candidates: Where they came from.
        weights: What each level weighs.
        features: Columns of each comparison, for whoever has more pairs to compare.
    """

    pairs: pl.DataFrame
    compared: int
    candidates: Candidates
    weights: Weights
    features: Mapping[str, pl.DataFrame]


def features_of(people: People) -> dict[str, pl.DataFrame]:
    """Return the columns of every comparison that the tables have fields for."""
    return _of_each(people.model.compare, lambda each: KIND[each.kind].features(each, people))


def columns_of(people: People) -> dict[str, pl.DataFrame]:
    """Return the same without the shares of values: those are of all records, and these may be only some."""
    return _of_each(people.model.compare, lambda each: KIND[each.kind].columns(each, people))


def _of_each(
    compared: Sequence[Comparison], columns: Callable[[Comparison], pl.DataFrame | None]
) -> dict[str, pl.DataFrame]:
    """Return the columns of every comparison that has any, in the order of the model."""
    # The long ones first: a worker that came to one last would keep all others waiting.
    order = sorted(compared, key=lambda each: each.kind not in _SLOW)
    found = {each.name: told for each, told in zip(order, side_by_side(columns, order), strict=True)}
    return {each.name: told for each in compared if (told := found[each.name]) is not None}


def judge(people: People, *, schools: str = "all") -> Judged:
    """Find, compare and judge the pairs of records that may be one person's.

    Args:
        people: The records; of two lists, only pairs across are judged.
        schools: `all`, `within` or `across`.
    """
    features = features_of(people)
    candidates, chance = at_once(
        lambda: blocking.find(people, people.model, features, schools),
        lambda: scoring.chance(people.model, people.height, features),
    )
    step = scoring.step(candidates.pairs.height)
    sample = candidates.pairs.gather_every(step) if step else None
    weights = scoring.learn(people.model, people.height, features, sample, chance)
    pairs = judged(features, candidates.pairs, weights)
    return Judged(pairs, candidates.pairs.height, candidates, weights, features)


def compare(
    features: Mapping[str, pl.DataFrame],
    pairs: pl.DataFrame,
    weights: Weights,
    *,
    to_the_end: bool = False,
) -> pl.DataFrame:
    """Compare pairs, the quick comparisons first, and leave those that can't reach `review` any more.

    Args:
        features: Columns of each comparison.
        pairs: `l`, `r`.
        weights: What each level weighs.
        to_the_end: Leave none.

    Returns:
        `l`, `r`, `<name>` and `w:<name>` of every comparison, and `weight`.
    """
    model = weights.model
    floor = scoring.bits(model.review)
    frame = pairs.select("l", "r")
    order = sorted(weights.names, key=lambda name: model.comparison(name).kind in _SLOW)
    for index, name in enumerate(order):
        comparison = model.comparison(name)
        answer = KIND[comparison.kind].compare(comparison, features, frame["l"], frame["r"])
        level, share = answer.level.alias(name), answer.share.alias("share")
        weight = weights.weight(name, pl.col(name), pl.col("share")).alias(f"w:{name}")
        frame = frame.hstack([level, frame.hstack([level, share]).select(weight).to_series()])
        done, rest = order[: index + 1], order[index + 1 :]
        if rest and not to_the_end:
            hopeful = weights.total(done) + weights.greatest(rest) >= floor
            frame = frame.filter(hopeful | guards.keep(model, done))
    columns = [column for name in weights.names for column in (name, f"w:{name}")]
    return frame.select("l", "r", *columns).with_columns(weight=weights.total())


def compare_fully(judged: Judged, pairs: pl.DataFrame) -> pl.DataFrame:
    """Compare pairs to the end, whatever comes out, and add `score`."""
    told = compare(judged.features, pairs, judged.weights, to_the_end=True)
    return told.with_columns(score=scoring.probability(pl.col("weight")))


def judge_fully(judged: Judged, pairs: pl.DataFrame) -> pl.DataFrame:
    """Compare pairs to the end and give each its verdict and guard, as if it had come out of the run."""
    return _with_verdicts(judged.weights.model, judged.features, compare_fully(judged, pairs))


def judged(features: Mapping[str, pl.DataFrame], pairs: pl.DataFrame, weights: Weights) -> pl.DataFrame:
    """Compare pairs and return those that `Judged.pairs` has, sorted."""
    return pl.concat(side_by_side(lambda some: _judged(features, some, weights), batches(pairs))).sort("l", "r")


def _judged(features: Mapping[str, pl.DataFrame], pairs: pl.DataFrame, weights: Weights) -> pl.DataFrame:
    scored = compare(features, pairs, weights).with_columns(score=scoring.probability(pl.col("weight")))
    told = _with_verdicts(weights.model, features, scored)
    return told.filter((pl.col("verdict") != DISTINCT) | pl.col("guard").is_not_null())


def _with_verdicts(model: Model, features: Mapping[str, pl.DataFrame], scored: pl.DataFrame) -> pl.DataFrame:
    """Add `verdict` by the score, and `guard` with what it changes."""
    verdict = (
        pl.when(pl.col("score") >= model.duplicate)
        .then(pl.lit(DUPLICATE))
        .when(pl.col("score") >= model.review)
        .then(pl.lit(REVIEW))
        .otherwise(pl.lit(DISTINCT))
    )
    return guards.apply(model, features, scored.with_columns(verdict=verdict))
