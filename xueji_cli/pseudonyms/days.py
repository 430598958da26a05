"""Days of birth: each becomes another day of the same year and the same school-year cohort.

The day decides, not the child: the day of birth stands in ID numbers, roll numbers and columns of every list, and only so they agree
afterwards where they agreed, and differ where they differed. January to August, and September to December: 31 August is the day that
ages and grades are counted at, and years stand in rules of their own.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xueji_cli.pseudonyms.cipher import Cipher


def day(cipher: Cipher, ymd: int) -> int:
    """Return the day that takes the place of one; what is no day stays none, of the same year."""
    year, rest = divmod(ymd, 10_000)
    if rest in _real(year):
        return year * 10_000 + cipher.within(f"day {year} {rest < 901}", rest, _half(year, first=rest < 901))
    return year * 10_000 + cipher.within(f"no day {year}", rest, _unreal(year))


def month(cipher: Cipher, year: int, number: int) -> int:
    """Return the month that takes the place of one, of the same part of the year."""
    part = tuple(range(1, 9)) if number < 9 else (9, 10, 11, 12)
    return cipher.within(f"month {year} {number < 9}", number, part)


@cache
def _real(year: int) -> frozenset[int]:
    return frozenset((*_half(year, first=True), *_half(year, first=False)))


@cache
def _half(year: int, *, first: bool) -> tuple[int, ...]:
    if not 0 < year < 10_000:
        return ()
    start = date(year, 1 if first else 9, 1)
    end = date(year, 8 if first else 12, 31)
    return tuple(
        each.month * 100 + each.day for each in (start + timedelta(days=n) for n in range((end - start).days + 1))
    )


@cache
def _unreal(year: int) -> tuple[int, ...]:
    real = _real(year)
    return tuple(number for number in range(10_000) if number not in real)
