"""What a caller may say about how files are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from xueji_cli.tables.secret import Keyring

#: Uncompressed bytes a file may hold: about a million rows of 31 columns as .xlsx. A guard against zip bombs.
MAX_BYTES = 2 * 1024**3

#: An archive may unpack to so many times its own size; those that programs write stay below thirty.
MAX_RATIO = 100
#: So many bytes are never too many, however small the archive is.
FREE_BYTES = 64 * 1024**2

#: A line of text may be this long: a hundred of the longest cells that Excel allows. A longer one is no record.
MAX_LINE = 4 * 1024**2

#: Cells a sheet may span. A stray value in the last cell makes 17,179,869,184 of them, and readers reserve memory for each.
MAX_CELLS = 80_000_000
#: So many are never too many, however few of them are filled.
FEW_CELLS = 5_000_000

#: The size of a sheet in Excel. Cells beyond it are a sign of damage.
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read.

    Attributes:
        sheet: Name or 1-based number of the one sheet to read; None for all sheets that look like rosters.
        encoding: Encoding of text files; None to find out.
        header_row: Row number of the (last) header row as Excel shows it; None to find it.
        max_bytes: Uncompressed size above which a file is refused.
        keys: Knows the passwords of files; None to refuse files that need one.
    """

    sheet: str | None = None
    encoding: str | None = None
    header_row: int | None = None
    max_bytes: int = MAX_BYTES
    keys: Keyring | None = field(default=None, repr=False, compare=False)


class Vocabulary(Protocol):
    """Knows the headers of every schema."""

    def knows(self, header: str) -> bool:
        """Say whether a header, as written in a file, names a known field."""
        ...


def most_unpacked(size: int, max_bytes: int) -> int:
    """Return how many bytes an archive of so many bytes may unpack to."""
    return min(max_bytes, max(FREE_BYTES, MAX_RATIO * size))


def most_cells(size: int) -> int:
    """Return how many cells a sheet of so many bytes may span: one that is nearly empty may not reach far."""
    return min(MAX_CELLS, max(FEW_CELLS, size // 2))
