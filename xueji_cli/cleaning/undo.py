"""Take changes back: a cleaned table and the log of its changes give the original values again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.tables.table import ROW
from xueji_cli.values.text import put

if TYPE_CHECKING:
    from xueji_cli.tables.table import Table

_CELL = ["to_row", "to_column"]


@dataclass(frozen=True, slots=True)
class Undone:
    """A table with its original values.

    Attributes:
        headers: Of its columns, left to right.
        frame: The columns, by the names of the table's; without those that the cleaning had added.
        restored: How many cells have their original value again.
        edited: Cells that were changed after the cleaning and stay as they are: `to_row`, `to_column`.
    """

    headers: dict[str, str]
    frame: pl.DataFrame
    restored: int
    edited: pl.DataFrame


def undo(table: Table, log: pl.DataFrame) -> Undone:
    """Restore the values of a cleaned table.

    Args:
        table: The cleaned file as read.
        log: The changes of this file: `to_row`, `to_column`, `before`, `after`, `applied`, `field`.
    """
    # A cell may have been repaired and then filled: its first value counts, and its last is what stands there.
    cells = (
        log.filter(pl.col("applied") & pl.col("to_column").is_not_null() & pl.col("to_row").is_not_null())
        .group_by(_CELL, maintain_order=True)
        .agg(pl.col("before").first(), pl.col("after").last(), pl.col("field").first())
    )
    frame = table.frame
    places = {header: key for key, header in _headers(table).items()}
    rows = frame.select(to_row=pl.col(ROW)).with_row_index("i")
    edited = []
    restored = 0
    added = []
    for (header,), part in cells.partition_by("to_column", as_dict=True, maintain_order=True).items():
        key = places.get(str(header))
        if key is None:
            edited.append(part.select(_CELL))
            continue
        at = part.join(rows, on="to_row", how="left", maintain_order="left")
        here = frame.get_column(key).gather(at["i"])
        same = (here.eq_missing(at["after"]) & at["i"].is_not_null()).fill_null(value=False)
        edited.append(at.filter(~same).select(_CELL))
        back = at.filter(same)
        frame = frame.with_columns(put(frame.get_column(key), back["i"], back["before"]).alias(key))
        restored += back.height
        if part["field"].null_count() == part.height:
            added.append(key)
    # A column that only took what had no room elsewhere, and is empty again.
    gone = [key for key in added if frame.get_column(key).null_count() == frame.height]
    names = {key: header for key, header in _headers(table).items() if key not in gone}
    return Undone(
        headers={c.key: c.header for c in table.columns if c.key in names},
        frame=frame.select(ROW, *names),
        restored=restored,
        edited=pl.concat(edited) if edited else pl.DataFrame(schema={"to_row": pl.UInt32, "to_column": pl.String}),
    )


def _headers(table: Table) -> dict[str, str]:
    """Return key → header, those that occur twice told apart as `writing.headers` does."""
    seen: dict[str, int] = {}
    told = {}
    for column in table.columns:
        seen[column.header] = seen.get(column.header, 0) + 1
        told[column.key] = column.header if seen[column.header] == 1 else f"{column.header} ({seen[column.header]})"
    return told
