"""Faults of grade, class, entry and standing: cells that are well written, and don't go together."""

from __future__ import annotations

import polars as pl

from benchmarks.faults.fault import Chance, Changes, Registry, Row
from benchmarks.faults.identity import G_ROLL, renumbered

fault = Registry()

_COMPULSORY = pl.col("grade_no") <= 9
_FIRST_GRADE = pl.col("grade_no") == 1


def _born_in(row: Row, year: int, chance: Chance) -> Changes | None:
    """Return a child of another year, with everything else made to fit: only the age is out of place."""
    birth = f"{year}{row['birth_date'][4:]}".replace("0229", "0228")
    number = row["id_number"]
    changes = renumbered(row, number[:6] + birth + number[14:17], chance)
    return None if changes is None else changes | {"birth_date": birth}


@fault("birth_date", "id_number", "grade", "class_name", "entry_month", needs="grade", where=G_ROLL)
def age_too_old_for_grade(row: Row, chance: Chance) -> Changes | None:
    return _born_in(row, int(row["birth_date"][:4]) - chance.randrange(5, 7), chance)


@fault("birth_date", "id_number", "grade", "class_name", "entry_month", needs="grade", where=G_ROLL)
def age_too_young_for_grade(row: Row, chance: Chance) -> Changes | None:
    return _born_in(row, int(row["birth_date"][:4]) + chance.randrange(4, 6), chance)


@fault("birth_date", "id_number", "entry_month", "grade", where=G_ROLL & _FIRST_GRADE)
def entry_under_six(row: Row, chance: Chance) -> Changes | None:
    """A child born in the autumn after the cut-off, who was five on the first day of school."""
    number, birth = row["id_number"], f"2019{chance.choice(['0901', '0915', '1003', '1120', '1231'])}"
    changes = renumbered(row, number[:6] + birth + number[14:17], chance)
    return None if changes is None else changes | {"birth_date": birth}


@fault("entry_month", "grade", "class_name", needs="grade")
def entry_grade_mismatch(row: Row, chance: Chance) -> Changes:
    return {"entry_month": f"{int(row['entry_month'][:4]) + chance.choice([-3, -2, -1])}09"}


@fault("entry_month")
def entry_month_unreadable(row: Row, chance: Chance) -> Changes:
    return {"entry_month": row["entry_month"][:4] + chance.choice(["13", "00", "年秋", "/?"])}


@fault("entry_month")
def entry_in_future(row: Row, chance: Chance) -> Changes:
    return {"entry_month": f"{chance.randrange(2027, 2040)}09"}


@fault("inclusive", "disability")
def inclusive_disability_mismatch(row: Row, chance: Chance) -> Changes:
    if row["disability"] == "无残疾":
        return {
            "inclusive": chance.choice(["视力残疾随班就读", "听力残疾随班就读", "智力残疾随班就读", "其他残疾随班就读"])
        }
    return {"inclusive": "非随班就读"}


@fault("entry_way", needs="grade", where=_COMPULSORY)
def entry_way_of_another_stage(row: Row, chance: Chance) -> Changes:
    return {"entry_way": chance.choice(["统一招生考试/普通入学", "体育特招", "艺术特招"])}


@fault("status", needs="grade", where=_COMPULSORY)
def quit_in_compulsory_stage(row: Row, chance: Chance) -> Changes:
    return {"status": "退学"}


@fault("grade", "class_name", where=_FIRST_GRADE)
def preschool_row(row: Row, chance: Chance) -> Changes:
    return {"grade": chance.choice(["学前班", "大班", "学前"]), "class_name": "大班"}


@fault("photo")
def photo_missing(row: Row, chance: Chance) -> Changes:
    return {"photo": chance.choice(["无", None, "否", "缺"])}


@fault("class_name", "grade", needs="class_list")
def class_not_in_list(row: Row, chance: Chance) -> Changes | None:
    # A class that isn't in the list is one fault, however many sit in it: no two of these share one.
    name = f"{chance.randrange(20, 60)}班"
    place = f"{row['school_code']} {row['grade']} {name}"
    if place in chance.taken:
        return None
    chance.taken.add(place)
    return {"class_name": name}


@fault("school_code")
def school_code_short(row: Row, chance: Chance) -> Changes:
    return {"school_code": row["school_code"][:9]}


@fault("school_code")
def school_code_unknown_type(row: Row, chance: Chance) -> Changes:
    return {"school_code": chance.choice(["00", "77", "88"]) + row["school_code"][2:]}
