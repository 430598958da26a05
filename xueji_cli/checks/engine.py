"""Run rules over rosters: row rules batch by batch (`judging`); group rules over the key columns of all batches together.

Tables that are in memory are one batch a worker; of a table that is streamed, its source says how many rows are one. Nothing else
differs.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import table_rules
from xueji_cli.checks.context import GroupContext
from xueji_cli.checks.finding import no_findings
from xueji_cli.checks.judging import Batch, RowJudge, places, positions, shape
from xueji_cli.checks.keeping import NO_LIMITS, Checked, Kept, Limits
from xueji_cli.checks.keys import Keys
from xueji_cli.checks.rule import GroupRule, TableRule
from xueji_cli.schema.roster import NUMERIC, Roster
from xueji_cli.schema.streaming import StreamedRoster
from xueji_cli.tables.spill import Spill
from xueji_cli.values.classes import school_year

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from xueji_cli.checks.judging import Surroundings
    from xueji_cli.checks.rule import ActiveRule, Skipped
    from xueji_cli.schema.model import Schema

_WORKERS = min(os.cpu_count() or 1, 8)
#: Rows that are worth a part of their own.
_PART = 100_000
#: Tables that are put together at once: each takes its kilobytes until they are.
_TOGETHER = 256


def _batches(rosters: Sequence[Roster | StreamedRoster]) -> Iterator[Batch]:
    """Yield the rows of all tables: those in memory first, pooled by their fields, then those that are streamed."""
    groups: dict[tuple[str, frozenset[str]], list[int]] = {}
    for index, roster in enumerate(rosters):
        if isinstance(roster, Roster):
            groups.setdefault((roster.schema.name, frozenset(roster.columns)), []).append(index)
    for (_, bound), indices in groups.items():
        rows = _together(rosters, indices)
        flags = [pl.col(name).fill_null(value=False) for name in rows.columns if name.endswith(NUMERIC)]
        rows = rows.with_columns(flags)
        for part, each in enumerate(_cut(rows)):
            yield Batch(rosters[indices[0]].schema, bound, each, () if part else tuple(indices))
    for index, roster in enumerate(rosters):
        if isinstance(roster, StreamedRoster):
            for part, each in enumerate(roster.batches()):
                yield Batch(roster.schema, frozenset(roster.columns), _numbered(each, index), () if part else (index,))


def _together(rosters: Sequence[Roster | StreamedRoster], indices: Sequence[int]) -> pl.DataFrame:
    """Return the rows of tables in memory, one below the other."""
    if len(indices) > _TOGETHER:
        parts = [_together(rosters, indices[start : start + _TOGETHER]) for start in range(0, len(indices), _TOGETHER)]
        return pl.concat([part.rechunk() for part in parts], how="diagonal")
    frames = [_numbered(roster.frame, i) for i in indices if isinstance(roster := rosters[i], Roster)]
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal")


def _numbered(rows: pl.DataFrame, table: int) -> pl.DataFrame:
    return rows.select(pl.lit(table, dtype=pl.UInt32).alias("table"), pl.all())


def _cut(rows: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Cut rows into as many parts as there are workers; small tables stay whole."""
    count = max(1, min(_WORKERS, rows.height // _PART))
    size = -(-rows.height // count)
    return tuple(rows.slice(start, size) for start in range(0, rows.height, size)) if count > 1 else (rows,)


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
    stands = context.rows.over(
        lambda part: part.rows.join(rows, on=keys, how="semi").select(*keys, *places(part.bound))
    )
    name = context.name(rule.rule.on)
    return shape(
        found.with_columns(
            pl.lit(rule.rule.code).alias("rule"),
            pl.lit(rule.severity.value).alias("severity"),
            positions(name, rosters).alias("position"),
            pl.lit(name).alias("field"),
        ).join(stands, on=keys, how="left", maintain_order="left")
    )


def table_findings(rosters: Sequence[Roster], active: Mapping[str, ActiveRule]) -> pl.DataFrame:
    """Return what can be said of the tables as such, all their rows known."""
    rules = [rule.rule for rule in active.values() if isinstance(rule.rule, TableRule)]
    found = table_rules.from_facts(rosters, rules)
    if table_rules.NUMERIC_COLUMN.code in active:
        found += table_rules.numeric_columns(rosters)
    if not found:
        return no_findings()
    for record in found:
        record["severity"] = active[str(record["rule"])].severity.value
    return shape(pl.DataFrame(found, infer_schema_length=None))


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
    judge_rows = RowJudge(rosters, active, around)
    kept = Kept(limits.findings)
    with Spill() as spill, ThreadPoolExecutor(_WORKERS) as workers:
        keys = {roster.schema.name: Keys(limits.keys, spill) for roster in rosters}

        def judged(batch: Batch, number: int) -> list[pl.DataFrame]:
            found, columns = judge_rows(batch, number)
            keys[batch.schema.name].add(number, columns, batch.bound)
            return found

        # Polars lets go of the interpreter lock while it works, so batches are worked on side by side: one a worker, and the next
        # one read meanwhile.
        waiting: deque[Future[list[pl.DataFrame]]] = deque()
        for number, batch in enumerate(_batches(rosters)):
            if len(waiting) >= _WORKERS:
                kept.add(waiting.popleft().result())
            waiting.append(workers.submit(judged, batch, number))
            del batch
        while waiting:
            kept.add(waiting.popleft().result())
        for found in over_many_rows(keys, rosters, active, around, workers):
            kept.add([found])
    whole = [roster if isinstance(roster, Roster) else roster.finished() for roster in rosters]
    kept.add([table_findings(whole, active)])
    return kept.checked(judge_rows.skipped)


def over_many_rows(
    keys: Mapping[str, Keys],
    rosters: Sequence[Roster | StreamedRoster],
    active: Mapping[str, ActiveRule],
    around: Surroundings,
    workers: ThreadPoolExecutor,
) -> Iterator[pl.DataFrame]:
    """Yield the findings of the rules over many rows, rule by rule.

    Args:
        keys: Schema → the key columns of all rows of its tables.
        rosters: The tables.
        active: Code → rule with its severity and parameters.
        around: The day, and what the rosters are compared with.
        workers: Rules run in them side by side.
    """
    schemas = {roster.schema.name: roster.schema for roster in rosters}
    year = school_year(around.as_of)
    finders = [
        workers.submit(_group_findings, rule, context, rosters)
        for name, columns in keys.items()
        for context in [_group_context(schemas[name], columns, around, year)]
        for rule in active.values()
        if isinstance(rule.rule, GroupRule) and context.has(rule.rule.on, *rule.rule.needs)
    ]
    for finder in finders:
        yield finder.result()


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
