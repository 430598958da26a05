"""What is written differently about one child on the two days: key information child by child, everything else in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.model import FieldType
from xueji_cli.tables.table import ROW
from xueji_cli.values import codes
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.schema.model import CodeTable
    from xueji_cli.schema.roster import Roster

#: Key information (S001: 关键信息): a change needs an approval. Column of `children` → field of the schema.
KEY = {"name": "name", "id_number": "id_number", "sex": "sex", "born": "birth_date"}

#: Fields that are about the place and not the child, or that have a table of their own.
_NOT_OTHER = frozenset(
    {*KEY.values(), "serial", "school_code", "school_name", "grade", "class_name", "class_seat", "status"}
)

#: A field of a child that is not what it was. `what` is changed, filled or emptied.
CHANGE_SCHEMA = {
    "c": pl.UInt32, "field": pl.String, "old": pl.String, "new": pl.String, "what": pl.String,
}  # fmt: skip
#: A field in numbers.
OTHER_SCHEMA = {"field": pl.String, "title": pl.String, "changed": pl.UInt32, "filled": pl.UInt32, "emptied": pl.UInt32}


def key_changes(children: pl.DataFrame, sides: tuple[Sequence[Roster], Sequence[Roster]]) -> pl.DataFrame:
    """Return the key information that differs (`CHANGE_SCHEMA`), of children who are in both exports.

    A field that one side's tables do not have is not compared: a birth date that is read from the ID number is none of its own.

    Args:
        children: `fates.fates`.
        sides: The tables of both.
    """
    has = [[set(roster.columns) for roster in rosters] for rosters in sides]
    first_new = len(sides[0])
    both = children.filter(pl.col("row_o").is_not_null() & pl.col("row_n").is_not_null())
    found = []
    for column, field in KEY.items():
        with_field = [
            [place + offset for place, columns in enumerate(of_side) if field in columns]
            for of_side, offset in zip(has, (0, first_new), strict=True)
        ]
        compared = both.filter(pl.col("table_o").is_in(with_field[0]) & pl.col("table_n").is_in(with_field[1]))
        found.append(
            compared.select(
                "c",
                field=pl.lit(field),
                old=pl.col(f"{column}_o").cast(pl.String),
                new=pl.col(f"{column}_n").cast(pl.String),
            ).filter(pl.col("old").ne_missing(pl.col("new")))
        )
    return (
        pl.concat(found)
        .with_columns(what=_what(pl.col("old"), pl.col("new")))
        .select(pl.col(name).cast(kind) for name, kind in CHANGE_SCHEMA.items())
        .sort("c", "field")
    )


def _what(old: pl.Expr, new: pl.Expr) -> pl.Expr:
    return (
        pl.when(old.is_null())
        .then(pl.lit("filled"))
        .when(new.is_null())
        .then(pl.lit("emptied"))
        .otherwise(pl.lit("changed"))
    )


def other_changes(children: pl.DataFrame, sides: tuple[Sequence[Roster], Sequence[Roster]]) -> pl.DataFrame:
    """Return for every other field that both sides have how many children it changed of (`OTHER_SCHEMA`)."""
    everyone = (*sides[0], *sides[1])
    if not everyone:
        return pl.DataFrame(schema=OTHER_SCHEMA)
    schema = everyone[0].schema
    present = [{name for roster in rosters for name in roster.columns} for rosters in sides]
    both = children.filter(pl.col("row_o").is_not_null() & pl.col("row_n").is_not_null())
    wanted = [field for field in schema.fields if field.name in present[0] & present[1] - _NOT_OTHER]
    if not wanted or both.is_empty():
        return pl.DataFrame(schema=OTHER_SCHEMA)
    names = [field.name for field in wanted]
    halves = []
    first = 0
    for rosters, side in zip(sides, ("o", "n"), strict=True):
        rows = _cells(rosters, first, names)
        first += len(rosters)
        place = both.select("c", table=f"table_{side}", row=f"row_{side}")
        halves.append(place.join(rows, on=["table", "row"], how="left", maintain_order="left"))
    lines = []
    for field in wanted:
        cells = [half.get_column(field.name) for half in halves]
        with_column = halves[0].get_column(f"#{field.name}") & halves[1].get_column(f"#{field.name}")
        # Written alike is alike: only cells that differ are read.
        differ = with_column & cells[0].ne_missing(cells[1])
        old, new = (_read(each.filter(differ), field.type, field.code, schema.code_tables) for each in cells)
        told = pl.DataFrame({"old": old, "new": new}).filter(pl.col("old").ne_missing(pl.col("new")))
        if told.height:
            kinds = dict(told.group_by(_what(pl.col("old"), pl.col("new")).alias("what")).len().iter_rows())
            lines.append((field.name, field.title, *(kinds.get(what, 0) for what in ("changed", "filled", "emptied"))))
    return pl.DataFrame(lines, schema=OTHER_SCHEMA, orient="row")


def _cells(rosters: Sequence[Roster], first: int, names: Sequence[str]) -> pl.DataFrame:
    """Return the cells of some fields of all tables of a side, and beside each whether the table has the column."""
    frames = []
    for place, roster in enumerate(rosters, first):
        columns = roster.frame.columns
        frames.append(
            roster.frame.select(
                ROW,
                pl.lit(place, dtype=pl.UInt32).alias("table"),
                *(pl.col(name) if name in columns else pl.lit(None, dtype=pl.String).alias(name) for name in names),
                *(pl.lit(name in columns).alias(f"#{name}") for name in names),
            )
        )
    return pl.concat(frames)


def _read(cells: pl.Series, kind: FieldType, code: str | None, tables: Mapping[str, CodeTable]) -> pl.Series:
    """Return cells as they are compared: 汉 and 汉族 are one."""
    folded = fold(cells)
    if kind is FieldType.CODE and code is not None and code in tables:
        return (
            pl.DataFrame({"label": codes.read(folded, tables[code])[1], "text": folded})
            .select(pl.coalesce("label", "text"))
            .to_series()
        )
    return folded.to_frame("v").select(pl.col("v").str.to_lowercase()).to_series()
