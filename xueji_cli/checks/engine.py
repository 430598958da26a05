"""Run rules over rosters: row rules through Pandera, one pool of rows at a time; group rules over all rows together."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive, table_rules
from xueji_cli.checks.context import Context, GroupContext
from xueji_cli.checks.finding import FINDING_SCHEMA, no_findings
from xueji_cli.checks.rule import GroupRule, RowRule, Skipped, TableRule
from xueji_cli.checks.validation import validate
from xueji_cli.schema.roster import NUMERIC
from xueji_cli.values.classes import school_year

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from xueji_cli.checks.rule import ActiveRule, Verdict
    from xueji_cli.schema.model import Field, Schema
    from xueji_cli.schema.roster import Roster

_WORKERS = min(os.cpu_count() or 1, 8)
#: Rows that are worth a part of their own.
_PART = 100_000

#: Fields that rules over many rows look at, with everything derived from them.
_GROUP_FIELDS = frozenset(
    {
        *(
            "school_code",
            "school_name",
            "grade",
            "class_name",
            "name",
            "sex",
            "id_number",
            "roll_number",
            "local_number",
        ),
        *("status", "student_source", "member1_id_number", "member2_id_number"),
    }
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run compares the rosters with, besides themselves.

    Attributes:
        as_of: The day that fixes every age and grade rule.
        photos: Stems of photo files; None when no folder was given.
        classes: The classes of a class list (`class_list.class_keys`); None when none was given.
    """

    as_of: date
    photos: frozenset[str] | None = None
    classes: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class _Pool:
    """Rows of tables that have the same fields, so that one pass over the columns serves them all; in one part or more."""

    schema: Schema
    bound: frozenset[str]
    tables: tuple[int, ...]
    parts: tuple[pl.DataFrame, ...]


def _cut(rows: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Cut rows into as many parts as there are workers; small tables stay whole."""
    count = max(1, min(_WORKERS, rows.height // _PART))
    size = -(-rows.height // count)
    return tuple(rows.slice(start, size) for start in range(0, rows.height, size)) if count > 1 else (rows,)


def _pools(rosters: Sequence[Roster]) -> Iterator[_Pool]:
    groups: dict[tuple[str, frozenset[str]], list[int]] = {}
    for index, roster in enumerate(rosters):
        groups.setdefault((roster.schema.name, frozenset(roster.columns)), []).append(index)
    for (_, bound), indices in groups.items():
        frames = [rosters[i].frame.select(pl.lit(i, dtype=pl.UInt32).alias("table"), pl.all()) for i in indices]
        rows = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal")
        flags = [pl.col(name).fill_null(value=False) for name in rows.columns if name.endswith(NUMERIC)]
        yield _Pool(rosters[indices[0]].schema, bound, tuple(indices), _cut(rows.with_columns(flags)))


def _lacking(rule: ActiveRule, schema: Schema, bound: frozenset[str], around: Surroundings) -> tuple[str, ...]:
    """Return what a rule lacks to be applied to rows with these fields: titles of fields, or an option."""
    option = rule.rule.option
    given = {"--photos": around.photos is not None, "--classes": around.classes is not None}
    if option and not given.get(option, bool(rule.params.get(option))):
        return (option,)
    needed = [schema.by_role[role] for role in rule.rule.needs if role in schema.by_role]
    missing = tuple(field.title for field in needed if field.name not in bound)
    if isinstance(rule.rule, RowRule | GroupRule) and not missing:
        on = rule.rule.fields(schema)
        if not any(field.name in bound for field in on):
            missing = tuple(field.title for field in on[:3])
    return missing


def _verdicts(
    pool: _Pool, active: Mapping[str, ActiveRule], context: Context
) -> Iterator[tuple[ActiveRule, Field, Verdict]]:
    for rule in active.values():
        if not isinstance(rule.rule, RowRule):
            continue
        for field in rule.rule.fields(pool.schema):
            if field.name not in pool.bound:
                continue
            verdict = rule.rule.build(context.for_rule(rule.params), field)
            if verdict is not None:
                yield rule, field, verdict


def _places(bound: frozenset[str]) -> list[pl.Expr]:
    """Return the expressions that name a row's school and class as written."""
    null = pl.lit(None, dtype=pl.String)
    schools = [pl.col(name + derive.RAW) for name in ("school_name", "school_code") if name in bound]
    klass = pl.col("class_name" + derive.RAW) if "class_name" in bound else null
    if {"grade", "class_name"} <= bound:
        grade = pl.col("grade" + derive.RAW)
        named = pl.col("class_name" + derive.GRADE_OF_CLASS).is_not_null() | klass.str.starts_with(grade)
        klass = pl.when(named | grade.is_null()).then(klass).otherwise(pl.concat_str(grade, klass, separator=" "))
    elif "grade" in bound:
        klass = pl.col("grade" + derive.RAW)
    return [pl.coalesce([*schools, null]).alias("school"), klass.alias("class_name")]


def _positions(name: str, rosters: Sequence[Roster]) -> pl.Expr:
    """Return the position of a field's column in each row's table."""
    where = {i: roster.columns[name].position for i, roster in enumerate(rosters) if name in roster.columns}
    return pl.col("table").replace_strict(where, default=None, return_dtype=pl.UInt32)


def _shape(found: pl.DataFrame) -> pl.DataFrame:
    """Return findings with all columns in order, missing ones null."""
    return found.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in FINDING_SCHEMA.items() if name not in found.columns
    ).select(pl.col(name).cast(dtype) for name, dtype in FINDING_SCHEMA.items())


def _row_findings(
    pool: _Pool, rows: pl.DataFrame, rosters: Sequence[Roster], verdicts: Sequence[tuple[ActiveRule, Field, Verdict]]
) -> tuple[list[pl.DataFrame], list[str]]:
    """Return the findings of row rules, and the names of required fields that the rows do not have."""
    failed, absent = validate(rows, pool.schema, [(field, verdict) for _, field, verdict in verdicts])
    null = pl.lit(None, dtype=pl.String)
    found = []
    for index, mask in failed:
        rule, field, verdict = verdicts[index]
        columns = rows.lazy().filter(mask)
        found.append(
            columns.select(
                pl.lit(rule.rule.code).alias("rule"),
                pl.lit(rule.severity.value).alias("severity"),
                "table",
                "row",
                _positions(field.name, rosters).alias("position"),
                pl.lit(field.name).alias("field"),
                pl.col(field.name + derive.RAW).alias("value"),
                (null if verdict.p1 is None else verdict.p1).alias("p1"),
                (null if verdict.p2 is None else verdict.p2).alias("p2"),
                *_places(pool.bound),
            ).collect()
        )
    return [_shape(frame) for frame in found], absent


def _missing_columns(
    pool: _Pool, absent: Sequence[str], rosters: Sequence[Roster], active: Mapping[str, ActiveRule]
) -> pl.DataFrame:
    """Return a finding for each table of a pool and each required field that it does not have."""
    code = table_rules.MISSING_COLUMN.code
    if not absent or code not in active:
        return no_findings()
    place = {"rule": code, "severity": active[code].severity.value}
    return _shape(
        pl.DataFrame(
            [
                place | {"table": table, "row": rosters[table].table.header_row, "p1": pool.schema.by_name[name].title}
                for table in pool.tables
                for name in absent
            ]
        )
    )


def _group_rows(rows: pl.DataFrame) -> pl.DataFrame:
    kept = [name for name in rows.columns if name.split("#")[0] in _GROUP_FIELDS or name.startswith("~")]
    kept = [name for name in kept if not name.endswith((derive.RAW, NUMERIC, derive.DIRT, derive.FLAW))]
    return rows.select("table", "row", *kept)


def _group_findings(
    rule: ActiveRule, context: GroupContext, pools: Sequence[_Pool], rosters: Sequence[Roster]
) -> pl.DataFrame:
    """Return the findings of one rule over many rows."""
    assert isinstance(rule.rule, GroupRule)
    found = rule.rule.find(replace(context, params=rule.params))
    if found.is_empty():
        return no_findings()
    keys = ["table", "row"]
    rows = found.select(keys).unique().lazy()
    places = [
        part.lazy().join(rows, on=keys, how="semi").select(*keys, *_places(pool.bound))
        for pool in pools
        for part in pool.parts
    ]
    name = context.name(rule.rule.on)
    return _shape(
        found.with_columns(
            pl.lit(rule.rule.code).alias("rule"),
            pl.lit(rule.severity.value).alias("severity"),
            _positions(name, rosters).alias("position"),
            pl.lit(name).alias("field"),
        ).join(pl.concat(places).collect(), on=keys, how="left", maintain_order="left")
    )


def _table_findings(rosters: Sequence[Roster], active: Mapping[str, ActiveRule]) -> pl.DataFrame:
    rules = [rule.rule for rule in active.values() if isinstance(rule.rule, TableRule)]
    found = table_rules.from_facts(rosters, rules)
    if table_rules.NUMERIC_COLUMN.code in active:
        found += table_rules.numeric_columns(rosters)
    if not found:
        return no_findings()
    for record in found:
        record["severity"] = active[str(record["rule"])].severity.value
    return _shape(pl.DataFrame(found, infer_schema_length=None))


def run(
    rosters: Sequence[Roster], active: Mapping[str, ActiveRule], around: Surroundings
) -> tuple[pl.DataFrame, tuple[Skipped, ...]]:
    """Apply rules to rosters.

    Args:
        rosters: The bound tables, in input order.
        active: Code → rule with its severity and parameters.
        around: The day, and what the rosters are compared with.

    Returns:
        Findings (`checks.finding.FINDING_SCHEMA`) ordered by table, row, position and rule, and the rules that did not run on a table.
    """
    year = school_year(around.as_of)
    pools = list(_pools(rosters))
    skipped: list[Skipped] = []
    runnable: list[Mapping[str, ActiveRule]] = []
    for pool in pools:
        lacking = {code: _lacking(rule, pool.schema, pool.bound, around) for code, rule in active.items()}
        skipped += [Skipped(code, table, miss) for code, miss in lacking.items() if miss for table in pool.tables]
        runnable.append({code: rule for code, rule in active.items() if not lacking[code]})

    def derived(rows: pl.DataFrame, schema: Schema) -> pl.DataFrame:
        return derive.derive(rows, schema, as_of=around.as_of, school_year=year)

    def verdicts(pool: _Pool, active: Mapping[str, ActiveRule]) -> list[tuple[ActiveRule, Field, Verdict]]:
        context = Context(
            schema=pool.schema,
            bound=pool.bound,
            columns=frozenset(pool.parts[0].columns),
            as_of=around.as_of,
            school_year=year,
            photos=around.photos,
            states=frozenset().union(*(derive.states(rows) for rows in pool.parts)),
        )
        return list(_verdicts(pool, active, context))

    def judged(
        pool: _Pool,
        rows: pl.DataFrame,
        rules: Sequence[tuple[ActiveRule, Field, Verdict]],
    ) -> list[pl.DataFrame]:
        found, absent = _row_findings(pool, rows, rosters, rules)
        # A column that is missing is missing in every part of the rows.
        return [*found, *([] if rows is not pool.parts[0] else [_missing_columns(pool, absent, rosters, active)])]

    parts = [_table_findings(rosters, active)]
    # Polars lets go of the interpreter lock while it works, so parts of the rows, and rows and groups, are worked on side by side.
    with ThreadPoolExecutor(_WORKERS) as workers:
        waiting = [[workers.submit(derived, rows, pool.schema) for rows in pool.parts] for pool in pools]
        pools = [
            replace(pool, parts=_alike([part.result() for part in derivations]))
            for pool, derivations in zip(pools, waiting, strict=True)
        ]
        finders = [
            workers.submit(_group_findings, rule, context, alike, rosters)
            for context, alike in _group_contexts(pools, around, year)
            for rule in active.values()
            if isinstance(rule.rule, GroupRule) and context.has(rule.rule.on, *rule.rule.needs)
        ]
        judgements = [
            workers.submit(judged, pool, rows, rules)
            for pool, rules in [(pool, verdicts(pool, active)) for pool, active in zip(pools, runnable, strict=True)]
            for rows in pool.parts
        ]
        for judgement in judgements:
            parts += judgement.result()
        parts += [finder.result() for finder in finders]
    findings = pl.concat([part for part in parts if not part.is_empty()] or [no_findings()])
    skipped.sort(key=lambda item: (item.table, item.code))
    return findings.sort("table", "row", "position", "rule", nulls_last=False), tuple(skipped)


def _alike(parts: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, ...]:
    """Give the derived parts of a pool the same columns, and numbers of classes that differ.

    Some columns are only there when a cell has something to tell, and each part has numbered its own classes.
    """
    columns = {name: dtype for rows in parts for name, dtype in rows.schema.items()}
    return tuple(
        rows.with_columns(
            pl.col(derive.GROUP).cast(pl.UInt64) + (number << 32),
            *(pl.lit(None, dtype=dtype).alias(name) for name, dtype in columns.items() if name not in rows.columns),
        )
        for number, rows in enumerate(parts)
    )


def _group_contexts(
    pools: Sequence[_Pool], around: Surroundings, year: int
) -> Iterator[tuple[GroupContext, list[_Pool]]]:
    """Put the rows of each schema together, those of all files."""
    for name in dict.fromkeys(pool.schema.name for pool in pools):
        alike = [pool for pool in pools if pool.schema.name == name]
        rows = pl.concat([_group_rows(part) for pool in alike for part in pool.parts], how="diagonal")
        yield (
            GroupContext(
                schema=alike[0].schema,
                bound=frozenset().union(*(pool.bound for pool in alike)),
                columns=frozenset(rows.columns),
                as_of=around.as_of,
                school_year=year,
                classes=around.classes,
                rows=rows,
            ),
            alike,
        )
