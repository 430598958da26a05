"""From bound tables to the whole account: place, link, give every child a fate, count, and look into what needs looking into."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.registry import change_rules
from xueji_cli.errors import UserError
from xueji_cli.reconciling.linking import Weigher
from xueji_cli.reconciling.people import Statuses
from xueji_cli.schema.codetables import load_code_table
from xueji_cli.tracking import fates, findings, information, log_findings
from xueji_cli.tracking.case import Case
from xueji_cli.tracking.entries import find_children
from xueji_cli.tracking.linking import link_children
from xueji_cli.tracking.log import read_log
from xueji_cli.tracking.missing import missing_lists
from xueji_cli.tracking.placing import place
from xueji_cli.tracking.sides import refuse_order
from xueji_cli.tracking.tally import flows
from xueji_cli.tracking.workdays import WorkingDays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.reconciling.places import Naming
    from xueji_cli.reconciling.problems import Problem
    from xueji_cli.schema.roster import Roster
    from xueji_cli.tracking.findings import Skipped
    from xueji_cli.tracking.sides import SideDate
    from xueji_cli.tracking.tally import Flows

#: An entry this many days before the first export may still explain a change: four parties have ten working days each.
GRACE = 60


@dataclass(frozen=True, slots=True)
class Sources:
    """The bound tables.

    Attributes:
        old: Of the first export.
        new: Of the second.
        log: Logs of movements; None where none was given.
        schools: Lists of schools.
    """

    old: Sequence[Roster]
    new: Sequence[Roster]
    log: Sequence[Roster] | None = None
    schools: Sequence[Roster] = ()

    @property
    def tables(self) -> tuple[Roster, ...]:
        """All tables in the order in which `table` columns count them."""
        return (*self.old, *self.new, *(self.log or ()), *self.schools)


@dataclass(frozen=True, slots=True)
class Options:
    """What was decided for the run.

    Attributes:
        old: The day of the first export.
        new: The day of the second.
        rules: The rules to look for.
        statuses: Who is in the roll.
    """

    old: SideDate
    new: SideDate
    rules: Mapping[str, ActiveRule]
    statuses: Statuses = field(default_factory=Statuses)


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened between two exports.

    Attributes:
        old: The day of the first, and how it is known.
        new: The day of the second.
        years: How many school years begin between them.
        rows: Rolls on either side; `counted` of them are in the roll.
        counted: See `rows`.
        children: A row a child (`fates.fates`).
        log: Entries with their child and `current` (of the time between the two days); None without a log.
        changes: Key information that differs (`information.CHANGE_SCHEMA`).
        others: Other fields in numbers (`information.OTHER_SCHEMA`).
        states: `old`, `new`, `children`: states that are not what they were.
        flows: The numbers, proven.
        findings: `findings.FINDING_SCHEMA`.
        skipped: Rules that could not be looked for.
        problems: What was left out or read with care.
        naming: How names of schools were understood.
        unknown_years: Years whose holidays the calendar does not know: only weekends are free in them.
        in_roll: States that count.
    """

    old: SideDate
    new: SideDate
    years: int
    rows: tuple[int, int]
    counted: tuple[int, int]
    children: pl.DataFrame
    log: pl.DataFrame | None
    changes: pl.DataFrame
    others: pl.DataFrame
    states: pl.DataFrame
    flows: Flows
    findings: pl.DataFrame
    skipped: tuple[Skipped, ...]
    problems: tuple[Problem, ...]
    naming: tuple[Naming, ...]
    unknown_years: tuple[int, ...]
    in_roll: tuple[str, ...]


def track(sources: Sources, options: Options) -> Changes:
    """Account for every child.

    Raises:
        UserError: When the sides are turned round, or (the program being wrong) the numbers do not tie out.
    """
    dates = (options.old, options.new)
    refuse_order(*dates)
    sides = (sources.old, sources.new)
    placed = place(sides, dates, sources.schools, options.statuses)
    weigher = Weigher(sources.tables, sources.old[0].schema, options.new.day, options.new.year)
    links = link_children(placed.old, placed.new, weigher)
    everyone = fates.children(placed, links)
    problems = list(placed.problems)
    log = None
    if sources.log is not None:
        first = len(sources.old) + len(sources.new)
        log, found = read_log(sources.log, first, placed.directory, options.new.year)
        problems += found
        log = _current(find_children(log, everyone.filter(pl.col("double").is_null())), options)
    # One who is registered until the last day of September comes into the first grade without an entry.
    known = options.rules.get("MV03") or change_rules()["MV03"]
    until = _day_of(known.params["until"], options.new.year)
    explaining = None if log is None else log.filter(pl.col("explains"))
    children = fates.fates(everyone, explaining, placed, dates, until)
    numbers = flows(children, placed.old, placed.new)
    if numbers.untied:
        # Rather no number than a wrong one.
        raise UserError("counts_untied", cells="；".join(numbers.untied[:10]))
    changes = information.key_changes(children, sides)
    calendar = WorkingDays(log_findings.first_day(log, options.old.day), log_findings.last_day(log, options.new.day))
    kinds = {entry.code: entry.label for entry in load_code_table("movement").entries}
    unlisted, lacking = missing_lists(children)
    problems += lacking
    case = Case(children, log, changes, placed, links, options.old.day, options.new.day, calendar, kinds, unlisted)
    told, skipped = findings.find(case, options.rules)
    return Changes(
        old=options.old,
        new=options.new,
        years=placed.years,
        rows=(placed.old.height, placed.new.height),
        counted=(int(placed.old["counted"].sum()), int(placed.new["counted"].sum())),
        children=children,
        log=log,
        changes=changes,
        others=information.other_changes(children, sides),
        states=_states(children),
        flows=numbers,
        findings=told,
        skipped=skipped,
        problems=tuple(problems),
        naming=placed.naming,
        unknown_years=calendar.unknown if log is not None else (),
        in_roll=options.statuses.in_roll,
    )


def _day_of(month_day: str, year: int) -> date:
    """Return a day of the school year that began in `year`."""
    month, day = map(int, month_day.split("-"))
    return date(year if month >= 8 else year + 1, month, day)


def _current(log: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Add which entries are of the time between the two days, and which may explain a change of it.

    An entry without a day may be either. A transfer that began before the first day may take effect after it.
    """
    after = pl.col("on") > options.old.day
    until = pl.col("on") <= options.new.day
    lately = pl.col("on") > options.old.day - timedelta(days=GRACE)
    return log.with_columns(
        current=(after & until).fill_null(value=True), explains=(lately & until).fill_null(value=True)
    )


def _states(children: pl.DataFrame) -> pl.DataFrame:
    both = children.filter(pl.col("row_o").is_not_null() & pl.col("row_n").is_not_null())
    # A blank state is 在读, as everywhere.
    old, new = (pl.col(f"status_{side}").fill_null("在读") for side in ("o", "n"))
    return (
        both.select(old=old, new=new)
        .filter(pl.col("old") != pl.col("new"))
        .group_by("old", "new")
        .agg(children=pl.len())
        .sort("children", "old", "new", descending=[True, False, False])
    )
