"""The sample files are what the script makes, and `xueji check` finds in them what was planted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sample_data.make_inspection import FOLDER, write_inspection
from sample_data.make_retention import FOLDER as RETENTION
from sample_data.make_retention import write_retention
from sample_data.make_samples import CLASS_FILE, POINT, RIGHT, ROSTERS, SCHOOL_FILE, township, write_samples

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_data"
PLANTED = township()[1]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    files = [str(SAMPLES / name) for name in ROSTERS.values()]
    options = ["--as-of", "2025-10-15", "--classes", str(SAMPLES / CLASS_FILE), "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "xueji_cli.cli", "check", *files, *options], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr.decode("utf-8", "replace")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def places(report: dict[str, Any]) -> set[tuple[str, int | None, str | None]]:
    return {(Path(f["file"]).name, f["row"], f["column"]) for f in report["findings"]}


@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: f"{p.kind}-{p.file}-{p.rows[0]}")
def test_what_was_planted_is_found_where_it_stands(planted: Any, places: set[tuple[str, int, str]]) -> None:
    found = [any((planted.file, row, column) in places for column in planted.columns) for row in planted.rows]
    assert all(found) if planted.each else any(found)


def test_errors_stand_only_on_rows_with_something_planted(report: dict[str, Any]) -> None:
    own = {(p.file, row) for p in PLANTED if p.each for row in p.rows}
    shared = {(p.file, row, column) for p in PLANTED if not p.each for row in p.rows for column in p.columns}
    errors = [
        (Path(f["file"]).name, f["row"], f["column"], f["code"])
        for f in report["findings"]
        if f["severity"] == "error" and Path(f["file"]).name != ROSTERS[POINT]
    ]
    assert errors
    assert [e for e in errors if e[:2] not in own and e[:3] not in shared] == []


def test_nothing_is_said_about_the_right_roster(report: dict[str, Any]) -> None:
    assert [f for f in report["findings"] if Path(f["file"]).name == ROSTERS[RIGHT]] == []


def test_every_destroyed_number_is_reported(report: dict[str, Any]) -> None:
    reported = [f["row"] for f in report["findings"] if Path(f["file"]).name == ROSTERS[POINT] and f["code"] == "ID05"]
    numbers = township()[0].filter(pl.col("school") == POINT)["id_number"].to_list()
    # Rows 10 and 18 were typed as text, and numbers that end in X could not become numbers.
    destroyed = [row for row, number in enumerate(numbers, start=2) if number.isdigit() and row not in (10, 18)]
    assert len(destroyed) > 15
    assert sorted(reported) == destroyed


def test_all_rows_are_read(report: dict[str, Any]) -> None:
    rows = {Path(source["file"]).name: source["rows"] for source in report["inputs"]}
    assert sum(rows.values()) == township()[0].height
    assert all(height <= 300 for height in rows.values())


def test_the_inspection_is_what_its_script_makes(tmp_path: Path) -> None:
    write_inspection(tmp_path)
    made, kept = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*.csv")} for root in (tmp_path, FOLDER)
    )
    assert made == kept
    assert len(made) == 7


def test_the_retention_sample_is_what_its_script_makes(tmp_path: Path) -> None:
    write_retention(tmp_path)
    made, kept = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*.csv")} for root in (tmp_path, RETENTION)
    )
    assert made == kept
    assert len(made) == 11


def test_the_script_still_makes_the_files_that_are_here(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    write_samples(tmp_path)
    names = {path.name for path in SAMPLES.iterdir() if path.suffix not in {".py", ""}}
    assert (
        {path.name for path in tmp_path.iterdir()} == names == {*ROSTERS.values(), CLASS_FILE, SCHOOL_FILE, "README.md"}
    )
    for path in tmp_path.iterdir():
        if path.suffix != ".xlsx":
            assert path.read_bytes() == (SAMPLES / path.name).read_bytes(), path.name
            continue
        # Another xlsxwriter may write other bytes for the same cells.
        for made, kept in zip(load_workbook(path), load_workbook(SAMPLES / path.name), strict=True):
            assert [c.value for row in made for c in row] == [c.value for row in kept for c in row], path.name
