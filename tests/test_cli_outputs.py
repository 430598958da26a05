"""`-o`: every format by its name, whole or not at all, never over an input."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sys

import openpyxl
import pytest
from cli_rosters import DAY, children, faulty, write_roster, write_workbook


@pytest.fixture
def book(tmp_path):
    return write_workbook(tmp_path / "名册.xlsx", {"花名册": faulty("error", "warning")})


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_suffix_at_once(command, tmp_path, book):
    names = ["r.xlsx", "r.html", "r.json", "r.jsonl", "r.csv"]
    before = digest(book)
    done = command("check", book, "--as-of", DAY, *(part for name in names for part in ("-o", name)))
    assert (done.status, done.err) == (1, "")
    assert "r.xlsx" in done.out.splitlines()[-1]

    workbook = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert workbook.sheetnames[0] == "花名册"
    assert {"问题清单", "汇总"} <= set(workbook.sheetnames)
    assert workbook["花名册"]["K3"].comment is not None
    assert workbook["花名册"]["K2"].comment is None
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "ID03" in page
    data = json.loads((tmp_path / "r.json").read_bytes())
    assert [each["code"] for each in data["findings"]] == ["ID03", "PT01"]
    lines = (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line).get("code") for line in lines] == [None, "ID03", "PT01"]
    raw = (tmp_path / "r.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf"), "Excel takes a file without it for another encoding"
    assert [row["cell"] for row in csv.DictReader(raw.decode("utf-8-sig").splitlines())] == ["K3", "AA4"]

    assert digest(book) == before
    assert {path.name for path in tmp_path.iterdir()} == {book.name, *names}


@pytest.mark.parametrize("how", ["json", "jsonl"])
def test_a_file_says_what_stdout_says(command, tmp_path, book, how):
    done = command("check", book, "--as-of", DAY, "--format", how, "-o", f"r.{how}")
    assert (tmp_path / f"r.{how}").read_text(encoding="utf-8") == done.out


def test_a_folder_gets_a_copy_of_each_file_and_a_summary(command, tmp_path, book):
    write_workbook(tmp_path / "乙.xlsx", {"名册": children(2, 照片="无")})
    write_roster(tmp_path / "丙.csv", children(2))
    before = {path.name: digest(path) for path in tmp_path.iterdir()}
    done = command("check", ".", "--as-of", DAY, "-o", "核查结果/")
    assert done.status == 1
    written = {path.name for path in (tmp_path / "核查结果").iterdir()}
    assert len(written) == 4
    for stem in ("名册", "乙", "丙"):
        assert any(name.startswith(stem) and name.endswith(".xlsx") for name in written), written
    assert {path.name: digest(path) for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_second_run_replaces_the_first(command, tmp_path, book):
    for _ in range(2):
        assert command("check", book, "--as-of", DAY, "-o", "r.json", "-o", "结果/").status == 1
    assert len(list((tmp_path / "结果").iterdir())) == len({path.name for path in (tmp_path / "结果").iterdir()})
    assert json.loads((tmp_path / "r.json").read_bytes())["summary"]["errors"] == 1


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("r.pdf", [".pdf", ".xlsx", ".html"]),
        ("r", [".xlsx"]),
        ("名册.xlsx", ["名册.xlsx", "原文件未改动"]),
        ("./名册.xlsx", ["名册.xlsx"]),
        ("没有/r.json", ["没有"]),
        ("名册.xlsx/r.json", ["名册.xlsx"]),
    ],
    ids=["unknown suffix", "no suffix", "the input", "the input spelled otherwise", "no such folder", "below a file"],
)
def test_an_output_that_cannot_be_is_refused_before_any_work(command, tmp_path, book, monkeypatch, output, words):
    def work(*_, **__):
        pytest.fail("the input was read")

    monkeypatch.setattr("xueji_cli.commands.inputs.read_blob", work)
    before = digest(book)
    done = command("check", "名册.xlsx", "-o", "good.json", "-o", output)
    assert (done.status, done.out) == (2, "")
    for word in words:
        assert word in done.err
    assert digest(book) == before
    assert [path.name for path in tmp_path.iterdir()] == [book.name]


def test_an_input_found_in_a_folder_is_not_written_over_either(command, tmp_path, book):
    before = digest(book)
    done = command("check", ".", "-o", "名册.xlsx")
    assert done.status == 2
    assert digest(book) == before


@pytest.mark.skipif(sys.platform == "win32", reason="hard links need no rights here only on Unix")
def test_a_link_to_an_input_is_the_input(command, tmp_path, book):
    os.link(book, tmp_path / "link.xlsx")
    before = digest(book)
    assert command("check", "名册.xlsx", "-o", "link.xlsx").status == 2
    assert digest(book) == before


def test_an_output_that_fails_does_not_take_the_others_along(command, tmp_path, book, monkeypatch):
    import xueji_cli.reports.writing as writing
    from xueji_cli.errors import UserError

    honest = writing.write_report

    def write(report, view, path, **options):
        if path == "b.json":
            raise UserError("output_in_use", file=path)
        return honest(report, view, path, **options)

    monkeypatch.setattr(writing, "write_report", write)
    done = command("check", book, "--as-of", DAY, "-o", "a.json", "-o", "b.json", "-o", "c.json")
    assert done.status == 2
    assert "错误 ID03" in done.out
    assert done.err.startswith("xueji: 无法写出 b.json")
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["a.json", "c.json"]


def test_a_folder_that_may_not_be_written_in(command, tmp_path, book):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    if os.access(locked, os.W_OK):
        pytest.skip("root may write anywhere")
    done = command("check", book, "--as-of", DAY, "-o", "locked/r.json")
    assert done.status == 2
    assert "locked" in done.err
    assert "错误 ID03" in done.out


def test_nothing_read_means_nothing_written(command, tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    done = command("check", "empty.csv", "-o", "r.xlsx")
    assert done.status == 2
    assert not (tmp_path / "r.xlsx").exists()
    assert "empty.csv" in done.err


def test_a_file_that_was_there_stays_when_writing_fails(command, tmp_path, book, monkeypatch):
    old = tmp_path / "r.html"
    old.write_text("the last report", encoding="utf-8")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xueji_cli.reports.page.render_page", fail)
    done = command("check", book, "--as-of", DAY, "-o", "r.html")
    assert done.status == 2
    assert "r.html" in done.err
    assert old.read_text(encoding="utf-8") == "the last report"
    assert {path.name for path in tmp_path.iterdir()} == {book.name, "r.html"}


def test_the_last_line_is_a_command_that_works(command, tmp_path):
    """What the report tells the registrar to type next does what it says."""
    write_workbook(tmp_path / "一年级 名册.xlsx", {"名册": faulty("error")})
    first = command("check", "一年级 名册.xlsx", "--as-of", DAY)
    import shlex

    program, *arguments = shlex.split(first.out.splitlines()[-1].strip())
    assert program == "xueji"
    again = command(*arguments, "--as-of", DAY)
    assert again.status == 1
    assert (tmp_path / arguments[-1]).exists()
