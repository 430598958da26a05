"""Cleaned rows in the shape of a template, split and named."""

from __future__ import annotations

from rule_cases import Case, case_rows, make_roster, student

from tests.cleaning_rosters import cleaned
from xueji_cli.cleaning.shaping import AS_IS, NATIONAL, conflicts, shape, split
from xueji_cli.tables.names import file_names


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
