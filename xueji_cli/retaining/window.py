"""Who is of age: completed years at the cut-off of the school year, and the stage that goes with them."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values import dates
from xueji_cli.values.classes import school_year

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIMARY, JUNIOR = "primary", "junior"
STAGES = (PRIMARY, JUNIOR)

#: Years of compulsory schooling.
_COMPULSORY = 9
_FALSE = frozenset({"false", "no", "否", "0"})


@dataclass(frozen=True, slots=True)
class Window:
    """The age window of a school year.

    Ages are completed years at the end of the cut-off day (`inclusive`: who turns six on the cut-off day is six) or at its
    beginning. A child of 29 February completes a year on the last day of February where the year has no 29th (民法典第二百零二条).

    Attributes:
        cutoff: The day, in the year in which the school year began.
        inclusive: Whether a birthday on that day counts.
        min_age: Completed years from which a child is of age.
        max_age: Completed years up to which it is.
        primary_years: 6 or 5.
    """

    cutoff: date
    inclusive: bool
    min_age: int
    max_age: int
    primary_years: int = 6

    @property
    def day(self) -> date:
        """The last day whose birthdays count."""
        return self.cutoff if self.inclusive else self.cutoff - timedelta(days=1)

    @property
    def youngest(self) -> date:
        """The latest birth date of a child of age."""
        return _years_before(self.day, self.min_age)

    @property
    def oldest(self) -> date:
        """The earliest birth date of a child of age."""
        return _years_before(self.day, self.max_age + 1) + timedelta(days=1)

    def age(self, born: pl.Expr) -> pl.Expr:
        """Return completed years at the cut-off.

        Args:
            born: Birth dates as integers (20180412); null stays null.
        """
        until = dates.as_integer(self.day)
        if not isleap(self.day.year) and until % 10_000 == 228:
            # The 29th of February has no place in this year: the year is complete on the 28th.
            born = born - pl.when(born % 10_000 == 229).then(1).otherwise(0)
        return dates.completed_years(born, until).cast(pl.Int32)

    def of_age(self, born: pl.Expr) -> pl.Expr:
        """Say who is of age; null where the birth date is not known."""
        return self.age(born).is_between(self.min_age, self.max_age)

    def stage_of_age(self, age: pl.Expr) -> pl.Expr:
        """Return the stage whose official age this is: primary, junior, or null past both (15 at the cut-off)."""
        junior = self.min_age + self.primary_years
        return (
            pl.when(age.is_between(self.min_age, junior - 1))
            .then(pl.lit(PRIMARY))
            .when(age.is_between(junior, self.min_age + _COMPULSORY - 1))
            .then(pl.lit(JUNIOR))
        )


def window_of(params: Mapping[str, str], as_of: date) -> Window:
    """Return the window that the parameters of RT01 give for a day.

    Args:
        params: `cutoff` (MM-DD), `inclusive`, `min_age`, `max_age`, `primary_years`.
        as_of: The day of the comparison; it says which school year it is.
    """
    month, day = map(int, params["cutoff"].split("-"))
    return Window(
        cutoff=date(school_year(as_of), month, day),
        inclusive=params["inclusive"].lower() not in _FALSE,
        min_age=int(params["min_age"]),
        max_age=int(params["max_age"]),
        primary_years=int(params["primary_years"]),
    )


def _years_before(day: date, years: int) -> date:
    """Return the latest birth date that has completed so many years at the end of a day."""
    year = day.year - years
    if day.month == 2 and day.day == 28 and not isleap(day.year) and isleap(year):
        return date(year, 2, 29)
    return day.replace(year=year) if (day.month, day.day) != (2, 29) or isleap(year) else date(year, 2, 28)
