"""Hostile files take bounded time and memory, end in a sentence, and do not keep the good file beside them from being checked.

The bounds hold for files of any trick: 20 seconds of a processor, and 400 MB more than the good file alone takes, or twelve times
the size of the file itself, whichever is more. (`test_tables_errors` has the damaged and the merely odd.)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import hostile_files as hostile
import pytest
import table_files as make
from cli_rosters import children, write_roster

from xueji_cli.errors import InputError
from xueji_cli.tables.reader import ReadOptions, read_tables

pytestmark = pytest.mark.skipif(os.name == "nt", reason="measures processes as Unix does")

HERE = Path(__file__).parent
SECONDS = 20
MEGABYTES, TIMES = 400, 12
ALL = {**hostile.REFUSED, **hostile.READ, **hostile.EITHER}
SECRET = "秘密内容"


def run(folder: Path, name: str) -> dict[str, Any]:
    """Check the good file and one more, in a measured process; return what it took and how it ended."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent), "POLARS_MAX_THREADS": "1"}
    call = [sys.executable, str(HERE / "hostile_runner.py"), str(SECONDS), name]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout)[name])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Make a folder with good files; return it, and the memory that these take."""
    folder = tmp_path_factory.mktemp("hostile") / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "secret.txt").write_text(SECRET, encoding="utf-8")
    write_roster(folder / "good.csv", children(3, 照片="无"))
    write_roster(folder / "also good.csv", children(3))
    return folder, run(folder, "also good.csv")["megabytes"]


@pytest.mark.parametrize("name", ALL)
def test_bounded_with_one_sentence_and_the_good_file_is_checked(place: tuple[Path, int], name: str) -> None:
    folder, usual = place
    (folder / name).write_bytes(ALL[name](str(folder)))
    told = run(folder, name)
    assert told["killed"] == "", "ran into the limit"
    assert told["seconds"] < SECONDS
    assert told["megabytes"] < usual + max(MEGABYTES, TIMES * ((folder / name).stat().st_size >> 20))
    out = (folder / f"{name}.out").read_text(encoding="utf-8")
    err = (folder / f"{name}.err").read_text(encoding="utf-8")
    report = json.loads(out)
    refused = [each["file"] for each in report["unreadable"]]
    assert "Traceback" not in out + err
    assert SECRET not in out + err
    assert "哈哈哈哈" not in out
    assert {each["file"] for each in report["findings"]} >= {"good.csv"}
    if name in hostile.REFUSED or (name in hostile.EITHER and refused):
        assert refused == [name]
        assert told["status"] == 2
        assert report["unreadable"][0]["message"] in err
        assert len(err) < 2000
    else:
        assert refused == []
        assert told["status"] == 1
        assert name in [each["file"] for each in report["inputs"]]
    # Nothing was written outside.
    assert [path for path in folder.parent.parent.rglob("*") if "escaped" in path.name] == []
    assert not Path(tempfile.gettempdir(), "escaped-xueji.txt").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["b"]
    (folder / name).unlink()


#: Every kind cut off at many places: a table or one error, and never more rows than the whole file has.
WHOLE = {
    "a.xlsx": hostile.XLSX,
    "a.xlsb": make.xlsb([hostile.HEAD, hostile.CHILD]),
    "a.xls": make.biff5([hostile.HEAD, hostile.CHILD]),
    "a.ods": hostile.ods(hostile.ods_row(*hostile.HEAD) + hostile.ods_row(*hostile.CHILD)),
    "a.html": make.html([hostile.HEAD, hostile.CHILD]).encode(),
    "a.xml": make.xml2003([hostile.HEAD, hostile.CHILD]).encode(),
    "a.csv": hostile.CSV,
    "utf-16.csv": b"\xff\xfe" + hostile.UTF16,
    "gbk.csv": hostile.CSV.decode().encode("gbk"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_cut_off_anywhere(tmp_path: Path, name: str) -> None:
    data = WHOLE[name]
    path = tmp_path / name
    for length in sorted({*range(0, len(data), max(1, len(data) // 60)), *range(len(data) - 12, len(data))}):
        path.write_bytes(data[:length])
        try:
            (table,) = read_tables(str(path), ReadOptions(), make.Words())
        except InputError:
            continue
        assert table.frame.height == 1
