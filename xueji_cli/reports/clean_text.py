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
    from collections.abc import Iterator, Sequence

    from rich.console import Group

    from xueji_cli.reports.cleaned import CleanReport

#: Kind of change → style of its words.
_STYLES = {"safe": "good", "unsafe": "warning", "left": "notice", "row": "good"}
#: With more files than this, only their number is told.
_FILES_SHOWN = 10
_EXAMPLES = 2
_VALUE_SHOWN = 40


def render_clean(
    report: CleanReport, *, lang: str, width: int, reveal: bool, places: int, diff: bool
) -> Iterator[Group]:
    """Yield the report for a terminal, part after part: not all changes need to fit in memory.

    Args:
        report: What was done.
        lang: Language.
        width: Cells of a line.
        reveal: Show personal data whole.
        places: How many places of each rule are listed; 0 for all.
        diff: Show every change with its value before and after.
    """
    page = _Page(report, lang, max(width, 40), reveal=reveal)
    page.inputs()
    if diff:
        for log in report.log.frames():
            page.changes(log)
            yield page.written()
    for kind in Kind:
        for _ in page.kind(kind.value, places):
            yield page.written()
    page.conflicts()
    page.totals()
    page.audience(report.run)
    page.next_step(diff=diff)
    yield page.written()


class _Page(Lines):
    """The lines of one report."""

    def __init__(self, report: CleanReport, lang: str, width: int, *, reveal: bool) -> None:
        self.lang = lang
        words = ("read", "written", "total", "next", "conflict", "unreadable")
        super().__init__(lang, width, map(self.say, words))
        self.report = report
        self.reveal = reveal
        self.labels = _labels(report)
        self.file = ""

    def written(self) -> Group:
        """Return the lines so far, and begin anew."""
        from rich.console import Group

        lines, self.lines = self.lines, []
        return Group(*lines)

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

    def changes(self, log: pl.DataFrame) -> None:
        """List every change: place, value before and after."""
        cells = self.shown(log.filter(pl.col("kind") != Kind.ROW.value))
        several = len(self.labels) > 1
        for row in cells.iter_rows(named=True):
            if several and row["file"] != self.file:
                self.file = row["file"]
                self.line()
                self.line((harmless(self.file), "strong"))
            place = f"{row['cell'] or ''}"
            mark = "+" if row["applied"] else " "
            head = f"{mark} {pad(place, 7)} {row['rule']} {harmless(row['column'] or '')}  "
            shown = [(head, "quiet"), (_shown(row["before"]), "bad")]
            if row["kind"] != Kind.LEFT.value:
                shown += [(" → ", "quiet"), (_shown(row["after"]), "good")]
            self.line(*shown)

    def shown(self, log: pl.DataFrame) -> pl.DataFrame:
        """Return changes as they may be shown."""
        return log if self.reveal else masked(log)

    def kind(self, kind: str, places: int) -> Iterator[None]:
        """List the rules that changed, proposed or left something, the most frequent first; yield where what is written may be taken."""
        log = self.report.log
        cells = log.counts().filter(pl.col("kind") == kind)
        if cells.is_empty():
            return
        self.line()
        applied = bool(cells["applied"].any())
        title = "unsafe_applied" if kind == Kind.UNSAFE.value and applied else kind
        if kind == Kind.SAFE.value and self.report.preview:
            title = "safe_preview"
        self.line((self.say(f"title_{title}"), _STYLES[kind]))
        counts = cells.group_by("rule", maintain_order=True).agg(pl.col("count").sum())
        for rule, count in counts.sort("count", descending=True, maintain_order=True).iter_rows():
            times = self.say("count", count=f"{count:,}")
            name = f"  {rule} {rule_text(self.lang, rule, 'title')}"
            gap = self.width - cell_width(name, ambiguous=2) - cell_width(times)
            self.line(name, " " * max(2, gap), (times, _STYLES[kind]))
            if kind == Kind.ROW.value:
                continue
            for part in [log.first(kind, rule, places)] if places else log.of(kind, rule):
                self.examples(part)
                yield
            if places and count > places:
                self.line((f"    {self.say('more', count=f'{count - places:,}')}", "quiet"))

    def examples(self, cells: pl.DataFrame) -> None:
        several = len(self.labels) > 1
        for row in self.shown(cells).iter_rows(named=True):
            place = f"{self.labels[row['file']]} {row['cell']}" if several else str(row["cell"] or "")
            parts: list[str | tuple[str, str]] = [(f"    {harmless(place)} {harmless(row['column'] or '')}  ", "quiet")]
            parts.append((_shown(row["before"]), "bad"))
            if row["kind"] != Kind.LEFT.value:
                parts += [(" → ", "quiet"), (_shown(row["after"]), "good")]
            self.line(*parts)

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
        lines = self.report.log.lines.filter("counted")
        counts = dict(lines.group_by("kind").agg(pl.col("count").sum()).iter_rows())
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
        log = self.report.log
        kinds = log.lines.filter(~pl.col("applied"))["kind"].unique().to_list()
        steps = []
        if self.report.preview and (log.height or not diff) and self.report.rosters:
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
