"""A list of the classes that exist, as the keys that rosters are compared by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.values.classes import parse_classes, school_year
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from xueji_cli.schema.roster import Roster


def class_keys(rosters: Sequence[Roster], as_of: date) -> pl.DataFrame:
    """Return one row per class: `school_code` and `school_name` (null where the list has none), `~grade`, `~class`.

    Args:
        rosters: Class lists bound to the class schema.
        as_of: The day whose school year turns `2021级1班` into a grade.
    """
    frames = []
    for roster in rosters:
        height = roster.frame.height

        def column(name: str, frame: pl.DataFrame = roster.frame, height: int = height) -> pl.Series:
            return fold(frame[name]) if name in frame.columns else pl.Series([None] * height, dtype=pl.String)

        named = column("class_name")
        parsed = parse_classes(named, column("grade"), school_year(as_of))
        frames.append(
            pl.DataFrame(
                {
                    "school_code": column("school_code"),
                    "school_name": column("school_name"),
                    derive.GRADE: parsed.get_column("grade"),
                    derive.CLASS: parsed.get_column("class_no"),
                }
            )
        )
    return pl.concat(frames).filter(pl.col(derive.CLASS).is_not_null()).unique(maintain_order=True)
