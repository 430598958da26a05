"""The county: totals, groups, ranking, and which items cost the most."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from xueji_cli.reconciling.measures import percentage
from xueji_cli.reconciling.scoring import PENDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from xueji_cli.reconciling.result import Reconciled, SchoolResult
    from xueji_cli.reconciling.scoresheet import Item


@dataclass(frozen=True, slots=True)
class Ranked:
    """A school's place. `rank` is None while items are pending: what waits for an inspector is neither nought nor full."""

    result: SchoolResult
    rank: int | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of some schools; those of whom a number is not known are not in that number, and counted in `unknown`."""

    name: str
    schools: int
    students: tuple[int, int]
    classes: tuple[int, int]
    unknown: int
    average: Decimal | None
    """Mean total, where no item of any of them is pending."""

    @property
    def student_ratio(self) -> Fraction | None:
        """In percent."""
        return percentage(self.students[1], self.students[0])

    @property
    def class_ratio(self) -> Fraction | None:
        """In percent."""
        return percentage(self.classes[1], self.classes[0])


@dataclass(frozen=True, slots=True)
class ItemTotals:
    """One item over all schools."""

    item: Item
    computed: int
    entered: int
    pending: int
    deducted: Decimal
    schools: int
    """In how many schools points were deducted."""


def totals(name: str, schools: Sequence[SchoolResult]) -> Totals:
    """Add up schools."""
    known = [s for s in schools if None not in s.students]
    with_classes = [s for s in schools if None not in s.classes]
    complete = [s for s in schools if s.pending == 0]
    mean = None
    if schools and len(complete) == len(schools):
        mean = (sum((s.total for s in complete), Decimal(0)) / len(complete)).quantize(Decimal("0.01"))
    return Totals(
        name=name,
        schools=len(schools),
        students=(sum(s.students[0] or 0 for s in known), sum(s.students[1] or 0 for s in known)),
        classes=(sum(s.classes[0] or 0 for s in with_classes), sum(s.classes[1] or 0 for s in with_classes)),
        unknown=len(schools) - len(known),
        average=mean,
    )


def groups(result: Reconciled) -> list[Totals]:
    """Return the totals of each group of the school list, in the order in which groups first appear."""
    found: dict[str, list[SchoolResult]] = {}
    for school in result.schools:
        if school.school.group:
            found.setdefault(school.school.group, []).append(school)
    return [totals(name, schools) for name, schools in found.items()]


def ranking(schools: Iterable[SchoolResult]) -> list[Ranked]:
    """Return schools from the highest total down; equal totals share a rank, and schools with pending items have none."""
    complete = sorted((s for s in schools if s.pending == 0), key=lambda s: (-s.total, s.school.name))
    ranked = [Ranked(school, 1 + sum(1 for other in complete if other.total > school.total)) for school in complete]
    done = {school.school.name for school in complete}
    waiting = sorted(
        (s for s in schools if s.school.name not in done),
        key=lambda s: (s.total - s.decided, s.school.name),
        reverse=True,
    )
    return ranked + [Ranked(school, None) for school in waiting]


def item_totals(result: Reconciled) -> list[ItemTotals]:
    """Return each item over all schools, in the order of the sheet."""
    found = []
    for place, item in enumerate(result.scoresheet.items):
        scores = [school.lines[place].score for school in result.schools]
        lost = [item.points - score.score for score in scores if score.score is not None]
        found.append(
            ItemTotals(
                item=item,
                computed=sum(score.basis == "computed" for score in scores),
                entered=sum(score.basis == "entered" for score in scores),
                pending=sum(score.basis == PENDING for score in scores),
                deducted=sum(lost, Decimal(0)),
                schools=sum(each > 0 for each in lost),
            )
        )
    return found
