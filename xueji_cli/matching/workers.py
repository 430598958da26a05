"""Work on several things side by side: Polars and RapidFuzz let go of the interpreter lock while they work."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

#: More would only take memory.
WORKERS = min(os.cpu_count() or 1, 4)


def side_by_side(function: Callable[[_Item], _Answer], items: Iterable[_Item]) -> list[_Answer]:
    """Return the answers for items, in their order."""
    with ThreadPoolExecutor(WORKERS) as workers:
        return list(workers.map(function, items))
