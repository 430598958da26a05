"""The stages of a comparison one after the other, as an engine runs them, on parts of a few records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from xueji_cli.matching import blocking, scoring
from xueji_cli.matching.kinds.frequency import frequent
from xueji_cli.matching.scoring import Weights
from xueji_cli.scaling import candidates, judging, records
from xueji_cli.scaling.task import Task

#: Buckets of keys.
HASHED = 3


@dataclass
class Staged:
    """What the stages give."""

    numbered: pl.DataFrame
    columns: pl.DataFrame
    pairs: pl.Series
    plans: list[blocking.KeyPlan]
    large: list[blocking.LargeBlock]
    unkeyed: pl.Series
    weights: Weights
    judged: pl.DataFrame


def staged(batches: Sequence[pl.DataFrame], task: Task, parts: int) -> Staged:
    """Run all stages on batches of rows, with so many parts of the records."""
    read = [records.read(rows, task) for rows in batches]
    filled = frozenset[str]().union(*map(records.filled, read))
    numbered: list[pl.DataFrame] = []
    for part in range(parts):
        own = pl.concat([each.filter(records.bucket(each, parts) == part) for each in read])
        numbered.append(records.number(own, sum(each.height for each in numbered)))
    columns = [records.features(each, task, filled) for each in numbered]
    counted = [records.count(each, task) for each in columns]
    frames = pl.concat([frame for frame, _ in counted])
    known = [sum(numbers) for numbers in zip(*(each for _, each in counted), strict=True)]
    often = {index: frequent(frames.filter(pl.col("group") == index).drop("group")) for index in range(len(known))}
    shared = [records.share(each, task, often, known) for each in columns]

    keyed = [candidates.keys(c, n["side"], task) for c, n in zip(columns, numbered, strict=True)]
    names, narrow = candidates.usable(columns[0], task)
    made, plans, large = [], [], []
    for index, key in enumerate(names):
        rows = pl.concat([each.rows[index] for each in keyed])
        told = [candidates.blocks(rows.filter(pl.col("key") % HASHED == bucket), task) for bucket in range(HASHED)]
        count = sum(each.pairs for each in told)
        made += [pairs for each in told for pairs in candidates.pairs(each.small, 50)]
        first = over = pl.concat([each.over for each in told])
        used: list[str] = []
        rest = [over.clear().select("row", "block")]
        for part in (part for part in narrow if part not in key):
            if not over.height:
                break
            used.append(str(part))
            values = pl.concat([candidates.part_values(each, part, task) for each in columns])
            narrowed = candidates.narrow(over, values, task)
            count += blocking.count_pairs(narrowed.small)
            made += candidates.pairs(narrowed.small, 50)
            rest.append(narrowed.without)
            over = narrowed.large
        rest.append(over.select("row", "block"))
        name = blocking.key_name(key)
        large += blocking.largest(first.select("row", "block"), pl.concat(rest), name, used) if first.height else []
        plans.append(
            blocking.KeyPlan(name, sum(each.keyed[index] for each in keyed), sum(each.blocks for each in told), count)
        )
    pairs = pl.concat(made).unique().sort()
    pairs = pairs.filter(kept(pairs, pl.concat([each["school"] for each in numbered]), task))

    height = sum(each.height for each in numbered)
    every = pl.concat(shared)
    step = scoring.step(pairs.len())
    sample = blocking.parted(pairs.gather_every(step)) if step else None
    near = every if sample is None else every[pl.concat([sample["l"], sample["r"].alias("l")]).unique().sort()]
    weights = judging.weigh(height, task, every.head(50_001), sample, near)
    judged = []
    for a, left in enumerate(shared):
        for b, right in enumerate(shared):
            both = blocking.parted(pairs)
            here = pairs.filter(within(both["l"], left) & within(both["r"], right))
            judged.append(judging.judge(here, left, None if a == b else right, weights))
    told = pl.concat(judged).sort("l", "r")
    unkeyed = pl.concat([each.unkeyed for each in keyed])
    return Staged(pl.concat(numbered), every, pairs, plans, list(blocking.foremost(large)), unkeyed, weights, told)


def kept(pairs: pl.Series, school: pl.Series, task: Task) -> pl.Series:
    """Return which pairs are of the schools that are wanted."""
    wanted = blocking.chosen(pairs, school, task.schools)
    return pairs.is_in((wanted["l"].cast(pl.UInt64) * 2**32 + wanted["r"]).implode())


def within(numbers: pl.Series, part: pl.DataFrame) -> pl.Series:
    """Return which records are of a part; none is of a part without records."""
    if not part.height:
        return pl.Series([False]).new_from_index(0, numbers.len())
    return numbers.is_between(part["record"][0], part["record"][-1])
