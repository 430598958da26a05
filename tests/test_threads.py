"""What comes out does not hang on how many threads worked on it. Workers of the test run have one each; here there are several."""

from __future__ import annotations

import json
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


LINES = [
    ["check", "system.csv", "actual.csv"],
    ["clean", "system.csv"],
    ["dedupe", "system.csv"],
    ["link", "system.csv", "actual.csv"],
    ["reconcile", "system.csv", "--actual", "actual.csv"],
]
#: Polars asks for the number of threads once, so every number has a process of its own.
RUN = """
import contextlib, json, sys
from xueji_cli.cli import main
for line in json.loads(sys.argv[1]):
    with open(f"{sys.argv[2]}-{line[0]}.json", "w", encoding="utf-8") as out, contextlib.redirect_stdout(out):
        assert main([*line, "--as-of", "2025-10-15", "--format", "json"]) in (0, 1)
"""


@pytest.fixture(scope="module")
def told(folder: Path) -> Path:
    """Run every command with one thread and with several, at the same time."""
    call = [sys.executable, "-c", RUN, json.dumps(LINES)]
    running = {
        threads: subprocess.Popen(
            [*call, threads],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": threads, "PYTHONWARNINGS": "default"},
            stderr=subprocess.PIPE,
        )
        for threads in ("1", "4")
    }
    for process in running.values():
        _, err = process.communicate(timeout=600)
        assert process.returncode == 0, err.decode()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", [line[0] for line in LINES])
def test_one_thread_and_several_say_the_same(told: Path, name: str) -> None:
    one, several = ((told / f"{threads}-{name}.json").read_bytes() for threads in ("1", "4"))
    assert len(one) > 10_000
    assert one == several
