"""ID and roll numbers: region, birth date, sequence number and check character each replaced, and every flaw kept.

The check character stays as right or as wrong as it was: the distance from the right one is the same. The sequence number keeps the sex,
and two that follow each other (twins) still do. A number that a spreadsheet program destroyed has the same first 15 digits as the whole
number it came from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import normalize

import polars as pl

from xueji_cli.pseudonyms.days import day
from xueji_cli.pseudonyms.regions import region
from xueji_cli.values import idnumber
from xueji_cli.values.text import put

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.pseudonyms.cipher import Cipher

_BODY = r"^([A-Z]{0,2})([0-9]{17}[0-9X])$"
_TEMPORARY = r"^([A-Z]{0,2})(999)([0-9]{15})$"
_OLD = r"^([A-Z]{0,2})([0-9]{15})$"
#: Cut short behind a whole year of birth.
_SHORT = r"^([A-Z]{0,2})([0-9]{6})((?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{2})([0-9]{0,3}|[0-9]{5,})$"
_SCIENTIFIC = re.compile(r"([0-9])(?:(\.)([0-9]+))?(E\+?[0-9]+)")
#: Signs of which one is taken for the other at the end of a number.
_LAST = {letter: place for place, letter in enumerate(idnumber.CHECK_CHARACTERS)}
_FULL_WIDTH = 0xFEE0
_SMALL = {f"t{place}": pl.Int64 for place in range(11)}


def numbers(cipher: Cipher, cells: pl.Series, *, keep_region: bool) -> pl.Series:
    """Return pseudonyms of ID or roll numbers, written as these are.

    Args:
        cipher: The key.
        cells: As written, no null.
        keep_region: The first six digits stay.
    """
    plain = idnumber.normalise(cells)
    told = _plain(cipher, plain, keep_region=keep_region)
    tidy = (plain == cells).fill_null(value=False)
    untidy = (~tidy).arg_true()
    if not len(untidy):
        return told
    # A loop over cells that are written in an odd way: a few in a hundred.
    rows = zip(cells.gather(untidy), plain.gather(untidy), told.gather(untidy), strict=True)
    dressed = [_dressed(cipher, raw, number, made) for raw, number, made in rows]
    return put(told, untidy, pl.Series(dressed, dtype=pl.String))


def _plain(cipher: Cipher, plain: pl.Series, *, keep_region: bool) -> pl.Series:
    parts = plain.to_frame("n").select(
        "n",
        letters=pl.col("n").str.extract(_BODY, 1),
        body=pl.col("n").str.extract(_BODY, 2),
        temporary=pl.col("n").str.contains(_TEMPORARY),
        old=pl.when(~pl.col("n").str.contains(_SHORT)).then(pl.col("n").str.extract(_OLD, 2)),
        old_letters=pl.col("n").str.extract(_OLD, 1),
    )
    whole = (parts["body"].is_not_null() & ~parts["temporary"]).fill_null(value=False)
    made = pl.Series([None] * len(plain), dtype=pl.String)
    usual = whole.arg_true()
    if len(usual):
        bodies = _bodies(cipher, parts["body"].gather(usual), keep_region=keep_region)
        made = put(made, usual, parts["letters"].gather(usual) + bodies)
    old = parts["old"].is_not_null().arg_true()
    if len(old):
        # Fifteen digits are the eighteen without the century and the check character.
        short = parts["old"].gather(old).str
        long = _bodies(cipher, short.slice(0, 6) + "19" + short.slice(6, 9) + "1", keep_region=keep_region).str
        made = put(made, old, parts["old_letters"].gather(old) + long.slice(0, 6) + long.slice(8, 9))
    odd = (~whole & parts["old"].is_null() & plain.is_not_null()).arg_true()
    if len(odd):
        # A loop over numbers of other shapes, which are few.
        told = [_odd(cipher, number, keep_region=keep_region) for number in plain.gather(odd)]
        made = put(made, odd, pl.Series(told, dtype=pl.String))
    return made


def _mapped(values: pl.Series, function: Callable[[int], int]) -> pl.Series:
    """Apply a function to distinct integers: days and regions, some thousands."""
    distinct = values.unique()
    answers = pl.Series([function(each) for each in distinct], dtype=pl.Int64)
    return values.replace_strict(distinct, answers, return_dtype=pl.Int64)


def _region(cipher: Cipher, code: int, *, keep: bool) -> int:
    return code if keep else region(cipher, code)


def _bodies(cipher: Cipher, bodies: pl.Series, *, keep_region: bool) -> pl.Series:
    """Return pseudonyms of 17 digits and a check character."""
    whole = idnumber.digits(bodies)
    last = bodies.str.slice(17, 1).replace_strict(_LAST, return_dtype=pl.Int64)
    right = idnumber.check_character(whole).replace_strict(_LAST, return_dtype=pl.Int64)
    frame = pl.DataFrame({"w": whole, "off": (last - right) % 11, "last": last}).with_columns(
        head=pl.col("w") // 1000, first=pl.col("w") // 100 % 10, rest=pl.col("w") % 100
    )
    distinct = frame["head"].unique()
    offsets = _offsets(cipher, distinct)
    places = _mapped(distinct // 10**8, lambda code: _region(cipher, code, keep=keep_region))
    days = _mapped(distinct % 10**8, lambda ymd: day(cipher, ymd))
    heads = offsets.with_columns(head=distinct, to=places * 10**8 + days)
    frame = frame.join(heads, on="head", how="left", maintain_order="left").with_columns(
        turn=pl.col("turns").list.get(pl.col("first")) % 49
    )
    rest, turn = pl.col("rest"), pl.col("turn")
    odd = (rest // 2 + turn) % 50 * 2 + 1
    even = (rest // 2 - 1 + turn) % 49 * 2 + 2
    frame = frame.with_columns(
        rest=pl.when(rest == 0).then(0).when(rest % 2 == 1).then(odd).otherwise(even),
        lost=(rest == 0) & (pl.col("last") == _LAST["0"]) & (pl.col("off") != 0),
    )
    made = pl.Series([None] * len(bodies), dtype=pl.String)
    # A destroyed number ends in 000 and does not fit, and no other number ends so: in one of a thousand the first digit of the
    # sequence number is moved on until that is so.
    for step in range(10):
        first = (pl.col("first") + pl.col("shift") + step) % 10
        to = frame.select(pl.col("to") * 1000 + first * 100 + pl.col("rest")).to_series()
        due = idnumber.check_character(to).replace_strict(_LAST, return_dtype=pl.Int64)
        sign = (due + frame["off"]) % 11
        ends = (sign == _LAST["0"]) & (frame["rest"] == 0)
        written = to.cast(pl.String).str.zfill(17)
        lost = frame["lost"]
        destroyed = written + "0"
        fits = (lost & (due != _LAST["0"])) | (~lost & ~ends)
        text = (
            pl.DataFrame({"lost": lost, "d": destroyed, "w": written, "s": sign})
            .select(
                pl.when("lost")
                .then("d")
                .otherwise(pl.col("w") + pl.col("s").replace_strict(list(range(11)), list(idnumber.CHECK_CHARACTERS)))
            )
            .to_series()
        )
        open_ = made.is_null()
        chosen = (open_ & fits).arg_true()
        made = put(made, chosen, text.gather(chosen))
        if step == 0:
            fallback = text
        if not made.null_count():
            break
    return made.fill_null(fallback)


def _offsets(cipher: Cipher, heads: pl.Series) -> pl.DataFrame:
    """Return by how far sequence numbers are moved, for each region and day: `shift` of the first digit, `turns` of the others."""
    # A loop over distinct regions and days: a digest each.
    drawn = b"".join([cipher.bytes("sequence", str(head))[:11] for head in heads])
    columns = pl.DataFrame({f"t{place}": list(drawn[place::11]) for place in range(11)}, schema_overrides=_SMALL)
    return columns.select(shift=pl.col("t0") % 10, turns=pl.concat_list([f"t{place}" for place in range(1, 11)]))


def _odd(cipher: Cipher, number: str, *, keep_region: bool) -> str:
    """Return the pseudonym of a number of another shape."""

    def place(code: str) -> str:
        return f"{_region(cipher, int(code), keep=keep_region):06}"

    if found := re.fullmatch(_TEMPORARY, number):
        return f"{found[1]}{found[2]}{cipher.text('number', found[3])}"
    if found := re.fullmatch(_SHORT, number):
        born = int(found[2] + found[3])
        rest = str(found[4])
        if rest:
            shift = cipher.bytes("sequence", str(born))[0] % 10
            rest = str((int(rest[0]) + shift) % 10) + (cipher.text(f"rest {born}", rest[1:]) if rest[1:] else "")
        return f"{found[1]}{place(found[2])}{day(cipher, int(found[3])):08}{rest}"
    if found := _SCIENTIFIC.fullmatch(number):
        digits = found[1] + (found[3] or "")
        head = place(digits[:6]) if len(digits) >= 6 else cipher.text("number", digits, numeral=True)
        rest = cipher.text("number", digits[6:]) if len(digits) > 6 else ""
        mantissa = head + rest
        return f"{mantissa[0]}{found[2] or ''}{mantissa[1:]}{found[4]}"
    return _generic(cipher, number)


def _generic(cipher: Cipher, text: str) -> str:
    """Return digits and Han characters replaced; Latin letters are part of the number's form and stay."""
    pieces = re.split(r"([A-Za-z]+)", text)
    return "".join(piece if piece.isascii() and piece.isalpha() else cipher.text("number", piece) for piece in pieces)


def _dressed(cipher: Cipher, raw: str, number: str | None, made: str | None) -> str:
    """Return a pseudonym with the spaces, strokes and widths that the number was written with."""
    if number is None or made is None:
        return raw
    told, place = [], 0
    for char in raw:
        plain = normalize("NFKC", char).upper()
        end = place == len(number) - 1 and number[place] == "X"
        if place < len(number) and (plain == number[place] or (end and not char.isspace())):
            told.append(_as_written(char, made[place]))
            place += 1
        elif char.isalnum():
            # Not what the reading of numbers knows: nothing of it is kept.
            return _generic(cipher, raw)
        else:
            told.append(char)
    return "".join(told) if place == len(number) else _generic(cipher, raw)


def _as_written(char: str, new: str) -> str:
    if new == "X" and normalize("NFKC", char).upper() not in "0123456789":
        return char
    # A digit of another width stays one; and where a small x stood, something else stays that is not as it should be.
    wide = not char.isascii() or char == "x"
    return chr(ord(new) + _FULL_WIDTH) if wide and new.isascii() else new
