"""What is promised of every command, held of every command: masks, no formula, no markup, no input written over, who may see it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_rosters import DAY, child, children, write_roster
from conftest import Outcome
from test_cli_secrecy import ASTRAY, AT_HOME, SECRETS, roster, seen
from test_offline import commands
from test_protecting import PROTECTED

from xueji_cli.cli import root_command
from xueji_cli.tables.writing import neutralise

Command = Callable[..., Outcome]
DAYS = ("--old-date", "2025-03-10", "--new-date", "2025-10-15")

#: A line of each command that reads rosters, and the formats it has for stdout and for files.
LINES = {
    "check": (
        ("a.csv", "b.csv", "--as-of", DAY, "--fail-on", "never"),
        ("text", "json", "jsonl", "csv"),
        ("html", "json", "jsonl", "csv", "xlsx"),
    ),
    "clean": (("a.csv", "--as-of", DAY), ("text", "json", "jsonl", "csv"), ()),
    "dedupe": (("a.csv", "b.csv", "--as-of", DAY), ("text", "json", "jsonl", "csv"), ("html", "json", "csv", "xlsx")),
    "link": (("a.csv", "b.csv", "--as-of", DAY), ("text", "json", "jsonl", "csv"), ("html", "json", "csv", "xlsx")),
    "reconcile": (("a.csv", "--actual", "b.csv", "--as-of", DAY), ("text", "json"), ("html", "json", "docx", "xlsx")),
    "changes": (("a.csv", "b.csv", *DAYS), ("text", "json"), ("html", "json", "xlsx")),
    "retention": (("--roll", "a.csv", "--present", "b.csv", "--as-of", DAY), ("text", "json"), ("html", "json", "xlsx")),
}  # fmt: skip
#: Of these, what stands as school, grade and class names the parts of the report: a row that slipped by a column makes such a part.
NAMES_ITS_PARTS = ("reconcile", "changes", "retention")


def said(path: Path) -> str:
    """Return what a file says; of a workbook or document all its parts."""
    if path.suffix in (".xlsx", ".docx"):
        with zipfile.ZipFile(path) as archive:
            return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    return path.read_text(encoding="utf-8-sig")


def everything(command: Command, folder: Path, name: str) -> dict[str, str]:
    """Run a command in every format, and return what it showed and wrote."""
    line, shown, written = LINES[name]
    found: dict[str, str] = {}
    for how in shown:
        outputs = [part for suffix in written for part in ("-o", f"o.{suffix}")] if how == shown[0] else []
        places = ["--places", "0", "-v"] if how == "text" and name not in ("link", *NAMES_ITS_PARTS) else []
        done = command(name, *line, "--format", how, *outputs, *places)
        assert done.status in (0, 1, 2), done.err
        assert done.out
        found |= {f"stdout {how}": done.out, f"stderr {how}": done.err}
    found |= {path.name: said(path) for path in folder.glob("o.*")}
    assert len(found) == 2 * len(shown) + len(written)
    return found


def test_no_command_is_forgotten() -> None:
    reading = {name for name in commands() if {"reveal"} <= set(options(name))}
    assert reading == set(LINES)


def options(name: str) -> dict[str, Any]:
    node: Any = root_command("zh")
    for part in name.split():
        node = node.commands[part]
    return {parameter.name: parameter for parameter in node.params}


def test_no_option_of_any_command_takes_a_password() -> None:
    """Passwords come from files or are asked for: what is named after one is a path or a switch."""
    found = 0
    for name in commands():
        for option, parameter in options(name).items():
            if re.search("passw|protect|secret", option):
                assert parameter.is_flag or option.endswith("_file"), (name, option)
                found += 1
    assert found > 10


def test_every_command_with_reports_can_protect_them() -> None:
    assert {name for name in commands() if "protect" in options(name)} == set(LINES)
    assert {line[0] for line in PROTECTED} == set(LINES)


@pytest.mark.parametrize("name", LINES)
def test_nobody_is_seen(command: Command, tmp_path: Path, name: str) -> None:
    """Cells as they are met, in their own columns and in every other."""
    rows = roster([*AT_HOME, *ASTRAY])
    write_roster(tmp_path / "a.csv", rows)
    write_roster(tmp_path / "b.csv", [*rows[::3], child(5)])
    leaks = {where: seen(text) for where, text in everything(command, tmp_path, name).items()}
    assert {where: what for where, what in leaks.items() if what} == {}
    assert seen((tmp_path / "a.csv").read_text(encoding="utf-8")) == set(SECRETS)


FORMULAS = ("=1+1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3+cmd", "＝1+1", "\t=1")


def harmless(text: str) -> list[str]:
    """Return the cells of a CSV that a spreadsheet would execute."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    return [cell for row in rows for cell in row if neutralise(cell) != cell]


@pytest.mark.parametrize("name", [*(name for name in LINES if "csv" in LINES[name][1]), "pseudonymize"])
def test_no_csv_holds_a_formula(command: Command, tmp_path: Path, name: str) -> None:
    columns = (
        "学校名称",
        "班级",
        "姓名",
        "性别",
        "民族",
        "户口性质",
        "现住址",
        "联系电话",
        "户口所在地行政区划",
        "身份证件号",
        "备注",
    )
    rows = [child(1, 备注="") | {column: cell} for column in columns for cell in FORMULAS]
    rows += [each | {"身份证件号": f"={each['身份证件号']}", "备注": ""} for each in children(3)]
    write_roster(tmp_path / "a.csv", rows)
    write_roster(tmp_path / "b.csv", rows[::2])
    found: dict[str, str] = {}
    if name == "pseudonymize":
        command(name, "a.csv", "-o", "o.csv", "--key-file", "k", "--new-key", "--table", "t.csv", "--keep-unknown")
        found = {each: said(tmp_path / each) for each in ("o.csv", "t.csv")}
    else:
        for reveal in ([], ["--reveal"]):
            line, _, written = LINES[name]
            outputs = (
                ["-o", "o.csv"] if "csv" in written else ["-o", "o.csv", "--log", "l.csv"] if name == "clean" else []
            )
            if name == "clean":
                command(name, *line, *outputs)
                found |= {f"{each} {reveal}": said(tmp_path / each) for each in ("o.csv", "l.csv")}
                outputs = []
            done = command(name, *line, *outputs, "--format", "csv", *reveal)
            found[f"stdout {reveal}"] = done.out
            if outputs:
                found[f"o.csv {reveal}"] = said(tmp_path / "o.csv")
    assert {where: harmless(text)[:3] for where, text in found.items() if harmless(text)} == {}
    assert any("'=" in text or "'@" in text for text in found.values())


NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


@pytest.mark.parametrize("name", [name for name in LINES if "html" in LINES[name][2]])
def test_no_cell_becomes_markup(command: Command, tmp_path: Path, name: str) -> None:
    nasty = [
        child(number, **{column: NASTY})
        for number, column in enumerate(("学校名称", "班级", "年级", "姓名", "民族", "现住址"))
    ]
    write_roster(tmp_path / "a.csv", [*children(4), *nasty])
    write_roster(tmp_path / "b.csv", [*children(2), *nasty[::-1], child(9, 性别="女")])
    command(name, *LINES[name][0], "-o", "o.html", "--reveal", "--note", NASTY)
    page = said(tmp_path / "o.html")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "alert(1)" in page


@pytest.mark.parametrize("how", ["{}", "./{}", "link-{}", "hard-{}"])
def test_no_command_writes_over_an_input(command: Command, tmp_path: Path, how: str) -> None:
    before = {}
    for name in ("a.csv", "b.csv"):
        path = write_roster(tmp_path / name, children(3))
        before[path] = path.read_bytes()
        (tmp_path / f"link-{name}").symlink_to(path)
        (tmp_path / f"hard-{name}").hardlink_to(path)
    lines = [
        ("check", "a.csv", "b.csv", "-o", how.format("b.csv"), "--as-of", DAY),
        ("clean", "a.csv", "-o", how.format("a.csv"), "--as-of", DAY),
        ("clean", "a.csv", "-o", "o.csv", "--log", how.format("a.csv"), "--as-of", DAY),
        ("dedupe", "a.csv", "b.csv", "-o", how.format("a.csv"), "--as-of", DAY),
        ("link", "a.csv", "b.csv", "-o", how.format("b.csv"), "--as-of", DAY),
        ("pseudonymize", "a.csv", "-o", how.format("a.csv"), "--key-file", "k", "--new-key"),
    ]
    if how == "{}":
        # Their outputs have other suffixes than text has: inputs with these names.
        for name in ("a", "b"):
            path = tmp_path / f"{name}.html"
            path.write_bytes((tmp_path / f"{name}.csv").read_bytes())
            before[path] = path.read_bytes()
        lines += [
            ("reconcile", "a.html", "--actual", "b.html", "-o", "b.html", "--as-of", DAY),
            ("changes", "a.html", "b.html", *DAYS, "-o", "a.html"),
            ("retention", "--roll", "a.html", "--present", "b.html", "-o", "a.html", "--as-of", DAY),
        ]
    for line in lines:
        done = command(*line)
        assert (done.status, done.out) == (2, ""), line
        assert "输入" in done.err, done.err
    assert {path: path.read_bytes() for path in before} == before
