"""Which cells of a workbook are marked, how badly, and what their comment says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.rule import Severity
from xueji_cli.messages import catalogue
from xueji_cli.reports.lines import cell_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.reports.report import CheckReport

#: Fills by severity: far enough apart in lightness to be told apart without colour, pale enough to read the cell.
FILLS = {"error": "FFB3B3", "warning": "FFE08A", "notice": "CFE5FA"}

#: Excel grows slow with many comments: the worst cells get one, all get their colour.
COMMENT_LIMIT = 50_000

COMMENT_WIDTH = 320
"""Pixels; `_COMMENT_CELLS` is what fits into a line of it."""
_COMMENT_CELLS = 46
_COMMENT_LINE = 17

_FINDINGS_IN_COMMENT = 12


def cell_marks(report: CheckReport, view: pl.DataFrame, tables: Sequence[int], lang: str) -> pl.DataFrame:
    """Return one row per marked cell, in order of the cells: table, row, position, severity, comment.

    A finding about a row is marked on its first cell, one about a column on the header, one about a sheet on the first
    header. Of cells beyond `COMMENT_LIMIT` the comment is null.
    """
    homes = pl.DataFrame(
        {
            "table": list(tables),
            "header_row": [report.rosters[index].table.header_row for index in tables],
            "first": [report.rosters[index].table.columns[0].position for index in tables],
        },
        schema={"table": pl.UInt32, "header_row": pl.UInt32, "first": pl.UInt32},
    )
    ranks = {severity.value: severity.rank for severity in Severity}
    names = {each.value: catalogue.text(lang, f"check.severity.{each.value}") for each in Severity}
    colon = catalogue.text(lang, "check.workbook.colon")
    more = catalogue.text(lang, "check.workbook.comment_more")
    sentence = pl.concat_str(
        pl.col("severity").replace_strict(names, return_dtype=pl.String),
        pl.lit(" "),
        "code",
        pl.lit(colon),
        "message",
        pl.when(pl.col("related_text").is_null())
        .then(pl.lit(""))
        .otherwise(pl.concat_str(pl.lit(" ("), "related_text", pl.lit(")"))),
        pl.when(pl.col("suggestion") == "").then(pl.lit("")).otherwise(pl.concat_str(pl.lit("\n→ "), "suggestion")),
    )
    marked = (
        view.join(homes, on="table", how="inner", maintain_order="left")
        .select(
            "table",
            pl.coalesce("row", "header_row").alias("row"),
            pl.coalesce("position", "first").alias("position"),
            pl.col("severity").replace_strict(ranks, return_dtype=pl.UInt8).alias("rank"),
            sentence.alias("sentence"),
        )
        .group_by("table", "row", "position", maintain_order=True)
        .agg(
            pl.col("rank").min(),
            pl.col("sentence").sort_by("rank", maintain_order=True).head(_FINDINGS_IN_COMMENT).str.join("\n"),
            (pl.len().cast(pl.Int64) - _FINDINGS_IN_COMMENT).alias("more"),
        )
        .with_columns(
            pl.when(pl.col("more") > 0)
            .then(pl.format("{}\n" + more.replace("{count}", "{}"), "sentence", "more"))
            .otherwise("sentence")
            .alias("comment"),
            pl.col("rank").replace_strict(list(ranks.values()), list(ranks), return_dtype=pl.String).alias("severity"),
        )
        .sort("table", "row", "position")
    )
    commented = pl.col("rank").rank("ordinal") <= COMMENT_LIMIT
    return marked.select("table", "row", "position", "severity", pl.when(commented).then("comment").alias("comment"))


def comment_height(text: str) -> int:
    """Return the pixels a comment of `COMMENT_WIDTH` needs to show all of its text."""
    lines = sum(max(1, math.ceil(cell_width(line, ambiguous=2) / _COMMENT_CELLS)) for line in text.split("\n"))
    return 14 + _COMMENT_LINE * lines
