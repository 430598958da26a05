"""What holds for any lists: every child of age has one category, and the order of rows and files changes nothing but places."""

from __future__ import annotations

from collections import Counter
from datetime import date

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.retention_files import OTHER, SCHOOL, at_home, in_class, on_roll
from tests.rule_cases import make_roster
from xueji_cli.checks.activation import activate, known_parameters
from xueji_cli.checks.registry import known_rules
from xueji_cli.checks.retention_rules import RULES
from xueji_cli.retaining.engine import Options, Sources, retain
from xueji_cli.retaining.intake import one_each, read_list
from xueji_cli.retaining.result import CATEGORIES
from xueji_cli.schema.loading import load_form, load_schema
from xueji_cli.schema.rulepack import load_rulepack

DAY = date(2025, 10, 15)
STUDENT = load_schema("student")
HOUSEHOLD = load_form("household")
PACK = load_rulepack("national-2025", (), known_parameters())
ACTIVE = activate(PACK, {}, [rule.code for rule in RULES], [], among=known_rules())

#: A child: who, in which lists (household, roll, class), and what is odd about it.
CHILD = st.tuples(
    st.integers(0, 9),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.sampled_from(["", "", "number", "birth", "status", "school", "remark", "young"]),
)


def lists(children):
    household, roll, present = [], [], []
    for who, (home, rolled, classed), odd in children:
        if home:
            changes = {"number": {"身份证号": ""}, "birth": {"身份证号": "", "出生日期": ""}, "remark": {"备注": "病故"},
                       "young": {"身份证号": "", "出生日期": "20210101"}}  # fmt: skip
            household.append(at_home(who, **changes.get(odd, {})))
        if rolled:
            changes = {
                "number": {"身份证件号": "", "全国学籍号": ""},
                "status": {"学生状态": "休学"},
                "school": {"学校名称": OTHER},
            }
            roll.append(on_roll(who, **changes.get(odd, {})))
        if classed:
            present.append(in_class(who, **({"备注": "病假"} if odd == "remark" else {})))
    # Lists are never empty: somebody who has nothing to do with anybody stands in each.
    return [*household, at_home(40)], [*roll, on_roll(41)], [*present, in_class(42, 学校名称=SCHOOL)]


def roster(schema, rows, number=0):
    titles = {alias: f.name for f in schema.fields for alias in (*f.aliases, f.title)}
    titles["监护人电话"] = "phone"
    named = [{titles[key]: value for key, value in row.items()} for row in rows]
    return make_roster(schema, list(named[0]), named, number=number)


def compared(household, roll, present):
    sources = Sources(
        household=[roster(HOUSEHOLD, rows, n) for n, rows in enumerate(household)],
        roll=[roster(STUDENT, rows, 10 + n) for n, rows in enumerate(roll)],
        present=[roster(STUDENT, rows, 20 + n) for n, rows in enumerate(present)],
    )
    return retain(sources, Options(DAY, ACTIVE, STUDENT, bytes(32)))


def said(result):
    """What is said of everybody, without places."""
    frame = result.children.select(
        "category", "reason", "name", "born", "id_number", "school", "village", "c_side", "c_name"
    )
    return Counter(frame.rows())


@given(st.lists(CHILD, max_size=14))
# Twice in the households, once without the number, and in class without a roll.
@example([(0, (True, False, False), ""), (0, (True, False, True), "number")])
@settings(max_examples=3, deadline=None)
def test_every_child_of_age_of_the_households_has_exactly_one_category(children):
    household, roll, present = lists(children)
    result = compared([household], [roll], [present])
    told = result.children
    assert set(told["category"]) <= set(CATEGORIES)
    places = told.filter(pl.col("h_row").is_not_null()).select("h_table", "h_row")
    assert places.is_duplicated().sum() == 0
    for side in "rp":
        places = told.filter(pl.col(f"{side}_row").is_not_null()).select(f"{side}_table", f"{side}_row")
        assert places.is_duplicated().sum() == 0
    # Every child of age, each once however often it stands there, is told; who is spelled in two ways may be one of two rows.
    rows, _ = read_list([roster(HOUSEHOLD, household)], 0, DAY)
    each = one_each(rows).filter(result.window.of_age(pl.col("born")).fill_null(value=True))
    listed = told.filter("listed")
    assert listed.height <= each.height
    assert set(each["name"]) <= set(told["name"])
    # Who is accused stands in no class list.
    classes = {row["姓名"] for row in present if "病假" not in row["备注"]}
    accused = told.filter(pl.col("category").is_in(["not_enrolled", "absent"]))
    assert not classes & set(accused["name"])


@given(st.lists(CHILD, min_size=2, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=2, deadline=None)
def test_the_order_of_rows_and_files_changes_nothing_but_places(children, random):
    household, roll, present = lists(children)
    before = said(compared([household], [roll], [present]))
    shuffled = [random.sample(rows, len(rows)) for rows in (household, roll, present)]
    parts = [
        [rows[: len(rows) // 2] or rows, *([rows[len(rows) // 2 :]] if len(rows) > 1 else [])] for rows in shuffled
    ]
    for each in parts:
        random.shuffle(each)
    assert said(compared(*parts)) == before
