"""Files read ahead of their turn."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from xueji_cli.errors import InputError
from xueji_cli.tables import blob
from xueji_cli.tables.blob import Ahead


def test_files_come_in_turn_and_whole(tmp_path: Path) -> None:
    contents = [f"姓名,班级\n学生{i},1班\n".encode() for i in range(3)]
    paths = [str(tmp_path / f"{i}.csv") for i in range(3)]
    for path, content in zip(paths, contents, strict=True):
        Path(path).write_bytes(content)
    ahead = Ahead(paths)
    blobs = [ahead.load(path) for path in paths]
    assert [each.data for each in blobs] == contents
    assert [each.digest.result() for each in blobs] == [hashlib.sha256(content).hexdigest() for content in contents]


def test_a_file_that_cannot_be_read_is_told_in_its_turn(tmp_path: Path) -> None:
    good = tmp_path / "好.csv"
    good.write_text("姓名\n张三\n", encoding="utf-8")
    ahead = Ahead([str(good), str(tmp_path / "没有.csv"), str(good)])
    assert ahead.load(str(good)).data
    with pytest.raises(InputError) as error:
        ahead.load(str(tmp_path / "没有.csv"))
    assert error.value.key == "file_not_found"
    assert ahead.load(str(good)).data


def test_what_is_too_large_to_hold_twice_is_read_in_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "大.csv"
    path.write_text("姓名\n" + "张三\n" * 10, encoding="utf-8")
    read: list[str] = []
    load = blob.load
    monkeypatch.setattr(blob, "load", lambda path, most: read.append(path) or load(path, most))
    monkeypatch.setattr(blob, "_LARGE", 10)
    ahead = Ahead([str(path)])
    assert not read
    assert ahead.load(str(path)).data
    assert read == [str(path)]
    with pytest.raises(InputError, match="too_large"):
        Ahead([str(path)], max_bytes=5).load(str(path))
