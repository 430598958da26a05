"""How two values agree, kind by kind."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from tests.matching_people import child, number, people
from xueji_cli.matching.kinds import KIND
from xueji_cli.matching.kinds.idnumbers import _integers, _near_keys
from xueji_cli.matching.pairing import features_of
from xueji_cli.schema.matching import KINDS, Comparison
from xueji_cli.values import han

TEXTS = {"own": pl.String, "typo": pl.String}


def level(comparison: str, left: dict[str, str], right: dict[str, str]) -> str | None:
    """Return the level at which two children agree in a comparison of the student model."""
    pool = people([child(**left)], [child(**right)])
    order = pl.Series(pool.places["table"].arg_sort())
    compared = pool.model.comparison(comparison)
    answer = KIND[compared.kind].compare(compared, features_of(pool), order[:1], order[1:])
    value = answer.level[0]
    return None if value is None else KINDS[compared.kind][value].name


NAMES = [
    ("张伟", "张伟", "exact"),
    ("张　伟", "张伟", "exact"),
    ("張偉", "张伟", "exact"),
    ("王子轩", "王子萱", "sound"),
    ("章婷", "张亭", "sound"),
    ("单雨", "山雨", "sound"),
    ("刘晴", "刘睛", "shape"),
    ("李末然", "李未然", "shape"),
    ("龚?杰", "龚䶮杰", "shape"),
    ("王轩子", "王子轩", "shape"),
    ("欧阳娜", "欧阳娜娜", "part"),
    ("王子轩", "王子涵", "given"),
    ("王子轩", "王浩宇", "surname"),
    ("王子轩", "李浩宇", "other"),
    ("阿卜杜拉·买买提", "阿布都拉·买买提", "shape"),
    ("买买提·艾力", "买买提艾力", "exact"),
    ("Mary Smith", "mary smith", "exact"),
]


@pytest.mark.parametrize(("left", "right", "expected"), NAMES)
def test_names(left: str, right: str, expected: str) -> None:
    assert level("name", {"name": left}, {"name": right}) == expected
    assert level("name", {"name": right}, {"name": left}) == expected


DATES = [
    ("2016-04-12", "2016.4.12", "same"),
    ("2016-04-12", "2016-12-04", "swapped"),
    ("2016-04-12", "2016-04-13", "digit"),
    ("2016-04-12", "2016-04-21", "digit"),
    ("2016-04-12", "2016-05-23", "near"),
    ("2016-04-12", "2012-11-30", "other"),
    ("2016-04", "2016-04-12", None),
]


@pytest.mark.parametrize(("left", "right", "expected"), DATES)
def test_dates(left: str, right: str, expected: str | None) -> None:
    nobody = {"id_number": ""}
    assert level("birth", {"birth_date": left} | nobody, {"birth_date": right} | nobody) == expected


OWN = number("34132320160412262")
NUMBERS = [
    (OWN, OWN, "same"),
    (OWN, OWN.lower(), "same"),
    (OWN, "'" + OWN, "same"),
    (OWN, OWN[:5] + "9" + OWN[6:], "near"),
    (OWN, OWN[:12] + OWN[13] + OWN[12] + OWN[14:], "near"),
    (OWN, OWN[:8] + OWN[9:], "near"),
    (number("34132320160412162"), "341323201604121000", "tail"),
    (OWN, OWN[:15], "tail"),
    (OWN, OWN[:16], "tail"),
    (OWN, number("34132320160412264"), "conflict"),
    (OWN, number("34132319860507311"), None),
    (OWN, "", None),
    (OWN, "341323201913412622", "unlike"),
]


@pytest.mark.parametrize(("left", "right", "expected"), NUMBERS)
def test_numbers(left: str, right: str, expected: str | None) -> None:
    assert level("id", {"id_number": left}, {"id_number": right}) == expected
    assert level("id", {"id_number": right}, {"id_number": left}) == expected


def test_a_number_carried_by_the_roll_number_counts() -> None:
    assert level("id", {"id_number": ""}, {"id_number": OWN, "roll_number": ""}) is None
    assert level("id", {"id_number": "", "roll_number": "G" + OWN}, {"id_number": OWN}) == "same"


def test_family() -> None:
    assert level("guardian", {}, {"member1_name": "方秀兰", "member2_name": "郁建军"}) == "both"
    assert level("guardian", {}, {"member2_name": "谢红"}) == "one"
    assert level("guardian", {}, {"member1_name": "郁建君", "member2_name": ""}) == "sound"
    assert level("guardian", {}, {"member1_name": "谢红", "member2_name": ""}) == "other"
    assert level("guardian", {}, {"member1_name": "", "member2_name": ""}) is None
    assert level("phone", {"phone": ""}, {"phone": "13605571120"}) == "same"
    assert level("phone", {"phone": "13800000000", "member1_phone": ""}, {"phone": "13800000000"}) is None
    assert level("address", {}, {"address": "安徽省宿州市灵璧县青禾镇柳溪村12号"}) == "same"
    assert level("address", {}, {"address": "青禾镇柳溪村13号"}) == "other"
    assert level("sex", {"sex": ""}, {}) == "same"


mistakes = st.tuples(st.integers(0, 17), st.integers(0, 9), st.sampled_from(["wrong", "turned", "missing", "extra"]))


@settings(max_examples=300, deadline=None)
@given(st.integers(11, 65), st.dates(), st.integers(0, 999), mistakes)
def test_every_single_mistake_in_a_number_meets_the_number(
    province: int, day: object, serial: int, mistake: tuple[int, int, str]
) -> None:
    right = number(f"{province}0101{day:%Y%m%d}{serial:03}") if f"{day:%Y}".isdigit() else OWN
    if len(right) != 18:
        return
    place, digit, kind = mistake
    wrong = {
        "wrong": right[:place] + str(digit) + right[place + 1 :],
        "turned": right[: place - 1] + right[place] + right[place - 1] + right[place + 1 :] if place else right,
        "missing": right[:place] + right[place + 1 :],
        "extra": right[:place] + str(digit) + right[place:],
    }[kind]
    # An X anywhere but at the end can be no digit that somebody typed.
    if wrong == right or "X" in wrong[:-1]:
        return
    rows = pl.DataFrame(
        {"row": [0, 1], "own": [right, None], "typo": [None, wrong]}, schema_overrides={"row": pl.UInt32}
    )
    keys = _near_keys(rows)
    assert _integers(pl.Series([right]))[0] in keys.filter(pl.col("row") == 1)["key"].to_list(), (right, wrong)


def one_mistake_away(wrong: str) -> set[str]:
    """Return the numbers with a right check digit that this one may have been meant for."""
    length = len(wrong)
    if length == 17:
        texts = {wrong[:place] + c + wrong[place:] for place in range(18) for c in "0123456789X"}
    elif length == 19:
        texts = {wrong[:place] + wrong[place + 1 :] for place in range(19)}
    else:
        texts = {wrong[:place] + c + wrong[place + 1 :] for place in range(18) for c in "0123456789X"}
        texts |= {wrong[:p] + wrong[p + 1] + wrong[p] + wrong[p + 2 :] for p in range(17)}
    return {text for text in texts if "X" not in text[:17] and mod_11_2.is_valid(text)}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789", min_size=16, max_size=18), st.sampled_from("0123456789X"), st.integers(0, 60))
def test_a_mistyped_number_is_looked_for_under_all_it_can_mean_and_under_nothing_else(
    head: str, last: str, odd: int
) -> None:
    wrong = head + last
    # Sometimes an X stands where none can.
    wrong = wrong[:odd] + "X" + wrong[odd + 1 :] if odd < len(head) else wrong
    rows = pl.DataFrame({"row": [0], "own": [None], "typo": [wrong]}, schema={"row": pl.UInt32, **TEXTS})
    meant = sorted(one_mistake_away(wrong))
    assert sorted(_near_keys(rows)["key"]) == sorted(_integers(pl.Series(meant, dtype=pl.String)))


@given(st.text(alphabet="王子轩萱?A·未末 𠮷", max_size=6), st.text(alphabet="王子轩萱?A·未末 𠮷", max_size=6))
@settings(max_examples=100, deadline=None)
def test_names_agree_either_way_round(left: str, right: str) -> None:
    assert level("name", {"name": left}, {"name": right}) == level("name", {"name": right}, {"name": left})


def test_surnames_are_read_as_surnames() -> None:
    names = pl.Series(["单雨轩", "仇小乐", "尉迟恭", "万俟明", "欧阳修", "曾国", "乐乐"])
    assert han.sounds(names).to_list() == [
        "shan yu xuan ",
        "qiu xiao le ",
        "yu chi gong ",
        "mo qi ming ",
        "ou yang xiu ",
        "zeng guo ",
        "yue le ",
    ]


def test_every_kind_of_the_schema_is_there() -> None:
    assert set(KIND) == set(KINDS)
    for kind, levels in KINDS.items():
        comparison = Comparison("x", kind, ())
        assert abs(sum(each.m for each in comparison.levels) - 1) < 1e-9
        assert [each.name for each in levels] == [each.name for each in comparison.levels]


def test_a_list_without_roll_numbers_is_compared_by_its_id_numbers() -> None:
    columns = ("school_name", "name", "id_number")
    pool = people([child(), child()], columns=columns)
    compared = pool.model.comparison("id")
    order = pl.Series([0, 1], dtype=pl.UInt32)
    answer = KIND["id_number"].compare(compared, features_of(pool), order[:1], order[1:])
    assert answer.level.to_list() == [0]
