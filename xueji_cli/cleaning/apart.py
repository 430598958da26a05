"""Tables that were cleaned together taken apart again, as if each had been cleaned by itself: small files cost what their rows cost.

What a repair makes of a cell hangs on its row and never on another table, so only the columns of the outputs have to be told apart:
a column that no field claims, or that takes what had no room, is there only where a table has something in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.cleaning.engine import Cleaned
from xueji_cli.schema.roster import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from xueji_cli.schema.roster import Roster


def layout(roster: Roster) -> Hashable:
    """Return what two tables must have in common to be cleaned together and taken apart again."""
    flags = tuple(name for name in roster.frame.columns if name.endswith(NUMERIC))
    return roster.schema.name, roster.table.columns, tuple(roster.columns.items()), flags


def alike(cleaned: Cleaned) -> Iterator[tuple[list[int], Cleaned]]:
    """Yield the tables whose outputs have the same columns: which they are, and what was cleaned with these alone.

    Args:
        cleaned: Tables of one `layout`, each with a row at least.
    """
    names = [*cleaned.pool.others, *cleaned.rests]
    if not names:
        yield list(range(len(cleaned.pool.rosters))), cleaned
        return
    filled = cleaned.pool.rows.group_by("table", maintain_order=True).agg(pl.col(names).is_not_null().any())
    groups = filled.group_by(names, maintain_order=True).agg("table")
    for *has, tables in groups.iter_rows():
        there = {name for name, any_ in zip(names, has, strict=True) if any_}
        yield tables, _only(cleaned, tables, [name for name in cleaned.rests if name not in there])


def _only(cleaned: Cleaned, tables: list[int], empty: list[str]) -> Cleaned:
    """Return some of the tables, numbered anew, without the columns of `rests` that hold nothing."""
    pool = cleaned.pool
    number = pl.col("table").replace_strict(tables, range(len(tables)), return_dtype=pl.UInt32)
    kept = pl.col("table").is_in(tables)
    rows = pool.rows.with_row_index("was").filter(kept)
    places = rows.select(place="was").with_row_index("is")
    return Cleaned(
        pool=replace(
            pool,
            rosters=tuple(pool.rosters[table] for table in tables),
            rows=rows.drop("was", *empty).with_columns(number),
            numeric={},
        ),
        changes=cleaned.changes.filter(kept)
        .with_columns(number)
        .join(places, on="place", how="left", maintain_order="left")
        .with_columns(place="is")
        .drop("is"),
        rests={name: of for name, of in cleaned.rests.items() if name not in empty},
    )
