"""Addresses in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.kinds.base import Answer, Kind, coded, filled, hashed, keys_of, on_distinct_pairs, sides
from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison

#: Similarity (Indel) of addresses that are the same with a word more or less.
_SAME_PLACE = 0.80


class Addresses(Kind):
    """An address in Chinese: the same place may be written with the county in front or without."""

    name = "address"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` the address from the county down, without punctuation."""
        value = filled(people, comparison)
        if value is None:
            return None
        a = pl.col("a").str.replace_all(r"[\s,，。.、\-—()（）#]", "")
        local = a.str.replace(r"^.{0,8}?(?:省|自治区)", "").str.replace(r"^.{1,7}?(?:市|自治州|地区)", "")
        local = local.str.replace(r"^.{1,6}?(?:县|区)", "")
        place = pl.when(local.str.len_chars() >= 4).then(local).otherwise(a)
        plain = on_distinct(value, lambda each: each.to_frame("a").select(place).to_series())
        return pl.DataFrame(coded(plain.set(plain == "", None)))

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; near: most of the characters in the same order; other."""
        own = features[comparison.name]
        both = sides(own, own.columns, left, right)
        same = both["l:v#"] == both["r:v#"]
        closer = on_distinct_pairs(both, "v", ~same, self._closeness)
        told = both.with_columns(closer=closer, same=same).select(
            level=pl.when("same").then(pl.lit(self.level("same"), pl.UInt8)).otherwise("closer"),
            share=pl.when("same").then("l:v%"),
        )
        return Answer(told["level"], told["share"])

    def _closeness(self, left: pl.Series, right: pl.Series) -> pl.Series:
        from rapidfuzz.distance import Indel
        from rapidfuzz.process import cpdist

        near = cpdist(left.to_list(), right.to_list(), scorer=Indel.normalized_similarity, workers=-1)
        # The numbers of house and floor must agree: next door is another family.
        numbers = left.str.extract_all(r"[0-9]+").list.join(" ") == right.str.extract_all(r"[0-9]+").list.join(" ")
        return (
            pl.DataFrame({"near": near, "numbers": numbers})
            .select(
                pl.when((pl.col("near") >= _SAME_PLACE) & pl.col("numbers"))
                .then(self.level("near"))
                .otherwise(self.level("other"))
            )
            .to_series()
        )

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The address; its `tail` of eight characters."""
        if form == "":
            return keys_of(features["v#"])
        return keys_of(hashed(features.select(pl.col("v").str.tail(8)).to_series()))
