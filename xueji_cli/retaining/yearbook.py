"""The numbers of a year that no list of names gives: children at its start, the cohort that graduates, changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xueji_cli.reconciling.problems import Problem
from xueji_cli.retaining.rates import COMPULSORY
from xueji_cli.retaining.window import JUNIOR, PRIMARY
from xueji_cli.schema.model import FieldType
from xueji_cli.tables.table import ROW
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.schema.roster import Roster

_STAGES = {
    **dict.fromkeys(("小学", "小学阶段", "primary"), PRIMARY),
    **dict.fromkeys(("初中", "初中阶段", "junior"), JUNIOR),
    **dict.fromkeys(("义务教育", "九年", "九年义务教育", "义务教育阶段", "compulsory"), COMPULSORY),
}
_WHOLE = re.compile(r"[0-9]{1,8}(?:\.0+)?")


def read_numbers(rosters: Sequence[Roster]) -> tuple[dict[str, dict[str, int]], list[Problem]]:
    """Return stage → name of a number → its value, and cells that are none. A blank is not a zero: it is not there."""
    numbers: dict[str, dict[str, int]] = {}
    problems: list[Problem] = []
    # A handful of cells.
    for roster in rosters:
        source = roster.table.source
        for row in roster.frame.select(
            ROW, *(fold(roster.frame.get_column(name)).alias(name) for name in roster.columns)
        ).iter_rows(named=True):
            stage = _STAGES.get(re.sub(r"\s", "", row.get("stage") or "").lower())
            if stage is None:
                problems.append(
                    Problem("numbers_stage", fatal=True, file=source.path, sheet=source.sheet, row=row[ROW])
                )
                continue
            for name, column in roster.columns.items():
                text = (row[name] or "").replace(",", "")
                if roster.schema.by_name[name].type is not FieldType.INTEGER or not text:
                    continue
                if not _WHOLE.fullmatch(text):
                    problems.append(
                        Problem(
                            "numbers_no_number",
                            fatal=True,
                            file=source.path,
                            sheet=source.sheet,
                            row=row[ROW],
                            letter=column.letter,
                        )
                    )
                elif numbers.setdefault(stage, {}).setdefault(name, int(float(text))) != int(float(text)):
                    problems.append(
                        Problem(
                            "numbers_twice",
                            fatal=True,
                            file=source.path,
                            sheet=source.sheet,
                            row=row[ROW],
                            letter=column.letter,
                        )
                    )
    return numbers, problems
