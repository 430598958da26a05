"""What can be said of rows by themselves: row rules through Pandera, a batch of rows of like tables at a time."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive, table_rules
from xueji_cli.checks.context import Context
from xueji_cli.checks.finding import FINDING_SCHEMA, no_findings
from xueji_cli.checks.rule import GroupRule, RowRule, Skipped
from xueji_cli.checks.validation import validate
from xueji_cli.values.classes import school_year

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from xueji_cli.checks.rule import ActiveRule, Verdict
    from xueji_cli.schema.model import Field, Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster

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


def places(bound: frozenset[str]) -> list[pl.Expr]:
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


def positions(name: str, rosters: Sequence[Roster | StreamedRoster]) -> pl.Expr:
    """Return the position of a field's column in each row's table."""
    where = {i: roster.columns[name].position for i, roster in enumerate(rosters) if name in roster.columns}
    return pl.col("table").replace_strict(where, default=None, return_dtype=pl.UInt32)


def shape(found: pl.DataFrame) -> pl.DataFrame:
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
                positions(field.name, rosters).alias("position"),
                pl.lit(field.name).alias("field"),
                pl.col(field.name + derive.RAW).alias("value"),
                (null if verdict.p1 is None else verdict.p1).alias("p1"),
                (null if verdict.p2 is None else verdict.p2).alias("p2"),
                *places(batch.bound),
            ).collect()
        )
    return [shape(frame) for frame in found], absent


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
    return shape(
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


class RowJudge:
    """Applies to batches what can be said of a row by itself.

    Attributes:
        skipped: Rules that don't run on a table, by table and code.
    """

    def __init__(
        self, rosters: Sequence[Roster | StreamedRoster], active: Mapping[str, ActiveRule], around: Surroundings
    ) -> None:
        """Find out which rules run on which table.

        Args:
            rosters: The tables that batches are of.
            active: Code → rule with its severity and parameters.
            around: The day, and what the rosters are compared with.
        """
        self._rosters = rosters
        self._around = around
        self._year = school_year(around.as_of)
        self._runnable: list[Mapping[str, ActiveRule]] = []
        self._written: dict[object, list[tuple[ActiveRule, Field, Verdict]]] = {}
        self._writing = Lock()
        skipped: list[Skipped] = []
        # Thousands of files have a handful of layouts.
        layouts: dict[
            tuple[str, frozenset[str]], tuple[Mapping[str, ActiveRule], list[tuple[str, tuple[str, ...]]]]
        ] = {}
        for table, roster in enumerate(rosters):
            layout = (roster.schema.name, frozenset(roster.columns))
            if layout not in layouts:
                lacking = {code: _lacking(rule, roster.schema, layout[1], around) for code, rule in active.items()}
                layouts[layout] = (
                    {code: rule for code, rule in active.items() if not lacking[code]},
                    [(code, miss) for code, miss in lacking.items() if miss],
                )
            runnable, missing = layouts[layout]
            skipped += [Skipped(code, table, miss) for code, miss in missing]
            self._runnable.append(runnable)
        self._active = active
        self.skipped = tuple(sorted(skipped, key=lambda item: (item.table, item.code)))

    def __call__(self, batch: Batch, number: int) -> tuple[list[pl.DataFrame], pl.DataFrame]:
        """Return the findings in a batch, and what rules over many rows look at (`key_columns`); threads may do so side by side."""
        rows = derive.derive(batch.rows, batch.schema, as_of=self._around.as_of, school_year=self._year)
        context = Context(
            schema=batch.schema,
            bound=batch.bound,
            columns=frozenset(rows.columns),
            as_of=self._around.as_of,
            school_year=self._year,
            photos=self._around.photos,
            states=derive.states(rows),
        )
        table = int(batch.rows["table"][0]) if batch.rows.height else batch.first[0]
        # Batches are alike more often than not, and a hundred expressions take their time to write.
        alike = (batch.schema.name, batch.bound, context.columns, context.states)
        with self._writing:
            if alike not in self._written:
                self._written[alike] = list(_verdicts(batch, self._runnable[table], context))
        found, absent = _row_findings(batch, rows, self._rosters, self._written[alike])
        return [*found, _missing_columns(batch, absent, self._rosters, self._active)], key_columns(rows, number)
