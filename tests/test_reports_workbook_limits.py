"""Marks on crowded cells, long texts, many findings; and what another office program makes of it."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from made_up_report import FINDINGS, PEOPLE, findings, patch_catalogue, report, table

from tests.report_workbooks import colour, hashed, user_workbook, write
from xueji_cli.reports.marks import FILLS, cell_marks, comment_height
from xueji_cli.reports.view import finding_view


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_catalogue(monkeypatch)


def test_one_comment_per_cell_worst_first(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {**FINDINGS[1], "rule": "NM02", "severity": "warning"},
        FINDINGS[1],
        *[FINDINGS[1]] * 14,
        {**FINDINGS[1], "row": 5},
    ]
    made = report(table(rows=PEOPLE), rows=rows)
    marks = cell_marks(made, finding_view(made, lang="zh"), [0], "zh")
    assert marks.select("row", "position", "severity").rows() == [(4, 5, "error"), (5, 5, "error")]
    lines = marks["comment"][0].split("\n")
    assert lines[0].startswith("错误 ID03：")
    assert lines[-1] == "另有 4 条，见“问题清单”"
    assert comment_height(marks["comment"][0]) > comment_height(marks["comment"][1])
    monkeypatch.setattr("xueji_cli.reports.marks.COMMENT_LIMIT", 1)
    assert cell_marks(made, finding_view(made, lang="zh"), [0], "zh")["comment"].null_count() == 1


def test_only_so_many_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("annotated", "fresh", "workbook"):
        monkeypatch.setattr(f"xueji_cli.reports.{module}.LINK_LIMIT", 3)
    for source in (hashed(user_workbook(tmp_path / "名册.xlsx")), table("x.csv", sheet=None, kind="csv", rows=PEOPLE)):
        made = report(source, rows=[FINDINGS[1]] * 5)
        written = write(made, tmp_path / "out.xlsx")
        listed = openpyxl.load_workbook(tmp_path / "out.xlsx")["问题清单"]
        assert sum(row[3].hyperlink is not None for row in listed.iter_rows(min_row=2)) == 2
        assert any("第 2 条以后" in note for note in written.notes)


def test_too_long_for_excel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [(4, ("x" * 40_000, *PEOPLE[0][1][1:])), (1_048_577, PEOPLE[1][1])]
    made = report(table("x.csv", sheet=None, kind="csv", rows=people), rows=FINDINGS[1:2])
    written = write(made, tmp_path / "out.xlsx")
    assert any("32767" in note for note in written.notes)
    assert any("1048576" in note for note in written.notes)
    assert len(openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]["B4"].value) == 32_767


def test_findings_of_nothing(tmp_path: Path) -> None:
    write(report(hashed(user_workbook(tmp_path / "名册.xlsx")), rows=[]), tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book["问题清单"].max_row == 1


def test_from_stdin(tmp_path: Path) -> None:
    made = report(table("-", rows=PEOPLE), rows=FINDINGS[1:2])
    write(made, tmp_path / "out.xlsx")
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames[0] == "学生"


@pytest.mark.slow
def test_fifty_thousand_findings_in_a_copy(tmp_path: Path) -> None:
    source = user_workbook(tmp_path / "名册.xlsx")
    made = report(hashed(source), rows=[])
    many = pl.concat([findings(FINDINGS[1:2])] * 50_000, rechunk=True)
    object.__setattr__(made, "findings", many.with_columns((pl.int_range(pl.len()) + 4).cast(pl.UInt32).alias("row")))
    write(made, tmp_path / "out.xlsx")
    with zipfile.ZipFile(tmp_path / "out.xlsx") as parts:
        comments = next(name for name in parts.namelist() if "comment" in name.casefold() and name.endswith(".xml"))
        assert parts.read(comments).count(b"<comment ") == 50_000
    assert io.BytesIO((tmp_path / "out.xlsx").read_bytes()).getbuffer().nbytes > 1_000_000


@pytest.mark.office
@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice on this machine")
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_libreoffice_shows_the_same_cells(tmp_path: Path, kind: str) -> None:
    """What openpyxl and xlsxwriter wrote is read by another office program and saved again."""
    source = hashed(user_workbook(tmp_path / "名册.xlsx"))
    made = report(
        source if kind == "xlsx" else table("学生.csv", sheet=None, kind="csv", rows=PEOPLE), rows=FINDINGS[1:3]
    )
    write(made, tmp_path / "out.xlsx")
    profile = (tmp_path / "profile").as_uri()
    again = tmp_path / "again"
    command = [
        "soffice",
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(again),
    ]
    subprocess.run([*command, str(tmp_path / "out.xlsx")], check=True, capture_output=True, timeout=180)
    book = openpyxl.load_workbook(again / "out.xlsx")
    sheet = book["学生"]
    marked = {cell.coordinate for row in sheet.iter_rows() for cell in row if colour(cell) in FILLS.values()}
    assert marked == {"F4", "D5"}
    assert "校验码应为 4" in sheet["F4"].comment.text
    assert "多余的空格" in sheet["D5"].comment.text
    assert sheet["F4"].value == "341323201204121235"
    assert book["问题清单"]["D2"].hyperlink is not None
