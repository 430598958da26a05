"""Points of every kind of item, the arithmetic written out, and scoresheets as data."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.reconciling.scoresheet import load_scoresheet
from xueji_cli.reconciling.scoring import BadEntry, Entry, per_case, per_point, ratio, score_item, steps_off

LINGBI = load_scoresheet("lingbi-2021")
SICHUAN = load_scoresheet("sichuan-compulsory")


def score(no, entry=None, sheet=LINGBI, **known):
    return score_item(sheet.item(no), entry, **known)


def test_the_countys_sheet_has_its_nineteen_lines_and_hundred_points():
    assert len(LINGBI.items) == 19
    assert LINGBI.total == 100
    points = {}
    for item in LINGBI.items:
        points[item.section] = points.get(item.section, 0) + item.points
    # 10+8+10+6+10+10+20+6+5+5+5+5
    assert list(points.values()) == [10, 8, 10, 6, 10, 10, 20, 6, 5, 5, 5, 5]
    assert LINGBI.item("12").words == "实际班级数比系统中班级数为100%，每增加或减少1个百分点扣1分。"


@pytest.mark.parametrize(
    ("no", "cases", "points"),
    [
        # 10 - 0.5 × 例, not below 0
        ("5", 0, "10"),
        ("5", 1, "9.5"),
        ("5", 3, "8.5"),
        ("5", 20, "0"),
        ("5", 21, "0"),
        # 5 - 1 × 例
        ("7.1", 2, "3"),
        ("7.1", 6, "0"),
        # 5 - 0.5 × 例
        ("7.2", 9, "0.5"),
        ("7.2", 10, "0"),
        ("7.3", 40, "0"),
    ],
)
def test_points_go_per_case_down_to_the_floor(no, cases, points):
    found = score(no, cases=cases)
    assert (found.basis, found.score, found.cases) == ("computed", Decimal(points), cases)


@pytest.mark.parametrize(
    ("actual", "system", "full", "started", "exact"),
    [
        # 27 ÷ 28 = 96.43 %: 3.57 points off → 3 full, 4 started; 5 - 3.5714 = 1.4286
        (27, 28, "2", "1", "1.4286"),
        (28, 28, "5", "5", "5"),
        # 27 ÷ 25 = 108 %: 8 points off, more than there are
        (27, 25, "0", "0", "0"),
        # 201 ÷ 200 = 100.5 %: not one full point
        (201, 200, "5", "4", "4.5"),
        # 99 ÷ 100: exactly one
        (99, 100, "4", "4", "4"),
    ],
)
def test_class_ratio_costs_a_point_for_each_percentage_point(actual, system, full, started, exact):
    value = Fraction(actual * 100, system)
    for rounding, points in (("full", full), ("started", started), ("exact", exact)):
        steps = steps_off(value, Decimal(100), step=Decimal(1), direction="both", rounding=rounding)
        assert per_point(Decimal(5), steps, deduct=Decimal(1)) == Decimal(points)
    assert score("12", value=value).score == Decimal(full)


def test_money_is_scored_in_proportion():
    # 8,000 of 10,000: 80 % of 10 points
    entry = Entry(required=Decimal(10000), reached=Decimal(8000))
    assert (score("3", entry).basis, score("3", entry).score) == ("entered", Decimal("8.0"))
    # more than there must be is no more than full; a third is 3.3
    assert score("3", Entry(required=Decimal(10000), reached=Decimal(12000))).score == 10
    assert score("3", Entry(required=Decimal(3), reached=Decimal(1))).score == Decimal("3.3")
    with pytest.raises(BadEntry) as bad:
        score("3", Entry(reached=Decimal(1)))
    assert bad.value.key == "entry_no_required"


def test_what_nobody_said_is_pending_and_neither_nought_nor_full():
    for item in LINGBI.items:
        found = score_item(item, None)
        assert (found.basis, found.score) == ("pending", None), item.no


def test_choices_are_worth_what_the_paper_says():
    assert score("9", Entry(choice="仅有资料")).score == 2
    assert score("9", Entry(choice="没有宣传")).score == 0
    assert score("9", Entry(score=Decimal(5))).score == 5
    for entry, key in (
        (Entry(choice="还行"), "entry_no_such_choice"),
        (Entry(score=Decimal(3)), "entry_no_such_points"),
        (Entry(choice="仅有资料", score=Decimal(5)), "entry_inconsistent"),
    ):
        with pytest.raises(BadEntry) as bad:
            score("9", entry)
        assert bad.value.key == key


def test_an_entry_may_not_contradict_the_data_nor_exceed_the_points():
    assert score("5", Entry(score=Decimal("8.5")), cases=3).basis == "computed"
    with pytest.raises(BadEntry) as bad:
        score("5", Entry(score=Decimal(10)), cases=3)
    assert (bad.value.key, bad.value.params["computed"]) == ("entry_contradicts", Decimal("8.5"))
    with pytest.raises(BadEntry) as bad:
        score("1", Entry(score=Decimal(11)))
    assert bad.value.key == "entry_over_points"
    # Where the data can't tell, the inspector can.
    assert (score("5", Entry(cases=2)).basis, score("5", Entry(cases=2)).score) == ("entered", Decimal(9))
    assert score("8", Entry(cases=7)).score == 0


def test_another_countys_sheet_needs_no_code():
    c21 = SICHUAN.item("c21")
    assert score_item(c21, Entry(choice="好", score=Decimal(9))).score == 9
    assert score_item(c21, Entry(choice="好")).basis == "pending"
    with pytest.raises(BadEntry):
        score_item(c21, Entry(choice="好", score=Decimal(7)))
    # 入学率 99.63 % at a primary school: 0.37 below 100, three full steps of 0.1, 2 points each: 20 - 6
    rate = Entry(reached=Decimal("99.63"))
    assert score("c25", rate, SICHUAN, stage="primary").score == 14
    # the junior school's target is 98 %: nothing is missing
    assert score("c25", rate, SICHUAN, stage="junior").score == 20
    with pytest.raises(BadEntry) as bad:
        score("c25", rate, SICHUAN)
    assert bad.value.key == "entry_no_stage"
    # 辍学率: all or nothing
    assert score("c26", Entry(reached=Decimal(1)), SICHUAN, stage="primary").score == 20
    assert score("c26", Entry(reached=Decimal("1.01")), SICHUAN, stage="primary").score == 0
    # 95 % is full; 47.5 % is half
    assert score("c29", Entry(reached=Decimal("47.5")), SICHUAN).score == 5


@given(
    points=st.integers(1, 20),
    cases=st.integers(0, 200),
    deduct=st.sampled_from([Decimal("0.5"), Decimal(1), Decimal("0.1")]),
)
def test_points_per_case_stay_between_floor_and_full_and_never_rise_with_cases(points, cases, deduct):
    fewer, more = (per_case(Decimal(points), n, deduct=deduct) for n in (cases, cases + 1))
    assert 0 <= more <= fewer <= points


@given(actual=st.integers(0, 500), system=st.integers(1, 500), rounding=st.sampled_from(["full", "exact", "started"]))
def test_steps_are_never_more_when_only_full_ones_count(actual, system, rounding):
    value = Fraction(actual * 100, system)

    def steps(way):
        return steps_off(value, Decimal(100), step=Decimal(1), direction="both", rounding=way)

    assert steps("full") <= steps(rounding) <= steps("started") <= steps("full") + 1
    assert (steps(rounding) == 0) or value != 100


@given(value=st.fractions(0, 300), points=st.integers(1, 20))
def test_a_ratio_gives_at_most_all_points(value, points):
    found = ratio(Decimal(points), value, Decimal(100))
    assert 0 <= found <= points
    assert (found == points) >= (value >= 100)


def test_mistakes_of_a_sheet_are_reported_together(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\ntitle: x\nitems:\n"
        "  - {no: a, section: s, points: 5, words: w, kind: per_case}\n"
        "  - {no: a, section: s, points: x, words: w, kind: manual}\n"
        "  - {no: b, section: s, points: 5, words: w, kind: choice, choices: {好: 6}}\n"
        "  - {no: c, section: s, points: 5, words: w, kind: guess}\n"
        "  - {no: d, points: 5, kind: manual}\n",
        encoding="utf-8",
    )
    with pytest.raises(DefinitionError) as wrong:
        load_scoresheet(str(path))
    found = [(each.line, each.error.key) for each in wrong.value.mistakes]
    assert found == [
        (4, "scoresheet_item_incomplete"),
        (5, "scoresheet_not_number"),
        (6, "scoresheet_over_points"),
        (7, "definition_not_choice"),
        (8, "scoresheet_item_incomplete"),
    ]


def test_an_unknown_sheet_is_said_with_those_there_are():
    with pytest.raises(UserError) as unknown:
        load_scoresheet("lingbi")
    assert unknown.value.params["known"] == "lingbi-2021, sichuan-compulsory"
