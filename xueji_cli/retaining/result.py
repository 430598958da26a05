"""What the comparison found, frozen: every report is a view of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.reconciling.places import Naming
    from xueji_cli.reconciling.problems import Problem
    from xueji_cli.retaining.rates import Rate
    from xueji_cli.retaining.window import Window

#: Category of a child → the rule that stands behind it; "" where there is nothing to do. In the order in which they are told.
CATEGORIES: Mapping[str, str] = {
    "not_enrolled": "RT01",
    "absent": "RT04",
    "dropout": "RT06",
    "review": "RT07",
    "not_enrolled_stated": "RT02",
    "maybe_finished": "RT11",
    "no_roll": "RT08",
    "not_compared": "RT10",
    "unknown_age": "RT10",
    "not_enrolled_proved": "RT03",
    "absent_known": "RT05",
    "elsewhere": "RT09",
    "enrolled": "",
    "attending": "",
}
#: Categories of the ledger of suspects: to be visited.
SUSPECT = ("not_enrolled", "not_enrolled_stated", "maybe_finished", "absent")
#: Categories of the ledger of dropouts.
DROPOUT = ("dropout",)
#: Open cases: what a ledger carries from one time to the next.
OPEN = (*SUSPECT, *DROPOUT)

#: A row per child. `h_`, `r_`, `p_` and `c_` are its places in the household list, the roll, the list of those present, and of the
#: record that may be the same child; the texts beside `c_` are that record's.
CHILD: dict[str, type[pl.DataType] | pl.DataType] = {
    "category": pl.String,
    "reason": pl.String,
    "basis": pl.String,
    "listed": pl.Boolean,
    "of_age": pl.Boolean,
    "age": pl.Int32,
    "stage": pl.String,
    "town": pl.String,
    "village": pl.String,
    "head": pl.String,
    "head_relation": pl.String,
    "away": pl.String,
    "name": pl.String,
    "sex": pl.String,
    "born": pl.Int32,
    "id_number": pl.String,
    "guardian": pl.String,
    "phone": pl.String,
    "address": pl.String,
    "hukou_place": pl.String,
    "school": pl.String,
    "grade": pl.UInt8,
    "class_label": pl.String,
    "present_school": pl.String,
    "status": pl.String,
    "remark": pl.String,
    "focus": pl.String,
    "disabled": pl.Boolean,
    "suspended": pl.Boolean,
    "copies": pl.UInt32,
    "how": pl.String,
    "keys": pl.List(pl.String),
    "c_side": pl.String,
    "c_name": pl.String,
    "c_id_number": pl.String,
    "c_born": pl.Int32,
    "c_school": pl.String,
    "c_class": pl.String,
    **{f"{side}_{what}": pl.UInt32 for side in ("h", "r", "p", "f", "c") for what in ("table", "row")},
}

#: A row per entry of the previous ledger, and per child who is new: `state` is new, open, returned, explained, review or gone.
FOLLOWED = {
    "state": pl.String,
    "child": pl.UInt32,
    "table": pl.UInt32,
    "row": pl.UInt32,
    "was": pl.String,
    "name": pl.String,
    "id_number": pl.String,
    "town": pl.String,
    "school": pl.String,
    "since": pl.String,
    "measures": pl.String,
    "visits": pl.String,
    "visitor": pl.String,
    "visitor_phone": pl.String,
    "visited_on": pl.String,
    "outcome": pl.String,
    "remark": pl.String,
}
NEW, STILL_OPEN, RETURNED, EXPLAINED, REVIEW, GONE = "new", "open", "returned", "explained", "review", "gone"
STATES = (NEW, STILL_OPEN, REVIEW, RETURNED, EXPLAINED, GONE)


@dataclass(frozen=True, slots=True)
class Retention:
    """The whole comparison.

    Attributes:
        window: Who is of age.
        rules: Code → the rule as applied.
        children: A row per child (`CHILD`), with `child`, its number.
        followed: What became of the previous ledger (`FOLLOWED`); None when there is none.
        rates: All rates, those that could not be computed as well.
        problems: What can't be used, or was used with care.
        naming: How names of schools were understood.
        compared: Which of the comparisons were made: `household` (① household ↔ roll), `present` (② roll ↔ present).
        why_not: Comparison → key of the reason why it was not made.
        parameters: What was decided, by name.
    """

    window: Window
    rules: Mapping[str, ActiveRule]
    children: pl.DataFrame
    followed: pl.DataFrame | None
    rates: tuple[Rate, ...]
    problems: tuple[Problem, ...]
    naming: tuple[Naming, ...]
    compared: frozenset[str]
    why_not: Mapping[str, str]
    parameters: Mapping[str, object] = field(default_factory=dict)
