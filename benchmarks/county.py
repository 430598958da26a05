"""A made-up county on two sides: what the system says, what stands in the classrooms, and every difference with its label.

The system's side is one export; the classrooms' side is one list per school, as class teachers write them: two schools in
three with ID numbers, the others with birth date, parent and telephone instead. All differences are known, each child in at
most one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.dice import Dice
from benchmarks.layouts import HEADERS
from benchmarks.people import fill
from benchmarks.regions import settled
from benchmarks.schools import School, class_name, grade_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FIRST = "青云丹柏松梅兰竹石金玉银清长永安宁和瑞祥福康禾芦柳杏桃枫榆槐荷莲泉溪湖"
_SECOND = "禾汀崖坡塘湾溪桥渡岭冈坪洼集店庄口河阳林泽坊井堰墩屯营谷沟圩铺垛"
_KINDS = (
    (15, "21", range(1, 7), (1, 3), ("中心小学", "第一小学", "第二小学", "实验小学")),
    (4, "31", range(7, 10), (4, 9), ("初级中学", "第一中学", "第二中学")),
    (1, "31", range(1, 10), (1, 3), ("九年一贯制学校",)),
)
#: Kind of difference → how many children in ten thousand.
SHARES = {
    "missing": 60,  # in the roll, in no classroom
    "unregistered": 60,  # in a classroom, in no roll
    "elsewhere": 40,  # in class in another school than the one that has the roll
    "moved": 60,  # in another class of the same school
    "doubled": 10,  # a second roll in another school
    "name": 40,  # the list writes another character
    "born": 30,  # the list says another birth date
    "sex": 20,  # the list says the other sex
    "number": 30,  # a digit of the list's ID number is wrong
}
#: Classes of the system in which nobody sits.
VIRTUAL = 20
_WRONG_CHARACTERS = "睿豪涵萱轩琪妍桐辰霖"
SYSTEM = (
    "school_code", "school_name", "grade", "class_name", "name", "sex", "birth_date", "id_type", "id_number", "roll_number",
    "student_source", "status", "phone", "address", "photo", "member1_name", "member1_relation",
    "member1_phone",
)  # fmt: skip
WITH_NUMBER = ("school_name", "grade", "class_name", "name", "sex", "id_number")
WITHOUT = ("school_name", "grade", "class_name", "name", "sex", "birth_date", "member1_name", "member1_phone")


@dataclass(frozen=True, slots=True)
class County:
    """The two sides and what differs.

    Attributes:
        schools: The schools.
        system: The system's rows: all columns of `benchmarks.people`, `what` (label or null), `row` as Excel shows it.
        actual: The classrooms' rows: `i` (of the system's row, where there is one), the same columns, `what`, `row` in its file.
        numbered: Which schools (by place) write ID numbers.
    """

    schools: Sequence[School]
    system: pl.DataFrame
    actual: pl.DataFrame
    numbered: frozenset[int]


def plan_county(schools: int, children: int, seed: int) -> list[School]:
    """Return schools of one county whose classes hold so many children."""
    random = Random(seed)
    place = next(number for number, county in enumerate(settled()) if county.code == "341323")
    towns = [first + second for first in _FIRST for second in _SECOND if first != second]
    random.shuffle(towns)
    kinds = [kind for kind in _KINDS for _ in range(kind[0])]
    shapes = []
    for number in range(schools):
        _, digits, grades, (fewest, most), endings = kinds[number * 13 % len(kinds)]
        classes = {grade: random.randint(fewest, most) for grade in grades}
        shapes.append((number, digits, classes, random.choice(endings)))
    room = sum(sum(classes.values()) for _, _, classes, _ in shapes)
    sizes = [children // room + (1 if place < children % room else 0) for place in range(room)]
    random.shuffle(sizes)
    left = iter(sizes)
    return [
        School(
            f"{digits}34{number + 1:06d}",
            f"{towns[number]}镇{ending}",
            towns[number],
            place,
            number % 10,
            {grade: [next(left) for _ in range(count)] for grade, count in classes.items()},
        )
        for number, digits, classes, ending in shapes
    ]


def make_county(schools: int, children: int, seed: int) -> County:
    """Return a county with `children` rolls in the system."""
    dice = Dice(seed)
    plan = plan_county(schools, children, seed)
    people = fill(plan, seed).with_columns(pl.col("class_seat").cast(pl.Int64).alias("seat"))
    shares = {**SHARES, "": 10_000 - sum(SHARES.values())}
    marked = people.with_columns(what=dice.pick(shares, "what"), other=dice.below(schools - 1, "other school"))
    # Who is away by status is nobody's difference, wherever the class is; and a child without a number can't have a wrong digit.
    plain = (pl.col("status") == "在读") & (
        (pl.col("what") != "number") | pl.col("id_number").str.contains(r"^[0-9]{17}[0-9X]$")
    )
    several = pl.col("class_key").n_unique().over("school", "grade_no") > 1
    fits = plain & ((pl.col("what") != "moved") | several)
    empty = _virtual(marked, seed)
    marked = marked.with_columns(
        what=pl.when(pl.col("class_key").is_in(empty) & (pl.col("status") == "在读"))
        .then(pl.lit("virtual"))
        .when(fits)
        .then("what")
        .otherwise(pl.lit(""))
    )
    system = pl.concat([marked.filter(pl.col("what") != "unregistered"), _second_rolls(marked, plan)]).with_row_index(
        "place"
    )
    system = system.with_columns(row=pl.col("place") + 2)
    numbered = frozenset(place for place in range(schools) if place % 3 != 2)
    return County(plan, system, _classrooms(marked, plan, numbered, dice), numbered)


def _virtual(people: pl.DataFrame, seed: int) -> list[int]:
    """Choose classes that nobody sits in, of grades that have others."""
    classes = people.group_by("class_key").agg(pl.col("school").first(), pl.col("grade_no").first())
    several = (
        classes.filter(pl.len().over("school", "grade_no") > 1).sort("class_key").get_column("class_key").to_list()
    )
    return sorted(Random(seed).sample(several, min(VIRTUAL, max(1, len(several) // 40))))


def _at(rows: pl.DataFrame, plan: Sequence[School], place: pl.Expr) -> pl.DataFrame:
    """Return rows put into a class of another school that has their grade, or the school after it."""
    classes = [
        (
            number,
            grade,
            school.code,
            school.name,
            grade_name(grade, school.style),
            class_name(grade, 1, 2025, school.style),
        )
        for number, school in enumerate(plan)
        for grade in school.sizes
        if school.style % 5 != 3
    ]
    frame = pl.DataFrame(
        classes,
        schema={
            "to": pl.UInt32,
            "grade_no": pl.Int64,
            "n_code": pl.String,
            "n_name": pl.String,
            "n_grade": pl.String,
            "n_class": pl.String,
        },
        orient="row",
    )
    by_grade = frame.with_columns(rank=pl.int_range(pl.len()).over("grade_no"), many=pl.len().over("grade_no"))
    many = by_grade.group_by("grade_no").agg(pl.col("many").first())
    chosen = rows.join(many, on="grade_no").with_columns(rank=place % pl.col("many"))
    moved = chosen.join(by_grade.drop("many"), on=["grade_no", "rank"], how="left", maintain_order="left")
    return moved.with_columns(
        school_code="n_code", school_name="n_name", grade="n_grade", class_name="n_class", to_school="to"
    ).drop("n_code", "n_name", "n_grade", "n_class", "rank", "many", "to")


def _second_rolls(people: pl.DataFrame, plan: Sequence[School]) -> pl.DataFrame:
    """Return the second rolls of children who have one in another school."""
    copies = _at(people.filter(pl.col("what") == "doubled"), plan, pl.col("other"))
    elsewhere = copies.filter(pl.col("to_school") != pl.col("school"))
    return elsewhere.with_columns(school=pl.col("to_school"), what=pl.lit("second")).select(people.columns)


def _classrooms(people: pl.DataFrame, plan: Sequence[School], numbered: frozenset[int], dice: Dice) -> pl.DataFrame:
    """Return the rows of the class lists."""
    there = people.filter(~pl.col("what").is_in(["missing", "virtual"]) & (pl.col("status") == "在读"))
    elsewhere = _at(there.filter(pl.col("what") == "elsewhere"), plan, pl.col("other"))
    elsewhere = elsewhere.with_columns(
        # Whoever would have landed in the own school stays there, and is no difference.
        what=pl.when(pl.col("to_school") == pl.col("school")).then(pl.lit("stays")).otherwise("what"),
        sits=pl.col("to_school"),
    ).drop("to_school")
    stays = elsewhere.filter(pl.col("what") == "stays").select("i")
    kept = there.filter((pl.col("what") != "elsewhere") | pl.col("i").is_in(stays.get_column("i").implode()))
    kept = kept.with_columns(
        what=pl.when(pl.col("what") == "elsewhere").then(pl.lit("")).otherwise("what"), sits=pl.col("school")
    )
    rows = pl.concat([kept, elsewhere.filter(pl.col("what") != "stays").select(kept.columns)])
    rows = _moved(rows, people)
    with_number = pl.col("sits").is_in(list(numbered))
    number = pl.col("id_number")
    # Digits of the sequence: the birth date in the number stays what it is, and the check digit no longer fits.
    wrong = pl.concat_str(
        number.str.head(14),
        (number.str.slice(14, 1).cast(pl.Int64, strict=False) + 1).mod(10).cast(pl.String),
        number.str.tail(3),
    )
    day = pl.col("birth_date").str.slice(6, 2).cast(pl.Int64)
    other_day = pl.concat_str(pl.col("birth_date").str.head(6), (day % 28 + 1).cast(pl.String).str.zfill(2))
    character = pl.lit(pl.Series(list(_WRONG_CHARACTERS))).gather(dice.below(len(_WRONG_CHARACTERS), "wrong character"))
    name = pl.concat_str(pl.col("name").str.head(pl.col("name").str.len_chars() - 1), character)
    rows = rows.with_columns(
        what=pl.when((pl.col("what") == "number") & ~with_number)
        .then(pl.lit(""))
        .when((pl.col("what") == "born") & with_number)
        .then(pl.lit(""))
        .when((pl.col("what") == "name") & (name == pl.col("name")))
        .then(pl.lit(""))
        .otherwise("what")
    )
    what = pl.col("what")
    return (
        rows.with_columns(
            name=pl.when(what == "name").then(name).otherwise("name"),
            sex=pl.when(what == "sex").then(pl.col("sex").replace({"男": "女", "女": "男"})).otherwise("sex"),
            birth_date=pl.when(what == "born").then(other_day).otherwise("birth_date"),
            id_number=pl.when(what == "number").then(wrong).otherwise("id_number"),
        )
        .sort("sits", "grade_no", "class_key", "seat", "i")
        .with_columns(row=pl.int_range(2, pl.len() + 2).over("sits"))
    )


def _moved(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Seat the moved in the next class of their grade that somebody sits in; where there is none, they stay."""
    seated = people.filter(pl.col("what") != "virtual").select("school", "grade_no", "class_key", "class_name").unique()
    seated = seated.sort("school", "grade_no", "class_key")
    group = ["school", "grade_no"]
    following = seated.with_columns(
        next_class=pl.coalesce(pl.col("class_name").shift(-1).over(group), pl.col("class_name").first().over(group))
    ).select("class_key", "next_class")
    told = rows.join(following, on="class_key", how="left", maintain_order="left")
    moves = (pl.col("what") == "moved") & (pl.col("next_class") != pl.col("class_name")).fill_null(value=False)
    return told.with_columns(
        class_name=pl.when(moves).then("next_class").otherwise("class_name"),
        what=pl.when((pl.col("what") == "moved") & ~moves).then(pl.lit("")).otherwise("what"),
    ).drop("next_class")


def write_county(county: County, folder: Path) -> tuple[Path, Path]:
    """Write the system's export and the schools' lists; return the export and the folder of lists."""
    lists = folder / "lists"
    lists.mkdir(parents=True, exist_ok=True)
    for old in lists.glob("*.csv"):
        old.unlink()
    export = folder / "system.csv"
    county.system.select(pl.col(name).alias(HEADERS[name]) for name in SYSTEM).write_csv(export)
    for (sits,), rows in county.actual.group_by("sits", maintain_order=True):
        place = int(str(sits))
        fields = WITH_NUMBER if place in county.numbered else WITHOUT
        rows.select(pl.col(name).alias(HEADERS[name]) for name in fields).write_csv(lists / f"{place:03d}.csv")
    return export, lists
