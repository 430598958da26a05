"""The whole output of a small roster, character for character.

Regenerate after a change that is meant: `GOLDEN=write pytest tests/test_cli_golden.py`, and read the diff.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from cli_rosters import DAY, child, children, write_roster, write_workbook
from rich.cells import cell_len

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("GOLDEN") == "write"


@pytest.fixture
def township(tmp_path):
    """Two files: a workbook with a title and faults of many kinds, and a CSV with a child that is in the workbook too."""
    rows = children(6)
    wrong = rows[0]["身份证件号"]
    rows[0]["身份证件号"] = wrong[:-1] + ("1" if wrong[-1] == "0" else "0")
    rows[1] |= {"姓名": "钱雨桐（转学）", "民族": "汉"}
    rows[2] |= {"照片": "无", "联系电话": "1381234"}
    rows[3] |= {"出生日期": "2018年13月1日", "备注": "走读"}
    rows[4] |= {"身份证件号": "", "现住址": "不详", "成员1关系": "母亲"}
    rows = [{**row, "备注": row.get("备注", "")} for row in rows]
    write_workbook(tmp_path / "虚谷小学.xlsx", {"花名册": rows}, above=1)
    write_roster(tmp_path / "转入.csv", [child(6, 班级="2班"), child(30)], encoding="gb18030")
    return ["虚谷小学.xlsx", "转入.csv"]


def agree(name: str, text: str) -> None:
    """Compare with a golden file, which has \\n for line breaks."""
    text = re.sub(r'"version": "[^"]+"', '"version": "0"', text.replace("\r\n", "\n"))
    text = re.sub(r'"sha256": "[0-9a-f]{64}"', '"sha256": "0"', text)
    path = GOLDEN / name
    if WRITE:
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.exists(), f"{name} is missing; see the top of this file"
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 120])
def test_text(command, township, monkeypatch, lang, width):
    monkeypatch.setenv("COLUMNS", str(width))
    done = command("check", *township, "--as-of", DAY, "--lang", lang)
    assert (done.status, done.err) == (1, "")
    wide = [line for line in done.out.splitlines() if cell_len(line) > width and "xueji check" not in line]
    assert wide == []
    agree(f"check-{lang}-{width}.txt", done.out)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_verbose_text(command, township, monkeypatch, lang):
    monkeypatch.setenv("COLUMNS", "80")
    done = command("check", *township, "--as-of", DAY, "--lang", lang, "-v", "--places", "0")
    assert [line for line in done.out.splitlines() if cell_len(line) > 80] == []
    agree(f"check-{lang}-verbose.txt", done.out)


@pytest.mark.parametrize("how", ["json", "jsonl", "csv"])
def test_machine_formats(command, township, how):
    done = command("check", *township, "--as-of", DAY, "--format", how)
    assert (done.status, done.err) == (1, "")
    agree(f"check.{how}", done.out)


def test_json_in_english_has_the_same_keys_and_other_sentences(command, township):
    done = command("check", *township, "--as-of", DAY, "--format", "json", "--lang", "en")
    agree("check-en.json", done.out)


def test_the_same_twice(command, township):
    """No order depends on hashing or threads."""
    first, second = (command("check", *township, "--as-of", DAY, "--format", "json").out for _ in range(2))
    assert first == second


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [60, 100, 200])
def test_no_line_is_wider_than_the_window(command, township, monkeypatch, lang, width):
    monkeypatch.setenv("COLUMNS", str(width))
    out = command("check", *township, "--as-of", DAY, "--lang", lang, "-o", "r.html").out
    assert [line for line in out.splitlines() if cell_len(line) > width] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "arguments",
    [("schema", "list"), ("schema", "show", "student"), ("codes", "list"), ("codes", "show", "ethnicity"), ("rule",)],
    ids=" ".join,
)
def test_no_line_of_a_listing_is_wider_than_the_window(command, monkeypatch, arguments, lang, width):
    monkeypatch.setenv("COLUMNS", str(width))
    done = command(*arguments, "--lang", lang)
    assert (done.status, done.err) == (0, "")
    assert [line for line in done.out.splitlines()[4 if "show" in arguments else 0 :] if cell_len(line) > width] == []
