"""What is known before an inspection: the schools and their classes, to fill forms with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling import people
from xueji_cli.reconciling.engine import Options, Reading, Sources
from xueji_cli.reconciling.tally import tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.reconciling.schools import School


@dataclass(frozen=True, slots=True)
class Known:
    """What forms are filled with.

    Attributes:
        schools: In the order of the list, or of their names.
        classes: `school`, `grade`, `key`, `class_label`, `students` (in the system; null where only a class list names it),
            `class_code`, `combined`.
    """

    schools: Sequence[School]
    classes: pl.DataFrame


def known(sources: Sources, options: Options) -> Known:
    """Return what the system's tables, the school list and the class list know.

    Raises:
        UserError: When a list contradicts itself.
    """
    reading = Reading(sources, options)
    rolls, numbers, *_ = reading.rows()
    counted = people.in_roll(rolls, options.statuses).filter("counted")
    empty = counted.clear(), numbers.clear()
    of_system = tally((counted, empty[0]), (numbers, empty[1]), None, None).classes
    keys = ["school", "grade", "key", "class_label"]
    classes = of_system.select(*keys, students="system")
    if reading.classes is not None:
        listed = reading.classes.classes.select("school", "key", "grade", "class_label", "class_code", "combined")
        classes = classes.join(listed, on=["school", "key"], how="full", coalesce=True, suffix="_listed").with_columns(
            grade=pl.coalesce("grade", "grade_listed"), class_label=pl.coalesce("class_label", "class_label_listed")
        )
    else:
        classes = classes.with_columns(class_code=pl.lit(None, dtype=pl.String), combined=pl.lit(None, dtype=pl.String))
    places = {school.name: place for place, school in enumerate(reading.directory.schools)}
    order = pl.col("school").replace_strict(places, default=None, return_dtype=pl.Int64)
    return Known(
        reading.directory.schools,
        classes.filter(pl.col("key").is_not_null())
        .select(*keys, "students", "class_code", "combined")
        .sort(order, "grade", "key", nulls_last=True),
    )
