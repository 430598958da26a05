"""Words in Latin letters, and codes."""

from __future__ import annotations

import polars as pl

from xueji_cli.matching.kinds.base import hashed, keys_of
from xueji_cli.matching.kinds.spelled import Spelled
from xueji_cli.values.text import on_distinct

#: Jaro–Winkler similarities of words.
_CLOSE, _SIMILAR = 0.92, 0.80

_NEITHER_LETTER_NOR_DIGIT = r"[^\p{L}\p{N}]"


class Words(Spelled):
    """Words in Latin letters: close or similar by Jaro–Winkler."""

    name = "text"
    odd = _NEITHER_LETTER_NOR_DIGIT

    def plain(self) -> pl.Expr:
        """Letters and digits only."""
        return pl.col("v").str.replace_all(_NEITHER_LETTER_NOR_DIGIT, "")

    def closeness(self, left: pl.Series, right: pl.Series) -> pl.Series:
        """close: very like, or one letter apart; similar; other."""
        from rapidfuzz.distance import OSA, JaroWinkler
        from rapidfuzz.process import cpdist

        words = left.to_list(), right.to_list()
        near = pl.Series("near", cpdist(*words, scorer=JaroWinkler.similarity, workers=-1))
        edits = pl.Series("edits", cpdist(*words, scorer=OSA.distance, workers=-1))
        level = (
            pl.when((pl.col("near") >= _CLOSE) | (pl.col("edits") <= 1))
            .then(self.level("close"))
            .when(pl.col("near") >= _SIMILAR)
            .then(self.level("similar"))
            .otherwise(self.level("other"))
        )
        return pl.DataFrame([near, edits]).select(level).to_series()

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


class Codes(Spelled):
    """A number or code in which a character can be wrong."""

    name = "code"
    odd = _NEITHER_LETTER_NOR_DIGIT

    def plain(self) -> pl.Expr:
        """Letters and digits only."""
        return pl.col("v").str.replace_all(_NEITHER_LETTER_NOR_DIGIT, "")

    def closeness(self, left: pl.Series, right: pl.Series) -> pl.Series:
        """near: one character wrong, missing, or exchanged with its neighbour; other."""
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cpdist

        edits = cpdist(left.to_list(), right.to_list(), scorer=OSA.distance, score_cutoff=1, workers=-1)
        level = pl.when(pl.col("edits") <= 1).then(self.level("near")).otherwise(self.level("other"))
        return pl.Series("edits", edits).to_frame().select(level).to_series()

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
        return pl.concat(parts).unique(maintain_order=True) if parts else keys_of(features["v#"])
