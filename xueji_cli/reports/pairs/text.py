"""The report on the terminal: what was compared, the surest duplicates and what must be looked at, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.lines import cell_width, harmless, pad, wrap
from xueji_cli.reports.pairs.cards import cards
from xueji_cli.reports.pairs.plan import key_title
from xueji_cli.reports.pairs.summary import summarise_pairs
from xueji_cli.reports.textpage import Page, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Group

    from xueji_cli.reports.pairs.cards import Card, Pieces
    from xueji_cli.reports.pairs.view import PairView

#: Verdict → how it looks.
_STYLES = {
    "duplicate": "error",
    "review": "warning",
    "distinct": "notice",
    "matched": "good",
    "ambiguous": "warning",
    "possible": "warning",
}
_SCHOOLS_SHOWN = 5
_BLOCKS_SHOWN = 3
_STALE_SHOWN = 20


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
    page.next_step(written)
    return Group(*page.lines)


class PairPage(Page):
    """The lines of one report about pairs."""

    def __init__(self, view: PairView, width: int, *, plain: bool) -> None:
        words = [str(word) for word in catalogue.load(view.lang, "pairs")["margin"].values()]
        super().__init__(view.report, view.lang, width, words)
        self.view = view
        self.plain = plain

    def tell(self, key: str, **params: object) -> str:
        """Return a sentence of reports about pairs."""
        return catalogue.text(self.lang, f"pairs.{key}", **params)

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
        self._blocks(verbose=verbose)
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
                self.paragraph(self.tell(f"verdict.{name}"), text, _STYLES[name])
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

    def _blocks(self, *, verbose: bool) -> None:
        blocks = self.view.report.judged.candidates.large
        shown = blocks if verbose else blocks[:_BLOCKS_SHOWN]
        for number, block in enumerate(shown):
            title = key_title(block.key, self.view)
            counts = {"records": f"{block.records:,}", "left": f"{block.left:,}"}
            text = self.tell("text.block_left" if block.left else "text.block", key=title, **counts)
            self.paragraph(self.tell("margin.blocks") if number == 0 else "", text, "quiet")
        if len(blocks) > len(shown):
            self.paragraph("", self.tell("text.more_blocks", count=f"{len(blocks) - len(shown):,}"), "quiet")

    def _decisions(self) -> None:
        used = self.view.report.decisions
        if used is None:
            return
        text = self.tell("text.decided", applied=f"{used.applied:,}", pending=f"{used.pending:,}")
        self.paragraph(self.tell("margin.decisions"), text)
        if used.stale:
            rows = self.say("separator").join(map(str, used.stale[:_STALE_SHOWN]))
            key = "text.stale_more" if len(used.stale) > _STALE_SHOWN else "text.stale"
            told = self.tell(key, file=harmless(used.file), rows=rows, count=f"{len(used.stale):,}")
            self.paragraph("", told, "warning")

    def pairs(self, limit: int | None) -> None:
        """Show pairs side by side: those to act on and to look at."""
        shown = [name for name in ("duplicate", "review", "ambiguous", "possible") if self._count(name)]
        if self.plain and shown:
            self.line()
            self.line((self.tell("text.legend"), "quiet"))
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
                self.line((more, "quiet"))

    def _count(self, verdict: str) -> int:
        return self.view.pairs.filter(pl.col("verdict") == verdict).height

    def card(self, card: Card) -> None:
        """Show one pair."""
        style = _STYLES[card.verdict]
        head = f"{self.tell(f'verdict.{card.verdict}')} {card.cluster}".rstrip()
        # Where a guard held a pair back, its probability would promise too much.
        key = "text.weight" if card.guard and card.verdict not in ("duplicate", "matched") else "text.score"
        tail = self.tell(key, score=chance(card.score), weight=f"{card.weight:.1f}")
        gap = self.width - cell_width(head, ambiguous=2) - cell_width(tail, ambiguous=2)
        self.line((head, style), " " * max(1, gap), (tail, "quiet"))
        titles = max((cell_width(row.title, ambiguous=2) for row in card.rows), default=0)
        # The mark of a line that differs, the title, two columns with a gap of two before each.
        margin = max(self.margin, titles + 4)
        half = (self.width - margin - 2) // 2
        places = [self.tell("text.place", label=harmless(s.label), row=s.row) for s in (card.left, card.right)]
        self._beside("", ((places[0], False),), ((places[1], False),), margin, half, strong=True)
        alike = []
        for row in card.rows:
            if row.key not in self.view.head_keys and row.texts[0] == row.texts[1] and not row.differs:
                alike.append(row.title)
                continue
            sign = "≠ " if row.differs else "  "
            self._beside(sign + harmless(row.title), row.left, row.right, margin, half)
        if alike:
            self._aside(self.tell("margin.alike"), self.say("separator").join(alike), margin)
        self._aside(self.tell("margin.reasons"), self.reasons(card), margin)
        if card.guard_text:
            self._aside(self.tell("margin.guard"), card.guard_text, margin, style)
        if card.handling:
            self._aside(self.tell("margin.handling"), card.handling, margin, "strong")

    def reasons(self, card: Card) -> str:
        """Return the reasons of a pair as one text."""
        signed = [f"{each['text']} {each['weight']:+.1f}" for each in card.reasons]
        return self.say("clause").join(signed)

    def _aside(self, word: str, text: str, margin: int, style: str = "") -> None:
        for number, part in enumerate(wrap(harmless(text), self.width - margin)):
            self.line((pad(f"  {word}", margin) if number == 0 else " " * margin, "quiet"), (part, style))

    def _beside(self, title: str, left: Pieces, right: Pieces, margin: int, half: int, *, strong: bool = False) -> None:
        columns = [self._folded(left, half - 2), self._folded(right, half - 2)]
        usual = "strong" if strong else ""
        for number in range(max(1, *map(len, columns))):
            head = pad(title, margin) if number == 0 else " " * margin
            parts: list[str | tuple[str, str]] = [(head, "quiet")]
            for column in columns:
                pieces = column[number] if number < len(column) else []
                parts += [(text, "mark" if marked else usual) for text, marked in pieces]
                used = sum(cell_width(text, ambiguous=1) for text, _ in pieces)
                parts.append(" " * (half - used) if column is columns[0] else "")
            self.line(*parts)

    def _folded(self, pieces: Pieces, width: int) -> list[list[tuple[str, bool]]]:
        """Return pieces over lines of at most `width` cells; what is marked in brackets where there is no colour."""
        shown = [
            (f"[{harmless(text)}]" if marked and self.plain else harmless(text), marked) for text, marked in pieces
        ]
        lines: list[list[tuple[str, bool]]] = [[]]
        used = 0
        for text, marked in shown:
            start = 0
            for place, character in enumerate(text):
                size = cell_width(character, ambiguous=2)
                if used + size > width:
                    lines[-1].append((text[start:place], marked))
                    lines.append([])
                    start, used = place, 0
                used += size
            lines[-1].append((text[start:], marked))
        return lines

    def next_step(self, written: Sequence[str]) -> None:
        """Say what to do now: open what was written, or the command that writes it."""
        self.line()
        word = self.say("next")
        if written:
            key = "next_page" if written[0].endswith(".html") else "next_written"
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


def chance(score: float) -> str:
    """Return a probability as people read it: never quite 100 %."""
    if score >= 0.9999:
        return ">99.99%"
    return f"{score:.2%}" if score > 0.99 else f"{score:.0%}"
