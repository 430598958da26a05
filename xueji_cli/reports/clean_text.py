"""What `xueji clean` says on the terminal: what was repaired by which rule, what is proposed, what a person has to look at."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.cleaning.change import Kind
from xueji_cli.messages import catalogue
from xueji_cli.reports.cleaned import masked
from xueji_cli.reports.lines import cell_width, harmless, pad
from xueji_cli.reports.textpage import Lines
from xueji_cli.reports.view import rule_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group

    from xueji_cli.reports.cleaned import CleanReport

#: Kind of change → style of its words.
_STYLES = {"safe": "good", "unsafe": "warning", "left": "notice", "row": "good"}
#: With more files than this, only their number is told.
_FILES_SHOWN = 10
_EXAMPLES = 2
_VALUE_SHOWN = 40


def render_clean(report: CleanReport, *, lang: str, width: int, reveal: bool, places: int, diff: bool) -> Group:
    """Return the report for a terminal.

    Args:
        report: What was done.
        lang: Language.
        width: Cells of a line.
        reveal: Show personal data whole.
        places: How many places of each rule are listed; 0 for all.
        diff: Show every change with its value before and after.
    """
    from rich.console import Group

    log = report.log if reveal else masked(report.log)
    page = _Page(report, log, lang, max(width, 40))
    page.inputs()
    if diff:
        page.changes()
    for kind in Kind:
        page.kind(kind.value, places)
    page.conflicts()
    page.totals()
    page.audience(report.run)
    page.next_step(diff=diff)
    return Group(*page.lines)


class _Page(Lines):
    """The lines of one report."""

    def __init__(self, report: CleanReport, log: pl.DataFrame, lang: str, width: int) -> None:
        self.lang = lang
        words = ("read", "written", "total", "next", "conflict", "unreadable")
        super().__init__(lang, width, map(self.say, words))
        self.report = report
        self.log = log
        # What was put into the column at the right is part of the same repair.
        self.counted = log.filter(pl.col("field").is_not_null() | (pl.col("kind") == Kind.ROW.value))
        self.labels = _labels(report)

    def say(self, key: str, **params: object) -> str:
        return catalogue.text(self.lang, f"clean.text.{key}", **params)

    def inputs(self) -> None:
        report = self.report
        files = list(self.labels.values())
        if files:
            named = self.say("separator").join(files[:_FILES_SHOWN])
            if len(files) > _FILES_SHOWN:
                named = self.say("files_more", files=named, count=f"{len(files):,}")
            text = self.say("inputs", files=named, rows=f"{report.rows:,}")
            self.paragraph(self.say("read"), harmless(text), "strong")
        if report.unchanged:
            self.paragraph("", self.say("unchanged", count=f"{report.unchanged:,}"), "quiet")
        self.unreadable(self.say("unreadable"), report.unreadable)

    def changes(self) -> None:
        """List every change: place, value before and after."""
        cells = self.log.filter(pl.col("kind") != Kind.ROW.value)
        several = len(self.labels) > 1
        file = ""
        for row in cells.iter_rows(named=True):
            if several and row["file"] != file:
                file = row["file"]
                self.line()
                self.line((harmless(file), "strong"))
            place = f"{row['cell'] or ''}"
            mark = "+" if row["applied"] else " "
            head = f"{mark} {pad(place, 7)} {row['rule']} {harmless(row['column'] or '')}  "
            shown = [(head, "quiet"), (_shown(row["before"]), "bad")]
            if row["kind"] != Kind.LEFT.value:
                shown += [(" → ", "quiet"), (_shown(row["after"]), "good")]
            self.line(*shown)

    def kind(self, kind: str, places: int) -> None:
        """List the rules that changed, proposed or left something, the most frequent first."""
        cells = self.counted.filter(pl.col("kind") == kind)
        if cells.is_empty():
            return
        self.line()
        applied = bool(cells["applied"].any())
        title = "unsafe_applied" if kind == Kind.UNSAFE.value and applied else kind
        if kind == Kind.SAFE.value and self.report.preview:
            title = "safe_preview"
        self.line((self.say(f"title_{title}"), _STYLES[kind]))
        single = cells.with_columns(pl.col("rule").str.split("+")).explode("rule")
        counts = single.group_by("rule", maintain_order=True).len().sort("len", descending=True, maintain_order=True)
        for rule, count in counts.iter_rows():
            times = self.say("count", count=f"{count:,}")
            name = f"  {rule} {rule_text(self.lang, rule, 'title')}"
            gap = self.width - cell_width(name, ambiguous=2) - cell_width(times)
            self.line(name, " " * max(2, gap), (times, _STYLES[kind]))
            if kind != Kind.ROW.value:
                self.examples(single.filter(pl.col("rule") == rule), places)

    def examples(self, cells: pl.DataFrame, places: int) -> None:
        several = len(self.labels) > 1
        shown = cells if places == 0 else cells.head(places)
        for row in shown.iter_rows(named=True):
            place = f"{self.labels[row['file']]} {row['cell']}" if several else str(row["cell"] or "")
            parts: list[str | tuple[str, str]] = [(f"    {harmless(place)} {harmless(row['column'] or '')}  ", "quiet")]
            parts.append((_shown(row["before"]), "bad"))
            if row["kind"] != Kind.LEFT.value:
                parts += [(" → ", "quiet"), (_shown(row["after"]), "good")]
            self.line(*parts)
        if cells.height > shown.height:
            self.line((f"    {self.say('more', count=f'{cells.height - shown.height:,}')}", "quiet"))

    def conflicts(self) -> None:
        for header, kinds in self.report.conflicts:
            said = self.say("clause").join(
                self.say(
                    "conflict_kind",
                    kind=self.say(f"kind_{kind}"),
                    files=self.say("separator").join(files[:_EXAMPLES]) + (" …" if len(files) > _EXAMPLES else ""),
                )
                for kind, files in kinds.items()
            )
            self.line()
            self.paragraph(
                self.say("conflict"), harmless(self.say("conflict_text", header=header, kinds=said)), "notice"
            )

    def totals(self) -> None:
        counts = dict(self.counted.group_by("kind").len().iter_rows())
        self.line()
        if not counts:
            if self.report.rosters:
                self.paragraph(self.say("total"), self.say("clean"), "good")
        else:
            texts = {kind: f"{counts.get(kind, 0):,}" for kind in ("safe", "unsafe", "left", "row")}
            self.paragraph(self.say("total"), self.say("totals", **texts))
        outputs = list(self.report.outputs.items())
        for path, rows in outputs[:_FILES_SHOWN]:
            text = harmless(self.say("output", file=path, rows=f"{rows:,}"))
            self.paragraph(self.say("written"), text, "strong")
        if len(outputs) > _FILES_SHOWN:
            total = f"{sum(count for _, count in outputs):,}"
            self.paragraph("", self.say("outputs_more", count=f"{len(outputs):,}", rows=total), "quiet")

    def next_step(self, *, diff: bool) -> None:
        kinds = self.log.filter(~pl.col("applied"))["kind"].unique().to_list()
        steps = []
        if self.report.preview and (not self.log.is_empty() or not diff) and self.report.rosters:
            steps.append(self.say("next_write"))
        if Kind.UNSAFE.value in kinds:
            steps.append(self.say("next_unsafe"))
        if Kind.LEFT.value in kinds:
            steps.append(self.say("next_left"))
        for place, step in enumerate(steps):
            self.paragraph(self.say("next") if place == 0 else "", step)


def _labels(report: CleanReport) -> dict[str, str]:
    """Return path → name of each file; the whole path where two have the same name."""
    paths = list(dict.fromkeys(roster.table.source.path for roster in report.rosters))
    names = {path: PurePath(path.replace("\\", "/")).name or path for path in paths}
    taken = Counter(names.values())
    return {path: name if taken[name] == 1 else path for path, name in names.items()}


def _shown(value: str | None) -> str:
    """Return a value as it may be printed: what prints nothing as a sign, long ones cut, an empty cell as a sign too."""
    if value is None:
        return "∅"
    text = harmless(value.replace("\u3000", "␣").replace("\xa0", "␣"))
    if text != text.strip():
        text = text.replace(" ", "␣")
    return text if len(text) <= _VALUE_SHOWN else text[: _VALUE_SHOWN - 3] + "..."


def render_undo(restored: int, edited: Sequence[tuple[int, str]], path: str, *, lang: str) -> str:
    """Return what undoing did, as lines of text."""
    lines = [catalogue.text(lang, "clean.text.restored", count=f"{restored:,}", file=harmless(path))]
    if edited:
        places = [f"{row} {harmless(header)}" for row, header in edited[:_FILES_SHOWN]]
        more = " …" if len(edited) > _FILES_SHOWN else ""
        lines.append(
            catalogue.text(lang, "clean.text.edited", count=f"{len(edited):,}", places=", ".join(places) + more)
        )
    return "\n".join(lines) + "\n"
