"""Points of an item: plain arithmetic with decimals, one function per kind of scoring.

A point that the paper leaves to judgement is never made up here: without an entry an item is *pending*, which is neither
nought nor full points.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xueji_cli.reconciling.scoresheet import Item

COMPUTED, ENTERED, PENDING = "computed", "entered", "pending"


@dataclass(frozen=True, slots=True)
class Entry:
    """What an inspector wrote down about one item of one school.

    Attributes:
        score: Points.
        cases: Number of cases, for items that count them.
        required: What there should be, and `reached`: what there is, for pro rata; `reached` alone is a percentage.
        reached: See `required`.
        choice: Name of an option or band.
        note: Why.
        file: Where the entry stands.
        row: As Excel shows it.
    """

    score: Decimal | None = None
    cases: int | None = None
    required: Decimal | None = None
    reached: Decimal | None = None
    choice: str = ""
    note: str = ""
    file: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """The points of one item.

    Attributes:
        basis: computed (from the data), entered (by an inspector) or pending.
        score: None while pending.
        cases: Number of cases counted.
        value: The percentage it was computed from.
        over: How many steps the value is away from the target, for `per_point`.
    """

    basis: str
    score: Decimal | None = None
    cases: int | None = None
    value: Fraction | None = None
    over: Decimal | None = None


class BadEntry(Exception):
    """An entry that can't be: its key is a sentence of `reconcile.problems`."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


def per_case(points: Decimal, cases: int, *, deduct: Decimal, floor: Decimal = Decimal(0)) -> Decimal:
    """Return points less `deduct` for each case, not below `floor`: 10 points, 3 cases of 0.5 → 8.5."""
    return max(floor, points - deduct * cases)


def steps_off(value: Fraction, target: Decimal, *, step: Decimal, direction: str, rounding: str) -> Decimal:
    """Return how many steps a percentage is away from its target.

    Args:
        value: The percentage, exact (27 of 28 classes is 2700/28).
        target: The percentage it should be.
        step: Size of a step in percentage points.
        direction: `both`; or only `below` or `above` the target.
        rounding: `full` counts steps that are full, `started` also the one that has begun, `exact` fractions of a step.
    """
    off = value - Fraction(target)
    off = {"both": abs(off), "below": max(-off, Fraction(0)), "above": max(off, Fraction(0))}[direction]
    steps = off / Fraction(step)
    if rounding == "full":
        return Decimal(steps.numerator // steps.denominator)
    if rounding == "started":
        return Decimal(-(-steps.numerator // steps.denominator))
    return rounded(steps, 4)


def per_point(points: Decimal, steps: Decimal, *, deduct: Decimal, floor: Decimal = Decimal(0)) -> Decimal:
    """Return points less `deduct` for each step off the target, not below `floor`."""
    return max(floor, points - deduct * steps)


def ratio(points: Decimal, value: Fraction, target: Decimal, *, places: int = 1) -> Decimal:
    """Return points in the proportion of a value to its target, at most all of them, rounded half up."""
    return rounded(min(Fraction(1), value / Fraction(target)) * Fraction(points), places)


def rounded(value: Fraction, places: int) -> Decimal:
    """Return a fraction as a decimal with so many places, half up."""
    quantum = Decimal(1).scaleb(-places)
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(quantum, ROUND_HALF_UP)


def score_item(
    item: Item,
    entry: Entry | None,
    *,
    cases: int | None = None,
    value: Fraction | None = None,
    stage: str | None = None,
) -> Score:
    """Score an item from what the data says and what was entered.

    Args:
        item: The item.
        entry: What an inspector wrote down, if anything.
        cases: Cases that the data shows, where the item counts them and the data can tell.
        value: Percentage that the data shows.
        stage: Stage of the school, for parameters that differ by it.

    Raises:
        BadEntry: When the entry says what can't be: more points than there are, another result than the data's, an unknown
            option, points outside the band.
    """
    computed = _from_data(item, cases, value, stage)
    if entry is None:
        return computed or Score(PENDING, cases=cases, value=value)
    entered = _from_entry(item, entry, stage)
    if entered is None:
        return computed or Score(PENDING, cases=cases, value=value)
    assert entered.score is not None
    if entered.score > item.points or entered.score < 0:
        raise BadEntry("entry_over_points", entered=entered.score, points=item.points)
    if computed is not None and computed.score != entered.score:
        raise BadEntry("entry_contradicts", entered=entered.score, computed=computed.score)
    return computed or entered


def _from_data(item: Item, cases: int | None, value: Fraction | None, stage: str | None) -> Score | None:
    if item.kind == "per_case" and cases is not None and item.measure:
        return _cases(item, cases, COMPUTED)
    if item.measure and value is not None:
        return _value(item, value, stage, COMPUTED)
    return None


def _cases(item: Item, cases: int, basis: str) -> Score:
    deduct, floor = item.number("deduct"), item.number("floor")
    assert deduct is not None
    assert floor is not None
    return Score(basis, per_case(item.points, cases, deduct=deduct, floor=floor), cases=cases)


def _value(item: Item, value: Fraction, stage: str | None, basis: str) -> Score | None:
    """Score a percentage; None where its target depends on a stage that is not known."""
    if item.kind == "per_point":
        target, step, deduct, floor = (item.number(name, stage) for name in ("target", "step", "deduct", "floor"))
        if target is None or step is None or deduct is None or floor is None:
            return None
        off = steps_off(value, target, step=step, direction=item.params["direction"], rounding=item.params["rounding"])
        return Score(basis, per_point(item.points, off, deduct=deduct, floor=floor), value=value, over=off)
    if item.kind == "ratio":
        target = item.number("target", stage)
        if not target:
            return None
        return Score(basis, ratio(item.points, value, target, places=int(item.params["places"])), value=value)
    limit = item.number("limit", stage)
    if limit is None:
        return None
    fits = value <= Fraction(limit) if item.params["direction"] == "below" else value >= Fraction(limit)
    return Score(basis, item.points if fits else Decimal(0), value=value)


def _from_entry(item: Item, entry: Entry, stage: str | None) -> Score | None:
    """Return what an entry makes of an item; None when it says nothing about it.

    Points that stand beside the numbers they come from must agree with them.
    """
    derived = _derived(item, entry, stage)
    if entry.score is None:
        return derived
    if derived is not None and derived.score != entry.score:
        raise BadEntry("entry_inconsistent", entered=entry.score, computed=derived.score)
    if derived is None:
        if item.kind == "choice" and entry.score not in item.choices.values():
            raise BadEntry("entry_no_such_points", entered=entry.score, known=_options(item))
        if item.kind == "bands" and not any(low <= entry.score <= high for low, high in item.bands.values()):
            raise BadEntry("entry_outside_bands", entered=entry.score, known=_options(item))
    return derived or Score(ENTERED, entry.score, cases=entry.cases)


def _derived(item: Item, entry: Entry, stage: str | None) -> Score | None:
    """Return the points that follow from cases, amounts or an option."""
    if item.kind == "per_case" and entry.cases is not None:
        return _cases(item, entry.cases, ENTERED)
    if item.kind == "pro_rata" and entry.reached is not None:
        if not entry.required:
            raise BadEntry("entry_no_required")
        share = Fraction(entry.reached) / Fraction(entry.required)
        return Score(
            ENTERED, ratio(item.points, share, Decimal(1), places=int(item.params["places"])), value=share * 100
        )
    if item.kind in ("per_point", "ratio", "all_or_nothing") and entry.reached is not None:
        value = Fraction(entry.reached)
        if entry.required:
            value = value / Fraction(entry.required) * 100
        found = _value(item, value, stage, ENTERED)
        if found is None:
            raise BadEntry("entry_no_stage")
        return found
    if item.kind == "choice" and entry.choice:
        if entry.choice not in item.choices:
            raise BadEntry("entry_no_such_choice", entered=entry.choice, known=_options(item))
        return Score(ENTERED, item.choices[entry.choice])
    if item.kind == "bands" and entry.choice:
        if entry.choice not in item.bands:
            raise BadEntry("entry_no_such_choice", entered=entry.choice, known=_options(item))
        low, high = item.bands[entry.choice]
        if entry.score is None:
            # The band says where the points lie, and the inspector where in it.
            return None
        if not low <= entry.score <= high:
            raise BadEntry("entry_outside_bands", entered=entry.score, known=_options(item))
        return Score(ENTERED, entry.score)
    return None


def _options(item: Item) -> str:
    if item.kind == "bands":
        return "、".join(f"{name} {low}–{high}" for name, (low, high) in item.bands.items())
    return "、".join(f"{name} {points}" for name, points in item.choices.items())
