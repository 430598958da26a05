"""Clean the rows of many tables: safe repairs, then proposals, each logged with its rule."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.cleaning import proposals, schools
from xueji_cli.cleaning.change import CHANGE_SCHEMA, Kind, no_changes, shape
from xueji_cli.cleaning.repairs import Around, repair, resolve
from xueji_cli.tables import facts
from xueji_cli.tables.table import ROW
from xueji_cli.values.classes import school_year
from xueji_cli.values.text import put

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from xueji_cli.cleaning.pool import Pool
    from xueji_cli.cleaning.proposals import Reference
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster

#: What a reader did to a table → the rule that tells it.
_ROWS = {
    facts.MERGED_FILLED: "TB08",
    facts.HEADER_REPEATED: "TB09",
    facts.FOOTER_DROPPED: "TB10",
    facts.BLANK_ROWS: "TB16",
}

#: Rules that have a safe repair, and those that have a proposal. The rest of a rule's findings stays for a person.
SAFE = frozenset(
    {
        *("FD07", "FD08", "FD09", "NM04", "NM05", "NM06", "DT04", "CD02", "CD03", "CD04", "PH02", "PH04", "ID18"),
        *("CL01", "CL09"),
        *_ROWS.values(),
    }
)
UNSAFE = frozenset({"FD01", "DT03", "ID04", "ID05", "ID06", "ID20", "RN02"})
#: Rules that tell of a cell that looks repairable and is not, besides those above.
LEFT = frozenset({"CD01", "DT01", "PH01"})

_MOST_WORKERS = 8
#: Rounds after which a column is taken for clean: one repair may uncover what another one puts right.
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a run of cleaning is told.

    Attributes:
        as_of: Fixes which grade 七年级 … a class is in.
        rules: Codes of the rules whose repairs are applied.
        unsafe: Apply proposals too.
        reference: A list that destroyed numbers may be restored from.
        schools: Short name of a school → its name.
    """

    as_of: date
    rules: frozenset[str] = SAFE | UNSAFE | LEFT
    unsafe: bool = False
    reference: Reference | None = None
    schools: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Rows with what was changed in them.

    Attributes:
        pool: The rows, cleaned; `rests` of split cells are columns of their own.
        changes: See `change.CHANGE_SCHEMA`; ordered by table, row and field.
        rests: Name of the column that takes what had no room → the field it comes from.
    """

    pool: Pool
    changes: pl.DataFrame
    rests: Mapping[str, str]


def clean(pool: Pool, wishes: Wishes) -> Cleaned:
    """Clean pooled rows, and tell what the readers left out of their tables.

    Args:
        pool: The rows.
        wishes: What to do.
    """
    return clean_rows(pool, wishes, row_changes(pool.rosters))


def clean_rows(pool: Pool, wishes: Wishes, told: pl.DataFrame | None = None) -> Cleaned:
    """Clean pooled rows. What becomes of a row hangs on nothing but this row.

    Args:
        pool: The rows.
        wishes: What to do.
        told: Other changes to be told among those of the rows.
    """
    names = [name for name in pool.fields if name in pool.rows.columns]
    around = _around(pool, wishes)
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    # Polars lets go of the interpreter lock while it works, so columns are worked on side by side.
    with ThreadPoolExecutor(workers) as threads:
        repaired = list(threads.map(lambda name: _column(pool, name, around, wishes), names))
    rows = pool.rows.with_columns(column.alias(name) for name, (column, _, _) in zip(names, repaired, strict=True))
    found = [changes for _, changes, _ in repaired]
    rests = {name: rest for name, (_, _, rest) in zip(names, repaired, strict=True) if rest is not None}
    rows, named = schools.rename(rows, wishes)
    found.append(named)
    cleaned = replace(pool, rows=rows)
    proposed = proposals.propose(cleaned, wishes)
    if wishes.unsafe:
        rows = _apply(rows, proposed)
    found = [_without(changes, proposed) for changes in found]
    found.append(proposed.with_columns(applied=pl.lit(wishes.unsafe)))
    columns = {f"{name}#rest": rest for name, rest in rests.items()}
    rows = rows.with_columns(rest.alias(name) for name, rest in columns.items())
    return Cleaned(
        pool=replace(pool, rows=rows),
        changes=in_order([*([] if told is None else [told]), *_located(pool, found)], pool.fields),
        rests={name: name.removesuffix("#rest") for name in columns},
    )


def _without(changes: pl.DataFrame, proposed: pl.DataFrame) -> pl.DataFrame:
    """Return changes without the cells that were left and have a proposal: those are told once."""
    left = pl.col("kind") == Kind.LEFT.value
    if proposed.is_empty() or not changes.select(left.any()).item():
        return changes
    kept = changes.filter(left).join(proposed, on=["i", "field"], how="anti", maintain_order="left")
    return pl.concat([changes.filter(~left), kept])


def _around(pool: Pool, wishes: Wishes) -> Around:
    def column(name: str) -> pl.Series | None:
        return pool.rows.get_column(name) if name in pool.rows.columns else None

    return Around(
        code_tables=pool.schema.code_tables,
        school_year=school_year(wishes.as_of),
        numeric=pool.numeric,
        grades=column("grade"),
        schools=column("school_name"),
        school_codes=column("school_code"),
    )


def _column(pool: Pool, name: str, around: Around, wishes: Wishes) -> tuple[pl.Series, pl.DataFrame, pl.Series | None]:
    """Return a column cleaned, its changes (`i` in place of table and row), and what of its cells had no room."""
    written = pool.rows.get_column(name)
    target = pool.schema.by_name[name]
    cells, rest, found = written, None, None
    for _ in range(_ROUNDS):
        repairs = repair(cells, target, around)
        made = resolve(repairs, wishes.rules)
        if found is None:
            left = repairs.lazy().filter(pl.col("left").is_not_null()).select("i", "before", rule="left").collect()
        if made.is_empty():
            break
        cells = put(cells, made["i"], made["after"])
        over = made.filter(pl.col("rest").is_not_null())
        if over.height:
            rest = put(
                rest if rest is not None else pl.Series([None], dtype=pl.String).new_from_index(0, len(cells)),
                over["i"],
                over["rest"],
            )
        found = made if found is None else _joined(found, made)
    return cells, _changes(name, found, left, cells, wishes), rest


def _joined(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Return the changes of two rounds as one change a cell."""
    return (
        pl.concat([first, second])
        .group_by("i", maintain_order=True)
        .agg(
            pl.col("before").first(),
            pl.col("rule").unique(maintain_order=True).str.join("+"),
            pl.col("after").last(),
            pl.col("rest").drop_nulls().first(),
        )
    )


def _changes(
    name: str, made: pl.DataFrame | None, left: pl.DataFrame, cells: pl.Series, wishes: Wishes
) -> pl.DataFrame:
    parts = []
    if made is not None:
        parts.append(made.with_columns(kind=pl.lit(Kind.SAFE.value), applied=pl.lit(value=True)))
    kept = left.filter(pl.col("rule").is_in(list(wishes.rules)))
    if kept.height:
        parts.append(
            kept.with_columns(kind=pl.lit(Kind.LEFT.value), applied=pl.lit(value=False), after=cells.gather(kept["i"]))
        )
    if not parts:
        return pl.DataFrame(schema={"i": pl.UInt32, **CHANGE_SCHEMA})
    return pl.concat(parts, how="diagonal").with_columns(field=pl.lit(name))


def _apply(rows: pl.DataFrame, proposed: pl.DataFrame) -> pl.DataFrame:
    for (name,), part in proposed.partition_by("field", as_dict=True).items():
        rows = rows.with_columns(put(rows.get_column(str(name)), part["i"], part["after"]).alias(str(name)))
    return rows


def _located(pool: Pool, found: Sequence[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield changes with the table and row of each."""
    places = pool.rows.select("table", ROW)
    for changes in found:
        if changes.is_empty():
            continue
        at = places[changes["i"]]
        yield shape(
            changes.drop("table", "row", strict=False).with_columns(at["table"], at[ROW].alias("row"), place="i")
        )


def in_order(parts: Sequence[pl.DataFrame], fields: Sequence[str]) -> pl.DataFrame:
    """Return changes in the order of tables, rows and columns; those of whole tables in front of each table."""
    order = {name: index for index, name in enumerate(fields)}
    return (
        pl.concat([no_changes(), *parts])
        .with_columns(order=pl.col("field").replace_strict(order, default=-1, return_dtype=pl.Int32))
        .sort("table", "row", "order", "kind", nulls_last=False, maintain_order=True)
        .drop("order")
    )


def row_changes(rosters: Sequence[Roster | StreamedRoster]) -> pl.DataFrame:
    """Return the rows that the readers left out, and the columns in which they filled merged cells."""
    lines = []
    for index, roster in enumerate(rosters):
        bound = {column.position: name for name, column in roster.columns.items()}
        for fact in roster.table.facts:
            if fact.key in _ROWS:
                said = str(fact.params.get("rows") or fact.params.get("example") or "") or None
                lines.append(
                    {
                        "table": index,
                        "row": fact.row,
                        "field": None if fact.position is None else bound.get(fact.position),
                        "rule": _ROWS[fact.key],
                        "kind": Kind.ROW.value,
                        "after": said,
                        "applied": True,
                    }
                )
    return shape(pl.DataFrame(lines, infer_schema_length=None)) if lines else no_changes()
