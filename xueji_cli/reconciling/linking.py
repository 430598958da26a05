"""Which child in the classroom is which child in the system.

Here are only links that need no weighing: the same number, or the same name where nobody else in the class or school has
it. Everything that has to be weighed (typing errors, 同音字, two valid numbers) is `matching`'s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import polars as pl

from xueji_cli.values import idnumber

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster

#: `s` and `a` are places in the two frames; `how`: number, roll, name, family (birth date and
#: parent in one class, another character in the name), class (nobody else is left in it), corrected (two days of one list: all
#: but the number agrees), match (weighed), or possible.
PAIR_SCHEMA = {"s": pl.UInt32, "a": pl.UInt32, "how": pl.String}

#: What a step of exact linking compares, in order of how sure it is. Every step sees only who is left, and takes only
#: pairs in which nobody else on either side has the same.
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("number", ("number", "name", "school", "key")),
    ("number", ("number", "name", "school")),
    ("number", ("number", "name")),
    ("number", ("number", "school")),
    ("number", ("number",)),
    ("first", ("number", "name")),
    ("number", ("document", "name")),
    ("number", ("document", "school")),
    ("roll", ("roll_number", "name")),
    ("roll", ("roll_number",)),
    ("name", ("name", "born", "school", "key")),
    ("name", ("name", "born", "school")),
    ("name", ("name", "school", "key")),
    ("name", ("name", "school", "grade")),
    ("name", ("name", "born", "guardian")),
    ("name", ("name", "born", "phone")),
    ("family", ("born", "guardian", "school", "key")),
    ("family", ("born", "phone", "school", "key")),
    ("class", ("surname", "sex", "school", "key")),
)


#: Characters of the longest Chinese name without a dot.
_LONGEST_NAME = 5


def exact_links(
    system: pl.DataFrame, actual: pl.DataFrame, steps: Sequence[tuple[str, tuple[str, ...]]] = STEPS
) -> pl.DataFrame:
    """Return pairs that are the same child for sure (`PAIR_SCHEMA`); nobody is in two of them.

    Args:
        system: Columns of `intake.PERSON`, `school`, `grade`, `key`, and `s`, its place.
        actual: The same with `a`.
        steps: What is compared, one step after the other.
    """
    left, right = _keyed(system, "s"), _keyed(actual, "a")
    found: list[pl.DataFrame] = []
    for how, keys in steps:
        if left.is_empty() or right.is_empty():
            break
        pairs = _step(left, right, keys, how)
        if pairs.height:
            found.append(pairs.select("s", "a", how=pl.lit("number" if how == "first" else how)))
            left = left.join(pairs, on="s", how="anti")
            right = right.join(pairs, on="a", how="anti")
    return pl.concat(found) if found else pl.DataFrame(schema=PAIR_SCHEMA)


def _keyed(rows: pl.DataFrame, place: str) -> pl.DataFrame:
    """Return what is compared: the child's number is the valid ID number, or the one that a roll number carries."""
    # A passport is a number too; what is short, or a resident number gone wrong, says less.
    document = pl.when(~pl.col("id_valid") & pl.col("id_number").str.contains(r"^[A-Z]{0,3}[0-9]{6,12}$")).then(
        "id_number"
    )
    return rows.with_columns(document=document).select(
        place,
        "document",
        "name",
        "born",
        "sex",
        "roll_number",
        "guardian",
        "phone",
        "school",
        "grade",
        "key",
        "id_valid",
        number=number(rows),
        surname=pl.col("name").str.head(1),
    )


def number(rows: pl.DataFrame) -> pl.Series:
    """Return each child's valid number: the ID number, else the one inside a G roll number; null where there is none."""
    carried = rows.get_column("roll_number").str.extract(r"^G([0-9]{17}[0-9X])$")
    fits = carried.str.slice(17, 1) == idnumber.check_character(idnumber.digits(carried))
    return (
        pl.DataFrame(
            {"id": rows.get_column("id_number"), "valid": rows.get_column("id_valid"), "carried": carried, "fits": fits}
        )
        .select(pl.coalesce(pl.when("valid").then("id"), pl.when("fits").then("carried")))
        .to_series()
    )


def _step(left: pl.DataFrame, right: pl.DataFrame, keys: Sequence[str], how: str) -> pl.DataFrame:
    """Return the pairs of one step."""
    # A child with two rolls who sits in a third school is one child all the same: the first of the rolls stands for it.
    keep: Literal["first", "none"] = "first" if how == "first" else "none"
    alone = [_alone(side, keys, keep) for side in (left, right)]
    pairs = alone[0].join(alone[1], on=list(keys), suffix="_a")

    def agrees(name: str) -> pl.Expr:
        if name in keys:
            return pl.lit(value=True)
        return (pl.col(name) == pl.col(f"{name}_a")).fill_null(value=True)

    if how == "corrected":
        # One name in one family or class on two days: the number was put right, whatever it was before.
        return pairs.filter(agrees("sex"))
    if how == "name":
        # Two children may well have one name: their own numbers and sexes must not speak against it.
        return pairs.filter(agrees("number") & agrees("sex"))
    if how == "family":
        # A wrong character in the name. Twins are two on either side, and not alone; the same family name at the least.
        return pairs.filter(
            agrees("number") & agrees("sex") & (pl.col("name").str.head(1) == pl.col("name_a").str.head(1))
        )
    if how == "class":
        # The one child of the class who is left on either side, with one wrong character in the name: it is told as that.
        nothing_against = [agrees(name) for name in ("number", "document", "born", "guardian", "phone")]
        return pairs.filter(*nothing_against, _one_character_differs(pl.col("name"), pl.col("name_a")))
    # Brothers and sisters may share a number (a guardian's, or one child's): then birth dates differ, and so do names.
    return pairs.filter(agrees("born") | agrees("name"))


def _one_character_differs(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    differing = [left.str.slice(place, 1) != right.str.slice(place, 1) for place in range(_LONGEST_NAME)]
    length = left.str.len_chars()
    return (length == right.str.len_chars()) & (length <= _LONGEST_NAME) & (pl.sum_horizontal(differing) == 1)


def _alone(rows: pl.DataFrame, keys: Sequence[str], keep: Literal["first", "none"]) -> pl.DataFrame:
    """Return rows that have all keys and share them with nobody on their side, or the first of those that share them."""
    return rows.drop_nulls(list(keys)).unique(list(keys), keep=keep, maintain_order=True)


class Weigher:
    """Hands those whom no exact step links to `matching`, which weighs what they have in common."""

    def __init__(self, rosters: Sequence[Roster], schema: Schema, as_of: date, school_year: int) -> None:
        """Remember where the rows come from.

        Args:
            rosters: All tables, as `table` counts them.
            schema: The student schema, with its matching model.
            as_of: The day ages are counted at.
            school_year: Turns 2021级 into a grade.
        """
        self._rosters = rosters
        self._schema = schema
        self._as_of = as_of
        self._year = school_year

    def pairs(self, system: pl.DataFrame, actual: pl.DataFrame) -> pl.DataFrame:
        """Return weighed pairs of the rows of both sides.

        Args:
            system: `s`, `table`, `row`, `school`.
            actual: `a` and the same.

        Returns:
            `PAIR_SCHEMA`; `how` is match, or possible where a person must look.
        """
        from xueji_cli.matching.linking import MATCHED, POSSIBLE
        from xueji_cli.matching.linking import link as weigh
        from xueji_cli.matching.people import read_people

        if self._schema.matching is None or system.is_empty() or actual.is_empty():
            return pl.DataFrame(schema=PAIR_SCHEMA)
        sides: list[list[Roster]] = []
        tables: list[int] = []
        for rows in (system, actual):
            side = []
            for (table,), of_table in rows.group_by("table", maintain_order=True):
                side.append(self._narrowed(self._rosters[int(str(table))], of_table))
                tables.append(int(str(table)))
            sides.append(side)
        linked = weigh(read_people(sides, self._schema, self._as_of, self._year))
        places = linked.people.places.with_columns(
            pl.col("table").replace_strict(dict(enumerate(tables)), return_dtype=pl.UInt32)
        )
        found = linked.judged.pairs.filter(pl.col("link").is_in([MATCHED, POSSIBLE]))
        pairs = pl.DataFrame(
            {
                "s_table": places["table"].gather(found["l"]),
                "s_row": places["row"].gather(found["l"]),
                "a_table": places["table"].gather(found["r"]),
                "a_row": places["row"].gather(found["r"]),
                "how": found["link"].replace({MATCHED: "match", POSSIBLE: "possible"}),
            }
        )
        return (
            pairs.join(system.select("s", s_table="table", s_row="row"), on=["s_table", "s_row"])
            .join(actual.select("a", a_table="table", a_row="row"), on=["a_table", "a_row"])
            .select(list(PAIR_SCHEMA))
            .sort("s", "a")
        )

    def _narrowed(self, roster: Roster, rows: pl.DataFrame) -> Roster:
        """Return a table with some of its rows, their school under the one name that both sides have for it."""
        frame = rows.select("row", school_name="school").join(
            roster.frame.drop("school_name", strict=False), on="row", how="left", maintain_order="left"
        )
        return replace(roster, rows=frame)


def link(system: pl.DataFrame, actual: pl.DataFrame, weigher: Weigher | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the pairs of the two sides that are one child, and the pairs at which a person must look.

    Args:
        system: See `exact_links`; also `table` and `row`.
        actual: The same.
        weigher: Weighs those who are left.
    """
    exact = exact_links(system, actual)
    if weigher is None:
        return exact, pl.DataFrame(schema=PAIR_SCHEMA)
    weighed = weigher.pairs(system.join(exact, on="s", how="anti"), actual.join(exact, on="a", how="anti"))
    sure = pl.concat([exact, weighed.filter(pl.col("how") != "possible")])
    possible = weighed.filter(pl.col("how") == "possible")
    known = pl.concat([sure, possible])
    left, right = system.join(known, on="s", how="anti"), actual.join(known, on="a", how="anti")
    # A name alone proves nothing, so namesakes of whom nobody else is left are only pointed out.
    namesakes = _step(_keyed(left, "s"), _keyed(right, "a"), ("name",), "name").filter(
        (pl.col("born") == pl.col("born_a")).fill_null(value=True)
    )
    return sure, pl.concat([possible, namesakes.select("s", "a", how=pl.lit("possible"))])
