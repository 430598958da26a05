"""A school worked by hand: every point of its scoresheet, and what an entry can not be."""

from __future__ import annotations

import pytest

from tests.reconcile_files import SCHOOL, Case, item, listed, pupils, system_of_three_classes


@pytest.fixture
def case(tmp_path, command):
    return Case(tmp_path, command)


def entries(*rows, sheet="lingbi-2021", school=SCHOOL):
    columns = ("核查表", "学校名称", "项目编号", "核查分", "例数", "应达到", "实际达到", "选项")
    return [dict(zip(columns, (sheet, school, *row, *[""] * (6 - len(row))), strict=True)) for row in rows]


ALL = entries(
    ("1", "9"),
    ("2.1", "4"),
    ("2.2", "3"),
    ("3", "", "", "10000", "8000"),
    ("4.1", "3"),
    ("4.2", "2.5"),
    ("6.1", "4"),
    ("6.2", "5"),
    ("7.4", "3"),
    ("7.5", "1"),
    ("8", "", "2"),
    ("9", "", "", "", "", "仅有资料"),
    ("10", "5"),
    ("11", "4"),
)


def hand_worked(case):
    """Three classes of ten; what is wrong with them is written beside the points below."""
    rows = system_of_three_classes()
    rows[0] = rows[0] | {"照片": "无"}
    rows[1] = rows[1] | {"身份证件号": "", "身份证件类型": "其他", "全国学籍号": ""}
    case.write("system.csv", rows)
    seats = listed(rows)
    del seats[5]
    case.write("actual.csv", [*seats, *listed(pupils(201, 2, "1班"))])


def test_nothing_entered_leaves_the_points_of_judgement_open(case):
    hand_worked(case)
    (school,) = case.run("system.csv", "--actual", "actual.csv")["schools"]
    sheet = school["scoresheet"]
    # 5: 1 roll without a child + 2 children without a roll = 3 × 0.5 → 8.5; 7.1: 5; 7.2: 1 × 0.5 → 4.5; 7.3: 1 × 0.5 → 4.5; 12: 5
    assert {each["no"]: each["score"] for each in sheet["items"] if each["basis"] == "computed"} == {
        "5": 8.5,
        "7.1": 5,
        "7.2": 4.5,
        "7.3": 4.5,
        "12": 5,
    }
    assert (sheet["computed"], sheet["entered"], sheet["decided"], sheet["pending"]) == (27.5, 0, 30, 70)
    assert sheet["total"] is None
    assert school["rank"] is None


def test_everything_entered_makes_the_total(case):
    hand_worked(case)
    case.write("entries.csv", ALL)
    report = case.run("system.csv", "--actual", "actual.csv", "--entries", "entries.csv", status=1)
    (school,) = report["schools"]
    sheet = school["scoresheet"]
    scores = {each["no"]: each["score"] for each in sheet["items"]}
    assert scores == {
        "1": 9,
        "2.1": 4,
        "2.2": 3,
        "3": 8,  # 10 × 8,000 ÷ 10,000
        "4.1": 3,
        "4.2": 2.5,
        "5": 8.5,
        "6.1": 4,
        "6.2": 5,
        "7.1": 5,
        "7.2": 4.5,
        "7.3": 4.5,
        "7.4": 3,
        "7.5": 1,
        "8": 4,  # 6 − 2 × 1
        "9": 2,
        "10": 5,
        "11": 4,
        "12": 5,
    }
    # 27.5 computed + 9+4+3+8+3+2.5+4+5+3+1+4+2+5+4 = 57.5 entered
    assert (sheet["computed"], sheet["entered"], sheet["pending"], sheet["total"]) == (27.5, 57.5, 0, 85)
    assert school["rank"] == 1


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("1", "11"), "entry_over_points"),
        (("5", "10"), "entry_contradicts"),
        (("13", "1"), "entry_unknown_item"),
        (("1", "很好"), "entry_no_number"),
        (("9", "", "", "", "", "还行"), "entry_no_such_choice"),
        (("3", "", "", "", "8000"), "entry_no_required"),
    ],
)
def test_an_entry_that_can_not_be_is_said_where_it_stands(case, row, code):
    hand_worked(case)
    case.write("entries.csv", entries(("2.1", "4"), row))
    report = case.run("system.csv", "--actual", "actual.csv", "--entries", "entries.csv", status=2)
    (problem,) = report["problems"]
    assert (problem["code"], problem["file"], problem["row"]) == (code, "entries.csv", 3)
    (school,) = report["schools"]
    assert item(school, "5")["score"] == 8.5


def test_entries_for_a_school_that_is_not_there_are_asked_for(case):
    hand_worked(case)
    case.write("entries.csv", [*ALL, *entries(("1", "9"), school="虚谷小学分校")])
    report = case.run("system.csv", "--actual", "actual.csv", "--entries", "entries.csv", status=2)
    (unmatched,) = report["names"]["unmatched"]
    assert (unmatched["name"], unmatched["nearest"]) == ("虚谷小学分校", [SCHOOL])


def test_photos_are_looked_for_in_their_folder_and_a_blank_cell_is_no_case(case, tmp_path):
    rows = pupils(1, 4, "1班")
    (tmp_path / "photos").mkdir()
    for row in rows[:3]:
        (tmp_path / "photos" / f"{row['身份证件号'].lower()}.jpg").write_bytes(b"")
    case.write("actual.csv", listed(rows))
    case.write("system.csv", [row | {"照片": ""} for row in rows])
    arguments = ("system.csv", "--actual", "actual.csv")
    assert item(case.run(*arguments)["schools"][0], "7.2")["basis"] == "pending"
    assert item(case.run(*arguments, "--photos", "photos")["schools"][0], "7.2")["score"] == 4.5
    case.write("system.csv", [row | {"照片": "" if place else "无"} for place, row in enumerate(rows)])
    assert item(case.run(*arguments)["schools"][0], "7.2")["score"] == 4.5


def test_a_shared_number_under_another_name_accuses_nobody(case):
    rows = pupils(1, 4, "1班")
    sister = rows[0] | {"姓名": "赵双双", "全国学籍号": "J34132320180203999X"}
    case.write("system.csv", [*rows, sister])
    case.write("actual.csv", listed([*rows, sister]))
    (school,) = case.run("system.csv", "--actual", "actual.csv")["schools"]
    assert item(school, "7.1")["cases"] == 0
    assert "同号不同名 2 条" in item(school, "8")["evidence"]
    assert not any(school["people"]["counts"].values())


def test_the_draw_is_the_same_for_the_same_seed(case):
    hand_worked(case)

    def drawn(*options):
        return case.text("system.csv", "--actual", "actual.csv", *options).out.split("第 7.4 项抽到")[1]

    assert drawn() == drawn("--seed", "1")
    assert drawn() != drawn("--seed", "2")
