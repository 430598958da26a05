"""Names: others of the same length and kind, equal where they were equal; what they sound or look like is not kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.field_rules import PLACEHOLDERS
from xueji_cli.pseudonyms.alphabets import COMPOUND, class_of, places

if TYPE_CHECKING:
    from xueji_cli.pseudonyms.cipher import Cipher

#: Between names, or between a name and a remark.
_BETWEEN = re.compile(r"([()（）\[\]【】{}<>《》〔〕/／,，、;；|和]+)")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134a]")


def names(cipher: Cipher, cells: pl.Series) -> pl.Series:
    """Return pseudonyms of names.

    Args:
        cipher: The key.
        cells: As written, no null.
    """
    # A loop over names, which hardly repeat: each takes half a dozen digests, and no library has them as columns.
    return pl.Series([cell if cell in PLACEHOLDERS else _cell(cipher, cell) for cell in cells], dtype=pl.String)


def _cell(cipher: Cipher, cell: str) -> str:
    if len(cell) < 5:
        return _name(cipher, cell)
    return "".join(
        _name(cipher, piece) if place % 2 == 0 else piece for place, piece in enumerate(_BETWEEN.split(cell))
    )


def _name(cipher: Cipher, name: str) -> str:
    """Return the pseudonym of one name: spaces and signs between its characters stay where they are, and do not matter."""
    symbols = list(name)
    classes = [class_of(char) for char in symbols]
    moving = [place for place, each in enumerate(classes) if each]
    if not moving:
        return name
    first = moving[0]
    if len(moving) > 2 and moving[1] == first + 1 and symbols[first] + symbols[first + 1] in COMPOUND:
        symbols[first : first + 2] = [symbols[first] + symbols[first + 1]]
        classes[first : first + 2] = ["compound"]
    elif symbols[first] in places("surname"):
        classes[first] = "surname"
    digits = [place for place in moving if name[place : place + 1].isdecimal()]
    if digits and not _HAN.search(name):
        return cipher.text("number", name)
    told = cipher.symbols("name", symbols, classes)
    # One of two characters, given by chance to a name that has a surname of one, would be taken for the other kind.
    while classes[first] != "compound" and len(told) > first + 2 and told[first] + told[first + 1] in COMPOUND:
        told = cipher.symbols("name", told, classes)
    return "".join(told)
