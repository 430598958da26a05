"""What the engine does with rules and rosters, whatever the rules say."""

from __future__ import annotations

import random
from collections.abc import Mapping

import polars as pl
import pytest
import rule_cases
from rule_cases import make_roster

from tests.engine_rosters import AROUND, CHILD, COLUMNS, RULES, children, only, roster
from xueji_cli.checks import engine
from xueji_cli.checks.engine import run
from xueji_cli.checks.finding import FINDING_SCHEMA, RELATED_LIMIT
from xueji_cli.checks.rule import GroupRule, RowRule, Severity
from xueji_cli.schema.loading import load_schema
from xueji_cli.schema.roster import Roster
from xueji_cli.values import idnumber, names, text


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
