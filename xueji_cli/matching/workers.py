"""Work on several things side by side: Polars and RapidFuzz let go of the interpreter lock while they work."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import polars as pl

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

#: More would only take memory.
WORKERS = min(os.cpu_count() or 1, 4)


def side_by_side(function: Callable[[_Item], _Answer], items: Iterable[_Item]) -> list[_Answer]:
    """Return the answers for items, in their order."""
    with ThreadPoolExecutor(WORKERS) as workers:
        return list(workers.map(function, items))


def in_turn(function: Callable[[_Item], _Answer], items: Iterable[_Item]) -> Iterator[_Answer]:
    """Yield the answers for items, in their order, with a few made ahead: of large answers not all are there at once."""
    with ThreadPoolExecutor(WORKERS) as workers:
        waiting: deque[Future[_Answer]] = deque()
        for item in items:
            waiting.append(workers.submit(function, item))
            if len(waiting) > 2 * WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def batches(pairs: pl.DataFrame, most: int = 2_000_000) -> list[pl.DataFrame]:
    """Cut pairs into a batch for each worker, or into more: so many at once bound the memory."""
    size = min(max(-(-pairs.height // WORKERS), 1), most)
    return [pairs.slice(start, size) for start in range(0, pairs.height, size)] or [pairs]


def at_once(first: Callable[[], _Item], second: Callable[[], _Answer]) -> tuple[_Item, _Answer]:
    """Do two things side by side."""
    with ThreadPoolExecutor(1) as worker:
        other = worker.submit(second)
        return first(), other.result()
