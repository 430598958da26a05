"""A bound table whose rows are read in pieces and not kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.schema.roster import Roster
from xueji_cli.tables.streaming import Unstreamable
from xueji_cli.tables.table import ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xueji_cli.schema.model import Schema
    from xueji_cli.tables.streaming import Stream
    from xueji_cli.tables.table import Column, Table


class StreamedRoster:
    """A stream with its columns bound, as far as its first rows tell; its end has to agree.

    Attributes:
        schema: The schema it was bound to.
        columns: Field name → the table's column.
        table: The table as its first rows show it, without them.
    """

    def __init__(self, stream: Stream, bind: Callable[[Table], Roster]) -> None:
        """Bind the columns of a stream.

        Args:
            stream: The table.
            bind: Binds a table.

        Raises:
            InputError: As `binding.bind`.
        """
        self._stream = stream
        self._bind = bind
        first = bind(stream.table)
        self.schema: Schema = first.schema
        self.columns: Mapping[str, Column] = first.columns
        # Of a thousand files, the first rows of each are more than fits in memory.
        self.table = stream.forget()

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in pieces, columns named by field, as `Roster.frame`."""
        named = [pl.col(column.key).alias(name) for name, column in self.columns.items()]
        for rows in self._stream.pieces():
            yield rows.select(ROW, *named)

    def pieces(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in pieces with all columns, as `Table.frame`, and those that turn out to be none."""
        yield from self._stream.pieces()

    def take(self, parts: Sequence[Mapping[str, Any]]) -> None:
        """Know of all rows what others say who read them (`tables.pieces`)."""
        self._stream.take(parts)

    def finished(self) -> Roster:
        """Return the roster once all rows were read: bound as before, without rows.

        Raises:
            Unstreamable: With all rows known the columns would have been bound in another way.
        """
        table = self._stream.finished()
        # Which of two columns is meant hangs on whether they hold something, and the same: here each that does something of its own.
        cells = {column.key: column.key if self._stream.filled[column.key] else None for column in table.columns}
        sample = pl.DataFrame({ROW: [table.header_row + 1]} | {key: [cell] for key, cell in cells.items()})
        sample = sample.cast({ROW: pl.UInt32} | dict.fromkeys(cells, pl.String))  # type: ignore[arg-type]
        try:
            bound = self._bind(replace(table, rows=sample, streamed=None))
        except InputError:
            raise Unstreamable(table.source.path) from None
        if bound.schema.name != self.schema.name or bound.columns != self.columns:
            raise Unstreamable(table.source.path)
        return Roster(
            table=table,
            schema=bound.schema,
            columns=bound.columns,
            unbound=bound.unbound,
            rows=bound.frame.clear(),
            passed_over=bound.passed_over,
        )
