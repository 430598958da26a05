"""Every rate, worked out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import polars as pl
import pytest

from xueji_cli.checks.activation import activate, known_parameters
from xueji_cli.checks.registry import known_rules
from xueji_cli.checks.retention_rules import RULES
from xueji_cli.retaining.rates import rates
from xueji_cli.retaining.result import CHILD
from xueji_cli.retaining.window import window_of
from xueji_cli.schema.rulepack import load_rulepack

PACK = load_rulepack("national-2025", (), known_parameters())
ACTIVE = activate(PACK, {}, [rule.code for rule in RULES], [], among=known_rules())
WINDOW = window_of(ACTIVE["RT01"].params, date(2025, 10, 15))
WHOLE_YEAR = {
    "at_start": 1000, "suspended": 6, "quit": 1, "died": 1, "transferred_out": 12, "other_out": 2, "resumed": 4,
    "transferred_in": 9, "other_in": 1,
}  # fmt: skip
COHORT = {"entrants": 300, "graduates": 280, "cohort_in": 10, "cohort_out": 14, "cohort_died": 1}


def child(category: str = "attending", age: int | None = 8, times: int = 1, **more: object) -> list[dict[str, object]]:
    stage = None if age is None else "primary" if age < 12 else "junior"
    one = dict.fromkeys(CHILD) | {"category": category, "age": age, "stage": stage, "listed": True, "of_age": True}
    return [one | {"suspended": False, "disabled": False} | more] * times


def worked(rows, numbers=None, *, household=True, disabled=False):
    frame = pl.DataFrame(rows, schema=CHILD)
    found = rates(frame, WINDOW, ACTIVE, numbers or {}, has_household=household, has_disabled=disabled)
    return {(rate.key, rate.stage): rate for rate in found}


def test_net_enrolment():
    rows = [
        *child(times=90),
        *child("elsewhere", times=2),
        *child("no_roll"),  # in class, without a roll: enrolled
        *child("not_enrolled_proved", reason="elsewhere"),  # studies in another county
        *child("absent_known", reason="home_teaching"),  # on a roll, taught at home
        *child("absent_known", reason="suspended", suspended=True),  # of age, and not enrolled
        *child("not_enrolled_proved", reason="deferred"),  # of age, and not enrolled
        *child("not_enrolled_proved", reason="died"),  # not of the population
        *child("not_enrolled_proved", reason="moved"),
        *child("absent_known", reason="abroad"),
        *child("not_enrolled", times=2),
        *child("dropout"),
        *child("absent"),  # pending
        *child("review", times=2),  # pending
        *child(listed=False, times=50),  # of another county's households: not of this population
        *child(age=12, times=40),  # of junior age, wherever they sit
        *child(age=15, times=7),  # past both
    ]
    primary, junior = (worked(rows)["net_enrolment", stage] for stage in ("primary", "junior"))
    # 90 + 2 + 1 + 1 + 1 = 95 of 106 − 3 (died, moved, abroad) = 103.
    assert (primary.numerator, primary.denominator, primary.pending) == (95, 103, 3)
    assert primary.value == Fraction(9500, 103)
    assert primary.at_most == Fraction(9800, 103)
    assert primary.missed
    assert (junior.numerator, junior.denominator, junior.missed) == (40, 40, False)


def test_a_child_ahead_of_its_age_counts_by_its_age():
    rate = worked(child(age=11, stage="junior", times=3))["net_enrolment", "primary"]
    assert (rate.numerator, rate.denominator) == (3, 3)


def test_completion():
    rate = worked(child(), {"compulsory": COHORT})["completion", "compulsory"]
    # 280 / (300 + 10 − 14 − 1) = 280 / 295 = 94.915 %, below 95 %.
    assert (rate.numerator, rate.denominator) == (280, 295)
    assert rate.value == Fraction(28000, 295)
    assert rate.missed


def test_the_dropout_rate_of_dropouts_only():
    rows = [
        *child("dropout", times=3),
        *child("absent", times=5),
        *child("absent_known", reason="suspended"),
        *child("dropout", age=13),
    ]
    found = worked(rows, {"primary": WHOLE_YEAR})
    rate = found["dropout", "primary"]
    # 3 / 1000 = 0.3 %; 8 / 1000 = 0.8 % if all suspected have dropped out; ceiling 1 %.
    assert (rate.value, rate.at_most, rate.missed) == (Fraction(3, 10), Fraction(8, 10), False)
    assert found["dropout", "junior"].why == "no_start"


def test_the_dropout_rate_of_the_older_definition():
    rate = worked(child(), {"primary": WHOLE_YEAR})["dropout_wide", "primary"]
    # (6 + 1 + 1 + 12 + 2) − (4 + 9 + 1) = 22 − 14 = 8; 8 / 1000 = 0.8 %.
    assert (rate.numerator, rate.denominator, rate.value) == (8, 1000, Fraction(8, 10))
    assert not rate.missed
    junior = worked(child(), {"junior": {**WHOLE_YEAR, "at_start": 200}})["dropout_wide", "junior"]
    assert (junior.value, junior.missed) == (Fraction(4), True)


def test_enrolment_of_disabled_children():
    rows = [
        *child(disabled=True, times=18),
        *child("absent_known", reason="special_school", disabled=True),
        *child("not_enrolled", disabled=True),
        *child("not_enrolled", times=9),
    ]
    rate = worked(rows, disabled=True)["disabled_enrolment", "primary"]
    # 19 of 20 = 95 %: reached.
    assert (rate.numerator, rate.denominator, rate.value, rate.missed) == (19, 20, Fraction(95), False)


@pytest.mark.parametrize(
    ("key", "stage", "numbers", "why"),
    [
        ("net_enrolment", "primary", {}, "no_household"),
        ("completion", "compulsory", {}, "no_cohort"),
        # A blank is no zero: one number is missing, and there is no rate.
        (
            "completion",
            "compulsory",
            {"compulsory": {k: v for k, v in COHORT.items() if k != "cohort_out"}},
            "no_cohort",
        ),
        ("completion", "compulsory", {"compulsory": {**COHORT, "entrants": 0, "cohort_in": 0}}, "cohort_empty"),
        ("dropout", "primary", {"primary": {"suspended": 3}}, "no_start"),
        ("dropout_wide", "primary", {"primary": {"at_start": 100}}, "no_changes"),
        ("dropout_wide", "primary", {"primary": {k: v for k, v in WHOLE_YEAR.items() if k != "quit"}}, "no_changes"),
        ("disabled_enrolment", "primary", {}, "no_disabled"),
    ],
)
def test_what_the_data_does_not_give_is_not_computed_and_never_zero(key, stage, numbers, why):
    rate = worked(child(disabled=True), numbers, household=False)[key, stage]
    assert (rate.numerator, rate.value, rate.why, rate.missed) == (None, None, why, False)


def test_a_stage_without_children_has_no_rate():
    found = worked(child(age=8), disabled=True)
    assert found["net_enrolment", "junior"].why == "nobody_of_age"
    assert found["disabled_enrolment", "junior"].why == "nobody_disabled"


def test_targets_come_from_the_rule_pack_and_the_settings():
    rules = activate(
        PACK, {"RT12": {"primary": "100"}, "RT14": {"junior": "2"}}, [r.code for r in RULES], [], among=known_rules()
    )
    found = rates(pl.DataFrame(child(), schema=CHILD), WINDOW, rules, {}, has_household=True, has_disabled=False)
    targets = {(rate.key, rate.stage): rate.target for rate in found}
    assert targets["net_enrolment", "primary"] == 100
    assert targets["dropout", "junior"] == 2
