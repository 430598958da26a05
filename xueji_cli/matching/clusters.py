"""Clusters: records joined by duplicate pairs, unless that would make one child of two."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Clusters:
    """Records put together pair by pair, the surest pairs first.

    Connected components chain: A–B and B–C make one child of A and C, though nobody compared them. So a pair may join two
    clusters only when no two of their members are known to be different children: two different sound numbers, or a
    decision that a person made.
    """

    def __init__(self, numbers: Mapping[int, str | None], apart: Iterable[tuple[int, int]]) -> None:
        """Begin.

        Args:
            numbers: Record → its own sound ID number; records that have none may be left out.
            apart: Pairs of records that are different children.
        """
        self._parent: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._number = dict(numbers)
        self._apart: dict[int, set[int]] = {}
        for left, right in apart:
            self._apart.setdefault(left, set()).add(right)
            self._apart.setdefault(right, set()).add(left)

    def find(self, record: int) -> int:
        """Return the record that stands for a record's cluster."""
        root = record
        while (parent := self._parent.get(root, root)) != root:
            root = parent
        while record != root:
            self._parent[record], record = root, self._parent.get(record, record)
        return root

    def members(self, root: int) -> list[int]:
        """Return the records of a cluster."""
        return self._members.get(root, [root])

    def join(self, left: int, right: int, *, decided: bool = False) -> bool:
        """Put two clusters together; False when two of their members are different children.

        Args:
            left: A record of one.
            right: A record of the other.
            decided: A person said that they are one child; two numbers don't speak against that.
        """
        a, b = self.find(left), self.find(right)
        if a == b:
            return True
        number_a, number_b = self._number.get(a), self._number.get(b)
        if number_a and number_b and number_a != number_b and not decided:
            return False
        members_a, members_b = self.members(a), self.members(b)
        small, large = sorted((members_a, members_b), key=len)
        if self._apart and any(not self._apart[each].isdisjoint(large) for each in small if each in self._apart):
            return False
        root, other = min(a, b), max(a, b)
        self._parent[other] = root
        self._members[root] = sorted((*members_a, *members_b))
        self._members.pop(other, None)
        self._number[root] = number_a or number_b
        return True

    def all(self) -> list[list[int]]:
        """Return the clusters of two or more records, in order of their first record."""
        return [self._members[root] for root in sorted(self._members) if len(self._members[root]) > 1]


def cluster(
    pairs: pl.DataFrame, numbers: pl.Series | None, apart: pl.DataFrame
) -> tuple[list[list[int]], pl.DataFrame]:
    """Put the records of duplicate pairs together.

    Args:
        pairs: `l`, `r`, `weight` of duplicate pairs, and whether a person `decided` it.
        numbers: Own sound ID numbers.
        apart: `l`, `r` of pairs of different children.

    Returns:
        The clusters, and the pairs (`l`, `r`) that would have joined two children and must be looked at.
    """
    ends = pl.concat([pairs["l"], pairs["r"].alias("l")])
    often = ends.filter(ends.is_duplicated()).unique().implode()
    chained = pairs["l"].is_in(often) | pairs["r"].is_in(often)
    # Most pairs share no record with another and are told all at once: one that is a duplicate is not among those `apart`, so only
    # its two numbers can speak against it.
    lone = pairs.filter(~chained)
    two = _two_numbers(lone, numbers)
    groups = [list(pair) for pair in lone.filter(~two).select("l", "r").iter_rows()]
    refused = list(lone.filter(two).select("l", "r").iter_rows())
    rest = pairs.filter(chained)
    records = pl.concat([rest["l"], rest["r"].alias("l")]).unique()
    own = {} if numbers is None else dict(zip(records.to_list(), numbers.gather(records).to_list(), strict=True))
    clusters = Clusters(own, apart.iter_rows())
    # A loop over the duplicate pairs of threes and more, of which there are few; each depends on those before.
    order = rest.sort(["decided", "weight", "l", "r"], descending=[True, True, False, False])
    for left, right, decided in order.select("l", "r", "decided").iter_rows():
        if not clusters.join(left, right, decided=decided):
            refused.append((left, right))
    schema = {"l": pl.UInt32, "r": pl.UInt32}
    return sorted([*groups, *clusters.all()]), pl.DataFrame(refused, schema=schema, orient="row")


def _two_numbers(pairs: pl.DataFrame, numbers: pl.Series | None) -> pl.Series:
    """Return which pairs have two different sound numbers, and no person said that they are one child."""
    if numbers is None:
        return pl.Series([False]).new_from_index(0, pairs.height)
    a, b = numbers.gather(pairs["l"]), numbers.gather(pairs["r"])
    return ((a != b) & (a != "") & (b != "")).fill_null(value=False) & ~pairs["decided"]


def members_of(groups: Sequence[Sequence[int]]) -> pl.DataFrame:
    """Return `g`, the number of a group, and `record` of all members, in their order."""
    sizes = pl.DataFrame({"g": range(len(groups)), "n": [len(members) for members in groups]}).cast(pl.UInt32)
    records = pl.Series("record", list(chain.from_iterable(groups)), dtype=pl.UInt32)
    return sizes.select(pl.col("g").repeat_by("n")).explode("g", empty_as_null=False).with_columns(records)
