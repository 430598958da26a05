"""Replacement with a key: every value has one pseudonym, and no two values share one.

All stands on HMAC-SHA256. What a character becomes depends on the key and on all the characters around it, in rounds of which each can be
undone by whoever has the key (a Feistel network): so equal texts stay equal, and different ones different, without a list being kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from xueji_cli.pseudonyms.alphabets import class_of, members, places
from xueji_cli.tables.keyfile import keyed

if TYPE_CHECKING:
    from collections.abc import Sequence

Member = TypeVar("Member", int, str)


class Cipher:
    """Pseudonyms of one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._orders: dict[str, dict[Any, Any]] = {}
        self._tables: dict[str, pl.Series] = {}
        self._texts: dict[tuple[str, str, bool], str] = {}

    def bytes(self, purpose: str, text: str) -> bytes:
        """Return 32 bytes that belong to a text."""
        return keyed(self._key, purpose, text)

    def number(self, purpose: str, text: str, below: int) -> int:
        """Return a number that belongs to a text."""
        return int.from_bytes(keyed(self._key, purpose, text)[:8], "big") % below

    def table(self, purpose: str, size: int) -> pl.Series:
        """Return a number below `size` for each number below it, as a column to look them up in."""
        known = self._tables.get(purpose)
        if known is None:
            drawn = [self.number(purpose, str(each), size) for each in range(size)]
            known = self._tables[purpose] = pl.Series(drawn, dtype=pl.Int64)
        return known

    def within(self, purpose: str, each: Member, group: Sequence[Member]) -> Member:
        """Return which member of a group takes the place of another: one each, in an order that the key gives.

        Args:
            purpose: What for; each purpose has one group.
            each: A member.
            group: All of them, in an order of its own.
        """
        known: dict[Member, Member] | None = self._orders.get(purpose)
        if known is None:
            mixed = sorted(group, key=lambda member: keyed(self._key, purpose, str(member)))
            known = self._orders[purpose] = dict(zip(group, mixed, strict=True))
        return known[each]

    def text(self, purpose: str, text: str, *, numeral: bool = False) -> str:
        """Return a text of the same length and kind: every character one of its class, signs and spaces as they are.

        Args:
            purpose: What for; a text has another pseudonym for each purpose.
            text: Any text.
            numeral: A number: its first digit does not become 0.
        """
        known = self._texts.get((purpose, text, numeral))
        if known is None:
            symbols = list(text)
            classes = [class_of(char) for char in symbols]
            if numeral and symbols and symbols[0] in "123456789":
                classes[0] = "first digit"
            known = self._texts[purpose, text, numeral] = "".join(self.symbols(purpose, symbols, classes))
        return known

    def symbols(self, purpose: str, symbols: list[str], classes: list[str]) -> list[str]:
        """Return symbols of the same classes.

        Args:
            purpose: What for.
            symbols: Characters, or a surname of two.
            classes: The class of each (`alphabets`); empty for one that stays.
        """
        moving = [place for place, name in enumerate(classes) if name]
        told = list(symbols)
        if not moving:
            return told
        if len(moving) == 1:
            name = classes[moving[0]]
            told[moving[0]] = self.within(f"{purpose} alone {name}", symbols[moving[0]], members(name))
            return told
        sizes = [len(members(classes[place])) for place in moving]
        values = [places(classes[place])[symbols[place]] for place in moving]
        frame = "|".join(classes[place] for place in moving)
        # Each in turn, and the first once more: after that every one depends on all of them.
        for index in (*range(len(values)), 0):
            around = [*values[:index], *values[index + 1 :]]
            values[index] = (values[index] + self.number(purpose, f"{frame} {index} {around}", sizes[index])) % sizes[
                index
            ]
        for place, value in zip(moving, values, strict=True):
            told[place] = members(classes[place])[value]
        return told
