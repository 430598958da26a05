"""Proofs and focus groups: whose they are among the children, and who is in such a list only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.retaining.reasons import reason_of

if TYPE_CHECKING:
    from xueji_cli.retaining.linking import Linker
    from xueji_cli.retaining.people import Sides

#: A list of disabled children, by what it is called.
_DISABLED = r"残"
_NOT_DISABLED = ("无残疾", "无", "否", "不是", "0")


def with_who(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `who`: the same for rows of one child, which have the same number and name."""
    alone = pl.col("number").is_null() | pl.col("plain_name").is_null()
    return rows.with_columns(
        who=pl.when(alone)
        .then(pl.format("#{}-{}", "table", "row"))
        .otherwise(pl.format("{}{}", "number", "plain_name"))
    )


def owners(rows: pl.DataFrame, places: pl.DataFrame, sides: Sides, linker: Linker) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return whose rows these are, and whose they may be: `who`, `child`. Who is nobody's of the lists is in neither.

    Args:
        rows: Rows of a list of proofs or of a focus group, with `who`.
        places: The children as places (`children.nodes`).
        sides: The lists.
        linker: Links them.
    """
    null = pl.lit(None, dtype=pl.String)
    left = rows.unique("who", keep="first", maintain_order=True).with_row_index("l").with_columns(school=null, key=null)
    left = left.with_columns(namesakes=pl.len().over("plain_name", "born"))
    found = []
    # By number first, one list after the other: a child has a row in each, and no two of them may compete for it.
    for side, frame in (("h", sides.household), ("r", sides.roll), ("p", sides.present)):
        of_children = frame.join(places.select(side, "child").drop_nulls(), on=side)
        numbered = of_children.drop_nulls(["number", "plain_name"]).unique(["number", "plain_name"], keep="none")
        pairs = left.join(numbered.select("number", "plain_name", "child"), on=["number", "plain_name"])
        found.append(pairs.select("who", "child"))
        left = left.join(pairs, on="l", how="anti")
    rest = [
        frame.join(places.filter(alone).select(side, "child").drop_nulls(), on=side).drop(side)
        for side, frame, alone in (
            ("h", sides.household, pl.lit(value=True)),
            ("r", sides.roll, pl.col("h").is_null()),
            ("p", sides.present, pl.col("h").is_null() & pl.col("r").is_null()),
        )
    ]
    everybody = pl.concat(rest, how="diagonal").with_row_index("r")
    sure, unsure = (
        pairs.join(everybody.select("r", "child"), on="r").join(left.select("l", "who"), on="l").select("who", "child")
        for pairs in linker.look_again(left, everybody, twice=True)
    )
    return pl.concat([*found, sure]).unique("who", keep="first", maintain_order=True), unsure


def proofs(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the reason of each proof: `who`, `proof`. A list that names no reason may be called after it: 外出就读.xlsx."""
    named = pl.coalesce("said", reason_of(pl.col("file_text")), pl.lit("other"))
    return rows.with_columns(proof=named).unique("who", keep="first", maintain_order=True).select("who", "proof")


def focus(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the groups of each child of the focus lists: `who`, `focus` (their names), `disabled`."""
    kind = pl.col("disability")
    disabled = kind.is_not_null() & ~kind.is_in(_NOT_DISABLED)
    group = pl.coalesce("focus_group", "file_text")
    return (
        rows.with_columns(_group=group)
        .with_columns(_disabled=disabled | pl.col("_group").str.contains(_DISABLED).fill_null(value=False))
        .group_by("who", maintain_order=True)
        .agg(focus=pl.col("_group").unique().sort(), disabled=pl.col("_disabled").any())
    )


def lists_disabled(rows: pl.DataFrame) -> bool:
    """Say whether one of the focus lists is of disabled children."""
    return bool(focus(rows).get_column("disabled").any()) if rows.height else False
