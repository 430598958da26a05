"""What the engine does with rules and rosters, whatever the rules say."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
import rule_cases
from rule_cases import classmate, make_roster, student

from benchmarks.layouts import LAYOUTS
from benchmarks.people import make_people
from xueji_cli.checks import engine
from xueji_cli.checks.activation import activate, known_parameters
from xueji_cli.checks.engine import Surroundings, run
from xueji_cli.checks.finding import FINDING_SCHEMA, RELATED_LIMIT
from xueji_cli.checks.registry import all_rules, select
from xueji_cli.checks.rule import ActiveRule, GroupRule, RowRule, Rule, Severity, Skipped, Verdict
from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.schema.loading import load_schema
from xueji_cli.schema.roster import Roster
from xueji_cli.schema.rulepack import RuleOverride, RulePack, load_rulepack
from xueji_cli.values import idnumber, names, text

AS_OF = date(2025, 10, 15)
AROUND = Surroundings(AS_OF)
EMPTY_PACK = RulePack(name="none", title="", version="", source="")
RULES = activate(EMPTY_PACK, {}, (), ())
CHILD = rule_cases.child("primary")
COLUMNS = list(CHILD)

Row = Mapping[str, str]


def only(*codes: str) -> dict[str, ActiveRule]:
    return {code: RULES[code] for code in codes}


def roster(rows: Sequence[Row], columns: Sequence[str] = COLUMNS, number: int = 0) -> Roster:
    return make_roster(student(), list(columns), [dict(row) for row in rows], number=number)


def children(count: int, first: int = 0, **cells: str) -> list[dict[str, str]]:
    """Return right children of one class, each with an own number and name."""
    surnames, given = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许", "安邦成德恩方广恒嘉康乐明宁平庆荣思泰维旭"
    return [
        {**classmate(CHILD, i), "name": surnames[i % 20] + given[i // 20 % 20] + given[i % 19], **cells}
        for i in range(first, first + count)
    ]


@pytest.fixture(scope="module")
def messy() -> list[Roster]:
    """The one-row cases of all rules as a township's files: some faults of every kind, three files, two of like columns."""
    rows = [
        row for case in rule_cases.cases() if case.alone and not case.numeric for row in rule_cases.case_rows(case)[0]
    ]
    random.Random(7).shuffle(rows)
    cut = len(rows) // 3
    fewer = [name for name in COLUMNS if name not in ("grade", "member2_id_number", "photo")]
    return [
        roster(rows[:cut], number=0),
        roster(rows[cut : 2 * cut], fewer, number=1),
        roster(rows[2 * cut :], COLUMNS[::-1], number=2),
    ]


@pytest.fixture(scope="module")
def found(messy: list[Roster]) -> pl.DataFrame:
    return run(messy, RULES, AROUND)[0]


# ---- the frame of findings ----


def test_the_messy_files_have_faults_of_nearly_every_kind(found: pl.DataFrame) -> None:
    """So that what follows is said of something."""
    assert found["rule"].n_unique() > 75
    assert found.height > 1000


def test_findings_have_the_columns_they_promise_in_order(found: pl.DataFrame) -> None:
    assert found.schema == FINDING_SCHEMA
    assert found["rule"].is_in(list(RULES)).all()
    assert found["severity"].is_in(list(Severity)).all()
    for name in ("rule", "severity", "table"):
        assert found[name].null_count() == 0


def test_findings_are_in_the_order_of_the_files(found: pl.DataFrame) -> None:
    keys = found.select("table", pl.col("row").fill_null(0), pl.col("position").cast(pl.Int64).fill_null(-1), "rule")
    assert keys.rows() == sorted(keys.rows())


def test_a_rule_tells_a_cell_once(found: pl.DataFrame) -> None:
    assert found.select("table", "row", "position", "rule").is_duplicated().sum() == 0


def test_findings_stand_in_the_column_of_their_field_and_show_its_cell(
    found: pl.DataFrame, messy: list[Roster]
) -> None:
    cells = found.filter(pl.col("field").is_not_null() & (pl.col("row") >= 2) & pl.col("value").is_not_null())
    shares = ("CL06", "CL07")  # their value is the state that is too frequent
    assert cells.height > 1000
    for finding in cells.filter(~pl.col("rule").is_in(shares)).iter_rows(named=True):
        table = messy[finding["table"]]
        column = table.columns[finding["field"]]
        assert column.position == finding["position"]
        written = table.table.frame.row(by_predicate=pl.col("row") == finding["row"], named=True)[column.key]
        if isinstance(RULES[finding["rule"]].rule, RowRule):
            assert finding["value"] == written
        else:
            # Rules over many rows show the cell in the form they compared.
            cell = pl.Series([written])
            assert finding["value"] in {
                written,
                text.fold(cell)[0],
                names.read(cell)[0][0],
                idnumber.normalise(cell)[0],
            }


def test_findings_name_school_and_class_of_their_row(found: pl.DataFrame, messy: list[Roster]) -> None:
    for finding in found.filter(pl.col("row") >= 2).iter_rows(named=True):
        row = messy[finding["table"]].frame.row(by_predicate=pl.col("row") == finding["row"], named=True)
        assert finding["school"] == (row["school_name"] or row["school_code"])
        assert (row["class_name"] or "") in (finding["class_name"] or "")


def test_the_same_files_give_the_same_findings(messy: list[Roster], found: pl.DataFrame) -> None:
    assert run(messy, RULES, AROUND)[0].equals(found)


def test_a_run_changes_nothing_in_the_rosters(messy: list[Roster]) -> None:
    before = [(table.frame.clone(), table.table.frame.clone()) for table in messy]
    run(messy, RULES, AROUND)
    for table, (bound, read) in zip(messy, before, strict=True):
        assert table.frame.equals(bound)
        assert table.table.frame.equals(read)


def test_slices_of_a_large_file_give_what_the_whole_gives(
    messy: list[Roster], found: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_PART", 20)
    monkeypatch.setattr(engine, "_WORKERS", 3)
    assert run(messy, RULES, AROUND)[0].equals(found)


@pytest.mark.parametrize("family", sorted({code[:2] for code in RULES}))
def test_a_family_finds_alone_what_it_finds_among_the_others(
    family: str, messy: list[Roster], found: pl.DataFrame
) -> None:
    own = {code: rule for code, rule in RULES.items() if code.startswith(family)}
    assert run(messy, own, AROUND)[0].equals(found.filter(pl.col("rule").str.starts_with(family)))


# ---- several files ----


def test_files_with_different_columns_are_judged_as_each_alone(messy: list[Roster], found: pl.DataFrame) -> None:
    rules = {code: rule for code, rule in RULES.items() if not isinstance(rule.rule, GroupRule)}
    for number, table in enumerate(messy):
        alone = run([table], rules, AROUND)[0].drop("table")
        among = found.filter((pl.col("table") == number) & pl.col("rule").is_in(list(rules))).drop("table")
        assert alone.equals(among)


def test_the_order_of_the_files_decides_only_the_order_of_the_findings(
    messy: list[Roster], found: pl.DataFrame
) -> None:
    # Which of two values is the usual one, and which places are listed first, does depend on the order.
    rules = {code: rule for code, rule in RULES.items() if code[:2] != "CL"}
    turned = run(messy[::-1], rules, AROUND)[0].with_columns(table=2 - pl.col("table"))
    key = ["table", "row", "position", "rule", "p1", "p2", "others"]
    expected = found.filter(pl.col("rule").is_in(list(rules)))
    assert sorted(turned.select(key).rows(), key=str) == sorted(expected.select(key).rows(), key=str)


def test_a_column_stands_where_each_file_has_it() -> None:
    wrong = {**CHILD, "sex": "女"}
    findings = run([roster([wrong]), roster([wrong], COLUMNS[::-1])], only("ID10"), AROUND)[0]
    there = COLUMNS.index("sex")
    assert findings["position"].to_list() == [there, len(COLUMNS) - 1 - there]


def test_a_duplicate_is_found_across_files_of_different_columns_and_a_class_list_between_them() -> None:
    class_list = make_roster(load_schema("class"), ["school_name", "class_name"], [{"class_name": "三(1)班"}], number=1)
    files = [roster([CHILD], number=0), class_list, roster([CHILD], ["id_number", "name"], number=2)]
    findings = run(files, only("DU01", "DU02"), AROUND)[0]
    assert findings.select("rule", "table", "row", "position").rows() == [
        ("DU01", 0, 2, COLUMNS.index("id_number")),
        ("DU01", 2, 2, 0),
    ]
    assert findings["related"].to_list() == [[{"table": 2, "row": 2}], [{"table": 0, "row": 2}]]


# ---- related places ----


def places(finding: Mapping[str, object]) -> list[tuple[int, int]]:
    related = finding["related"]
    assert isinstance(related, list)
    return [(place["table"], place["row"]) for place in related]


@pytest.mark.parametrize("count", [2, RELATED_LIMIT, RELATED_LIMIT + 1, RELATED_LIMIT + 2, 40])
@pytest.mark.parametrize("code", ["DU01", "DU02", "DU03"])
def test_every_place_names_the_first_others_and_how_many_there_are(code: str, count: int) -> None:
    keys = {"DU01": ["id_number"], "DU02": ["roll_number"], "DU03": ["name", "sex", "birth_date"]}[code]
    same = [{**row, **{key: CHILD[key] for key in keys}} for row in children(count)]
    if code == "DU03":
        same = [{**row, "id_number": "", "id_type": "其他"} for row in same]
    files = [roster(same[: count // 2]), roster([*children(3, first=100), *same[count // 2 :]], number=1)]
    everywhere = [(0, 2 + i) for i in range(count // 2)] + [(1, 5 + i) for i in range(count - count // 2)]
    findings = run(files, only(code), AROUND)[0]
    assert findings.select("table", "row").rows() == everywhere
    for finding, here in zip(findings.iter_rows(named=True), everywhere, strict=True):
        assert places(finding) == [place for place in everywhere if place != here][:RELATED_LIMIT]
        assert finding["others"] == count - 1
        assert finding["p1"] == str(count)


def test_a_number_under_many_guardians_lists_the_first_of_them() -> None:
    rows = [CHILD, *children(14, first=1, member2_id_number=CHILD["id_number"])]
    findings = run([roster(rows)], only("DU04"), AROUND)[0].to_dicts()
    assert [(f["table"], f["row"], f["others"]) for f in findings] == [(0, 2, 14)]
    assert places(findings[0]) == [(0, 3 + i) for i in range(RELATED_LIMIT)]


def test_a_row_is_never_related_to_itself(found: pl.DataFrame) -> None:
    related = found.filter(pl.col("related").is_not_null())
    assert related.height > 20
    for finding in related.iter_rows(named=True):
        assert (finding["table"], finding["row"]) not in places(finding)
        assert 0 < len(places(finding)) <= RELATED_LIMIT
        assert len(set(places(finding))) == len(places(finding))
        assert finding["others"] >= len(places(finding))
        assert finding["others"] == len(places(finding)) or len(places(finding)) == RELATED_LIMIT


# ---- what is skipped ----


def reasons(skipped: Sequence[Skipped], table: int = 0) -> dict[str, tuple[str, ...]]:
    return {said.code: said.missing for said in skipped if said.table == table}


def test_a_rule_that_lacks_a_column_says_which() -> None:
    _, skipped = run([roster([CHILD], ["name", "id_number", "sex"])], RULES, AROUND)
    told = reasons(skipped)
    assert told["ID15"] == ("成员1身份证件号",)
    assert told["FD02"] == ("身份证件类型",)
    assert told["RN03"] == ("全国学籍号",)
    assert told["SP01"] == ("随班就读",)
    assert told["CL01"] == ("学校标识码",)
    assert told["PT02"] == ("--photos",)
    assert told["CL08"] == ("--classes",)
    assert told["RN11"] == ("layout",)
    assert {"ID03", "ID10", "NM01", "DU01"}.isdisjoint(told)


def test_what_is_skipped_is_told_for_each_file_in_order() -> None:
    files = [roster([CHILD], ["name", "id_number"]), roster([CHILD]), roster([CHILD], ["id_number", "name"], number=2)]
    _, skipped = run(files, RULES, AROUND)
    assert [(said.table, said.code) for said in skipped] == sorted((said.table, said.code) for said in skipped)
    assert "ID10" in reasons(skipped, 0)
    assert "ID10" not in reasons(skipped, 1)
    assert reasons(skipped, 2) == reasons(skipped, 0)


def test_an_option_that_is_given_is_no_reason_to_skip() -> None:
    around = Surroundings(AS_OF, photos=frozenset())
    rules = {**only("PT02"), "RN09": replace(RULES["RN09"], params={"layout": "hebei-14"})}
    findings, skipped = run([roster([CHILD])], rules, around)
    assert skipped == ()
    assert findings["rule"].to_list() == ["PT02"]


def test_a_rule_that_is_skipped_finds_nothing() -> None:
    findings, skipped = run([roster([{**CHILD, "sex": "女"}], ["name", "sex"])], only("ID10"), AROUND)
    assert findings.is_empty()
    assert reasons(skipped) == {"ID10": ("身份证件号",)}


# ---- odd rosters ----


def test_no_files_at_all() -> None:
    findings, skipped = run([], RULES, AROUND)
    assert findings.is_empty()
    assert findings.schema == FINDING_SCHEMA
    assert skipped == ()


def test_a_file_without_rows() -> None:
    findings, _ = run([roster([])], RULES, AROUND)
    assert findings.is_empty()
    assert findings.schema == FINDING_SCHEMA


def test_a_file_without_rows_still_lacks_its_columns() -> None:
    findings, _ = run([roster([], ["name", "sex"])], RULES, AROUND)
    assert findings.select("rule", "row", "p1").rows() == [("TB01", 1, "身份证件号")]


def test_a_file_without_rows_beside_one_with_a_fault() -> None:
    findings, _ = run([roster([]), roster([{**CHILD, "sex": "女"}], number=1)], RULES, AROUND)
    assert findings.select("rule", "table").rows() == [("ID10", 1)]


def test_a_list_of_names_and_numbers() -> None:
    rows = [*children(3), {"name": "张伟1", "id_number": "341323201704120018"}, {"name": "李娜", "id_number": ""}]
    findings, _ = run([roster(rows, ["name", "id_number"])], RULES, AROUND)
    assert findings.select("rule", "row", "position").rows() == [("NM01", 5, 0), ("ID03", 5, 1), ("FD04", 6, 1)]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_of_empty_cells_is_no_trouble(column: str) -> None:
    findings, _ = run([roster(children(3, **{column: ""}))], RULES, AROUND)
    told = set(findings.filter(pl.col("field") == column)["rule"])
    field = student().by_name[column]
    if field.filled:
        assert "FD01" in told
    assert told <= {"FD01", "FD02", "GU01", "GU02", "PT01"}


def test_a_file_of_empty_cells() -> None:
    findings, _ = run([roster([{}, {}])], RULES, AROUND)
    assert set(findings["rule"]) == {"FD01", "FD04", "GU01", "GU02", "PT01"}
    filled = [f.name for f in student().fields if f.filled and f.name in COLUMNS]
    assert findings.filter(pl.col("rule") == "FD01").height == 2 * len(filled)


# ---- a roster in which everything is right ----


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return make_people(4_000, seed=20_251_015)


@pytest.mark.parametrize("layout", [31, 50])
def test_right_children_have_no_errors_and_next_to_no_warnings(people: pl.DataFrame, layout: int) -> None:
    fields = [name for name in LAYOUTS[layout] if name in people.columns]
    files = [
        roster(part.select(fields).to_dicts(), fields, number) for number, part in enumerate(people.iter_slices(1500))
    ]
    findings, _ = run(files, RULES, AROUND)
    assert findings.filter(pl.col("severity") == "error").select("rule", "field", "value", "p1").rows() == []
    # Class sizes are what they are; and a father may have his child's name.
    warnings = findings.filter((pl.col("severity") == "warning") & ~pl.col("rule").str.starts_with("CL"))
    assert warnings.height <= people.height / 1000, warnings.select("rule", "field", "value", "p1").rows()
    assert findings.height < people.height * 0.02


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
    assert [error.key for _, error in caught.value.mistakes] == [
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
