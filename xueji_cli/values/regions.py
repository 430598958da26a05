"""Regions by name: the one county that a name means, as the 12-digit code the national template wants."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from importlib.resources import files

import polars as pl

from xueji_cli.values import text

#: What stands behind a county's six digits in a code that goes no further than the county.
WHOLE_COUNTY = "000000"

#: Words of the table that name no place.
_NO_PLACE = frozenset({"市辖区", "县", "市", "自治区直辖县级行政区划", "省直辖县级行政区划"})

_SHORT_PROVINCE = re.compile(r"(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$")


def code(cells: pl.Series) -> pl.Series:
    """Return the 12-digit code that each cell means beyond doubt; null where it has one already, or none is certain.

    Certain is a county's six digits, if the county exists today, and the name of a county, alone or behind its province and city
    (灵璧县, 安徽省宿州市灵璧县), if it is the only one of that name and nothing else stands in the cell: an address says more
    than a code could.

    Args:
        cells: Folded text.
    """

    def meant(values: pl.Series) -> pl.Series:
        names = values.str.replace_all(r"[ \-/]", "")
        known = {**_names(), **{county: county for county in _current()}}
        county = names.replace_strict(known, default=None, return_dtype=pl.String)
        return pl.Series([f"{six}{WHOLE_COUNTY}" if six else None for six in county], dtype=pl.String)

    return text.on_distinct(cells, meant)


@cache
def _table() -> tuple[dict[str, str], dict[str, list[tuple[str, bool]]]]:
    """Return province → name, and six digits → the names it has had, each with whether it has it today (GB/T 2260, python-stdnum)."""
    provinces: dict[str, str] = {}
    places: dict[str, list[tuple[str, bool]]] = {}
    province = ""
    for line in (files("stdnum.cn") / "loc.dat").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        digits, _, rest = line.strip().partition(" ")
        named = rest.partition('"')[2].rpartition('"')[0]
        if len(digits) == 2:
            province = digits
            provinces[province] = named
            continue
        periods = re.findall(r"(?:\[([0-9]*)-([0-9]*)\])?([^\[\],]+)", named)
        places[province + digits] = [(name.strip(), not last) for _, last, name in periods]
    return provinces, places


@cache
def _current() -> dict[str, str]:
    """Return the counties of today: six digits → name."""
    _, places = _table()
    return {
        six: name
        for six, names in places.items()
        for name, today in names
        if today and not six.endswith("00") and name not in _NO_PLACE
    }


@cache
def _names() -> dict[str, str]:
    """Return each spelling of a county's name that can mean no other county, today or before → its six digits."""
    provinces, places = _table()
    meaning: dict[str, set[str]] = defaultdict(set)
    for six, names in places.items():
        if six.endswith("00"):
            continue
        province = provinces.get(six[:2], "")
        cities = [name for name, today in places.get(f"{six[:4]}00", []) if today]
        for name, today in names:
            if name in _NO_PLACE:
                continue
            # A county that moved to another code is the same county; one of that name in another province is not.
            place = six if today else six[:2]
            for before in ("", province, _SHORT_PROVINCE.sub("", province)):
                for between in ("", *cities):
                    if province or not before:
                        meaning[before + between + name].add(place)
    found = {}
    for spelling, meant in meaning.items():
        of_today = [place for place in meant if len(place) == 6]
        former = {place for place in meant if len(place) == 2}
        if len(of_today) == 1 and former <= {of_today[0][:2]}:
            found[spelling] = of_today[0]
    return found
