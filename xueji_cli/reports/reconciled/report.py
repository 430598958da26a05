"""The report of a reconciliation: frozen data that every output format is a view of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xueji_cli.errors import InputError
    from xueji_cli.reconciling.result import Reconciled
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.roster import Roster


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """What `xueji reconcile` found.

    Attributes:
        run: How it was made; `rules` names the scoresheet.
        rosters: The tables that were read, system first; `persons` names them by place.
        sides: For each of them: system, actual, schools, classes, entries.
        unreadable: Files that could not be read, with the reason.
        result: The comparison.
    """

    run: Run
    rosters: tuple[Roster, ...]
    sides: tuple[str, ...]
    unreadable: tuple[InputError, ...]
    result: Reconciled
