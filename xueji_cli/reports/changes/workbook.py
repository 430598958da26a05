"""`-o X.xlsx`: the account of county, schools and classes, and the ledgers of the term, ready to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.changes.view import (
    children_view,
    class_names,
    date_text,
    findings_view,
    flow_parts,
    key_view,
    log_view,
    notes,
    say,
    words,
)
from xueji_cli.reports.lines import cell_width
from xueji_cli.reports.reconciled.book import Book
from xueji_cli.reports.reconciled.view import grade_title
from xueji_cli.tracking.fates import ARRIVED, LEFT
from xueji_cli.tracking.tally import IN, OUT, leaves_school

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Any

    from xueji_cli.reports.changes.report import ChangesReport

#: Ledger → fates of the children in it.
_LEDGERS = {
    "left": LEFT,
    "arrived": ARRIVED,
    "moved": ("moved_school", "progressed", "moved_class", "class_unsaid"),
    "steps": ("retained", "skipped", "not_turned"),
}
#: Width of each column of the ledgers; a Chinese character takes two.
_WIDTHS = {
    "serial": 5, "severity": 6, "rule": 8, "school": 18, "class_name": 12, "name": 9, "sex": 5, "id_number": 20, "message": 40,
    "suggestion": 32, "place": 30, "checked": 14, "checker": 9, "fate": 13, "from_school": 18, "from_class": 12, "to_school": 18,
    "to_class": 12, "status": 12, "by": 9, "field": 11, "what": 9, "old_value": 21, "new_value": 21, "characters": 9,
    "approval": 13, "kind": 13, "date": 11, "current": 9, "found": 18, "log_place": 28, "grade": 9, "opening": 7, "come": 7,
    "come_by": 32, "gone": 7, "gone_by": 32, "closing": 7, "proof": 24, "changed": 12, "filled": 12, "emptied": 12, "note": 120,
}  # fmt: skip
_WIDE = {"school": 28, "class_name": 26, "field": 30, "what": 30}


def write_workbook(report: ChangesReport, path: Path, *, lang: str, reveal: bool) -> None:
    """Write everything into one workbook.

    Args:
        report: What was found.
        path: Where.
        lang: Language.
        reveal: Show personal data whole.
    """
    with Book(path, lang, report.run) as book:
        _Ledgers(book, report, lang, reveal=reveal).write()


class _Ledgers:
    def __init__(self, book: Book, report: ChangesReport, lang: str, *, reveal: bool) -> None:
        self.book = book
        self.report = report
        self.result = report.result
        self.lang = lang
        self.reveal = reveal
        self.columns = words(lang, "columns")
        self.fates = words(lang, "fates")
        self.severities = catalogue.load(lang, "check")["severity"]

    def write(self) -> None:
        self.summary()
        self.flows("schools", self.result.flows.schools, ["school"])
        self.flows("classes", self.result.flows.classes, ["school", "grade", "class_name"])
        self.findings()
        children = children_view(self.report, reveal=self.reveal, lang=self.lang)
        for name, fates in _LEDGERS.items():
            of = pl.col("fate").is_in(list(fates))
            if name == "steps":
                of = of | pl.col("step").is_in(["retained", "skipped"])
            self.children(name, children.filter(of))
        self.key_information()
        self.counts()
        self.log()
        self.sheet("notes", ("note",), ((line,) for line in notes(self.report, self.lang)))

    def sheet(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[object]], *, wide: bool = False) -> None:
        """Add a ledger: its title, the two days and page numbers stand on every printed page."""
        title = say(self.lang, f"sheet.{name}")
        widths = {**_WIDTHS, **(_WIDE if wide else {})}
        sheet = self.book.ledger(title, [self.columns[head] for head in heads], [widths[head] for head in heads], rows)
        days = say(self.lang, "days", old=self.result.old.day.isoformat(), new=self.result.new.day.isoformat())
        sheet.set_header(f"&L{_plain(days)}&C&14{_plain(title)}&R&D")
        sheet.set_footer(f"&L{_plain(say(self.lang, 'sheet.sign'))}&R&P / &N")
        sheet.set_margins(left=0.4, right=0.4, top=0.9, bottom=0.8)

    def where(self, row: dict[str, Any]) -> str:
        """Return all places that a row of a view is about, a line each."""
        named = (
            ("old", "old"),
            ("new", "new"),
            ("log", "log"),
            ("entry", "log"),
            ("other", "other"),
            ("maybe", "maybe"),
        )
        return "\n".join(
            f"{say(self.lang, f'text.{word}')} {row[f'{side}_place']}"
            for side, word in named
            if row.get(f"{side}_place")
        )

    def summary(self) -> None:
        """Add the county's account on one page, with its proof, and the rules with their clauses."""
        book, flows = self.book, self.result.flows
        sheet = book.sheet(say(self.lang, "sheet.summary"))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 1)
        for place, width in enumerate((24, 9, 9, 40, 70)):
            sheet.set_column(place, place, width)
        sheet.write_string(0, 0, say(self.lang, "title"), book.look("title"))
        sheet.write_string(
            1, 0, say(self.lang, "note_old", text=date_text(self.result.old, self.lang)), book.look("text")
        )
        sheet.write_string(
            2, 0, say(self.lang, "note_new", text=date_text(self.result.new, self.lang)), book.look("text")
        )
        row = flows.county.row(0, named=True)
        line = 4
        for place, head in enumerate(("item", "number", "running")):
            sheet.write_string(line, place, self.columns[head], book.look("head"))
        running = row["opening"]
        entries: list[tuple[str, int, int]] = [(self.columns["opening"], running, running)]
        for sign, names in ((1, IN), (-1, OUT)):
            for name in names:
                if row[name]:
                    running += sign * row[name]
                    fate = self.fates[name.partition("_")[2]]
                    entries.append((f"{'+' if sign > 0 else '−'} {fate}", sign * row[name], running))
        entries.append((f"= {self.columns['closing']}", row["closing"], running))
        for name, number, sofar in entries:
            line += 1
            sheet.write_string(line, 0, name, book.look("text"))
            sheet.write_number(line, 1, number, book.look("number" if number >= 0 else "differs"))
            sheet.write_number(line, 2, sofar, book.look("number"))
        line += 2
        proof = say(self.lang, "text.ties", schools=flows.schools.height, classes=flows.classes.height)
        sheet.write_string(line, 0, proof, book.look("text"))
        line += 2
        for place, head in enumerate(("rule", "cases", "severity", "title", "source")):
            sheet.write_string(line, place, self.columns[head], book.look("head"))
        texts = catalogue.load(self.lang, "rules")
        counts = self.result.findings.group_by("rule", "severity").len().sort("rule")
        for rule, severity, count in counts.iter_rows():
            line += 1
            source = self.report.rules[rule].source
            sheet.write_string(line, 0, rule, book.look("text"))
            sheet.write_number(line, 1, count, book.look("number"))
            sheet.write_string(line, 2, self.severities[severity], book.look("text"))
            sheet.write_string(line, 3, texts[rule]["title"], book.look("wrapped"))
            sheet.write_string(line, 4, source, book.look("wrapped"))
            sheet.set_row(line, 32 if max(cell_width(source) / 70, cell_width(texts[rule]["title"]) / 40) > 1 else 17)

    def flows(self, name: str, frame: pl.DataFrame, lead: Sequence[str]) -> None:
        """Add the account of every school or class, with its proof."""
        gap = say(self.lang, "text.gap")

        def parts(row: dict[str, Any], prefix: str) -> str:
            return gap.join(f"{self.fates[fate]} {count}" for fate, count in flow_parts(row, prefix).items())

        def first(row: dict[str, Any]) -> list[str]:
            if len(lead) == 1:
                return [row["school"]]
            # A class that left the school is told by the grade it was in.
            grade = row["grade"] - 1 if leaves_school(row) else row["grade"]
            return [row["school"], grade_title(_known_grade(grade), self.lang), class_names(row, self.lang)]

        self.sheet(
            name,
            [*lead, "opening", "come", "come_by", "gone", "gone_by", "closing", "proof"],
            (
                (
                    *first(row), row["opening"], row["come"], parts(row, "in_"), row["gone"], parts(row, "out_"),
                    row["closing"], f"{row['opening']} + {row['come']} − {row['gone']} = {row['closing']}",
                )
                for row in frame.iter_rows(named=True)
            ),
            wide=True,
        )  # fmt: skip

    def findings(self) -> None:
        rows = findings_view(self.report, reveal=self.reveal, lang=self.lang)
        heads = (
            "serial",
            "severity",
            "rule",
            "school",
            "class_name",
            "name",
            "id_number",
            "message",
            "suggestion",
            "place",
        )
        self.sheet(
            "findings",
            (*heads, "checked", "checker"),
            (
                (
                    place, self.severities[row["severity"]], row["rule"], row["school"], row["class_label"], row["name"],
                    row["id_number"], row["message"], row["suggestion"], self.where(row), None, None,
                )
                for place, row in enumerate(rows.iter_rows(named=True), 1)
            ),
        )  # fmt: skip

    def children(self, name: str, rows: pl.DataFrame) -> None:
        ways = words(self.lang, "ways")
        heads = ("serial", "fate", "name", "sex", "id_number", "from_school", "from_class", "to_school", "to_class")
        self.sheet(
            name,
            (*heads, "status", "by", "place"),
            (
                (
                    place, self._fate(row), row["name"], row["sex"], row["id_number"], row["school_o"], row["class_label_o"],
                    row["school_n"], row["class_label_n"], _arrow(row["status_o"], row["status_n"]),
                    ways.get(row["by"] or "", ""), self.where(row),
                )
                for place, row in enumerate(rows.iter_rows(named=True), 1)
            ),
        )  # fmt: skip

    def _fate(self, row: dict[str, Any]) -> str:
        fate, step = row["fate"], row["step"]
        if step in ("retained", "skipped") and fate != step:
            return f"{self.fates[fate]} · {self.fates[step]}" if fate != "stayed" else self.fates[step]
        return self.fates[fate]

    def key_information(self) -> None:
        whats, approvals = words(self.lang, "whats"), words(self.lang, "approvals")
        rows = key_view(self.report, reveal=self.reveal, lang=self.lang)
        heads = ("serial", "school", "class_name", "name", "id_number", "field", "what", "old_value", "new_value")
        self.sheet(
            "key_information",
            (*heads, "characters", "approval", "place"),
            (
                (
                    place, row["school"], row["class_label"], row["name"], row["id_number"], self.columns[row["field"]],
                    whats[row["what"]], row["old"], row["new"], row["characters"], approvals.get(row["approval"] or "", ""),
                    self.where(row),
                )
                for place, row in enumerate(rows.iter_rows(named=True), 1)
            ),
        )  # fmt: skip

    def counts(self) -> None:
        """Add states and other fields in numbers."""
        rows: list[tuple[object, ...]] = [
            (self.columns["status"], f"{old} → {new}", count, None, None)
            for old, new, count in self.result.states.iter_rows()
        ]
        rows += [
            (row["title"], None, row["changed"], row["filled"], row["emptied"])
            for row in self.result.others.iter_rows(named=True)
        ]
        self.sheet("counts", ("field", "what", "changed", "filled", "emptied"), rows, wide=True)

    def log(self) -> None:
        """Add the log, each entry beside what the exports show."""
        rows = log_view(self.report, reveal=self.reveal, lang=self.lang)
        if rows is None:
            return
        kinds, found, yes = (words(self.lang, group) for group in ("kinds", "found", "said"))
        self.sheet(
            "log",
            ("serial", "kind", "date", "name", "id_number", "school", "current", "found", "fate", "rule", "log_place"),
            (
                (
                    place, kinds.get(row["kind"] or ""), row["on"].isoformat() if row["on"] else None,
                    row["name"], row["id_number"], row["school"] or row["school_name"],
                    yes["yes"] if row["current"] else yes["no"], found[row["found"] or "nobody"],
                    self.fates.get(row["fate"] or "", ""), row["rules"], row["place"],
                )
                for place, row in enumerate(rows.iter_rows(named=True), 1)
            ),
        )  # fmt: skip


def _arrow(old: str | None, new: str | None) -> str:
    """Return a state, or what it was and is."""
    return f"{old} → {new}" if old and new and old != new else new or old or ""


def _plain(text: str) -> str:
    """Return text for a header of a printed page, where & begins a code."""
    return text.replace("&", "&&")


def _known_grade(grade: int | None) -> int | None:
    """Return a grade that has a name: a class that left senior school has none."""
    return grade if grade is not None and 1 <= grade <= 12 else None
