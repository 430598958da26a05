"""The list of children who are somewhere else than the other side says, or differently: what a class teacher is handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling.result import CATEGORIES, PERSON_SCHEMA_KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.reconciling.people import Linked
    from xueji_cli.reconciling.result import SchoolResult

_TYPES: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(PERSON_SCHEMA_KEYS, pl.String),
    "grade": pl.UInt8,
    "system_table": pl.UInt32,
    "system_row": pl.UInt32,
    "actual_table": pl.UInt32,
    "actual_row": pl.UInt32,
    "possible_table": pl.UInt32,
    "possible_row": pl.UInt32,
}
PERSON_SCHEMA = {key: _TYPES[key] for key in PERSON_SCHEMA_KEYS}

_NULL = pl.lit(None, dtype=pl.String)


def persons(linked: Linked | None, schools: set[str]) -> pl.DataFrame:
    """Return the children with something to look at, by school, class and category.

    Args:
        linked: The linked lists.
        schools: Schools whose two sides are both lists.
    """
    if linked is None:
        return pl.DataFrame(schema=PERSON_SCHEMA)
    system = linked.system.filter(
        pl.col("reason").is_in(["registered_not_present", "present_elsewhere", "double", "by_status"])
    )
    actual = linked.actual.filter(pl.col("reason") != "stay")
    category = pl.col("reason").replace({"class_moved": "class_differs"})
    frames = [
        system.select(
            category.alias("category"),
            *_person(),
            other_school="school_a",
            other_class="class_label_a",
            status="status",
            excused="excused",
            how="how",
            field=_NULL,
            system=_NULL,
            actual=_NULL,
            system_table="table",
            system_row="row",
            actual_table="table_a",
            actual_row="row_a",
        ),
        actual.select(
            category.alias("category"),
            *_person(),
            other_school=pl.when(pl.col("school") != pl.col("school_s")).then("school_s"),
            other_class="class_label_s",
            status=pl.coalesce("status_s", "status"),
            excused="excused",
            how="how",
            field=_NULL,
            system=_NULL,
            actual=_NULL,
            system_table="table_s",
            system_row="row_s",
            actual_table="table",
            actual_row="row",
        ),
        _information(linked),
    ]
    frames[0] = _with_possible(frames[0], linked, "system")
    frames[1] = _with_possible(frames[1], linked, "actual")
    order = pl.Enum(CATEGORIES)
    return (
        pl.concat([frame.select(pl.col(key).cast(kind) for key, kind in PERSON_SCHEMA.items()) for frame in frames])
        .filter(pl.col("school").is_in(list(schools)))
        .with_columns(order=pl.col("category").cast(order))
        .sort(
            "school",
            "grade",
            "key",
            "order",
            "name",
            "system_table",
            "system_row",
            "actual_row",
            "field",
            nulls_last=True,
        )
        .drop("order")
    )


def _with_possible(frame: pl.DataFrame, linked: Linked, side: str) -> pl.DataFrame:
    """Point from a child who is missing on one side to one on the other who may be the same: not sure, so for a person to see."""
    places = linked.possible.join(linked.system.select("s", s_table="table", s_row="row"), on="s").join(
        linked.actual.select("a", a_table="table", a_row="row"), on="a"
    )
    own, other = ("s", "a") if side == "system" else ("a", "s")
    told = places.select(
        pl.col(f"{own}_table").alias(f"{side}_table"),
        pl.col(f"{own}_row").alias(f"{side}_row"),
        possible_table=f"{other}_table",
        possible_row=f"{other}_row",
    ).unique([f"{side}_table", f"{side}_row"], keep="first", maintain_order=True)
    return frame.drop("possible_table", "possible_row", strict=False).join(
        told, on=[f"{side}_table", f"{side}_row"], how="left", maintain_order="left"
    )


def _person() -> list[pl.Expr]:
    return [pl.col(name) for name in ("school", "grade", "key", "class_label", "name", "id_number")]


def _information(linked: Linked) -> pl.DataFrame:
    """Return what linked rows say differently, a row per field, with the places of both."""
    here = linked.actual.select("a", "grade", "name", "id_number", "table", "row", "excused")
    there = linked.system.select("s", system_table="table", system_row="row", status="status")
    return (
        linked.differs.join(here, on="a", how="left")
        .join(there, on="s", how="left")
        .select(
            pl.lit("information_differs").alias("category"),
            *_person(),
            other_school=_NULL,
            other_class=_NULL,
            status="status",
            excused="excused",
            how="how",
            field="field",
            system="system",
            actual="actual",
            system_table="system_table",
            system_row="system_row",
            actual_table="table",
            actual_row="row",
            possible_table=None,
            possible_row=None,
        )
    )


def sampled(schools: Sequence[SchoolResult], rolls: pl.DataFrame) -> pl.DataFrame:
    """Return who was drawn for the sampled items.

    Args:
        schools: With the evidence that names the children.
        rolls: The children in the roll, with `s`.

    Returns:
        `school`, `item`, `class_label`, `name`, `id_number`, `table`, `row`, and whether guardian, address and phone are blank:
        `no_guardian`, `no_address`, `no_phone`.
    """
    drawn = [
        (result.school.name, line.item.no, place)
        for result in schools
        for line in result.lines
        for evidence in line.evidence
        for place in evidence.sample
    ]
    chosen = pl.DataFrame(drawn, schema={"school": pl.String, "item": pl.String, "s": pl.UInt32}, orient="row")
    return chosen.join(rolls.drop("school"), on="s", how="left", maintain_order="left").select(
        "school",
        "item",
        "class_label",
        "name",
        "id_number",
        "table",
        "row",
        *(pl.col(name).is_null().alias(f"no_{name}") for name in ("guardian", "address", "phone")),
    )


def differing_places(left: str, right: str) -> list[int]:
    """Return the 1-based places at which two texts differ; of texts of different length, the places of the longer one."""
    from rapidfuzz.distance import Levenshtein

    places: set[int] = set()
    for step in Levenshtein.opcodes(left, right):
        if step.tag != "equal":
            places |= set(range(step.src_start + 1, max(step.src_end, step.src_start + 1) + 1))
    return sorted(places)
