"""Pools of made-up children for tests of matching: a quiet background, and the few that a test is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

import polars as pl
from stdnum.cn import ric

from benchmarks.people import make_people
from tests.rule_cases import make_roster, student
from xueji_cli.matching.dedupe import Deduped, dedupe
from xueji_cli.matching.people import People, read_people
from xueji_cli.schema.roster import Roster

AS_OF = date(2025, 10, 15)
COLUMNS = (
    *("school_name", "grade", "class_name", "name", "sex", "birth_date", "id_number", "roll_number"),
    *("phone", "address", "member1_name", "member1_phone", "member1_id_number", "member2_name"),
)
Row = dict[str, str]


def number(first17: str) -> str:
    """Return an ID number with its check digit."""
    return first17 + str(ric.calc_check_digit(first17 + "0"))


@cache
def background(count: int = 3000) -> tuple[Row, ...]:
    """Return children who have nothing to do with one another."""
    frame = make_people(count, 7)
    columns = [name for name in COLUMNS if name in frame.columns]
    return tuple(frame.select(pl.col(columns).cast(pl.String).fill_null("")).iter_rows(named=True))


def child(**changes: str) -> Row:
    """Return a child with a family; changes replace what is given."""
    return {
        "school_name": "青禾镇中心小学",
        "grade": "三年级",
        "class_name": "三年级1班",
        "name": "郁梓菡",
        "sex": "女",
        "birth_date": "2016-04-12",
        "id_number": number("34132320160412262"),
        "roll_number": "",
        "phone": "13955712306",
        "address": "青禾镇柳溪村12号",
        "member1_name": "郁建军",
        "member1_phone": "13955712306",
        "member1_id_number": number("34132319860507311"),
        "member2_name": "方秀兰",
    } | changes


def rosters(*tables: Sequence[Row], columns: Sequence[str] = COLUMNS) -> list[Roster]:
    """Return a bound roster for each list of rows."""
    return [
        make_roster(student(), list(columns), list(rows), number=index) for index, rows in enumerate(tables) if rows
    ]


def people(*tables: Sequence[Row], columns: Sequence[str] = COLUMNS) -> People:
    """Return the records of tables."""
    return read_people([rosters(*tables, columns=columns)], student(), AS_OF, 2025)


def found(
    *rows: Row, columns: Sequence[str] = COLUMNS, count: int = 3000
) -> tuple[Deduped, dict[tuple[int, int], tuple[str, str | None]]]:
    """Look for duplicates among rows and a background.

    Returns:
        All that was found; and for each pair of the given rows (0, 1, …) that is told, its verdict and guard.
    """
    pool = people(rows, background(count), columns=columns)
    result = dedupe(pool)
    own = {
        record: row - 2
        for record, (table, row) in enumerate(pool.places.select("table", "row").iter_rows())
        if table == 0
    }
    told = {}
    for left, right, verdict, guard in result.judged.pairs.select("l", "r", "verdict", "guard").iter_rows():
        if left in own and right in own:
            first, second = sorted((own[left], own[right]))
            told[first, second] = (verdict, guard)
    return result, told
