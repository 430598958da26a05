"""What two sides must have in common before anything is compared, and how to tell that they are swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xueji_cli.errors import UserError
from xueji_cli.reconciling.intake import FORMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.schema.roster import Roster

#: Share of rows with a roll number from which a list is surely the system's.
_SYSTEM_LIKE = 0.5


def refuse_swapped(system: Sequence[Roster], actual: Sequence[Roster]) -> None:
    """Refuse sides that look swapped: the numbers would be right and every word about them wrong.

    Raises:
        UserError: When the system's tables say only what is counted in rooms (实有人数, lists without roll numbers), and the
            classrooms' what only the system has.
    """
    if all(map(_looks_actual, system)) and all(map(_looks_system, actual)):
        raise UserError("sides_swapped", system=system[0].table.source.path, actual=actual[0].table.source.path)


def _looks_system(roster: Roster) -> bool:
    if roster.schema.name not in FORMS:
        return _share_of_rolls(roster) >= _SYSTEM_LIKE
    fields = set(roster.columns)
    return bool(fields & {"system_students", "system_classes"}) and not fields & {"students", "classes"}


def _looks_actual(roster: Roster) -> bool:
    if roster.schema.name not in FORMS:
        return "roll_number" not in roster.columns or _share_of_rolls(roster) == 0
    if "students" not in roster.columns or "system_students" in roster.columns:
        return False
    header = roster.columns["students"].header
    return any(word in header for word in ("实有", "现有", "在班", "实到", "到校", "清点", "点名", "实际"))


def _share_of_rolls(roster: Roster) -> float:
    if "roll_number" not in roster.columns or not roster.frame.height:
        return 0.0
    return 1 - roster.frame.get_column("roll_number").null_count() / roster.frame.height


def refuse_strangers(listed: Mapping[str, set[str]], unmatched: Sequence[str]) -> None:
    """Say that the two sides have no school in common.

    Raises:
        UserError: Always.
    """
    raise UserError(
        "no_common_school",
        system="、".join(sorted(listed["system"])[:5]) or "—",
        actual="、".join([*sorted(listed["actual"]), *dict.fromkeys(unmatched)][:5]) or "—",
    )
