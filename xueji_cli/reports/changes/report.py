"""The report of two exports compared: frozen data that every output format is a view of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.errors import InputError
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.roster import Roster
    from xueji_cli.tracking.engine import Changes


@dataclass(frozen=True, slots=True)
class ChangesReport:
    """What `xueji changes` found.

    Attributes:
        run: How it was made.
        rosters: The tables that were read, the first export's first; columns `table` count them.
        sides: For each of them: old, new, log, schools.
        unreadable: Files that could not be read, with the reason.
        rules: Code → the rule as applied.
        result: What happened.
    """

    run: Run
    rosters: tuple[Roster, ...]
    sides: tuple[str, ...]
    unreadable: tuple[InputError, ...]
    rules: Mapping[str, ActiveRule]
    result: Changes
