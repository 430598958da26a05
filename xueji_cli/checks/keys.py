"""What rules over many rows look at: a few columns of every row, in memory while they are small, else in a folder.

A rule asks for what it needs batch by batch (`Keys.each`), and gives back little of each: numbers that stand twice, rows that
carry one of them. So the same rules serve a school's list and a province's.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xueji_cli.tables.spill import Spill


@dataclass(frozen=True, slots=True)
class Part:
    """The key columns of one batch.

    Attributes:
        rows: The columns, perhaps still in their file.
        bound: Fields that the batch has.
    """

    rows: pl.LazyFrame
    bound: frozenset[str]


class Keys:
    """The key columns of all rows of one schema, batch by batch."""

    def __init__(self, room: int | None = None, spill: Spill | None = None) -> None:
        """Begin without rows.

        Args:
            room: Bytes that may be kept in memory; None for any number.
            spill: Where the rest goes.
        """
        self._room = room
        self._spill = spill
        self._lock = threading.Lock()
        self._held: dict[int, pl.DataFrame] = {}
        self._files: dict[int, Path] = {}
        self._bound: dict[int, frozenset[str]] = {}
        self._size = 0
        self.schema: dict[str, pl.DataType] = {}

    @property
    def bound(self) -> frozenset[str]:
        """Fields that any row has."""
        return frozenset().union(*self._bound.values())

    def add(self, number: int, rows: pl.DataFrame, bound: frozenset[str]) -> None:
        """Take in a batch; workers do so side by side, and `number` says where it stands among the others."""
        with self._lock:
            self._bound[number] = bound
            self.schema |= rows.schema
            over: list[tuple[int, pl.DataFrame]] = []
            self._held[number] = rows
            if self._room is not None:
                self._size += int(rows.estimated_size())
                if self._size > self._room:
                    over, self._held, self._size = list(self._held.items()), {}, self._room + 1
        for place, frame in over:
            self._write(place, frame)

    def _write(self, number: int, rows: pl.DataFrame) -> None:
        assert self._spill is not None
        path = self._spill.folder / f"{id(self)}-{number}.parquet"
        # Created before it is written, so that it is this user's alone from the first byte.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        rows.write_parquet(path, compression="lz4", statistics=False)
        with self._lock:
            self._files[number] = path

    def parts(self) -> Iterator[Part]:
        """Yield the batches in their order; a column that only some of them have is null in the others."""
        for number in sorted(self._bound):
            held = self._held.get(number)
            rows = pl.scan_parquet(self._files[number]) if held is None else held.lazy()
            there = rows.collect_schema()
            missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in self.schema.items() if name not in there]
            yield Part(rows.with_columns(missing) if missing else rows, self._bound[number])

    def over(self, work: Callable[[Part], pl.LazyFrame]) -> pl.DataFrame:
        """Return what `work` makes of each batch, one below the other.

        Args:
            work: May be carried out on another machine: it holds expressions and frames, and nothing that lives here only.
        """
        return pl.concat([work(part).collect() for part in self.parts()])

    def each(self, work: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
        """Return what `work` makes of the rows of each batch, one below the other; as `over`."""
        return self.over(lambda part: work(part.rows))

    def twice(self, work: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.Series:
        """Return the integers that stand more than once among those of all batches, each once.

        Args:
            work: Gives one column of integers of a batch; as in `over`.
        """
        # Sorted, equal integers stand beside each other; grouping a million of them takes three times as long.
        ordered = self.each(work).to_series().sort()
        return ordered.filter(ordered == ordered.shift(1)).unique()
