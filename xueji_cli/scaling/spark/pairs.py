"""Kernels of the later stages: keys become pairs, heavy keys are split by a second one, pairs are compared slice by slice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.matching import blocking
from xueji_cli.scaling import candidates, judging, records
from xueji_cli.scaling.spark.carrying import unpacked
from xueji_cli.scaling.spark.parcels import bundle, bundled, frame_of, opened, parcel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xueji_cli.matching.scoring import Weights
    from xueji_cli.scaling.spark.parcels import Parcel
    from xueji_cli.scaling.task import Task
    from xueji_cli.schema.matching import KeyPart

#: Records whose pairs, each with one behind it, are compared together.
SLICE = 20_000
#: Slices of a part, at the most.
_SLICES = 100_000


@dataclass(frozen=True)
class SpreadKeys:
    """Sends the rows of keys to buckets (`part` of the parcels): all rows of a key are in one.

    Attributes:
        buckets: How many.
    """

    buckets: int

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Work on parcels of `keys`."""
        for batch in batches:
            for row in opened(batch, "keys"):
                yield bundle(_spread(unpacked(row["rows"]), row["slice"], self.buckets))


def _spread(rows: pl.DataFrame, idx: int, buckets: int) -> list[Parcel]:
    return _by_part("keys", idx, rows, (rows["key"] % buckets).cast(pl.UInt32))


def _by_part(kind: str, idx: int, rows: pl.DataFrame, parts: pl.Series) -> list[Parcel]:
    if not rows.height:
        return []
    found = rows.with_columns(parts.alias("_part")).partition_by("_part", as_dict=True, include_key=False)
    return [parcel(kind, part=int(part), slice=idx, n=own.height, rows=own) for (part,), own in found.items()]


@dataclass(frozen=True)
class MakePairs:
    """Makes the pairs of a bucket of one key: `pairs` by the part of their first record, `plan`, and what is `over`.

    Attributes:
        task: The run.
        ends: Part → how many records it and those before it have.
        make: Make pairs, not only count them.
        narrowed: Blocks are finer than a key already.
    """

    task: Task
    ends: tuple[int, ...]
    make: bool
    narrowed: bool = False

    def __call__(self, group: Any) -> Any:
        """Work on all parcels of `keys` of a bucket of a key."""
        idx = group["slice"][0].as_py()
        rows = frame_of(group)
        assert rows is not None
        if self.narrowed:
            told = blocking.cut_finer(rows, rows.clear(), self.task.model.block, linking=self.task.linking)
            small, over, shared = told.small, told.large, 0
        else:
            made = candidates.blocks(rows, self.task)
            small, over, shared = made.small, made.over, made.blocks
        parcels = [parcel("plan", slice=idx, n=blocking.count_pairs(small), said=json.dumps(shared))]
        if self.make:
            for pairs in candidates.pairs(small):
                lefts = (pairs // 2**32).cast(pl.UInt32)
                parcels += _by_part("pairs", idx, pairs.alias("p").to_frame(), part_of(lefts, self.ends))
        return bundled([*parcels, *_by_part("over", idx, over, part_of(over["row"], self.ends))])


def part_of(numbers: pl.Series, ends: tuple[int, ...]) -> pl.Series:
    """Return the part that each record is in."""
    return pl.Series(ends, dtype=pl.UInt32).search_sorted(numbers, side="right").cast(pl.UInt32)


@dataclass(frozen=True)
class FinerKeys:
    """Gives the rows of large blocks, in a part of the records, their finer `keys` in buckets, and those `without` the value.

    Attributes:
        task: The run.
        by: Key → the part of keys that its blocks are narrowed by now.
        buckets: How many buckets of finer keys there are.
    """

    task: Task
    by: Mapping[int, KeyPart]
    buckets: int

    def __call__(self, over: Any, columns: Any) -> Any:
        """Work on the parcels `over` and `columns` of a part."""
        parcels: list[Parcel] = []
        told = frame_of(columns)
        for row in opened(over):
            assert told is not None
            rows, values = unpacked(row["rows"]), candidates.part_values(told, self.by[row["slice"]], self.task)
            finer, without = blocking.finer_keys(rows, values)
            parcels += _spread(finer, row["slice"], self.buckets)
            parcels.append(parcel("without", slice=row["slice"], n=without.height, rows=without))
        return bundled(parcels)


@dataclass(frozen=True)
class OrderPairs:
    """Puts the pairs of a part in order, each once: `cell` for each slice, and `ask` for the columns that it needs of each part.

    Attributes:
        task: The run.
        ends: Part → how many records it and those before it have.
        schools: The school of each record, as a code; None when pairs are not chosen by it.
        size: Records of a slice.
    """

    task: Task
    ends: tuple[int, ...]
    schools: Any
    size: int

    def __call__(self, group: Any) -> Any:
        """Work on all parcels of `pairs` of a part."""
        found = frame_of(group)
        assert found is not None
        pairs = found["p"].unique().sort()
        if self.schools is not None:
            both = blocking.parted(pairs)
            pairs = pairs.filter(blocking.of_schools(both, unpacked(self.schools.value)["s"], self.task.schools))
        part = group["part"][0].as_py()
        first = self.ends[part - 1] if part else 0
        # A slice lies in one part, and slices stand in the order of the records.
        number_of = part * _SLICES + (pl.col("p") // 2**32 - first) // self.size
        sliced = pairs.to_frame().with_columns(number_of.cast(pl.Int32).alias("_slice"))
        parcels: list[Parcel] = []
        for (number,), own in sliced.partition_by(
            "_slice", as_dict=True, include_key=False, maintain_order=True
        ).items():
            parcels.append(parcel("cell", slice=int(number), n=own.height, rows=own))
            both = blocking.parted(own["p"])
            parcels += asks(pl.concat([both["l"], both["r"].alias("l")]).unique().sort(), self.ends, int(number))
        return bundled(parcels)


def asks(numbers: pl.Series, ends: tuple[int, ...], number: int) -> list[Parcel]:
    """Return what a slice asks of each part of the records: some of them, in order."""
    parted = pl.DataFrame({"record": numbers, "_part": part_of(numbers, ends)})
    found = parted.partition_by("_part", as_dict=True, include_key=False, maintain_order=True)
    return [parcel("ask", part=int(part), slice=number, n=own.height, rows=own) for (part,), own in found.items()]


@dataclass(frozen=True)
class Gather:
    """Gives slices what they ask of a part: `columns`, with shares, or the `records` themselves.

    Attributes:
        task: The run.
        often: The codes that many records have, packed, by way of a broadcast; None for records, which have no shares.
        known: For each group of codes how many records have any.
    """

    task: Task
    often: Any
    known: tuple[int, ...]

    def __call__(self, asked: Any, of_part: Any) -> Any:
        """Work on the parcels `ask` of a part and the one that holds its records or columns."""
        told = frame_of(of_part)
        assert told is not None
        first = int(told["record"][0])
        parcels = []
        if self.often is not None:
            often = unpacked(self.often.value)
            groups = {g: often.filter(pl.col("group") == g).drop("group") for g in range(len(self.known))}
        for row in opened(asked):
            some = told[(unpacked(row["rows"])["record"] - first).cast(pl.UInt32)]
            if self.often is not None:
                some = records.share(some, self.task, groups, list(self.known))
            parcels.append(parcel("gathered", part=row["part"], slice=row["slice"], n=some.height, rows=some))
        return bundled(parcels)


@dataclass(frozen=True)
class Every:
    """Takes every so manieth of all pairs.

    Attributes:
        step: How manieth.
        before: Slice → how many pairs the slices before it have.
    """

    step: int
    before: Mapping[int, int]

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Work on parcels of `cell`."""
        for batch in batches:
            for row in opened(batch, "cell"):
                pairs = unpacked(row["rows"])["p"].gather_every(self.step, -self.before[row["slice"]] % self.step)
                if pairs.len():
                    yield bundle([parcel("sample", slice=row["slice"], rows=pairs.to_frame())])


@dataclass(frozen=True)
class JudgePairs:
    """Compares the pairs of a slice.

    Attributes:
        weights: What each level weighs.
    """

    weights: Weights

    def __call__(self, group: Any) -> Any:
        """Work on the parcels `cell` and `gathered` of a slice."""
        cell, columns = frame_of(group.filter(_is(group, "cell"))), frame_of(group.filter(_is(group, "gathered")))
        if cell is None or columns is None:
            return bundled([])
        found = judging.judge(cell["p"], columns, None, self.weights)
        return bundled([parcel("judged", slice=group["slice"][0].as_py(), n=found.height, rows=found)])


def _is(group: Any, kind: str) -> Any:
    import pyarrow.compute as pc

    return pc.equal(group["kind"], kind)
