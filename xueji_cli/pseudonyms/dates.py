"""Dates as they are written: another day, spelled the same way; what can't be read as a date can't be read afterwards either."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING
from unicodedata import normalize

import polars as pl

from xueji_cli.checks.field_rules import PLACEHOLDERS
from xueji_cli.pseudonyms.days import day, month
from xueji_cli.values import text
from xueji_cli.values.dates import parse_dates

if TYPE_CHECKING:
    from xueji_cli.pseudonyms.cipher import Cipher

#: Year, month and, where it is known, day, with whatever stands between them.
_COMPACT = re.compile(r"(\D*)(\d{4})()(\d{2})()(\d{2})?(?!\d)")
_PARTED = re.compile(r"(\D*)(\d{4})(\D+)(\d{1,2})(?:(\D+)(\d{1,2}))?(?!\d)")
_EPOCH = date(1899, 12, 30)


def dates(cipher: Cipher, cells: pl.Series, *, months: bool) -> pl.Series:
    """Return pseudonyms of dates.

    Args:
        cipher: The key.
        cells: As written, no null.
        months: Months without a day are those of entry, nobody's secret: they stay.
    """
    parsed = parse_dates(text.fold(cells)).struct.unnest()
    # A loop over distinct dates: some thousands.
    rows = zip(cells, parsed["ymd"], parsed["precision"], parsed["plain"], strict=True)
    made = [_cell(cipher, cell, ymd, precision, plain=plain, months=months) for cell, ymd, precision, plain in rows]
    told = pl.Series(made, dtype=pl.String)
    again = parse_dates(text.fold(told)).struct.field("date").is_not_null() & parsed["date"].is_null()
    # Nines are no month.
    spoilt = told.to_frame("v").select(pl.col("v").str.replace_all(r"\d", "9")).to_series()
    return pl.DataFrame({"a": again, "s": spoilt, "t": told}).select(pl.when("a").then("s").otherwise("t")).to_series()


def _cell(
    cipher: Cipher, cell: str, ymd: int | None, precision: str | None, *, plain: bool | None, months: bool
) -> str:
    if cell.strip() in PLACEHOLDERS or not cell.strip():
        return cell
    if ymd is None:
        return _unreadable(cipher, cell)
    if precision == "month":
        if months:
            return cell
        new = ymd // 10_000 * 10_000 + month(cipher, ymd // 10_000, ymd // 100 % 100) * 100 + 1
    else:
        new = day(cipher, ymd)
    found = _COMPACT.match(cell) or _PARTED.match(cell)
    if found is None or normalize("NFKC", found[2]) != f"{ymd // 10_000:04}":
        return _serial(cell, new)
    before, year, one, m, two, d = (part or "" for part in found.groups())
    told = [before, year, one, _like(m, new // 100 % 100), two, _like(d, new % 100) if d else ""]
    rest = re.sub(r"\d", "0", cell[found.end() :])
    made = "".join(told) + rest
    # 2012-3-17 is written loosely, 2012-11-22 is not: another stroke keeps it loose.
    if not plain and re.fullmatch(r"\d{4}-\d{2}-\d{2}", made):
        made = made.replace("-", "/")
    return made


def _serial(cell: str, ymd: int) -> str:
    """Return a day as the number that a spreadsheet program counts it by."""
    new = date(ymd // 10_000, ymd // 100 % 100, ymd % 100) - _EPOCH
    return re.sub(r"\d{5}", str(new // timedelta(days=1)), cell, count=1)


def _like(written: str, number: int) -> str:
    """Return a number with as many digits as another has, of its width."""
    told = f"{number:0{len(written)}}" if written else ""
    return "".join(chr(ord(char) + 0xFEE0) for char in told) if written and not written.isascii() else told


def _unreadable(cipher: Cipher, cell: str) -> str:
    """Return what is no date with its year and its signs kept and everything else replaced."""
    compact = re.fullmatch(r"(\s*)(\d{8})(\s*)", cell)
    if compact and cell.isascii():
        return f"{compact[1]}{day(cipher, int(compact[2])):08}{compact[3]}"
    found = re.match(r"(?:19|20)\d{2}(?=\D)", cell)
    year = found[0] if found else ""
    return year + re.sub(
        r"\w+", lambda word: cipher.text("date", word[0]) if word[0] not in "年月日号" else word[0], cell[len(year) :]
    )
