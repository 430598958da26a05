"""Planted faults are real, where their labels say they are, and nowhere else."""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks.accuracy import FIRST_ROW, judge
from benchmarks.faults.inject import CLASS_LIST, FAULTS, Spoilt, spoil
from benchmarks.layouts import LAYOUTS
from benchmarks.people import make_people

ROWS = 12_000
FIELDS = LAYOUTS[31]


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return make_people(ROWS, seed=5)


@pytest.fixture(scope="module")
def spoilt(people: pl.DataFrame) -> Spoilt:
    return spoil(people, {*FIELDS, CLASS_LIST}, seed=5)


@pytest.fixture(scope="module")
def differences(people: pl.DataFrame, spoilt: Spoilt) -> pl.DataFrame:
    """One line per changed cell: i, field, old, new."""
    parts = [
        pl.DataFrame({"i": people["i"], "old": people[field], "new": spoilt.people[field]})
        .filter(pl.col("old").ne_missing(pl.col("new")))
        .with_columns(field=pl.lit(field))
        for field in FIELDS
    ]
    return pl.concat(parts)


def cells(differences: pl.DataFrame, spoilt: Spoilt, kind: str, field: str) -> pl.DataFrame:
    return differences.filter(pl.col("field") == field).join(
        spoilt.labels.filter(pl.col("kind") == kind).select("i"), on="i", how="semi"
    )


def test_a_tenth_of_the_rows_is_spoilt(spoilt: Spoilt) -> None:
    share = spoilt.labels.filter("each")["i"].n_unique() / ROWS
    assert 0.09 < share < 0.11


@pytest.mark.parametrize("kind", [fault.kind for fault in FAULTS if fault.needs <= {*FIELDS, CLASS_LIST}])
def test_every_kind_is_there_and_changes_each_of_its_rows(spoilt: Spoilt, differences: pl.DataFrame, kind: str) -> None:
    rows = set(spoilt.labels.filter(pl.col("kind") == kind)["i"])
    assert len(rows) >= 2
    assert rows <= set(differences["i"])


def test_nothing_else_is_changed(spoilt: Spoilt, differences: pl.DataFrame) -> None:
    assert set(differences["i"]) <= set(spoilt.labels["i"])


def test_a_row_has_one_fault_of_its_own(spoilt: Spoilt) -> None:
    own = spoilt.labels.filter(pl.col("each") & (pl.col("kind") != "school_code_name_conflict"))
    assert own["i"].is_duplicated().sum() == 0


def test_the_same_seed_plants_the_same_faults(people: pl.DataFrame, spoilt: Spoilt) -> None:
    again = spoil(people, {*FIELDS, CLASS_LIST}, seed=5)
    assert again.people.equals(spoilt.people)
    assert again.labels.equals(spoilt.labels)


@pytest.mark.parametrize("kind", ["id_wrong_check_digit", "id_wrong_digit", "id_swap", "id_excel_000"])
def test_broken_numbers_are_broken(spoilt: Spoilt, differences: pl.DataFrame, kind: str) -> None:
    from stdnum.cn import ric

    for number in cells(differences, spoilt, kind, "id_number")["new"]:
        assert len(number) == 18
        assert ric.calc_check_digit(number) != number[-1]


@pytest.mark.parametrize("kind", ["id_of_adult", "id_unknown_province", "id_unknown_county", "age_too_old_for_grade"])
def test_numbers_that_are_wrong_for_another_reason_have_a_right_check_digit(
    spoilt: Spoilt, differences: pl.DataFrame, kind: str
) -> None:
    from stdnum.cn import ric

    numbers = cells(differences, spoilt, kind, "id_number")["new"].to_list()
    assert numbers
    assert all(ric.calc_check_digit(number) == number[-1] for number in numbers)


def test_an_unknown_county_is_in_no_table(spoilt: Spoilt, differences: pl.DataFrame) -> None:
    from stdnum import numdb

    for number in cells(differences, spoilt, "id_unknown_county", "id_number")["new"]:
        assert not any("county" in found for _, found in numdb.get("cn/loc").info(number[:6]))


def test_a_birth_date_that_disagrees_differs_from_the_number(spoilt: Spoilt) -> None:
    rows = spoilt.people.join(
        spoilt.labels.filter(pl.col("kind") == "id_birth_mismatch").select("i"), on="i", how="semi"
    )
    assert rows.filter(pl.col("id_number").str.slice(6, 8) == pl.col("birth_date")).is_empty()
    assert rows["birth_date"].str.to_date("%Y%m%d").null_count() == 0


def test_a_roll_that_disagrees_is_not_the_number_behind_another_letter(spoilt: Spoilt) -> None:
    kinds = ["roll_id_mismatch", "roll_j_with_valid_id"]
    rows = spoilt.people.join(spoilt.labels.filter(pl.col("kind").is_in(kinds)).select("i"), on="i", how="semi")
    assert rows.filter(pl.col("roll_number").str.slice(1) == pl.col("id_number")).is_empty()


def test_two_records_of_one_child_stand_in_two_schools(spoilt: Spoilt) -> None:
    for kind, column in (("same_id", "id_number"), ("same_roll", "roll_number")):
        labels = spoilt.labels.filter(pl.col("kind") == kind).select("i", "event")
        pairs = spoilt.people.join(labels, on="i").group_by("event").agg(pl.col(column), pl.col("school").n_unique())
        assert pairs.height > 0
        assert pairs.filter((pl.col(column).list.n_unique() != 1) | (pl.col("school") != 2)).is_empty()


def test_crowded_classes_and_shares_pass_their_limits(spoilt: Spoilt) -> None:
    def rows(kind: str) -> pl.DataFrame:
        labels = spoilt.labels.filter(pl.col("kind") == kind).select("i", "event")
        return spoilt.people.join(labels, on="i")

    crowded = (
        rows("class_too_large").group_by("event").agg(pl.col("class_name").value_counts(sort=True).struct[1].first())
    )
    assert crowded["count"].min() >= 56
    suspended = rows("suspended_share").group_by("event").agg((pl.col("status") == "休学").mean())
    assert suspended["status"].min() > 0.03
    borrowed = rows("borrowed_share").group_by("event").agg((pl.col("student_source") == "借读").mean())
    assert borrowed["student_source"].min() > 0.05


LABELS = pl.DataFrame(
    [(0, "one", 0, ["name"], True), (3, "pair", 1, ["id"], True), (4, "pair", 1, ["id"], True)]
    + [(i, "class", 2, ["class"], False) for i in (6, 7, 8)],
    schema={"i": pl.Int64, "kind": pl.String, "event": pl.Int64, "fields": pl.List(pl.String), "each": pl.Boolean},
    orient="row",
)


@pytest.mark.parametrize(
    ("findings", "found", "false"),
    [
        ([(0, "name")], {"one"}, 0),
        ([(0, "sex")], set(), 0),
        ([(1, "name")], set(), 1),
        ([(3, "id")], set(), 0),
        ([(3, "id"), (4, "id")], {"pair"}, 0),
        ([(7, "class")], {"class"}, 0),
        ([(7, "name")], set(), 1),
    ],
)
def test_findings_are_held_against_labels(findings: list[tuple[int, str]], found: set[str], false: int) -> None:
    frame = pl.DataFrame(
        [(i + FIRST_ROW, field, "XX01", "error") for i, field in findings],
        schema=["row", "field", "code", "severity"],
        orient="row",
    )
    judged = judge(frame, LABELS)
    assert set(judged.faults.filter("found")["kind"]) == found
    assert judged.false.height == false
