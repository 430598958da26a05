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
_LIKELY = (("number",), ("plain_name",), ("born", "surname"), ("born", "guardian"), ("phone",))
#: So few people are looked for among everybody born on their days, who are some thousands.
_FEW = 500
_WIDELY = (*_LIKELY, ("born", "sex"))
#: What a second row of a child has in common with the first.
_SURELY = (("number",), ("plain_name", "born"), ("plain_name", "phone"), ("born", "phone"))
#: Characters of a given name that are compared.
_GIVEN = 3


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
            left: Rows with their place `l`, and `namesakes`, how many of their whole list have their name and birth date.
            right: Rows with their place `r`, in the same way.
        """
        if left.is_empty() or right.is_empty():
            return pl.DataFrame(schema=PAIRS), pl.DataFrame(schema=PAIRS)
        sure, possible = link(left.rename({"l": "s"}), right.rename({"r": "a"}), self._weigher)
        sure, possible = (pairs.rename({"s": "l", "a": "r"}).cast(PAIRS) for pairs in (sure, possible))  # type: ignore[arg-type]
        told = self._told(pl.concat([sure.with_columns(sure=True), possible.with_columns(sure=False)]), left, right)
        taken = told.filter("sure")
        taken = pl.concat([taken.select(list(PAIRS)), *_of_family(left, right, taken)])
        rest = told.filter(~pl.col("sure")).join(taken, on="l", how="anti").join(taken, on="r", how="anti")
        looked = pl.concat([rest.select(list(PAIRS)), _resembling(left, right, [taken, rest])])
        return taken.select(list(PAIRS)).sort("l", "r"), looked.sort("l", "r")

    def look_again(
        self, left: pl.DataFrame, right: pl.DataFrame, *, twice: bool = False
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Link a short list with people of a long one who have something in common with somebody of it.

        Args:
            left: Rows with their place `l`.
            right: Rows with their place `r`.
            twice: The left may have a child of the right twice: who is left is looked for among those who are taken.
        """
        if left.is_empty() or right.is_empty():
            return pl.DataFrame(schema=PAIRS), pl.DataFrame(schema=PAIRS)
        sure, possible = self.link(left, _sharing(right, left, _WIDELY if left.height <= _FEW else _LIKELY))
        rest = left.join(sure, on="l", how="anti").join(possible, on="l", how="anti")
        again = _sharing(right.join(sure, on="r", how="semi"), rest, _SURELY) if twice and rest.height else rest.clear()
        if again.is_empty():
            return sure, possible
        more, unsure = self.link(rest, again)
        return pl.concat([sure, more]), pl.concat([possible, unsure])

    @staticmethod
    def _told(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
        """Return the pairs with `sure` as it is after what a list of children knows besides.

        One number on two plainly different names is for a person to see. A name and a whole birth date that nobody else has in
        either list are one child where nothing speaks against it. Two sound numbers that differ are no child to be looked at.
        """
        about = ("plain_name", "born", "sex", "number", "namesakes")
        named = pairs.join(left.select("l", *(pl.col(n).alias(f"{n}_l") for n in about)), on="l").join(
            right.select("r", *(pl.col(n).alias(f"{n}_r") for n in about)), on="r"
        )

        def same(name: str) -> pl.Expr:
            return pl.col(f"{name}_l") == pl.col(f"{name}_r")

        alone = (pl.col("namesakes_l") == 1) & (pl.col("namesakes_r") == 1)
        nothing_against = same("number").fill_null(value=True) & same("sex").fill_null(value=True)
        one = (same("plain_name") & same("born")).fill_null(value=False) & alone & nothing_against
        shared = pl.col("how").is_in(_BY_NUMBER) & pl.col("different")
        differ = (~same("number")).fill_null(value=False)
        return (
            named.with_columns(different=_plainly_different(named))
            .with_columns(
                sure=pl.when(shared).then(pl.lit(value=False)).otherwise(pl.col("sure") | one),
                how=pl.when(shared)
                .then(pl.lit("shared"))
                .when(~pl.col("sure") & one)
                .then(pl.lit("name"))
                .otherwise("how"),
            )
            .filter(pl.col("sure") | (pl.col("how") == "shared") | ~differ)
        )


def _of_family(left: pl.DataFrame, right: pl.DataFrame, taken: pl.DataFrame) -> list[pl.DataFrame]:
    """Return pairs that a family makes one child: the whole name and telephone, or all but the surname and the birth date.

    Brothers and sisters have other names, and twins other given names.
    """
    found: list[pl.DataFrame] = []
    known = taken.select("l", "r")
    for keys in (["plain_name", "phone"], ["born", "phone", "given"], ["born", "guardian", "given"]):
        alone = [
            rows.join(known, on=place, how="anti")
            .with_columns(given=pl.col("plain_name").str.slice(1))
            .filter((pl.col("given").str.len_chars() > 1) | ("plain_name" in keys))
            .drop_nulls(keys)
            .unique(keys, keep="none")
            .select(place, *keys, "number", "sex", b="born")
            for place, rows in (("l", left), ("r", right))
        ]
        pairs = (
            alone[0]
            .join(alone[1], on=keys)
            .filter(
                (pl.col("number") == pl.col("number_right")).fill_null(value=True),
                (pl.col("sex") == pl.col("sex_right")).fill_null(value=True),
            )
        )
        found.append(pairs.select("l", "r", how=pl.lit("family")).cast(PAIRS))  # type: ignore[arg-type]
        known = pl.concat([known, pairs.select("l", "r")])
    return found


def _resembling(left: pl.DataFrame, right: pl.DataFrame, known: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return pairs of whoever is left for a person to look at: before a child is missing, look whether it is written otherwise.

    Born on one day, with one surname and a character of the given name in common; nothing else may speak against them, and
    neither may resemble anybody else.
    """

    def alone(rows: pl.DataFrame, place: str) -> pl.DataFrame:
        found = pl.concat([each.select(place) for each in known])
        about = rows.select(place, "plain_name", "born", "number", "sex", surname=pl.col("plain_name").str.head(1))
        return about.join(found, on=place, how="anti").drop_nulls(["born", "surname"])

    given = [pl.col(name).str.slice(1).str.split("") for name in ("plain_name", "plain_name_r")]
    shared = given[0].list.set_intersection(given[1]).list.len() > 0
    nothing_against = [(pl.col(name) == pl.col(f"{name}_r")).fill_null(value=True) for name in ("number", "sex")]
    told = (
        alone(left, "l")
        .join(alone(right, "r"), on=["born", "surname"], suffix="_r")
        .filter(shared, *nothing_against)
        .select("l", "r")
    )
    only = told.filter(pl.col("l").is_unique() & pl.col("r").is_unique())
    return only.with_columns(how=pl.lit("possible")).cast(PAIRS)  # type: ignore[arg-type]


def _sharing(rows: pl.DataFrame, others: pl.DataFrame, keys: Sequence[tuple[str, ...]]) -> pl.DataFrame:
    """Return the rows that have one of the keys in common with somebody of the others."""
    rows, others = (each.with_columns(surname=pl.col("plain_name").str.head(1)) for each in (rows, others))
    near = [
        rows.select("r", *key)
        .drop_nulls()
        .join(others.select(key).drop_nulls().unique(), on=list(key), how="semi")
        .select("r")
        for key in keys
    ]
    return rows.drop("surname").join(pl.concat(near).unique(), on="r", how="semi")


def _plainly_different(pairs: pl.DataFrame) -> pl.Series:
    """Say which names have no character of the given name in common, none that reads or looks alike in its place.

    Args:
        pairs: `plain_name_l`, `plain_name_r`.
    """
    names = pairs.select(a="plain_name_l", b="plain_name_r").with_row_index("i")
    differing = names.filter(pl.col("a") != pl.col("b"))
    given = [pl.col(name).str.slice(1).str.split("") for name in ("a", "b")]
    strange = differing.filter(given[0].list.set_intersection(given[1]).list.len() == 0)
    alike = pl.lit(value=False)
    for place in range(1, _GIVEN + 1):
        relation = han.relations(strange["a"].str.slice(place, 1), strange["b"].str.slice(place, 1))
        inside = (strange["a"].str.len_chars() > place) & (strange["b"].str.len_chars() > place)
        alike = alike | ((relation >= 1) & inside).fill_null(value=False)
    found = strange.filter(~alike) if strange.height else strange
    return names.select(pl.col("i").is_in(found.get_column("i").implode())).to_series()
