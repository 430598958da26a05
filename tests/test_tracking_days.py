"""Terms, worked by hand with the calendar of the State Council's notices, and the days that names of exports say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from changes_cases import child, run, up

from xueji_cli.errors import UserError
from xueji_cli.tracking.sides import SideDate, read_day, refuse_order, side_date
from xueji_cli.tracking.workdays import WorkingDays

#: (the day it came, the last of ten working days, what lies between)
TEN_DAYS = [
    ("2025-03-12", "2025-03-26", "two weekends: 13 14 | 17-21 | 24 25 26"),
    ("2025-03-31", "2025-04-15", "清明 4-6 April: 1 2 3 | 7-11 | 14 15"),
    ("2025-04-24", "2025-05-12", "劳动节 1-5 May, Sunday 27 April worked: 25 27 28 29 30 | 6-9 | 12"),
    ("2025-05-28", "2025-06-12", "端午 31 May - 2 June: 29 30 | 3-6 | 9-12"),
    (
        "2025-09-26",
        "2025-10-16",
        "国庆 1-8 October, Sunday 28 September and Saturday 11 October worked: 28 29 30 | 9 10 11 | 13-16",
    ),
    (
        "2024-09-27",
        "2024-10-16",
        "国庆 1-7 October, Sunday 29 September and Saturday 12 October worked: 29 30 | 8-12 | 14 15 16",
    ),
    ("2026-09-29", "2026-10-19", "国庆 1-7 October, Saturday 10 October worked: 30 | 8 9 10 | 12-16 | 19"),
    (
        "2025-01-20",
        "2025-02-08",
        "春节 28 January - 4 February, Sunday 26 January and Saturday 8 February worked: 21-24 26 27 | 5-8",
    ),
    ("2025-03-15", "2025-03-28", "from a Saturday: 17-21 | 24-28"),
]


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(("since", "last", "between"), TEN_DAYS)
def test_ten_working_days(since: str, last: str, between: str) -> None:
    calendar = WorkingDays(date(2024, 1, 1), date(2026, 12, 31))
    assert calendar.add(day(since), 10) == day(last)
    assert calendar.deadlines(pl.Series([day(since), None]), 10).to_list() == [day(last), None]


def test_holidays_and_shifted_days() -> None:
    calendar = WorkingDays(date(2025, 1, 1), date(2025, 12, 31))
    worked = {
        "2025-09-28": True,
        "2025-10-01": False,
        "2025-10-06": False,
        "2025-10-08": False,
        "2025-10-11": True,
        "2025-10-12": False,
    }
    assert {text: calendar.add(day(text) - timedelta(days=1), 1) == day(text) for text in worked} == worked


def test_a_year_that_the_calendar_does_not_know_has_weekends_only_and_is_named() -> None:
    calendar = WorkingDays(date(2031, 9, 1), date(2031, 12, 1))
    assert 2031 in calendar.unknown
    # 26 September 2031 is a Friday: ten weekdays on is 10 October, National Day or not.
    assert calendar.add(date(2031, 9, 26), 10) == date(2031, 10, 10)


def test_a_day_that_nobody_meant_has_no_deadline() -> None:
    calendar = WorkingDays(date(205, 1, 1), date(2025, 12, 31))
    assert calendar.deadlines(pl.Series([date(205, 3, 1), date(9999, 1, 1)]), 10).to_list() == [None, None]


def together(
    cases: list[dict[str, str]], old: dict[str, str], new: dict[str, str] | None, **options: Any
) -> list[set[str]]:
    """Return the rules that each of some entries calls up, each about a child of its own, all in one run.

    Args:
        cases: Entries.
        old: Cells that every child has on the first day besides the usual.
        new: The same on the second day; None where the children are gone by then.
        options: Of `changes_cases.run`.
    """
    usual = [child(place, 3) for place in range(len(cases))]
    first = [{**row, **old} for row in usual]
    second = [{**row, **up(3), **old, **new} for row in usual] if new is not None else []
    log = [{"name": row["name"], "id_number": row["id_number"], **case} for row, case in zip(usual, cases, strict=True)]
    # Somebody is in the second export in any case.
    found = run([*first, child(60, 3)], [*second, {**child(60, 3), **up(3)}], log, **options)
    rules: dict[str, set[str]] = {row["name"]: set() for row in usual}
    for rule, name in found.findings.select("rule", "name").iter_rows():
        rules[name].add(rule)
    return list(rules.values())


MOVED = {"school_name": "县第一小学"}


def transfers(*cases: dict[str, str], **options: Any) -> list[set[str]]:
    """Return the rules that transfers call up; the archive went along on the day."""
    entries = [{"kind": "转学", "archive": case.get("out_bureau") or case.get("date", ""), **case} for case in cases]
    return together(entries, {}, MOVED, **options)


#: Each party on its last day, and a day later. The term of a party begins when it comes to it.
PARTIES = [
    ({"applied": "2025-09-26", "in_school": "{}"}, "2025-10-16", "2025-10-17"),
    ({"applied": "2025-04-23", "in_school": "2025-04-24", "in_bureau": "{}"}, "2025-05-12", "2025-05-13"),
    (
        {"applied": "2025-03-11", "in_school": "2025-03-11", "in_bureau": "2025-03-12", "out_school": "{}"},
        "2025-03-26",
        "2025-03-27",
    ),
    (
        {
            "applied": "2025-05-19", "in_school": "2025-05-20", "in_bureau": "2025-05-21", "out_school": "2025-05-28",
            "out_bureau": "{}",
        },
        "2025-06-12",
        "2025-06-13",
    ),
]  # fmt: skip


def test_a_party_has_ten_working_days() -> None:
    cases = [
        {"date": done, **{name: text.format(done) for name, text in days.items()}}
        for days, *ends in PARTIES
        for done in ends
    ]
    assert transfers(*cases) == [set(), {"MV21"}] * len(PARTIES)


def test_a_party_whose_term_has_no_beginning_is_not_called_late() -> None:
    assert transfers({"date": "2025-10-20", "in_school": "2025-03-12", "out_school": "2025-10-20"}) == [set()]


def test_the_archive_has_a_month() -> None:
    # A month from 1 September is 1 October, a holiday or not: a month is no term of working days.
    days = [
        ("2025-09-01", "2025-10-01"),
        ("2025-09-01", "2025-10-02"),
        ("2025-08-31", "2025-09-30"),
        ("2025-08-31", "2025-10-01"),
    ]
    found = transfers(*({"date": done, "archive": archive} for done, archive in days))
    assert found == [set(), {"MV23"}, set(), {"MV23"}]


def test_a_death_is_registered_within_ten_working_days() -> None:
    # 24 September 2025 is a Wednesday: 25 26 | 28 29 30 | 9 10 11 | 13 14 October.
    entries = [{"kind": "死亡", "died": "2025-09-24", "cancelled": day} for day in ("2025-10-14", "2025-10-15", "")]
    assert together(entries, {}, None) == [set(), {"MV24"}, set()]


def test_a_roll_that_is_still_there_after_a_death_is_not_cancelled() -> None:
    entry = {"kind": "死亡", "died": "2025-09-24"}
    days = (date(2025, 3, 10), date(2025, 10, 15))
    assert together([entry], {}, {}, days=days) == [{"MV24", "MV27"}]


#: (from, until, rules) of children who are 休学 on 31 October 2025.
SUSPENDED = [
    ("2024-10-31", "2025-10-31", set()),  # the last day of the year
    ("2024-10-30", "2025-10-30", {"MV15"}),
    ("2024-10-30", "", {"MV15"}),  # a year where the log says no end
    ("2023-10-31", "2024-10-31", {"MV15"}),  # two years to the day
    ("2023-10-30", "2024-10-30", {"MV16"}),
    ("2024-10-31", "2025-11-01", {"MV30"}),  # a day more than a year at once
]


def test_a_suspension_lasts_a_year_and_two_at_the_most() -> None:
    entries = [{"kind": "休学", "suspended_from": began, "suspended_until": until} for began, until, _ in SUSPENDED]
    assert together(entries, {"status": "休学"}, {}) == [rules for *_, rules in SUSPENDED]


def test_the_system_is_closed_from_15_july_to_14_august() -> None:
    days = ("2025-07-14", "2025-07-15", "2025-08-14", "2025-08-15")
    found = transfers(*({"date": "2025-08-20", "applied": applied} for applied in days))
    assert found == [set(), {"MV26"}, {"MV26"}, set()]


def test_a_local_window_is_looked_at_where_it_is_set() -> None:
    days = ("2025-08-20", "2025-09-01", "2025-09-14", "2025-09-15")
    params = {"MV25": {"windows": "03-01..03-14,09-01..09-14"}}
    found = transfers(*({"date": "2025-09-30", "applied": applied} for applied in days), params=params)
    assert found == [{"MV25"}, set(), set(), {"MV25"}]


@pytest.mark.parametrize(("early", "rules"), [("allowed", set()), ("forbidden", {"MV31"})])
def test_an_early_return_is_local(early: str, rules: set[str]) -> None:
    old = [{**child(0, 3), "status": "休学"}]
    who = {"name": old[0]["name"], "id_number": old[0]["id_number"]}
    log = [
        {**who, "kind": "休学", "suspended_from": "2025-02-20", "suspended_until": "2026-02-20"},
        {**who, "kind": "复学", "date": "2025-09-01"},
    ]
    found = run(old, [{**old[0], **up(3), "status": "在读"}], log, params={"MV31": {"early": early}})
    assert set(found.findings["rule"]) == rules


@pytest.mark.parametrize(
    ("name", "found", "how"),
    [
        ("全县-2025-03-10", "2025-03-10", "name"),
        ("20250310导出", "2025-03-10", "name"),
        ("2025年3月10日花名册", "2025-03-10", "name"),
        ("2025.3.10", "2025-03-10", "name"),
        ("2025_09_01", "2025-09-01", "name"),
        ("2025年9月学籍", "2025-09-01", "month"),
        ("2025-09", "2025-09-01", "month"),
        ("2024-2025学年第二学期", None, None),
        ("341323201503100017", None, None),
        ("名册", None, None),
        ("2025-02-30", "2025-02-01", "month"),
    ],
)
def test_names_say_days(name: str, found: str | None, how: str | None) -> None:
    assert read_day(name) == (None if found is None else (day(found), how))


def test_nothing_says_the_day_of_the_first_export() -> None:
    with pytest.raises(UserError) as caught:
        side_date("old", None, [], None)
    assert caught.value.key == "side_date_unknown"
    assert side_date("new", None, [], date(2025, 9, 1)).how == "as_of"


def test_sides_are_in_order() -> None:
    with pytest.raises(UserError):
        refuse_order(SideDate(date(2025, 9, 1), "option"), SideDate(date(2025, 9, 1), "option"))
