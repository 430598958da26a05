"""`xueji link`: who of one list is in the other."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import typer

from xueji_cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.errors import InputError
    from xueji_cli.matching.linking import Linked
    from xueji_cli.reports.pairs.report import PairReport
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.roster import Roster


def link(
    ctx: typer.Context,
    left: options.Left,
    right: options.Right,
    output: options.Output = None,
    format: options.Format = None,
    schema: options.SchemaName = None,
    as_of: options.AsOf = None,
    threshold: options.Threshold = None,
    review_threshold: options.ReviewThreshold = None,
    within_school: options.WithinSchool = False,
    across_schools: options.AcrossSchools = False,
    many: options.Many = False,
    plan: options.Plan = False,
    explain: options.Explain = None,
    fail_on: options.FailOn = None,
    mapping: options.Mapping = None,
    sheet: options.Sheet = None,
    header_row: options.HeaderRow = None,
    encoding: options.Encoding = None,
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
    """Link two lists."""
    from xueji_cli.commands import comparing, looking, scaled
    from xueji_cli.commands.check import refuse_outputs, refuse_without_spark
    from xueji_cli.commands.start import start
    from xueji_cli.errors import UserError
    from xueji_cli.scaling.wanted import Wanted
    from xueji_cli.tables.paths import expand_inputs, same_file_key

    console, settings = start(ctx, without=frozenset())
    schools = comparing.schools_of(within=within_school, across=across_schools)
    outputs = list(dict.fromkeys(output or []))
    comparing.refuse_files(settings, outputs, plan=plan, explain=explain is not None)
    own = {
        "threshold": threshold,
        "review_threshold": review_threshold,
        "schools": "" if schools == "all" else schools,
        "many": many,
    }

    def finish(report: PairReport, outputs: Sequence[str] = outputs) -> int:
        if explain is not None:
            return looking.explain(report, explain, settings, console)
        return comparing.show(report, settings, console, outputs, limit=places)

    chosen = comparing.Chosen(threshold, review_threshold, schools)
    wanted = Wanted(looking.rows_of(explain))
    if engine == "spark":
        from xueji_cli.commands import on_spark

        return on_spark.compare(
            on_spark.Comparison("link", [[left], [right]], outputs, chosen, wanted, own, plan=plan),
            settings,
            console,
            on_spark.Ask(master, conf, work_dir),
            find=lambda machine: partial(report_of, machine.link(many=many, whole=explain is None)),
            finish=finish,
        )
    refuse_without_spark(master, conf)
    sides = [expand_inputs([side], recursive=settings.recursive) for side in (left, right)]
    known = {same_file_key(path) for path in sides[0]}
    if both := [path for path in sides[1] if same_file_key(path) in known]:
        raise UserError("link_same_file", file=both[0])
    refuse_outputs(outputs, [path for side in sides for path in side])
    way = scaled.way([path for side in sides for path in side], settings, work_dir)
    if way is not None:
        with scaled.at_work(sides, settings, console, way, chosen, wanted) as work:
            if work.machine is None or work.schema is None:
                return comparing.nothing_read(work.failures, console)
            run = comparing.run_of("link", work.schema, settings, own)
            if plan:
                return looking.show_plan(scaled.planned(work, run), settings, console)
            found = work.machine.link(many=many, whole=explain is None)
            report = report_of(found, work.machine.rosters, work.failures, run)
            return finish(replace(report, counted=work.machine.counted))
    rosters, failures = comparing.read_sides(sides, settings, console)
    if not all(rosters):
        return comparing.nothing_read(failures, console)
    people = comparing.people_of(rosters, settings, chosen)
    run = comparing.run_of("link", people.schema, settings, own)
    tables = [roster for side in rosters for roster in side]
    if plan:
        return looking.plan(people, tables, failures, run, settings, console, schools=schools)
    from xueji_cli.matching.linking import link as find_links

    return finish(report_of(find_links(people, schools=schools, many=many), tables, failures, run))


def report_of(found: Linked, rosters: Sequence[Roster], failures: Sequence[InputError], run: Run) -> PairReport:
    """Return the report of what was found."""
    from xueji_cli.reports.pairs.report import PairReport

    return PairReport(
        run=run,
        rosters=tuple(rosters),
        unreadable=tuple(failures),
        people=found.people,
        judged=found.judged,
        lone=(found.only_left, found.only_right),
    )
