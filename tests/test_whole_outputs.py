"""Outputs are whole or not there: killed, interrupted, out of room, refused, two at once, and under awkward names."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_rosters import DAY, children, write_roster

from xueji_cli.tables.names import file_names
from xueji_cli.tables.spill import Spill
from xueji_cli.tables.writing import whole_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills and limits processes as Unix does")

ROOT = Path(__file__).parent.parent
TARGETS = ["r.xlsx", "r.html", "r.json", "r.csv", "copies/"]
OLD = b"the last report"


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[Path]:
    path = write_roster(tmp_path / "名册.csv", children(600, 照片="无", 民族="汉", 政治面貌="13"))
    before = hashlib.sha256(path.read_bytes()).digest()
    (tmp_path / "scratch").mkdir()
    yield path
    assert hashlib.sha256(path.read_bytes()).digest() == before, "an input was changed"


def started(roster: Path, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
    """Start `xueji check` in the roster's folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(roster.parent / "scratch")}
    call = [sys.executable, "-m", "xueji_cli", "check", roster.name, "--as-of", DAY, *arguments]
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        call, cwd=roster.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.name.endswith(".xueji-tmp")]


def wait_for_writing(running: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + 120
    while running.poll() is None and not left_over(folder) and time.monotonic() < end:
        time.sleep(0.002)


def readable(path: Path) -> bool:
    """Say whether an output is complete."""
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None and "xl/workbook.xml" in archive.namelist()
    if path.suffix == ".json":
        return bool(json.loads(data)["findings"])
    if path.suffix == ".csv":
        rows = list(csv.reader(data.decode("utf-8-sig").splitlines()))
        return data.endswith(b"\n") and len({len(row) for row in rows}) == 1
    return data.rstrip().endswith(b"</html>")


@pytest.mark.parametrize("target", TARGETS)
def test_killed_at_any_moment(tmp_path: Path, roster: Path, target: str) -> None:
    chance = random.Random(target)
    hit = 0
    slow = target in ("r.xlsx", "copies/")
    path = tmp_path / target
    for attempt in range(3):
        if attempt == 1 and not target.endswith("/"):
            path.write_bytes(OLD)
        running = started(roster, "-o", target)
        wait_for_writing(running, tmp_path)
        # Spread over the time that writing takes, and some beyond.
        time.sleep(chance.uniform(0, 0.3 if slow else 0.01))
        running.kill()
        running.communicate()
        hit += bool(left_over(tmp_path))
        files = [each for each in (path.iterdir() if path.is_dir() else [path]) if each.is_file()]
        assert all(each.read_bytes() == OLD or readable(each) for each in files)
        # Nothing of a child lies in the folder that all users share.
        assert list((tmp_path / "scratch").iterdir()) == []
    assert hit or not slow, "never killed while it was writing"
    remains = left_over(tmp_path)
    for each in remains:
        assert each.parent == (path if target.endswith("/") else tmp_path)
        assert each.stat().st_mode & 0o077 == 0
        yesterday = time.time() - 25 * 3600
        os.utime(each, (yesterday, yesterday))
    # They are no inputs, and the next run removes them.
    running = started(roster, "-o", target)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 1, err.decode()
    assert left_over(tmp_path) == []
    assert all(readable(each) for each in (path.iterdir() if path.is_dir() else [path]))


@pytest.mark.parametrize("target", TARGETS)
def test_interrupted_it_leaves_nothing_and_ends_with_130(tmp_path: Path, roster: Path, target: str) -> None:
    for moment in (0.0, 0.1):
        running = started(roster, "-o", target)
        wait_for_writing(running, tmp_path)
        time.sleep(moment)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=120)
        assert "Traceback" not in err.decode()
        assert running.returncode in (130, 1), err.decode()
        if running.returncode == 130:
            assert "已中断" in err.decode()
        assert left_over(tmp_path) == []
        assert list((tmp_path / "scratch").iterdir()) == []


def test_interrupted_as_soon_as_there_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Path.mkdir

    def made_and_interrupted(self: Path, mode: int = 0o777) -> None:
        make(self, mode)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", made_and_interrupted)
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "r.json"):
        pass
    with pytest.raises(KeyboardInterrupt), Spill(str(tmp_path)) as spill:
        assert spill.folder
    assert list(tmp_path.iterdir()) == []


def test_interrupted_at_any_moment_of_the_start(tmp_path: Path, roster: Path) -> None:
    statuses = set()
    for moment in (0.15, 0.4, 0.7):
        running = started(roster, "-o", "r.xlsx")
        time.sleep(moment)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=120)
        statuses.add(running.returncode)
        # Before its first line is run, Python itself answers.
        assert "xueji_cli" not in err.decode() or "Traceback" not in err.decode(), err.decode()
        assert left_over(tmp_path) == []
    assert statuses <= {130, -signal.SIGINT, 1}


def limit_files() -> None:
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.mark.parametrize("target", TARGETS)
def test_no_room_for_the_file(tmp_path: Path, roster: Path, target: str) -> None:
    running = started(roster, "-o", target, preexec_fn=limit_files)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 2, err.decode()
    assert "无法写出" in err.decode()
    assert "Traceback" not in err.decode()
    assert out, "what was found is still shown"
    assert left_over(tmp_path) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [roster]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    call = [str(mount), "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if mount is None or subprocess.run(call, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("target", ["r.xlsx", "r.html", "r.json", "copies/"])
def test_a_full_disk(roster: Path, small_disk: Path, target: str) -> None:
    (small_disk / "old.txt").write_bytes(OLD)
    running = started(roster, "-o", f"disk/{target}")
    _, err = running.communicate(timeout=120)
    assert running.returncode == 2, err.decode()
    assert f"disk/{target}".rstrip("/") in err.decode()
    assert [path.name for path in small_disk.rglob("*") if path.is_file()] == ["old.txt"]


def test_a_disk_that_is_read_only(roster: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    running = started(roster, "-o", "disk/r.xlsx", "-o", "r.json")
    _, err = running.communicate(timeout=120)
    assert running.returncode == 2
    assert "disk/r.xlsx" in err.decode()
    assert "Traceback" not in err.decode()
    assert readable(roster.parent / "r.json")


def test_two_runs_into_one_folder(tmp_path: Path, roster: Path) -> None:
    both = [started(roster, "-o", "copies/", "-o", "r.json") for _ in range(2)]
    for running in both:
        _, err = running.communicate(timeout=240)
        assert running.returncode == 1, err.decode()
    assert sorted(path.name for path in (tmp_path / "copies").iterdir()) == ["名册-核查.xlsx", "汇总.xlsx"]
    assert all(readable(path) for path in [*(tmp_path / "copies").iterdir(), tmp_path / "r.json"])
    assert left_over(tmp_path) == []


def test_a_run_still_at_work_is_not_disturbed(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a.csv") as first:
        first.write_text("1", encoding="utf-8")
        with whole_file(tmp_path / "a.csv") as second:
            second.write_text("2", encoding="utf-8")
        assert first.exists()
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "1"


AWKWARD = [
    "CON",
    "nul",
    "com1",
    "LPT9.附小",
    "aux .",
    "虚谷 小学",
    "虚谷小学.",
    "虚谷小学 ",
    "..",
    "",
    "a/b\\c:d",
    "x\u202ecod.exe",
    "虚" * 300,
    "𠮷" * 100,
    "虚谷小学",
    "虚谷小学",
    "ABC",
    "abc",
    "\ud800坏",
]


def test_names_of_schools_become_names_of_files(tmp_path: Path) -> None:
    names = file_names(AWKWARD, ending="-核查.xlsx", taken=["汇总.xlsx"])
    assert len({name.casefold() for name in names}) == len(AWKWARD)
    for name in names:
        assert len(name.encode()) <= 255
        assert not set(name) & set('<>:"/\\|?*\u202e')
        stem = name.removesuffix("-核查.xlsx")
        assert stem.split(".")[0].strip().casefold() not in {"con", "nul", "com1", "lpt9", "aux", ""}
        assert not name.startswith((" ", "."))
        (tmp_path / name).touch()
    assert len(list(tmp_path.iterdir())) == len(AWKWARD)


@pytest.mark.parametrize("stem", ["虚" * 83, "名 册", "CON", "a" * 250, "-册", "[1]*册", "𠮷册"])
def test_inputs_with_awkward_names(command, tmp_path: Path, stem: str) -> None:
    path = write_roster(tmp_path / f"{stem}.csv", children(2, 照片="无"))
    done = command(
        "check", f"./{path.name}", "--as-of", DAY, "-o", "out/", "-o", f"{'r' * 200}.json", "--fail-on", "never"
    )
    assert (done.status, done.err) == (0, "")
    assert len(list((tmp_path / "out").iterdir())) == 2
    longest = write_roster(tmp_path / "good.csv", children(2))
    assert command("check", longest, "--as-of", DAY, "-o", "虚" * 83 + ".json").status == 0
