"""The report of a comparison of people: frozen data that every output format is a view of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from xueji_cli.errors import InputError
    from xueji_cli.matching.dedupe import Cluster
    from xueji_cli.matching.pairing import Judged
    from xueji_cli.matching.people import People
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.roster import Roster

#: Verdicts as they are shown, the most urgent first. Those of `link` follow those of `dedupe`.
DEDUPE_VERDICTS = ("duplicate", "review", "distinct")
LINK_VERDICTS = ("matched", "ambiguous", "possible")


@dataclass(frozen=True, slots=True)
class UsedDecisions:
    """What became of a decisions file.

    Attributes:
        file: Its name.
        applied: Pairs of records that a decision was laid on.
        pending: Pairs that are still undecided (待定).
        stale: Rows of the file whose records are not there any more, or say something else now.
    """

    file: str
    applied: int
    pending: int
    stale: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PairReport:
    """What `xueji dedupe` or `xueji link` found.

    Attributes:
        run: How it was made; `run.command` says which of the two it was.
        rosters: The tables, in input order; `people.places.table` indexes them.
        unreadable: Files that could not be read, with the reason.
        people: The records.
        judged: The pairs; see `matching.dedupe` (`cluster`) and `matching.linking` (`link`).
        clusters: Of `dedupe`.
        decisions: What became of a decisions file; None without one.
        lone: Of `link`: records of the first list, and of the second, that are matched with nobody.
    """

    run: Run
    rosters: tuple[Roster, ...]
    unreadable: tuple[InputError, ...]
    people: People
    judged: Judged
    clusters: tuple[Cluster, ...] = ()
    decisions: UsedDecisions | None = None
    lone: tuple[pl.Series, pl.Series] | None = None

    @property
    def linking(self) -> bool:
        """Whether two lists were linked."""
        return self.lone is not None
