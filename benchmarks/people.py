"""Made-up rosters in which everything is right.

    python -m benchmarks.people --rows 1000000 --columns 31 benchmarks/data/clean.csv

Clean does not mean tame. There are late 户口 under a county code younger than the child, residence permits of 81/82/83,
passports, children without a number, twins, names of two and of ten characters, names that hundreds share, and children
with the same name *and* birth date: all of them right, and a checker that calls one of them wrong is wrong itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks import families, id_numbers, names
from benchmarks.dice import Dice
from benchmarks.layouts import LAYOUTS, write
from benchmarks.regions import lifelong_near, settled, young
from benchmarks.schools import SCHOOL_YEAR, School, classes_of, plan_schools

#: How many in ten thousand children are something other than a resident with an identity card.
_SPECIAL = {
    "plain": 9880,
    "late": 40,  # registered late, under a county code younger than the child
    "booklet": 15,  # 户口簿 given as the document; the number is the same
    "permit": 10,  # 港澳台居民居住证: 81, 82, 83
    "hongkong": 4,
    "taiwan": 4,
    "passport": 12,
    "green_card": 5,  # 外国人永久居留身份证 of 2023: 18 characters, first digit 9
    "none": 30,  # no number at all: type 其他, and the parents' numbers stand in
}
_RESIDENT = ("plain", "late", "booklet")
_FOREIGN = ("passport", "green_card")
_ETHNICITIES = {
    "汉族": 9200,
    **dict.fromkeys(("回族", "满族", "苗族", "土家族", "蒙古族", "壮族", "彝族", "布依族", "侗族", "瑶族"), 60),
    **dict.fromkeys(("维吾尔族", "藏族"), 60),
    **dict.fromkeys(("哈萨克族", "朝鲜族"), 20),
    **dict.fromkeys(("毛南族", "仫佬族", "畲族"), 5),
}
_DOTTED = ("维吾尔族", "哈萨克族")
_DOCUMENTS = {
    "booklet": "户口簿",
    "permit": "港澳台居民居住证",
    "hongkong": "香港特区护照/身份证明",
    "taiwan": "台湾居民来往大陆通行证",
    "passport": "护照",
    "green_card": "境外永久居住证",
    "none": "其他",
}
_PERMITS = {"810000": "香港同胞", "820000": "澳门同胞", "830000": "台湾同胞"}
_OUTSIDE = {"hongkong": "香港同胞", "taiwan": "台湾同胞", "passport": "外国人", "green_card": "外国人"}
_COUNTRIES = ["韩国", "美国", "日本", "越南"]
_DISABILITIES = {"视力残疾": 1, "听力残疾": 1, "智力残疾": 2, "言语残疾": 1, "肢体残疾": 2, "多重残疾": 1}
_OWN_PLACE = ("视力残疾", "听力残疾", "智力残疾")


def make_people(rows: int, seed: int) -> pl.DataFrame:
    """Return `rows` children, a column per field of the student schema; `layouts` has the columns of files."""
    return fill(plan_schools(rows, seed), seed)


def fill(schools: Iterable[School], seed: int, first: int = 0) -> pl.DataFrame:
    """Return the children of these schools.

    Args:
        schools: The schools.
        seed: Of every draw.
        first: How many children were made before these, for whoever makes a large roster block by block: no two blocks then
            give the same number.
    """
    dice = Dice(seed)
    people = classes_of(schools).select(
        pl.all().gather(pl.col("class_key").repeat_by("size").explode(empty_as_null=True, keep_nulls=True))
    )
    people = people.with_columns(i=pl.int_range(pl.len(), dtype=pl.Int64))
    people = families.related(people, dice)
    for step in (_birth, _identity, partial(_numbers, first=first), _rolls, _circumstances, _schooling):
        people = step(people, dice)
    return families.with_members(people, dice)


def _birth(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Children of grade 1 were six by 31 August; one in 25 started a year late."""
    start = pl.date(pl.lit(SCHOOL_YEAR - 6) - pl.col("grade_no"), 9, 1)
    late = pl.when(dice.chance(0.04, "late start", "birth_key")).then(365).otherwise(0)
    birth = start + pl.duration(days=dice.below(365, "birth", "birth_key") - late)
    return people.with_columns(birth=birth, male=dice.chance(0.52, "sex")).with_columns(
        birth_date=pl.col("birth").dt.strftime("%Y%m%d"), sex=pl.when("male").then(pl.lit("男")).otherwise(pl.lit("女"))
    )


def _identity(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Names, ethnicity, and the kind of document, which is one for a whole family."""
    special = dice.pick(_SPECIAL, "special", "family")
    late_possible = pl.col("birth").dt.year() <= 2014
    people = people.with_columns(
        special=pl.when((special == "late") & ~late_possible).then(pl.lit("plain")).otherwise(special),
        ethnicity=dice.pick(_ETHNICITIES, "ethnicity", "family"),
        surname=names.surname(dice, "child", "family"),
    )
    foreign = pl.col("special").is_in(_FOREIGN)
    outside = foreign | pl.col("special").is_in(["permit", "hongkong", "taiwan"])
    people = people.with_columns(
        ethnicity=pl.when(foreign).then(pl.lit("其他")).when(outside).then(pl.lit("汉族")).otherwise("ethnicity"),
        nationality=pl.when(foreign).then(dice.pick(_COUNTRIES, "country", "family")).otherwise(pl.lit("中国")),
    ).with_columns(dotted=pl.col("ethnicity").is_in(_DOTTED))
    given = names.child_given_name(dice, pl.col("male"))
    whole = pl.when("dotted").then(names.dotted_name(dice, "child", "i")).otherwise(pl.col("surname") + given)
    people = people.with_columns(name=whole)
    # Two children without a number may not share name, sex and birth date: that would be a duplicate (问题学籍).
    alone = (pl.col("special") == "none").sum().over("name", "sex", "birth_date") <= 1
    return people.with_columns(
        special=pl.when((pl.col("special") != "none") | alone).then("special").otherwise(pl.lit("plain"))
    )


def _numbers(people: pl.DataFrame, dice: Dice, first: int) -> pl.DataFrame:
    """The document and its number.

    Sequence numbers count up inside a county, day and sex, so that twins stand side by side and no two numbers agree.
    """
    counties, newest = settled(), young()
    codes = pl.Series([c.code for c in counties])
    where = dice.below(1000, "registered where", "family")
    region = (
        pl.when(pl.col("special") == "late")
        .then(pl.lit(pl.Series([c.code for c in newest])).gather(dice.below(len(newest), "young county", "family")))
        .when(where < 880)
        .then(pl.col("county_code"))
        .when(where < 965)
        .then(pl.lit(codes).gather((pl.col("county") + dice.below(30, "near county", "family")) % len(counties)))
        .otherwise(pl.lit(codes).gather(dice.below(len(counties), "any county", "family")))
    )
    permit = dice.pick(list(_PERMITS), "permit", "family")
    people = people.with_columns(region=pl.when(pl.col("special") == "permit").then(permit).otherwise(region))
    nearest = {code: lifelong_near(code) for code in people["region"].unique().to_list()}
    people = people.with_columns(home=pl.col("region").replace_strict(nearest, return_dtype=pl.Int64))

    rank = pl.int_range(pl.len()).over("region", "birth", "male")
    # Blocks of a million begin so far apart that none reaches into another.
    start = (pl.col("region").cast(pl.Int64) * 31 + pl.col("birth").to_physical() + first // 1_000_000 * 45) % 499
    # Green cards all carry one region here, so they are counted apart.
    green_rank = pl.int_range(pl.len()).over("special", "birth", "male")
    people = people.with_columns(
        rank=rank, green_rank=green_rank, start=start, serial=pl.int_range(pl.len()).over("special") + first
    )
    serial = pl.col("serial")
    green = id_numbers.sequence(pl.col("green_rank"), pl.lit(7 + first // 1_000_000 * 45), pl.col("male"))
    people = people.with_columns(
        card=id_numbers.body(
            pl.col("region"), pl.col("birth"), id_numbers.sequence(pl.col("rank"), pl.col("start"), pl.col("male"))
        ),
        green=id_numbers.body(pl.lit(934156), pl.col("birth"), green),
        eight=(serial * 9_973 + 1_234_567).cast(pl.String).str.zfill(8).str.slice(-8),
    ).with_columns(card=id_numbers.with_check("card"), green=id_numbers.with_check("green"))
    eight = pl.col("eight")
    kind = pl.col("special")
    return people.with_columns(
        id_type=kind.replace_strict(_DOCUMENTS, default="居民身份证"),
        id_number=pl.when(kind.is_in([*_RESIDENT, "permit"])).then("card")
        .when(kind == "hongkong").then(pl.lit("H") + eight)
        .when(kind == "taiwan").then(eight)
        .when(kind == "passport").then(pl.lit("M") + eight)
        .when(kind == "green_card").then("green"),
        overseas_status=pl.when(kind == "permit")
        .then(pl.col("region").replace_strict(_PERMITS, default="否"))
        .otherwise(kind.replace_strict(_OUTSIDE, default="否")),
    ).drop("serial", "rank", "green_rank", "start", "green", "eight")  # fmt: skip


def _rolls(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """G with the own number, J with one made for a child without a card, L in grade 1 until the number is issued."""
    people = people.with_columns(
        resident=pl.col("special").is_in(_RESIDENT), fresh=(pl.col("grade_no") == 1) & dice.chance(0.6, "fresh")
    )
    rank = pl.int_range(pl.len()).over("county_code", "birth", "fresh")
    sequence = id_numbers.sequence(rank, pl.lit(400), pl.col("male"))
    people = people.with_columns(made=id_numbers.body(pl.col("county_code"), pl.col("birth"), sequence))
    # The last digit of an L number is random; here it is never the check digit, so that no child can have the number.
    last = (id_numbers.check_value("made") + 1 + dice.below(9, "L digit")) % 10
    roll = (
        pl.when("fresh")
        .then(pl.lit("L") + pl.col("made").cast(pl.String) + last.cast(pl.String))
        .when("resident")
        .then(pl.lit("G") + pl.col("card"))
        .otherwise(pl.lit("J") + id_numbers.with_check("made"))
    )
    return people.with_columns(roll_number=roll).drop("resident", "fresh", "made")


def _circumstances(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Home, health and the family's situation."""
    counties = {c.code: c.province.removesuffix("省").removesuffix("市") + c.name for c in (*settled(), *young())}
    origin = pl.col("region").replace_strict(counties, default="香港", return_dtype=pl.String)
    village = families.village(dice)
    house = (dice.below(280, "house", "family") + 1).cast(pl.String)
    disability = (
        pl.when(dice.chance(0.003, "disability"))
        .then(dice.pick(_DISABILITIES, "which disability"))
        .otherwise(pl.lit("无残疾"))
    )
    people = people.with_columns(
        native_place=origin,
        birth_place=pl.when(pl.col("region").str.starts_with("8")).then("county_code").otherwise("region")
        + families.village_code(dice),
        hukou_type=pl.when(dice.chance(0.7, "rural", "family"))
        .then(pl.lit("农业户口"))
        .otherwise(pl.lit("非农业户口")),
        address=pl.col("town") + pl.lit("镇") + village + pl.lit("村") + house + pl.lit("号"),
        phone=families.phone(dice, "phone"),
        postcode=(dice.below(8000, "postcode", "school") + 234_000).cast(pl.String),
        disability=disability,
        only_child=_yes(dice, 0.4, "only child"),
        preschool=_yes(dice, 0.97, "preschool"),
        left_behind=dice.pick({"非留守儿童": 80, "单亲留守儿童": 12, "双亲留守儿童": 8}, "left behind", "family"),
        migrant=_yes(dice, 0.05, "migrant"),
        apply_aid=_yes(dice, 0.1, "apply aid"),
        receives_aid=_yes(dice, 0.1, "receives aid"),
        orphan=_yes(dice, 0.002, "orphan"),
        martyr_child=_yes(dice, 0.001, "martyr"),
        distance=dice.below(9, "distance", "family"),
        photo=pl.lit("有"),
    )
    own = pl.col("disability").is_in(_OWN_PLACE)
    far = pl.col("distance") > 2
    return people.with_columns(
        hukou_place=pl.col("birth_place"),
        mail_address=pl.col("address"),
        home_address=pl.col("address"),
        inclusive=pl.when(pl.col("disability") == "无残疾").then(pl.lit("非随班就读"))
        .when(own).then(pl.col("disability") + pl.lit("随班就读")).otherwise(pl.lit("其他残疾随班就读")),
        health=pl.when(pl.col("disability") == "无残疾")
        .then(dice.pick({"健康或良好": 985, "一般或较弱": 15}, "health")).otherwise(pl.lit("残疾")),
        distance_km=pl.col("distance").cast(pl.String),
        transport=pl.when(far).then(pl.lit("校车")).otherwise(dice.pick(["步行", "家长自行接送"], "way", "family")),
        school_bus=pl.when(far).then(pl.lit("是")).otherwise(pl.lit("否")),
    )  # fmt: skip


def _schooling(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Entry, state and standing; 休学 stays under 3 % of a grade and 借读 under 5 % of a school, as the rules want."""
    grade = pl.col("grade_no")
    suspended = dice.chance(0.002, "suspended") & (pl.len().over("school", "grade_no") >= 40)
    first_of_grade = suspended.cast(pl.Int32).cum_sum().over("school", "grade_no") == 1
    borrowed = dice.chance(0.01, "borrowed") & (grade > 1)
    few = borrowed.cast(pl.Int32).cum_sum().over("school") <= pl.len().over("school") * 0.04
    of_age = pl.col("birth") <= date(SCHOOL_YEAR - 15, 8, 31)
    league = of_age & (grade >= 8) & dice.chance(0.25, "league")
    return people.with_columns(
        entry_month=pl.col("entry_year").cast(pl.String) + pl.lit("09"),
        entry_way=pl.when(grade <= 9)
        .then(dice.pick({"就近入学": 95, "其他": 5}, "entry way"))
        .otherwise(dice.pick({"统一招生考试/普通入学": 95, "体育特招": 3, "艺术特招": 2}, "entry way")),
        boarding=dice.pick({"走读": 4, "住校": 1}, "boarding", "family"),
        status=pl.when(suspended & first_of_grade).then(pl.lit("休学")).otherwise(pl.lit("在读")),
        student_source=pl.when(borrowed & few).then(pl.lit("借读")).otherwise(pl.lit("正常入学")),
        political_status=pl.when(league).then(pl.lit("共青团员")).otherwise(pl.lit("群众")),
        class_seat=pl.int_range(1, pl.len() + 1).over("class_key").cast(pl.String),
    )


def _yes(dice: Dice, share: float, what: str) -> pl.Expr:
    return pl.when(dice.chance(share, what, "family")).then(pl.lit("是")).otherwise(pl.lit("否"))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", type=Path, help="where to write: .csv or .xlsx")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, choices=sorted(LAYOUTS), default=31)
    parser.add_argument("--seed", type=int, default=2025)
    arguments = parser.parse_args()
    write(make_people(arguments.rows, arguments.seed), LAYOUTS[arguments.columns], arguments.path)


if __name__ == "__main__":
    main()
