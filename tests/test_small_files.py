"""Very many small files: their rows stand together in memory and are cleaned together, and nobody can tell."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
import table_files as make
from cleaning_rosters import cleaned
from cli_rosters import DAY, child, children, write_roster, write_workbook
from rule_cases import case_rows, cases, make_roster, student

from xueji_cli.cleaning.apart import alike
from xueji_cli.cleaning.shaping import AS_IS, NATIONAL, shape
from xueji_cli.commands import clean_plan
from xueji_cli.reports.cleaned import Made, change_log
from xueji_cli.schema import stacking
from xueji_cli.schema.roster import Roster
from xueji_cli.schema.stacking import stack
from xueji_cli.tables import paths
from xueji_cli.tables.paths import Inputs
from xueji_cli.tables.table import Slice

TABLES = 6


def tables() -> list[Roster]:
    """Return the rows of the cases of all rules in some tables, all with the same columns, which some leave empty."""
    known = [case for case in cases() if case.as_of == "2025-10-15" and not case.facts and not case.numeric]
    rows = [row for case in known for table in case_rows(case) for row in table]
    names = list(dict.fromkeys(name for row in rows for name in row))
    assert len(rows) > 500
    made = []
    for number in range(TABLES):
        some = [{**row, "phone": "13812341234"} for row in rows[number::TABLES]]
        if number % 3 == 0:
            some[-1] |= {"班主任": "郑老师", "phone": f"138-1234-{number:04}/0557-2345678"}
        made.append(make_roster(student(), [*names, "班主任"], some, number=number, numeric=("id_number",)))
    return made


def test_rows_that_stand_together_are_as_they_were() -> None:
    alone = [*tables(), make_roster(student(), ["name"], [{"name": "甘棠"}], number=9_999)]
    together = stack(alone)
    assert sum(isinstance(each.rows, Slice) and each.rows.whole.height > 400 for each in together) == len(alone) - 1
    for before, after in zip(alone, together, strict=True):
        assert after.frame.equals(before.frame)
        assert after.table.frame.equals(before.table.frame)
        assert (after.columns, after.unbound, after.table.columns) == (
            before.columns,
            before.unbound,
            before.table.columns,
        )
        assert after.table.source == before.table.source
        assert after.table.height == before.table.height


@pytest.mark.parametrize("unsafe", [False, True])
def test_cleaned_together_they_come_out_as_alone(unsafe: bool) -> None:  # noqa: FBT001
    given = tables()
    alone = [cleaned(roster, unsafe=unsafe) for roster in given]
    groups = list(alike(cleaned(*given, unsafe=unsafe)))
    # The column that nobody claims, and the one for second telephone numbers, are in some outputs only.
    assert len(groups) > 1
    assert sorted(place for places, _ in groups for place in places) == list(range(TABLES))
    for template in (NATIONAL, AS_IS):
        for places, apart in groups:
            output = shape(apart, template, origin=True)
            log = change_log(apart, [Made(output, "out.xlsx")])
            start = 0
            for place in places:
                height = given[place].table.height
                wanted = shape(alone[place], template, origin=True)
                assert output.columns == wanted.columns, place
                rows = output.rows.slice(start, height).drop("#place")
                assert rows.rows() == wanted.rows.drop("#place").rows(), place
                told = log.filter(log["file"] == given[place].table.source.path).drop("to_row")
                said = change_log(alone[place], [Made(wanted, "out.xlsx")]).drop("to_row")
                assert said.height
                assert told.rows() == said.rows(), place
                start += height


def content(path: Path) -> object:
    """Return what a file says; of a workbook all but the time of writing."""
    data = path.read_bytes()
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("core.xml")}


def test_a_folder_comes_out_the_same_however_its_files_are_put_together(command, tmp_path, monkeypatch):
    folder = tmp_path / "各校"
    for number in range(9):
        rows = children(3, 民族="汉", 备注="" if number % 2 else "住校")
        rows[0] |= {"联系电话": "13812345001/13912345002"} if number % 4 == 0 else {}
        write_roster(folder / f"{number}.csv", rows)
    write_workbook(folder / "20.xlsx", {"甲": children(2, 民族="满"), "乙": [child(5)]})
    (folder / "3坏.xlsx").write_bytes(make.xlsx(make.ROSTER)[:900])
    told = []
    for name, together, rows in (("alone", 1 << 30, 0), ("together", 2, 7)):
        monkeypatch.setattr(stacking, "TOGETHER", together)
        monkeypatch.setattr(clean_plan, "_TOGETHER", rows)
        done = command("clean", "各校", "--as-of", DAY, "-o", f"{name}/", "--log", f"{name}.jsonl", "--format", "json")
        assert done.status == 2
        checked = command("check", "各校", "--as-of", DAY, "--format", "json", "--fail-on", "never")
        files = {path.name: content(path) for path in (tmp_path / name).iterdir()}
        log = (tmp_path / f"{name}.jsonl").read_text(encoding="utf-8").replace(f"{name}/", "")
        told.append((done.out.replace(f"{name}/", ""), checked, files, log))
    assert len(told[0][2]) == 10
    assert json.loads(told[0][0])["changes"]
    assert told[0] == told[1]


def test_the_inputs_are_looked_at_once_however_many_outputs_there_are(tmp_path, monkeypatch):
    """With thousands of inputs and as many outputs, to look at each for each is millions of looks."""
    sources = [tmp_path / f"{number}.csv" for number in range(20)]
    for source in sources:
        source.write_text("x", encoding="utf-8")
    looked = []
    real = paths.same_file_key
    monkeypatch.setattr(paths, "same_file_key", lambda path: looked.append(path) or real(path))
    inputs = Inputs([*map(str, sources), "-"])
    assert len(inputs) == 20
    assert not any(inputs.hold(tmp_path / f"out{number}.csv") for number in range(50))
    assert len(looked) == 50 + 20
    (tmp_path / "hard.csv").hardlink_to(sources[3])
    assert inputs.hold(sources[7])
    assert inputs.hold(tmp_path / "hard.csv")
