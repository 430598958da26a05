"""Registrations by the ten million: those of a million children made once, and others of them for each further million.

What makes registrations hard to tell apart (slips, twins, families, second 户口) stays as it was made; whose they are does not: characters
of given names are exchanged one for one, numbers of persons and telephones moved on, with check digits that fit where they fitted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from benchmarks.pairs.files import FULL
from benchmarks.pairs.registrations import make_records
from xueji_cli.values.idnumber import WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Registrations that are made; more are others of them.
MILLION = 1_000_000
_NAMES = ("name", "member1_name", "member2_name")
_NUMBERS = ("id_number", "roll_number", "member1_id_number", "member2_id_number")
_PHONES = ("phone", "member1_phone", "member2_phone")
#: Numbers of nobody, which are everywhere the same.
_NOBODY = ("13800000000", "13888888888", "13000000000")
#: Digits of an ID number that say which county it is of: after the province, before the birth date.
_COUNTY = slice(2, 6)


def write_registrations(count: int, path: Path, seed: int = 2025, desk: float = 0.0, *, birthday: bool = False) -> Path:
    """Write `count` registrations with 18 columns to a Parquet file, unless it is there.

    Args:
        count: How many.
        path: Where.
        seed: Of the first million.
        desk: The share of them that have the telephone of a registry.
        birthday: One birth date was filled in for all of these: together with the telephone it is a key of matching.
    """
    import pyarrow.parquet as pq

    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    writer = None
    for rows in _parts(count, seed):
        if desk:
            one = pl.int_range(pl.len()) % round(1 / desk) == 0
            filled = {"member1_phone": "13955550000"} | ({"birth_date": "20120901"} if birthday else {})
            rows = rows.with_columns(
                pl.when(one).then(pl.lit(value)).otherwise(name).alias(name) for name, value in filled.items()
            )
        told = rows.select(pl.col(field).alias(header) for field, header in FULL.items())
        table = told.to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = writer or pq.ParquetWriter(unfinished, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=250_000)
    assert writer is not None
    writer.close()
    return unfinished.rename(path)


def _parts(count: int, seed: int) -> Iterator[pl.DataFrame]:
    first = make_records(min(count, MILLION) * 101 // 100 + 100, seed).frame.select(FULL.keys())
    for number, start in enumerate(range(0, count, MILLION)):
        rows = first.head(min(MILLION, count - start))
        yield others(rows, number) if number else rows


def others(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    """Return the registrations of other children: the `number`-th of these."""
    return rows.with_columns(
        *(_renamed(rows[name], number) for name in _NAMES),
        *(_moved(pl.col(name), number).alias(name) for name in _NUMBERS),
        *(_called(pl.col(name), number).alias(name) for name in _PHONES),
        school_name=pl.col("school_name") + f"第{number}分校",
        address=pl.col("address").str.replace("镇", f"镇{number}区", literal=True),
    )


def _renamed(names: pl.Series, number: int) -> pl.Series:
    """Return names whose given names have other characters, one for one; the first character stays."""
    given = names.drop_nulls().unique()
    characters = sorted(set("".join(given.str.slice(1).to_list())))
    han = [each for each in characters if "\u4e00" <= each <= "\u9fff"]
    moved = han[number * 37 % len(han) :] + han[: number * 37 % len(han)]
    table = str.maketrans(dict(zip(han, moved, strict=True)))
    # A loop over distinct names.
    told = pl.DataFrame({"n": given, "told": [name[:1] + name[1:].translate(table) for name in given.to_list()]})
    return names.to_frame("n").join(told, on="n", how="left", maintain_order="left")["told"].alias(names.name)


def _moved(numbers: pl.Expr, number: int) -> pl.Expr:
    """Return ID numbers of other counties; what stands before one (G, J, L) and what is no number stays."""
    front = numbers.str.extract(r"^([GJL]?)[0-9]{14}")
    bare = numbers.str.strip_prefix("G").str.strip_prefix("J").str.strip_prefix("L")
    county = bare.str.slice(_COUNTY.start, 4)
    other = ((county.cast(pl.Int32, strict=False) + number * 611) % 10_000).cast(pl.String).str.zfill(4)
    digit = [side.str.slice(place, 1).cast(pl.Int32, strict=False) for side in (county, other) for place in range(4)]
    weights = WEIGHTS[_COUNTY]
    change = pl.sum_horizontal((digit[4 + i] - digit[i]) * weights[i] for i in range(4))
    check = bare.str.slice(17, 1).replace("X", "10").cast(pl.Int32, strict=False)
    fitting = ((check - change) % 11).cast(pl.String).replace("10", "X")
    whole = bare.str.contains(r"^[0-9]{17}[0-9X]$")
    tail = pl.when(whole).then(bare.str.slice(6, 11) + fitting).otherwise(bare.str.slice(6))
    told = front + bare.str.head(2) + other + tail
    return pl.when(bare.str.contains(r"^[0-9]{14}")).then(told).otherwise(numbers)


def _called(phones: pl.Expr, number: int) -> pl.Expr:
    """Return other telephone numbers; those of nobody, and what is none, stay."""
    tail = phones.str.slice(3).cast(pl.Int64, strict=False)
    told = phones.str.head(3) + ((tail + number * 12_345_679) % 10**8).cast(pl.String).str.zfill(8)
    mine = phones.str.contains(r"^1[3-9][0-9]{9}$") & ~phones.is_in(_NOBODY)
    return pl.when(mine).then(told).otherwise(phones)
