"""Wrong inputs: each gets a sentence that says what is wrong, where, and what to do."""

from __future__ import annotations

import pytest

from tests.reconcile_files import LIST, OTHER, SCHOOL, Case, listed, pupils

COUNTS = ("学校", "年级", "班级", "实有人数")


@pytest.fixture
def case(tmp_path, command):
    return Case(tmp_path, command)


def counts(*rows, columns=COUNTS):
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_swapped_sides(case):
    case.write("system.csv", pupils(1, 5, "1班"))
    case.write("actual.csv", listed(pupils(1, 5, "1班")))
    done = case.text("actual.csv", "--actual", "system.csv")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("xueji: 两边像是写反了：actual.csv 像是在学校清点的，system.csv 像是从系统导出的。")


def test_swapped_counts(case):
    case.write("system.csv", counts((SCHOOL, "一年级", "1班", "5"), columns=("学校", "年级", "班级", "学籍人数")))
    case.write("actual.csv", counts((SCHOOL, "一年级", "1班", "5")))
    assert case.text("actual.csv", "--actual", "system.csv").status == 2
    assert case.text("system.csv", "--actual", "actual.csv").status == 0


def test_no_school_in_common(case):
    case.write("system.csv", pupils(1, 5, "1班"))
    case.write("actual.csv", listed(pupils(1, 5, "1班"), 学校名称="云汀小学"))
    done = case.text("system.csv", "--actual", "actual.csv")
    assert done.status == 2
    assert f"系统一方：{SCHOOL}；实际一方：云汀小学" in done.err


def test_a_school_on_one_side_only_is_named_and_not_scored(case):
    both = pupils(1, 5, "1班")
    case.write("schools.csv", [{"学校名称": name, "学校简称": ""} for name in (SCHOOL, OTHER, "云汀小学")])
    case.write("system.csv", [*both, *pupils(101, 5, "1班", OTHER)])
    case.write("actual.csv", [*listed(both), *listed(pupils(201, 3, "1班"), 学校名称="云汀小学")])
    arguments = ("system.csv", "--actual", "actual.csv", "--schools", "schools.csv")
    report = case.run(*arguments, status=0)
    assert [school["name"] for school in report["schools"]] == [SCHOOL]
    assert (report["only_system"], report["only_actual"]) == ([OTHER], ["云汀小学"])
    text = case.text(*arguments).out
    assert f"没有检查的学校 1 所：{OTHER}" in text
    assert "系统里没有的学校 1 所，没有比对：云汀小学" in text


def test_names_that_are_not_sure_come_in_one_table(case):
    rows = [*pupils(1, 5, "1班"), *pupils(101, 5, "1班", OTHER)]
    case.write("system.csv", rows)
    case.write(
        "actual.csv", [*listed(rows[:5]), *listed(rows[5:7], 学校名称="虚谷三小"), *listed(rows[7:], 学校名称="谷二小")]
    )
    done = case.text("system.csv", "--actual", "actual.csv")
    assert done.status == 2
    assert "认不准是哪所学校" in done.out
    assert "谷二小　3 行　actual.csv　相近的有：虚谷第二小学" in done.out
    assert "虚谷三小　2 行　actual.csv　相近的有：无" in done.out


def test_a_class_that_can_not_be_read(case):
    rows = pupils(1, 5, "1班")
    case.write("system.csv", rows)
    case.write("actual.csv", listed(rows, 班级="向日葵班", 年级=""))
    report = case.run("system.csv", "--actual", "actual.csv", status=2)
    (problem,) = [each for each in report["problems"] if each["code"] == "class_unreadable"]
    assert "“向日葵班”读不懂" in problem["message"]
    # The same words on both sides are one class, whatever they mean.
    case.write("same.csv", [row | {"班级": "向日葵班", "年级": ""} for row in rows])
    assert case.run("same.csv", "--actual", "actual.csv", status=0)["problems"] == []


@pytest.mark.parametrize(
    ("cell", "code", "status", "actual"),
    [
        ("45人", "count_with_word", 1, 45),
        ("四十五", "count_no_number", 2, None),
        ("-5", "count_negative", 2, None),
        ("4500", "count_too_large", 2, None),
        ("", "not_counted", 2, None),
        ("45.5", "count_no_number", 2, None),
    ],
)
def test_counts_that_are_no_numbers(case, cell, code, status, actual):
    case.write("system.csv", pupils(1, 5, "1班"))
    case.write("actual.csv", counts((SCHOOL, "一年级", "1班", cell)))
    report = case.run("system.csv", "--actual", "actual.csv", status=status)
    (problem,) = report["problems"]
    assert (problem["code"], problem["file"], problem["row"], problem["column"]) == (code, "actual.csv", 2, "D")
    assert report["schools"][0]["students"]["actual"] == actual


def test_two_counts_for_one_class(case):
    case.write("system.csv", pupils(1, 5, "1班"))
    case.write("same.csv", counts((SCHOOL, "一年级", "1班", "5"), (SCHOOL, "一年级", "一(1)班", "5")))
    assert case.run("system.csv", "--actual", "same.csv", status=0)["schools"][0]["students"]["actual"] == 5
    case.write("other.csv", counts((SCHOOL, "一年级", "1班", "5"), (SCHOOL, "一年级", "一(1)班", "6")))
    report = case.run("system.csv", "--actual", "other.csv", status=2)
    assert "有几个不同的人数（5、6），没有采用" in report["problems"][0]["message"]
    assert report["schools"][0]["students"]["actual"] is None


def test_a_list_and_a_count_that_differ(case):
    rows = pupils(1, 5, "1班")
    case.write("system.csv", rows)
    case.write("list.csv", listed(rows))
    case.write("count.csv", counts((SCHOOL, "一年级", "1班", "6")))
    report = case.run("system.csv", "--actual", "list.csv", "count.csv", status=2)
    assert "名单有 5 人，清点表是 6 人，采用了名单" in report["problems"][0]["message"]


def test_a_total_that_is_not_the_sum_of_its_parts(case):
    case.write("system.csv", pupils(1, 5, "1班"))
    case.write("actual.csv", counts((SCHOOL, "一年级", "1班", "5"), (SCHOOL, "一年级", "", "7")))
    report = case.run("system.csv", "--actual", "actual.csv", status=2)
    assert "虚谷小学一年级的合计写的是 7，各部分之和是 5" in report["problems"][0]["message"]


def test_entries_of_another_sheet(case):
    rows = pupils(1, 5, "1班")
    case.write("system.csv", rows)
    case.write("actual.csv", listed(rows))
    case.write("entries.csv", [{"核查表": "sichuan-compulsory", "学校名称": SCHOOL, "项目编号": "c22", "核查分": "8"}])
    done = case.text("system.csv", "--actual", "actual.csv", "--entries", "entries.csv")
    assert done.status == 2
    assert "entries.csv 是另一张核查表（sichuan-compulsory）的检查记录，现在用的是 lingbi-2021" in done.err
    other = case.text(
        "system.csv", "--actual", "actual.csv", "--entries", "entries.csv", "--scoresheet", "sichuan-compulsory"
    )
    assert other.status == 0
    assert "已评 8 分 / 10 分" in other.out


def test_a_class_that_nobody_listed_is_said(case):
    rows = [*pupils(1, 5, "1班"), *pupils(11, 5, "2班")]
    case.write("system.csv", rows)
    case.write("actual.csv", listed(rows[:5]))
    done = case.text("system.csv", "--actual", "actual.csv")
    assert done.status == 1
    assert "一年级2班 在实际一方没有名单也没有人数，1 个班按虚拟班级计" in done.out.replace("\n        ", "").replace(
        "\n", ""
    )


def test_the_other_sentences(case):
    rows = pupils(1, 5, "1班")
    case.write("system.csv", rows)
    case.write("actual.csv", listed(rows))
    case.write("nothing.csv", [{"姓甚": "甲", "名谁": "乙"}])
    for arguments, words in (
        (("system.csv",), "没有给出实际一方"),
        (("--actual", "actual.csv"), "缺少 SYSTEM..."),
        (("system.csv", "--actual", "actual.csv", "-o", "x.pdf"), "不能写成 .pdf 文件"),
        (("system.csv", "--actual", "actual.csv", "-o", "system.csv"), "不能写成 .csv 文件"),
        (("system.csv", "--actual", "actual.csv", "--scoresheet", "x"), "没有叫「x」的核查表"),
        (("system.csv", "--actual", "actual.csv", "--entries", "actual.csv"), "actual.csv 里没有检查记录"),
        (("system.csv", "--actual", "nothing.csv"), "nothing.csv"),
        (("system.csv", "--actual", "missing.csv"), "missing.csv"),
        (("system.csv", "--actual", "actual.csv", "--in-roll", "在读,在家"), "--in-roll 不能是“在家”"),
    ):
        done = case.text(*arguments)
        assert done.status == 2, arguments
        assert words in done.err + done.out, arguments
        assert "Traceback" not in done.err


def test_one_file_that_can_not_be_read_does_not_stop_the_others(case, tmp_path):
    rows = pupils(1, 5, "1班")
    case.write("system.csv", rows)
    case.write("actual.csv", listed(rows))
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04")
    done = case.text("system.csv", "--actual", "actual.csv", "broken.xlsx")
    assert done.status == 2
    assert "broken.xlsx" in done.err
    assert SCHOOL in done.out


def test_two_schools_of_one_name_are_pointed_out(case):
    rows = [*pupils(1, 5, "1班"), *[row | {"学校标识码": "2134130009"} for row in pupils(11, 5, "2班")]]
    case.write("system.csv", rows)
    case.write("actual.csv", listed(rows))
    report = case.run("system.csv", "--actual", "actual.csv", status=0)
    assert [problem["code"] for problem in report["problems"]] == ["two_codes"]


def test_rows_of_nobody_are_told_and_not_counted(case):
    rows = pupils(1, 5, "1班")
    case.write("system.csv", rows)
    empty = dict.fromkeys(LIST, "") | {"学校名称": SCHOOL, "年级": "一年级", "班级": "1班"}
    case.write("actual.csv", [*listed(rows[:2]), empty, *listed(rows[2:])])
    report = case.run("system.csv", "--actual", "actual.csv", status=0)
    assert report["schools"][0]["students"]["actual"] == 5
    assert [(each["code"], each["row"]) for each in report["problems"]] == [("nobody", 4)]
