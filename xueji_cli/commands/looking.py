"""`--plan` and `--explain` of the commands that compare people: what would be compared, and why two records are a pair or not."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from xueji_cli.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.matching.pairing import Judged
    from xueji_cli.matching.people import People
    from xueji_cli.reports.pairs.report import PairReport, PlanReport
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.roster import Roster
    from xueji_cli.settings import Settings

CLEAN, UNREADABLE = 0, 2


def plan(
    people: People,
    rosters: Sequence[Roster],
    failures: Sequence[InputError],
    run: Run,
    settings: Settings,
    console: Console,
    *,
    schools: str,
) -> int:
    """Show what would be compared, and return the exit status."""
    from xueji_cli.commands.scaled import scale_of
    from xueji_cli.matching import blocking
    from xueji_cli.matching.pairing import features_of
    from xueji_cli.reports.pairs.report import PlanReport

    candidates = blocking.plan(people, people.model, features_of(people), schools)
    scale = scale_of(None, people.height)
    return show_plan(PlanReport(run, tuple(rosters), tuple(failures), people, candidates, scale), settings, console)


def show_plan(report: PlanReport, settings: Settings, console: Console) -> int:
    """Show a plan, and return the exit status."""
    from xueji_cli.reports.pairs.looking import render_plan, write_plan

    if settings.format == "json":
        with console.binary() as stream:
            write_plan(report, stream, lang=console.lang)
    else:
        console.render(render_plan(report, lang=console.lang, width=console.width, verbose=console.verbose))
    if settings.format == "json" or not console.seen:
        for error in report.unreadable:
            console.user_error(error)
    return UNREADABLE if report.unreadable else CLEAN


def explain(
    report: PairReport,
    places: tuple[str, str],
    settings: Settings,
    console: Console,
) -> int:
    """Show two records compared to the end, whatever the verdict, and return the exit status.

    Raises:
        UserError: When a place is no record of these files.
    """
    from dataclasses import replace

    import polars as pl

    from xueji_cli.reports.pairs.looking import render_explanation, write_explanation
    from xueji_cli.reports.pairs.view import pair_view

    left, right = (find_record(place, report.people, report.rosters) for place in places)
    if left == right:
        raise UserError("explain_same", place=places[1])
    side = report.people.places["side"]
    if report.linking and side[left] == side[right]:
        raise UserError("explain_one_side")
    if not report.linking or side[left] == 1:
        left, right = (min(left, right), max(left, right)) if not report.linking else (right, left)
    pair = pl.DataFrame({"l": [left], "r": [right]}, schema={"l": pl.UInt32, "r": pl.UInt32})
    found = report.judged.pairs.join(pair, on=["l", "r"], how="semi")
    told = found if found.height else _compared(report, pair)
    if report.linking:
        # Of a pair that is no link it is told what it would be by itself.
        told = told.with_columns(link=pl.coalesce("link", pl.lit("distinct")))
    view = pair_view(
        replace(report, judged=replace(report.judged, pairs=told)), lang=console.lang, reveal=settings.reveal
    )
    if settings.format == "json":
        with console.binary() as stream:
            write_explanation(view, stream)
    else:
        console.render(render_explanation(view, width=console.width, plain=not console.coloured))
    return UNREADABLE if report.unreadable else CLEAN


def _compared(report: PairReport, pair: pl.DataFrame) -> pl.DataFrame:
    """Return a pair that did not come out of the run, compared and judged alone, with the columns of those that did."""
    import polars as pl

    judged: Judged = report.judged
    columns = judged.pairs.columns
    from xueji_cli.matching.pairing import judge_fully

    told = judge_fully(judged, pair)
    missing = [
        pl.lit(None, dtype=judged.pairs.schema[name]).alias(name) for name in columns if name not in told.columns
    ]
    return told.with_columns(missing).select(columns)


def rows_of(places: tuple[str, str] | None) -> frozenset[int]:
    """Return the rows that `--explain` asks for, of whatever file."""
    numbers = [place.rpartition(":")[2] for place in places or ()]
    return frozenset(int(number) for number in numbers if number.isdecimal())


def find_record(place: str, people: People, rosters: Sequence[Roster]) -> int:
    """Return the record at `FILE:ROW` or `FILE:SHEET:ROW`.

    Args:
        place: The file as given, or only its name; the sheet where the file has several; the row as Excel shows it.
        people: The records.
        rosters: Their tables.

    Raises:
        UserError: When there is no such place, or several.
    """
    import polars as pl

    named, _, number = place.rpartition(":")
    if not named or not number.isdecimal():
        raise UserError("explain_form", place=place)
    tables = []
    for table, roster in enumerate(rosters):
        source = roster.table.source
        name = PurePath(source.path.replace("\\", "/")).name
        if named in {source.path, name, f"{source.path}:{source.sheet}", f"{name}:{source.sheet}"}:
            tables.append(table)
    here = people.places.with_row_index("record").filter(pl.col("table").is_in(tables) & (pl.col("row") == int(number)))
    if not tables:
        raise UserError("explain_no_file", file=named)
    if not here.height:
        raise UserError("explain_no_row", file=named, row=number)
    if here.height > 1:
        sheets = [rosters[table].table.source for table in here["table"]]
        known = ", ".join(
            f"{source.path}:{source.sheet}:{number}" if source.sheet else source.path for source in sheets
        )
        raise UserError("explain_several", place=place, known=known)
    return int(here["record"][0])
