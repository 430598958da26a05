"""The sheet 汇总 of a workbook about pairs: what was compared, found, and not compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xueji_cli.messages import catalogue
from xueji_cli.reports.audience import audience
from xueji_cli.reports.pairs.plan import key_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.reports.pairs.summary import PairSummary
    from xueji_cli.reports.pairs.view import PairView
    from xueji_cli.reports.sheets import Cell


def summary_rows(view: PairView, summary: PairSummary, notes: Sequence[str]) -> list[list[Cell]]:
    """Return the rows of the sheet."""
    report = view.report
    lang = view.lang

    def say(key: str, **params: object) -> str:
        return catalogue.text(lang, f"pairs.sheet.{key}", **params)

    def section(name: str, *heads: str) -> None:
        rows.append([])
        rows.append([(say(name), "section")])
        rows.append([(say(head), "head") for head in heads])

    rows: list[list[Cell]] = [[(say("title_link" if report.linking else "title"), "title")]]
    model = report.people.model
    facts = {
        "as_of": report.run.as_of,
        "schema": "、".join(report.run.schemas),
        "thresholds": say("thresholds_are", duplicate=f"{model.duplicate:g}", review=f"{model.review:g}"),
        "version": f"xueji {report.run.version}",
        "audience": audience(report.run, lang),
    }
    rows += [[(say(key), "quiet"), (value, "text")] for key, value in facts.items()]
    rows += [[(note, "quiet")] for note in notes]

    section("found", "what", "count")
    counted: list[tuple[str, int]] = [(say("records"), sum(summary.records)), (say("compared"), summary.compared)]
    if report.lone is None:
        counted += [(say("clusters"), summary.clusters), (say("extra"), summary.extra)]
    counted += [(catalogue.text(lang, f"pairs.verdict.{name}"), count) for name, count in summary.verdicts.items()]
    if report.lone is not None:
        counted += [(say(word), len(lone)) for word, lone in zip(("only_left", "only_right"), report.lone, strict=True)]
    counted.append((say("not_compared"), len(report.judged.candidates.unkeyed)))
    rows += [[(name, "text"), (count, "number")] for name, count in counted]

    if summary.guards:
        section("guards", "what", "count")
        rows += [
            [(catalogue.text(lang, f"pairs.guards.{name}.name"), "text"), (count, "number")]
            for name, count in summary.guards.items()
        ]
    if not summary.by_school.is_empty():
        heads = summary.by_school.columns
        section("by_school", *(f"school_{name}" for name in heads))
        rows += [
            [(value, "text" if place == 0 else "number") for place, value in enumerate(row)]
            for row in summary.by_school.iter_rows()
        ]
    if report.decisions is not None:
        section("decisions", "what", "count")
        rows.append([(say("applied"), "text"), (report.decisions.applied, "number")])
        rows.append([(say("pending"), "text"), (report.decisions.pending, "number")])
        if report.decisions.stale:
            section("stale", "file", "sheet", "row")
            rows += [
                [(each.file, "text"), (each.sheet, "text"), (each.row, "number")] for each in report.decisions.stale
            ]
    if report.judged.candidates.large:
        section("blocks", "key", "records", "left")
        rows += [
            [(key_title(each.key, view), "text"), (each.records, "number"), (each.left, "number")]
            for each in report.judged.candidates.large
        ]
    section("read", "file", "sheet", "records")
    rows += [
        [
            (roster.table.source.path, "text"),
            (roster.table.source.sheet, "text"),
            (roster.table.height, "number"),
        ]
        for roster in report.rosters
    ]
    if report.unreadable:
        section("unreadable", "file", "reason")
        rows += [
            [(error.file, "text"), (catalogue.text(lang, f"errors.{error.key}", **error.params), "text")]
            for error in report.unreadable
        ]
    return rows
