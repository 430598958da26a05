"""Telephone numbers: the first digits, which say what kind it is, stay; what was no number stays none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values import phones as reading
from xueji_cli.values.text import put

if TYPE_CHECKING:
    from xueji_cli.pseudonyms.cipher import Cipher

_MOBILE = r"^1[3-9][0-9]{9}$"
_HALF = 10_000
_IN_TEXT = re.compile(r"((?:(?:\+|00)?86[- ]?)?)(1[3-9]\d(?:[ -]?\d){8}|(?:0\d{2,3}[—–－-])?\d{5,})")
_KEPT = re.compile(r"0[12]\d\d|0\d{4}|[48]00\d|1\d|\d")
#: How often a number is replaced again that came out as another kind of number than it was: of `01000104000`, wrong only because no
#: number begins like this behind 010, four in five do.
_TRIES = 64


def phones(cipher: Cipher, cells: pl.Series) -> pl.Series:
    """Return pseudonyms of telephone numbers.

    Args:
        cipher: The key.
        cells: As written, no null.
    """
    kinds = _kinds(cells)
    mobile = cells.str.contains(_MOBILE)
    told = cells
    open_ = (kinds != reading.PLACEHOLDER).arg_true()
    for turn in range(_TRIES):
        if not len(open_):
            break
        these = cells.gather(open_)
        usual = mobile.gather(open_)
        made = _made(cipher, these, usual, turn)
        told = put(told, open_, made)
        open_ = open_.gather((_kinds(made) != kinds.gather(open_)).arg_true())
    return told


def _kinds(cells: pl.Series) -> pl.Series:
    flaw = reading.read(cells)[2]
    return cells.clear(len(cells)).fill_null("") if flaw is None else flaw.fill_null("")


def _made(cipher: Cipher, cells: pl.Series, mobile: pl.Series, turn: int) -> pl.Series:
    told = _mobile(cipher, cells, turn)
    odd = (~mobile).arg_true()
    # A loop over cells that are no plain mobile number.
    return put(told, odd, pl.Series([_odd(cipher, cell, turn) for cell in cells.gather(odd)], dtype=pl.String))


def _mobile(cipher: Cipher, cells: pl.Series, turn: int) -> pl.Series:
    """Return mobile numbers with their last eight digits replaced: four rounds between the two halves of them."""
    left, right = pl.col("l"), pl.col("r")
    frame = cells.to_frame("v").select(
        "v",
        l=pl.col("v").str.slice(3, 4).cast(pl.Int64, strict=False),
        r=pl.col("v").str.slice(7, 4).cast(pl.Int64, strict=False),
    )
    for step in range(4 + 2 * turn):
        table = cipher.table(f"mobile {step}", _HALF)
        side = "r" if step % 2 == 0 else "l"
        other = right if step % 2 else left
        moved = pl.lit(table).gather(pl.col(side).fill_null(0))
        frame = frame.with_columns(((other + moved) % _HALF).alias("l" if step % 2 == 0 else "r"))
    number = pl.concat_str(
        pl.col("v").str.head(3), left.cast(pl.String).str.zfill(4), right.cast(pl.String).str.zfill(4)
    )
    return frame.select(number).to_series().alias(cells.name)


def _one(cipher: Cipher, number: str, turn: int) -> str:
    """Return what `_mobile` does of one number: of a column of one it would take a hundred times as long."""
    left, right = int(number[3:7]), int(number[7:])
    for step in range(4 + 2 * turn):
        table = cipher.table(f"mobile {step}", _HALF)
        if step % 2 == 0:
            left = (left + table[right]) % _HALF
        else:
            right = (right + table[left]) % _HALF
    return f"{number[:3]}{left:04}{right:04}"


def _odd(cipher: Cipher, cell: str, turn: int) -> str:
    def made(found: re.Match[str]) -> str:
        digits = [char for char in found[2] if char.isdecimal()]
        plain = "".join(str(int(char)) for char in digits)
        if re.fullmatch(_MOBILE, plain):
            new = _one(cipher, plain, turn)
        else:
            kept = _KEPT.match(plain)
            head = kept[0] if kept and len(kept[0]) < len(plain) else plain[:1]
            new = head + cipher.text(f"telephone {turn}", plain[len(head) :])
        rest = iter(new)
        return found[1] + "".join(_wide(char, next(rest)) if char.isdecimal() else char for char in found[2])

    pieces = []
    end = 0
    for found in _IN_TEXT.finditer(cell):
        pieces += [cipher.text("telephone", cell[end : found.start()]), made(found)]
        end = found.end()
    return "".join((*pieces, cipher.text("telephone", cell[end:])))


def _wide(char: str, digit: str) -> str:
    """Return a digit of the width that another has."""
    return chr(ord(char) - int(char) + int(digit))
