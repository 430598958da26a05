"""The end of a run, in memory: few records are in pairs, and what is left to decide hangs on those few.

They are numbered anew in their order, so that whatever is decided by the order of records comes out as it does among all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import polars as pl

from xueji_cli.matching import guards, linking
from xueji_cli.matching.blocking import Candidates
from xueji_cli.matching.clusters import cluster
from xueji_cli.matching.dedupe import settle
from xueji_cli.matching.pairing import Judged
from xueji_cli.scaling.judging import places, renumbered
from xueji_cli.scaling.task import nested

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xueji_cli.matching.blocking import KeyPlan, LargeBlock
    from xueji_cli.matching.decisions import Decisions
    from xueji_cli.matching.dedupe import Deduped, Join
    from xueji_cli.matching.linking import Linked
    from xueji_cli.matching.people import People
    from xueji_cli.matching.scoring import Weights


class Records(Protocol):
    """All records of a run, wherever they are."""

    @property
    def height(self) -> int:
        """How many there are."""

    def gather(self, records: pl.Series) -> pl.DataFrame:
        """Return the columns of some, with shares, in order."""

    def people(self, records: pl.Series | None) -> People:
        """Return some, whose numbers count from 0; all of them when not given."""


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


def dedupe(
    outcome: Outcome,
    siblings: pl.DataFrame,
    wanted: Iterable[pl.Series],
    records: Records,
    decisions: Decisions | None,
    join: Join = cluster,
) -> Deduped:
    """Join records to clusters; `people` of the answer are those that anything is said about.

    Args:
        outcome: What the stages found.
        siblings: By the numbers of all records.
        wanted: Records that are asked for.
        records: All of them.
        decisions: What persons decided.
        join: Puts the records of duplicate pairs together.
    """
    some = involved(outcome, siblings, wanted)
    judged = among(outcome, some, records.gather(some))
    return settle(records.people(some), judged, renumbered(some, siblings), decisions, join)


def link(outcome: Outcome, wanted: Iterable[pl.Series], records: Records, *, many: bool, whole: bool) -> Linked:
    """Say who of two lists is whom.

    Args:
        outcome: What the stages found.
        wanted: Records that are asked for.
        records: All of them.
        many: A record of the first list may have several in the second.
        whole: All records are in the answer, so that those with no link come out; else only those in pairs, and they can be
            compared once more.
    """
    if whole:
        everyone = pl.int_range(records.height, dtype=pl.UInt32, eager=True)
        return linking.settle(records.people(None), among(outcome, everyone, None), many=many)
    some = involved(outcome, outcome.pairs.clear(), wanted)
    return linking.settle(records.people(some), among(outcome, some, records.gather(some)), many=many)
