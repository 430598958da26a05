"""Names of classes and grades written loosely (七3, 1-1, 101, 初一(3); 7, 七) and the plain name each surely means.

Stricter than reading them (`values.classes`), because something is to be changed by it: nothing may be lost, and nothing may hang on
today's date or on a stage that only a human knows.
"""

from __future__ import annotations

import polars as pl

from xueji_cli.values import text
from xueji_cli.values.classes import class_title, parse_classes, parse_grades

#: Spellings that are as good as the plain one: 七年级3班, 七年级(3)班, 初一3班, 高一(3)班, 三(2)班, and 3班 beside a grade.
_PROPER = (
    r"^(?:(?:[一二三四五六七八九]年级|[初高][一二三四])(?:[0-9]{1,2}|\([0-9]{1,2}\))班"
    r"|[一二三四五六七八九]\([0-9]{1,2}\)班|[0-9]{1,2}班)$"
)
_PROPER_GRADE = r"^(?:[一二三四五六七八九]年级|[初高][一二三四])$"

#: Only these words and signs: a school's name or a remark in the cell would be lost.
_ONLY = r"^(?:小学|初中|高中|年级|[零〇○一二三四五六七八九十0-9年级班第初高 ()\[\]【】.·。\-—_/、])+$"

#: 1.1 in a cell of a spreadsheet was 1.10 as likely.
_DECIMAL = r"^[0-9]+[.·。][0-9]*$"

#: Named by the year of entry or leaving: a way of its own to name a class, and not to be turned into this year's grade.
_COHORT = r"(?:20|二[〇○零])[0-9零〇○一二三四五六七八九]{2}|[0-9]{2}[级届]"

#: The grade is only counted, and so few that it may be counted within primary or junior or senior school.
_COUNTED = r"^第?(?:[一二三四]|0?[1-4])(?:年[^级]|[^0-9十年]|[0-9]{2}(?:[^0-9]|$)|[一二三四五六七八九]|[0-9]班?$)"


def plain_classes(
    classes: pl.Series, grades: pl.Series | None, stages: pl.Series | None, school_year: int
) -> pl.Series:
    """Return the plain name of each class that is loosely written and certain; null for all others.

    Args:
        classes: Folded names of classes.
        grades: The grade beside each, if there is such a column.
        stages: Stage of each row's school, where its name or code tells it (`classes.school_stages`).
        school_year: The year in which the school year began.
    """
    height = len(classes)
    read = parse_classes(classes, grades, school_year, stages=stages)
    before = parse_classes(classes, grades, school_year - 1, stages=stages)
    frame = read.select("grade", "class_no", last="grade").with_columns(
        before.get_column("grade").alias("last"),
        classes.alias("text"),
        _or_empty(grades, height).alias("beside"),
        _or_empty(stages, height).alias("stage"),
    )
    name = pl.col("text").str.replace_all(r"[ 　]", "")
    certain = (
        pl.col("class_no").is_not_null()
        & (pl.col("grade") == pl.col("last"))
        & ~name.str.contains(_PROPER)
        & name.str.contains(_ONLY)
        & ~name.str.contains(_DECIMAL)
        & ~name.str.contains(_COHORT)
        & (~name.str.contains(_COUNTED) | pl.col("beside").is_not_null() | pl.col("stage").is_not_null())
    )
    # A loop in Python, over the distinct names that are loosely written.
    meant = frame.filter(certain.fill_null(value=False)).select("grade", "class_no").unique()
    titles = [class_title(*each) for each in meant.iter_rows()]
    named = meant.with_columns(title=pl.Series(titles, dtype=pl.String))
    return (
        frame.join(named, on=["grade", "class_no"], how="left", maintain_order="left")
        .select(pl.when(certain).then("title"))
        .to_series()
    )


def plain_grades(grades: pl.Series, stages: pl.Series | None, school_year: int) -> pl.Series:
    """Return the plain name of each grade that is loosely written and certain; null for all others.

    Args:
        grades: Folded names of grades.
        stages: As in `plain_classes`.
        school_year: The year in which the school year began.
    """
    height = len(grades)
    read = parse_grades(grades, school_year, stages=stages).get_column("grade")
    before = parse_grades(grades, school_year - 1, stages=stages).get_column("grade")
    frame = pl.DataFrame(
        {"text": grades, "grade": read, "last": before, "stage": _or_empty(stages, height)},
    )
    name = pl.col("text").str.replace_all(r"[ 　]", "")
    few = name.str.contains(r"^(?:[一二三四]|0?[1-4])(?:班)?$")
    certain = (
        (pl.col("grade") == pl.col("last"))
        & ~name.str.contains(_PROPER_GRADE)
        & name.str.contains(r"^第?(?:小学)?(?:[0-9]{1,2}|[一二三四五六七八九十]{1,2})(?:年级|年)?$")
        & (~few | pl.col("stage").is_not_null())
    )
    titles = {number: class_title(number, 1).removesuffix("1班") for number in range(1, 13)}
    title = pl.col("grade").replace_strict(titles, default=None, return_dtype=pl.String)
    return frame.select(pl.when(certain).then(title)).to_series()


def _or_empty(column: pl.Series | None, height: int) -> pl.Series:
    if column is not None:
        return column.cast(pl.String)
    return pl.Series([None], dtype=pl.String).new_from_index(0, height)


def loose(classes: pl.Series) -> pl.Series:
    """Return the positions of names that are not plainly proper: only these need a closer look."""
    return text.on_distinct(classes, lambda names: ~names.str.contains(_PROPER)).fill_null(value=False).arg_true()


def loose_grades(grades: pl.Series) -> pl.Series:
    """Return the positions of grades that are not plainly proper."""
    return text.on_distinct(grades, lambda names: ~names.str.contains(_PROPER_GRADE)).fill_null(value=False).arg_true()
