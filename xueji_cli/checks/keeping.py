"""What a run of the rules may take, and what it keeps of its findings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.finding import no_findings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.checks.rule import Skipped


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a run of the rules.

    Attributes:
        findings: `checks.finding.FINDING_SCHEMA`, ordered by table, row, position and rule.
        skipped: The rules that did not run on a table.
        left_out: Rule → how many of its findings are not among `findings`, because there were more than the limit.
    """

    findings: pl.DataFrame
    skipped: tuple[Skipped, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may take.

    Attributes:
        keys: Bytes of key columns that stay in memory; None for any number.
        findings: Findings that are kept; None for any number. The first in the files are kept, the others counted.
    """

    keys: int | None = None
    findings: int | None = None


NO_LIMITS = Limits()


class Kept:
    """Findings as they come, up to a limit; the others are counted by rule."""

    def __init__(self, limit: int | None) -> None:
        self._room = limit
        self.frames: list[pl.DataFrame] = []
        self.left_out: Counter[str] = Counter()

    def add(self, frames: Sequence[pl.DataFrame]) -> None:
        """Take in the findings of a batch, or of a rule over many rows."""
        filled = [frame for frame in frames if not frame.is_empty()]
        if not filled:
            return
        found = pl.concat(filled)
        if self._room is not None:
            if found.height > self._room:
                found = found.sort("table", "row", "position", "rule", nulls_last=False, maintain_order=True)
                over = found.slice(self._room)
                self.left_out.update(dict(over["rule"].value_counts().iter_rows()))
                found = found.head(self._room)
            self._room -= found.height
        self.frames.append(found)

    def checked(self, skipped: Sequence[Skipped]) -> Checked:
        """Return what was taken in, in the order of the files.

        Args:
            skipped: The rules that did not run on a table.
        """
        findings = pl.concat(self.frames or [no_findings()])
        return Checked(
            findings.sort("table", "row", "position", "rule", nulls_last=False, maintain_order=True),
            tuple(skipped),
            dict(sorted(self.left_out.items())),
        )
