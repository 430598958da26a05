"""The comparison from files to numbers: counts in every shape, people, the scoresheet of a hand-worked school."""

from __future__ import annotations

import pytest

from tests.cli_rosters import write_workbook
from tests.reconcile_files import LIST, OTHER, SCHOOL, Case, item, listed, pupils, system_of_three_classes


@pytest.fixture
def case(tmp_path, command):
    return Case(tmp_path, command)


def test_two_sides_that_agree(case):
    rows = system_of_three_classes()
    case.write("system.csv", rows)
    case.write("actual.csv", listed(rows))
    report = case.run("system.csv", "--actual", "actual.csv", status=0)
    (school,) = report["schools"]
    assert school["students"] == {"system": 30, "actual": 30, "difference": 0, "ratio": 100.0}
    assert school["classes"] == {"system": 3, "actual": 3, "difference": 0, "ratio": 100.0}
    assert not any(school["people"]["counts"].values())
    assert item(school, "5")["score"] == 10
    assert item(school, "12")["score"] == 5


def test_every_child_has_one_reason_and_the_totals_are_their_sums(case):
    rows = system_of_three_classes()
    other = pupils(101, 8, "1班", OTHER)
    rows[11] = rows[11] | {"学生状态": "休学"}
    rows[12] = rows[12] | {"学生状态": "转出"}
    case.write("system.csv", [*rows, *other])
    seats = listed(rows)
    del seats[12]  # left the roll and the room: nothing to say
    del seats[11]  # 休学: away by status
    seats[9]["班级"] = "2班"  # moved to another class
    del seats[2]  # registered, not present
    seats.append(listed(pupils(201, 1, "1班"))[0])  # present, not registered
    moved = seats.pop(20)  # a child of class 3 sits in the other school
    visiting = {**moved, "学校名称": OTHER, "班级": "1班"}
    case.write("actual.csv", [*seats, *listed(other), visiting])
    report = case.run("system.csv", "--actual", "actual.csv", status=1)
    here, there = report["schools"]
    assert (here["students"]["system"], here["students"]["actual"]) == (29, 27)
    assert (there["students"]["system"], there["students"]["actual"]) == (8, 9)
    assert here["people"]["counts"] == {
        "registered_not_present": 1,
        "present_not_registered": 1,
        "registered_elsewhere": 0,
        "present_elsewhere": 1,
        "double": 0,
        "by_status": 1,
        "class_differs": 1,
        "information_differs": 0,
    }
    assert there["people"]["counts"]["registered_elsewhere"] == 1
    assert there["people"]["registered_elsewhere"][0]["other_school"] == SCHOOL
    # 29 registered − 1 not present − 1 elsewhere − 1 by status + 1 not registered = 27
    by_class = {each["class"]: (each["system"], each["actual"], each["difference"]) for each in here["by_class"]}
    assert by_class == {"一年级1班": (10, 9, -1), "一年级2班": (9, 9, 0), "一年级3班": (10, 9, -1)}
    # 1 roll without a child, 1 child without a roll, 1 roll whose child is elsewhere: three cases of 0.5
    assert (item(here, "5")["cases"], item(here, "5")["score"]) == (3, 8.5)
    assert (item(there, "5")["cases"], item(there, "5")["score"]) == (1, 9.5)


def test_who_left_the_roll_and_sits_in_class_has_no_roll(case):
    rows = pupils(1, 5, "1班")
    rows[0] = rows[0] | {"学生状态": "转出"}
    case.write("system.csv", rows)
    case.write("actual.csv", listed(rows))
    (school,) = case.run("system.csv", "--actual", "actual.csv", status=1)["schools"]
    (person,) = school["people"]["present_not_registered"]
    assert person["status"] == "转出"
    assert "转出" in person["message"]
    assert school["students"]["system"] == 4


def test_states_and_excuses_are_parameters(case):
    rows = pupils(1, 6, "1班")
    rows[0] = rows[0] | {"学生状态": "休学"}
    seats = listed(rows, (*LIST, "备注"))
    seats[1]["备注"] = "借读"
    del seats[0]
    case.write("system.csv", [row for place, row in enumerate(rows) if place != 1])
    case.write("actual.csv", seats)
    (school,) = case.run("system.csv", "--actual", "actual.csv")["schools"]
    assert school["students"]["system"] == 5
    assert school["people"]["present_not_registered"][0]["excused"] == "借读"
    assert item(school, "5")["cases"] == 0
    (school,) = case.run("system.csv", "--actual", "actual.csv", "--in-roll", "在校，05", "--excused", "送教上门")[
        "schools"
    ]
    assert school["students"]["system"] == 4
    assert item(school, "5")["cases"] == 1


def test_different_information_names_the_characters(case):
    rows = pupils(1, 5, "1班")
    seats = listed(rows, (*LIST, "出生日期"))
    seats[0]["姓名"] = seats[0]["姓名"][:2] + "曦"
    seats[1]["性别"] = "女"
    wrong = rows[2]["身份证件号"][:14] + "999" + rows[2]["身份证件号"][17]
    seats[2] |= {"身份证件号": wrong, "出生日期": rows[2]["出生日期"]}
    case.write("system.csv", rows)
    case.write("actual.csv", seats)
    (school,) = case.run("system.csv", "--actual", "actual.csv")["schools"]
    found = {each["field"]: each for each in school["people"]["information_differs"]}
    assert set(found) == {"name", "sex", "id_number"}
    assert found["name"]["characters"] == [3]
    assert set(found["id_number"]["characters"]) <= {15, 16, 17}
    # masked, and no case of item 5
    assert found["id_number"]["values"]["system"].count("*") == 9
    assert item(school, "5")["score"] == 10


def test_a_child_with_two_rolls_in_one_school_is_one_child(case):
    rows = pupils(1, 5, "1班")
    case.write("system.csv", [*rows, rows[0] | {"班级": "2班"}, *pupils(31, 3, "2班")])
    case.write("actual.csv", listed([*rows, *pupils(31, 3, "2班")]))
    (school,) = case.run("system.csv", "--actual", "actual.csv")["schools"]
    assert school["people"]["counts"]["double"] == 1
    assert school["people"]["counts"]["registered_not_present"] == 0
    assert (item(school, "7.1")["cases"], item(school, "7.1")["score"]) == (1, 4)


def test_two_rolls_and_a_third_school(case):
    """Rolls in two schools, a seat in a third: one child, registered elsewhere, and present in neither."""
    third = "虚谷第三小学"
    rows = pupils(1, 5, "1班")
    here, there = rows[0], rows[0] | {"学校名称": OTHER, "学校标识码": "2134130002"}
    others = [
        *rows[1:],
        *pupils(101, 3, "1班", OTHER),
        *[r | {"学校名称": third, "学校标识码": "2134130003"} for r in pupils(201, 3, "1班")],
    ]
    case.write("system.csv", [here, there, *others])
    case.write("actual.csv", [*listed(others), listed([here], 学校名称=third)[0] | {"学校名称": third}])
    schools = {school["name"]: school for school in case.run("system.csv", "--actual", "actual.csv")["schools"]}
    assert schools[third]["people"]["counts"]["registered_elsewhere"] == 1
    for name in (SCHOOL, OTHER):
        assert schools[name]["people"]["present_elsewhere"][0]["other_school"] == third
        assert item(schools[name], "7.1")["cases"] == 1


def test_a_child_on_the_lists_of_two_schools_has_a_roll_in_one(case):
    rows, other = pupils(1, 5, "1班"), pupils(101, 3, "1班", OTHER)
    case.write("system.csv", [*rows, *other])
    case.write("actual.csv", [*listed(rows), *listed(other), listed(rows[:1])[0] | {"学校名称": OTHER}])
    here, there = case.run("system.csv", "--actual", "actual.csv")["schools"]
    assert not any(here["people"]["counts"].values())
    assert there["people"]["registered_elsewhere"][0]["other_school"] == SCHOOL
    assert there["people"]["counts"]["present_not_registered"] == 0


def test_namesakes_are_pointed_out_and_never_taken_for_one(case):
    rows = pupils(1, 5, "1班")
    stranger = {**listed(rows[:1])[0], "学校名称": OTHER, "身份证件号": ""}
    case.write("system.csv", [*rows, *pupils(101, 3, "1班", OTHER)])
    case.write("actual.csv", [*listed(rows[1:]), *listed(pupils(101, 3, "1班", OTHER)), stranger])
    here, there = case.run("system.csv", "--actual", "actual.csv")["schools"]
    assert here["people"]["counts"]["registered_not_present"] == 1
    (person,) = there["people"]["present_not_registered"]
    assert person["possible"] == {"file": "system.csv", "row": 2}


def test_a_wrong_character_in_a_name_is_the_same_child_where_nothing_speaks_against_it(case):
    rows = pupils(1, 6, "1班")
    names = [row["姓名"] for row in rows]
    by_family = listed(rows, ("学校名称", "年级", "班级", "姓名", "性别", "出生日期", "成员1姓名"))
    by_family[2]["姓名"] = names[2][0] + "曦曦"
    by_name = listed(rows, ("学校名称", "年级", "班级", "姓名", "性别"))
    by_name[2]["姓名"] = names[2][:2] + "曦"
    case.write("system.csv", rows)
    for name, seats in (("family.csv", by_family), ("name.csv", by_name)):
        case.write(name, seats)
        (school,) = case.run("system.csv", "--actual", name)["schools"]
        assert [person["field"] for person in school["people"]["information_differs"]] == ["name"]
        assert item(school, "5")["cases"] == 0
    # With numbers on both sides that are two children's, it is two children.
    stranger = listed(pupils(301, 1, "1班"))[0] | {"姓名": names[2][:2] + "曦", "性别": rows[2]["性别"]}
    case.write("stranger.csv", [*listed(rows[:2]), *listed(rows[3:]), stranger])
    (school,) = case.run("system.csv", "--actual", "stranger.csv")["schools"]
    assert (school["people"]["counts"]["registered_not_present"], item(school, "5")["cases"]) == (1, 2)


def test_twins_are_two_children(case):
    """One of them is in the roll, both are in class, and the list has no numbers."""
    rows = pupils(1, 5, "1班")
    columns = ("学校名称", "年级", "班级", "姓名", "性别", "出生日期", "成员1姓名")
    seats = listed(rows, columns)
    seats.append(seats[1] | {"姓名": seats[1]["姓名"][0] + "双双"})
    case.write("system.csv", rows)
    case.write("actual.csv", seats)
    (school,) = case.run("system.csv", "--actual", "actual.csv")["schools"]
    assert school["people"]["counts"]["present_not_registered"] == 1
    assert school["people"]["counts"]["information_differs"] == 0


def test_a_sheet_per_class_in_a_file_per_school(case, tmp_path):
    """Neither the school nor the class has a column: the file and the sheets are called after them."""
    rows = [*pupils(1, 5, "1班"), *pupils(11, 5, "2班")]
    case.write("system.csv", [*rows, *pupils(101, 3, "1班", OTHER)])
    sheets = {
        f"一({number})班": listed(rows[start : start + 5], ("姓名", "性别")) for number, start in ((1, 0), (2, 5))
    }
    write_workbook(tmp_path / f"{SCHOOL}花名册.xlsx", sheets)
    case.write(f"{OTHER}.csv", listed(pupils(101, 3, "1班", OTHER), ("年级", "班级", "姓名")))
    report = case.run("system.csv", "--actual", f"{SCHOOL}花名册.xlsx", f"{OTHER}.csv", status=0)
    assert [school["students"]["actual"] for school in report["schools"]] == [10, 3]
    assert [each["actual"] for each in report["schools"][0]["by_class"]] == [5, 5]
