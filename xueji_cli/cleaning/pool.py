"""Rows of many tables under the fields of one schema: different headers, orders and sheets, one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.schema.roster import NUMERIC
from xueji_cli.tables.table import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster

#: Before the header of a column that no field claims, in the names of a pool's columns.
OTHER = "other:"


@dataclass(frozen=True, slots=True)
class Pool:
    """The rows of all tables.

    Attributes:
        schema: Their schema.
        rosters: The tables; `rows.table` indexes them.
        rows: `table`, `row`, one column per field that any table has, and `other:<number>` for the columns that no field claims.
        others: Name of such a column → its header as written.
        numeric: Field → which cells were stored as numbers, where a reader knows.
    """

    schema: Schema
    rosters: tuple[Roster, ...]
    rows: pl.DataFrame
    others: Mapping[str, str]
    numeric: Mapping[str, pl.Series]

    @property
    def fields(self) -> list[str]:
        """Names of the fields that the rows have, in the order of the first table that has each."""
        known = [
            (table, column.position, name)
            for table, roster in enumerate(self.rosters)
            for name, column in roster.columns.items()
        ]
        return list(dict.fromkeys(name for _, _, name in sorted(known)))


def pool(rosters: Sequence[Roster]) -> Pool:
    """Put tables of one schema together.

    Args:
        rosters: At least one.

    Raises:
        UserError: When they have several schemas: a list of classes is no roster of children.
    """
    schemas = {roster.schema.name: roster for roster in rosters}
    if len(schemas) > 1:
        named = "; ".join(f"{name}: {roster.table.source.path}" for name, roster in schemas.items())
        raise UserError("clean_several_schemas", files=named)
    names: dict[tuple[str, int], str] = {}
    parts: list[pl.DataFrame] = []
    for index, roster in enumerate(rosters):
        bound = {column.position for column in roster.columns.values()}
        others = []
        seen: dict[str, int] = {}
        for column in roster.table.columns:
            if column.position in bound:
                continue
            header = column.header.strip()
            # Columns of the same header are one, the second of a table with the second of another.
            nth = seen[header] = seen.get(header, -1) + 1
            name = names.setdefault((header, nth), f"{OTHER}{len(names)}")
            others.append(roster.table.frame.get_column(column.key).alias(name))
        parts.append(roster.frame.with_columns(others).select(pl.lit(index, dtype=pl.UInt32).alias("table"), pl.all()))
    rows = parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal")
    flags = [name for name in rows.columns if name.endswith(NUMERIC)]
    return Pool(
        schema=rosters[0].schema,
        rosters=tuple(rosters),
        rows=rows.drop(flags),
        others={name: header for (header, _), name in names.items()},
        numeric={name.removesuffix(NUMERIC): rows[name].fill_null(value=False) for name in flags},
    )


def place(pool: Pool) -> pl.DataFrame:
    """Return `table` and `row` of every pooled row, under its position `i`."""
    return pool.rows.select("table", ROW).with_row_index("i")
