"""The report of a check run: frozen data that every output format is a view of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xueji_cli.checks.rule import ActiveRule, Skipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from xueji_cli.errors import InputError
    from xueji_cli.schema.roster import Roster


__all__ = ["ActiveRule", "CheckReport", "Run", "Skipped"]


@dataclass(frozen=True, slots=True)
class Run:
    """How the run was made: enough to repeat it.

    `as_of` is an ISO date, fixed for the whole run. `options` holds what was set besides the defaults, no personal data.
    `note` says in the user's own words who may see the report (`reports.audience`), `reveal` that it shows personal data whole.
    """

    command: str
    version: str
    schemas: tuple[str, ...]
    rules: str
    as_of: str
    options: Mapping[str, object] = field(default_factory=dict)
    note: str = ""
    reveal: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `xueji check` found.

    Attributes:
        run: How it was made.
        rosters: The tables that were read, in input order; `findings.table` indexes them.
        unreadable: Files that could not be read, with the reason.
        findings: See `checks.finding.FINDING_SCHEMA`; ordered by table, row, position, rule.
        rules: Code → the rule as applied.
        skipped: Rules that did not run on a table.
        left_out: Rule → how many of its findings are not among `findings`: a run past memory keeps so many and no more.
    """

    run: Run
    rosters: tuple[Roster, ...]
    unreadable: tuple[InputError, ...]
    findings: pl.DataFrame
    rules: Mapping[str, ActiveRule]
    skipped: tuple[Skipped, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
