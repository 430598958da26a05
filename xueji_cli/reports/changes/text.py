"""Two exports compared, on the terminal: the account of the county, what to look into, the schools, what to do next."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.changes.view import (
    findings_view,
    flow_parts,
    key_view,
    notes,
    say,
    words,
)
from xueji_cli.reports.lines import cell_width, columns, harmless, wrap
from xueji_cli.reports.textpage import Page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from rich.console import Group

    from xueji_cli.reports.changes.report import ChangesReport

#: With more schools than this, only those with something to look into are shown; `verbose` shows all.
_SCHOOLS = 12


def render_text(
    report: ChangesReport,
    *,
    lang: str,
    width: int,
    reveal: bool = False,
    verbose: bool = False,
    limit: int | None = 3,
    written: Sequence[str] = (),
) -> Group:
    """Return the account for a terminal.

    Args:
        report: What was found.
        lang: Language.
        width: Cells of a line.
        reveal: Show personal data whole.
        verbose: Show every school, and every table that was read.
        limit: How many places of each rule are listed; None for all.
        written: Files that were written in the same run.
    """
    from rich.console import Group

    page = _Text(report, lang, max(width, 60), reveal=reveal)
    page.inputs(verbose=verbose)
    page.notes()
    page.county()
    page.findings(limit)
    page.information()
    page.schools(verbose=verbose)
    page.audience(report.run)
    page.next_step(written)
    return Group(*page.lines)


class _Text(Page):
    """The lines of one report, written from top to bottom."""

    def __init__(self, report: ChangesReport, lang: str, width: int, *, reveal: bool) -> None:
        own = [say(lang, f"text.{key}") for key in ("notes", "next", "states")]
        super().__init__(report, lang, width, own)
        self.report = report
        self.result = report.result
        self.reveal = reveal

    def own(self, key: str, **params: object) -> str:
        """Return a sentence of this report."""
        return say(self.lang, f"text.{key}", **params)

    def notes(self) -> None:
        """Say what was decided and what could not be looked for."""
        for place, line in enumerate(notes(self.report, self.lang)):
            self.paragraph(self.own("notes") if place == 0 else "", line, "quiet")

    def county(self) -> None:
        """Show the account of the county, and that it ties out in every school and class."""
        flows = self.result.flows
        row = flows.county.row(0, named=True)
        self.line()
        self.line((self.own("county", schools=flows.schools.height, classes=flows.classes.height), "strong"))
        self.account(row)
        self.wrapped(self.own("ties", schools=flows.schools.height, classes=flows.classes.height), "good")
        inside = Counter(self.result.children["fate"].to_list())
        moved = [
            self.own("part", name=words(self.lang, "fates")[fate], count=f"{inside[fate]:,}")
            for fate in ("stayed", "moved_school", "progressed", "moved_class", "retained", "skipped", "not_turned")
            if inside[fate]
        ]
        self.wrapped(self.own("inside", parts=self.own("gap").join(moved)))
        if self.result.states.height:
            states = [
                self.own("state", old=old, new=new, count=f"{count:,}")
                for old, new, count in self.result.states.head(8).iter_rows()
            ]
            self.wrapped(self.own("states_line", parts=self.own("gap").join(states)))

    def account(self, row: Mapping[str, Any]) -> None:
        """Show one account: opening, what came, what went, closing."""
        fates = words(self.lang, "fates")
        table = [("", "", "")]
        table += [(self.own("opening"), f"{row['opening']:,}", "")]
        for prefix, sign in (("in_", "+"), ("out_", "−")):
            for fate, count in sorted(flow_parts(row, prefix).items(), key=lambda item: -item[1]):
                table.append((f"{sign} {fates[fate]}", f"{count:,}", ""))
        table.append((f"= {self.own('closing')}", f"{row['closing']:,}", ""))
        unexplained = {f"− {fates['left_unexplained']}", f"+ {fates['arrived_unexplained']}"}
        unexplained |= {f"− {fates['left_unsure']}", f"+ {fates['arrived_unsure']}"}
        for (name, _, _), line in list(zip(table, columns(table), strict=True))[1:]:
            self.line(("  " + line, "error" if name in unexplained else ""))

    def wrapped(self, text: str, style: str = "") -> None:
        """Write text with two blanks before every line."""
        for line in wrap(harmless(text), self.width - 2):
            self.line("  ", (line, style))

    def findings(self, limit: int | None) -> None:
        """Show the findings by rule, the worst first, with some of their places."""
        rows = findings_view(self.report, reveal=self.reveal, lang=self.lang)
        self.line()
        if rows.is_empty():
            self.line((self.own("nothing"), "good"))
            return
        severities = catalogue.load(self.lang, "check")["severity"]
        counts = Counter(rows["severity"].to_list())
        said = [f"{severities[name]} {counts[name]:,}" for name in ("error", "warning", "notice") if counts[name]]
        self.line((self.own("findings", parts=self.own("gap").join(said)), "strong"))
        for severity in ("error", "warning", "notice"):
            of = rows.filter(pl.col("severity") == severity).sort("rule", maintain_order=True)
            for (code,), found in of.group_by("rule", maintain_order=True):
                first = found.row(0, named=True)
                self.line()
                self.line(
                    "  ",
                    (f"{code} {severities[severity]}", severity),
                    f"  {first['title']}  ",
                    (self.own("cases", count=f"{found.height:,}"), "quiet"),
                )
                for row in (found if limit is None else found.head(limit)).iter_rows(named=True):
                    self.case(row)
                if limit is not None and found.height > limit:
                    self.line("    ", (self.own("more", count=f"{found.height - limit:,}"), "quiet"))
                self.quiet(self.own("do", text=first["suggestion"]))
                self.quiet(self.own("source", text=first["source"]))

    def case(self, row: Mapping[str, Any]) -> None:
        """Show one finding: who, where, and what is the matter."""
        who = [row[key] for key in ("school", "class_label", "name", "id_number") if row[key]]
        self.line("    ", (harmless("  ".join(who)), ""))
        places = [
            f"{self.own(side)} {row[f'{side}_place']}"
            for side in ("old", "new", "log", "other")
            if row[f"{side}_place"]
        ]
        self.quiet(row["message"] + self.own("at", places=self.own("comma").join(places)), indent=6)

    def quiet(self, text: str, *, indent: int = 4) -> None:
        """Write what stands behind a finding."""
        for line in wrap(harmless(text), self.width - indent):
            self.line((" " * indent + line, "quiet"))

    def information(self) -> None:
        """Show key information that changed, and other fields in numbers."""
        changes = key_view(self.report, reveal=self.reveal, lang=self.lang)
        if changes.is_empty() and self.result.others.is_empty():
            return
        self.line()
        titles = words(self.lang, "columns")
        if changes.height:
            self.line((self.own("key", count=f"{changes.height:,}"), "strong"))
            table = [("", *(self.own(what) for what in ("changed", "filled", "emptied")), self.own("approved"), "")]
            for (field,), found in changes.group_by("field", maintain_order=True):
                what = Counter(found["what"].to_list())
                approved = found.filter((pl.col("approval") == "approved").fill_null(value=False)).height
                with_log = self.result.log is not None
                numbers = [f"{what[each]:,}" for each in ("changed", "filled", "emptied")]
                table.append((titles[str(field)], *numbers, f"{approved:,}" if with_log else "—", ""))
            for place, line in enumerate(columns(table)):
                self.line(("  " + line, "quiet" if place == 0 else ""))
        if self.result.others.height:
            shown = [
                self.own("part", name=row["title"], count=f"{row['changed'] + row['filled'] + row['emptied']:,}")
                for row in self.result.others.iter_rows(named=True)
            ]
            self.wrapped(self.own("others", parts=self.own("gap").join(shown)))

    def schools(self, *, verbose: bool) -> None:
        """Show an account a school."""
        flows = self.result.flows.schools
        if flows.height < 2:
            return
        counts = dict(self.result.findings.group_by("school").len().iter_rows())
        rows = [{**row, "findings": counts.get(row["school"], 0)} for row in flows.iter_rows(named=True)]
        shown = rows
        if len(rows) > _SCHOOLS and not verbose:
            shown = sorted(rows, key=lambda row: -row["findings"])[:_SCHOOLS]
        self.line()
        self.line((self.own("schools"), "strong"))
        heads = ("school", "opening", "come", "gone", "closing", "findings_head")
        table = [(*(self.own(head) for head in heads), "")]
        table += [
            (
                self.fit(row["school"]),
                *(f"{row[key]:,}" for key in ("opening", "come", "gone", "closing", "findings")),
                "",
            )
            for row in shown
        ]
        for place, line in enumerate(columns(table)):
            self.line(("  " + line, "quiet" if place == 0 else ""))
        if len(shown) < len(rows):
            self.line(("  " + self.own("more_schools", count=len(rows) - len(shown)), "quiet"))

    def fit(self, name: str) -> str:
        """Return a name that leaves room for the numbers beside it."""
        room = self.width - 46
        cut = harmless(name)
        while cell_width(cut) > room and len(cut) > 4:
            cut = cut[:-2] + "…"
        return cut

    def next_step(self, written: Sequence[str]) -> None:
        """Say what to do next."""
        self.line()
        if written:
            self.paragraph(self.own("next"), self.own("next_written", path=written[0]), "strong")
        else:
            self.command(self.own("next_write"), self.own("next_target"))
