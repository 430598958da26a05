"""Heads and classes of the two sides, per class, grade and school, and the proof that every total ties out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling.people import ACTUAL_REASONS, SYSTEM_REASONS
from xueji_cli.reconciling.problems import Problem

if TYPE_CHECKING:
    from xueji_cli.reconciling.people import Linked
    from xueji_cli.reconciling.places import ClassList

#: How a class stands. `virtual`: in the system, and nobody in the room; `unregistered`: in the room, and no such class in the
#: system; `uncounted`: one side gives no number that can be used.
BOTH, VIRTUAL, UNREGISTERED, UNCOUNTED = "both", "virtual", "unregistered", "uncounted"

#: Words under 复式班 that say no.
_NOT_COMBINED = ("否", "无", "不是", "0", "N", "n", "×")

#: Upper ends of class-size bands (教育部: 56 人及以上大班额, 66 人及以上超大班额) with the name of what is above the one before.
BANDS = ((45, "normal"), (55, "full"), (65, "large"))
ABOVE_BANDS = "very_large"

CLASS_SCHEMA = {
    "school": pl.String,
    "stage": pl.String,
    "grade": pl.UInt8,
    "key": pl.String,
    "class_label": pl.String,
    "system": pl.Int64,
    "actual": pl.Int64,
    "room": pl.String,
}


@dataclass(frozen=True, slots=True)
class Tally:
    """The numbers.

    Attributes:
        classes: A row per class that either side has: `CLASS_SCHEMA`, `difference`, `state`, `band`. Children whose class is not
            named stand in a row without `key`.
        grades: `school`, `grade`, and of each side `students_…` and `classes_…`, with `difference`.
        schools: `school`, `students_system`, `students_actual`, `classes_system`, `classes_actual`, `uncounted` (classes without
            a number); null where a side does not say.
        problems: Numbers that contradict one another.
        untied: (school, class, side) of every cell that is not the sum of its reasons. Always empty, unless there is a mistake in
            the program: then the user is told instead of shown a wrong number.
    """

    classes: pl.DataFrame
    grades: pl.DataFrame
    schools: pl.DataFrame
    problems: tuple[Problem, ...]
    untied: tuple[tuple[str, str, str], ...]


def tally(
    people: tuple[pl.DataFrame, pl.DataFrame],
    counts: tuple[pl.DataFrame, pl.DataFrame],
    classes: ClassList | None,
    linked: Linked | None,
) -> Tally:
    """Count both sides.

    Args:
        people: The system's children in the roll and the classrooms', with `places.PLACED`.
        counts: Numbers of headcount tables of both sides, placed too.
        classes: The class list: which classes share a room (复式班).
        linked: The linked children, whose reasons every total must tie out to.
    """
    sides: dict[str, pl.DataFrame] = {}
    problems: list[Problem] = []
    coarse: list[pl.DataFrame] = []
    for side, rows, numbers in zip(("system", "actual"), people, counts, strict=True):
        of_class, found = _by_class(rows, numbers, side)
        sides[side] = of_class
        problems += found
        coarse.append(numbers.filter(pl.col("level") != "class"))
    merged = _merge(sides["system"], sides["actual"], _rooms(counts, classes))
    grades = _by_grade(merged, coarse)
    problems += _contradictions(grades, coarse, ["school", "grade"], "grade")
    schools, found = _by_school(merged, grades, coarse)
    untied = _untied(merged, linked) if linked is not None else ()
    return Tally(_judged(merged), grades, schools, (*problems, *found), untied)


def _by_class(rows: pl.DataFrame, numbers: pl.DataFrame, side: str) -> tuple[pl.DataFrame, list[Problem]]:
    """Return the heads of one side per class, and what contradicts.

    A class list counts before a headcount of the same class: it can say who.
    """
    keys = ["school", "stage", "grade", "key", "class_label"]
    named = rows.group_by("school", "key").agg(
        *(pl.col(name).first() for name in ("stage", "grade", "class_label")), students=pl.len().cast(pl.Int64)
    )
    counted = numbers.filter(pl.col("level") == "class")
    single = counted.group_by("school", "key", maintain_order=True).agg(
        *(pl.col(name).first() for name in ("stage", "grade", "class_label")),
        students=pl.col("students").first(),
        others=pl.col("students").drop_nulls().unique(),
        missing=pl.col("students").is_null().any(),
    )
    problems = [
        Problem(
            "two_counts",
            fatal=True,
            params={"school": school, "named": label, "values": "、".join(map(str, sorted(values))), "side": side},
        )
        for school, label, values in single.filter(pl.col("others").list.len() > 1)
        .select("school", "class_label", "others")
        .iter_rows()
    ]
    clear = (pl.col("others").list.len() == 1) & ~pl.col("missing")
    single = single.with_columns(students=pl.when(clear).then(pl.col("others").list.first()))
    both = named.join(single, on=["school", "key"], suffix="_counted", nulls_equal=True)
    problems += [
        Problem(
            "list_and_count",
            fatal=True,
            params={"school": school, "named": label or "", "listed": listed, "counted": number, "side": side},
        )
        for school, label, listed, number in both.filter(pl.col("students") != pl.col("students_counted"))
        .select("school", "class_label", "students", "students_counted")
        .sort("school", "class_label")
        .iter_rows()
    ]
    alone = single.join(named, on=["school", "key"], how="anti", nulls_equal=True)
    columns = [*keys, "students"]
    return pl.concat([named.select(columns), alone.select(columns)]), problems


def _rooms(counts: tuple[pl.DataFrame, pl.DataFrame], classes: ClassList | None) -> pl.DataFrame:
    """Return `school`, `key` and `room` of classes that share a room with another (复式班): one class, not two."""
    pieces = [frame.select("school", "key", "combined") for frame in counts]
    if classes is not None:
        pieces.append(classes.classes.select("school", "key", "combined"))
    marked = pl.concat(pieces).filter(
        pl.col("key").is_not_null() & pl.col("combined").is_not_null() & ~pl.col("combined").is_in(_NOT_COMBINED)
    )
    return marked.unique(["school", "key"], keep="first", maintain_order=True).rename({"combined": "room"})


def _merge(system: pl.DataFrame, actual: pl.DataFrame, rooms: pl.DataFrame) -> pl.DataFrame:
    both = system.join(actual, on=["school", "key"], how="full", coalesce=True, suffix="_actual", nulls_equal=True)
    merged = both.select(
        "school",
        *(pl.coalesce(name, f"{name}_actual").alias(name) for name in ("stage", "grade")),
        "key",
        pl.coalesce("class_label", "class_label_actual").alias("class_label"),
        system="students",
        actual="students_actual",
        in_system=pl.col("class_label").is_not_null() | pl.col("students").is_not_null(),
        in_actual=pl.col("class_label_actual").is_not_null() | pl.col("students_actual").is_not_null(),
    )
    merged = merged.join(rooms, on=["school", "key"], how="left")
    return merged.sort("school", "grade", "key", nulls_last=True)


def _judged(merged: pl.DataFrame) -> pl.DataFrame:
    """Add difference, state and size band. Where one side has the class and the other side's list has not, that is nought."""
    system, actual = pl.col("system"), pl.col("actual")
    missing = (pl.col("in_system") & system.is_null()) | (pl.col("in_actual") & actual.is_null())
    nobody = pl.col("in_system") & (~pl.col("in_actual") | (actual == 0).fill_null(value=False))
    state = (
        pl.when(missing)
        .then(pl.lit(UNCOUNTED))
        .when(nobody)
        .then(pl.lit(VIRTUAL))
        .when(~pl.col("in_system"))
        .then(pl.lit(UNREGISTERED))
        .otherwise(pl.lit(BOTH))
    )
    band = pl.lit(ABOVE_BANDS)
    for most, name in reversed(BANDS):
        band = pl.when(actual <= most).then(pl.lit(name)).otherwise(band)
    return (
        merged.with_columns(state=state, band=pl.when(actual > 0).then(band))
        .with_columns(
            system=pl.when(pl.col("in_system")).then("system").otherwise(0),
            actual=pl.when(pl.col("in_actual")).then("actual").otherwise(0),
        )
        .with_columns(difference=pl.col("actual") - pl.col("system"))
    )


def _whole(values: pl.Expr) -> pl.Expr:
    """Return the sum, or null where one of the values is not known: a total of unknown parts is unknown."""
    return pl.when(values.null_count() == 0).then(values.sum())


def _sums(merged: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Return students and classes of both sides from class rows, grouped by `keys`."""
    room = pl.coalesce(pl.lit("*") + pl.col("room"), pl.col("key"))
    in_system, in_actual = pl.col("in_system"), pl.col("in_actual")
    in_room = in_actual & (pl.col("actual") != 0).fill_null(value=True)
    return merged.group_by(keys, maintain_order=True).agg(
        students_system=_whole(pl.col("system").filter(in_system)),
        students_actual=_whole(pl.col("actual").filter(in_actual)),
        classes_system=room.filter(in_system).drop_nulls().n_unique().cast(pl.Int64),
        classes_actual=room.filter(in_room).drop_nulls().n_unique().cast(pl.Int64),
        has_system=in_system.any(),
        has_actual=in_actual.any(),
        uncounted=((in_system & pl.col("system").is_null()) | (in_actual & pl.col("actual").is_null()))
        .sum()
        .cast(pl.Int64),
    )


def _laid_over(
    sums: pl.DataFrame, coarse: list[pl.DataFrame], keys: list[str], levels: tuple[str, ...]
) -> pl.DataFrame:
    """Fill the numbers of a side that has no classes there from its rows of a coarser level."""
    for side, numbers in zip(("system", "actual"), coarse, strict=True):
        of_level = (
            numbers.filter(pl.col("level").is_in(levels))
            .group_by(keys, maintain_order=True)
            .agg(students=_whole(pl.col("students")), classes=_whole(pl.col("classes")))
        )
        sums = sums.join(of_level, on=keys, how="full", coalesce=True, nulls_equal=True)
        has = pl.col(f"has_{side}").fill_null(value=False)
        given = pl.col("students").is_not_null() | pl.col("classes").is_not_null()
        sums = sums.with_columns(
            pl.when(has).then(f"students_{side}").otherwise("students").alias(f"students_{side}"),
            pl.when(has).then(f"classes_{side}").otherwise("classes").alias(f"classes_{side}"),
            (has | given.fill_null(value=False)).alias(f"has_{side}"),
        ).drop("students", "classes")
    return sums


def _by_grade(merged: pl.DataFrame, coarse: list[pl.DataFrame]) -> pl.DataFrame:
    sums = _sums(merged, ["school", "grade"])
    laid = _laid_over(sums, coarse, ["school", "grade"], ("grade",))
    return (
        laid.with_columns(
            pl.when(f"has_{side}").then(f"{what}_{side}").otherwise(None).alias(f"{what}_{side}")
            for side in ("system", "actual")
            for what in ("students", "classes")
        )
        .with_columns(difference=pl.col("students_actual") - pl.col("students_system"))
        .sort("school", "grade", nulls_last=True)
    )


def _by_school(
    merged: pl.DataFrame, grades: pl.DataFrame, coarse: list[pl.DataFrame]
) -> tuple[pl.DataFrame, list[Problem]]:
    """Return the schools' totals: the sums of their grades, or a row for the whole school where that is all there is."""
    # A room that grades share is a class of each of them, and one class of the school.
    rooms = [f"classes_{side}" for side in ("system", "actual")]
    by_grade = _sums(merged, ["school", "grade"]).group_by("school").agg(pl.col(name).sum() for name in rooms)
    own = (
        _sums(merged, ["school"])
        .join(by_grade, on="school", suffix="_by_grade")
        .select(
            "school",
            "uncounted",
            *((pl.col(f"{name}_by_grade") - pl.col(name)).alias(f"shared_{name}") for name in rooms),
        )
    )
    columns = []
    for side in ("system", "actual"):
        has = pl.col(f"has_{side}").fill_null(value=False)
        columns += [
            _whole(pl.col(f"{what}_{side}").filter(has)).alias(f"{what}_{side}") for what in ("students", "classes")
        ]
        columns.append(has.any().alias(f"has_{side}"))
    sums = grades.group_by("school", maintain_order=True).agg(columns)
    whole = _laid_over(sums, coarse, ["school"], ("school",))
    problems = _contradictions(whole, coarse, ["school"], "school")
    with_uncounted = whole.join(own, on="school", how="left").with_columns(
        pl.col("uncounted").fill_null(0),
        *(pl.col(name) - pl.col(f"shared_{name}").fill_null(0) for name in rooms),
    )
    return with_uncounted.sort("school"), problems


def _contradictions(sums: pl.DataFrame, coarse: list[pl.DataFrame], keys: list[str], level: str) -> list[Problem]:
    """Return totals that a table states and that are not the sum of their parts."""
    problems = []
    for side, numbers in zip(("system", "actual"), coarse, strict=True):
        stated = numbers.filter(pl.col("level") == level).group_by(keys).agg(stated=_whole(pl.col("students")))
        differs = pl.col("stated") != pl.col(f"students_{side}")
        found = stated.join(sums, on=keys, nulls_equal=True).filter(differs).sort(keys)
        for row in found.iter_rows(named=True):
            grade = row.get("grade")
            params = {
                "school": row["school"],
                "grade": "" if grade is None else grade,
                "stated": row["stated"],
                "summed": row[f"students_{side}"],
                "side": side,
            }
            problems.append(Problem("total_differs", fatal=True, params=params))
    return problems


def _untied(merged: pl.DataFrame, linked: Linked) -> tuple[tuple[str, str, str], ...]:
    """Return the cells whose number is not the sum of the reasons of their children, in classes that come from lists."""
    wrong: list[tuple[str, str, str]] = []
    for side, rows, reasons in (
        ("system", linked.system, SYSTEM_REASONS),
        ("actual", linked.actual, ACTUAL_REASONS),
    ):
        summed = (
            rows.group_by("school", "key")
            .agg(pl.col("reason").is_in([reason]).sum().alias(reason) for reason in reasons)
            .with_columns(explained=pl.sum_horizontal(reasons).cast(pl.Int64))
        )
        checked = summed.join(merged, on=["school", "key"], how="left", nulls_equal=True)
        bad = checked.filter(pl.col("explained").ne_missing(pl.col(side)))
        wrong += [(school, label or "", side) for school, label in bad.select("school", "class_label").iter_rows()]
    return tuple(wrong)
