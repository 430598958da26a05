"""Cleaning as a core: what is repaired, what is never touched; idempotence, and undoing, for any text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_cases import Case, active, case_rows, cases, make_roster, rosters, student, with_check

from xueji_cli.checks.engine import Surroundings
from xueji_cli.checks.engine import run as run_rules
from xueji_cli.checks.registry import all_rules
from xueji_cli.cleaning.change import Kind
from xueji_cli.cleaning.engine import LEFT, SAFE, UNSAFE, Cleaned, Wishes, clean
from xueji_cli.cleaning.pool import pool
from xueji_cli.cleaning.proposals import reference
from xueji_cli.cleaning.shaping import AS_IS, NATIONAL, Output, conflicts, file_names, shape, split
from xueji_cli.cleaning.undo import undo
from xueji_cli.reports.cleaned import Made, change_log
from xueji_cli.schema.binding import bind
from xueji_cli.schema.roster import Roster
from xueji_cli.tables.table import ROW, Column, Source, Table

DAY = date(2025, 10, 15)
WISHES = Wishes(as_of=DAY)


def cleaned(*tables: Roster, **wishes: object) -> Cleaned:
    return clean(pool(tables), replace(WISHES, **wishes))


def as_table(output: Output) -> Table:
    """Return an output as the table that its file would be read as."""
    columns = tuple(Column(position, column.header) for position, column in enumerate(output.columns))
    frame = output.rows.select(
        pl.int_range(2, pl.len() + 2, dtype=pl.UInt32).alias(ROW),
        *(pl.col(old.name).alias(new.key) for old, new in zip(output.columns, columns, strict=True)),
    )
    return Table(Source("out.xlsx", "学生", "xlsx", "0", None), 1, columns, frame)


def again(done: Cleaned, template: str = NATIONAL) -> Roster:
    return bind(as_table(shape(done, template)), student())


def one(**cells: str | None) -> dict[str, tuple[str | None, str | None, str]]:
    """Clean one child with these cells, and return field → before, after, rule of what was repaired."""
    row = {**case_rows(Case("FD01", "fits", "x"))[0][0], **cells}
    done = cleaned(make_roster(student(), list(row), [row]))
    made = done.changes.filter(pl.col("kind") == Kind.SAFE.value)
    return {
        field: (before, after, rule)
        for field, before, after, rule in made.select("field", "before", "after", "rule").rows()
    }


REPAIRS = [
    ("name", "张　三", "张三", "NM04"),
    ("name", "\u200b张三", "张三", "NM05"),
    ("name", "⻢子⽂", "马子文", "NM05"),
    ("name", "买买提•艾力", "买买提·艾力", "NM06"),
    ("name", "买买提．艾力", "买买提·艾力", "NM06"),
    ("id_number", "34132320170412001X ", "34132320170412001X", "FD07"),
    ("id_number", "'341323201704120010", "341323201704120010", "FD07"),
    ("id_number", "３４１３２３２０１７０４１２００１０", "341323201704120010", "FD09"),
    ("id_number", "341323 20170412 0010", "341323201704120010", "ID18"),
    ("id_number", "e12345678", "E12345678", "ID18"),
    ("roll_number", "g341323201704120010", "G341323201704120010", "ID18"),
    ("birth_date", "2017年4月12日", "20170412", "DT04"),
    ("birth_date", "2017.4.12", "20170412", "DT04"),
    ("birth_date", "2017-04-12", "20170412", "DT04"),
    ("birth_date", "42837", "20170412", "DT04"),
    ("birth_date", "2017/4/12\t", "20170412", "FD07+DT04"),
    ("entry_month", "2023年9月", "202309", "DT04"),
    ("entry_month", "2023-09-01", "202309", "DT04"),
    ("ethnicity", "汉", "汉族", "CD02"),
    ("sex", "1", "男", "CD03"),
    ("sex", "1-男", "男", "CD03"),
    ("sex", " 男", "男", "FD07"),
    ("phone", "137-0557-6281", "13705576281", "PH04"),
    ("phone", "+86 13705576281", "13705576281", "PH04"),
    ("hukou_place", "安徽省灵璧县", "341323000000", "CD04"),
    ("hukou_place", "341323", "341323000000", "CD04"),
    ("class_name", "三年级一班", "三年级1班", "CL09"),
    ("class_name", "301", "三年级1班", "CL09"),
    ("grade", "3", "三年级", "CL09"),
    ("address", "白石镇（东）　１８号", "白石镇（东） 18号", "FD07"),
    ("address", "   ", None, "FD07"),
]


@pytest.mark.parametrize(("field", "before", "after", "rule"), REPAIRS)
def test_what_is_certain_is_repaired(field, before, after, rule):
    assert one(**{field: before}) == {field: (before, after, rule)}


UNTOUCHED = [
    ("birth_date", "03/04/2015"),
    ("birth_date", "2015-13-40"),
    ("birth_date", "2017年4月"),
    ("birth_date", "15-3-4"),
    ("name", "张?"),
    ("name", "王〓明"),
    ("name", "吕"),
    ("name", "\ue863晓"),
    ("name", "李﨑"),
    ("ethnicity", "华族"),
    ("sex", "南"),
    ("id_number", "34132320170412001"),
    ("id_number", "341323201704120000"),
    ("id_number", "3.41323E+17"),
    ("id_number", "34132320170412001*"),
    ("id_number", "341323201704120019"),
    ("phone", "1381234567"),
    ("hukou_place", "鼓楼区"),
    ("hukou_place", "安徽省灵璧县白石镇柳湾村"),
    ("hukou_place", "34132310500"),
    ("class_name", "3.1"),
    ("class_name", "2023级1班"),
    ("class_name", "三1(双语)"),
    ("class_name", "红星班"),
    ("address", "白石镇（东）①区"),
]


@pytest.mark.parametrize(("field", "cell"), UNTOUCHED)
def test_what_is_not_certain_is_left(field, cell):
    assert one(**{field: cell}) == {}


def test_a_star_is_x_only_where_the_check_digit_says_so():
    assert one(id_number="34132320170412004*") == {}
    sound = next(n for n in (with_check(f"34132320170412{order:03}") for order in range(1, 99, 2)) if n.endswith("X"))
    assert one(id_number=sound[:17] + "×") == {"id_number": (sound[:17] + "×", sound, "ID18")}
    assert one(id_number=sound[:17] + "*") == {"id_number": (sound[:17] + "*", sound, "ID18")}


def test_a_number_that_a_spreadsheet_stored_is_not_taken_for_sound():
    row = case_rows(Case("FD01", "fits", "x"))[0][0] | {"id_number": "341323 201704120010"}
    done = cleaned(make_roster(student(), list(row), [row], numeric=("id_number",)))
    assert done.changes.filter(pl.col("kind") == "safe").is_empty()


def test_several_phones_lose_nothing():
    row = case_rows(Case("FD01", "fits", "x"))[0][0] | {"phone": "13812345678(父)、13912345678(母)"}
    done = cleaned(make_roster(student(), list(row), [row]))
    output = shape(done, AS_IS)
    texts = {column.header: output.rows[column.name][0] for column in output.columns}
    assert texts["联系电话"] == "13812345678"
    assert texts["联系电话其余号码"] == "(父)、13912345678(母)"
    assert cleaned(again(done)).changes.filter(pl.col("kind") == "safe").is_empty()


def test_every_rule_that_says_it_can_be_repaired_is_and_no_other_but_layout():
    fixable = {code for code, rule in all_rules().items() if rule.fixable}
    assert fixable <= SAFE
    assert all_rules().keys() >= SAFE | UNSAFE | LEFT
    assert {code for code in SAFE - fixable if not code.startswith("TB")} == {"CL01", "CD04"}


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


@pytest.mark.parametrize(
    "case", [case for case in ALL if case.code in SAFE and case.kind == "finding"], ids=lambda c: c.id
)
def test_each_finding_that_can_be_repaired_is_gone_after_cleaning(case):
    if case.code.startswith("TB") or case.code in ("CL01", "CD04"):
        pytest.skip("told by the reader, by a list of schools, or only repaired where a name is unique")
    assert _findings(rosters(case), case, [case.code]).height
    done = cleaned(*rosters(case))
    assert _findings([again(done, AS_IS)], case, [case.code]).to_dicts() == []


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
    height = draw(st.integers(1, 3))
    return {name: draw(st.lists(DIRTY, min_size=height, max_size=height)) for name in FIELDS}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
    edited = replace(table, frame=table.frame.with_columns(pl.lit("回族").alias(key)))
    back = undo(edited, log)
    assert back.restored == 1
    assert back.edited.rows() == [(2, "民族")]
    assert back.frame[key].to_list() == ["回族"]


def test_select_narrows_what_is_repaired():
    row = case_rows(Case("FD01", "fits", "x"))[0][0] | {"name": "张 三", "ethnicity": " 汉", "birth_date": "2017.4.12"}
    roster = make_roster(student(), list(row), [row])
    rules = cleaned(roster, rules=frozenset({"CD02"})).changes.filter("applied")
    assert rules.select("field", "rule", "after").rows() == [("ethnicity", "CD02", "汉族")]
    form = cleaned(roster, rules=frozenset({"FD07"})).changes.filter("applied")
    assert form.select("field", "rule", "after").rows() == [("ethnicity", "FD07", "汉")]


def proposed(rows: list[dict[str, str]], **wishes: object) -> list[tuple[str, str, str | None, str]]:
    base = case_rows(Case("FD01", "fits", "x"))[0][0]
    whole = [{**base, **row} for row in rows]
    done = cleaned(make_roster(student(), list(base), whole), **wishes)
    found = done.changes.filter(pl.col("kind") == Kind.UNSAFE.value)
    return found.select("field", "rule", "before", "after").rows()


def test_proposals_follow_from_a_sound_number_of_the_childs_own():
    assert proposed([{"birth_date": ""}]) == [("birth_date", "FD01", None, "20170412")]
    assert proposed([{"birth_date": "201704"}]) == [("birth_date", "DT03", "201704", "20170412")]
    assert proposed([{"birth_date": "201705"}]) == []
    assert proposed([{"sex": ""}]) == [("sex", "FD01", None, "男")]
    assert proposed([{"birth_place": ""}]) == [("birth_place", "FD01", None, "341323000000")]
    number = "341323201704120010"
    assert proposed([{"roll_number": number}]) == [("roll_number", "RN02", number, f"G{number}")]
    assert proposed([{"roll_number": "341323201704120000"}]) == [
        ("roll_number", "RN02", "341323201704120000", f"G{number}")
    ]


@pytest.mark.parametrize("number", ["341323201704120019", "341323198804120019", "34132320170412001", "3.41323E+17"])
def test_nothing_follows_from_a_number_that_is_wrong_or_an_adults(number):
    assert [
        each for each in proposed([{"birth_date": "", "sex": "", "id_number": number}]) if each[0] != "id_number"
    ] == []


def test_nothing_follows_from_a_guardians_number():
    own = "341323201704120010"
    assert proposed([{"birth_date": "", "id_number": own, "member1_id_number": own}]) == []


def test_fifteen_digits_become_eighteen_only_where_the_age_allows_it():
    found = proposed([{"id_number": "341323170412001", "member1_id_number": "341323880412001"}])
    assert [(field, rule, after[:8]) for field, rule, _, after in found] == [("member1_id_number", "ID20", "34132319")]


def test_a_destroyed_number_is_restored_only_from_exactly_one_person():
    base = case_rows(Case("FD01", "fits", "x"))[0][0]
    number, other = "341323201704120010", with_check("34132320170412003")
    columns = ["name", "birth_date", "id_number"]

    def list_of(*rows: tuple[str, str, str]) -> object:
        return reference(
            [pool([make_roster(student(), columns, [dict(zip(columns, row, strict=True)) for row in rows])])]
        )

    lost = [{"id_number": "341323201704120000"}, {"id_number": "3.41323E+17"}]
    name, born = base["name"], base["birth_date"]
    known = list_of((name, born, number))
    assert proposed(lost[:1], reference=known) == [("id_number", "ID05", "341323201704120000", number)]
    assert proposed(lost[1:], reference=known) == [("id_number", "ID04", "3.41323E+17", number)]
    assert proposed(lost, reference=list_of((name, born, number), (name, born, other))) == []
    assert proposed(lost, reference=list_of((name + "一", born, number))) == []
    assert proposed(lost, reference=list_of((name, "20170413", number))) == []
    # A number of the reference that is itself wrong restores nothing.
    assert proposed(lost, reference=list_of((name, born, "341323201704120019"))) == []


def test_unsafe_is_applied_only_when_asked():
    base = case_rows(Case("FD01", "fits", "x"))[0][0] | {"birth_date": ""}
    roster = make_roster(student(), list(base), [base])
    assert cleaned(roster).pool.rows["birth_date"].to_list() == [None]
    assert cleaned(roster, unsafe=True).pool.rows["birth_date"].to_list() == ["20170412"]


def test_the_template_has_its_71_columns_and_what_it_has_no_place_for_stands_at_the_right():
    from xueji_cli.schema.template import template_fields

    base = {**case_rows(Case("FD01", "fits", "x"))[0][0], "班主任": "郑老师"}
    output = shape(cleaned(make_roster(student(), list(base), [base])), NATIONAL)
    headers = [column.header for column in output.columns]
    wanted = [field.template_header or field.title for field in template_fields(student())]
    assert len(wanted) == 71
    assert headers[:71] == wanted
    assert headers[71:]
    assert headers[-1] == "班主任"
    assert output.rows[output.columns[-1].name].to_list() == ["郑老师"]


def test_tables_of_different_shape_become_one_without_losing_a_cell():
    base = case_rows(Case("FD01", "fits", "x"))[0][0]
    first = make_roster(student(), ["name", "id_number", "宿舍"], [{**base, "宿舍": "一号楼"}], number=0)
    second = make_roster(student(), ["宿舍", "phone", "name"], [{**base, "宿舍": "2"}, {**base, "宿舍": "3"}], number=1)
    done = cleaned(first, second)
    output = shape(done, AS_IS, origin=True)
    told = {column.header: output.rows[column.name].to_list() for column in output.columns}
    assert list(told) == ["姓名", "身份证件号", "宿舍", "联系电话", "来源文件", "来源行"]
    assert told["宿舍"] == ["一号楼", "2", "3"]
    assert told["身份证件号"] == [base["id_number"], None, None]
    assert told["来源行"] == ["2", "2", "3"]
    assert conflicts(done.pool, output.columns) == [("宿舍", {"text": ["名册0.xlsx"], "number": ["名册1.xlsx"]})]


def test_classes_of_one_name_in_two_schools_are_two_files():
    base = case_rows(Case("FD01", "fits", "x"))[0][0]
    rows = [base, {**base, "school_name": "乙小学"}, {**base, "class_name": ""}, base]
    output = shape(cleaned(make_roster(student(), list(base), rows)), NATIONAL)
    parts = list(split(output, ["school_name", "class_name"]))
    assert [(part.name, part.rows.height) for part in parts] == [
        (f"{base['school_name']} 三(1)班", 2),
        ("乙小学 三(1)班", 1),
        (base["school_name"], 1),
    ]
    assert [column.header for column in parts[0].columns] == [column.header for column in output.columns]


def test_names_of_files_are_taken_by_every_system():
    assert file_names(["一/1班", "一:1班", "A班", "a班", "CON", "..", "x" * 200, "", "班."]) == [
        "一_1班",
        "一_1班 (2)",
        "A班",
        "a班 (2)",
        "_CON",
        "_",
        "x" * 80,
        "_ (2)",
        "班",
    ]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx"])
def test_a_log_gives_back_every_value_it_took(tmp_path, suffix):
    """Whatever stands in a cell: what a format can't carry as it is, it carries escaped."""
    from xueji_cli.reports.change_log import read_log, write_log
    from xueji_cli.reports.cleaned import LOG_SCHEMA

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
        write_log(log, path, lang="zh", inputs=[])
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
