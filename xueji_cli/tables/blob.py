"""A file's bytes with the name the user gave: what every reader starts from."""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from xueji_cli.errors import InputError

STDIN = "-"
# Only files smaller than this are looked through for anything but white space and marks.
_MAYBE_BLANK = 4096


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of one input.

    Attributes:
        path: As the user named it; `-` for stdin.
        data: All of its bytes.
    """

    path: str
    data: bytes

    @property
    def suffix(self) -> str:
        """The suffix of the name in small letters, with the dot; empty for stdin."""
        return "" if self.path == STDIN else Path(self.path).suffix.lower()

    def digest(self) -> Future[str]:
        """Begin to compute the SHA-256 of the bytes, which a large file's report needs only a second later.

        A thread of its own fills the moments in which the other core is idle; hashlib lets others work meanwhile.
        """
        pool = ThreadPoolExecutor(1, thread_name_prefix="digest")
        answer = pool.submit(lambda: hashlib.sha256(self.data).hexdigest())
        pool.shutdown(wait=False)
        return answer


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
    return Blob(path, data)


def megabytes(size: int) -> str:
    """Write a size in MB for people."""
    return f"{size / 1024**2:,.0f} MB"
