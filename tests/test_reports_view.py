from __future__ import annotations

import time

import polars as pl
import pytest
from made_up_report import FINDINGS, findings, patch_catalogue, report, table

from xueji_cli.reports.masking import mask, mask_name
from xueji_cli.reports.summary import summarise
from xueji_cli.reports.view import VIEW_SCHEMA, finding_view, table_labels
from xueji_cli.schema.loading import load_schema
from xueji_cli.schema.model import Field, FieldType, Pii


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_catalogue(monkeypatch)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("id", "341323201204121234", "341323********123*"),
        ("id", "34132320120412123x", "341323********123*"),
        ("id", "３４１３２３２０１２０４１２１２３４", "３４１３２３********１２３*"),
        ("id", " 341323201204121234\t", "341323********123*"),
        ("id", "G341323201204121234", "G341323********123*"),
        ("id", "341323120412123", "341************"),
        ("id", "34132320120412123", "341**************"),
        ("id", "341323 20120412 1234", "341*****************"),
        ("id", "3.41323E+17", "3.41323E+17"),
        ("id", "3.4132320120412E+17", "3.4****************"),
        ("id", "20120412", "2*******"),
        ("id", "2012-04-12", "2*********"),
        ("id", "张三丰", "张*"),
        ("id", "", ""),
        ("id", None, None),
        ("name", "张三", "张*"),
        ("name", "欧阳睿翰", "欧*"),
        ("name", "\u3000张三", "张*"),
        ("name", "\u200b李四", "李*"),
        ("name", "John Smith", "J*"),
        ("name", "𠮷田", "𠮷*"),
        ("name", " ", " "),
        ("name", None, None),
        ("phone", "13812345678", "138****5678"),
        ("phone", "13812345678、13912345679", "138******************79"),
        ("phone", "6022345", "6******"),
        ("date", "2012-04-12", "2012-**-**"),
        ("date", "20120412", "2012-**-**"),
        ("date", "2012年4月12日", "2012-**-**"),
        ("date", "201204", "2012-**-**"),
        ("date", "40242", "****-**-**"),
        ("date", "12/4/2012", "****-**-**"),
        ("date", "341323201204121234", "****-**-**"),
        ("date", "", ""),
        ("address", "安徽省宿州市某县某镇", "安徽省宿州市***"),
        ("address", "灵城镇3组", "灵城***"),
        ("none", "证号341323201204121234。", "证号341******。"),
        ("none", "341323 20120412 123X", "341******"),
        ("none", "1234567890", "1234567890"),
        ("codes", "341323000000", "341323000000"),
        ("codes", "341323201204121234", "341******"),
        ("codes", "2134130001", "2134130001"),
        ("codes", "13812345678", "138****5678"),
        ("codes", "20120412", "2012-**-**"),
        ("codes", "安徽省灵璧县", "安***"),
        ("school", "灵璧县第一小学（东校区）", "灵璧县第一小学（东校区）"),
        ("school", "城关三小", "城关三小"),
        ("school", "3134900102", "3134900102"),
        ("school", "王小明", "王***"),
        ("school", "灵城镇小学路77号3单元", "灵***"),
        ("school", "13812345678", "1***"),
        ("class", "一年级 1班", "一年级 1班"),
        ("class", "2024级 火箭班", "2024级 火箭班"),
        ("class", "初二(3)班", "初二(3)班"),
        ("class", "3.1", "3.1"),
        ("class", "王小明", "王***"),
        ("class", "一年级 王小明", "一***"),
        ("class", "王小明 1班", "王***"),
        ("class", "341323201204121234", "3***"),
        ("month", "202409", "202409"),
        ("month", "2024年9月", "2024年9月"),
        ("month", "20120412", "2012-**-**"),
        ("month", "2012-04-12 0:00:00", "2012-**-** 0:00:00"),
        ("month", "王小明", "王***"),
        ("number", "12.5", "12.5"),
        ("number", "13812345678", "1***"),
        ("number", "很远", "很***"),
        ("choice:汉族满", "汉", "汉"),
        ("choice:汉族满", "01", "01"),
        ("choice:汉族满", "王小明", "王***"),
        ("choice:汉族满", "20120412", "2***"),
        ("choice:汉族满", "", ""),
        ("address", "123456789@qq.com", "1***"),
        ("unknown", "王小明", "王***"),
    ],
)
def test_mask(kind: str, value: str | None, shown: str | None) -> None:
    frame = pl.DataFrame({"v": [value]}, schema={"v": pl.String})
    assert frame.select(mask(pl.col("v"), kind)).item() == shown


@pytest.mark.parametrize("kind", ["id", "name", "phone", "date", "address", "none", "codes", "unknown"])
@pytest.mark.parametrize(
    "value", ["341323201204121234", "3413 2320 1204 1212 34", "G341323201204121234", "'341323201204121234"]
)
def test_no_mask_shows_the_birth_date_of_an_id_number(kind: str, value: str) -> None:
    shown = pl.DataFrame({"v": [value]}).select(mask(pl.col("v"), kind)).item()
    assert "0412" not in "".join(character for character in shown if character.isdigit())


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (None, "unknown"),
        (Field("x", "x"), "none"),
        (Field("x", "x", type=FieldType.REGION), "codes"),
        (Field("x", "x", type=FieldType.REGION, pii=Pii.ADDRESS), "address"),
        (Field("x", "x", type=FieldType.CLASS), "class"),
        (Field("x", "x", type=FieldType.MONTH), "month"),
        (Field("x", "x", type=FieldType.INTEGER), "number"),
        (Field("x", "x", role="school_name"), "school"),
    ],
)
def test_mask_name(field: Field | None, kind: str) -> None:
    assert mask_name(field) == kind


def test_mask_name_of_a_code_is_the_characters_of_its_table() -> None:
    schema = load_schema("student")
    kind = mask_name(schema.by_name["ethnicity"], schema.code_tables["ethnicity"])
    shown = pl.DataFrame({"v": ["汉", "蒙古", "未填", "欧阳珀琛"]}).select(mask(pl.col("v"), kind))["v"].to_list()
    assert shown == ["汉", "蒙古", "未填", "欧***"]


def test_view_places_and_sentences() -> None:
    view = finding_view(report(), lang="zh")
    assert view.schema == VIEW_SCHEMA
    assert view["code"].to_list() == [row["rule"] for row in FINDINGS]
    wrong = view.row(1, named=True)
    assert (wrong["file"], wrong["sheet"], wrong["row"], wrong["cell"]) == ("roster.xlsx", "学生", 4, "F4")
    assert wrong["column"] == "身份证件号"
    assert wrong["value"] == "341323********123*"
    assert wrong["message"] == "身份证件号 341323********123* 的校验码应为 4"
    assert wrong["suggestion"] == "对照户口本改正 身份证件号"
    assert (wrong["slug"], wrong["source"]) == ("wrong-check-digit", "GB 11643-1999 4.3")
    assert view["message"][4] == "出生日期 2012-**-** 与证件号 341323********003* 中的 2012-**-** 不一致"
    whole_table = view.row(0, named=True)
    assert (whole_table["row"], whole_table["cell"], whole_table["column"]) == (None, None, None)
    assert whole_table["message"] == "表中没有“监护人姓名”列"


def test_view_related_places() -> None:
    view = finding_view(report(), lang="zh")
    twice = view.row(3, named=True)
    assert twice["related_text"] == "南坝.csv 第2行、南坝.csv 第3行 等共5处"
    assert twice["related"][0] == {"file": "各校/南坝.csv", "sheet": None, "row": 2}
    assert twice["message"] == "34132320********002* 另有 5 处使用".replace("34132320", "341323")
    assert view["related_text"][1] is None
    one_table = report(table(rows=[]), rows=[{**FINDINGS[3], "related": [{"table": 0, "row": 9}], "others": 1}])
    assert finding_view(one_table, lang="en")["related_text"].to_list() == ["row 9"]


def test_view_reveals_only_when_asked() -> None:
    secrets = ["341323201204121235", "李　木", "2012-06-02", "2012-06-03", "341323201206030031"]
    shown = finding_view(report(), lang="zh").drop("related").write_csv()
    whole = finding_view(report(), lang="zh", reveal=True).drop("related").write_csv()
    assert [secret for secret in secrets if secret in shown] == []
    assert [secret for secret in secrets if secret not in whole] == []


def test_view_of_a_cell_in_a_column_nobody_knows_is_masked() -> None:
    rows = [
        {"rule": "NM02", "severity": "warning", "table": 0, "row": 4, "position": 7, "value": "王小明"},
        {"rule": "NM02", "severity": "warning", "table": 0, "position": 7, "value": "备注一"},
    ]
    view = finding_view(report(rows=rows), lang="zh")
    assert view["value"].to_list() == ["王***", "备注一"]
    assert view["column"].to_list() == ["备注", "备注"]


def test_view_of_nothing() -> None:
    view = finding_view(report(rows=[]), lang="zh")
    assert view.is_empty()
    assert view.schema == VIEW_SCHEMA


def test_braces_in_cells_are_text() -> None:
    rows = [{**FINDINGS[1], "field": "remark", "position": 7, "value": "{p1} {0} ${1}"}]
    assert finding_view(report(rows=rows), lang="zh")["message"][0] == "备注 {p1} {0} ${1} 的校验码应为 4"


def test_labels_tell_files_of_the_same_name_apart() -> None:
    tables = [
        table("甲校/学生.xlsx"),
        table("乙校/学生.xlsx"),
        table("丙.xlsx", sheet="一"),
        table("丙.xlsx", sheet="二"),
    ]
    assert table_labels(report(*tables, rows=[]).rosters) == [
        "甲校/学生.xlsx",
        "乙校/学生.xlsx",
        "丙.xlsx 一",
        "丙.xlsx 二",
    ]


def test_summary() -> None:
    made = report()
    summary = summarise(made, finding_view(made, lang="zh"))
    assert (summary.rows, summary.rows_with_errors) == (5, 4)
    assert (summary.errors, summary.warnings, summary.notices) == (5, 1, 1)
    assert summary.by_rule == {"DU01": 2, "ID03": 1, "ID07": 1, "NM02": 1, "PH09": 1, "TB01": 1}
    assert summary.by_file.rows() == [("roster.xlsx", 3, 3, 4, 1, 0), ("各校/南坝.csv", 2, 1, 1, 0, 1)]
    assert summary.by_class.rows()[0] == ("青禾小学", "一年级1班", 2, 2, 1, 0)
    assert summary.by_school["school"].to_list() == ["青禾小学", "南坝小学"]


def test_summary_of_nothing() -> None:
    made = report(rows=[])
    summary = summarise(made, finding_view(made, lang="zh"))
    assert (summary.rows, summary.rows_with_errors, summary.errors, summary.by_rule) == (5, 0, 0, {})


@pytest.mark.slow
def test_a_million_findings_are_rendered_in_seconds() -> None:
    many = findings(FINDINGS)
    made = report(rows=[])
    object.__setattr__(made, "findings", pl.concat([many] * 150_000, rechunk=True))
    started = time.perf_counter()
    view = finding_view(made, lang="zh")
    assert view.height == 1_050_000
    assert time.perf_counter() - started < 20
