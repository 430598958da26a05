"""Children's ID numbers: the same, one mistake apart, cut short, or two sound numbers that contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import identity
from xueji_cli.matching.kinds.base import Answer, Kind, hashed, keys_of_any, on_distinct_pairs, sides
from xueji_cli.values.idnumber import WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison

#: Digits of a number's head by which it is looked for: region, birth date and one digit more.
_HEAD = 15


class IdNumbers(Kind):
    """A resident ID number, with the one that the roll number carries."""

    name = "id_number"

    def columns(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`own`, `roll`, `typo`, `head` as in `identity`, with codes; the `region` of the own; `any`, whatever stands there."""
        if not people.has(identity.OWN):
            return None
        read = people.values.select(
            own=identity.OWN, roll=identity.ROLL, typo=identity.TYPO, head=identity.HEAD, any=comparison.fields[0]
        )
        # One roll, one child (2013 第五条): the roll number as a whole, whatever its letter.
        roll = [name for name in comparison.fields[1:] if people.has(name)]
        written = pl.coalesce(roll) if roll else pl.lit(None, dtype=pl.String)
        book = pl.when(written.str.contains(r"^[GJL][0-9]{17}[0-9X]$")).then(written)
        read = read.with_columns(people.values.with_columns(book=book).get_column("book"))
        # A guardian's number says nothing about the child.
        read = read.with_columns(any=pl.when(people.values[identity.ADULT].is_null()).then("any"))
        codes = [hashed(read[name]).alias(f"{name}#") for name in ("own", "roll", "typo")]
        # What is compared when the numbers are not equal: the mistyped one, else the sound one.
        text = read.select(pl.coalesce("typo", "own")).to_series()
        return read.with_columns(
            *codes,
            hashed(read["book"]).alias("book#"),
            pl.col("own").str.head(6).alias("region"),
            text.alias("text"),
            hashed(text).alias("text#"),
        )

    def codes(self, columns: Sequence[str]) -> list[dict[str, str]]:  # noqa: ARG002 - always the same
        """The own number."""
        return [{"own#": "own%"}]

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; near: a mistake apart; tail: the beginning of the other; unlike; conflict: both sound and different."""
        own = features[comparison.name]
        both = sides(own, ["own#", "roll#", "book#", "typo#", "own%", "text#", "head", "any"], left, right)
        numbers = [(pl.col(f"l:{a}#"), pl.col(f"r:{b}#")) for a in ("own", "roll") for b in ("own", "roll")]
        wholly = ((pl.col(f"l:{name}") == pl.col(f"r:{name}")) for name in ("typo#", "book#"))
        same = pl.any_horizontal(*(a == b for a, b in numbers), *wholly).fill_null(value=False)
        sound = pl.col("l:own#").is_not_null() & pl.col("r:own#").is_not_null()
        typed = pl.col("l:typo#").is_not_null() | pl.col("r:typo#").is_not_null()
        texts = pl.col("l:text#").is_not_null() & pl.col("r:text#").is_not_null()
        told = both.with_columns(same=same, sound=sound, open=typed & texts & ~same)
        near = on_distinct_pairs(own["text"], left, right, told["open"], _nearness)
        # Few numbers are cut short.
        cut = told.select(pl.col("l:head").is_not_null() | pl.col("r:head").is_not_null()).to_series().arg_true()
        tails = sides(own, ["text", "head"], left.gather(cut), right.gather(cut)).select(
            pl.any_horizontal(
                pl.col("r:text").str.starts_with(pl.col("l:head")),
                pl.col("l:text").str.starts_with(pl.col("r:head")),
                pl.col("l:head").str.starts_with(pl.col("r:head")),
                pl.col("r:head").str.starts_with(pl.col("l:head")),
            ).fill_null(value=False)
        )
        tail = pl.Series([False]).new_from_index(0, told.height).scatter(cut, tails.to_series())
        written = pl.col("l:any").is_not_null() | pl.col("l:own#").is_not_null()
        written = written & (pl.col("r:any").is_not_null() | pl.col("r:own#").is_not_null())
        answer = told.with_columns(near=near, tail=tail).select(
            level=pl.when("same")
            .then(self.level("same"))
            .when(pl.col("near") == 1)
            .then(self.level("near"))
            .when("tail")
            .then(self.level("tail"))
            .when("sound")
            .then(self.level("conflict"))
            .when(written)
            .then(self.level("unlike"))
            .otherwise(None)
            .cast(pl.UInt8),
            share=pl.when("same").then(pl.max_horizontal("l:own%", "r:own%")),
        )
        return Answer(answer["level"], answer["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The `number` (own, carried by the roll, or mistyped in the same way); numbers `near` a mistyped one; the `tail` missing."""
        if form == "near":
            return _near_keys(features.with_row_index("row"))
        if form == "tail":
            rows = features.with_row_index("row")
            known = rows.select("row", "head", text=pl.coalesce("text", "head"))
            long = known.filter(pl.col("text").str.len_chars() >= _HEAD)
            return long.select(
                "row", key=pl.col("text").str.head(_HEAD).hash(seed=3), probe=pl.col("head").is_not_null()
            )
        return keys_of_any(features, ["own#", "roll#", "typo#", "book#"])


def _nearness(left: pl.Series, right: pl.Series) -> pl.Series:
    """Return 1 for a pair of numbers one digit, one exchange, or one missing digit apart; two where both are mistyped."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cpdist

    edits = cpdist(left.to_list(), right.to_list(), scorer=OSA.distance, score_cutoff=2, workers=-1)
    frame = pl.DataFrame({"l": left, "r": right, "edits": edits})
    bad = [~_checks(pl.col(name)) for name in ("l", "r")]
    return frame.select(
        ((pl.col("edits") <= 1) | ((pl.col("edits") == 2) & bad[0] & bad[1])).cast(pl.UInt8)
    ).to_series()


def _checks(number: pl.Expr) -> pl.Expr:
    """Return whether a number of 18 characters has the check digit that it should have."""
    total = pl.sum_horizontal(
        number.str.slice(place, 1).cast(pl.Int32, strict=False) * weight for place, weight in enumerate(WEIGHTS)
    )
    last = number.str.slice(17, 1).replace("X", "10").cast(pl.Int32, strict=False)
    return ((total + last) % 11 == 1).fill_null(value=False)


def _near_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Return keys under which a mistyped number meets the number that was meant.

    A check digit notices every single wrong digit and every exchange of two different neighbours. So of two numbers one
    mistake apart at least one is unsound, and only for unsound numbers need their sound neighbours be listed: the 18 that one
    digit would make sound, and the exchanges that would. Two mistyped forms of one number meet under that number.
    """
    sound = rows.select("row", text=pl.col("own")).drop_nulls()
    typos = rows.select("row", text=pl.col("typo")).drop_nulls()
    parts = [sound.select("row", key=_integers(sound["text"]), probe=pl.lit(value=False))]
    distinct = typos.unique("text", maintain_order=True)
    for length in (17, 18, 19):
        some = distinct.filter(pl.col("text").str.len_chars() == length)
        if not some.height:
            continue
        owner, keys = _neighbours(_digits(some["text"], length), length)
        table = pl.DataFrame({"text": some["text"].gather(owner), "key": keys}).unique(maintain_order=True)
        parts.append(typos.join(table, on="text").select("row", "key", probe=pl.lit(value=True)))
    return pl.concat(parts)


def _digits(numbers: pl.Series, length: int) -> np.ndarray:
    """Return numbers as rows of digits, X as 10."""
    import numpy as np

    raw = np.frombuffer("".join(numbers.to_list()).encode("ascii"), dtype=np.uint8).reshape(-1, length)
    return np.where(raw == ord("X"), 10, raw - ord("0")).astype(np.int16)


def _integers(numbers: pl.Series) -> pl.Series:
    """Return 18-character numbers as integers: 17 digits, and the last character as two."""
    last = pl.col("n").str.slice(17, 1).replace("X", "10").cast(pl.UInt64)
    return numbers.to_frame("n").select(pl.col("n").str.head(17).cast(pl.UInt64) * 100 + last).to_series()


def _neighbours(digits: np.ndarray, length: int) -> tuple[pl.Series, pl.Series]:
    """Return (index of the number, sound number one mistake away) for rows of digits of 17, 18 or 19 characters."""
    import numpy as np

    weights = np.array([*WEIGHTS, 1], dtype=np.int64)
    inverse = np.array([0, *(pow(k, -1, 11) for k in range(1, 11))], dtype=np.int64)
    count = len(digits)
    candidates = []
    if length == 18:
        for place in range(18):
            # The one digit that makes the sum right.
            rest = digits @ weights - digits[:, place] * weights[place]
            changed = digits.copy()
            changed[:, place] = (1 - rest) * inverse[weights[place] % 11] % 11
            candidates.append(changed)
        for place in range(17):
            changed = digits.copy()
            changed[:, [place, place + 1]] = digits[:, [place + 1, place]]
            candidates.append(changed)
    elif length == 17:
        for place in range(18):
            grown = np.insert(digits, place, 0, axis=1)
            grown[:, place] = (1 - grown @ weights) * inverse[weights[place] % 11] % 11
            candidates.append(grown)
    else:
        candidates = [np.delete(digits, place, axis=1) for place in range(19)]
    every = np.concatenate(candidates)
    owner = np.tile(np.arange(count), len(candidates))
    good = ((every @ weights) % 11 == 1) & (every[:, :17] < 10).all(axis=1)
    every, owner = every[good], owner[good]
    tens = 10 ** np.arange(16, -1, -1, dtype=np.uint64)
    numbers = (every[:, :17].astype(np.uint64) @ tens) * np.uint64(100) + every[:, 17].astype(np.uint64)
    return pl.Series(owner, dtype=pl.UInt32), pl.Series(numbers, dtype=pl.UInt64)
