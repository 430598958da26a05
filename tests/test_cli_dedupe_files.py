"""What `xueji dedupe` writes: golden texts, workbooks with decisions that come back, CSV and the page; and `xueji link`."""

from __future__ import annotations

import csv
import json
import random
import re
from pathlib import Path

import openpyxl
import pytest
from cli_rosters import DAY, child, children, write_roster
from rich.cells import cell_len
from test_cli_golden import agree
from test_reports_page import CHROMIUM, rendered

from sample_data.make_duplicates import FILES, FOLDER

HERE = {"学校名称": "虚谷小学", "学校标识码": "2134130001"}
THERE = {"学校名称": "远谷小学", "学校标识码": "2134130002"}


@pytest.fixture
def samples(tmp_path: Path) -> list[str]:
    """The sample schools, in the folder that commands run in."""
    for name in FILES.values():
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    return list(FILES.values())


def document(command, *arguments):
    return json.loads(command("dedupe", *arguments, "--as-of", DAY, "--format", "json").out)


def rows_of(book: openpyxl.Workbook, sheet: str) -> list[dict[str, object]]:
    header, *rows = book[sheet].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden_text(command, samples, monkeypatch, lang):
    monkeypatch.setenv("COLUMNS", "80")
    done = command("dedupe", *samples, "--as-of", DAY, "--lang", lang, "--places", "1")
    assert (done.status, done.err) == (1, "")
    assert [line for line in done.out.splitlines() if cell_len(line) > 80] == []
    # Weights are tuned, and with them the order; what is said besides, and how it is laid out, is not.
    summary = re.split(r"(?m)^\S+ [DR]\d{4} ", done.out)[0]
    places = ("东关小学.xlsx:74", "新城学校.xlsx:124")
    card = command("dedupe", *samples, "--as-of", DAY, "--lang", lang, "--explain", *places).out
    card = re.sub(r"(?m) [DR]\d{4} .*\d( 分)?$", "", card)
    agree(f"dedupe-{lang}-80.txt", summary + re.sub(r" *[+-]\d+\.\d ", " +0.0 ", card))


def test_workbook_has_a_dropdown_and_a_sheet_for_each_school(command, tmp_path, samples):
    done = command("dedupe", *samples, "--as-of", DAY, "-o", "查重.xlsx")
    assert (done.status, done.err) == (1, "")
    assert "查重.xlsx" in done.out
    book = openpyxl.load_workbook(tmp_path / "查重.xlsx")
    assert book.sheetnames[:4] == ["待处理", "重复学籍", "双胞胎等", "汇总"]
    assert set(book.sheetnames[4:]) == {"榆林镇东关小学", "榆林镇西关小学", "榆林镇新城学校"}
    sheet = book["待处理"]
    rule = sheet.data_validations.dataValidation[0]
    assert rule.formula1 == '"同一人,不是同一人,待定"'
    assert str(rule.sqref) == f"B2:B{sheet.max_row}"
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref
    rows = rows_of(book, "待处理")
    assert all(re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{6}", str(row["记录键"])) for row in rows)
    assert {row["级别"] for row in rows} == {"重复", "待核"}
    assert all(row["依据（分值）"] and row["处理建议"] for row in rows)
    # A school's sheet has the pairs of which one record is its own.
    east = rows_of(book, "榆林镇东关小学")
    assert east
    assert all("榆林镇东关小学" in (row["甲·学校"], row["乙·学校"]) for row in east)
    told = {row["说明"] for row in rows_of(book, "双胞胎等")}
    assert any("双胞胎" in str(each) for each in told)
    clusters = rows_of(book, "重复学籍")
    assert len(clusters) == 2 * len({row["组"] for row in clusters})


def test_characters_that_differ_are_marked(command, tmp_path, samples):
    command("dedupe", *samples, "--as-of", DAY, "-o", "查重.xlsx")
    book = openpyxl.load_workbook(tmp_path / "查重.xlsx", rich_text=True)
    from openpyxl.cell.rich_text import CellRichText, TextBlock

    marked = [
        block.text
        for row in book["待处理"].iter_rows(min_row=2)
        for cell in row
        if isinstance(cell.value, CellRichText)
        for block in cell.value
        if isinstance(block, TextBlock) and block.font.b
    ]
    assert marked
    assert any("*" in text for text in marked)


def test_decisions_come_back_whatever_the_order(command, tmp_path, samples):
    before = document(command, *samples)
    command("dedupe", *samples, "--as-of", DAY, "-o", "查重.xlsx")
    book = openpyxl.load_workbook(tmp_path / "查重.xlsx")
    sheet = book["待处理"]
    first = {row[0].value: row for row in reversed(list(sheet.iter_rows(min_row=2)))}
    first["重复"][1].value = "不是同一人"
    first["待核"][1].value = "同一人"
    last = sheet[sheet.max_row]
    last[1].value = "待定"
    # Sorted otherwise by hand: the rows below the header in another order.
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    random.Random(1).shuffle(rows)
    for number, row in enumerate(rows, start=2):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column).value = value
    book.save(tmp_path / "结论.xlsx")

    # The rows of the rosters in another order too, and the files.
    name = next(name for name in samples if name.endswith(".csv"))
    header, *body = list(csv.reader((tmp_path / name).read_text(encoding="utf-8-sig").splitlines()))
    random.Random(2).shuffle(body)
    with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *body])
    after = document(command, *reversed(samples), "--decisions", "结论.xlsx")
    decisions = after["decisions"]
    assert (decisions["applied"], decisions["pending"], decisions["stale"]) == (2, 1, [])
    assert after["summary"]["guards"]["decided"] == 2
    assert after["summary"]["duplicate_pairs"] == before["summary"]["duplicate_pairs"]
    assert after["summary"]["review_pairs"] == before["summary"]["review_pairs"] - 1
    assert after["summary"]["distinct_pairs"] == before["summary"]["distinct_pairs"] + 1

    # A new workbook holds all decisions again, so that it takes the place of the old one.
    command("dedupe", *samples, "--as-of", DAY, "--decisions", "结论.xlsx", "-o", "再次.xlsx")
    book = openpyxl.load_workbook(tmp_path / "再次.xlsx")
    made = [str(row["结论"]) for sheet in ("待处理", "双胞胎等") for row in rows_of(book, sheet) if row["结论"]]
    assert sorted(made) == sorted(["同一人", "不是同一人", "待定"])
    again = document(command, *samples, "--decisions", "再次.xlsx")
    assert again["pairs"] == document(command, *samples, "--decisions", "结论.xlsx")["pairs"]


def test_decisions_from_csv_and_from_several_schools(command, tmp_path, samples):
    command("dedupe", *samples, "--as-of", DAY, "-o", "查重.csv", "-o", "分发/")
    lines = list(csv.DictReader((tmp_path / "查重.csv").read_text(encoding="utf-8-sig").splitlines()))
    review = [row for row in lines if row["级别"] == "待核"]
    review[0]["结论"] = "same"
    with (tmp_path / "结论.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(reversed(lines))
    folder = tmp_path / "分发"
    assert {path.name for path in folder.iterdir()} == {
        "查重汇总.xlsx",
        *(f"榆林镇{name}-查重.xlsx" for name in ("东关小学", "西关小学", "新城学校")),
    }
    book = openpyxl.load_workbook(folder / "榆林镇东关小学-查重.xlsx")
    sheet = book["待处理"]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "重复")
    row[1].value = "同一人"
    book.save(folder / "榆林镇东关小学-查重.xlsx")
    found = document(command, *samples, "--decisions", "结论.csv", "--decisions", "分发/榆林镇东关小学-查重.xlsx")
    assert found["decisions"]["applied"] == 2
    assert found["summary"]["guards"]["decided"] == 2


def test_decisions_that_no_longer_apply_are_named_in_every_format(command, tmp_path, samples):
    command("dedupe", *samples, "--as-of", DAY, "-o", "查重.xlsx")
    book = openpyxl.load_workbook(tmp_path / "查重.xlsx")
    book["待处理"]["B3"] = "同一人"
    book["待处理"]["S3"] = "00000000-11111111"
    book.save(tmp_path / "结论.xlsx")
    found = document(command, *samples, "--decisions", "结论.xlsx")
    assert found["decisions"]["stale"] == [{"file": "结论.xlsx", "sheet": "待处理", "row": 3}]
    done = command("dedupe", *samples, "--as-of", DAY, "--decisions", "结论.xlsx", "-o", "o.html", "-o", "o.xlsx")
    text = done.out.replace("\n", "").replace(" ", "")
    assert "结论.xlsx待处理第3行的结论没有采用" in text
    assert "结论.xlsx 待处理 第3行的结论没有采用" in (tmp_path / "o.html").read_text(encoding="utf-8")
    summary = openpyxl.load_workbook(tmp_path / "o.xlsx")["汇总"]
    assert ("结论.xlsx", "待处理", 3) in {row[:3] for row in summary.iter_rows(values_only=True)}


def test_decisions_filled_in_wrong_are_named_row_by_row(command, tmp_path, samples):
    command("dedupe", *samples, "--as-of", DAY, "-o", "查重.xlsx")
    book = openpyxl.load_workbook(tmp_path / "查重.xlsx")
    book["待处理"]["B2"] = "也许"
    book["待处理"]["B4"] = "同一人"
    book["待处理"]["S4"] = ""
    book.save(tmp_path / "结论.xlsx")
    done = command("dedupe", *samples, "--as-of", DAY, "--decisions", "结论.xlsx")
    assert (done.status, done.out) == (2, "")
    assert "工作表“待处理”B2 单元格" in done.err
    assert "工作表“待处理”S4 单元格" in done.err

    book = openpyxl.load_workbook(tmp_path / "查重.xlsx")
    keys = book["待处理"]["S2"].value
    book["待处理"]["B2"] = "同一人"
    for sheet in book.worksheets[4:]:
        for row in sheet.iter_rows(min_row=2):
            if row[18].value == keys:
                row[1].value = "不是同一人"
    book.save(tmp_path / "结论.xlsx")
    done = command("dedupe", *samples, "--as-of", DAY, "--decisions", "结论.xlsx")
    assert done.status == 2
    assert "结论相反" in done.err


def test_many_schools_get_no_sheets_and_it_is_said(command, tmp_path):
    rows = []
    for number in range(1, 46):
        rows.append(child(number, 学校名称=f"第{number}小学"))
        rows.append(child(number, 学校名称=f"又第{number}小学"))
    write_roster(tmp_path / "全县.csv", rows)
    done = command("dedupe", "全县.csv", "--as-of", DAY, "-o", "查重.xlsx")
    assert "没有给每所学校单开工作表" in done.err
    assert len(openpyxl.load_workbook(tmp_path / "查重.xlsx").sheetnames) == 4


def test_sheet_and_file_names_of_odd_schools_are_safe(command, tmp_path):
    names = [
        "甲/乙[小学]:*?",
        "History",
        "一所名字特别特别特别特别特别特别特别特别特别特别长的小学分校一",
        "一所名字特别特别特别特别特别特别特别特别特别特别长的小学分校二",
    ]
    rows = [child(number, 学校名称=names[number % 4]) for number in range(1, 60)]
    rows += [child(number, 学校名称=names[(number + 1) % 4]) for number in range(1, 5)]
    write_roster(tmp_path / "a.csv", rows)
    done = command("dedupe", "a.csv", "--as-of", DAY, "-o", "a.xlsx", "-o", "d/")
    assert done.status == 1
    assert len(openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames) == 8
    assert len(list((tmp_path / "d").iterdir())) == 5


def test_formulas_are_harmless(command, tmp_path):
    rows = [*children(60), child(1, 学校名称="=HYPERLINK(1)", 现住址="=1+1")]
    write_roster(tmp_path / "a.csv", rows)
    command("dedupe", "a.csv", "--as-of", DAY, "--reveal", "-o", "a.csv.csv", "-o", "a.xlsx")
    cells = [
        cell
        for row in csv.reader((tmp_path / "a.csv.csv").read_text(encoding="utf-8-sig").splitlines())
        for cell in row
    ]
    assert "'=HYPERLINK(1)" in cells
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [cell.data_type for sheet in book for row in sheet for cell in row if cell.data_type == "f"] == []


def test_the_page_is_self_contained_and_holds_the_pairs(command, tmp_path, samples):
    command("dedupe", *samples, "--as-of", DAY, "-o", "o.html")
    page = (tmp_path / "o.html").read_text(encoding="utf-8")
    assert "http" not in re.sub(r'http-equiv="[^"]+"', "", page)
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
    found = document(command, *samples)
    assert len(data["pairs"]) == len(found["pairs"])
    assert set(data["verdicts"]) == {"duplicate", "review", "distinct"}
    assert any(piece[1] for pair in data["pairs"] for row in pair["rows"] for piece in row[1])
    assert set(data["guards"]) == {pair["guard"] for pair in found["pairs"] if pair["guard"]}


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_pairs_are_filtered_in_the_browser(command, tmp_path, samples):
    command("dedupe", *samples, "--as-of", DAY, "-o", "o.html")
    html = (tmp_path / "o.html").read_text(encoding="utf-8")
    counts = document(command, *samples)["summary"]
    every = rendered(html, tmp_path)
    assert every.count('<article class="pair') == sum(counts[f"{v}_pairs"] for v in ("duplicate", "review", "distinct"))
    assert "<mark>" in every
    review = rendered(html, tmp_path, "#verdict=review")
    assert (
        review.count('<article class="pair review"') == review.count('<article class="pair') == counts["review_pairs"]
    )
    twins = rendered(html, tmp_path, "#guard=twins")
    assert twins.count('<article class="pair') == counts["guards"]["twins"]
    assert rendered(html, tmp_path, "#text=nobody").count("<article") == 0


@pytest.fixture
def lists(tmp_path: Path) -> tuple[str, str]:
    """The system's list and a school's: 50 children in both, five in either only, one of whom a person must look at."""
    write_roster(tmp_path / "系统.csv", children(55, **HERE))
    school = [child(number, **THERE) for number in (*range(1, 51), *range(60, 65))]
    for row in school[:10]:
        row["学校名称"] = "虚谷小学"
    write_roster(tmp_path / "学校.csv", school)
    return "系统.csv", "学校.csv"


def test_link(command, lists):
    done = command("link", *lists, "--as-of", DAY, "--format", "json")
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["schema"] == "xueji/link/v1"
    assert found["summary"]["records"] == {"left": 55, "right": 55}
    assert found["summary"]["matched"] == 50
    assert [each["side"] for each in found["inputs"]] == ["left", "right"]
    assert {row["row"] for row in found["only_left"]} == set(range(52, 57))
    assert {row["row"] for row in found["only_right"]} == set(range(52, 57))
    for pair in found["pairs"]:
        assert (pair["verdict"], pair["left"]["file"], pair["right"]["file"]) == ("matched", *lists)
        assert pair["left"]["row"] == pair["right"]["row"]
        assert sum(reason["weight"] for reason in pair["reasons"]) == pytest.approx(pair["weight"], abs=1e-6)
    assert command("link", *lists, "--as-of", DAY, "--fail-on", "notice").status == 1
    again = command("link", *lists, "--as-of", DAY, "--format", "json")
    assert again.out == done.out


def test_link_one_to_many(command, tmp_path, lists):
    rows = [child(number, **THERE) for number in range(1, 51)]
    write_roster(tmp_path / "两次.csv", [*rows, rows[0]])
    one = json.loads(command("link", lists[0], "两次.csv", "--as-of", DAY, "--format", "json").out)
    many = json.loads(command("link", lists[0], "两次.csv", "--as-of", DAY, "--format", "json", "--many").out)
    assert one["summary"]["ambiguous"] == 2
    assert {row["open"] for row in one["only_right"]} == {"ambiguous"}
    assert (many["summary"]["matched"], many["summary"]["only_right"]) == (51, 0)


def test_link_in_every_format(command, tmp_path, lists):
    names = ["o.xlsx", "o.html", "o.json", "o.jsonl", "o.csv"]
    done = command("link", *lists, "--as-of", DAY, *(part for name in names for part in ("-o", name)))
    assert (done.status, done.err) == (0, "")
    assert "只在第一份" in done.out
    book = openpyxl.load_workbook(tmp_path / "o.xlsx")
    assert book.sheetnames == ["待处理", "对上", "只在第一份", "只在第二份", "汇总"]
    assert len(rows_of(book, "对上")) == 50
    assert "结论" not in rows_of(book, "对上")[0]
    assert len(rows_of(book, "只在第一份")) == 5
    lines = (tmp_path / "o.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 50 + 10
    assert len(list(csv.reader((tmp_path / "o.csv").read_text(encoding="utf-8-sig").splitlines()))) == 51


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["系统.csv", "系统.csv"], "两边都有"),
        (["系统.csv"], "缺少 B"),
        (["系统.csv", "没有.csv"], "找不到文件"),
        (["系统.csv", "学校.csv", "多余.csv"], "多余的内容"),
        (["系统.csv", "学校.csv", "--explain", "系统.csv:2", "系统.csv:3"], "各在一份里"),
    ],
)
def test_mistakes_with_link(command, lists, arguments, words):
    done = command("link", *arguments, "--as-of", DAY)
    assert (done.status, done.out) == (2, "")
    assert words in done.err
