"""Who belongs to whom: brothers, sisters and twins, and the family members that a child's record names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import polars.selectors as cs

from benchmarks import id_numbers, names
from benchmarks.regions import lifelong

if TYPE_CHECKING:
    from benchmarks.dice import Dice

PERSONS = ("father", "mother", "grandparent", "uncle")
FATHER, MOTHER, GRANDPARENT, UNCLE = range(4)

_PREFIXES = (
    "130 131 132 133 135 136 137 138 139 150 151 152 153 155 156 157 158 159 166 173 177 180 181 185 189 191 199"
)
_VILLAGES = [
    first + second for first in "柳杏桃枫榆槐荷莲松竹东西南北上下前后大小" for second in "溪庄店湾桥岗塘沟圩屯"
]
_EMPLOYERS = [
    "务农",
    "个体经营",
    "镇卫生院",
    "县纺织厂",
    "外出务工",
    "镇农技站",
    "县汽车站",
    "自由职业",
    "建筑公司",
    "县第二小学",
]


def related(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Add `birth_key` (twins share it) and `family` (all children of one couple share it).

    About 4 children in 1000 are the second of twins who sit in one class; some 2 in 100 have a brother or sister in
    another grade of the school.
    """
    before = pl.col("i") - 1
    twin = dice.chance(0.004, "twin") & (pl.col("class_key") == pl.col("class_key").shift(1))
    people = people.with_columns(twin=(twin & ~twin.shift(1)).fill_null(value=False))
    other = (pl.col("i") - dice.below(300, "sibling distance") - 40).clip(lower_bound=0)
    people = people.with_columns(
        birth_key=pl.when("twin").then(before).otherwise(pl.col("i")),
        other=other,
        wants=dice.chance(0.08, "sibling") & ~pl.col("twin"),
    )
    at_other = [pl.col(name).gather(pl.col("other")) for name in ("school", "grade_no", "wants", "twin")]
    school, grade, wants, is_twin = at_other
    # Two to four grades apart: one couple's children are at least a year apart, and the parents' ages fit both.
    sibling = (
        pl.col("wants")
        & (pl.col("school") == school)
        & (pl.col("grade_no") - grade).abs().is_between(2, 4)
        & ~wants
        & ~is_twin
    )
    people = people.with_columns(family=pl.when(sibling).then(pl.col("other")).otherwise(pl.col("i")))
    people = people.with_columns(
        family=pl.when("twin").then(pl.col("family").gather(before.clip(lower_bound=0))).otherwise("family")
    )
    return people.drop("other", "wants")


def phone(dice: Dice, what: str) -> pl.Expr:
    """Return a mobile number of the family."""
    tail = dice.below(10**8, f"{what} number", "family").cast(pl.String).str.zfill(8)
    return dice.pick(_PREFIXES.split(), f"{what} prefix", "family") + tail


def village(dice: Dice) -> pl.Expr:
    """Return the family's village."""
    return dice.pick(_VILLAGES, "village", "family")


def village_code(dice: Dice) -> pl.Expr:
    """Return the last six of the twelve digits: 乡级 100–119, 村级 201–239."""
    town = dice.below(20, "town code", "family") + 100
    place = dice.below(39, "village code", "family") + 201
    return town.cast(pl.String) + place.cast(pl.String)


def with_members(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Add `member1_*` and `member2_*`; all of it hangs on the family, so brothers and sisters agree."""
    way = dice.below(100, "guardian way", "family")
    kind = pl.when(way < 52).then(FATHER).when(way < 88).then(MOTHER).when(way < 97).then(GRANDPARENT).otherwise(UNCLE)
    # A child that has no number of its own is known by its parents' numbers: both are there, and both are parents.
    numberless = pl.col("special") == "none"
    people = people.with_columns(
        kind1=pl.when(numberless).then(kind % 2).otherwise(kind),
        alone=dice.chance(0.02, "single", "family") & ~numberless,
        root_birth=pl.col("birth").gather("family"),
    ).with_columns(kind2=pl.when(pl.col("kind1") == FATHER).then(MOTHER).otherwise(FATHER))
    people = _member(people, dice, "member1", "kind1")
    people = _member(people, dice, "member2", "kind2")
    seconds = [name for name in people.columns if name.startswith("member2_")]
    return people.with_columns(pl.when(~pl.col("alone")).then(pl.col(name)).alias(name) for name in seconds).drop(
        "kind1", "kind2", "alone", "root_birth"
    )


def _member(people: pl.DataFrame, dice: Dice, member: str, kind_column: str) -> pl.DataFrame:
    """Add the columns of one family member.

    The draws are named after the person, not the place in the form: the father is the same man wherever he stands.
    """
    kind = pl.col(kind_column)

    def each(father: pl.Expr, mother: pl.Expr, grandparent: pl.Expr, uncle: pl.Expr) -> pl.Expr:
        return (
            pl.when(kind == FATHER)
            .then(father)
            .when(kind == MOTHER)
            .then(mother)
            .when(kind == GRANDPARENT)
            .then(grandparent)
            .otherwise(uncle)
        )

    def draws(limit: int, what: str) -> pl.Expr:
        return each(*(dice.below(limit, f"{person} {what}", "family") for person in PERSONS))

    grandfather, of_father = dice.chance(0.45, "grandfather", "family"), dice.chance(0.75, "father's side", "family")
    codes = pl.lit(pl.Series([county.code for county in lifelong()]))
    youngest = each(*(pl.lit(years) for years in (26, 24, 48, 25)))
    people = people.with_columns(
        m_male=each(pl.lit(value=True), pl.lit(value=False), grandfather, pl.lit(value=True)),
        m_birth=pl.col("root_birth") - pl.duration(days=youngest * 366 + draws(365 * 12, "age")),
        m_region=codes.gather((pl.col("home") + draws(3, "home")) % len(lifelong())),
        m_start=draws(499, "sequence"),
        m_of_father=(kind == FATHER) | ((kind == GRANDPARENT) & grandfather & of_father),
    )
    people = people.with_columns(
        m_number=id_numbers.body(
            pl.col("m_region"), pl.col("m_birth"), id_numbers.sequence(pl.lit(0), pl.col("m_start"), pl.col("m_male"))
        )
    )
    male = pl.col("m_male")
    surname = (
        pl.when("m_of_father")
        .then(pl.col("surname"))
        .otherwise(each(*(names.surname(dice, person, "family") for person in PERSONS)))
    )
    given = each(*(names.adult_given_name(dice, person, male, "family") for person in PERSONS))
    dotted = each(*(names.dotted_name(dice, person, "family") for person in PERSONS))
    grandparent = pl.when(of_father).then(pl.lit("祖")).otherwise(pl.lit("外祖")) + pl.when(grandfather).then(
        pl.lit("父")
    ).otherwise(pl.lit("母"))
    nothing = pl.lit(None, dtype=pl.String)
    columns = {
        "name": pl.when("dotted").then(dotted).otherwise(surname + given),
        "relation": each(pl.lit("父亲"), pl.lit("母亲"), pl.lit("祖父母或外祖父母"), pl.lit("其他")),
        "relation_note": each(nothing, nothing, grandparent, pl.lit("舅父")),
        "address": pl.col("address"),
        "hukou_place": pl.col("hukou_place"),
        "phone": pl.col("phone") if member == "member1" else phone(dice, "second phone"),
        "guardian": pl.lit("是" if member == "member1" else "否"),
        "id_type": pl.lit("居民身份证"),
        "id_number": id_numbers.with_check("m_number"),
        "ethnicity": pl.when(kind <= MOTHER).then(pl.col("ethnicity")).otherwise(pl.lit("汉族")),
        "employer": dice.pick(_EMPLOYERS, f"{member} employer", "family"),
        "position": nothing,
    }
    return people.with_columns(value.alias(f"{member}_{field}") for field, value in columns.items()).drop(
        cs.starts_with("m_")
    )
