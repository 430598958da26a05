"""What is known about pupils that agreement of values alone does not tell: twins, a guardian's number, a second 户口.

A guard looks at how a pair agrees and says what it may be at most; each has a name, which is shown with the pair. The first that
speaks decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import identity
from xueji_cli.schema.matching import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Model

#: Guards and what a pair may be at most.
#:
#: twins          same birth date, same family, other name: 疑似双胞胎
#: family         another name and no number in common: at most brothers and sisters
#: guardian_id    two children entered under one guardian's number
#: same_number    one sound number on two plainly different children: 同号异人
#: renamed        the same sound number, birth date and family under another name: the child was renamed
#: second_hukou   all agrees, but each has a sound number of its own: 疑似第二户口, or two children of one name
#: numbers_differ all agrees, but the numbers are more than a slip apart, one of them not sound
#: maybe_twins    same birth date and family, names that only read or look alike, no number to tell
#: name_differs   numbers a slip apart, but plainly different names
#: other_birth    no number in common and birth dates that are no slip of one another
#: little_known   nothing but a name and what many children share
GUARDS = (
    "twins",
    "family",
    "guardian_id",
    "same_number",
    "renamed",
    "second_hukou",
    "numbers_differ",
    "maybe_twins",
    "name_differs",
    "other_birth",
    "little_known",
)

#: Weight of the family's comparisons (bits) from which two records are of one family.
_FAMILY = 6.0
#: Children under one guardian's number who are listed in pairs; a number on more rows is a placeholder.
_MOST_SIBLINGS = 8


def _level(kind: str, name: str) -> int:
    return next(index for index, level in enumerate(KINDS[kind]) if level.name == name)


def keep(model: Model, done: Sequence[str]) -> pl.Expr:
    """Return which pairs to compare to the end although they can't reach `review` any more.

    Twins are to be told, and one number on two children.

    Args:
        model: The model.
        done: The comparisons that were made.
    """
    kept = pl.lit(value=False)
    if model.knowledge != "pupils":
        return kept
    if "id" in done:
        # One number on two children is news however different they are.
        kept = kept | (pl.col("id") == _level("id_number", "same")).fill_null(value=False)
    if "birth" in done:
        home = [f"w:{each.name}" for each in model.compare if each.group == "household" and each.name in done]
        family = pl.sum_horizontal(home) > 0 if home else pl.lit(value=True)
        kept = kept | ((pl.col("birth") == _level("date", "same")).fill_null(value=False) & family)
    return kept


def apply(model: Model, features: Mapping[str, pl.DataFrame], pairs: pl.DataFrame) -> pl.DataFrame:
    """Add `guard` and change `verdict` where a guard speaks.

    Args:
        model: The model.
        features: Columns of each comparison.
        pairs: Levels, weights and `verdict` of each pair.
    """
    told = _guarded(model, features, pairs)
    if told is None:
        return pairs.with_columns(pl.lit(None, dtype=pl.String).alias("guard"))
    judged = pairs.with_columns(told)
    most = {"twins": "distinct", "family": "distinct", "renamed": "duplicate"}
    return judged.with_columns(
        verdict=pl.when(pl.col("guard") == "same_number")
        .then(pl.lit("review"))
        .when(pl.col("guard").is_in([name for name, least in most.items() if least == "distinct"]))
        .then(pl.lit("distinct"))
        .when(pl.col("guard").is_not_null() & (pl.col("guard") != "renamed") & (pl.col("verdict") == "duplicate"))
        .then(pl.lit("review"))
        .otherwise("verdict")
    ).with_columns(
        # Only twins are told although they are distinct; and a cap that changed nothing is no news.
        guard=pl.when((pl.col("verdict") != "distinct") | pl.col("guard").eq("twins")).then("guard")
    )


def doubtful(model: Model, features: Mapping[str, pl.DataFrame], pairs: pl.DataFrame) -> pl.Series:
    """Return which pairs a guard has a word on other than that the child was renamed."""
    told = _guarded(model, features, pairs)
    if told is None:
        return pl.Series([False]).new_from_index(0, pairs.height)
    return told.is_not_null() & (told != "renamed")


def _guarded(model: Model, features: Mapping[str, pl.DataFrame], pairs: pl.DataFrame) -> pl.Series | None:
    """Return the guard of each pair; None when the model knows of none."""
    if model.knowledge != "pupils" or "name" not in features:
        return None
    missing = [pl.lit(None, dtype=pl.UInt8).alias(name) for name in ("id", "birth", "sex") if name not in pairs.columns]
    household = [f"w:{each.name}" for each in model.compare if each.group == "household"]
    family = pl.sum_horizontal([name for name in household if name in pairs.columns] or [pl.lit(0.0)])
    known = pairs.with_columns(*missing, family.alias("_family"), _same_region(features.get("id"), pairs))
    return known.select(_first_guard()).to_series()


def _first_guard() -> pl.Expr:
    """Return the guard that speaks first; null where none does."""
    same, near, tail, unlike, conflict = (
        (pl.col("id") == _level("id_number", name)).fill_null(value=False)
        for name in ("same", "near", "tail", "unlike", "conflict")
    )
    exact = (pl.col("name") == _level("name", "exact")).fill_null(value=False)
    agree = (pl.col("name") <= _level("name", "part")).fill_null(value=False)
    shares_a_character = (pl.col("name") == _level("name", "given")).fill_null(value=False)
    differ = (pl.col("name") >= _level("name", "given")).fill_null(value=False)
    born = (pl.col("birth") == _level("date", "same")).fill_null(value=False)
    born_otherwise = (pl.col("birth") == _level("date", "other")).fill_null(value=False)
    other_sex = (pl.col("sex") == _level("category", "other")).fill_null(value=False)
    family = pl.col("_family") >= _FAMILY
    number = same | near | tail
    return (
        pl.when(same & differ & (born_otherwise | other_sex | ~family | shares_a_character))
        .then(pl.lit("same_number"))
        .when(same & differ)
        .then(pl.lit("renamed"))
        # Two sound numbers from one place and day with names that differ at all are two children of one birth.
        .when(conflict & born & family & (differ | (~exact & (pl.col("_region") | other_sex))))
        .then(pl.lit("twins"))
        .when(~same & ~near & born & family & differ)
        .then(pl.lit("twins"))
        .when(~number & ~exact & born & family & other_sex)
        .then(pl.lit("twins"))
        .when(~number & differ)
        .then(pl.lit("family"))
        .when(conflict)
        .then(pl.lit("second_hukou"))
        .when(unlike)
        .then(pl.lit("numbers_differ"))
        .when(number & differ & ~same)
        .then(pl.lit("name_differs"))
        # Twins have the same head of a number.
        .when(tail & ~exact)
        .then(pl.lit("maybe_twins"))
        .when(~number & ~exact & born & family)
        .then(pl.lit("maybe_twins"))
        .when(~number & born_otherwise)
        .then(pl.lit("other_birth"))
        .when(~number & (pl.col("birth").is_null() | (pl.col("_family") <= 0) | ~agree))
        .then(pl.lit("little_known"))
        .alias("guard")
    )


def _same_region(numbers: pl.DataFrame | None, pairs: pl.DataFrame) -> pl.Series:
    """Return whether the own numbers of both records begin with the same region."""
    if numbers is None:
        return pl.Series("_region", [False], dtype=pl.Boolean).new_from_index(0, pairs.height)
    region = numbers["region"]
    return (region.gather(pairs["l"]) == region.gather(pairs["r"])).fill_null(value=False).alias("_region")


def siblings(people: People) -> pl.DataFrame:
    """Return pairs `l`, `r` of children who are entered under one guardian's number (安徽 第十三条): distinct, but to be told."""
    if not people.has(identity.ADULT) or people.model.knowledge != "pupils":
        return pl.DataFrame(schema={"l": pl.UInt32, "r": pl.UInt32})
    return sharing(people.values.select(n=identity.ADULT).with_row_index("row").drop_nulls())


def sharing(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs `l`, `r` of records (`row`) that have one number (`n`), unless very many have it."""
    rows = rows.filter((pl.len().over("n") > 1) & (pl.len().over("n") <= _MOST_SIBLINGS))
    joined = rows.join(rows, on="n", suffix="_other").filter(pl.col("row") < pl.col("row_other"))
    return joined.select(l="row", r="row_other").sort("l", "r")
