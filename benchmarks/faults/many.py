"""Faults that no single row shows: two records of a child, one number for two, too large a class, too high a share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import polars as pl

from benchmarks.faults.fault import Chance, Changes, Row
from benchmarks.faults.identity import born, made_roll


@dataclass
class Event:
    """One fault over several rows."""

    kind: str
    fields: tuple[str, ...]
    changes: dict[int, Changes]
    """Row → its changed cells."""
    each: tuple[int, ...] = ()
    """Rows of which every one must be reported."""
    any_of: tuple[int, ...] = ()
    """Rows of which one must be reported (a class, a grade, a school)."""


def same_id(rows: tuple[int, int], pair: tuple[Row, Row], chance: Chance) -> Event:
    """One child on the rolls of two schools."""
    first, _ = pair
    copied: Changes = {f: first[f] for f in ("name", "sex", "birth_date", "id_type", "id_number", "roll_number")}
    return Event("same_id", ("id_number",), {rows[1]: copied}, each=rows)


def same_roll(rows: tuple[int, int], pair: tuple[Row, Row], chance: Chance) -> Event:
    """One roll number for two children."""
    return Event("same_roll", ("roll_number",), {rows[1]: {"roll_number": pair[0]["roll_number"]}}, each=rows)


def same_person_without_id(rows: tuple[int, int], pair: tuple[Row, Row], chance: Chance) -> Event:
    """One child without a number, entered twice; each entry has a roll number of its own, made when it was entered."""
    first, _ = pair
    fields = ("name", "sex", "birth_date", "id_number")
    common: Changes = {
        "name": first["name"],
        "sex": first["sex"],
        "birth_date": first["birth_date"],
        "id_type": "其他",
        "id_number": None,
    }
    changes = {row: common | {"roll_number": made_roll(first, "J", born(first), chance)} for row in rows}
    return Event("same_person_without_id", fields, changes, each=rows)


PAIRS: dict[Callable[..., Event], frozenset[str]] = {
    same_id: frozenset(["id_number"]),
    same_roll: frozenset(["roll_number"]),
    same_person_without_id: frozenset(["id_number", "id_type", "name", "sex", "birth_date"]),
}


def group_faults(people: pl.DataFrame, fields: frozenset[str], random: Random, count: int) -> list[Event]:
    """Return up to `count` faults of each kind that a class, grade or school shows, spread over the schools."""
    schools = people.group_by("school", maintain_order=True).agg("i")["i"].to_list()
    random.shuffle(schools)
    kinds = [kind for kind, (needs, _) in _GROUPS.items() if needs <= fields]
    found = dict.fromkeys(kinds, 0)
    events: list[Event] = []
    # A school gets one fault, and a second only when there are fewer schools than faults.
    for turn, members in enumerate(schools * len(kinds)):
        if wanted := [kind for kind in kinds if found[kind] < count]:
            kind = min(wanted, key=lambda k: (found[k], (kinds.index(k) - turn) % len(kinds)))
            neighbour = schools[(turn - 1) % len(schools)]
            event = _GROUPS[kind][1](people[members], people[neighbour], random)
            if event is not None:
                found[kind] += 1
                events.append(event)
    return events


def _class_too_large(school: pl.DataFrame, _: pl.DataFrame, random: Random) -> Event | None:
    """Two classes of a grade sit in one room, under the name of one."""
    sizes = (
        school.filter(pl.col("stage") < 3)
        .group_by("grade_no", "class_key", maintain_order=True)
        .agg("i", pl.first("class_name"))
    )
    for (_grade,), classes in sizes.group_by("grade_no", maintain_order=True):
        if classes.height >= 2 and classes["i"].list.len().head(2).sum() >= 66:
            (_, _, stay, name), (_, _, move, _) = classes.head(2).iter_rows()
            changes: dict[int, Changes] = {row: {"class_name": name} for row in move}
            return Event("class_too_large", ("class_name", "grade"), changes, any_of=(*stay, *move))
    return None


def _suspended_share(school: pl.DataFrame, _: pl.DataFrame, random: Random) -> Event | None:
    grades = school.group_by("grade_no", maintain_order=True).agg("i").filter(pl.col("i").list.len() >= 60)
    if grades.is_empty():
        return None
    rows = random.choice(grades["i"].to_list())
    changes: dict[int, Changes] = {row: {"status": "休学"} for row in random.sample(rows, len(rows) // 16)}
    return Event("suspended_share", ("status",), changes, any_of=tuple(rows))


def _borrowed_share(school: pl.DataFrame, _: pl.DataFrame, random: Random) -> Event | None:
    rows = school.filter(pl.col("grade_no") > 1)["i"].to_list()
    if len(rows) < 40:
        return None
    changes: dict[int, Changes] = {row: {"student_source": "借读"} for row in random.sample(rows, school.height // 11)}
    return Event("borrowed_share", ("student_source",), changes, any_of=tuple(school["i"].to_list()))


def _school_code_name_conflict(school: pl.DataFrame, other: pl.DataFrame, random: Random) -> Event | None:
    """One child of the school stands under another school's name, but this school's code."""
    row = random.choice(school["i"].to_list())
    fields = ("school_name", "school_code")
    return Event("school_code_name_conflict", fields, {row: {"school_name": other["school_name"][0]}}, each=(row,))


_GROUPS = {
    "class_too_large": (frozenset({"class_name", "grade"}), _class_too_large),
    "suspended_share": (frozenset({"status", "grade"}), _suspended_share),
    "borrowed_share": (frozenset({"student_source"}), _borrowed_share),
    "school_code_name_conflict": (frozenset({"school_code", "school_name"}), _school_code_name_conflict),
}
