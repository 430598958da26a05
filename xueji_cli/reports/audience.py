"""Who may see a report: a line that every one of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xueji_cli.messages import catalogue

if TYPE_CHECKING:
    from xueji_cli.reports.report import Run


def audience(run: Run, lang: str, *, whole: bool = False) -> str:
    """Return who may see a report: the user's own words, or what goes for what it shows.

    Args:
        run: How the report was made.
        lang: Language.
        whole: It shows personal data whole even without `--reveal`: it is a copy of the user's own file.
    """
    return run.note or catalogue.text(lang, f"cli.audience.{'whole' if whole or run.reveal else 'masked'}")


def audience_line(run: Run, lang: str, *, whole: bool = False) -> str:
    """Return the same as a line of its own, with what it says in front."""
    return catalogue.text(lang, "cli.audience.line", who=audience(run, lang, whole=whole))
