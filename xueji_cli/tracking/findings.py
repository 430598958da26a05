"""What a person must look into: the rules of `checks.change_rules`, each a frame of children or entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.tracking import log_findings, people_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.tracking.case import Case

#: A finding. `p1` and `p2` are what its sentence names: a value, or `@` and the key of a word in the catalogues. `c` and `e` point to
#: the child and the entry; `other_*` to another roll or entry that it is about.
FINDING_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "rule": pl.String,
    "severity": pl.String,
    "c": pl.UInt32,
    "e": pl.UInt32,
    "school": pl.String,
    "grade": pl.UInt8,
    "class_label": pl.String,
    "name": pl.String,
    "id_number": pl.String,
    "p1": pl.String,
    "p2": pl.String,
    "old_table": pl.UInt32,
    "old_row": pl.UInt32,
    "new_table": pl.UInt32,
    "new_row": pl.UInt32,
    "log_table": pl.UInt32,
    "log_row": pl.UInt32,
    "other_table": pl.UInt32,
    "other_row": pl.UInt32,
}
#: What a finder gives, as far as it has it.
_GIVEN = ("c", "e", "school", "grade", "class_label", "p1", "p2", "other_table", "other_row")

FINDERS: Mapping[str, Callable[[Case, Mapping[str, str]], pl.DataFrame]] = {
    **people_findings.FINDERS,
    **log_findings.FINDERS,
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rule that could not be looked for, and what it lacks: `--log`, `windows`, or a column of the log."""

    code: str
    lacks: str


def find(case: Case, rules: Mapping[str, ActiveRule]) -> tuple[pl.DataFrame, tuple[Skipped, ...]]:
    """Return the findings (`FINDING_SCHEMA`), by school, class, rule and child, and the rules that could not be looked for.

    Args:
        case: The children and the log.
        rules: The rules of the run.
    """
    frames: list[pl.DataFrame] = []
    skipped: list[Skipped] = []
    for code, active in rules.items():
        if lacks := _lacks(case, active):
            skipped.append(Skipped(code, lacks))
            continue
        found = FINDERS[code](case, active.params)
        if found.height:
            frames.append(_whole(found, case, active))
    if not frames:
        return pl.DataFrame(schema=FINDING_SCHEMA), tuple(skipped)
    order = [
        "school",
        "grade",
        "class_label",
        "rule",
        "name",
        "old_table",
        "old_row",
        "new_table",
        "new_row",
        "log_row",
    ]
    return pl.concat(frames).sort(order, nulls_last=True, maintain_order=True), tuple(skipped)


def _lacks(case: Case, active: ActiveRule) -> str:
    if active.rule.option == "--log" and case.log is None:
        return "--log"
    if "windows" in active.params and not active.params["windows"]:
        return "windows"
    columns = log_findings.COLUMNS.get(active.rule.code)
    if columns and case.log is not None and not any(case.log[name].is_not_null().any() for name in columns):
        return columns[0]
    return ""


def _whole(found: pl.DataFrame, case: Case, active: ActiveRule) -> pl.DataFrame:
    """Add who a finding is about and where that stands."""
    types = {name: FINDING_SCHEMA[name] for name in _GIVEN}
    given = found.select(
        (pl.col(name).cast(kind) if name in found.columns else pl.lit(None, dtype=kind).alias(name))
        for name, kind in types.items()
    )

    def said(name: str) -> pl.Expr:
        return pl.coalesce(f"{name}_n", f"{name}_o")

    who = case.children.select(
        pl.col("c").cast(pl.UInt32),
        c_school=said("school"),
        c_grade=said("grade"),
        c_class=said("class_label"),
        name=said("name"),
        id_number=said("id_number"),
        old_table="table_o",
        old_row="row_o",
        new_table="table_n",
        new_row="row_n",
    )
    told = given.join(who, on="c", how="left", maintain_order="left")
    if case.log is not None:
        entry = case.log.select(
            pl.col("e").cast(pl.UInt32),
            e_school=pl.coalesce("school_name", "to_school", "from_school"),
            e_name="name",
            e_number=pl.coalesce("id_number", "roll_number"),
            log_table="table",
            log_row="row",
        )
        told = told.join(entry, on="e", how="left", maintain_order="left").with_columns(
            c_school=pl.coalesce("c_school", "e_school"),
            name=pl.coalesce("name", "e_name"),
            id_number=pl.coalesce("id_number", "e_number"),
        )
    told = told.with_columns(
        rule=pl.lit(active.rule.code),
        severity=pl.lit(active.severity.value),
        school=pl.coalesce("school", "c_school"),
        grade=pl.coalesce("grade", "c_grade"),
        class_label=pl.coalesce("class_label", "c_class"),
    )
    return told.select(
        (pl.col(name).cast(kind) if name in told.columns else pl.lit(None, dtype=kind).alias(name))
        for name, kind in FINDING_SCHEMA.items()
    )
