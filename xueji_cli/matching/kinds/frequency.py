"""How many other records have the same value: the one thing about a record that all others have a part in.

In memory `with_shares` counts and lays on in one go. Where the records do not fit, `counts` of each part of them are added up, and
`lay_shares` takes the sums: the same numbers come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values.hashing import not_alone

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The pair that is looked at must not tell how rare what it agrees on is: records besides these are counted.
_PAIR = 2


def with_shares(columns: pl.DataFrame, codes: Mapping[str, str]) -> pl.DataFrame:
    """Add how many records besides two have the same code, as a share of those that have any.

    Args:
        columns: Of all records.
        codes: Column of codes → the column of its shares; a code means the same in each of these columns.
    """
    once = each_once(columns, list(codes))
    known = _known(once)
    every = pl.concat([once[name].alias("h") for name in codes])
    there = every.drop_nulls()
    often = not_alone(there)
    others = (pl.len().over("h").cast(pl.Int64) - _PAIR).clip(lower_bound=0) / max(known, 1)
    counted = there.filter(often).to_frame().select(others.cast(pl.Float32)).to_series()
    shares = pl.Series([0.0], dtype=pl.Float32).new_from_index(0, len(there)).scatter(often.arg_true(), counted)
    share = (
        pl.Series([None], dtype=pl.Float32)
        .new_from_index(0, len(every))
        .scatter(every.is_not_null().arg_true(), shares)
    )
    told = columns.with_columns(
        share.slice(i * columns.height, columns.height).alias(name) for i, name in enumerate(codes.values())
    )
    # What stands twice in a record was counted at the first place.
    names = list(codes)
    for i, name in enumerate(names[1:], start=1):
        before = [pl.when(pl.col(name) == pl.col(b)).then(codes[b]) for b in names[:i]]
        told = told.with_columns(pl.coalesce(codes[name], *before).alias(codes[name]))
    return told


def counts(columns: pl.DataFrame, codes: Mapping[str, str]) -> tuple[pl.DataFrame, int]:
    """Count codes in some of the records.

    Returns:
        `code` and `n`, how many records have it; and how many records have any. Both can be added up.
    """
    once = each_once(columns, list(codes))
    every = pl.concat([once[name].alias("code") for name in codes]).to_frame().drop_nulls()
    return every.group_by("code").agg(n=pl.len()), _known(once)


def frequent(counted: pl.DataFrame) -> pl.DataFrame:
    """Add counts up, and leave those that no share comes of.

    Args:
        counted: Counts of several parts, one below the other; of each code, all or none.
    """
    return counted.group_by("code").agg(pl.col("n").sum()).filter(pl.col("n") > _PAIR)


def lay_shares(columns: pl.DataFrame, codes: Mapping[str, str], often: pl.DataFrame, known: int) -> pl.DataFrame:
    """Add what `with_shares` adds, from counts of all records.

    Args:
        columns: Of some records.
        codes: As in `with_shares`.
        often: `frequent` of all records.
        known: How many records have any.
    """
    share = often.select("code", share=((pl.col("n").cast(pl.Int64) - _PAIR) / max(known, 1)).cast(pl.Float32))
    laid = []
    for name, wanted in codes.items():
        found = columns.select(code=name).join(share, on="code", how="left", maintain_order="left")
        there = pl.when(pl.col("code").is_not_null()).then(pl.col("share").fill_null(0.0))
        laid.append(found.select(there.alias(wanted)).to_series())
    return columns.with_columns(laid)


def each_once(columns: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Return codes, one that stands twice in a record (the pupil's telephone is the mother's) at its first place only."""
    if len(names) == 1:
        return columns.select(names)
    return columns.select(
        pl.when(
            ~pl.any_horizontal([pl.lit(value=False), *(pl.col(name) == pl.col(b) for b in names[:i])]).fill_null(
                value=False
            )
        )
        .then(name)
        .alias(name)
        for i, name in enumerate(names)
    )


def _known(once: pl.DataFrame) -> int:
    return int(once.select(pl.any_horizontal(pl.all().is_not_null()).sum()).item())
