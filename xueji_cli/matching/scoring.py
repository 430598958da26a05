"""Match weights after Fellegi and Sunter (1969): how much more often two records of one person agree so than two of two.

`u`, the chance agreement, is taken from the data: from pairs of records far apart, and for values that agree from how often
that value occurs, so that 王伟 weighs less than 欧阳睿翰. `m` begins with the model's priors and is refined by EM
(Winkler 1988) on the candidate pairs, with the priors as so many observations that a few odd files cannot turn them.
Everything is deterministic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import guards
from xueji_cli.matching.kinds import KIND
from xueji_cli.matching.workers import batches, side_by_side
from xueji_cli.schema.matching import DISAGREEMENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.schema.matching import Comparison, Level, Model

#: Pairs of records far apart that chance agreement is measured on.
_RANDOM_PAIRS = 50_000
#: What the model's own u counts for beside them, in pairs.
_U_PRIOR = 100
#: Candidate pairs from which m is refined, and how many are looked at.
_ENOUGH, _SAMPLE = 2_000, 25_000
#: What the model's own m counts for, in pairs of one person.
_M_PRIOR = 500
_ROUNDS, _STILL = 25, 1e-4
#: How many times larger or smaller than the model's own m it may become: files without a duplicate teach nothing about them.
_FAR = 3.0
#: No single agreement weighs more (bits): nothing is so rare that it could not be a slip of the hand.
_MOST = 20.0


@dataclass(frozen=True, slots=True)
class Weights:
    """What each level of each comparison weighs.

    Attributes:
        model: The model.
        names: The comparisons that the tables have.
        m: Comparison → m of its levels.
        u: Comparison → u of its levels.
        prior: log₂ of the odds that two records taken at random are one person's.
        records: How many records there are.
    """

    model: Model
    names: tuple[str, ...]
    m: Mapping[str, tuple[float, ...]]
    u: Mapping[str, tuple[float, ...]]
    prior: float
    records: int

    def weight(self, name: str, level: pl.Expr, share: pl.Expr) -> pl.Expr:
        """Return the weight of a comparison in bits: log₂ m/u, u being the share of the value agreed on where it is known.

        A missing value weighs nothing.
        """
        m, u = self.m[name], self.u[name]
        bits = [math.log2(a / b) for a, b in zip(m, u, strict=True)]
        plain, m_of = (pl.lit(pl.Series(each, dtype=pl.Float32)).gather(level) for each in (bits, list(m)))
        # A small list can't show how rare a number or name is: there the model's own u is the bound, in a large one a record.
        least = min(1 / max(self.records, 1), self.model.comparison(name).levels[0].u)
        rare = (m_of / share.clip(lower_bound=least)).log(2)
        # An agreement on a frequent value weighs less than its level does, on a rare one more.
        told = pl.when(share.is_not_null()).then(rare).otherwise(plain)
        told = told.clip(-_MOST, _MOST).fill_null(0.0)
        other = self.model.comparison(name).told_by
        if other not in self.names:
            return told
        agreeing = [
            index for index, each in enumerate(self.model.comparison(other).levels) if each.name not in DISAGREEMENT
        ]
        return pl.when(pl.col(other).is_in(agreeing)).then(told.clip(upper_bound=0.0)).otherwise(told)

    def total(self, names: Sequence[str] | None = None) -> pl.Expr:
        """Return the sum of weights (`w:<name>`) and the prior; the comparisons of a group within its bounds.

        Args:
            names: The comparisons; all when not given.
        """
        groups: dict[str, list[str]] = {}
        for name in self.names if names is None else names:
            groups.setdefault(self.model.comparison(name).group, []).append(f"w:{name}")
        parts = [pl.lit(self.prior, dtype=pl.Float32)]
        for group, columns in groups.items():
            subtotal = pl.sum_horizontal(columns)
            if group in self.model.bounds:
                subtotal = subtotal.clip(*self.model.bounds[group])
            parts.append(subtotal)
        return pl.sum_horizontal(parts)

    def greatest(self, names: Sequence[str]) -> float:
        """Return the most that these comparisons can add."""
        groups: dict[str, float] = {}
        for name in names:
            comparison = self.model.comparison(name)
            best = max(math.log2(a / b) for a, b in zip(self.m[name], self.u[name], strict=True))
            groups[comparison.group] = groups.get(comparison.group, 0.0) + (_MOST if _counted(comparison) else best)
        return sum(min(most, self.model.bounds.get(g, (0.0, most))[1]) for g, most in groups.items())


def _counted(comparison: Comparison) -> bool:
    """Return whether agreeing values are weighed by how often they occur."""
    return comparison.kind != "category"


def probability(weight: pl.Expr) -> pl.Expr:
    """Return the probability of a weight in bits."""
    return 1.0 / (1.0 + (weight * -math.log(2)).exp())


def step(pairs: int) -> int:
    """Return that m is refined from every how manieth of so many candidate pairs; 0 when they are too few to teach anything."""
    return -(-pairs // _SAMPLE) if pairs >= _ENOUGH else 0


def learn(
    model: Model,
    records: int,
    features: Mapping[str, pl.DataFrame],
    sample: pl.DataFrame | None,
    u: Mapping[str, tuple[float, ...]],
) -> Weights:
    """Return the weights for these records.

    Args:
        model: The model with its priors.
        records: How many records there are.
        features: Columns of each comparison.
        sample: Candidate pairs `l`, `r`: every `step`-th of all; None when they are too few.
        u: What `chance` says.
    """
    names = tuple(u)
    m = {name: tuple(level.m for level in model.comparison(name).levels) for name in names}
    prior = math.log2(model.rate * 2 / max(records, 2))
    if sample is not None:
        m = _refined(features, Weights(model, names, m, u, prior, records), sample)
    return Weights(model, names, m, _against(model, m, u), prior, records)


def _against(
    model: Model, m: Mapping[str, tuple[float, ...]], u: Mapping[str, tuple[float, ...]]
) -> dict[str, tuple[float, ...]]:
    """Return u with no disagreement less frequent among strangers than among the records of one person."""
    return {
        name: tuple(
            max(of_two, of_one) if level.name in DISAGREEMENT else of_two
            for of_one, of_two, level in zip(m[name], u[name], model.comparison(name).levels, strict=True)
        )
        for name in u
    }


def far_apart(records: int) -> pl.DataFrame:
    """Return the pairs `l`, `r` that chance agreement is measured on; of many records, only the first 50,001 are in them."""
    wanted = min(_RANDOM_PAIRS, records * (records - 1) // 2)
    # Records stand in an order that has nothing to do with who they are, so any step away is a random other.
    count = pl.int_range(wanted, dtype=pl.Int64, eager=True)
    left = (count % max(records, 1)).cast(pl.UInt32)
    right = ((count + 1 + count // max(records, 1)) % max(records, 1)).cast(pl.UInt32)
    return pl.DataFrame({"l": left, "r": right})


def chance(model: Model, records: int, features: Mapping[str, pl.DataFrame]) -> dict[str, tuple[float, ...]]:
    """Return u of each level of each comparison: measured on pairs far apart, the model's own as if seen on some pairs.

    Args:
        model: The model.
        records: How many records there are.
        features: Columns of each comparison, of the records that are in `far_apart` at least.
    """
    names = [each.name for each in model.compare if each.name in features]
    pairs = far_apart(records)

    def measured(name: str) -> tuple[float, ...]:
        comparison = model.comparison(name)
        seen = [0.0] * len(comparison.levels)
        if pairs.height:
            level = KIND[comparison.kind].compare(comparison, features, pairs["l"], pairs["r"]).level
            for value, number in level.drop_nulls().value_counts().iter_rows():
                seen[value] = number
        total = sum(seen) + _U_PRIOR
        # What was not seen among so many pairs is rare, but not rarer by orders than the model says.
        return tuple(
            max((n + _U_PRIOR * each.u) / total, each.u / 10) for n, each in zip(seen, comparison.levels, strict=True)
        )

    return dict(zip(names, side_by_side(measured, names), strict=True))


def _refined(
    features: Mapping[str, pl.DataFrame], weights: Weights, pairs: pl.DataFrame
) -> dict[str, tuple[float, ...]]:
    """Return m after EM on patterns of levels; u and the prior stay.

    A pair's weight takes the frequency of its values into account; so patterns are of levels and of that correction, in
    whole bits. Pairs on which a guard has a word (twins, a second 户口, a name and little else) are left out: they are
    more than the duplicates, and what their agreement means is just what can't be learnt from them.
    """
    model, names = weights.model, weights.names

    def compared(some: pl.DataFrame) -> pl.DataFrame:
        answers = {
            name: KIND[model.comparison(name).kind].compare(model.comparison(name), features, some["l"], some["r"])
            for name in names
        }
        return some.with_columns(
            each.alias(prefix + name)
            for name, answer in answers.items()
            for prefix, each in (("", answer.level), ("s:", answer.share))
        )

    frame = pl.concat(side_by_side(compared, batches(pairs)))
    no_share = pl.lit(None, dtype=pl.Float32)
    frame = frame.with_columns(
        weights.weight(name, pl.col(name), share).alias(prefix + name)
        for name in names
        for prefix, share in (("w:", pl.col(f"s:{name}")), ("plain:", no_share))
    )
    excess = reduce(add, (pl.col(f"w:{name}") - pl.col(f"plain:{name}") for name in names))
    frame = frame.with_columns(excess=excess.round(0)).filter(~guards.doubtful(model, features, frame))
    patterns = frame.group_by(*names, "excess").agg(n=pl.len()).sort(*names, "excess")
    current = dict(weights.m)
    for _ in range(_ROUNDS):
        now = replace(weights, m=current)
        scored = patterns.with_columns(
            now.weight(name, pl.col(name), no_share).alias(f"w:{name}") for name in names
        ).with_columns(p=probability(now.total() + pl.col("excess")) * pl.col("n"))
        # What a contradiction of two numbers means is a matter of guards.
        learnt = [each for each in map(model.comparison, names) if each.kind != "id_number"]
        following = {**current, **_next(scored, learnt)}
        moved = max(abs(a - b) for name in names for a, b in zip(following[name], current[name], strict=True))
        current = following
        if moved < _STILL:
            break
    return current


def _next(scored: pl.DataFrame, comparisons: Sequence[Comparison]) -> dict[str, tuple[float, ...]]:
    """Return m of comparisons from the expected matches at each level."""
    matches = [
        [pl.col("p").filter(pl.col(each.name) == level).sum() for level in range(len(each.levels))]
        for each in comparisons
    ]
    # All sums in one go: many small ones take far longer to ask for than to add up.
    sums = iter(scored.select(pl.concat_list(levels).alias(str(at)) for at, levels in enumerate(matches)).row(0))
    return {each.name: _near(each.levels, next(sums)) for each in comparisons}


def _near(levels: Sequence[Level], mass: Sequence[float]) -> tuple[float, ...]:
    """Return m from the expected matches at each level, near the prior and adding up to 1."""
    total = sum(mass) + _M_PRIOR
    found = [(matches + _M_PRIOR * level.m) / total for matches, level in zip(mass, levels, strict=True)]
    near = [min(max(m, level.m / _FAR), level.m * _FAR) for m, level in zip(found, levels, strict=True)]
    return tuple(m / sum(near) for m in near)


def bits(chance: float) -> float:
    """Return the weight in bits that a probability stands for."""
    return math.log2(chance / (1 - chance)) if 0 < chance < 1 else math.copysign(100.0, chance - 0.5)
