"""Made-up schools and their classes: the frame of a roster, one line per class."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from random import Random
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.regions import settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: The school year that all rosters are of, and a day in it for `--as-of`.
SCHOOL_YEAR = 2025
AS_OF = "2025-10-15"

SCHOOLS_PER_COUNTY = 16
#: Kind → (how many in twenty, type digits of 学校标识码, first and last grade, classes per grade, name endings).
_KINDS = {
    "primary": (12, "21", (1, 6), (1, 5), ("中心小学", "第二小学", "希望小学")),
    "junior": (5, "31", (7, 9), (2, 7), ("初级中学", "第二中学", "实验中学")),
    "nine_year": (2, "31", (1, 9), (1, 4), ("九年一贯制学校", "学校", "实验学校")),
    "senior": (1, "34", (10, 12), (6, 14), ("高级中学", "第一高级中学", "中学")),
}
_NUMERALS = "零一二三四五六七八九十"
_FIRST = "青云丹柏松梅兰竹石金玉银清长永安宁和瑞祥福康禾芦柳杏桃枫榆槐荷莲泉溪湖"
_SECOND = "禾汀崖坡塘湾溪桥渡岭冈坪洼集店庄口河阳林泽坊井堰墩屯营谷沟圩铺垛"

#: One row per class; `school` and `class_key` count from 0.
_SCHEMA = {
    "class_key": pl.UInt32, "school": pl.UInt32, "school_code": pl.String, "school_name": pl.String, "town": pl.String,
    "county": pl.UInt32, "county_code": pl.String, "grade_no": pl.Int64, "stage": pl.Int64, "entry_year": pl.Int64,
    "size": pl.Int64, "grade": pl.String, "class_name": pl.String, "class_number": pl.String,
}  # fmt: skip


def grade_name(grade: int, style: int) -> str:
    """Write a grade as the school does."""
    if grade <= 6:
        return f"{_NUMERALS[grade]}年级"
    if grade <= 9:
        return f"初{_NUMERALS[grade - 6]}" if style % 2 else f"{_NUMERALS[grade]}年级"
    return f"高{_NUMERALS[grade - 9]}"


def class_name(grade: int, number: int, entry_year: int, style: int) -> str:
    """Write a class as the school does; each school keeps to one of five ways."""
    grade_words = grade_name(grade, style)
    short = grade_words.removesuffix("年级")
    return (
        f"{short}({number})班",
        f"{number}班",
        f"{grade_words}{number}班",
        f"{entry_year}级{number}班",
        f"{grade_words}({number})班",
    )[style % 5]


@dataclass(frozen=True, slots=True)
class School:
    """A school and the sizes of its classes."""

    code: str
    name: str
    town: str
    county: int
    """Place in `regions.settled()`."""
    style: int
    """How it writes grades and classes."""
    sizes: Mapping[int, Sequence[int]]
    """Grade → the size of each class."""


def plan_schools(rows: int, seed: int) -> Iterator[School]:
    """Yield made-up schools, classes of 30–45, until there are places for `rows` children; the last may be small."""
    random = Random(seed)
    counties = settled()
    kinds = [kind for kind, (weight, *_) in _KINDS.items() for _ in range(weight)]
    towns = [first + second for first in _FIRST for second in _SECOND if first != second]
    random.shuffle(towns)
    # Steps of a number that shares no factor with the list's length visit every county before the first comes again.
    county = random.randrange(len(counties))
    left = rows
    for place in count():
        if left == 0:
            return
        if place and place % SCHOOLS_PER_COUNTY == 0:
            county = (county + 1009) % len(counties)
        _, type_digits, (first, last), (fewest, most), endings = _KINDS[random.choice(kinds)]
        town = towns[place % len(towns)]
        style = random.randrange(10)
        sizes: dict[int, list[int]] = {}
        for grade in range(first, last + 1):
            sizes[grade] = []
            for _ in range(random.randint(fewest, most)):
                if size := min(random.randint(30, 45), left):
                    sizes[grade].append(size)
                    left -= size
        code = f"{type_digits}{counties[county].code[:2]}{place + 1:06d}"
        yield School(code, f"{town}镇{endings[place // len(towns) % len(endings)]}", town, county, style, sizes)


def classes_of(schools: Iterable[School]) -> pl.DataFrame:
    """Return the frame of the classes of some schools. A plain loop: a million children are 27,000 classes."""
    records: list[tuple[object, ...]] = []
    for place, school in enumerate(schools):
        for grade, sizes in school.sizes.items():
            stage = 1 if grade <= 6 else 2 if grade <= 9 else 3
            entry_year = SCHOOL_YEAR - grade + (1, 7, 10)[stage - 1]
            for number, size in enumerate(sizes, start=1):
                records.append(
                    (
                        len(records), place, school.code, school.name, school.town, school.county,
                        settled()[school.county].code, grade, stage, entry_year, size, grade_name(grade, school.style),
                        class_name(grade, number, entry_year, school.style), f"{entry_year}{stage}{number:02d}",
                    )
                )  # fmt: skip
    return pl.DataFrame(records, schema=_SCHEMA, orient="row")
