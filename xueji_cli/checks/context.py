"""What a rule may look at: the bound fields of a pool of rows, its parameters, and the day the check is for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from xueji_cli.schema.model import CodeTable, Field, Schema


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of a row rule.

    Attributes:
        schema: Schema of the rows.
        bound: Names of the fields that the rows have.
        columns: Names of all columns of the rows, the derived ones too.
        as_of: The day that fixes every age and grade rule.
        school_year: The school year of that day (its August).
        params: Parameters of the rule at hand.
        states: (field, state) of those that occur in the rows; None when that is not known.
        photos: Stems of the photo files, or None when no folder was given.
        classes: The classes of a class list (`class_list.class_keys`), or None when none was given.
    """

    schema: Schema
    bound: frozenset[str]
    columns: frozenset[str]
    as_of: date
    school_year: int
    params: Mapping[str, str] = field(default_factory=dict)
    states: frozenset[tuple[str, str]] | None = None
    photos: frozenset[str] | None = None
    classes: pl.DataFrame | None = None

    def for_rule(self, params: Mapping[str, str]) -> Context:
        """Return this context with the parameters of one rule."""
        return replace(self, params=params)

    def has(self, *roles: str) -> bool:
        """Return whether all of these roles are in the rows."""
        return all(role in self.schema.by_role and self.schema.by_role[role].name in self.bound for role in roles)

    def name(self, role: str) -> str:
        """Return the name of the field that plays a role."""
        return self.schema.by_role[role].name

    def clean(self, role: str) -> pl.Expr:
        """Return the folded text of a role; null where blank."""
        return pl.col(self.name(role))

    def raw(self, role: str) -> pl.Expr:
        """Return the text of a role as written."""
        return pl.col(self.name(role) + derive.RAW)

    def part(self, role: str, suffix: str) -> pl.Expr:
        """Return a derived column of a role, for example `part("id_number", derive.STATE)`."""
        return pl.col(self.name(role) + suffix)

    def flag_column(self, target: Field, suffix: str) -> pl.Expr | None:
        """Return a derived column that is only there when some cell of the field has something in it."""
        name = target.name + suffix
        return pl.col(name) if name in self.columns else None

    def occurs(self, target: Field, *states: str) -> bool:
        """Return whether a cell of the field may be in one of these states."""
        return self.states is None or any((target.name, state) in self.states for state in states)

    def label(self, role: str) -> pl.Expr:
        """Return the label of a coded role as its code table writes it; null where unknown or not in the rows."""
        if not self.has(role):
            return pl.lit(None, dtype=pl.String)
        return self.part(role, derive.LABEL)

    def optional(self, role: str) -> pl.Expr:
        """Return the folded text of a role, or null when it is not in the rows."""
        return self.clean(role) if self.has(role) else pl.lit(None, dtype=pl.String)

    def codes(self, target: Field) -> CodeTable:
        """Return the code table of a field."""
        assert target.code is not None
        return self.schema.code_tables[target.code]

    def integer(self, name: str) -> int:
        """Return a parameter as an integer."""
        return int(self.params[name])

    def number(self, name: str) -> float:
        """Return a parameter as a number."""
        return float(self.params[name])

    def flag(self, name: str) -> bool:
        """Return a yes/no parameter."""
        return self.params[name] in ("true", "yes", "是", "1")

    def words(self, name: str) -> list[str]:
        """Return a parameter that is a list, written with commas."""
        return [word.strip() for word in self.params[name].split(",") if word.strip()]


@dataclass(frozen=True, slots=True)
class GroupContext(Context):
    """The surroundings of a rule over many rows: the rows of all files together.

    Attributes:
        rows: The key columns of every row of every table of the schema (`engine.key_columns`).
        memo: Frames that rules share.
        lock: Held while one of them is computed: rules run side by side.
    """

    rows: Keys = field(default_factory=Keys)
    memo: dict[str, pl.DataFrame] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def once(self, name: str, compute: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return a frame that several rules need, computed by the first of them."""
        with self.lock:
            if name not in self.memo:
                self.memo[name] = compute()
            return self.memo[name]
