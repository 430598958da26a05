"""`xueji dedupe`: the same child registered more than once, across all schools."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import typer

from xueji_cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.commands.decisions import MadeDecisions
    from xueji_cli.errors import InputError
    from xueji_cli.matching.dedupe import Deduped
    from xueji_cli.reports.pairs.report import PairReport
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.roster import Roster


def dedupe(
    ctx: typer.Context,
    files: options.Files,
    output: options.Output = None,
    format: options.Format = None,
    schema: options.SchemaName = None,
    as_of: options.AsOf = None,
    threshold: options.Threshold = None,
    review_threshold: options.ReviewThreshold = None,
    within_school: options.WithinSchool = False,
    across_schools: options.AcrossSchools = False,
    decisions: options.DecisionFiles = None,
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
    record_key: options.RecordKey = None,
    config: options.Config = None,
    lang: options.Lang = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Find duplicates."""
    from xueji_cli.commands import comparing, looking, scaled
    from xueji_cli.commands.check import refuse_outputs, refuse_without_spark
    from xueji_cli.commands.decisions import read_decisions
    from xueji_cli.commands.keys import record_key as own_key
    from xueji_cli.commands.start import start
    from xueji_cli.scaling.wanted import Wanted
    from xueji_cli.tables.blob import Ahead
    from xueji_cli.tables.paths import expand_inputs

    console, settings = start(ctx, without=frozenset())
    schools = comparing.schools_of(within=within_school, across=across_schools)
    outputs = list(dict.fromkeys(output or []))
    comparing.refuse_files(settings, outputs, plan=plan, explain=explain is not None)
    made = read_decisions(expand_inputs(decisions), own_key(settings, console), console.keys) if decisions else None
    own = {
        "threshold": threshold,
        "review_threshold": review_threshold,
        "schools": "" if schools == "all" else schools,
        "decisions": list(made.files) if made else None,
    }

    def finish(report: PairReport, outputs: Sequence[str] = outputs) -> int:
        if explain is not None:
            return looking.explain(report, explain, settings, console)
        return comparing.show(report, settings, console, outputs, limit=places)

    chosen = comparing.Chosen(threshold, review_threshold, schools)
    wanted = Wanted(looking.rows_of(explain), made.decisions if made else None)
    if engine == "spark":
        from xueji_cli.commands import on_spark

        return on_spark.compare(
            on_spark.Comparison(
                "dedupe", [files], outputs, chosen, wanted, own, plan=plan, more=made.files if made else ()
            ),
            settings,
            console,
            on_spark.Ask(master, conf, work_dir),
            find=lambda machine: partial(report_of, machine.dedupe(made.decisions if made else None), made=made),
            finish=finish,
        )
    refuse_without_spark(master, conf)
    paths = expand_inputs(files, recursive=settings.recursive)
    way = scaled.way(paths, settings, work_dir)
    ahead = Ahead(paths) if way is None else None
    refuse_outputs(outputs, [*paths, *(made.files if made else ())])
    if way is not None:
        with scaled.at_work([paths], settings, console, way, chosen, wanted) as work:
            if work.machine is None or work.schema is None:
                return comparing.nothing_read(work.failures, console)
            run = comparing.run_of("dedupe", work.schema, settings, own)
            if plan:
                return looking.show_plan(scaled.planned(work, run), settings, console)
            found = work.machine.dedupe(made.decisions if made else None)
            report = report_of(found, work.machine.rosters, work.failures, run, made)
            return finish(replace(report, counted=work.machine.counted))
    (rosters,), failures = comparing.read_sides([paths], settings, console, ahead)
    if not rosters:
        return comparing.nothing_read(failures, console)
    people = comparing.people_of([rosters], settings, chosen)
    run = comparing.run_of("dedupe", people.schema, settings, own)
    if plan:
        return looking.plan(people, rosters, failures, run, settings, console, schools=schools)
    from xueji_cli.matching.dedupe import dedupe as find_duplicates

    found = find_duplicates(people, schools=schools, decisions=made.decisions if made else None)
    return finish(report_of(found, rosters, failures, run, made))


def report_of(
    found: Deduped,
    rosters: Sequence[Roster],
    failures: Sequence[InputError],
    run: Run,
    made: MadeDecisions | None,
) -> PairReport:
    """Return the report of what was found."""
    from xueji_cli.reports.pairs.report import PairReport, UsedDecisions

    used = UsedDecisions(made.files, found.decided, tuple(made.places[n] for n in found.stale)) if made else None
    return PairReport(
        run=run,
        rosters=tuple(rosters),
        unreadable=tuple(failures),
        people=found.people,
        judged=found.judged,
        clusters=found.clusters,
        decisions=used,
    )
