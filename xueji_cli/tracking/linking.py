"""Which roll of the first export is which of the second: sure links first, what is left is weighed by `matching`.

Two days of one roll list say more than two lists of one day: a child whose name, birth date and family stay in one school is
the same child, even if the ID number was put right in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling.linking import STEPS, exact_links, number
from xueji_cli.values import han

if TYPE_CHECKING:
    from xueji_cli.reconciling.linking import Weigher

#: Only between two days of one list: a number that was put right.
_CORRECTED = tuple(
    ("corrected", keys)
    for keys in (
        ("name", "born", "school", "guardian"),
        ("name", "born", "school", "phone"),
        ("name", "born", "guardian", "phone"),
        ("name", "born", "school", "key"),
        ("name", "school", "key", "guardian"),
        ("name", "school", "key", "phone"),
    )
)
#: The sure steps end where a class has nobody else left; what was put right comes before that.
_STEPS = (*(step for step in STEPS if step[0] != "class"), *_CORRECTED, *(step for step in STEPS if step[0] == "class"))

#: What two rolls that nothing links may have in common so that a person must look: a child whose name and number both changed.
_PERHAPS = tuple(
    ("corrected", keys)
    for keys in (
        ("born", "sex", "guardian", "school"),
        ("born", "sex", "phone", "school"),
        ("name", "born"),
    )
)

#: What a roll says, to put rolls in an order of their own.
_CONTENT = ["school", "key", "name", "id_number", "roll_number", "status", "born", "sex", "guardian", "phone"]

#: Pairs of rolls: `o` and `n` are places in the two frames, `how` as in `reconciling.linking`.
LINK_SCHEMA = {"o": pl.UInt32, "n": pl.UInt32, "how": pl.String}


@dataclass(frozen=True, slots=True)
class Links:
    """Which rolls are one child.

    Attributes:
        pairs: `LINK_SCHEMA`; no roll is in two.
        possible: Pairs of rolls that are in none, at which a person must look; a roll is in one at most. `how` is possible, or
            `stranger`: one number, and two children by everything else.
        old_doubles: `o`, `first` (of `o`): rolls of a child who has another on that side, which stands for it.
        new_doubles: `n`, `first`.
    """

    pairs: pl.DataFrame
    possible: pl.DataFrame
    old_doubles: pl.DataFrame
    new_doubles: pl.DataFrame


def link_children(old: pl.DataFrame, new: pl.DataFrame, weigher: Weigher | None) -> Links:
    """Link the rolls of two exports.

    Args:
        old: `placing.Placed.old`.
        new: `placing.Placed.new`.
        weigher: Weighs those that nothing links for sure.
    """
    left = old.drop("grade", "key").rename({"o": "s", "next_grade": "grade", "next_key": "key"})
    right = new.rename({"n": "a"})
    # Where a child has several rolls, which of them stands for it depends on what they say, not on where they stand.
    left, right = (rows.sort(_CONTENT, nulls_last=True, maintain_order=True) for rows in (left, right))
    counted, gone = left.filter("counted"), left.filter(~pl.col("counted"))
    present, away = right.filter("counted"), right.filter(~pl.col("counted"))
    pairs = exact_links(counted, present, _STEPS)
    pairs, strangers = _part_strangers(pairs, left, right)
    # A roll that is closed in the second export still says where the child is: sure links only.
    closed = exact_links(counted.join(pairs, on="s", how="anti"), away, _STEPS)
    opened = exact_links(gone, present.join(pairs, on="a", how="anti"), _STEPS)
    both = exact_links(gone.join(opened, on="s", how="anti"), away.join(closed, on="a", how="anti"), _STEPS)
    sure = pl.concat([pairs, closed, opened, both])
    old_doubles = _doubles(old.filter("counted"), sure.rename({"s": "o", "a": "n"}), "o")
    new_doubles = _doubles(new.filter("counted"), sure.rename({"s": "o", "a": "n"}), "n")
    possible = strangers
    if weigher is not None:
        open_left = counted.join(sure, on="s", how="anti").join(old_doubles, left_on="s", right_on="o", how="anti")
        open_right = present.join(sure, on="a", how="anti").join(new_doubles, left_on="a", right_on="n", how="anti")
        weighed = weigher.pairs(open_left, open_right)
        matched = weighed.filter(pl.col("how") != "possible")
        matched, more = _part_strangers(matched, left, right)
        sure = pl.concat([sure, matched])
        perhaps = exact_links(
            open_left.join(sure, on="s", how="anti"), open_right.join(sure, on="a", how="anti"), _PERHAPS
        ).with_columns(how=pl.lit("possible"))
        weighed, told = _part_strangers(weighed.filter(pl.col("how") == "possible"), left, right)
        possible = pl.concat([strangers, more, told, weighed, perhaps])
    possible = (
        possible.join(sure, on="s", how="anti")
        .join(sure, on="a", how="anti")
        .unique("s", keep="first", maintain_order=True)
        .unique("a", keep="first", maintain_order=True)
    )
    named = {"s": "o", "a": "n"}
    return Links(sure.rename(named), possible.rename(named), old_doubles, new_doubles)


def _part_strangers(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take apart pairs in which a number or roll is all that two names have in common.

    A child may take another name; then the class, a parent or the telephone is still the same. Otherwise one child's number
    now stands with another child, and a person must look.
    """
    if pairs.is_empty():
        return pairs, pairs.clear()
    kept = ["name", "school", "key", "guardian", "phone", "sex", "roll_number"]
    halves = [rows.select(place, *kept, number=number(rows)) for rows, place in ((left, "s"), (right, "a"))]
    both = pairs.join(halves[0], on="s", maintain_order="left").join(
        halves[1], on="a", suffix="_a", maintain_order="left"
    )
    doubtful = both.filter(
        (pl.col("name") != pl.col("name_a")).fill_null(value=False)
        & (
            (pl.col("number") == pl.col("number_a")).fill_null(value=False)
            | (pl.col("roll_number") == pl.col("roll_number_a")).fill_null(value=False)
        )
    )
    if doubtful.is_empty():
        return pairs, pairs.clear()
    # Another family name, and not the given name either: a slip or a new surname leaves one of them.
    names = pl.DataFrame({name: han.simplified(doubtful.get_column(name)) for name in ("name", "name_a")})
    apart = names.select(
        (pl.col("name").str.head(1) != pl.col("name_a").str.head(1))
        & (pl.col("name").str.slice(1) != pl.col("name_a").str.slice(1))
    ).to_series()

    def same(name: str) -> pl.Expr:
        return (pl.col(name) == pl.col(f"{name}_a")).fill_null(value=False)

    strangers = doubtful.filter(apart).filter(
        ~(same("school") & same("key") & same("sex")) & ~same("guardian") & ~same("phone")
    )
    strangers = strangers.select("s", "a", how=pl.lit("stranger"))
    return pairs.join(strangers, on=["s", "a"], how="anti", maintain_order="left"), strangers


def _doubles(rows: pl.DataFrame, pairs: pl.DataFrame, place: str) -> pl.DataFrame:
    """Return rolls of children who have another roll on the same side that stands for them: the linked one, else the first.

    One child: the same number or roll number, and the same name.
    """
    keyed = rows.with_columns(number=number(rows), linked=pl.col(place).is_in(pairs.get_column(place).implode()))
    found = []
    for key in ("number", "roll_number"):
        several = keyed.drop_nulls([key, "name"]).filter(pl.len().over(key, "name") > 1)
        order = [
            key,
            "name",
            pl.col("linked").not_(),
            *(column for column in _CONTENT if column not in (key, "name")),
            place,
        ]
        ordered = several.sort(order, nulls_last=True)
        found.append(
            ordered.with_columns(first=pl.col(place).first().over(key, "name"))
            .filter(pl.col("first") != pl.col(place))
            .select(place, "first", "linked")
        )
    doubles = pl.concat(found).unique(place, keep="first").sort(place)
    return doubles.select(place, "first")
