"""Findings as one frame: a row per finding, text rendered last."""

from __future__ import annotations

import polars as pl

#: Columns of a findings frame.
#:
#: rule      code of the rule
#: severity  error, warning, notice
#: table     index into the report's inputs
#: row       row as Excel shows it; null when the finding is about a whole column or sheet
#: position  0-based column position; null when it is about a row or sheet
#: field     schema field; null when the column is not bound
#: value     the cell as written; masked when shown
#: p1, p2    values that the message names; masked as the rule says
#: related   other places of the same matter (same ID …): at most `RELATED_LIMIT`
#: others    how many related places there are in all
#: school, class_name  of the row, as written, for grouping
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "rule": pl.String,
    "severity": pl.String,
    "table": pl.UInt32,
    "row": pl.UInt32,
    "position": pl.UInt32,
    "field": pl.String,
    "value": pl.String,
    "p1": pl.String,
    "p2": pl.String,
    "related": pl.List(pl.Struct({"table": pl.UInt32, "row": pl.UInt32})),
    "others": pl.UInt32,
    "school": pl.String,
    "class_name": pl.String,
}
FINDING_SCHEMA = pl.Schema(_COLUMNS)

#: How many related places a finding lists.
RELATED_LIMIT = 10


def no_findings() -> pl.DataFrame:
    """Return an empty findings frame."""
    return pl.DataFrame(schema=FINDING_SCHEMA)
