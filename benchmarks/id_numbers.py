"""Identity numbers as integers: 17 digits and their check character (GB 11643-1999)."""

from __future__ import annotations

import polars as pl

_CHECK = list("10X98765432")


def body(region: pl.Expr, birth: pl.Expr, sequence: pl.Expr) -> pl.Expr:
    """Return the first 17 digits as one integer: region 6, birth date 8, sequence 3."""
    day = birth.dt.year().cast(pl.Int64) * 10_000 + birth.dt.month().cast(pl.Int64) * 100 + birth.dt.day()
    return region.cast(pl.Int64) * 10**11 + day * 1000 + sequence.cast(pl.Int64)


def _remainder(column: str) -> pl.Expr:
    """Return the weighted sum of the 17 digits modulo 11; the digit k places from the left weighs 2^(17-k) mod 11.

    Takes a column that is already computed: an expression would be computed again for each of the digits.
    """
    return pl.sum_horizontal(pl.col(column) // 10 ** (16 - k) % 10 * (2 ** (17 - k) % 11) for k in range(17)) % 11


def check_value(column: str) -> pl.Expr:
    """Return the check digit of a column of 17-digit integers, 10 for X."""
    return (12 - _remainder(column)) % 11


def with_check(column: str) -> pl.Expr:
    """Return the 18 characters for a column of 17-digit integers."""
    return pl.col(column).cast(pl.String) + pl.lit(pl.Series(_CHECK)).gather(_remainder(column))


def sequence(rank: pl.Expr, start: pl.Expr, male: pl.Expr) -> pl.Expr:
    """Return a three-digit sequence number, odd for men, different for each rank below 499."""
    return (start + rank) % 499 * 2 + pl.when(male).then(1).otherwise(2)


def check_character(first17: str) -> str:
    """Return the check character of 17 digits: the same sum for one number, for the faults that need it."""
    return _CHECK[sum(int(digit) * pow(2, 17 - k, 11) for k, digit in enumerate(first17)) % 11]
