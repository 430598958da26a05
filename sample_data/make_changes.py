"""Write the sample of `xueji changes`: two schools on two days, and the log of movements, with one child of every kind.

    python -m sample_data.make_changes

Every child, family and school is made up, and the same files come out each time. `说明.md` beside them lists what was planted.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.id_numbers import check_character
from benchmarks.layouts import HEADERS
from benchmarks.people import fill
from benchmarks.regions import settled
from benchmarks.schools import School, class_name, grade_name

FOLDER = Path(__file__).parent / "异动"
SEED = 31
OLD_DAY, NEW_DAY = "2025-03-10", "2025-10-31"
COUNTY = next(place for place, county in enumerate(settled()) if county.code == "341323")
PRIMARY, NINE = range(2)
#: Children by the grade they are in by the second day; one grade more than the school has for those who left it in summer.
SCHOOLS = [
    School("2134900301", "松溪镇中心小学", "松溪", COUNTY, 0, {1: [8], 2: [8], 3: [8], 4: [8], 5: [8], 6: [8], 7: [7]}),
    School("3134900302", "松溪镇九年一贯制学校", "松溪", COUNTY, 2, {g: [5] for g in range(1, 11)}),
]
COLUMNS = (
    "school_code", "school_name", "grade", "class_name", "name", "sex", "birth_date", "id_type", "id_number", "roll_number",
    "status", "boarding", "address", "phone", "member1_name", "member1_relation", "member1_phone", "student_source",
)  # fmt: skip
_MADE = datetime(2025, 11, 1)

Child = dict[str, Any]


def _children() -> list[Child]:
    rows = fill(SCHOOLS, SEED).with_columns(status=pl.lit("在读"), student_source=pl.lit("正常入学"))
    return rows.sort("school", "grade_no", "i").to_dicts()


def _number(child: Child, order: int) -> str:
    body = f"341302{child['birth_date']}{order:03}"
    return body + check_character(body)


def _at(child: Child, school: int, grade: int, year: int) -> Child:
    """Return a row of a child in the one class of a grade, written as the school does."""
    where = SCHOOLS[school]
    entry = year - grade + (1 if grade <= 6 else 7)
    return {
        **child,
        "school_code": where.code,
        "school_name": where.name,
        "grade": grade_name(grade, where.style),
        "class_name": class_name(grade, 1, entry, where.style),
    }


def made() -> tuple[list[Child], list[Child], dict[str, list[dict[str, str]]], list[tuple[str, str, str]]]:
    """Return the rows of both days, the sheets of the log, and what was planted: name, what, rule."""
    old: list[Child] = []
    new: list[Child] = []
    transfers: list[dict[str, str]] = []
    others: list[dict[str, str]] = []
    keys: list[dict[str, str]] = []
    planted: list[tuple[str, str, str]] = []
    by_place: dict[tuple[int, int], list[Child]] = {}
    for child in _children():
        by_place.setdefault((child["school"], child["grade_no"]), []).append(child)
    before: dict[int, Child] = {}
    after: dict[int, Child] = {}
    for (school, grade), children in by_place.items():
        last = max(SCHOOLS[school].sizes)
        for child in children:
            if grade > 1:
                before[child["i"]] = _at(child, school, grade - 1, 2024)
            if grade < last:
                after[child["i"]] = _at(child, school, grade, 2025)
            elif school == PRIMARY:
                after[child["i"]] = _at(child, NINE, 7, 2025)

    def who(school: int, grade: int, place: int) -> Child:
        return by_place[school, grade][place]

    def plant(child: Child, what: str, rule: str = "") -> int:
        planted.append((child["name"], what, rule))
        return int(child["i"])

    def entry(child: Child, kind: str, day: str, **more: str) -> None:
        others.append(
            {"异动类别": kind, "异动日期": day, "姓名": child["name"], "身份证号": child["id_number"] or "", **more}
        )

    # 转学：四方日期齐全的、超期的、停在一方的。
    child = who(PRIMARY, 4, 0)
    after[plant(child, "县内转学，四方都在期限内，档案移交晚了", "MV23")] = _at(child, NINE, 4, 2025)
    transfers.append(
        _transfer(child, "2025-09-01", "2025-09-03", "2025-09-08", "2025-09-10", "2025-09-16", "2025-10-20")
    )
    child = who(PRIMARY, 5, 0)
    after[plant(child, "县内转学，转入方主管部门超过 10 个工作日", "MV21")] = _at(child, NINE, 5, 2025)
    transfers.append(_transfer(child, "2025-09-22", "2025-09-26", "2025-10-17", "2025-10-20", "2025-10-24", ""))
    child = who(PRIMARY, 3, 1)
    plant(child, "申请转学，停在转出学校", "MV22")
    transfers.append(_transfer(child, "2025-09-15", "2025-09-17", "2025-09-19", "", "", ""))
    child = who(NINE, 3, 0)
    after[plant(child, "县内转学，台账没有登记", "MV10")] = _at(child, PRIMARY, 3, 2025)
    child = who(PRIMARY, 6, 1)
    after.pop(plant(child, "转出到外县"))
    entry(child, "转出", "2025.5.12", 备注="外县第一小学")
    child = who(NINE, 4, 0)
    before.pop(plant(child, "从外县转入"))
    entry(child, "转入", "2025年8月28日", 备注="外县第二小学")
    # 没有去向、没有来由。
    child = who(PRIMARY, 4, 2)
    after.pop(plant(child, "九月起名册里没有，台账也没有", "MV01"))
    child = who(NINE, 9, 1)
    after.pop(plant(child, "初三从名册里消失，台账登记辍学", "MV32"))
    entry(child, "辍学", "2025-09-20")
    child = who(PRIMARY, 5, 3)
    before.pop(plant(child, "五年级多出一人，没有来由", "MV03"))
    child = who(PRIMARY, 7, 2)
    after.pop(plant(child, "小学毕业，没有升入本地初中", "MV04"))
    # 休学、复学。
    child = who(PRIMARY, 5, 4)
    after[plant(child, "九月休学一年，台账齐全")]["status"] = "休学"
    entry(child, "休学", "2025-09-05", 休学开始日期="2025-09-05", 休学截止日期="2026-09-04")
    child = who(PRIMARY, 6, 2)
    before[plant(child, "休学后复学，编回原班")]["status"] = "休学"
    entry(child, "复学", "2025-09-01", 休学开始日期="2024-09-02", 休学截止日期="2025-09-01")
    child = who(NINE, 8, 0)
    before[child["i"]]["status"] = after[plant(child, "休学期满两个月，没有复学", "MV15")]["status"] = "休学"
    entry(child, "休学", "2024-08-30", 休学开始日期="2024-08-30", 休学截止日期="2025-08-30")
    child = who(NINE, 2, 1)
    before[plant(child, "休学期间离册，九月复学，台账没有登记", "MV10")]["status"] = "休学"
    before.pop(child["i"])
    after[child["i"]]["status"] = "复学"
    # 死亡、出国、退学。
    child = who(PRIMARY, 3, 4)
    after.pop(plant(child, "死亡，注销晚了", "MV24"))
    entry(child, "死亡", "2025-10-21", 死亡日期="2025-09-24", 注销日期="2025-10-21")
    child = who(NINE, 5, 2)
    after.pop(plant(child, "出国"))
    entry(child, "出国", "2025-07-02")
    child = who(NINE, 9, 0)
    after[plant(child, "初三学生的状态是退学", "MV08 MV10")]["status"] = "退学"
    # 年级。
    child = who(PRIMARY, 3, 0)
    after[plant(child, "没有升级，留在二年级", "MV11")] = _at(child, PRIMARY, 2, 2025)
    child = who(PRIMARY, 4, 4)
    after[plant(child, "跳到五年级，没有备案", "MV12")] = _at(child, PRIMARY, 5, 2025)
    # 关键信息。
    child = who(PRIMARY, 2, 3)
    wrong = child["id_number"]
    wrong = wrong[:15] + str((int(wrong[15]) + 4) % 10) + wrong[16:]
    before[plant(child, "更正了身份证号的一位，有审批")] |= {
        "id_number": wrong,
        "roll_number": f"L{wrong[:14]}0{wrong[-3:]}",
    }
    keys.append(_key(child, "身份证件号", wrong, child["id_number"], "2025-04-20"))
    child = who(PRIMARY, 6, 4)
    given = before[child["i"]]["name"]
    after[plant(child, "姓名改了一个字，台账没有登记", "MV14")]["name"] = given[:-1] + (
        "睿" if given[-1] != "睿" else "瑞"
    )
    child = who(NINE, 6, 1)
    other = _number(child, 217 if child["male"] else 218)
    after[plant(child, "迁户口换了号码，学籍号重新生成，台账登记了还没有审批", "MV14")] |= {
        "id_number": other,
        "roll_number": f"G{other}",
    }
    keys.append(_key(child, "身份证件号", child["id_number"], other, ""))
    # 一人两籍；认不准的。
    child = who(NINE, 2, 0)
    second = _at(child, PRIMARY, 2, 2025)
    plant(child, "在另一所学校又建了一条学籍", "MV07")
    child = who(PRIMARY, 2, 5)
    number = _number(child, 331 if child["male"] else 332)
    changed = {
        "id_number": number,
        "roll_number": f"G{number}",
        "name": child["name"][0] + "沐阳",
        "member1_phone": "13956180001",
    }
    changed |= {"phone": "13956180001"}
    after[plant(child, "姓名、号码、电话都变了，只有出生日期、家长和住址相同：认不准", "MV05")] |= changed
    # 台账自身的问题。
    child = who(PRIMARY, 6, 6)
    plant(child, "台账登记转出，人还在名册里", "MV27")
    entry(child, "转出", "2025-09-10")
    others.append(
        {"异动类别": "转入", "异动日期": "2025-09-12", "姓名": "无此人", "身份证号": "", "备注": "名册里没有"}
    )
    planted.append(("无此人", "台账登记的人名册里没有", "MV28"))
    old = sorted(before.values(), key=lambda row: (row["school_code"], row["grade"], row["i"]))
    new = sorted([*after.values(), second], key=lambda row: (row["school_code"], row["grade"], row["i"]))
    return old, new, {"转学台账": transfers, "其他异动": others, "关键信息变更": keys}, planted


def _transfer(child: Child, *days: str) -> dict[str, str]:
    heads = (
        "申请日期",
        "转入学校办理日期",
        "转入教育局审核日期",
        "转出学校办理日期",
        "转出教育局审核日期",
        "档案移交日期",
    )
    return {
        "异动类别": "转学", "姓名": child["name"], "身份证号": child["id_number"], "转出学校": SCHOOLS[child["school"]].name,
        "转入学校": SCHOOLS[1 - child["school"]].name, **dict(zip(heads, days, strict=True)),
    }  # fmt: skip


def _key(child: Child, field: str, old: str, new: str, day: str) -> dict[str, str]:
    return {
        "姓名": child["name"], "学校": SCHOOLS[child["school"]].name, "变更项目": field, "变更前": old, "变更后": new,
        "申请日期": "2025-04-15", "审批日期": day,
    }  # fmt: skip


def write_changes(folder: Path) -> None:
    """Write the exports, the log and the list of what was planted."""
    old, new, log, planted = made()
    for day, rows in ((OLD_DAY, old), (NEW_DAY, new)):
        (folder / day).mkdir(parents=True, exist_ok=True)
        for school in SCHOOLS:
            of = [row for row in rows if row["school_code"] == school.code]
            frame = pl.DataFrame(
                {HEADERS[name]: [row[name] or "" for row in of] for name in COLUMNS}, schema_overrides={}
            )
            text = frame.write_csv(line_terminator="\r\n").encode("gb18030" if day == OLD_DAY else "utf-8-sig")
            (folder / day / f"{school.name}.csv").write_bytes(text)
    _write_log(folder / "异动台账.xlsx", log)
    lines = ["# 异动示例", "", "全部人员、家庭和学校均为虚构，由 `python -m sample_data.make_changes` 生成。", ""]
    lines += [f"前一次导出 {OLD_DAY}，后一次 {NEW_DAY}，台账 `异动台账.xlsx`（三张表）。埋下的情况：", ""]
    lines += ["| 学生 | 情况 | 规则 |", "|---|---|---|"]
    lines += [f"| {name} | {what} | {rule} |" for name, what, rule in planted]
    (folder / "说明.md").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _write_log(path: Path, log: dict[str, list[dict[str, str]]]) -> None:
    """Write the log as a bureau keeps it: a sheet for each kind of thing, a title over the table."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    book.set_properties({"title": path.stem, "author": "xueji", "created": _MADE})
    head, cell = book.add_format({"bold": True, "border": 1}), book.add_format({"border": 1, "num_format": "@"})
    for name, rows in log.items():
        sheet = book.add_worksheet(name)
        heads = list(dict.fromkeys(key for row in rows for key in row))
        sheet.write_string(0, 0, f"松溪镇 2025 年{name}")
        sheet.set_column(0, len(heads), 16)
        for place, title in enumerate(heads):
            sheet.write_string(1, place, title, head)
        for line, row in enumerate(rows, 2):
            for place, title in enumerate(heads):
                sheet.write_string(line, place, row.get(title, ""), cell)
    book.close()


if __name__ == "__main__":
    write_changes(FOLDER)
