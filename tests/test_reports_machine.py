from __future__ import annotations

import csv
import io
import json
from typing import Any

import polars as pl
import pytest
from made_up_report import FINDINGS, findings, patch_catalogue, report

from xueji_cli.reports.machine import FINDING_KEYS, write_csv, write_json, write_jsonl
from xueji_cli.reports.summary import summarise
from xueji_cli.reports.view import finding_view


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_catalogue(monkeypatch)


def written(writer: Any, made: Any = None, lang: str = "zh") -> bytes:
    made = made or report()
    view = finding_view(made, lang=lang)
    stream = io.BytesIO()
    writer(made, view, summarise(made, view), stream, lang=lang)
    return stream.getvalue()


def test_json_is_the_contract() -> None:
    raw = written(write_json)
    document = json.loads(raw)
    assert list(document) == ["schema", "run", "inputs", "summary", "findings", "skipped", "unreadable", "truncated"]
    assert document["schema"] == "xueji/check/v1"
    assert document["run"]["rules"] == "national-2013"
    first = document["inputs"][0]
    assert (first["file"], first["sheet"], first["header_row"], first["rows"]) == ("roster.xlsx", "学生", 3, 3)
    assert first["columns"][0] == {"header": "学校名称", "letter": "B", "field": "school_name"}
    assert first["unbound"] == [{"header": "备注", "letter": "H"}]
    assert document["inputs"][1]["encoding"] == "gb18030"
    assert document["summary"]["by_rule"]["DU01"] == 2
    assert document["summary"]["rows_with_errors"] == 4
    finding = document["findings"][1]
    assert tuple(finding) == FINDING_KEYS
    assert (finding["code"], finding["slug"], finding["cell"], finding["column"]) == (
        "ID03",
        "wrong-check-digit",
        "F4",
        "身份证件号",
    )
    assert document["findings"][0]["row"] is None
    assert document["findings"][0]["related"] == []
    assert document["findings"][3]["related"][1] == {"file": "各校/南坝.csv", "sheet": None, "row": 3}
    assert document["skipped"] == [
        {"code": "NM02", "file": "各校/南坝.csv", "sheet": None, "reason": "missing_columns", "missing": ["曾用名"]}
    ]
    assert document["unreadable"] == [
        {"file": "丢失.xlsx", "reason": "file_not_found", "message": "找不到文件 丢失.xlsx。"}
    ]
    assert "身份证件号".encode() in raw
    assert b"\\u" not in raw


def test_json_is_masked_and_the_same_every_time() -> None:
    raw = written(write_json)
    assert b"341323201204121235" not in raw
    assert "李　木".encode() not in raw
    assert raw == written(write_json)


def test_json_structure_does_not_depend_on_the_language() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(each) for key, each in value.items()}
        return [shape(each) for each in value] if isinstance(value, list) else None

    assert shape(json.loads(written(write_json, lang="zh"))) == shape(json.loads(written(write_json, lang="en")))


def test_json_without_findings() -> None:
    document = json.loads(written(write_json, report(rows=[])))
    assert document["findings"] == []
    assert document["summary"]["errors"] == 0


def test_json_of_more_findings_than_one_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xueji_cli.reports.machine._SLICE", 3)
    assert [each["code"] for each in json.loads(written(write_json))["findings"]] == [row["rule"] for row in FINDINGS]
    assert len(written(write_jsonl).splitlines()) == 1 + len(FINDINGS)


def test_awkward_text_survives_json() -> None:
    value = 'a"b\\c\n\x01</script>\u2028𠮷'
    document = json.loads(written(write_json, report(rows=[{**FINDINGS[1], "field": "remark", "value": value}])))
    assert document["findings"][0]["value"] == value


def test_jsonl() -> None:
    lines = written(write_jsonl).decode().split("\n")
    assert lines.pop() == ""
    head = json.loads(lines[0])
    assert head["schema"] == "xueji/check/v1"
    assert "findings" not in head
    assert [json.loads(line) for line in lines[1:]] == json.loads(written(write_json))["findings"]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+86", "+86"),
        ("-12.5", "-12.5"),
        ("-1+2", "'-1+2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("＝1+1", "'＝1+1"),
        ("a=b", "a=b"),
    ],
)
def test_csv_is_safe_in_a_spreadsheet(cell: str, safe: str) -> None:
    made = report(rows=[{**FINDINGS[1], "field": "remark", "value": cell, "school": cell}])
    stream = io.BytesIO()
    write_csv(finding_view(made, lang="zh", reveal=True), stream, bom=True)
    assert stream.getvalue().startswith(b"\xef\xbb\xbfcode,")
    row = next(iter(csv.DictReader(io.StringIO(stream.getvalue().decode("utf-8-sig"), newline=""))))
    assert (row["value"], row["school"]) == (safe, safe)


def test_csv_for_a_pipe_has_no_mark_and_all_columns() -> None:
    stream = io.BytesIO()
    write_csv(finding_view(report(), lang="zh"), stream, bom=False)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))
    assert tuple(rows[0]) == FINDING_KEYS
    assert len(rows) == len(FINDINGS)
    assert rows[3]["related"] == "南坝.csv 第2行、南坝.csv 第3行 等共5处"


@pytest.mark.slow
def test_a_million_findings_as_json_lines() -> None:
    made = report(rows=[])
    object.__setattr__(made, "findings", pl.concat([findings(FINDINGS)] * 150_000, rechunk=True))
    view = finding_view(made, lang="zh")
    stream = io.BytesIO()
    write_jsonl(made, view, summarise(made, view), stream, lang="zh")
    assert stream.getvalue().count(b"\n") == 1_050_001
