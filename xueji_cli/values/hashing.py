"""Several values as one number of 64 bits."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What the values before are multiplied with, so that it matters which stands where; odd, and of no pattern.
_FACTOR = 0x9E3779B97F4A7C15


def in_one(numbers: Sequence[pl.Expr], seed: int) -> pl.Expr:
    """Return one number (UInt64) of several: another for every other combination, for all that is to be expected.

    Many times as fast as the hash of a struct.

    Args:
        numbers: UInt64, never null: keys, or hashes of values.
        seed: What is to be told apart from what other such numbers stand for has another.
    """
    return reduce(lambda before, number: before * _FACTOR + number, numbers).hash(seed=seed)
