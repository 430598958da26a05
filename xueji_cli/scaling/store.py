"""What a run keeps on disk: rows parted into buckets (Parquet), and whole parts that are looked into without being read (Arrow)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BUCKET = "_bucket"


class Buckets:
    """Rows parted into buckets: in memory while they are few, else in files."""

    def __init__(self, folder: Path, name: str, room: int) -> None:
        """Begin without rows.

        Args:
            folder: Where files go.
            name: What their names begin with.
            room: Bytes that may be kept in memory.
        """
        self._folder = folder
        self._name = name
        self._room = room
        self._held: dict[int, list[pl.DataFrame]] = {}
        self._size = 0
        self._files: dict[int, list[Path]] = {}

    def add(self, frame: pl.DataFrame, bucket: pl.Series | int) -> None:
        """Take in rows.

        Args:
            frame: The rows, always of the same columns.
            bucket: The bucket of each row, or of all.
        """
        if not frame.height:
            return
        if isinstance(bucket, int):
            parts = {bucket: frame}
        else:
            parted = frame.with_columns(bucket.alias(_BUCKET)).partition_by(_BUCKET, as_dict=True, include_key=False)
            parts = {int(key[0]): part for key, part in parted.items()}
        for number, part in parts.items():
            self._held.setdefault(number, []).append(part)
        self._size += int(frame.estimated_size())
        if self._size > self._room:
            self._write()

    def _write(self) -> None:
        for number, frames in self._held.items():
            files = self._files.setdefault(number, [])
            path = self._folder / f"{self._name}-{number}-{len(files)}.parquet"
            pl.concat(frames).write_parquet(path, compression="lz4", statistics=False)
            files.append(path)
        self._held, self._size = {}, 0

    def take(self, bucket: int) -> pl.DataFrame | None:
        """Return the rows of a bucket in the order they came in, and forget them; None when there are none."""
        files = self._files.pop(bucket, [])
        frames = [*(pl.read_parquet(path) for path in files), *self._held.pop(bucket, [])]
        for path in files:
            path.unlink()
        return pl.concat(frames) if frames else None


def keep(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame so that `mapped` can look into it."""
    frame.write_ipc(path, compat_level=pl.CompatLevel.newest())


def mapped(paths: Sequence[Path]) -> pl.DataFrame:
    """Return frames, one below the other, without reading them: what is looked at comes from the file, and goes when memory is short."""
    import pyarrow as pa
    import pyarrow.ipc as ipc

    frames = []
    for path in paths:
        frame = pl.from_arrow(ipc.open_file(pa.memory_map(str(path))).read_all())
        assert isinstance(frame, pl.DataFrame)
        frames.append(frame)
    return pl.concat(frames, rechunk=False)
