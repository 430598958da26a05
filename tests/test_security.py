"""`SECURITY.md` promises nothing that no test holds."""

from __future__ import annotations

import re
from pathlib import Path

import hostile_files
import test_hostile

HERE = Path(__file__).parent
TEXT = (HERE.parent / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", TEXT)
    assert len(named) >= 10
    for file, test in named:
        assert f"def {test}(" in (HERE / file).read_text(encoding="utf-8"), f"{file}::{test}"


def test_every_promise_names_a_test() -> None:
    promises = [line for line in TEXT.splitlines() if line.startswith("| ") and "承诺 |" not in line]
    assert promises
    assert [line for line in promises if "::" not in line] == []


def test_the_bounds_are_those_that_are_measured() -> None:
    for number in (test_hostile.SECONDS, test_hostile.MEGABYTES, test_hostile.TIMES):
        assert f" {number} " in TEXT
    assert hostile_files.REFUSED


def test_the_readme_leads_to_it() -> None:
    assert "(SECURITY.md)" in (HERE.parent / "README.md").read_text(encoding="utf-8")
