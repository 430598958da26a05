"""Which school a name means: by the list, by alias, by code, and by careful readings that never cross 第一 and 第二.

What is not sure stays unmatched, with the nearest names beside it, for the user to answer.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values.classes import school_stages
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xueji_cli.schema.roster import Roster

#: How a name was understood. `exact`, `alias` and `code` are sure; the others are told to the user.
EXACT, ALIAS, CODE, PREFIX, SHORT = "exact", "alias", "code", "prefix", "short"
TOLD = (CODE, PREFIX, SHORT)

_DIGITS = {character: place for place, character in enumerate("〇一二三四五六七八九")} | {"零": 0}
_ORDINAL = re.compile(r"[〇零一二三四五六七八九十百\d]+")
#: What may stand before a school's own name: 安徽省灵璧县下楼镇.
_AREA = re.compile(r"(?:[\u4e00-\u9fff]{1,6}?(?:省|自治区|市|县|区|镇|乡|街道))*")
_SEPARATORS = re.compile(r"[、,，;；/|\s]+")
#: A short form has at least two characters, and one with more is a name of its own.
_SHORT = range(2, 6)
_NEAREST = 3
#: Columns of a school list that are for the inspection and no information that the system keeps.
_OUR_OWN = ("serial", "short_name", "group", "remark")
#: From this share of a name's rows on, a second code is no slip of the pen.
_SECOND_CODE = 0.1
#: What the last character of a short form stands for.
_ENDINGS = {"中": "中学", "小": "小学", "初": "初", "高": "高"}


@dataclass(frozen=True, slots=True)
class School:
    """A school as the list has it."""

    name: str
    code: str | None = None
    group: str | None = None
    stage: str | None = None
    aliases: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    """Titles of the columns of the school list that are empty for it: evidence for 学校基本信息."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A name that means no school for sure."""

    name: str
    nearest: tuple[str, ...]


def name_key(text: str) -> str:
    """Return the form in which names of schools are compared: width, blanks and brackets folded, 第 of 第一 left out."""
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"第(?=[〇零一二三四五六七八九十百\d])", "", folded)


def ordinals(text: str) -> tuple[int, ...]:
    """Return the numbers in a school's name, in order: 第六中学 and 六中 are (6,), and no reading crosses (1,) and (2,)."""
    return tuple(_number(found) for found in _ORDINAL.findall(name_key(text)))


def _number(text: str) -> int:
    if text.isdigit() and text.isascii():
        return int(text)
    total, unit = 0, 0
    for character in text:
        if character in "十百":
            total += (unit or 1) * (10 if character == "十" else 100)
            unit = 0
        elif character in _DIGITS:
            unit = unit * 10 + _DIGITS[character]
        else:
            unit = unit * 10 + unicodedata.digit(character, 0)
    return total + unit


def _core(key: str) -> str:
    """Return a name's key without the province, county and town before it, unless nothing would be left."""
    match = _AREA.match(key)
    rest = key[match.end() :] if match else key
    return rest if len(rest) >= 3 else key


def _is_short_of(short: str, full: str) -> bool:
    """Say whether a name is a short form of another: its characters in order, the first of them first, the same numbers."""
    return any(_runs_through(short, whole) for whole in {full, _core(full)})


def _runs_through(short: str, whole: str) -> bool:
    if short[0] != whole[0] or ordinals(short) != ordinals(whole):
        return False
    # 下中 is a 中学, not a 中心小学.
    if short[-1] in _ENDINGS and _ENDINGS[short[-1]] not in whole:
        return False
    place = -1
    for character in short:
        place = whole.find(character, place + 1)
        if place < 0:
            return False
    return True


class Directory:
    """The schools of a county, and what their names may look like."""

    def __init__(self, schools: Iterable[School], *, complete: bool) -> None:
        """Index the schools.

        Args:
            schools: With distinct names.
            complete: Whether this is the county's own list: only then may a short form be read, since only then is it sure
                that no other school fits it.
        """
        self.schools = tuple(schools)
        self.complete = complete
        self.by_name = {school.name: school for school in self.schools}
        self._keys: dict[str, set[str]] = {}
        self._codes: dict[str, set[str]] = {}
        for school in self.schools:
            self._keys.setdefault(name_key(school.name), set()).add(school.name)
            if school.code:
                self._codes.setdefault(school.code, set()).add(school.name)
        self._aliases: dict[str, set[str]] = {}
        for school in self.schools:
            for alias in school.aliases:
                self._aliases.setdefault(name_key(alias), set()).add(school.name)

    def resolve(self, name: str | None, code: str | None = None) -> tuple[str, str] | None:
        """Return the school that a name and code mean, and how that is known; None where it is not sure."""
        key = name_key(name) if name else ""
        if key:
            for index, how in ((self._keys, EXACT), (self._aliases, ALIAS)):
                if (found := _only(index.get(key))) is not None:
                    return found, how
        if code and (found := _only(self._codes.get(code))) is not None:
            return found, CODE
        if not key:
            return None
        if (found := _only(self._with_area(key))) is not None:
            return found, PREFIX
        if self.complete and len(key) in _SHORT and (found := _only(self._with_short_form(key))) is not None:
            return found, SHORT
        return None

    def _with_area(self, key: str) -> set[str]:
        """Return schools whose name is this one with a county or town before it, or the other way round."""
        return {
            name
            for other, names in self._keys.items()
            for name in names
            if other != key and min(len(other), len(key)) >= 3 and _differs_by_area(key, other)
        }

    def _with_short_form(self, key: str) -> set[str]:
        return {name for other, names in self._keys.items() for name in names if _is_short_of(key, other)}

    def nearest(self, name: str) -> tuple[str, ...]:
        """Return the names most like one that means none: for the user to choose from, never chosen here."""
        from rapidfuzz import fuzz, process

        numbers = ordinals(name)
        likely = {name_key(s.name): s.name for s in self.schools if ordinals(s.name) == numbers}
        found = process.extract(
            name_key(name), list(likely), scorer=fuzz.partial_ratio, limit=_NEAREST, score_cutoff=50
        )
        return tuple(likely[key] for key, _, _ in found)


def _only(found: set[str] | None) -> str | None:
    if found is None or len(found) != 1:
        return None
    (name,) = found
    return name


def _differs_by_area(left: str, right: str) -> bool:
    longer, shorter = (left, right) if len(left) > len(right) else (right, left)
    return longer.endswith(shorter) and _AREA.fullmatch(longer[: -len(shorter)]) is not None


def read_school_list(rosters: Sequence[Roster]) -> tuple[list[School], list[str]]:
    """Read the county's list of schools.

    Args:
        rosters: Lists bound to the school schema.

    Returns:
        The schools, and names that stand in the list twice with different codes or groups.
    """
    found: dict[str, School] = {}
    twice: list[str] = []
    for roster in rosters:
        columns = {name: fold(roster.frame.get_column(name)) for name in roster.columns}
        frame = pl.DataFrame(columns)
        titles = {name: roster.schema.by_name[name].title for name in columns}
        # A list of a few hundred schools.
        for row in frame.iter_rows(named=True):
            name = row.get("school_name")
            if not name:
                continue
            short = [part for part in _SEPARATORS.split(row.get("short_name") or "") if part]
            school = School(
                name=name,
                code=row.get("school_code"),
                group=row.get("group"),
                stage=stage_of(name, row.get("school_code"), row.get("school_category")),
                aliases=tuple(short),
                blanks=tuple(titles[key] for key, value in row.items() if value is None and key not in _OUR_OWN),
            )
            before = found.setdefault(name, school)
            if (before.code, before.group) != (school.code, school.group):
                twice.append(name)
            elif before is not school:
                found[name] = replace(before, aliases=tuple(dict.fromkeys((*before.aliases, *school.aliases))))
    return list(found.values()), twice


def stage_of(name: str, code: str | None, category: str | None = None) -> str | None:
    """Return the one stage that a school is sure to have: from the list's column, else from its name or code."""
    names = pl.Series([category, name], dtype=pl.String)
    of_category, of_name = school_stages(names, pl.Series([None, code], dtype=pl.String)).to_list()
    found: str | None = of_category or of_name
    return found


def schools_of(named: pl.DataFrame) -> tuple[list[School], list[str]]:
    """Return the schools that the system's files name, where no list was given.

    Args:
        named: `school_text` and `school_code`, a row each time they are named together, null where not given.

    Returns:
        The schools, and names that stand with two codes so often that they may be two schools.
    """
    counted = (
        named.filter(pl.col("school_text").is_not_null())
        .with_columns(school_code=pl.when(pl.col("school_code").str.contains(r"^[0-9]{10}$")).then("school_code"))
        .group_by("school_text", "school_code")
        .len()
        .sort("school_text", "len", "school_code", descending=[False, True, False], nulls_last=True)
    )
    schools: dict[str, School] = {}
    rows: dict[str, list[int]] = {}
    # Some hundreds of schools; names that differ only in width or blanks are one.
    for name, code, count in counted.iter_rows():
        key = name_key(name)
        if key not in schools:
            schools[key] = School(name=name, code=code, stage=stage_of(name, code))
        elif schools[key].code is None and code is not None:
            schools[key] = replace(schools[key], code=code, stage=stage_of(schools[key].name, code))
        if code is not None:
            rows.setdefault(key, []).append(count)
    doubtful = [
        schools[key].name for key, counts in rows.items() if sum(sorted(counts)[:-1]) > _SECOND_CODE * sum(counts)
    ]
    return list(schools.values()), doubtful
