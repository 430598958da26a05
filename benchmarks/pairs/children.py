"""The children of a county, each once, and the traps among them: children who are two and look like one.

Traps are groups of children; the column of a trap holds the group's number, or null for children outside it:

- `twins`: born on one day to the same parents, numbers side by side, names that share a character; of some, one has no
  number yet, or both stand under a guardian's;
- `guardian_id`: brothers and sisters who are all entered under the number of one guardian;
- `namesakes`: the same common name, sex and birth date, in families that don't know each other;
- `cousins`: one grandparent's telephone, name and house for all grandchildren, and one generation character;
- `siblings`: brothers and sisters, each under a number of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from benchmarks import id_numbers, names
from benchmarks.dice import Dice
from benchmarks.people import fill
from benchmarks.regions import settled
from benchmarks.schools import plan_schools

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAPS = ("twins", "guardian_id", "namesakes", "cousins", "siblings")
#: Children of one county; more are children of several, so that sequence numbers of one day don't run out.
_COUNTY = 250_000
_GUARDIAN = ("name", "relation", "phone", "id_number")
_MEMBERS = tuple(f"member{n}_{field}" for n in (1, 2) for field in _GUARDIAN)
_KEPT = (
    "school", "school_code", "school_name", "town", "class_key", "county_code", "grade_no", "grade", "class_name", "name",
    "surname", "male", "sex", "birth", "birth_key", "family", "region", "twin", "dotted", "id_number", "roll_number", "address",
    "phone", *_MEMBERS,
)  # fmt: skip
#: Offsets `school`, `class_key`, `family` and `birth_key` of each county, so that they stay apart.
_OFFSET = 1 << 32


def make_children(count: int, seed: int) -> pl.DataFrame:
    """Return `count` children, with `child` (0 …), the columns of a record, and a column for each trap."""
    frames = [_one_county(part, seed + number, number) for number, part in enumerate(_parts(count))]
    return pl.concat(frames).with_columns(child=pl.int_range(pl.len(), dtype=pl.Int64))


def _parts(count: int) -> Iterator[int]:
    counties = -(-count // _COUNTY)
    for number in range(counties):
        yield count * (number + 1) // counties - count * number // counties


def _one_county(count: int, seed: int, number: int) -> pl.DataFrame:
    county = (seed * 997 + number * 1009) % len(settled())
    schools = [replace(school, county=county) for school in plan_schools(count, seed)]
    dice = Dice(seed ^ 0x5EED)
    children = fill(schools, seed).select(_KEPT).with_columns(i=pl.int_range(pl.len(), dtype=pl.Int64))
    children = children.with_columns(
        given=pl.col("name").str.slice(pl.when("dotted").then(0).otherwise(pl.col("surname").str.len_chars())),
        many=(pl.len().over("family") > 1),
        j_number=_j_number(),
    )
    for step in (_twins, _cousins, _guardian_id, _namesakes):
        children = step(children, dice)
    siblings = pl.when(pl.col("many") & pl.col("twins").is_null() & pl.col("guardian_id").is_null()).then("family")
    children = children.with_columns(siblings=siblings)
    # A brother whose sisters are twins is alone with his kind.
    children = children.with_columns(siblings=pl.when(pl.len().over("siblings") > 1).then("siblings"))
    apart = ("school", "class_key", "family", "birth_key", *TRAPS)
    return children.drop("i", "given", "many", "twin").with_columns(
        pl.col(name).cast(pl.Int64) + number * _OFFSET for name in apart
    )


def _j_number() -> pl.Expr:
    """Return the first 17 digits of the number that the system makes for a child without one."""
    rank = pl.int_range(pl.len()).over("county_code", "birth")
    return id_numbers.body(
        pl.col("county_code"), pl.col("birth"), id_numbers.sequence(rank, pl.lit(400), pl.col("male"))
    )


def _alike(dice: Dice, what: str, model: pl.Expr, own: pl.Expr) -> pl.Expr:
    """Return a given name made on the model of another: it shares one character, and is not the same."""
    drawn = dice.pick(list("豪涵宇萱博琪航瑶文怡睿妍晨彤阳欣杰悦浩雅辰静鹏慧凯婷"), f"{what} own character")
    way = dice.below(10, f"{what} way")
    two = model.str.len_chars() == 2
    alike = (
        pl.when(two & (way < 7))
        .then(model.str.head(1) + drawn)
        .when(two & (way < 9))
        .then(drawn + model.str.tail(1))
        .when(model.str.len_chars() == 1)
        .then(drawn)
        .otherwise(own)
    )
    return pl.when(alike == model).then(own).otherwise(alike)


def _twins(children: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Name twins alike; one in twelve pairs has one number only, one in thirty is under a guardian's number."""
    first = pl.col("given").shift(1)
    second = pl.col("twin") & ~pl.col("dotted")
    given = pl.when(second).then(_alike(dice, "twin", first, pl.col("given"))).otherwise("given")
    children = children.with_columns(
        given=given, twins=pl.when(pl.len().over("birth_key") > 1).then("birth_key")
    ).with_columns(name=pl.when(second).then(pl.col("surname") + pl.col("given")).otherwise("name"))
    waits = pl.col("twin") & dice.chance(1 / 12, "twin waits")
    shares = pl.col("twins").is_not_null() & dice.chance(1 / 30, "twins share", "birth_key")
    return _without_number(children, shares, waits)


def _guardian_id(children: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Enter a third of the families with several children, and a few only children, under one guardian's number."""
    alone = ~pl.col("many") & dice.chance(0.002, "only child under guardian")
    several = pl.col("many") & dice.chance(0.35, "family under guardian", "family")
    free = pl.col("twins").is_null() & pl.col("cousins").is_null()
    under = free & (alone | several) & pl.col("member1_id_number").is_not_null()
    children = children.with_columns(under=under)
    children = children.with_columns(
        guardian_id=pl.when(pl.col("under") & (pl.col("under").sum().over("family") > 1)).then("family")
    )
    return _without_number(children, pl.col("under"), pl.lit(value=False))


def _without_number(children: pl.DataFrame, under_guardian: pl.Expr, without: pl.Expr) -> pl.DataFrame:
    """Take the number away, or put the guardian's in its place; the roll number is a J number then."""
    lit_null = pl.lit(None, dtype=pl.String)
    return (
        children.with_columns(under=under_guardian, without=without)
        .with_columns(
            id_number=pl.when("under").then("member1_id_number").when("without").then(lit_null).otherwise("id_number"),
            roll_number=pl.when(pl.col("under") | pl.col("without"))
            .then(pl.lit("J") + id_numbers.with_check("j_number"))
            .otherwise("roll_number"),
        )
        .drop("under", "without")
    )


def _cousins(children: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Let one child in 200 grow up with a child of the same school in one grandparent's house."""
    plain = ~pl.col("many") & ~pl.col("dotted") & pl.col("id_number").is_not_null()
    other = (pl.col("i") - 1 - dice.below(60, "cousin distance")).clip(lower_bound=0)
    chosen = plain & dice.chance(0.006, "cousin")
    fits = (
        chosen
        & plain.gather(other)
        & ~chosen.gather(other)
        & (pl.col("school") == pl.col("school").gather(other))
        & (pl.col("i") != other)
    )
    children = children.with_columns(younger=fits, other=other)
    heads = children.filter("younger")["other"].unique()
    children = children.with_columns(
        cousins=pl.when("younger").then("other").when(pl.col("i").is_in(heads.implode())).then("i")
    )
    at = pl.when("younger").then("other").otherwise("i")
    given = pl.when("younger").then(_alike(dice, "cousin", pl.col("given").gather("other"), pl.col("given")))
    children = children.with_columns(
        given=given.otherwise("given"),
        surname=pl.col("surname").gather(at),
        address=pl.when(dice.chance(0.6, "one house")).then(pl.col("address").gather(at)).otherwise("address"),
        phone=pl.col("phone").gather(at),
        elder_birth=(pl.col("birth").gather(at) - pl.duration(days=dice.below(4000, "elder age", "family") + 19_000)),
        head=at,
    ).with_columns(
        # One draw for the whole house: its key is the head of the group.
        elder_name=pl.col("surname") + names.adult_given_name(dice, "elder", pl.lit(value=False), "head"),
        elder_birth=pl.col("elder_birth").gather("head"),
    )
    children = children.with_columns(
        elder_body=id_numbers.body(pl.col("region").gather("head"), pl.col("elder_birth"), pl.lit(224))
    )
    inside = pl.col("cousins").is_not_null()
    father = pl.col("surname") + pl.col("member2_name").str.slice(1)
    changed = {
        "name": pl.when("younger").then(pl.col("surname") + pl.col("given")),
        "member1_name": pl.when(inside).then("elder_name"),
        "member1_relation": pl.when(inside).then(pl.lit("祖父母或外祖父母")),
        "member1_phone": pl.when(inside).then("phone"),
        "member1_id_number": pl.when(inside).then(id_numbers.with_check("elder_body")),
        "member2_name": pl.when(pl.col("younger") & (pl.col("member2_relation") == "父亲")).then(father),
    }
    return children.with_columns(value.otherwise(name).alias(name) for name, value in changed.items()).drop(
        "younger", "other", "elder_birth", "elder_name", "elder_body", "head"
    )


def _namesakes(children: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Give some children the given name of one who has the surname, sex and birth date already."""
    free = pl.col("twins").is_null() & pl.col("cousins").is_null() & ~pl.col("dotted")
    order = children.sort("birth", "sex", "surname", "i")
    same_day = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in ("birth", "sex", "surname"))
    unrelated = (pl.col("family") != pl.col("family").shift(1)) & free & free.shift(1)
    drawn = dice.chance(0.008, "namesake") & same_day & unrelated
    order = order.with_columns(taken=drawn.fill_null(value=False)).with_columns(
        taken=pl.col("taken") & ~pl.col("taken").shift(1, fill_value=False)
    )
    order = (
        order.with_columns(name=pl.when("taken").then(pl.col("name").shift(1)).otherwise("name"))
        .sort("i")
        .drop("taken")
    )
    # Those that chance has made as well are traps no less.
    alike = (pl.len().over("name", "birth") > 1) & pl.col("twins").is_null()
    return order.with_columns(namesakes=pl.when(alike).then(pl.col("i").first().over("name", "birth")))
