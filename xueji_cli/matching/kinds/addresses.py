"""Addresses in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.kinds.base import hashed, keys_of
from xueji_cli.matching.kinds.spelled import Spelled

if TYPE_CHECKING:
    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison

#: Similarity (Indel) of addresses that are the same with a word more or less.
_SAME_PLACE = 0.80
#: Characters that an address keeps at least when the county in front is left out.
_LEAST = 4

_PUNCTUATION = r"\s,，。.、\-—()（）#"
#: Province, city and county at the beginning, as far as they are written.
_ABOVE = r"^(?:.{0,8}?(?:省|自治区))?(?:.{1,7}?(?:市|自治州|地区))?(?:.{1,6}?[县区])?"


class Addresses(Spelled):
    """An address: the same place may be written with the county in front or without."""

    name = "address"
    odd = f"[{_PUNCTUATION}省市州县区]"
    agreeing = "n#"

    def columns(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` the plain address, with its code, and `n#`, that of the last number in it."""
        told = super().columns(comparison, people)
        if told is None:
            return None
        last = told.select(pl.col("v").str.extract(r"([0-9]+)[^0-9]*$")).to_series()
        return told.with_columns(hashed(last).alias("n#"))

    def plain(self) -> pl.Expr:
        """From the county down, without punctuation."""
        whole = pl.col("v").str.replace_all(f"[{_PUNCTUATION}]", "")
        local = whole.str.replace(_ABOVE, "")
        return pl.when(local.str.len_chars() >= _LEAST).then(local).otherwise(whole)

    def closeness(self, left: pl.Series, right: pl.Series) -> pl.Series:
        """near: most of the characters in the same order, and the same numbers; other."""
        from rapidfuzz.distance import Indel
        from rapidfuzz.process import cpdist

        near = cpdist(
            left.to_list(), right.to_list(), scorer=Indel.normalized_similarity, score_cutoff=_SAME_PLACE, workers=-1
        )
        alike = (pl.Series(near) > 0).arg_true()
        # The numbers of house and floor must agree: next door is another family.
        numbers = [side.gather(alike).str.extract_all(r"[0-9]+").list.join(" ") for side in (left, right)]
        levels = pl.Series([self.level("other")], dtype=pl.UInt8).new_from_index(0, len(left))
        return levels.scatter(alike.filter(numbers[0] == numbers[1]), self.level("near"))

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The address; its `tail` of eight characters."""
        if form == "":
            return keys_of(features["v#"])
        return keys_of(hashed(features.select(pl.col("v").str.tail(8)).to_series()))
