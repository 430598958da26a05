"""The day each export is of: said by the user, or standing in the names of its files and sheets; never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING

from xueji_cli.errors import UserError
from xueji_cli.values.classes import school_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.schema.roster import Roster

#: How a day is known.
OPTION, NAME, MONTH, AS_OF = "option", "name", "month", "as_of"

_DAY = re.compile(r"(?<!\d)(20\d{2})\s?[-._年/]?\s?(0?[1-9]|1[0-2])\s?[-._月/]?\s?(0?[1-9]|[12]\d|3[01])日?(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)")
_MONTH = re.compile(r"(?<!\d)(20\d{2})\s?[-._年/]?\s?(0[1-9]|1[0-2]|[1-9](?=月))月?(?!\d)")


@dataclass(frozen=True, slots=True)
class SideDate:
    """The day of one side.

    Attributes:
        day: The day; the first of the month where only the month is known.
        how: option, name, month (a name says only the month) or as_of.
        said: What the names say, where they are how it is known.
    """

    day: date
    how: str
    said: str = ""

    @property
    def year(self) -> int:
        """The year in which the school year of this day began."""
        return school_year(self.day)


def read_day(text: str) -> tuple[date, str] | None:
    """Return the day that a name of a file or sheet says, and how (`name` or `month`); None where it says none."""
    for pattern in (_COMPACT, _DAY):
        for match in pattern.finditer(text):
            try:
                return date(int(match[1]), int(match[2]), int(match[3])), NAME
            except ValueError:
                continue
    month = _MONTH.search(text)
    if month:
        return date(int(month[1]), int(month[2]), 1), MONTH
    return None


def side_date(side: str, given: date | None, rosters: Sequence[Roster], otherwise: date | None) -> SideDate:
    """Return the day of a side.

    Schools do not export on one day: the latest counts, as long as the school year is the same.

    Args:
        side: `old` or `new`.
        given: What the user said.
        rosters: The side's tables.
        otherwise: The day if neither says one (`--as-of`); None to ask for it.

    Raises:
        UserError: When nothing says the day, or names say days of different school years.
    """
    if given is not None:
        return SideDate(given, OPTION)
    found: dict[str, tuple[date, str]] = {}
    for roster in rosters:
        source = roster.table.source
        path = PurePath(source.path.replace("\\", "/"))
        for said in (source.sheet or "", path.stem, path.parent.name):
            if (day := read_day(said)) is not None:
                found[said] = day
                break
    if found:
        if len({school_year(day) for day, _ in found.values()}) > 1:
            raise UserError("side_dates_differ", side=side, names="、".join(list(found)[:5]))
        said, (latest, how) = max(found.items(), key=lambda item: item[1])
        return SideDate(latest, how, said)
    if otherwise is None:
        raise UserError("side_date_unknown", option=f"--{side}-date")
    return SideDate(otherwise, AS_OF)


def refuse_order(old: SideDate, new: SideDate) -> None:
    """Refuse sides that are turned round, or of one day.

    Raises:
        UserError: When the first is not before the second.
    """
    if old.day >= new.day:
        raise UserError("sides_not_in_order", old=old.day.isoformat(), new=new.day.isoformat())
