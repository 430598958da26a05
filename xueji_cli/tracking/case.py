"""What the rules of `findings` look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import polars as pl

    from xueji_cli.tracking.linking import Links
    from xueji_cli.tracking.placing import Placed
    from xueji_cli.tracking.workdays import WorkingDays


@dataclass(frozen=True, slots=True)
class Case:
    """Two exports, accounted for, and the log beside them.

    Attributes:
        children: `fates.fates`.
        log: Entries with their child (`entries.find_children`) and `current`: of the time between the two days. None without a log.
        changes: `information.CHANGE_SCHEMA`.
        placed: The two sides.
        links: Who is whom.
        old: Day of the first export.
        new: Day of the second.
        calendar: Working days.
        kinds: Label of each kind of entry.
        unlisted: Children (`c`) of schools that the other export lacks altogether (`missing.missing_lists`).
    """

    children: pl.DataFrame
    log: pl.DataFrame | None
    changes: pl.DataFrame
    placed: Placed
    links: Links
    old: date
    new: date
    calendar: WorkingDays
    kinds: Mapping[str, str]
    unlisted: pl.Series
