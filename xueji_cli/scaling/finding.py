"""From the keys of all records to pairs, each once and in order, by the part of their first record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import blocking
from xueji_cli.matching.blocking import KeyPlan, LargeBlock
from xueji_cli.scaling import candidates
from xueji_cli.scaling.store import Buckets, keep, mapped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xueji_cli.scaling.parts import Parts
    from xueji_cli.scaling.reading import Read
    from xueji_cli.scaling.sizes import Cut
    from xueji_cli.schema.matching import KeyPart

#: A pair as one number.
_PAIR = "p"


@dataclass(slots=True)
class Proposed:
    """Pairs to compare.

    Attributes:
        folder: Where they are.
        plans: What each key gave.
        large: Blocks that were narrowed or cut.
        heights: Part → how many pairs its records have with those behind them.
    """

    folder: Path
    plans: tuple[KeyPlan, ...]
    large: tuple[LargeBlock, ...]
    heights: list[int]

    @property
    def height(self) -> int:
        """How many pairs there are."""
        return sum(self.heights)

    def pairs(self, part: int) -> pl.Series:
        """Return the pairs whose first record is in a part, as numbers, in order."""
        if not self.heights[part]:
            return pl.Series(_PAIR, [], dtype=pl.UInt64)
        return mapped([self.folder / f"pairs-{part}.arrow"])[_PAIR]

    def every(self, step: int) -> pl.DataFrame:
        """Return every so manieth pair of all, `l` and `r`."""
        found, before = [], 0
        for part, height in enumerate(self.heights):
            found.append(self.pairs(part).gather_every(step, -before % step))
            before += height
        return blocking.parted(pl.concat(found))


def propose(read: Read, cut: Cut, folder: Path, *, make: bool = True) -> Proposed:
    """Return the pairs to compare.

    Args:
        read: The records and their keys, which are used up.
        cut: How the run is cut.
        folder: Where pairs go.
        make: Make pairs, not only count them.
    """
    parts = read.parts
    keys, narrow = candidates.usable(parts.columns(0).clear(), parts.task)
    made = Buckets(folder, "made", cut.room)
    plans, large = [], []
    for index, key in enumerate(keys):
        plan, blocks = _of_key(key, read.keys[index], read.keyed[index], narrow, parts, cut, made if make else None)
        plans.append(plan)
        large += blocks
    heights = [_in_order(made.take(part), part, read, folder) for part in range(len(parts.ends))]
    return Proposed(folder, tuple(plans), blocking.foremost(large), heights)


def _of_key(
    key: tuple[KeyPart, ...],
    rows: Buckets,
    keyed: int,
    narrow: Sequence[KeyPart],
    parts: Parts,
    cut: Cut,
    made: Buckets | None,
) -> tuple[KeyPlan, list[LargeBlock]]:
    """Make the pairs of one key, bucket by bucket."""
    shared = pairs = 0
    over: dict[int, pl.DataFrame] = {}
    for bucket in range(cut.hashed):
        own = rows.take(bucket)
        if own is None:
            continue
        found = candidates.blocks(own, parts.task)
        del own
        shared += found.blocks
        pairs += found.pairs
        _make(found.small, parts, made)
        if found.over.height:
            over[bucket] = found.over
    name = blocking.key_name(key)
    large: list[LargeBlock] = []
    if over:
        more, large = _narrowed(over, name, [part for part in narrow if part not in key], parts, made)
        pairs += more
    return KeyPlan(name, keyed, shared, pairs), large


def _narrowed(
    over: dict[int, pl.DataFrame], name: str, narrow: Sequence[KeyPart], parts: Parts, made: Buckets | None
) -> tuple[int, list[LargeBlock]]:
    """Narrow the blocks of a key that are too large by one part after the other; return how many pairs that gave, and the largest."""
    first = {bucket: rows.select("row", "block") for bucket, rows in over.items()}
    left: list[pl.DataFrame] = []
    used: list[str] = []
    pairs = 0
    for part in narrow:
        if not over:
            break
        used.append(str(part))
        following: dict[int, pl.DataFrame] = {}
        for bucket, rows in over.items():
            narrowed = candidates.narrow(rows, _values(rows, part, parts), parts.task)
            pairs += blocking.count_pairs(narrowed.small)
            _make(narrowed.small, parts, made)
            left.append(narrowed.without)
            if narrowed.large.height:
                following[bucket] = narrowed.large
        over = following
    rest = pl.concat(
        [*left, *(rows.select("row", "block") for rows in over.values())] or [next(iter(first.values())).clear()]
    )
    return pairs, blocking.largest(pl.concat(list(first.values())), rest, name, used)


def _values(rows: pl.DataFrame, part: KeyPart, parts: Parts) -> pl.DataFrame:
    """Return the values of a part of the records of some rows."""
    records = rows["row"].unique().sort()
    names = [name for name in parts.columns(0).columns if name == "record" or name.startswith(f"{part.comparison}:")]
    return candidates.part_values(parts.gather(records, names), part, parts.task)


def _make(small: pl.DataFrame, parts: Parts, made: Buckets | None) -> None:
    if made is None:
        return
    for pairs in candidates.pairs(small):
        frame = pairs.alias(_PAIR).to_frame()
        made.add(frame, parts.part_of((frame[_PAIR] // 2**32).cast(pl.UInt32)))


def _in_order(found: pl.DataFrame | None, part: int, read: Read, folder: Path) -> int:
    """Write the pairs of a part, each once, in order, those of the wanted schools; return how many."""
    if found is None:
        return 0
    pairs = found[_PAIR].unique().sort()
    if read.schools:
        both = blocking.parted(pairs)
        pairs = pairs.filter(blocking.of_schools(both, pl.concat(read.schools), read.parts.task.schools))
    keep(pairs.to_frame(), folder / f"pairs-{part}.arrow")
    return pairs.len()
