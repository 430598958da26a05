"""What comes out does not hang on how many threads worked on it. Workers of the test run have one each; here there are several."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from rule_cases import student

from benchmarks.people import make_people

ROOT = Path(__file__).resolve().parent.parent
COUNT = 3_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A school's list, shuffled, with some dirt and some children twice; and the list of who is in class."""
    folder = tmp_path_factory.mktemp("threads")
    titles = {field.name: field.title for field in student().fields}
    people = make_people(COUNT, 11).cast(pl.String)
    people = people.select(pl.col(name).alias(titles[name]) for name in people.columns if name in titles)
    again = people.sample(60, seed=1).with_columns(pl.col("姓名") + " ")
    pl.concat([people, again]).sample(fraction=1, shuffle=True, seed=2).write_csv(folder / "system.csv")
    people.sample(fraction=0.95, shuffle=True, seed=3).write_csv(folder / "actual.csv")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "system.csv", "actual.csv"],
        ["clean", "system.csv"],
        ["dedupe", "system.csv"],
        ["link", "system.csv", "actual.csv"],
        ["reconcile", "system.csv", "--actual", "actual.csv"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_one_thread_and_several_say_the_same(folder: Path, arguments: list[str]) -> None:
    call = [sys.executable, "-m", "xueji_cli", *arguments, "--as-of", "2025-10-15", "--format", "json"]
    told = []
    for threads in ("1", "4"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": threads}
        done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, check=False, timeout=300)
        assert done.returncode in (0, 1), done.stderr.decode()
        told.append(done.stdout)
    assert len(told[0]) > 10_000
    assert told[0] == told[1]
