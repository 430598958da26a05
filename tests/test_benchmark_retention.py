"""The made-up county of the retention benchmark says what is true of every child, and its judge notices a wrong word."""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks.monitoring import TRUTH, make_lists
from benchmarks.retention import judge
from xueji_cli.retaining.result import CATEGORIES


@pytest.fixture(scope="module")
def lists():
    return make_lists(8, 3000, 3)


def of(lists, what):
    return set(lists.truth.filter(pl.col("what").is_in(what))["i"])


def test_every_list_holds_whom_the_truth_says(lists):
    household, roll, present = (set(getattr(lists, name)["i"]) for name in ("household", "roll", "present"))
    assert of(lists, ["never", "elsewhere", "deferred", "away", "died", "moved", "finished", "twin"]).isdisjoint(
        roll | present
    )
    assert of(lists, ["vanished", "suspended", "dropped", "home", "special"]) <= roll - present
    assert of(lists, ["unrolled"]) <= present - roll
    assert of(lists, ["guest", "back"]) <= present & roll
    assert of(lists, ["migrant"]).isdisjoint(household)
    assert of(lists, ["elsewhere", "deferred"]) == set(lists.proofs["i"])
    assert of(lists, [""]) <= household & roll & present
    doubled = lists.roll.filter(pl.col("i").is_duplicated())
    assert set(doubled["i"]) <= of(lists, ["second"])
    assert {category for _, category in TRUTH.values() if category} <= set(CATEGORIES)


def test_a_list_says_where_each_row_stands(lists):
    assert lists.household["row"].to_list() == list(range(2, lists.household.height + 2))
    for _, rows in lists.present.group_by("file"):
        assert sorted(rows["row"]) == list(range(2, rows.height + 2))


def report(lists, wrong=0):
    """Return a report that says the truth, but of the first so many children who are in order says that they are absent."""
    rows = dict(lists.household.select("i", "row").iter_rows())
    rolls = dict(lists.roll.select("i", "row").iter_rows())
    places = {i: (file, row) for i, file, row in lists.present.select("i", "file", "row").iter_rows()}
    told = []
    for i, category in lists.truth.select("i", "category").iter_rows():
        place = {"household": None, "roll": None, "present": None, "focus_list": None}
        if i in rows:
            place["household"] = {"file": "household.csv", "row": rows[i]}
        elif i in rolls:
            place["roll"] = {"file": "roll.csv", "row": rolls[i]}
        else:
            file, row = places[i]
            place["present"] = {"file": f"{file:03d}.csv", "row": row}
        if not category and wrong:
            category, wrong = "absent", wrong - 1
        if category:
            told.append({"category": category, **place})
    return {"children": told}


def test_the_judge_is_content_with_the_truth_and_with_nothing_less(lists, capsys):
    assert judge(report(lists), lists, quick=False) is False
    assert judge(report(lists, wrong=3), lists, quick=False) is True
    assert "BELOW" in capsys.readouterr().out
