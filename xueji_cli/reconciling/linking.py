"""Which child in the classroom is which child in the system.

Here are only links that need no weighing: the same number, or the same name where nobody else in the class or school has
it. Everything that has to be weighed (typing errors, 同音字, two valid numbers) is `matching`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values import idnumber

if TYPE_CHECKING:
    from collections.abc import Sequence

#: `s` and `a` are places in the two frames; `how`: number, roll, name, or match (weighed).
PAIR_SCHEMA = {"s": pl.UInt32, "a": pl.UInt32, "how": pl.String}

#: What a step of exact linking compares, in order of how sure it is. Every step sees only who is left, and takes only
#: pairs in which nobody else on either side has the same.
_STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("number", ("number", "name", "school", "key")),
    ("number", ("number", "name", "school")),
    ("number", ("number", "name")),
    ("number", ("number", "school")),
    ("number", ("number",)),
    ("roll", ("roll_number", "name")),
    ("roll", ("roll_number",)),
    ("name", ("name", "born", "school", "key")),
    ("name", ("name", "born", "school")),
    ("name", ("name", "school", "key")),
    ("name", ("name", "school", "grade")),
    ("name", ("name", "born", "guardian")),
    ("name", ("name", "born", "phone")),
)


def exact_links(system: pl.DataFrame, actual: pl.DataFrame) -> pl.DataFrame:
    """Return pairs that are the same child for sure (`PAIR_SCHEMA`); nobody is in two of them.

    Args:
        system: Columns of `intake.PERSON`, `school`, `grade`, `key`, and `s`, its place.
        actual: The same with `a`.
    """
    left, right = _keyed(system, "s"), _keyed(actual, "a")
    found: list[pl.DataFrame] = []
    for how, keys in _STEPS:
        pairs = _step(left, right, keys, how)
        if pairs.height:
            found.append(pairs.select("s", "a", how=pl.lit(how)))
            left = left.join(pairs, on="s", how="anti")
            right = right.join(pairs, on="a", how="anti")
    return pl.concat(found) if found else pl.DataFrame(schema=PAIR_SCHEMA)


def _keyed(rows: pl.DataFrame, place: str) -> pl.DataFrame:
    """Return what is compared: the child's number is the valid ID number, or the one that a roll number carries."""
    return rows.select(
        place,
        "name",
        "born",
        "sex",
        "roll_number",
        "guardian",
        "phone",
        "school",
        "grade",
        "key",
        "id_valid",
        number=number(rows),
    )


def number(rows: pl.DataFrame) -> pl.Series:
    """Return each child's valid number: the ID number, else the one inside a G roll number; null where there is none."""
    carried = rows.get_column("roll_number").str.extract(r"^G([0-9]{17}[0-9X])$")
    fits = carried.str.slice(17, 1) == idnumber.check_character(idnumber.digits(carried))
    return (
        pl.DataFrame(
            {"id": rows.get_column("id_number"), "valid": rows.get_column("id_valid"), "carried": carried, "fits": fits}
        )
        .select(pl.coalesce(pl.when("valid").then("id"), pl.when("fits").then("carried")))
        .to_series()
    )


def _step(left: pl.DataFrame, right: pl.DataFrame, keys: Sequence[str], how: str) -> pl.DataFrame:
    """Return the pairs of one step."""
    alone = [_alone(side, keys) for side in (left, right)]
    pairs = alone[0].join(alone[1], on=list(keys), suffix="_a")

    def agrees(name: str) -> pl.Expr:
        if name in keys:
            return pl.lit(value=True)
        return (pl.col(name) == pl.col(f"{name}_a")).fill_null(value=True)

    if how == "name":
        # Two children may well have one name: their own numbers and sexes must not speak against it.
        return pairs.filter(agrees("number") & agrees("sex"))
    # Brothers and sisters may share a number (a guardian's, or one child's): then birth dates differ, and so do names.
    return pairs.filter(agrees("born") | agrees("name"))


def _alone(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return rows that have all keys and share them with nobody on their side."""
    return rows.drop_nulls(list(keys)).unique(list(keys), keep="none")


def link(system: pl.DataFrame, actual: pl.DataFrame) -> pl.DataFrame:
    """Return all pairs of the two sides; see `exact_links` for the frames."""
    return exact_links(system, actual)
