"""Parquet, for data staff: every column as text."""

from __future__ import annotations

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.tables.blob import Blob
from xueji_cli.tables.grid import Grid
from xueji_cli.tables.options import MAX_BYTES, MAX_CELLS, most_unpacked


def read_parquet(blob: Blob) -> Grid:
    """Read a Parquet file as if it were a sheet with its column names in row 1.

    Raises:
        InputError: `corrupt`; `sheet_too_large`; `nested_parquet` for columns that hold lists or structures.
    """
    try:
        _refuse_too_large(blob)
        frame = pl.read_parquet(blob.data)
    except (InputError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # Rust panics are BaseExceptions
        raise InputError("corrupt", file=blob.path) from None
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype in (pl.Binary, pl.Object)]
    if nested:
        raise InputError("nested_parquet", file=blob.path, columns="、".join(nested[:8]))
    texts = frame.select(_as_text(name, dtype) for name, dtype in frame.schema.items())
    header = pl.DataFrame([pl.Series(f"c{i}", [name], dtype=pl.String) for i, name in enumerate(frame.columns)])
    texts.columns = header.columns
    return Grid(pl.concat([header, texts]))


def _refuse_too_large(blob: Blob) -> None:
    """Look at what the file says of itself: a few bytes can stand for a billion equal values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    said = pq.read_metadata(pa.BufferReader(blob.data))
    unpacked = sum(said.row_group(index).total_byte_size for index in range(said.num_row_groups))
    if said.num_rows * said.num_columns > MAX_CELLS or unpacked > most_unpacked(len(blob.data), MAX_BYTES):
        raise InputError("sheet_too_large", file=blob.path, sheet="1")


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
