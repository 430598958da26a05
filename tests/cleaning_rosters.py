"""Rosters cleaned as a core, and outputs read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
from rule_cases import Case, case_rows, make_roster, student

from xueji_cli.cleaning.change import Kind
from xueji_cli.cleaning.engine import Cleaned, Wishes, clean
from xueji_cli.cleaning.pool import pool
from xueji_cli.cleaning.shaping import NATIONAL, Output, shape
from xueji_cli.schema.binding import bind
from xueji_cli.schema.roster import Roster
from xueji_cli.tables.table import ROW, Column, Source, Table

DAY = date(2025, 10, 15)
WISHES = Wishes(as_of=DAY)


def cleaned(*tables: Roster, **wishes: object) -> Cleaned:
    return clean(pool(tables), replace(WISHES, **wishes))


def as_table(output: Output) -> Table:
    """Return an output as the table that its file would be read as."""
    columns = tuple(Column(position, column.header) for position, column in enumerate(output.columns))
    frame = output.rows.select(
        pl.int_range(2, pl.len() + 2, dtype=pl.UInt32).alias(ROW),
        *(pl.col(old.name).alias(new.key) for old, new in zip(output.columns, columns, strict=True)),
    )
    return Table(Source("out.xlsx", "学生", "xlsx", "0", None), 1, columns, frame)


def again(done: Cleaned, template: str = NATIONAL) -> Roster:
    return bind(as_table(shape(done, template)), student())


def one(**cells: str | None) -> dict[str, tuple[str | None, str | None, str]]:
    """Clean one child with these cells, and return field → before, after, rule of what was repaired."""
    row = {**case_rows(Case("FD01", "fits", "x"))[0][0], **cells}
    done = cleaned(make_roster(student(), list(row), [row]))
    made = done.changes.filter(pl.col("kind") == Kind.SAFE.value)
    return {
        field: (before, after, rule)
        for field, before, after, rule in made.select("field", "before", "after", "rule").rows()
    }
