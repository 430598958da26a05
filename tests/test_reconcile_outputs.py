"""Forms that the commands read back, the printed sheet, the workbooks, the page, and what none of them may show."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import openpyxl
import pytest

from tests.reconcile_files import OTHER, SCHOOL, Case, item, listed, pupils
from xueji_cli.reconciling.scoresheet import load_scoresheet

LINGBI = load_scoresheet("lingbi-2021")


@pytest.fixture
def case(tmp_path, command):
    return Case(tmp_path, command)


@pytest.fixture
def county(case):
    """Two schools; a child is missing, one is new, one sits in the other school."""
    rows = [*pupils(1, 10, "1班"), *pupils(11, 10, "2班")]
    other = pupils(101, 8, "1班", OTHER)
    case.write("system.csv", [*rows, *other])
    seats = listed(rows)
    visiting = seats.pop(15) | {"学校名称": OTHER, "班级": "1班"}
    del seats[2]
    case.write("actual.csv", [*seats, *listed(pupils(201, 1, "1班")), *listed(other), visiting])
    return case


def sheet_rows(path, name):
    return [list(row) for row in openpyxl.load_workbook(path)[name].iter_rows(values_only=True)]


# ---- forms ----


def fill(path, sheet, change):
    """Change the rows of a form as a person would: `change` gets header → cell of each row."""
    book = openpyxl.load_workbook(path)
    rows = book[sheet].iter_rows()
    heads = [cell.value for cell in next(rows)]
    for row in rows:
        change(dict(zip(heads, row, strict=True)))
    book.save(path)


def template(case, kind, *arguments):
    done = case.command("template", kind, *arguments, "-o", f"{kind}.xlsx", "--as-of", "2025-10-15")
    assert done.status == 0, done.err
    return case.folder / f"{kind}.xlsx"


def test_an_inspection_from_blank_forms_to_the_filled_sheet(county):
    path = template(county, "inspection", "system.csv")
    assert openpyxl.load_workbook(path).sheetnames == [SCHOOL, OTHER, "人数", "检查记录", "填写说明"]

    def counted(row):
        if row["学校名称"].value:
            row["实有人数"].value = row["学籍人数"].value - (1 if row["班级"].value == "一年级2班" else 0)

    def judged(row):
        if row["项目编号"].value == "1":
            row["核查分"].value = 9
        if row["项目编号"].value == "3":
            row["应达到"].value, row["实际达到"].value = 10000, 8000

    fill(path, "人数", counted)
    fill(path, "检查记录", judged)
    report = county.run("system.csv", "--actual", "inspection.xlsx", "--entries", "inspection.xlsx", status=1)
    assert report["problems"] == []
    assert report["names"]["unmatched"] == []
    here, there = report["schools"]
    assert (here["students"]["difference"], there["students"]["difference"]) == (-1, 0)
    for school in (here, there):
        assert (item(school, "1")["score"], item(school, "3")["score"]) == (9, 8)
        assert item(school, "2.1")["basis"] == "pending"


def test_an_inspection_that_was_not_filled_says_so_and_scores_nothing(county):
    template(county, "inspection", "system.csv")
    report = county.run("system.csv", "--actual", "inspection.xlsx", "--entries", "inspection.xlsx", status=2)
    assert {problem["code"] for problem in report["problems"]} == {"not_counted"}
    for school in report["schools"]:
        assert school["students"]["actual"] is None
        assert {each["basis"] for each in school["scoresheet"]["items"]} == {"pending", "computed"}
        assert item(school, "5")["basis"] == item(school, "12")["basis"] == "pending"


def test_blind_forms_do_not_tell_the_systems_numbers(county):
    path = template(county, "headcount", "system.csv", "--blind")
    heads, first, *_ = sheet_rows(path, "人数")
    assert "学籍人数" not in heads
    assert dict(zip(heads, first, strict=True))["班级"] == "一年级1班"
    assert 10 not in first


def test_lists_of_classes_and_schools_are_read_back(county):
    template(county, "classes", "system.csv")
    path = template(county, "schools", "system.csv")

    def shorten(row):
        if row["学校名称"].value == OTHER:
            row["学校简称"].value = "谷二小"
            row["分组"].value = "二组"

    fill(path, "学校", shorten)
    text = (county.folder / "actual.csv").read_text(encoding="utf-8").replace(OTHER, "谷二小")
    (county.folder / "actual.csv").write_text(text, encoding="utf-8")
    report = county.run(
        "system.csv", "--actual", "actual.csv", "--schools", "schools.xlsx", "--classes", "classes.xlsx", status=1
    )
    assert report["names"]["unmatched"] == []
    assert [school["group"] for school in report["schools"]] == [None, "二组"]
    assert report["county"]["groups"][0]["name"] == "二组"


def test_a_list_of_students_typed_into_the_form_is_read(county):
    path = template(county, "student")
    rows = iter(listed(pupils(1, 3, "1班")))

    def typed(row):
        for head, value in next(rows, {}).items():
            row[head].value = value

    fill(path, "学生", typed)
    report = county.run("system.csv", "--actual", "student.xlsx")
    assert report["schools"][0]["students"]["actual"] == 3
    cell = openpyxl.load_workbook(path)["学生"]["F2"]
    assert (cell.value, cell.number_format) == (pupils(1, 1, "1班")[0]["身份证件号"], "@")


def test_forms_are_protected_where_they_are_filled_already(county):
    sheet = openpyxl.load_workbook(template(county, "headcount", "system.csv"))["人数"]
    assert sheet.protection.sheet
    heads = [cell.value for cell in sheet[1]]
    open_columns = {head for head, cell in zip(heads, sheet[2], strict=True) if not cell.protection.locked}
    assert open_columns == {"实有人数", "复式班", "备注"}
    assert sheet["A1"].protection.locked


def test_wrong_forms(county):
    for arguments, words in (
        (("roster", "-o", "x.xlsx"), "没有叫「roster」的表"),
        (("student", "-o", "x.csv"), "空白表要写成 .xlsx 文件"),
        (("headcount", "missing.csv", "-o", "x.xlsx"), "missing.csv"),
    ):
        done = county.command("template", *arguments)
        assert done.status == 2
        assert words in done.err
    template(county, "entries")
    assert "已经存在" in county.command("template", "entries", "-o", "entries.xlsx").err


# ---- the sheet, the workbooks, the page ----


def test_the_printed_sheet_has_the_countys_rows_and_words(county):
    county.text("system.csv", "--actual", "actual.csv", "-o", "all.xlsx")
    rows = sheet_rows(county.folder / "all.xlsx", SCHOOL)
    assert rows[0][0] == "灵璧县学籍管理工作专项核查记录表"
    assert (rows[1][0], rows[1][4]) == (f"单位：{SCHOOL}", "时间：2025年10月15日")
    assert [cell for cell in rows[2] if cell] == ["考核项目", "分值", "要求", "核查分", "依据（系统计算与检查记录）"]
    for row, line in zip(rows[3:22], LINGBI.items, strict=True):
        assert (row[2], row[3]) == (line.points, line.words)
    by_no = {line.no: row for row, line in zip(rows[3:22], LINGBI.items, strict=True)}
    # missing, new, and a roll whose child sits elsewhere
    assert (by_no["5"][4], by_no["5"][5]) == (8.5, "3 例，每例扣 0.5 分")
    # pending items are blank for the pen, and so is the total
    assert by_no["1"][4] is None
    assert (rows[22][0], rows[22][2], rows[22][4]) == ("合计", 100, None)
    assert "已评" in rows[22][5]
    assert "待评" in rows[22][5]
    sheet = openpyxl.load_workbook(county.folder / "all.xlsx")[SCHOOL]
    assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize)) == ("portrait", "9")
    # One page each way is what is left unsaid.
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert {sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight} <= {None, 1}


@pytest.mark.office
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not here")
@pytest.mark.slow
def test_every_school_is_one_page_of_a4(county):
    county.text("system.csv", "--actual", "actual.csv", "-o", "each/")
    path = county.folder / "each" / f"{SCHOOL}.xlsx"
    book = openpyxl.load_workbook(path)
    for name in book.sheetnames[1:]:
        del book[name]
    book.save(path)
    home = f"-env:UserInstallation={(county.folder / 'office').as_uri()}"
    call = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(county.folder), str(path)]
    subprocess.run(call, check=True, capture_output=True, timeout=180)
    pdf = (county.folder / f"{SCHOOL}.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf)
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(595, 842)}


def test_a_folder_has_a_workbook_for_each_school_and_one_for_the_county(county):
    county.text("system.csv", "--actual", "actual.csv", "-o", "each/")
    assert {path.name for path in (county.folder / "each").iterdir()} == {
        "全县汇总.xlsx",
        f"{SCHOOL}.xlsx",
        f"{OTHER}.xlsx",
    }
    book = openpyxl.load_workbook(county.folder / "each" / f"{SCHOOL}.xlsx")
    assert book.sheetnames == ["核查表", "人数核对", "班级核对", "人员清单", "扣分依据", "抽查名单", "谁可以看"]
    people = sheet_rows(county.folder / "each" / f"{SCHOOL}.xlsx", "人员清单")
    assert {row[0] for row in people[1:]} == {SCHOOL}
    assert [row[2] for row in people[1:]] == ["有籍无人", "有人无籍", "人在他校"]
    county_book = openpyxl.load_workbook(county.folder / "each" / "全县汇总.xlsx")
    assert county_book.sheetnames[0] == "排名"
    assert county_book["排名"]._charts


def test_no_format_shows_a_child_unless_it_is_asked_to(county):
    secrets = [row[key] for row in (*pupils(1, 10, "1班"), *pupils(201, 1, "1班")) for key in ("姓名", "身份证件号")]
    outputs = ("all.xlsx", "all.html", "all.json")
    done = county.text("system.csv", "--actual", "actual.csv", *(part for name in outputs for part in ("-o", name)))
    texts = [done.out + done.err, *((county.folder / name).read_text(encoding="utf-8") for name in outputs[1:])]
    book = openpyxl.load_workbook(county.folder / "all.xlsx")
    texts.append(
        "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    )
    for text in texts:
        assert [secret for secret in secrets if secret in text] == []
        assert "341323********" in text or "有籍无人" in text
    shown = county.text("system.csv", "--actual", "actual.csv", "--reveal").out
    assert pupils(3, 1, "1班")[0]["姓名"] in shown


def test_no_cell_is_a_formula(case):
    name = '=HYPERLINK("http://x","y")'
    rows = pupils(1, 3, "1班")
    case.write("system.csv", rows)
    case.write("actual.csv", [*listed(rows), listed(pupils(201, 1, "1班"))[0] | {"姓名": name, "班级": "@SUM(A1)"}])
    case.text("system.csv", "--actual", "actual.csv", "--reveal", "-o", "all.xlsx")
    book = openpyxl.load_workbook(case.folder / "all.xlsx")
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_the_page_stands_alone_and_has_a_fold_for_every_school(county):
    county.text("system.csv", "--actual", "actual.csv", "-o", "all.html")
    page = (county.folder / "all.html").read_text(encoding="utf-8")
    assert page.count('<details class="school"') == 2
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert re.findall(r'href="#school-(\d)"', page)


def test_the_draft_of_the_summary_has_facts_and_room_for_judgement(county):
    import docx

    case = county
    case.write("schools.csv", [{"学校名称": SCHOOL, "分组": "一组"}, {"学校名称": OTHER, "分组": "二组"}])
    case.text("system.csv", "--actual", "actual.csv", "--schools", "schools.csv", "-o", "draft.docx")
    document = docx.Document(str(case.folder / "draft.docx"))
    texts = [paragraph.text for paragraph in document.paragraphs]
    heads = [p.text for p in document.paragraphs if p.style.name.startswith(("Title", "Heading"))]
    assert heads[:5] == ["学籍管理工作专项检查情况总结（草稿）", "基本情况", "优点", "存在问题", "建议"]
    assert [head for head in heads if "组检查总结" in head] == ["一组检查总结（草稿）", "二组检查总结（草稿）"]
    # 28 registered; 1 missing, 1 new, 1 of one school in the other
    assert any("系统学籍 28 人，实有在校学生 28 人" in text for text in texts)
    assert any("有籍无人 1 人，有人无籍 1 人，籍在他校 1 人" in text for text in texts)
    assert sum("请检查人员补充" in text for text in texts) == 7
    assert [row.cells[0].text for row in document.tables[0].rows] == ["组", "一组", "二组"]


def test_json_has_the_keys_that_were_promised(county):
    report = county.run("system.csv", "--actual", "actual.csv")
    assert report["schema"] == "xueji/reconcile/v1"
    assert {"schema", "run", "inputs", "schools", "county"} <= report.keys()
    school = report["schools"][0]
    assert {"name", "code", "group", "students", "classes", "by_class", "people", "scoresheet"} <= school.keys()
    assert {"system", "actual", "difference", "ratio"} == school["students"].keys()
    assert {"grade", "class", "system", "actual", "difference"} <= school["by_class"][0].keys()
    people = {
        "registered_not_present",
        "present_not_registered",
        "registered_elsewhere",
        "class_differs",
        "information_differs",
        "counts",
    }
    assert people <= school["people"].keys()
    assert {"items", "computed", "entered", "pending", "total"} <= school["scoresheet"].keys()
    wanted = {"no", "name", "points", "deducted", "score", "basis", "cases", "evidence", "rule"}
    assert all(wanted <= each.keys() for each in school["scoresheet"]["items"])
    assert {"students", "classes", "ranking", "groups"} <= report["county"].keys()
    assert report["run"]["parameters"]["seed"] == 1


def test_english_speaks_english(county):
    done = county.command("--lang", "en", "reconcile", "system.csv", "--actual", "actual.csv", "--as-of", "2025-10-15")
    assert "registered, not present 1" in done.out
    assert "Registered in this class, and not in the room." in done.out
    assert "pending" in done.out


def test_sides_take_a_pattern_that_the_shell_wrote_out(county):
    (county.folder / "more").mkdir()
    text = (county.folder / "actual.csv").read_text(encoding="utf-8").splitlines()
    for name, lines in (("a.csv", text[1:20]), ("b.csv", text[20:])):
        (county.folder / "more" / name).write_text("\n".join([text[0], *lines]), encoding="utf-8")
    together = county.run("system.csv", "--actual", "actual.csv")
    apart = county.run("system.csv", "--actual", "more/a.csv", "more/b.csv", "--seed", "1")
    folder = county.run("system.csv", "--actual", "more")
    for report in (apart, folder):
        assert [s["students"] for s in report["schools"]] == [s["students"] for s in together["schools"]]
        assert [s["people"]["counts"] for s in report["schools"]] == [
            s["people"]["counts"] for s in together["schools"]
        ]
    assert json.dumps(apart["schools"][0]["scoresheet"]) == json.dumps(together["schools"][0]["scoresheet"])
