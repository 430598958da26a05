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
    key_view,
    log_view,
    notes,
    say,
    words,
)
from xueji_cli.reports.reconciled.book import Book
from xueji_cli.reports.reconciled.view import grade_title
from xueji_cli.tracking.fates import ARRIVED, LEFT
from xueji_cli.tracking.tally import IN, OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Any

    from xlsxwriter.worksheet import Worksheet

    from xueji_cli.reports.changes.report import ChangesReport

#: Ledger → fates of the children in it.
_LEDGERS = {
    "left": LEFT,
    "arrived": ARRIVED,
    "moved": ("moved_school", "progressed", "moved_class", "class_unsaid"),
    "steps": ("retained", "skipped", "not_turned"),
}


def write_workbook(report: ChangesReport, path: Path, *, lang: str, reveal: bool) -> None:
    """Write everything into one workbook.

    Args:
        report: What was found.
        path: Where.
        lang: Language.
        reveal: Show personal data whole.
    """
    with Book(path, lang) as book:
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

    def write(self) -> None:
        self.summary()
        self.schools()
        self.classes()
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
        self.notes()

    def sheet(
        self, name: str, heads: Sequence[str], looks: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> Worksheet:
        """Add a ledger: its title, the two days and page numbers stand on every printed page."""
        title = say(self.lang, f"sheet.{name}")
        sheet = self.book.table(title, [self.columns[head] for head in heads], looks, rows)
        days = say(self.lang, "days", old=self.result.old.day.isoformat(), new=self.result.new.day.isoformat())
        sheet.set_header(f"&L{_plain(days)}&C&14{_plain(title)}&R&D")
        sheet.set_footer(f"&L{_plain(say(self.lang, 'sheet.sign'))}&R&P / &N")
        sheet.set_margins(left=0.4, right=0.4, top=0.9, bottom=0.8)
        return sheet

    def summary(self) -> None:
        """Add the county's account on one page, with its proof."""
        book, flows = self.book, self.result.flows
        sheet = book.sheet(say(self.lang, "sheet.summary"))
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 1)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 2, 14)
        sheet.set_column(3, 3, 60)
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
        entries: list[tuple[str, int, int]] = [(say(self.lang, "text.opening"), running, running)]
        for sign, names in ((1, IN), (-1, OUT)):
            for name in names:
                if row[name]:
                    running += sign * row[name]
                    fate = self.fates[name.partition("_")[2]]
                    entries.append((f"{'+' if sign > 0 else '−'} {fate}", sign * row[name], running))
        entries.append((f"= {say(self.lang, 'text.closing')}", row["closing"], running))
        for name, number, sofar in entries:
            line += 1
            sheet.write_string(line, 0, name, book.look("text"))
            sheet.write_number(line, 1, number, book.look("number" if number >= 0 else "differs"))
            sheet.write_number(line, 2, sofar, book.look("number"))
        line += 2
        proof = say(self.lang, "text.ties", schools=flows.schools.height, classes=flows.classes.height)
        sheet.write_string(line, 0, proof, book.look("text"))
        line += 2
        for place, head in enumerate(("rule", "cases", "severity", "title")):
            sheet.write_string(line, place, self.columns[head], book.look("head"))
        severities = catalogue.load(self.lang, "check")["severity"]
        texts = catalogue.load(self.lang, "rules")
        counts = self.result.findings.group_by("rule", "severity").len().sort("rule")
        for rule, severity, count in counts.iter_rows():
            line += 1
            sheet.write_string(line, 0, rule, book.look("text"))
            sheet.write_number(line, 1, count, book.look("number"))
            sheet.write_string(line, 2, severities[severity], book.look("text"))
            sheet.write_string(line, 3, texts[rule]["title"], book.look("text"))

    def _flows(self, frame: pl.DataFrame) -> tuple[list[str], list[str]]:
        """Return the reasons that count anything in a table of flows."""
        used = [name for name in (*IN, *OUT) if frame[name].sum()]
        heads = [f"{'+' if name.startswith('in_') else '−'}{self.fates[name.partition('_')[2]]}" for name in used]
        return used, heads

    def _flow_sheet(
        self, name: str, frame: pl.DataFrame, lead: Sequence[str], first: Iterable[Sequence[object]]
    ) -> None:
        used, named = self._flows(frame)
        heads = [
            *(self.columns[head] for head in lead),
            say(self.lang, "text.opening"),
            *named,
            say(self.lang, "text.closing"),
        ]
        heads.append(self.columns["proof"])
        rows = (
            (
                *before,
                row["opening"],
                *(row[each] or None for each in used),
                row["closing"],
                f"{row['opening']} + {row['come']} − {row['gone']} = {row['closing']}",
            )
            for before, row in zip(first, frame.iter_rows(named=True), strict=True)
        )
        looks = [*("text",) * len(lead), *("number",) * (len(used) + 2), "text"]
        title = say(self.lang, f"sheet.{name}")
        sheet = self.book.table(title, heads, looks, rows)
        sheet.set_header(f"&C&14{_plain(title)}&R&D")
        sheet.set_footer("&R&P / &N")

    def schools(self) -> None:
        frame = self.result.flows.schools
        self._flow_sheet("schools", frame, ["school"], ((name,) for name in frame["school"]))

    def classes(self) -> None:
        frame = self.result.flows.classes
        first = (
            (row["school"], grade_title(_known_grade(row["grade"]), self.lang), class_names(row, self.lang))
            for row in frame.iter_rows(named=True)
        )
        self._flow_sheet("classes", frame, ["school", "grade", "class_name"], first)

    def findings(self) -> None:
        severities = catalogue.load(self.lang, "check")["severity"]
        rows = findings_view(self.report, reveal=self.reveal, lang=self.lang)
        heads = (
            "serial", "severity", "rule", "school", "class_name", "name", "id_number", "message", "suggestion", "source",
            "old_place", "new_place", "log_place", "checked", "checker",
        )  # fmt: skip
        looks = ("number", *("text",) * 6, *("wrapped",) * 3, *("wrapped",) * 3, "text", "text")
        self.sheet(
            "findings",
            heads,
            looks,
            (
                (
                    place, severities[row["severity"]], row["rule"], row["school"], row["class_label"], row["name"],
                    row["id_number"], row["message"], row["suggestion"], row["source"], row["old_place"],
                    _joined(row["new_place"], row["other_place"]), row["log_place"], None, None,
                )
                for place, row in enumerate(rows.iter_rows(named=True), 1)
            ),
        )  # fmt: skip

    def children(self, name: str, rows: pl.DataFrame) -> None:
        heads = (
            "serial", "fate", "name", "sex", "id_number", "from_school", "from_class", "to_school", "to_class", "status_old",
            "status_new", "by", "entry_place", "old_place", "new_place", "maybe",
        )  # fmt: skip
        looks = ("number", *("text",) * 11, *("wrapped",) * 4)
        ways = words(self.lang, "ways")
        self.sheet(
            name,
            heads,
            looks,
            (
                (
                    place, self._fate(row), row["name"], row["sex"], row["id_number"], row["school_o"], row["class_label_o"],
                    row["school_n"], row["class_label_n"], row["status_o"], row["status_n"], ways.get(row["by"] or "", ""),
                    row["entry_place"], row["old_place"], row["new_place"], row["maybe_place"],
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
        heads = (
            "serial", "school", "class_name", "name", "id_number", "field", "what", "old_value", "new_value", "characters",
            "approval", "old_place", "new_place",
        )  # fmt: skip
        looks = ("number", *("text",) * 10, "wrapped", "wrapped")
        self.sheet(
            "key_information",
            heads,
            looks,
            (
                (
                    place, row["school"], row["class_label"], row["name"], row["id_number"], self.columns[row["field"]],
                    whats[row["what"]], row["old"], row["new"], row["characters"], approvals.get(row["approval"] or "", ""),
                    row["old_place"], row["new_place"],
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
        self.sheet(
            "counts", ("field", "what", "changed", "filled", "emptied"), ("text", "text", *("number",) * 3), rows
        )

    def log(self) -> None:
        """Add the log, each entry beside what the exports show."""
        rows = log_view(self.report, reveal=self.reveal, lang=self.lang)
        if rows is None:
            return
        kinds, found = words(self.lang, "kinds"), words(self.lang, "found")
        heads = (
            "serial",
            "kind",
            "date",
            "name",
            "id_number",
            "school",
            "current",
            "found",
            "fate",
            "rule",
            "log_place",
        )
        yes = words(self.lang, "said")
        self.sheet(
            "log",
            heads,
            ("number", *("text",) * 9, "wrapped"),
            (
                (
                    place, kinds.get(row["kind"] or "", row["kind_text"]), row["on"].isoformat() if row["on"] else None,
                    row["name"], row["id_number"], row["school"] or row["school_name"],
                    yes["yes"] if row["current"] else yes["no"], found[row["found"] or "nobody"],
                    self.fates.get(row["fate"] or "", ""), row["rules"], row["place"],
                )
                for place, row in enumerate(rows.iter_rows(named=True), 1)
            ),
        )  # fmt: skip

    def notes(self) -> None:
        self.sheet("notes", ("note",), ("text",), ((line,) for line in notes(self.report, self.lang)))


def _joined(*parts: str | None) -> str:
    return "；".join(part for part in parts if part)


def _plain(text: str) -> str:
    """Return text for a header of a printed page, where & begins a code."""
    return text.replace("&", "&&")


def _known_grade(grade: int | None) -> int | None:
    """Return a grade that has a name: a class that left senior school has none."""
    return grade if grade is not None and 1 <= grade <= 12 else None
