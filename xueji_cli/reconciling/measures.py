"""What the data says about an item of the scoresheet: cases with the children behind them, percentages, and evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling.linking import number
from xueji_cli.reconciling.tally import UNREGISTERED, VIRTUAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.reconciling.schools import School
    from xueji_cli.reconciling.scoresheet import Item

#: Words under 照片 that say there is none (as rule PT01 has them).
NO_PHOTO = (
    *("无", "没有", "否", "未上传", "未采集", "缺", "缺失", "无照片", "未拍", "未拍照", "待补", "×", "✗", "0"),
    *("x", "X", "n", "N", "no", "No", "NO", "false", "False", "FALSE", "null", "NULL"),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something shown beside an item: the sentence is `reconcile.evidence.<key>`."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict)
    sample: tuple[int, ...] = ()
    """Places (`s`) of children who were drawn."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Cases of one measure.

    Attributes:
        cases: `s`, `school`: a row per case.
        possible: Schools in which the data can tell at all.
    """

    cases: pl.DataFrame
    possible: frozenset[str]

    def count(self, school: str) -> int | None:
        """Return how many cases a school has; None where the data can't tell."""
        return int((self.cases.get_column("school") == school).sum()) if school in self.possible else None


def duplicates(rolls: pl.DataFrame) -> Measured:
    """Return children who have more rolls than one.

    A case is a roll that the same child (the same valid number or roll number, and the same name) has besides another: of
    two rolls in one school the second, of rolls in two schools each, since either school must clear its own up.

    Args:
        rolls: The system's rows that are in the roll, with `s`.
    """
    rows = rolls.select("s", "school", "name", "roll_number", number=number(rolls))
    found: list[pl.DataFrame] = []
    for key in ("number", "roll_number"):
        left = rows.filter(pl.col(key).is_not_null() & pl.col("name").is_not_null())
        for before in found:
            left = left.join(before, on="s", how="anti")
        group = [key, "name"]
        several = left.filter(pl.len().over(group) > 1)
        confined = pl.col("school").n_unique().over(group) == 1
        first = pl.int_range(pl.len()).over(group) == 0
        found.append(several.filter(~(confined & first)).select("s", "school"))
    return Measured(
        pl.concat(found),
        _schools(rolls.filter(pl.col("id_number").is_not_null() | pl.col("roll_number").is_not_null())),
    )


def same_number_other_name(rolls: pl.DataFrame) -> pl.DataFrame:
    """Return rows that share a valid number with a row of another name: to be looked at, not accused."""
    rows = rolls.select("s", "school", "name", number=number(rolls)).drop_nulls("number")
    return rows.filter(pl.col("name").n_unique().over("number") > 1)


def no_photo(rolls: pl.DataFrame, photos: frozenset[str] | None) -> Measured:
    """Return children without a photo: no file in the folder, or a word that says so in the photo column.

    A blank cell of a photo column says nothing and is no case.
    """
    if photos is not None:
        stems = [
            pl.col(name).str.to_uppercase().is_in(list(photos)).fill_null(value=False)
            for name in ("id_number", "roll_number")
        ]
        return Measured(rolls.filter(~pl.any_horizontal(stems)).select("s", "school"), _schools(rolls))
    said = rolls.filter(pl.col("photo").is_in(NO_PHOTO))
    return Measured(said.select("s", "school"), _schools(rolls.filter(pl.col("photo").is_not_null())))


def no_id(rolls: pl.DataFrame) -> Measured:
    """Return children whose ID number is blank, in schools whose list has the column filled at all."""
    none = rolls.filter(pl.col("id_number").is_null())
    return Measured(none.select("s", "school"), _schools(rolls.filter(pl.col("id_number").is_not_null())))


def _schools(rows: pl.DataFrame) -> frozenset[str]:
    return frozenset(rows.get_column("school").drop_nulls().unique().to_list())


def percentage(part: int | None, whole: int | None) -> Fraction | None:
    """Return a percentage, exact; None where it can't be said."""
    return Fraction(part * 100, whole) if part is not None and whole else None


def evidence_for(
    item: Item,
    school: School,
    *,
    rolls: pl.DataFrame,
    classes: pl.DataFrame,
    students: Fraction | None,
    seed: int,
    listed: bool,
) -> list[Evidence]:
    """Return what stands beside an item of a school.

    Args:
        item: The item.
        school: The school.
        rolls: Its children in the roll (empty where the system gave only numbers).
        classes: Its class rows (`tally.Tally.classes`).
        students: Its student ratio.
        seed: Of the draw.
        listed: Whether a school list was given.
    """
    found = []
    for kind in item.evidence:
        if kind == "school_information":
            found.append(_school_information(school, listed=listed))
        elif kind == "class_settings":
            state = classes.get_column("state")
            odd = classes.get_column("key").str.starts_with("?").fill_null(value=False)
            params = {
                "virtual": int((state == VIRTUAL).sum()),
                "unregistered": int((state == UNREGISTERED).sum()),
                "unreadable": int(odd.sum()),
            }
            found.append(Evidence("class_settings", params))
        elif kind == "sample":
            found.append(_sample(item, school, rolls, seed))
        elif kind == "problem_rolls":
            found.append(_problem_rolls(rolls))
        elif kind == "student_ratio":
            found.append(Evidence("student_ratio" if students is not None else "no_ratio"))
        else:
            found.append(Evidence("no_data"))
    return found


def _school_information(school: School, *, listed: bool) -> Evidence:
    if not listed:
        return Evidence("no_school_list")
    if school.blanks:
        return Evidence("school_blanks", {"columns": "、".join(school.blanks[:8]), "count": len(school.blanks)})
    return Evidence("school_filled")


def _sample(item: Item, school: School, rolls: pl.DataFrame, seed: int) -> Evidence:
    """Draw children, the same ones for the same seed, and count what is missing among them."""
    if rolls.is_empty():
        return Evidence("no_rolls")
    places = rolls.get_column("s").sort().to_list()
    drawn = sorted(Random(f"{seed}/{school.name}/{item.no}").sample(places, min(item.sample, len(places))))
    chosen = rolls.filter(pl.col("s").is_in(drawn))
    params: dict[str, object] = {"drawn": len(drawn), "of": len(places), "seed": seed}
    for name in ("guardian", "address", "phone"):
        # A column that no file of the school has is not the same as blank cells.
        params[name] = (
            chosen.get_column(name).null_count() if rolls.get_column(name).null_count() < rolls.height else "—"
        )
    return Evidence("sample", params, tuple(drawn))


def _problem_rolls(rolls: pl.DataFrame) -> Evidence:
    if rolls.is_empty():
        return Evidence("no_rolls")
    damaged = (pl.col("id_number").str.len_chars() >= 15) & ~pl.col("id_valid")
    lettered = pl.col("roll_number").str.head(1)
    shared = same_number_other_name(rolls)
    counts = rolls.select(
        temporary=lettered.is_in(["L", "J"]).sum(), damaged=damaged.fill_null(value=False).sum(), rows=pl.len()
    ).row(0, named=True)
    return Evidence("problem_rolls", {**counts, "shared": shared.height})
