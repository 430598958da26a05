"""`-o X.html`: the county on one page, with a fold for every school.

No script: folds and links are the browser's own, and charts are drawn when the page is written.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling import county
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
from xueji_cli.reports.webpage import bar, cards, cell, fold, table, web_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xueji_cli.reconciling.result import SchoolResult
    from xueji_cli.reports.reconciled.report import ReconcileReport

#: Colours of stacked bars; sections beyond them share the last.
_COLOURS = 12
_IN_CLASS = ("registered_not_present", "present_not_registered", "registered_elsewhere", "present_elsewhere")


def render_page(report: ReconcileReport, *, lang: str, reveal: bool) -> str:
    """Return the report as one HTML document.

    Args:
        report: What was found.
        lang: Language.
        reveal: Show personal data whole; the page then says so.
    """
    page = _Page(report, lang, reveal=reveal)
    parts = {
        "cards": page.cards(),
        "heads_title": escape(say(lang, "page.heads")),
        "heads": page.heads(),
        "deductions_title": escape(say(lang, "page.deductions")),
        "deductions": page.deductions(),
        "list_title": escape(say(lang, "page.list")),
        "ranking": page.ranking(),
        "schools": "".join(page.school(place, school) for place, school in enumerate(report.result.schools)),
        "problems": page.problems(),
    }
    return web_page(
        __package__,
        parts,
        lang=lang,
        title=f"{say(lang, 'page.title')} · {report.result.scoresheet.title}",
        facts=page.facts(),
        run=report.run,
        footer=say(lang, "page.footer", version=report.run.version),
    )


class _Page:
    """The parts of the page."""

    def __init__(self, report: ReconcileReport, lang: str, *, reveal: bool) -> None:
        self.report = report
        self.result = report.result
        self.lang = lang
        self.reveal = reveal
        self.view = persons_view(report, reveal=reveal, lang=lang)
        self.people = self.view.partition_by("school", as_dict=True)
        self.classes = self.result.classes.partition_by("school", as_dict=True)
        self.grades = self.result.grades.partition_by("school", as_dict=True)
        self.place = {school.school.name: place for place, school in enumerate(self.result.schools)}
        sections = list(dict.fromkeys(item.section for item in self.result.scoresheet.items))
        self.colour = {section: f"s{min(place, _COLOURS - 1)}" for place, section in enumerate(sections)}

    def facts(self) -> list[str]:
        sheet = self.result.scoresheet
        return [
            say(self.lang, "page.as_of", as_of=self.report.run.as_of),
            f"{sheet.name} {sheet.version}",
            say(self.lang, "page.revealed" if self.reveal else "page.masked"),
        ]

    def cards(self) -> str:
        totals = county.totals("", self.result.schools)
        apart = self.view.filter(pl.col("category").is_in(_IN_CLASS)).height
        entries = [
            ("", f"{totals.schools:,}", say(self.lang, "page.schools")),
            ("", " → ".join(map(count, totals.students)), say(self.lang, "page.students")),
            ("", " → ".join(map(count, totals.classes)), say(self.lang, "page.classes")),
            ("error" if apart else "", f"{apart:,}", say(self.lang, "page.people")),
        ]
        return cards(entries)

    def heads(self) -> str:
        """Return two bars for each school: registered and present."""
        most = (
            max((max(school.students[0] or 0, school.students[1] or 0) for school in self.result.schools), default=0)
            or 1
        )
        bars = []
        for school in self.result.schools:
            system, actual = school.students
            svg = "".join(
                f'<rect class="{side}" x="0" y="{top}" width="{(value or 0) / most:.2%}" height="4"/>'
                for side, value, top in (("system", system, 0), ("actual", actual, 4))
            )
            bars.append(self.bar(school, f"{count(system)} → {count(actual)}", svg))
        names = {"system": say(self.lang, "sheet.col_system"), "actual": say(self.lang, "sheet.col_actual")}
        return self.legend(names.items()) + f'<ul class="bars">{"".join(bars)}</ul>'

    def deductions(self) -> str:
        """Return a stacked bar for each school: points lost, a colour for each section."""
        lost: dict[str, dict[str, float]] = {}
        for school in self.result.schools:
            of_school = lost.setdefault(school.school.name, {})
            for line in school.lines:
                if line.score.score is not None and line.score.score < line.item.points:
                    section = line.item.section
                    of_school[section] = of_school.get(section, 0.0) + float(line.item.points - line.score.score)
        most = max((sum(each.values()) for each in lost.values()), default=0.0)
        if not most:
            return f'<p class="empty">{escape(say(self.lang, "page.none_deducted"))}</p>'
        bars = []
        for school in self.result.schools:
            start, svg = 0.0, ""
            parts = lost[school.school.name]
            for section, points in parts.items():
                svg += f'<rect class="{self.colour[section]}" x="{start / most:.2%}" width="{points / most:.2%}" height="8"/>'
                start += points
            bars.append(self.bar(school, f"−{start:g}" if start else "0", svg))
        used = {section for parts in lost.values() for section in parts}
        legend = self.legend((colour, section) for section, colour in self.colour.items() if section in used)
        return legend + f'<ul class="bars">{"".join(bars)}</ul>'

    def bar(self, school: SchoolResult, value: str, svg: str) -> str:
        name = school.school.name
        return bar(f"school-{self.place[name]}", escape(name), value, svg)

    def legend(self, names: Iterable[tuple[str, str]]) -> str:
        items = "".join(
            f'<li><svg aria-hidden="true"><rect class="{kind}" width="10" height="10"/></svg>{escape(name)}</li>'
            for kind, name in names
        )
        return f'<ul class="legend">{items}</ul>'

    def ranking(self) -> str:
        heads = (
            "col_rank",
            "col_school",
            "col_group",
            "col_total",
            "col_decided",
            "col_pending",
            "col_student_ratio",
            "col_class_ratio",
        )
        rows = []
        for each in county.ranking(self.result.schools):
            school = each.result
            link = f'<a href="#school-{self.place[school.school.name]}">{escape(school.school.name)}</a>'
            rows.append(
                [
                    _n(str(each.rank) if each.rank else say(self.lang, "pending")),
                    f"<td>{link}</td>",
                    cell(school.school.group or ""),
                    _n(number(school.total)),
                    _n(number(school.decided)),
                    _n(number(school.pending)),
                    _n(percent(school.student_ratio)),
                    _n(percent(school.class_ratio)),
                ]
            )
        return table([say(self.lang, f"sheet.{head}") for head in heads], rows)

    def school(self, place: int, school: SchoolResult) -> str:
        name = school.school.name
        heads = [say(self.lang, f"sheet.{key}") for key in ("head_section", "head_points", "head_score", "head_basis")]
        rows = []
        for line in school.lines:
            score = line.score.score
            kind = "wait" if score is None else "lost" if score < line.item.points else ""
            rows.append(
                [
                    cell(f"{line.item.section} {line.item.part}".strip() + f"　{line.item.words}"),
                    _n(number(line.item.points)),
                    f'<td class="n {kind}">{escape(score_text(line, self.lang))}</td>',
                    cell(basis_text(line, school, self.lang)),
                ]
            )
        summary = f"{name}　{' → '.join(map(count, school.students))}　{percent(school.student_ratio)}"
        parts = [
            f"<h3>{escape(say(self.lang, 'page.scoresheet'))}</h3>",
            table(heads, rows),
            f"<h3>{escape(say(self.lang, 'page.by_class'))}</h3>",
            self.by_class(name),
            f"<h3>{escape(say(self.lang, 'page.persons'))}</h3>",
            self.persons(name),
        ]
        return f'<details class="school" id="school-{place}"><summary>{escape(summary)}</summary>{"".join(parts)}</details>'

    def by_class(self, name: str) -> str:
        keys = ("col_class", "col_system", "col_actual", "col_difference", "col_state", "col_band")
        heads = [say(self.lang, f"sheet.{key}") for key in keys]
        classes, grades = self.classes.get((name,)), self.grades.get((name,))
        if classes is not None:
            rows = [
                [
                    cell(row["class_label"] or say(self.lang, "no_class")),
                    _n(count(row["system"])),
                    _n(count(row["actual"])),
                    _difference(row["difference"]),
                    cell(say(self.lang, f"states.{row['state']}")),
                    cell(say(self.lang, f"bands.{row['band']}") if row["band"] else ""),
                ]
                for row in classes.iter_rows(named=True)
            ]
        else:
            rows = [
                [
                    cell(grade_title(row["grade"], self.lang)),
                    _n(count(row["students_system"])),
                    _n(count(row["students_actual"])),
                    _difference(row["difference"]),
                    cell(""),
                    cell(""),
                ]
                for row in (grades.iter_rows(named=True) if grades is not None else ())
            ]
        return table(heads, rows)

    def persons(self, name: str) -> str:
        people = self.people.get((name,))
        if people is None:
            return f'<p class="empty">{escape(say(self.lang, "page.nobody"))}</p>'
        keys = (
            "col_class",
            "col_category",
            "col_name",
            "col_id_number",
            "col_text",
            "col_system_place",
            "col_actual_place",
        )
        rows = [
            [
                cell(row["class_label"] or say(self.lang, "no_class")),
                cell(say(self.lang, f"categories.{row['category']}")),
                *(cell(row[key] or "") for key in ("name", "id_number", "text", "system_place", "actual_place")),
            ]
            for row in people.iter_rows(named=True)
        ]
        return table([say(self.lang, f"sheet.{key}") for key in keys], rows)

    def problems(self) -> str:
        lines = [problem_text(problem, self.lang) for problem in self.result.problems] + parameter_lines(
            self.report, self.lang
        )
        return fold(say(self.lang, "page.problems"), lines)


def _n(text: str) -> str:
    return cell(text, "n")


def _difference(value: int | None) -> str:
    kind = " lost" if value else ""
    return f'<td class="n{kind}">{"—" if value is None else f"{value:+,}"}</td>'
