"""The records of a run, part by part on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.scaling.records import people, share
from xueji_cli.scaling.store import keep, mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from xueji_cli.matching.people import People
    from xueji_cli.scaling.task import Task


@dataclass(slots=True)
class Parts:
    """Numbered records and the columns that are compared, in files that are looked into without being read.

    Attributes:
        folder: Where they are.
        task: The run.
        filled: The values that any record has.
        ends: Part → how many records it and those before it have.
    """

    folder: Path
    task: Task
    filled: frozenset[str]
    ends: list[int] = field(default_factory=list)

    @property
    def height(self) -> int:
        """How many records there are."""
        return self.ends[-1] if self.ends else 0

    def add(self, records: pl.DataFrame, columns: pl.DataFrame) -> None:
        """Take in the next part: `records.number` and `records.features` of it."""
        part = len(self.ends)
        keep(records, self.folder / f"records-{part}.arrow")
        keep(columns, self.folder / f"columns-{part}.arrow")
        self.ends.append(self.height + records.height)

    def add_shares(self, often: Mapping[int, pl.DataFrame], known: list[int]) -> None:
        """Lay the shares of codes beside the columns of all parts."""
        for part in range(len(self.ends)):
            bare = self.columns(part)
            shared = share(bare, self.task, often, known)
            keep(shared.drop(bare.columns), self.folder / f"shares-{part}.arrow")

    def columns(self, part: int) -> pl.DataFrame:
        """Return the columns of a part, with shares once there are."""
        names = (f"columns-{part}.arrow", f"shares-{part}.arrow")
        frames = [mapped([path]) for name in names if (path := self.folder / name).exists()]
        return pl.concat(frames, how="horizontal")

    def part_of(self, records: pl.Series) -> pl.Series:
        """Return the part that each record is in."""
        return pl.Series(self.ends, dtype=pl.UInt32).search_sorted(records, side="right").cast(pl.UInt32)

    def gather(self, records: pl.Series, names: Iterable[str] | None = None) -> pl.DataFrame:
        """Return the columns of some records.

        Args:
            records: Their numbers, ascending.
            names: Columns; all when not given.
        """
        wanted = None if names is None else list(names)
        return self._gathered(
            records, lambda part: self.columns(part) if wanted is None else self.columns(part)[wanted]
        )

    def people(self, records: pl.Series | None) -> People:
        """Return some records, whose numbers count from 0; all of them, without reading them, when not given."""
        if records is None:
            found = mapped([self.folder / f"records-{part}.arrow" for part in range(len(self.ends))])
        else:
            found = self._gathered(records, lambda part: mapped([self.folder / f"records-{part}.arrow"]))
        return people(found, self.task, self.filled)

    def _gathered(self, records: pl.Series, load: Callable[[int], pl.DataFrame]) -> pl.DataFrame:
        of = self.part_of(records)
        frames = []
        for part in range(len(self.ends)):
            here = records.filter(of == part)
            if here.len() or not part:
                frames.append(load(part)[here - (self.ends[part - 1] if part else 0)])
        return pl.concat(frames)
