"""Old + come − gone = new, in every school and class: counted on both sides, and proven."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from xueji_cli.tracking.fates import ARRIVED, LEFT, MOVED, STAYED
from xueji_cli.tracking.placing import LAST_GRADES

#: Columns of a table of flows besides the place: `opening`, one a reason (`in_<fate>`, `out_<fate>`), `closing`.
IN = tuple(f"in_{fate}" for fate in (*MOVED, *ARRIVED))
OUT = tuple(f"out_{fate}" for fate in (*MOVED, *LEFT))


@dataclass(frozen=True, slots=True)
class Flows:
    """The numbers.

    Attributes:
        classes: A row a class: `school`, `grade` (of the class by the second day), `key`, `old_label`, `new_label`, `opening`, `IN`,
            `OUT`, `closing`, and `come`, `gone`, the sums.
        schools: A row a school; moves inside it are in no column.
        county: One row; moves between schools are in no column.
        untied: Places whose numbers are not the sum of their reasons: never any, or the program is wrong.
    """

    classes: pl.DataFrame
    schools: pl.DataFrame
    county: pl.DataFrame
    untied: tuple[str, ...]


def flows(children: pl.DataFrame, old: pl.DataFrame, new: pl.DataFrame) -> Flows:
    """Count.

    Args:
        children: `fates.fates`.
        old: `Placed.old`: the opening numbers are counted here, not from the fates.
        new: `Placed.new`.
    """
    out_rows = children.filter(pl.col("counted_o").fill_null(value=False) & (pl.col("fate") != STAYED))
    in_rows = children.filter(pl.col("counted_n").fill_null(value=False) & (pl.col("fate") != STAYED))
    left = out_rows.select("fate", school="school_o", key="next_key_o", within=_within())
    came = in_rows.select("fate", school="school_n", key="next_key_n", within=_within())
    opening = old.filter("counted").select("school", key="next_key", grade="next_grade", label="class_label")
    closing = new.filter("counted").select("school", key="next_key", grade="next_grade", label="class_label")
    by_class = _table(["school", "key"], opening, closing, left, came)
    labels = [
        frame.group_by("school", "key").agg(
            pl.col("label").first().alias(f"{side}_label"), pl.col("grade").first().alias(f"{side}_grade")
        )
        for side, frame in (("old", opening), ("new", closing))
    ]
    for each in labels:
        by_class = by_class.join(each, on=["school", "key"], how="left", nulls_equal=True, maintain_order="left")
    by_class = by_class.with_columns(grade=pl.coalesce("new_grade", "old_grade")).drop("new_grade", "old_grade")
    by_class = by_class.sort("school", "grade", "key", nulls_last=True)
    apart = pl.col("within") != "school"
    by_school = _table(["school"], opening, closing, left.filter(apart), came.filter(apart)).sort("school")
    outside = pl.col("within") == "county"
    place = [
        frame.with_columns(all=pl.lit(1)) for frame in (opening, closing, left.filter(outside), came.filter(outside))
    ]
    county = _table(["all"], *place).drop("all")
    if county.is_empty():
        county = pl.DataFrame({name: [0] for name in county.columns}, schema=county.schema)
    untied = [
        " ".join(str(part) for part in row if part is not None)
        for frame, names in ((by_class, ("school", "key")), (by_school, ("school",)), (county, ()))
        for row in frame.filter(~_ties()).select(*names, "opening", "come", "gone", "closing").iter_rows()
    ]
    return Flows(by_class, by_school, county, tuple(untied))


def _within() -> pl.Expr:
    """Say how far a move goes: inside a school, between schools, or out of the county."""
    both = (pl.col("counted_o") & pl.col("counted_n")).fill_null(value=False)
    return (
        pl.when(~both)
        .then(pl.lit("county"))
        .when(pl.col("school_o") == pl.col("school_n"))
        .then(pl.lit("school"))
        .otherwise(pl.lit("schools"))
    )


def _ties() -> pl.Expr:
    return pl.col("opening") + pl.col("come") - pl.col("gone") == pl.col("closing")


def _table(
    place: list[str], opening: pl.DataFrame, closing: pl.DataFrame, left: pl.DataFrame, came: pl.DataFrame
) -> pl.DataFrame:
    places = pl.concat([frame.select(place) for frame in (opening, closing)]).unique(maintain_order=True)

    def joined(frame: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
        return frame.join(more, on=place, how="left", nulls_equal=True, maintain_order="left")

    table = joined(places, opening.group_by(place).agg(opening=pl.len()))
    table = joined(table, closing.group_by(place).agg(closing=pl.len()))
    for prefix, rows, names in (("in_", came, IN), ("out_", left, OUT)):
        counts = rows.group_by(place).agg(
            *((pl.col("fate") == name.removeprefix(prefix)).sum().alias(name) for name in names)
        )
        table = joined(table, counts)
    numbers = ["opening", *IN, *OUT, "closing"]
    table = table.with_columns(pl.col(numbers).fill_null(0).cast(pl.Int64))
    return table.select(
        *place, "opening", *IN, *OUT, "closing", come=pl.sum_horizontal(IN), gone=pl.sum_horizontal(OUT)
    )


def leaves_school(row: dict[str, object]) -> bool:
    """Return whether a class of a table of flows has left the school: nobody sits in it, and it was in a last grade."""
    grade = row["grade"]
    return not row["closing"] and row["new_label"] is None and isinstance(grade, int) and grade - 1 in LAST_GRADES
