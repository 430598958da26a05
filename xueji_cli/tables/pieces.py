"""The data rows of a table that comes in pieces: cut as `region.cut` does, and nothing hangs on where the pieces end.

What is left out of a table (footers, printed headers with their titles, notes, loose ends) is known from a row and from those near
it. So the last rows of a piece wait for the next, and are judged again together with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from xueji_cli.tables import region
from xueji_cli.tables.header import HEAD_ROWS, Header
from xueji_cli.tables.leftout import END_ROWS, Dropped, without_blank
from xueji_cli.tables.table import ROW, Column, Fact

#: Rows that wait for the next piece: those among which loose ends are looked for, and as many as a title can have.
_WAITING = END_ROWS + HEAD_ROWS


class Pieces:
    """Takes the rows below a header piece by piece, and gives out those that hold a child."""

    def __init__(self, head: pl.DataFrame, header: Header, *, begun: bool = False) -> None:
        """Begin below the header.

        Args:
            head: The sheet from its first row to the header at least, as `grid.Grid.frame`.
            header: Its header.
            begun: Somebody else takes the rows right below the header.
        """
        self._head = head
        self._header = header
        self._waiting: pl.DataFrame | None = None
        self._begun = begun
        self._repeated: set[int] = set()
        self._footers: set[int] = set()
        self._blank: list[pl.Series] = []
        self._ragged: dict[int, int] = {}
        self._unclosed: list[int] = []
        self._last = 0
        self._ragged_kept: dict[int, int] = {}
        self.height = 0
        """Rows given out so far."""
        self.filled = dict.fromkeys(head.columns, 0)
        """How many cells of each column hold something, in the rows given out so far."""

    def add(
        self,
        frame: pl.DataFrame,
        start: int,
        ragged: dict[int, int],
        unclosed: list[int],
        *,
        last: bool,
        ends: bool = True,
    ) -> pl.DataFrame:
        """Take in a piece and give out the rows that are settled, with the numbers that Excel shows.

        Args:
            frame: The columns of `head`.
            start: 0-based number of its first row in the sheet.
            ragged: 0-based row in the sheet → cells found, as `grid.Grid.ragged`.
            unclosed: As `grid.Grid.unclosed`.
            last: Nothing comes behind it.
            ends: The sheet ends with the last piece; somebody else takes what comes behind it if not.
        """
        numbers = pl.int_range(start + 1, start + 1 + frame.height, dtype=pl.UInt32).alias(ROW)
        body, blank = without_blank(region.null_empty(frame.select(numbers, pl.all())))
        if blank:
            self._blank.append(pl.Series(blank, dtype=pl.UInt32))
        self._ragged |= ragged
        self._unclosed += unclosed
        if self._waiting is not None:
            body = pl.concat([self._waiting, body])
        dropped = Dropped.find(body, [], self._head, self._header, first=not self._begun, last=last and ends)
        self._repeated.update(dropped.repeated)
        self._footers.update(dropped.footers)
        settled = body if last else body.head(max(body.height - _WAITING, 0))
        self._waiting = body.slice(settled.height)
        self._begun |= settled.height > 0
        gone = self._repeated | self._footers
        kept = settled.filter(~pl.col(ROW).is_in(sorted(gone))) if gone else settled
        self._count(kept)
        return kept

    def _count(self, kept: pl.DataFrame) -> None:
        if not kept.height:
            return
        self.height += kept.height
        self._last = int(kept[ROW][-1])
        for name, count in region.filled(kept).items():
            self.filled[name] += count
        self._ragged_kept |= region.ragged_rows(self._ragged, kept)
        self._ragged = {row: cells for row, cells in self._ragged.items() if row >= self._last}

    def said(self) -> dict[str, Any]:
        """Return what is known of the rows so far, as JSON can hold it; `take` of another one takes it in."""
        return {
            "height": self.height,
            "filled": self.filled,
            "last": self._last,
            "blank": pl.concat(self._blank).to_list() if self._blank else [],
            "repeated": sorted(self._repeated),
            "footers": sorted(self._footers),
        }

    def take(self, said: Mapping[str, Any]) -> None:
        """Take in what another one knows of rows of the same sheet (not of a text file)."""
        self.height += said["height"]
        self.filled = {name: count + said["filled"][name] for name, count in self.filled.items()}
        self._last = max(self._last, said["last"])
        if said["blank"]:
            self._blank.append(pl.Series(said["blank"], dtype=pl.UInt32))
        self._repeated.update(said["repeated"])
        self._footers.update(said["footers"])

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that have a header, or a value so far."""
        return region.columns_of(self.filled, self._header)

    def facts(self) -> tuple[Fact, ...]:
        """Tell what was noticed, in the words and the order of `region.cut`."""
        blank = pl.concat(self._blank).sort().to_list() if self._blank else []
        dropped = Dropped(blank, sorted(self._repeated), sorted(self._footers))
        return (
            *region.header_facts(self._header, self.columns, self.filled),
            *dropped.facts(self._last),
            *region.text_facts(self._ragged_kept, sorted(self._unclosed), len(self._head.columns)),
        )
