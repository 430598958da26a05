"""Sets of which one member in common is enough: telephones, guardians' numbers, guardians' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import identity
from xueji_cli.matching.kinds.base import Answer, Kind, hashed, keys_of, sides
from xueji_cli.values import han
from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import Comparison


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


class NameSets(Kind):
    """The names of the same few people in any order: father and mother."""

    name = "people"

    def features(self, comparison: Comparison, people: People) -> pl.DataFrame | None:
        """`h0 h1 …` codes of the names, `s0 s1 …` of their sounds, `p0 p1 …` shares."""
        fields = self.shown(people, comparison)
        if not fields:
            return None
        columns = {}
        for index, field in enumerate(fields):
            value = people.values.get_column(field)
            columns[f"h{index}"] = hashed(value)
            columns[f"s{index}"] = hashed(on_distinct(value, han.sounds))
        # How often a name occurs does not depend on where it stands.
        known = pl.concat([columns[f"h{index}"].alias("h") for index in range(len(fields))])
        share = (
            known.drop_nulls().value_counts().select("h", p=(pl.col("count") / max(known.count(), 1)).cast(pl.Float32))
        )
        frame = pl.DataFrame(columns)
        for index in range(len(fields)):
            frame = frame.join(share, left_on=f"h{index}", right_on="h", how="left", maintain_order="left")
            frame = frame.rename({"p": f"p{index}"})
        return frame

    def compare(
        self, comparison: Comparison, features: Mapping[str, pl.DataFrame], left: pl.Series, right: pl.Series
    ) -> Answer:
        """both: two names in common; one; sound: one that reads alike; other."""
        own = features[comparison.name]
        count = sum(name.startswith("h") for name in own.columns)
        both = sides(own, own.columns, left, right)
        places = range(count)
        in_common = [
            pl.any_horizontal(pl.col(f"l:h{i}") == pl.col(f"r:h{j}") for j in places).fill_null(value=False)
            for i in places
        ]
        sounds = pl.any_horizontal(pl.col(f"l:s{i}") == pl.col(f"r:s{j}") for i in places for j in places)
        known = pl.any_horizontal(pl.col(f"l:h{i}").is_not_null() for i in places) & pl.any_horizontal(
            pl.col(f"r:h{i}").is_not_null() for i in places
        )
        number = pl.sum_horizontal(each.cast(pl.UInt8) for each in in_common)
        share = pl.min_horizontal(pl.when(in_common[i]).then(pl.col(f"l:p{i}")) for i in places)
        told = both.select(
            level=pl.when(~known)
            .then(None)
            .when(number >= 2)
            .then(self.level("both"))
            .when(number == 1)
            .then(self.level("one"))
            .when(sounds)
            .then(self.level("sound"))
            .otherwise(self.level("other"))
            .cast(pl.UInt8),
            share=pl.when(number == 1).then(share),
        )
        return Answer(told["level"], told["share"])

    def key(self, features: pl.DataFrame, form: str) -> pl.DataFrame:
        """Each name, or its `sound`."""
        letter = "s" if form == "sound" else "h"
        columns = [name for name in features.columns if name[0] == letter]
        return pl.concat([keys_of(features[name]) for name in columns]).unique(maintain_order=True)
