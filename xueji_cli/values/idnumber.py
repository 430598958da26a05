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

from xueji_cli.values.text import put, read_cells, spread

#: Weights of the first 17 digits (ISO 7064 MOD 11-2): powers of 2 modulo 11.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"

#: What stands in for X at the end: multiplication sign, Cyrillic and Greek look-alikes, the Roman ten (before NFKC).
_X_LIKE = r"[xX×ХхΧχⅩ＊*]$"

#: Shape of a number whose check digit can be computed.
SHAPE = r"^[0-9]{17}[0-9X]$"


def read(cells: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Read a column of ID or roll numbers.

    Args:
        cells: As written.

    Returns:
        The numbers without spaces, dashes or apostrophes, in half-width capitals, X look-alikes at the end made X (null where blank);
        and what was wrong with the writing (`text.DIRT`; None when nothing is anywhere).
    """
    odd = (~cells.str.contains(r"^[GJL]?[0-9]{17}[0-9X]$")).arg_true()
    if not len(odd):
        return cells, None
    folded, dirt = read_cells(cells.gather(odd))
    repaired = (
        folded.to_frame("v")
        .select(
            pl.col("v")
            .str.replace_all(r"[ '`‘’\-‐–—_]", "")
            .str.to_uppercase()
            .str.replace(r"^([GJL]?[0-9]{17})" + _X_LIKE, "${1}X")
        )
        .to_series()
    )
    return put(cells, odd, repaired.set(repaired == "", None)), spread(cells, odd, dirt)


def normalise(cells: pl.Series) -> pl.Series:
    """Return only the numbers of `read`."""
    return read(cells)[0]


def digits(numbers: pl.Series) -> pl.Series:
    """Return the first 17 digits as an integer, from which the parts of the number are cut; null where they are not digits."""
    return numbers.to_frame("n").select(pl.col("n").str.head(17).cast(pl.Int64, strict=False)).to_series()


def _weighted_sum(whole: pl.Series) -> pl.Series:
    """Return Σ weight × digit of 17 digits, modulo 11.

    The weights are powers of two modulo 11: the sum is 2 Σ 2ᵏ·dₖ with d₀ the 17th digit. With qₖ the number cut short by k digits,
    dₖ is qₖ - 10·qₖ₊₁, so Σ 2ᵏ·dₖ = q₀ - Σₖ 8·2ᵏ⁻¹·qₖ: one division a digit, on a whole column of integers at a time.
    """
    total = pl.col("n")
    for k in range(1, 17):
        total = total - (pl.col("n") // 10**k) * (8 * 2 ** (k - 1) % 11)
    return whole.to_frame("n").select(total * 2 % 11).to_series()


def check_character(whole: pl.Series) -> pl.Series:
    """Return the check character that 17 digits (`digits`) call for; null where there are none."""
    characters = pl.Series(list(CHECK_CHARACTERS), dtype=pl.String)
    return characters.gather(_weighted_sum(whole))


def check_digit_fits(numbers: pl.Series) -> pl.Series:
    """Return whether the 18th character is the one that the first 17 call for; null when those are not digits."""
    return (numbers.str.slice(17, 1) == check_character(digits(numbers))).alias(numbers.name)


def birth(whole: pl.Series) -> pl.Series:
    """Return digits 7–14 of 17 (`digits`) as an integer such as 20120412; null when there is no such day."""
    ymd = (pl.col("n") // 1000 % 10**8).cast(pl.Int32)
    day, month, year = pl.col("ymd") % 100, pl.col("ymd") // 100 % 100, pl.col("ymd") // 10_000
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    # 31 and 30 days by turns, beginning again in August.
    last = pl.when(month == 2).then(28 + leap.cast(pl.Int32)).otherwise(30 + (month + month // 8) % 2)
    real = (year > 0) & month.is_between(1, 12) & day.is_between(1, last)
    return whole.to_frame("n").select(ymd=ymd).select(pl.when(real).then("ymd")).to_series()


#: First two digits: the provinces of GB/T 2260, and 81, 82, 83 of the residence permits for Hong Kong, Macau and Taiwan residents.
PROVINCES = (
    *(
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
    ),
    *("50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83"),
)


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
        periods = [(int(first or 0), int(last or 9999)) for first, last in re.findall(r"\[([0-9]*)-([0-9]*)\]", names)]
        counties[province + code] = tuple(periods) or ((0, 9999),)
    return counties


def has_counties(region: pl.Expr) -> pl.Expr:
    """Return whether a 6-digit region (an integer) is of a province whose counties are in the table.

    Not so are Taiwan (71), the residence permits (81, 82, 83) and the permanent residence card of foreigners (9…).
    """
    province = region // 10_000
    return (province < 90) & ~province.is_in([71, 81, 82, 83]) & province.is_in([int(code) for code in PROVINCES])


@cache
def last_years() -> pl.Series:
    """Return, for every 6-digit code, the last year in which it was assigned to a county: 0 for never, 9999 for still.

    A column of a million places, so that looking a region up is taking a place of it.
    """
    years = [0] * 1_000_000
    for code, periods in _counties().items():
        years[int(code)] = max(last for _, last in periods)
    return pl.Series(years, dtype=pl.UInt16)


def last_year(region: pl.Expr) -> pl.Expr:
    """Return the last year in which a region (an integer below 1,000,000) was assigned; 0 for never, 9999 for still."""
    return pl.lit(last_years()).gather(region)
