"""The county for `dedupe` is what it says it is: labels, traps and errors, judged by other means than their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from rapidfuzz.distance import OSA, DamerauLevenshtein

from benchmarks.pairs.files import FIRST_ROW, VARIANTS, write_rosters
from benchmarks.pairs.registrations import ALL_TRAPS, KINDS, make_records

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 30_000


@pytest.fixture(scope="module")
def records() -> pl.DataFrame:
    return make_records(ROWS, seed=11).frame


@pytest.fixture(scope="module")
def pairs(records: pl.DataFrame) -> pl.DataFrame:
    """A first record beside each later one of the child."""
    first, later = records.filter(pl.col("entry") == 0), records.filter(pl.col("entry") > 0)
    return later.join(first, on="child", suffix="_first")


def test_the_same_seed_gives_the_same_records(records: pl.DataFrame) -> None:
    assert make_records(ROWS, seed=11).frame.equals(records)
    assert not make_records(ROWS, seed=12).frame.equals(records)


def test_one_record_in_eight_is_a_second_or_third_registration(records: pl.DataFrame) -> None:
    assert abs(records.height - ROWS) < ROWS / 100
    assert 0.10 < (records["entry"] > 0).mean() < 0.15
    assert records.filter(pl.col("entry") == 2).height > 100


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_corruption_is_there(records: pl.DataFrame, kind: str) -> None:
    assert records[kind].sum() > 0


@pytest.mark.parametrize("trap", ALL_TRAPS)
def test_every_trap_is_of_several_children(records: pl.DataFrame, trap: str) -> None:
    groups = records.filter(pl.col(trap).is_not_null()).group_by(trap).agg(pl.col("child").n_unique())
    assert groups.height > 5
    assert groups["child"].min() >= 2


@pytest.mark.parametrize("kind", ["id_wrong_digit", "id_swapped", "id_dropped", "id_doubled"])
def test_one_slip_of_the_hand_is_one_edit(pairs: pl.DataFrame, kind: str) -> None:
    once = pairs.filter(
        pl.col(kind),
        pl.col("id_number_first").str.contains(r"^\d{17}[\dX]$"),
        ~pl.col("id_second_hukou"),
        pl.col("copied_id").is_null(),
    )
    clean = once.filter(~pl.any_horizontal([f"{k}_first" for k in KINDS if k.startswith("id_")]))
    assert clean.height > 5
    for left, right in clean.select("id_number", "id_number_first").iter_rows():
        assert OSA.distance(left, right) == 1


def test_a_second_hukou_is_a_valid_number_of_its_own(pairs: pl.DataFrame) -> None:
    from stdnum.cn import ric

    plain = pairs.filter("id_second_hukou").filter(
        ~pl.any_horizontal([k for k in KINDS if k.startswith("id_") and k != "id_second_hukou"])
    )
    assert plain.height > 50
    for number, first in plain.select("id_number", "id_number_first").iter_rows():
        assert ric.calc_check_digit(number) == number[-1]
        assert number != first
    assert 0 < plain.filter(pl.col("birth") != pl.col("birth_first")).height < plain.height / 2 + 10


def test_twins_are_children_of_one_day_and_one_house(records: pl.DataFrame) -> None:
    first = records.filter(pl.col("entry") == 0, pl.col("twins").is_not_null())
    groups = first.group_by("twins").agg(
        pl.col("true_birth").n_unique(), pl.col("family").n_unique(), pl.col("true_name").n_unique()
    )
    assert set(groups["true_birth"]) == {1}
    assert set(groups["family"]) == {1}
    assert set(groups["true_name"]) == {2}
    numbers = first.group_by("twins").agg(pl.col("id_number").drop_nulls().str.slice(0, 14).n_unique().alias("days"))
    assert (numbers["days"] == 1).mean() > 0.8


def test_names_that_are_heard_or_misread_differ_in_one_character(pairs: pl.DataFrame) -> None:
    kinds = ("name_same_sound", "name_same_look")
    clean = pairs.filter(pl.any_horizontal(kinds), pl.col("story") != "renamed")
    assert clean.height > 30
    for name, true in clean.select("name", "true_name").iter_rows():
        assert len(name) == len(true)
        assert DamerauLevenshtein.distance(name, true) == 1


def test_labels_mean_a_difference_from_the_truth(records: pl.DataFrame) -> None:
    names = [k for k in KINDS if k.startswith("name_")]
    assert records.filter(~pl.any_horizontal(names), pl.col("name") != pl.col("true_name")).is_empty()
    assert records.filter(~pl.col("sex_wrong"), pl.col("sex") != pl.col("true_sex")).is_empty()
    assert records.filter(pl.col("id_missing"), pl.col("id_number").is_not_null()).is_empty()


def test_later_records_stand_in_the_grade_of_the_child(pairs: pl.DataFrame) -> None:
    step = (pairs["grade_no_first"] - pairs["grade_no"]).value_counts()
    assert set(step["grade_no_first"]) == {0, 1}
    assert (pairs["grade_no"] == pairs["grade_no_first"]).mean() > 0.9
    assert (pairs["school"] != pairs["school_first"]).mean() > 0.75


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_files_and_truth_tell_of_the_same_rows(tmp_path: Path, variant: str) -> None:
    whole = write_rosters(1500, 3, variant, tmp_path / "one")
    frame = pl.read_csv(whole.paths[0], infer_schema=False)
    assert frame.columns == list(VARIANTS[variant].values())
    assert whole.truth["row"].to_list() == list(range(FIRST_ROW, frame.height + FIRST_ROW))
    mixed = write_rosters(1500, 3, variant, tmp_path / "two", by_school=True, shuffled=9)
    assert {path.suffix for path in mixed.paths} == {".csv", ".xlsx"}
    assert mixed.truth.height == whole.truth.height
    assert mixed.truth.select(pl.struct("child", "entry")).n_unique() == mixed.truth.height
    assert sorted(mixed.truth["child"]) == sorted(whole.truth["child"])
