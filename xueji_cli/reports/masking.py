"""How personal data is shown: enough to find the row again, too little to harm the child.

A mask must hold for dirty cells as well, since these are what a report shows: a name typed in the ID column, two
phones in one cell, an ID with a digit missing. So each mask knows the one exact shape that may keep its usual ends,
and everything else keeps less. The birth date never shows through: an ID number keeps its region and its last four
characters only when it has all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.model import FieldType, Pii

if TYPE_CHECKING:
    from xueji_cli.schema.model import Field

#: Masks beyond `Pii`: codes are long numbers that are not personal; of a column no field claims nothing is known.
CODES = "codes"
UNKNOWN = "unknown"

#: Longest run of stars; a cell of a thousand characters is not to be retold as a thousand stars.
_STARS = "*" * 24

_PUBLIC_NUMBERS = frozenset({FieldType.REGION, FieldType.SCHOOL_CODE})

#: A run of digits, single blanks or dashes between them allowed: 11 or more of them may be a phone or an ID.
_RUN = r"(\d[\s-]?\d[\s-]?\d)(?:[\s-]?\d){%d,}([\s-]?\d[\s-]?[\dXx])"


def mask_name(field: Field | None) -> str:
    """Return which mask the values of a field take, by the name that `mask` knows."""
    if field is None:
        return UNKNOWN
    if field.pii is Pii.NONE and field.type in _PUBLIC_NUMBERS:
        return CODES
    return field.pii.value


def mask(value: pl.Expr, kind: str) -> pl.Expr:
    """Return the value as it may be shown.

    Args:
        value: Text of cells; null stays null.
        kind: A `Pii` value, or `codes`, or `unknown`.
    """
    return _MASKS[kind](value)


def _id_number(value: pl.Expr) -> pl.Expr:
    text = value.str.strip_chars()
    length = text.str.len_chars().cast(pl.Int64)
    whole = r"^([A-Za-z]?\d{6})\d{8}(\d{3}.)$"
    # 3.41323E+17 tells no more than the region, and is what the registrar has to see.
    damaged = r"^\d(\.\d{1,5})?[Ee]\+?\d{1,2}$"
    return (
        pl.when(text.str.contains(whole))
        .then(text.str.replace(whole, "${1}********${2}"))
        .when(text.str.contains(damaged))
        .then(text)
        .when(length >= 12)
        .then(pl.concat_str(text.str.head(3), _stars(length - 5), text.str.tail(2)))
        .when(text.str.contains(r"\d"))
        .then(pl.concat_str(text.str.head(1), _stars(length - 1)))
        .otherwise(_name(text))
    )


def _name(value: pl.Expr) -> pl.Expr:
    # One star whatever the length; a blank (or something invisible) in front is not the first character.
    first = value.str.extract(r"([^\s\p{C}])", 1)
    return pl.when(first.is_null()).then(value).otherwise(pl.concat_str(first, pl.lit("*")))


def _phone(value: pl.Expr) -> pl.Expr:
    text = value.str.strip_chars()
    length = text.str.len_chars().cast(pl.Int64)
    whole = r"^(\d{3})\d{4}(\d{4})$"
    return (
        pl.when(text.str.contains(whole))
        .then(text.str.replace(whole, "${1}****${2}"))
        .when(length >= 10)
        .then(pl.concat_str(text.str.head(3), _stars(length - 5), text.str.tail(2)))
        .otherwise(pl.concat_str(text.str.head(1), _stars(length - 1)))
    )


def _address(value: pl.Expr) -> pl.Expr:
    text = value.str.strip_chars()
    keep = pl.when(text.str.len_chars() > 8).then(6).otherwise(2)
    return pl.concat_str(text.str.head(keep), pl.lit("***"))


def _date(value: pl.Expr) -> pl.Expr:
    # A serial number (40242) is a date in disguise: only a year that stands as one is kept.
    year = value.str.extract(r"^\s*(\d{4})(?:\D|\d{2}(?:\d{2})?(?:\D|$)|$)", 1)
    return (
        pl.when(value.is_null() | (value.str.strip_chars() == ""))
        .then(value)
        .when(year.is_null())
        .then(pl.lit("****-**-**"))
        .otherwise(pl.concat_str(year, pl.lit("-**-**")))
    )


def _digit_runs(value: pl.Expr) -> pl.Expr:
    return value.str.replace_all(_RUN % 6, "${1}******${2}")


def _codes(value: pl.Expr) -> pl.Expr:
    return value.str.replace_all(_RUN % 8, "${1}******${2}")


def _unknown(value: pl.Expr) -> pl.Expr:
    text = value.str.strip_chars()
    return pl.when(text.str.len_chars() == 0).then(value).otherwise(pl.concat_str(text.str.head(1), pl.lit("***")))


def _stars(count: pl.Expr) -> pl.Expr:
    return pl.lit(_STARS).str.head(count.clip(0, len(_STARS)))


_MASKS = {
    Pii.NONE.value: _digit_runs,
    Pii.NAME.value: _name,
    Pii.ID.value: _id_number,
    Pii.PHONE.value: _phone,
    Pii.ADDRESS.value: _address,
    Pii.DATE.value: _date,
    CODES: _codes,
    UNKNOWN: _unknown,
}
