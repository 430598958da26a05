"""`xueji dedupe`: the same child registered more than once, across all schools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from xueji_cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.commands.decisions import MadeDecisions
    from xueji_cli.errors import InputError
    from xueji_cli.matching.people import People
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
    from xueji_cli.commands import comparing, looking
    from xueji_cli.commands.check import refuse_outputs
    from xueji_cli.commands.decisions import read_decisions
    from xueji_cli.commands.keys import record_key as own_key
    from xueji_cli.commands.start import start
    from xueji_cli.tables.blob import Ahead
    from xueji_cli.tables.paths import expand_inputs

    console, settings = start(ctx, without=frozenset())
    schools = comparing.schools_of(within=within_school, across=across_schools)
    paths = expand_inputs(files, recursive=settings.recursive)
    ahead = Ahead(paths)
    outputs = list(dict.fromkeys(output or []))
    comparing.refuse_files(settings, outputs, plan=plan, explain=explain is not None)
    made = read_decisions(expand_inputs(decisions), own_key(settings, console), console.keys) if decisions else None
    refuse_outputs(outputs, [*paths, *(made.files if made else ())])
    (rosters,), failures = comparing.read_sides([paths], settings, console, ahead)
    if not rosters:
        return comparing.nothing_read(failures, console)
    people = comparing.people_of(
        [rosters], settings, threshold=threshold, review_threshold=review_threshold, schools=schools
    )
    own = {
        "threshold": threshold,
        "review_threshold": review_threshold,
        "schools": "" if schools == "all" else schools,
        "decisions": list(made.files) if made else None,
    }
    run = comparing.run_of("dedupe", people.schema, settings, own)
    if plan:
        return looking.plan(people, rosters, failures, run, settings, console, schools=schools)
    report = find(people, rosters, failures, run, schools=schools, made=made)
    if explain is not None:
        return looking.explain(report, explain, settings, console)
    return comparing.show(report, settings, console, outputs, limit=places)


def find(
    people: People,
    rosters: Sequence[Roster],
    failures: Sequence[InputError],
    run: Run,
    *,
    schools: str,
    made: MadeDecisions | None,
) -> PairReport:
    """Find the same people and return the report."""
    from xueji_cli.matching.dedupe import dedupe as find_duplicates
    from xueji_cli.reports.pairs.report import PairReport, UsedDecisions

    found = find_duplicates(people, schools=schools, decisions=made.decisions if made else None)
    used = UsedDecisions(made.files, found.decided, tuple(made.places[n] for n in found.stale)) if made else None
    return PairReport(
        run=run,
        rosters=tuple(rosters),
        unreadable=tuple(failures),
        people=people,
        judged=found.judged,
        clusters=found.clusters,
        decisions=used,
    )
