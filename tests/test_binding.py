import polars as pl
import pytest

from tests import digest
from xueji_cli.errors import InputError, UserError
from xueji_cli.messages import catalogue
from xueji_cli.schema.binding import bind, choose_schema, parse_mapping, split_mapping, unmatched_mappings
from xueji_cli.schema.loading import load_schema, schema_names
from xueji_cli.tables.table import ROW, Column, Source, Table

SOURCE = Source(path="名册.xlsx", sheet="Sheet1", kind="xlsx", digest=digest.known(), encoding=None)


@pytest.fixture(scope="module")
def schemas():
    return [load_schema(name) for name in schema_names()]


@pytest.fixture(scope="module")
def student(schemas):
    return schemas[0]


def table(*headers: str, cells: dict[int, list[str | None]] | None = None, numeric: tuple[int, ...] = ()) -> Table:
    """Make a table whose every cell is its column letter, unless cells are given for a column."""
    columns = tuple(Column(position, header) for position, header in enumerate(headers))
    given = cells or {}
    data = {ROW: pl.Series([5, 6], dtype=pl.UInt32)}
    data |= {c.key: pl.Series(given.get(c.position, [c.letter, c.letter + "2"]), dtype=pl.String) for c in columns}
    flags = {position: pl.Series([True, False]) for position in numeric}
    return Table(source=SOURCE, header_row=4, columns=columns, rows=pl.DataFrame(data), numeric=flags)


def bound(roster) -> dict[str, str]:
    return {name: column.letter for name, column in roster.columns.items()}


def said(error: UserError) -> str:
    assert catalogue.text("en", f"errors.{error.key}", **error.params)
    return catalogue.text("zh", f"errors.{error.key}", **error.params)


def test_a_short_roster_is_bound_whatever_the_order(student):
    roster = bind(table("学籍号", "序号", "身份证号", "姓 名", "班级", "学校", "性别★", "年级"), student)
    assert bound(roster) == {
        "school_name": "F",
        "serial": "B",
        "grade": "H",
        "class_name": "E",
        "name": "D",
        "sex": "G",
        "id_number": "C",
        "roll_number": "A",
    }
    assert roster.unbound == ()


def test_the_frame_is_named_by_field_with_rows_and_number_flags(student):
    roster = bind(table("姓名", "身份证号", "爱好", numeric=(1,)), student)
    assert roster.frame.columns == ["row", "name", "id_number", "id_number#numeric"]
    assert roster.frame.rows() == [(5, "A", "B", True), (6, "A2", "B2", False)]
    assert [c.letter for c in roster.unbound] == ["C"]


def test_an_empty_column_without_a_field_is_not_listed_as_unbound(student):
    roster = bind(table("姓名", "某列", cells={1: [None, None]}), student)
    assert roster.unbound == ()


@pytest.mark.parametrize(
    ("headers", "field", "letter", "passed"),
    [
        (("姓名", "出生年月", "出生日期"), "birth_date", "C", "B"),
        (("姓名", "班号", "班级"), "class_name", "C", "B"),
        (("姓名", "班号", "班级名称"), "class_name", "C", "B"),
        (("姓名", "学籍号", "全国学籍号"), "roll_number", "C", "B"),
        (("姓名", "户籍地址", "户籍所在地"), "hukou_place", "C", "B"),
    ],
)
def test_the_surer_header_wins_and_the_other_is_listed(student, headers, field, letter, passed):
    roster = bind(table(*headers), student)
    assert bound(roster)[field] == letter
    assert [c.letter for c in roster.passed_over[field]] == [passed]
    assert passed in [c.letter for c in roster.unbound]


def test_a_header_that_gives_way_takes_the_next_field_it_may_mean(student):
    alone = bound(bind(table("姓名", "家长电话"), student))
    beside = bind(table("姓名", "家长电话", "联系电话", "家长姓名"), student)
    assert alone["phone"] == "B"
    assert bound(beside) == {"name": "A", "phone": "C", "member1_name": "D", "member1_phone": "B"}
    assert beside.passed_over == {}


def test_parents_are_the_family_members_only_where_there_are_no_such_columns(student):
    parents = bound(bind(table("姓名", "父亲姓名", "父亲电话", "母亲姓名", "母亲电话"), student))
    assert parents == {
        "name": "A",
        "member1_name": "B",
        "member1_phone": "C",
        "member2_name": "D",
        "member2_phone": "E",
    }
    both = bound(bind(table("姓名", "父亲姓名", "成员1姓名"), student))
    assert both["member1_name"] == "C"


def test_two_row_headers_keep_the_people_apart(student):
    roster = bind(
        table("学生信息/姓名", "学生信息/身份证号", "家庭成员1/姓名", "家庭成员1/身份证号", "班主任/姓名"), student
    )
    assert bound(roster) == {"name": "A", "id_number": "B", "member1_name": "C", "member1_id_number": "D"}


@pytest.mark.parametrize(
    "headers", [("姓名", "身份证号", "证件号码"), ("姓名", "身份证号", "身份证号"), ("姓名", "电话", "手机号")]
)
def test_two_columns_with_equal_right_are_an_error_that_names_them(student, headers):
    with pytest.raises(InputError) as caught:
        bind(table(*headers), student)
    assert caught.value.key == "ambiguous_binding"
    sentence = said(caught.value)
    assert f"B {headers[1]}; C {headers[2]}" in sentence
    assert "--map B=" in sentence


def test_an_empty_or_repeated_column_makes_nothing_ambiguous(student):
    empty = bind(table("姓名", "身份证号", "证件号码", cells={1: [None, None]}), student)
    same = bind(table("姓名", "身份证号", "证件号码", cells={1: ["x", None], 2: ["x", None]}), student)
    assert bound(empty)["id_number"] == "C"
    assert bound(same)["id_number"] == "B"


def test_remarks_may_stand_in_several_columns(student):
    roster = bind(table("姓名", "备注", "备注"), student)
    assert bound(roster)["remark"] == "B"
    assert [c.letter for c in roster.unbound] == ["C"]


def test_a_loose_reading_that_fits_two_columns_is_dropped(student):
    roster = bind(table("姓名", "家庭住址/村", "家庭住址/组"), student)
    assert "home_address" not in bound(roster)
    assert [c.letter for c in roster.unbound] == ["B", "C"]


# --- --map ---


@pytest.mark.parametrize(
    "pair", ["证件=身份证件号", "证件=id_number", "B=身份证号", "b=id_number", " 证件 = 身份证件号 "]
)
def test_a_mapping_names_a_column_by_header_or_letter_and_a_field_by_name_title_or_header(student, pair):
    roster = bind(table("姓名", "证件"), student, parse_mapping([pair], student))
    assert bound(roster)["id_number"] == "B"


def test_a_mapping_settles_what_is_ambiguous(student):
    given = table("姓名", "身份证号", "证件号码")
    assert bound(bind(given, student, parse_mapping(["C=id_number"], student)))["id_number"] == "C"
    assert bound(bind(given, student, parse_mapping(["C=-"], student)))["id_number"] == "B"


def test_a_mapping_wins_over_an_exact_header(student):
    roster = bind(table("姓名", "真实姓名"), student, parse_mapping(["真实姓名=姓名"], student))
    assert bound(roster)["name"] == "B"
    assert [c.letter for c in roster.passed_over["name"]] == ["A"]


@pytest.mark.parametrize(
    ("pairs", "key"),
    [(["姓名"], "map_form"), (["=姓名"], "map_form"), (["姓名="], "map_form"), (["甲=姓明"], "map_unknown_field")],
)
def test_a_mapping_that_makes_no_sense_is_a_user_error(student, pairs, key):
    with pytest.raises(UserError) as caught:
        parse_mapping(pairs, student)
    assert caught.value.key == key
    assert said(caught.value)


def test_a_misspelt_field_gets_the_nearest_one(student):
    with pytest.raises(UserError) as caught:
        parse_mapping(["甲=身份证件好"], student)
    assert "身份证件号" in said(caught.value)


def test_one_field_can_not_be_given_two_columns(student):
    with pytest.raises(InputError) as caught:
        bind(table("甲", "乙"), student, parse_mapping(["甲=姓名", "乙=姓名"], student))
    assert caught.value.key == "map_several_columns"
    assert said(caught.value)


def test_a_header_may_hold_an_equals_sign():
    assert split_mapping(["1=男,2=女=sex"]) == {"1=男,2=女": "sex"}


def test_a_mapping_need_not_fit_every_file_but_some_file():
    tables = [table("姓名", "证件"), table("姓名", "号码")]
    assert unmatched_mappings(tables, {"证件": "id_number", "号码": "id_number", "没有": "sex", "Z": "grade"}) == [
        "没有",
        "Z",
    ]


# --- which schema ---


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (("序号", "学校", "年级", "班级", "姓名", "身份证号"), "student"),
        (("姓名",), "student"),
        (("学校", "年级", "班级", "班主任", "学生数"), "class"),
        (("班号", "班级名称", "建班年月", "班主任姓名"), "class"),
        (("学校名称", "学校标识码", "校长", "地址"), "school"),
        (("学校名称", "在校生数", "班级数"), "school"),
    ],
)
def test_the_schema_that_most_columns_belong_to_is_chosen(schemas, headers, name):
    assert choose_schema(table(*headers), schemas).name == name


def test_a_mapping_counts_like_a_header(schemas):
    given = table("xx1", "xx2")
    assert choose_schema(given, schemas, {"xx1": "姓名", "B": "班主任"}).name == "student"


def test_nothing_that_fits_names_the_headers_seen_and_the_nearest_known(schemas):
    with pytest.raises(InputError) as caught:
        choose_schema(table("学生姓明", "数学成绩"), schemas)
    assert caught.value.key == "no_schema_fits_near"
    sentence = said(caught.value)
    assert "学生姓明, 数学成绩" in sentence
    assert "学生姓明 → 学生姓名" in sentence
    assert caught.value.file == "名册.xlsx"


def test_nothing_that_fits_and_nothing_near(schemas):
    with pytest.raises(InputError) as caught:
        choose_schema(table("Q1", "Q2"), schemas)
    assert caught.value.key == "no_schema_fits"
    assert "Q1, Q2" in said(caught.value)
