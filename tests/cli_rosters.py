"""Small made-up rosters for tests of the command line: children in whom everything is right, and what is changed in them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from stdnum.cn import ric

#: The day on which these children are in grade 1.
DAY = "2025-10-15"

HEADERS = (
    "学校标识码", "学校名称", "年级", "班级", "姓名", "性别", "出生日期", "民族", "国籍/地区", "身份证件类型", "身份证件号", "全国学籍号",
    "港澳台侨外", "政治面貌", "健康状况", "户口性质", "户口所在地行政区划", "入学年月", "入学方式", "就读方式", "学生来源", "学生状态",
    "现住址", "联系电话", "随班就读", "残疾类型", "照片", "成员1姓名", "成员1关系", "成员1联系电话", "成员1身份证件号",
)  # fmt: skip

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_GIVEN = ("子涵", "雨桐", "浩然", "欣怡", "梓轩", "诗琪", "宇航", "佳宁")


def id_number(birth: str, order: int, *, region: str = "341323") -> str:
    """Return an ID number of a person who does not exist; an odd order is a male's."""
    stem = f"{region}{birth}{order:03}"
    return stem + ric.calc_check_digit(stem + "0")


def child(number: int = 1, **changes: str) -> dict[str, str]:
    """Return the cells of a child of grade 1, right in everything but the changes (header → cell)."""
    name = _SURNAMES[number % len(_SURNAMES)] + _GIVEN[number % len(_GIVEN)]
    birth = f"2018{1 + number % 12:02}{1 + number % 28:02}"
    own = id_number(birth, 2 * number + 1)
    phone = f"1381234{5000 + number}"
    cells = (
        "2134130001", "虚谷小学", "一年级", "1班", name, "男", birth, "汉族", "中国", "居民身份证", own, f"G{own}",
        "否", "群众", "健康或良好", "农业户口", "341323104207", "202509", "就近入学", "走读", "正常入学", "在读",
        f"虚谷镇无名村{number}号", phone, "非随班就读", "无残疾", "有", name[0] + "建国", "父亲", phone,
        id_number("19880412", 2 * number + 1),
    )  # fmt: skip
    return dict(zip(HEADERS, cells, strict=True)) | changes


def children(count: int, **changes: str) -> list[dict[str, str]]:
    return [child(number, **changes) for number in range(1, count + 1)]


def write_roster(path: Path, rows: Iterable[Mapping[str, str]], *, encoding: str = "utf-8") -> Path:
    """Write a CSV file with the columns of the first row."""
    rows = list(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_workbook(path: Path, sheets: Mapping[str, Iterable[Mapping[str, str]]], *, above: int = 0) -> Path:
    """Write a workbook of text cells.

    Args:
        path: Where.
        sheets: Name → rows.
        above: Rows of other text over the header.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            rows = list(rows)
            for line in range(above):
                sheet.write_string(line, 0, "虚谷小学花名册")
            for line, cells in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
                for position, cell in enumerate(cells):
                    sheet.write_string(above + line, position, cell)
    return path


def faulty(*severities: str) -> list[dict[str, str]]:
    """Return four children, with a fault of each severity in one of them: error, warning, notice."""
    rows = children(4)
    if "error" in severities:
        # Not the check digit that the others ask for (ID03).
        number = rows[1]["身份证件号"]
        rows[1]["身份证件号"] = number[:-1] + ("1" if number[-1] == "0" else "0")
    if "warning" in severities:
        rows[2]["照片"] = "无"  # PT01
    if "notice" in severities:
        rows[3]["政治面貌"] = "13"  # CD03: the code of 群众
    return rows
