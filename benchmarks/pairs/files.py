"""Rosters of a county as files, and the truth beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.layouts import write_workbook
from benchmarks.pairs.registrations import ALL_TRAPS, KINDS, make_records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Field → header, as counties write them.
FULL: Mapping[str, str] = {
    "school_name": "学校", "grade": "年级", "class_name": "班级", "name": "姓名", "sex": "性别", "birth_date": "出生日期",
    "id_number": "身份证号", "roll_number": "学籍号", "address": "家庭住址", "phone": "联系电话",
    "member1_name": "监护人1姓名", "member1_relation": "监护人1关系", "member1_phone": "监护人1电话",
    "member1_id_number": "监护人1身份证号", "member2_name": "监护人2姓名", "member2_relation": "监护人2关系",
    "member2_phone": "监护人2电话", "member2_id_number": "监护人2身份证号",
}  # fmt: skip
THIN: Mapping[str, str] = {
    field: FULL[field] for field in ("school_name", "grade", "class_name", "name", "sex", "id_number")
}
VARIANTS: Mapping[str, Mapping[str, str]] = {"full": FULL, "thin": THIN}
TRUTH = ("child", "entry", "story", *ALL_TRAPS, *KINDS)
#: Row numbers as Excel shows them: the header is row 1.
FIRST_ROW = 2


@dataclass(frozen=True, slots=True)
class Rosters:
    """Files and what is true of their rows.

    Attributes:
        paths: The files, in order.
        truth: `file` (its name without folders) and `row` as Excel shows it, `child`, `entry`, `story`, KINDS, ALL_TRAPS.
    """

    paths: tuple[Path, ...]
    truth: pl.DataFrame


def write_rosters(
    count: int, seed: int, variant: str, folder: Path, *, by_school: bool = False, shuffled: int | None = None
) -> Rosters:
    """Write the records of a county into one CSV, or one file for each school.

    Args:
        count: How many records, about.
        seed: Seed of the county.
        variant: `full` or `thin`.
        folder: Where to write.
        by_school: A file for each school, every third a workbook, in place of one CSV.
        shuffled: Seed of another order of the rows of each file.
    """
    frame = make_records(count, seed).frame
    if shuffled is not None:
        frame = frame.sample(fraction=1.0, shuffle=True, seed=shuffled)
        frame = frame.sort("school", maintain_order=True) if by_school else frame
    folder.mkdir(parents=True, exist_ok=True)
    parts = frame.partition_by("school", maintain_order=True) if by_school else [frame]
    paths, truths = [], []
    for number, part in enumerate(parts):
        name = f"{part['school_code'][0]}{part['school_name'][0]}" if by_school else f"county-{variant}"
        suffix = ".xlsx" if by_school and number % 3 == 0 else ".csv"
        path = folder / f"{name}{suffix}"
        cells = part.select(pl.col(field).alias(header) for field, header in VARIANTS[variant].items())
        if suffix == ".csv":
            cells.write_csv(path, include_bom=True)
        else:
            write_workbook(cells, path)
        paths.append(path)
        truths.append(
            part.select(pl.lit(path.name).alias("file"), pl.int_range(pl.len()).alias("row") + FIRST_ROW, *TRUTH)
        )
    return Rosters(tuple(paths), pl.concat(truths))
