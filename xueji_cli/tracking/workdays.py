"""Working days in China: weekends, public holidays, and the weekend days that are worked in exchange (调休)."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

_SATURDAY = 5
#: Years of which a log may speak.
_FIRST, _LAST = 1990, 2090


class WorkingDays:
    """Counts working days between two days of a span of years.

    Years whose holidays were not yet announced when the calendar was made know weekends only; `unknown` names them.
    """

    def __init__(self, first: date, last: date) -> None:
        """Lay out the days.

        Args:
            first: A day that is not after any that is asked for.
            last: A day that is not before any that is asked for; deadlines that fall later still count, in a year more.

        A year that nobody can have written in earnest (0205, 2205) is not laid out; terms that begin in one have no end.
        """
        years = range(max(first.year, _FIRST), min(last.year, _LAST) + 2)
        holidays, worked, known = _announced()
        self.unknown = tuple(year for year in years if year not in known)
        start = date(years[0], 1, 1)
        days = (start + timedelta(days=n) for n in range((date(years[-1] + 1, 1, 1) - start).days))
        self._days = [day for day in days if day in worked or (day.weekday() < _SATURDAY and day not in holidays)]

    def add(self, since: date, days: int) -> date:
        """Return the last day of a term of working days: the day after `since` is the first of them."""
        return self._days[bisect_right(self._days, since) + days - 1]

    def deadlines(self, since: pl.Series, days: int) -> pl.Series:
        """Return the last day of each term of working days (`add`); null where there is no day to count from."""
        distinct = [day for day in since.drop_nulls().unique().to_list() if _FIRST <= day.year <= _LAST]
        # A loop over distinct days: a log has some hundreds.
        ends: Sequence[date] = [self.add(day, days) for day in distinct]
        return since.replace_strict(distinct, ends, default=None, return_dtype=pl.Date)


@cache
def _announced() -> tuple[frozenset[date], frozenset[date], frozenset[int]]:
    """Return holidays, weekend days that are worked, and the years that both are known for."""
    from chinese_calendar.constants import holidays, workdays

    return frozenset(holidays), frozenset(workdays), frozenset(day.year for day in holidays)
