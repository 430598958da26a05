"""A table whose columns are known: each one bound to a field of a schema, or listed as unbound."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xueji_cli.tables.table import frame_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from xueji_cli.schema.model import Schema
    from xueji_cli.tables.table import Column, Slice, Table

#: Suffix of the Boolean column beside a field that says which of its cells were stored as numbers.
NUMERIC = "#numeric"


@dataclass(frozen=True, slots=True)
class Roster:
    """A bound table.

    Attributes:
        table: The table as read.
        schema: The schema it was bound to.
        columns: Field name → the table's column.
        unbound: Columns with values that no field claims.
        passed_over: Field name → columns that also mean it but gave way to a better header; also in `unbound`.
        rows: The frame, or where it stands among others.
        frame: `row`, one String column per bound field (named by field, cells as written), and `<field>#numeric`
            where the reader knows cell types.
    """

    table: Table
    schema: Schema
    columns: Mapping[str, Column]
    unbound: tuple[Column, ...]
    rows: pl.DataFrame | Slice
    passed_over: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)

    @property
    def frame(self) -> pl.DataFrame:
        """The rows, columns named by field."""
        return frame_of(self.rows)
