"""`clean` past memory: what it writes is the same to the byte, wherever pieces end, and nothing is left behind."""

from __future__ import annotations

import errno
import io
import os
import signal
import stat
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import Outcome

from benchmarks.layouts import select
from benchmarks.people import make_people
from xueji_cli.cleaning import pieces as cleaning
from xueji_cli.cleaning import writing
from xueji_cli.cleaning.engine import SAFE, UNSAFE
from xueji_cli.tables import memory, pieces
from xueji_cli.tables.memory import Plan
from xueji_cli.tables.spill import Spill

DAY = ("--as-of", "2025-10-15")
ROWS = 150
FIELDS = (
    *("school_code", "school_name", "grade", "class_name", "name", "sex", "birth_date", "ethnicity", "id_number"),
    *("roll_number", "hukou_place", "entry_month", "phone", "member1_name", "member1_id_number"),
)
#: Row, column, cell: one of every kind, near the ends of pieces and far from them; columns that one row fills, or none.
DIRT = (
    *((2, "姓名", "张  三"), (40, "姓名", "阿依古丽.买买提"), (60, "姓名", "曹博⽂"), (101, "成员1姓名", "李四\u200b")),
    *((11, "性别", "1"), (12, "民族", "汉"), (13, "入学年月", "2025/09/01"), (79, "出生日期", "2019年5月7日")),
    *(
        (80, "联系电话", "156-5729-2102"),
        (81, "学校名称", "梅\u200e禾镇小学"),
        (82, "年级", "六"),
        (83, "班级", "一年级八班"),
    ),
    *(
        (119, "户口所在地行政区划", "北京市朝阳区"),
        (120, "联系电话", "１３１１６５２２９６３"),
        (121, "学校名称", "甲校"),
    ),
    *((122, "身份证件号", "370881 20181010 403x"), (123, "出生日期", "03/04/2015"), (124, "民族", "火星")),
    *(
        (130, "班主任", "=1+1"),
        (133, "", "备"),
        (140, "联系电话", "13705576281/13905576282"),
        (141, "学校名称", "⼀小"),
    ),
)

Command = Callable[..., Outcome]
Told = tuple[Outcome, dict[str, object]]


@pytest.fixture(scope="module")
def rosters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with dirty rosters of several shapes: with rows that are no child, other headers, other orders."""
    folder = tmp_path_factory.mktemp("rosters")
    rows = select(make_people(ROWS, 7), FIELDS)
    at = pl.int_range(pl.len())
    # Every ninth child has no birth date, and every seventh parent an old number: both have proposals.
    parent = pl.col("成员1身份证件号")
    rows = rows.with_columns(
        pl.when(at % 9 > 0).then("出生日期"),
        pl.when(at % 7 == 0).then(parent.str.head(6) + parent.str.slice(8, 9)).otherwise(parent),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("班主任", "空列", "")),
    )
    for row, name, cell in DIRT:
        rows = rows.with_columns(pl.when(at == row).then(pl.lit(cell)).otherwise(name).alias(name))
    rows.write_parquet(folder / "全县.parquet")
    lines = rows.write_csv().splitlines()
    titled = ["某县学生名册", *lines[:70], lines[0], *lines[70:100], "," * 17, *lines[100:], f"合计,{ROWS}人"]
    (folder / "乙校.csv").write_bytes(("\r\n".join(titled) + "\r\n").encode("gb18030"))
    other = rows.drop("性别", "出生日期").rename({"姓名": "学生姓名"}).with_columns(pl.lit("12").alias("空列"))
    other.select(reversed(other.columns)).write_csv(folder / "丙校.csv")
    rows.head(40).write_excel(folder / "丁校.xlsx")
    broken = folder / "坏.parquet"
    rows.write_parquet(broken, row_group_size=50)
    group = pq.read_metadata(broken).row_group(2)
    content = bytearray(broken.read_bytes())
    start = group.column(0).dictionary_page_offset or group.column(0).data_page_offset
    content[start : start + group.total_byte_size // 2] = b"\xff" * (group.total_byte_size // 2)
    broken.write_bytes(content)
    (folder / "简称.csv").write_text("简称,全称\n甲校,某县甲学校\n", encoding="utf-8")
    return folder


@pytest.fixture
def told(command: Command, tmp_path: Path) -> Callable[..., Told]:
    """Return a function that runs `clean` and gives what it says, and every file that it wrote."""

    def run(*arguments: object) -> Told:
        outcome = command("clean", *arguments, *DAY)
        files = {
            str(path.relative_to(tmp_path)): path for path in sorted(tmp_path.rglob("out*/**/*")) if path.is_file()
        }
        files |= {path.name: path for path in sorted(tmp_path.glob("out*")) if path.is_file()}
        held = {name: _content(path) for name, path in files.items()}
        for path in files.values():
            path.unlink()
        return outcome, held

    return run


def _content(path: Path) -> object:
    data = path.read_bytes()
    if path.suffix != ".xlsx":
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        # A workbook says when it was made.
        return {name: book.read(name) for name in book.namelist() if not name.endswith("core.xml")}


@pytest.fixture
def past_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Return a function after which nothing fits in memory; it gives the folder for temporary files."""

    def switch(rows: int = 70) -> Path:
        place = tmp_path / "temporary"
        place.mkdir(exist_ok=True)
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        monkeypatch.setattr(memory, "plan", lambda *_: Plan(rows=rows, keys=0))
        monkeypatch.setattr(pieces, "_WAITING", 30)
        return place

    return switch


MERGED = ("-o", "out.parquet", "--template", "asis", "--origin", "--unsafe")
LOGS = ("--log", "out1.csv", "--log", "out1.jsonl")


@pytest.mark.parametrize(
    ("files", "more"),
    [
        (["全县.parquet"], ["-o", "out.csv", *LOGS, "--format", "json"]),
        (["乙校.csv"], ["-o", "out.xlsx", "--log", "out1.xlsx", "--format", "jsonl"]),
        (["丙校.csv", "全县.parquet", "丁校.xlsx", "乙校.csv"], [*MERGED, "--format", "json", *LOGS]),
        (["乙校.csv", "无此文件.csv", "丁校.xlsx"], ["-o", "out/", *LOGS, "--places", "0"]),
        (["乙校.csv"], ["--format", "csv", "--select", "FD07,DT04"]),
        (["丙校.csv", "丁校.xlsx"], ["--diff", "--reveal"]),
    ],
)
def test_all_that_is_written_is_the_same_to_the_byte(
    rosters: Path, files: list[str], more: list[str], told: Callable[..., Told], past_memory: Callable[..., Path]
) -> None:
    arguments = [*(rosters / name for name in files), *more]
    whole = told(*arguments)
    assert whole[0].out
    assert bool(whole[1]) == ("-o" in more)
    place = past_memory()
    assert told(*arguments) == whole
    assert list(place.iterdir()) == []


def test_every_kind_of_change_is_among_them(rosters: Path, told: Callable[..., Told], tmp_path: Path) -> None:
    command = (rosters / "乙校.csv", rosters / "全县.parquet", "--format", "jsonl")
    log = pl.read_ndjson(told(*command)[0].out.encode())
    rules = set(log["rule"].str.split("+").explode())
    assert set(log["kind"]) == {"safe", "unsafe", "left", "row"}
    assert {"FD07", "FD08", "FD09", "NM04", "NM05", "NM06", "DT04", "CD02", "CD03", "PH02", "PH04", "ID18"} <= rules
    assert {"TB09", "TB10", "TB16"} <= rules
    assert {"FD01", "ID20"} <= rules & UNSAFE
    assert rules & SAFE
    assert "联系电话其余号码" in log["to_column"].to_list()


def test_pieces_of_three_rows_are_as_good(
    rosters: Path, told: Callable[..., Told], past_memory: Callable[..., Path], tmp_path: Path
) -> None:
    path = tmp_path / "短.parquet"
    pl.read_parquet(rosters / "全县.parquet").slice(ROWS - 20, 12).write_parquet(path)
    arguments = (path, "-o", "out.parquet", *LOGS, "--format", "json")
    whole = told(*arguments)
    past_memory(3)
    assert told(*arguments) == whole


def test_groups_of_a_parquet_file_hang_on_no_piece(
    rosters: Path, told: Callable[..., Told], past_memory: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_ROW_GROUP", 64)
    arguments = (rosters / "全县.parquet", "-o", "out.parquet")
    whole = told(*arguments)
    content = whole[1]["out.parquet"]
    assert isinstance(content, bytes)
    assert pq.read_metadata(io.BytesIO(content)).num_row_groups == 3
    past_memory(37)
    assert told(*arguments) == whole


def test_names_and_a_reference_list(rosters: Path, told: Callable[..., Told], past_memory: Callable[..., Path]) -> None:
    arguments = [
        *(rosters / "全县.parquet", "-o", "out.csv", "--format", "json", "--school-names", rosters / "简称.csv"),
        *("--reference", rosters / "丁校.xlsx", "--unsafe"),
    ]
    whole = told(*arguments)
    past_memory()
    assert told(*arguments) == whole


@pytest.mark.parametrize("output", ["out.csv", "out/"])
def test_a_file_that_breaks_off_stops_no_other(
    rosters: Path, output: str, told: Callable[..., Told], past_memory: Callable[..., Path]
) -> None:
    arguments = [
        *(rosters / name for name in ("丙校.csv", "坏.parquet", "全县.parquet")),
        *("-o", output, *LOGS, "--format", "json"),
    ]
    whole = told(*arguments)
    assert whole[0].status == 2
    assert len(whole[1]) == (3 if output == "out.csv" else 4)
    place = past_memory()
    assert told(*arguments) == whole
    assert list(place.iterdir()) == []


def test_what_came_through_stdin_is_there_when_files_are_read_once_more(
    rosters: Path, told: Callable[..., Told], past_memory: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> Told:
        piped = io.TextIOWrapper(io.BytesIO((rosters / "丙校.csv").read_bytes()))
        monkeypatch.setattr(sys, "stdin", piped)
        return told("-", rosters / "坏.parquet", "-o", "out.csv")

    whole = run()
    assert whole[1]
    past_memory()
    assert run() == whole


def test_a_file_that_only_its_end_explains_is_read_as_a_whole(
    told: Callable[..., Told], past_memory: Callable[..., Path], tmp_path: Path
) -> None:
    rows = make_people(120, 3).select(姓名="name", 身份证件号="id_number")
    second = pl.when(pl.int_range(pl.len()) == 110).then(pl.lit("13705576281"))
    rows.with_columns(pl.lit(None, dtype=pl.String).alias("联系电话"), second.alias("手机号")).write_parquet(
        tmp_path / "两列.parquet"
    )
    arguments = (tmp_path / "两列.parquet", "-o", "out.csv", "--format", "json")
    whole = told(*arguments)
    past_memory()
    assert told(*arguments) == whole


def test_inputs_that_the_state_file_knows_are_left_alone(
    rosters: Path, told: Callable[..., Told], past_memory: Callable[..., Path]
) -> None:
    past_memory()
    arguments = (rosters / "丙校.csv", rosters / "全县.parquet", "-o", "out/", "--since-state", "state.json")
    first = told(*arguments)
    assert len(first[1]) == 2
    again = told(*arguments)
    assert again[1] == {}
    assert again[0].status == 0


# ---- what can't be, room, and what is left behind ----


def test_a_sheet_too_small_says_so(
    rosters: Path, told: Callable[..., Told], past_memory: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MAX_ROWS", 100)
    arguments = (rosters / "全县.parquet", "-o", "out.xlsx")
    whole = told(*arguments)
    assert whole[0].status == 2
    assert str(ROWS) in whole[0].err
    place = past_memory()
    assert told(*arguments) == whole
    assert list(place.iterdir()) == []


def test_what_is_not_done_past_memory_is_said_at_once(
    rosters: Path, told: Callable[..., Told], past_memory: Callable[..., Path]
) -> None:
    place = past_memory()
    outcome, files = told(rosters / "全县.parquet", "-o", "out/", "--split-by", "学校名称")
    assert (outcome.status, outcome.out, files) == (2, "", {})
    assert "--memory" in outcome.err
    assert list(place.iterdir()) == []


def test_without_room_on_the_disk_nothing_is_begun(
    rosters: Path, told: Callable[..., Told], past_memory: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from xueji_cli.commands import clean_pieces

    place = past_memory()
    monkeypatch.setattr(clean_pieces, "_PACKED", 1 << 50)
    outcome, files = told(rosters / "全县.parquet", "-o", "out.csv")
    assert (outcome.status, files) == (2, {})
    assert "--work-dir" in outcome.err
    assert list(place.iterdir()) == []


def test_a_disk_that_fills_up_ends_in_a_sentence(
    rosters: Path, told: Callable[..., Told], past_memory: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = past_memory()
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    calls: list[Path] = []

    def write(frame: pl.DataFrame, path: Path) -> None:
        calls.append(path)
        if len(calls) > 3:
            raise full
        frame.write_parquet(path)

    monkeypatch.setattr(cleaning, "_write", write)
    outcome, files = told(rosters / "全县.parquet", "-o", "out.csv")
    assert (outcome.status, files) == (2, {})
    assert "满" in outcome.err
    assert list(place.iterdir()) == []


FULL = pl.exceptions.ComputeError("No space left (os error 28)")


@pytest.mark.parametrize(
    ("suffix", "said"),
    [(suffix, KeyboardInterrupt()) for suffix in ("csv", "parquet", "xlsx")] + [("csv", FULL), ("parquet", FULL)],
)
def test_what_ends_in_the_middle_of_an_output_leaves_nothing(
    rosters: Path,
    suffix: str,
    said: BaseException,
    command: Command,
    past_memory: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    past_memory()
    work = tmp_path / "work"
    work.mkdir()
    seen: list[int] = []
    shaped = cleaning.shaped

    def broken(*arguments: object) -> pl.DataFrame:
        seen.extend(stat.S_IMODE(each.stat().st_mode) for each in work.iterdir())
        if len(seen) > 2:
            raise said
        return shaped(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(cleaning, "shaped", broken)
    folder = tmp_path / "results"
    folder.mkdir()
    outcome = command("clean", rosters / "全县.parquet", "-o", folder / f"a.{suffix}", "--work-dir", work, *DAY)
    assert outcome.status == (130 if isinstance(said, KeyboardInterrupt) else 2)
    assert set(seen) == {0o700}
    assert list(work.iterdir()) == []
    assert list(folder.iterdir()) == []


def test_a_work_folder_that_is_not_there(rosters: Path, told: Callable[..., Told]) -> None:
    outcome, _ = told(rosters / "丙校.csv", "--work-dir", "nowhere")
    assert outcome.status == 2
    assert "nowhere" in outcome.err


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP")
def test_a_run_that_is_to_outlive_its_terminal_does() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Spill():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_piece_is_as_large_as_the_memory_has_room(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    os.truncate(path, 4 << 30)
    small, large = (memory.plan([str(path)], size << 20, 1.0, 3_000) for size in (512, 1024))
    assert small is not None
    assert large is not None
    assert 50_000 < small.rows < large.rows
