"""Who is of age: every edge of the window, worked out by hand."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji_cli.checks.registry import known_rules
from xueji_cli.retaining.window import Window, window_of

DEFAULTS = known_rules()["RT01"].params
DAY = date(2025, 10, 15)


def window(day: date = DAY, **params: str) -> Window:
    return window_of({**DEFAULTS, **params}, day)


def age(of: Window, born: int) -> int:
    return pl.DataFrame({"b": [born]}).select(of.age(pl.col("b"))).item()


@pytest.mark.parametrize(
    ("params", "born", "years", "of_age"),
    [
        # Six on 31 August 2025 itself: counts, unless the cut-off day is left out.
        ({}, 20190831, 6, True),
        ({"inclusive": "false"}, 20190831, 5, False),
        ({}, 20190901, 5, False),
        ({"inclusive": "false"}, 20190830, 6, True),
        # Fifteen, and sixteen from the next day on.
        ({}, 20090901, 15, True),
        ({}, 20090831, 16, False),
        ({"inclusive": "false"}, 20090831, 15, True),
        ({"inclusive": "false"}, 20090830, 16, False),
        ({"max_age": "14"}, 20100901, 14, True),
        ({"max_age": "14"}, 20100831, 15, False),
        ({"min_age": "7"}, 20180831, 7, True),
        ({"min_age": "7"}, 20180901, 6, False),
        # Another cut-off.
        ({"cutoff": "12-31"}, 20191231, 6, True),
        ({"cutoff": "12-31"}, 20200101, 5, False),
        # 29 February: the year is complete on the 28th where there is no 29th (2025), and on the 29th where there is (2028).
        ({"cutoff": "02-28"}, 20120229, 13, True),
        ({"cutoff": "02-28"}, 20120301, 12, True),
        ({"cutoff": "03-01", "inclusive": "false"}, 20120229, 13, True),
        ({}, 20120229, 13, True),
        ({}, 20160229, 9, True),
    ],
)
def test_the_edges(params, born, years, of_age):
    of = window(**params)
    assert age(of, born) == years
    assert pl.DataFrame({"b": [born]}).select(of.of_age(pl.col("b"))).item() is of_age


def test_a_leap_day_in_a_leap_year_waits_for_the_29th():
    of = Window(date(2028, 2, 28), inclusive=True, min_age=6, max_age=15)
    assert age(of, 20160229) == 11
    assert age(of, 20160228) == 12


@pytest.mark.parametrize(
    ("day", "cutoff"),
    [
        (date(2025, 7, 31), date(2024, 8, 31)),
        (date(2025, 8, 1), date(2025, 8, 31)),
        (date(2026, 6, 30), date(2025, 8, 31)),
    ],
)
def test_the_school_year_turns_on_the_first_of_august(day, cutoff):
    assert window(day).cutoff == cutoff


def test_the_window_says_the_birth_dates_it_means():
    of = window()
    assert (of.oldest, of.youngest) == (date(2009, 9, 1), date(2019, 8, 31))
    of = window(inclusive="false")
    assert (of.oldest, of.youngest) == (date(2009, 8, 31), date(2019, 8, 30))


@pytest.mark.parametrize(
    ("born", "stage"),
    [(20190831, "primary"), (20130901, "primary"), (20130831, "junior"), (20100901, "junior"), (20100831, None)],
)
def test_the_official_ages_of_the_stages(born, stage):
    of = window()
    assert pl.DataFrame({"b": [born]}).select(of.stage_of_age(of.age(pl.col("b")))).item() == stage


def test_five_years_of_primary_school():
    of = window(primary_years="5")
    assert pl.DataFrame({"b": [20140831, 20140901]}).select(
        of.stage_of_age(of.age(pl.col("b")))
    ).to_series().to_list() == [
        "junior",
        "primary",
    ]


@given(
    st.dates(date(2005, 1, 1), date(2023, 12, 31)),
    st.sampled_from(["08-31", "12-31", "02-28", "09-01", "03-01"]),
    st.sampled_from(["true", "false"]),
    st.integers(2020, 2030),
)
def test_who_is_of_age_is_born_between_the_two_days(born, cutoff, inclusive, year):
    of = window(date(year, 10, 15), cutoff=cutoff, inclusive=inclusive)
    number = born.year * 10_000 + born.month * 100 + born.day
    inside = pl.DataFrame({"b": [number]}).select(of.of_age(pl.col("b"))).item()
    assert inside == (of.oldest <= born <= of.youngest)
