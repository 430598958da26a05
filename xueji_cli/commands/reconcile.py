"""`xueji reconcile`: the system's rolls against the classrooms, and the county's scoresheet, filled."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from xueji_cli.commands import options
from xueji_cli.commands.help import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.reconciling.engine import Sources
    from xueji_cli.reconciling.people import Statuses
    from xueji_cli.reconciling.scoresheet import Scoresheet
    from xueji_cli.reports.reconciled.report import ReconcileReport
    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.settings import Settings

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2
DEFAULT_SCORESHEET = "lingbi-2021"


class ReconcileCommand(Command):
    """A command whose `--actual` takes all names up to the next option: a pattern that the shell wrote out is many."""

    #: Options that take one name after another, as shells write out 各班/*.xlsx.
    several: tuple[str, ...] = ("--actual", "--entries")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, with `--actual a b` as `--actual a --actual b`."""
        spread: list[str] = []
        current = ""
        fresh = False
        for arg in args:
            if arg in self.several:
                current, fresh = arg, True
                spread.append(arg)
            elif arg.startswith("-") and arg != "-":
                current = ""
                spread.append(arg)
            else:
                if current and not fresh:
                    spread.append(current)
                spread.append(arg)
                fresh = False
        return super().parse_args(ctx, spread)


def reconcile(
    ctx: typer.Context,
    system: options.System,
    actual: options.Actual = None,
    output: options.Output = None,
    format: options.TextOrJson = "text",
    schools: options.Schools = None,
    classes: options.ClassList = None,
    in_roll: options.InRoll = None,
    present: options.Present = None,
    excused: options.Excused = None,
    entries: options.Entries = None,
    scoresheet: options.ScoresheetName = DEFAULT_SCORESHEET,
    photos: options.PhotoFolder = None,
    seed: options.Seed = 1,
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
    """Compare the system with the classrooms."""
    from xueji_cli.commands.start import start
    from xueji_cli.errors import UserError
    from xueji_cli.reconciling.scoresheet import load_scoresheet
    from xueji_cli.reports.reconciled.writing import refuse_outputs
    from xueji_cli.tables.paths import expand_inputs

    console, settings = start(ctx)
    if not actual:
        raise UserError("no_actual")
    sheet = load_scoresheet(scoresheet, settings.schema_folders)
    sides = {
        "system": expand_inputs(system, recursive=settings.recursive),
        "actual": expand_inputs(actual, recursive=settings.recursive),
        "schools": expand_inputs([schools]) if schools else [],
        "classes": expand_inputs([settings.classes]) if settings.classes else [],
        "entries": expand_inputs(entries) if entries else [],
    }
    outputs = list(dict.fromkeys(output or []))
    refuse_outputs(outputs, [path for paths in sides.values() for path in paths if path != "-"])
    statuses = statuses_of(in_roll, present, excused)
    sources, unreadable = read_sides(sides, settings, console)
    report = run(sources, unreadable, settings, sheet, statuses, seed)
    return show(report, settings, console, outputs, format=format, limit=places)


def statuses_of(in_roll: str | None, present: str | None, excused: str | None) -> Statuses:
    """Return who counts, with what the user said in place of the defaults."""
    import polars as pl

    from xueji_cli.errors import UserError
    from xueji_cli.reconciling.people import Statuses
    from xueji_cli.schema.codetables import load_code_table
    from xueji_cli.values import codes

    table = load_code_table("status")
    chosen: dict[str, tuple[str, ...]] = {}
    for name, words in (("in_roll", in_roll), ("present", present), ("excused", excused)):
        if words is None:
            continue
        given = [word.strip() for word in re.split("[,，、]", words) if word.strip()]
        if name != "excused":
            labels = codes.read(pl.Series(given, dtype=pl.String), table)[1].to_list()
            if None in labels:
                known = ", ".join(entry.label for entry in table.entries)
                unknown = given[labels.index(None)]
                raise UserError("bad_setting", word=f"--{name.replace('_', '-')}", value=unknown, known=known)
            given = labels
        chosen[name] = tuple(given)
    return Statuses(**chosen)


def read_sides(sides: dict[str, list[str]], settings: Settings, console: Console) -> tuple[Sources, list[InputError]]:
    """Read the files of all sides and bind them to what each side may be."""
    from dataclasses import replace

    from xueji_cli.commands.inputs import read_rosters
    from xueji_cli.errors import InputError
    from xueji_cli.reconciling.engine import Sources
    from xueji_cli.schema.loading import load_form, load_schema
    from xueji_cli.tables.photos import photo_stems

    folders = settings.schema_folders
    student = load_schema(settings.schema or "student", folders)
    # A workbook may hold the counts and the entries, on two sheets; each side takes what is its own.
    forms = [student, load_form("headcount", folders), load_form("entries", folders)]
    wanted: dict[str, tuple[Sequence[Schema], frozenset[str], str]] = {
        "system": (forms, frozenset({student.name, "headcount"}), "not_for_comparing"),
        "actual": (forms, frozenset({student.name, "headcount"}), "not_for_comparing"),
        "schools": ([load_schema("school", folders)], frozenset({"school"}), ""),
        "classes": ([load_schema("class", folders)], frozenset({"class"}), ""),
        "entries": (forms, frozenset({"entries"}), "not_entries"),
    }
    found: dict[str, list[Roster]] = {}
    told: set[str] = set()
    unreadable: list[InputError] = []
    for side, paths in sides.items():
        choices, kept, otherwise = wanted[side]
        reading = settings if side in ("system", "actual") else replace(settings, mapping=(), encoding=None)
        rosters, failures = read_rosters(paths, reading, console, choices=choices) if paths else ([], [])
        found[side] = [roster for roster in rosters if roster.schema.name in kept]
        read = {roster.table.source.path for roster in found[side]}
        # A workbook has other sheets besides (a scoresheet to print, notes): what is no list is passed over, and said.
        passed = [e for e in failures if e.file in read and e.key.startswith("no_schema_fits")]
        for file in dict.fromkeys(error.file for error in passed if error.file not in told):
            told.add(file)
            console.note(console.text("reconcile.sheets_passed", file=file))
        failures = [error for error in failures if error not in passed]
        unreadable += failures
        others = dict.fromkeys(r.table.source.path for r in rosters if r.table.source.path not in read)
        unreadable += [InputError(otherwise, file=path) for path in others]
        # A list that names the schools, or the entries, is not one file among many.
        if failures and side in ("schools", "classes", "entries"):
            raise failures[0]
    for side in ("system", "actual"):
        if sides[side] and not found[side]:
            raise unreadable[0]
    return Sources(**found, photos=photo_stems(settings.photos) if settings.photos else None), unreadable


def run(
    sources: Sources,
    unreadable: Sequence[InputError],
    settings: Settings,
    scoresheet: Scoresheet,
    statuses: Statuses,
    seed: int,
) -> ReconcileReport:
    """Compare, and return the report."""
    from xueji_cli import __version__
    from xueji_cli.reconciling.engine import Options
    from xueji_cli.reconciling.engine import reconcile as compare
    from xueji_cli.reports.reconciled.report import ReconcileReport
    from xueji_cli.reports.report import Run

    result = compare(sources, Options(settings.as_of, scoresheet, statuses, seed))
    schemas = {f"{roster.schema.name} {roster.schema.version}": None for roster in sources.tables}
    names = ("system", "actual", "schools", "classes", "entries")
    sides = [name for name in names for _ in getattr(sources, name)]
    return ReconcileReport(
        run=Run(
            command="reconcile",
            version=__version__,
            schemas=tuple(schemas),
            rules=f"{scoresheet.name} {scoresheet.version}",
            as_of=settings.as_of.isoformat(),
            options={"photos": settings.photos} if settings.photos else {},
            note=settings.note or "",
            reveal=settings.reveal,
        ),
        rosters=sources.tables,
        sides=tuple(sides),
        unreadable=tuple(unreadable),
        result=result,
    )


def show(
    report: ReconcileReport, settings: Settings, console: Console, outputs: Sequence[str], *, format: str, limit: int
) -> int:
    """Write the files that were asked for, show the report, and return the exit status."""
    from dataclasses import replace

    from xueji_cli.commands.showing import show_report
    from xueji_cli.reports.hiding import hide
    from xueji_cli.reports.reconciled.machine import write_json
    from xueji_cli.reports.reconciled.text import render_text
    from xueji_cli.reports.reconciled.writing import write_report

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


def status(report: ReconcileReport, fail_on: str) -> int:
    """Return the exit status.

    2 when something in the inputs could not be used; 1 when the sides differ (in people or numbers for `error`, in
    information or class as well for `warning` and `notice`); else 0.
    """
    import polars as pl

    result = report.result
    unmatched = any(naming.unmatched for naming in result.naming)
    if report.unreadable or unmatched or any(problem.fatal for problem in result.problems):
        return UNREADABLE
    if fail_on == "never":
        return CLEAN
    light = ["class_differs", "information_differs", "by_status"]
    people = result.persons
    if fail_on == "error":
        people = people.filter(~pl.col("category").is_in(light) & pl.col("excused").is_null())
    numbers = (pl.col("difference") != 0).any()
    by_class = bool(result.classes.select(numbers).item()) if result.classes.height else False
    by_school = any(s.students[0] != s.students[1] or s.classes[0] != s.classes[1] for s in result.schools)
    return FINDINGS if people.height or by_class or by_school else CLEAN
