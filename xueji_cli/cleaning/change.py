"""Changes as one frame: a row per changed cell, per proposal, per cell that was left as it is, per row left out."""

from __future__ import annotations

from enum import StrEnum

import polars as pl


class Kind(StrEnum):
    """What became of a cell or row.

    SAFE      the meaning is certain: always applied
    UNSAFE    a proposal: applied only when the user says so
    LEFT      looks repairable and is not certain (03/04/2015, a name of two counties): left as it is
    ROW       a row that is no child (blank, a repeated header, 合计) was left out, or merged cells were filled
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    LEFT = "left"
    ROW = "row"


#: Columns of a frame of changes.
#:
#: table     index into the rosters
#: row       row as Excel shows it; null when it is about a whole column
#: field     schema field; null for rows
#: rule      code of the rule it repairs; several joined by `+`
#: kind      `Kind`
#: before    the cell as written; null where it was empty
#: after     what it is to be; null where it becomes empty
#: rest      what of the cell has no room in its column (a second telephone number) and goes to the one at the right
#: applied   whether the output has it
#: place     row of the merged rows, from 0; null for rows that are not among them
CHANGE_SCHEMA: pl.Schema = pl.Schema(
    {
        "table": pl.UInt32(),
        "row": pl.UInt32(),
        "field": pl.String(),
        "rule": pl.String(),
        "kind": pl.String(),
        "before": pl.String(),
        "after": pl.String(),
        "rest": pl.String(),
        "applied": pl.Boolean(),
        "place": pl.UInt32(),
    }
)


def no_changes() -> pl.DataFrame:
    """Return an empty frame of changes."""
    return pl.DataFrame(schema=CHANGE_SCHEMA)


def shape(changes: pl.DataFrame) -> pl.DataFrame:
    """Return changes with all columns in order, missing ones null."""
    lacking = [pl.lit(None, dtype=dtype).alias(n) for n, dtype in CHANGE_SCHEMA.items() if n not in changes.columns]
    return changes.with_columns(lacking).select(pl.col(name).cast(dtype) for name, dtype in CHANGE_SCHEMA.items())
