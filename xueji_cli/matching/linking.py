"""Link two lists of the same people: who is in both, and who in only one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.pairing import DISTINCT, DUPLICATE, judge

if TYPE_CHECKING:
    from xueji_cli.matching.pairing import Judged
    from xueji_cli.matching.people import People

MATCHED, AMBIGUOUS, POSSIBLE = "matched", "ambiguous", "possible"

#: A rival whose weight comes this near (bits) makes a match ambiguous: eight times as likely is not enough.
_MARGIN = 3.0


@dataclass(frozen=True, slots=True)
class Linked:
    """Two lists, linked.

    Attributes:
        people: The records of both; `places.side` tells the lists apart.
        judged: All pairs that were judged, with `link`: matched (one person), possible (a person must look), ambiguous (two
            records fit about as well), null for pairs that gave way to a better one.
        only_left: Records of the first list that are matched with nobody.
        only_right: Records of the second list.
    """

    people: People
    judged: Judged
    only_left: pl.Series
    only_right: pl.Series


def link(people: People, *, schools: str = "all", many: bool = False) -> Linked:
    """Link the two lists of records.

    Args:
        people: Records of both sides (`read_people` of two lists).
        schools: `all`, or only pairs `within` a school or `across` schools.
        many: A record of the first list may have several in the second.
    """
    return settle(people, judge(people, schools=schools), many=many)


def settle(people: People, judged: Judged, *, many: bool = False) -> Linked:
    """Say which of the judged pairs of two lists are links, and who has none.

    Args:
        people: Records of both sides.
        judged: The pairs.
        many: A record of the first list may have several in the second.
    """
    pairs = judged.pairs
    # On pairs across, `l` is of the first list: its record number is not always the smaller.
    side = people.places["side"]
    turned = side.gather(pairs["l"]) == 1
    pairs = pairs.with_columns(
        a=pl.when(turned).then("r").otherwise("l"), b=pl.when(turned).then("l").otherwise("r")
    ).with_columns(l="a", r="b")
    pairs = pairs.drop("a", "b").sort("l", "r")
    pairs = pairs.with_columns(_links(pairs, many=many))
    matched = pairs.filter(pl.col("link") == MATCHED)
    everyone = people.places.with_row_index("record")
    lone = [
        everyone.filter((pl.col("side") == which) & ~pl.col("record").is_in(matched[column].implode()))["record"]
        for which, column in ((0, "l"), (1, "r"))
    ]
    return Linked(people, replace(judged, pairs=pairs), lone[0], lone[1])


def _links(pairs: pl.DataFrame, *, many: bool) -> pl.Series:
    """Return what each pair is: the surest pairs are taken first, and a record once."""
    # What is certain comes before what a person must look at, however much of it agrees: a second 户口 outweighs many a match.
    order = (
        pairs.with_row_index("i")
        .filter(pl.col("verdict") != DISTINCT)
        .sort([pl.col("verdict") == DUPLICATE, "weight", "l", "r"], descending=[True, True, False, False])
    )
    link: list[str | None] = [None] * pairs.height
    taken_left: dict[int, tuple[int, float]] = {}
    taken_right: dict[int, tuple[int, float]] = {}
    # A loop over the pairs that may be matches: each depends on those before.
    for index, left, right, weight, verdict in order.select("i", "l", "r", "weight", "verdict").iter_rows():
        rivals = [taken_right.get(right)] if many else [taken_left.get(left), taken_right.get(right)]
        before = [rival for rival in rivals if rival is not None]
        if before:
            close = [i for i, other in before if other - weight < _MARGIN and link[i] in (MATCHED, AMBIGUOUS)]
            if close and verdict == DUPLICATE:
                link[index] = AMBIGUOUS
                for i in close:
                    link[i] = AMBIGUOUS
            continue
        link[index] = MATCHED if verdict == DUPLICATE else POSSIBLE
        taken_left.setdefault(left, (index, weight))
        taken_right.setdefault(right, (index, weight))
    return pl.Series("link", link, dtype=pl.String)
