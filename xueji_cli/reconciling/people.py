"""Every child on either side has exactly one reason to be counted there: both sides then tie out to the sum of their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling.linking import link, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xueji_cli.reconciling.linking import Weigher

#: Reasons of a row of the system. All but `stay` explain a difference.
SYSTEM_REASONS = ("stay", "class_moved", "present_elsewhere", "by_status", "double", "registered_not_present")
#: Reasons of a row of the classrooms.
ACTUAL_REASONS = ("stay", "class_moved", "registered_elsewhere", "double", "present_not_registered")

#: Fields of two linked rows that may differ.
INFORMATION = ("name", "id_number", "sex", "born")


@dataclass(frozen=True, slots=True)
class Statuses:
    """Who counts on which side: parameters, since places differ (`domain` §2.10, §7.2).

    Attributes:
        in_roll: States that count in the system's numbers; a blank state counts as 在读.
        present: Those of them whose children are to be in the classroom.
        excused: Words in the state, source, boarding or remark of either list that explain why somebody is on one side only.
            Such a child is listed and counted, but is no case.
    """

    in_roll: tuple[str, ...] = ("在读", "休学", "复学", "流失")
    present: tuple[str, ...] = ("在读", "复学")
    excused: tuple[str, ...] = (
        "借读",
        "送教上门",
        "转出办理中",
        "转入办理中",
        "转学办理中",
        "请假",
        "病假",
        "工读学校",
        "专门学校",
        "特殊学校",
        "特教学校",
        "普职融合",
    )


def in_roll(rows: pl.DataFrame, statuses: Statuses) -> pl.DataFrame:
    """Return the system's rows with the columns `counted` (in the roll), `expected` (in the classroom) and `excused`."""
    state = pl.col("status")
    return rows.with_columns(
        counted=state.is_null() | state.is_in(statuses.in_roll) | ~_known_state(),
        expected=state.is_null() | state.is_in(statuses.present) | ~_known_state(),
        excused=_excuse(statuses.excused),
    )


def _known_state() -> pl.Expr:
    """Say whether a state is one of the code table; any other word there (借读) takes nobody out of the roll."""
    from xueji_cli.schema.codetables import load_code_table

    return pl.col("status").is_in([entry.label for entry in load_code_table("status").entries])


def _excuse(words: Iterable[str]) -> pl.Expr:
    """Return the first of the words that stands in the state, source or remark of a row."""
    said = pl.concat_str("status", "source", "remark", separator=" ", ignore_nulls=True)
    answer = pl.lit(None, dtype=pl.String)
    for word in reversed(list(words)):
        answer = pl.when(said.str.contains(word, literal=True)).then(pl.lit(word)).otherwise(answer)
    return answer


@dataclass(frozen=True, slots=True)
class Linked:
    """The two lists of children, each row with its reason and its other half.

    Attributes:
        system: The system's rows that are in the roll: `s`, all columns, `reason`, and of the other half `a`, `school_a`, `key_a`,
            `class_label_a`, `how`.
        actual: The classrooms' rows in the same way, with `s`, `school_s`, `key_s`, `class_label_s`, `status_s`.
        differs: Linked pairs with different information: `s`, `a`, `school`, `key`, `field`, `system`, `actual`.
        possible: `s`, `a` of children who may be one: a person must look.
    """

    system: pl.DataFrame
    actual: pl.DataFrame
    differs: pl.DataFrame
    possible: pl.DataFrame


def link_people(
    system: pl.DataFrame, actual: pl.DataFrame, statuses: Statuses, weigher: Weigher | None = None
) -> Linked:
    """Link two lists of children and give every row its reason.

    Args:
        system: The system's rows of all schools (`intake.PERSON`, `places.PLACED`), those that left the roll too.
        actual: The rows of class lists.
        statuses: Who counts.
        weigher: Weighs those whom nothing links exactly.
    """
    system = in_roll(system, statuses).with_row_index("s")
    actual = actual.with_columns(excused=_excuse(statuses.excused)).with_row_index("a")
    counted = system.filter("counted")
    pairs, possible = link(counted, actual, weigher)
    # Who is in the classroom and left the roll (转出, 退学) is found among those who are in no list any more.
    rest, _ = link(system.filter(~pl.col("counted")), actual.join(pairs, on="a", how="anti"), None)
    pairs = pl.concat([pairs, rest])
    system_side = _system_reasons(counted, actual, pairs)
    actual_side = _actual_reasons(system, actual, pairs)
    return Linked(system_side, actual_side, _differences(system, actual, pairs), possible.select("s", "a"))


def _half(rows: pl.DataFrame, place: str, *more: str) -> pl.DataFrame:
    """Return what one side says about a linked row, for the other side."""
    names = ("school", "key", "class_label", "table", "row", *more)
    return rows.select(place, *(pl.col(name).alias(f"{name}_{place}") for name in names))


def _same_class(place: str) -> pl.Expr:
    same = pl.col("key") == pl.col(f"key_{place}")
    # Where one side names no class, nothing speaks for another class.
    return same.fill_null(value=True)


def _system_reasons(counted: pl.DataFrame, actual: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    rows = counted.join(pairs, on="s", how="left", maintain_order="left")
    rows = rows.join(_half(actual, "a"), on="a", how="left", maintain_order="left")
    rows = rows.with_columns(number=number(rows))
    # A second roll of a child whose other roll has its other half: not a child who is missing.
    found = rows.filter(pl.col("a").is_not_null() & pl.col("number").is_not_null())
    twin = found.select(
        "number", "name", twin_school="school_a", twin_label="class_label_a", twin_place="school"
    ).unique(["number", "name"], keep="first", maintain_order=True)
    rows = rows.join(twin, on=["number", "name"], how="left", maintain_order="left")
    # Of several rolls of a child that is nowhere, one is a child who is missing, the others are doubles of it.
    again = (pl.int_range(pl.len()).over("number", "name", "school") > 0) & pl.col("number").is_not_null()
    linked, second = pl.col("a").is_not_null(), pl.col("twin_school").is_not_null()
    reason = (
        pl.when(linked & (pl.col("school") != pl.col("school_a")))
        .then(pl.lit("present_elsewhere"))
        .when(linked & ~_same_class("a"))
        .then(pl.lit("class_moved"))
        .when(linked)
        .then(pl.lit("stay"))
        .when(second & (pl.col("school") == pl.col("twin_place")))
        .then(pl.lit("double"))
        .when(second)
        .then(pl.lit("present_elsewhere"))
        .when(~pl.col("expected"))
        .then(pl.lit("by_status"))
        .when(again)
        .then(pl.lit("double"))
        .otherwise(pl.lit("registered_not_present"))
    )
    return rows.with_columns(
        reason=reason,
        school_a=pl.coalesce("school_a", "twin_school"),
        class_label_a=pl.coalesce("class_label_a", "twin_label"),
    ).drop("twin_school", "twin_label", "twin_place")


def _actual_reasons(system: pl.DataFrame, actual: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    rows = actual.join(pairs, on="a", how="left", maintain_order="left")
    rows = rows.join(_half(system, "s", "counted", "status"), on="s", how="left", maintain_order="left")
    rows = rows.with_columns(number=number(rows))
    found = rows.filter(pl.col("s").is_not_null() & pl.col("number").is_not_null())
    twin = found.select(
        "number", "name", twin_school="school_s", twin_label="class_label_s", twin_place="school"
    ).unique(["number", "name"], keep="first", maintain_order=True)
    rows = rows.join(twin, on=["number", "name"], how="left", maintain_order="left")
    again = (pl.int_range(pl.len()).over("number", "name", "school") > 0) & pl.col("number").is_not_null()
    # Who left the roll (转出, 退学) and sits in the classroom has no roll; the state stands beside the name.
    linked = pl.col("s").is_not_null() & pl.col("counted_s").fill_null(value=False)
    here = pl.col("school") == pl.col("school_s")
    second = pl.col("s").is_null() & pl.col("twin_school").is_not_null()
    reason = (
        pl.when(linked & ~here)
        .then(pl.lit("registered_elsewhere"))
        .when(linked & ~_same_class("s"))
        .then(pl.lit("class_moved"))
        .when(linked)
        .then(pl.lit("stay"))
        .when(second & (pl.col("school") == pl.col("twin_place")))
        .then(pl.lit("double"))
        .when(second)
        # On the lists of two schools, with a roll in one of them.
        .then(pl.lit("registered_elsewhere"))
        .when(pl.col("s").is_null() & again)
        .then(pl.lit("double"))
        .otherwise(pl.lit("present_not_registered"))
    )
    return rows.with_columns(
        reason=reason,
        school_s=pl.coalesce("school_s", "twin_school"),
        class_label_s=pl.coalesce("class_label_s", "twin_label"),
    ).drop("twin_school", "twin_label", "twin_place")


def _differences(system: pl.DataFrame, actual: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the fields in which linked rows say different things; a blank says nothing."""
    both = pairs.join(system, on="s").join(actual, on="a", suffix="_of_a")
    found = []
    for field in INFORMATION:
        other = pl.col(f"{field}_of_a")
        found.append(
            both.filter((pl.col(field) != other).fill_null(value=False)).select(
                "s",
                "a",
                "how",
                school="school_of_a",
                key="key_of_a",
                class_label="class_label_of_a",
                field=pl.lit(field),
                system=pl.col(field).cast(pl.String),
                actual=other.cast(pl.String),
            )
        )
    return pl.concat(found).sort("a", "field")
