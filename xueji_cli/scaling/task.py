"""What all parts of a run must agree on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import polars as pl

    from xueji_cli.schema.matching import Model
    from xueji_cli.schema.model import Schema

#: Between the name of a comparison and that of its column.
_OF = ":"


@dataclass(frozen=True, slots=True)
class Task:
    """A comparison of people, small enough to be sent to every worker.

    Attributes:
        schema: Schema of the records, its model with the thresholds of this run.
        as_of: The day ages are counted at.
        school_year: Turns 2021级 into a grade.
        fields: The fields that any table has.
        named_after: For each table the school that its file is named after, for rows that name none; empty when the model
            knows no schools.
        linking: Whether there are two lists.
        schools: `all`, `within` or `across`.
    """

    schema: Schema
    as_of: date
    school_year: int
    fields: tuple[str, ...]
    named_after: tuple[str, ...] = ()
    linking: bool = False
    schools: str = "all"

    @property
    def model(self) -> Model:
        """The matching model."""
        assert self.schema.matching is not None
        return self.schema.matching


def flat(features: Mapping[str, pl.DataFrame]) -> list[pl.Series]:
    """Return the columns of all comparisons as columns of one frame: `name:v#`."""
    return [
        column.alias(f"{name}{_OF}{column.name}")
        for name, columns in features.items()
        for column in columns.iter_columns()
    ]


def nested(flat: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the columns of each comparison; others are left out."""
    names: dict[str, list[str]] = {}
    for column in flat.columns:
        name, of, _ = column.partition(_OF)
        if of:
            names.setdefault(name, []).append(column)
    return {
        name: flat.select(flat[column].alias(column.removeprefix(name + _OF)) for column in columns)
        for name, columns in names.items()
    }
