"""The comparison on the terminal: a block per school, then the county."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling import county
from xueji_cli.reconciling.result import CATEGORIES
from xueji_cli.reconciling.tally import BOTH
from xueji_cli.reports.lines import cell_width, columns, harmless, pad, wrap
from xueji_cli.reports.masking import mask
from xueji_cli.reports.reconciled.view import (
    basis_text,
    count,
    grade_title,
    number,
    parameter_lines,
    percent,
    persons_view,
    problem_text,
    say,
    score_text,
)
from xueji_cli.reports.textpage import Lines
from xueji_cli.schema.model import Pii

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group

    from xueji_cli.reconciling.result import SchoolResult
    from xueji_cli.reports.reconciled.report import ReconcileReport

#: With more schools than this, each gets one line; `verbose` shows all blocks.
_BLOCKS = 8
_NAMES = 20
_PROBLEMS = 12


def render_text(
    report: ReconcileReport,
    *,
    lang: str,
    width: int,
    reveal: bool = False,
    verbose: bool = False,
    limit: int | None = 3,
    written: Sequence[str] = (),
) -> Group:
    """Return the comparison for a terminal.

    Args:
        report: What was found.
        lang: Language.
        width: Cells of a line.
        reveal: Show personal data whole.
        verbose: Show every school's block, every class and every problem.
        limit: How many people of each category are listed for a school; None for all.
        written: Files that were written in the same run.
    """
    from rich.console import Group

    page = _Page(report, lang, max(width, 40), reveal=reveal)
    page.inputs()
    schools = report.result.schools
    if verbose or len(schools) <= _BLOCKS:
        for school in schools:
            page.school(school, verbose=verbose, limit=limit)
    page.county()
    page.problems(verbose=verbose)
    page.parameters()
    page.audience(report.run)
    page.next_step(written)
    return Group(*page.lines)


class _Page(Lines):
    """The lines of one report."""

    def __init__(self, report: ReconcileReport, lang: str, width: int, *, reveal: bool) -> None:
        self.lang = lang
        words = (
            "read",
            "unreadable",
            "people",
            "deductions",
            "used",
            "ranking",
            "problems",
            "next",
            "parameters",
            "total",
            "sampled",
        )
        super().__init__(lang, width, map(self.say, words))
        self.report = report
        self.result = report.result
        self.reveal = reveal
        self.people = persons_view(report, reveal=reveal, lang=lang)

    def say(self, key: str, **params: object) -> str:
        return say(self.lang, f"text.{key}", **params)

    def inputs(self) -> None:
        sides: dict[str, list[int]] = {}
        for side, roster in zip(self.report.sides, self.report.rosters, strict=True):
            sides.setdefault(side, []).append(roster.table.frame.height)
        for place, (side, rows) in enumerate(sides.items()):
            text = self.say("files", tables=f"{len(rows):,}", rows=f"{sum(rows):,}")
            self.paragraph(self.say("read") if place == 0 else "", f"{self.say(f'side_{side}')}　{text}")
        self.unreadable(self.say("unreadable"), self.report.unreadable)

    def school(self, school: SchoolResult, *, verbose: bool, limit: int | None) -> None:
        name, group = school.school.name, school.school.group
        self.line()
        title = self.say("school", name=name, group=group) if group else name
        self.line((harmless(title), "strong"))
        self.numbers(school)
        self.classes(name, verbose=verbose)
        self.persons(name, limit)
        self.scoresheet(school)

    def numbers(self, school: SchoolResult) -> None:
        for key, pair, ratio in (
            ("students", school.students, school.student_ratio),
            ("classes", school.classes, school.class_ratio),
        ):
            system, actual = pair
            difference = "—" if system is None or actual is None else f"{actual - system:+,}"
            params = {"system": count(system), "actual": count(actual), "ratio": percent(ratio)}
            style = "" if system == actual else "warning"
            self.line("  ", (self.say(key, difference=difference, **params), style))

    def classes(self, name: str, *, verbose: bool) -> None:
        """List the classes that differ, or, where nothing is known per class, the grades."""
        rows = self.result.classes.filter(pl.col("school") == name)
        shown = (
            rows
            if verbose
            else rows.filter((pl.col("difference") != 0).fill_null(value=True) | (pl.col("state") != BOTH))
        )
        table = [
            (
                row["class_label"] or say(self.lang, "no_class"),
                count(row["system"]),
                count(row["actual"]),
                "—" if row["difference"] is None else f"{row['difference']:+,}",
                "" if row["state"] == BOTH else say(self.lang, f"states.{row['state']}"),
            )
            for row in shown.iter_rows(named=True)
        ]
        if rows.is_empty():
            table = [
                (
                    grade_title(row["grade"], self.lang),
                    count(row["students_system"]),
                    count(row["students_actual"]),
                    "—" if row["difference"] is None else f"{row['difference']:+,}",
                    "",
                )
                for row in self.result.grades.filter(pl.col("school") == name).iter_rows(named=True)
                if row["grade"] is not None
            ]
        if table:
            head = (self.say("class"), self.say("system"), self.say("actual"), self.say("difference"), "")
            self.table([head, *table])
        if len(shown) < len(rows):
            self.line((f"  {self.say('more_classes', count=len(rows) - len(shown))}", "quiet"))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows of short cells: the first column to the left, numbers to the right."""
        for place, text in enumerate(columns(rows)):
            self.line(("    " + text, "quiet" if place == 0 else ""))

    def persons(self, name: str, limit: int | None) -> None:
        rows = self.people.filter(pl.col("school") == name)
        if rows.is_empty():
            return
        counts = Counter(rows.get_column("category").to_list())
        said = [
            self.say("people_counts", name=say(self.lang, f"categories.{category}"), count=counts[category])
            for category in CATEGORIES
            if counts[category]
        ]
        self.line("  ", (f"{self.say('people')}　{'　'.join(said)}", "strong"))
        for category in CATEGORIES:
            found = rows.filter(pl.col("category") == category)
            for row in (found if limit is None else found.head(limit)).iter_rows(named=True):
                head = f"    {harmless(row['class_label'] or '')}  {harmless(row['name'] or '')}  {harmless(row['id_number'] or '')}"
                self.line((head.rstrip(), ""))
                for part in wrap(harmless(row["text"]), self.width - 6):
                    self.line(("      " + part, "quiet"))

    def scoresheet(self, school: SchoolResult) -> None:
        heads = [self.say("item"), self.say("points"), self.say("score")]
        lines = [
            (
                f"{line.item.no} {line.item.section.split('、')[-1]}",
                number(line.item.points),
                score_text(line, self.lang),
            )
            for line in school.lines
        ]
        widths = [max(cell_width(head), *(cell_width(row[place]) for row in lines)) for place, head in enumerate(heads)]
        self.line(
            (
                "    "
                + "  ".join(pad(head, width) for head, width in zip(heads, widths, strict=True))
                + f"  {self.say('basis')}",
                "quiet",
            )
        )
        for line, row in zip(school.lines, lines, strict=True):
            left = "    " + "  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=True)) + "  "
            lost = line.score.score is not None and line.score.score < line.item.points
            style = "quiet" if line.score.score is None else "warning" if lost else ""
            room = max(20, self.width - cell_width(left))
            for place, part in enumerate(wrap(basis_text(line, school, self.lang), room)):
                self.line((left if place == 0 else " " * cell_width(left), style), (part, "quiet"))
        self.line(f"    {self.say('total')}　", (self.total(school), "strong"))
        names = self.result.sampled.filter(pl.col("school") == school.school.name)
        for (item,), rows in names.group_by("item", maintain_order=True):
            shown = rows.get_column("name")
            if not self.reveal:
                shown = rows.select(mask(pl.col("name"), Pii.NAME.value)).to_series()
            who = say(self.lang, "comma").join(
                harmless(f"{label or ''} {who or ''}".strip())
                for label, who in zip(rows["class_label"], shown, strict=True)
            )
            text = self.say("sampled_item", school="", item=item, names=who).strip()
            for part in wrap(text, self.width - 4):
                self.line(("    " + part, "quiet"))

    def total(self, school: SchoolResult) -> str:
        if school.pending == 0:
            return self.say("total_done", total=number(school.total), points=number(self.result.scoresheet.total))
        return self.say(
            "total_pending", total=number(school.total), decided=number(school.decided), pending=number(school.pending)
        )

    def county(self) -> None:
        schools = self.result.schools
        self.line()
        everything = county.totals("", schools)
        self.line((f"{self.say('county')}　{self.say('county_schools', schools=len(schools))}", "strong"))
        for key, pair, ratio in (
            ("students", everything.students, everything.student_ratio),
            ("classes", everything.classes, everything.class_ratio),
        ):
            difference = f"{pair[1] - pair[0]:+,}"
            self.line(
                "  "
                + self.say(
                    key, system=count(pair[0]), actual=count(pair[1]), difference=difference, ratio=percent(ratio)
                )
            )
        counts = Counter(self.people.get_column("category").to_list())
        if counts:
            said = [
                self.say("people_counts", name=say(self.lang, f"categories.{category}"), count=f"{counts[category]:,}")
                for category in CATEGORIES
                if counts[category]
            ]
            self.paragraph("", f"{self.say('people')}　{'　'.join(said)}")
        elif all(s.students[0] == s.students[1] and s.classes[0] == s.classes[1] for s in schools):
            self.line(("  " + self.say("all_alike"), "good"))
        if len(schools) > 1:
            rows = [
                (
                    ranked.result.school.name,
                    self.say("rank", rank=ranked.rank) if ranked.rank else self.say("no_rank"),
                    self.total(ranked.result),
                )
                for ranked in county.ranking(schools)
            ]
            self.table([(self.say("ranking"), "", ""), *rows])
        lost = sorted(
            (each for each in county.item_totals(self.result) if each.deducted > 0), key=lambda e: -e.deducted
        )
        for place, each in enumerate(lost[:3]):
            text = self.say(
                "deduction",
                item=each.item.no,
                name=each.item.section.split("、")[-1],
                schools=each.schools,
                deducted=number(each.deducted),
            )
            self.paragraph(self.say("deductions") if place == 0 else "", text)

    def problems(self, *, verbose: bool) -> None:
        result = self.result
        comma = say(self.lang, "comma")
        told = {each: None for naming in result.naming for each in naming.told}
        unmatched = [each for naming in result.naming for each in naming.unmatched]
        if told or unmatched or result.problems or result.only_system or result.only_actual:
            self.line()
        for fatal in (True, False):
            found = [problem_text(p, self.lang) for p in result.problems if p.fatal is fatal]
            word = self.say("problems" if fatal else "used")
            for place, text in enumerate(found if verbose else found[:_PROBLEMS]):
                self.paragraph(word if place == 0 else "", text, "warning" if fatal else "")
            if len(found) > _PROBLEMS and not verbose:
                self.paragraph("", f"…… +{len(found) - _PROBLEMS}", "quiet")
        for written, school, how in told:
            self.paragraph(
                self.say("used"), self.say("told", written=harmless(written), school=school, how=self.say(f"how_{how}"))
            )
        if unmatched:
            self.paragraph(self.say("problems"), self.say("unmatched"), "error")
            for each, table, rows in unmatched:
                file = PurePath(self.report.rosters[table].table.source.path.replace("\\", "/")).name
                near = comma.join(each.nearest) or self.say("nobody_near")
                self.paragraph(
                    "", harmless(self.say("unmatched_row", name=each.name, rows=rows, file=file, nearest=near)), "error"
                )
        for key, names in (("only_system", result.only_system), ("only_actual", result.only_actual)):
            if names:
                shown = comma.join(names if verbose else names[:_NAMES]) + (
                    "" if verbose or len(names) <= _NAMES else " …"
                )
                self.paragraph(self.say("used"), self.say(key, count=len(names), schools=shown))

    def parameters(self) -> None:
        self.line()
        for place, text in enumerate(parameter_lines(self.report, self.lang)):
            self.paragraph(self.say("parameters") if place == 0 else "", text, "quiet")

    def next_step(self, written: Sequence[str]) -> None:
        self.line()
        if written:
            self.paragraph(self.say("next"), self.say("next_written", path=harmless(written[0])), "strong")
        else:
            self.paragraph(self.say("next"), self.say("next_write"))
            self.line(" " * self.margin, (self.say("next_target"), "strong"))
