"""Regions (GB/T 2260): a county becomes another, one abolished another abolished that year, an unknown code another unknown one."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from xueji_cli.values import idnumber

if TYPE_CHECKING:
    from xueji_cli.pseudonyms.cipher import Cipher

#: Taiwan, and the residence permits, which have no counties: 810000 is not replaced, for it says nothing.
_WITHOUT_COUNTIES = (71, 81, 82, 83)


def region(cipher: Cipher, code: int) -> int:
    """Return the code that takes the place of a 6-digit code."""
    if code % 10_000 == 0 and code // 10_000 in _WITHOUT_COUNTIES:
        return code
    group = _group(code)
    return cipher.within(f"region {group[0]} {len(group)}", code, group)


@cache
def _known() -> dict[int, tuple[int, ...]]:
    """Return last year of assignment → codes: counties and what is above them apart."""
    groups: dict[int, list[int]] = defaultdict(list)
    for code, year in enumerate(idnumber.last_years().to_list()):
        if year and f"{code:06}"[:2] in idnumber.PROVINCES:
            groups[_kind(code, year)].append(code)
    return {kind: tuple(codes) for kind, codes in groups.items()}


def _kind(code: int, year: int) -> int:
    return year * 2 + (code % 100 == 0)


def _group(code: int) -> tuple[int, ...]:
    year = idnumber.last_years()[code]
    if year and f"{code:06}"[:2] in idnumber.PROVINCES:
        return _known()[_kind(code, year)]
    return _unknown(code // 10_000)


@cache
def _unknown(province: int) -> tuple[int, ...]:
    """Return the codes of a province, known or not, that no county ever had."""
    first = province * 10_000
    years = idnumber.last_years().slice(first, 10_000).to_list()
    known = f"{province:02}" in idnumber.PROVINCES
    return tuple(first + place for place, year in enumerate(years) if not (known and year))
