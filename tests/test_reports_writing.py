from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from made_up_report import FINDINGS, PEOPLE, patch_catalogue, report, table

from xueji_cli.errors import InputError, UserError
from xueji_cli.messages import catalogue
from xueji_cli.reports.view import finding_view
from xueji_cli.reports.writing import check_output, write_report

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_catalogue(monkeypatch)


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.json", b'{"schema": "xueji/check/v1"'),
        ("a.JSONL", b'{"schema": "xueji/check/v1"'),
        ("a.csv", b"\xef\xbb\xbfcode,"),
        ("a.html", b"<!DOCTYPE html>"),
        ("a.xlsx", b"PK"),
    ],
)
def test_the_name_chooses_the_format(tmp_path: Path, name: str, begins: bytes) -> None:
    made = report()
    written = write_report(made, finding_view(made, lang="zh"), str(tmp_path / name), lang="zh")
    assert written.paths == (str(tmp_path / name),)
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("slash", ["/", ""])
def test_folder(tmp_path: Path, slash: str) -> None:
    if not slash:
        (tmp_path / "结果").mkdir()
    made = report(table("a.csv", sheet=None, kind="csv", rows=PEOPLE), rows=FINDINGS[1:2])
    written = write_report(made, finding_view(made, lang="zh"), f"{tmp_path}/结果{slash}", lang="zh")
    assert [path.rpartition("结果")[2].strip("/\\") for path in written.paths] == ["汇总.xlsx", "a-核查.xlsx"]


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.xls", "a.docx"])
def test_unknown_suffix_names_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError) as caught:
        check_output(str(tmp_path / name))
    assert caught.value.key == "output_suffix"
    assert ".xlsx .xlsm .html .json .jsonl .csv" in str(caught.value.params["known"])


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.html", "a.xlsx"])
def test_never_over_an_input_even_one_that_could_not_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"mine")
    made = report(table("b.csv", sheet=None, kind="csv", rows=PEOPLE), rows=FINDINGS[1:2])
    object.__setattr__(made, "unreadable", (InputError("file_not_found", file=str(path)),))
    with pytest.raises(UserError) as caught:
        write_report(made, finding_view(made, lang="zh"), str(path), lang="zh")
    assert caught.value.key == "output_is_input"
    assert path.read_bytes() == b"mine"


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"before")

    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("xueji_cli.reports.writing.write_json", broken)
    with pytest.raises(KeyboardInterrupt):
        write_report(report(), finding_view(report(), lang="zh"), str(path), lang="zh")
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_when_nothing_was_read(tmp_path: Path) -> None:
    made = report(rows=[])
    object.__setattr__(made, "rosters", ())
    object.__setattr__(made, "skipped", ())
    view = finding_view(made, lang="zh")
    for name in ("a.json", "a.csv", "a.html"):
        write_report(made, view, str(tmp_path / name), lang="zh")
    assert json.loads((tmp_path / "a.json").read_bytes())["unreadable"][0]["file"] == "丢失.xlsx"
    for name in ("a.xlsx", "x/"):
        with pytest.raises(UserError) as caught:
            write_report(made, view, f"{tmp_path}/{name}", lang="zh")
        assert caught.value.key == "output_nothing"


def test_both_languages_have_the_same_words() -> None:
    def keys(node: object) -> object:
        return {key: keys(value) for key, value in node.items()} if isinstance(node, dict) else None

    assert keys(catalogue.load("zh", "check")) == keys(catalogue.load("en", "check"))
