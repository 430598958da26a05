"""The report on the terminal: what was compared, the surest duplicates and what must be looked at, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reports.lines import harmless, wrap
from xueji_cli.reports.pairs.cards import cards
from xueji_cli.reports.pairs.recordpage import STYLES, RecordPage
from xueji_cli.reports.pairs.summary import summarise_pairs
from xueji_cli.reports.textpage import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Group

    from xueji_cli.reports.pairs.view import PairView

_SCHOOLS_SHOWN = 5
_STALE_SHOWN = 10


def render_text(
    view: PairView,
    *,
    width: int,
    verbose: bool = False,
    limit: int | None = 3,
    plain: bool = False,
    written: Sequence[str] = (),
) -> Group:
    """Return the report for a terminal.

    Args:
        view: The report in words, masked or not.
        width: Cells of a line.
        verbose: Name every table, school and large block.
        limit: How many pairs of each verdict are shown side by side; None for all.
        plain: Nobody sees colours: characters that differ stand in brackets.
        written: Files that were written in the same run; the last line then points to them.
    """
    from rich.console import Group

    page = PairPage(view, max(width, 40), plain=plain)
    page.inputs(verbose=verbose)
    page.summary(verbose=verbose)
    page.pairs(limit)
    page.audience(view.report.run)
    page.next_step(written)
    return Group(*page.lines)


class PairPage(RecordPage):
    """The lines of one report about pairs."""

    view: PairView

    def summary(self, *, verbose: bool) -> None:
        """Say what was compared and what was found."""
        summary = summarise_pairs(self.view)
        report = self.view.report
        self.line()
        unkeyed = report.judged.candidates.unkeyed.len()
        compared = self.tell("text.compared", pairs=f"{summary.compared:,}")
        if unkeyed:
            compared += self.tell("text.unkeyed", count=f"{unkeyed:,}")
        self.paragraph(self.tell("margin.compared"), compared)
        if report.lone is None:
            self._found(summary.clusters, summary.extra, summary.verdicts)
        else:
            self._linked(summary.verdicts, [records.len() for records in report.lone])
        self._schools(summary.by_school, verbose=verbose)
        self.blocks(report.judged.candidates.large, verbose=verbose)
        self._decisions()

    def _found(self, clusters: int, extra: int, verdicts: Mapping[str, int]) -> None:
        if clusters:
            text = self.tell("text.duplicates", clusters=f"{clusters:,}", extra=f"{extra:,}")
            self.paragraph(self.tell("verdict.duplicate"), text, "error")
        if verdicts["review"]:
            text = self.tell("text.reviews", count=f"{verdicts['review']:,}")
            self.paragraph(self.tell("verdict.review"), text + self._guards("review"), "warning")
        if not clusters and not verdicts["review"]:
            self.paragraph(self.tell("verdict.duplicate"), self.tell("text.none"), "good")
        if verdicts["distinct"]:
            text = self.tell("text.distinct", count=f"{verdicts['distinct']:,}")
            self.paragraph(self.tell("margin.distinct"), text + self._guards("distinct"))

    def _guards(self, verdict: str) -> str:
        """Return which guards spoke on pairs of a verdict, and how often."""
        found = self.view.pairs.filter(pl.col("verdict") == verdict)["guard"].drop_nulls().value_counts()
        counted = found.sort(["count", "guard"], descending=[True, False]).iter_rows()
        names = [f"{self.tell(f'guards.{name}.name')} {count:,}" for name, count in counted]
        return self.tell("text.of_which", names=self.say("separator").join(names)) if names else ""

    def _linked(self, verdicts: Mapping[str, int], lone: Sequence[int]) -> None:
        for name, count in verdicts.items():
            if count or name == "matched":
                text = self.tell("text.pairs", count=f"{count:,}")
                self.paragraph(self.tell(f"verdict.{name}"), text, STYLES[name])
        for word, count in zip(("only_left", "only_right"), lone, strict=True):
            self.paragraph(self.tell(f"margin.{word}"), self.tell("text.records", count=f"{count:,}"))

    def _schools(self, schools: pl.DataFrame, *, verbose: bool) -> None:
        if self.view.report.linking or schools.height < 2:
            return
        hit = schools.filter(pl.col("duplicates") + pl.col("review") > 0)
        shown = hit if verbose else hit.head(_SCHOOLS_SHOWN)
        for number, row in enumerate(shown.to_dicts()):
            counts = {name: f"{row[name]:,}" for name in ("duplicates", "across", "review")}
            text = self.tell("text.school", school=harmless(row["school"]), **counts)
            self.paragraph(self.tell("margin.schools") if number == 0 else "", text)
        if hit.height > shown.height:
            self.paragraph("", self.tell("text.more_schools", count=f"{hit.height - shown.height:,}"), "quiet")

    def _decisions(self) -> None:
        used = self.view.report.decisions
        if used is None:
            return
        text = self.tell("text.decided", applied=f"{used.applied:,}", pending=f"{used.pending:,}")
        self.paragraph(self.tell("margin.decisions"), text)
        for place in used.stale[:_STALE_SHOWN]:
            where = " ".join(harmless(part) for part in (place.file, place.sheet) if part)
            self.paragraph("", self.tell("text.stale", where=where, row=place.row), "warning")
        if len(used.stale) > _STALE_SHOWN:
            self.paragraph("", self.tell("text.stale_more", count=f"{len(used.stale) - _STALE_SHOWN:,}"), "warning")

    def pairs(self, limit: int | None) -> None:
        """Show pairs side by side: those to act on and to look at."""
        shown = [name for name in ("duplicate", "review", "ambiguous", "possible") if self._count(name)]
        if self.plain and shown:
            self.line()
            for part in wrap(self.tell("text.legend"), self.width):
                self.line((part, "quiet"))
        for verdict in shown:
            found = self.view.pairs.filter(pl.col("verdict") == verdict)
            for card in cards(self.view, found if limit is None else found.head(limit)):
                self.line()
                self.card(card)
            if limit is not None and found.height > limit:
                more = self.tell(
                    "text.more", verdict=self.tell(f"verdict.{verdict}"), count=f"{found.height - limit:,}"
                )
                self.line()
                for part in wrap(more, self.width):
                    self.line((part, "quiet"))

    def _count(self, verdict: str) -> int:
        return self.view.pairs.filter(pl.col("verdict") == verdict).height

    def next_step(self, written: Sequence[str]) -> None:
        """Say what to do now: open what was written, or the command that writes it."""
        self.line()
        word = self.say("next")
        if written:
            book = not written[0].endswith(".html") and not self.view.report.linking
            key = "next_written" if book and self._count("duplicate") + self._count("review") else "next_page"
            self.paragraph(word, self.tell(f"text.{key}", path=harmless(written[0])), "strong")
            return
        if not self.view.pairs.height:
            self.lines.pop()
            return
        report = self.view.report
        files = list(dict.fromkeys(roster.table.source.path for roster in report.rosters))
        if report.linking and len(files) == 2:
            command = f"xueji link {quoted(files[0])} {quoted(files[1])} -o {self.tell('text.link_file')}.xlsx"
            self.command(command, self.tell("text.next_link"))
        elif report.linking:
            self.command(f"-o {self.tell('text.link_file')}.xlsx", self.tell("text.next_link_add"))
        else:
            self.command(f"-o {self.tell('text.dedupe_file')}.xlsx", self.tell("text.next_dedupe"))
