"""What hands, forms, programs and print do to a number, a name, a date, a telephone.

Each slip is an expression over a column of right values; where it can't happen to a value (a swap of two equal digits,
a character that nobody mistakes) it leaves the value as it is, so labels are taken from what really changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from benchmarks.pairs import characters

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.dice import Dice

    Slip = Callable[[pl.Expr, Dice, str], pl.Expr]

#: Digit → the keys beside it on a number pad and in the row of digits, and the digits it is misread for.
_BESIDE = {
    "0": "1296", "1": "2047", "2": "1357", "3": "2685", "4": "1579", "5": "46823", "6": "3598", "7": "4819", "8": "57936",
    "9": "6804", "X": "0198", "x": "0198",
}  # fmt: skip
_WIDE_DIGITS = dict(zip("0123456789X", "０１２３４５６７８９Ｘ", strict=True))
_NICKNAMES = list("宝轩涵妞豆乐欣阳航萌琪浩丫晨悦雨")
_LITTLE = ("小", "阿", "大")


def _cut(value: pl.Expr, at: pl.Expr, replacement: pl.Expr, width: int = 1) -> pl.Expr:
    """Return the text with `width` characters at `at` replaced."""
    return value.str.slice(0, at) + replacement + value.str.slice(at + width)


# ---- numbers of 18 characters ----


def wrong_digit(number: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """One key beside the right one, anywhere."""
    at = dice.below(18, f"{what} digit at")
    beside = number.str.slice(at, 1).replace_strict(_BESIDE, default="5", return_dtype=pl.String)
    key = beside.str.slice((dice.draw(f"{what} key") % beside.str.len_chars().cast(pl.UInt64)).cast(pl.Int64), 1)
    return _cut(number, at, key)


def swapped_digits(number: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """Two neighbours in each other's place."""
    at = dice.below(16, f"{what} swap at")
    return _cut(number, at, number.str.slice(at + 1, 1) + number.str.slice(at, 1), 2)


def dropped_digit(number: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """One digit forgotten: 17 are left."""
    return _cut(number, dice.below(18, f"{what} drop at"), pl.lit(""))


def doubled_digit(number: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """One digit typed twice: 19."""
    at = dice.below(17, f"{what} double at")
    return _cut(number, at, number.str.slice(at, 1) + number.str.slice(at, 1))


def truncated(number: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """A narrow column has cut the tail off: one to four characters."""
    return number.str.slice(0, 17 - dice.below(4, f"{what} cut"))


def excel_tail(number: pl.Expr, _dice: Dice, _what: str) -> pl.Expr:
    """Read as a number by Excel: 15 digits are kept, the rest is zeros. A number with an X is text and survives."""
    return pl.when(number.str.ends_with("X")).then(number).otherwise(number.str.slice(0, 15) + pl.lit("000"))


def excel_exponent(number: pl.Expr, _dice: Dice, _what: str) -> pl.Expr:
    """Shown as 3.41323E+17 and saved so."""
    shown = number.str.slice(0, 1) + pl.lit(".") + number.str.slice(1, 5) + pl.lit("E+17")
    return pl.when(number.str.ends_with("X")).then(number).otherwise(shown)


def dressed_number(number: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """The right number in another dress: spaces, full width, an apostrophe, a small x, a tab at the end."""
    way = dice.below(6, f"{what} dress")
    return (
        pl.when(way == 0).then(number.str.slice(0, 6) + pl.lit(" ") + number.str.slice(6, 8) + pl.lit(" ") + number.str.slice(14))
        .when(way == 1).then(number.str.replace_many(_WIDE_DIGITS))
        .when(way == 2).then(pl.lit("'") + number)
        .when(way == 3).then(number.str.to_lowercase() + pl.lit("\u00a0"))
        .when(way == 4).then(pl.lit(" ") + number + pl.lit("  "))
        .otherwise(number.str.slice(0, 6) + pl.lit("-") + number.str.slice(6, 8) + pl.lit("-") + number.str.slice(14))
    )  # fmt: skip


# ---- names ----


def _place(name: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """Return which character is mistaken: mostly one of the given name, seldom the surname."""
    last = name.str.len_chars().cast(pl.Int64) - 1
    return (
        pl.when(dice.chance(0.12, f"{what} surname"))
        .then(0)
        .otherwise(last - dice.below(2, f"{what} place") * (last > 1))
    )


def _mistaken(name: pl.Expr, dice: Dice, what: str, table: dict[str, str]) -> pl.Expr:
    """Return the name with one character replaced by one that the table offers; the first offers are the likelier."""
    at = _place(name, dice, what)
    offers = name.str.slice(at, 1).replace_strict(table, default="", return_dtype=pl.String)
    count = offers.str.len_chars().cast(pl.Int64)
    low = pl.min_horizontal(dice.below(1 << 30, f"{what} offer"), dice.below(1 << 30, f"{what} offer again"))
    taken = offers.str.slice(low * count // (1 << 30), 1)
    return pl.when(count > 0).then(_cut(name, at, taken)).otherwise(name)


def same_sound(name: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """Typed by ear: another character of the sound."""
    return _mistaken(name, dice, f"{what} sound", characters.same_sound())


def same_look(name: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """Read by eye: a character that looks like it."""
    return _mistaken(name, dice, f"{what} look", characters.same_look())


def other_form(name: pl.Expr, _dice: Dice, _what: str) -> pl.Expr:
    """The whole name in its other written forms: 萧 for 肖, 劉 for 刘."""
    return name.str.replace_many({one: others[0] for one, others in characters.other_form().items()})


def radicals(name: pl.Expr, _dice: Dice, _what: str) -> pl.Expr:
    """Copied from a PDF: ⽂ for 文."""
    return name.str.replace_many(characters.RADICALS)


def dressed_name(name: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """Padded to the width of three characters, a blank before or after, another dot, a zero-width mark."""
    way = dice.below(4, f"{what} dress")
    spaced = name.str.slice(0, 1) + pl.lit("\u3000") + name.str.slice(1)
    dotted = name.str.contains("·", literal=True)
    return (
        pl.when(dotted).then(name.str.replace("·", dice.pick(["•", "．", ".", "・", " "], f"{what} dot"), literal=True))
        .when(name.str.len_chars() == 2).then(spaced)
        .when(way == 0).then(name + pl.lit(" "))
        .when(way == 1).then(pl.lit(" ") + name)
        .when(way == 2).then(name + pl.lit("\u200b"))
        .otherwise(name.str.slice(0, 1) + pl.lit(" ") + name.str.slice(1))
    )  # fmt: skip


def lost_character(name: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """A character the program could not write or the typist could not find: ?, □, *, or left out."""
    at = name.str.len_chars().cast(pl.Int64) - 1 - dice.below(2, f"{what} lost") * (name.str.len_chars() > 2)
    return _cut(name, at, dice.pick(["?", "？", "□", "*", ""], f"{what} lost as"))


def nickname(name: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """The name that is used at home: 轩轩, 小宝, with the surname or without."""
    one = pl.when(dice.chance(0.6, f"{what} of name")).then(name.str.slice(-1, 1)).otherwise(
        dice.pick(_NICKNAMES, f"{what} nick")
    )  # fmt: skip
    little = (
        pl.when(dice.chance(0.6, f"{what} doubled")).then(one + one).otherwise(dice.pick(list(_LITTLE), what) + one)
    )
    return pl.when(dice.chance(0.7, f"{what} surname kept")).then(name.str.slice(0, 1) + little).otherwise(little)


# ---- dates ----


def wrong_date(birth: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """Day and month swapped, the lunar date, a year off, one digit of the day, or the first of the month.

    The lunar date is written here as one 18 to 50 days earlier, which is where it falls in the solar calendar.
    """
    way = dice.below(10, f"{what} way")
    day, month, year = birth.dt.day(), birth.dt.month(), birth.dt.year()
    off = pl.when(dice.chance(0.5, f"{what} sign")).then(1).otherwise(-1)
    slipped = pl.when(day > 10).then(day - 10).otherwise(day + 10)
    return (
        pl.when((way < 2) & (day <= 12)).then(pl.date(year, day, month))
        .when(way < 5).then(birth - pl.duration(days=dice.below(33, f"{what} moon") + 18))
        .when(way < 6).then(birth.dt.offset_by(pl.format("{}y", off)))
        .when(way < 8).then(pl.date(year, month, slipped.clip(1, 28)))
        .when(way < 9).then(birth.dt.month_start())
        .otherwise(birth + pl.duration(days=off))
    )  # fmt: skip


# ---- telephones ----


def wrong_phone(phone: pl.Expr, dice: Dice, what: str) -> pl.Expr:
    """One digit off, or one left out."""
    at = dice.below(11, f"{what} at")
    digit = phone.str.slice(at, 1).replace_strict(_BESIDE, default="", return_dtype=pl.String).str.head(1)
    return _cut(phone, at, pl.when(dice.chance(0.2, f"{what} left out")).then(pl.lit("")).otherwise(digit))
