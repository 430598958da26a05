"""Cleaning twice is cleaning once, undoing gives everything back, and no rule finds what was repaired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_cases import Case, active, case_rows, cases, make_roster, rosters, student

from tests.cleaning_rosters import again, as_table, cleaned
from xueji_cli.checks.engine import run as run_rules
from xueji_cli.checks.judging import Surroundings
from xueji_cli.checks.registry import all_rules
from xueji_cli.cleaning.change import Kind
from xueji_cli.cleaning.engine import SAFE
from xueji_cli.cleaning.shaping import AS_IS, NATIONAL, shape
from xueji_cli.cleaning.undo import undo
from xueji_cli.reports.cleaned import Made, change_log
from xueji_cli.schema.roster import Roster
from xueji_cli.tables.table import ROW


def _findings(tables: list[Roster], case: Case, codes: Iterable[str]) -> pl.DataFrame:
    rules = active(case)
    found, _ = run_rules(tables, {code: rules[code] for code in codes}, Surroundings(date.fromisoformat(case.as_of)))
    return found


ALL = list(cases())


@pytest.mark.parametrize("template", [NATIONAL, AS_IS])
def test_cleaning_the_cases_of_all_rules_leaves_nothing_that_a_safe_fix_covers(template):
    """Every case of every rule as one run: then cleaned again, and checked."""
    known = [case for case in ALL if case.as_of == "2025-10-15" and not case.facts]
    tables = [table for case in known for table in rosters(case)]
    done = cleaned(*tables)
    second = again(done, template)
    assert second.frame.height == sum(table.frame.height for table in tables)
    twice = cleaned(second)
    assert twice.changes.filter(pl.col("kind") == Kind.SAFE.value).to_dicts() == []
    fixable = [code for code, rule in all_rules().items() if rule.fixable]
    assert _findings([second], known[0], fixable).to_dicts() == []


def test_each_finding_that_can_be_repaired_is_gone_after_cleaning():
    """Every case as a table of one run, and then as its rows in what was written."""
    # Told by the reader, by a list of schools, or only repaired where a name is unique.
    elsewhere = ("TB", "CL01", "CD04")
    among = [
        case for case in ALL if case.code in SAFE and case.kind == "finding" and not case.code.startswith(elsewhere)
    ]
    assert len(among) > 60
    assert {(case.as_of, *case.params) for case in among} == {("2025-10-15",)}
    tables, owners = [], []
    for case in among:
        own = rosters(case)
        tables += own
        owners += [case] * len(own)
    codes = {case.code for case in among}
    before = _findings(tables, among[0], codes)
    found = {(owners[table].id, rule) for table, rule in before.select("table", "rule").rows()}
    assert [case.id for case in among if (case.id, case.code) not in found] == []
    after = again(cleaned(*tables), AS_IS)
    rows = [case for table, case in zip(tables, owners, strict=True) for _ in range(table.frame.height)]
    assert after.frame.height == len(rows)
    remains = _findings([after], among[0], codes).filter(pl.col("row").is_not_null())
    case_of = dict(zip(after.frame[ROW], rows, strict=True))
    assert [case_of[row].id for row, rule in remains.select("row", "rule").rows() if case_of[row].code == rule] == []


#: Text as it comes: names, numbers and words of the field, with every dirt between.
PIECES = [
    *"张三买提·•．。.・ '’＇\u200b\u3000\xa0\t\n⼦⻢⺀１２Ｘx×*()（）-—/、,，年月日班级0123456789=+@",
    *(
        "2017",
        "04",
        "12",
        "341323201704120010",
        "13812345678",
        "0557-6012345",
        "汉",
        "男",
        "一年级",
        "初一",
        "灵璧县",
        "+86",
        "\r\n",
    ),
]
DIRTY = st.one_of(
    st.none(),
    st.lists(st.sampled_from(PIECES), max_size=7).map("".join),
    st.text(max_size=6),
)
FIELDS = (
    "name", "sex", "birth_date", "ethnicity", "id_number", "roll_number", "phone", "hukou_place", "entry_month", "class_name", "grade",
    "address", "postcode", "school_name", "member1_phone", "member1_id_number",
)  # fmt: skip


def _dirty(columns: dict[str, list[str | None]]) -> Roster:
    height = len(next(iter(columns.values())))
    rows = [{name: cells[i] or "" for name, cells in columns.items()} for i in range(height)]
    return make_roster(student(), list(columns), rows)


@st.composite
def columns(draw: st.DrawFn) -> dict[str, list[str | None]]:
    """Some of the fields in any order: what is repaired hangs on few others, and half the columns take half the time.

    A run takes as long for eight rows as for one: few examples of many rows try more cells than many of few.
    """
    height = draw(st.integers(1, 8))
    chosen = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=9, unique=True))
    return {name: draw(st.lists(DIRTY, min_size=height, max_size=height)) for name in chosen}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(columns())
def test_cleaning_twice_changes_nothing_the_second_time(cells):
    table = _dirty(cells)
    done = cleaned(table)
    twice = cleaned(again(done, AS_IS))
    assert (
        twice.changes.filter(pl.col("kind") == Kind.SAFE.value).select("field", "before", "after", "rule").to_dicts()
        == []
    )
    # The rows are the same rows.
    assert done.pool.rows.height == table.frame.height


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(columns(), st.booleans())
def test_undoing_gives_back_every_value(cells, unsafe):
    table = _dirty(cells)
    done = cleaned(table, unsafe=unsafe)
    output = shape(done, AS_IS)
    log = change_log(done, [Made(output, "out.xlsx")])
    back = undo(as_table(output), log)
    assert back.edited.is_empty()
    for name, column in table.columns.items():
        assert back.frame[column.key].to_list() == table.frame[name].to_list()
    assert list(back.headers.values()) == [column.header for column in table.table.columns]


def test_a_cell_edited_since_is_not_undone():
    row = case_rows(Case("FD01", "fits", "x"))[0][0] | {"name": "张 三", "ethnicity": "汉"}
    done = cleaned(make_roster(student(), list(row), [row]))
    output = shape(done, AS_IS)
    log = change_log(done, [Made(output, "out.xlsx")])
    table = as_table(output)
    key = next(column.key for column in table.columns if column.header == "民族")
    edited = replace(table, rows=table.frame.with_columns(pl.lit("回族").alias(key)))
    back = undo(edited, log)
    assert back.restored == 1
    assert back.edited.rows() == [(2, "民族")]
    assert back.frame[key].to_list() == ["回族"]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx"])
def test_a_log_gives_back_every_value_it_took(tmp_path, suffix):
    """Whatever stands in a cell: what a format can't carry as it is, it carries escaped."""
    from xueji_cli.reports.change_log import read_log, write_log
    from xueji_cli.reports.cleaned import LOG_SCHEMA, Log

    @settings(max_examples=40, deadline=None)
    @given(st.lists(DIRTY, min_size=1, max_size=8))
    def holds(values):
        frame = pl.DataFrame(
            {
                "file": "a.xlsx",
                "row": range(2, len(values) + 2),
                "rule": "FD07+DT04",
                "kind": "safe",
                "applied": True,
                "before": pl.Series(values, dtype=pl.String),
                "to_file": "b.xlsx",
                "to_row": range(2, len(values) + 2),
                "to_column": "姓名",
            }
        )
        empty = [pl.lit(None, dtype=t).alias(n) for n, t in LOG_SCHEMA.items() if n not in frame.columns]
        log = frame.with_columns(empty).select(pl.col(n).cast(t) for n, t in LOG_SCHEMA.items())
        path = str(tmp_path / f"log{suffix}")
        write_log(Log(lambda: [log]), path, lang="zh", inputs=[])
        back = read_log(path)
        # A cell that was empty and one that holds an empty string are the same cell in a file.
        expected = [value or None for value in values]
        assert [each or None for each in back["before"].to_list()] == expected
        assert back["to_row"].to_list() == log["to_row"].to_list()
        assert back["applied"].to_list() == [True] * len(values)
        assert back["kind"].to_list() == ["safe"] * len(values)

    holds()


def test_a_second_column_of_the_added_header_is_undone_too():
    base = case_rows(Case("FD01", "fits", "x"))[0][0]
    row = {**base, "phone": "13705576281/13905576282", "联系电话其余号码": "13605576283"}
    done = cleaned(make_roster(student(), ["name", "phone", "联系电话其余号码"], [row]))
    output = shape(done, AS_IS)
    assert [column.header for column in output.columns][2:] == ["联系电话其余号码"] * 2
    back = undo(as_table(output), change_log(done, [Made(output, "out.xlsx")]))
    assert back.edited.is_empty()
    assert list(back.headers.values()) == ["姓名", "联系电话", "联系电话其余号码"]
    assert back.frame.drop(ROW).rows() == [(base["name"], row["phone"], "13605576283")]
