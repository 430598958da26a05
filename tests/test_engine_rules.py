"""Which rules run, how, and what happens when one fails."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
import rule_cases
from rule_cases import make_roster, student

from tests.engine_rosters import AROUND, CHILD, COLUMNS, EMPTY_PACK, RULES, children, only, roster
from xueji_cli.checks.activation import activate, known_parameters
from xueji_cli.checks.engine import run
from xueji_cli.checks.registry import all_rules, select
from xueji_cli.checks.rule import ActiveRule, GroupRule, RowRule, Rule, Severity, Verdict
from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.schema.rulepack import RuleOverride, RulePack, load_rulepack

# ---- rules that fail ----


def broken(build: Callable[..., Verdict | None]) -> dict[str, ActiveRule]:
    rule = RowRule(code="ZZ01", slug="broken", severity=Severity.ERROR, source="-", on="name", build=build)
    return {"ZZ01": ActiveRule(rule, rule.severity, rule.source, {})}


def boom(*_: object) -> object:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "fits",
    [
        pytest.param(pl.col("no such column") == "a", id="a column that is not there"),
        pytest.param(pl.col("name").cast(pl.Int64) > 0, id="a cast that fails on the values"),
        pytest.param(pl.col("name").map_batches(boom, return_dtype=pl.Boolean), id="a function that raises"),
    ],
)
def test_an_expression_that_can_not_be_computed_is_an_error_and_no_finding(fits: pl.Expr) -> None:
    with pytest.raises(RuntimeError, match="could not be computed") as caught:
        run([roster([CHILD])], {**RULES, **broken(lambda ctx, field: Verdict(fits))}, AROUND)
    assert CHILD["name"] not in str(caught.value), "errors reach logs: no cell in them"


def test_a_rule_that_raises_while_it_is_built_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        run([roster([CHILD])], broken(boom), AROUND)


def test_a_rule_over_many_rows_that_raises_is_an_error() -> None:
    rule = GroupRule(code="ZZ02", slug="broken", severity=Severity.ERROR, source="-", on="name", find=boom)
    with pytest.raises(ZeroDivisionError):
        run([roster([CHILD])], {"ZZ02": ActiveRule(rule, rule.severity, rule.source, {})}, AROUND)


def test_a_verdict_of_three_answers() -> None:
    answer = pl.col("name").replace_strict({"甲一": True, "乙二": False}, default=None, return_dtype=pl.Boolean)
    rules = broken(lambda ctx, field: Verdict(answer, p1=pl.col("name") + "!", p2=pl.lit("z")))
    rows = [{**CHILD, "name": name} for name in ("甲一", "乙二", "丙三", "乙二")]
    findings, _ = run([roster(rows)], rules, AROUND)
    assert findings.select("row", "value", "p1", "p2").rows() == [(3, "乙二", "乙二!", "z"), (5, "乙二", "乙二!", "z")]


# ---- which rules run, and how ----


def pack(**rules: RuleOverride) -> RulePack:
    return RulePack(name="own", title="", version="", source="", rules=rules)


def test_without_a_pack_rules_are_as_they_were_written() -> None:
    assert list(RULES) == list(all_rules())
    for code, rule in RULES.items():
        own = all_rules()[code]
        assert (rule.rule, rule.severity, rule.source, dict(rule.params)) == (
            own,
            own.severity,
            own.source,
            dict(own.params),
        )


def test_a_pack_goes_before_the_rule_and_the_settings_before_the_pack() -> None:
    written = pack(GU04=RuleOverride(severity="error", source="某县规定", params={"min_years": "17"}))
    assert activate(written, {}, (), ())["GU04"] == ActiveRule(
        all_rules()["GU04"], Severity.ERROR, "某县规定", {"min_years": "17"}
    )
    own = activate(written, {"GU04": {"min_years": "18"}}, (), ())["GU04"]
    assert (own.severity, own.params) == (Severity.ERROR, {"min_years": "18"})
    own = activate(written, {"GU04": {"severity": "notice"}}, (), ())["GU04"]
    assert (own.severity, own.params) == (Severity.NOTICE, {"min_years": "17"})


def test_parameters_that_are_not_given_keep_their_defaults() -> None:
    own = activate(EMPTY_PACK, {"EN02": {"cutoff": "12-31"}}, (), ())["EN02"]
    assert own.params == {**all_rules()["EN02"].params, "cutoff": "12-31"}


def test_severities_and_parameters_reach_the_findings() -> None:
    young = {**CHILD, "member2_id_number": rule_cases.with_check("34132320000618002")}
    rules = activate(pack(GU04=RuleOverride(severity="error", params={"min_years": "18"})), {}, ("GU04",), ())
    findings, _ = run([roster([young])], rules, AROUND)
    assert findings.select("rule", "severity", "p1").rows() == [("GU04", "error", "16")]
    assert run([roster([young])], only("GU04"), AROUND)[0].is_empty()


@pytest.mark.parametrize("code", ["TB01", "TB02", "DU01", "FD01"])
def test_a_severity_holds_for_rules_of_every_kind(code: str) -> None:
    rules = activate(EMPTY_PACK, {code: {"severity": "notice"}}, (code,), ())
    rows = [{**CHILD, "address": ""}, CHILD]
    without = [name for name in COLUMNS if name != "name"] if code == "TB01" else COLUMNS
    table = make_roster(student(), without, rows, numeric=("id_number",) if code == "TB02" else ())
    findings, _ = run([table], rules, AROUND)
    assert set(findings.select("rule", "severity").rows()) == {(code, "notice")}


def test_a_rule_that_is_off_does_not_run_unless_it_is_asked_for_by_name() -> None:
    off = pack(ID03=RuleOverride(severity="off"))
    assert "ID03" not in activate(off, {}, (), ())
    assert "ID03" not in activate(off, {}, ("ID",), ())
    assert activate(off, {}, ("ID03",), ())["ID03"].severity is Severity.ERROR
    assert activate(off, {}, ("id03",), ())["ID03"].severity is Severity.ERROR
    assert activate(off, {"ID03": {"severity": "warning"}}, (), ())["ID03"].severity is Severity.WARNING
    assert "ID03" not in activate(EMPTY_PACK, {"ID03": {"severity": "off"}}, (), ())


@pytest.mark.parametrize(
    ("wanted", "ignored", "expected"),
    [
        (["ID03"], [], {"ID03"}),
        (["id03"], [], {"ID03"}),
        (["wrong-check-digit"], [], {"ID03"}),
        (["ID03", "DU"], [], {"ID03", "DU01", "DU02", "DU03", "DU04"}),
        (["du"], ["DU03"], {"DU01", "DU02", "DU04"}),
        (["DU"], ["same-id-number", "DU04"], {"DU02", "DU03"}),
        (["DU01"], ["DU"], set()),
        (["ID03", "ID03", "wrong-check-digit"], [], {"ID03"}),
    ],
)
def test_rules_are_selected_by_code_family_or_slug(wanted: list[str], ignored: list[str], expected: set[str]) -> None:
    chosen = select(wanted, ignored)
    assert set(chosen) == expected
    assert chosen == [code for code in all_rules() if code in expected]
    assert list(activate(EMPTY_PACK, {}, wanted, ignored)) == chosen


def test_ignoring_takes_from_all() -> None:
    assert set(all_rules()) - set(select([], ["CL", "ID03"])) == {c for c in all_rules() if c[:2] == "CL"} | {"ID03"}


@pytest.mark.parametrize("word", ["ID99", "XX", "wrong", "", "ID3", "身份证", "ID03,ID04"])
@pytest.mark.parametrize("option", ["wanted", "ignored"])
def test_a_word_that_names_no_rule_is_refused(word: str, option: str) -> None:
    with pytest.raises(UserError) as caught:
        select(**{"wanted": [], "ignored": [], option: [word]})
    assert caught.value.key == "unknown_rule"
    assert caught.value.params["name"] == word


def test_all_mistakes_of_the_settings_are_told_together() -> None:
    overrides = {
        "ID99": {"severity": "error"},
        "ID03": {"severity": "fatal"},
        "GU04": {"min_years": "18", "max_years": "60"},
        "ID04": {"severity": "off"},
    }
    with pytest.raises(DefinitionError) as caught:
        activate(EMPTY_PACK, overrides, (), (), file="xueji.toml")
    assert caught.value.file == "xueji.toml"
    assert [each.error.key for each in caught.value.mistakes] == [
        "unknown_rule",
        "bad_setting",
        "rulepack_unknown_param",
    ]


@pytest.mark.parametrize("name", ["national-2013", "national-2025", "anhui"])
def test_the_packs_that_come_with_it_can_be_activated_and_run(name: str) -> None:
    rules = activate(load_rulepack(name, (), known_parameters()), {}, (), ())
    assert run([roster(children(3))], rules, AROUND)[0].is_empty()


def test_a_table_rule_is_a_rule_of_its_own_kind() -> None:
    """Every rule is computed in one of the ways the engine knows."""
    special = {"TB01", "TB02"}
    for code, rule in all_rules().items():
        assert (type(rule) is Rule) == (code in special)
