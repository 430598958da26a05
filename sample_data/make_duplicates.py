"""Write the sample files of `xueji dedupe`: three made-up schools in which some children stand more than once.

    python -m sample_data.make_duplicates

Every child, family and school is made up, and the same files come out each time. `说明.md` beside them lists what was planted
where: duplicates of every kind, and the pairs that are none, such as twins.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.id_numbers import check_character
from benchmarks.layouts import LAYOUTS, select, write_workbook
from benchmarks.people import fill
from benchmarks.regions import settled
from benchmarks.schools import School

FOLDER = Path(__file__).parent / "查重"
SEED = 75
COUNTY = next(place for place, county in enumerate(settled()) if county.code == "341323")

EAST, WEST, NEW = range(3)
SCHOOLS = [
    School("2134900201", "榆林镇东关小学", "榆林", COUNTY, 0, {g: [24] for g in range(1, 7)}),
    School("2134900202", "榆林镇西关小学", "榆林", COUNTY, 2, {g: [22] for g in range(1, 7)}),
    School("2134900203", "榆林镇新城学校", "榆林", COUNTY, 4, {g: [20] for g in range(1, 7)}),
]
FILES = {EAST: "东关小学.xlsx", WEST: "西关小学.csv", NEW: "新城学校.xlsx"}

Child = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Planted:
    """A pair that was planted.

    Attributes:
        kind: What it is.
        verdict: What `xueji dedupe` is to say at the default thresholds.
        places: File and row, as Excel shows it, of both records.
    """

    kind: str
    verdict: str
    places: tuple[tuple[str, int], tuple[str, int]]


def number(region: str, birth: str, order: int) -> str:
    """Return a sound ID number."""
    body = f"{region}{birth}{order:03}"
    return body + check_character(body)


def _copied(child: Child, **changes: Any) -> Child:
    """Return the same child in another school: it has left the old one, or was entered there a second time."""
    return {**child, **changes}


def _slip(own: str) -> str:
    """Return a number with two digits exchanged, as a hand types it."""
    place = next(i for i in range(11, 16) if own[i] != own[i + 1])
    return own[:place] + own[place + 1] + own[place] + own[place + 2 :]


def _later(birth: str, days: int) -> str:
    day = date(int(birth[:4]), int(birth[4:6]), int(birth[6:8]))
    return date.fromordinal(day.toordinal() + days).strftime("%Y%m%d")


def _same(child: Child) -> Child:
    """Transferred, and the old roll was not closed."""
    return _copied(child)


def _mistyped(child: Child) -> Child:
    wrong = _slip(child["id_number"])
    return _copied(child, id_number=wrong, roll_number=_local(child, 1))


def _local(child: Child, order: int) -> str:
    """Return an L number, whose last digits are not the child's."""
    return f"L341323{child['birth_date']}{4300 + order}"


def _without_number(child: Child) -> Child:
    made = number("341323", child["birth_date"], 901)
    return _copied(child, id_type="其他", id_number=None, roll_number=f"J{made}")


#: Characters and others that read the same.
_SOUNDS = {
    "婷": "亭",
    "涵": "函",
    "轩": "宣",
    "怡": "仪",
    "琪": "祺",
    "浩": "皓",
    "宇": "雨",
    "梓": "子",
    "欣": "新",
    "佳": "嘉",
    "文": "闻",
    "俊": "峻",
    "泽": "择",
    "晨": "辰",
    "诗": "施",
    "思": "斯",
    "雅": "娅",
    "明": "铭",
    "博": "搏",
    "瑶": "遥",
}


def _homophone(child: Child) -> Child:
    place = next(i for i, character in enumerate(child["name"]) if i and character in _SOUNDS)
    name = child["name"][:place] + _SOUNDS[child["name"][place]] + child["name"][place + 1 :]
    return _copied(child, name=name, id_number=_slip(child["id_number"]), roll_number=_local(child, 2))


def _renamed(child: Child) -> Child:
    return _copied(child, name=child["name"][0] + "沐辰")


def _destroyed(child: Child) -> Child:
    """A spreadsheet program made a number of it: three digits are lost."""
    return _copied(child, id_number=child["id_number"][:15] + "000", roll_number=_local(child, 3))


def _second_hukou(child: Child) -> Child:
    other = number("341302", child["birth_date"], 318 + (child["sex"] == "男"))
    return _copied(child, id_number=other, roll_number=f"G{other}")


def _another_under_one_number(child: Child) -> Child:
    name = {"男": "孔令扬", "女": "孔令仪"}[child["sex"]]
    family = {
        "member1_name": "孔庆树",
        "member1_phone": "13805570031",
        "member1_id_number": number("341323", "19860914", 377),
    }
    return _copied(child, name=name, phone="13805570031", address="榆林镇孔庄村31号", **family)


def _twin(child: Child) -> Child:
    own = child["id_number"]
    other = number(own[:6], own[6:14], int(own[14:17]) + 2)
    return _copied(child, name=child["name"][:-1] + "阳", id_number=other, roll_number=f"G{other}")


def _sibling(child: Child) -> Child:
    """A younger child under the same parent's number (安徽 第十三条)."""
    birth = _later(child["birth_date"], 700)
    return _copied(
        child, name=child["name"][0] + "小满", birth_date=birth, roll_number=f"J{number('341323', birth, 903)}"
    )


def _under_guardian(child: Child) -> Child:
    """The first of the two: a child without a number of its own, entered under its parent's."""
    roll = f"J{number('341323', child['birth_date'], 905)}"
    return _copied(child, id_number=child["member1_id_number"], roll_number=roll)


def _namesake(child: Child) -> Child:
    """Another child of the same name and birth date, and nothing else to go by."""
    nobody = dict.fromkeys(("member1_name", "member1_phone", "member1_id_number", "phone", "address"))
    return _copied(
        child, id_type="其他", id_number=None, roll_number=f"J{number('341323', child['birth_date'], 907)}", **nobody
    )


#: Kind, verdict, school and grade of the child, school of the other record, what becomes of the child itself, and the other.
_PLAN: tuple[tuple[str, str, int, int, int, Callable[[Child], Child] | None, Callable[[Child], Child]], ...] = (
    ("转学没有办完：两所学校各有一份", "duplicate", EAST, 3, WEST, None, _same),
    ("证件号颠倒两位", "duplicate", WEST, 4, NEW, None, _mistyped),
    ("没有证件号，另用 J 号登记", "duplicate", EAST, 5, NEW, None, _without_number),
    ("同音字，证件号也写错", "duplicate", NEW, 2, EAST, None, _homophone),
    ("同一证件号，改了名", "duplicate", WEST, 6, EAST, None, _renamed),
    ("证件号被表格软件损坏", "duplicate", NEW, 4, WEST, None, _destroyed),
    ("第二户口：两个合规的证件号", "review", EAST, 4, NEW, None, _second_hukou),
    ("同号异人", "review", WEST, 2, NEW, None, _another_under_one_number),
    ("同名同生日，别的都不知道", "review", NEW, 5, WEST, None, _namesake),
    ("双胞胎", "distinct", EAST, 2, EAST, None, _twin),
    ("兄弟姐妹共用监护人号码", "distinct", NEW, 3, NEW, _under_guardian, _sibling),
)


def rosters() -> tuple[dict[int, pl.DataFrame], list[Planted]]:
    """Return the rows of each school, and what was planted where."""
    people = fill(SCHOOLS, SEED).filter(pl.col("special") == "plain")
    rows: dict[int, list[Child]] = {school: people.filter(pl.col("school") == school).to_dicts() for school in FILES}
    plain = {school: list(each) for school, each in rows.items()}
    # A child whose birth date no other has: no second pair is planted unawares.
    alone = set(people.group_by("birth_date").len().filter(pl.col("len") == 1)["birth_date"])
    planted = []
    taken: set[int] = set()
    for kind, verdict, school, grade, other_school, before, other in _PLAN:
        place = next(
            place
            for place, child in enumerate(plain[school])
            if child["grade_no"] == grade
            and child["i"] not in taken
            and child["birth_date"] in alone
            and len(child["name"]) == 3
            and child["roll_number"].startswith("G")
            and int(child["id_number"][14:17]) < 990
            and (other is not _homophone or any(each in _SOUNDS for each in child["name"][1:]))
        )
        taken.add(plain[school][place]["i"])
        if before is not None:
            rows[school][place] = before(rows[school][place])
        child = rows[school][place]
        made = other(child)
        home = next(each for each in plain[other_school] if each["grade_no"] == grade)
        stays = {key: home[key] for key in ("school_code", "school_name", "grade", "class_name", "class_key")}
        rows[other_school].append({**made, **stays})
        places = ((FILES[school], place + 2), (FILES[other_school], len(rows[other_school]) + 1))
        planted.append(Planted(kind, verdict, places))
    schema = people.schema
    return {school: pl.DataFrame(each, schema=schema) for school, each in rows.items()}, planted


def write_samples(folder: Path) -> None:
    """Write the files."""
    folder.mkdir(parents=True, exist_ok=True)
    frames, planted = rosters()
    for school, name in FILES.items():
        frame = select(frames[school], LAYOUTS[31])
        if name.endswith(".csv"):
            frame.write_csv(folder / name, include_bom=True)
        else:
            write_workbook(frame, folder / name)
    lines = [
        "# 查重示例 / sample data for `xueji dedupe`",
        "",
        "三所虚构学校的名册，里面有些孩子登记了不止一次，也有看着像、其实不是的。",
        "由 `python -m sample_data.make_duplicates` 生成（种子固定）。",
        "Three made-up schools; some children stand in them more than once, and some pairs only look like it.",
        "",
        "| 种下的 | 应当判为 | 一条 | 另一条 |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {each.kind} | {each.verdict} | " + " | ".join(f"{file} 第 {row} 行" for file, row in each.places) + " |"
        for each in planted
    ]
    (folder / "说明.md").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    write_samples(parser.parse_args().folder)


if __name__ == "__main__":
    main()
