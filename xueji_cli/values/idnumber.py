"""Resident ID numbers (公民身份号码, GB 11643-1999) and the permits of the same shape, as columns.

Own expressions rather than python-stdnum's `cn.ric`: that one takes a number at a time, rejects residence permits of Hong Kong, Macau
and Taiwan residents (81, 82, 83), the permanent residence card of 2023 (9…) and county codes younger than the holder, and fails on
unknown counties. A wrong rejection tells a registrar that a real child is false. stdnum is the oracle in the tests and gives
the county table.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import polars as pl

from xueji_cli.values.text import fold

#: Weights of the first 17 digits (ISO 7064 MOD 11-2): powers of 2 modulo 11.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"

#: What stands in for X at the end: multiplication sign, Cyrillic and Greek look-alikes, the Roman ten (before NFKC).
_X_LIKE = r"[xX×ХхΧχⅩ＊*]$"

#: Shape of a number whose check digit can be computed.
SHAPE = r"^\d{17}[\dX]$"


def normalise(series: pl.Series) -> pl.Series:
    """Return ID numbers without spaces, dashes or apostrophes, in half-width capitals; X look-alikes at the end become X.

    Args:
        series: Cells as written.
    """
    plain = series.str.contains(r"^\d{17}[\dX]$")
    if plain.all():
        return series
    odd = ~plain.fill_null(value=True)
    repaired = (
        fold(series.filter(odd))
        .to_frame("v")
        .select(
            pl.col("v")
            .str.replace_all(r"[ '`‘’\-‐–—_]", "")
            .str.to_uppercase()
            .str.replace(r"^(\d{17})" + _X_LIKE, "${1}X")
        )
        .to_series()
    )
    result = series.scatter(odd.arg_true(), repaired)
    return result.set(result == "", None)


def _weighted_sum(numbers: pl.Series) -> pl.Series:
    """Return Σ weight × digit of the first 17 digits, modulo 11; null where they are not 17 digits.

    The weights are powers of two modulo 11: the sum is 2 Σ 2ᵏ·dₖ with d₀ the 17th digit. With qₖ the number cut short by k digits,
    dₖ is qₖ - 10·qₖ₊₁, so Σ 2ᵏ·dₖ = q₀ - Σₖ 8·2ᵏ⁻¹·qₖ: one division a digit, on a whole column of integers at a time.
    """
    whole = numbers.to_frame("number").select(pl.col("number").str.head(17).cast(pl.Int64, strict=False))
    total = pl.col("number")
    for k in range(1, 17):
        total = total - (pl.col("number") // 10**k) * (8 * 2 ** (k - 1) % 11)
    return whole.select(total * 2 % 11).to_series()


def check_character(numbers: pl.Series) -> pl.Series:
    """Return the check character that the first 17 digits call for; null where they are not digits."""
    characters = pl.Series(list(CHECK_CHARACTERS), dtype=pl.String)
    return characters.gather(_weighted_sum(numbers)).alias(numbers.name)


def check_digit_fits(numbers: pl.Series) -> pl.Series:
    """Return whether the 18th character is the one that the first 17 call for; null when the shape is wrong."""
    last = numbers.str.slice(17, 1).replace({"X": "10"}).cast(pl.Int64, strict=False)
    # The check character's own weight is 1, and the sum of a right number is 1 modulo 11.
    return ((_weighted_sum(numbers) + last) % 11 == 1).alias(numbers.name)


def birth_date(number: pl.Expr) -> pl.Expr:
    """Return digits 7–14 as a date; null when there is no such day."""
    return number.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)


def sex(number: pl.Expr) -> pl.Expr:
    """Return 男 or 女 by the 17th digit (odd is male)."""
    digit = number.str.slice(16, 1).cast(pl.Int8, strict=False)
    return pl.when(digit % 2 == 1).then(pl.lit("男")).when(digit % 2 == 0).then(pl.lit("女"))


def from_15(numbers: pl.Series) -> pl.Series:
    """Return the 18-character form of 15-digit numbers: 19 before the year, and the check character."""
    longer = numbers.str.head(6) + "19" + numbers.str.slice(6)
    return longer + check_character(longer)


@cache
def _counties() -> dict[str, tuple[tuple[int, int], ...]]:
    """Return county code → the periods (first and last year) in which it was assigned.

    Read from python-stdnum's table of GB/T 2260 and its history (`cn/loc.dat`): provinces at the margin, counties indented, each with
    one or more names and `[first-last]` years.
    """
    counties: dict[str, tuple[tuple[int, int], ...]] = {}
    province = ""
    for line in (files("stdnum.cn") / "loc.dat").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        code, _, names = line.strip().partition(" ")
        if len(code) == 2:
            province = code
            continue
        periods = [(int(first or 0), int(last or 9999)) for first, last in re.findall(r"\[(\d*)-(\d*)\]", names)]
        counties[province + code] = tuple(periods) or ((0, 9999),)
    return counties


#: First two digits: the provinces of GB/T 2260, and 81, 82, 83 of the residence permits for Hong Kong, Macau and Taiwan residents.
PROVINCES = (
    *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "45", "46"),
    *("50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83"),
)

#: Prefixes without a county table: permits (81, 82, 83), Taiwan, and the permanent residence card of foreigners (9).
WITHOUT_COUNTIES = r"^(?:71|81|82|83|9)"


def counties() -> list[str]:
    """Return every 6-digit county code that was ever assigned."""
    return list(_counties())


def county_usable(code: str, born: int, until: int) -> bool:
    """Return whether a county code was in force at any time of a life, and so can stand in the number.

    A code that came after the birth is right: the number is given when the household is registered, which can be years later.
    """
    return any(first <= until and last >= born for first, last in _counties().get(code, ()))
