"""Whole names of persons: Han names by character, sound and shape, Latin ones by their letters."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.kinds.base import (
    Answer,
    Kind,
    coded,
    hashed,
    keys_of,
    on_distinct_pairs,
    sides,
)
from xueji_cli.schema.matching import KINDS
from xueji_cli.values import han
from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison

_EXACT, _SOUND, _SHAPE, _PART, _GIVEN, _SURNAME, _OTHER = range(len(KINDS["name"]))

#: Names up to here are compared character by character; longer ones are transliterations, compared as a whole.
_LONGEST = 6
#: Jaro–Winkler similarity of the sound of long names from which they are the same name spelled otherwise.
_SPELLED = 0.92


#: What syllables are multiplied with, so that it matters which stands where; odd, and of no pattern.
_FACTORS = (1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)


class Names(Kind):
    """One person's name."""

    name = "name"

    def columns(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` name and its code, and the code of its sound, `sound#`."""
        if not people.has(comparison.fields[0]):
            return None
        value = people.values.get_column(comparison.fields[0])
        sound = on_distinct(value, han.sounds)
        return pl.DataFrame(coded(value) | coded(sound, "sound"))

    def codes(self, columns: Sequence[str]) -> list[dict[str, str]]:  # noqa: ARG002 - always the same
        """Name and sound."""
        return [{"v#": "v%"}, {"sound#": "sound%"}]

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """See `_levels`."""
        own = features[comparison.name]
        both = sides(own, ["v#", "v%", "sound%"], left, right)
        known = both.select(pl.col("l:v#").is_not_null() & pl.col("r:v#").is_not_null()).to_series()
        same = (both["l:v#"] == both["r:v#"]).fill_null(value=False)
        closer = on_distinct_pairs(own["v"], left, right, known & ~same, _levels)
        told = both.with_columns(closer=closer, same=same).select(
            level=pl.when("same").then(pl.lit(_EXACT, pl.UInt8)).otherwise("closer"),
            share=pl.when("same")
            .then("l:v%")
            .when(pl.col("closer") == _SOUND)
            .then(pl.max_horizontal("l:sound%", "r:sound%")),
        )
        return Answer(told["level"], told["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The name; its `sound`; the sound with one syllable left out (`drop`); the `surname`."""
        if form == "":
            return keys_of(features["v#"])
        if form == "sound":
            return keys_of(features["sound#"])
        if form == "surname":
            return keys_of(hashed(features.select(pl.col("v").str.head(1)).to_series()))
        return _dropped(features["sound"])


def _dropped(sounds: pl.Series) -> pl.DataFrame:
    """Return, for each way to leave one syllable out, `row` and `key`: finds a character mistaken for any other."""
    # One more than are looked at: whoever has it is too long.
    places = [f"field_{place}" for place in range(5)]
    syllables = (
        pl.DataFrame({"s": sounds.str.strip_chars_end(" ").str.split_exact(" ", 4)})
        .unnest("s")
        .with_row_index("row")
        .with_columns(length=pl.sum_horizontal(pl.col(place).is_not_null().cast(pl.UInt8) for place in places))
        .filter(pl.col("length").is_between(2, 4))
        .with_columns(pl.when(pl.col(place).is_not_null()).then(pl.col(place).hash(seed=2)) for place in places)
    )
    gaps = []
    for gap in range(4):
        rest = [
            pl.col(place).fill_null(0) * factor for place, factor in zip(_without(places, gap), _FACTORS, strict=True)
        ]
        # Where the gap was is part of the key only in names of two characters, where so little is left.
        where = pl.when(pl.col("length") == 2).then(gap + 1).otherwise(0)
        key = rest[0] + rest[1] + rest[2] + where.cast(pl.UInt64) * _FACTORS[-1]
        # Of two equal syllables side by side it makes no difference which is left out.
        twice = (
            (pl.col("length") > 2) & (pl.col(places[gap]) == pl.col(places[gap - 1])) if gap else pl.lit(value=False)
        )
        gaps.append(syllables.filter((pl.col("length") > gap) & ~twice).select("row", key=key))
    return pl.concat(gaps)


def _without(places: Sequence[str], gap: int) -> list[str]:
    """Return the first four places but one."""
    return [place for index, place in enumerate(places[:4]) if index != gap]


def _levels(left: pl.Series, right: pl.Series) -> pl.Series:
    """Return how distinct pairs of different names agree.

    sound    every character reads like the other's (婷/亭)
    shape    and besides one looks like the other's or was lost to `?` (晴/睛), or the characters are in another order
    part     one name is the other with a character more
    given    the same surname and a character of the given name (brothers and sisters often have that)
    surname  the same surname
    """
    frame = pl.DataFrame({"l": left, "r": right}).with_row_index("i")
    frame = frame.with_columns(ll=pl.col("l").str.len_chars(), rl=pl.col("r").str.len_chars())
    written_in_han = pl.col("l").str.contains(r"\p{Han}") & pl.col("r").str.contains(r"\p{Han}")
    short = frame.select((pl.max_horizontal("ll", "rl") <= _LONGEST) & written_in_han).to_series()
    brief, long = frame.filter(short), frame.filter(~short)
    heads = brief.select(pl.col("l", "r").str.head(1))
    brief = brief.with_columns(han.relations(heads["l"], heads["r"]).alias("c0"))
    # Most pairs end here: their first characters have nothing to do with each other, nor does either stand elsewhere in the other name.
    near = brief.select(
        (pl.col("c0") > 0)
        | pl.col("r").str.contains(pl.col("l").str.head(1), literal=True)
        | pl.col("l").str.contains(pl.col("r").str.head(1), literal=True)
    ).to_series()
    alike = brief.filter(near)
    told = [
        brief.filter(~near).select("i", level=pl.lit(_OTHER, dtype=pl.UInt8)),
        _same_length(alike.filter(pl.col("ll") == pl.col("rl"))),
        _other_length(alike.filter(pl.col("ll") != pl.col("rl"))),
        _long(long),
    ]
    return pl.concat(told).sort("i")["level"]


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema={"i": pl.UInt32, "level": pl.UInt8})


def _other_length(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `i` and `level` of names of which one has more characters."""
    if not frame.height:
        return _none()
    from rapidfuzz.distance import LCSseq
    from rapidfuzz.process import cpdist

    common = cpdist(frame["l"].to_list(), frame["r"].to_list(), scorer=LCSseq.similarity, workers=-1)
    least = pl.min_horizontal("ll", "rl")
    part = (pl.col("common") == least) & (least >= 2) & (pl.max_horizontal("ll", "rl") - least == 1)
    same_surname = pl.col("c0") >= 2
    return frame.with_columns(common=pl.Series(common).cast(pl.UInt32)).select(
        "i",
        level=pl.when(part)
        .then(_PART)
        .when(same_surname & (pl.col("common") >= 2))
        .then(_GIVEN)
        .when(same_surname)
        .then(_SURNAME)
        .otherwise(_OTHER)
        .cast(pl.UInt8),
    )


def _long(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `i` and `level` of names compared as a whole, by their sound."""
    if not frame.height:
        return _none()
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cpdist

    sounds = han.sounds(frame["l"]), han.sounds(frame["r"])
    near = cpdist(sounds[0].to_list(), sounds[1].to_list(), scorer=JaroWinkler.similarity, workers=-1)
    return frame.with_columns(near=pl.Series(near), same=sounds[0] == sounds[1]).select(
        "i",
        level=pl.when("same")
        .then(_SOUND)
        .when(pl.col("near") >= _SPELLED)
        .then(_SHAPE)
        .otherwise(_OTHER)
        .cast(pl.UInt8),
    )


def _same_length(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `i` and `level` of names of the same number of characters."""
    if not frame.height:
        return _none()
    places = range(int(frame.select(pl.col("ll").max()).item()))
    # The characters of all places at once: what is known about them is looked up but once.
    characters = [pl.concat([frame[side].str.slice(place, 1) for place in places]) for side in "lr"]
    related = han.relations(*characters)
    columns = [
        related.slice(place * frame.height, frame.height).set(frame["ll"] <= place, None).alias(f"c{place}")
        for place in places
    ]
    alike = pl.sum_horizontal((pl.col(c.name) >= 2).cast(pl.UInt8) for c in columns)
    seen = pl.sum_horizontal((pl.col(c.name) == 1).cast(pl.UInt8) for c in columns)
    same_surname = pl.col("c0") >= 2
    # The same characters in another order have the same sum.
    together = [reduce(add, (pl.col(side).str.slice(place, 1).hash() for place in places)) for side in "lr"]
    turned = together[0] == together[1]
    return frame.with_columns(columns).select(
        "i",
        level=pl.when(alike == pl.col("ll"))
        .then(_SOUND)
        .when(((alike + seen == pl.col("ll")) & (seen <= pl.col("ll") // 2)) | turned)
        .then(_SHAPE)
        .when(same_surname & (alike >= 2))
        .then(_GIVEN)
        .when(same_surname)
        .then(_SURNAME)
        .otherwise(_OTHER)
        .cast(pl.UInt8),
    )
