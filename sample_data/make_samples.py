"""Write the sample files: a made-up township's rosters as schools really send them.

    python -m sample_data.make_samples

Every child, family and school is made up. The same files come out each time, byte for byte with the same xlsxwriter.
README.md beside them lists what was planted where.
"""

from __future__ import annotations

import argparse
import csv
import html
import io
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import polars as pl

from benchmarks.faults.inject import CLASS_LIST, spoil
from benchmarks.layouts import HEADERS, LAYOUTS, select
from benchmarks.people import fill
from benchmarks.regions import settled
from benchmarks.schools import School

FOLDER = Path(__file__).parent
SEED = 28
TOWN = "青禾"
COUNTY = next(place for place, county in enumerate(settled()) if county.code == "341323")
#: Workbooks carry the day they were made; a fixed one keeps the files the same.
MADE = datetime(2025, 9, 28, 8, 0, 0)

CENTRE, JUNIOR, VILLAGE, RIGHT, POINT = range(5)
SCHOOLS = [
    School("2134900101", "青禾镇中心小学", TOWN, COUNTY, 0, {1: [38, 37], 2: [29], 3: [31], 4: [28], 5: [30], 6: [27]}),
    School("3134900102", "青禾镇初级中学", TOWN, COUNTY, 1, {7: [33, 34], 8: [36], 9: [35]}),
    School("2134900103", "青禾镇柳溪小学", TOWN, COUNTY, 2, {g: [14 - g] for g in range(1, 7)}),
    School("2134900104", "青禾镇第二小学", TOWN, COUNTY, 4, {1: [32], 2: [30], 3: [28], 4: [30]}),
    School("2134900105", "青禾镇大塘教学点", TOWN, COUNTY, 1, {1: [26]}),
]
#: Schools whose rosters have faults planted in them.
FAULTY = (CENTRE, JUNIOR, VILLAGE)
ROSTERS = {
    CENTRE: "青禾镇中心小学.xlsx",
    JUNIOR: "青禾镇初级中学.csv",
    VILLAGE: "青禾镇柳溪小学.xls",
    RIGHT: "示例-全部正确.xlsx",
    POINT: "一年级新生-身份证损坏.xlsx",
}
CLASS_FILE = "班级名单.csv"
SCHOOL_FILE = "学校名单.csv"

_GROUP = ("name", "relation", "phone", "id_number")
_MEMBERS = {"家庭成员一": [f"member1_{f}" for f in _GROUP], "家庭成员二": [f"member2_{f}" for f in _GROUP]}
_SINGLE = tuple(field for field in LAYOUTS[31] if not field.startswith("member"))
#: The row of the first child in the workbook with a title, a line about the school and two header rows.
_CENTRE_FIRST = 5
_HIDDEN_ROW = 47


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault in a sample file, or its part in one of the files.

    Attributes:
        file: Name of the file.
        rows: The rows that show it, as Excel shows them.
        columns: Headers of which a finding names one.
        kind: What it is.
        each: Whether every one of the rows is to be reported, or only one of them (a class, a grade, a school).
    """

    file: str
    rows: tuple[int, ...]
    columns: tuple[str, ...]
    kind: str
    each: bool


def township() -> tuple[pl.DataFrame, list[Planted]]:
    """Return all children of the township, and the faults in them."""
    people = fill(SCHOOLS, SEED)
    clean = people.filter(~pl.col("school").is_in(FAULTY))
    dirty = people.filter(pl.col("school").is_in(FAULTY))
    spoilt = spoil(dirty, {*LAYOUTS[31], CLASS_LIST}, seed=SEED, share=0, least=1)
    place = spoilt.people.select(
        "i",
        "school",
        row=pl.int_range(pl.len()).over("school")
        + pl.when(pl.col("school") == CENTRE).then(_CENTRE_FIRST).otherwise(2),
    )
    planted = []
    labels = spoilt.labels.join(place, on="i").sort("event", "school", "row")
    for (event, school), lines in labels.group_by("event", "school", maintain_order=True):
        del event
        columns = tuple(_header(school, field) for field in lines["fields"][0])
        planted.append(Planted(ROSTERS[school], tuple(lines["row"]), columns, lines["kind"][0], lines["each"][0]))
    return pl.concat([spoilt.people, clean]), planted


def _header(school: int, field: str) -> str:
    """Return the header that a field has in a school's file."""
    if school == CENTRE and field.startswith("member"):
        member, _, part = field.partition("_")
        group = "家庭成员一" if member == "member1" else "家庭成员二"
        return f"{group}/{HEADERS[f'member1_{part}'].removeprefix('成员1')}"
    return HEADERS[field]


def write_samples(folder: Path) -> None:
    """Write all sample files."""
    people, planted = township()
    schools = {place: people.filter(pl.col("school") == place) for place in range(len(SCHOOLS))}
    _write_centre(schools[CENTRE], folder / ROSTERS[CENTRE])
    _write_gbk(select(schools[JUNIOR], LAYOUTS[31]), folder / ROSTERS[JUNIOR])
    _write_html(select(schools[VILLAGE], LAYOUTS[31]), folder / ROSTERS[VILLAGE])
    _write_right(select(schools[RIGHT], LAYOUTS[50]), folder / ROSTERS[RIGHT])
    _write_destroyed(schools[POINT], folder / ROSTERS[POINT])
    _write_lists(folder)
    _write_readme(planted, folder / "README.md")


def _book(path: Path):  # type: ignore[no-untyped-def]  # xlsxwriter has no types
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    book.set_properties({"title": path.stem, "author": "xueji", "created": MADE})
    return book


def _write_centre(people: pl.DataFrame, path: Path) -> None:
    """A workbook as an office likes it: merged title, two header rows, the class merged over its children, a footer."""
    book = _book(path)
    title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    head = book.add_format(
        {"bold": True, "align": "center", "valign": "vcenter", "border": 1, "bg_color": "#DDEBF7", "text_wrap": True}
    )
    cell = book.add_format({"border": 1, "num_format": "@"})
    middle = book.add_format({"border": 1, "valign": "vcenter", "align": "center", "num_format": "@"})
    sheet = book.add_worksheet("花名册")
    fields = [*_SINGLE, *_MEMBERS["家庭成员一"], *_MEMBERS["家庭成员二"]]
    sheet.set_row(0, 28)
    sheet.merge_range(0, 0, 0, len(fields), "青禾镇中心小学2025年秋季学期学生花名册", title)
    sheet.merge_range(1, 0, 1, len(fields), "填报单位：青禾镇中心小学　　填报日期：2025年9月28日")
    for column, header in enumerate(["序号", *(HEADERS[field] for field in _SINGLE)]):
        sheet.merge_range(2, column, 3, column, header, head)
    column = len(_SINGLE) + 1
    for group, members in _MEMBERS.items():
        sheet.merge_range(2, column, 2, column + len(members) - 1, group, head)
        for offset, field in enumerate(members):
            sheet.write_string(3, column + offset, HEADERS[field][3:], head)
        column += len(members)
    sheet.set_column(0, 0, 5)
    sheet.set_column(1, len(fields), 14)
    sheet.set_column(fields.index("id_number") + 1, fields.index("roll_number") + 1, 21)

    first = _CENTRE_FIRST - 1
    class_column = fields.index("class_name") + 1
    for offset, texts in enumerate(people.select(fields).iter_rows()):
        sheet.write_number(first + offset, 0, offset + 1, cell)
        for place, text in enumerate(texts, start=1):
            if place == class_column:
                continue
            if text is None:
                sheet.write_blank(first + offset, place, None, cell)
            else:
                sheet.write_string(first + offset, place, text, cell)
    for name, run in groupby(enumerate(people["class_name"].to_list()), key=lambda pair: pair[1]):
        rows = [first + offset for offset, _ in run]
        if name is None:
            continue
        if len(rows) > 1:
            sheet.merge_range(rows[0], class_column, rows[-1], class_column, name, middle)
        else:
            sheet.write_string(rows[0], class_column, name, middle)
    sheet.set_row(_HIDDEN_ROW - 1, None, None, {"hidden": True})
    last = first + people.height
    sheet.write_string(last, 0, "合计")
    sheet.write_string(last, 1, f"{people.height}人")
    sheet.write_string(last + 1, 0, "填表人：周小满　　审核人：秦守田　　（盖章）")
    sheet.freeze_panes(first, 6)
    notes = book.add_worksheet("填表说明")
    for row, line in enumerate(
        ["一、身份证件号、学籍号用文本格式填写。", "二、姓名与户口簿一致，不加空格。", "三、9月30日前报中心校。"]
    ):
        notes.write_string(row, 0, line)
    book.close()


def _write_gbk(frame: pl.DataFrame, path: Path) -> None:
    """What Excel on a Chinese Windows calls CSV; GB 18030 is GBK with the rare characters."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(frame.columns)
    writer.writerows(frame.iter_rows())
    path.write_bytes(text.getvalue().encode("gb18030"))


def _write_html(frame: pl.DataFrame, path: Path) -> None:
    """What many web systems call an Excel export: an HTML table in a file named .xls."""

    def line(tag: str, cells: tuple[str | None, ...]) -> str:
        style = " style=\"mso-number-format:'\\@'\"" if tag == "td" else ""
        return "<tr>" + "".join(f"<{tag}{style}>{html.escape(cell or '')}</{tag}>" for cell in cells) + "</tr>"

    rows = "\r\n".join([line("th", tuple(frame.columns)), *(line("td", row) for row in frame.iter_rows())])
    page = (
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>'
        '<meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head>\r\n'
        f'<body><table border="1">\r\n{rows}\r\n</table></body></html>\r\n'
    )
    path.write_bytes(page.encode("gbk", "xmlcharrefreplace"))


def _write_right(frame: pl.DataFrame, path: Path) -> None:
    """A workbook with nothing wrong in it, all cells text."""
    book = _book(path)
    text = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet("学生")
    sheet.set_column(0, frame.width - 1, 16, text)
    for column, header in enumerate(frame.columns):
        sheet.write_string(0, column, header)
    for row, cells in enumerate(frame.iter_rows(), start=1):
        for column, value in enumerate(cells):
            if value is not None:
                sheet.write_string(row, column, value, text)
    sheet.freeze_panes(1, 0)
    book.close()


def _write_destroyed(people: pl.DataFrame, path: Path) -> None:
    """The five columns of new pupils, typed into cells that weren't text: Excel kept 15 digits of each number.

    Numbers that end in X could not become numbers and are whole; so are the two that someone typed with an apostrophe.
    """
    book = _book(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Sheet1")
    sheet.set_column(2, 4, 14)
    for column, header in enumerate(["姓名", "性别", "出生日期", "身份证件类型", "身份证件号码", "监护人电话"]):
        sheet.write_string(0, column, header)
    fields = ("name", "sex", "birth", "id_type", "id_number", "phone")
    for row, (name, sex, birth, document, number, phone) in enumerate(people.select(fields).iter_rows(), start=1):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, sex)
        sheet.write_datetime(row, 2, datetime(birth.year, birth.month, birth.day), day)
        sheet.write_string(row, 3, document)
        if number.isdigit() and row not in (9, 17):
            sheet.write_number(row, 4, int(number[:15]) * 1000)
        else:
            sheet.write_string(row, 4, number)
        sheet.write_number(row, 5, int(phone))
    book.close()


def _write_lists(folder: Path) -> None:
    """The township's schools and classes, from the people as they were before anything was planted."""
    people = fill(SCHOOLS, SEED)
    classes = people.group_by("class_key", maintain_order=True).first().filter(pl.col("school") != POINT)
    columns = {"school_code": "学校标识码", "school_name": "学校名称", "grade": "年级", "class_name": "班级名称"}
    classes.select(pl.col(f).alias(h) for f, h in columns.items()).write_csv(folder / CLASS_FILE, include_bom=True)
    schools = pl.DataFrame({"学校标识码": [s.code for s in SCHOOLS], "学校名称": [s.name for s in SCHOOLS]})
    schools.with_columns(pl.lit("村庄").alias("驻地城乡类型")).write_csv(folder / SCHOOL_FILE, include_bom=True)


def _write_readme(planted: list[Planted], path: Path) -> None:
    """Say what the files are and where the faults are."""
    lines = [
        "# 示例数据 / sample data",
        "",
        "全部人员、家庭和学校均为虚构，由 `python -m sample_data.make_samples` 生成（种子固定）。",
        "Everyone and everything here is made up, written by one seeded script.",
        "",
        "| 文件 | 像什么 |",
        "|---|---|",
        f"| `{ROSTERS[CENTRE]}` | 学校自己的花名册：合并的标题、两行表头、合并的班级列、隐藏行、合计与填表人 |",
        f"| `{ROSTERS[JUNIOR]}` | 中文 Windows 上 Excel 另存的 CSV（GBK/GB18030 编码） |",
        f"| `{ROSTERS[VILLAGE]}` | 网页系统“导出 Excel”：其实是 HTML 表格，只是名叫 .xls |",
        f"| `{ROSTERS[POINT]}` | 身份证号被当成数字录入，末三位已丢失 |",
        f"| `{ROSTERS[RIGHT]}` | 没有错误的名册，50 列 |",
        f"| `{CLASS_FILE}`、`{SCHOOL_FILE}` | 班级与学校清单（`--classes` 用前者） |",
        "| `查重/` | 三所学校，给 `xueji dedupe` 用，见其中的 `说明.md` |",
        "| `异动/` | 两所学校的两次导出和异动台账，给 `xueji changes` 用，见其中的 `说明.md`（`python -m sample_data.make_changes`） |",
        "| `人籍比对/` | 一次检查：系统导出、班里记下的名单、学校名单、检查记录（`python -m sample_data.make_inspection`） |",
        "| `控辍/` | 控辍保学比对的各份名单，给 `xueji retention` 用，见其中的 `说明.md`（`python -m sample_data.make_retention`） |",
        "",
        "## 种下的错误 / planted faults",
        "",
        "行号与 Excel 显示的一致；“列”中有几个时，问题报在其中任一个上都对。",
        "",
        "| 文件 | 行 | 列 | 错误 |",
        "|---|---|---|---|",
    ]
    for fault in sorted(planted, key=lambda p: (p.file, p.rows)):
        rows = ", ".join(map(str, fault.rows)) if len(fault.rows) < 4 else f"{fault.rows[0]}–{fault.rows[-1]}"
        lines.append(f"| {fault.file} | {rows} | {'、'.join(fault.columns)} | {fault.kind} |")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    write_samples(parser.parse_args().folder)


if __name__ == "__main__":
    main()
