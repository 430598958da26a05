"""The columns of the output: those of the national template, of a schema, or as they came; what nobody could bind at the right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.model import FieldType
from xueji_cli.schema.template import template_fields
from xueji_cli.tables.table import ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from xueji_cli.cleaning.engine import Cleaned
    from xueji_cli.cleaning.pool import Pool
    from xueji_cli.schema.model import CodeTable, Field, Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster

NATIONAL, AS_IS = "national-71", "asis"

#: Headers of the columns that are added. They are data, the same in every language, and no field claims them.
REST = "{title}其余号码"
ORIGIN_FILE, ORIGIN_ROW = "来源文件", "来源行"
#: The table of the rows that name no school or class.
UNNAMED = "未填"


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
        rows: The text of each column by its name, and `#place`, the row of the merged rows; without any where they are in pieces.
        name: What it is of (a school, a class, an input file), for the name of its file; empty when it is all.
        pieces: Gives rows that are not in memory, each time from the first.
        streamed: How many those are.
    """

    schema: Schema
    code_tables: Mapping[str, CodeTable]
    columns: tuple[OutColumn, ...]
    rows: pl.DataFrame
    name: str = ""
    pieces: Callable[[], Iterator[pl.DataFrame]] | None = None
    streamed: int | None = None

    @property
    def height(self) -> int:
        """How many rows it has."""
        return self.rows.height if self.streamed is None else self.streamed

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield its rows, in one piece or in many."""
        yield from [self.rows] if self.pieces is None else self.pieces()


#: Column of `Output.rows` with the row among the merged rows.
PLACE = "#place"
_FILE, _ROW = "#file", "#row"


@dataclass(frozen=True, slots=True)
class Holding:
    """What cleaned rows hold: all that the columns of an output hang on.

    Attributes:
        schema: Of the rows.
        rosters: Their tables.
        fields: Fields that any table has.
        others: Name of a column that no field claims → its header.
        filled: Those of them that hold anything.
        rests: As `engine.Cleaned.rests`.
    """

    schema: Schema
    rosters: tuple[Roster | StreamedRoster, ...]
    fields: tuple[str, ...]
    others: Mapping[str, str]
    filled: Collection[str]
    rests: Mapping[str, str]


def shape(cleaned: Cleaned, template: Schema | str, *, origin: bool = False) -> Output:
    """Return cleaned rows in the columns that were asked for. No row is left out, and no column that holds anything.

    Args:
        cleaned: The rows.
        template: `NATIONAL`, `AS_IS`, or the schema whose fields give the columns.
        origin: Add where each row comes from.
    """
    pool = cleaned.pool
    rows = pool.rows
    filled = [name for name in pool.others if rows.get_column(name).null_count() < rows.height]
    holding = Holding(pool.schema, pool.rosters, pool.fields, pool.others, filled, cleaned.rests)
    head = shape_head(holding, template, origin=origin)
    return replace(head, rows=shaped(rows, head.columns, holding).with_row_index(PLACE))


def shape_head(holding: Holding, template: Schema | str, *, origin: bool = False) -> Output:
    """Return an output without its rows; the arguments as those of `shape`."""
    wanted = holding.schema if isinstance(template, str) else template
    # A list of classes or schools has no national template.
    as_it_came = template == AS_IS or (template == NATIONAL and not any(f.template for f in wanted.fields))
    columns = _as_is(holding) if as_it_came else _templated(holding, wanted)
    columns += [
        OutColumn(name, REST.format(title=holding.schema.by_name[of].title)) for name, of in holding.rests.items()
    ]
    if origin:
        columns += [OutColumn(_FILE, ORIGIN_FILE), OutColumn(_ROW, ORIGIN_ROW)]
    tables = {**wanted.code_tables, **holding.schema.code_tables}
    empty = pl.DataFrame(schema={PLACE: pl.UInt32, **dict.fromkeys((c.name for c in columns), pl.String)})
    return Output(holding.schema, tables, tuple(columns), empty)


def shaped(rows: pl.DataFrame, columns: Sequence[OutColumn], holding: Holding) -> pl.DataFrame:
    """Return cleaned rows in the columns of an output."""
    if any(column.name == _FILE for column in columns):
        paths = [roster.table.source.path for roster in holding.rosters]
        file = pl.col("table").replace_strict(dict(enumerate(paths)), return_dtype=pl.String)
        rows = rows.with_columns(file.alias(_FILE), pl.col(ROW).cast(pl.String).alias(_ROW))
    empty = pl.lit(None, dtype=pl.String)
    return rows.select(pl.col(c.name) if c.name in rows.columns else empty.alias(c.name) for c in columns)


def _templated(holding: Holding, template: Schema) -> list[OutColumn]:
    """The template's columns, then the other fields of the rows, then what no field claims."""
    columns = [OutColumn(f.name, f.template_header or f.title, f) for f in template_fields(template)]
    placed = {column.name for column in columns}
    columns += [
        OutColumn(f.name, f.title, f)
        for f in holding.schema.fields
        if f.name in holding.fields and f.name not in placed
    ]
    return columns + [OutColumn(name, header) for name, header in holding.others.items() if name in holding.filled]


def _as_is(holding: Holding) -> list[OutColumn]:
    """The columns in the order and under the headers of the first table that has each."""
    columns: dict[str, OutColumn] = {}
    # The names that `pool` gave to unbound columns, found again by their headers.
    numbers = {(header, nth): name for name, (header, nth) in _nth(holding.others).items()}
    for roster in holding.rosters:
        fields = {column.position: name for name, column in roster.columns.items()}
        seen: dict[str, int] = {}
        for column in roster.table.columns:
            field = fields.get(column.position)
            if field is not None:
                columns.setdefault(field, OutColumn(field, column.header.strip(), holding.schema.by_name[field]))
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


def kinds_of(rows: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Count what columns hold: `table`, `column`, `filled`, and how many of these cells are of each kind."""
    schema = {"table": pl.UInt32, "column": pl.String, **dict.fromkeys(("filled", *_KINDS), pl.UInt32)}
    parts = [
        rows.group_by("table", maintain_order=True)
        .agg(
            column=pl.lit(name),
            filled=pl.col(name).count(),
            **{kind: pl.col(name).str.contains(pattern).sum() for kind, pattern in _KINDS.items()},
        )
        .select(pl.col(each).cast(dtype) for each, dtype in schema.items())
        for name in names
    ]
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def conflicts(pool: Pool, columns: Sequence[OutColumn]) -> list[tuple[str, dict[str, list[str]]]]:
    """Return the columns that hold numbers in some files and dates or text in others: header, kind → files.

    Fields whose type says what they hold are not among them: their cells are read one by one.
    """
    if len(pool.rosters) < 2:
        return []
    names = [column.name for column in columns if _is_free(column) and column.name in pool.rows.columns]
    return conflicts_of(kinds_of(pool.rows, names), pool.rosters, columns)


def conflicts_of(
    kinds: pl.DataFrame, rosters: Sequence[Roster | StreamedRoster], columns: Sequence[OutColumn]
) -> list[tuple[str, dict[str, list[str]]]]:
    """Return `conflicts` as they follow from counts.

    Args:
        kinds: As `kinds_of`; several lines of a table and column add up.
        rosters: The tables.
        columns: Those of the output.
    """
    if len(rosters) < 2:
        return []
    counts = kinds.group_by("table", "column").sum().filter(pl.col("filled") > 0).sort("table")
    told: dict[str, list[dict[str, int]]] = {}
    for row in counts.iter_rows(named=True):
        told.setdefault(row["column"], []).append(row)
    found = []
    for column in columns:
        files: dict[str, list[str]] = {}
        for row in told.get(column.name, []) if _is_free(column) else []:
            shares = {kind: row[kind] / row["filled"] for kind in _KINDS}
            kind = next((kind for kind in _KINDS if shares[kind] >= _MOSTLY), None)
            if kind is None and all(share <= 1 - _MOSTLY for share in shares.values()):
                kind = "text"
            if kind is not None:
                files.setdefault(kind, []).append(rosters[row["table"]].table.source.path)
        if len(files) > 1:
            found.append((column.header, files))
    return found


def _is_free(column: OutColumn) -> bool:
    """Say whether no type says what a column holds."""
    return column.field is None or column.field.type is FieldType.TEXT
