"""Rows of many tables under the fields of one schema: different headers, orders and sheets, one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.schema.roster import NUMERIC

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster

#: Before the header of a column that no field claims, in the names of a pool's columns.
OTHER = "other:"


@dataclass(frozen=True, slots=True)
class Pool:
    """The rows of all tables, or some of them.

    Attributes:
        schema: Their schema.
        rosters: The tables; `rows.table` indexes them.
        rows: `table`, `row`, one column per field that any table has, and `other:<number>` for the columns that no field claims.
        fields: Names of the fields that any table has (`fields_of`).
        others: Name of a column that no field claims → its header as written.
        numeric: Field → which cells were stored as numbers, where a reader knows.
    """

    schema: Schema
    rosters: tuple[Roster | StreamedRoster, ...]
    rows: pl.DataFrame
    fields: tuple[str, ...]
    others: Mapping[str, str]
    numeric: Mapping[str, pl.Series]


def schema_of(rosters: Sequence[Roster | StreamedRoster]) -> Schema:
    """Return the schema of tables.

    Args:
        rosters: At least one.

    Raises:
        UserError: When they have several schemas: a list of classes is no roster of children.
    """
    schemas = {roster.schema.name: roster for roster in rosters}
    if len(schemas) > 1:
        named = "; ".join(f"{name}: {roster.table.source.path}" for name, roster in schemas.items())
        raise UserError("clean_several_schemas", files=named)
    return rosters[0].schema


def fields_of(rosters: Sequence[Roster | StreamedRoster]) -> tuple[str, ...]:
    """Return the names of the fields that tables have, in the order of the first table that has each."""
    known = [
        (table, column.position, name)
        for table, roster in enumerate(rosters)
        for name, column in roster.columns.items()
    ]
    return tuple(dict.fromkeys(name for _, _, name in sorted(known)))


def unclaimed(rosters: Sequence[Roster]) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Name the columns that no field claims: those of the same header are one, the second of a table with the second of another.

    Returns:
        For each table, key of a column → its name in the merged rows; and name → header.
    """
    names: dict[tuple[str, int], str] = {}
    tables: list[dict[str, str]] = []
    for roster in rosters:
        bound = {column.position for column in roster.columns.values()}
        named: dict[str, str] = {}
        seen: dict[str, int] = {}
        for column in roster.table.columns:
            if column.position in bound:
                continue
            header = column.header.strip()
            nth = seen[header] = seen.get(header, -1) + 1
            named[column.key] = names.setdefault((header, nth), f"{OTHER}{len(names)}")
        tables.append(named)
    return tables, {name: header for (header, _), name in names.items()}


def pool(rosters: Sequence[Roster]) -> Pool:
    """Put tables of one schema together.

    Args:
        rosters: At least one.

    Raises:
        UserError: As `schema_of`.
    """
    schema = schema_of(rosters)
    tables, others = unclaimed(rosters)
    parts = []
    for index, (roster, names) in enumerate(zip(rosters, tables, strict=True)):
        columns = [roster.table.frame.get_column(key).alias(name) for key, name in names.items()]
        parts.append(roster.frame.with_columns(columns).select(pl.lit(index, dtype=pl.UInt32).alias("table"), pl.all()))
    rows = parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal")
    rows, numeric = without_flags(rows)
    return Pool(schema, tuple(rosters), rows, fields_of(rosters), others, numeric)


def without_flags(rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """Return rows without the columns that say which cells were stored as numbers, and these, by the field of each."""
    flags = [name for name in rows.columns if name.endswith(NUMERIC)]
    return rows.drop(flags), {name.removesuffix(NUMERIC): rows[name].fill_null(value=False) for name in flags}
