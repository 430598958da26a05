"""Every format of `xueji retention`, over the sample: masks, ledgers to print, folders, the page, and the whole text."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.test_cli_golden import agree
from xueji_cli.cli import main
from xueji_cli.retaining.result import CATEGORIES

SAMPLE = Path(__file__).parent.parent / "sample_data" / "控辍"
OPTIONS = (
    "retention", "--household", "户籍名单.csv", "--roll", "学籍.csv", "--present", "在校名单", "--focus", "脱贫户.csv", "残联.csv",
    "--explained", "外出就读等证明.csv", "--previous", "上期台账.csv", "--numbers", "年度数.csv", "--as-of", "2025-10-15",
)  # fmt: skip
ID = re.compile(r"(?<![0-9])[1-6][0-9]{16}[0-9X](?![0-9])")
PHONE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write everything once, masked and whole."""
    folder = tmp_path_factory.mktemp("retention")
    before = Path.cwd()
    os.chdir(SAMPLE)
    try:
        masked = [
            "-o",
            f"{folder}/m.xlsx",
            "-o",
            f"{folder}/m.html",
            "-o",
            f"{folder}/m.json",
            "-o",
            f"{folder}/各乡镇/",
        ]
        assert main([*OPTIONS, *masked, "--cases", "-q"]) == 1
        assert (
            main(
                [
                    *OPTIONS,
                    "-o",
                    f"{folder}/w.xlsx",
                    "-o",
                    f"{folder}/w.json",
                    "--reveal",
                    "--cases",
                    "--lang",
                    "en",
                    "-q",
                ]
            )
            == 1
        )
    finally:
        os.chdir(before)
    return folder


def cells(path):
    from openpyxl import load_workbook

    book = load_workbook(path)
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


@pytest.mark.parametrize(("lang", "width"), [("zh", 120), ("en", 80)])
def test_the_whole_text(command, monkeypatch, lang, width):
    monkeypatch.chdir(SAMPLE)
    monkeypatch.setenv("COLUMNS", str(width))
    done = command(*OPTIONS, "--lang", lang, "--places", "2")
    assert (done.status, done.err) == (1, "")
    assert [line for line in done.out.splitlines() if cell_len(line) > width] == []
    agree(f"retention-{lang}-{width}.txt", done.out)


def test_json_names_every_category_and_adds_up(written):
    report = json.loads((written / "m.json").read_text(encoding="utf-8"))
    assert report["schema"] == "xueji/retention/v1"
    summary = report["summary"]
    assert list(summary["by_category"]) == list(CATEGORIES)
    assert sum(summary["by_category"].values()) == summary["children"]
    listed = {category for category, code in CATEGORIES.items() if code}
    assert len(report["children"]) == sum(summary["by_category"][category] for category in listed)
    for group in summary["by_group"]:
        assert set(group) == {"group", *CATEGORIES}
    assert {category: sum(group[category] for group in summary["by_group"]) for category in CATEGORIES} == summary[
        "by_category"
    ]
    assert {rate["rate"] for rate in report["rates"]} == {
        "net_enrolment", "completion", "dropout", "dropout_wide", "disabled_enrolment",
    }  # fmt: skip
    for child in report["children"]:
        assert child["code"] == CATEGORIES[child["category"]]
        assert child["message"]
        assert any(child[name] for name in ("household", "roll", "present", "focus_list"))
        assert (child["possible"] is not None) == (child["category"] == "review")


def test_every_category_but_one_is_in_the_sample(written):
    counts = json.loads((written / "m.json").read_text(encoding="utf-8"))["summary"]["by_category"]
    assert [category for category, count in counts.items() if not count] == ["not_compared", "enrolled"]


def test_personal_data_is_masked_unless_it_is_asked_for(written):
    whole = (written / "w.json").read_text(encoding="utf-8")
    names = {child["name"] for child in json.loads(whole)["children"]}
    assert ID.search(whole)
    shown = [(written / name).read_text(encoding="utf-8") for name in ("m.json", "m.html")]
    books = [written / "m.xlsx", *(written / "各乡镇").glob("*.xlsx")]
    shown += [json.dumps(cells(path), ensure_ascii=False) for path in books]
    for text in shown:
        assert not ID.search(re.sub(r'"sha256": "\w+"', "", text))
        assert not PHONE.search(re.sub(r'"sha256": "\w+"', "", text))
        assert not [name for name in names if len(name) > 2 and name in text]


def test_ledgers_have_the_columns_and_are_ready_to_print(written):
    from openpyxl import load_workbook

    book = load_workbook(written / "m.xlsx")
    assert book.sheetnames[:5] == ["汇总", "各率", "说明", "疑似辍学台账", "辍学台账"]
    for name in ("疑似辍学台账", "辍学台账", "适龄儿童台账"):
        sheet = book[name]
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        # One page wide (which is what None says), as many high as it takes.
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
        assert sheet.print_title_rows == "$1:$3"
        assert "&P" in sheet.oddFooter.center.text
    heads = [cell.value.replace(" ", "") for cell in book["疑似辍学台账"][3]]
    assert heads == [
        "序号",
        "学生姓名",
        "性别",
        "身份证号码",
        "乡镇村",
        "户主",
        "就读学校及年级",
        "辍学年月",
        "家长(监护人)姓名",
        "联系电话",
        "家庭住址",
        "户籍所在地",
        "辍学(未入学)原因",
        "重点群体",
        "帮扶措施",
        "劝返次数",
        "劝返人员",
        "劝返人员电话",
        "劝返时间",
        "劝返情况",
        "备注",
        "比对结果",
        "台账键",
    ]
    # What is printed ends before the columns that the next run reads.
    assert book["疑似辍学台账"].print_area.endswith("$U$14")
    # Each township begins a page.
    towns = [row[4].split()[0] for row in cells(written / "m.xlsx")["疑似辍学台账"][3:]]
    assert len(book["疑似辍学台账"].row_breaks.brk) == len(set(towns)) - 1
    age = [row[0].value for row in book["适龄儿童台账"].iter_rows(min_row=4)]
    assert age == list(range(1, len(age) + 1))


def test_a_page_for_every_open_case(written):
    from openpyxl import load_workbook

    sheet = load_workbook(written / "w.xlsx")["Cases"]
    titles = [row[0].value for row in sheet.iter_rows() if row[0].value == "Case of a child out of school"]
    counts = json.loads((written / "w.json").read_text(encoding="utf-8"))["summary"]["by_category"]
    expected = sum(counts[c] for c in ("not_enrolled", "not_enrolled_stated", "maybe_finished", "absent", "dropout"))
    assert len(titles) == len(sheet.row_breaks.brk) == expected


def test_a_folder_has_a_workbook_for_each_township(written):
    files = sorted(path.name for path in (written / "各乡镇").iterdir())
    report = json.loads((written / "m.json").read_text(encoding="utf-8"))
    groups = {group["group"] for group in report["summary"]["by_group"]}
    assert files == sorted([f"{group}.xlsx" for group in groups] + ["全县汇总.xlsx"])
    listed = sum(len(cells(written / "各乡镇" / f"{group}.xlsx")["疑似辍学台账"]) - 3 for group in groups)
    assert listed == len(cells(written / "m.xlsx")["疑似辍学台账"]) - 3
    assert "动态销号" in cells(written / "各乡镇" / "全县汇总.xlsx")


def test_the_ledger_says_that_it_is_masked(written):
    assert any("--reveal" in str(row[0]) for row in cells(written / "m.xlsx")["说明"])
    assert not any("--reveal" in str(row[0]) for row in cells(written / "w.xlsx")["Notes"])


def test_visits_are_carried_into_the_new_ledger(written):
    rows = cells(written / "m.xlsx")["疑似辍学台账"]
    heads = rows[2]
    visits = [row[heads.index("劝返次数")] for row in rows[3:] if row[heads.index("劝返次数")]]
    assert sorted(visits) == ["1", "2"]
    # A masked ledger does not cut short what people wrote: the next run reads it.
    assert "家长在外务工,答应国庆后送来" in {row[heads.index("劝返情况")] for row in rows[3:]}


def test_the_page_runs_no_script_and_shows_a_bar_for_each_rate(written):
    page = (written / "m.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "http" not in re.sub(r"http-equiv", "", page)
    assert page.count('class="rate"') == 11
    assert '<details id="not_enrolled" open>' in page


def test_what_a_cell_says_is_no_markup_and_no_formula(command, tmp_path):
    from tests.retention_files import Lists, at_home

    lists = Lists(tmp_path, command)
    lists.household.append(at_home(6, 姓名="<b>甲</b>", 乡镇="=1+1", 备注="<script>"))
    lists.text("-o", "页.html", "-o", "台账.xlsx", "--reveal")
    page = (tmp_path / "页.html").read_text(encoding="utf-8")
    assert "<b>甲" not in page
    assert "&lt;b&gt;甲" in page
    from openpyxl import load_workbook

    sheet = load_workbook(tmp_path / "台账.xlsx")["疑似辍学台账"]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize(("by", "expected"), [("school", "梅溪镇中心小学")])
def test_ledgers_by_school(command, monkeypatch, by, expected):
    monkeypatch.chdir(SAMPLE)
    report = json.loads(command(*OPTIONS, "--by", by, "--format", "json").out)
    assert any(group["group"].startswith(expected) for group in report["summary"]["by_group"])


def test_lists_that_are_not_whole_say_so_before_anything_else(command, monkeypatch, tmp_path):
    folder = tmp_path / "控辍"
    shutil.copytree(SAMPLE, folder)
    (folder / "在校名单" / "空.csv").write_bytes(b"")
    monkeypatch.chdir(folder)
    done = command(*OPTIONS)
    assert done.status == 2
    flat = re.sub(r"\s", "", done.out)
    assert flat.index("空.csv是空文件") < flat.index("名单不全") < flat.index("适龄未入学")
    assert flat.count("名单不全") == 1
