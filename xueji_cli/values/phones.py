"""Telephone numbers: mobile and fixed lines, several in a cell, and numbers that are nobody's."""

from __future__ import annotations

import polars as pl

from xueji_cli.values.text import on_distinct, put, read_cells, spread

_MOBILE = r"^1[3-9][0-9]{9}$"
_FIXED = r"^(?:0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(?:-[0-9]{1,5})?$"

# Written to get past a required field: one digit repeated, a run, or the example number of every form.
_PLACEHOLDER = (
    r"^(?:1?0{7,11}|1{11}|1?2{10}|1?3{10}|1?4{10}|1?5{10}|1?6{10}|1?7{10}|1?8{10}|1?9{10}|13800000000|13800138000|"
    r"13[0-9]0{8}|13912345678|13812345678|1[3-9]123456789|12345678901|13000000000|18888888888)$"
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
    return (
        values.to_frame("v")
        .select(
            pl.when(numbers.str.contains(_MOBILE))
            .then(numbers)
            .otherwise(pl.col("v").str.replace_all(r"[—–－]", "-").str.replace_all(r"[ ()]", ""))
        )
        .to_series()
    )


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
        pl.when(n.str.contains(_PLACEHOLDER))
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
    # Every placeholder repeats a digit six times, counts up, or is the network operator's example.
    suspect = r"0{6}|1{6}|2{6}|3{6}|4{6}|5{6}|6{6}|7{6}|8{6}|9{6}|12345678|00138000"
    odd = (~(cells.str.contains(_MOBILE) & ~cells.str.contains(suspect))).arg_true()
    if not len(odd):
        return cells, None, None
    values, dirt = read_cells(cells.gather(odd))
    tidy = on_distinct(values, _tidy)
    flaw = on_distinct(values, _flaw)
    return put(cells, odd, tidy), spread(cells, odd, dirt), spread(cells, odd, flaw)
