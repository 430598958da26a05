"""What reconciling found, frozen: every report is a view of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    import polars as pl

    from xueji_cli.reconciling.measures import Evidence
    from xueji_cli.reconciling.places import Naming
    from xueji_cli.reconciling.problems import Problem
    from xueji_cli.reconciling.schools import School
    from xueji_cli.reconciling.scoresheet import Item, Scoresheet
    from xueji_cli.reconciling.scoring import Entry, Score

#: Categories of the list of people. The first three are 人籍不一致; a child who is in class elsewhere is the other half of one.
CATEGORIES = (
    "registered_not_present",
    "present_not_registered",
    "registered_elsewhere",
    "present_elsewhere",
    "double",
    "by_status",
    "class_differs",
    "information_differs",
)

PERSON_SCHEMA_KEYS = (
    "category",
    "school",
    "grade",
    "key",
    "class_label",
    "name",
    "id_number",
    "other_school",
    "other_class",
    "status",
    "excused",
    "how",
    "field",
    "system",
    "actual",
    "system_table",
    "system_row",
    "actual_table",
    "actual_row",
    "possible_table",
    "possible_row",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One item of one school's scoresheet, scored or pending.

    Attributes:
        item: The item.
        score: Its points and what they are based on.
        why: Key of the reason why the data does not give it (`reconcile.why.<key>`); empty where it does.
        evidence: What stands beside it.
        entry: What the inspector entered.
    """

    item: Item
    score: Score
    why: str = ""
    evidence: tuple[Evidence, ...] = ()
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class SchoolResult:
    """One school.

    Attributes:
        school: The school.
        students: (system, actual); None where not known.
        classes: (system, actual).
        student_ratio: In percent.
        class_ratio: In percent.
        lines: The scoresheet.
    """

    school: School
    students: tuple[int | None, int | None]
    classes: tuple[int | None, int | None]
    student_ratio: Fraction | None
    class_ratio: Fraction | None
    lines: tuple[Line, ...]

    def points(self, basis: str) -> Decimal:
        """Return the points scored on a basis (computed, entered)."""
        return sum((line.score.score or Decimal(0) for line in self.lines if line.score.basis == basis), Decimal(0))

    @property
    def decided(self) -> Decimal:
        """Points of the items that are scored: what the total can be at most so far."""
        return sum((line.item.points for line in self.lines if line.score.score is not None), Decimal(0))

    @property
    def pending(self) -> Decimal:
        """Points of the items that wait for the inspector: neither lost nor won."""
        return sum((line.item.points for line in self.lines if line.score.score is None), Decimal(0))

    @property
    def total(self) -> Decimal:
        """Points scored so far; the school's result only when nothing is pending."""
        return self.points("computed") + self.points("entered")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The whole comparison.

    Attributes:
        scoresheet: The sheet.
        schools: Schools that both sides have, by group and name.
        classes: `tally.Tally.classes` of these.
        grades: `tally.Tally.grades` of these.
        persons: A row per child (and field, for different information): `PERSON_SCHEMA_KEYS`.
        sampled: Children drawn for sampled items: `school`, `item`, and as in `persons`.
        problems: What can't be used, or was used with care.
        naming: How names of schools were understood.
        only_system: Schools that only the system's files have.
        only_actual: Schools that only the classrooms' have.
        parameters: What was decided, by name: states, seed, words.
    """

    scoresheet: Scoresheet
    schools: tuple[SchoolResult, ...]
    classes: pl.DataFrame
    grades: pl.DataFrame
    persons: pl.DataFrame
    sampled: pl.DataFrame
    problems: tuple[Problem, ...]
    naming: tuple[Naming, ...]
    only_system: tuple[str, ...]
    only_actual: tuple[str, ...]
    parameters: Mapping[str, object] = field(default_factory=dict)
