"""A page for the terminal, written from top to bottom; and what reports on tables say about those that were read.

Lines are laid out here for a width in cells and handed over as `rich` text without markup; whoever prints them decides
on colour. Print them with `soft_wrap=True`, so that no line is folded or cut a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from xueji_cli.messages import catalogue
from xueji_cli.reports.audience import audience_line
from xueji_cli.reports.lines import cell_width, harmless, pad, wrap
from xueji_cli.reports.view import table_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.text import Text

    from xueji_cli.errors import InputError, UserError
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.roster import Roster

#: With more tables than this, each one gets a block only with `verbose`.
_TABLES_SHOWN = 10
HEADERS_SHOWN = 6

_STYLES = {
    "error": "bold red",
    "warning": "yellow",
    "notice": "cyan",
    "quiet": "dim",
    "strong": "bold",
    "good": "green",
    "bad": "red",
    "mark": "bold red underline",
}


class Lines:
    """The lines of one report, written from top to bottom, with a margin at the left for words."""

    def __init__(self, lang: str, width: int, words: Iterable[str]) -> None:
        """Begin without lines.

        Args:
            lang: Language.
            width: Cells of a line.
            words: What stands in the margin.
        """
        self.lang = lang
        self.width = width
        self.lines: list[Text] = []
        #: Cells of the margin.
        self.margin = max(map(cell_width, words)) + 2

    def line(self, *parts: str | tuple[str, str]) -> None:
        """Add a line of (text, style) parts; a bare string has no style."""
        from rich.text import Text

        line = Text(no_wrap=True, overflow="ignore", end="\n")
        for part in parts:
            text, style = part if isinstance(part, tuple) else (part, "")
            line.append(text, _STYLES.get(style, ""))
        self.lines.append(line)

    def paragraph(self, word: str, text: str, style: str = "", *, indent: int = 0) -> None:
        """Add text beside a word in the margin; its further lines stand under its first."""
        left = indent + self.margin
        for number, part in enumerate(wrap(text, self.width - left)):
            head = pad(" " * indent + word, left) if number == 0 else " " * left
            self.line((head, "quiet"), (part, style))

    def audience(self, run: Run) -> None:
        """Say who may see the report."""
        self.line()
        for part in wrap(harmless(audience_line(run, self.lang)), self.width):
            self.line((part, "quiet"))

    def unreadable(self, word: str, errors: Iterable[UserError]) -> None:
        """Say which files could not be read, and why."""
        for error in errors:
            text = catalogue.text(self.lang, f"errors.{error.key}", **error.params)
            self.paragraph(word, harmless(text), "error")


class OfTables(Protocol):
    """A report on tables: those that were read, and why others could not be."""

    @property
    def rosters(self) -> Sequence[Roster]:
        """The tables, bound to their schemas."""
        ...

    @property
    def unreadable(self) -> Sequence[InputError]:
        """Why files could not be read."""
        ...


class Page(Lines):
    """The lines of a report on tables, which are told first."""

    def __init__(self, report: OfTables, lang: str, width: int, words: Sequence[str]) -> None:
        """Begin an empty page.

        Args:
            report: What it is about.
            lang: Language.
            width: Cells of a line.
            words: What stands in the left margin besides the words of every page.
        """
        self.lang = lang
        super().__init__(lang, width, (self.say("read"), self.say("unreadable"), *words))
        self.rosters = report.rosters
        self.failures = report.unreadable
        self.labels = [harmless(label) for label in table_labels(report.rosters)]

    def say(self, key: str, **params: object) -> str:
        """Return a sentence that every page has in common."""
        return catalogue.text(self.lang, f"check.text.{key}", **params)

    def inputs(self, *, verbose: bool) -> None:
        """Say what was read, and what could not be."""
        rosters = self.rosters
        if len(rosters) > _TABLES_SHOWN and not verbose:
            files = len({roster.table.source.path for roster in rosters})
            text = self.say(
                "many",
                files=f"{files:,}",
                tables=f"{len(rosters):,}",
                rows=f"{sum(roster.table.height for roster in rosters):,}",
            )
            self.paragraph(self.say("read"), text)
        else:
            for label, roster in zip(self.labels, rosters, strict=True):
                self.table(label, roster, verbose=verbose)
        self.unreadable(self.say("unreadable"), self.failures)

    def table(self, label: str, roster: Roster, *, verbose: bool) -> None:
        """Say what one table is, and which of its columns were recognised."""
        table = roster.table
        source = table.source
        kind = catalogue.text(self.lang, f"check.kinds.{source.kind}")
        shown = f"{label} {source.sheet}" if source.sheet and not label.endswith(f" {source.sheet}") else label
        rows = self.say("rows", rows=f"{table.height:,}")
        gap = self.width - self.margin - cell_width(shown, ambiguous=2) - cell_width(rows)
        self.line((pad(self.say("read"), self.margin), "quiet"), (harmless(shown), "strong"), " " * max(2, gap), rows)
        key = "header_encoding" if source.encoding else "header"
        facts = [self.say(key, kind=kind, encoding=source.encoding, row=table.header_row)]
        if source.named:
            facts[0] = self.say("named", named=source.named, facts=facts[0])
        facts.append(self.say("bound", count=len(roster.columns)))
        if roster.unbound:
            headers = [harmless(column.header) or column.letter for column in roster.unbound]
            names = self.say("separator").join(headers if verbose else headers[:HEADERS_SHOWN])
            if len(headers) > HEADERS_SHOWN and not verbose:
                names = self.say("unbound_more", headers=names)
            facts.append(self.say("unbound", count=len(headers), headers=names))
        self.paragraph("", self.say("clause").join(facts), "quiet")
        if verbose:
            self.binding(roster)

    def binding(self, roster: Roster) -> None:
        """List every column with the field it is."""
        titles = {column.position: roster.schema.by_name[field].title for field, column in roster.columns.items()}
        for column in roster.table.columns:
            key = "column_bound" if column.position in titles else "column_unbound"
            title = titles.get(column.position)
            header = harmless(column.header)
            self.paragraph("", self.say(key, letter=column.letter, header=header, title=title), "quiet", indent=2)

    def command(self, command: str, meaning: str) -> None:
        """Show a command to be copied, and what it does."""
        # A command is never broken over lines: it is there to be copied.
        self.paragraph(self.say("next"), meaning)
        self.line(" " * self.margin, (harmless(command), "strong"))


def quoted(path: str) -> str:
    """Return a path as cmd, PowerShell and sh all take it."""
    return f'"{path}"' if set(path) & set(" ()&;'") else path
