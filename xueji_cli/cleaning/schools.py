"""Short names of schools, put right by a list that the user gives: 实小 means one school here and another one there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.cleaning.change import CHANGE_SCHEMA, Kind

if TYPE_CHECKING:
    from xueji_cli.cleaning.engine import Wishes

#: The rule that short names break: one code, two names.
RULE = "CL01"


def rename(rows: pl.DataFrame, wishes: Wishes) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows with the names of the list, and the changes (`i` in place of table and row)."""
    nothing = pl.DataFrame(schema={"i": pl.UInt32, **CHANGE_SCHEMA})
    if not wishes.schools or "school_name" not in rows.columns or RULE not in wishes.rules:
        return rows, nothing
    written = rows.get_column("school_name")
    named = written.replace(dict(wishes.schools))
    positions = named.ne_missing(written).arg_true()
    if not len(positions):
        return rows, nothing
    changes = pl.DataFrame(
        {"i": positions.cast(pl.UInt32), "before": written.gather(positions), "after": named.gather(positions)}
    ).with_columns(
        field=pl.lit("school_name"), rule=pl.lit(RULE), kind=pl.lit(Kind.SAFE.value), applied=pl.lit(value=True)
    )
    return rows.with_columns(named.alias("school_name")), changes
