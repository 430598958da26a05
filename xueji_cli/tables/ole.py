"""The container of old Office files: just enough to take one stream out."""

from __future__ import annotations

import struct

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # this and above: end of chain, free, or a table's own sector
_ENTRY = 128
_STREAM, _ROOT = 2, 5


class DamagedContainer(Exception):
    """A chain of sectors leads nowhere."""


class Container:
    """An OLE compound file held in memory."""

    def __init__(self, data: bytes) -> None:
        """Read the allocation table and the directory.

        Raises:
            DamagedContainer: Too much of it is missing.
        """
        if len(data) < 512 or not data.startswith(SIGNATURE):
            raise DamagedContainer
        self._data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift > shift:
            raise DamagedContainer
        self._size, self._mini = 1 << shift, 1 << mini_shift
        # Readers reserve memory for as many sectors as the header speaks of.
        for place in (44, 64, 72):
            if struct.unpack_from("<I", data, place)[0] * self._size > len(data):
                raise DamagedContainer
        first_directory, self._cutoff = struct.unpack_from("<I4xI", data, 48)
        first_mini, _, next_difat, _ = struct.unpack_from("<IIII", data, 60)
        tables = list(struct.unpack_from("<109I", data, 76))
        per = self._size // 4
        seen = 0
        while next_difat < _END:
            sector = self._sector(next_difat)
            *more, next_difat = struct.unpack(f"<{per}I", sector)
            tables += more
            seen += 1
            if seen > len(data) // self._size:
                raise DamagedContainer
        self._next: list[int] = []
        for number in tables:
            if number < _END:
                self._next += struct.unpack(f"<{per}I", self._sector(number))
        self._mini_next = self._table(first_mini)
        self.streams: dict[str, tuple[int, int]] = {}
        """Name of each stream → first sector, size."""
        self._root = b""
        directory = self._chain(first_directory)
        for start in range(0, len(directory) - _ENTRY + 1, _ENTRY):
            self._enter(directory[start : start + _ENTRY])

    def _enter(self, entry: bytes) -> None:
        length, kind = struct.unpack_from("<HB", entry, 64)
        name = entry[: max(length - 2, 0)].decode("utf-16-le", "replace")
        first, size = struct.unpack_from("<II", entry, 116)
        if kind == _ROOT:
            if size > len(self._data):
                raise DamagedContainer
            self._root = self._chain(first)[:size] if first < _END else b""
        elif kind == _STREAM:
            self.streams.setdefault(name, (first, size))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        sector = self._data[start : start + self._size]
        if not sector:
            raise DamagedContainer
        return sector.ljust(self._size, b"\0")

    def _table(self, first: int) -> list[int]:
        if first >= _END:
            return []
        data = self._chain(first)
        return list(struct.unpack(f"<{len(data) // 4}I", data))

    def _chain(self, first: int) -> bytes:
        parts = []
        number = first
        while number < _END:
            parts.append(self._sector(number))
            if number >= len(self._next) or len(parts) > len(self._next):
                raise DamagedContainer
            number = self._next[number]
        return b"".join(parts)

    def stream(self, *names: str) -> bytes | None:
        """Return the content of the first of these streams that is there."""
        for name in names:
            for found, (first, size) in self.streams.items():
                if found.lower() == name.lower():
                    if size > len(self._data):
                        raise DamagedContainer
                    return self._read(first, size)
        return None

    def _read(self, first: int, size: int) -> bytes:
        if size >= self._cutoff:
            return self._chain(first)[:size]
        parts = []
        number = first
        while number < _END:
            parts.append(self._root[number * self._mini : (number + 1) * self._mini])
            if number >= len(self._mini_next) or len(parts) > len(self._mini_next):
                raise DamagedContainer
            number = self._mini_next[number]
        return b"".join(parts)[:size]
