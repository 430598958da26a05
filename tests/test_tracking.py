"""What became of each child: stories one by one, whole classes, doubts, and laws that hold for any two exports."""

from __future__ import annotations

from collections import Counter
from datetime import date

import polars as pl
import pytest
from changes_cases import OLD, STORIES, Story, child, run, up
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from xueji_cli.reports.changes.view import words
from xueji_cli.schema.codetables import load_code_table
from xueji_cli.tracking.engine import Changes
from xueji_cli.tracking.fates import _ARRIVED_BY, _LEFT_BY, FATES, OUTSIDE


def rows_of(place: int, story: Story) -> tuple[list[dict[str, str]], list[dict[str, str]], list[dict[str, str]]]:
    usual = child(place, story.grade)
    later = {**usual, **up(story.grade)}
    old = [] if story.old is None else [{**usual, **story.old}]
    new = [] if story.new is None else [{**later, **story.new}]
    # One log for all: where a story says nothing of the archive, it was handed over on the day.
    log = [
        {"name": usual["name"], "id_number": usual["id_number"], "archive": entry.get("date", ""), **entry}
        for entry in story.log
    ]
    return (
        old + [{**usual, **more} for more in story.more_old],
        new + [{**later, **more} for more in story.more_new],
        log,
    )


@pytest.fixture(scope="module")
def everyone() -> Changes:
    old, new, log = [], [], []
    for place, story in enumerate(STORIES):
        for whole, part in zip((old, new, log), rows_of(place, story), strict=True):
            whole += part
    return run(old, new, log)


@pytest.fixture(scope="module")
def rules_by_name(everyone: Changes) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    names = everyone.children.select("c", old="name_o", new="name_n")
    told = everyone.findings.select("rule", "c", "name").join(
        names.with_columns(pl.col("c").cast(pl.UInt32)), on="c", how="left"
    )
    for rule, _, said, old, new in told.iter_rows():
        for name in {said, old, new} - {None}:
            found.setdefault(name, set()).add(rule)
    return found


@pytest.mark.parametrize(("place", "story"), list(enumerate(STORIES)), ids=[story.name for story in STORIES])
def test_a_story_ends_as_it_is_told(
    place: int, story: Story, everyone: Changes, rules_by_name: dict[str, set[str]]
) -> None:
    name = child(place, story.grade)["name"]
    rows = everyone.children.filter(
        ((pl.col("name_o") == name) | (pl.col("name_n") == name)) & pl.col("double").is_null()
    )
    assert rows["fate"].to_list() == [story.fate]
    assert rows["by"].to_list() == [story.by]
    assert rules_by_name.get(name, set()) == set(story.rules.split())


def test_second_rolls_are_fates_of_their_own(everyone: Changes) -> None:
    fates = Counter(everyone.children["fate"].to_list())
    assert (fates["double_closed"], fates["double_opened"]) == (1, 1)


def test_everything_ties_out(everyone: Changes) -> None:
    assert everyone.flows.untied == ()
    county = everyone.flows.county.row(0, named=True)
    assert (county["opening"], county["closing"]) == everyone.counted
    assert county["opening"] + county["come"] - county["gone"] == county["closing"]


def test_writing_is_no_change(everyone: Changes) -> None:
    assert "ethnicity" not in everyone.others["field"].to_list()


def classmates(count: int, grade: int = 3, first: int = 0) -> list[dict[str, str]]:
    """Return children of one class."""
    school = child(0, grade)["school_name"]
    return [{**child(first + place, grade), "school_name": school} for place in range(count)]


def test_a_class_that_was_not_moved_up_is_one_finding_and_nobody_is_kept_down() -> None:
    old = classmates(12)
    found = run(old, old)
    assert set(found.children["fate"]) == {"not_turned"}
    assert found.findings["rule"].to_list() == ["MV13"]
    assert found.findings["p2"].to_list() == ["12"]


def test_in_one_school_year_nobody_moves_up() -> None:
    old = classmates(6)
    new = [dict(row) for row in old]
    new[0]["grade"] = "二年级"
    found = run(old, new, days=(date(2025, 9, 10), date(2026, 1, 10)))
    assert Counter(found.children["fate"].to_list()) == {"stayed": 5, "retained": 1}
    assert found.findings["rule"].to_list() == ["MV11"]


@pytest.mark.parametrize(("day", "fate"), [(date(2025, 9, 5), "entrant"), (date(2025, 10, 5), "arrived_unexplained")])
def test_first_graders_are_registered_until_the_end_of_september(day: date, fate: str) -> None:
    old = classmates(4, grade=1)
    found = run(old, [*old, child(20, 1)], days=(day, date(2025, 12, 1)))
    assert found.children.filter(pl.col("row_o").is_null())["fate"].to_list() == [fate]


def test_the_last_day_of_registration_is_a_parameter() -> None:
    old = classmates(4, grade=1)
    params = {"MV03": {"until": "10-31"}}
    found = run(old, [*old, child(20, 1)], days=(date(2025, 10, 5), date(2025, 12, 1)), params=params)
    assert found.children.filter(pl.col("row_o").is_null())["fate"].to_list() == ["entrant"]


def test_one_number_on_two_plainly_different_children_is_not_one_child() -> None:
    thief = {
        **child(10, 5),
        "school_name": "县第一小学",
        "id_number": child(1, 3)["id_number"],
        "roll_number": child(1, 3)["roll_number"],
    }
    found = run(classmates(4), [*[{**row, **up(3)} for row in classmates(4)][::3], thief])
    lost = found.findings.filter(pl.col("rule") == "MV06")
    assert lost["name"].to_list() == [child(1, 3)["name"]]
    assert found.children.filter(pl.col("name_o") == child(1, 3)["name"])["row_n"].to_list() == [None]


def test_a_child_whose_name_and_number_changed_is_for_a_person_to_look_at() -> None:
    old = classmates(5)
    new = [{**row, **up(3)} for row in old]
    new[2] |= {"name": "周若曦", "id_number": "", "roll_number": "", "member1_phone": "13700000000"}
    found = run(old, new)
    assert Counter(found.children["fate"].to_list()) in (
        {"stayed": 5},
        {"stayed": 4, "left_unsure": 1, "arrived_unsure": 1},
    )
    new[2] |= {"id_number": child(33, 9)["id_number"], "birth_date": old[2]["birth_date"]}
    found = run(old, new)
    assert Counter(found.children["fate"].to_list()) == {"stayed": 4, "left_unsure": 1, "arrived_unsure": 1}
    assert found.findings["rule"].to_list() == ["MV05"]


def test_who_left_by_the_log_is_not_the_one_who_came() -> None:
    """Two children of one birth date and parent's name: the first transferred out, so the second is nobody's double."""
    old = classmates(5)
    new = [{**row, **up(3)} for row in old]
    new[2] |= {
        "name": "周若曦",
        "id_number": child(33, 9)["id_number"],
        "roll_number": "",
        "member1_phone": "13700000000",
    }
    entry = {"kind": "转出", "date": "2025-06-01", "name": old[2]["name"], "id_number": old[2]["id_number"]}
    found = run(old, new, [entry])
    assert Counter(found.children["fate"].to_list()) == {"stayed": 4, "transferred_out": 1, "arrived_unexplained": 1}


def test_twins_are_two() -> None:
    base = child(4, 3)
    twins = [
        {**base, "name": "周子轩"},
        {**base, "name": "周子涵", "id_number": child(4, 3)["id_number"][:14] + "313X", "roll_number": ""},
    ]
    new = [{**row, **up(3)} for row in twins]
    found = run(twins, new[::-1])
    assert found.children.select("name_o", "name_n").rows() == [("周子轩", "周子轩"), ("周子涵", "周子涵")]
    # One of them leaves: the other stays who it is.
    found = run(twins, new[1:])
    assert dict(found.children.select("name_o", "fate").iter_rows()) == {
        "周子轩": "left_unexplained",
        "周子涵": "stayed",
    }


def test_without_a_log_rules_about_it_are_skipped_and_said() -> None:
    found = run(classmates(3), classmates(3))
    assert {each.code for each in found.skipped if each.lacks == "--log"} >= {"MV10", "MV14", "MV21", "MV27", "MV28"}


def test_an_entry_that_fits_several_children_is_named_and_used_for_none() -> None:
    old = [{**child(place, 3), "name": "王伟"} for place in (1, 2)]
    new = [{**old[0], **up(3)}]
    found = run(old, new, [{"kind": "转出", "date": "2025-05-01", "name": "王伟"}])
    assert set(found.findings["rule"]) == {"MV01", "MV28"}
    assert found.log is not None
    assert found.log["found"].to_list() == ["several"]


_GRADES = ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级"]
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "who": st.integers(0, 24),
            "school": st.integers(0, 3),
            "grade": st.sampled_from([*_GRADES, "", "七年级", "学前班", "?"]),
            "class": st.sampled_from(["1班", "2班", "", "海豚班", "二(1)班", "1.1"]),
            "status": st.sampled_from(
                ["在读", "在读", "在读", "", "休学", "转出", "毕业", "死亡", "流失", "复学", "借读"]
            ),
            "less": st.sampled_from(["", "", "id_number", "roll_number", "name", "birth_date"]),
        }
    ),
    max_size=16,
)


def _table(rows: list[dict[str, object]]) -> list[dict[str, str]]:
    table = []
    for row in rows:
        base = child(int(str(row["who"])), 3)
        base |= {"school_name": f"第{'一二三四'[int(str(row['school']))]}小学", "grade": str(row["grade"])}
        base |= {"class_name": str(row["class"]), "status": str(row["status"])}
        if row["less"]:
            base[str(row["less"])] = ""
        table.append(base)
    return table


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(_ROWS, _ROWS, st.randoms(use_true_random=False))
def test_any_two_exports_tie_out_whatever_the_order_of_their_rows(old, new, random) -> None:
    tables = _table(old), _table(new)
    if not all(tables):
        return
    found = run(*tables)
    # Every roll has one fate, and is in one child.
    for side, table in (("o", tables[0]), ("n", tables[1])):
        places = found.children[f"row_{side}"].drop_nulls().to_list()
        assert sorted(places) == list(range(2, len(table) + 2))
    classes, schools = found.flows.classes, found.flows.schools
    for frame in (classes, schools, found.flows.county):
        assert (frame["opening"] + frame["come"] - frame["gone"] == frame["closing"]).all()
    for end, counted in zip(("opening", "closing"), found.counted, strict=True):
        assert classes[end].sum() == schools[end].sum() == found.flows.county[end].sum() == counted
    # What comes into a school from inside the county has left another one.
    moved = ["moved_school", "progressed"]
    assert sum(schools[f"in_{name}"].sum() for name in moved) == sum(schools[f"out_{name}"].sum() for name in moved)
    shuffled = [list(table) for table in tables]
    for table in shuffled:
        random.shuffle(table)
    again = run(*shuffled)
    assert Counter(again.children["fate"].to_list()) == Counter(found.children["fate"].to_list())


def test_a_class_that_goes_on_whole_is_no_transfer_of_each_child() -> None:
    """Where primary school ends with grade five (五四学制), grade six is in another school."""
    old = classmates(8, grade=5)
    found = run(old, [{**row, **up(5), "school_name": "县初级中学"} for row in old])
    assert set(found.children["fate"]) == {"progressed"}
    assert found.findings.is_empty()


def test_who_is_off_the_roll_while_suspended_comes_back_to_it() -> None:
    there, away = classmates(4), classmates(4)
    away[1]["status"] = "休学"
    name = away[1]["name"]
    found = run(away, [{**row, **up(3)} for row in there], in_roll=("在读", "复学"))
    assert dict(found.children.select("name_o", "fate").iter_rows())[name] == "returned"
    found = run(there, [{**row, **up(3)} for row in away], in_roll=("在读",))
    assert dict(found.children.select("name_o", "fate").iter_rows())[name] == "suspended_away"


def test_a_transfer_that_the_exports_show_is_not_waiting() -> None:
    old = classmates(2)
    new = [{**row, **up(3)} for row in old]
    new[0]["school_name"] = "县第一小学"
    entry = {
        "kind": "转学",
        "name": old[0]["name"],
        "id_number": old[0]["id_number"],
        "applied": "2025-08-15",
        "in_school": "2025-08-20",
    }
    assert set(run(old, new, [entry]).findings["rule"]) == set()


def test_a_school_renamed_under_its_code_is_one_school_and_that_is_said() -> None:
    old = [{**row, "school_code": "2134000001"} for row in classmates(5)]
    found = run(old, [{**row, **up(3), "school_name": "青禾镇实验小学"} for row in old])
    assert set(found.children["fate"]) == {"stayed"}
    assert [problem.key for problem in found.problems] == ["school_renamed"]
    assert found.flows.schools["school"].to_list() == ["青禾镇实验小学"]


def test_every_fate_and_kind_has_its_word() -> None:
    kinds = {entry.code for entry in load_code_table("movement").entries}
    for lang in ("zh", "en"):
        assert set(words(lang, "fates")) == set(FATES) - {OUTSIDE}
        assert set(words(lang, "kinds")) == kinds
    assert all(
        codes <= kinds for codes in map(set, (*[each for each, _ in _LEFT_BY], *[each for each, _ in _ARRIVED_BY]))
    )


@pytest.mark.parametrize(("new", "fate"), [(date(2025, 7, 20), "graduated"), (date(2025, 5, 20), "left_unexplained")])
def test_the_last_grade_leaves_in_june_and_july_before_the_year_turns(new: date, fate: str) -> None:
    old = [*classmates(3), child(20, 9)]
    found = run(old, classmates(3), days=(OLD, new))
    assert found.children.filter(pl.col("row_n").is_null())["fate"].to_list() == [fate]


def test_before_anybody_has_gone_on_to_junior_school_nobody_is_missed_there() -> None:
    old = [*classmates(3, grade=6), child(20, 7)]
    new = [{**child(20, 7), **up(7)}, {**child(30, 7)}]
    assert "MV04" not in set(run(old, new).findings["rule"])
