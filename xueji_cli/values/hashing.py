"""Values as numbers of 64 bits: several in one, and which may occur twice."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What the values before are multiplied with, so that it matters which stands where; odd, and of no pattern.
_FACTOR = 0x9E3779B97F4A7C15
#: Of numbers so many bits are looked at before they are compared whole: more would not fit into the processor's cache.
_BITS = 21


def in_one(numbers: Sequence[pl.Expr], seed: int) -> pl.Expr:
    """Return one number (UInt64) of several: another for every other combination, for all that is to be expected.

    Many times as fast as the hash of a struct.

    Args:
        numbers: UInt64, never null: keys, or hashes of values.
        seed: What is to be told apart from what other such numbers stand for has another.
    """
    return reduce(lambda before, number: before * _FACTOR + number, numbers).hash(seed=seed)


def not_alone(numbers: pl.Series) -> pl.Series:
    """Return which numbers may occur more than once: others end in the same bits. Most that occur once are told at once.

    Args:
        numbers: UInt64 without nulls; hashes, so that any bits of them tell as much as others.
    """
    import numpy as np

    bits = min(max((4 * len(numbers)).bit_length(), 10), _BITS)
    last = (numbers.to_numpy() & np.uint64(2**bits - 1)).astype(np.int64)
    return pl.Series(np.bincount(last, minlength=2**bits)[last] > 1)
