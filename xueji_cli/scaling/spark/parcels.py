"""Parcels: rows in which a stage of a comparison gives frames of any shape, each for a part of the records or a slice of the pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.scaling.spark.carrying import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: A parcel: what it holds, the part of the records and the slice (of pairs, or the key) that it is of, a number, a text, a frame.
SCHEMA = "kind string, part int, slice int, n long, said string, rows binary"

#: Bytes of frames in a record batch, but for the last parcel: Arrow holds no more than 2 GiB in a column of one.
_BATCH = 256 << 20

Parcel = tuple[str, int, int, int, str | None, bytes | None]


def parcel(
    kind: str, *, part: int = 0, slice: int = 0, n: int = 0, said: str | None = None, rows: pl.DataFrame | None = None
) -> Parcel:
    """Return a parcel."""
    return (kind, part, slice, n, said, None if rows is None else packed(rows))


def bundle(parcels: Iterable[Parcel]) -> Any:
    """Return parcels as a record batch of `SCHEMA`."""
    import pyarrow as pa

    types = (pa.string(), pa.int32(), pa.int32(), pa.int64(), pa.string(), pa.binary())
    columns = list(zip(*parcels, strict=True)) or [()] * len(types)
    names = [each.split()[0] for each in SCHEMA.split(", ")]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names)


def bundled(parcels: Iterable[Parcel]) -> Any:
    """Return parcels as a table of `SCHEMA`, in batches that are not too large: what `applyInArrow` wants."""
    import pyarrow as pa

    batches, waiting, size = [], list[Parcel](), 0
    for each in parcels:
        if size >= _BATCH:
            batches.append(bundle(waiting))
            waiting, size = [], 0
        waiting.append(each)
        size += len(each[-1] or b"")
    return pa.Table.from_batches([*batches, bundle(waiting)])


def opened(arrow: Any, *kinds: str) -> Iterator[dict[str, Any]]:
    """Yield the parcels of a table or record batch, those of some kinds only when they are named."""
    for row in arrow.to_pylist():
        if not kinds or row["kind"] in kinds:
            yield row


def frame_of(arrow: Any, *kinds: str) -> pl.DataFrame | None:
    """Return the frames of parcels one below the other, in the order of their parts and slices; None when there is none."""
    rows = sorted(opened(arrow, *kinds), key=lambda row: (row["part"], row["slice"]))
    return pl.concat([unpacked(row["rows"]) for row in rows]) if rows else None
