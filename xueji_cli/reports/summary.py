"""Counts: how much was read, how much is wrong, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.rule import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.reports.report import CheckReport


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a run.

    Attributes:
        rows: Rows read.
        rows_with_errors: Rows with at least one finding of severity error.
        errors: Findings of that severity; likewise `warnings` and `notices`.
        by_rule: Code → findings, in the order of the codes.
        by_table: One row per input: `table`, `file`, `sheet`, `rows` and the counts of `COUNTS`.
        by_file: The same, per file.
        by_school: `school` and `COUNTS`; the worst first. Findings without a school are left out.
        by_class: `school`, `class_name` and `COUNTS`, likewise.
    """

    rows: int
    rows_with_errors: int
    errors: int
    warnings: int
    notices: int
    by_rule: Mapping[str, int]
    by_table: pl.DataFrame
    by_file: pl.DataFrame
    by_school: pl.DataFrame
    by_class: pl.DataFrame


#: What is counted in every group.
COUNTS = ("rows_with_errors", "errors", "warnings", "notices")


def summarise(report: CheckReport, view: pl.DataFrame, *, tables: Sequence[int] | None = None) -> Summary:
    """Count the findings of a view (see `reports.view`).

    Args:
        report: What was read.
        view: Findings, of all tables or of those in `tables`.
        tables: Count these tables only.
    """
    inputs = pl.DataFrame(
        {
            "table": range(len(report.rosters)),
            "file": [roster.table.source.path for roster in report.rosters],
            "sheet": [roster.table.source.sheet for roster in report.rosters],
            "rows": [roster.table.height for roster in report.rosters],
        },
        schema={"table": pl.UInt32, "file": pl.String, "sheet": pl.String, "rows": pl.UInt32},
    )
    if tables is not None:
        inputs = inputs.filter(pl.col("table").is_in(tables))
        view = view.filter(pl.col("table").is_in(tables))
    by_table = inputs.join(
        view.group_by("table").agg(_counts()), on="table", how="left", maintain_order="left"
    ).with_columns(pl.col(COUNTS).fill_null(0))
    by_rule = view.group_by("code").len().sort("code")
    total = view.select(_counts()).row(0, named=True)
    return Summary(
        rows=int(inputs["rows"].sum()),
        rows_with_errors=total["rows_with_errors"],
        errors=total["errors"],
        warnings=total["warnings"],
        notices=total["notices"],
        by_rule=dict(zip(by_rule["code"], by_rule["len"], strict=True)),
        by_table=by_table,
        by_file=by_table.group_by("file", maintain_order=True).agg(pl.col("rows", *COUNTS).sum()),
        by_school=_grouped(view, ["school"]),
        by_class=_grouped(view, ["school", "class_name"]),
    )


def _counts() -> list[pl.Expr]:
    wrong = pl.col("severity") == Severity.ERROR.value
    return [
        pl.struct("table", "row").filter(wrong & pl.col("row").is_not_null()).n_unique().alias("rows_with_errors"),
        wrong.sum().alias("errors"),
        (pl.col("severity") == Severity.WARNING.value).sum().alias("warnings"),
        (pl.col("severity") == Severity.NOTICE.value).sum().alias("notices"),
    ]


def _grouped(view: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    return (
        view.filter(pl.col(keys[-1]).is_not_null())
        .group_by(*keys)
        .agg(_counts())
        .sort("errors", "warnings", "notices", *keys, descending=[True, True, True, *([False] * len(keys))])
    )
