"""Options of `xueji check`: each changes what is read, applied or shown, and nothing else."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from cli_rosters import DAY, child, children, faulty, id_number, write_roster, write_workbook


@pytest.fixture
def check(command):
    """Run a check; returns the outcome and the JSON document."""

    def run(*arguments, status=None):
        done = command("check", *arguments, "--format", "json", *([] if "--as-of" in arguments else ["--as-of", DAY]))
        assert done.status in (0, 1, 2) if status is None else done.status == status, done.err
        return json.loads(done.out)

    return run


def codes(data):
    return [each["code"] for each in data["findings"]]


def test_as_of_fixes_grades_and_ages(check, tmp_path):
    roster = write_roster(tmp_path / "r.csv", children(3))
    assert codes(check(roster)) == []
    later = check(roster, "--as-of", "2031-10-15")
    assert later["run"]["as_of"] == "2031-10-15"
    assert set(codes(later)) == {"EN01", "EN03"}


def test_sheet_by_name_and_number_reads_that_sheet_alone(check, command, tmp_path):
    sheets = {"一班": children(2), "二班": faulty("error")}
    book = write_workbook(tmp_path / "b.xlsx", sheets)
    assert [each["sheet"] for each in check(book)["inputs"]] == ["一班", "二班"]
    for named in ("二班", "2"):
        data = check(book, "--sheet", named)
        assert [each["sheet"] for each in data["inputs"]] == ["二班"]
        assert codes(data) == ["ID03"]
    done = command("check", book, "--sheet", "三班")
    assert done.status == 2
    assert "一班" in done.err
    assert "二班" in done.err


def test_header_row_is_the_row_excel_shows(check, command, tmp_path):
    book = write_workbook(tmp_path / "b.xlsx", {"名册": faulty("error")}, above=3)
    found = check(book)
    assert found["inputs"][0]["header_row"] == 4
    assert found["findings"][0]["cell"] == "K6"
    assert check(book, "--header-row", "4")["findings"] == found["findings"]
    done = command("check", book, "--header-row", "99")
    assert done.status == 2
    assert "99" in done.err


def test_a_title_over_the_header_is_no_part_of_it(check, tmp_path):
    """Also where the words under the title are not known as headers without it (随班就读 is a cell as well)."""
    book = write_workbook(tmp_path / "b.xlsx", {"名册": children(2)}, above=1)
    data = check(book)
    assert data["inputs"][0]["header_row"] == 2
    assert {each["header"] for each in data["inputs"][0]["columns"]} == set(child())


def test_encoding_is_found_and_can_be_named(check, command, tmp_path):
    roster = write_roster(tmp_path / "r.csv", children(2), encoding="gb18030")
    assert check(roster)["inputs"][0]["encoding"] == "gb18030"
    assert check(roster, "--encoding", "gbk")["inputs"][0]["rows"] == 2
    for wrong in ("utf-8", "klingon"):
        done = command("check", roster, "--encoding", wrong)
        assert done.status == 2
        assert wrong in done.err


def test_map_by_header_and_by_letter(check, tmp_path):
    rows = [{("证号" if key == "身份证件号" else key): cell for key, cell in row.items()} for row in faulty("error")]
    rows = [{("代号甲" if key == "证号" else key): cell for key, cell in row.items()} for row in rows]
    roster = write_roster(tmp_path / "r.csv", rows)
    assert "ID03" not in codes(check(roster))
    for mapping in ("代号甲=身份证件号", "代号甲=id_number", "K=身份证件号"):
        data = check(roster, "--map", mapping)
        assert "ID03" in codes(data), mapping
        assert {"header": "代号甲", "letter": "K", "field": "id_number"} in data["inputs"][0]["columns"]


def test_map_to_nothing_leaves_a_column_out(check, tmp_path):
    roster = write_roster(tmp_path / "r.csv", faulty("warning"))
    assert codes(check(roster)) == ["PT01"]
    data = check(roster, "--map", "照片=-")
    assert codes(data) == []
    assert [each["header"] for each in data["inputs"][0]["unbound"]] == ["照片"]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (["姓名"], ["--map", "姓名"]),
        (["=姓名"], ["--map"]),
        (["姓名=身份证件好"], ["身份证件好", "身份证件号"]),
        (["没有这列=姓名"], ["没有这列"]),
        (["E=姓名", "AB=姓名"], ["姓名"]),
    ],
    ids=["no equals sign", "no header", "unknown field", "unknown column", "two columns for one field"],
)
def test_a_wrong_map_is_2_and_says_why(command, tmp_path, mapping, words):
    roster = write_roster(tmp_path / "r.csv", children(2))
    done = command("check", roster, *(part for each in mapping for part in ("--map", each)))
    assert done.status == 2
    for word in words:
        assert word in done.err


def test_select_and_ignore_take_codes_families_and_slugs(check, tmp_path):
    roster = write_roster(tmp_path / "r.csv", faulty("error", "warning", "notice"))
    assert codes(check(roster)) == ["ID03", "PT01", "CD03"]
    for wanted, found in {
        "ID": ["ID03"],
        "ID03,PT01": ["ID03", "PT01"],
        "wrong-check-digit": ["ID03"],
        "DU": [],
    }.items():
        assert codes(check(roster, "--select", wanted)) == found
    assert codes(check(roster, "--select", "ID", "--select", "CD")) == ["ID03", "CD03"]
    assert codes(check(roster, "--ignore", "ID", "--ignore", "photo-said-missing")) == ["CD03"]
    assert codes(check(roster, "--select", "ID,PT", "--ignore", "PT01")) == ["ID03"]


def test_rules_of_a_province_and_of_ones_own(check, tmp_path):
    roster = write_roster(tmp_path / "r.csv", faulty("warning"))
    assert check(roster)["run"]["rules"].startswith("national-2025")
    assert check(roster, "--rules", "anhui")["run"]["rules"].startswith("anhui")
    own = tmp_path / "own.yaml"
    own.write_text(
        "extends: anhui\nname: own\ntitle: 本县\nversion: '1'\nrules:\n  PT01: {severity: error}\n", encoding="utf-8"
    )
    data = check(roster, "--rules", own, status=1)
    assert data["run"]["rules"] == "own 1"
    assert [(each["code"], each["severity"]) for each in data["findings"]] == [("PT01", "error")]


def test_a_schema_of_ones_own_extends_the_packaged_one(check, tmp_path):
    text = "extends: student\nname: bus\ntitle: 校车\nversion: '1'\nfields:\n"
    text += "  - {name: bus_route, title: 校车线路, type: integer, aliases: [线路]}\n"
    (tmp_path / "bus.yaml").write_text(text, encoding="utf-8")
    roster = write_roster(tmp_path / "r.csv", [child(1, 线路="3"), child(2, 线路="三号")])
    assert codes(check(roster)) == []
    data = check(roster, "--schema", "bus.yaml")
    assert data["run"]["schema"] == ["bus 1"]
    assert [(each["code"], each["field"], each["row"]) for each in data["findings"]] == [("CD10", "bus_route", 3)]


def test_mistakes_of_a_schema_are_reported_together(command, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "extends: student\nfeilds: []\nfields:\n  - {name: x, titel: y}\n", encoding="utf-8"
    )
    roster = write_roster(tmp_path / "r.csv", children(1))
    done = command("check", roster, "--schema", "own.yaml")
    assert done.status == 2
    assert "feilds" in done.err
    assert "titel" in done.err


def test_classes_reports_what_the_list_lacks(check, command, tmp_path):
    roster = write_roster(tmp_path / "r.csv", [child(1), child(2, 班级="9班")])
    listed = write_roster(
        tmp_path / "classes.csv",
        [{"学校名称": "虚谷小学", "学校标识码": "2134130001", "年级": "一年级", "班级": "1班"}],
    )
    assert codes(check(roster)) == []
    data = check(roster, "--classes", listed)
    assert [(each["code"], each["row"]) for each in data["findings"]] == [("CL08", 3)]
    assert "CL08" not in [each["code"] for each in data["skipped"]]
    done = command("check", roster, "--classes", "nothing.csv")
    assert done.status == 2
    assert "nothing.csv" in done.err


def test_photos_are_looked_for_by_id_number(check, command, tmp_path):
    rows = children(3)
    roster = write_roster(tmp_path / "r.csv", rows)
    folder = tmp_path / "照片"
    folder.mkdir()
    for row, suffix in zip(rows[:2], (".jpg", ".JPG"), strict=True):
        (folder / f"{row['身份证件号']}{suffix}").write_bytes(b"\xff\xd8")
    assert codes(check(roster)) == []
    data = check(roster, "--photos", folder)
    assert [(each["code"], each["row"]) for each in data["findings"]] == [("PT02", 4)]
    done = command("check", roster, "--photos", "nowhere")
    assert done.status == 2
    assert "nowhere" in done.err


def test_folders_patterns_and_recursion(check, command, tmp_path):
    for name in ("a/2班.csv", "a/10班.csv", "a/深/1班.csv", "a/~$锁.xlsx", "a/说明.docx"):
        write_roster(tmp_path / name, children(1))
    files = [each["file"] for each in check("a", "--select", "TB")["inputs"]]
    assert files == [str(Path("a/2班.csv")), str(Path("a/10班.csv"))]
    files = [each["file"] for each in check("a", "--recursive", "--select", "TB")["inputs"]]
    assert str(Path("a/深/1班.csv")) in files
    assert len(files) == 3
    assert [each["file"] for each in check("a/1*.csv", "--select", "TB")["inputs"]] == [str(Path("a/10班.csv"))]
    (tmp_path / "leer").mkdir()
    done = command("check", "leer")
    assert done.status == 2
    assert "leer" in done.err


def test_files_of_one_name_in_two_folders_are_told_apart(check, command, tmp_path):
    write_roster(tmp_path / "东校/名册.csv", faulty("error"))
    write_roster(tmp_path / "西校/名册.csv", [child(20, 照片="无")])
    data = check("东校/名册.csv", "西校/名册.csv")
    assert [(Path(each["file"]).parts, each["code"]) for each in data["findings"]] == [
        (("东校", "名册.csv"), "ID03"),
        (("西校", "名册.csv"), "PT01"),
    ]
    text = command("check", "东校", "西校", "--as-of", DAY).out
    assert "东校/名册.csv K3" in text.replace("\\", "/")
    assert "西校/名册.csv AA2" in text.replace("\\", "/")


def test_a_file_named_twice_is_read_once(check, tmp_path):
    roster = write_roster(tmp_path / "r.csv", children(2))
    data = check(roster, "r.csv", ".", "--select", "DU")
    assert len(data["inputs"]) == 1
    assert codes(data) == []


def test_duplicates_are_found_across_files(check, tmp_path):
    write_roster(tmp_path / "a.csv", [child(1), child(2)])
    write_roster(tmp_path / "b.csv", [child(3), child(2)])
    data = check("a.csv", "b.csv", "--select", "DU01")
    assert [(each["file"], each["row"]) for each in data["findings"]] == [("a.csv", 3), ("b.csv", 3)]
    assert data["findings"][0]["related"] == [{"file": "b.csv", "sheet": None, "row": 3}]


def test_a_roster_from_stdin(check, tmp_path, monkeypatch):
    content = write_roster(tmp_path / "r.csv", faulty("error"), encoding="gb18030").read_bytes()
    stream = io.TextIOWrapper(io.BytesIO(content))
    monkeypatch.setattr(sys, "stdin", stream)
    data = check("-")
    assert [(each["file"], each["cell"]) for each in data["findings"]] == [("-", "K3")]


def test_every_kind_of_table_by_its_content(check, tmp_path):
    """A workbook named .csv and text named .xlsx are read for what they are, and it is said."""
    write_workbook(tmp_path / "b.xlsx", {"名册": children(2)}).rename(tmp_path / "b.csv")
    write_roster(tmp_path / "t.xlsx", [child(3), child(4)])
    data = check("b.csv", "t.xlsx")
    assert [each["kind"] for each in data["inputs"]] == ["xlsx", "csv"]
    assert codes(data) == ["TB13", "TB13"]


def test_options_that_were_set_stand_in_the_report(check, tmp_path):
    roster = write_roster(tmp_path / "r.csv", children(2))
    options = check(roster, "--ignore", "PT", "--fail-on", "notice", "--map", "照片=-")["run"]["options"]
    assert options == {"mapping": ["照片=-"], "ignore": ["PT"], "fail_on": "notice"}
    assert check(roster)["run"]["options"] == {}


def test_reveal_shows_what_is_masked_otherwise(check, tmp_path):
    roster = write_roster(tmp_path / "r.csv", [child(1, 身份证件号=id_number("20180101", 11)[:-2])])
    hidden, shown = (check(roster, *more)["findings"][0]["value"] for more in ([], ["--reveal"]))
    assert "*" in hidden
    assert shown == id_number("20180101", 11)[:-2]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such names")
@pytest.mark.parametrize("how", ["text", "json", "jsonl", "csv"])
def test_a_name_that_is_no_text_does_not_stop_the_check(command, tmp_path, how):
    write_roster(tmp_path / "r.csv", faulty("error"))
    write_roster(tmp_path / "s.csv", children(1)).rename(tmp_path / "s\udcff.csv")
    done = command("check", ".", "--format", how, "--as-of", DAY)
    assert done.status == 2
    assert "ID03" in done.out
    assert r"s\udcff.csv" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_name_does_not_steer_the_terminal(command, tmp_path):
    name = "a\x1b[31m\nb.csv"
    (tmp_path / name).write_bytes(b"")
    write_roster(tmp_path / "z\x1b[2Jz.csv", faulty("error"))
    done = command("check", ".", "--as-of", DAY)
    assert done.status == 2
    assert "\x1b" not in done.out + done.err
    assert len(done.err.splitlines()) == 1
