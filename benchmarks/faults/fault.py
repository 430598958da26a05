"""What a fault is: a function that spoils one row, registered under its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import polars as pl

#: Field → text of one child.
Row = dict[str, str]
#: Field → new text of the cells that a fault changes; None where the cell becomes empty.
Changes = dict[str, str | None]
Spoil = Callable[[Row, "Chance"], Changes | None]

EVERY_ROW = pl.lit(value=True)


class Chance(Random):
    """Random choices, with what a fault must know of the rest of the file.

    Attributes:
        visible: Fields that the file has.
        taken: Numbers that are already some child's, and other things that must not come twice.
    """

    visible: frozenset[str]
    taken: set[str]

    @classmethod
    def over(cls, seed: int, visible: frozenset[str], taken: set[str]) -> Chance:
        """Return the choices for one file; `Random` itself is made from a seed and nothing else."""
        chance = cls(seed)
        chance.visible = visible
        chance.taken = taken
        return chance

    def other(self, choices: str | list[str], than: str) -> str:
        """Return one of the choices that isn't this one."""
        return self.choice([choice for choice in choices if choice != than])


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    Attributes:
        kind: Its name in the labels.
        fields: A finding on one of these cells of the row is right: which of two disagreeing cells is wrong can't be
            known. Empty: on a cell that was changed.
        needs: Fields that a file must have for the fault to be visible.
        where: Rows in which it can happen.
        spoil: Returns the cells to change, or None when this row won't do.
    """

    kind: str
    fields: tuple[str, ...]
    needs: frozenset[str]
    where: pl.Expr
    spoil: Spoil


@dataclass
class Registry:
    """The faults of one module, in order of definition."""

    faults: list[Fault] = field(default_factory=list)

    def __call__(self, *fields: str, needs: str = "", where: pl.Expr = EVERY_ROW) -> Callable[[Spoil], Spoil]:
        """Register a function under its own name."""

        def register(spoil: Spoil) -> Spoil:
            needed = frozenset([*fields, *needs.split()])
            self.faults.append(Fault(spoil.__name__, fields, needed, where, spoil))
            return spoil

        return register
