"""The columns of the output: those of the national template, of a schema, or as they came; what nobody could bind at the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.template import template_fields
from xueji_cli.tables.table import ROW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xueji_cli.cleaning.engine import Cleaned
    from xueji_cli.cleaning.pool import Pool
    from xueji_cli.schema.model import CodeTable, Field, Schema

NATIONAL, AS_IS = "national-71", "asis"

#: Headers of the columns that are added. They are data, the same in every language, and no field claims them.
REST = "{title}其余号码"
ORIGIN_FILE, ORIGIN_ROW = "来源文件", "来源行"
#: The table of the rows that name no school or class.
UNNAMED = "未填"

#: Characters that Windows, macOS or Linux refuse in the name of a file, and what steers a terminal.


@dataclass(frozen=True, slots=True)
class OutColumn:
    """A column of the output.

    Attributes:
        name: In the frame.
        header: As written.
        field: The field it holds; None where no field claims it.
    """

    name: str
    header: str
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One table to be written.

    Attributes:
        schema: Of its rows.
        code_tables: Of its columns' fields, by name.
        columns: Left to right.
        rows: The text of each column by its name, and `#place`, the row of the merged rows.
        name: What it is of (a school, a class, an input file), for the name of its file; empty when it is all.
    """

    schema: Schema
    code_tables: Mapping[str, CodeTable]
    columns: tuple[OutColumn, ...]
    rows: pl.DataFrame
    name: str = ""


#: Column of `Output.rows` with the row among the merged rows.
PLACE = "#place"
_FILE, _ROW = "#file", "#row"


def shape(cleaned: Cleaned, template: Schema | str, *, origin: bool = False) -> Output:
    """Return cleaned rows in the columns that were asked for. No row is left out, and no column that holds anything.

    Args:
        cleaned: The rows.
        template: `NATIONAL`, `AS_IS`, or the schema whose fields give the columns.
        origin: Add where each row comes from.
    """
    pool = cleaned.pool
    wanted = pool.schema if isinstance(template, str) else template
    # A list of classes or schools has no national template.
    as_it_came = template == AS_IS or (template == NATIONAL and not any(f.template for f in wanted.fields))
    columns = _as_is(pool) if as_it_came else _templated(pool, wanted)
    columns += [OutColumn(name, REST.format(title=pool.schema.by_name[of].title)) for name, of in cleaned.rests.items()]
    rows = pool.rows
    if origin:
        paths = [roster.table.source.path for roster in pool.rosters]
        file = pl.col("table").replace_strict(dict(enumerate(paths)), return_dtype=pl.String)
        rows = rows.with_columns(file.alias(_FILE), pl.col(ROW).cast(pl.String).alias(_ROW))
        columns += [OutColumn(_FILE, ORIGIN_FILE), OutColumn(_ROW, ORIGIN_ROW)]
    empty = pl.lit(None, dtype=pl.String)
    shown = [pl.col(c.name) if c.name in rows.columns else empty.alias(c.name) for c in columns]
    tables = {**wanted.code_tables, **pool.schema.code_tables}
    return Output(pool.schema, tables, tuple(columns), rows.select(shown).with_row_index(PLACE))


def _templated(pool: Pool, template: Schema) -> list[OutColumn]:
    """The template's columns, then the other fields of the rows, then what no field claims."""
    columns = [OutColumn(f.name, f.template_header or f.title, f) for f in template_fields(template)]
    placed = {column.name for column in columns}
    columns += [
        OutColumn(f.name, f.title, f)
        for f in pool.schema.fields
        if f.name in pool.rows.columns and f.name not in placed
    ]
    filled = [name for name in pool.others if pool.rows.get_column(name).null_count() < pool.rows.height]
    return columns + [OutColumn(name, pool.others[name]) for name in filled]


def _as_is(pool: Pool) -> list[OutColumn]:
    """The columns in the order and under the headers of the first table that has each."""
    columns: dict[str, OutColumn] = {}
    # The names that `pool` gave to unbound columns, found again by their headers.
    numbers = {(header, nth): name for name, (header, nth) in _nth(pool.others).items()}
    for roster in pool.rosters:
        fields = {column.position: name for name, column in roster.columns.items()}
        seen: dict[str, int] = {}
        for column in roster.table.columns:
            field = fields.get(column.position)
            if field is not None:
                columns.setdefault(field, OutColumn(field, column.header.strip(), pool.schema.by_name[field]))
                continue
            header = column.header.strip()
            nth = seen[header] = seen.get(header, -1) + 1
            name = numbers[header, nth]
            columns.setdefault(name, OutColumn(name, header))
    return list(columns.values())


def _nth(others: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    seen: dict[str, int] = {}
    answer = {}
    for name, header in others.items():
        nth = seen[header] = seen.get(header, -1) + 1
        answer[name] = (header, nth)
    return answer


def split(output: Output, by: Sequence[str]) -> Iterator[Output]:
    """Yield one table for each school or class, in the order in which they first come.

    Args:
        output: The whole table.
        by: Names of the columns whose values tell the tables apart.
    """
    for values, rows in output.rows.partition_by(list(by), as_dict=True, maintain_order=True).items():
        name = " ".join(str(value) for value in values if value is not None and str(value).strip())
        yield Output(output.schema, output.code_tables, output.columns, rows, name or UNNAMED)


#: A column of another kind in some files than in others is worth a look before it is merged.
_KINDS = {
    "number": r"^[+-]?[0-9]+(?:\.[0-9]+)?$",
    "date": r"^[0-9]{4}[-/.年][0-9]{1,2}(?:[-/.月][0-9]{1,2}日?)?$",
}
_MOSTLY = 0.9


def conflicts(pool: Pool, columns: Sequence[OutColumn]) -> list[tuple[str, dict[str, list[str]]]]:
    """Return the columns that hold numbers in some files and dates or text in others: header, kind → files.

    Fields whose type says what they hold are not among them: their cells are read one by one.
    """
    from xueji_cli.schema.model import FieldType

    if len(pool.rosters) < 2:
        return []
    free = [c for c in columns if (c.field is None or c.field.type is FieldType.TEXT) and c.name in pool.rows.columns]
    found = []
    for column in free:
        cell = pl.col(column.name)
        shares = (
            pool.rows.filter(cell.is_not_null())
            .group_by("table", maintain_order=True)
            .agg((cell.str.contains(pattern)).mean().alias(kind) for kind, pattern in _KINDS.items())
        )
        kinds: dict[str, list[str]] = {}
        for row in shares.sort("table").iter_rows(named=True):
            kind = next((kind for kind in _KINDS if row[kind] >= _MOSTLY), None)
            if kind is None and all(row[each] <= 1 - _MOSTLY for each in _KINDS):
                kind = "text"
            if kind is not None:
                kinds.setdefault(kind, []).append(pool.rosters[row["table"]].table.source.path)
        if len(kinds) > 1:
            found.append((column.header, kinds))
    return found
