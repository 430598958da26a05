"""A file's bytes with the name the user gave: what every reader starts from."""

from __future__ import annotations

import hashlib
import itertools
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from xueji_cli.errors import InputError
from xueji_cli.tables.options import MAX_BYTES
from xueji_cli.tables.table import Digest, Known

STDIN = "-"
_T = TypeVar("_T")
# Only files smaller than this are looked through for anything but white space and marks.
_MAYBE_BLANK = 4096
#: Bytes by which a file is known for what it is.
_HEAD = 1 << 16
#: Larger files are read when their turn comes.
_LARGE = 1 << 29
#: Up to this size a digest takes less time than a thread to begin.
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of one input.

    Attributes:
        path: As the user named it; `-` for stdin.
        data: All of its bytes.
        digest: Their SHA-256. A thread of its own computes it in the moments in which the other core is idle (hashlib lets
            others work meanwhile); a large file's report needs it only a second later.
    """

    path: str
    data: bytes
    digest: Digest = field(repr=False)

    @property
    def suffix(self) -> str:
        """The suffix of the name in small letters, with the dot; empty for stdin."""
        return "" if self.path == STDIN else Path(self.path).suffix.lower()


class Ahead:
    """Reads files before they are asked for: the first while libraries are imported, each other while the one before is parsed."""

    def __init__(self, paths: Sequence[str], max_bytes: int = MAX_BYTES, *, keep_stdin: bool = False) -> None:
        """Begin to read the first file.

        Args:
            paths: In the order in which they will be asked for.
            max_bytes: Size above which a file is refused.
            keep_stdin: Files may be asked for once more, and what comes through stdin comes only once.
        """
        self._keep_stdin = keep_stdin
        self._stdin: Blob | None = None
        self._next = dict(itertools.pairwise(paths))
        self._max_bytes = max_bytes
        self._reading: dict[str, Future[Blob]] = {}
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reading")
        if paths:
            self._begin(paths[0])

    def load(self, path: str) -> Blob:
        """Return a file's bytes, and begin to read the next file.

        Raises:
            InputError: As `load`.
        """
        if path == STDIN and self._keep_stdin:
            self._stdin = self._stdin or load(path, self._max_bytes)
            return self._stdin
        begun = self._reading.pop(path, None)
        try:
            return load(path, self._max_bytes) if begun is None else begun.result()
        finally:
            if path in self._next:
                self._begin(self._next[path])

    def _begin(self, path: str) -> None:
        # What comes through a pipe may never come, and two huge files at once are one too many.
        if path != STDIN and _size(path) <= _LARGE:
            self._reading[path] = self._reader.submit(load, path, self._max_bytes)


def _beside(work: Callable[[], _T]) -> Future[_T]:
    """Do something in a thread that ends with it."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="reading")
    answer = pool.submit(work)
    pool.shutdown(wait=False)
    return answer


def head_of(path: str) -> Blob:
    """Return a file of which only the beginning is there, enough to tell what it is; its digest is that of all of it.

    Raises:
        InputError: As `load`.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(_HEAD)
    except OSError:
        return load(path, 0)  # which says what is wrong
    return Blob(path, data, _beside(lambda: _digest(path)))


def _digest(path: str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return 0  # reading it tells


def load(path: str, max_bytes: int) -> Blob:
    """Read a file, or stdin for `-`.

    Raises:
        InputError: `file_not_found`, `is_directory`, `permission`, `empty_file`, `too_large`, `unreadable`.
    """
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(max_bytes + 1)
        else:
            size = Path(path).stat().st_size
            data = b"" if size > max_bytes else Path(path).read_bytes()
            if size > max_bytes:
                raise InputError("too_large", file=path, limit=megabytes(max_bytes))
    except FileNotFoundError:
        raise InputError("file_not_found", file=path) from None
    except IsADirectoryError:
        raise InputError("is_directory", file=path) from None
    except PermissionError:
        # Windows says "permission denied" for a directory, too.
        key = "is_directory" if Path(path).is_dir() else "permission"
        raise InputError(key, file=path) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        raise InputError("unreadable", file=path, reason=type(error).__name__) from None
    if len(data) > max_bytes:
        raise InputError("too_large", file=path, limit=megabytes(max_bytes))
    if len(data) < _MAYBE_BLANK and not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise InputError("empty_file", file=path)
    small = len(data) <= _SMALL
    return Blob(path, data, Known(_sha256(data)) if small else _beside(lambda: _sha256(data)))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def megabytes(size: int) -> str:
    """Write a size in MB for people."""
    return f"{size / 1024**2:,.0f} MB"
