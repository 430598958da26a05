"""The report on the terminal: what was read, what is wrong and where, and, on the last line, what to do next.

Lines are laid out here for a width in cells and handed over as `rich` text without markup; whoever prints them decides
on colour. Print them with `soft_wrap=True`, so that no line is folded or cut a second time.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.rule import Severity
from xueji_cli.messages import catalogue
from xueji_cli.reports.lines import cell_width, harmless, pad, wrap
from xueji_cli.reports.summary import summarise
from xueji_cli.reports.textpage import HEADERS_SHOWN, Page, quoted
from xueji_cli.reports.view import place_text, rule_text, says_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from rich.console import Group

    from xueji_cli.reports.report import CheckReport
    from xueji_cli.reports.summary import Summary

_VALUE_SHOWN = 24


def render_text(
    report: CheckReport,
    view: pl.DataFrame,
    *,
    lang: str,
    width: int,
    verbose: bool = False,
    limit: int | None = 3,
    written: Sequence[str] = (),
) -> Group:
    """Return the report for a terminal.

    Args:
        report: What was found.
        view: Its findings (`reports.view`), masked or not.
        lang: Language.
        width: Cells of a line.
        verbose: Name every table, column binding, skipped rule and reason.
        limit: How many places of each rule are listed; None for all.
        written: Files that were written in the same run; the last line then points to them.
    """
    from rich.console import Group

    page = _Page(report, view, summarise(report, view), lang, max(width, 40))
    page.inputs(verbose=verbose)
    page.findings(limit=limit, verbose=verbose)
    page.skipped(verbose=verbose)
    page.audience(report.run)
    page.totals()
    page.next_step(written)
    return Group(*page.lines)


class _Page(Page):
    """The lines of a check's report."""

    def __init__(self, report: CheckReport, view: pl.DataFrame, summary: Summary, lang: str, width: int) -> None:
        words = ("total", "skipped", "next", "suggestion", "source", "why")
        super().__init__(report, lang, width, [catalogue.text(lang, f"check.text.{word}") for word in words])
        self.report = report
        self.view = view
        self.summary = summary

    def findings(self, *, limit: int | None, verbose: bool) -> None:
        for code, severity in self.ordered_rules():
            found = self.view.filter(pl.col("code") == code)
            self.line()
            count = self.say("count", count=f"{found.height:,}")
            name = catalogue.text(self.lang, f"check.severity.{severity}")
            head = f"{name} {code} "
            title = wrap(rule_text(self.lang, code, "title"), self.width - cell_width(head) - cell_width(count) - 2)
            gap = self.width - cell_width(head) - cell_width(title[0]) - cell_width(count)
            self.line((head, severity), (title[0], "strong"), " " * gap, (count, severity))
            for part in title[1:]:
                self.line((" " * cell_width(head) + part, "strong"))
            self.places(found if limit is None else found.head(limit))
            if limit is not None and found.height > limit:
                self.line((f"  {self.say('more', count=f'{found.height - limit:,}')}", "quiet"))
            for suggestion in found["suggestion"].unique(maintain_order=True).head(2):
                if suggestion:
                    self.paragraph(self.say("suggestion"), harmless(suggestion), indent=2)
            why = rule_text(self.lang, code, "why")
            if verbose and why:
                self.paragraph(self.say("why"), why, indent=2)
            if source := self.report.rules[code].source:
                self.paragraph(self.say("source"), source, "quiet", indent=2)

    def ordered_rules(self) -> Iterable[tuple[str, str]]:
        """Return code and severity of the rules with findings: errors first, then by code."""
        found = self.view.select("code", "severity").unique().rows()
        return sorted(found, key=lambda rule: (Severity(rule[1]).rank, rule[0]))

    def places(self, found: pl.DataFrame) -> None:
        rows = found.with_columns(place_text(found, self.lang).alias("place")).to_dicts()
        classes = [harmless(row["class_name"] or "") for row in rows]
        places = [self.place(row) for row in rows]
        # What stands in the cell, where the sentence does not say it; long cells only as far as they tell what they are.
        said = says_value(self.lang, rows[0]["code"])
        values = ["" if said else _short(harmless(row["value"] or "")) for row in rows]
        columns = [column for column in (classes, places, values) if any(column)]
        widths = [max(map(cell_width, column)) for column in columns]
        left = 2 + sum(width + 2 for width in widths)
        # Where the places are long and the window narrow, the sentence goes under its place.
        stacked = left > self.width * 0.6
        for row, cells in zip(rows, zip(*columns, strict=True), strict=True):
            head = "  " + "  ".join(pad(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()
            message = harmless(row["message"])
            if row["related_text"]:
                message += f" ({self.say('related')} {harmless(row['related_text'])})"
            if stacked:
                self.line((head, "strong"))
            room = 4 if stacked else left
            for number, part in enumerate(wrap(message, self.width - room)):
                first = number == 0 and not stacked
                self.line((pad(head, room) if first else " " * room, "strong"), part)

    def place(self, row: dict[str, Any]) -> str:
        """Return `roster.xlsx F4`; the file only where there is more than one table."""
        return f"{self.labels[row['table']]} {row['place']}" if len(self.labels) > 1 else str(row["place"])

    def skipped(self, *, verbose: bool) -> None:
        skipped = self.report.skipped
        if not skipped:
            return
        self.line()
        if verbose:
            missing = {(each.code, each.missing) for each in skipped}
            for code, columns in sorted(missing):
                names = self.say("separator").join(columns)
                text = self.say("skipped_one", code=code, title=rule_text(self.lang, code, "title"), missing=names)
                self.paragraph(self.say("skipped"), text, "quiet")
            return
        columns = tuple(dict.fromkeys(name for each in skipped for name in each.missing))
        names = self.say("separator").join(columns[:HEADERS_SHOWN])
        if len(columns) > HEADERS_SHOWN:
            names = self.say("unbound_more", headers=names)
        count = len({each.code for each in skipped})
        key = "skipped_some" if len(self.report.rosters) == 1 else "skipped_partly"
        self.paragraph(self.say("skipped"), self.say(key, count=count, missing=names), "quiet")

    def totals(self) -> None:
        summary = self.summary
        self.line()
        share = f"{summary.rows_with_errors / summary.rows:.1%}" if summary.rows else "0%"
        text = self.say(
            "total_rows",
            files=f"{summary.by_file.height:,}",
            rows=f"{summary.rows:,}",
            wrong=f"{summary.rows_with_errors:,}",
            share=share,
        )
        self.paragraph(self.say("total"), text)
        if self.view.is_empty():
            if self.report.rosters:
                self.paragraph("", self.say("clean"), "good")
            return
        counts = {name: f"{getattr(summary, name):,}" for name in ("errors", "warnings", "notices")}
        style = "error" if summary.errors else "warning" if summary.warnings else "notice"
        self.paragraph("", self.say("total_counts", **counts), style)

    def next_step(self, written: Sequence[str]) -> None:
        """Say what to do now: open what was written, or the command that writes it."""
        word = self.say("next")
        if written:
            key = "next_written_page" if written[0].endswith(".html") else "next_written"
            self.paragraph(word, self.say(key, path=harmless(written[0])), "strong")
        elif not self.view.is_empty():
            files = self.summary.by_file["file"].to_list()
            if len(files) == 1 and files[0] != "-":
                target = f"{PurePath(files[0].replace(chr(92), '/')).stem}-{self.say('next_suffix')}.xlsx"
                self.command(f"xueji check {quoted(files[0])} -o {quoted(target)}", self.say("next_one"))
            elif len(files) == 1:
                self.command(f"-o {self.say('next_folder')}.xlsx", self.say("next_many"))
            else:
                self.command(f"-o {self.say('next_folder')}/", self.say("next_many"))
        elif self.report.unreadable:
            self.paragraph(word, self.say("next_unreadable"), "strong")
        self.cleaning()

    def cleaning(self) -> None:
        """Say how many findings `xueji clean` puts right, and the command that does it."""
        fixable = [code for code, rule in self.report.rules.items() if rule.rule.fixable]
        count = self.view.filter(pl.col("code").is_in(fixable)).height
        if not count:
            return
        self.paragraph("", self.say("next_clean", count=f"{count:,}"))
        files = self.summary.by_file["file"].to_list()
        if len(files) == 1 and files[0] != "-":
            target = f"{PurePath(files[0].replace(chr(92), '/')).stem}-{self.say('next_cleaned')}.xlsx"
            self.line(" " * self.margin, (harmless(f"xueji clean {quoted(files[0])} -o {quoted(target)}"), "strong"))
        else:
            self.line(" " * self.margin, (f"xueji clean ... -o {self.say('next_cleaned')}.xlsx", "strong"))


def _short(text: str) -> str:
    """Return the beginning of a long text."""
    return text if len(text) <= _VALUE_SHOWN else text[: _VALUE_SHOWN - 3] + "..."
