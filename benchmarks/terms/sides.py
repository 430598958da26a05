"""What stands in each export of a child: names and numbers as they were and are, second rolls, the way schools write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from benchmarks import id_numbers
from benchmarks.schools import SCHOOL_YEAR, class_name, grade_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.dice import Dice
    from benchmarks.schools import School

_SLIPS = "睿豪涵萱轩琪妍桐辰霖"
_GIVEN = ("子墨", "雨桐", "浩然", "思远", "嘉怡", "明哲", "若曦", "俊杰", "欣妍", "博文")
#: Keeps what a family is reached by from year to year, as families do.
_NEW_PHONE = 0.06


def _other_digit() -> pl.Expr:
    """Return the number with a digit of its sequence wrong, so that the check digit no longer fits."""
    number = pl.col("id_number")
    digit = (number.str.slice(14, 1).cast(pl.Int64, strict=False) + 3) % 10
    return pl.concat_str(number.str.head(14), digit.cast(pl.String), number.str.tail(3))


def slip(dice: Dice) -> pl.Expr:
    """Return the name with another last character."""
    character = pl.lit(pl.Series(list(_SLIPS))).gather(dice.below(len(_SLIPS), "slip"))
    name = pl.col("name")
    second = pl.lit(pl.Series(list(_SLIPS))).gather((dice.below(len(_SLIPS), "slip") + 1) % len(_SLIPS))
    head = name.str.head(name.str.len_chars() - 1)
    return head + pl.when(name.str.tail(1) == character).then(second).otherwise(character)


def _side(people: pl.DataFrame, side: str) -> pl.DataFrame:
    rows = people.filter(pl.col(f"{side}_at").is_not_null())
    return rows.with_columns(
        at=f"{side}_at", grade_now=f"{side}_grade", no=f"{side}_no", status=f"{side}_status", second=pl.lit(value=False)
    )


def old(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    story = pl.col("story")
    none = pl.lit(None, dtype=pl.String)
    typo = story.is_in(["number_typo", "slip_and_typo"])
    # The roll number is made from the ID number, typing error and all; a child without one has a J number.
    made = pl.col("roll_number")
    day = (pl.col("birth_date").str.slice(6, 2).cast(pl.Int64) + 9) % 28 + 1
    return _side(people, "old").with_columns(
        id_number=pl.when(typo).then(_other_digit()).when(story == "number_got").then(none).otherwise("id_number"),
        id_type=pl.when(story == "number_got").then(pl.lit("其他")).otherwise("id_type"),
        roll_number=pl.when(typo)
        .then(pl.lit("L") + _other_digit().str.head(14) + pl.lit("0") + _other_digit().str.tail(3))
        .when(story == "number_got")
        .then(pl.lit("J") + _other_digit())
        .otherwise(made),
        name=pl.when(story.is_in(["name_slip", "slip_and_typo"])).then(slip(dice)).otherwise("name"),
        sex=pl.when(story == "sex_wrong").then(pl.col("sex").replace({"男": "女", "女": "男"})).otherwise("sex"),
        birth_date=pl.when(story == "born_wrong")
        .then(pl.concat_str(pl.col("birth_date").str.head(6), day.cast(pl.String).str.zfill(2)))
        .otherwise("birth_date"),
    )


def new(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    story = pl.col("story")
    rows = _side(people, "new")
    # A number of another county, made for the child when the household moved.
    rows = rows.with_columns(
        card=id_numbers.body(
            pl.lit(341302), pl.col("birth"), id_numbers.sequence(pl.col("i") % 499, pl.lit(7), pl.col("male"))
        )
    )
    rows = rows.with_columns(card=id_numbers.with_check("card"))
    given = pl.lit(pl.Series(list(_GIVEN))).gather(dice.below(len(_GIVEN), "given"))
    renamed = pl.col("name").str.head(1) + given
    old_phone = pl.col("member1_phone")
    other = pl.concat_str(old_phone.str.head(3), dice.below(10**8, "new phone").cast(pl.String).str.zfill(8))
    changed = story.is_in(["number_changed", "all_changed"])
    taken = story == "number_taken"
    stranger = pl.lit(pl.Series(["段立夏", "樊知秋", "覃小满", "鞠惊蛰"])).gather(dice.below(4, "stranger"))
    typo = story.is_in(["number_typo", "slip_and_typo", "number_got"])
    return rows.with_columns(
        id_number=pl.when(changed).then("card").otherwise("id_number"),
        roll_number=pl.when(changed)
        .then(pl.lit("G") + pl.col("card"))
        .when(typo)
        .then(pl.lit("G") + pl.col("id_number"))
        .otherwise("roll_number"),
        name=pl.when(story.is_in(["renamed", "all_changed"]))
        .then(renamed)
        .when(taken)
        .then(stranger)
        .otherwise("name"),
        member1_name=pl.when(taken).then(stranger.str.head(1) + pl.lit("国庆")).otherwise("member1_name"),
        phone=pl.when(taken | (story == "all_changed")).then(other).otherwise("phone"),
        member1_phone=pl.when(taken | (story == "all_changed") | dice.chance(_NEW_PHONE, "phone changed", "family"))
        .then(other)
        .otherwise("member1_phone"),
        boarding=pl.when(dice.chance(0.05, "boards now")).then(pl.lit("住校")).otherwise("boarding"),
    )


def second(people: pl.DataFrame, plan: Sequence[School], dice: Dice, story: str, side: str) -> pl.DataFrame:
    """Return second rolls of children, in another school that has their grade, or in another class."""
    rows = _side(people.filter(pl.col("story") == story), side)
    places: dict[int, list[int]] = {}
    for place, school in enumerate(plan):
        for grade in school.sizes:
            held = grade - 1 if side == "old" else grade
            if grade < max(school.sizes) and held > 0:
                places.setdefault(held, []).append(place)
    drawn = dice.draw("second at")
    other = pl.lit(None, dtype=pl.Int64)
    for grade, schools in places.items():
        chosen = pl.lit(pl.Series(schools, dtype=pl.Int64)).gather((drawn % len(schools)).cast(pl.Int64))
        other = pl.when(pl.col("grade_now") == grade).then(chosen).otherwise(other)
    return rows.with_columns(at=other, no=pl.lit(1, dtype=pl.Int64), second=pl.lit(value=True)).filter(
        pl.col("at") != pl.col(f"{side}_at")
    )


def written(rows: pl.DataFrame, plan: Sequence[School], year: int, dice: Dice) -> pl.DataFrame:
    """Write schools, grades and classes as each school does; one in ten writes classes in another way the next year."""
    cells = rows.select("at", "grade_now", "no").unique()
    written = []
    for at, grade, number in cells.iter_rows():
        school = plan[at]
        style = school.style + (1 if year and at % 10 == 3 else 0)
        entry = SCHOOL_YEAR - 1 + year - grade + (1 if grade <= 6 else 7)
        written.append(
            (
                at,
                grade,
                number,
                school.code,
                school.name,
                grade_name(grade, style),
                class_name(grade, number, entry, style),
            )
        )
    names = ("at", "grade_now", "no", "school_code", "school_name", "grade", "class_name")
    frame = pl.DataFrame(written, schema=list(names), orient="row").with_columns(
        pl.col("at", "grade_now", "no").cast(pl.Int64)
    )
    told = rows.drop("school_code", "school_name", "grade", "class_name").join(
        frame, on=["at", "grade_now", "no"], how="left", maintain_order="left"
    )
    if not year:
        return told
    # The second export writes dates with dashes, pads short names, and has a stray blank here and there.
    padded = pl.concat_str(pl.col("name").str.head(1), pl.lit("　"), pl.col("name").str.tail(1))
    return told.with_columns(
        birth_date=pl.col("birth_date").str.replace(r"^(\d{4})(\d\d)(\d\d)$", "$1-$2-$3"),
        name=pl.when((pl.col("name").str.len_chars() == 2) & dice.chance(0.3, "padded")).then(padded).otherwise("name"),
        id_number=pl.when(dice.chance(0.01, "blank")).then(pl.col("id_number") + " ").otherwise("id_number"),
    )
