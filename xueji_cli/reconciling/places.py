"""Which school and class each row belongs to: one name for each, the same on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling.problems import Problem
from xueji_cli.reconciling.schools import TOLD, Directory, Unmatched, name_key
from xueji_cli.values.classes import class_title, parse_classes
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.schema.roster import Roster

#: What `place` adds. `key` joins classes of the two sides: `1-01`, or the name as written where no grade and number can be
#: read in it; null where the row names no class.
PLACED = {"school": pl.String, "stage": pl.String, "grade": pl.UInt8, "key": pl.String, "class_label": pl.String}


@dataclass(frozen=True, slots=True)
class Naming:
    """How names of schools were understood.

    Attributes:
        told: (name as written, school, how) for names that were read with care, not plainly there.
        unmatched: Names that mean no school for sure, with the rows that are left out because of it.
    """

    told: tuple[tuple[str, str, str], ...]
    unmatched: tuple[tuple[Unmatched, int, int], ...]
    """Each with the number of the first table it stands in, and how many rows."""


def name_schools(rows: pl.DataFrame, directory: Directory) -> tuple[pl.DataFrame, Naming]:
    """Add the column `school`; rows whose school is not sure have null there.

    Args:
        rows: With the columns of `intake.PLACE`.
        directory: The schools.
    """
    keys = ["school_text", "school_code", "file_text"]
    distinct = rows.group_by(keys, maintain_order=True).agg(pl.col("table").first(), rows=pl.len())
    answers: list[str | None] = []
    told: dict[tuple[str, str, str], None] = {}
    unmatched: dict[str, tuple[Unmatched, int, int]] = {}
    # A loop over distinct names: a county has some hundreds of schools.
    for text, code, stem, table, count in distinct.iter_rows():
        found = _school(text, code, stem, directory)
        answers.append(found[0] if found else None)
        written = text or code or stem or ""
        if found is None:
            before = unmatched.get(written)
            near = before[0] if before else Unmatched(written, directory.nearest(written))
            unmatched[written] = (near, before[1] if before else table, count + (before[2] if before else 0))
        elif found[1] in TOLD:
            told[written, found[0], found[1]] = None
    school = distinct.select(*keys, pl.Series("school", answers, dtype=pl.String))
    named = rows.join(school, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return named, Naming(tuple(told), tuple(unmatched.values()))


def _school(text: str | None, code: str | None, stem: str | None, directory: Directory) -> tuple[str, str] | None:
    if text is not None or code is not None:
        return directory.resolve(text, code)
    if stem and (found := directory.resolve(stem)):
        return found
    within = {school.name for school in directory.schools if stem and name_key(school.name) in name_key(stem)}
    # 青禾镇第二小学一年级.xlsx holds 小学 too, if a school is called so: the longest name that all the others are part of.
    longest = max(within, key=len, default=None)
    if longest is not None and all(name_key(name) in name_key(longest) for name in within):
        return longest, "exact"
    if len(directory.schools) == 1:
        return directory.schools[0].name, "exact"
    return None


@dataclass(frozen=True, slots=True)
class ClassList:
    """The classes that a list says exist.

    Attributes:
        classes: `school`, `stage`, `grade`, `key`, `class_label`, `class_code`, `combined`: a row per class.
    """

    classes: pl.DataFrame


def place_classes(
    rows: pl.DataFrame, directory: Directory, school_year: int, classes: ClassList | None = None
) -> pl.DataFrame:
    """Add `stage`, `grade`, `key` and `class_label` to rows that have their school.

    Args:
        rows: With the columns of `intake.PLACE` and `school`.
        directory: The schools, whose stage settles 一年级 of a junior school.
        school_year: The year in which the school year began; turns 2021级1班 into a grade.
        classes: The class list: says which class a 班号 is.
    """
    names = ["school", "grade_text", "class_text", "class_code"]
    distinct = rows.select(names).unique(maintain_order=True)
    stages = {school.name: school.stage for school in directory.schools}
    hint = distinct.get_column("school").replace_strict(stages, default=None, return_dtype=pl.String)
    text = distinct.select(pl.coalesce("class_text", "class_code")).to_series()
    parsed = parse_classes(text, distinct.get_column("grade_text"), school_year, stages=hint)
    placed = distinct.with_columns(
        parsed.get_column("stage").fill_null(hint).alias("stage"),
        parsed.get_column("grade"),
        parsed.get_column("key"),
        parsed.get_column("class_no"),
        text.alias("text"),
    )
    if classes is not None:
        coded = classes.classes.filter(pl.col("class_code").is_not_null()).select(
            "school", text="class_code", c_stage="stage", c_grade="grade", c_key="key", c_label="class_label"
        )
        coded = coded.unique(["school", "text"], keep="none")
        placed = placed.join(coded, on=["school", "text"], how="left", maintain_order="left").with_columns(
            stage=pl.coalesce("c_stage", "stage"),
            grade=pl.coalesce("c_grade", "grade"),
            key=pl.coalesce("c_key", "key"),
        )
    labels = [
        class_title(grade, number) if grade and number else None
        for grade, number in placed.select("grade", "class_no").iter_rows()
    ]
    label = pl.Series("label", labels, dtype=pl.String)
    known = [pl.col("c_label")] if classes is not None else []
    # A name that can't be read still joins its like: the same words on both sides are one class.
    placed = placed.with_columns(
        class_label=pl.coalesce(*known, label, "text"),
        key=pl.coalesce("key", pl.when(pl.col("text").is_not_null()).then(pl.lit("?") + pl.col("text"))),
    )
    told = placed.select(*names, "stage", "grade", "key", "class_label")
    return rows.join(told, on=names, how="left", nulls_equal=True, maintain_order="left")


def read_class_list(
    rosters: Sequence[Roster], directory: Directory, school_year: int, first: int
) -> tuple[ClassList, Naming]:
    """Read lists of classes.

    Args:
        rosters: Tables bound to the class schema.
        directory: The schools.
        school_year: The year in which the school year began.
        first: Number of the first table.
    """
    from xueji_cli.reconciling.intake import file_text

    frames = []
    for number, roster in enumerate(rosters, first):
        frame = roster.frame

        def column(name: str, frame: pl.DataFrame = frame) -> pl.Series:
            if name in frame.columns:
                return fold(frame.get_column(name))
            return pl.Series([None] * frame.height, dtype=pl.String)

        frames.append(
            pl.DataFrame(
                {
                    "table": pl.Series([number] * frame.height, dtype=pl.UInt32),
                    "school_text": column("school_name"),
                    "school_code": column("school_code"),
                    "file_text": pl.Series([file_text(roster)] * frame.height, dtype=pl.String),
                    "grade_text": column("grade"),
                    "class_text": column("class_name"),
                    "class_code": column("class_code"),
                    "combined": column("combined"),
                }
            )
        )
    named, naming = name_schools(pl.concat(frames), directory)
    placed = place_classes(named.filter(pl.col("school").is_not_null()), directory, school_year)
    kept = placed.filter(pl.col("key").is_not_null()).unique(["school", "key"], keep="first", maintain_order=True)
    return ClassList(kept.select("school", "stage", "grade", "key", "class_label", "class_code", "combined")), naming


def unreadable_classes(system: pl.DataFrame, actual: pl.DataFrame) -> list[Problem]:
    """Return names of classes that can't be read and that the other side does not write in the same way.

    Args:
        system: `school`, `key`, `class_label` of the system's rows.
        actual: The same of the classrooms' rows.
    """
    problems = []
    for side, own, other in (("system", system, actual), ("actual", actual, system)):
        odd = own.filter(pl.col("key").str.starts_with("?")).select("school", "key", "class_label").unique()
        alone = odd.join(other.select("school", "key").unique(), on=["school", "key"], how="anti").sort("school", "key")
        problems += [
            Problem("class_unreadable", fatal=True, params={"school": school, "named": label, "side": side})
            for school, _, label in alone.iter_rows()
        ]
    return problems
