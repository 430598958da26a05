"""What persons decided about pairs (同一人, 不是同一人), honoured the next time whatever order the rows are in.

A record is known again by a code of what says who it is: name, numbers, birth date, school. The code is made with a secret key that is
in no report (`tables.keyfile`): beside a masked row, a plain digest would say which name and birth date fit, to whoever tries them all.
Lists written before there was a key have such digests; they are still honoured, and written anew with codes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.tables.keyfile import keyed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.matching.people import People

SAME, DIFFERENT, PENDING = "same", "different", "pending"

#: Hexadecimal digits of a record's code, and of the mark of a key.
_CODE, _MARK = 16, 6


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision.

    Attributes:
        left: Key of one record.
        right: Key of the other.
        decision: same, different or pending.
        row: The row of the decisions file that says so.
        keyed: The keys are codes made with the secret key, not the digests of old.
    """

    left: str
    right: str
    decision: str
    row: int
    keyed: bool = True


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of files, and the secret key with which their records are known again."""

    decisions: tuple[Decision, ...]
    secret: bytes

    def locate(self, people: People) -> tuple[pl.DataFrame, tuple[int, ...]]:
        """Find the pairs of records that were decided on.

        Returns:
            `l`, `r`, `decision` of each pair, the last decision of a pair counting; and the rows of the file whose records are
            not there any more, or say something else now.
        """
        places = self._places(people)
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

    def named(self, people: People) -> list[int]:
        """Return the records that any decision names."""
        places = self._places(people)
        return [place for each in self.decisions for key in (each.left, each.right) for place in places.get(key, ())]

    def _places(self, people: People) -> dict[str, list[int]]:
        """Return the records by the keys under which they are known again."""
        places: dict[str, list[int]] = {}
        texts = _texts(people)
        for index, key in enumerate(_codes(texts, self.secret)):
            places.setdefault(key, []).append(index)
        if not all(each.keyed for each in self.decisions):
            for index, key in enumerate(_old_digests(texts)):
                places.setdefault(key, []).append(index)
        return places


def record_keys(people: People, secret: bytes, records: Sequence[int] | None = None) -> list[str]:
    """Return the keys by which records are known again.

    Args:
        people: The records.
        secret: The secret key.
        records: Which of them; all when not given.
    """
    texts = _texts(people)
    return _codes(texts if records is None else [texts[record] for record in records], secret)


def key_mark(secret: bytes) -> str:
    """Return a few digits by which a list says which secret key it was written with: they tell nothing else about it."""
    return keyed(secret, "which key", "").hex()[:_MARK]


def _texts(people: People) -> list[str]:
    """Return what says who each record is."""
    own = [each for each in people.model.compare if not each.group]
    names = list(dict.fromkeys(name for each in own for name in each.fields if people.has(name)))
    told = people.values.select(
        pl.concat_str([pl.col(n).cast(pl.String).fill_null("") for n in names], separator="\x1f")
    )
    return (told.to_series() + "\x1f" + people.places["school"].fill_null("")).to_list()


def _codes(texts: Sequence[str], secret: bytes) -> list[str]:
    # A loop over records: the code has to be the same with any version of any library.
    return [keyed(secret, "record", text).hex()[:_CODE] for text in texts]


def _old_digests(texts: Sequence[str]) -> list[str]:
    return [hashlib.blake2b(text.encode(), digest_size=4).hexdigest() for text in texts]
