"""Bind a table's columns to the fields of a schema, and choose the schema that fits a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import InputError, UserError
from xueji_cli.schema.definitions import nearest
from xueji_cli.schema.roster import NUMERIC, Roster
from xueji_cli.schema.vocabulary import Claim, Tier, header_key
from xueji_cli.tables.table import ROW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xueji_cli.schema.model import Schema
    from xueji_cli.tables.table import Column, Table

#: As the field of a mapping: leave this column unbound.
NO_FIELD = "-"

#: How many headers an error message lists.
_SHOWN = 30


def parse_mapping(pairs: Iterable[str], schema: Schema) -> dict[str, str]:
    """Read `--map 列名=字段` options.

    Args:
        pairs: Each `header=field` or `letter=field`; the field by name or title, `-` for none.
        schema: The schema whose fields are meant.

    Returns:
        Header or letter → field name (`-` stays).

    Raises:
        UserError: When one is not of that form, or names no field.
    """
    return {header: field_name(field, schema) for header, field in split_mapping(pairs).items()}


def split_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """Return header or letter → field as the user named it, before any schema is known.

    Raises:
        UserError: When one has not the form `header=field`.
    """
    mapping = {}
    for pair in pairs:
        # The header may hold an equals sign; a field never does.
        header, equals, field = (part.strip() for part in pair.rpartition("="))
        if not (header and equals and field):
            raise UserError("map_form", text=pair)
        mapping[header] = field
    return mapping


def field_name(text: str, schema: Schema) -> str:
    """Return the name of the field that a name, title or alias means.

    Raises:
        UserError: When it means none, or more than one.
    """
    if text == NO_FIELD or text in schema.by_name:
        return text
    claims = schema.headers.claims(text)
    if claims and (len(claims) == 1 or claims[0].tier < claims[1].tier):
        return claims[0].field
    near = nearest(text, [*schema.by_name, *(f.title for f in schema.fields)])
    raise UserError("map_unknown_field", field=text, near=near or schema.fields[0].title, schema=schema.name)


def _meant(given: str, mapping: Mapping[str, str], schema: Schema) -> str | None:
    """Return the field of this schema that a mapping gives a column to; it may belong to another schema."""
    try:
        field = field_name(mapping[given], schema)
    except UserError:
        return None
    return None if field == NO_FIELD else field


def _mapped(table: Table, mapping: Mapping[str, str]) -> dict[str, list[Column]]:
    """Return the columns that each mapping key means in this table: by header, else by letter."""
    by_header: dict[str, list[Column]] = {}
    for column in table.columns:
        by_header.setdefault(header_key(column.header), []).append(column)
    by_letter = {column.letter: [column] for column in table.columns}
    return {given: by_header.get(header_key(given)) or by_letter.get(given.upper(), []) for given in mapping}


def unmatched_mappings(tables: Iterable[Table], mapping: Mapping[str, str]) -> list[str]:
    """Return the mapping keys that name no column of any table: surely typing errors.

    A key that fits some tables and not others is no mistake, since one command reads files from many schools.
    """
    left = set(mapping)
    for table in tables:
        left -= {given for given, columns in _mapped(table, mapping).items() if columns}
    return [given for given in mapping if given in left]


def bind(table: Table, schema: Schema, mapping: Mapping[str, str] | None = None) -> Roster:
    """Bind a table's columns to the fields of a schema.

    Every column goes to the field it means most surely; a field that two columns mean takes the surer one, and the
    other goes to the next field it may mean, or stays unbound and is listed in `passed_over`.

    Args:
        table: The table as read.
        schema: The schema.
        mapping: Header (or column letter) → field, decided by the user; `-` leaves a column unbound.

    Raises:
        UserError: When the mapping names an unknown field.
        InputError: When two columns mean the same field with equal right (nothing is guessed), or the mapping gives one
            field two columns.
    """
    decided, ignored = _decided(table, schema, mapping or {})
    free = [c for c in table.columns if c.header.strip() and c not in decided.values() and c not in ignored]
    bound, passed_over = _assign(table, schema, free, decided)
    return _roster(table, schema, bound, passed_over)


def _decided(table: Table, schema: Schema, mapping: Mapping[str, str]) -> tuple[dict[str, Column], list[Column]]:
    """Return what the user decided: field → column, and the columns to leave alone."""
    decided: dict[str, Column] = {}
    ignored: list[Column] = []
    for given, columns in _mapped(table, mapping).items():
        field = field_name(mapping[given], schema)
        if field == NO_FIELD:
            ignored += columns
            continue
        if columns and (len(columns) > 1 or decided.get(field, columns[0]) != columns[0]):
            rivals = [*columns, *([decided[field]] if field in decided else [])]
            raise _ambiguous("map_several_columns", table, schema, field, rivals)
        if columns:
            decided[field] = columns[0]
    return decided, ignored


def _assign(
    table: Table, schema: Schema, free: Sequence[Column], decided: Mapping[str, Column]
) -> tuple[dict[str, Column], dict[str, tuple[Column, ...]]]:
    """Give every field the column that means it most surely.

    Returns:
        Field → column, and field → columns that gave way.
    """
    bound = dict(decided)
    passed_over: dict[str, tuple[Column, ...]] = {}
    waiting: dict[int, list[Claim]] = {c.position: list(schema.headers.claims(c.header)) for c in free}
    columns = {c.position: c for c in free}
    while any(waiting.values()):
        best = min(claims[0] for claims in waiting.values() if claims)
        rivals = [columns[position] for position, claims in waiting.items() if claims and claims[0] == best]
        field = schema.by_name[best.field]
        taken = field.name in bound
        if len(rivals) > 1 and not taken and not field.repeats:
            rivals = _filled(table, rivals)
            # A loose reading is a courtesy: where it fits two columns it is dropped instead of stopping the file.
            if len(rivals) > 1 and best.tier is not Tier.LOOSE:
                raise _ambiguous("ambiguous_binding", table, schema, field.name, rivals)
            taken = len(rivals) > 1
        if not taken:
            bound[field.name] = rivals[0]
            waiting[rivals[0].position] = []
        for position, claims in waiting.items():
            if claims and claims[0] == best:
                passed_over[field.name] = (*passed_over.get(field.name, ()), columns[position])
                claims.pop(0)
    placed = set(bound.values())
    left = {name: tuple(c for c in columns if c not in placed) for name, columns in passed_over.items()}
    return bound, {name: columns for name, columns in left.items() if columns}


def _filled(table: Table, rivals: list[Column]) -> list[Column]:
    """Drop columns that hold nothing, and columns that repeat the first cell for cell: they are no second opinion."""
    full = [c for c in rivals if table.frame.get_column(c.key).null_count() < table.frame.height]
    if not full:
        return rivals[:1]
    first = table.frame.get_column(full[0].key)
    return [full[0], *(c for c in full[1:] if not first.equals(table.frame.get_column(c.key)))]


def _ambiguous(key: str, table: Table, schema: Schema, field: str, rivals: Sequence[Column]) -> InputError:
    shown = "; ".join(f"{c.letter} {c.header}" for c in sorted(rivals, key=lambda c: c.position))
    return InputError(
        key,
        file=table.source.path,
        field=schema.by_name[field].title,
        columns=shown,
        letter=min(rivals, key=lambda c: c.position).letter,
    )


def _roster(
    table: Table, schema: Schema, bound: Mapping[str, Column], passed_over: Mapping[str, tuple[Column, ...]]
) -> Roster:
    columns = {f.name: bound[f.name] for f in schema.fields if f.name in bound}
    numeric = [
        table.numeric[column.position].alias(f"{name}{NUMERIC}")
        for name, column in columns.items()
        if column.position in table.numeric
    ]
    placed = set(columns.values())
    frame = table.frame
    named = [pl.col(column.key).alias(name) for name, column in columns.items()]
    return Roster(
        table=table,
        schema=schema,
        columns=columns,
        unbound=tuple(
            c for c in table.columns if c not in placed and frame.get_column(c.key).null_count() < frame.height
        ),
        rows=frame.select(ROW, *named).with_columns(numeric),
        passed_over=passed_over,
    )


def choose_schema(table: Table, schemas: Sequence[Schema], mapping: Mapping[str, str] | None = None) -> Schema:
    """Return the schema that most of a table's columns belong to.

    Args:
        table: The table as read.
        schemas: Candidates; an earlier one wins a tie.
        mapping: The user's decisions, which count like headers.

    Raises:
        InputError: When none fits: no column means a marker of any schema.
    """
    best: tuple[int, Schema] | None = None
    for schema in schemas:
        meant = {claim.field for column in table.columns for claim in schema.headers.claims(column.header)[:1]}
        for given, columns in _mapped(table, mapping or {}).items():
            if columns and (field := _meant(given, mapping or {}, schema)):
                meant.add(field)
        fits = not schema.markers or any(marker in meant for marker in schema.markers)
        if fits and (best is None or len(meant) > best[0]):
            best = (len(meant), schema)
    if best is not None and best[0] > 0:
        return best[1]
    headers = [column.header for column in table.columns if column.header.strip()]
    known = {key: key for schema in schemas for key in schema.headers.known()}
    known |= {header_key(f.title): f.title for schema in schemas for f in schema.fields}
    near = {header: known[word] for header in headers if (word := nearest(header_key(header), known))}
    # Where the user named the wrong header row, the headers are a child's data.
    data = any(sum(char.isdigit() for char in header) >= 6 for header in headers)
    seen = [] if data else headers[:_SHOWN]
    raise InputError(
        "no_schema_fits_near" if near else "no_schema_fits",
        file=table.source.path,
        seen=", ".join(seen) + (" …" if len(headers) > len(seen) else ""),
        near="; ".join(f"{header} → {word}" for header, word in list(near.items())[:_SHOWN]),
        markers=", ".join(dict.fromkeys(s.by_name[m].title for s in schemas for m in s.markers)),
    )
