"""Rule cases as data: `tests/rules/<FAMILY>.yaml` read, made into rosters, and run.

A case is a small table: the child of `tests/rules/child.yaml`, in whom everything is right, with some cells changed. Keys of a case:

    name      what a registrar would say about it; ends up in the test's id
    child     primary (the default), junior or senior
    change    the cells of the only row; an empty string is an empty cell
    rows      instead of `change`: one mapping per row. Each row is another child of the class (own ID and roll number), as far as
              the mapping does not say otherwise; `repeat: 46` makes 46 of them
    tables    instead of `rows`: one list of rows per file
    only      the columns the tables have; or `without`: the columns they lack
    numeric   fields whose cells were stored as numbers
    facts     what the reader noted
    as_of, params, photos, classes    as in a run

A case of kind `finding` has `at`, the cells its findings stand on: `field`, `field@row` or `field@file:row` (rows are counted as in
Excel, the first child is in row 2); `-` where there is none. `p1` and `p2` (one for all findings, or one each) are wanted as soon as
the message names them; `related` (the places of each finding) and `others` as they come. A case of kind `does_not_apply` may say what
the rule `lacks`. `also` lists every other rule that has something to say, in cases of any kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import yaml
from stdnum.cn import ric

from tests import digest
from xueji_cli.checks.class_list import class_keys
from xueji_cli.checks.engine import run
from xueji_cli.checks.judging import Surroundings
from xueji_cli.checks.registry import all_rules
from xueji_cli.checks.rule import ActiveRule, GroupRule, Skipped
from xueji_cli.schema.binding import bind
from xueji_cli.schema.loading import load_schema
from xueji_cli.schema.model import Schema
from xueji_cli.schema.roster import Roster
from xueji_cli.tables.table import ROW, Column, Fact, Source, Table

FOLDER = Path(__file__).parent / "rules"
KINDS = ("fits", "finding", "does_not_apply")

#: Row of the first child.
FIRST = 2

Row = Mapping[str, str]
#: Where a finding stands: the column (field, or header where no field claims it), the file, the row.
Place = tuple[str | None, int, int | None]


@dataclass(frozen=True)
class Case:
    """One case, as written."""

    code: str
    kind: str
    name: str
    child: str = "primary"
    change: Row = field(default_factory=dict)
    rows: list[dict[str, str]] | None = None
    tables: list[list[dict[str, str]]] | None = None
    only: list[str] | None = None
    without: list[str] = field(default_factory=list)
    numeric: list[str] = field(default_factory=list)
    facts: list[dict[str, str]] = field(default_factory=list)
    as_of: str = "2025-10-15"
    params: Mapping[str, str] = field(default_factory=dict)
    photos: list[str] | None = None
    classes: list[dict[str, str]] | None = None
    at: str | list[str] | None = None
    p1: str | list[str] | None = None
    p2: str | list[str] | None = None
    related: list[list[str]] | None = None
    others: str | None = None
    also: list[str] = field(default_factory=list)
    lacks: list[str] | None = None
    """Titles of what the rule says it lacks, when it is skipped."""

    @property
    def id(self) -> str:
        return f"{self.code}-{self.kind}-{self.name}"

    @property
    def places(self) -> list[Place]:
        written = [self.at] if isinstance(self.at, str) else self.at or []
        return [place(text) for text in written]

    @property
    def alone(self) -> bool:
        """Whether this is one row under the usual options, which can be run together with others like it."""
        usual = self.as_of == "2025-10-15" and not self.params and self.photos is None and self.classes is None
        return usual and self.code[:2] not in ("DU", "CL") and self.rows is None and self.tables is None


def place(text: str) -> Place:
    """Read `field`, `field@row` or `field@file:row`."""
    column, _, where = text.partition("@")
    table, _, row = where.rpartition(":")
    return (
        None if column == "-" else column,
        int(table or 0),
        None if row == "-" else int(row or FIRST),
    )


@cache
def load(name: str) -> dict[str, dict[str, object]]:
    """Read one file. All scalars are text: `是`, `0101` and `20120412` stay what they are."""
    return yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


@cache
def student() -> Schema:
    return load_schema("student")


def cases() -> Iterator[Case]:
    """Return every case of every file. A key that does not exist is a TypeError: a mistyped case would prove nothing."""
    for path in sorted(FOLDER.glob("[A-Z][A-Z].yaml")):
        for code, kinds in load(path.stem).items():
            assert set(kinds) <= set(KINDS), (code, list(kinds))
            for kind in KINDS:
                for written in kinds.get(kind) or []:
                    yield Case(code=code, kind=kind, **written)


def child(name: str) -> dict[str, str]:
    """Return a child in whom everything is right."""
    children = load("child")
    return {**children["primary"], **children[name]}


def classmate(base: Row, number: int) -> dict[str, str]:
    """Return another child of the same class, sex and birthday: the next ID numbers of the same day."""
    own = with_check(base["id_number"][:14] + f"{int(base['id_number'][14:17]) + 2 * number:03}")
    return {**base, "id_number": own, "roll_number": f"G{own}"}


def with_check(body: str) -> str:
    """Return 17 digits with their check character, as python-stdnum has it."""
    return str(body + ric.calc_check_digit(f"{body}0"))


def case_rows(case: Case) -> list[list[dict[str, str]]]:
    base = child(case.child)
    tables = case.tables or [case.rows if case.rows is not None else [dict(case.change)]]
    made: list[list[dict[str, str]]] = []
    number = 0
    for table in tables:
        rows = []
        for changes in table:
            cells = {name: value for name, value in changes.items() if name != "repeat"}
            for _ in range(int(changes.get("repeat", 1))):
                row = {**classmate(base, number), **cells}
                row["roll_number"] = row["roll_number"].replace("{id_number}", row["id_number"])
                rows.append(row)
                number += 1
        made.append(rows)
    return made


def _columns(case: Case, rows: list[dict[str, str]]) -> list[str]:
    names = list(dict.fromkeys([*child(case.child), *(name for row in rows for name in row)]))
    names = [name for name in names if name in case.only] if case.only else names
    return [name for name in names if name not in case.without]


def make_roster(
    schema: Schema,
    columns: list[str],
    rows: list[dict[str, str]],
    *,
    number: int = 0,
    numeric: tuple[str, ...] = (),
    facts: tuple[Fact, ...] = (),
) -> Roster:
    """Bind a table with these columns; a column that no field claims keeps its name as header."""
    titles = {f.name: f.title for f in schema.fields}
    placed = [Column(position, titles.get(name, name)) for position, name in enumerate(columns)]
    data = {ROW: pl.Series(range(FIRST, FIRST + len(rows)), dtype=pl.UInt32)}
    for column, name in zip(placed, columns, strict=True):
        data[column.key] = pl.Series([row.get(name) or None for row in rows], dtype=pl.String)
    flags = {columns.index(name): data[f"c{columns.index(name)}"].is_not_null() for name in numeric}
    source = Source(
        path=f"名册{number}.xlsx", sheet="Sheet1", kind="xlsx", digest=digest.known(f"{number:064}"), encoding=None
    )
    roster = bind(Table(source, 1, tuple(placed), pl.DataFrame(data), flags, facts), schema)
    assert all(roster.columns[name].header == titles[name] for name in columns if name in titles)
    return roster


def rosters(case: Case) -> list[Roster]:
    """Return the tables of a case, bound."""
    facts = tuple(
        Fact(
            said["key"],
            int(said["row"]) if "row" in said else None,
            int(said["position"]) if "position" in said else None,
            {name: value for name, value in said.items() if name not in ("key", "row", "position")},
        )
        for said in case.facts
    )
    return [
        make_roster(student(), _columns(case, rows), rows, number=number, numeric=tuple(case.numeric), facts=facts)
        for number, rows in enumerate(case_rows(case))
    ]


def surroundings(case: Case) -> Surroundings:
    day = date.fromisoformat(case.as_of)
    classes = None
    if case.classes is not None:
        columns = list(dict.fromkeys(name for row in case.classes for name in row))
        classes = class_keys([make_roster(load_schema("class"), columns, case.classes)], day)
    return Surroundings(day, frozenset(case.photos) if case.photos is not None else None, classes)


def active(case: Case) -> dict[str, ActiveRule]:
    """Return every rule as it is by default, the case's own with its parameters."""
    rules = {code: ActiveRule(rule, rule.severity, rule.source, rule.params) for code, rule in all_rules().items()}
    own = rules[case.code].rule
    assert set(case.params) <= set(own.params), case.params
    rules[case.code] = ActiveRule(own, own.severity, own.source, {**own.params, **case.params})
    return rules


@dataclass(frozen=True)
class Outcome:
    """What all rules say about a case."""

    findings: pl.DataFrame
    skipped: tuple[Skipped, ...]
    tables: list[Roster]


def check(case: Case) -> Outcome:
    """Run all rules over a case."""
    tables = rosters(case)
    return Outcome(*run(tables, active(case), surroundings(case)), tables)


def check_together(cases: list[Case]) -> dict[str, Outcome]:
    """Run all rules about rows over many cases of one row at once, which is a hundred times faster than one by one.

    Rules over many rows, which would take the cases for one school, are left out: a single row gives them nothing to find.
    """
    tables = [table for case in cases for table in rosters(case)]
    rules = {code: rule for code, rule in active(cases[0]).items() if not isinstance(rule.rule, GroupRule)}
    findings, skipped = run(tables, rules, surroundings(cases[0]))
    first = pl.lit(0, dtype=pl.UInt32).alias("table")
    return {
        case.id: Outcome(
            findings.filter(pl.col("table") == number).with_columns(first),
            tuple(Skipped(said.code, 0, said.missing) for said in skipped if said.table == number),
            [tables[number]],
        )
        for number, case in enumerate(cases)
    }


def where(finding: Mapping[str, object], tables: list[Roster]) -> Place:
    """Return where a finding stands, by the position it gives."""
    table, position = int(str(finding["table"])), finding["position"]
    bound = {column.position: name for name, column in tables[table].columns.items()}
    headers = {column.position: column.header for column in tables[table].table.columns}
    column = None if position is None else bound.get(int(str(position)), headers[int(str(position))])
    return column, table, None if finding["row"] is None else int(str(finding["row"]))
