"""Dates in any of the spellings people use, with how precise they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from datetime import date

#: What `parse_dates` answers for a cell.
#:
#: date       the day; the first of the month where only the month is known
#: ymd        the same as an integer (20100305), quicker to reckon with
#: precision  day or month
#: plain      written YYYYMMDD or YYYY-MM-DD (months: YYYYMM or YYYY-MM), as the national template wants it
PARSED = pl.Struct({"date": pl.Date, "ymd": pl.Int32, "precision": pl.String, "plain": pl.Boolean})

_PLAIN = r"^(?:[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{6}|[0-9]{4}-[0-9]{2})$"
_SEPARATORS = r"[年月./\\、。,，;—–―－~_\- ]+"

# Excel counts days from here (its day 60 is a 29 February 1900 that never was; nobody in a roster is that old).
_EXCEL_EPOCH = pl.date(1899, 12, 30)
_SERIAL_RANGE = (14_000, 73_000)  # 1938 to 2099


def _parse(values: pl.Series) -> pl.Series:
    text = (
        pl.col("v")
        .str.replace(r"[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$", "")
        .str.replace(r"[日号]$", "")
        .str.replace_all(_SEPARATORS, "-")
        .str.strip_chars("-")
    )
    compact = pl.col("t").str.extract_groups(r"^(?<y>[0-9]{4})(?<m>[0-9]{2})(?<d>[0-9]{2})?$")
    parted = pl.col("t").str.extract_groups(r"^(?<y>[0-9]{4})-(?<m>[0-9]{1,2})(?:-(?<d>[0-9]{1,2}))?$")
    serial = pl.when(pl.col("t").str.contains(r"^[0-9]{5}$")).then(pl.col("t").cast(pl.Int32, strict=False))
    frame = (
        values.to_frame("v")
        .with_columns(t=text)
        .with_columns(c=compact, p=parted, serial=serial)
        .with_columns(
            y=pl.coalesce(pl.col("c").struct.field("y"), pl.col("p").struct.field("y")),
            m=pl.coalesce(pl.col("c").struct.field("m"), pl.col("p").struct.field("m")).str.zfill(2),
            d=pl.coalesce(pl.col("c").struct.field("d"), pl.col("p").struct.field("d")).str.zfill(2),
        )
        .with_columns(
            written=pl.concat_str("y", "m", pl.col("d").fill_null("01")).str.to_date("%Y%m%d", strict=False),
            counted=pl.when(pl.col("serial").is_between(*_SERIAL_RANGE)).then(
                _EXCEL_EPOCH + pl.duration(days=pl.col("serial"))
            ),
        )
    )
    date = pl.coalesce("written", "counted")
    return frame.select(
        pl.struct(
            date=date,
            ymd=date.dt.strftime("%Y%m%d").cast(pl.Int32, strict=False),
            precision=pl.when(pl.col("written").is_not_null() & pl.col("d").is_null())
            .then(pl.lit("month"))
            .when(date.is_not_null())
            .then(pl.lit("day")),
            plain=pl.col("v").str.contains(_PLAIN),
        ).cast(PARSED)
    ).to_series()


def parse_dates(series: pl.Series) -> pl.Series:
    """Return each cell's date, precision and whether it is written plainly (`PARSED`); null for a blank cell.

    Understood: 20100305, 2010-3-5, 2010/03/05, 2010.3.5, 2010年3月5日, 2010、3、5, 2010。3。5, a time of day behind it, months
    (201003, 2010.03, 2010年3月), and the serial day numbers that Excel leaves when a date loses its format (40242). Orders that
    could be read in two ways (3/5/2010) and two-digit years are not guessed: their date is null.

    Args:
        series: Folded cells (`text.read`).
    """
    return on_distinct(series, _parse)


def written(ymd: pl.Expr) -> pl.Expr:
    """Return a day given as an integer in ISO form: 20100305 → 2010-03-05."""
    return ymd.cast(pl.String).str.replace(r"^([0-9]{4})([0-9]{2})([0-9]{2})$", "${1}-${2}-${3}")


def as_integer(day: date) -> int:
    """Return a day as an integer: 20100305."""
    return day.year * 10_000 + day.month * 100 + day.day


def completed_years(since: pl.Expr, until: pl.Expr | int) -> pl.Expr:
    """Return the whole years between two days given as integers (20250831 less 20190901 is 5.9930: 5 years)."""
    return (until - since) // 10_000
