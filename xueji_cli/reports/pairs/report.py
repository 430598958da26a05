"""The report of a comparison of people: frozen data that every output format is a view of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from xueji_cli.errors import InputError
    from xueji_cli.matching.blocking import Candidates
    from xueji_cli.matching.dedupe import Cluster
    from xueji_cli.matching.pairing import Judged
    from xueji_cli.matching.people import People
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.roster import Roster

#: Verdicts as they are shown, the most urgent first. Those of `link` follow those of `dedupe`.
DEDUPE_VERDICTS = ("duplicate", "review", "distinct")
LINK_VERDICTS = ("matched", "ambiguous", "possible")


@dataclass(frozen=True, slots=True)
class DecisionPlace:
    """Where a decision stands."""

    file: str
    sheet: str | None
    row: int
    letter: str = ""


@dataclass(frozen=True, slots=True)
class UsedDecisions:
    """What became of decisions that persons made.

    Attributes:
        files: Where they were read from.
        decided: Pairs `l`, `r` with their `decision`: same, different or pending.
        stale: Decisions whose records are not there any more, or say something else now.
    """

    files: tuple[str, ...]
    decided: pl.DataFrame
    stale: tuple[DecisionPlace, ...]

    @property
    def applied(self) -> int:
        """Pairs that are settled."""
        return int((self.decided["decision"] != "pending").sum())

    @property
    def pending(self) -> int:
        """Pairs that are still undecided (待定)."""
        return self.decided.height - self.applied


@dataclass(frozen=True, slots=True)
class Scale:
    """What a comparison takes.

    Attributes:
        buckets: Into how many parts the records are cut; 0 when all of them are compared in memory.
        memory: Bytes of memory at the most, about.
        disk: Bytes in the work folder, about.
    """

    buckets: int
    memory: int
    disk: int


@dataclass(frozen=True)
class PlanReport:
    """What would be compared.

    Attributes:
        run: How it was made.
        rosters: The tables, in input order.
        unreadable: Files that could not be read.
        people: The records.
        candidates: Keys, blocks and counts; no pair was made.
        scale: What the comparison will take.
        counted: As in `PairReport`.
    """

    run: Run
    rosters: tuple[Roster, ...]
    unreadable: tuple[InputError, ...]
    people: People
    candidates: Candidates
    scale: Scale
    counted: pl.DataFrame | None = None

    @cached_property
    def tally(self) -> pl.DataFrame:
        """How many records there are of each `table`, `side` and `school`: `n`."""
        return _tally(self.people) if self.counted is None else self.counted


@dataclass(frozen=True)
class PairReport:
    """What `xueji dedupe` or `xueji link` found.

    Attributes:
        run: How it was made; `run.command` says which of the two it was.
        rosters: The tables, in input order; `people.places.table` indexes them.
        unreadable: Files that could not be read, with the reason.
        people: The records; of a run past memory, those that anything is said about.
        judged: The pairs; see `matching.dedupe` (`cluster`) and `matching.linking` (`link`).
        clusters: Of `dedupe`.
        decisions: What became of a decisions file; None without one.
        lone: Of `link`: records of the first list, and of the second, that are matched with nobody.
        counted: The `tally`, where `people` are not all records.
    """

    run: Run
    rosters: tuple[Roster, ...]
    unreadable: tuple[InputError, ...]
    people: People
    judged: Judged
    clusters: tuple[Cluster, ...] = ()
    decisions: UsedDecisions | None = None
    lone: tuple[pl.Series, pl.Series] | None = None
    counted: pl.DataFrame | None = None

    @cached_property
    def tally(self) -> pl.DataFrame:
        """How many records there are of each `table`, `side` and `school`: `n`."""
        return _tally(self.people) if self.counted is None else self.counted

    @property
    def linking(self) -> bool:
        """Whether two lists were linked."""
        return self.lone is not None


def _tally(people: People) -> pl.DataFrame:
    return people.places.group_by("table", "side", "school").agg(n=pl.len())
