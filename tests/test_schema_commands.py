import io
import json
import re

import openpyxl
import pytest
import typer
from typer.main import get_command

from xueji_cli.commands.codes import codes_app
from xueji_cli.commands.columns import aligned
from xueji_cli.commands.schema import schema_app
from xueji_cli.console import Console
from xueji_cli.errors import UserError
from xueji_cli.messages import catalogue
from xueji_cli.schema.codetables import code_table_names
from xueji_cli.schema.definitions import packaged_root
from xueji_cli.schema.loading import load_schema
from xueji_cli.schema.rulepack import rulepack_names
from xueji_cli.schema.template import ROWS, template_workbook


@pytest.fixture
def xueji(monkeypatch, tmp_path):
    """Run a command; returns its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    app = typer.Typer()
    app.add_typer(schema_app, name="schema")
    app.add_typer(codes_app, name="codes")

    def run(*arguments, lang="zh"):
        out, err = io.StringIO(), io.StringIO()
        status = get_command(app).main(list(arguments), standalone_mode=False, obj=Console(lang, out=out, err=err))
        return status, out.getvalue(), err.getvalue()

    return run


def test_schema_list_names_every_schema_with_its_source(xueji):
    status, out, _ = xueji("schema", "list")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["student", "class", "school", "person"]
    assert "83 个字段" in out


def test_schema_list_as_json(xueji):
    _, out, _ = xueji("schema", "list", "--format", "json")
    assert [(s["name"], s["title"]) for s in json.loads(out)] == [
        ("student", "学生"),
        ("class", "班级"),
        ("school", "学校"),
        ("person", "人员"),
    ]


def test_schema_show_has_a_line_for_every_field_within_the_width(xueji):
    from rich.cells import cell_len

    status, out, _ = xueji("schema", "show", "student")
    assert status == 0
    for field in load_schema("student").fields:
        assert any(line.startswith(field.name + " ") for line in out.splitlines()), field.name
    assert max(cell_len(line) for line in out.splitlines()[3:]) <= 100


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_schema_show_of_a_header_shows_the_fields_it_may_mean(xueji, lang):
    _, out, _ = xueji("schema", "show", "student", "家长电话", lang=lang)
    assert out.startswith("phone  联系电话")
    assert "member1_phone  成员1联系电话" in out


def test_schema_show_as_json_has_all_headers(xueji):
    _, out, _ = xueji("schema", "show", "student", "name", "--format", "json")
    assert "学生姓名" in json.loads(out)["fields"][0]["aliases"]


def test_schema_show_of_an_unknown_field_names_the_nearest(xueji):
    with pytest.raises(UserError) as caught:
        xueji("schema", "show", "student", "身份证件好")
    assert caught.value.params["near"] == "身份证件号"


def test_schema_check_of_everything_packaged_finds_no_mistake(xueji):
    status, out, err = xueji("schema", "check")
    assert status == 0, err
    assert len(out.splitlines()) == 4 + len(code_table_names()) + len(rulepack_names())


def test_schema_check_reports_the_mistakes_of_every_file_and_ends_with_2(xueji, tmp_path):
    (tmp_path / "a.yaml").write_text("name: a\nfields:\n  - {name: x, titel: 甲}\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("code,label\n1,男\n1,女\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text("rules:\n  ZZ99: {severity: error}\n", encoding="utf-8")
    (tmp_path / "d.yaml").write_text("extends: student\n", encoding="utf-8")
    status, out, err = xueji("schema", "check", "a.yaml", "b.csv", "c.yaml", "d.yaml", "nothing")
    assert status == 2
    assert out.startswith("d.yaml")
    for words in ("第 3 行", "title", "ZZ99", "「1」", "nothing"):
        assert words in err


def test_schema_export_writes_the_definition_and_never_over_a_file(xueji, tmp_path):
    status, out, err = xueji("schema", "export", "student", "-o", "own.yaml")
    assert (status, out) == (0, "")
    assert "own.yaml" in err
    assert load_schema(tmp_path / "own.yaml").fields == load_schema("student").fields
    with pytest.raises(UserError) as caught:
        xueji("schema", "export", "student", "-o", "own.yaml")
    assert caught.value.key == "export_exists"


def test_schema_export_without_a_file_goes_to_stdout(xueji):
    _, out, _ = xueji("schema", "export", "class")
    assert "name: class" in out


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["-o", "x.xlsx"], "schema_output"),
        (["--template", "-o", "x.csv"], "template_output"),
        (["--template"], "template_output"),
    ],
)
def test_schema_export_to_a_file_of_the_wrong_kind_is_a_user_error(xueji, arguments, key):
    with pytest.raises(UserError) as caught:
        xueji("schema", "export", "student", *arguments)
    assert caught.value.key == key


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_the_template_is_the_national_one_with_text_cells_and_drop_downs(xueji, tmp_path, lang):
    xueji("schema", "export", "student", "--template", "-o", "T.xlsx", lang=lang)
    sheet = openpyxl.load_workbook(tmp_path / "T.xlsx").worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    schema = load_schema("student")
    assert len(headers) == 71
    assert [schema.headers.claims(header)[0].field for header in headers] == [
        f.name for f in sorted((f for f in schema.fields if f.template), key=lambda f: f.template)
    ]
    assert all(sheet.column_dimensions[cell.column_letter].width >= 10 for cell in sheet[1])
    assert all(cell.comment and cell.comment.text for cell in sheet[1])
    lists = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}
    assert lists[f"C2:C{ROWS + 1}"] == '"男,女"'
    assert len(lists) == sum(1 for f in schema.fields if f.template and f.code)


def test_every_column_of_the_template_is_text_so_that_ids_keep_their_digits(tmp_path):
    path = tmp_path / "T.xlsx"
    path.write_bytes(template_workbook(load_schema("student"), catalogue.load("zh", "schema")["template"]))
    columns = openpyxl.load_workbook(path).worksheets[0].column_dimensions.values()
    assert sum(column.max - column.min + 1 for column in columns) == 71
    assert {column.number_format for column in columns} == {"@"}


def test_a_list_too_long_for_a_drop_down_stands_on_a_second_sheet(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("title: 甲\nfields:\n  - {name: a, title: 国, code: many}\n", encoding="utf-8")
    (tmp_path / "codes").mkdir()
    rows = "".join(f"{n},第{n}个很长的名称\n" for n in range(60))
    (tmp_path / "codes" / "many.csv").write_text("code,label\n" + rows, encoding="utf-8")
    path = tmp_path / "T.xlsx"
    path.write_bytes(template_workbook(load_schema(own), catalogue.load("zh", "schema")["template"]))
    workbook = openpyxl.load_workbook(path)
    assert workbook.worksheets[0].data_validations.dataValidation[0].formula1 == "'代码表'!$A$1:$A$60"
    assert [c.value for c in workbook["代码表"]["A"]][:2] == ["第0个很长的名称", "第1个很长的名称"]


def test_codes_list_names_every_table_with_its_standard(xueji):
    status, out, _ = xueji("codes", "list")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == code_table_names()
    assert "GB/T 3304" in out


def test_codes_show(xueji):
    _, out, _ = xueji("codes", "show", "ethnicity")
    assert "毛难族" in out
    assert "毛南族" in out
    _, data, _ = xueji("codes", "show", "ethnicity", "--format", "json")
    assert json.loads(data)["entries"][0]["label"] == "汉族"


def test_a_users_folder_in_the_settings_is_searched(xueji, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "county.yaml").write_text("extends: student\ntitle: 本县\n", encoding="utf-8")
    (tmp_path / "xueji.toml").write_text('schema_folders = ["own"]\n', encoding="utf-8")
    _, out, _ = xueji("schema", "list")
    assert [line.split()[0] for line in out.splitlines()] == ["student", "class", "school", "person", "county"]


def test_the_examples_of_the_readme_are_right(xueji, tmp_path):
    readme = (packaged_root() / "README.md").read_text(encoding="utf-8")
    own, groups, pack, teachers = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    table, sources = re.findall(r"```\n((?:code|table),.*?)```", readme, re.DOTALL)
    (tmp_path / "codes").mkdir()
    for name, text in (
        ("本县.yaml", own),
        ("组.yaml", groups),
        ("本县规则.yaml", pack),
        ("教师.yaml", teachers),
        ("codes/bus_route.csv", table),
        ("codes/SOURCES.csv", sources),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    status, _, err = xueji(
        "schema", "check", "本县.yaml", "组.yaml", "教师.yaml", "本县规则.yaml", "codes/bus_route.csv"
    )
    assert (status, err) == (0, "")
    schema = load_schema(tmp_path / "本县.yaml")
    assert [e.label for e in schema.code_tables["bus_route"].entries] == ["一号线", "二号线"]
    assert load_schema(tmp_path / "组.yaml").headers.claims("家庭成员一/姓名")[0].field == "member1_name"


def test_columns_are_aligned_by_cells_and_cut_at_the_width():
    assert aligned([["甲", "x"], ["ab", "中文字中文字"]], 14) == "甲  x\nab  中文字中…\n"
    assert aligned([], 80) == ""
