"""The rates that a bureau reports, each with its formula, its two numbers and its target; what the data does not give is not computed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.retaining.reasons import GONE, SCHOOLED
from xueji_cli.retaining.window import STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.retaining.window import Window

#: Nine years together, beside the two stages.
COMPULSORY = "compulsory"

#: Categories of children who are enrolled for sure.
_ENROLLED = ("attending", "elsewhere", "no_roll", "enrolled", "absent_known")
#: Categories of children of whom it is not known yet: counted when they turn out to be in school, told beside the rate.
_PENDING = ("absent", "review", "not_compared", "not_enrolled_stated")

#: Numbers of `forms/yearbook.yaml` that the older dropout rate adds and takes away.
OUT = ("suspended", "quit", "died", "transferred_out", "other_out")
#: Numbers without which there is no completion.
COHORT = ("entrants", "graduates", "cohort_in", "cohort_out", "cohort_died")
BACK = ("resumed", "transferred_in", "other_in")


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of one stage.

    Attributes:
        key: net_enrolment, completion, dropout, dropout_wide, disabled_enrolment; sentences are in `retention.rates.<key>`.
        stage: primary, junior, or compulsory.
        numerator: None where it can't be computed.
        denominator: The same.
        pending: How many of whom it is not known yet could still be added to the numerator.
        target: In percent.
        ceiling: Whether the target is not to be passed, rather than to be reached.
        code: The rule.
        why: Key of the reason why it was not computed; empty where it was.
    """

    key: str
    stage: str
    numerator: int | None
    denominator: int | None
    pending: int
    target: Fraction
    ceiling: bool
    code: str
    why: str = ""

    @property
    def value(self) -> Fraction | None:
        """In percent; None where it can't be computed."""
        if self.numerator is None or not self.denominator:
            return None
        return Fraction(100 * self.numerator, self.denominator)

    @property
    def at_most(self) -> Fraction | None:
        """In percent, if all that is pending is added."""
        if self.numerator is None or not self.denominator:
            return None
        return Fraction(100 * (self.numerator + self.pending), self.denominator)

    @property
    def missed(self) -> bool:
        """Whether the target is missed; a rate that was not computed misses nothing."""
        if self.value is None:
            return False
        return self.value > self.target if self.ceiling else self.value < self.target


def rates(
    children: pl.DataFrame,
    window: Window,
    rules: Mapping[str, ActiveRule],
    numbers: Mapping[str, Mapping[str, int]],
    *,
    has_household: bool,
    has_disabled: bool,
) -> tuple[Rate, ...]:
    """Return all rates.

    Args:
        children: `result.CHILD`.
        window: Who is of age.
        rules: Code → rule, with the targets.
        numbers: Stage → name of a number in `forms/yearbook.yaml` → its value.
        has_household: Whether there is a household list.
        has_disabled: Whether there is a list of disabled children (残联).
    """
    staged = children.with_columns(_stage=window.stage_of_age(pl.col("age")))
    found: list[Rate] = []
    for stage in STAGES:
        target = Fraction(rules["RT12"].params[stage])
        of_stage = staged.filter((pl.col("_stage") == stage) & pl.col("listed"))
        if not has_household or of_stage.is_empty():
            why = "nobody_of_age" if has_household else "no_household"
            found.append(_missing("net_enrolment", stage, target, "RT12", why))
        else:
            found.append(Rate("net_enrolment", stage, *_enrolment(of_stage), target, ceiling=False, code="RT12"))
    complete = Fraction(rules["RT13"].params["percent"])
    found += [_completion(stage, numbers.get(stage, {}), complete) for stage in (*STAGES, COMPULSORY)]
    for stage in STAGES:
        ceiling = Fraction(rules["RT14"].params[stage])
        of_stage = children.filter(pl.col("stage") == stage)
        found.append(_dropout(stage, of_stage, numbers.get(stage, {}), ceiling))
        found.append(_dropout_wide(stage, numbers.get(stage, {}), ceiling))
    target = Fraction(rules["RT15"].params["percent"])
    for stage in STAGES:
        disabled = staged.filter((pl.col("_stage") == stage) & pl.col("disabled"))
        if not has_disabled or disabled.is_empty():
            why = "nobody_disabled" if has_disabled else "no_disabled"
            found.append(_missing("disabled_enrolment", stage, target, "RT15", why))
        else:
            found.append(Rate("disabled_enrolment", stage, *_enrolment(disabled), target, ceiling=False, code="RT15"))
    return tuple(found)


def _missing(key: str, stage: str, target: Fraction, code: str, why: str, *, ceiling: bool = False) -> Rate:
    """Return a rate that can't be computed, with the reason: it is not zero, it is not known."""
    return Rate(key, stage, None, None, 0, target, ceiling, code, why)


def _enrolment(children: pl.DataFrame) -> tuple[int, int, int]:
    """Return (enrolled, of age, not known yet).

    Who is suspended is of age and not enrolled; who has died, moved away or is abroad is not of the population.
    """
    category, reason = pl.col("category"), pl.col("reason")
    explained = category.is_in(["not_enrolled_proved", "absent_known"])
    gone = (explained & reason.is_in(GONE)).fill_null(value=False)
    schooled = (category == "not_enrolled_proved") & reason.is_in(SCHOOLED).fill_null(value=False)
    enrolled = (category.is_in(_ENROLLED) | schooled) & ~gone & ~pl.col("suspended")
    counts = children.select(
        enrolled=enrolled.sum(),
        everybody=(~gone).sum(),
        pending=(category.is_in(_PENDING) & ~pl.col("suspended")).sum(),
    ).row(0)
    return int(counts[0]), int(counts[1]), int(counts[2])


def _completion(stage: str, numbers: Mapping[str, int], target: Fraction) -> Rate:
    """巩固率 = 毕业人数 ÷ (该届入学人数 + 转入 − 转出 − 死亡)."""
    # A blank is no zero: a cohort whose transfers nobody wrote down has no rate.
    if not numbers.keys() >= set(COHORT):
        return _missing("completion", stage, target, "RT13", "no_cohort")
    moved = numbers["cohort_in"] - numbers["cohort_out"] - numbers["cohort_died"]
    denominator = numbers["entrants"] + moved
    if denominator <= 0:
        return _missing("completion", stage, target, "RT13", "cohort_empty")
    return Rate("completion", stage, numbers["graduates"], denominator, 0, target, ceiling=False, code="RT13")


def _dropout(stage: str, children: pl.DataFrame, numbers: Mapping[str, int], ceiling: Fraction) -> Rate:
    """辍学率（只计辍学）= 辍学人数 ÷ 学年初在校生数."""
    start = numbers.get("at_start")
    if not start:
        return _missing("dropout", stage, ceiling, "RT14", "no_start", ceiling=True)
    dropped = children.filter(pl.col("category") == "dropout").height
    suspected = children.filter(pl.col("category") == "absent").height
    return Rate("dropout", stage, dropped, start, suspected, ceiling, ceiling=True, code="RT14")


def _dropout_wide(stage: str, numbers: Mapping[str, int], ceiling: Fraction) -> Rate:
    """辍学率（“两基”旧口径）= [(休学+退学+死亡+转出+其他减少) − (复学+转入+其他增加)] ÷ 学年初在校生数."""
    start = numbers.get("at_start")
    if not start:
        return _missing("dropout_wide", stage, ceiling, "RT14", "no_start", ceiling=True)
    if not numbers.keys() >= {*OUT, *BACK}:
        return _missing("dropout_wide", stage, ceiling, "RT14", "no_changes", ceiling=True)
    left = sum(numbers[name] for name in OUT) - sum(numbers[name] for name in BACK)
    return Rate("dropout_wide", stage, left, start, 0, ceiling, ceiling=True, code="RT14")
