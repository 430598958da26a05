"""What the command line promises to scripts: exit codes, and which stream carries what."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_rosters import DAY, children, faulty, write_roster

ROOT = Path(__file__).parent.parent


def process(*arguments, cwd, **options):
    """Run xueji as another process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} | options.pop("env", {})
    call = [sys.executable, "-m", "xueji_cli", *map(str, arguments)]
    return subprocess.run(call, cwd=cwd, env=environment, capture_output=True, check=False, timeout=120, **options)


@pytest.fixture
def good(tmp_path):
    return write_roster(tmp_path / "good.csv", children(4))


@pytest.fixture
def bad(tmp_path):
    return write_roster(tmp_path / "bad.csv", faulty("error", "warning", "notice"))


def test_a_right_roster_ends_with_0(command, good):
    done = command("check", good, "--as-of", DAY)
    assert (done.status, done.err) == (0, "")
    assert "没有发现问题" in done.out


def test_an_error_ends_with_1(command, bad):
    done = command("check", bad, "--as-of", DAY)
    assert (done.status, done.err) == (1, "")
    assert "错误 ID03" in done.out


@pytest.mark.parametrize(
    ("worst", "limit", "status"),
    [
        ("error", "error", 1),
        ("error", "never", 0),
        ("warning", "error", 0),
        ("warning", "warning", 1),
        ("warning", "notice", 1),
        ("notice", "warning", 0),
        ("notice", "notice", 1),
        ("notice", "never", 0),
        ("", "notice", 0),
    ],
)
def test_fail_on_says_which_severity_ends_with_1(command, tmp_path, worst, limit, status):
    roster = write_roster(tmp_path / "r.csv", faulty(worst))
    assert command("check", roster, "--as-of", DAY, "--fail-on", limit).status == status


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check"], ["缺少 FILES...", "xueji check --help"]),
        (["check", "x.csv", "--fial-on", "never"], ["--fial-on", "--fail-on"]),
        (["check", "x.csv", "--zzz"], ["没有 --zzz 这个选项。"]),
        (["check", "x.csv", "--fail-on", "fatal"], ["--fail-on", "error, warning, notice, never"]),
        (["check", "x.csv", "--format", "xml"], ["--format", "text, json, jsonl, csv"]),
        (["check", "x.csv", "--lang", "fr"], ["--lang", "zh, en"]),
        (["check", "x.csv", "--places", "-1"], ["--places", "不小于 0"]),
        (["check", "x.csv", "--places", "many"], ["--places", "不小于 0"]),
        (["check", "x.csv", "--header-row", "0"], ["--header-row", "不小于 1"]),
        (["check", "x.csv", "--as-of", "yesterday"], ["--as-of", "yesterday", "2025-10-15"]),
        (["check", "x.csv", "--fail-on"], ["--fail-on 后面缺少值"]),
        (["check", "nowhere/*.csv"], ["nowhere/*.csv"]),
        (["chekc", "x.csv"], ["chekc", "xueji check"]),
        (["schema", "lsit"], ["lsit", "xueji schema list"]),
        (["frobnicate"], ["没有 frobnicate 这个命令", "xueji --help"]),
        (["名册.xlsx"], ["xueji check 名册.xlsx"]),
        (["codes", "list", "everything"], ["多余的内容：everything", "xueji codes list --help"]),
        (["rule", "XX99"], ["XX99"]),
        (["check", "x.csv", "--rules", "atlantis"], ["atlantis", "anhui"]),
        (["check", "x.csv", "--schema", "atlantis"], ["atlantis", "student"]),
        (["check", "x.csv", "--config", "nowhere.toml"], ["nowhere.toml"]),
        (["check", "x.csv", "--select", "XX99"], ["XX99"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(command, tmp_path, arguments, words):
    write_roster(tmp_path / "x.csv", children(2))
    done = command(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("xueji: ")
    for word in words:
        assert word in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("arguments", [[], ["schema"], ["codes"]], ids=["xueji", "schema", "codes"])
def test_no_command_shows_the_help_page_on_stderr_and_ends_with_2(command, arguments):
    done = command(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("用法：xueji")


def test_a_missing_file_is_2_and_named(command):
    done = command("check", "没有这个文件.xlsx")
    assert done.status == 2
    assert "xueji: 找不到文件：没有这个文件.xlsx" in done.err
    assert "没有发现问题" not in done.out


def test_an_unreadable_file_does_not_stop_the_others(command, tmp_path, bad):
    (tmp_path / "picture.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "empty.csv").write_bytes(b"")
    done = command("check", "picture.xlsx", "bad.csv", "empty.csv", "--as-of", DAY)
    assert done.status == 2
    assert "错误 ID03" in done.out
    for name in ("picture.xlsx", "empty.csv"):
        assert name in done.out
        assert f"xueji: {name}" in done.err


def test_json_lists_unreadable_files_and_stderr_names_them(command, tmp_path, bad):
    (tmp_path / "empty.csv").write_bytes(b"")
    done = command("check", "bad.csv", "empty.csv", "--as-of", DAY, "--format", "json", "--fail-on", "never")
    assert done.status == 2
    data = json.loads(done.out)
    assert [(each["file"], each["reason"]) for each in data["unreadable"]] == [("empty.csv", "empty_file")]
    assert [each["file"] for each in data["inputs"]] == ["bad.csv"]
    assert done.err.strip() == f"xueji: {data['unreadable'][0]['message']}"


@pytest.mark.parametrize("how", ["json", "jsonl", "csv"])
def test_stdout_is_the_payload_and_nothing_else(command, bad, how):
    done = command("check", bad, "--as-of", DAY, "--format", how, "-v", "-o", "report.html")
    assert done.status == 1
    if how == "json":
        data = json.loads(done.out)
        assert data["schema"] == "xueji/check/v1"
        found = data["findings"]
        assert [each["code"] for each in found] == ["ID03", "PT01", "CD03"]
    elif how == "jsonl":
        head, *found = [json.loads(line) for line in done.out.splitlines()]
        assert head["schema"] == "xueji/check/v1"
    else:
        found = list(csv.DictReader(io.StringIO(done.out)))
    assert [(each["code"], each["cell"]) for each in found] == [("ID03", "K3"), ("PT01", "AA4"), ("CD03", "N5")]
    assert done.err == "已写出 report.html\n"


def test_quiet_says_nothing_on_stderr_but_errors(command, tmp_path, bad):
    (tmp_path / "empty.csv").write_bytes(b"")
    assert command("check", bad, "--as-of", DAY, "-q", "--format", "json", "-o", "r.json").err == ""
    assert "empty.csv" in command("check", bad, "empty.csv", "-q", "--format", "json").err


def test_verbose_shows_the_binding_and_the_skipped_rules(command, bad):
    brief = command("check", bad, "--as-of", DAY).out
    full = command("check", bad, "--as-of", DAY, "-v").out
    assert "K 列 身份证件号: 身份证件号" in full
    assert "CL08 班级清单里没有这个班：缺少 --classes" in full
    assert "K 列" not in brief
    assert "CL08" not in brief


def test_places_limits_what_the_screen_lists_and_0_is_all(command, tmp_path):
    roster = write_roster(tmp_path / "r.csv", children(5, 照片="无"))
    few = command("check", roster, "--as-of", DAY).out
    assert "AA4" in few
    assert "AA5" not in few
    assert "还有 2 处" in few
    every = command("check", roster, "--as-of", DAY, "--places", "0").out
    assert all(f"AA{row}" in every for row in range(2, 7))
    assert "还有" not in every


def explode(*_, **__):
    secret = "王小明"
    try:
        raise KeyError(secret)
    except KeyError:
        msg = f"cannot parse {secret} 341323201204120017"
        raise RuntimeError(msg) from None


@pytest.mark.parametrize("options", [[], ["--debug"]], ids=["plain", "debug"])
def test_an_internal_error_is_3_and_one_line(command, good, monkeypatch, options):
    monkeypatch.setattr("xueji_cli.checks.engine.judge", explode)
    done = command("check", good, *options)
    assert (done.status, done.out) == (3, "")
    last = done.err.splitlines()[-1]
    assert last.startswith("xueji: 程序内部出错（RuntimeError）")
    if options:
        # Where it went wrong, and no word of what it went wrong with.
        assert "test_cli_exit.py" in done.err
        assert "in explode" in done.err
        assert "KeyError" in done.err
    else:
        assert done.err == last + "\n"
    assert "王小明" not in done.err
    assert "341323201204120017" not in done.err


def test_a_panic_inside_polars_is_an_internal_error(command, good, monkeypatch):
    def panic(*_, **__):
        raise type("PanicException", (BaseException,), {})("index out of bounds: 王小明")

    monkeypatch.setattr("xueji_cli.checks.engine.judge", panic)
    done = command("check", good)
    assert done.status == 3
    assert "PanicException" in done.err
    assert "王小明" not in done.err


def test_an_interruption_is_130_and_leaves_no_file(command, good, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("xueji_cli.reports.page.render_page", interrupt)
    before = sorted(tmp_path.iterdir())
    done = command("check", good, "-o", "report.html")
    assert (done.status, done.out) == (130, "")
    assert done.err == "xueji: 已中断，没有写出不完整的文件。\n"
    assert sorted(tmp_path.iterdir()) == before


def test_as_a_process_it_ends_with_the_same_codes(tmp_path, good, bad):
    assert process("check", good, "--as-of", DAY, cwd=tmp_path).returncode == 0
    found = process("check", bad, "--as-of", DAY, "--format", "json", cwd=tmp_path)
    assert found.returncode == 1
    assert json.loads(found.stdout.decode("utf-8"))["summary"]["errors"] == 1
    missing = process("check", "nothing.xlsx", cwd=tmp_path, env={"XUEJI_LANG": "en"})
    assert missing.returncode == 2
    assert b"File not found: nothing.xlsx" in missing.stderr


def test_output_is_utf8_whatever_the_code_page(tmp_path, bad):
    done = process("check", bad, "--as-of", DAY, cwd=tmp_path, env={"PYTHONIOENCODING": "gbk", "LC_ALL": "C"})
    assert "证件号校验码不对" in done.stdout.decode("utf-8")


@pytest.mark.skipif(os.name == "nt", reason="pipes of another kind")
@pytest.mark.parametrize("how", ["text", "json", "jsonl", "csv"])
def test_a_reader_that_has_enough_ends_it_quietly(tmp_path, how):
    roster = write_roster(tmp_path / "r.csv", children(3000, 照片="无", 民族="汉"))
    call = [sys.executable, "-m", "xueji_cli", "check", str(roster), "--format", how, "--places", "0", "--as-of", DAY]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=environment
    ) as running:
        assert running.stdout.read(1)
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) in (0, 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("how", ["text", "json", "csv"])
def test_a_full_disk_is_said_in_one_line(tmp_path, bad, how):
    with Path("/dev/full").open("wb") as full:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        call = [sys.executable, "-m", "xueji_cli", "check", str(bad), "--format", how]
        done = subprocess.run(call, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("xueji: 无法写出 stdout")
    assert len(done.stderr.decode().splitlines()) == 1
