"""A comparison of more people than fit in memory, on one machine: stage after stage, each part by itself, in a work folder.

Polars and RapidFuzz let go of the interpreter while they work, so a part is worked on by threads on all processors; processes of their
own would each need their own part in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import scoring
from xueji_cli.scaling import ending, finding, judging, reading
from xueji_cli.scaling.wanted import NOTHING, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from xueji_cli.matching.blocking import Candidates
    from xueji_cli.matching.decisions import Decisions
    from xueji_cli.matching.dedupe import Deduped
    from xueji_cli.matching.linking import Linked
    from xueji_cli.matching.people import People
    from xueji_cli.matching.scoring import Weights
    from xueji_cli.scaling.finding import Proposed
    from xueji_cli.scaling.reading import Read
    from xueji_cli.scaling.sizes import Cut
    from xueji_cli.scaling.task import Task
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster


class Machine:
    """One run, with the folder that it works in.

    Attributes:
        rosters: The tables, in order; their rows are looked into from files.
        counted: `table`, `side`, `school`, `n`: how many records there are of each.
    """

    def __init__(
        self,
        sides: Sequence[Sequence[Roster | StreamedRoster]],
        task: Task,
        cut: Cut,
        folder: Path,
        *,
        wanted: Wanted = NOTHING,
        step: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Read and number the records.

        Args:
            sides: The tables, of one list or two.
            task: The run.
            cut: How it is cut.
            folder: Empty, and for this run alone.
            wanted: Records that are asked for.
            step: Is told which stage begins.

        Raises:
            Unstreamable: A table has to be read as a whole.
        """
        self._task, self._cut, self._folder, self._step = task, cut, folder, step
        step("read")
        self.rosters, parted, filled, self.counted = reading.read(sides, task, cut, folder)
        step("number")
        self._read: Read = reading.number(parted, filled, self.counted, task, cut, folder, wanted)

    def dedupe(self, decisions: Decisions | None) -> Deduped:
        """Find the records that are one person's (`ending.dedupe`)."""
        outcome = self._outcome()
        siblings = ending.siblings(self._read.adults, self._task.model.knowledge)
        return ending.dedupe(outcome, siblings, self._read.wanted, self._read.parts, decisions)

    def link(self, *, many: bool, whole: bool = True) -> Linked:
        """Link two lists (`ending.link`)."""
        return ending.link(self._outcome(), self._read.wanted, self._read.parts, many=many, whole=whole)

    def plan(self) -> tuple[People, Candidates]:
        """Count what would be compared; the records of the answer are those that it names."""
        proposed = self._propose(make=False)
        unkeyed = pl.concat(self._read.unkeyed)
        records = ending.named(proposed.large, unkeyed)
        return self._read.parts.people(records), ending.candidates(records, proposed.plans, proposed.large, unkeyed)

    def _propose(self, *, make: bool = True) -> Proposed:
        self._step("block")
        return finding.propose(self._read, self._cut, self._folder, make=make)

    def _outcome(self) -> ending.Outcome:
        proposed = self._propose()
        self._step("weigh")
        weights = self._weights(proposed)
        self._step("compare")
        found = pl.concat([self._judged(proposed, part, weights) for part in range(len(proposed.heights))])
        self._step("settle")
        return ending.Outcome(
            found, proposed.height, proposed.plans, proposed.large, pl.concat(self._read.unkeyed), weights
        )

    def _weights(self, proposed: Proposed) -> Weights:
        parts = self._read.parts
        far = parts.gather(_records(scoring.far_apart(parts.height)))
        step = scoring.step(proposed.height)
        if not step:
            return judging.weigh(parts.height, self._task, far, None, far)
        sample = proposed.every(step)
        return judging.weigh(parts.height, self._task, far, sample, parts.gather(_records(sample)))

    def _judged(self, proposed: Proposed, part: int, weights: Weights) -> pl.DataFrame:
        """Compare the pairs whose first record is in a part, with one part after the other."""
        parts = self._read.parts
        pairs = proposed.pairs(part)
        of = parts.part_of((pairs % 2**32).cast(pl.UInt32))
        left = parts.columns(part)
        found = []
        for other in range(part, len(parts.ends)):
            some = pairs.filter(of == other)
            if some.len() or other == part:
                right = None if other == part else parts.columns(other)
                found.append(judging.judge(some, left, right, weights))
        return pl.concat(found).sort("l", "r")


def _records(pairs: pl.DataFrame) -> pl.Series:
    return pl.concat([pairs["l"], pairs["r"].alias("l")]).unique().sort()
