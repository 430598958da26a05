"""A small report with made-up rules and made-up people, for the tests of the output formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from tests import digest
from xueji_cli.checks.finding import FINDING_SCHEMA
from xueji_cli.checks.rule import Rule, Severity
from xueji_cli.errors import InputError
from xueji_cli.reports.report import ActiveRule, CheckReport, Run, Skipped
from xueji_cli.schema.model import Field, FieldType, Pii, Schema
from xueji_cli.schema.roster import Roster
from xueji_cli.tables.table import Column, Source, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

RULES_ZH: dict[str, Any] = {
    "TB01": {
        "title": "缺少必需的列",
        "message": "表中没有“{p1}”列",
        "suggestion": "补上这一列再导入",
        "why": "…",
        "example": "…",
    },
    "ID03": {
        "title": "身份证件号校验码不对",
        "message": "{header} {value} 的校验码应为 {p1}",
        "suggestion": "对照户口本改正 {header}",
        "why": "末位由前 17 位算出，对不上说明至少有一位写错。",
        "example": "…",
    },
    "ID07": {
        "title": "证件号里的出生日期与出生日期列不一致",
        "message": "出生日期 {value} 与证件号 {p1} 中的 {p2} 不一致",
        "suggestion": "以户口本为准",
        "why": "…",
        "example": "…",
    },
    "DU01": {
        "title": "身份证件号重复",
        "message": "{value} 另有 {count} 处使用",
        "suggestion": "核对是否一人两籍",
        "why": "…",
        "example": "…",
    },
    "NM02": {
        "title": "姓名中有空格",
        "message": "姓名 {value} 中有多余的空格",
        "suggestion": "去掉空格",
        "why": "…",
        "example": "…",
    },
    "PH09": {
        "title": "没有照片",
        "message": "没有照片",
        "suggestion": "按要求上传照片",
        "why": "…",
        "example": "…",
    },
}
RULES_EN: dict[str, Any] = {
    code: {
        "title": f"title of {code}",
        "message": "{header}: {value}",
        "suggestion": "correct it",
        "why": "",
        "example": "",
    }
    for code in RULES_ZH
}

FIELDS = (
    Field("school_name", "学校名称"),
    Field("class_name", "班级", type=FieldType.CLASS),
    Field("name", "姓名", type=FieldType.NAME, pii=Pii.NAME),
    Field("birth_date", "出生日期", type=FieldType.DATE, pii=Pii.DATE),
    Field("id_number", "身份证件号", type=FieldType.ID_NUMBER, pii=Pii.ID),
    Field("hukou_place", "户口所在地", type=FieldType.REGION),
    Field("remark", "备注"),
)
SCHEMA = Schema("student", "学生基本信息", "1", "made up", FIELDS)

RULES = {
    code: ActiveRule(
        Rule(code, slug, severity, source, pii1=pii1, pii2=pii2), severity=severity, source=source, params={}
    )
    for code, slug, severity, source, pii1, pii2 in (
        ("TB01", "missing-column", Severity.ERROR, "[经验]", None, None),
        ("ID03", "wrong-check-digit", Severity.ERROR, "GB 11643-1999 4.3", None, None),
        ("ID07", "birth-date-mismatch", Severity.ERROR, "国家办法第五条", Pii.ID, Pii.DATE),
        ("DU01", "same-id", Severity.ERROR, "国家办法第二十二条", None, None),
        ("NM02", "padded-name", Severity.WARNING, "[经验]", None, None),
        ("PH09", "no-photo", Severity.NOTICE, "[经验]", None, None),
    )
}


def table(
    path: str = "roster.xlsx",
    *,
    sheet: str | None = "学生",
    kind: str = "xlsx",
    header_row: int = 3,
    offset: int = 1,
    rows: Sequence[tuple[int, Sequence[str | None]]] = (),
    sha256: str = "0" * 64,
) -> Table:
    """Return a table whose first column stands at `offset`, with the fields' titles as headers."""
    columns = tuple(Column(offset + index, field.title) for index, field in enumerate(FIELDS))
    frame = pl.DataFrame(
        {
            "row": [row for row, _ in rows],
            **{column.key: [cells[index] for _, cells in rows] for index, column in enumerate(columns)},
        },
        schema={"row": pl.UInt32, **{column.key: pl.String for column in columns}},
    )
    source = Source(path, sheet, kind, digest.known(sha256), None if kind == "xlsx" else "gb18030")
    return Table(source, header_row, columns, frame)


def roster(read: Table) -> Roster:
    """Bind all columns but 备注."""
    bound = {field.name: column for field, column in zip(FIELDS, read.columns, strict=True) if field.name != "remark"}
    frame = read.frame.select("row", *[pl.col(column.key).alias(name) for name, column in bound.items()])
    return Roster(read, SCHEMA, bound, (read.columns[-1],), frame)


PEOPLE: list[tuple[int, Sequence[str | None]]] = [
    (4, ("青禾小学", "一年级1班", "张小满", "2012-04-12", "341323201204121235", "341323000000", None)),
    (5, ("青禾小学", "一年级1班", "李　木", "2012-05-01", "34132320120501002X", "341323000000", "=1+1")),
    (7, ("青禾小学", "一年级2班", "欧阳睿", "2012-06-02", "341323201206030031", "341323000000", "电话 13800001111")),
]


def findings(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return a findings frame; what a row does not name is null."""
    return pl.DataFrame([{name: row.get(name) for name in FINDING_SCHEMA} for row in rows], schema=FINDING_SCHEMA)


FINDINGS: list[dict[str, Any]] = [
    {"rule": "TB01", "severity": "error", "table": 0, "p1": "监护人姓名", "others": 0},
    {
        "rule": "ID03",
        "severity": "error",
        "table": 0,
        "row": 4,
        "position": 5,
        "field": "id_number",
        "value": "341323201204121235",
        "p1": "4",
        "school": "青禾小学",
        "class_name": "一年级1班",
    },
    {
        "rule": "NM02",
        "severity": "warning",
        "table": 0,
        "row": 5,
        "position": 3,
        "field": "name",
        "value": "李　木",
        "school": "青禾小学",
        "class_name": "一年级1班",
    },
    {
        "rule": "DU01",
        "severity": "error",
        "table": 0,
        "row": 5,
        "position": 5,
        "field": "id_number",
        "value": "34132320120501002X",
        "related": [{"table": 1, "row": 2}, {"table": 1, "row": 3}],
        "others": 5,
        "school": "青禾小学",
        "class_name": "一年级1班",
    },
    {
        "rule": "ID07",
        "severity": "error",
        "table": 0,
        "row": 7,
        "position": 4,
        "field": "birth_date",
        "value": "2012-06-02",
        "p1": "341323201206030031",
        "p2": "2012-06-03",
        "school": "青禾小学",
        "class_name": "一年级2班",
    },
    {"rule": "PH09", "severity": "notice", "table": 1, "row": 2, "school": "南坝小学", "class_name": "二年级1班"},
    {
        "rule": "DU01",
        "severity": "error",
        "table": 1,
        "row": 3,
        "position": 4,
        "field": "id_number",
        "value": "34132320120501002X",
        "related": [{"table": 0, "row": 5}],
        "others": 1,
        "school": "南坝小学",
        "class_name": "二年级1班",
    },
]


def report(*tables: Table, rows: Sequence[dict[str, Any]] | None = None) -> CheckReport:
    """Return a report on the given tables (default: one workbook and one GBK text file)."""
    read = tables or (
        table(rows=PEOPLE),
        table(
            "各校/南坝.csv",
            sheet=None,
            kind="csv",
            header_row=1,
            offset=0,
            rows=[
                (2, ("南坝小学", "二年级1班", "王五妹", "2011-01-02", "341323201101020026", None, None)),
                (3, ("南坝小学", "二年级1班", "李木", "2012-05-01", "34132320120501002X", None, "+cmd")),
            ],
        ),
    )
    return CheckReport(
        run=Run("check", "0.1.0", ("student",), "national-2013", "2025-10-15", {"fail_on": "error"}),
        rosters=tuple(roster(each) for each in read),
        unreadable=(InputError("file_not_found", file="丢失.xlsx"),) if not tables else (),
        findings=findings(FINDINGS if rows is None else rows),
        rules=RULES,
        skipped=(Skipped("NM02", 1, ("曾用名",)),) if not tables else (),
    )


def patch_catalogue(monkeypatch: Any) -> None:
    """Let the catalogues answer with the made-up rules above."""
    from xueji_cli.messages import catalogue

    load = catalogue.load
    made_up = {
        ("zh", "rules"): RULES_ZH,
        ("en", "rules"): RULES_EN,
        ("zh", "errors"): {"file_not_found": "找不到文件 {file}。"},
        ("en", "errors"): {"file_not_found": "There is no file {file}."},
    }
    monkeypatch.setattr(catalogue, "load", lambda lang, part: made_up.get((lang, part)) or load(lang, part))
