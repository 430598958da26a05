"""The children of both exports with their schools and classes under one name, and the class each is to be in by the second."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling import intake
from xueji_cli.reconciling.people import Statuses, in_roll
from xueji_cli.reconciling.places import Naming, name_schools, place_classes
from xueji_cli.reconciling.problems import Problem
from xueji_cli.reconciling.schools import Directory, School, read_school_list, schools_of
from xueji_cli.values import text
from xueji_cli.values.grades import JUNIOR, PRIMARY, SENIOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.schema.roster import Roster
    from xueji_cli.tracking.sides import SideDate

#: Last grades of the stages, and the first.
LAST_GRADES, FIRST_GRADES = (6, 9, 12), (1, 7, 10)
#: Compulsory schooling ends with this grade.
COMPULSORY = 9


@dataclass(frozen=True, slots=True)
class Placed:
    """Both exports, a row a roll.

    Attributes:
        old: `intake.PEOPLE_SCHEMA`, `places.PLACED`, `counted` (in the roll), `o` (its place); of the class that the row's
            class has become by the second day: `next_grade`, `next_key`, `next_label`.
        new: The same with `n`; `next_*` are its own class.
        years: How many school years begin between the two.
        problems: What was left out or read with care.
        naming: How names of schools were understood.
        directory: The schools.
    """

    old: pl.DataFrame
    new: pl.DataFrame
    years: int
    problems: tuple[Problem, ...]
    naming: tuple[Naming, ...]
    directory: Directory


def place(
    sides: tuple[Sequence[Roster], Sequence[Roster]],
    dates: tuple[SideDate, SideDate],
    schools: Sequence[Roster],
    statuses: Statuses | None = None,
) -> Placed:
    """Read and place both sides.

    Args:
        sides: Tables bound to the student schema; `table` counts through both.
        dates: The day of each side.
        schools: Lists of schools, if there are any.
        statuses: Who is in the roll.
    """
    problems: list[Problem] = []
    raw = []
    first = 0
    for rosters, day in zip(sides, dates, strict=True):
        rows, found = intake.people(rosters, first, day.day)
        raw.append(rows)
        problems += found
        first += len(rosters)
    raw = _named_by_files(raw)
    directory = _directory(raw, schools, problems)
    years = dates[1].year - dates[0].year
    naming: list[Naming] = []
    placed = []
    for rows, day, place_name in zip(raw, dates, ("o", "n"), strict=True):
        named, how = name_schools(rows, directory)
        naming.append(how)
        # A school that no list knows is a school all the same: every roll is counted somewhere.
        named = named.with_columns(school=pl.coalesce("school", "school_text", "school_code", "file_text"))
        frame = place_classes(named, directory, day.year)
        frame = in_roll(frame, statuses or Statuses()).drop("expected", "excused")
        placed.append(_with_next(frame, years if place_name == "o" else 0).with_row_index(place_name))
    return Placed(placed[0], placed[1], years, tuple(problems), tuple(naming), directory)


def _named_by_files(raw: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Give rows that name no school one by their file on both days: 青禾小学2025-03-10 and 青禾小学2025-09-20 are one.

    Where neither side names any school and each is one file, both files are of one school, whatever they are called.
    """
    raw = [rows.with_columns(file_text=text.on_distinct(rows.get_column("file_text"), _without_days)) for rows in raw]
    silent = all(rows[name].null_count() == rows.height for rows in raw for name in ("school_text", "school_code"))
    stems = [rows.get_column("file_text").unique().to_list() for rows in raw]
    if silent and all(len(each) == 1 for each in stems):
        raw = [rows.with_columns(file_text=pl.lit(stems[0][0], dtype=pl.String)) for rows in raw]
    return raw


def _without_days(names: pl.Series) -> pl.Series:
    bare = names.str.replace_all(r"20[0-9]{2}[-._年/]?[0-9]{1,2}(?:[-._月/]?[0-9]{1,2})?[日月]?", "").str.strip_chars(
        " -_()（）."
    )
    # A file that is called after its day alone keeps its name.
    return bare.zip_with(bare != "", names)


def _directory(raw: Sequence[pl.DataFrame], schools: Sequence[Roster], problems: list[Problem]) -> Directory:
    if schools:
        return Directory(read_school_list(schools)[0], complete=True)
    columns = ["school_text", "school_code"]
    found, doubtful = schools_of(pl.concat([rows.select(columns) for rows in raw]))
    problems += [Problem("two_codes", fatal=False, params={"school": name}) for name in doubtful]
    if not found:
        stems = [
            rows.select(school_text="file_text", school_code=pl.lit(None, dtype=pl.String)).unique() for rows in raw
        ]
        found = schools_of(pl.concat(stems))[0]
    names = [set(rows.get_column("school_text").drop_nulls().unique().to_list()) for rows in raw]
    return Directory(_renamed(found, names, problems), complete=False)


def _renamed(schools: list[School], names: list[set[str]], problems: list[Problem]) -> list[School]:
    """Make one school of two that have one code, the one named on the first day only and the other on the second only."""
    by_code: dict[str, list[School]] = {}
    for school in schools:
        if school.code:
            by_code.setdefault(school.code, []).append(school)
    gone: set[str] = set()
    kept = {school.name: school for school in schools}
    for pair in by_code.values():
        old = [school for school in pair if school.name not in names[1]]
        new = [school for school in pair if school.name not in names[0]]
        if len(pair) == 2 and len(old) == 1 and len(new) == 1:
            gone.add(old[0].name)
            kept[new[0].name] = replace(new[0], aliases=(old[0].name,))
            params = {"named": old[0].name, "school": new[0].name}
            problems.append(Problem("school_renamed", fatal=False, params=params))
    return [school for name, school in kept.items() if name not in gone]


def _with_next(rows: pl.DataFrame, years: int) -> pl.DataFrame:
    """Add the class that each row's class has become after so many school years: 三(2)班 is 四(2)班 a year on."""
    grade = pl.col("grade").cast(pl.Int16) + years
    # A name that says no number (海豚班) stays; the number of one that does moves up.
    number = pl.col("key").str.extract(r"^[0-9]+-([0-9]+)$")
    rows = rows.with_columns(
        next_grade=grade,
        next_key=pl.when(number.is_not_null() & (grade > 0)).then(pl.format("{}-{}", grade, number)).otherwise("key"),
        class_no=number,
    )
    if not years:
        return rows.with_columns(next_label="class_label")
    titles = rows.select("next_grade", "class_no").unique().drop_nulls()
    labels = titles.with_columns(
        pl.Series(
            "next_label",
            [class_label(grade, int(number)) for grade, number in titles.iter_rows()],
            dtype=pl.String,
        )
    )
    return rows.join(labels, on=["next_grade", "class_no"], how="left", maintain_order="left").with_columns(
        next_label=pl.coalesce("next_label", "class_label")
    )


def class_label(grade: int, number: int) -> str:
    """Return the name of a class; of one that has left the last grade, None of the names would do: 12 years and more."""
    from xueji_cli.values.classes import class_title

    return class_title(grade, number) if grade <= LAST_GRADES[-1] else f"{grade}-{number}"


def stage_of_grade(grade: pl.Expr) -> pl.Expr:
    """Return the stage of a grade."""
    return (
        pl.when(grade <= LAST_GRADES[0])
        .then(pl.lit(PRIMARY))
        .when(grade <= LAST_GRADES[1])
        .then(pl.lit(JUNIOR))
        .when(grade <= LAST_GRADES[2])
        .then(pl.lit(SENIOR))
    )
