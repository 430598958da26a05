"""County codes (GB/T 2260) with the years in which they were in force, from the table that python-stdnum ships."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_PROVINCE = re.compile(r'^(\d\d) province="(.+)"')
_COUNTY = re.compile(r'^ +(\d{4}) county="(.+)"')
_PERIOD = re.compile(r"^(?:\[(\d*)-(\d*)\])?(.+)$")
_OPEN_END = 9999


@dataclass(frozen=True, slots=True)
class County:
    """One county code in one period of its life."""

    code: str
    name: str
    province: str
    start: int
    end: int


@cache
def counties() -> tuple[County, ...]:
    """Return every code of county rank in code order, one entry per period."""
    found: list[County] = []
    prefix = province = ""
    for line in (files("stdnum.cn") / "loc.dat").read_text(encoding="utf-8").splitlines():
        if match := _PROVINCE.match(line):
            prefix, province = match.groups()
        elif match := _COUNTY.match(line):
            part, periods = match.groups()
            # 00 is the prefecture itself, 01 of a city its 市辖区 and 20 its old 市区: nobody lives there by name.
            if part.endswith(("00", "20")) or "市辖区" in periods:
                continue
            for period in periods.split(","):
                start, end, name = _PERIOD.match(period).groups()  # type: ignore[union-attr]
                found.append(County(prefix + part, name, province, int(start or 0), int(end or _OPEN_END)))
    return tuple(sorted(found, key=lambda county: (county.code, county.start)))


@cache
def settled() -> tuple[County, ...]:
    """Return counties whose code has held since before today's pupils were born."""
    return tuple(c for c in counties() if c.start <= 2006 and c.end == _OPEN_END and c.code[:2] < "70")


@cache
def lifelong() -> tuple[County, ...]:
    """Return counties whose code has held since 1984, when the first identity cards were issued."""
    return tuple(c for c in settled() if c.start <= 1984)


@cache
def young() -> tuple[County, ...]:
    """Return counties whose code is newer than today's older pupils: a late 户口 carries one, and rightly so."""
    return tuple(c for c in counties() if c.start >= 2015 and c.end == _OPEN_END)


def lifelong_near(code: str) -> int:
    """Return the place in `lifelong()` of the county itself, or of the next one in code order."""
    codes = [c.code for c in lifelong()]
    return min(bisect_left(codes, code), len(codes) - 1)
