"""`xueji retention`: households, rolls and those present compared; who of age is in none of them, and the ledgers to follow it up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import typer

from xueji_cli.commands import options
from xueji_cli.commands.reconcile import ReconcileCommand

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.reports.retention.report import RetentionReport
    from xueji_cli.retaining.engine import Sources
    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.settings import Settings

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2


class RetentionCommand(ReconcileCommand):
    """A command whose lists take all names up to the next option."""

    several = ("--household", "--roll", "--present", "--focus", "--explained", "--previous", "--numbers")


def retention(
    ctx: typer.Context,
    household: options.Household = None,
    roll: options.Roll = None,
    present: options.PresentLists = None,
    focus: options.Focus = None,
    explained: options.Explained = None,
    previous: options.Previous = None,
    numbers: options.Numbers = None,
    output: options.Output = None,
    format: options.TextOrJson = "text",
    by: options.GroupBy = "township",
    cases: options.CaseSheets = False,
    as_of: options.AsOf = None,
    rules: options.Pack = None,
    fail_on: options.FailOn = None,
    mapping: options.Mapping = None,
    encoding: options.Encoding = None,
    recursive: options.Recursive = False,
    places: options.Places = 3,
    reveal: options.Reveal = False,
    note: options.Note = None,
    protect: options.Protect = False,
    protect_file: options.ProtectFile = None,
    password_file: options.PasswordFile = None,
    record_key: options.RecordKey = None,
    config: options.Config = None,
    lang: options.Lang = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Find children out of school."""
    from xueji_cli.commands.keys import record_key as own_key
    from xueji_cli.commands.start import start
    from xueji_cli.errors import UserError
    from xueji_cli.reports.retention.writing import refuse_outputs
    from xueji_cli.tables.paths import expand_inputs

    console, settings = start(ctx)
    given = {
        "household": household, "roll": roll, "present": present, "focus": focus, "explained": explained, "previous": previous,
        "numbers": numbers,
    }  # fmt: skip
    if not roll:
        raise UserError("retention_no_roll")
    if not household and not present:
        raise UserError("retention_nothing")
    paths = {name: expand_inputs(each, recursive=settings.recursive) if each else [] for name, each in given.items()}
    _refuse_one_file_twice(paths)
    outputs = list(dict.fromkeys(output or []))
    refuse_outputs(outputs, [path for each in paths.values() for path in each if path != "-"])
    active, counted, pack = _rules(settings)
    secret = own_key(settings, console)
    sources, unreadable, schema = read_lists(paths, settings, console)
    report = run(sources, unreadable, settings, active, counted, pack, schema, by=by, secret=secret)
    return show(report, settings, console, outputs, format=format, limit=places, cases=cases)


def _refuse_one_file_twice(paths: Mapping[str, Sequence[str]]) -> None:
    """Refuse a file that is given as two lists: every child would be in both.

    Raises:
        UserError: Naming it.
    """
    from xueji_cli.errors import UserError
    from xueji_cli.tables.paths import same_file_key

    owner: dict[object, str] = {}
    for name, files in paths.items():
        for path in files:
            before = owner.setdefault(same_file_key(path), name)
            if before != name:
                raise UserError("retention_same_file", file=path, first=f"--{before}", second=f"--{name}")


def _rules(settings: Settings) -> tuple[Mapping[str, ActiveRule], frozenset[str], str]:
    """Return the rules as this run applies them, those that count, and the name of the rule pack.

    A rule that is off or ignored still holds the parameters of what it finds; its findings are told and do not count.
    """
    from xueji_cli.checks.activation import activate, known_parameters
    from xueji_cli.checks.retention_rules import RULES
    from xueji_cli.schema.rulepack import load_rulepack

    pack = load_rulepack(settings.rules, settings.schema_folders, known_parameters())
    own = {rule.code: rule for rule in RULES}
    overrides, file = settings.rule_overrides, settings.file or ""
    active = activate(pack, overrides, list(own), [], file, among=own)
    counted = activate(pack, overrides, [], settings.ignore, file, among=own)
    return active, frozenset(counted), f"{pack.name} {pack.version}"


def read_lists(
    paths: Mapping[str, Sequence[str]], settings: Settings, console: Console
) -> tuple[Sources, list[InputError], Schema]:
    """Read the files of all lists and bind each to what it may be; also return the student schema."""
    from dataclasses import replace

    from xueji_cli.commands.inputs import read_rosters
    from xueji_cli.errors import InputError
    from xueji_cli.reconciling.intake import FORMS
    from xueji_cli.retaining.engine import NAMES, Sources
    from xueji_cli.schema.loading import load_form, load_schema

    folders = settings.schema_folders
    student = load_schema(settings.schema or "student", folders)
    forms: dict[str, list[Schema]] = {
        "household": [load_form("household", folders)],
        "roll": [student],
        "present": [student, load_form("headcount", folders)],
        "focus": [load_form("focus", folders)],
        "explained": [load_form("proof", folders)],
        "previous": [load_form("ledger", folders)],
        "numbers": [load_form("yearbook", folders)],
    }
    found: dict[str, list[Roster]] = {}
    unreadable: list[InputError] = []
    told: set[str] = set()
    for name in NAMES:
        reading = settings if name in ("household", "roll", "present") else replace(settings, mapping=(), encoding=None)
        rosters, failures = (
            read_rosters(paths[name], reading, console, choices=forms[name]) if paths[name] else ([], [])
        )
        found[name] = rosters
        read = {roster.table.source.path for roster in rosters}
        # A workbook has other sheets besides: a ledger's summary, notes. What is no list is passed over, and said.
        passed = [
            e for e in failures if e.file in read and e.key.startswith(("no_schema_fits", "no_header", "no_data"))
        ]
        for file in dict.fromkeys(error.file for error in passed if error.file not in told):
            told.add(file)
            if name != "previous":
                console.note(console.text("reconcile.sheets_passed", file=file))
        left = [error for error in failures if error not in passed]
        if name == "previous":
            left = [InputError("no_ledger", file=e.file) if e.key.startswith("no_schema_fits") else e for e in left]
        # A ledger or a table of numbers is not one file among many.
        if left and name in ("previous", "numbers"):
            raise left[0]
        unreadable += left
    for name in ("roll", "household"):
        if paths[name] and not found[name]:
            raise unreadable[0]
    _warn_of_tables_without_persons(found["present"], console, FORMS)
    return Sources(**found), unreadable, student


def _warn_of_tables_without_persons(present: Sequence[Roster], console: Console, forms: Sequence[str]) -> None:
    heads = [roster for roster in present if roster.schema.name in forms]
    for file in dict.fromkeys(roster.table.source.path for roster in heads):
        console.note(console.text("retention.heads_only", file=file))


def run(
    sources: Sources,
    unreadable: Sequence[InputError],
    settings: Settings,
    rules: Mapping[str, ActiveRule],
    counted: frozenset[str],
    pack: str,
    schema: Schema,
    *,
    by: str,
    secret: bytes,
) -> RetentionReport:
    """Compare, and return the report."""
    from xueji_cli import __version__
    from xueji_cli.reports.report import Run
    from xueji_cli.reports.retention.report import RetentionReport
    from xueji_cli.retaining.engine import NAMES, Options, retain

    result = retain(sources, Options(settings.as_of, rules, schema, secret))
    schemas = {f"{roster.schema.name} {roster.schema.version}": None for roster in sources.tables}
    return RetentionReport(
        run=Run(
            command="retention",
            version=__version__,
            schemas=tuple(schemas),
            rules=pack,
            as_of=settings.as_of.isoformat(),
            options={"by": by},
            note=settings.note or "",
            reveal=settings.reveal,
        ),
        rosters=sources.tables,
        lists=tuple(name for name in NAMES for _ in getattr(sources, name)),
        unreadable=tuple(unreadable),
        result=result,
        counted=counted,
        by=by,
    )


def show(
    report: RetentionReport,
    settings: Settings,
    console: Console,
    outputs: Sequence[str],
    *,
    format: str,
    limit: int,
    cases: bool,
) -> int:
    """Write the files that were asked for, show the report, and return the exit status."""
    from dataclasses import replace

    from xueji_cli.commands.showing import show_report
    from xueji_cli.reports.hiding import hide
    from xueji_cli.reports.retention.machine import write_json
    from xueji_cli.reports.retention.text import render_text
    from xueji_cli.reports.retention.view import retention_view
    from xueji_cli.reports.retention.writing import write_report

    if not settings.reveal:
        report = replace(report, result=hide(report.result, report.rosters))

    view = retention_view(report, lang=console.lang, reveal=settings.reveal)
    shown = partial(render_text, view, width=console.width, verbose=console.verbose, limit=limit or None)
    good = show_report(
        outputs,
        report.unreadable,
        console,
        format=format,
        write=lambda path: write_report(view, path, cases=cases),
        write_json=lambda stream: write_json(view, stream),
        render=lambda written: shown(written=written),
    )
    return status(report, settings.fail_on) if good else UNREADABLE


def status(report: RetentionReport, fail_on: str) -> int:
    """Return the exit status: 2 when an input could not be used, 1 for findings at or above the limit, else 0."""
    from xueji_cli.checks.rule import Severity
    from xueji_cli.reports.retention.view import findings

    if report.unreadable or any(problem.fatal for problem in report.result.problems):
        return UNREADABLE
    if fail_on == "never":
        return CLEAN
    limit = Severity(fail_on).rank
    found = (rule for rule, count in findings(report) if count and rule.rule.code in report.counted)
    return FINDINGS if any(rule.severity.rank <= limit for rule in found) else CLEAN
