"""`xueji.toml`, then `XUEJI_*`, then flags."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from cli_rosters import DAY, child, children, faulty, write_roster

from xueji_cli import settings
from xueji_cli.errors import DefinitionError, UserError


@pytest.fixture
def load(tmp_path):
    """Load settings with a given file in the current folder."""

    def run(text=None, *, flags=None, environment=None, **options):
        if text is not None:
            (tmp_path / "xueji.toml").write_text(text, encoding="utf-8")
        return settings.load(flags or {}, environment=environment or {}, folder=tmp_path, **options)

    return run


EVERYTHING = """
schema = "student"
rules = "anhui"
as_of = 2025-10-15
encoding = "gbk"
sheet = 2
header_row = 3
fail_on = "warning"
lang = "en"
format = "json"
photos = "照片"
classes = "班级.csv"
record_key = "密钥"
select = ["ID", "FD01"]
ignore = "PT01, CD"
schema_folders = ["本县"]
reveal = true
recursive = true
memory = "4GB"
note = "仅限本局"
password_file = "密码.txt"

[map]
"证件号" = "身份证件号"
"K" = "id_number"

[rule.id14]
max_age = 40
severity = "warning"

[rule.PT01]
severity = "off"
"""


def test_every_key(load):
    assert load(EVERYTHING) == settings.Settings(
        schema="student",
        rules="anhui",
        as_of=date(2025, 10, 15),
        encoding="gbk",
        sheet="2",
        header_row=3,
        fail_on="warning",
        lang="en",
        format="json",
        photos="照片",
        classes="班级.csv",
        record_key="密钥",
        select=("ID", "FD01"),
        ignore=("PT01", "CD"),
        schema_folders=("本县",),
        reveal=True,
        recursive=True,
        memory=4 << 30,
        note="仅限本局",
        password_file="密码.txt",
        mapping=("证件号=身份证件号", "K=id_number"),
        rule_overrides={"ID14": {"max_age": "40", "severity": "warning"}, "PT01": {"severity": "off"}},
        file=load().file,
    )
    named = {line.split(" = ")[0] for line in EVERYTHING.split("[map]")[0].strip().splitlines()}
    held = {name for name in settings.Settings.__slots__ if name not in ("mapping", "rule_overrides", "file")}
    assert named == held, "a key that this test does not know"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("rules", "anhui", "anhui"),
        ("as_of", "2024-09-01", date(2024, 9, 1)),
        ("fail_on", "never", "never"),
        ("header_row", "4", 4),
        ("select", "ID,FD01", ("ID", "FD01")),
        ("reveal", "1", True),
        ("reveal", "no", False),
        ("recursive", "TRUE", True),
        ("lang", "en", "en"),
        ("format", "csv", "csv"),
    ],
)
def test_the_environment(load, key, text, value):
    assert getattr(load(environment={f"XUEJI_{key.upper()}": text}), key) == value


def test_flags_over_environment_over_file_over_defaults(load):
    file, environment, flags = 'fail_on = "warning"', {"XUEJI_FAIL_ON": "notice"}, {"fail_on": "never"}
    assert load().fail_on == "error"
    assert load(file).fail_on == "warning"
    assert load(file, environment=environment).fail_on == "notice"
    assert load(file, environment=environment, flags=flags).fail_on == "never"
    assert load(file, environment=environment, flags={"fail_on": None}).fail_on == "notice"


def test_a_list_on_the_command_line_takes_the_place_of_the_files(load):
    assert load('ignore = ["PT"]', flags={"ignore": ["ID"]}).ignore == ("ID",)
    assert load('ignore = ["PT"]', flags={"ignore": []}).ignore == ("PT",)


def test_mappings_add_up(load):
    assert load('[map]\n"甲" = "姓名"', flags={"mapping": ["乙=性别"]}).mapping == ("甲=姓名", "乙=性别")


def test_all_mistakes_of_a_file_are_reported_together(load):
    text = """
    fail_no = "error"
    fail_on = "sometimes"
    as_of = "soon"
    header_row = 0
    reveal = "perhaps"
    sheet = [1, 2]
    rules = true
    lang = "fr"
    map = "K"
    rule = {ID14 = 5}
    """
    with pytest.raises(DefinitionError) as caught:
        load(text)
    said = [(each.error.key, each.error.params["word"]) for each in caught.value.mistakes]
    assert said == [
        ("unknown_setting_near", "fail_no"),
        ("bad_setting", "fail_on"),
        ("bad_date_option", "as_of"),
        ("bad_setting", "header_row"),
        ("bad_setting", "reveal"),
        ("bad_setting", "sheet"),
        ("bad_setting", "rules"),
        ("bad_setting", "lang"),
        ("bad_setting", "map"),
        ("bad_setting", "rule"),
    ]


def test_a_wrong_variable_is_named_as_the_user_knows_it(load):
    for key, value in {"FAIL_ON": "x", "AS_OF": "x", "HEADER_ROW": "-1", "REVEAL": "x"}.items():
        with pytest.raises(UserError) as caught:
            load(environment={f"XUEJI_{key}": value})
        assert caught.value.params["word"] == f"XUEJI_{key}"


def test_a_settings_file_further_up_is_found_and_its_paths_are_meant_from_there(tmp_path):
    (tmp_path / "xueji.toml").write_text(
        'photos = "照片"\nclasses = "班级.csv"\nrecord_key = "密钥"\nschema = "own.yaml"\nrules = "anhui"\nschema_folders = ["县"]',
        encoding="utf-8",
    )
    below = tmp_path / "一年级" / "1班"
    below.mkdir(parents=True)
    found = settings.load({}, environment={}, folder=below)
    assert Path(found.file) == tmp_path / "xueji.toml"
    assert Path(found.photos) == tmp_path / "照片"
    assert Path(found.classes) == tmp_path / "班级.csv"
    assert Path(found.record_key) == tmp_path / "密钥"
    assert Path(found.schema) == tmp_path / "own.yaml"
    assert found.rules == "anhui"
    assert [Path(each) for each in found.schema_folders] == [tmp_path / "县"]


def test_the_nearest_file_wins_and_config_names_another(tmp_path):
    (tmp_path / "xueji.toml").write_text('lang = "en"', encoding="utf-8")
    below = tmp_path / "校"
    below.mkdir()
    (below / "xueji.toml").write_text('fail_on = "never"', encoding="utf-8")
    assert settings.load({}, environment={}, folder=below) == settings.load(
        {}, environment={"XUEJI_CONFIG": str(below / "xueji.toml")}, folder=below
    )
    named = settings.load({}, environment={}, folder=below, config=str(tmp_path / "xueji.toml"))
    assert (named.lang, named.fail_on) == ("en", "error")


# --- through the command line ---


@pytest.fixture
def roster(tmp_path):
    return write_roster(tmp_path / "r.csv", faulty("error", "warning", "notice"))


def found(done):
    return {each["code"]: each["severity"] for each in json.loads(done.out)["findings"]}


def test_rules_as_the_file_has_them(command, roster, tmp_path):
    text = f'as_of = {DAY}\nformat = "json"\n[rule.PT01]\nseverity = "error"\n[rule.ID03]\nseverity = "off"\n'
    (tmp_path / "xueji.toml").write_text(text, encoding="utf-8")
    done = command("check", roster)
    assert done.status == 1
    assert found(done) == {"PT01": "error", "CD03": "notice"}
    # What is selected by name runs although the file has it off.
    assert found(command("check", roster, "--select", "ID03")) == {"ID03": "error"}


def test_a_parameter_of_a_rule(command, tmp_path):
    roster = write_roster(tmp_path / "r.csv", [child(1, 民族="汉族", 出生日期="20070101", 身份证件号=""), child(2)])
    settled = ["check", roster, "--as-of", DAY, "--format", "json", "--select", "EN03"]
    before = found(command(*settled))
    (tmp_path / "xueji.toml").write_text("[rule.EN03]\n" + wide_open("EN03"), encoding="utf-8")
    assert before == {"EN03": "warning"}
    assert found(command(*settled)) == {}


def wide_open(code):
    """Return parameters of a rule that let everything through: every number is a hundred."""
    from xueji_cli.checks.registry import all_rules

    return "\n".join(f"{name} = 100" for name, value in all_rules()[code].params.items() if value.isdigit())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('fail_on = "error\n', ["第 1 行", "引号"]),
        ("\n[map]\n证件号 = 身份证件号\n", ["第 3 行", "引号"]),
        ("fail_no = 1\nas_of = 'x'\n", ["2 处", "fail_no", "fail_on", "as_of"]),
        ("[rule.ZZ99]\nseverity = 'off'\n", ["ZZ99"]),
        ("[rule.ID14]\nmax_aeg = 3\n", ["ID14", "max_aeg"]),
        ("[rule.ID14]\nseverity = 'fatal'\n", ["ID14.severity", "fatal", "off"]),
        ("rules = 'atlantis'\n", ["atlantis"]),
        ("photos = 'nowhere'\n", ["nowhere"]),
    ],
    ids=["open quote", "bare Chinese", "two mistakes", "unknown rule", "parameter", "severity", "pack", "folder"],
)
def test_a_wrong_file_is_2_and_says_where(command, roster, tmp_path, text, words):
    (tmp_path / "xueji.toml").write_text(text, encoding="utf-8")
    done = command("check", roster)
    assert (done.status, done.out) == (2, "")
    for word in words:
        assert word in done.err
    assert "Traceback" not in done.err


def test_a_file_in_another_encoding_is_said_to_be_so(command, roster, tmp_path):
    (tmp_path / "xueji.toml").write_bytes('[map]\n"证件" = "身份证件号"\n'.encode("gb18030"))
    done = command("check", roster)
    assert done.status == 2
    assert "UTF-8" in done.err


def test_a_file_saved_by_notepad_is_read(command, roster, tmp_path):
    (tmp_path / "xueji.toml").write_bytes('format = "json"\r\nselect = "ID"\r\n'.encode("utf-8-sig"))
    assert found(command("check", roster, "--as-of", DAY)) == {"ID03": "error"}


def test_values_that_are_no_number_are_refused_for_a_parameter_that_is_one(command, roster, tmp_path):
    from xueji_cli.checks.registry import all_rules

    numbers = {
        rule.code: name for rule in all_rules().values() for name, value in rule.params.items() if value.isdigit()
    }
    assert numbers
    for code, name in numbers.items():
        (tmp_path / "xueji.toml").write_text(f'[rule.{code}]\n{name} = "many"\n', encoding="utf-8")
        done = command("check", roster)
        assert done.status == 2, (code, name, done.err)
        assert name in done.err


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        ("EN02", "cutoff", "soon"),
        ("EN02", "cutoff", "02-30"),
        ("EN02", "inclusive", "perhaps"),
        ("CL05", "below", "many"),
        ("CL06", "within", "county"),
        ("CL06", "percent", "3%"),
        ("SP05", "km", "-1"),
    ],
)
def test_a_parameter_that_can_not_be_is_refused_in_settings_and_packs(command, roster, tmp_path, code, name, value):
    (tmp_path / "own.yaml").write_text(f"rules:\n  {code}: {{params: {{{name}: '{value}'}}}}\n", encoding="utf-8")
    for arguments in (["check", roster, "--rules", "own.yaml"], ["schema", "check", "own.yaml"]):
        done = command(*arguments)
        assert done.status == 2
        assert f"{code}.{name}" in done.err
        assert value in done.err
    (tmp_path / "xueji.toml").write_text(f"[rule.{code}]\n{name} = '{value}'\n", encoding="utf-8")
    done = command("check", roster)
    assert done.status == 2
    assert f"{code}.{name}" in done.err


def test_the_language_of_the_file_is_spoken(command, roster, tmp_path, monkeypatch):
    monkeypatch.delenv("XUEJI_LANG")
    assert "合计" in command("check", roster).out
    (tmp_path / "xueji.toml").write_text('lang = "en"', encoding="utf-8")
    assert "Total" in command("check", roster).out
    assert "Required column missing" in command("rule").out
    assert "合计" in command("check", roster, "--lang", "zh").out
    monkeypatch.setenv("XUEJI_LANG", "zh")
    assert "合计" in command("check", roster).out


def test_a_file_further_up_is_mentioned(command, tmp_path, monkeypatch):
    (tmp_path / "xueji.toml").write_text('ignore = ["PT"]', encoding="utf-8")
    roster = write_roster(tmp_path / "校" / "r.csv", children(1))
    assert command("check", roster, "--as-of", DAY).err == ""
    monkeypatch.chdir(tmp_path / "校")
    assert str(tmp_path / "xueji.toml") in command("check", "r.csv", "--as-of", DAY).err
    assert command("check", "r.csv", "--as-of", DAY, "-q").err == ""


def test_rule_pages_show_the_parameters_that_are_set(command, tmp_path):
    from xueji_cli.checks.registry import all_rules

    name = next(iter(all_rules()["ID14"].params))
    (tmp_path / "xueji.toml").write_text(f'[rule.ID14]\n{name} = 77\nseverity = "notice"\n', encoding="utf-8")
    page = command("rule", "ID14").out
    assert f"{name} = 77" in page
    assert "提示" in page


def test_definitions_of_ones_own_are_found_in_the_folders_of_the_file(command, tmp_path):
    (tmp_path / "县").mkdir()
    (tmp_path / "县" / "bus.yaml").write_text(
        "extends: student\nname: bus\ntitle: 校车\nversion: '1'\nfields:\n  - {name: bus_route, title: 校车线路}\n",
        encoding="utf-8",
    )
    (tmp_path / "xueji.toml").write_text('schema_folders = ["县"]', encoding="utf-8")
    assert "校车" in command("schema", "list").out
    assert "校车线路" in command("schema", "show", "bus").out
