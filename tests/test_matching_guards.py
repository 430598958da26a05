"""What a pair of records is taken for: the cases that a county knows, each with what tells it from its neighbour."""

from __future__ import annotations

import pytest

from tests.matching_people import COLUMNS, child, found, number

SAME_CHILD_ELSEWHERE = {"school_name": "青禾镇柳溪小学", "class_name": "三年级2班"}
THIN = ("school_name", "grade", "class_name", "name", "sex", "id_number")

DUPLICATES = {
    "the same number": {},
    "one digit wrong": {"id_number": number("34132320160412262")[:9] + "9" + number("34132320160412262")[10:]},
    "two digits exchanged": {"id_number": "341332" + number("34132320160412262")[6:]},
    "the last digits missing": {"id_number": number("34132320160412262")[:16]},
    "no number, all else the same": {"id_number": "", "roll_number": ""},
    "no number, but the roll carries it": {"id_number": "", "roll_number": "G" + number("34132320160412262")},
    "a homophone": {"name": "郁梓涵"},
    "a traditional character and a space": {"name": "鬱 梓菡"},
    "renamed, the family as before": {"name": "郁婧怡"},
    "family moved, other telephone": {
        "phone": "18726430017",
        "address": "县城东关路8号",
        "member1_phone": "18726430017",
    },
    "the mother first": {"member1_name": "方秀兰", "member2_name": "郁建军", "member1_id_number": ""},
}


@pytest.mark.parametrize("case", DUPLICATES)
def test_one_child_twice(case: str) -> None:
    _, told = found(child(), child(**SAME_CHILD_ELSEWHERE, **DUPLICATES[case]))
    assert told[0, 1][0] == "duplicate", told


REVIEWS = {
    "a second 户口": ({"id_number": number("34122220160412262")}, "second_hukou"),
    "a second 户口 under another birth date": (
        {"id_number": number("34122220150908262"), "birth_date": "2015-09-08"},
        "second_hukou",
    ),
    "one number, two children": (
        {
            "name": "孔令博",
            "sex": "男",
            "birth_date": "2015-01-30",
            "phone": "13605571120",
            "address": "朝阳镇王集村3号",
            "member1_name": "孔庆东",
            "member1_phone": "13605571120",
            "member1_id_number": "",
            "member2_name": "谢红",
        },
        "same_number",
    ),
    "the head of a number, and a name that reads alike": (
        {"id_number": "341323201604122", "name": "郁梓涵"},
        "maybe_twins",
    ),
    "one number, perhaps a sister": ({"name": "郁梓萌"}, "same_number"),
}


@pytest.mark.parametrize("case", REVIEWS)
def test_what_a_person_must_look_at(case: str) -> None:
    changes, guard = REVIEWS[case]
    _, told = found(child(), child(**SAME_CHILD_ELSEWHERE, **changes))
    assert told[0, 1] == ("review", guard)


TWINS = {
    "numbers in sequence": {"name": "郁梓萌", "id_number": number("34132320160412264")},
    "names that read alike": {"name": "郁梓晗", "id_number": number("34132320160412264")},
    "one without a number": {"name": "郁梓萌", "id_number": ""},
    "one with a mistyped number": {"name": "郁梓萌", "id_number": "341323201604122749"},
    "a brother": {"name": "郁梓轩", "sex": "男", "id_number": number("34132320160412263")},
}


@pytest.mark.parametrize("case", TWINS)
def test_twins_are_two_children_and_are_told(case: str) -> None:
    result, told = found(child(), child(**TWINS[case]))
    assert told[0, 1] == ("distinct", "twins")
    assert not [each for each in result.clusters if each.verdict == "duplicate"]


def test_brothers_and_sisters_under_a_guardians_number_are_two_children() -> None:
    guardian = number("34132319860507311")
    older = child(
        name="郁晨", sex="男", birth_date="2012-11-02", grade="七年级", class_name="七年级1班", id_number=guardian
    )
    _, told = found(child(id_number=guardian), older)
    assert told[0, 1] == ("distinct", "guardian_id")


def test_a_child_twice_under_a_guardians_number_is_one() -> None:
    guardian = number("34132319860507311")
    _, told = found(child(id_number=guardian), child(id_number=guardian, **SAME_CHILD_ELSEWHERE))
    assert told[0, 1][0] == "duplicate"


def test_brothers_and_sisters_are_not_told_at_all() -> None:
    sister = child(name="郁梓萌", birth_date="2018-09-21", grade="二年级", id_number=number("34132320180921242"))
    _, told = found(child(), sister)
    assert not told


def test_one_name_and_birth_date_in_two_families_is_two_children() -> None:
    other = child(
        name="王伟",
        id_number=number("34132320160412288"),
        phone="13605571120",
        address="朝阳镇王集村3号",
        member1_name="王国强",
        member1_phone="13605571120",
        member1_id_number=number("34132319840203331"),
        member2_name="谢红",
    )
    crowd = [
        child(name="王伟", birth_date=f"20{year}-0{month}-1{day}", id_number="", phone="", address="", member1_name="",
              member1_phone="", member1_id_number="", member2_name="")
        for year in (12, 13, 14, 15)
        for month in (1, 2, 3)
        for day in (1, 5, 9)
    ]  # fmt: skip
    _, told = found(child(name="王伟"), other, *crowd)
    assert (0, 1) not in told or told[0, 1][0] == "review"
    assert not [pair for pair, (verdict, _) in told.items() if verdict == "duplicate"]


def test_a_thin_list_still_finds_numbers_and_mistypes() -> None:
    wrong = number("34132320160412262")[:9] + "9" + number("34132320160412262")[10:]
    _, told = found(
        child(), child(**SAME_CHILD_ELSEWHERE), child(**SAME_CHILD_ELSEWHERE, id_number=wrong), columns=THIN
    )
    assert {verdict for verdict, _ in told.values()} == {"duplicate"}
    assert len(told) == 3


def test_in_a_thin_list_a_name_is_no_proof() -> None:
    _, told = found(child(), child(**SAME_CHILD_ELSEWHERE, id_number=""), columns=THIN)
    assert told.get((0, 1), ("distinct",))[0] != "duplicate"


def test_the_columns_of_a_case_are_those_of_the_background() -> None:
    assert set(child()) == set(COLUMNS)
