"""What persons decided about pairs (同一人, 不是同一人), honoured the next time whatever order the rows are in.

A record is known again by a short digest of what says who it is: name, numbers, birth date, school. It is short on purpose: eight
hexadecimal digits tell a county's records apart two at a time, and fit too many made-up children to find the real one out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.matching.people import People

SAME, DIFFERENT, PENDING = "same", "different", "pending"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision.

    Attributes:
        left: Key of one record.
        right: Key of the other.
        decision: same, different or pending.
        row: The row of the decisions file that says so.
    """

    left: str
    right: str
    decision: str
    row: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of a file."""

    decisions: tuple[Decision, ...]

    def locate(self, people: People) -> tuple[pl.DataFrame, tuple[int, ...]]:
        """Find the pairs of records that were decided on.

        Returns:
            `l`, `r`, `decision` of each pair, the last decision of a pair counting; and the rows of the file whose records are
            not there any more, or say something else now.
        """
        places: dict[str, list[int]] = {}
        for index, key in enumerate(record_keys(people)):
            places.setdefault(key, []).append(index)
        found: dict[tuple[int, int], str] = {}
        stale = []
        # A loop over decisions: as many as persons can make.
        for each in self.decisions:
            # Two records that say the same have one key.
            pairs = {
                (min(a, b), max(a, b)) for a in places.get(each.left, ()) for b in places.get(each.right, ()) if a != b
            }
            if not pairs:
                stale.append(each.row)
            found |= dict.fromkeys(pairs, each.decision)
        rows = [(left, right, decision) for (left, right), decision in found.items()]
        schema = {"l": pl.UInt32, "r": pl.UInt32, "decision": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row").sort("l", "r"), tuple(stale)


def record_keys(people: People, records: Sequence[int] | None = None) -> list[str]:
    """Return the keys by which records are known again.

    Args:
        people: The records.
        records: Which of them; all when not given.
    """
    own = [each for each in people.model.compare if not each.group]
    names = list(dict.fromkeys(name for each in own for name in each.fields if people.has(name)))
    told = people.values.select(
        pl.concat_str([pl.col(n).cast(pl.String).fill_null("") for n in names], separator="\x1f")
    )
    text = (told.to_series() + "\x1f" + people.places["school"].fill_null("")).to_list()
    chosen = text if records is None else [text[record] for record in records]
    # A loop over records: the digest has to be the same with any version of any library.
    return [hashlib.blake2b(each.encode(), digest_size=4).hexdigest() for each in chosen]
