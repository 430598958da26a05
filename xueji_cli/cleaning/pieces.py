"""Clean tables that do not fit in memory, piece by piece.

What becomes of a row hangs on nothing but this row. What hangs on all of them is known when the last was read: which columns the output
has (those that nobody claims and any row fills, those for second telephone numbers), what the reader left out of a table, and columns
of another kind in some files. So what comes of each piece is put aside, and goes into the output from there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.cleaning.change import no_changes
from xueji_cli.cleaning.engine import clean_rows, in_order, row_changes
from xueji_cli.cleaning.pool import OTHER, Pool, fields_of, schema_of, unclaimed, without_flags
from xueji_cli.cleaning.shaping import PLACE, Holding, conflicts_of, kinds_of, shape_head, shaped
from xueji_cli.schema.model import FieldType
from xueji_cli.schema.streaming import StreamedRoster
from xueji_cli.tables.table import ROW

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xueji_cli.cleaning.engine import Wishes
    from xueji_cli.cleaning.shaping import OutColumn, Output
    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster


@dataclass(frozen=True, slots=True)
class _Piece:
    """Cleaned rows that were put aside.

    Attributes:
        table: Index into the rosters.
        place: Of its first row, among the merged rows.
        height: How many rows it has.
        last: Number of its last row, as Excel shows it.
        rows: File with them; None where nobody wants them.
        changes: File with what was changed in them; None where nothing was.
    """

    table: int
    place: int
    height: int
    last: int
    rows: Path | None
    changes: Path | None


class CleanedPieces:
    """Tables, cleaned piece by piece.

    Attributes:
        holding: What their rows hold.
        height: How many those are.
        rosters: The tables, without rows where they were read in pieces.
    """

    def __init__(
        self, rosters: Sequence[Roster | StreamedRoster], wishes: Wishes, folder: Path, rows: int, *, keep: bool
    ) -> None:
        """Read tables to their end and clean them.

        Args:
            rosters: At least one; together they are one output.
            wishes: What to do.
            folder: Where pieces are put aside.
            rows: About how many rows a piece has.
            keep: Put rows aside, too, and not only what was changed.

        Raises:
            UserError: As `pool.schema_of`.
            InputError: As the source of a table says.
            Unstreamable: Likewise.
        """
        self._folder = folder
        self._keep = keep
        self._pieces: list[_Piece] = []
        #: Columns for what of a cell had no room.
        rests: set[str] = set()
        #: Of each table, the columns without a field that hold anything, by their keys.
        filled: list[set[str]] = []
        kinds: list[tuple[int, pl.DataFrame]] = []
        self.height = 0
        schema, fields = schema_of(rosters), fields_of(rosters)
        free = [name for name in fields if schema.by_name[name].type is FieldType.TEXT]
        finished: list[Roster] = []
        for table, roster in enumerate(rosters):
            filled.append(set())
            for piece in _frames(roster, rows):
                pool = _pool(piece, table, schema, rosters, fields)
                cleaned = clean_rows(pool, wishes)
                rests.update(cleaned.rests)
                done = cleaned.pool.rows
                others = [name for name in done.columns if name.startswith(OTHER)]
                filled[-1].update(name for name in others if done.get_column(name).null_count() < done.height)
                if len(rosters) > 1:
                    kinds.append((table, kinds_of(done, [*free, *others, *cleaned.rests])))
                self._put_aside(table, done, cleaned.changes)
            finished.append(roster.finished() if isinstance(roster, StreamedRoster) else roster)
        self._names, heads = unclaimed(finished)
        self.holding = Holding(
            schema=schema,
            rosters=tuple(finished),
            fields=fields,
            others=heads,
            filled={
                name
                for names, full in zip(self._names, filled, strict=True)
                for key, name in names.items()
                if OTHER + key in full
            },
            rests={f"{name}#rest": name for name in fields if f"{name}#rest" in rests},
        )
        self._kinds = [self._named(table, counts) for table, counts in kinds]
        self._told = row_changes(finished)
        self.rosters = finished

    def _put_aside(self, table: int, rows: pl.DataFrame, changes: pl.DataFrame) -> None:
        number = len(self._pieces)
        kept = changed = None
        if self._keep:
            kept = self._folder / f"rows-{number}.parquet"
            _write(rows.drop("table"), kept)
        if changes.height:
            changed = self._folder / f"changes-{number}.parquet"
            _write(changes.with_columns(pl.col("place") + self.height), changed)
        self._pieces.append(_Piece(table, self.height, rows.height, int(rows[ROW][-1]), kept, changed))
        self.height += rows.height

    def _named(self, table: int, kinds: pl.DataFrame) -> pl.DataFrame:
        """Return counts of one table under the names that its columns have in the merged rows."""
        names = self._names[table]
        known = kinds.filter(
            ~pl.col("column").str.starts_with(OTHER) | pl.col("column").is_in([OTHER + key for key in names])
        )
        return known.with_columns(pl.col("column").replace({OTHER + key: name for key, name in names.items()}))

    def output(self, template: Schema | str, *, origin: bool) -> Output:
        """Return the output; the arguments as those of `shaping.shape`."""
        head = shape_head(self.holding, template, origin=origin)
        return replace(head, pieces=partial(self._shaped, head.columns, head.rows), streamed=self.height)

    def _shaped(self, columns: Sequence[OutColumn], empty: pl.DataFrame) -> Iterator[pl.DataFrame]:
        yield empty
        for piece in self._pieces:
            if piece.rows is None:
                continue
            # Columns that turned out to hold nothing and have no header are none.
            names = {OTHER + key: name for key, name in self._names[piece.table].items()}
            rows = pl.read_parquet(piece.rows).with_columns(pl.lit(piece.table, dtype=pl.UInt32).alias("table"))
            rows = rows.select(
                pl.col(name).alias(names.get(name, name))
                for name in rows.columns
                if not name.startswith(OTHER) or name in names
            )
            yield shaped(rows, columns, self.holding).with_row_index(PLACE, offset=piece.place)

    def forget_rows(self) -> None:
        """Remove the rows that were put aside; what was changed stays."""
        for piece in self._pieces:
            if piece.rows is not None:
                # Where it can't be, it goes with the folder.
                with suppress(OSError):
                    piece.rows.unlink()

    def changes(self) -> Iterator[pl.DataFrame]:
        """Yield what was changed and what readers left out, in order: all of a row, or none of it (`change.CHANGE_SCHEMA`)."""
        told = self._told
        for piece in self._pieces:
            before = (pl.col("table") < piece.table) | (
                (pl.col("table") == piece.table) & (pl.col("row").fill_null(0) <= piece.last)
            )
            here, told = told.filter(before), told.filter(~before)
            found = no_changes() if piece.changes is None else pl.read_parquet(piece.changes)
            if here.height:
                found = in_order([here, found], self.holding.fields)
            if found.height:
                yield found
        if told.height:
            yield in_order([told], self.holding.fields)

    def conflicts(self, columns: Sequence[OutColumn]) -> list[tuple[str, dict[str, list[str]]]]:
        """Return `shaping.conflicts`."""
        return conflicts_of(pl.concat(self._kinds), self.holding.rosters, columns) if self._kinds else []


def _frames(roster: Roster | StreamedRoster, rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of a table: `row`, the fields, `<field>#numeric`, and under `other:<key>` each column without a field."""
    bound = {column.key: name for name, column in roster.columns.items()}
    if isinstance(roster, StreamedRoster):
        for piece in roster.pieces():
            yield piece.rename({key: bound.get(key, OTHER + key) for key in piece.columns if key != ROW})
        return
    others = [
        roster.table.frame.get_column(column.key).alias(OTHER + column.key)
        for column in roster.table.columns
        if column.key not in bound
    ]
    yield from roster.frame.with_columns(others).iter_slices(rows)


def _pool(
    piece: pl.DataFrame,
    table: int,
    schema: Schema,
    rosters: Sequence[Roster | StreamedRoster],
    fields: tuple[str, ...],
) -> Pool:
    """Return the rows of a piece as they stand among those of all tables: with the fields that only others have."""
    lacking = [pl.lit(None, dtype=pl.String).alias(name) for name in fields if name not in piece.columns]
    rows, numeric = without_flags(piece)
    rows = rows.select(pl.lit(table, dtype=pl.UInt32).alias("table"), pl.all(), *lacking)
    return Pool(schema, tuple(rosters), rows, fields, {}, numeric)


def _write(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path, compression="zstd", compression_level=1, statistics=False)
