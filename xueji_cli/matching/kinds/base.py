"""What every kind of comparison gives: columns to compare, the level of each pair, and keys to find candidates by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from xueji_cli.matching.kinds.frequency import each_once, with_shares
from xueji_cli.schema.matching import KINDS
from xueji_cli.values.hashing import in_one

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison


class Answer(NamedTuple):
    """What a comparison says about pairs.

    Attributes:
        level: Index into the levels of its kind; null where either side has no value.
        share: For pairs that agree, the share of other records that have the value they agree on; null elsewhere.
    """

    level: pl.Series
    share: pl.Series


class Kind(ABC):
    """A kind of comparison; without state, so that it can run anywhere."""

    name: str

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """Return the columns that are compared with the shares of their values, one row a record; None as `columns`.

        Args:
            comparison: What is compared.
            people: All records: shares are of all.
        """
        columns = self.columns(comparison, people)
        if columns is None:
            return None
        for codes in self.codes(columns.columns):
            columns = with_shares(columns, codes)
        return columns

    @abstractmethod
    def columns(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """Return the columns that are compared, without shares, one row a record; None when the tables lack the fields."""

    def codes(self, columns: Sequence[str]) -> list[dict[str, str]]:  # noqa: ARG002 - most have the same
        """Return which of its columns have codes that are counted, each with the column of its shares; what counts together, together."""
        return [{"v#": "v%"}]

    @abstractmethod
    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """Compare records.

        Args:
            comparison: What is compared.
            features: Columns of all comparisons.
            left: Record numbers, one a pair.
            right: The records that they are compared with.
        """

    @abstractmethod
    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """Return `row` and `key` (UInt64) of every key a record has in a form; `probe` where only some records look for others."""

    def shown(self, people: People, comparison: Comparison) -> list[str]:
        """Return the fields whose values show why a pair agrees or not."""
        return [field for field in comparison.fields if people.has(field)]

    def level(self, name: str) -> int:
        """Return the index of a level."""
        return next(index for index, level in enumerate(KINDS[self.name]) if level.name == name)


def coded(values: pl.Series, name: str = "v") -> dict[str, pl.Series]:
    """Return a value column and its 64-bit code (equal for equal values only, for all that is to be expected).

    Args:
        values: Any column; null where there is nothing to compare.
        name: Prefix of the columns: `v`, `v#`.
    """
    return {name: values.alias(name), name + "#": hashed(values).alias(name + "#")}


def sides(features: pl.DataFrame, names: list[str], left: pl.Series, right: pl.Series) -> pl.DataFrame:
    """Return columns of both records of each pair: `l:<name>` and `r:<name>`."""
    chosen = pl.DataFrame([features[name] for name in names])
    both = [chosen[left], chosen[right]]
    for prefix, side in zip("lr", both, strict=True):
        side.columns = [f"{prefix}:{name}" for name in names]
    return pl.concat(both, how="horizontal")


def on_distinct_pairs(
    values: pl.Series,
    left: pl.Series,
    right: pl.Series,
    wanted: pl.Series,
    function: Callable[[pl.Series, pl.Series], pl.Series],
) -> pl.Series:
    """Compare distinct pairs of values and spread the answers over the pairs of records.

    Args:
        values: By record number.
        left: Record numbers, one a pair.
        right: The records that they are compared with.
        wanted: Which pairs to compare; both records of each must have a value.
        function: Two columns of values → as many levels (UInt8); the order of the two must not matter.

    Returns:
        Levels, null where not wanted.
    """
    empty = pl.Series([None], dtype=pl.UInt8).new_from_index(0, len(left))
    odd = wanted.fill_null(value=False).arg_true()
    if not len(odd):
        return empty
    both = pl.DataFrame({"l": values.gather(left.gather(odd)), "r": values.gather(right.gather(odd))})
    codes = pl.col("l").hash(), pl.col("r").hash()
    both = both.with_columns(pair=in_one([pl.min_horizontal(codes), pl.max_horizontal(codes)], seed=1))
    distinct = both.unique("pair")
    levels = function(distinct["l"], distinct["r"]).cast(pl.UInt8)
    told = both.join(distinct.select("pair", level=levels), on="pair", how="left", maintain_order="left")
    return empty.scatter(odd, told["level"])


def keys_of(codes: pl.Series) -> pl.DataFrame:
    """Return `row` and `key` of the records that have a code."""
    return pl.DataFrame({"key": codes}).with_row_index("row").drop_nulls().select("row", "key")


def keys_of_any(features: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Return `row` and `key` of every code that a record has in any of these columns."""
    once = each_once(features, names)
    return pl.concat([keys_of(once[name]) for name in names])


def hashed(values: pl.Series) -> pl.Series:
    """Return codes of values, null for null."""
    return values.to_frame("v").select(pl.when(pl.col("v").is_not_null()).then(pl.col("v").hash(seed=1))).to_series()


def filled(people: People, comparison: Comparison, beside: Mapping[str, str] | None = None) -> pl.Series | None:
    """Return the first of a comparison's fields that has a value.

    Args:
        people: The records.
        comparison: Which fields.
        beside: Field → the column that is meant instead: what an ID number says.
    """
    names = [(beside or {}).get(field, field) for field in comparison.fields]
    known = [name for name in names if people.has(name)]
    if not known:
        return None
    return people.values.select(pl.coalesce(known)).to_series()
