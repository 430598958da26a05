"""Parquet, for data staff: every column as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.tables.blob import Blob
from xueji_cli.tables.grid import Grid
from xueji_cli.tables.options import MAX_BYTES, MAX_CELLS, most_unpacked

#: A roster's cells take a quarter of a byte at least, and unpack to some tens of bytes for each.
_CELLS_A_BYTE, _BYTES_A_BYTE = 4, 100


def read_parquet(blob: Blob) -> Grid:
    """Read a Parquet file as if it were a sheet with its column names in row 1.

    Raises:
        InputError: `corrupt`; `sheet_too_large`; `nested_parquet` for columns that hold lists or structures.
    """
    with _told(blob.path):
        _refuse_too_large(BytesIO(blob.data), len(blob.data), blob.path)
        frame = pl.read_parquet(blob.data)
    cells = frame.select(texts(frame.schema, blob.path))
    return Grid(pl.concat([names_row(frame.columns), cells]))


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Turn whatever a damaged file brings about into an `InputError`."""
    try:
        yield
    except (InputError, KeyboardInterrupt, SystemExit, MemoryError, GeneratorExit):
        raise
    except BaseException:  # Rust panics are BaseExceptions
        raise InputError("corrupt", file=path) from None


def names_row(columns: Sequence[str]) -> pl.DataFrame:
    """Return the names of the columns as the first row of a sheet."""
    return pl.DataFrame([pl.Series(f"c{i}", [name], dtype=pl.String) for i, name in enumerate(columns)])


def texts(schema: pl.Schema, path: str) -> list[pl.Expr]:
    """Return every column as text, named by its position."""
    nested = [name for name, dtype in schema.items() if dtype.is_nested() or dtype in (pl.Binary, pl.Object)]
    if nested:
        raise InputError("nested_parquet", file=path, columns="、".join(nested[:8]))
    return [_as_text(name, dtype).alias(f"c{i}") for i, (name, dtype) in enumerate(schema.items())]


@dataclass(frozen=True, slots=True)
class ParquetSource:
    """A Parquet file that is read in pieces; the names of its columns are row 0 of the sheet.

    Attributes:
        path: The file.
        schema: Its columns.
        height: Its rows.
    """

    path: str
    schema: pl.Schema
    height: int

    def head(self, rows: int) -> pl.DataFrame:
        """Return the first rows of the sheet."""
        with _told(self.path):
            return pl.concat([names_row(self.schema.names()), self._slice(0, rows - 1)])

    def pieces(self, start: int, rows: int) -> Iterator[tuple[pl.DataFrame, bool]]:
        """Yield the rows from `start` on, so many at a time, and whether a piece is the last."""
        for first in range(start, max(self.height, start + 1), rows):
            with _told(self.path):
                frame = self._slice(first, rows)
            yield frame, first + rows >= self.height

    def _slice(self, start: int, rows: int) -> pl.DataFrame:
        return pl.scan_parquet(self.path).slice(start, rows).select(texts(self.schema, self.path)).collect()


def open_parquet(path: str) -> ParquetSource:
    """Look at a Parquet file.

    Raises:
        InputError: As `read_parquet`.
    """
    with _told(path):
        _refuse_too_large(path, Path(path).stat().st_size, path)
        rows = pl.scan_parquet(path)
        return ParquetSource(path, rows.collect_schema(), int(rows.select(pl.len()).collect().item()))


def _refuse_too_large(source: str | BytesIO, size: int, path: str) -> None:
    """Look at what the file says of itself: a few bytes can stand for a billion equal values.

    Raises:
        InputError: `sheet_too_large`.
    """
    import pyarrow.parquet as pq

    said = pq.read_metadata(source)
    unpacked = sum(said.row_group(index).total_byte_size for index in range(said.num_row_groups))
    # A large file may hold more cells than a sheet: it is read in pieces where it does not fit.
    most = max(MAX_CELLS, size * _CELLS_A_BYTE)
    if said.num_rows * said.num_columns > most or unpacked > most_unpacked(size, max(MAX_BYTES, size * _BYTES_A_BYTE)):
        raise InputError("sheet_too_large", file=path, sheet="1")


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_float():
        whole = column.is_finite() & (column == column.round()) & (column.abs() < 1e18)
        return (
            pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        )
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    return column.cast(pl.String)
