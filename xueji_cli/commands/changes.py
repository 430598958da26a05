"""`xueji changes`: what happened to every child between two exports."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import typer

from xueji_cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.reports.changes.report import ChangesReport
    from xueji_cli.schema.roster import Roster
    from xueji_cli.settings import Settings
    from xueji_cli.tracking.engine import Sources

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2


def changes(
    ctx: typer.Context,
    old_export: options.OldExport,
    new_export: options.NewExport,
    old: options.MoreOld = None,
    new: options.MoreNew = None,
    old_date: options.OldDate = None,
    new_date: options.NewDate = None,
    log: options.MovementLog = None,
    schools: options.Schools = None,
    in_roll: options.InRoll = None,
    output: options.Output = None,
    format: options.TextOrJson = "text",
    rules: options.Pack = None,
    select: options.Select = None,
    ignore: options.Ignore = None,
    as_of: options.AsOf = None,
    fail_on: options.FailOn = None,
    schema: options.SchemaName = None,
    mapping: options.Mapping = None,
    encoding: options.Encoding = None,
    recursive: options.Recursive = False,
    places: options.Places = 3,
    reveal: options.Reveal = False,
    note: options.Note = None,
    protect: options.Protect = False,
    protect_file: options.ProtectFile = None,
    password_file: options.PasswordFile = None,
    config: options.Config = None,
    lang: options.Lang = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Compare two exports."""
    from xueji_cli.checks.activation import activate, known_parameters
    from xueji_cli.checks.registry import change_rules
    from xueji_cli.commands.reconcile import statuses_of
    from xueji_cli.commands.start import said, start
    from xueji_cli.errors import UserError
    from xueji_cli.reports.changes.report import ChangesReport
    from xueji_cli.reports.changes.writing import refuse_outputs
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.rulepack import load_rulepack
    from xueji_cli.tables.paths import expand_inputs, same_file_key
    from xueji_cli.tracking.engine import Options, track
    from xueji_cli.tracking.sides import refuse_order, side_date

    console, settings = start(ctx)
    sides = {
        "old": expand_inputs([old_export, *(old or [])], recursive=settings.recursive),
        "new": expand_inputs([new_export, *(new or [])], recursive=settings.recursive),
        "log": expand_inputs(log, recursive=settings.recursive) if log else [],
        "schools": expand_inputs([schools]) if schools else [],
    }
    known = {same_file_key(path) for path in sides["old"]}
    if both := [path for path in sides["new"] if same_file_key(path) in known]:
        raise UserError("changes_same_file", file=both[0])
    outputs = list(dict.fromkeys(output or []))
    refuse_outputs(outputs, [path for paths in sides.values() for path in paths if path != "-"])
    pack = load_rulepack(settings.rules, settings.schema_folders, known_parameters())
    active = activate(
        pack, settings.rule_overrides, settings.select, settings.ignore, settings.file or "", change_rules()
    )
    given = {side: _day(f"--{side}-date", text) for side, text in (("old", old_date), ("new", new_date))}
    sources, unreadable = read_sources(sides, settings, console)
    # Today is a day like any other for an export that says none; the report tells that nothing said so.
    days = (
        side_date("old", given["old"], sources.old, None),
        side_date("new", given["new"], sources.new, settings.as_of),
    )
    refuse_order(*days)
    chosen = Options(days[0], days[1], active, statuses_of(in_roll, None, None))
    result = track(sources, chosen)
    own = {"in_roll": in_roll, "log": bool(log), "schools": bool(schools)}
    report = ChangesReport(
        run=Run(
            command="changes",
            version=_version(),
            schemas=tuple(dict.fromkeys(f"{roster.schema.name} {roster.schema.version}" for roster in sources.tables)),
            rules=f"{pack.name} {pack.version}",
            as_of=days[1].day.isoformat(),
            options={**said(settings), **{name: value for name, value in own.items() if value}},
            note=settings.note or "",
            reveal=settings.reveal,
        ),
        rosters=sources.tables,
        sides=tuple(name for name in ("old", "new", "log", "schools") for _ in getattr(sources, name) or ()),
        unreadable=tuple(unreadable),
        rules=active,
        result=result,
    )
    return show(report, settings, console, outputs, format=format, limit=places)


def _version() -> str:
    from xueji_cli import __version__

    return __version__


def _day(word: str, given: str | None) -> date | None:
    from datetime import date

    from xueji_cli.errors import UserError

    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise UserError("bad_date_option", word=word, value=given) from None


def read_sources(
    sides: Mapping[str, list[str]], settings: Settings, console: Console
) -> tuple[Sources, list[InputError]]:
    """Read the files of all sides and bind each to what it may be.

    Raises:
        UserError: When a side has no table that can be used: nothing would be left to compare.
    """
    from dataclasses import replace

    from xueji_cli.commands.inputs import read_rosters
    from xueji_cli.schema.loading import load_form, load_schema
    from xueji_cli.tracking.engine import Sources

    folders = settings.schema_folders
    student = load_schema(settings.schema or "student", folders)
    forms = {"log": load_form("movement", folders), "schools": load_schema("school", folders)}
    plain = replace(settings, mapping=(), encoding=None)
    # Both exports are read together: a mapping may be about a column of only one of them.
    exports = read_rosters([*sides["old"], *sides["new"]], settings, console, choices=[student])
    read_of = {"old": exports, "new": exports}
    read_of |= {
        side: read_rosters(sides[side], plain, console, choices=[form]) for side, form in forms.items() if sides[side]
    }
    found: dict[str, list[Roster]] = {}
    unreadable: list[InputError] = []
    for side, paths in sides.items():
        rosters, failures = read_of.get(side, ([], []))
        own = set(paths)
        found[side] = [roster for roster in rosters if roster.table.source.path in own]
        failures = [error for error in failures if error.file in own]
        read = {roster.table.source.path for roster in found[side]}
        # A workbook has other sheets besides (notes, a cover): what is no list is passed over, and said.
        passed = [error for error in failures if error.file in read and error.key.startswith("no_schema_fits")]
        for file in dict.fromkeys(error.file for error in passed):
            console.note(console.text("changes.sheets_passed", file=file))
        failures = [error for error in failures if error not in passed]
        if paths and not found[side]:
            raise failures[0]
        unreadable += failures
    log = found["log"] if sides["log"] else None
    return Sources(old=found["old"], new=found["new"], log=log, schools=found["schools"]), unreadable


def show(
    report: ChangesReport, settings: Settings, console: Console, outputs: Sequence[str], *, format: str, limit: int
) -> int:
    """Write the files that were asked for, show the report, and return the exit status."""
    from dataclasses import replace

    from xueji_cli.commands.showing import show_report
    from xueji_cli.reports.changes.machine import write_json
    from xueji_cli.reports.changes.text import render_text
    from xueji_cli.reports.changes.writing import write_report
    from xueji_cli.reports.hiding import hide

    if not settings.reveal:
        listed = [roster for roster, side in zip(report.rosters, report.sides, strict=True) if side == "schools"]
        report = replace(report, result=hide(report.result, report.rosters, listed))

    shown = partial(render_text, report, lang=console.lang, width=console.width, reveal=settings.reveal)
    good = show_report(
        outputs,
        report.unreadable,
        console,
        format=format,
        write=lambda path: write_report(report, path, lang=console.lang, reveal=settings.reveal),
        write_json=lambda stream: write_json(report, stream, lang=console.lang, reveal=settings.reveal),
        render=lambda written: shown(verbose=console.verbose, limit=limit or None, written=written),
    )
    return status(report, settings.fail_on) if good else UNREADABLE


def status(report: ChangesReport, fail_on: str) -> int:
    """Return the exit status: 2 when something in the inputs could not be used, 1 for findings at or above the limit, else 0."""
    from xueji_cli.commands.showing import reaches

    if report.unreadable or any(problem.fatal for problem in report.result.problems):
        return UNREADABLE
    return FINDINGS if reaches(report.result.findings["severity"].unique(), fail_on) else CLEAN
