"""`xueji retention` on small lists: what every child is told to be, and what is never guessed."""

from __future__ import annotations

import json
import re

import polars as pl
import pytest

from tests.reconcile_files import named
from tests.retention_files import OTHER, SCHOOL, Lists, at_home, born, identity, in_class, on_roll, one, told
from xueji_cli.retaining.following import by_key


@pytest.fixture
def lists(tmp_path, command):
    return Lists(tmp_path, command)


def test_who_is_in_order_is_counted_and_not_listed(lists):
    report = lists.run(status=0)
    assert report["children"] == []
    assert report["summary"]["by_category"]["attending"] == 6
    assert report["summary"]["children"] == 6
    assert report["compared"] == ["household", "present"]


def test_every_category_of_a_roll(lists):
    """One child for each; those of the roll stand on it with what the system writes."""
    lists.household += [at_home(number) for number in range(6, 20)]
    lists.roll += [
        on_roll(6),  # nobody says why
        on_roll(7, 学生状态="休学"),
        on_roll(8, 学生状态="休学"),  # back again
        on_roll(9, 学生状态="辍学"),
        on_roll(10, 备注="送教上门"),
        on_roll(11, 备注="普职融合，在县中职"),
        on_roll(12, 备注="没有请假"),  # no reason at all
        on_roll(13, 学生状态="退学"),
        on_roll(14, 学生状态="转出"),
        on_roll(15, 学生状态="毕业"),
        on_roll(16),
        on_roll(17),
        on_roll(18),
    ]
    lists.present += [
        in_class(8),
        in_class(16, 学校名称=OTHER),
        in_class(17, 备注="长期病假"),
        in_class(18, 备注="未报到"),
        in_class(19),
    ]
    lists.roll.append(on_roll(30, 学校名称=OTHER))
    lists.present.append(in_class(30, 学校名称=OTHER))
    report = lists.run(status=1)
    names = {named(number): number for number in range(40)}
    assert {names[name]: category for name, category in told(report).items()} == {
        6: "absent",
        7: "absent_known",
        9: "dropout",
        10: "absent_known",
        11: "absent_known",
        12: "absent",
        13: "dropout",
        14: "not_enrolled_stated",
        15: "not_enrolled_proved",
        16: "elsewhere",
        17: "absent_known",
        18: "absent",
        19: "no_roll",
    }
    reasons = {names[c["name"]]: c["reason"] for c in report["children"]}
    assert {n: reasons[n] for n in (7, 10, 11, 14, 15, 17)} == {
        7: "suspended", 10: "home_teaching", 11: "vocational", 14: "transferred", 15: "graduated", 17: "leave",
    }  # fmt: skip
    assert report["summary"]["by_rule"]["RT04"] == 3
    assert one(report, named(16))["present_school"] == OTHER


def test_every_category_of_a_household(lists):
    lists.household += [
        at_home(6),
        at_home(7, 是否在外="是"),
        at_home(8, 备注="已病故"),
        at_home(9, 就读学校="合肥市某小学"),
        at_home(10, 就读学校=SCHOOL),  # the village says a school here, whose roll does not have it
        at_home(11),  # with a proof
        at_home(12, 出生日期="", 身份证号=""),
        at_home(13, 出生日期="20100105", 身份证号=""),  # fifteen
        at_home(14, 出生日期="20190901", 身份证号=""),  # not yet six
        at_home(15, 出生日期="20090831", 身份证号=""),  # sixteen
        at_home(16, 备注="不在外地就读"),
    ]
    proof = lists.write("证明.csv", [{"姓名": named(11), "身份证号": identity(11), "原因": "外地就读，有证明"}])
    report = lists.run("--explained", proof, status=1)
    names = {named(number): number for number in range(40)}
    assert {names[name]: category for name, category in told(report).items()} == {
        6: "not_enrolled",
        7: "not_enrolled_stated",
        8: "not_enrolled_stated",
        9: "not_enrolled_stated",
        10: "not_enrolled",
        11: "not_enrolled_proved",
        12: "unknown_age",
        13: "maybe_finished",
        16: "not_enrolled",
    }
    assert one(report, named(11))["basis"] == "proof"
    assert one(report, named(8))["reason"] == "died"


def test_a_child_in_several_lists_is_one_child(lists):
    lists.household += [lists.household[0] | {"村(社区)": "西溪村"}]
    lists.roll += [on_roll(1, 学校名称=OTHER, 学生状态="转出")]
    lists.focus = lists.write(
        "脱贫户.csv", [{"姓名": named(0), "身份证号": identity(0)}, {"姓名": named(2), "身份证号": identity(2)}]
    )
    report = lists.run("--focus", lists.focus, status=0)
    assert report["summary"]["children"] == 6
    assert report["children"] == []


def test_a_child_is_found_in_spite_of_what_schools_write(lists):
    """A wrong digit, no number, a tail lost to a spreadsheet, a character by ear, a variant form."""
    number = identity(0)
    wrong = number[:16] + str((int(number[16]) + 2) % 10) + number[17]
    lists.roll[0] |= {"身份证件号": wrong, "全国学籍号": ""}
    lists.roll[1] |= {"身份证件号": "", "全国学籍号": ""}
    lists.roll[2] |= {"身份证件号": identity(2)[:15] + "000", "全国学籍号": ""}
    for row in (lists.roll[3], lists.present[3]):
        row["姓名"] = row["姓名"][0] + "　" + row["姓名"][1:]
    report = lists.run(status=0)
    assert report["summary"]["by_category"]["attending"] == 6


def test_one_number_on_two_plainly_different_names_is_for_a_person_to_see(lists):
    lists.household.append(at_home(6, 姓名="欧阳睿翰"))
    lists.roll.append(on_roll(6, 姓名="司马朗"))
    lists.present.append(in_class(6, 姓名="司马朗"))
    report = lists.run(status=0)
    child = one(report, "欧阳睿翰")
    assert (child["category"], child["link"], child["code"]) == ("review", "shared", "RT07")
    assert child["possible"]["name"] == "司马朗"
    assert child["possible"]["file"] == "roll.csv"
    assert "不能断定是同一人" in child["message"]
    assert lists.command("retention", *lists.options("--fail-on", "warning")).status == 1


def test_a_twin_is_not_found_in_its_twin(lists):
    """One twin in school, the other nowhere: the numbers stand side by side, and all else is the same."""
    first, second = "王子轩", "王子涵"
    day = born(6)
    from tests.cli_rosters import id_number

    own, others = id_number(day, 21), id_number(day, 23)
    lists.household += [at_home(6, 姓名=first, 身份证号=own), at_home(6, 姓名=second, 身份证号=others)]
    lists.roll.append(on_roll(6, 姓名=first, 身份证件号=own, 全国学籍号=f"G{own}"))
    lists.present.append(in_class(6, 姓名=first, 身份证件号=own))
    report = lists.run(status=1)
    assert told(report) == {second: "not_enrolled"}


def test_a_school_that_has_handed_in_no_list_is_not_accused(lists):
    lists.roll += [on_roll(number, 学校名称=OTHER) for number in range(6, 9)]
    lists.roll += [on_roll(number, 班级="2班") for number in range(9, 15)]
    report = lists.run(status=0)
    assert report["summary"]["by_category"]["not_compared"] == 9
    assert report["summary"]["by_category"]["absent"] == 0
    assert {p["code"] for p in report["problems"]} == {"school_no_list", "class_no_list"}
    assert {c["code"] for c in report["children"]} == {"RT10"}


def test_counts_alone_name_nobody(lists):
    lists.present = [{"学校名称": SCHOOL, "年级": "一年级", "班级": "1班", "实有人数": "5"}]
    lists.household.append(at_home(6))
    done = lists.text()
    assert "只有人数" in done.err
    report = lists.run(status=1)
    assert report["not_compared"]["present"]["reason"] == "heads_only"
    assert told(report) == {named(6): "not_enrolled"}
    lists.household = []
    done = lists.text()
    assert (done.status, done.out) == (2, "")
    assert "不能比到人" in done.err


def test_without_households_rolls_and_those_present_are_compared_all_the_same(lists):
    lists.household = []
    lists.roll.append(on_roll(6))
    report = lists.run(status=1)
    assert told(report) == {named(6): "absent"}
    assert report["not_compared"]["household"]["reason"] == "no_household"
    why = {(rate["rate"], rate["stage"]): rate["reason"] for rate in report["rates"]}
    assert why["net_enrolment", "primary"] == "no_household"


def test_focus_groups_are_named_and_add_children_whom_no_other_list_has(lists):
    lists.household.append(at_home(6))
    poor = lists.write(
        "脱贫户.csv", [{"姓名": named(6), "身份证号": identity(6)}, {"姓名": named(1), "身份证号": identity(1)}]
    )
    disabled = lists.write(
        "残联.csv", [{"姓名": named(n), "身份证号": identity(n), "残疾类别": "肢体残疾"} for n in (2, 6, 20)]
    )
    report = lists.run("--focus", poor, disabled, status=1)
    assert one(report, named(6))["focus"] == ["残联", "脱贫户"]
    only = one(report, named(20))
    assert (only["category"], only["in_household"], only["focus_list"]["file"]) == ("not_enrolled", False, "残联.csv")
    rate = next(r for r in report["rates"] if (r["rate"], r["stage"]) == ("disabled_enrolment", "primary"))
    assert (rate["numerator"], rate["denominator"]) == (1, 3)


def test_a_proof_that_may_be_somebody_elses_is_for_a_person_to_see(lists):
    lists.household.append(at_home(6))
    proof = lists.write("证明.csv", [{"姓名": named(6), "原因": "外地就读"}, {"姓名": "没有此人", "原因": "缓学"}])
    report = lists.run("--explained", proof, status=0)
    child = one(report, named(6))
    assert (child["category"], child["possible"]["file"]) == ("review", "证明.csv")
    assert [p["code"] for p in report["problems"]] == ["proofs_of_nobody"]


def test_numbers_of_the_year(lists):
    numbers = lists.write(
        "年度数.csv",
        [
            {"学段": "小学", "学年初在校生数": "1,000"},
            {"学段": "大学", "学年初在校生数": "5"},
            {"学段": "初中", "学年初在校生数": "很多"},
        ],
    )
    report = lists.run("--numbers", numbers, status=2)
    rate = next(r for r in report["rates"] if (r["rate"], r["stage"]) == ("dropout", "primary"))
    assert (rate["numerator"], rate["denominator"], rate["value"]) == (0, 1000, 0.0)
    assert [(p["code"], p["row"], p["column"]) for p in report["problems"]] == [
        ("numbers_stage", 3, None),
        ("numbers_no_number", 4, "B"),
    ]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--household", "household.csv"], "--roll"),
        (["--roll", "roll.csv"], "--household"),
        (["--roll", "roll.csv", "--present", "present.csv", "-o", "台账.docx"], ".xlsx .html .json"),
        (["--roll", "roll.csv", "--present", "present.csv", "-o", "roll.csv"], ".csv"),
        (["--roll", "roll.csv", "--present", "roll.csv"], "--present"),
        (["--roll", "没有.csv", "--present", "present.csv"], "没有.csv"),
        (["--roll", "roll.csv", "--present", "present.csv", "--previous", "household.csv"], "台账键"),
        (["--roll", "roll.csv", "--present", "present.csv", "--by", "county"], "township"),
    ],
)
def test_mistakes_are_said_and_end_with_2(lists, arguments, word):
    lists.options()
    done = lists.command("retention", *arguments)
    assert (done.status, done.out) == (2, "")
    assert word in done.err


def test_one_unreadable_file_does_not_stop_the_others(lists, tmp_path):
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04not a workbook")
    options = lists.options()
    done = lists.command("retention", *options, "--present", "坏.xlsx", "--format", "json")
    assert done.status == 2
    report = json.loads(done.out)
    assert [each["file"] for each in report["unreadable"]] == ["坏.xlsx"]
    assert report["summary"]["by_category"]["attending"] == 6


def test_fail_on_and_the_settings_decide_what_counts(lists, tmp_path):
    lists.household.append(at_home(6))
    options = lists.options()
    assert lists.command("retention", *options).status == 1
    assert lists.command("retention", *options, "--fail-on", "never").status == 0
    (tmp_path / "xueji.toml").write_text('[rule.RT01]\nseverity = "notice"\nmin_age = 9\n', encoding="utf-8")
    done = lists.command("retention", *options, "--format", "json")
    assert done.status == 0
    assert json.loads(done.out)["run"]["window"]["min_age"] == 9


def test_a_rule_that_is_off_or_ignored_is_told_and_does_not_count(lists, tmp_path):
    lists.household.append(at_home(6))
    options = lists.options("--format", "json")
    for setting in ('[rule.RT01]\nseverity = "off"\n', 'ignore = ["RT01"]\n'):
        (tmp_path / "xueji.toml").write_text(setting, encoding="utf-8")
        done = lists.command("retention", *options)
        assert done.status == 0
        assert json.loads(done.out)["summary"]["by_rule"]["RT01"] == 1


LEDGER = ("学生姓名", "身份证号码", "比对结果", "劝返次数", "劝返人员", "劝返时间", "劝返情况", "台账键")


def test_of_children_with_one_key_the_one_that_the_ledger_shows_is_meant():
    children = pl.DataFrame(
        {
            "child": [0, 1, 2],
            "keys": [["k00001"], ["k00001", "k00002"], ["k00003"]],
            "name": ["王甲", "李乙", "赵丙"],
            "id_number": ["341323201801010012", "341323201801010039", None],
            "town": ["甲镇", "乙镇", "丙镇"],
            "sex": ["男", "男", "女"],
        }
    )
    entries = pl.DataFrame(
        {
            "entry": [0, 1, 2, 3],
            "ledger_key": ["k00001", "k00001 k00009", "k00003", "k00001"],
            "name": ["李*", "王*", "钱*", None],
            "id_number": ["341323********003*", "341323********999*", None, None],
            "town": [None, "甲镇", None, None],
            "sex": [None, None, None, None],
        },
        schema_overrides={"sex": pl.String},
    )
    # The last but one is somebody else's key by chance, and the last fits two as well.
    keys = children.select("child", key="keys").explode("key")
    assert by_key(entries, children, keys).rows() == [(0, 1), (1, 0)]


def test_a_ledger_is_followed_whatever_order_its_rows_are_in(lists, tmp_path):
    from openpyxl import load_workbook

    lists.household += [at_home(number) for number in (6, 7, 8)]
    lists.roll += [on_roll(9), on_roll(10)]
    assert lists.text("-o", "上期.xlsx").status == 1
    book = load_workbook(tmp_path / "上期.xlsx")
    sheet = book["疑似辍学台账"]
    heads = [cell.value for cell in sheet[3]]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert len(rows) == 5
    visits = heads.index("劝返次数")
    for number, row in enumerate(rows):
        row[visits] = str(number + 1)
        row[heads.index("劝返情况")] = f"第{number}户"
    # As people keep it: sorted anew, a column more, the names still masked.
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.delete_rows(4, 10)
    for row in reversed(rows):
        sheet.append([*row, "自己加的"])
    sheet.cell(3, len(heads) + 1, "自己加的列")
    book.save(tmp_path / "上期填好.xlsx")
    # This time one has come back, one has a proof, one is in no list, one is new.
    lists.household = [row for row in lists.household if row["姓名"] != named(8)] + [at_home(11)]
    lists.roll.append(on_roll(6))
    lists.present.append(in_class(6))
    proof = lists.write("证明.csv", [{"姓名": named(7), "身份证号": identity(7), "原因": "缓学"}])
    report = lists.run("--explained", proof, "--previous", "上期填好.xlsx", status=1)
    followed = report["followed"]
    assert followed["counts"] == {"new": 1, "open": 2, "review": 0, "returned": 1, "explained": 1, "gone": 1}
    states = {entry["name"]: entry["state"] for entry in followed["entries"]}
    assert states[named(6)] == "returned"
    assert states[named(7)] == "explained"
    assert states[named(9)] == states[named(10)] == "open"
    assert states[named(11)] == "new"
    assert report["summary"]["by_rule"]["RT16"] == 1
    # The visits go along into the new ledger.
    lists.text("--previous", "上期填好.xlsx", "-o", "本期.xlsx", "--reveal")
    sheet = load_workbook(tmp_path / "本期.xlsx")["疑似辍学台账"]
    heads = [cell.value for cell in sheet[3]]
    carried = {row[heads.index("学生姓名")].value: row[visits].value for row in sheet.iter_rows(min_row=4)}
    assert carried[named(9)] in "12345"
    assert carried[named(11)] in (None, "")


def test_a_ledger_with_whole_names_is_known_by_them_when_the_keys_are_gone(lists):
    lists.household.append(at_home(6))
    row = dict.fromkeys(LEDGER, "") | {"学生姓名": named(6), "身份证号码": identity(6), "劝返次数": "2"}
    masked = dict.fromkeys(LEDGER, "") | {"学生姓名": "王*", "身份证号码": "341323********123*", "台账键": "k00000"}
    report = lists.run("--previous", lists.write("台账.csv", [row, masked]), status=1)
    assert report["followed"]["counts"] == {"new": 0, "open": 1, "review": 0, "returned": 0, "explained": 0, "gone": 1}
    assert [p["code"] for p in report["problems"]] == ["ledger_masked"]


def test_keys_do_not_hold_the_number_and_are_the_same_for_every_spelling(lists):
    lists.household.append(at_home(6))
    before = one(lists.run(), named(6))["keys"]
    assert len(before) == 1
    assert re.fullmatch("r[0-9a-f]{12}", before[0])
    lists.household[-1] |= {"身份证号": "", "姓名": named(6)[0] + " " + named(6)[1:], "村(社区)": "西溪村"}
    assert one(lists.run(), lists.household[-1]["姓名"].replace(" ", ""))["keys"] == before
