from __future__ import annotations

import io
from typing import Any

import pytest
from made_up_report import FINDINGS, PEOPLE, findings, patch_catalogue, report, table
from rich.cells import cell_len
from rich.console import Console

from xueji_cli.reports.lines import cell_width, harmless, pad, wrap
from xueji_cli.reports.text import render_text
from xueji_cli.reports.view import finding_view


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_catalogue(monkeypatch)


def printed(made: Any, *, width: int = 80, lang: str = "zh", colour: bool = False, **options: Any) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=colour, color_system="standard" if colour else None)
    view = finding_view(made, lang=lang)
    console.print(render_text(made, view, lang=lang, width=width, **options), soft_wrap=True)
    return stream.getvalue().splitlines()


def one_file(rows: list[dict[str, Any]] | None = None) -> Any:
    return report(table(rows=PEOPLE), rows=FINDINGS[:3] if rows is None else rows)


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("options", [{}, {"verbose": True}, {"limit": None}])
def test_no_line_runs_over_the_edge(width: int, lang: str, options: Any) -> None:
    lines = printed(report(), width=width, lang=lang, **options)
    assert [line for line in lines if cell_len(line) > width] == []


@pytest.mark.parametrize("width", [80, 120])
def test_counts_stand_at_the_right_edge(width: int) -> None:
    heads = [line for line in printed(report(), width=width) if line.startswith(("错误 ", "警告 ", "提示 "))]
    assert len(heads) == 6
    assert {cell_len(line) for line in heads} == {width}


def test_what_was_read() -> None:
    text = "\n".join(printed(report()))
    assert "读取    roster.xlsx 学生" in text
    assert "Excel 工作簿，表头在第 3 行；已识别 6 列；未识别 1 列：备注" in text
    assert "CSV 文本 (gb18030)" in text
    assert "读不了  找不到文件 丢失.xlsx。" in text


def test_errors_first_and_places_aligned() -> None:
    lines = printed(one_file([*FINDINGS[1:3], {**FINDINGS[1], "row": 1207, "class_name": "四年级11班"}]))
    heads = [line.split()[1] for line in lines if line.startswith(("错误", "警告", "提示"))]
    assert heads == ["ID03", "NM02"]
    start = lines.index(next(line for line in lines if "F1207" in line)) - 1
    first, second = lines[start : start + 2]
    assert first == "  一年级1班   F4     身份证件号 341323********123* 的校验码应为 4"
    assert second == "  四年级11班  F1207  身份证件号 341323********123* 的校验码应为 4"


def test_the_cell_is_shown_where_the_sentence_does_not_say_it() -> None:
    cell = {**FINDINGS[1], "rule": "PH09", "severity": "notice", "field": "remark"}
    lines = printed(one_file([{**cell, "value": value} for value in ("很长" * 5, "无", None)] + [FINDINGS[1]]))
    places = [line for line in lines if " F4" in line]
    assert places == [
        "  一年级1班  F4  身份证件号 341323********123* 的校验码应为 4",
        "  一年级1班  F4  很长很长很长很长很长  没有照片",
        "  一年级1班  F4  无                    没有照片",
        "  一年级1班  F4                        没有照片",
    ]
    long = printed(one_file([{**cell, "value": "很长" * 50}]))
    assert any(line.endswith("很长很长很长很长很长很长很长很长很长很长很...") for line in long)


def test_limit_says_how_many_more() -> None:
    made = one_file([{**FINDINGS[1], "row": row} for row in range(4, 20)])
    assert "  还有 13 处" in printed(made, limit=3)
    everything = printed(made, limit=None)
    assert sum("的校验码应为" in line for line in everything) == 16
    assert not any("还有" in line for line in everything)


def test_last_line_is_the_next_step() -> None:
    assert printed(one_file())[-1].strip() == "xueji check roster.xlsx -o roster-核查.xlsx"
    assert printed(report())[-1].strip() == "-o 核查结果/"
    assert "out.xlsx" in printed(one_file(), written=["out.xlsx"])[-1]
    spaced = report(table("我的 名单.xls", rows=PEOPLE), rows=FINDINGS[:1])
    assert printed(spaced)[-1].strip() == 'xueji check "我的 名单.xls" -o "我的 名单-核查.xlsx"'
    nothing = printed(one_file([]))
    assert nothing[-1].strip() == "没有发现问题。"


def test_many_tables_are_counted_not_listed() -> None:
    tables = [table(f"{number}.xlsx", rows=PEOPLE) for number in range(300)]
    short = printed(report(*tables, rows=[]))
    assert len(short) < 8
    assert "300 个文件，300 张表，900 行" in short[0]
    assert sum(line.startswith("读取") for line in printed(report(*tables, rows=[]), verbose=True)) == 300


def test_skipped_rules_short_and_whole() -> None:
    assert any("1 条规则没有在每张表上都查，因为有的表缺少：曾用名" in line for line in printed(report()))
    assert any("NM02 姓名中有空格：缺少 曾用名" in line for line in printed(report(), verbose=True))


def test_cells_can_neither_steer_the_terminal_nor_be_read_as_markup() -> None:
    nasty = "[red]x[/] :id: \x1b[31m\u202e\r\n\x07"
    made = one_file([{**FINDINGS[1], "field": "remark", "value": nasty, "class_name": nasty}])
    text = "\n".join(printed(made))
    assert "[red]x[/] :id:" in text
    assert not set(text) & set("\x1b\u202e\r\x07")


def test_colour_only_where_the_console_has_it() -> None:
    assert any("\x1b[1;31m" in line for line in printed(one_file(), colour=True))
    assert not any("\x1b" in line for line in printed(one_file(), colour=False))


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("一二三四五", 4, ["一二", "三四", "五"]),
        ("改正，然后", 4, ["改", "正，", "然后"]),
        ("see roster.xlsx now", 12, ["see", "roster.xlsx", "now"]),
        ("a" * 10, 4, ["aaaa", "aaaa", "aa"]),
        ("号 341323********1234 错", 22, ["号 341323********1234", "错"]),
        ("", 10, [""]),
    ],
)
def test_wrap(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@pytest.mark.parametrize("text", ["张三", "Ａ（）", "𠮷", "abc", "阿·买", "e\u0301"])
def test_width_agrees_with_rich(text: str) -> None:
    assert cell_width(text) == cell_len(text)
    assert cell_len(pad(text, 12)) == 12


def test_harmless_keeps_what_people_wrote() -> None:
    assert harmless("阿依古丽·买买提 (1)班") == "阿依古丽·买买提 (1)班"


def test_hundred_thousand_findings_do_not_slow_the_terminal() -> None:
    import time

    made = one_file([])
    object.__setattr__(made, "findings", findings(FINDINGS[1:3] * 50_000))
    started = time.perf_counter()
    assert len(printed(made)) < 30
    assert time.perf_counter() - started < 10
