"""Run rules over rosters: row rules through Pandera, batch by batch; group rules over the key columns of all batches together.

Tables that are in memory are one batch a worker; of a table that is streamed, its source says how many rows are one. Nothing else
differs.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive, table_rules
from xueji_cli.checks.context import Context, GroupContext
from xueji_cli.checks.finding import FINDING_SCHEMA, no_findings
from xueji_cli.checks.keeping import NO_LIMITS, Checked, Kept, Limits
from xueji_cli.checks.keys import Keys
from xueji_cli.checks.rule import GroupRule, RowRule, Skipped, TableRule
from xueji_cli.checks.validation import validate
from xueji_cli.schema.roster import NUMERIC, Roster
from xueji_cli.schema.streaming import StreamedRoster
from xueji_cli.tables.spill import Spill
from xueji_cli.values.classes import school_year

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from datetime import date

    from xueji_cli.checks.rule import ActiveRule, Verdict
    from xueji_cli.schema.model import Field, Schema

_WORKERS = min(os.cpu_count() or 1, 8)
#: Rows that are worth a part of their own.
_PART = 100_000

#: What rules over many rows look at, besides `table` and `row`; and what names the school and class of a row.
_KEYS = (
    *("school_code", "school_name", "class_name", "class_name" + derive.TITLE, "name", "local_number"),
    *(derive.GRADE, derive.CLASS, derive.GROUP, derive.BORN),
    *(
        "id_number",
        "id_number" + derive.STATE,
        "id_number" + derive.DIGITS,
        "roll_number",
        "roll_number" + derive.DIGITS,
    ),
    *(f"{member}_id_number{suffix}" for member in ("member1", "member2") for suffix in ("", derive.DIGITS)),
    *(role + derive.LABEL for role in ("sex", "status", "student_source")),
    *(name + derive.RAW for name in ("school_code", "school_name", "grade", "class_name")),
    "class_name" + derive.GRADE_OF_CLASS,
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
class Batch:
    """Rows of tables that have the same fields, so that one pass over the columns serves them all.

    Attributes:
        schema: Their schema.
        bound: Names of their fields.
        rows: `table`, `row`, the fields as written, `<field>#numeric`.
        first: The tables of which these are the first rows.
    """

    schema: Schema
    bound: frozenset[str]
    rows: pl.DataFrame
    first: tuple[int, ...]


def _batches(rosters: Sequence[Roster | StreamedRoster]) -> Iterator[Batch]:
    """Yield the rows of all tables: those in memory first, pooled by their fields, then those that are streamed."""
    groups: dict[tuple[str, frozenset[str]], list[int]] = {}
    for index, roster in enumerate(rosters):
        if isinstance(roster, Roster):
            groups.setdefault((roster.schema.name, frozenset(roster.columns)), []).append(index)
    for (_, bound), indices in groups.items():
        frames = [_numbered(roster.frame, i) for i in indices if isinstance(roster := rosters[i], Roster)]
        rows = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal")
        flags = [pl.col(name).fill_null(value=False) for name in rows.columns if name.endswith(NUMERIC)]
        rows = rows.with_columns(flags)
        for part, each in enumerate(_cut(rows)):
            yield Batch(rosters[indices[0]].schema, bound, each, () if part else tuple(indices))
    for index, roster in enumerate(rosters):
        if isinstance(roster, StreamedRoster):
            for part, each in enumerate(roster.batches()):
                yield Batch(roster.schema, frozenset(roster.columns), _numbered(each, index), () if part else (index,))


def _numbered(rows: pl.DataFrame, table: int) -> pl.DataFrame:
    return rows.select(pl.lit(table, dtype=pl.UInt32).alias("table"), pl.all())


def _cut(rows: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Cut rows into as many parts as there are workers; small tables stay whole."""
    count = max(1, min(_WORKERS, rows.height // _PART))
    size = -(-rows.height // count)
    return tuple(rows.slice(start, size) for start in range(0, rows.height, size)) if count > 1 else (rows,)


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
    batch: Batch, active: Mapping[str, ActiveRule], context: Context
) -> Iterator[tuple[ActiveRule, Field, Verdict]]:
    for rule in active.values():
        if not isinstance(rule.rule, RowRule):
            continue
        for field in rule.rule.fields(batch.schema):
            if field.name not in batch.bound:
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


def _positions(name: str, rosters: Sequence[Roster | StreamedRoster]) -> pl.Expr:
    """Return the position of a field's column in each row's table."""
    where = {i: roster.columns[name].position for i, roster in enumerate(rosters) if name in roster.columns}
    return pl.col("table").replace_strict(where, default=None, return_dtype=pl.UInt32)


def _shape(found: pl.DataFrame) -> pl.DataFrame:
    """Return findings with all columns in order, missing ones null."""
    return found.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in FINDING_SCHEMA.items() if name not in found.columns
    ).select(pl.col(name).cast(dtype) for name, dtype in FINDING_SCHEMA.items())


def _row_findings(
    batch: Batch,
    rows: pl.DataFrame,
    rosters: Sequence[Roster | StreamedRoster],
    verdicts: Sequence[tuple[ActiveRule, Field, Verdict]],
) -> tuple[list[pl.DataFrame], list[str]]:
    """Return the findings of row rules, and the names of required fields that the rows do not have."""
    failed, absent = validate(rows, batch.schema, [(field, verdict) for _, field, verdict in verdicts])
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
                *_places(batch.bound),
            ).collect()
        )
    return [_shape(frame) for frame in found], absent


def _missing_columns(
    batch: Batch,
    absent: Sequence[str],
    rosters: Sequence[Roster | StreamedRoster],
    active: Mapping[str, ActiveRule],
) -> pl.DataFrame:
    """Return a finding for each table that begins in a batch and each required field that it does not have."""
    code = table_rules.MISSING_COLUMN.code
    if not absent or not batch.first or code not in active:
        return no_findings()
    place = {"rule": code, "severity": active[code].severity.value}
    return _shape(
        pl.DataFrame(
            [
                place | {"table": table, "row": rosters[table].table.header_row, "p1": batch.schema.by_name[name].title}
                for table in batch.first
                for name in absent
            ]
        )
    )


def key_columns(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    """Return of derived rows what rules over many rows look at (`_KEYS`).

    Args:
        rows: A batch, derived.
        number: Which one; each has numbered its own classes, and those of different batches are to differ.
    """
    group = pl.col(derive.GROUP).cast(pl.UInt64) + (number << 32)
    return rows.select("table", "row", *(name for name in _KEYS if name in rows.columns)).with_columns(group)


def _group_findings(
    rule: ActiveRule, context: GroupContext, rosters: Sequence[Roster | StreamedRoster]
) -> pl.DataFrame:
    """Return the findings of one rule over many rows."""
    assert isinstance(rule.rule, GroupRule)
    found = rule.rule.find(replace(context, params=rule.params))
    if found.is_empty():
        return no_findings()
    keys = ["table", "row"]
    rows = found.select(keys).unique().lazy()
    places = [
        part.rows.join(rows, on=keys, how="semi").select(*keys, *_places(part.bound)).collect()
        for part in context.rows.parts()
    ]
    name = context.name(rule.rule.on)
    return _shape(
        found.with_columns(
            pl.lit(rule.rule.code).alias("rule"),
            pl.lit(rule.severity.value).alias("severity"),
            _positions(name, rosters).alias("position"),
            pl.lit(name).alias("field"),
        ).join(pl.concat(places), on=keys, how="left", maintain_order="left")
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
    """Apply rules to tables that are in memory; `judge` without limits.

    Returns:
        The findings, and the rules that did not run on a table.
    """
    checked = judge(rosters, active, around)
    return checked.findings, checked.skipped


def judge(
    rosters: Sequence[Roster | StreamedRoster],
    active: Mapping[str, ActiveRule],
    around: Surroundings,
    limits: Limits = NO_LIMITS,
) -> Checked:
    """Apply rules to rosters.

    Args:
        rosters: The bound tables, in input order; those that are streamed are read to their end.
        active: Code → rule with its severity and parameters.
        around: The day, and what the rosters are compared with.
        limits: What the run may take.

    Raises:
        Unstreamable: As the source of a streamed table says.
    """
    year = school_year(around.as_of)
    skipped: list[Skipped] = []
    runnable: list[Mapping[str, ActiveRule]] = []
    for table, roster in enumerate(rosters):
        lacking = {
            code: _lacking(rule, roster.schema, frozenset(roster.columns), around) for code, rule in active.items()
        }
        skipped += [Skipped(code, table, miss) for code, miss in sorted(lacking.items()) if miss]
        runnable.append({code: rule for code, rule in active.items() if not lacking[code]})

    written: dict[object, list[tuple[ActiveRule, Field, Verdict]]] = {}
    writing = Lock()

    def judged(batch: Batch, number: int, keys: Keys) -> list[pl.DataFrame]:
        rows = derive.derive(batch.rows, batch.schema, as_of=around.as_of, school_year=year)
        context = Context(
            schema=batch.schema,
            bound=batch.bound,
            columns=frozenset(rows.columns),
            as_of=around.as_of,
            school_year=year,
            photos=around.photos,
            states=derive.states(rows),
        )
        table = int(batch.rows["table"][0]) if batch.rows.height else batch.first[0]
        # Batches are alike more often than not, and a hundred expressions take their time to write.
        alike = (batch.schema.name, batch.bound, context.columns, context.states)
        with writing:
            if alike not in written:
                written[alike] = list(_verdicts(batch, runnable[table], context))
        found, absent = _row_findings(batch, rows, rosters, written[alike])
        keys.add(number, key_columns(rows, number), batch.bound)
        return [*found, _missing_columns(batch, absent, rosters, active)]

    kept = Kept(limits.findings)
    with Spill() as spill, ThreadPoolExecutor(_WORKERS) as workers:
        keys = {roster.schema.name: Keys(limits.keys, spill) for roster in rosters}
        schemas = {roster.schema.name: roster.schema for roster in rosters}
        # Polars lets go of the interpreter lock while it works, so batches are worked on side by side: one a worker, and the next
        # one read meanwhile.
        waiting: deque[Future[list[pl.DataFrame]]] = deque()
        for number, batch in enumerate(_batches(rosters)):
            if len(waiting) >= _WORKERS:
                kept.add(waiting.popleft().result())
            waiting.append(workers.submit(judged, batch, number, keys[batch.schema.name]))
            del batch
        while waiting:
            kept.add(waiting.popleft().result())
        finders = [
            workers.submit(_group_findings, rule, context, rosters)
            for name, columns in keys.items()
            for context in [_group_context(schemas[name], columns, around, year)]
            for rule in active.values()
            if isinstance(rule.rule, GroupRule) and context.has(rule.rule.on, *rule.rule.needs)
        ]
        for finder in finders:
            kept.add([finder.result()])
    whole = [roster if isinstance(roster, Roster) else roster.finished() for roster in rosters]
    kept.add([_table_findings(whole, active)])
    skipped.sort(key=lambda item: (item.table, item.code))
    findings = pl.concat(kept.frames or [no_findings()])
    return Checked(
        findings.sort("table", "row", "position", "rule", nulls_last=False, maintain_order=True),
        tuple(skipped),
        dict(sorted(kept.left_out.items())),
    )


def _group_context(schema: Schema, keys: Keys, around: Surroundings, year: int) -> GroupContext:
    return GroupContext(
        schema=schema,
        bound=keys.bound,
        columns=frozenset(keys.schema),
        as_of=around.as_of,
        school_year=year,
        classes=around.classes,
        rows=keys,
    )
