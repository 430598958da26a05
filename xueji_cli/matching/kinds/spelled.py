"""What words, codes and addresses have in common: one text a record, which is the same or spelled more or less alike."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.kinds.base import Answer, Kind, coded, filled, on_distinct_pairs, sides
from xueji_cli.values.text import on_distinct, put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison


class Spelled(Kind):
    """A kind that compares one text a record.

    Attributes:
        odd: Pattern of what `plain` takes away or looks for: a text without any of it is plain already.
        agreeing: A column of codes in which two texts must agree to be close at all; None where there is no such.
    """

    odd: str
    agreeing: str | None = None

    @abstractmethod
    def plain(self) -> pl.Expr:
        """Return the text `v` without what does not matter."""

    @abstractmethod
    def closeness(self, left: pl.Series, right: pl.Series) -> pl.Series:
        """Return the levels of distinct pairs of different texts."""

    def columns(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` the plain text, with its code."""
        value = filled(people, comparison)
        if value is None:
            return None
        text = value.cast(pl.String)
        odd = text.str.contains(self.odd).arg_true()
        if len(odd):
            text = put(text, odd, on_distinct(text.gather(odd), self._plainly))
        return pl.DataFrame(coded(text.set(text == "", None)))

    def _plainly(self, texts: pl.Series) -> pl.Series:
        return texts.to_frame("v").select(self.plain()).to_series()

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; swapped: with the text of another comparison; else as close as `closeness` says."""
        own = features[comparison.name]
        both = sides(own, ["v#", "v%", *([self.agreeing] if self.agreeing else [])], left, right)
        known = both.select(pl.col("l:v#").is_not_null() & pl.col("r:v#").is_not_null()).to_series()
        same = (both["l:v#"] == both["r:v#"]).fill_null(value=False)
        swapped = same.clear(0).extend_constant(False, both.height)
        if comparison.with_ in features:
            crossed = sides(features[comparison.with_], ["v#"], left, right)
            swapped = (both["l:v#"] == crossed["r:v#"]) & (both["r:v#"] == crossed["l:v#"])
            swapped = swapped.fill_null(value=False) & ~same
        apart = same.clear(0).extend_constant(False, both.height)
        if self.agreeing:
            apart = (both[f"l:{self.agreeing}"] != both[f"r:{self.agreeing}"]).fill_null(value=False)
        closer = on_distinct_pairs(own["v"], left, right, known & ~same & ~swapped & ~apart, self.closeness)
        closer = closer.set(apart, self.level("other")).set(same, self.level("same"))
        if comparison.with_ in features:
            closer = closer.set(swapped, self.level("swapped"))
        told = both.with_columns(same=same, swapped=swapped).select(
            level=closer,
            share=pl.when(pl.col("same") | pl.col("swapped")).then("l:v%"),
        )
        return Answer(told["level"], told["share"])
