"""One algebra for the names of classes: 一年级1班 = 一(1)班 = 小一1 = 1.1 = 101 = 2021级1班 of the right year.

What is not certain is null: a bare 1班 without a grade, a date that Excel made of 1-1, a class with no number.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values.grades import (
    JUNIOR,
    PRESCHOOL,
    PRIMARY,
    SENIOR,
    Calendar,
    Grade,
    is_date,
    number,
    read_grade,
    read_head,
    school_year,
    tidy,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["class_title", "parse_classes", "parse_grades", "school_stages", "school_year"]

#: No school has so many classes in a grade; a larger number is something else.
MOST_CLASSES = 60

#: Stage digit of a 7-digit 班号 (entry year 4, stage 1, class 2).
STAGE_DIGITS = {"1": PRIMARY, "2": JUNIOR, "3": SENIOR}

_GRADE_SCHEMA = {"stage": pl.String, "grade": pl.UInt8}
_CLASS_SCHEMA = {**_GRADE_SCHEMA, "class_no": pl.UInt8, "key": pl.String}

_HAN = r"[零〇○一二三四五六七八九十]{1,3}"
# 1班, (1)班, 一班, (一)班, 01, (12)
_CLASS = re.compile(rf"[-.]?\(?(?P<number>[0-9]{{1,2}}|{_HAN})\)?班?")
_NUMBERED = re.compile(r"[-.]?\(?(?P<number>[0-9]{3,4})\)?班?")
# 一(1)班, 1.1, 1-1, 七3, 3(12)班, 一一班: a bare number for the grade
_PAIR = re.compile(
    rf"(?P<grade>十[一二]?|[一二三四五六七八九]|1[0-2]|0?[1-9])"
    rf"(?:\((?P<in>[0-9]{{1,2}}|{_HAN})\)班?|[-.](?P<after>[0-9]{{1,2}}|{_HAN})班?)"
)
_HAN_PAIR = re.compile(r"(?P<grade>[一二三四五六七八九])(?:(?P<digits>[0-9]{1,2})班?|(?P<han>[一二三四五六七八九])班)")
_SCHOOL_STAGES = (
    (r"九年|十二年|一贯|完全中学|完中|中小学", None),
    (r"小学|完小|教学点|村小|[一二三四五六七八九十]小$|中心校$|实小$", PRIMARY),
    (r"初级中学|初中|初级", JUNIOR),
    (r"高级中学|高中", SENIOR),
    (r"幼儿园", PRESCHOOL),
)

_Answer = tuple[str | None, int | None, int | None]


def parse_grades(
    grades: pl.Series, school_year: int, *, stages: pl.Series | str | None = None, primary_years: int = 6
) -> pl.DataFrame:
    """Read a column of grade names.

    Args:
        grades: As written.
        school_year: The year in which the school year began.
        stages: Stage of each row's school (or of all), where known: see `school_stages`.
        primary_years: 6 (六三学制) or 5 (五四学制).

    Returns:
        `stage` and `grade` (1–12), as long as the column; null where not certain.
    """
    calendar = Calendar(school_year, primary_years)
    keys = pl.DataFrame({"grade_text": grades.cast(pl.String), "hint": _as_column(stages, len(grades))})

    def answer(text: str | None, hint: str | None) -> tuple[str | None, int | None]:
        grade = read_grade(text, calendar, hint) if text else None
        return (grade.stage, grade.number) if grade else (None, None)

    distinct = keys.unique()
    answers = [answer(text, hint) for text, hint in distinct.iter_rows()]
    return _spread(keys, distinct, pl.DataFrame(answers, schema=_GRADE_SCHEMA, orient="row"))


def parse_classes(
    classes: pl.Series,
    grades: pl.Series | None,
    school_year: int,
    *,
    stages: pl.Series | str | None = None,
    primary_years: int = 6,
    stage_digits: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Read a column of class names, with the column of grades beside it if there is one.

    Args:
        classes: As written.
        grades: Grade names as written; they settle a bare 1班. Where the two contradict each other, all is null.
        school_year: The year in which the school year began.
        stages: Stage of each row's school (or of all), where known: see `school_stages`. Without it 2024级 is certain
            only where no other stage lasts so long.
        primary_years: 6 (六三学制) or 5 (五四学制).
        stage_digits: Read a 7-digit 班号 as entry year 4, stage 1, class 2 with these stage digits (`STAGE_DIGITS`);
            None to leave it opaque, since not every province builds it so.

    Returns:
        `stage`, `grade` (1–12), `class_no`, and `key` (`1-01`, for joining; null unless grade and class are known).
    """
    calendar = Calendar(school_year, primary_years)
    height = len(classes)
    keys = pl.DataFrame(
        {
            "class_text": classes.cast(pl.String),
            "grade_text": _as_column(grades, height),
            "hint": _as_column(stages, height),
        }
    )
    distinct = keys.unique()
    # A loop in Python, over distinct names only: a county has a few hundred, however many pupils.
    digits = None if stage_digits is None else tuple(stage_digits.items())
    answers = [_read(*names, calendar=calendar, stage_digits=digits) for names in distinct.iter_rows()]
    read = pl.DataFrame(answers, schema=dict(list(_CLASS_SCHEMA.items())[:3]), orient="row").with_columns(
        key=pl.format("{}-{}", "grade", pl.col("class_no").cast(pl.String).str.zfill(2))
    )
    return _spread(keys, distinct, read)


def class_title(grade: int, class_no: int) -> str:
    """Return the name to show for a class: 一年级1班, 高一3班."""
    return (
        f"{'一二三四五六七八九'[grade - 1]}年级{class_no}班" if grade <= 9 else f"高{'一二三'[grade - 10]}{class_no}班"
    )


def school_stages(names: pl.Series | None, codes: pl.Series | None = None) -> pl.Series:
    """Say which stage a school is sure to have alone, from its name or its ten-digit code; null for all others.

    Args:
        names: School names.
        codes: 学校标识码; those of primary schools begin with 21, those of kindergartens with 11.
    """
    columns = [s.cast(pl.String).alias(n) for n, s in (("name", names), ("code", codes)) if s is not None]
    frame = pl.DataFrame(columns)
    by_name = pl.lit(None, dtype=pl.String)
    if names is not None:
        name = pl.col("name").str.replace_all(r"\s", "")
        for pattern, stage in reversed(_SCHOOL_STAGES):
            by_name = pl.when(name.str.contains(pattern)).then(pl.lit(stage, dtype=pl.String)).otherwise(by_name)
    if codes is not None:
        kind = pl.col("code").str.strip_chars().str.extract(r"^([0-9][0-9])[0-9]{8}$")
        by_code = kind.replace_strict({"21": PRIMARY, "11": PRESCHOOL}, default=None, return_dtype=pl.String)
        by_name = pl.coalesce(by_name, by_code)
    return frame.select(stage=by_name).to_series()


def _as_column(given: pl.Series | str | None, height: int) -> pl.Series:
    """Return a column of strings, from one or from a single value for all rows."""
    if isinstance(given, pl.Series):
        return given.cast(pl.String)
    return pl.Series([given], dtype=pl.String).new_from_index(0, height)


def _spread(keys: pl.DataFrame, distinct: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Give every row the answer of its distinct key."""
    told = pl.concat([distinct, answers], how="horizontal")
    joined = keys.join(told, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")
    return joined.select(answers.columns)


# The same names come again for each part of the rows, and for last year's calendar.
@lru_cache(maxsize=1 << 16)
def _read(
    text: str | None,
    grade_text: str | None,
    hint: str | None,
    *,
    calendar: Calendar,
    stage_digits: tuple[tuple[str, str], ...] | None,
) -> _Answer:
    """Read one class name with its grade column: (stage, grade, class number)."""
    beside = read_grade(grade_text, calendar, hint) if grade_text else None
    bare = tidy(text) if text else ""
    if not bare or is_date(bare):
        return _answer(beside, None)
    own, class_no = _named(bare, beside, hint, calendar, None if stage_digits is None else dict(stage_digits))
    if own and beside and own != beside:
        return None, None, None
    return _answer(own or beside, class_no)


def _answer(grade: Grade | None, class_no: int | None) -> _Answer:
    if class_no is not None and not 1 <= class_no <= MOST_CLASSES:
        class_no = None
    return (grade.stage, grade.number, class_no) if grade else (None, None, None)


def _named(
    bare: str, beside: Grade | None, hint: str | None, calendar: Calendar, stage_digits: Mapping[str, str] | None
) -> tuple[Grade | None, int | None]:
    """Return the grade that a class name itself gives, and the number of the class."""
    head = read_head(bare, calendar, hint)
    if head is not None:
        grade, rest = head
        if grade is None:
            return None, _class_number(rest, beside, calendar) if beside else None
        return grade, _class_number(rest, grade, calendar)
    if stage_digits and re.fullmatch(r"20[0-9]{5}", bare):
        stage = stage_digits.get(bare[4])
        return (calendar.cohort(int(bare[:4]), "级", stage), int(bare[5:])) if stage else (None, None)
    pair = _pair(bare, beside, hint, calendar)
    if pair is not None:
        return pair
    if beside is not None:
        # 二十一班 beside 二年级 may be class 21, or 二(十一)班.
        unsure = bare[1:2] == "十" and len(bare.removesuffix("班")) == 3 and number(bare[0]) == beside.number
        return None, None if unsure else _class_number(bare, beside, calendar)
    return _numbered(bare, hint, calendar)


def _pair(
    bare: str, beside: Grade | None, hint: str | None, calendar: Calendar
) -> tuple[Grade | None, int | None] | None:
    """Read a class written as two numbers, 一(1)班 or 1.1; None when it is not."""
    match = _PAIR.fullmatch(bare) or _HAN_PAIR.fullmatch(bare)
    if match is None:
        return None
    value = number(match["grade"])
    class_no = number(next(part for name, part in match.groupdict().items() if name != "grade" and part))
    return (_bare_grade(value, beside, hint, calendar), class_no) if value else None


def _bare_grade(value: int, beside: Grade | None, hint: str | None, calendar: Calendar) -> Grade | None:
    """Return the grade a bare number means: counted inside the stage where the row's grade or school says so."""
    for stage in (beside.stage if beside else None, hint):
        if stage in (JUNIOR, SENIOR):
            return calendar.grade(value, stage)
    return calendar.grade(value)


def _class_number(rest: str, grade: Grade, calendar: Calendar) -> int | None:
    """Return the class number in what is left of a name whose grade is known: (1)班, 01, 703班 of grade 7."""
    if match := _CLASS.fullmatch(rest):
        return number(match["number"])
    if (match := _NUMBERED.fullmatch(rest)) and grade.number and grade.stage:
        lead, class_no = int(match["number"][:-2]), int(match["number"][-2:])
        inside = grade.number - calendar.first(grade.stage) + 1
        return class_no if lead in (grade.number, inside) else None
    return None


def _numbered(bare: str, hint: str | None, calendar: Calendar) -> tuple[Grade | None, int | None]:
    """Read 101, 0101 or 1203: grade, then a class of two digits."""
    match = _NUMBERED.fullmatch(bare)
    if match is None:
        return None, None
    lead, class_no = int(match["number"][:-2]), int(match["number"][-2:])
    if not (1 <= lead <= 12 and 1 <= class_no <= MOST_CLASSES):
        return None, None
    return _bare_grade(lead, None, hint, calendar), class_no
