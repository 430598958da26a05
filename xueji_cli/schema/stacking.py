"""The rows of many small tables in few frames: a frame of its own takes tens of kilobytes, however few rows it has."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.roster import NUMERIC, Roster
from xueji_cli.tables.table import ROW, Slice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.schema.streaming import StreamedRoster

#: A table of more rows keeps a frame of its own.
SMALL = 1_000
#: So many tables are put together at once; the last few of a run stay as they are.
TOGETHER = 256


class Stacker:
    """Takes in the tables of a run as they are read, and gives them back in their order."""

    def __init__(self) -> None:
        """Begin without tables."""
        self.rosters: list[Roster | StreamedRoster] = []
        self._small: list[tuple[int, Roster]] = []

    def add(self, roster: Roster | StreamedRoster) -> None:
        """Take in a table."""
        if isinstance(roster, Roster) and roster.table.height <= SMALL:
            self._small.append((len(self.rosters), roster))
        self.rosters.append(roster)
        if len(self._small) == TOGETHER:
            stacked = stack([small for _, small in self._small])
            for (place, _), each in zip(self._small, stacked, strict=True):
                self.rosters[place] = each
            self._small.clear()


def stack(rosters: Sequence[Roster]) -> list[Roster]:
    """Put the rows of tables together that have the same columns bound to the same fields; nothing else about them changes."""
    groups: dict[object, list[int]] = {}
    for index, roster in enumerate(rosters):
        layout = (roster.table.columns, roster.schema.name, tuple(roster.columns.items()), tuple(roster.frame.columns))
        groups.setdefault(layout, []).append(index)
    stacked = list(rosters)
    for indices in groups.values():
        for index, roster in zip(indices, _stacked([rosters[i] for i in indices]), strict=True):
            stacked[index] = roster
    return stacked


def _stacked(rosters: Sequence[Roster]) -> list[Roster]:
    first = rosters[0]
    whole = _compact(pl.concat([roster.table.frame for roster in rosters]))
    named = whole.select(ROW, *(pl.col(column.key).alias(name) for name, column in first.columns.items()))
    flags = [name for name in first.frame.columns if name.endswith(NUMERIC)]
    if flags:
        named = named.with_columns(pl.concat([roster.frame.select(flags) for roster in rosters], rechunk=True))
    heights = [roster.table.height for roster in rosters]
    starts = accumulate(heights, initial=0)
    return [
        replace(
            roster,
            # What they have in common they share.
            table=replace(roster.table, columns=first.table.columns, rows=Slice(whole, start, height)),
            columns=first.columns,
            rows=Slice(named, start, height),
        )
        for roster, start, height in zip(rosters, starts, heights, strict=False)
    ]


def _compact(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in memory of its own: text that was read holds on to all that its reader set aside for it, kilobytes a column."""
    stream = BytesIO()
    frame.write_ipc_stream(stream)
    return pl.read_ipc_stream(stream.getvalue()).rechunk()
