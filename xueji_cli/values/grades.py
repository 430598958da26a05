"""Read the name of a grade: 一年级, 初一, 高2024级, 7 … and leave what comes after it to whoever reads classes.

A grade is a number from 1 (primary one) to 12 (senior three), whatever the words: 七年级, 初一 and 初中一年级 are 7.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

PRIMARY, JUNIOR, SENIOR, PRESCHOOL = "primary", "junior", "senior", "preschool"

#: Month in which every pupil moves up one grade.
TURN_MONTH = 8

_DIGITS = {"零": 0, "〇": 0, "○": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_HAN = "零〇○一二三四五六七八九十"

_STAGE_WORDS = {
    **dict.fromkeys(("小学部", "小学", "小"), PRIMARY),
    **dict.fromkeys(("初中部", "初级中学", "初中", "初"), JUNIOR),
    **dict.fromkeys(("高中部", "高级中学", "普通高中", "普高", "高中", "高"), SENIOR),
}
_STAGE = "|".join(sorted(_STAGE_WORDS, key=len, reverse=True))

_HAN_GRADE = "十二|十一|十|[一二三四五六七八九]"
_GRADE_WORD = re.compile(rf"(?P<stage>{_STAGE})?(?P<number>{_HAN_GRADE}|0?[1-9]|1[0-2])年级")
# 三年二班, 3年2班: said for 三年级二班, and only before a class.
_GRADE_YEAR = re.compile(rf"(?P<stage>{_STAGE})?(?P<number>{_HAN_GRADE}|[1-9])年(?=.*班$)")
_GRADE_STAGE = re.compile(rf"(?P<stage>{_STAGE})(?P<number>[一二三四五六七八九]|[1-9](?!\d))(?:年级|年)?")
_GRADE_LATIN = re.compile(r"(?:G|GRADE)(?P<number>1[0-2]|[1-9])(?!\d)(?:年级)?")
_COHORT = re.compile(
    rf"(?P<stage>{_STAGE})?(?P<year>20\d\d|\d\d(?=[级届]))(?P<kind>年级|级|届|(?=\(\d+\)班))(?P<after>小学|初中|高中|学生)?"
)
_PRESCHOOL = re.compile(r"(?:幼儿园|学前|幼儿)?(?P<name>大|中|小|托|学前|幼儿园)班?")
_PREPARATORY = re.compile(r"(?:初中)?(?:预备年级|预备班|预备|预初年级|预初)")
# A school's name or campus before the class; 小学 stays, since it says the stage.
_PREFIX = re.compile(r"^[^\d级届]*?(?:校区|分校|教学点|学校|中学|本部)(?=.)")
_PREFIX_PRIMARY = re.compile(r"^[^\d级届]+?(?=小学)")
_TERM = re.compile(r"\(?(?:上|下)(?:学期|册|半学期)?\)?$|[一二12]学期$")
_REMARK = re.compile(r"[(\[【][^()\[\]【】\d" + _HAN + r"]{2,}[)\]】]$")
# What Excel makes of 1-1 and 1.1, and serial numbers of dates.
_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?.*)?月?"
    r"|\d{1,2}月\d{1,2}日?|\d{1,2}月|[A-Z]{3}-\d{1,4}|\d{1,2}-[A-Z]{3}(?:-\d{2,4})?|\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}:\d\d.*"
)


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade as read: `number` is 1–12, None for preschool or where it can't be told."""

    stage: str | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """What turns words into grades.

    Attributes:
        school_year: The year in which the school year began.
        primary_years: 6 (六三学制) or 5 (五四学制).
    """

    school_year: int
    primary_years: int = 6

    def first(self, stage: str) -> int:
        """Return the number of a stage's first grade."""
        return {PRIMARY: 1, JUNIOR: self.primary_years + 1, SENIOR: 10}[stage]

    def last(self, stage: str) -> int:
        """Return the number of a stage's last grade."""
        return {PRIMARY: self.primary_years, JUNIOR: 9, SENIOR: 12}[stage]

    def stage(self, number: int) -> str:
        """Return the stage of a grade."""
        return PRIMARY if number <= self.primary_years else JUNIOR if number <= 9 else SENIOR

    def grade(self, number: int, stage: str | None = None) -> Grade | None:
        """Return the grade with this number, counted from 1 or inside its stage (初一 is 7, so is 初中七年级)."""
        if stage is not None:
            first, last = self.first(stage), self.last(stage)
            if stage != PRIMARY and number <= last - first + 1:
                number += first - 1
            if not first <= number <= last:
                return None
        return Grade(self.stage(number), number) if 1 <= number <= 12 else None

    def cohort(self, year: int, kind: str, stage: str | None) -> Grade | None:
        """Return the present grade of those who entered a stage (级) or leave it (届) in a year."""
        away = year - 1 - self.school_year if kind == "届" else self.school_year - year
        if stage == PRESCHOOL:
            return Grade(PRESCHOOL, None)
        if stage is None:
            # Primary school lasts longest: so many years from its end it can be no other.
            if away < max(9 - self.primary_years, 3):
                return None
            stage = PRIMARY
        last = self.last(stage) - self.first(stage)
        if not 0 <= away <= last:
            return None
        return Grade(stage, self.first(stage) + (last - away if kind == "届" else away))


def school_year(as_of: date) -> int:
    """Return the year in which the school year of a date began; it turns on 1 August."""
    return as_of.year if as_of.month >= TURN_MONTH else as_of.year - 1


def number(text: str) -> int | None:
    """Return the value of a number below 100 in digits or Chinese (二十一, 十, 〇三), else None."""
    if text.isascii():
        return int(text) if text.isdigit() and len(text) <= 2 else None
    if any(character not in _HAN for character in text):
        return None
    tens, ten, units = text.partition("十")
    if ten:
        if len(tens) > 1 or len(units) > 1:
            return None
        if "十" in units:
            return None
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[units] if units else 0)
    if len(text) == 1:
        return _DIGITS[text]
    return _DIGITS[text[1]] if len(text) == 2 and _DIGITS[text[0]] == 0 else None


@lru_cache(maxsize=1 << 16)
def tidy(text: str) -> str:
    """Return a grade's or class's name without what never matters: width, spaces, 第, a school's name, a remark."""
    bare = re.sub(r"[\s\u200b-\u200f\ufeff*★]+", "", unicodedata.normalize("NFKC", text)).upper()
    bare = bare.replace("[", "(").replace("]", ")").replace("【", "(").replace("】", ")").replace("第", "")
    bare = re.sub(r"班级$", "班", re.sub(r"[、,·・.。．_~—–-]+", lambda m: "." if m[0] != "-" else "-", bare))
    bare = _REMARK.sub("", bare)
    if bare.endswith(".0"):  # a number cell read as text
        bare = bare[:-2]
    return _without_school(bare)


def is_date(text: str) -> bool:
    """Say whether Excel has made a date of it: what it was is lost."""
    return _DATE.fullmatch(text) is not None


@lru_cache(maxsize=1 << 16)
def read_grade(text: str, calendar: Calendar, stage: str | None = None) -> Grade | None:
    """Read a cell that names a grade.

    Args:
        text: The cell.
        calendar: School year and length of primary school.
        stage: Stage of the whole school, where that is known: it settles 2024级 and 一年级 of a junior school.

    Returns:
        The grade, or None where it is not certain.
    """
    bare = _TERM.sub("", tidy(text))
    if not bare or is_date(bare):
        return None
    head = read_head(bare, calendar, stage)
    if head is not None:
        grade, rest = head
        return grade if rest in ("", "班", "学生") else None
    if re.fullmatch(r"20\d\d年?", bare):
        return calendar.cohort(int(bare[:4]), "级", stage)
    value = number(bare)
    return calendar.grade(value, _relative(value, stage, calendar)) if value else None


def _relative(value: int, stage: str | None, calendar: Calendar) -> str | None:
    """Return the stage inside which a bare number counts: 1–3 in a junior or senior school."""
    if stage in (JUNIOR, SENIOR) and value <= calendar.last(stage) - calendar.first(stage) + 1:
        return stage
    return None


def read_head(bare: str, calendar: Calendar, stage: str | None = None) -> tuple[Grade | None, str] | None:
    """Read the grade that a tidied name begins with.

    Returns:
        The grade (None inside when it names one that can't be told) and the rest of the name; None when the name does
        not begin with words for a grade.
    """
    if match := _COHORT.match(bare):
        said = _STAGE_WORDS.get(match["stage"] or match["after"] or "", stage)
        year = int(match["year"]) if len(match["year"]) == 4 else 2000 + int(match["year"])
        kind = "届" if match["kind"] == "届" else "级"
        rest = bare[match.end() :]
        nested = read_head(rest, calendar, stage) if rest else None
        # 2024级高一1班 says it twice; the plainer word counts.
        return nested if nested and nested[0] else (calendar.cohort(year, kind, said), rest)
    for pattern in (_GRADE_WORD, _GRADE_YEAR, _GRADE_STAGE, _GRADE_LATIN):
        if match := pattern.match(bare):
            groups = match.groupdict()
            value = number(groups["number"])
            said = _STAGE_WORDS.get(groups.get("stage") or "")
            rest = bare[match.end() :]
            if groups.get("stage") == "小" and rest == "班" and stage != PRIMARY:
                return None, rest  # 小一班: primary one, or the first of the youngest in a kindergarten
            if value:
                return calendar.grade(value, said or _relative(value, stage, calendar)), rest
    if match := _PREPARATORY.match(bare):
        known = Grade(JUNIOR, 6) if calendar.primary_years == 5 else None
        return known, bare[match.end() :]
    if (match := _PRESCHOOL.match(bare)) and _is_preschool(bare, match):
        return Grade(PRESCHOOL, None), bare[match.end() :]
    return None


def _is_preschool(bare: str, match: re.Match[str]) -> bool:
    """Say whether 大, 中, 小 stand for kindergarten: 大(1)班 and 中班 do, 小1 and 中一 may be schools."""
    name, rest = match["name"], bare[match.end() :]
    if name in ("学前", "幼儿园", "大", "托"):
        return name not in ("大", "托") or match[0].endswith("班") or rest.endswith("班")
    return match[0].endswith("班") and (not rest or number(rest.strip("()").removesuffix("班").strip("()")) is not None)


def _without_school(bare: str) -> str:
    """Take a school's name or a campus off the front: 实验小学三(2)班, 东校区七3."""
    match = _PREFIX_PRIMARY.match(bare) or _PREFIX.match(bare)
    return bare[match.end() :] if match else bare
