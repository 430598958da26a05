"""Which files the arguments of a command mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from xueji_cli.errors import UserError
from xueji_cli.tables.paths import expand_inputs, natural_key


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "10班.xlsx", "2班.xlsx", "1班.XLS", "~$2班.xlsx", ".hidden.xlsx", "读我.docx", "名单.csv",
        "二年级/1班.csv", "二年级/.git/x.csv", "二年级/旧/1班.ods", "空/说明.txt.bak", "a[1].csv",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["2班.xlsx"], ["2班.xlsx"]),
        (["*.xlsx"], ["2班.xlsx", "10班.xlsx"]),
        (["*班.*"], ["1班.XLS", "2班.xlsx", "10班.xlsx"]),
        (["二年级"], ["二年级/1班.csv"]),
        (["二年级/*.csv", "*.csv"], ["二年级/1班.csv", "a[1].csv", "名单.csv"]),
        (["10班.xlsx", "*.xlsx"], ["10班.xlsx", "2班.xlsx"]),
        (["2班.xlsx", "./2班.xlsx", "二年级/../2班.xlsx"], ["2班.xlsx"]),
        (["-", "2班.xlsx", "-"], ["-", "2班.xlsx"]),
        (["没有.csv"], ["没有.csv"]),
        (["a[1].csv"], ["a[1].csv"]),
        (["**/*.csv"], ["a[1].csv", "二年级/1班.csv", "名单.csv"]),
        (["."], ["1班.XLS", "2班.xlsx", "10班.xlsx", "a[1].csv", "名单.csv"]),
    ],
)
def test_arguments_are_expanded(arguments: list[str], found: list[str], school: Path) -> None:
    assert expand_inputs(arguments) == [str(Path(name)) for name in found]


def test_folders_of_folders_on_request(school: Path) -> None:
    found = expand_inputs(["二年级"], recursive=True)
    assert sorted(found) == sorted(["二年级/1班.csv", "二年级/旧/1班.ods"])
    assert expand_inputs(["二*"], recursive=True) == found


@pytest.mark.parametrize(
    ("arguments", "key"),
    [([], "no_inputs"), (["*.xlsb"], "no_files_match"), (["空"], "no_tables_in_folder"), (["~$*"], "no_files_match")],
)
def test_nothing_found_is_an_error(arguments: list[str], key: str, school: Path) -> None:
    with pytest.raises(UserError) as caught:
        expand_inputs(arguments)
    assert caught.value.key == key


def test_a_link_to_the_same_file_is_one_file(school: Path) -> None:
    (school / "link.csv").symlink_to(school / "名单.csv")
    assert expand_inputs(["名单.csv", "link.csv"]) == ["名单.csv"]


def test_natural_order_reads_numbers() -> None:
    names = ["10班", "2班", "一班", "2班2", "2班10"]
    assert sorted(names, key=natural_key) == ["2班", "2班2", "2班10", "10班", "一班"]
