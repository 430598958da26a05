"""The best threshold for splink is found, not guessed: held to trying every one."""

from __future__ import annotations

from itertools import combinations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.pairs.judging import harmonic
from benchmarks.splink_baseline import best_threshold

CHILDREN = st.lists(st.integers(0, 5), min_size=2, max_size=9)


def clusters_f1(child: list[int], kept: list[tuple[int, int]]) -> float:
    """F1 of clusters by following every path, the slow way."""
    groups = {place: {place} for place in range(len(child))}
    for left, right in kept:
        whole = groups[left] | groups[right]
        for place in whole:
            groups[place] = whole
    said = {pair for whole in groups.values() for pair in combinations(sorted(whole), 2)}
    true = {pair for pair in combinations(range(len(child)), 2) if child[pair[0]] == child[pair[1]]}
    return harmonic(len(said & true) / len(said) if said else 1.0, len(said & true) / len(true))


@given(child=CHILDREN, data=st.data())
def test_no_threshold_is_better_than_the_best(child: list[int], data: st.DataObject) -> None:
    true = sum(child[a] == child[b] for a, b in combinations(range(len(child)), 2))
    if not true:
        child = [*child, child[0]]
        true = 1
    places = list(combinations(range(len(child)), 2))
    chosen = data.draw(st.lists(st.sampled_from(places), unique=True))
    weights = data.draw(st.lists(st.integers(-3, 3), min_size=len(chosen), max_size=len(chosen)))
    pairs = pl.DataFrame(
        {"left": [a for a, _ in chosen], "right": [b for _, b in chosen], "weight": [float(w) for w in weights]},
        schema={"left": pl.Int64, "right": pl.Int64, "weight": pl.Float64},
    )
    tried = [
        clusters_f1(child, [pair for pair, weight in zip(chosen, weights, strict=True) if weight >= least])
        for least in range(-3, 5)
    ]
    assert abs(best_threshold(pairs, child, true).f1 - max(tried)) < 1e-12
