"""Which pairs are looked at: records that agree on a declared key. Counted before they are made, and never cut in silence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from xueji_cli.matching.kinds import KIND
from xueji_cli.matching.workers import side_by_side
from xueji_cli.values.hashing import in_one, not_alone

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from xueji_cli.matching.people import People
    from xueji_cli.schema.matching import KeyPart, Model

#: How many large blocks are named.
NAMED = 20


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """What one key gives.

    Attributes:
        key: Its parts, joined by plus signs.
        keyed: Records that have the key.
        blocks: Keys that two or more records share.
        pairs: Pairs that it proposes.
    """

    key: str
    keyed: int
    blocks: int
    pairs: int


@dataclass(frozen=True, slots=True)
class LargeBlock:
    """A key value that so many records share that they were not all compared with one another.

    Attributes:
        key: The key.
        record: One of its records, to show what they share.
        records: How many share it.
        narrowed: The parts by which it was narrowed.
        left: Records that were still too many after that, and were not compared within this block.
    """

    key: str
    record: int
    records: int
    narrowed: str
    left: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """The pairs to compare.

    Attributes:
        pairs: `l` and `r`, record numbers with `l < r`, each pair once, in order.
        plans: What each key gave.
        large: Blocks that were narrowed or cut.
        unkeyed: Records that have no key at all, and so were compared with nobody.
    """

    pairs: pl.DataFrame
    plans: tuple[KeyPlan, ...]
    large: tuple[LargeBlock, ...]
    unkeyed: pl.Series


class Part(NamedTuple):
    """The values of one part of a key, ready to be put together with those of others.

    Attributes:
        rows: `row`, `key` and maybe `probe`.
        beside: The key by record number, null where there is none; None when a record may have several.
    """

    rows: pl.DataFrame
    beside: pl.Series | None


class Narrowed(NamedTuple):
    """What became of blocks that were narrowed: those small enough now, the rows of those that are not, rows without the part."""

    small: pl.DataFrame
    large: pl.DataFrame
    without: pl.DataFrame


class _OfKey(NamedTuple):
    """What one key gives: its plan, large blocks, pairs (in parts), and which records have it."""

    plan: KeyPlan
    large: list[LargeBlock]
    pairs: list[pl.Series]
    keyed: pl.Series


def plan(people: People, model: Model, features: Mapping[str, pl.DataFrame], schools: str = "all") -> Candidates:
    """Count what would be compared, without making a pair."""
    return _candidates(people, model, features, schools, make=False)


def find(people: People, model: Model, features: Mapping[str, pl.DataFrame], schools: str = "all") -> Candidates:
    """Return the pairs to compare.

    Args:
        people: The records.
        model: Keys, and how large a block may be.
        features: Columns of each comparison that the tables have.
        schools: `all`; `within` or `across` for pairs of one school or of two.
    """
    return _candidates(people, model, features, schools, make=True)


def _candidates(
    people: People, model: Model, features: Mapping[str, pl.DataFrame], schools: str, *, make: bool
) -> Candidates:
    side = people.places["side"]
    linking = bool(side.max())
    keys, narrow = usable(model, features)
    wanted = list(dict.fromkeys([part for key in keys for part in key] + narrow))
    values = side_by_side(lambda part: prepared(part_values(model, features, part), people.height), wanted)
    parts = dict(zip(wanted, values, strict=True))

    def of_key(key: tuple[KeyPart, ...]) -> _OfKey:
        rows = key_rows([parts[each] for each in key], side)
        keyed = which(rows["row"], people.height)
        found = blocks(rows, linking=linking)
        small = found.filter(pl.col("size") <= model.block)
        plan = KeyPlan(key_name(key), int(keyed.sum()), found["key"].n_unique(), count_pairs(small))
        made = [make_pairs(small)] if make else []
        over = found.filter(pl.col("size") > model.block)
        large: list[LargeBlock] = []
        if over.height:
            finer = {each: parts[each].rows for each in narrow if each not in key}
            more, more_count, large = _narrow(over, plan.key, finer, model.block, make=make)
            made += more
            plan = replace(plan, pairs=plan.pairs + more_count)
        return _OfKey(plan, large, made, keyed)

    told = side_by_side(of_key, keys)
    found = [pairs for each in told for pairs in each.pairs]
    reached = reduce(or_, (each.keyed for each in told), which(pl.Series([], dtype=pl.UInt32), people.height))
    large = [block for each in told for block in each.large]
    both = pl.concat(found).unique().sort() if found else pl.Series([], dtype=pl.UInt64)
    frame = chosen(both, people.places["school"], schools)
    unkeyed = (~reached).arg_true()
    return Candidates(frame, tuple(each.plan for each in told), foremost(large), unkeyed)


def foremost(large: Sequence[LargeBlock]) -> tuple[LargeBlock, ...]:
    """Return the blocks of all keys that are named: the largest, whichever key they are of."""
    return tuple(sorted(large, key=lambda block: -block.records)[:NAMED])


def usable(model: Model, features: Container[str]) -> tuple[list[tuple[KeyPart, ...]], list[KeyPart]]:
    """Return the keys of a model that the tables have the comparisons for, and the parts that large blocks are narrowed by."""
    keys = [key for key in model.keys if all(each.comparison in features for each in key)]
    return keys, [each for each in model.narrow if each.comparison in features]


def key_name(key: Sequence[KeyPart]) -> str:
    """Return what a key is called: its parts, joined by plus signs."""
    return " + ".join(map(str, key))


def part_values(model: Model, features: Mapping[str, pl.DataFrame], part: KeyPart) -> pl.DataFrame:
    """Return `row`, `key` and maybe `probe` of a part of a key (`Kind.key`)."""
    return KIND[model.comparison(part.comparison).kind].key(features[part.comparison], part.form)


def which(rows: pl.Series, records: int) -> pl.Series:
    """Return of each of so many records whether it is among `rows`."""
    import numpy as np

    among = np.zeros(records, dtype=np.bool_)
    among[rows.to_numpy()] = True
    return pl.Series(among)


def prepared(values: pl.DataFrame, records: int) -> Part:
    """Return the values of a part (`part_values`) of so many records, ready for `key_rows`."""
    row, key = values["row"], values["key"]
    once = row.is_sorted() and bool((row.diff().drop_nulls() > 0).all())
    none = pl.Series([None], dtype=pl.UInt64).new_from_index(0, records)
    return Part(values, none.scatter(row, key) if once else None)


def key_rows(parts: Sequence[Part], side: pl.Series) -> pl.DataFrame:
    """Return `row`, `key`, `probe`, `side` of a key of several parts; a record with several values of a part has several keys.

    Args:
        parts: Each part.
        side: The list that each record is of.
    """
    if len(parts) == 1:
        rows = parts[0].rows
    else:
        # Which part goes first is a matter of speed; the key is made of them in the order of the model, whatever these records have.
        order = sorted(range(len(parts)), key=lambda index: (parts[index].beside is not None, parts[index].rows.height))
        rows = parts[order[0]].rows.select("row", pl.col("key").alias(f"key:{order[0]}"))
        for index in order[1:]:
            name, (others, beside) = f"key:{index}", parts[index]
            if beside is not None:
                rows = rows.with_columns(beside.gather(rows["row"]).alias(name)).drop_nulls(name)
            else:
                rows = rows.join(others.select("row", pl.col("key").alias(name)), on="row", maintain_order="left")
        rows = rows.select("row", key=_as_one(f"key:{index}" for index in range(len(parts))))
    if "probe" not in rows.columns:
        rows = rows.with_columns(probe=pl.lit(value=True))
    return rows.with_columns(side[rows["row"]].alias("side"))


def _as_one(keys: Iterable[str]) -> pl.Expr:
    return in_one([pl.col(name) for name in keys], seed=4)


def _finer(rows: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the key that is theirs and the other in one."""
    both = rows.join(other, on="row", suffix=":other")
    return both.with_columns(key=_as_one(["key", "key:other"]))


def chosen(pairs: pl.Series, school: pl.Series, schools: str) -> pl.DataFrame:
    """Return pairs (`pairs`) as `l` and `r`, those only that are of one school or of two.

    Args:
        pairs: Pairs as numbers.
        school: School by record number.
        schools: `all`, `within` or `across`.
    """
    frame = parted(pairs)
    return frame if schools == "all" else frame.filter(of_schools(frame, school, schools))


def of_schools(pairs: pl.DataFrame, school: pl.Series, schools: str) -> pl.Series:
    """Return which pairs (`l`, `r`) are `within` a school or `across` two; those with a record of no school are neither."""
    same = school.gather(pairs["l"]) == school.gather(pairs["r"])
    return same if schools == "within" else ~same


def parted(pairs: pl.Series) -> pl.DataFrame:
    """Return pairs that are one number each as `l` and `r`."""
    return pairs.to_frame("p").select(l=(pl.col("p") // 2**32).cast(pl.UInt32), r=(pl.col("p") % 2**32).cast(pl.UInt32))


def blocks(rows: pl.DataFrame, *, linking: bool) -> pl.DataFrame:
    """Return the records of blocks that can give a pair, sorted by block.

    Columns: `row key probe side`, `size` of the block, `place` in the frame, and `first` and `last`: the records from one place up to the
    other are those that a record is paired with, so that each pair comes once.
    """
    if not rows["probe"].all():
        asked = rows.filter("probe")["key"].unique()
        rows = rows.filter(pl.col("key").is_in(asked.implode()))
    kept = rows.filter(not_alone(rows["key"]))
    if linking:
        kept = kept.filter(pl.col("side").n_unique().over("key") > 1).sort("key", "side", ~pl.col("probe"))
    else:
        # In which order the records of a block stand makes no difference, but that those which look for others come first.
        kept = kept.sort("key") if kept["probe"].all() else kept.sort("key", ~pl.col("probe"))
        follows = pl.col("key") == pl.col("key").shift(1)
        kept = kept.filter((follows | follows.shift(-1)).fill_null(value=False))
    # Sorted as they are, blocks are runs: where each begins tells all else without looking anything up.
    begins = kept["key"].ne_missing(kept["key"].shift(1))
    starts = begins.arg_true().cast(pl.UInt32)
    ends = pl.concat([starts.slice(1), pl.Series([kept.height], dtype=pl.UInt32)]) if kept.height else starts
    block = (begins.cum_sum() - 1).cast(pl.UInt32)
    size, last = (ends - starts).gather(block), ends.gather(block)
    kept = kept.with_row_index("place").with_columns(size=size, last=last)
    first = pl.col("place") + 1
    if linking:
        # Those of the first list are paired with all of the second, those of the second with the rest of the first.
        second = pl.col("place").filter(pl.col("side") == 1).min().over("key")
        rest = pl.col("place").filter((pl.col("side") == 0) & ~pl.col("probe")).min().over("key")
        kept = kept.with_columns(last=pl.when(pl.col("side") == 0).then("last").otherwise(second))
        first = pl.when(pl.col("side") == 0).then(second).otherwise(rest.fill_null(second))
    return kept.with_columns(first=pl.when("probe").then(first.cast(pl.UInt32)).otherwise("last"))


def count_pairs(blocks: pl.DataFrame) -> int:
    """Return how many pairs blocks give."""
    return int(blocks.select((pl.col("last") - pl.col("first")).cast(pl.Int64).sum()).item())


def make_pairs(blocks: pl.DataFrame) -> pl.Series:
    """Return the pairs of blocks, each as one number: the smaller record number times 2³² and the larger."""
    # Places are counted through the frame before it was filtered to small blocks; blocks stand in it whole.
    rows = blocks["row"]
    ranges = [pl.col(end) - (pl.col("place") - pl.col("now")) for end in ("first", "last")]
    partner = (
        blocks.with_row_index("now")
        .filter(pl.col("first") < pl.col("last"))
        .select("row", other=pl.int_ranges(*ranges, dtype=pl.UInt32))
        .explode("other")
    )
    partner = partner.with_columns(rows.gather(partner["other"]).alias("other"))
    return (
        partner.filter(pl.col("row") != pl.col("other"))
        .select(
            p=pl.min_horizontal("row", "other").cast(pl.UInt64) * 2**32
            + pl.max_horizontal("row", "other").cast(pl.UInt64)
        )
        .to_series()
        .unique()
    )


def _narrow(
    over: pl.DataFrame,
    name: str,
    narrowing: Mapping[KeyPart, pl.DataFrame],
    limit: int,
    *,
    make: bool,
) -> tuple[list[pl.Series], int, list[LargeBlock]]:
    """Narrow blocks that are too large by one part after the other until they are small enough.

    Returns:
        The pairs, how many, and the blocks with what was done to them.
    """
    linking = bool(over["side"].n_unique() > 1)
    large = over.select("row", "key", "probe", "side", block="key")
    made: list[pl.Series] = []
    number = 0
    used: list[str] = []
    left: list[pl.DataFrame] = []
    for each, finer in narrowing.items():
        if not large.height:
            break
        used.append(str(each))
        narrowed = narrow(large, finer, limit, linking=linking)
        number += count_pairs(narrowed.small)
        if make:
            made.append(make_pairs(narrowed.small))
        left.append(narrowed.without)
        large = narrowed.large
    # Those that the last part leaves together still, and those that lack a part.
    rest = pl.concat([large.select("row", "block"), *left])
    return made, number, largest(over.select("row", block="key"), rest, name, used)


def narrow(large: pl.DataFrame, values: pl.DataFrame, limit: int, *, linking: bool) -> Narrowed:
    """Narrow whole blocks by one part.

    Args:
        large: `row key probe side` and the `block` that they were at first.
        values: `row` and `key` of the part.
        limit: How large a block may be.
        linking: Whether there are two lists.
    """
    finer, without = finer_keys(large, values)
    return cut_finer(finer, without, limit, linking=linking)


def finer_keys(large: pl.DataFrame, values: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `row key probe side block` of large blocks by their key and one part together, and `row`, `block` of those without it."""
    without = large.join(values, on="row", how="anti").select("row", "block")
    return _finer(large, values).select("row", "key", "probe", "side", "block"), without


def cut_finer(finer: pl.DataFrame, without: pl.DataFrame, limit: int, *, linking: bool) -> Narrowed:
    """Return what became of narrowed blocks; all rows of a finer key must be there, those of other keys need not."""
    parted = blocks(finer, linking=linking)
    small = parted.filter(pl.col("size") <= limit)
    rest = parted.filter(pl.col("size") > limit).select("row", "key", "probe", "side", "block")
    return Narrowed(small, rest, without)


def largest(over: pl.DataFrame, rest: pl.DataFrame, name: str, used: Sequence[str]) -> list[LargeBlock]:
    """Return the largest of blocks that were narrowed.

    Args:
        over: `row` and `block` of all their records.
        rest: Of those that were not compared.
        name: The key.
        used: The parts that they were narrowed by.
    """
    left = rest.group_by("block").agg(left=pl.col("row").n_unique())
    named = (
        over.group_by("block")
        .agg(record=pl.col("row").min(), records=pl.col("row").n_unique())
        .join(left, on="block", how="left")
        .sort(["records", "record"], descending=[True, False])
        .head(NAMED)
    )
    return [
        LargeBlock(name, record, records, " + ".join(used), uncompared or 0)
        for record, records, uncompared in named.select("record", "records", "left").iter_rows()
    ]
