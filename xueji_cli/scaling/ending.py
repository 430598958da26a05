"""The end of a run, in memory: few records are in pairs, and what is left to decide hangs on those few.

They are numbered anew in their order, so that whatever is decided by the order of records comes out as it does among all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import dedupe, guards, linking
from xueji_cli.matching.blocking import Candidates
from xueji_cli.matching.pairing import Judged
from xueji_cli.scaling.judging import places, renumbered
from xueji_cli.scaling.task import nested

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xueji_cli.matching.blocking import KeyPlan, LargeBlock
    from xueji_cli.matching.decisions import Decisions
    from xueji_cli.matching.dedupe import Deduped
    from xueji_cli.matching.linking import Linked
    from xueji_cli.matching.people import People
    from xueji_cli.matching.scoring import Weights


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the stages found, by the numbers of all records.

    Attributes:
        pairs: As `Judged.pairs`, sorted.
        compared: How many pairs were compared.
        plans: What each key gave.
        large: Blocks that were narrowed or cut.
        unkeyed: Records that have no key.
        weights: What each level weighs.
    """

    pairs: pl.DataFrame
    compared: int
    plans: tuple[KeyPlan, ...]
    large: tuple[LargeBlock, ...]
    unkeyed: pl.Series
    weights: Weights


def siblings(adults: Sequence[pl.DataFrame], people_knowledge: str) -> pl.DataFrame:
    """Return pairs `l`, `r` of children under one guardian's number, as `guards.siblings` of all records.

    Args:
        adults: `row` and adult's number `n` of the records that have one, in parts.
        people_knowledge: What the model knows about the people.
    """
    if not adults or people_knowledge != "pupils":
        return pl.DataFrame(schema={"l": pl.UInt32, "r": pl.UInt32})
    return guards.sharing(pl.concat(adults))


def involved(outcome: Outcome, siblings: pl.DataFrame, wanted: Iterable[pl.Series]) -> pl.Series:
    """Return the records that anything is said about, ascending."""
    sides = [frame[side] for frame in (outcome.pairs, siblings) for side in ("l", "r")]
    return _once(*sides, named(outcome.large, outcome.unkeyed), *wanted)


def named(large: Iterable[LargeBlock], unkeyed: pl.Series) -> pl.Series:
    """Return the records that were not compared with everybody, ascending."""
    return _once(pl.Series([block.record for block in large], dtype=pl.UInt32), unkeyed)


def _once(*records: pl.Series) -> pl.Series:
    return pl.concat([each.alias("record").cast(pl.UInt32) for each in records]).unique().sort()


def among(outcome: Outcome, records: pl.Series, columns: pl.DataFrame | None) -> Judged:
    """Return the outcome among some records, by their places.

    Args:
        outcome: Of all.
        records: `involved`, and maybe more.
        columns: Their columns with shares; None when nothing is to be compared any more.
    """
    return Judged(
        renumbered(records, outcome.pairs),
        outcome.compared,
        candidates(records, outcome.plans, outcome.large, outcome.unkeyed),
        outcome.weights,
        {} if columns is None else nested(columns),
    )


def candidates(
    records: pl.Series, plans: tuple[KeyPlan, ...], large: Sequence[LargeBlock], unkeyed: pl.Series
) -> Candidates:
    """Return what keys gave, by the places of records among some; without pairs."""
    examples = places(records, pl.Series([block.record for block in large], dtype=pl.UInt32)).to_list()
    blocks = tuple(replace(block, record=place) for block, place in zip(large, examples, strict=True))
    return Candidates(pl.DataFrame(schema={"l": pl.UInt32, "r": pl.UInt32}), plans, blocks, places(records, unkeyed))


def deduped(
    people: People, judged: Judged, records: pl.Series, siblings: pl.DataFrame, decisions: Decisions | None
) -> Deduped:
    """Join records to clusters.

    Args:
        people: The `involved` records.
        judged: The outcome `among` them.
        records: Their numbers.
        siblings: By the numbers of all records.
        decisions: What persons decided.
    """
    return dedupe.settle(people, judged, renumbered(records, siblings), decisions)


def linked(people: People, judged: Judged, *, many: bool) -> Linked:
    """Say who of two lists is whom; for who has nobody to come out, `people` must be all records."""
    return linking.settle(people, judged, many=many)
