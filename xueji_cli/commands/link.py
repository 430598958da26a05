"""`xueji link`: who of one list is in the other."""

from __future__ import annotations

import typer

from xueji_cli.commands import options


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
    from xueji_cli.commands import comparing, looking
    from xueji_cli.commands.check import refuse_outputs
    from xueji_cli.commands.start import start
    from xueji_cli.errors import UserError
    from xueji_cli.matching.linking import link as find_links
    from xueji_cli.reports.pairs.report import PairReport
    from xueji_cli.tables.paths import expand_inputs, same_file_key

    console, settings = start(ctx, without=frozenset())
    schools = comparing.schools_of(within=within_school, across=across_schools)
    sides = [expand_inputs([side], recursive=settings.recursive) for side in (left, right)]
    known = {same_file_key(path) for path in sides[0]}
    if both := [path for path in sides[1] if same_file_key(path) in known]:
        raise UserError("link_same_file", file=both[0])
    outputs = list(dict.fromkeys(output or []))
    comparing.refuse_files(settings, outputs, plan=plan, explain=explain is not None)
    refuse_outputs(outputs, [path for side in sides for path in side])
    rosters, failures = comparing.read_sides(sides, settings, console)
    if not all(rosters):
        return comparing.nothing_read(failures, console)
    people = comparing.people_of(
        rosters, settings, threshold=threshold, review_threshold=review_threshold, schools=schools
    )
    own = {
        "threshold": threshold,
        "review_threshold": review_threshold,
        "schools": "" if schools == "all" else schools,
        "many": many,
    }
    run = comparing.run_of("link", people.schema, settings, own)
    tables = [roster for side in rosters for roster in side]
    if plan:
        return looking.plan(people, tables, failures, run, settings, console, schools=schools)
    found = find_links(people, schools=schools, many=many)
    report = PairReport(
        run=run,
        rosters=tuple(tables),
        unreadable=tuple(failures),
        people=people,
        judged=found.judged,
        lone=(found.only_left, found.only_right),
    )
    if explain is not None:
        return looking.explain(report, explain, settings, console)
    return comparing.show(report, settings, console, outputs, limit=places)
