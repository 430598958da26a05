"""Text as people meant it: width, spaces, invisible characters and look-alike radicals folded away.

Cells stay as written in `Table.frame`; the functions here make the column that rules compare.

A word on patterns, here and in all rules: to Polars the escape for a digit is any digit of Unicode, the full-width ones
too, so digits are written `[0-9]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import normalize

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

# CJK Radicals Supplement (U+2E80–2EF3) → the ideograph it is taken for, after Unicode's EquivalentUnifiedIdeograph.
# NFKC maps all Kangxi radicals (U+2F00–2FD5) but only two of these, and PDF and OCR text is full of them.
_RADICALS = (
    "⺁厂⺄乙⺆冂⺈刀⺉刂⺊卜⺋㔾⺎兀⺏尣⺐尢⺑尣⺒巳⺓幺⺔彑⺕彐⺖忄⺗㣺⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬"
    "⺧牛⺨犭⺩王⺪疋⺫目⺬示⺭礻⺮竹⺯糹⺰纟⺱罓⺲罒⺳㓁⺴网⺵网⺶羊⺷羊⺸羊⺹耂⺺肀⺻聿⺼月⺽臼⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见"
    "⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑長⻒镸⻓长⻔门⻕阜⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞食⻟飠⻠饣⻡首⻢马⻣骨⻤鬼"
    "⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
RADICALS = dict(zip(_RADICALS[::2], _RADICALS[1::2], strict=True))

#: What is written in place of a character that looks the same: radicals in either block, digits and letters of full width.
_PLAIN = {
    **RADICALS,
    **{chr(code): normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)},
    **{chr(code + 0xFEE0): chr(code) for code in b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
}

#: Radicals in either block: visible proof of text that came out of a PDF or OCR.
RADICAL = r"[\x{2E80}-\x{2EFF}\x{2F00}-\x{2FDF}]"

#: Characters that print nothing: zero-width, direction marks, BOM, soft hyphen, controls, variation selectors.
INVISIBLE = (
    r"[\x{00}-\x{1F}\x{7F}-\x{9F}\x{AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{206F}"
    r"\x{FEFF}\x{FE00}-\x{FE0F}]"
)

#: Spaces of every kind, the full-width one and NBSP among them.
SPACE = r"[\s\x{A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]"

#: Rows from which looking for runs of equal cells pays.
_LONG = 10_000

#: Anything but printable ASCII, common Han characters and the middle dot: only such a cell needs folding.
_UNUSUAL = r"[^\x{21}-\x{7E}\x{4E00}-\x{9FFF}\x{B7}]|^'|^$"


def on_distinct(series: pl.Series, function: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Apply a function to a column's distinct values and spread the answers back over the rows.

    Args:
        series: Any column.
        function: Values (no null, most often each once) → as many answers.

    Returns:
        One answer a row, null where the cell is null; the input's name.
    """
    starts = _run_starts(series)
    if starts is not None:
        return on_distinct(series.filter(starts), function).gather(starts.cum_sum() - 1).alias(series.name)
    known = series.drop_nulls()
    if len(known) > _LONG and known.to_frame().select(pl.first().approx_n_unique()).item() * 2 > len(known):
        # To tell so many apart takes longer than to look at some of them twice.
        told = function(known).alias(series.name)
        if len(known) == len(series):
            return told
        return told.clear(len(series)).scatter(series.is_not_null().arg_true(), told)
    distinct = known.unique()
    answers = pl.DataFrame({"key": distinct, "answer": function(distinct)})
    spread_out = series.to_frame("key").join(answers, on="key", how="left", maintain_order="left")
    return spread_out.get_column("answer").alias(series.name)


def _run_starts(series: pl.Series) -> pl.Series | None:
    """Return where a run of equal cells begins, when a long column has few: schools, classes, entry months come in runs."""
    if len(series) < _LONG:
        return None
    starts = put(series.ne_missing(series.shift(1)), pl.Series([0]), pl.Series([True]))
    return starts if int(starts.sum()) < len(series) // 8 else None


#: What was wrong with a cell's form, worst first; a cell gets the first that fits.
#:
#: radical     Kangxi or CJK radicals in place of characters (from PDF or OCR)
#: invisible   characters that print nothing, or a line break
#: apostrophe  Excel's mark for text, exported as data
#: space       at the ends, or of a kind that looks like a space and is not
#: width       full-width digits or letters
DIRT = ("radical", "invisible", "apostrophe", "space", "width")

_FORMS = {
    "radical": RADICAL,
    "invisible": INVISIBLE,
    "apostrophe": rf"^{SPACE}*['＇]",
    "space": rf"^{SPACE}|{SPACE}$|[\x{{A0}}\x{{3000}}\x{{2000}}-\x{{200A}}\x{{202F}}]| {{2}}",
    "width": r"[０-９Ａ-Ｚａ-ｚ]",
}


def _fold_distinct(values: pl.Series) -> pl.Series:
    return (
        values.to_frame("v")
        .select(
            pl.col("v")
            .str.replace_all(r"[\r\n\t]+", " ")
            .str.replace_all(INVISIBLE, "")
            .str.replace_many(RADICALS)
            .str.normalize("NFKC")
            .str.replace_all(SPACE + "+", " ")
            # All of them: a file that went through two exporters has two.
            .str.strip_chars_start("' ")
            .str.strip_chars_end(" ")
        )
        .to_series()
    )


def _tidy_distinct(values: pl.Series) -> pl.Series:
    return (
        values.to_frame("v")
        .select(
            pl.col("v")
            .str.replace_all(r"[\r\n\t]+", " ")
            .str.replace_all(INVISIBLE, "")
            .str.replace_many(_PLAIN)
            .str.replace_all(SPACE + "+", " ")
            .str.strip_chars_start("'＇ ")
            .str.strip_chars_end(" ")
        )
        .to_series()
    )


def tidy(series: pl.Series) -> pl.Series:
    """Return cells as they should be written: without what `DIRT` names, all else as it stands; blank becomes null.

    Folding (`fold`) is for comparing and goes further: it makes Chinese brackets and commas those of ASCII, which nobody wants
    changed in an address.

    Args:
        series: Strings as written in the file.
    """
    tidied = on_distinct(series, _tidy_distinct)
    return tidied.set(tidied == "", None)


def first_match(values: pl.Series, patterns: dict[str, str]) -> pl.Series:
    """Return the name of the first pattern that each value contains, or null.

    Args:
        values: Strings.
        patterns: Name → regular expression, in order of precedence.
    """
    answer = pl.lit(None, dtype=pl.String)
    for name, pattern in reversed(patterns.items()):
        answer = pl.when(pl.col("v").str.contains(pattern)).then(pl.lit(name)).otherwise(answer)
    return values.to_frame("v").select(answer).to_series()


def put(series: pl.Series, positions: pl.Series, values: pl.Series) -> pl.Series:
    """Return a column with other values at some positions; `Series.scatter` by itself changes the column it is called on."""
    return series.clone().scatter(positions, values)


def unusual(series: pl.Series) -> pl.Series:
    """Return the positions of cells that hold anything but printable ASCII, common Han characters and the middle dot.

    Cells that begin with an apostrophe, and empty ones, are among them.
    """
    return series.str.contains(_UNUSUAL).arg_true()


def fold(series: pl.Series) -> pl.Series:
    """Return the column with width, spaces, invisible characters and radicals folded; blank becomes null.

    A leading apostrophe goes as well. Most cells need nothing: the column itself comes back when no cell does.

    Args:
        series: Strings as written in the file.
    """
    return read(series)[0]


def read(series: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Fold a column and say what was wrong with each cell's form.

    Args:
        series: Strings as written in the file.

    Returns:
        The folded column, and for each cell one of `DIRT` or null; None when every cell is clean.
    """
    positions = unusual(series)
    if not len(positions):
        return series, None
    folded, dirt = read_cells(series.gather(positions))
    return put(series, positions, folded), spread(series, positions, dirt)


def spread(series: pl.Series, positions: pl.Series, answers: pl.Series) -> pl.Series | None:
    """Return answers about some cells of a column as a column of its length, null elsewhere; None when all are null."""
    if answers.null_count() == len(answers):
        return None
    return put(pl.Series(series.name, [None], dtype=answers.dtype).new_from_index(0, len(series)), positions, answers)


def read_cells(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Fold cells that need it and say what was wrong with the form of each: `read` without the short way."""
    folded = on_distinct(cells, _fold_distinct)
    folded = folded.set(folded == "", None)
    dirt = on_distinct(cells, lambda values: first_match(values, _FORMS))
    # A cell of nothing but spaces is blank, not badly written.
    return folded, dirt.set(folded.is_null(), None)
