"""Weights from a sample, and verdicts of the pairs between two parts of the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import pairing, scoring
from xueji_cli.matching.blocking import parted
from xueji_cli.scaling.records import RECORD
from xueji_cli.scaling.task import Task, nested

if TYPE_CHECKING:
    from xueji_cli.matching.scoring import Weights


def places(records: pl.Series, wanted: pl.Series) -> pl.Series:
    """Return where records stand among others.

    Args:
        records: Record numbers, ascending.
        wanted: Some of them, in any order.
    """
    if not records.len() or records[-1] - records[0] + 1 == records.len():
        return (wanted - (records[0] if records.len() else 0)).cast(pl.UInt32)
    return records.search_sorted(wanted).cast(pl.UInt32)


def renumbered(records: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return pairs with the places of their records among some in place of their numbers, which leaves every order as it is."""
    return pairs.with_columns(places(records, pairs[side]).alias(side) for side in ("l", "r"))


def weigh(records: int, task: Task, far: pl.DataFrame, sample: pl.DataFrame | None, near: pl.DataFrame) -> Weights:
    """Return the weights of a run.

    Args:
        records: How many records there are.
        task: The run.
        far: Columns (with shares) of the records in `scoring.far_apart`: the first 50,001, or all of fewer.
        sample: Candidate pairs `l`, `r`: every `scoring.step`-th of all in their order; None when the step is 0.
        near: Columns of the records in the sample, in order.
    """
    chance = scoring.chance(task.model, records, nested(far))
    if sample is None:
        return scoring.learn(task.model, records, nested(far), None, chance)
    return scoring.learn(task.model, records, nested(near), renumbered(near[RECORD], sample), chance)


def judge(pairs: pl.Series, left: pl.DataFrame, right: pl.DataFrame | None, weights: Weights) -> pl.DataFrame:
    """Compare the pairs between two parts of the records.

    Args:
        pairs: Pairs as numbers, each once.
        left: Columns (with shares) of the part that the first records are of, in order.
        right: Of the part of the second records; None when it is the same.
        weights: What `weigh` says.

    Returns:
        What `Judged.pairs` has of them: verdicts, and distinct pairs on which a guard spoke; by the numbers of the records.
    """
    both = parted(pairs)
    local = pl.DataFrame({"l": places(left[RECORD], both["l"])})
    if right is None:
        local = local.with_columns(places(left[RECORD], both["r"]).alias("r"))
        columns = left
    else:
        local = local.with_columns((places(right[RECORD], both["r"]) + left.height).alias("r"))
        columns = pl.concat([left, right], rechunk=False)
    told = pairing.judged(nested(columns), local, weights)
    numbers = columns[RECORD]
    return told.with_columns(numbers.gather(told[side]).alias(side) for side in ("l", "r"))
