"""The made-up rosters are right, judged by other means than the ones that made them."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from benchmarks.layouts import HEADERS, LAYOUTS, select
from benchmarks.people import make_people
from benchmarks.regions import counties

ROWS = 40_000


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return make_people(ROWS, seed=7)


@pytest.fixture(scope="module")
def residents(people: pl.DataFrame) -> pl.DataFrame:
    return people.filter(pl.col("id_type").is_in(["居民身份证", "户口簿", "港澳台居民居住证"]))


def test_there_are_as_many_rows_as_were_asked_for(people: pl.DataFrame) -> None:
    assert people.height == ROWS


def test_the_same_seed_gives_the_same_people(people: pl.DataFrame) -> None:
    assert make_people(ROWS, seed=7).equals(people)
    assert not make_people(ROWS, seed=8)["id_number"].equals(people["id_number"])


@pytest.mark.parametrize("column", ["id_number", "member1_id_number", "member2_id_number"])
def test_python_stdnum_agrees_with_the_check_digits(residents: pl.DataFrame, column: str) -> None:
    from stdnum.cn import ric

    numbers = residents[column].drop_nulls().to_list()
    assert len(numbers) > ROWS * 0.9
    assert [n for n in numbers if ric.calc_check_digit(n) != n[-1]] == []


def test_numbers_carry_birth_date_and_sex(residents: pl.DataFrame) -> None:
    digit = pl.col("id_number").str.slice(16, 1).cast(pl.Int8)
    assert residents.filter(pl.col("id_number").str.slice(6, 8) != pl.col("birth_date")).is_empty()
    assert residents.filter((digit % 2 == 1) != (pl.col("sex") == "男")).is_empty()


def test_county_codes_exist_and_only_late_registrations_are_newer_than_the_child(residents: pl.DataFrame) -> None:
    starts = {county.code: county.start for county in counties()}
    cards = residents.filter(pl.col("id_type") != "港澳台居民居住证").with_columns(
        start=pl.col("id_number").str.slice(0, 6).replace_strict(starts, return_dtype=pl.Int64)
    )
    newer = cards.filter(pl.col("start") > pl.col("birth").dt.year())
    assert 0 < newer.height < ROWS / 100
    assert newer["special"].unique().to_list() == ["late"]


def test_numbers_and_rolls_are_unique(people: pl.DataFrame) -> None:
    for column in ("id_number", "roll_number"):
        values = people[column].drop_nulls()
        assert values.n_unique() == len(values)
    none = people.filter(pl.col("id_number").is_null())
    assert none.select("name", "sex", "birth_date").is_duplicated().sum() == 0


def test_roll_numbers_keep_their_letters_promise(people: pl.DataFrame) -> None:
    from stdnum.cn import ric

    rolls = people.select(
        "roll_number",
        "id_number",
        "birth_date",
        letter=pl.col("roll_number").str.head(1),
        tail=pl.col("roll_number").str.slice(1),
    )
    assert rolls.filter((pl.col("letter") == "G") & (pl.col("tail") != pl.col("id_number"))).is_empty()
    assert rolls.filter(pl.col("tail").str.slice(6, 8) != pl.col("birth_date")).is_empty()
    for tail in rolls.filter(pl.col("letter") == "J")["tail"]:
        assert ric.calc_check_digit(tail) == tail[-1]
    temporary = rolls.filter(pl.col("letter") == "L")
    assert temporary.filter(pl.col("tail").is_in(people["id_number"].drop_nulls().to_list())).is_empty()
    assert set(rolls["letter"]) == {"G", "J", "L"}


def test_children_are_six_before_september_of_grade_one(people: pl.DataFrame) -> None:
    youngest = people.group_by("grade_no").agg(pl.col("birth").max()).sort("grade_no")
    for grade, birth in youngest.iter_rows():
        assert birth <= datetime.date(2025 - 5 - grade, 8, 31)


def test_classes_and_shares_stay_inside_the_bands(people: pl.DataFrame) -> None:
    assert people.group_by("class_key").len()["len"].max() <= 45
    grades = people.group_by("school", "grade_no").agg(suspended=(pl.col("status") == "休学").mean())
    schools = people.group_by("school").agg(borrowed=(pl.col("student_source") == "借读").mean())
    assert grades["suspended"].max() <= 0.03
    assert schools["borrowed"].max() <= 0.05
    assert people.filter((pl.col("grade_no") == 1) & (pl.col("student_source") == "借读")).is_empty()


def test_guardians_are_old_enough_and_of_the_sex_their_relation_says(people: pl.DataFrame) -> None:
    for member in ("member1", "member2"):
        number = pl.col(f"{member}_id_number")
        years = pl.col("birth").dt.year() - number.str.slice(6, 4).cast(pl.Int32)
        male = number.str.slice(16, 1).cast(pl.Int8) % 2 == 1
        some = people.filter(number.is_not_null())
        assert some.select(years.min()).item() >= 19
        assert some.filter((pl.col(f"{member}_relation") == "父亲") & ~male).is_empty()
        assert some.filter((pl.col(f"{member}_relation") == "母亲") & male).is_empty()
    assert people.filter(pl.col("id_number").is_null(), pl.col("member1_id_number").is_null()).is_empty()


def test_life_is_there_in_its_variety(people: pl.DataFrame) -> None:
    name = pl.col("name")
    assert people.filter(name.str.contains("·", literal=True)).height > 0
    assert people.filter(name.str.contains(r"[\x{20000}-\x{2A6DF}]")).height > 0
    assert people.filter(name.str.contains("^(欧阳|上官|司马|诸葛)")).height > 0
    assert people["name"].value_counts()["count"].max() >= 5
    twins = people.filter("twin")
    assert twins.height > 10
    assert people.filter(~pl.col("twin") & (pl.col("family") != pl.col("i"))).height > 100
    assert set(people["special"]) >= {"plain", "late", "booklet", "permit", "passport", "none"}


@pytest.mark.parametrize("columns", [31, 50, 71])
def test_layouts_have_the_columns_they_are_named_for(people: pl.DataFrame, columns: int) -> None:
    frame = select(people, LAYOUTS[columns])
    assert frame.width == columns
    assert set(frame.dtypes) == {pl.String}
    assert frame.columns == [HEADERS[field] for field in LAYOUTS[columns]]
