"""How a run past memory is cut: buckets from the number of records and the memory, and what it will take of memory and disk.

The constants were measured (`docs/scale.md`) on registrations with 18 columns; a table with fewer takes less.
"""

from __future__ import annotations

from dataclasses import dataclass

from xueji_cli.tables.memory import LEAST

#: Bytes of memory that a record takes on the way: in memory, all stages; in buckets, the stage that takes most of a part.
IN_MEMORY, _IN_PART = 2_000, 2_400
#: Keys of a record, and bytes of a row of keys in memory while blocks are made of them.
_KEYS, _KEY_ROW = 20, 160
#: Bytes on disk for a record: its rows, values and columns, which stay to the end; keys and pairs, which come and go.
_KEPT, _PASSING = 1_550, 450
#: A part has some records at least: work on it costs a quarter of a second however few they are.
_LEAST_PART = 20_000
_MOST_PARTS = 512


@dataclass(frozen=True, slots=True)
class Cut:
    """How a run is cut.

    Attributes:
        parts: Parts of the records.
        hashed: Buckets of the rows of one key.
        room: Bytes of rows on their way to a bucket that stay in memory, of each stage.
        memory: Bytes that the run will take at the most, the report aside.
        disk: Bytes that it will take in the work folder.
    """

    parts: int
    hashed: int
    room: int
    memory: int
    disk: int


def cut(records: int, memory: int) -> Cut:
    """Return how a run over so many records is cut for so much memory (bytes)."""
    room = max(memory - LEAST, LEAST)
    parts = min(max(-(-records * _IN_PART * 2 // room), 1), max(records // _LEAST_PART, 1), _MOST_PARTS)
    hashed = max(-(-records * 2 * _KEY_ROW * 2 // room), 1)
    taken = LEAST + min(
        max(records // parts * _IN_PART, records * 2 * _KEY_ROW // hashed) + room // 4, records * IN_MEMORY
    )
    return Cut(int(parts), int(hashed), room // 8, int(taken), records * (_KEPT + _PASSING))


def of_part(records: int, parts: int) -> tuple[int, int]:
    """Return the bytes of memory that work on one of so many parts takes, and those on disk of all.

    Args:
        records: How many there are in all.
        parts: Into how many parts they are cut.
    """
    return LEAST + -(-records // max(parts, 1)) * _IN_PART, records * (_KEPT + _PASSING)
