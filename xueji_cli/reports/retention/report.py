"""The report of a comparison of households, rolls and those present: frozen data that every output format is a view of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xueji_cli.errors import InputError
    from xueji_cli.reports.report import Run
    from xueji_cli.retaining.result import Retention
    from xueji_cli.schema.roster import Roster


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What `xueji retention` found.

    Attributes:
        run: How it was made.
        rosters: The tables that were read; places of children name them by number.
        lists: For each of them: household, roll, present, focus, explained, previous, numbers.
        unreadable: Files that could not be read, with the reason.
        result: The comparison.
        counted: Codes of the rules whose findings count for the exit status.
        by: What ledgers are arranged by: township, village or school.
    """

    run: Run
    rosters: tuple[Roster, ...]
    lists: tuple[str, ...]
    unreadable: tuple[InputError, ...]
    result: Retention
    counted: frozenset[str]
    by: str
