"""Words in Latin letters, and codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.kinds.base import Answer, Kind, coded, filled, hashed, keys_of, on_distinct_pairs, sides
from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison

#: Jaro–Winkler similarities of words.
_CLOSE, _SIMILAR = 0.92, 0.80


class Words(Kind):
    """Words in Latin letters."""

    name = "text"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` letters and digits only."""
        value = filled(people, comparison)
        if value is None:
            return None
        plain = value.to_frame("v").select(pl.col("v").str.replace_all(r"[^\p{L}\p{N}]", "")).to_series()
        return pl.DataFrame(coded(plain.set(plain == "", None)))

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; swapped with the other word; close or similar by Jaro–Winkler; other."""
        own = features[comparison.name]
        both = sides(own, own.columns, left, right)
        same = both["l:v#"] == both["r:v#"]
        swapped = pl.Series([False]).new_from_index(0, both.height)
        other = features.get(comparison.with_)
        if other is not None:
            crossed = sides(other, ["v#"], left, right)
            swapped = (both["l:v#"] == crossed["r:v#"]) & (both["r:v#"] == crossed["l:v#"])
            # Half a swap: one of the two was changed besides.
            swapped = swapped.fill_null(value=False)
        closer = on_distinct_pairs(both, "v", ~same & ~swapped, self._closeness)
        told = both.with_columns(closer=closer, same=same, swapped=swapped).select(
            level=pl.when("same")
            .then(pl.lit(self.level("same"), pl.UInt8))
            .when("swapped")
            .then(pl.lit(self.level("swapped"), pl.UInt8))
            .otherwise("closer"),
            share=pl.when(pl.col("same") | pl.col("swapped")).then("l:v%"),
        )
        return Answer(told["level"], told["share"])

    def _closeness(self, left: pl.Series, right: pl.Series) -> pl.Series:
        from rapidfuzz.distance import OSA, JaroWinkler
        from rapidfuzz.process import cpdist

        words = left.to_list(), right.to_list()
        near = pl.Series("near", cpdist(*words, scorer=JaroWinkler.similarity, workers=-1))
        edits = pl.Series("edits", cpdist(*words, scorer=OSA.distance, workers=-1))
        return (
            pl.DataFrame([near, edits])
            .select(
                pl.when((pl.col("near") >= _CLOSE) | (pl.col("edits") <= 1))
                .then(self.level("close"))
                .when(pl.col("near") >= _SIMILAR)
                .then(self.level("similar"))
                .otherwise(self.level("other"))
            )
            .to_series()
        )

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The word; its `sound` (Metaphone, of Latin letters only); its `start`."""
        if form == "":
            return keys_of(features["v#"])
        if form == "start":
            return keys_of(hashed(features.select(pl.col("v").str.head(3)).to_series()))
        return keys_of(hashed(on_distinct(features["v"], _metaphones)))


def _metaphones(words: pl.Series) -> pl.Series:
    from jellyfish import metaphone

    # A loop over distinct words; the library takes one at a time.
    return pl.Series([metaphone(word) or word if word.isascii() else word for word in words.to_list()], dtype=pl.String)


class Codes(Kind):
    """A number or code in which a character can be wrong."""

    name = "code"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` letters and digits only."""
        value = filled(people, comparison)
        if value is None:
            return None
        plain = value.to_frame("v").select(pl.col("v").cast(pl.String).str.replace_all(r"[^\p{L}\p{N}]", ""))
        return pl.DataFrame(coded(plain.to_series().set(plain.to_series() == "", None)))

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; near: one character wrong, missing or exchanged; other."""
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
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cpdist

        edits = cpdist(left.to_list(), right.to_list(), scorer=OSA.distance, score_cutoff=1, workers=-1)
        near = pl.Series("edits", edits).to_frame()
        return near.select(
            pl.when(pl.col("edits") <= 1).then(self.level("near")).otherwise(self.level("other"))
        ).to_series()

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The code; or every way to leave one character out (`drop`), of codes of five or more."""
        if form == "":
            return keys_of(features["v#"])
        rows = features.select("v").with_row_index("row").drop_nulls()
        longest = rows.select(pl.col("v").str.len_chars().max()).item() or 0
        parts = []
        for gap in range(min(longest, 20)):
            long = rows.filter(pl.col("v").str.len_chars() > max(gap, 4))
            rest = pl.col("v").str.head(gap) + pl.col("v").str.slice(gap + 1)
            parts.append(long.select("row", key=rest.hash(seed=2)))
        if not parts:
            return keys_of(features["v#"])
        return pl.concat(parts).unique(maintain_order=True)
