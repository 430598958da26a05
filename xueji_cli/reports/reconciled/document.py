"""`-o X.docx`: the draft of the summaries that the groups and the county write, facts filled in and judgement left blank.

The structure is the county's own: 基本情况, 优点, 不足 (存在问题), 建议. Every number comes from the data; what only an inspector
can say is a line to write on.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling import county
from xueji_cli.reconciling.tally import VIRTUAL
from xueji_cli.reports.audience import audience_line
from xueji_cli.reports.lines import harmless
from xueji_cli.reports.reconciled.view import count, number, percent, say
from xueji_cli.reports.sheets import FONT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from xueji_cli.reconciling.result import SchoolResult
    from xueji_cli.reconciling.scoresheet import Item
    from xueji_cli.reports.reconciled.report import ReconcileReport

_APART = ("registered_not_present", "present_not_registered", "registered_elsewhere")
#: How many schools a sentence names.
_NAMED = 5


def write_document(report: ReconcileReport, path: Path, *, lang: str) -> None:
    """Write the draft.

    Args:
        report: What was found.
        path: Where.
        lang: Language.
    """
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document: Any = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    draft = _Draft(document, report, lang)
    draft.county()
    groups: dict[str, list[SchoolResult]] = {}
    for school in report.result.schools:
        if school.school.group:
            groups.setdefault(school.school.group, []).append(school)
    for name, schools in groups.items():
        document.add_page_break()
        draft.group(name, schools)
    document.add_paragraph(audience_line(report.run, lang))
    document.save(str(path))


class _Draft:
    """The document under writing."""

    def __init__(self, document: Any, report: ReconcileReport, lang: str) -> None:
        self.document = document
        self.report = report
        self.result = report.result
        self.lang = lang

    def say(self, key: str, **params: object) -> str:
        return say(self.lang, f"document.{key}", **params)

    def county(self) -> None:
        """Write the county's summary."""
        schools = self.result.schools
        self.document.add_heading(self.say("county_title"), level=0)
        self.document.add_heading(self.say("facts"), level=1)
        self.document.add_paragraph(self.say("when", as_of=self.report.run.as_of))
        self.facts(schools)
        self.document.add_heading(self.say("strengths"), level=1)
        self.strengths(schools)
        self.document.add_heading(self.say("problems"), level=1)
        self.problems(schools)
        self.document.add_heading(self.say("advice"), level=1)
        self.blank()
        if groups := county.groups(self.result):
            self.document.add_heading(self.say("by_group"), level=1)
            heads = (
                "col_group",
                "col_schools",
                "col_system",
                "col_actual",
                "col_student_ratio",
                "col_class_ratio",
                "col_average",
            )
            rows = [
                (
                    group.name,
                    str(group.schools),
                    count(group.students[0]),
                    count(group.students[1]),
                    percent(group.student_ratio),
                    percent(group.class_ratio),
                    number(group.average, self.lang),
                )
                for group in groups
            ]
            self.table([say(self.lang, f"sheet.{head}") for head in heads], rows)

    def group(self, name: str, schools: Sequence[SchoolResult]) -> None:
        """Write the summary of one group."""
        self.document.add_heading(self.say("group_title", name=harmless(name)), level=0)
        self.document.add_heading(self.say("facts"), level=1)
        self.facts(schools)
        heads = (
            "col_school",
            "col_system",
            "col_actual",
            "col_classes_system",
            "col_classes_actual",
            "col_total",
            "col_pending",
        )
        rows = [
            (
                school.school.name,
                count(school.students[0]),
                count(school.students[1]),
                count(school.classes[0]),
                count(school.classes[1]),
                f"{number(school.total)} / {number(school.decided)}",
                number(school.pending),
            )
            for school in schools
        ]
        self.table([say(self.lang, f"sheet.{head}") for head in heads], rows)
        self.document.add_heading(self.say("strengths"), level=1)
        self.strengths(schools)
        self.document.add_heading(self.say("weaknesses"), level=1)
        self.problems(schools)
        self.document.add_paragraph(self.say("signed"))

    def facts(self, schools: Sequence[SchoolResult]) -> None:
        totals = county.totals("", schools)
        names = say(self.lang, "comma").join(school.school.name for school in schools)
        self.document.add_paragraph(self.say("inspected", count=len(schools), schools=harmless(names)))
        self.document.add_paragraph(
            self.say(
                "numbers",
                system=count(totals.students[0]),
                actual=count(totals.students[1]),
                ratio=percent(totals.student_ratio),
                classes_system=totals.classes[0],
                classes_actual=totals.classes[1],
            )
        )
        if totals.unknown:
            self.document.add_paragraph(self.say("unknown", count=totals.unknown))

    def strengths(self, schools: Sequence[SchoolResult]) -> None:
        """Write what the data praises; the rest is a line to write on."""
        alike = [
            s
            for s in schools
            if s.students[0] == s.students[1] and s.classes[0] == s.classes[1] and None not in s.students
        ]
        if alike:
            self.bullet(self.say("alike", count=len(alike), schools=self.named(alike)))
        for place, item in enumerate(self.result.scoresheet.items):
            full = [s for s in schools if s.lines[place].score.score == item.points]
            if item.measure and full and len(full) == len(schools):
                self.bullet(self.say("full", item=item.no, name=item.section.split("、")[-1]))
        self.blank()

    def problems(self, schools: Sequence[SchoolResult]) -> None:
        """Write what the data blames, the most points lost first; the rest is a line to write on."""
        inside = pl.col("school").is_in([school.school.name for school in schools])
        people = self.result.persons.filter(inside & pl.col("excused").is_null())
        apart = people.filter(pl.col("category").is_in(_APART))
        if apart.height:
            counts = {kind: int((apart.get_column("category") == kind).sum()) for kind in _APART}
            by_school = apart.group_by("school").len().sort("len", "school", descending=[True, False])
            most = say(self.lang, "comma").join(
                self.say("school_cases", name=harmless(name), count=cases)
                for name, cases in by_school.head(_NAMED).iter_rows()
            )
            self.bullet(self.say("apart", schools=by_school.height, most=most, **counts))
        classes = self.result.classes.filter(inside)
        virtual = classes.filter(pl.col("state") == VIRTUAL)
        if virtual.height:
            self.bullet(self.say("virtual", count=virtual.height, schools=virtual.get_column("school").n_unique()))
        large = {band: int((classes.get_column("band") == band).sum()) for band in ("large", "very_large")}
        if any(large.values()):
            self.bullet(self.say("crowded", **large))
        lost: list[tuple[Decimal, Item, list[SchoolResult]]] = []
        for place, item in enumerate(self.result.scoresheet.items):
            points = {school.school.name: item.points - (school.lines[place].score.score or 0) for school in schools}
            decided = [school for school in schools if school.lines[place].score.score is not None]
            blamed = [school for school in decided if points[school.school.name] > 0]
            if blamed:
                lost.append((sum((points[school.school.name] for school in blamed), Decimal(0)), item, blamed))
        for total, item, blamed in sorted(lost, key=lambda each: -each[0]):
            name = item.section.split("、")[-1]
            self.bullet(
                self.say(
                    "lost", item=item.no, name=name, count=len(blamed), points=number(total), schools=self.named(blamed)
                )
            )
        if waiting := sum(1 for school in schools if school.pending):
            self.document.add_paragraph(self.say("waiting", count=waiting))
        self.blank()

    def named(self, schools: Sequence[SchoolResult]) -> str:
        names = say(self.lang, "comma").join(harmless(school.school.name) for school in schools[:_NAMED])
        return self.say("and_more", names=names) if len(schools) > _NAMED else names

    def bullet(self, text: str) -> None:
        self.document.add_paragraph(text, style="List Bullet")

    def blank(self) -> None:
        self.document.add_paragraph(self.say("blank"))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        table = self.document.add_table(rows=1, cols=len(heads), style="Table Grid")
        for cell, text in zip(table.rows[0].cells, heads, strict=True):
            cell.text = text
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = harmless(text)
