"""Which row of one list is which child of another: sure links, and pairs at which a person must look.

Exact links and weighed ones are `reconciling.linking`'s and `matching`'s. Here is only what a list of children out of school needs
besides: one number on two plainly different names is never taken for one child in silence, and whoever is left is looked for
once more among children who are found already, since a child may stand in one list twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling.linking import Weigher, link
from xueji_cli.values import han

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster

#: `l` and `r` are places in the two frames; `how` as in `reconciling.linking.PAIR_SCHEMA`, or `shared`: one number, two names.
PAIRS = {"l": pl.UInt32, "r": pl.UInt32, "how": pl.String}

#: How a link is known from a number alone, whatever the names say.
_BY_NUMBER = ("number", "roll")

#: What people who may be one child have in common, when one list is much shorter than the other.
_LIKELY = (("number",), ("plain_name",), ("born", "sex"), ("phone",))


class Linker:
    """Links lists of children (`intake.LIST` with a column of places)."""

    def __init__(self, rosters: Sequence[Roster], schema: Schema, as_of: date, year: int) -> None:
        """Remember where rows come from.

        Args:
            rosters: All tables, as `table` counts them.
            schema: The student schema, with its matching model.
            as_of: The day ages are counted at.
            year: The year in which the school year began.
        """
        self._weigher = Weigher(rosters, schema, as_of, year)

    def link(self, left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the sure pairs and those to be looked at (`PAIRS`); nobody is in two sure pairs.

        Args:
            left: Rows with their place `l`.
            right: Rows with their place `r`.
        """
        if left.is_empty() or right.is_empty():
            return pl.DataFrame(schema=PAIRS), pl.DataFrame(schema=PAIRS)
        sure, possible = link(left.rename({"l": "s"}), right.rename({"r": "a"}), self._weigher)
        sure, possible = (
            pairs.rename({"s": "l", "a": "r"}).cast(PAIRS)
            for pairs in (sure, possible)  # type: ignore[arg-type]
        )
        shared = self._shared(sure, left, right)
        sure = sure.join(shared, on=["l", "r"], how="anti")
        return sure, pl.concat([possible, shared.select("l", "r", how=pl.lit("shared"))]).sort("l", "r")

    def look_again(self, left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Link a short list with people of a long one who have something in common with somebody of it.

        Several of the left may be one of the right: brothers and sisters are not, so each round links everybody once.

        Args:
            left: Rows with their place `l`.
            right: Rows with their place `r`.
        """
        if left.is_empty() or right.is_empty():
            return pl.DataFrame(schema=PAIRS), pl.DataFrame(schema=PAIRS)
        near = [
            right.select("r", *keys)
            .drop_nulls()
            .join(left.select(keys).drop_nulls().unique(), on=list(keys), how="semi")
            .select("r")
            for keys in _LIKELY
        ]
        likely = right.join(pl.concat(near).unique(), on="r", how="semi")
        found: list[pl.DataFrame] = []
        possible: list[pl.DataFrame] = []
        # A list that names a child twice is rare, and one that names it three times a mistake in itself.
        for _ in range(2):
            sure, unsure = self.link(left, likely)
            found.append(sure)
            possible.append(unsure)
            left = left.join(sure, on="l", how="anti").join(unsure, on="l", how="anti")
            if sure.is_empty() or left.is_empty():
                break
        return pl.concat(found), pl.concat(possible)

    @staticmethod
    def _shared(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
        """Return pairs that only a number makes one child while the names have nothing in common."""
        named = (
            pairs.filter(pl.col("how").is_in(_BY_NUMBER))
            .join(left.select("l", a="plain_name"), on="l")
            .join(right.select("r", b="plain_name"), on="r")
            .filter(pl.col("a") != pl.col("b"))
        )
        if named.is_empty():
            return named.select("l", "r")
        sounds = [han.sounds(named.get_column(name)) for name in ("a", "b")]
        given = [pl.col(name).str.slice(1).str.split("") for name in ("a", "b")]
        return (
            named.with_columns(sound_a=sounds[0], sound_b=sounds[1])
            .with_columns(common=given[0].list.set_intersection(given[1]).list.len())
            .filter((pl.col("common") == 0) & (pl.col("sound_a") != pl.col("sound_b")).fill_null(value=True))
            .select("l", "r")
        )
