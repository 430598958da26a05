"""The comparison on the terminal: what was compared, how many of each category, the worst of each, rates, what to do next."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.lines import cell_width, harmless, pad, wrap
from xueji_cli.reports.retention.view import (
    parameter_lines,
    percent,
    problem_lines,
    rate_note,
    rate_title,
    say,
    target_text,
)
from xueji_cli.reports.textpage import Page
from xueji_cli.retaining.result import CATEGORIES, SUSPECT
from xueji_cli.retaining.result import STATES as FOLLOWED_STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group

    from xueji_cli.reports.retention.view import RetentionView

#: Groups (townships …) and problems that are shown unless `verbose`.
_GROUPS, _PROBLEMS = 12, 12
_WORDS = ("people", "rates", "previous", "next", "note", "parameters", "groups")
_STYLE = {"error": "error", "warning": "warning", "notice": "notice"}


def render_text(
    view: RetentionView, *, width: int, verbose: bool = False, limit: int | None = 3, written: Sequence[str] = ()
) -> Group:
    """Return the comparison for a terminal.

    Args:
        view: What to show.
        width: Cells of a line.
        verbose: Show every group, every problem, and the formulas of the rates.
        limit: How many children of each category; None for all.
        written: Files that were written in the same run.
    """
    from rich.console import Group

    page = _RetentionPage(view, max(width, 40))
    page.read(verbose=verbose)
    page.categories(limit)
    page.groups(verbose=verbose)
    page.rates(verbose=verbose)
    page.previous()
    page.problems(verbose=verbose)
    page.audience(view.report.run)
    page.next_step(written)
    return Group(*page.lines)


class _RetentionPage(Page):
    """The lines of one report."""

    def __init__(self, view: RetentionView, width: int) -> None:
        super().__init__(view.report, view.lang, width, [say(view.lang, f"text.{word}") for word in _WORDS])
        self.view = view
        self.counts = Counter(view.children.get_column("category").to_list())

    def told(self, key: str, **params: object) -> str:
        return say(self.lang, f"text.{key}", **params)

    def read(self, *, verbose: bool) -> None:
        """Say what was read: each list with its files and rows."""
        if verbose:
            self.inputs(verbose=True)
        else:
            lists: dict[str, list[int]] = {}
            for name, roster in zip(self.view.report.lists, self.rosters, strict=True):
                lists.setdefault(name, []).append(roster.table.frame.height)
            for place, (name, rows) in enumerate(lists.items()):
                text = self.told("list", name=say(self.lang, f"lists.{name}"), tables=len(rows), rows=f"{sum(rows):,}")
                self.paragraph(self.say("read") if place == 0 else "", text)
            self.unreadable(self.say("unreadable"), self.failures)
        if self.failures:
            self.paragraph("", say(self.lang, "not_whole"), "warning")
        for why in self.view.report.result.why_not.values():
            self.paragraph("", say(self.lang, f"why.{why}"), "warning")

    def categories(self, limit: int | None) -> None:
        """List every category with its number and the first of its children."""
        rules = self.view.report.result.rules
        self.line()
        total = f"{self.view.children.height:,}"
        self.paragraph(self.told("people"), self.told("total", count=total), "strong")
        for category, code in CATEGORIES.items():
            count = self.counts[category]
            if not count:
                continue
            name = say(self.lang, f"categories.{category}")
            style = _STYLE[rules[code].severity.value] if code else "good"
            head = self.told("category", name=name, count=f"{count:,}") + (f"  {code}" if code else "")
            self.line(" " * self.margin, (head, style))
            if code:
                self.people(category, limit)

    def people(self, category: str, limit: int | None) -> None:
        rows = self.view.children.filter(pl.col("category") == category)
        shown = rows if limit is None else rows.head(limit)
        for row in shown.iter_rows(named=True):
            parts = [row["name"], row["id_number"] or row["born"], row["group"], row["focus"]]
            head = "  ".join(harmless(str(part)) for part in parts if part)
            left = self.margin + 2
            for place, part in enumerate(wrap(head, self.width - left)):
                self.line(" " * (left if place == 0 else left + 2), (part, ""))
            for part in wrap(harmless(f"{row['text']} {row['place']}"), self.width - left - 2):
                self.line(" " * (left + 2), (part, "quiet"))
        if len(rows) > len(shown):
            self.line(" " * (self.margin + 2), (self.told("more", count=f"{len(rows) - len(shown):,}"), "quiet"))

    def groups(self, *, verbose: bool) -> None:
        """Count the open cases of each township, village or school."""
        rows = self.view.children.filter(pl.col("category").is_in([*SUSPECT, "dropout", "review"]))
        if rows.is_empty():
            return
        table = (
            rows.group_by("group")
            .agg(
                pl.col("category").is_in(["not_enrolled", "not_enrolled_stated", "maybe_finished"]).sum().alias("out"),
                (pl.col("category") == "absent").sum().alias("absent"),
                (pl.col("category") == "dropout").sum().alias("dropout"),
                (pl.col("category") == "review").sum().alias("review"),
                pl.col("focus").is_not_null().sum().alias("focus"),
            )
            .sort("out", "absent", "group", descending=[True, True, False])
        )
        shown = table if verbose else table.head(_GROUPS)
        heads = [self.told(f"by_{self.view.report.by}"), *(self.told(f"col_{n}") for n in table.columns[1:])]
        cells = [heads, *([harmless(str(cell)) for cell in row] for row in shown.rows())]
        widths = [max(cell_width(row[place]) for row in cells) for place in range(len(heads))]
        widths[0] = min(widths[0], max(8, self.width - self.margin - sum(widths[1:]) - 2 * len(widths)))
        self.line()
        for number, row in enumerate(cells):
            first = wrap(row[0], widths[0])
            line = pad(first[0], widths[0]) + "".join(
                "  " + " " * (width - cell_width(cell)) + cell for cell, width in zip(row[1:], widths[1:], strict=True)
            )
            word = self.told("groups") if number == 0 else ""
            self.line((pad(word, self.margin), "quiet"), (line, "quiet" if number == 0 else ""))
            for rest in first[1:]:
                self.line(" " * self.margin, (rest, ""))
        if len(table) > len(shown):
            self.line(" " * self.margin, (self.told("more_groups", count=len(table) - len(shown)), "quiet"))

    def rates(self, *, verbose: bool) -> None:
        """Say every rate with its two numbers and its target, or why it was not computed."""
        self.line()
        why: dict[str, list[str]] = {}
        first = True
        for rate in self.view.report.result.rates:
            title = rate_title(rate, self.lang)
            if rate.why:
                why.setdefault(rate.why, []).append(title)
                continue
            numbers = self.told(
                "rate", title=title, value=percent(rate.value), numerator=f"{rate.numerator:,}", denominator=f"{rate.denominator:,}",
                target=target_text(rate),
            )  # fmt: skip
            self.paragraph(self.told("rates") if first else "", numbers, "warning" if rate.missed else "")
            first = False
            if note := rate_note(rate, self.lang):
                self.paragraph("", note, "quiet", indent=2)
            if verbose:
                self.paragraph("", say(self.lang, f"rates.{rate.key}.formula"), "quiet", indent=2)
        comma = catalogue.text(self.lang, "reconcile.comma")
        for key, titles in why.items():
            text = f"{comma.join(titles)}{catalogue.text(self.lang, 'reconcile.colon')}{say(self.lang, f'why.{key}')}"
            self.paragraph(self.told("rates") if first else "", text, "quiet")
            first = False

    def previous(self) -> None:
        """Say what became of the previous ledger."""
        followed = self.view.followed
        if followed is None:
            return
        counts = Counter(followed.get_column("state").to_list())
        said = "  ".join(f"{say(self.lang, f'states.{state}')} {counts[state]:,}" for state in FOLLOWED_STATES)
        self.line()
        self.paragraph(self.told("previous"), said, "strong")
        for row in followed.filter(pl.col("state") == "gone").head(10).iter_rows(named=True):
            text = catalogue.load(self.lang, "rules")["RT16"]["message"].format(p1=row["row"], p2=row["name"] or "—")
            self.paragraph("", harmless(text), "warning")

    def problems(self, *, verbose: bool) -> None:
        """Say what can't be used, what was used with care, and what was decided."""
        said = {say(self.lang, f"why.{key}") for key in self.view.report.result.why_not.values()}
        said.add(say(self.lang, "not_whole"))
        lines = [line for line in problem_lines(self.view) if line not in said]
        self.line()
        for place, text in enumerate(lines if verbose else lines[:_PROBLEMS]):
            self.paragraph(self.told("note") if place == 0 else "", text)
        if len(lines) > _PROBLEMS and not verbose:
            self.paragraph("", self.told("more", count=len(lines) - _PROBLEMS), "quiet")
        for place, text in enumerate(parameter_lines(self.view)):
            self.paragraph(self.told("parameters") if place == 0 else "", text, "quiet")

    def next_step(self, written: Sequence[str]) -> None:
        """Say what to do with it."""
        self.line()
        if written:
            self.paragraph(self.told("next"), self.told("written", path=harmless(written[0])), "strong")
            if not self.view.reveal and written[0].lower().endswith(".xlsx"):
                self.paragraph("", say(self.lang, "masked_ledger"), "warning")
        else:
            self.command(self.told("target"), self.told("write"))
