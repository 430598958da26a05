"""How personal data is shown: enough to find the row again, too little to harm the child.

A mask must hold for dirty cells as well, since these are what a report shows: a name typed in the ID column, two
phones in one cell, an ID with a digit missing. So each mask knows the one exact shape that may keep its usual ends,
and everything else keeps less. The birth date never shows through: an ID number keeps its region and its sequence number,
and only when it has all of both. Its check character is hidden with the birth date: of the 365 days of the year that the
column beside it shows, one in eleven has the check character that was seen, and where a second number of the same child
stands there too, one in a hundred and twenty-one. Columns that hold nothing personal are no exception: a row that slipped
by one column has a name under 性别 and an ID under 民族. So these show what looks like their own, and hide the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.model import FieldType, Pii

if TYPE_CHECKING:
    from xueji_cli.schema.model import CodeTable, Field

#: Masks beyond `Pii`: codes are long numbers that are not personal; of a column no field claims nothing is known.
CODES = "codes"
UNKNOWN = "unknown"
SCHOOL = "school"
CLASS = "class"
MONTH = "month"
NUMBER = "number"
#: With the characters of a code table after it.
CHOICE = "choice:"

#: Longest run of stars; a cell of a thousand characters is not to be retold as a thousand stars.
_STARS = "*" * 24

#: A run of digits, single blanks or dashes between them allowed: 11 or more of them may be a phone or an ID.
#: How it ends is hidden as well: in the ID column beside it, the same number ends otherwise masked.
_RUN = r"(\d[\s-]?\d[\s-]?\d)(?:[\s-]?\d){%d,}[\s-]?[\dXx]"


#: A whole date, which in a roster is somebody's birth date before all.
_DAY = r"((?:19|20)\d{2})\s*[-/.年]?\s*(?:0[1-9]|1[0-2]|[1-9])\s*[-/.月]?\s*(?:0[1-9]|[12]\d|3[01]|[1-9])日?"

#: What a school, a class or a number looks like, whole. None of them has six digits in a row.
_SCHOOL = r"^(?:.{0,30}(?:[校园院]|[小中]学|教学点|教育).{0,12}|.{1,10}[一二三四五六七八九十\d][小中]|\d{9,10})$"
_GRADE = r"[一二三四五六七八九十初高小中大学前年级届\d]"
_CLASS = rf"^(?:(?:{_GRADE}+\s+)?\S{{0,8}}[班级部组]|[A-Za-z\d.()（）_ -]{{1,8}}|(?:{_GRADE}|[班()（）. -]){{1,14}})$"
_NUMBER = r"^[\d., +-]{0,7}$"
_MONTH = r"^[\d年月日号/.:?？* -]*$"
_LONG = r"\d{6}"
#: 12 号 3 单元: an address, whatever else it says.
_PLACE = r"\d+[号室栋幢]|单元|[村镇乡巷路].*\d"

_BY_TYPE = {
    FieldType.REGION: CODES,
    FieldType.SCHOOL_CODE: CODES,
    FieldType.GRADE: CLASS,
    FieldType.CLASS: CLASS,
    FieldType.MONTH: MONTH,
    FieldType.INTEGER: NUMBER,
    FieldType.POSTCODE: NUMBER,
}
#: Words in place of a value, which no code table has.
_FILLER = "未填无不详是否有空缺其他它待定暂没同上左/\\—()（）.,、 -"


def mask_name(field: Field | None, table: CodeTable | None = None) -> str:
    """Return which mask the values of a field take, by the name that `mask` knows.

    Args:
        field: The field; None for a column that no field claims.
        table: Its code table.
    """
    if field is None:
        return UNKNOWN
    if field.pii is not Pii.NONE:
        return field.pii.value
    if table is not None:
        words = (word for entry in table.entries for word in (entry.label, *entry.accepted, *entry.aliases))
        return CHOICE + "".join(sorted(set("".join(words)) | set(_FILLER)))
    if (field.role or field.name) == "school_name":
        return SCHOOL
    return _BY_TYPE.get(field.type, Pii.NONE.value)


def mask(value: pl.Expr, kind: str) -> pl.Expr:
    """Return the value as it may be shown.

    Args:
        value: Text of cells; null stays null.
        kind: What `mask_name` gave, or a `Pii` value.
    """
    return _choice(value, kind.removeprefix(CHOICE)) if kind.startswith(CHOICE) else _MASKS[kind](value)


def _id_number(value: pl.Expr) -> pl.Expr:
    text = value.str.strip_chars()
    length = text.str.len_chars().cast(pl.Int64)
    whole = r"^([A-Za-z]?\d{6})\d{8}(\d{3}).$"
    # 3.41323E+17 tells no more than the region, and is what the registrar has to see.
    damaged = r"^\d(\.\d{1,5})?[Ee]\+?\d{1,2}$"
    return (
        pl.when(text.str.contains(whole))
        .then(text.str.replace(whole, "${1}********${2}*"))
        .when(text.str.contains(damaged))
        .then(text)
        .when(length >= 12)
        .then(pl.concat_str(text.str.head(3), _stars(length - 3)))
        .when(length == 1)
        .then(pl.lit("*"))
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
    # Of a mail address, six characters would be half of a QQ number.
    keep = pl.when(text.str.contains(r"@|^[!-~]{6}")).then(1).when(text.str.len_chars() > 8).then(6).otherwise(2)
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
    return value.str.replace_all(_RUN % 7, "${1}******")


def _codes(value: pl.Expr) -> pl.Expr:
    numbers = value.str.replace_all(_RUN % 9, "${1}******")
    return (
        pl.when(value.str.contains(rf"^\s*{_DAY}\s*$"))
        .then(_date(value))
        .when(value.str.contains(r"^\s*1[3-9]\d{9}\s*$"))
        .then(_phone(value))
        .when(value.str.contains(r"^[\d\s'‘.Ee+-]*$"))
        .then(numbers)
        .otherwise(_unknown(value))
    )


def _school(value: pl.Expr) -> pl.Expr:
    own = value.str.contains(_SCHOOL) & ~value.str.contains(rf"@|{_PLACE}|\d{{12}}|^\s*{_DAY}")
    return pl.when(own | value.str.contains(r"^\s*$")).then(value).otherwise(_unknown(value))


def _class(value: pl.Expr) -> pl.Expr:
    own = value.str.contains(_CLASS) & ~value.str.contains(rf"{_LONG}|{_PLACE}")
    return pl.when(own | value.str.contains(r"^\s*$")).then(value).otherwise(_unknown(value))


def _number(value: pl.Expr) -> pl.Expr:
    return pl.when(value.str.contains(_NUMBER)).then(value).otherwise(_unknown(value))


def _month(value: pl.Expr) -> pl.Expr:
    # The day of entry is nobody's secret, but what stands here in full may be the day of birth.
    shown = value.str.replace_all(_RUN % 7, "${1}******").str.replace(_DAY, "${1}-**-**")
    return pl.when(value.str.contains(_MONTH)).then(shown).otherwise(_unknown(value))


def _choice(value: pl.Expr, characters: str) -> pl.Expr:
    """Show what is written with the characters of the code table (汉 for 汉族), and short codes."""
    known = re.escape(characters)
    own = value.str.contains(rf"^(?:[{known}]*|[\dA-Za-z{known}]{{0,4}})$") & ~value.str.contains(_LONG)
    return pl.when(own).then(value).otherwise(_unknown(value))


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
    SCHOOL: _school,
    CLASS: _class,
    MONTH: _month,
    NUMBER: _number,
    UNKNOWN: _unknown,
}
