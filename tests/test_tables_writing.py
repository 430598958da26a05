"""Files are written whole or not at all, and nothing in them is executed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji_cli.errors import UserError
from xueji_cli.tables.writing import neutralise, neutralised, whole_file


def write_whole(path: str | Path, writer: Callable[[Path], object], *, inputs: Iterable[str] = ()) -> None:
    with whole_file(path, inputs=inputs) as temporary:
        writer(temporary)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "结果.csv"
    with whole_file(target) as temporary:
        assert temporary.suffix == ".csv"
        assert temporary.parent.parent == tmp_path
        assert temporary.parent.name.endswith(".xueji-tmp")
        temporary.write_text("新", encoding="utf-8")
        assert not target.exists()
    assert target.read_text(encoding="utf-8") == "新"
    assert left_in(tmp_path) == ["结果.csv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file_and_nothing_else(error: type[BaseException], tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("旧", encoding="utf-8")

    def fail(path: Path) -> None:
        path.write_text("半", encoding="utf-8")
        raise error

    with pytest.raises(error):
        write_whole(target, fail)
    assert target.read_text(encoding="utf-8") == "旧"
    assert left_in(tmp_path) == ["a.csv"]


def test_an_input_is_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "名单.xlsx"
    source.write_bytes(b"x")
    (tmp_path / "link.xlsx").symlink_to(source)
    (tmp_path / "hard.xlsx").hardlink_to(source)
    monkeypatch.chdir(tmp_path)
    for name in (str(source), "名单.xlsx", "./名单.xlsx", "link.xlsx", "hard.xlsx"):
        with pytest.raises(UserError, match="output_is_input"):
            write_whole(name, lambda path: path.write_bytes(b"y"), inputs=["other.csv", "-", "名单.xlsx"])
    assert source.read_bytes() == b"x"
    assert left_in(tmp_path) == sorted(["hard.xlsx", "link.xlsx", "名单.xlsx"])


def test_places_that_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="output_no_folder"):
        write_whole(tmp_path / "没有" / "a.csv", lambda path: None)
    with pytest.raises(UserError, match="output_is_directory"):
        write_whole(tmp_path, lambda path: None)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="output_no_folder"):
        write_whole(tmp_path / "file" / "a.csv", lambda path: None)


@pytest.mark.parametrize("key", ["output_in_use", "output_permission"])
def test_a_file_open_in_excel_is_told_so(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.xlsx"
    exists = key == "output_in_use"
    if exists:
        target.write_bytes(b"x")

    def refuse(self: Path, other: Path) -> Path:
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(UserError, match=key):
        write_whole(target, lambda path: path.write_bytes(b"y"))
    assert left_in(tmp_path) == (["a.xlsx"] if exists else [])


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match="output_failed") as caught:
        write_whole(tmp_path / "a.csv", fail)
    assert caught.value.params["reason"] == "No space left on device"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_an_output_is_as_open_as_other_files(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_whole(tmp_path / "a.csv", lambda path: path.write_text("x"))
    usual = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == usual
    (tmp_path / "a.csv").chmod(0o640)
    write_whole(tmp_path / "a.csv", lambda path: path.write_text("y"))
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),
        ("-12.5", "-12.5"),
        ("+8613812345678", "+8613812345678"),
        ("-", "-"),
        ("--", "--"),
        ("-a", "'-a"),
        ("- 5", "'- 5"),
        ("-1\n=2", "'-1\n=2"),
        ("张三", "张三"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_formulas_are_neutralised(cell: str, written: str) -> None:
    assert neutralise(cell) == written


@given(st.lists(st.one_of(st.none(), st.text(st.sampled_from("=+-@\t\r\n1.5aＡ＝'٣"), max_size=5)), max_size=20))
def test_both_ways_to_neutralise_agree(cells: list[str | None]) -> None:
    frame = pl.DataFrame({"a": pl.Series(cells, dtype=pl.String)})
    expected = [None if cell is None else neutralise(cell) for cell in cells]
    assert frame.select(neutralised(pl.col("a")))["a"].to_list() == expected
