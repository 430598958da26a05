"""Cleaning as a core: what is repaired, what is never touched; idempotence, and undoing, for any text."""

from __future__ import annotations

import polars as pl
import pytest
from rule_cases import Case, case_rows, make_roster, student, with_check

from tests.cleaning_rosters import again, cleaned, one
from xueji_cli.checks.registry import all_rules
from xueji_cli.cleaning.change import Kind
from xueji_cli.cleaning.engine import LEFT, SAFE, UNSAFE
from xueji_cli.cleaning.pool import pool
from xueji_cli.cleaning.proposals import reference
from xueji_cli.cleaning.shaping import AS_IS, shape

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
