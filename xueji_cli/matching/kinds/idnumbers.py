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
    return np.where(raw == ord("X"), 10, raw - ord("0")).astype(np.int64)


def _integers(numbers: pl.Series) -> pl.Series:
    """Return 18-character numbers as integers: 17 digits, and the last character as two."""
    last = pl.col("n").str.slice(17, 1).replace("X", "10").cast(pl.UInt64)
    return numbers.to_frame("n").select(pl.col("n").str.head(17).cast(pl.UInt64) * 100 + last).to_series()


def _neighbours(digits: np.ndarray, length: int) -> tuple[pl.Series, pl.Series]:
    """Return (index of the number, sound number one mistake away) for rows of digits of 17, 18 or 19 characters.

    No neighbour is written out: what a mistake changes in the sum of the check digit and in the integer is all that is computed.
    """
    import numpy as np

    found = [_changed(digits), _exchanged(digits)] if length == 18 else [_moved(digits, 18 - length)]
    owners = [np.nonzero(good)[0] for good, _ in found]
    numbers = [number[good] for good, number in found]
    return pl.Series(np.concatenate(owners), dtype=pl.UInt32), pl.Series(np.concatenate(numbers), dtype=pl.UInt64)


def _scales() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the digit of each place counts for: in the sum, in the integer, and among those that must not be X."""
    import numpy as np

    # Integers may be too large for a sign; without one, differences go round and come out right.
    units = np.array([*(10**power for power in range(18, 1, -1)), 1], dtype=np.uint64)
    return np.array([*WEIGHTS, 1]), units, np.array([1] * 17 + [0])


def _fitting(rest: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the digit that makes the sum right, given the sum of the others."""
    import numpy as np

    digit: np.ndarray = (1 - rest) * np.array([pow(int(weight), -1, 11) for weight in weights]) % 11
    return digit


def _changed(digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each of 18 places whether another digit there makes a sound number, and that number."""
    weights, units, inner = _scales()
    fit = _fitting((digits @ weights)[:, None] - digits * weights, weights)
    odd = (digits == 10) * inner
    good = ((odd.sum(axis=1)[:, None] - odd) == 0) & (fit * inner < 10)
    return good, (digits.astype(units.dtype) @ units)[:, None] + (fit - digits).astype(units.dtype) * units


def _exchanged(digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each of 17 places whether an exchange with the next makes a sound number, and that number."""
    weights, units, inner = _scales()
    more = digits[:, 1:] - digits[:, :-1]
    odd = digits == 10
    odd = (odd @ inner)[:, None] + (odd[:, 1:].astype(int) - odd[:, :-1]) * (inner[:-1] - inner[1:])
    good = (((digits @ weights)[:, None] + more * (weights[:-1] - weights[1:])) % 11 == 1) & (odd == 0)
    return good, (digits.astype(units.dtype) @ units)[:, None] + more.astype(units.dtype) * (units[:-1] - units[1:])


def _moved(digits: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each place whether a sound number comes out when the digits from there on move, and that number.

    Args:
        digits: 17 or 19 a row.
        step: 1 to put in the digit that fits, −1 to leave one out.
    """
    weights, units, inner = _scales()
    total, number = _with_moved(digits, weights, step), _with_moved(digits, units, step)
    good = _with_moved(digits == 10, inner, step) == 0
    if step < 0:
        return good & (total % 11 == 1), number
    fit = _fitting(total, weights)
    return good & (fit * inner < 10), number + fit.astype(units.dtype) * units


def _with_moved(digits: np.ndarray, scale: np.ndarray, step: int) -> np.ndarray:
    """Return for each place the sum of digits times their scale, those from there on times the scale of where they move to."""
    import numpy as np

    digits = digits.astype(scale.dtype)
    length = digits.shape[1]
    around = np.pad(scale, 1)
    before = np.pad(np.cumsum(digits * around[1 : 1 + length], axis=1), ((0, 0), (1, 0)))
    moved = np.cumsum((digits * around[1 + step : 1 + step + length])[:, ::-1], axis=1)[:, ::-1]
    # Of a digit that is left out nothing is counted.
    behind = np.pad(moved if step > 0 else moved[:, 1:], ((0, 0), (0, 1)))
    total: np.ndarray = before[:, : behind.shape[1]] + behind
    return total
