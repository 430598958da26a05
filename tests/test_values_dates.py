"""Dates are read alike in every spelling, and never guessed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date

import polars as pl
import pytest
from hypothesis import strategies as st

from tests.laws import columns, law, visible
from xueji_cli.values import dates, text

days = st.dates(date(1900, 1, 1), date(2099, 12, 31))

#: Spelling → strftime-like function.
SPELLINGS: dict[str, Callable[[date], str]] = {
    "20100305": lambda d: f"{d:%Y%m%d}",
    "2010-03-05": lambda d: f"{d:%Y-%m-%d}",
    "2010-3-5": lambda d: f"{d.year}-{d.month}-{d.day}",
    "2010/03/05": lambda d: f"{d:%Y/%m/%d}",
    "2010/3/5": lambda d: f"{d.year}/{d.month}/{d.day}",
    "2010.3.5": lambda d: f"{d.year}.{d.month}.{d.day}",
    "2010年3月5日": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "2010年03月05号": lambda d: f"{d:%Y年%m月%d}号",
    "2010 年 3 月 5 日": lambda d: f"{d.year} 年 {d.month} 月 {d.day} 日",
    "2010、3、5": lambda d: f"{d.year}、{d.month}、{d.day}",
    "2010。3。5": lambda d: f"{d.year}。{d.month}。{d.day}",
    "2010—3—5": lambda d: f"{d.year}—{d.month}—{d.day}",
    "２０１０－０３－０５": lambda d: f"{d:%Y-%m-%d}".translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789-"}),
    "2010-03-05 00:00:00": lambda d: f"{d:%Y-%m-%d} 00:00:00",
    "2010-03-05T08:30": lambda d: f"{d:%Y-%m-%d}T08:30",
    " 2010-3-5 ": lambda d: f"\u3000{d.year}-{d.month}-{d.day}\u00a0",
    "'20100305": lambda d: f"'{d:%Y%m%d}",
}


def parse(cell: str) -> dict[str, object]:
    return dates.parse_dates(text.fold(pl.Series([cell])))[0]


@pytest.mark.parametrize("spelling", SPELLINGS)
@law(day=days)
def test_a_date_is_the_same_in_every_spelling(spelling: str, day: date) -> None:
    written = SPELLINGS[spelling](day)
    bare = unicodedata.normalize("NFKC", written).strip(" '")
    assert parse(written) == {
        "date": day,
        "ymd": dates.as_integer(day),
        "precision": "day",
        "plain": bare in (f"{day:%Y%m%d}", f"{day:%Y-%m-%d}"),
    }


@law(day=st.dates(date(1940, 1, 1), date(2099, 1, 1)))
def test_the_serial_number_excel_leaves_of_a_date(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert parse(str(serial))["date"] == day


@pytest.mark.parametrize(
    "spelling",
    [
        lambda d: f"{d:%Y%m}",
        lambda d: f"{d:%Y-%m}",
        lambda d: f"{d.year}.{d.month}",
        lambda d: f"{d.year}年{d.month}月",
        lambda d: f"{d.year}/{d.month}",
    ],
)
@law(day=days)
def test_a_month_is_the_same_in_every_spelling(spelling: Callable[[date], str], day: date) -> None:
    parsed = parse(spelling(day))
    assert (parsed["date"], parsed["precision"]) == (day.replace(day=1), "month")


@law(day=days, form=st.sampled_from(["%d/%m/%Y", "%m-%d-%Y", "%y%m%d", "%y.%m.%d", "%d.%m.%y"]))
def test_an_order_that_is_not_certain_is_not_guessed(day: date, form: str) -> None:
    parsed = parse(day.strftime(form))
    # Six digits may be a month (201005) that the two-digit year happens to look like: 20 10 05.
    if form == "%y%m%d" and parsed["date"] is not None:
        assert parsed["precision"] == "month"
    else:
        assert parsed["date"] is None


@law(year=st.integers(1900, 2099), month=st.integers(0, 99), day=st.integers(0, 99))
def test_a_day_that_never_was_is_no_date(year: int, month: int, day: int) -> None:
    try:
        real = date(year, month, day)
    except ValueError:
        real = None
    for written in (f"{year}{month:02}{day:02}", f"{year}-{month}-{day}"):
        parsed = parse(written)
        assert parsed["date"] == real
        assert (parsed["precision"] == "day") == (real is not None)


@law(examples=300, cells=columns)
def test_whatever_is_read_as_a_date_has_the_parts_of_one(cells: pl.Series) -> None:
    for cell, parsed in zip(cells, dates.parse_dates(text.fold(cells)), strict=True):
        if parsed is None:
            assert not visible(text.fold(pl.Series([cell], dtype=pl.String))[0])
            continue
        assert (parsed["date"] is None) == (parsed["precision"] is None) == (parsed["ymd"] is None)
        if parsed["date"] is not None:
            assert parsed["ymd"] == dates.as_integer(parsed["date"])


@law(since=days, until=days)
def test_completed_years_are_counted_as_birthdays_are(since: date, until: date) -> None:
    expected = until.year - since.year - ((until.month, until.day) < (since.month, since.day))
    frame = pl.DataFrame({"since": [dates.as_integer(since)]})
    assert frame.select(dates.completed_years(pl.col("since"), dates.as_integer(until))).item() == expected
