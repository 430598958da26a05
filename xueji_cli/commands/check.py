"""`xueji check`: which cells to correct before submission."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from xueji_cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

    from xueji_cli.checks.judging import Surroundings
    from xueji_cli.checks.keeping import Checked
    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.reports.report import CheckReport
    from xueji_cli.reports.written import Written
    from xueji_cli.schema.roster import Roster
    from xueji_cli.settings import Settings
    from xueji_cli.tables.blob import Ahead
    from xueji_cli.tables.memory import Plan

#: Findings of which a run past memory keeps the places; more of them are counted by rule and told (`truncated`).
MOST_FINDINGS = 1_000_000

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2


def check(
    ctx: typer.Context,
    files: options.Files,
    output: options.Output = None,
    format: options.Format = None,
    schema: options.SchemaName = None,
    rules: options.Pack = None,
    as_of: options.AsOf = None,
    select: options.Select = None,
    ignore: options.Ignore = None,
    fail_on: options.FailOn = None,
    mapping: options.Mapping = None,
    sheet: options.Sheet = None,
    header_row: options.HeaderRow = None,
    encoding: options.Encoding = None,
    classes: options.Classes = None,
    photos: options.Photos = None,
    recursive: options.Recursive = False,
    memory: options.Memory = None,
    engine: options.Engine = "memory",
    master: options.Master = None,
    conf: options.Conf = None,
    work_dir: options.WorkDir = None,
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
    """Check rosters."""
    from xueji_cli.commands.start import start
    from xueji_cli.tables.blob import Ahead
    from xueji_cli.tables.memory import plan
    from xueji_cli.tables.paths import expand_inputs

    console, settings = start(ctx, without=frozenset())
    outputs = list(dict.fromkeys(output or []))
    if engine == "spark":
        from xueji_cli.commands import on_spark

        return on_spark.check(files, outputs, settings, console, on_spark.Ask(master, conf, work_dir), places=places)
    refuse_without_spark(master, conf, work_dir)
    paths = expand_inputs(files, recursive=settings.recursive)
    pieces = plan(paths, settings.memory)
    ahead = Ahead(paths) if pieces is None else None
    refuse_outputs(outputs, paths)
    report = run(paths, settings, console, ahead, pieces)
    return show(report, settings, console, outputs, limit=places)


def refuse_without_spark(master: str | None, conf: Sequence[str] | None, work_dir: str | None = None) -> None:
    """Refuse options that say nothing to this machine alone.

    Raises:
        UserError: `spark_only`.
    """
    from xueji_cli.errors import UserError

    given = {"--master": master, "--conf": conf, "--work-dir": work_dir}
    for option, value in given.items():
        if value:
            raise UserError("spark_only", option=option)


def refuse_outputs(outputs: Sequence[str], inputs: Sequence[str]) -> None:
    """Find out before any work is done which outputs can't be written.

    Raises:
        UserError: For a name that no format goes with, an input, or a folder that is not there.
    """
    from xueji_cli.errors import UserError
    from xueji_cli.reports.writing import check_output, is_folder
    from xueji_cli.tables.writing import refuse_input

    for output in outputs:
        check_output(output)
        refuse_input(output, [path for path in inputs if path != "-"])
        folder = Path(output).parent
        if not is_folder(output) and not folder.is_dir():
            raise UserError("output_no_folder", file=output, folder=str(folder))


def run(
    paths: Sequence[str],
    settings: Settings,
    console: Console,
    ahead: Ahead | None = None,
    plan: Plan | None = None,
) -> CheckReport:
    """Read files, check them together, and return the report.

    Args:
        paths: The files.
        settings: The run's settings.
        console: Shows the progress.
        ahead: The files, of which the first is being read already.
        plan: How files are read that don't fit in memory; None when all do.
    """
    from xueji_cli.checks.validation import import_pandera

    def judged(
        active: Mapping[str, ActiveRule], around: Surroundings
    ) -> tuple[list[Roster], Checked, list[InputError]]:
        return _judged(paths, settings, console, active, around, ahead, import_pandera, plan)

    return report_of(settings, console, judged)


def report_of(
    settings: Settings,
    console: Console,
    judged: Callable[[Mapping[str, ActiveRule], Surroundings], tuple[list[Roster], Checked, list[InputError]]],
) -> CheckReport:
    """Return the report of what comes of the rules that the settings ask for.

    Args:
        settings: The run's settings.
        console: Shows the progress.
        judged: Applies rules: gives the tables, what was found, and the files that could not be read.
    """
    from xueji_cli import __version__
    from xueji_cli.checks.activation import activate, known_parameters
    from xueji_cli.checks.judging import Surroundings
    from xueji_cli.commands.start import said
    from xueji_cli.reports.report import CheckReport, Run
    from xueji_cli.schema.rulepack import load_rulepack
    from xueji_cli.tables.photos import photo_stems

    pack = load_rulepack(settings.rules, settings.schema_folders, known_parameters())
    active = activate(pack, settings.rule_overrides, settings.select, settings.ignore, settings.file or "")
    around = Surroundings(
        as_of=settings.as_of,
        photos=photo_stems(settings.photos) if settings.photos else None,
        classes=_classes(settings, console) if settings.classes else None,
    )
    rosters, checked, failures = judged(active, around)
    schemas = {f"{roster.schema.name} {roster.schema.version}": None for roster in rosters}
    return CheckReport(
        run=Run(
            command="check",
            version=__version__,
            schemas=tuple(schemas),
            rules=f"{pack.name} {pack.version}",
            as_of=settings.as_of.isoformat(),
            options=said(settings),
            note=settings.note or "",
            reveal=settings.reveal,
        ),
        rosters=tuple(rosters),
        unreadable=tuple(failures),
        findings=checked.findings,
        rules=active,
        skipped=checked.skipped,
        left_out=checked.left_out,
    )


def _judged(
    paths: Sequence[str],
    settings: Settings,
    console: Console,
    active: Mapping[str, ActiveRule],
    around: Surroundings,
    ahead: Ahead | None,
    meanwhile: Callable[[], object],
    plan: Plan | None,
) -> tuple[list[Roster], Checked, list[InputError]]:
    """Read files and check them; a file of which only its end tells that it can't be read in pieces is read once more as a whole."""
    from xueji_cli.checks.engine import judge
    from xueji_cli.checks.keeping import NO_LIMITS, Limits
    from xueji_cli.commands.inputs import open_rosters
    from xueji_cli.errors import InputError
    from xueji_cli.schema.roster import Roster
    from xueji_cli.tables.streaming import Unstreamable

    limits = NO_LIMITS if plan is None else Limits(keys=plan.keys, findings=MOST_FINDINGS)
    whole: set[str] = set()
    broken: dict[str, InputError] = {}
    while True:
        left = [path for path in paths if path not in broken]
        rosters, failures = open_rosters(
            left, settings, console, ahead=ahead, meanwhile=meanwhile, plan=plan, whole=whole
        )
        try:
            checked = judge(rosters, active, around, limits)
        except Unstreamable as stop:
            whole.add(stop.path)
        except InputError as error:
            broken[error.file] = error
        else:
            read = [roster if isinstance(roster, Roster) else roster.finished() for roster in rosters]
            return read, checked, [*broken.values(), *failures]


def show(report: CheckReport, settings: Settings, console: Console, outputs: list[str], *, limit: int) -> int:
    """Write the files that were asked for, show the report, and return the exit status."""
    from xueji_cli.commands.showing import tell_failures, write_files
    from xueji_cli.reports.view import finding_view
    from xueji_cli.reports.writing import write_report

    view = finding_view(report, lang=console.lang, reveal=settings.reveal)

    def write(path: str) -> Written:
        return write_report(report, view, path, lang=console.lang, revealed=settings.reveal)

    written, failures = write_files(outputs, write, console, format=settings.format)
    if settings.format == "text":
        from xueji_cli.reports.text import render_text

        page = render_text(
            report,
            view,
            lang=console.lang,
            width=console.width,
            verbose=console.verbose,
            limit=limit or None,
            written=written,
        )
        console.render(page)
    else:
        _write_stream(report, view, settings.format, console)
    if report.left_out:
        cut = sum(report.left_out.values())
        console.error(console.text("cli.findings_cut", kept=f"{report.findings.height:,}", cut=f"{cut:,}"))
    tell_failures(report.unreadable, failures, console, format=settings.format)
    return UNREADABLE if failures else status(report, settings.fail_on)


def _write_stream(report: CheckReport, view: pl.DataFrame, kind: str, console: Console) -> None:
    """Write a machine format to stdout."""
    from xueji_cli.reports.machine import write_csv, write_json, write_jsonl
    from xueji_cli.reports.summary import summarise

    with console.binary() as stream:
        if kind == "csv":
            write_csv(view, stream, bom=False)
        else:
            write = write_json if kind == "json" else write_jsonl
            write(report, view, summarise(report, view), stream, lang=console.lang)


def status(report: CheckReport, fail_on: str) -> int:
    """Return the exit status: 2 when a file could not be read, 1 for findings at or above the limit, else 0."""
    from xueji_cli.commands.showing import reaches

    if report.unreadable:
        return UNREADABLE
    left_out = [report.rules[code].severity.value for code in report.left_out]
    return FINDINGS if reaches([*report.findings["severity"].unique(), *left_out], fail_on) else CLEAN


def _classes(settings: Settings, console: Console) -> pl.DataFrame:
    """Return the classes of the class list (`checks.class_list`)."""
    from dataclasses import replace

    from xueji_cli.checks.class_list import class_keys
    from xueji_cli.commands.inputs import read_rosters
    from xueji_cli.tables.paths import expand_inputs

    assert settings.classes is not None
    reading = replace(settings, sheet=None, header_row=None, encoding=None, mapping=())
    rosters, failures = read_rosters(expand_inputs([settings.classes]), reading, console, kind="class")
    if failures:
        raise failures[0]
    return class_keys(rosters, settings.as_of)
