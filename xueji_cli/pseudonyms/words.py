"""Addresses, schools and other words: each part becomes another part of the same length, the same wherever it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.field_rules import PLACEHOLDERS
from xueji_cli.pseudonyms.regions import region

if TYPE_CHECKING:
    from xueji_cli.pseudonyms.cipher import Cipher

_HAN = r"[\u3400-\u9fff\U00020000-\U0003134a]"
#: What a part of an address ends in says what it is, and stays.
_KINDS = (
    "自治区|自治州|自治县|街道|社区|小区|花园|单元|办事处|村委会|居委会|省|市|区|县|旗|镇|乡|村|路|街|"
    "巷|弄|组|队|庄|屯|寨|湾|号|栋|幢|室|楼|层"
)
_SCHOOLS = (
    "九年一贯制学校|完全中学|中心小学|中心学校|初级中学|高级中学|实验小学|实验中学|实验学校|特殊教育学校|幼儿园|"
    "教学点|小学|初中|高中|中学|学校|学院|校区|分校|总校"
)
_PART = re.compile(rf"({_HAN}*?)({_KINDS})|({_HAN}+)|(\d+)|([^\W\d_]+)")
_SCHOOL_PART = re.compile(rf"({_HAN}*?)({_SCHOOLS}|{_KINDS})|({_HAN}+)|(\d+)|([^\W\d_]+)")
#: No part that tells a place.
_NOTHING = frozenset({"无", "不详", "同上", "同", "暂无"})


def addresses(cipher: Cipher, cells: pl.Series) -> pl.Series:
    """Return pseudonyms of addresses and of places named in words."""
    return _each(cipher, cells, _PART)


def schools(cipher: Cipher, cells: pl.Series) -> pl.Series:
    """Return pseudonyms of schools: what kind of school it is stays."""
    return _each(cipher, cells, _SCHOOL_PART)


def school_codes(cipher: Cipher, cells: pl.Series) -> pl.Series:
    """Return pseudonyms of school codes: the kind of school and the province stay."""
    return pl.Series([cell[:4] + cipher.text("school code", cell[4:]) for cell in cells], dtype=pl.String)


def texts(cipher: Cipher, cells: pl.Series) -> pl.Series:
    """Return any text with every character replaced by one of its kind."""
    return pl.Series([cell if cell in PLACEHOLDERS else cipher.text("text", cell) for cell in cells], dtype=pl.String)


def regions(cipher: Cipher, cells: pl.Series, *, keep: bool) -> pl.Series:
    """Return pseudonyms of region codes of six or twelve digits; a place in words as an address."""
    if keep:
        return cells

    def made(cell: str) -> str:
        found = re.fullmatch(r"(\s*)([0-9]{6})((?:[0-9]{6})?)(\s*)", cell)
        if not found:
            return _words(cipher, cell, _PART)
        # A town or village keeps its zeros, which say how far down the code goes.
        below = "".join(
            piece if not piece.strip("0") else cipher.text(f"below {found[2]}", piece, numeral=True)
            for piece in re.split(r"(0+)", found[3])
        )
        return f"{found[1]}{region(cipher, int(found[2])):06}{below}{found[4]}"

    return pl.Series([made(cell) for cell in cells], dtype=pl.String)


def _each(cipher: Cipher, cells: pl.Series, parts: re.Pattern[str]) -> pl.Series:
    # A loop over distinct cells: their parts repeat, and each is replaced once.
    return pl.Series([_words(cipher, cell, parts) for cell in cells], dtype=pl.String)


def _words(cipher: Cipher, cell: str, parts: re.Pattern[str]) -> str:
    if cell in PLACEHOLDERS or cell.strip() in _NOTHING:
        return cell

    def made(found: re.Match[str]) -> str:
        stem, kind, words, digits, letters = found.groups()
        if digits:
            return cipher.text("place", digits, numeral=True)
        return cipher.text("place", stem or words or letters or "") + (kind or "")

    return parts.sub(made, cell)
