"""Candidates part by part: the keys of some records, the pairs of some keys. What every bucket of keys must be: all rows of its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from xueji_cli.matching import blocking
from xueji_cli.matching.workers import side_by_side
from xueji_cli.scaling.records import RECORD
from xueji_cli.scaling.task import Task, nested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xueji_cli.schema.matching import KeyPart

#: Pairs that are made at a time: each takes some 100 bytes on the way.
_PORTION = 5_000_000


class Keys(NamedTuple):
    """The keys of some records.

    Attributes:
        rows: For each key of the model (`blocking.usable`) `row` (the record's number), `key`, `probe`, `side`.
        keyed: For each key how many of the records have it.
        unkeyed: Records that have none.
    """

    rows: list[pl.DataFrame]
    keyed: list[int]
    unkeyed: pl.Series


class Blocks(NamedTuple):
    """What the keys of one bucket give.

    Attributes:
        small: Blocks that are not too large (`blocking.blocks`).
        pairs: How many pairs they give.
        blocks: Keys that two or more records share.
        over: `row key probe side` and `block` of those that are too large.
    """

    small: pl.DataFrame
    pairs: int
    blocks: int
    over: pl.DataFrame


def usable(columns: pl.DataFrame, task: Task) -> tuple[list[tuple[KeyPart, ...]], list[KeyPart]]:
    """Return the keys, and the parts that large blocks are narrowed by, of a run with these columns."""
    return blocking.usable(task.model, nested(columns.clear()))


def keys(columns: pl.DataFrame, side: pl.Series, task: Task) -> Keys:
    """Return the keys of some records.

    Args:
        columns: As `records.features` gives them; shares are not needed.
        side: The list that each record is of.
        task: The run.
    """
    features = nested(columns)
    numbers = columns[RECORD]
    found, _ = blocking.usable(task.model, features)
    wanted = list(dict.fromkeys(part for key in found for part in key))

    def prepare(part: KeyPart) -> blocking.Part:
        return blocking.prepared(blocking.part_values(task.model, features, part), columns.height)

    parts = dict(zip(wanted, side_by_side(prepare, wanted), strict=True))
    local = side_by_side(lambda key: blocking.key_rows([parts[each] for each in key], side), found)
    own = [rows["row"].unique() for rows in local]
    here = pl.int_range(columns.height, dtype=pl.UInt32, eager=True)
    reached = pl.concat(own).unique() if own else here.clear()
    return Keys(
        [rows.with_columns(numbers.gather(rows["row"]).alias("row")) for rows in local],
        [rows.len() for rows in own],
        numbers.filter(~here.is_in(reached.implode())),
    )


def part_values(columns: pl.DataFrame, part: KeyPart, task: Task) -> pl.DataFrame:
    """Return `row` (the record's number) and `key` of one part, to narrow blocks by.

    Args:
        columns: Of some records, those of the part's comparison at least.
        part: The part.
        task: The run.
    """
    told = blocking.part_values(task.model, nested(columns), part)
    return told.select(columns[RECORD].gather(told["row"]).alias("row"), "key")


def blocks(rows: pl.DataFrame, task: Task) -> Blocks:
    """Return the blocks of one bucket of one key.

    Args:
        rows: `row key probe side`: all rows of each of the bucket's keys.
        task: The run.
    """
    found = blocking.blocks(rows, linking=task.linking)
    small = found.filter(pl.col("size") <= task.model.block)
    over = found.filter(pl.col("size") > task.model.block)
    return Blocks(
        small,
        blocking.count_pairs(small),
        found["key"].n_unique(),
        over.select("row", "key", "probe", "side", block="key"),
    )


def narrow(over: pl.DataFrame, values: pl.DataFrame, task: Task) -> blocking.Narrowed:
    """Narrow blocks by one part; `small` of the answer gives pairs, `large` is narrowed by the next part.

    Args:
        over: `row key probe side block`, all rows of each of their keys.
        values: `part_values` of these records at least.
        task: The run.
    """
    return blocking.narrow(over, values, task.model.block, linking=task.linking)


def pairs(small: pl.DataFrame, most: int = _PORTION) -> Iterator[pl.Series]:
    """Yield the pairs of blocks as numbers (2³² l + r), so many at a time; pairs of different blocks may be the same."""
    if not small.height:
        return
    each = small["last"].cast(pl.Int64) - small["first"].cast(pl.Int64)
    starts = small["key"].ne_missing(small["key"].shift(1)).arg_true()
    # Before each block; a block's pairs are made together.
    before = each.cum_sum().gather(starts) - each.gather(starts)
    block = 0
    while block < starts.len():
        after = max(int(before.search_sorted(before[block] + most)), block + 1)
        start, stop = starts[block], starts[after] if after < starts.len() else small.height
        yield blocking.make_pairs(small.slice(start, stop - start))
        block = after
