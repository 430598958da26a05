"""Every child of the lists once: who stands in which of them, and who may be whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from xueji_cli.retaining.linking import Linker

#: Years around the window in which somebody of the household list is looked for: ages are written wrong, too.
_BELOW, _ABOVE = 1, 3


@dataclass(frozen=True, slots=True)
class Sides:
    """The lists, each child once in each (`intake.LIST`), places counted by `h`, `r`, `p`.

    Attributes:
        household: Rows of households.
        roll: Rows of rolls, with `counted` and `expected`.
        present: Rows of class lists.
    """

    household: pl.DataFrame
    roll: pl.DataFrame
    present: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Found:
    """Who is who.

    Attributes:
        rp: `r`, `p`, `how`: on a roll and in class.
        hr: `h`, `r`, `how`: of a household and on a roll.
        hp: `h`, `p`, `how`: of a household and in class, on no roll that counts.
        same: `side`, `place`, `other_side`, `other`: a further row of a child that is found already.
        possible: `side`, `place`, `other_side`, `other`, `how`: a person must look.
    """

    rp: pl.DataFrame
    hr: pl.DataFrame
    hp: pl.DataFrame
    same: pl.DataFrame
    possible: pl.DataFrame


_POSSIBLE = {"side": pl.String, "place": pl.UInt32, "other_side": pl.String, "other": pl.UInt32, "how": pl.String}
_SAME = {name: kind for name, kind in _POSSIBLE.items() if name != "how"}


def find(sides: Sides, linker: Linker) -> Found:
    """Link the three lists.

    Rolls that have ended (转出, 毕业) are asked last: a child is where its living roll is.
    """
    h, r, p = sides.household, sides.roll, sides.present
    possible: list[pl.DataFrame] = []

    def linked(left: pl.DataFrame, a: str, right: pl.DataFrame, b: str, *, short: bool = False) -> pl.DataFrame:
        work = linker.look_again if short else linker.link
        sure, unsure = work(left.rename({a: "l"}), right.rename({b: "r"}))
        possible.append(
            unsure.select(side=pl.lit(a), place="l", other_side=pl.lit(b), other="r", how="how").cast(_POSSIBLE)  # type: ignore[arg-type]
        )
        return sure.rename({"l": a, "r": b}) if (a, b) != ("l", "r") else sure

    living, ended = r.filter("counted"), r.filter(~pl.col("counted"))
    rp = linked(living, "r", p, "p")
    hr = linked(_homeless(h), "h", living, "r")
    left = h.join(hr, on="h", how="anti")
    # The class list may have the right number or birth date where the roll has not.
    taken = rp.join(hr, on="r", how="semi")
    free = _with_roll(p.join(taken, on="p", how="anti"), rp, living)
    through = linked(_homeless(left), "h", free, "p", short=True)
    by_roll = through.join(rp.select("p", "r"), on="p")
    hr = pl.concat([hr, by_roll.select("h", "r", "how")])
    hp = through.join(rp, on="p", how="anti").select("h", "p", "how")
    left = left.join(through, on="h", how="anti")
    ended_hr = linked(_homeless(left), "h", ended, "r", short=True)
    ended_rp = linked(ended, "r", p.join(rp, on="p", how="anti"), "p", short=True)
    left = left.join(ended_hr, on="h", how="anti")
    same = _again(linker, left, living, p, rp, hr, hp, possible)
    return Found(
        rp=pl.concat([rp, ended_rp]).sort("r", "p"),
        hr=pl.concat([hr, ended_hr]).sort("h", "r"),
        hp=hp.sort("h"),
        same=same,
        possible=pl.concat(possible).unique(["side", "place", "other_side", "other"], maintain_order=True),
    )


def _with_roll(present: pl.DataFrame, rp: pl.DataFrame, roll: pl.DataFrame) -> pl.DataFrame:
    """Let those present have the number and birth date of their roll where the list has none: these speak against strangers."""
    own = roll.select("r", n_number="number", n_id="id_number", n_valid="id_valid", n_born="born")
    of_roll = rp.select("p", "r").join(own, on="r")
    told = present.join(of_roll.drop("r"), on="p", how="left", maintain_order="left")
    lacks = pl.col("number").is_null() & pl.col("n_number").is_not_null() & pl.col("n_valid")
    return told.with_columns(
        number=pl.coalesce("number", "n_number"),
        born=pl.coalesce("born", "n_born"),
        id_number=pl.when(lacks).then("n_id").otherwise("id_number"),
        id_valid=pl.when(lacks).then(pl.lit(value=True)).otherwise("id_valid"),
    ).drop("n_number", "n_id", "n_valid", "n_born")


def _homeless(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out what a household list says about schools and classes: villages write them as they like."""
    null = pl.lit(None, dtype=pl.String)
    return rows.with_columns(school=null, key=null)


def _again(
    linker: Linker,
    left: pl.DataFrame,
    living: pl.DataFrame,
    p: pl.DataFrame,
    rp: pl.DataFrame,
    hr: pl.DataFrame,
    hp: pl.DataFrame,
    possible: list[pl.DataFrame],
) -> pl.DataFrame:
    """Look for whoever is left among those who are found: a child stands in one list twice, spelled in two ways."""
    found: list[pl.DataFrame] = []

    def look(rows: pl.DataFrame, a: str, among: pl.DataFrame, b: str) -> None:
        # Both sides may be rolls, whose columns of places have one name.
        left, right = rows.with_columns(l=a).drop(a), among.with_columns(r=b)
        sure, unsure = linker.look_again(left, right if b == "r" else right.drop(b))
        told = {"side": pl.lit(a), "place": pl.col("l"), "other_side": pl.lit(b), "other": pl.col("r")}
        found.append(sure.select(**told).cast(_SAME))  # type: ignore[arg-type]
        possible.append(unsure.select(**told, how=pl.col("how")).cast(_POSSIBLE))  # type: ignore[arg-type]

    # A second entry in the households, of a child who is on a roll, or in class without one.
    look(_homeless(left), "h", living.join(hr, on="r", how="semi"), "r")
    look(_homeless(left), "h", p.join(hp, on="p", how="semi"), "p")
    # A second roll, under another number, of a child who is in class with the first.
    absent = living.join(rp, on="r", how="anti").filter("expected")
    look(absent, "r", living.join(rp, on="r", how="semi"), "r")
    # Of those in class without a roll: a child whose name stands on two class lists.
    unknown = p.join(rp, on="p", how="anti").join(hp, on="p", how="anti")
    look(unknown, "p", living.join(rp, on="r", how="semi"), "r")
    return pl.concat(found) if found else pl.DataFrame(schema=_SAME)


def near_age(rows: pl.DataFrame, age: pl.Expr, least: int, most: int) -> pl.DataFrame:
    """Return the people of a household list who may be of age, or whose age is not known."""
    return rows.filter((age.is_between(least - _BELOW, most + _ABOVE)).fill_null(value=True))
