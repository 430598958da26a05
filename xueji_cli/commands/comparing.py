"""What `xueji dedupe` and `xueji link` have in common: records of people read for comparison, and the report shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from xueji_cli.errors import InputError, UserError
from xueji_cli.schema.roster import Roster
from xueji_cli.tables.table import Slice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from xueji_cli.console import Console
    from xueji_cli.matching.people import People
    from xueji_cli.reports.pairs.report import PairReport
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.streaming import StreamedRoster
    from xueji_cli.settings import Settings
    from xueji_cli.tables.blob import Ahead
    from xueji_cli.tables.memory import Plan

AnyRoster = TypeVar("AnyRoster", "Roster", "Roster | StreamedRoster")

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the user chose of how people are compared.

    Attributes:
        threshold: Probability of a duplicate, over the model's.
        review_threshold: Probability from which a person must look.
        schools: `all`, `within` or `across`.
    """

    threshold: str | None
    review_threshold: str | None
    schools: str


def schools_of(*, within: bool, across: bool) -> str:
    """Return which pairs of schools are compared.

    Raises:
        UserError: When both options are given.
    """
    if within and across:
        raise UserError("within_and_across")
    return "within" if within else "across" if across else "all"


def refuse_files(settings: Settings, outputs: Sequence[str], *, plan: bool, explain: bool) -> None:
    """Refuse files and formats together with `--plan` and `--explain`, which have none.

    Raises:
        UserError: When they are asked for.
    """
    option = "--plan" if plan else "--explain" if explain else ""
    if option and (outputs or settings.format not in ("text", "json")):
        raise UserError("screen_only", option=option)


def read_sides(
    sides: Sequence[Sequence[str]], settings: Settings, console: Console, ahead: Ahead | None = None
) -> tuple[list[list[Roster]], list[InputError]]:
    """Read the files of one pool, or of two lists.

    Tables that say nothing about how their people are compared count as unreadable: they are named, and the others go on.

    Raises:
        UserError: When tables of different kinds are mixed.
    """
    opened, failures = open_sides(sides, settings, console, ahead)
    return [[_in_one_piece(roster) for roster in side if isinstance(roster, Roster)] for side in opened], failures


def _in_one_piece(roster: Roster) -> Roster:
    """Return a roster with its columns in one piece: a large text file is read in many, in which rows are found ten times as slowly."""
    return roster if isinstance(roster.rows, Slice) else replace(roster, rows=roster.rows.rechunk())


def open_sides(
    sides: Sequence[Sequence[str]],
    settings: Settings,
    console: Console,
    ahead: Ahead | None = None,
    *,
    plan: Plan | None = None,
    whole: AbstractSet[str] = frozenset(),
) -> tuple[list[list[Roster | StreamedRoster]], list[InputError]]:
    """Read files as `read_sides` does, large ones only at their beginning.

    Args:
        sides: As in `read_sides`, like all that is not named here.
        settings: Likewise.
        console: Likewise.
        ahead: Likewise.
        plan: How files are read in pieces that can be; None to read all of them as a whole.
        whole: Files that are read as a whole all the same.

    Raises:
        UserError: As `read_sides`.
    """
    from xueji_cli.commands.inputs import open_rosters

    paths = [path for side in sides for path in side]
    rosters, failures = open_rosters(
        paths, settings, console, ahead=ahead, meanwhile=_libraries, plan=plan, whole=whole
    )
    kept = comparable(rosters, failures)
    return [[roster for roster in kept if roster.table.source.path in set(side)] for side in sides], failures


def comparable(rosters: Sequence[AnyRoster], failures: list[InputError]) -> list[AnyRoster]:
    """Return the tables whose schema says how their people are compared; the others are added to the failures.

    Raises:
        UserError: When tables of different kinds are mixed.
    """
    kept: list[AnyRoster] = []
    for roster in rosters:
        if roster.schema.matching is None:
            failures.append(InputError("no_matching", file=roster.table.source.path, schema=roster.schema.title))
        else:
            kept.append(roster)
    if len({roster.schema.name for roster in kept}) > 1:
        found = {roster.schema.name: f"{roster.table.source.path} ({roster.schema.title})" for roster in kept}
        raise UserError("mixed_schemas", found="; ".join(found.values()))
    return kept


def _libraries() -> None:
    """Import what takes long, and what will be needed."""
    from xueji_cli.matching import dedupe, linking, people  # noqa: F401
    from xueji_cli.reports.pairs import reasons, view  # noqa: F401
    from xueji_cli.values import han

    han.readings("学")


def people_of(
    sides: Sequence[Sequence[Roster]],
    settings: Settings,
    chosen: Chosen,
) -> People:
    """Return the records of rosters, read for comparison.

    A row that names no school belongs to the one that its file is named after.

    Args:
        sides: Rosters of one pool, or of two lists.
        settings: The run's settings.
        chosen: What the user chose.

    Raises:
        UserError: When a threshold can't be, or the model knows no schools.
    """
    from xueji_cli.matching.people import read_people, with_schools
    from xueji_cli.values.classes import school_year

    rosters = [roster for side in sides for roster in side]
    schema = schema_of(rosters, chosen)
    people = read_people(sides, schema, settings.as_of, school_year(settings.as_of))
    names = named_after(rosters, schema)
    return replace(people, places=with_schools(people.places, names)) if names else people


def schema_of(rosters: Sequence[Roster | StreamedRoster], chosen: Chosen) -> Schema:
    """Return the schema of records with the thresholds of this run.

    Args:
        rosters: Their tables.
        chosen: What the user chose.

    Raises:
        UserError: When a threshold can't be, or the model knows no schools.
    """
    schema = with_thresholds(rosters[0].schema, chosen.threshold, chosen.review_threshold)
    assert schema.matching is not None
    if chosen.schools != "all" and not schema.matching.school:
        raise UserError("no_school", schema=schema.title)
    return schema


def named_after(rosters: Sequence[Roster | StreamedRoster], schema: Schema) -> tuple[str, ...]:
    """Return the school that each table's file is named after; nothing when the model knows no schools."""
    from xueji_cli.reports.pairs.records import file_school

    assert schema.matching is not None
    if not schema.matching.school:
        return ()
    return tuple(file_school(roster.table.source.path) for roster in rosters)


def with_thresholds(schema: Schema, threshold: str | None, review_threshold: str | None) -> Schema:
    """Return a schema whose model has other thresholds.

    Raises:
        UserError: When they are no probabilities, or the lower one is the higher.
    """
    model = schema.matching
    assert model is not None
    duplicate = model.duplicate if threshold is None else _probability("--threshold", threshold)
    review = (
        min(model.review, duplicate)
        if review_threshold is None
        else _probability("--review-threshold", review_threshold)
    )
    if review > duplicate:
        raise UserError("thresholds", review=f"{review:g}", duplicate=f"{duplicate:g}")
    return replace(schema, matching=replace(model, duplicate=duplicate, review=review))


def _probability(word: str, given: str) -> float:
    try:
        value = float(given)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise UserError("not_a_probability", word=word, value=given)
    return value


def run_of(command: str, schema: Schema, settings: Settings, options: Mapping[str, object]) -> Run:
    """Return how a run is made.

    Args:
        command: `dedupe` or `link`.
        schema: Of the records.
        settings: The run's settings.
        options: The command's own options; those not given are left out.
    """
    from xueji_cli import __version__
    from xueji_cli.commands.start import said
    from xueji_cli.reports.report import Run

    return Run(
        command=command,
        version=__version__,
        schemas=(f"{schema.name} {schema.version}",),
        rules="",
        as_of=settings.as_of.isoformat(),
        options={**said(settings), **{name: value for name, value in options.items() if value}},
        note=settings.note or "",
        reveal=settings.reveal,
    )


def nothing_read(failures: Sequence[UserError], console: Console) -> int:
    """Say why there is nothing to compare, and return the exit status."""
    for error in failures:
        console.user_error(error)
    return UNREADABLE


def show(report: PairReport, settings: Settings, console: Console, outputs: Sequence[str], *, limit: int | None) -> int:
    """Write the files that were asked for, show the report, and return the exit status."""
    from xueji_cli.commands.keys import record_key
    from xueji_cli.commands.showing import tell_failures, write_files
    from xueji_cli.reports.pairs.view import pair_view
    from xueji_cli.reports.pairs.writing import has_decisions, write_report

    listed = not report.linking and (settings.format == "csv" or any(map(has_decisions, outputs)))
    secret = record_key(settings, console) if listed else b""
    view = pair_view(report, lang=console.lang, reveal=settings.reveal, secret=secret)
    written, failures = write_files(outputs, lambda path: write_report(view, path), console, format=settings.format)
    if settings.format == "text":
        from xueji_cli.reports.pairs.text import render_text

        page = render_text(
            view,
            width=console.width,
            verbose=console.verbose,
            limit=limit or None,
            plain=not console.coloured,
            written=written,
        )
        console.render(page)
    else:
        from xueji_cli.reports.pairs.writing import write_stream

        with console.binary() as stream:
            write_stream(view, settings.format, stream)
    tell_failures(report.unreadable, failures, console, format=settings.format)
    return UNREADABLE if failures else status(report, settings.fail_on)


def status(report: PairReport, fail_on: str) -> int:
    """Return the exit status: duplicates count as errors; pairs that a person must look at, and stale decisions, as warnings.

    Of two lists, what is in only one of them counts as a notice.
    """
    if report.unreadable:
        return UNREADABLE
    column = report.judged.pairs["link" if report.linking else "verdict"]
    found = {
        "error": not report.linking and bool((column == "duplicate").any()),
        "warning": bool(column.is_in(["review"] if not report.linking else ["ambiguous", "possible"]).any())
        or bool(report.decisions and report.decisions.stale),
        "notice": report.lone is not None and any(len(records) for records in report.lone),
    }
    if fail_on == "never":
        return CLEAN
    counted = list(found)[: list(found).index(fail_on) + 1]
    return FINDINGS if any(found[name] for name in counted) else CLEAN
