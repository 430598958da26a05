"""Days, and values of which there are few."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import identity
from xueji_cli.matching.kinds.base import Answer, Kind, coded, filled, hashed, keys_of, sides
from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison

#: Days by which a birth date may be off when one is of the lunar calendar.
_LUNAR = 60
#: Days written as numbers of eight digits lie so far apart when one digit is another, or two beside one another are exchanged: of all
#: pairs that don't, nothing more need be looked at.
_SLIPS = pl.Series(
    sorted({times * digit * 10**place for times in (1, 9) for digit in range(1, 10) for place in range(8)}),
    dtype=pl.Int32,
)


def _one_slip(a: pl.Expr, b: pl.Expr) -> pl.Expr:
    """Return whether one digit of two days is another, or two side by side stand in the other order."""
    digits = [(a // 10**k % 10, b // 10**k % 10) for k in range(8)]
    wrong = pl.sum_horizontal((x != y).cast(pl.UInt8) for x, y in digits)
    turned = pl.any_horizontal(
        (digits[k][0] == digits[k + 1][1]) & (digits[k + 1][0] == digits[k][1]) for k in range(7)
    )
    return (wrong == 1) | ((wrong == 2) & turned)


class Dates(Kind):
    """A day; of an ID number, the birth date in it."""

    name = "date"

    def columns(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` the day as an integer, `day` as a date."""
        value = filled(people, comparison, {"id_number": identity.BORN})
        if value is None:
            return None
        day = on_distinct(value, lambda days: days.cast(pl.String).str.zfill(8).str.to_date("%Y%m%d", strict=False))
        return pl.DataFrame(coded(value) | {"day": day.cast(pl.Int32)})

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; swapped: day and month; digit: one digit wrong or two exchanged; near: within two months; other."""
        both = sides(features[comparison.name], ["v", "v%", "day"], left, right)
        a, b = pl.col("l:v"), pl.col("r:v")
        maybe = both.select((a - b).abs().is_in(_SLIPS)).to_series().arg_true()
        slips = both.select(pl.col("l:v", "r:v").gather(maybe)).select(_one_slip(a, b)).to_series()
        slip = pl.Series([False]).new_from_index(0, both.height).scatter(maybe, slips)
        swapped = (a // 10_000 == b // 10_000) & (a % 100 == b // 100 % 100) & (a // 100 % 100 == b % 100)
        told = both.with_columns(slip=slip).select(
            level=pl.when(a.is_null() | b.is_null())
            .then(None)
            .when(a == b)
            .then(self.level("same"))
            .when(swapped)
            .then(self.level("swapped"))
            .when("slip")
            .then(self.level("digit"))
            .when((pl.col("l:day") - pl.col("r:day")).abs() <= _LUNAR)
            .then(self.level("near"))
            .otherwise(self.level("other"))
            .cast(pl.UInt8),
            share=pl.when(a == b).then("l:v%"),
        )
        return Answer(told["level"], told["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The day; year and `month`; the `year`; month and `day`."""
        v = pl.col("v")
        part = {"": v, "month": v // 100, "year": v // 10_000, "day": v % 10_000}[form]
        return keys_of(hashed(features.select(part).to_series()))


class Categories(Kind):
    """One of a few values; of an ID number, the sex in it."""

    name = "category"

    def columns(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` the value."""
        value = filled(people, comparison, {"id_number": identity.SEX})
        return None if value is None else pl.DataFrame(coded(value))

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; other."""
        both = sides(features[comparison.name], ["v#", "v%"], left, right)
        same = pl.col("l:v#") == pl.col("r:v#")
        told = both.select(
            level=pl.when(same)
            .then(pl.lit(self.level("same"), pl.UInt8))
            .when(~same)
            .then(pl.lit(self.level("other"), pl.UInt8)),
            share=pl.when(same).then("l:v%"),
        )
        return Answer(told["level"], told["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:  # noqa: ARG002 - it has one form
        """The value."""
        return keys_of(features["v#"])
