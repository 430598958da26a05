"""Telephone numbers: mobile and fixed lines, several in a cell, and numbers that are nobody's."""

from __future__ import annotations

import polars as pl

from xueji_cli.values.text import on_distinct, put, read_cells, spread

_MOBILE = r"^1[3-9][0-9]{9}$"
_FIXED = r"^(?:(?:0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(?:(?:-|转|转分机)[0-9]{1,5})?|[48]00-?[0-9]{3}-?[0-9]{4})$"

#: A fixed line that other text follows.
_FIXED_IN_TEXT = r"(?:0[0-9]{2,3}-?)?[2-9][0-9]{6,7}|[48]00-?[0-9]{3}-?[0-9]{4}"

# Written to get past a required field: one digit repeated, a run, or the example numbers of forms and operators.
_PLACEHOLDERS = (
    *(digit * length for digit in "0123456789" for length in (7, 8, 10, 11, 12)),
    *("1" + digit * 10 for digit in "3456789"),
    *(
        f"1{second}{third}{zeros}"
        for second in "3456789"
        for third in "0123456789"
        for zeros in ("00000000", "11111111")
    ),
    *(f"1{second}123456789" for second in "3456789"),
    *("13800138000", "13912345678", "13812345678", "12345678901", "12345678910", "12345678", "1234567"),
)

#: What is wrong with a telephone number.
#:
#: placeholder  nobody's number
#: several      two or more numbers in one cell
#: format       right, but with +86, spaces or dashes in a mobile number
#: bad          not a telephone number
PLACEHOLDER, SEVERAL, FORMAT, BAD = "placeholder", "several", "format", "bad"


def _tidy(values: pl.Series) -> pl.Series:
    numbers = pl.col("v").str.replace(r"^(?:\+|00)?86[- ]?(1[3-9])", "${1}").str.replace_all(r"[\s\-()（）]", "")
    others = pl.col("v").str.replace_all(r"[—–－]", "-").str.replace_all(r"[ ()]", "")
    # A lone bracket is no telephone number, but it is not nothing either.
    tidy = pl.when(numbers.str.contains(_MOBILE)).then(numbers).when(others != "").then(others).otherwise("v")
    return values.to_frame("v").select(tidy).to_series()


def _flaw(values: pl.Series) -> pl.Series:
    n = pl.col("n")
    frame = pl.DataFrame({"v": values, "n": _tidy(values)})
    pieces = (
        n.str.replace_all(r"[,，、/\\;；|或和]+", " ")
        .str.strip_chars(" ")
        .str.split(" ")
        .list.eval(pl.element().str.contains(_MOBILE) | pl.element().str.contains(_FIXED))
    )
    return frame.select(
        pl.when(n.is_in(_PLACEHOLDERS))
        .then(pl.lit(PLACEHOLDER))
        .when(n.str.contains(_MOBILE))
        .then(pl.when(n != pl.col("v")).then(pl.lit(FORMAT)))
        .when(n.str.contains(_FIXED))
        .then(pl.lit(None, dtype=pl.String))
        .when((pieces.list.len() > 1) & pieces.list.all())
        .then(pl.lit(SEVERAL))
        .when(pl.col("v").str.contains(r"1[3-9][0-9]{9}[^0-9]+1[3-9][0-9]{9}|^1[3-9][0-9]{9}1[3-9][0-9]{9}$"))
        .then(pl.lit(SEVERAL))
        .otherwise(pl.lit(BAD))
    ).to_series()


def read(cells: pl.Series) -> tuple[pl.Series, pl.Series | None, pl.Series | None]:
    """Read a column of telephone numbers.

    Args:
        cells: As written.

    Returns:
        The number without decoration (null where blank); what was wrong with the writing (`text.DIRT`); and what is wrong with the
        number. The last two are None when nothing is anywhere.
    """
    odd = (~(cells.str.contains(_MOBILE) & ~cells.is_in(_PLACEHOLDERS))).arg_true()
    if not len(odd):
        return cells, None, None
    values, dirt = read_cells(cells.gather(odd))
    tidy = on_distinct(values, _tidy)
    flaw = on_distinct(values, _flaw)
    return put(cells, odd, tidy), spread(cells, odd, dirt), spread(cells, odd, flaw)


def split(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Split cells that hold several numbers (`SEVERAL`).

    Args:
        cells: Tidy text.

    Returns:
        The first number, and all else that the cell says, as it stands but for separators at its ends; both null where no number is found.
    """
    number = rf"(1[3-9][0-9]{{9}})|({_FIXED_IN_TEXT})"
    found = cells.to_frame("v").select(
        pl.col("v").str.extract(number, 0).alias("first"),
        pl.col("v").str.replace(number, "\n").alias("rest"),
    )
    first = found.select(pl.col("first").str.replace_all(r"[ ()]", "")).to_series()
    rest = found.select(
        pl.col("rest").str.replace_all(r"[\n ]+", " ").str.strip_chars(" ,，、/\\;；|或和").replace("", None)
    ).to_series()
    return first, rest.set(first.is_null(), None)
