"""`xueji clean`: safe repairs in bulk, every change on record; many files made one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from xueji_cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

    from xueji_cli.cleaning.engine import Wishes
    from xueji_cli.commands.clean_outputs import Done
    from xueji_cli.commands.clean_plan import Plan
    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.reports.cleaned import CleanReport, Made
    from xueji_cli.schema.roster import Roster
    from xueji_cli.settings import Settings
    from xueji_cli.tables.spill import Spill

DONE, OPEN, UNREADABLE = 0, 1, 2


def clean(
    ctx: typer.Context,
    files: options.Files,
    output: options.CleanOutput = None,
    log: options.ChangeLog = None,
    diff: options.Diff = False,
    undo: options.Undo = None,
    unsafe: options.Unsafe = False,
    reference: options.ReferenceList = None,
    template: options.Template = "national-71",
    split_by: options.SplitBy = None,
    origin: options.Origin = False,
    school_names: options.SchoolNames = None,
    since_state: options.SinceState = None,
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
    recursive: options.Recursive = False,
    memory: options.Memory = None,
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
    """Clean rosters."""
    from xueji_cli.commands import work_folder
    from xueji_cli.commands.clean_plan import make_plan
    from xueji_cli.commands.start import start
    from xueji_cli.errors import UserError
    from xueji_cli.tables.paths import expand_inputs
    from xueji_cli.tables.spill import Spill

    console, settings = start(ctx, without=frozenset())
    if undo is not None:
        from xueji_cli.commands.clean_undo import run_undo

        if len(files) != 1 or output is None:
            raise UserError("clean_undo_usage")
        return run_undo(files[0], undo, output, settings, console)
    if diff and (output or log or since_state):
        raise UserError("clean_diff_writes")
    work_folder.refuse(work_dir)
    paths = expand_inputs(files, recursive=settings.recursive)
    plan = make_plan(
        files,
        paths,
        output=output,
        logs=list(dict.fromkeys(log or [])),
        template=template,
        split_by=split_by,
        origin=origin,
        since_state=since_state,
        settings=settings,
    )
    with Spill(work_dir) as spill:
        report = run(
            plan,
            settings,
            console,
            spill,
            work_dir=work_dir,
            unsafe=unsafe,
            reference=reference,
            school_names=school_names,
        )
        return show(report, settings, console, diff=diff, places=places)


def run(
    plan: Plan,
    settings: Settings,
    console: Console,
    spill: Spill,
    *,
    work_dir: str | None = None,
    unsafe: bool = False,
    reference: str | None = None,
    school_names: str | None = None,
) -> CleanReport:
    """Read files, clean them, write what the plan says, and return the report.

    Args:
        plan: What is written, and where.
        settings: The run's settings.
        console: Shows the progress.
        spill: The folder for what does not fit in memory; the report may need it.
        work_dir: Where the user wants that.
        unsafe: Apply proposals.
        reference: A list that destroyed numbers may be restored from.
        school_names: A list of short names of schools.
    """
    from xueji_cli import __version__
    from xueji_cli.checks.activation import activate, known_parameters
    from xueji_cli.commands import clean_pieces
    from xueji_cli.commands.clean_outputs import write_logs
    from xueji_cli.reports.cleaned import CleanReport
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.rulepack import load_rulepack
    from xueji_cli.tables import memory

    pack = load_rulepack(settings.rules, settings.schema_folders, known_parameters())
    active = activate(pack, settings.rule_overrides, settings.select, settings.ignore, settings.file or "")
    wishes = _wishes(settings, console, frozenset(active), unsafe, reference, school_names)
    told: dict[str, object] = {"template": plan.template_name, "unsafe": unsafe, "origin": plan.origin}
    told |= {name: value for name, value in (("split_by", plan.split_by), ("reference", reference)) if value}
    told |= {"select": list(settings.select)} if settings.select else {}
    names = ("schema", "ignore", "mapping", "sheet", "header_row", "encoding", "rules")
    hanging = told | {name: getattr(settings, name) for name in names} | {"school_names": school_names}
    digests = plan.digests({**hanging, "version": __version__})
    wanted = plan.changed(digests)
    pieces = memory.plan(wanted, settings.memory, 1.0, clean_pieces.ROW)
    if pieces is None:
        done = _clean(plan, wanted, settings, console, wishes)
    else:
        done = clean_pieces.clean(plan, wanted, settings, console, wishes, pieces.rows, spill, work_dir)
    write_logs(plan, done.log, console)
    plan.remember(digests, unread=[error.file for error in done.failures])
    return CleanReport(
        run=Run(
            command="clean",
            version=__version__,
            schemas=tuple({f"{each.schema.name} {each.schema.version}": None for each in done.rosters}),
            rules=f"{pack.name} {pack.version}",
            as_of=settings.as_of.isoformat(),
            options=told,
            note=settings.note or "",
            reveal=settings.reveal,
        ),
        rosters=tuple(done.rosters),
        unreadable=tuple(done.failures),
        log=done.log,
        severities={code: rule.severity.value for code, rule in active.items()},
        outputs=done.outputs,
        conflicts=tuple(done.conflicts),
        unchanged=len(plan.inputs) - len(wanted),
        preview=plan.target is None,
    )


def _clean(plan: Plan, wanted: Sequence[str], settings: Settings, console: Console, wishes: Wishes) -> Done:
    """Read files, clean them in memory and write what the plan says."""
    import polars as pl

    from xueji_cli.commands.clean_outputs import Done
    from xueji_cli.commands.inputs import read_rosters
    from xueji_cli.reports.cleaned import LOG_SCHEMA, Log

    rosters: list[Roster] = []
    failures: list[InputError] = []
    if wanted:
        rosters, failures = read_rosters(wanted, settings, console)
    logs = [LOG_SCHEMA.to_frame()]
    outputs: dict[str, int] = {}
    unlike: list[tuple[str, Mapping[str, Sequence[str]]]] = []
    jobs = plan.jobs(rosters)
    with console.progress(console.text("cli.writing"), len(jobs)) as step:
        for some in plan.together(jobs):
            changes, rows, conflicts = _jobs(plan, some, wishes, console, step)
            logs.append(changes)
            outputs |= rows
            unlike += conflicts
    log = pl.concat(logs)
    return Done(rosters, failures, Log(lambda: [log]), outputs, unlike)


def _jobs(
    plan: Plan,
    jobs: Sequence[tuple[str, Sequence[Roster]]],
    wishes: Wishes,
    console: Console,
    step: Callable[[str], object],
) -> tuple[pl.DataFrame, dict[str, int], list[tuple[str, Mapping[str, Sequence[str]]]]]:
    """Clean the tables that go into one output, or those of many small files with an output each, and write it."""
    import polars as pl

    from xueji_cli.cleaning.apart import alike
    from xueji_cli.cleaning.engine import clean as clean_rows
    from xueji_cli.cleaning.pool import pool
    from xueji_cli.cleaning.shaping import conflicts, shape
    from xueji_cli.commands.clean_outputs import write_outputs
    from xueji_cli.reports.cleaned import change_log

    names = [name for name, _ in jobs]
    if len(jobs) == 1:
        step(names[0])
    cleaned = clean_rows(pool([roster for _, part in jobs for roster in part]), wishes)
    if len(jobs) == 1:
        output = shape(cleaned, plan.template, origin=plan.origin)
        made = plan.made(names, output, [output.height])
        rows = write_outputs(made, plan, console)
        return change_log(cleaned, made), rows, list(conflicts(cleaned.pool, output.columns))
    each: dict[str, tuple[Made, pl.DataFrame]] = {}
    for tables, apart in alike(cleaned):
        some = [names[table] for table in tables]
        heights = [roster.table.height for roster in apart.pool.rosters]
        made = plan.made(some, shape(apart, plan.template, origin=plan.origin), heights)
        log = change_log(apart, made)
        changes = log.partition_by("file", as_dict=True, maintain_order=True)
        each |= {name: (one, changes.get((name,), log.clear())) for name, one in zip(some, made, strict=True)}
    written: dict[str, int] = {}
    for name in names:
        step(name)
        written |= write_outputs([each[name][0]], plan, console)
    return pl.concat([each[name][1] for name in names]), written, []


def _wishes(
    settings: Settings,
    console: Console,
    rules: frozenset[str],
    unsafe: bool,  # noqa: FBT001
    reference: str | None,
    school_names: str | None,
) -> Wishes:
    from dataclasses import replace

    from xueji_cli.cleaning.engine import Wishes
    from xueji_cli.cleaning.pool import pool
    from xueji_cli.cleaning.proposals import reference as people_of
    from xueji_cli.cleaning.schools import read_names
    from xueji_cli.commands.inputs import read_rosters
    from xueji_cli.tables.paths import expand_inputs

    known = None
    if reference is not None:
        reading = replace(settings, sheet=None, header_row=None, encoding=None, mapping=())
        rosters, failures = read_rosters(expand_inputs([reference]), reading, console)
        if failures:
            raise failures[0]
        known = people_of([pool([roster]) for roster in rosters])
    return Wishes(
        as_of=settings.as_of,
        rules=rules,
        unsafe=unsafe,
        reference=known,
        schools=read_names(school_names, console.keys) if school_names else {},
    )


def show(report: CleanReport, settings: Settings, console: Console, *, diff: bool, places: int) -> int:
    """Show the report and return the exit status."""
    from xueji_cli.commands.showing import tell_failures, tell_unprotected

    if settings.format == "text":
        from xueji_cli.reports.clean_text import render_clean

        for part in render_clean(
            report, lang=console.lang, width=console.width, reveal=settings.reveal, places=places, diff=diff
        ):
            if part.renderables:
                console.render(part)
    else:
        from xueji_cli.reports.clean_machine import write_changes, write_json

        with console.binary() as stream:
            if settings.format == "json":
                write_json(report, stream, lang=console.lang, reveal=settings.reveal)
            else:
                write_changes(report, settings.format, stream, reveal=settings.reveal)
    if report.outputs:
        tell_unprotected(console)
    tell_failures(report.unreadable, (), console, format=settings.format)
    return status(report, settings.fail_on)


def status(report: CleanReport, fail_on: str) -> int:
    """Return the exit status: 2 when a file could not be read, 1 when cells at or above the limit wait for a person, else 0."""
    from xueji_cli.checks.rule import Severity
    from xueji_cli.reports.cleaned import needs_a_person

    if report.unreadable:
        return UNREADABLE
    if fail_on == "never":
        return DONE
    counted = [severity.value for severity in Severity if severity.rank <= Severity(fail_on).rank]
    return OPEN if needs_a_person(report, counted) else DONE
