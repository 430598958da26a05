"""Counter-based random numbers as Polars expressions.

Every draw is a hash (SplitMix64) of the seed, the name of the draw and a key column, and depends on nothing else: the
same seed gives the same people on every machine and with every version of Polars, a draw added later changes no other
draw, and rows that share a key (brothers and sisters, the family's number) share the draw.
"""

from __future__ import annotations

from zlib import crc32

import polars as pl

_STEP = 0x9E3779B97F4A7C15
_MIX1 = 0xBF58476D1CE4E5B9
_MIX2 = 0x94D049BB133111EB
_WORD = (1 << 64) - 1


def _word(value: int) -> pl.Expr:
    return pl.lit(value & _WORD, dtype=pl.UInt64)


class Dice:
    """Draws that depend on a seed, a name and a key column."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def draw(self, what: str, key: str = "i") -> pl.Expr:
        """Return 64 random bits for each row (UInt64)."""
        start = self.seed * _MIX2 + (crc32(what.encode()) << 20) * _MIX1
        word = (pl.col(key).cast(pl.UInt64) + 1) * _word(_STEP) + _word(start)
        word = (word ^ (word // _word(1 << 30))) * _word(_MIX1)
        word = (word ^ (word // _word(1 << 27))) * _word(_MIX2)
        return word ^ (word // _word(1 << 31))

    def below(self, limit: int | pl.Expr, what: str, key: str = "i") -> pl.Expr:
        """Return an integer from 0 up to, not including, `limit` (Int64)."""
        bound = _word(limit) if isinstance(limit, int) else limit.cast(pl.UInt64)
        return (self.draw(what, key) % bound).cast(pl.Int64)

    def chance(self, share: float, what: str, key: str = "i") -> pl.Expr:
        """Return True for about this share of the keys."""
        return self.draw(what, key) < _word(round(share * _WORD))

    def pick(self, choices: list[str] | dict[str, int], what: str, key: str = "i") -> pl.Expr:
        """Return one of the choices; a dict gives each its weight."""
        if isinstance(choices, dict):
            choices = [choice for choice, weight in choices.items() for _ in range(weight)]
        return pl.lit(pl.Series(choices)).gather(self.below(len(choices), what, key))
