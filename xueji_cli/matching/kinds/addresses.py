"""Addresses in Chinese."""

from __future__ import annotations

import polars as pl

from xueji_cli.matching.kinds.base import hashed, keys_of
from xueji_cli.matching.kinds.spelled import Spelled

#: Similarity (Indel) of addresses that are the same with a word more or less.
_SAME_PLACE = 0.80
#: Characters that an address keeps at least when the county in front is left out.
_LEAST = 4


class Addresses(Spelled):
    """An address: the same place may be written with the county in front or without."""

    name = "address"

    def plain(self) -> pl.Expr:
        """From the county down, without punctuation."""
        whole = pl.col("v").str.replace_all(r"[\s,，。.、\-—()（）#]", "")
        local = whole.str.replace(r"^.{0,8}?(?:省|自治区)", "").str.replace(r"^.{1,7}?(?:市|自治州|地区)", "")
        local = local.str.replace(r"^.{1,6}?(?:县|区)", "")
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
