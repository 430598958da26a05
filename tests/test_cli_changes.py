"""`xueji changes` as it is run: the sample from end to end, every output, exit codes, masks, and what is wrong with a command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from changes_cases import COLUMNS, LOG_COLUMNS, child, up
from openpyxl import load_workbook
from rich.cells import cell_len
from rule_cases import student
from test_cli_golden import agree

from sample_data.make_changes import FOLDER, NEW_DAY, OLD_DAY, made, write_changes
from xueji_cli.checks.registry import change_rules
from xueji_cli.checks.rule import Severity
from xueji_cli.schema.loading import load_form

#: Eighteen digits, or a name of the sample: neither may be seen without --reveal.
NUMBER = re.compile(r"(?<![0-9a-f])[0-9]{17}[0-9X](?![0-9a-f])")


@pytest.fixture
def sample(tmp_path):
    """The sample, in the folder the command runs in."""
    write_changes(tmp_path)
    return [OLD_DAY, NEW_DAY, "--log", "异动台账.xlsx"]


@pytest.fixture
def sides(tmp_path):
    """Two files of two schools, nothing wrong in them, and a way to write more."""
    titles = {field.name: field.title for field in student().fields}

    def write(
        name: str, rows: list[dict[str, str]], columns: list[str] = COLUMNS, names: dict[str, str] = titles
    ) -> str:
        lines = [",".join(names[column] for column in columns)]
        lines += [",".join(row.get(column, "") for column in columns) for row in rows]
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return name

    old = [child(place, 3) for place in range(4)]
    write("春2025-03-10.csv", old)
    write("秋2025-09-20.csv", [{**row, **up(3)} for row in old])
    return write


def write_log(sides, rows: list[dict[str, str]], name: str = "log.csv") -> str:
    titles = {field.name: field.title for field in load_form("movement").fields}
    return sides(name, rows, LOG_COLUMNS, titles)


def test_the_sample_is_what_its_script_makes(tmp_path: Path) -> None:
    write_changes(tmp_path)
    for kept in FOLDER.rglob("*"):
        # A workbook is a zip, whose times differ; its log is compared by what is found in it.
        if kept.is_file() and kept.suffix != ".xlsx":
            assert (tmp_path / kept.relative_to(FOLDER)).read_bytes() == kept.read_bytes(), kept


def test_everything_planted_is_found_and_nothing_else(command, sample) -> None:
    done = command("changes", *sample, "--format", "json", "--reveal")
    assert done.status == 1
    found: dict[str, set[str]] = {}
    for finding in json.loads(done.out)["findings"]:
        found.setdefault(finding["name"], set()).add(finding["code"])
    planted: dict[str, set[str]] = {}
    for name, _, rules in made()[3]:
        planted.setdefault(name, set()).update(rules.split())
    told = {name: rules for name, rules in planted.items() if rules}
    # One child has another name by the second day.
    renamed = set(told) - set(found)
    assert len(renamed) == 1
    assert {name: found[name] for name in set(told) - renamed} == {name: told[name] for name in set(told) - renamed}
    assert len(set(found) - set(told)) == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 120])
def test_text(command, sample, monkeypatch, lang, width) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    done = command("changes", *sample, "--lang", lang, "--places", 1)
    assert (done.status, done.err) == (1, "")
    assert [line for line in done.out.splitlines() if cell_len(line) > width and "xueji changes" not in line] == []
    assert NUMBER.findall(done.out) == []
    if width == 80:
        agree(f"changes-{lang}-80.txt", done.out)


@pytest.mark.parametrize(("lacking", "code"), [(0, "MV03"), (1, "MV01")])
def test_a_school_whose_file_is_missing_is_told_and_its_children_are_not_accused(
    command, tmp_path, sample, lacking, code
) -> None:
    """One file of one export can't be read; `tmp_path` has a copy of the sample."""
    side = tmp_path / sample[lacking]
    broken = side / "松溪镇中心小学.csv"
    broken.write_bytes(b"")
    done = command("changes", *sample, "--format", "json")
    assert done.status == 2
    report = json.loads(done.out)
    assert any("松溪镇中心小学" in problem for problem in map(str, report["problems"]))
    accused = [each for each in report["findings"] if each["code"] == code and each["school"] == "松溪镇中心小学"]
    assert accused == []
    assert report["tie_out"]["ties"] is True


def test_json_is_masked_and_has_its_contract(command, sample) -> None:
    done = command("changes", *sample, "--format", "json")
    report = json.loads(done.out)
    assert report["schema"] == "xueji/changes/v1"
    assert list(report) == [
        *(
            "schema",
            "run",
            "inputs",
            "summary",
            "tie_out",
            "children",
            "key_information",
            "other_fields",
            "log",
            "findings",
        ),
        *("skipped", "names", "problems", "unreadable"),
    ]
    assert NUMBER.findall(done.out) == []
    names = {name for name, _, _ in made()[3]}
    assert [name for name in names if f'"{name}"' in done.out] == []
    assert report["run"]["old"] == {"date": OLD_DAY, "known_by": "name", "said": OLD_DAY}
    assert report["tie_out"]["ties"]
    county = report["tie_out"]["county"]
    assert county["opening"] + sum(county["come"].values()) - sum(county["gone"].values()) == county["closing"]


def test_files_are_written_masked_and_whole(command, sample, tmp_path) -> None:
    done = command("changes", *sample, "-q", "-o", "a.xlsx", "-o", "a.html", "-o", "a.json", "--format", "json")
    assert done.status == 1
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == json.loads(done.out)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert NUMBER.findall(re.sub("sha256-[^']+", "", page)) == []
    assert "<script" not in page
    book = load_workbook(tmp_path / "a.xlsx")
    cells = [
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    ]
    assert [cell for cell in cells if NUMBER.search(cell)] == []
    assert book.sheetnames == [
        *(
            "总表",
            "各校增减",
            "各班增减",
            "须核实",
            "减少名册",
            "新增名册",
            "县内变动名册",
            "留级跳级名册",
            "关键信息变更",
        ),
        *("其他变更", "台账核对", "说明", "谁可以看"),
    ]
    report = json.loads(done.out)
    assert book["须核实"].max_row == len(report["findings"]) + 1
    assert all(sheet.page_setup.orientation == "landscape" for sheet in book)


def test_revealed_means_whole(command, sample, tmp_path) -> None:
    command("changes", *sample, "-q", "-o", "a.html", "--reveal")
    assert NUMBER.findall((tmp_path / "a.html").read_text(encoding="utf-8"))


def test_cells_that_look_like_formulas_stay_text(command, sides, tmp_path) -> None:
    bare = dict.fromkeys(("id_number", "roll_number", "member1_name", "member1_phone"), "")
    sides("秋2025-09-20.csv", [{**child(0, 3), **up(3), **bare, "name": "=HYPERLINK(1)"}])
    command("changes", "春2025-03-10.csv", "秋2025-09-20.csv", "-q", "-o", "a.xlsx", "--reveal")
    book = load_workbook(tmp_path / "a.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


def test_nothing_to_look_into_is_0(command, sides) -> None:
    done = command("changes", "春2025-03-10.csv", "秋2025-09-20.csv")
    assert done.status == 0, done.out
    assert "没有发现要核实的情况" in done.out


@pytest.mark.parametrize(("fail_on", "status"), [("error", 0), ("warning", 1), ("notice", 1), ("never", 0)])
def test_fail_on(command, sides, fail_on, status) -> None:
    rows = [{**child(place, 3), **up(3)} for place in range(4)]
    rows[0]["school_name"] = rows[1]["school_name"]
    sides("秋2025-09-20.csv", rows)
    log = write_log(sides, [{"name": "某某", "kind": "其他", "date": "2020-01-01"}])
    done = command("changes", "春2025-03-10.csv", "秋2025-09-20.csv", "--log", log, "--fail-on", fail_on)
    assert done.status == status, done.out


def test_whatever_is_unexplained_ends_with_1() -> None:
    """The rules about children of whom nothing says where they went or came from, in any stage."""
    assert {change_rules()[code].severity for code in ("MV01", "MV02", "MV03", "MV05", "MV06")} == {Severity.ERROR}


def test_rules_that_are_only_local_are_warnings_at_most() -> None:
    local = [rule for rule in change_rules().values() if rule.source.startswith(("地方", "[经验]"))]
    assert len(local) > 5
    assert all(rule.severity is not Severity.ERROR for rule in local)


def test_rules_are_chosen(command, sample) -> None:
    done = command("changes", *sample, "--select", "MV21,MV24", "--format", "json")
    assert set(json.loads(done.out)["summary"]["by_rule"]) == {"MV21", "MV24"}
    done = command("changes", *sample, "--ignore", "MV", "--format", "json")
    assert (done.status, json.loads(done.out)["findings"]) == (0, [])
    done = command("changes", *sample, "--select", "ID03")
    assert done.status == 2
    assert "MV" in done.err
    assert command("check", "春.csv", "--select", "MV01").status == 2


def test_settings_reach_the_rules(command, sample, tmp_path) -> None:
    (tmp_path / "xueji.toml").write_text(
        'ignore = ["CL04"]\n[rule.MV21]\nseverity = "notice"\ndays = 20\n', encoding="utf-8"
    )
    report = json.loads(command("changes", *sample, "--format", "json").out)
    assert "MV21" not in report["summary"]["by_rule"]


def test_every_rule_explains_itself(command) -> None:
    done = command("rule", "MV")
    assert done.status == 0
    for code in change_rules():
        assert code in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["秋2025-09-20.csv", "春2025-03-10.csv"], "对调"),
        (["春2025-03-10.csv", "春2025-03-10.csv"], "两边都有"),
        (["春.csv", "秋2025-09-20.csv"], "--old-date"),
        (["春2025-03-10.csv", "秋2025-09-20.csv", "--new-date", "2025.9"], "2025.9"),
        (["春2025-03-10.csv", "秋2025-09-20.csv", "-o", "a.pdf"], ".pdf"),
        (["春2025-03-10.csv", "秋2025-09-20.csv", "-o", "春2025-03-10.csv"], "春2025-03-10.csv"),
        (["春2025-03-10.csv", "没有.csv"], "没有.csv"),
        (["春2025-03-10.csv", "秋2025-09-20.csv", "--log", "秋2025-09-20.csv.missing"], "missing"),
    ],
)
def test_a_wrong_command_is_one_sentence_and_2(command, sides, arguments, said) -> None:
    sides("春.csv", [child(0, 3)])
    done = command("changes", *arguments)
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_days_are_said_and_how_they_are_known(command, sides) -> None:
    sides("春.csv", [child(0, 3)])
    sides("秋.csv", [{**child(0, 3), **up(3)}])
    done = command(
        "changes", "春.csv", "秋.csv", "--old-date", "2025-03-10", "--as-of", "2025-09-20", "--format", "json"
    )
    run = json.loads(done.out)["run"]
    assert (run["old"]["known_by"], run["new"]) == ("option", {"date": "2025-09-20", "known_by": "as_of", "said": None})


def test_many_files_a_side(command, sides) -> None:
    old = [child(place, 3) for place in range(4)]
    sides("甲2025-03-10.csv", old[:2])
    sides("乙2025-03-12.csv", old[2:])
    done = command("changes", "甲2025-03-10.csv", "秋2025-09-20.csv", "--old", "乙2025-03-12.csv", "--format", "json")
    report = json.loads(done.out)
    assert (done.status, report["run"]["old"]["date"], report["summary"]["fates"]) == (0, "2025-03-12", {"stayed": 4})


def test_files_of_two_school_years_on_one_side_are_refused(command, sides) -> None:
    sides("乙2024-03-12.csv", [child(9, 3)])
    done = command("changes", "春2025-03-10.csv", "秋2025-09-20.csv", "--old", "乙2024-03-12.csv")
    assert done.status == 2
    assert "--old-date" in done.err


def test_kinds_that_nobody_knows_are_named_and_2(command, sides) -> None:
    log = write_log(sides, [{"name": child(0, 3)["name"], "kind": "外星移居", "date": "2025-05-01"}])
    done = command("changes", "春2025-03-10.csv", "秋2025-09-20.csv", "--log", log)
    assert done.status == 2
    assert "外星移居" in done.out


@pytest.mark.parametrize("name", ["转入学生登记.csv", "2025年休学台账.csv"])
def test_a_log_without_kinds_is_known_by_its_name(command, sides, name) -> None:
    titles = {field.name: field.title for field in load_form("movement").fields}
    columns = [column for column in LOG_COLUMNS if column != "kind"]
    sides(name, [{"name": child(0, 3)["name"], "date": "2025-05-01"}], columns, titles)
    done = command("changes", "春2025-03-10.csv", "秋2025-09-20.csv", "--log", name, "--format", "json")
    assert json.loads(done.out)["log"][0]["kind"] == ("transfer_in" if "转入" in name else "suspend")
    assert json.loads(done.out)["problems"] == []


def test_an_unreadable_file_does_not_stop_the_others(command, sides, tmp_path) -> None:
    (tmp_path / "坏2025-09-20.xlsx").write_bytes(b"PK\x03\x04 nothing")
    done = command("changes", "春2025-03-10.csv", "秋2025-09-20.csv", "--new", "坏2025-09-20.xlsx", "--format", "json")
    assert done.status == 2
    assert json.loads(done.out)["unreadable"][0]["file"] == "坏2025-09-20.xlsx"


def test_the_same_twice(command, sample) -> None:
    assert command("changes", *sample, "--format", "json").out == command("changes", *sample, "--format", "json").out


def test_a_mapping_may_be_about_one_side_only(command, sides) -> None:
    titles = {field.name: field.title for field in student().fields} | {"name": "孩子大名"}
    sides("春2025-03-10.csv", [child(place, 3) for place in range(4)], COLUMNS, titles)
    done = command("changes", "春2025-03-10.csv", "秋2025-09-20.csv", "--map", "孩子大名=姓名", "--format", "json")
    assert json.loads(done.out)["summary"]["fates"] == {"stayed": 4}
