"""Days, words, numbers, addresses, sets of numbers, and categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import identity
from xueji_cli.matching.kinds.base import (
    Answer,
    Kind,
    coded,
    hashed,
    keys_of,
    on_distinct_pairs,
    sides,
)
from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison

#: Days by which a birth date may be off when one is of the lunar calendar.
_LUNAR = 60
#: Jaro–Winkler similarities of words.
_CLOSE, _SIMILAR = 0.92, 0.80
#: Similarity (Indel) of addresses that are the same with a word more or less.
_SAME_PLACE = 0.80


def _filled(people: People, comparison: Comparison, beside: Mapping[str, str]) -> pl.Series | None:
    """Return the first of a comparison's fields that has a value; an ID number gives what `beside` says."""
    names = [beside.get(field, field) for field in comparison.fields]
    known = [name for name in names if people.has(name)]
    if not known:
        return None
    return people.values.select(pl.coalesce(known)).to_series()


class Dates(Kind):
    """A day; of an ID number, the birth date in it."""

    name = "date"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` the day as an integer, `day` as a date."""
        value = _filled(people, comparison, {"id_number": identity.BORN})
        if value is None:
            return None
        day = on_distinct(value, lambda days: days.cast(pl.String).str.zfill(8).str.to_date("%Y%m%d", strict=False))
        return pl.DataFrame(coded(value) | {"day": day.cast(pl.Int32)})

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; swapped: day and month; digit: one digit wrong or two exchanged; near: within two months; other."""
        both = sides(features[comparison.name], ["v", "v%", "day"], left, right)
        a, b = pl.col("l:v"), pl.col("r:v")
        digits = [(a // 10**k % 10, b // 10**k % 10) for k in range(8)]
        wrong = pl.sum_horizontal((x != y).cast(pl.UInt8) for x, y in digits)
        # Two digits side by side in the other order.
        turned = pl.any_horizontal(
            (digits[k][0] == digits[k + 1][1]) & (digits[k + 1][0] == digits[k][1]) for k in range(7)
        )
        swapped = (a // 10_000 == b // 10_000) & (a % 100 == b // 100 % 100) & (a // 100 % 100 == b % 100)
        told = both.select(
            level=pl.when(a.is_null() | b.is_null())
            .then(None)
            .when(a == b)
            .then(self.level("same"))
            .when(swapped)
            .then(self.level("swapped"))
            .when((wrong == 1) | ((wrong == 2) & turned))
            .then(self.level("digit"))
            .when((pl.col("l:day") - pl.col("r:day")).abs() <= _LUNAR)
            .then(self.level("near"))
            .otherwise(self.level("other"))
            .cast(pl.UInt8),
            share=pl.when(a == b).then("l:v%"),
        )
        return Answer(told["level"], told["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The day; year and `month`; the `year`; month and `day`."""
        v = pl.col("v")
        part = {"": v, "month": v // 100, "year": v // 10_000, "day": v % 10_000}[form]
        return keys_of(hashed(features.select(part).to_series()))


class Words(Kind):
    """Words in Latin letters."""

    name = "text"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` letters and digits only."""
        value = _filled(people, comparison, {})
        if value is None:
            return None
        plain = value.to_frame("v").select(pl.col("v").str.replace_all(r"[^\p{L}\p{N}]", "")).to_series()
        return pl.DataFrame(coded(plain.set(plain == "", None)))

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; swapped with the other word; close or similar by Jaro–Winkler; other."""
        own = features[comparison.name]
        both = sides(own, own.columns, left, right)
        same = both["l:v#"] == both["r:v#"]
        swapped = pl.Series([False]).new_from_index(0, both.height)
        other = features.get(comparison.with_)
        if other is not None:
            crossed = sides(other, ["v#"], left, right)
            swapped = (both["l:v#"] == crossed["r:v#"]) & (both["r:v#"] == crossed["l:v#"])
            # Half a swap: one of the two was changed besides.
            swapped = swapped.fill_null(value=False)
        closer = on_distinct_pairs(both, "v", ~same & ~swapped, self._closeness)
        told = both.with_columns(closer=closer, same=same, swapped=swapped).select(
            level=pl.when("same")
            .then(pl.lit(self.level("same"), pl.UInt8))
            .when("swapped")
            .then(pl.lit(self.level("swapped"), pl.UInt8))
            .otherwise("closer"),
            share=pl.when(pl.col("same") | pl.col("swapped")).then("l:v%"),
        )
        return Answer(told["level"], told["share"])

    def _closeness(self, left: pl.Series, right: pl.Series) -> pl.Series:
        from rapidfuzz.distance import OSA, JaroWinkler
        from rapidfuzz.process import cpdist

        words = left.to_list(), right.to_list()
        near = pl.Series("near", cpdist(*words, scorer=JaroWinkler.similarity, workers=-1))
        edits = pl.Series("edits", cpdist(*words, scorer=OSA.distance, workers=-1))
        return (
            pl.DataFrame([near, edits])
            .select(
                pl.when((pl.col("near") >= _CLOSE) | (pl.col("edits") <= 1))
                .then(self.level("close"))
                .when(pl.col("near") >= _SIMILAR)
                .then(self.level("similar"))
                .otherwise(self.level("other"))
            )
            .to_series()
        )

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The word; its `sound` (Metaphone, of Latin letters only); its `start`."""
        if form == "":
            return keys_of(features["v#"])
        if form == "start":
            return keys_of(hashed(features.select(pl.col("v").str.head(3)).to_series()))
        return keys_of(hashed(on_distinct(features["v"], _metaphones)))


def _metaphones(words: pl.Series) -> pl.Series:
    from jellyfish import metaphone

    # A loop over distinct words; the library takes one at a time.
    return pl.Series([metaphone(word) or word if word.isascii() else word for word in words.to_list()], dtype=pl.String)


class Codes(Kind):
    """A number or code in which a character can be wrong."""

    name = "code"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` letters and digits only."""
        value = _filled(people, comparison, {})
        if value is None:
            return None
        plain = value.to_frame("v").select(pl.col("v").cast(pl.String).str.replace_all(r"[^\p{L}\p{N}]", ""))
        return pl.DataFrame(coded(plain.to_series().set(plain.to_series() == "", None)))

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; near: one character wrong, missing or exchanged; other."""
        own = features[comparison.name]
        both = sides(own, own.columns, left, right)
        same = both["l:v#"] == both["r:v#"]
        closer = on_distinct_pairs(both, "v", ~same, self._closeness)
        told = both.with_columns(closer=closer, same=same).select(
            level=pl.when("same").then(pl.lit(self.level("same"), pl.UInt8)).otherwise("closer"),
            share=pl.when("same").then("l:v%"),
        )
        return Answer(told["level"], told["share"])

    def _closeness(self, left: pl.Series, right: pl.Series) -> pl.Series:
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cpdist

        edits = cpdist(left.to_list(), right.to_list(), scorer=OSA.distance, score_cutoff=1, workers=-1)
        near = pl.Series("edits", edits).to_frame()
        return near.select(
            pl.when(pl.col("edits") <= 1).then(self.level("near")).otherwise(self.level("other"))
        ).to_series()

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The code; or every way to leave one character out (`drop`), of codes of five or more."""
        if form == "":
            return keys_of(features["v#"])
        rows = features.select("v").with_row_index("row").drop_nulls()
        longest = rows.select(pl.col("v").str.len_chars().max()).item() or 0
        parts = []
        for gap in range(min(longest, 20)):
            long = rows.filter(pl.col("v").str.len_chars() > max(gap, 4))
            rest = pl.col("v").str.head(gap) + pl.col("v").str.slice(gap + 1)
            parts.append(long.select("row", key=rest.hash(seed=2)))
        if not parts:
            return keys_of(features["v#"])
        return pl.concat(parts).unique(maintain_order=True)


class Addresses(Kind):
    """An address in Chinese: the same place may be written with the county in front or without."""

    name = "address"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` the address from the county down, without punctuation."""
        value = _filled(people, comparison, {})
        if value is None:
            return None
        a = pl.col("a").str.replace_all(r"[\s,，。.、\-—()（）#]", "")
        local = a.str.replace(r"^.{0,8}?(?:省|自治区)", "").str.replace(r"^.{1,7}?(?:市|自治州|地区)", "")
        local = local.str.replace(r"^.{1,6}?(?:县|区)", "")
        place = pl.when(local.str.len_chars() >= 4).then(local).otherwise(a)
        plain = on_distinct(value, lambda each: each.to_frame("a").select(place).to_series())
        return pl.DataFrame(coded(plain.set(plain == "", None)))

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; near: most of the characters in the same order; other."""
        own = features[comparison.name]
        both = sides(own, own.columns, left, right)
        same = both["l:v#"] == both["r:v#"]
        closer = on_distinct_pairs(both, "v", ~same, self._closeness)
        told = both.with_columns(closer=closer, same=same).select(
            level=pl.when("same").then(pl.lit(self.level("same"), pl.UInt8)).otherwise("closer"),
            share=pl.when("same").then("l:v%"),
        )
        return Answer(told["level"], told["share"])

    def _closeness(self, left: pl.Series, right: pl.Series) -> pl.Series:
        from rapidfuzz.distance import Indel
        from rapidfuzz.process import cpdist

        near = cpdist(left.to_list(), right.to_list(), scorer=Indel.normalized_similarity, workers=-1)
        # The numbers of house and floor must agree: next door is another family.
        numbers = left.str.extract_all(r"[0-9]+").list.join(" ") == right.str.extract_all(r"[0-9]+").list.join(" ")
        return (
            pl.DataFrame({"near": near, "numbers": numbers})
            .select(
                pl.when((pl.col("near") >= _SAME_PLACE) & pl.col("numbers"))
                .then(self.level("near"))
                .otherwise(self.level("other"))
            )
            .to_series()
        )

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """The address; its `tail` of eight characters."""
        if form == "":
            return keys_of(features["v#"])
        return keys_of(hashed(features.select(pl.col("v").str.tail(8)).to_series()))


class Sets(Kind):
    """Numbers of which one in common is enough: telephones, guardians' ID numbers."""

    name = "any"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`h0 h1 …` codes of the numbers, `p0 p1 …` their shares wherever they stand."""
        names = [identity.ADULT if field == "id_number" else field for field in comparison.fields]
        known = [name for name in names if people.has(name)]
        if not known:
            return None
        frame = pl.DataFrame({f"h{index}": hashed(people.values.get_column(name)) for index, name in enumerate(known)})
        numbers = pl.concat([frame[name].alias("h") for name in frame.columns])
        # A number that stands twice in a record is one number of it.
        rows = frame.with_row_index("row").unpivot(index="row", value_name="h").select("row", "h").unique().drop_nulls()
        total = max(frame.height, 1)
        share = rows.group_by("h").agg(p=(pl.len() / total).cast(pl.Float32))
        if not numbers.count():
            return None
        for index in range(len(known)):
            frame = frame.join(share, left_on=f"h{index}", right_on="h", how="left", maintain_order="left")
            frame = frame.rename({"p": f"p{index}"})
        return frame

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same: a number in common; other."""
        own = features[comparison.name]
        both = sides(own, own.columns, left, right)
        places = range(sum(name.startswith("h") for name in own.columns))
        in_common = [
            pl.any_horizontal(pl.col(f"l:h{i}") == pl.col(f"r:h{j}") for j in places).fill_null(value=False)
            for i in places
        ]
        known = pl.any_horizontal(pl.col(f"l:h{i}").is_not_null() for i in places) & pl.any_horizontal(
            pl.col(f"r:h{i}").is_not_null() for i in places
        )
        told = both.select(
            level=pl.when(~known)
            .then(None)
            .when(pl.any_horizontal(in_common))
            .then(self.level("same"))
            .otherwise(self.level("other"))
            .cast(pl.UInt8),
            share=pl.min_horizontal(pl.when(in_common[i]).then(pl.col(f"l:p{i}")) for i in places),
        )
        return Answer(told["level"], told["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:  # noqa: ARG002 - it has one form
        """Each number."""
        columns = [name for name in features.columns if name[0] == "h"]
        return pl.concat([keys_of(features[name]) for name in columns]).unique(maintain_order=True)


class Categories(Kind):
    """One of a few values; of an ID number, the sex in it."""

    name = "category"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`v` the value."""
        value = _filled(people, comparison, {"id_number": identity.SEX})
        return None if value is None else pl.DataFrame(coded(value))

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """same; other."""
        both = sides(features[comparison.name], ["v#", "v%"], left, right)
        same = pl.col("l:v#") == pl.col("r:v#")
        told = both.select(
            level=pl.when(same)
            .then(pl.lit(self.level("same"), pl.UInt8))
            .when(~same)
            .then(pl.lit(self.level("other"), pl.UInt8)),
            share=pl.when(same).then("l:v%"),
        )
        return Answer(told["level"], told["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:  # noqa: ARG002 - it has one form
        """The value."""
        return keys_of(features["v#"])
