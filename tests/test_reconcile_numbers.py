"""Numbers in every shape are compared class by class."""

from __future__ import annotations

import pytest

from tests.reconcile_files import OTHER, SCHOOL, Case, item, listed, pupils


@pytest.fixture
def case(tmp_path, command):
    return Case(tmp_path, command)


def numbers(*rows):
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


SYSTEM = numbers(
    ("学校", "年级", "班级", "学籍人数"),
    (SCHOOL, "一年级", "1班", "40"),
    (SCHOOL, "一年级", "2班", "41"),
    (SCHOOL, "二年级", "1班", "38"),
)
SHAPES = {
    "a row per class": numbers(
        ("学校", "年级", "班级", "实有人数"),
        (SCHOOL, "一年级", "一(1)班", "40"),
        (SCHOOL, "一年级", "一(2)班", "40"),
        (SCHOOL, "二年级", "二(1)班", "38"),
        ("合计", "", "", "118"),
    ),
    "a column per class": numbers(
        ("学校", "年级", "1班", "2班"), (SCHOOL, "一年级", "40", "40"), (SCHOOL, "二年级", "38", "")
    ),
    "a row per grade": numbers(
        ("学校", "年级", "班数", "人数"), (SCHOOL, "一年级", "2", "80"), (SCHOOL, "二年级", "1", "38")
    ),
    "columns per grade": numbers(
        ("学校", "一年级班数", "一年级人数", "二年级班数", "二年级人数"), (SCHOOL, "2", "80", "1", "38")
    ),
    "the whole school": numbers(("学校", "班级数", "学生数"), (SCHOOL, "3", "118")),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_counts_in_any_shape_give_the_same_totals(case, shape):
    case.write("system.csv", SYSTEM)
    case.write("actual.csv", SHAPES[shape])
    (school,) = case.run("system.csv", "--actual", "actual.csv", status=1)["schools"]
    assert school["students"] == {"system": 119, "actual": 118, "difference": -1, "ratio": 99.1597}
    assert school["classes"] == {"system": 3, "actual": 3, "difference": 0, "ratio": 100.0}
    # Numbers name nobody, so item 5 waits.
    assert item(school, "5")["basis"] == "pending"
    assert item(school, "12")["score"] == 5


def test_a_class_that_was_not_counted_is_not_an_empty_one(case):
    case.write("system.csv", SYSTEM)
    rows = [dict(row) for row in SHAPES["a row per class"][:3]]
    rows[1]["实有人数"] = ""
    case.write("blank.csv", rows)
    report = case.run("system.csv", "--actual", "blank.csv", status=2)
    (school,) = report["schools"]
    assert school["students"]["actual"] is None
    assert item(school, "12")["basis"] == "pending"
    assert [problem["code"] for problem in report["problems"]] == ["not_counted"]
    rows[1]["实有人数"] = "0"
    case.write("nobody.csv", rows)
    (school,) = case.run("system.csv", "--actual", "nobody.csv", status=1)["schools"]
    assert school["students"]["actual"] == 78
    assert {each["class"]: each["state"] for each in school["by_class"]}["一年级2班"] == "virtual"
    # two of three classes: 33.3 points off
    assert (school["classes"]["actual"], item(school, "12")["score"]) == (2, 0)


def test_classes_that_share_a_room_are_one_class(case):
    system = [row | {"复式班": mark} for row, mark in zip(SYSTEM, ("A", "", "A"), strict=True)]
    case.write("system.csv", system)
    case.write(
        "actual.csv",
        [row | {"复式班": mark} for row, mark in zip(SHAPES["a row per class"], ("A", "", "A"), strict=False)],
    )
    (school,) = case.run("system.csv", "--actual", "actual.csv")["schools"]
    assert (school["classes"]["system"], school["classes"]["actual"]) == (2, 2)


def test_a_list_and_a_count_of_different_schools_go_together(case):
    other = pupils(101, 8, "1班", OTHER)
    case.write("system.csv", [*pupils(1, 5, "1班"), *other])
    case.write("list.csv", listed(other))
    case.write("count.csv", numbers(("学校", "年级", "班级", "实有人数"), (SCHOOL, "一年级", "1班", "5")))
    report = case.run("system.csv", "--actual", "list.csv", "count.csv", status=0)
    first, second = report["schools"]
    assert [first["students"]["actual"], second["students"]["actual"]] == [5, 8]
    assert item(first, "5")["basis"] == "pending"
    assert item(second, "5")["score"] == 10


def test_a_class_list_says_which_class_a_code_is(case):
    rows = [*pupils(1, 5, "1班"), *pupils(11, 5, "2班")]
    codes = {"1班": "20251001", "2班": "20251002"}
    case.write("system.csv", [row | {"年级": "", "班级": codes[row["班级"]]} for row in rows])
    case.write("actual.csv", listed(rows))
    case.write(
        "classes.csv",
        numbers(
            ("学校名称", "年级", "班级名称", "班号"),
            (SCHOOL, "一年级", "1班", "20251001"),
            (SCHOOL, "一年级", "2班", "20251002"),
        ),
    )
    (school,) = case.run("system.csv", "--actual", "actual.csv", "--classes", "classes.csv", status=0)["schools"]
    assert [(each["class"], each["system"], each["actual"]) for each in school["by_class"]] == [
        ("一年级1班", 5, 5),
        ("一年级2班", 5, 5),
    ]
    # Without it nothing is guessed.
    report = case.run("system.csv", "--actual", "actual.csv", status=2)
    assert {problem["code"] for problem in report["problems"]} >= {"class_unreadable"}
