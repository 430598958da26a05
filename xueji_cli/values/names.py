"""People's names: one form to compare, what was wrong with the writing, and what can't be a name at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values import text
from xueji_cli.values.text import first_match, on_distinct, put, spread

if TYPE_CHECKING:
    from collections.abc import Callable

#: The separator in names of minority peoples and foreigners: U+00B7 (民委发〔2016〕33号).
DOT = "·"

# What is written for it. NFKC unifies none of these with U+00B7. The full stops count only between Han characters.
_DOTS = r"[•‧∙⋅・･●•﹒᛫⸱ꞏ]"
_STOPS = r"(\p{Han})[.．。](\p{Han})"

_HAN = r"[\p{Han}\x{3007}\x{E000}-\x{F8FF}\x{F0000}-\x{10FFFD}]"

#: A name that needs no closer look.
_ORDINARY = r"^[\x{4E00}-\x{9FFF}]{2,}(?:·[\x{4E00}-\x{9FFF}]+)*$"

#: What is wrong with a name; the first that fits.
#:
#: lost       a rare character was lost to `?`, 〓 or a replacement mark
#: private    a character from the private use area: it shows on one machine only
#: digit      digits
#: bracket    brackets or a remark
#: symbol     other signs
#: mixed      Latin letters among Han characters
#: latin      Latin letters only
#: single     one character
#: long       more than 25 characters (the bound of 民委发〔2016〕33号 for Han characters)
FLAWS = {
    "lost": r"[?？\x{FFFD}〓□■◇◆⿰-⿻]|\p{Han}[*＊]|^[*＊]",
    "private": r"[\x{E000}-\x{F8FF}\x{F0000}-\x{10FFFD}]",
    "digit": r"[0-9０-９]",
    "bracket": r"[()（）\[\]【】{}<>《》〔〕〈〉]",
    "symbol": r"^·|·$|[^\p{Han}\x{3007}\p{Latin}·.' \-]",
    "mixed": r"\p{Han}.*\p{Latin}|\p{Latin}.*\p{Han}",
    "latin": r"\p{Latin}",
    "single": r"^.$",
    "long": r"^.{26,}$",
}

#: What was wrong with the writing of a name; see `text.DIRT`, and `dot` for another sign in place of U+00B7.
_FORMS = {
    "radical": text.RADICAL,
    "invisible": text.INVISIBLE,
    "apostrophe": rf"^{text.SPACE}*['＇]",
    "dot": rf"{_DOTS}|{_STOPS}|·{text.SPACE}|{text.SPACE}·",
    "space": rf"^{text.SPACE}|{text.SPACE}$|{_HAN}{text.SPACE}+{_HAN}|[\x{{A0}}\x{{3000}}]| {{2}}",
    "width": r"[Ａ-Ｚａ-ｚ]",
}


def _tidy(values: pl.Series, fold: Callable[[pl.Series], pl.Series] = text.fold) -> pl.Series:
    """Return names as they are meant: dots unified, no spaces beside Han characters or dots."""
    dotted = pl.col("v").str.replace_all(_DOTS, DOT)
    # Twice, since a character between two stops belongs to both.
    for _ in range(2):
        dotted = dotted.str.replace_all(_STOPS, "${1}·${2}")
    folded = fold(values.to_frame("v").select(dotted).to_series())
    tidy = pl.col("v").str.replace_all(r" *· *", DOT)
    for _ in range(2):
        tidy = tidy.str.replace_all(rf"({_HAN}) +({_HAN})", "${1}${2}")
    return folded.to_frame("v").select(tidy).to_series()


def tidy(cells: pl.Series) -> pl.Series:
    """Return names as they should be written: what `read` says of their writing put right, every character else as it stands.

    Args:
        cells: As written.
    """
    tidied = on_distinct(cells, lambda names: _tidy(names, text.tidy))
    return tidied.set(tidied == "", None)


def read(cells: pl.Series) -> tuple[pl.Series, pl.Series | None, pl.Series | None]:
    """Read a column of names.

    Args:
        cells: As written.

    Returns:
        The name in one form (null where blank); what was wrong with the writing (`text.DIRT` and `dot`); what is wrong with the name
        (`FLAWS`). The last two are None when nothing is wrong anywhere.
    """
    # More than 25 characters are more than 60 bytes, however many of them are dots.
    odd = (~cells.str.contains(_ORDINARY) | (cells.str.len_bytes() > 60)).arg_true()
    if not len(odd):
        return cells, None, None
    values = cells.gather(odd)
    tidy = on_distinct(values, _tidy)
    tidy = tidy.set(tidy == "", None)
    dirt = on_distinct(values, lambda names: first_match(names, _FORMS)).set(tidy.is_null(), None)
    flaw = on_distinct(tidy, lambda names: first_match(names, FLAWS))
    return put(cells, odd, tidy), spread(cells, odd, dirt), spread(cells, odd, flaw)
