"""Sets of which one member in common is enough: telephones, guardians' numbers, guardians' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import identity
from xueji_cli.matching.kinds.base import Answer, Kind, hashed, keys_of_any, sides
from xueji_cli.values import han
from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison


def _every_share(columns: Sequence[str]) -> list[dict[str, str]]:
    """Return the members `h0 h1 …` with their shares `p0 p1 …`: a member counts wherever it stands in a record."""
    return [{name: "p" + name[1:] for name in columns if name.startswith("h")}]


class _Common:
    """Expressions about the members that the two records of a pair have in common."""

    def __init__(self, features: pl.DataFrame) -> None:
        self.places = range(sum(name.startswith("h") for name in features.columns))
        self.each = [self.any("h", i).fill_null(value=False) for i in self.places]
        self.known = pl.any_horizontal(pl.col(f"l:h{i}").is_not_null() for i in self.places)
        self.known = self.known & pl.any_horizontal(pl.col(f"r:h{i}").is_not_null() for i in self.places)
        self.share = pl.min_horizontal(pl.when(self.each[i]).then(pl.col(f"l:p{i}")) for i in self.places)

    def any(self, letter: str, place: int) -> pl.Expr:
        """Return whether a member of the left record is one of the right's."""
        return pl.any_horizontal(pl.col(f"l:{letter}{place}") == pl.col(f"r:{letter}{j}") for j in self.places)


def _every(features: pl.DataFrame, letter: str) -> pl.DataFrame:
    """Return the keys of every member."""
    return keys_of_any(features, [name for name in features.columns if name[0] == letter])


class Sets(Kind):
    """Numbers: telephones, guardians' ID numbers."""

    name = "any"

    def columns(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`h0 h1 …` codes of the numbers; their shares are `p0 p1 …`."""
        names = [identity.ADULT if field == "id_number" else field for field in comparison.fields]
        known = [name for name in names if people.fills(name)]
        if not known:
            return None
        return pl.DataFrame({f"h{i}": hashed(people.values[name]) for i, name in enumerate(known)})

    def codes(self, columns: Sequence[str]) -> list[dict[str, str]]:
        """The members."""
        return _every_share(columns)

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same: a number in common; other."""
        own = features[comparison.name]
        common = _Common(own)
        told = sides(own, own.columns, left, right).select(
            level=pl.when(~common.known)
            .then(None)
            .when(pl.any_horizontal(common.each))
            .then(self.level("same"))
            .otherwise(self.level("other"))
            .cast(pl.UInt8),
            share=common.share,
        )
        return Answer(told["level"], told["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:  # noqa: ARG002 - it has one form
        """Each number."""
        return _every(features, "h")


class NameSets(Kind):
    """The names of the same few people in any order: father and mother."""

    name = "people"

    def columns(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`h0 h1 …` codes of the names, whose shares are `p0 p1 …`; `s0 s1 …` codes of their sounds."""
        fields = self.shown(people, comparison)
        if not fields:
            return None
        values = [people.values[field] for field in fields]
        names = [hashed(value).alias(f"h{i}") for i, value in enumerate(values)]
        sounds = [hashed(on_distinct(value, han.sounds)).alias(f"s{i}") for i, value in enumerate(values)]
        return pl.DataFrame([*names, *sounds])

    def codes(self, columns: Sequence[str]) -> list[dict[str, str]]:
        """The members."""
        return _every_share(columns)

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """both: two names in common; one; sound: one that reads alike; other."""
        own = features[comparison.name]
        common = _Common(own)
        number = pl.sum_horizontal(each.cast(pl.UInt8) for each in common.each)
        told = sides(own, own.columns, left, right).select(
            level=pl.when(~common.known)
            .then(None)
            .when(number > 1)
            .then(self.level("both"))
            .when(number == 1)
            .then(self.level("one"))
            .when(pl.any_horizontal(common.any("s", i) for i in common.places))
            .then(self.level("sound"))
            .otherwise(self.level("other"))
            .cast(pl.UInt8),
            share=pl.when(number == 1).then(common.share),
        )
        return Answer(told["level"], told["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """Each name, or its `sound`."""
        return _every(features, "s" if form == "sound" else "h")
