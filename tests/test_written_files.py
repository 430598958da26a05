"""Files that users write: every mistake of a file is told at once, each with its place, in a sentence, and the command ends with 2."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_rosters import children, write_roster, write_workbook
from conftest import Outcome

from xueji_cli.schema.tomlplaces import read_toml

DAY = ("--as-of", "2025-10-15")

#: File, what it says, the command that reads it, and where its mistakes are told to be.
WRITTEN = {
    "schema": (
        "own.yaml",
        "name: own\ntitel: x\nfields:\n  - name: a\n    type: nmae\n    required: maybe\n  - {name: a, max_length: -1}\nmarkers: [zz]\n",
        ("schema", "check", "own.yaml"),
        ["第 2 行第 1 个字", "第 5 行第 11 个字", "第 6 行第 15 个字", "第 7 行第 5 个字", "第 7 行第 27 个字", "第 8 行第 10 个字"],
    ),
    "rule pack": (
        "rulepacks/own.yaml",
        "name: own\nrules:\n  XX99:\n    severity: off\n  GU04: {severity: fatal, params: {min_years: old, oldest: 3}}\nversoin: 1\n",
        ("check", "roster.csv", "--rules", "rulepacks/own.yaml"),
        ["第 3 行第 3 个字", "第 5 行第 20 个字", "第 5 行第 47 个字", "第 5 行第 52 个字", "第 6 行第 1 个字"],
    ),
    "scoresheet": (
        "own.yaml",
        """name: own
items:
  - {no: '1', section: a, points: x, words: b, kind: manual}
  - {no: '2', section: a, points: 3, words: b, kind: odd}
  - {no: '3'}
""",
        ("reconcile", "roster.csv", "--actual", "other.csv", "--scoresheet", "own.yaml"),
        ["第 3 行第 35 个字", "第 4 行第 54 个字", "第 5 行第 5 个字"],
    ),
    "settings": (
        "xueji.toml",
        """fail_on = "sometimes"
as_of = soon

[rule.ID14]
severity = "fatal"
lang = "fr"
[rule.xx99]
severity = "off"
[map]
姓名 = "name"
""",
        ("check", "roster.csv"),
        ["第 1 行第 1 个字", "第 2 行第 9 个字", "第 5 行第 1 个字", "第 6 行第 1 个字", "第 7 行第 2 个字", "第 10 行第 1 个字"],
    ),
    "code table": (
        "own.csv",
        "code,label,aliases,typo\n1,甲,a|b\n2,\n,乙\n3,丙,a\n1,丁\n",
        ("schema", "check", "own.csv"),
        ["D1 单元格", "B3 单元格", "A4 单元格", "C5 单元格", "A6 单元格"],
    ),
    "decisions": (
        "decisions.csv",
        "备注,结论,记录键\n,大概,0123abcd-89abcdef\n,同一人,x\n,同一人,0123abcd-89abcde0\n,不同人,0123abcd-89abcde0\n",
        ("dedupe", "roster.csv", "--decisions", "decisions.csv"),
        ["B2 单元格", "C3 单元格", "B5 单元格"],
    ),
    "short names": (
        "names.csv",
        "简称,全称\n实小,甲小学\n二小,\n,丙小学\n实小,乙小学\n三小,丁小学\n",
        ("clean", "roster.csv", "--school-names", "names.csv", "--diff"),
        ["B3 单元格", "A4 单元格", "B5 单元格"],
    ),
}  # fmt: skip


@pytest.fixture
def rosters(tmp_path: Path) -> Path:
    write_roster(tmp_path / "roster.csv", children(3))
    write_roster(tmp_path / "other.csv", children(4))
    return tmp_path


@pytest.mark.parametrize("kind", WRITTEN)
def test_all_mistakes_are_told_with_their_places(command: Callable[..., Outcome], rosters: Path, kind: str) -> None:
    name, text, line, places = WRITTEN[kind]
    path = rosters / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    done = command(*line, *(() if line[0] == "schema" else DAY))
    assert done.status == 2
    told = (done.err or done.out).splitlines()
    where = [match[1] for each in told if (match := re.match(r"\s+(.*?(?:个字|单元格|行))：", each))]
    assert where == places
    assert any(f"{len(places)} 处写错" in each for each in told)


def test_a_sheet_of_a_workbook_is_named(command: Callable[..., Outcome], rosters: Path) -> None:
    rows = [{"结论": "同一人", "记录键": "0123abcd-89abcdef"}, {"结论": "大概", "记录键": "0123abcd-89abcdef"}]
    write_workbook(rosters / "decisions.xlsx", {"甲": rows, "乙": rows}, above=1)
    done = command("dedupe", "roster.csv", "--decisions", "decisions.xlsx", *DAY)
    assert done.status == 2
    assert [line.split("：")[0].strip() for line in done.err.splitlines()[1:]] == [
        "工作表“乙”A4 单元格",
        "工作表“甲”A4 单元格",
    ]


def test_entries_and_logs_tell_all_that_is_wrong_with_the_cells(command: Callable[..., Outcome], rosters: Path) -> None:
    (rosters / "entries.csv").write_text(
        "核查表,学校名称,项目编号,核查分,例数\nlingbi-2021,虚谷小学,99,1,\nlingbi-2021,虚谷小学,1,很多,\nlingbi-2021,虚谷小学,2.1,,1.5\n",
        encoding="utf-8",
    )
    done = command("reconcile", "roster.csv", "--actual", "other.csv", "--entries", "entries.csv", *DAY)
    assert done.status == 2
    assert all(f"entries.csv {cell}：" in done.out for cell in ("C2", "D3", "E4"))
    (rosters / "log.csv").write_text(
        "异动类型,姓名,申请日期,批准日期\n转出,李四,去年,\n转入,王五,2025-13-40,\n转入,赵六,,2025-02-30\n",
        encoding="utf-8",
    )
    days = ("--old-date", "2025-03-10", "--new-date", "2025-10-31")
    done = command("changes", "roster.csv", "other.csv", *days, "--log", "log.csv")
    assert done.status == 0  # what a log lacks is a warning
    unread = re.findall(r"(..日期)：日期读不出来。（台账 log.csv 第(\d)行）", done.out)
    assert unread == [("申请日期", "2"), ("申请日期", "3"), ("审批日期", "4")]


def test_lines_of_settings_that_cannot_be_read_hide_nothing() -> None:
    read = read_toml('a = \nb = 1\nb = 2\nc = "x\n\'d\'.e = 5\n[t."u v"]\nw = """\nx = 1\n"""\ny = 2\n')
    assert [(each.line, each.error.key) for each in read.mistakes] == [
        (1, "bad_toml"),
        (3, "toml_twice"),
        (4, "bad_toml"),
    ]
    assert read.values == {"b": 1, "d": {"e": 5}, "t": {"u v": {"w": "x = 1\n", "y": 2}}}
    assert read.places[("d", "e")] == (5, 1)
    assert read.places[("t", "u v", "y")] == (10, 1)
    assert ("t", "u v", "x") not in read.places


@pytest.mark.parametrize(
    "text", ["[map\na = 1\n", "select = [\n" + "a = 1\n" * 30, "a = " + "[" * 3000, "a = " + "9" * 5000]
)
def test_one_fault_that_reaches_far_is_told_once(text: str) -> None:
    read = read_toml(text)
    assert len(read.mistakes) == 1
    assert not read.whole or not read.values
