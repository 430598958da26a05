"""What the engine does with odd rosters, right ones, and those that lack a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest
from rule_cases import student

from benchmarks.layouts import LAYOUTS
from benchmarks.people import make_people
from tests.engine_rosters import AROUND, AS_OF, CHILD, COLUMNS, RULES, children, only, roster
from xueji_cli.checks.engine import run
from xueji_cli.checks.finding import FINDING_SCHEMA
from xueji_cli.checks.judging import Surroundings
from xueji_cli.checks.rule import Skipped

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
