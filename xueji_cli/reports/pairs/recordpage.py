"""What pages about pairs have in common: two records side by side, and blocks that were too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xueji_cli.messages import catalogue
from xueji_cli.reports.lines import cell_width, harmless, pad, wrap
from xueji_cli.reports.pairs.plan import key_title
from xueji_cli.reports.pairs.reasons import weighed
from xueji_cli.reports.textpage import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.matching.blocking import LargeBlock
    from xueji_cli.reports.pairs.cards import Card, Pieces
    from xueji_cli.reports.pairs.records import RecordView

#: Verdict → how it looks.
STYLES = {
    "duplicate": "error",
    "review": "warning",
    "distinct": "notice",
    "matched": "good",
    "ambiguous": "warning",
    "possible": "warning",
}
_BLOCKS_SHOWN = 3


class RecordPage(Page):
    """The lines of one report about records."""

    def __init__(self, view: RecordView, width: int, *, plain: bool) -> None:
        words = [str(word) for word in catalogue.load(view.lang, "pairs")["margin"].values()]
        super().__init__(view.report, view.lang, width, words)
        self.view = view
        self.plain = plain

    def tell(self, key: str, **params: object) -> str:
        """Return a sentence of reports about pairs."""
        return catalogue.text(self.lang, f"pairs.{key}", **params)

    def blocks(self, blocks: Sequence[LargeBlock], *, verbose: bool) -> None:
        """Name the blocks that were too large to compare all their records with one another."""
        shown = blocks if verbose else blocks[:_BLOCKS_SHOWN]
        for number, block in enumerate(shown):
            title = key_title(block.key, self.view)
            counts = {"records": f"{block.records:,}", "left": f"{block.left:,}"}
            text = self.tell("text.block_left" if block.left else "text.block", what=title, **counts)
            self.paragraph(self.tell("margin.blocks") if number == 0 else "", text, "quiet")
        if len(blocks) > len(shown):
            self.paragraph("", self.tell("text.more_blocks", count=f"{len(blocks) - len(shown):,}"), "quiet")

    def card(self, card: Card, *, whole: bool = False) -> None:
        """Show one pair.

        Args:
            card: The pair.
            whole: Show the fields that agree as well, and each reason on a line of its own.
        """
        style = STYLES[card.verdict]
        head = f"{self.tell(f'verdict.{card.verdict}')} {card.cluster}".rstrip()
        key = "text.score" if promises(card) else "text.weight"
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
            if not whole and row.key not in self.view.head_keys and row.texts[0] == row.texts[1] and not row.differs:
                alike.append(row.title)
                continue
            sign = "≠ " if row.differs else "  "
            self._beside(sign + harmless(row.title), row.left, row.right, margin, half)
        if alike:
            self._aside(self.tell("margin.alike"), self.say("separator").join(alike), margin)
        if whole:
            self._weighed(card, margin)
        else:
            self._aside(self.tell("margin.reasons"), self.reasons(card), margin)
        if card.guard_text:
            self._aside(self.tell("margin.guard"), card.guard_text, margin, style)
        if card.handling:
            self._aside(self.tell("margin.handling"), card.handling, margin, "strong")

    def reasons(self, card: Card) -> str:
        """Return the reasons of a pair as one text."""
        return self.say("clause").join(map(weighed, card.reasons))

    def _weighed(self, card: Card, margin: int) -> None:
        """List the reasons with their weights in a column, and the sum."""
        entries = [(each["text"], each["weight"]) for each in card.reasons]
        entries.append((self.tell("text.total"), card.weight))
        for number, (text, weight) in enumerate(entries):
            head = pad(f"  {self.tell('margin.reasons')}", margin) if number == 0 else " " * margin
            style = "strong" if number == len(entries) - 1 else ""
            for line, part in enumerate(wrap(harmless(text), self.width - margin - 8)):
                self.line(
                    (head if line == 0 else " " * margin, "quiet"),
                    (f"{weight:+7.1f} " if line == 0 else " " * 8, style),
                    (part, style),
                )

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


def promises(card: Card) -> bool:
    """Return whether a pair's probability is to be shown: where a guard held it back, it would promise too much."""
    return not card.guard or card.verdict in ("duplicate", "matched")


def chance(score: float) -> str:
    """Return a probability as people read it: never quite 100 %."""
    if score >= 0.9999:
        return ">99.99%"
    return f"{score:.2%}" if score > 0.99 else f"{score:.0%}"
