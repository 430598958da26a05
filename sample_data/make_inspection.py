"""Write the sample of an inspection: the system's export of four schools, what was taken in the classrooms, and the entries.

    python -m sample_data.make_inspection

Every child, family and school is made up. The same files come out each time. README.md says what differs.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.county import SYSTEM, WITH_NUMBER, WITHOUT, make_county
from benchmarks.layouts import HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from benchmarks.county import County

FOLDER = Path(__file__).parent / "人籍比对"
SEED = 7
SCHOOLS, CHILDREN = 4, 1500
EXPORT, LISTS, SCHOOL_LIST, ENTRIES = "系统导出.csv", "班级名单", "学校名单.csv", "检查记录.csv"
#: What the inspectors wrote down, by number of the item: points, cases, required, reached, choice.
_ENTERED: Mapping[str, tuple[str, str, str, str, str]] = {
    "1": ("9", "", "", "", ""),
    "2.1": ("4", "", "", "", ""),
    "2.2": ("4", "", "", "", ""),
    "3": ("", "", "12000", "9600", ""),
    "4.1": ("3", "", "", "", ""),
    "4.2": ("2.5", "", "", "", ""),
    "6.1": ("5", "", "", "", ""),
    "6.2": ("4", "", "", "", ""),
    "7.4": ("3.5", "", "", "", ""),
    "7.5": ("1", "", "", "", ""),
    "8": ("", "1", "", "", ""),
    "9": ("", "", "", "", "仅有资料"),
    "10": ("5", "", "", "", ""),
    "11": ("4.5", "", "", "", ""),
}


def inspection() -> County:
    """Return the township that is inspected."""
    return make_county(SCHOOLS, CHILDREN, SEED)


def write_inspection(folder: Path) -> None:
    """Write all files of the sample."""
    county = inspection()
    (folder / LISTS).mkdir(parents=True, exist_ok=True)
    _write(folder / EXPORT, county.system.select(pl.col(name).alias(HEADERS[name]) for name in SYSTEM))
    for (sits,), rows in county.actual.group_by("sits", maintain_order=True):
        place = int(str(sits))
        fields = WITH_NUMBER if place in county.numbered else WITHOUT
        lists = rows.select(pl.col(name).alias(HEADERS[name]) for name in fields)
        # The first school's teachers write its short name.
        if place == 0:
            lists = lists.with_columns(pl.lit(_short(county.schools[0].name)).alias(HEADERS["school_name"]))
        _write(folder / LISTS / f"{county.schools[place].name}.csv", lists)
    groups = ("一组", "二组")
    with (folder / SCHOOL_LIST).open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("学校标识码", "学校名称", "学校简称", "分组"))
        writer.writerows((s.code, s.name, _short(s.name), groups[n % 2]) for n, s in enumerate(county.schools))
    with (folder / ENTRIES).open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("核查表", "学校名称", "项目编号", "核查分", "例数", "应达到", "实际达到", "选项"))
        # The last school's inspectors are not done.
        writer.writerows(_entries(school.name for school in county.schools[:-1]))


def _entries(schools: Iterable[str]) -> Iterable[tuple[str, ...]]:
    return (("lingbi-2021", school, item, *values) for school in schools for item, values in _ENTERED.items())


def _short(name: str) -> str:
    """Return a school's short name, as people say it."""
    town, _, rest = name.partition("镇")
    return f"{town[0]}{rest.removeprefix('第')[0]}{'小' if '小学' in rest else '中' if '中学' in rest else '校'}"


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + frame.write_csv(line_terminator="\r\n").encode())


if __name__ == "__main__":
    write_inspection(FOLDER)
