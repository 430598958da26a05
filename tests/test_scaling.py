"""`dedupe` and `link` past memory: the same to the byte, wherever parts end, and nothing left behind."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import Outcome

from benchmarks.pairs.files import FULL
from benchmarks.pairs.registrations import make_records
from xueji_cli.commands import scaled
from xueji_cli.scaling import parts, sizes
from xueji_cli.scaling.sizes import Cut
from xueji_cli.tables import memory
from xueji_cli.tables.memory import Plan

ROOT = Path(__file__).resolve().parent.parent
DAY = ("--as-of", "2025-10-15")
JSON = (*DAY, "--format", "json")
#: A telephone that one in five records has: valid, and nobody's.
DESK = "13955550000"

Command = Callable[..., Outcome]


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one pool as Parquet, and as two lists: CSV of fewer columns, and a workbook beside Parquet."""
    folder = tmp_path_factory.mktemp("lists")
    records = make_records(1_100, 5).frame
    desk = pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit(DESK)).otherwise("member1_phone")
    rows = records.with_columns(member1_phone=desk).select(pl.col(a).alias(b) for a, b in FULL.items())
    rows.write_parquet(folder / "全县.parquet")
    rows.head(600).write_csv(folder / "甲.csv")
    rows.slice(450).drop("监护人2身份证号", "家庭住址", "学校").write_parquet(folder / "乙.parquet")
    rows.slice(400, 60).write_excel(folder / "丙.xlsx")
    return folder


@pytest.fixture
def past_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], Path]:
    """Return a function after which nothing fits in memory; it gives the folder for temporary files."""

    def switch() -> Path:
        place = tmp_path / "temporary"
        place.mkdir(exist_ok=True)
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        monkeypatch.setattr(memory, "plan", lambda *_: Plan(rows=170, keys=1_000))
        monkeypatch.setattr(sizes, "cut", lambda *_: Cut(5, 3, 4_000, 0, 0))
        return place

    return switch


@pytest.mark.parametrize(
    ("verb", "files", "more"),
    [
        ("dedupe", ("全县.parquet",), ()),
        ("dedupe", ("甲.csv", "乙.parquet", "丙.xlsx"), ("--across-schools",)),
        ("link", ("甲.csv", "全县.parquet"), ("--many", "--threshold", "0.7", "--review-threshold", "0.2")),
    ],
)
def test_the_report_is_the_same_to_the_byte(
    lists: Path,
    verb: str,
    files: tuple[str, ...],
    more: tuple[str, ...],
    command: Command,
    past_memory: Callable[[], Path],
) -> None:
    arguments = (verb, *(lists / name for name in files), *JSON, *more)
    whole = command(*arguments)
    assert whole.status in (0, 1)
    assert len(json.loads(whole.out)["pairs"]) > 30
    place = past_memory()
    assert command(*arguments) == whole
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("verb", ["dedupe", "link"])
def test_every_form_of_the_report_is_the_same(
    lists: Path, verb: str, command: Command, past_memory: Callable[[], Path], tmp_path: Path
) -> None:
    files = ("全县.parquet",) if verb == "dedupe" else ("甲.csv", "乙.parquet")
    arguments = (verb, *(lists / name for name in files), *DAY, "-v", "-o", "a.html", "-o", "a.csv")

    def told() -> list[object]:
        outcome = command(*arguments)
        return [outcome.status, outcome.out, *((tmp_path / name).read_bytes() for name in ("a.html", "a.csv"))]

    whole = told()
    past_memory()
    assert told() == whole


def test_decisions_are_found_again(
    lists: Path, command: Command, past_memory: Callable[[], Path], tmp_path: Path
) -> None:
    path = lists / "全县.parquet"
    command("dedupe", path, *DAY, "-o", "a.csv")
    made = pl.read_csv(tmp_path / "a.csv", infer_schema=False)
    column = next(name for name in made.columns if "结论" in name)
    words = pl.Series(["同一人", "不是同一人", "待定"])
    decided = made.head(60).with_columns(words.gather([i % 3 for i in range(min(60, made.height))]).alias(column))
    keys = next(name for name in made.columns if "键" in name or "识别" in name)
    gone = decided.head(1).with_columns(pl.lit("00000000-11111111").alias(keys))
    pl.concat([decided, gone]).write_csv(tmp_path / "decided.csv")
    arguments = ("dedupe", path, *JSON, "--decisions", "decided.csv")
    whole = command(*arguments)
    used = json.loads(whole.out)["decisions"]
    assert used["applied"] > 20
    assert used["stale"]
    past_memory()
    assert command(*arguments) == whole


@pytest.mark.parametrize("verb", ["dedupe", "link"])
def test_two_records_are_explained_the_same(
    lists: Path, verb: str, command: Command, past_memory: Callable[[], Path]
) -> None:
    names = ("全县.parquet", "全县.parquet") if verb == "dedupe" else ("甲.csv", "乙.parquet")
    places = [f"{name}:{row}" for name, row in zip(names, (5, 6), strict=True)]
    arguments = (verb, *(lists / name for name in dict.fromkeys(names)), *JSON, "--explain", *places)
    whole = command(*arguments)
    assert whole.status == 0
    past_memory()
    assert command(*arguments) == whole


def test_a_plan_counts_the_same_and_says_what_it_takes(
    lists: Path, command: Command, past_memory: Callable[[], Path]
) -> None:
    arguments = ("dedupe", lists / "全县.parquet", *DAY, "--plan")
    whole = json.loads(command(*arguments, "--format", "json").out)
    assert "在内存里比" in command(*arguments).out
    past_memory()
    told = json.loads(command(*arguments, "--format", "json").out)
    assert "分成 5 份" in command(*arguments).out
    assert whole.pop("scale")["way"] == "memory"
    assert told.pop("scale") == {"way": "buckets", "buckets": 5, "memory_bytes": 0, "disk_bytes": 0}
    assert told == whole


def test_a_key_of_very_many_is_narrowed_and_named(
    lists: Path, command: Command, past_memory: Callable[[], Path]
) -> None:
    """A block may have few records here, so that even what the sex leaves together is narrowed further, and the rest is named."""
    folder = lists / "schemas"
    folder.mkdir(exist_ok=True)
    text = (ROOT / "schemas" / "student.yaml").read_text(encoding="utf-8")
    (folder / "few.yaml").write_text(
        text.replace("  narrow: [sex, birth, grade]", "  narrow: [sex, grade]\n  block: 4").replace(
            "  keys:\n", "  keys:\n    - [phone]\n"
        ),
        encoding="utf-8",
    )
    arguments = ("dedupe", lists / "全县.parquet", *JSON, "--schema", str(folder / "few.yaml"))
    whole = command(*arguments)
    blocks = json.loads(whole.out)["large_blocks"]
    assert any(block["key"] == "phone" and block["records"] > 200 and block["not_compared"] for block in blocks)
    past_memory()
    assert command(*arguments) == whole


# ---- room, and what is left behind ----


def test_without_room_on_the_disk_nothing_is_begun(
    lists: Path, command: Command, past_memory: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = past_memory()
    monkeypatch.setattr(sizes, "cut", lambda *_: Cut(5, 3, 4_000, 0, 1 << 60))
    outcome = command("dedupe", lists / "全县.parquet", *DAY)
    assert outcome.status == 2
    assert "--work-dir" in outcome.err
    assert str(place) in outcome.err
    assert list(place.iterdir()) == []


def test_a_disk_that_fills_up_ends_in_a_sentence(
    lists: Path, command: Command, past_memory: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = past_memory()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(parts, "keep", full)
    outcome = command("dedupe", lists / "全县.parquet", *DAY)
    assert (outcome.status, outcome.out) == (2, "")
    assert "满" in outcome.err
    assert list(place.iterdir()) == []


def test_ctrl_c_leaves_nothing(
    lists: Path, command: Command, past_memory: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    past_memory()
    work = tmp_path / "work"
    work.mkdir()
    seen: list[int] = []

    def interrupted(*_: object) -> None:
        seen.extend(stat.S_IMODE(each.stat().st_mode) for each in work.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr(parts.Parts, "add_shares", interrupted)
    outcome = command("dedupe", lists / "全县.parquet", *DAY, "--work-dir", work, "-o", "a.json")
    assert outcome.status == 130
    assert seen == [0o700]
    assert list(work.iterdir()) == []
    assert not (tmp_path / "a.json").exists()


_KILLED = """
import os, signal, sys
from xueji_cli.cli import run
from xueji_cli.scaling import finding, sizes
from xueji_cli.tables import memory
memory.plan = lambda *_: memory.Plan(rows=170, keys=1_000)
sizes.cut = lambda *_: sizes.Cut(5, 3, 4_000, 0, 0)
finding.propose = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
run()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_who_is_killed_leaves_the_named_folder_only(lists: Path, tmp_path: Path) -> None:
    arguments = ["dedupe", str(lists / "全县.parquet"), "--work-dir", str(tmp_path), "-o", str(tmp_path / "a.json")]
    done = subprocess.run([sys.executable, "-c", _KILLED, *arguments], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith("xueji-")
    assert stat.S_IMODE(left.stat().st_mode) == 0o700


def test_a_work_folder_that_is_not_there(lists: Path, command: Command) -> None:
    outcome = command("dedupe", lists / "全县.parquet", "--work-dir", "nowhere")
    assert outcome.status == 2
    assert "nowhere" in outcome.err


# ---- how a run is cut ----


@pytest.mark.parametrize("records", [10, 200_000, 10_000_000, 200_000_000])
@pytest.mark.parametrize("size", ["256MB", "4GB", "64GB"])
def test_a_cut_keeps_to_the_memory_where_parts_can(records: int, size: str) -> None:
    given = memory.parse_size(size)
    assert given is not None
    cut = sizes.cut(records, given)
    assert 1 <= cut.parts <= 512
    assert cut.hashed >= 1
    assert cut.room > 0
    if cut.parts < 512 and given >= 4 << 30:
        assert cut.memory <= given
    assert cut.disk == sizes.cut(records, 4 << 30).disk


def test_files_that_fit_are_compared_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from xueji_cli.settings import Settings

    path = tmp_path / "a.csv"
    with path.open("wb") as stream:
        stream.truncate(100 << 20)
    from datetime import date

    small, large = (Settings(as_of=date(2025, 10, 15), memory=memory.parse_size(size)) for size in ("1GB", "8GB"))
    way = scaled.way([str(path)], small, None)
    assert way is not None
    assert way.memory == 1 << 30
    assert scaled.way([str(path)], large, None) is None
    assert memory.plan([str(path)], 1 << 30) is None, "checking it takes less"
