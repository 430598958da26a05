"""What becomes of every child of the county: a story each at most, and where that puts it on both days."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.dice import Dice
    from benchmarks.schools import School

#: Story → how many children in ten thousand of those who can have it.
STORIES = {
    "moved_school": 60,
    "moved_class": 80,
    "transferred_out": 40,
    "out_by_state": 20,  # the second export still has the roll, in the state 转出
    "dead": 2,
    "abroad": 6,
    "vanished": 15,
    "retained": 10,
    "skipped": 5,
    "suspended": 15,
    "resumed": 15,  # 休学 in the first export
    "resumed_lower": 6,  # and back in the grade below
    "number_typo": 30,  # the first export has a digit wrong
    "number_changed": 20,  # another sound number, and a roll number made from it
    "number_got": 15,  # none in the first export
    "name_slip": 30,  # the first export has another character
    "renamed": 8,  # another given name, by the household register
    "sex_wrong": 10,
    "born_wrong": 15,  # the first export has another day; the number is right
    "slip_and_typo": 8,  # a character of the name and a digit of the number
    "second_closed": 8,  # a second roll in another school in the first export only
    "second_opened": 8,
    "new_by_log": 40,  # in the second export only
    "new_unexplained": 15,
    "all_changed": 6,  # name, number and telephone at once: only birth date, parent and school are left, and a person must look
    "number_taken": 4,  # gone, and the number stands with another child of another school
    "back": 10,  # off the roll while suspended, back now
}
#: Fate of a story, in the words of the report.
FATES = {
    "moved_school": "moved_school", "moved_class": "moved_class", "transferred_out": "transferred_out",
    "out_by_state": "transferred_out", "dead": "died", "abroad": "abroad", "vanished": "left_unexplained",
    "retained": "retained", "resumed_lower": "retained", "skipped": "skipped", "new_by_log": "transferred_in",
    "new_unexplained": "arrived_unexplained", "back": "returned", "all_changed": "unsure", "number_taken": "unsure",
}  # fmt: skip
FIELDS = {
    "number_typo": "id_number", "number_changed": "id_number", "number_got": "id_number", "name_slip": "name", "renamed": "name",
    "sex_wrong": "sex", "born_wrong": "birth_date", "slip_and_typo": "id_number,name",
}  # fmt: skip


def live(people: pl.DataFrame, plan: Sequence[School], dice: Dice) -> pl.DataFrame:
    """Give every child of `fill` its story, and its places and states on both days."""
    people = _placed(people, plan, dice).with_columns(story=_story())
    return _moves(_states(_possible(people)), plan, dice)


def with_leavers(school: School) -> School:
    """Return a school with the class of those who are about to leave it, and without the one that others fill."""
    sizes = dict(school.sizes)
    last = max(sizes)
    sizes[last + 1] = list(sizes[last])
    if min(sizes) == 7:
        del sizes[7]
    return replace(school, sizes=sizes)


def _placed(people: pl.DataFrame, plan: Sequence[School], dice: Dice) -> pl.DataFrame:
    """Add where each child is on both days (`old_at`, `old_grade`, `old_no`, `new_at` …); null where in no school of the county."""
    last = {place: max(school.sizes) - 1 for place, school in enumerate(plan)}
    juniors = [place for place, school in enumerate(plan) if min(school.sizes) == 8]
    classes = {place: len(plan[place].sizes[8]) for place in juniors}
    grade = pl.col("grade_no")
    leaver = grade > pl.col("school").replace_strict(last, return_dtype=pl.Int64)
    many = len(juniors)
    by_town = pl.col("school").cast(pl.Int64) % many
    goes = pl.when(dice.chance(0.05, "other junior")).then(dice.below(many, "which junior")).otherwise(by_town)
    junior = pl.lit(pl.Series(juniors, dtype=pl.Int64)).gather(goes)
    away = dice.chance(0.04, "junior elsewhere")
    people = people.with_columns(
        old_at=pl.when(grade > 1).then(pl.col("school").cast(pl.Int64)),
        old_grade=pl.when(grade > 1).then(grade - 1),
        old_no=pl.when(grade > 1).then("class_no"),
        new_at=pl.when(~leaver).then(pl.col("school").cast(pl.Int64)).when((grade == 7) & ~away).then(junior),
    )
    # Into junior school they come in no order of their old classes, in a nine-year school as well.
    drawn = dice.draw("new class")
    count = pl.col("new_at").replace_strict(classes, default=None, return_dtype=pl.UInt64)
    return people.with_columns(
        new_grade=pl.when(pl.col("new_at").is_not_null()).then(grade),
        new_no=pl.when(leaver & pl.col("new_at").is_not_null())
        .then((drawn % count).cast(pl.Int64) + 1)
        .when(~leaver)
        .then("class_no"),
    )


def _story() -> pl.Expr:
    answer = pl.lit("")
    start = 0
    for name, share in STORIES.items():
        answer = pl.when(pl.col("draw").is_between(start, start + share - 1)).then(pl.lit(name)).otherwise(answer)
        start += share
    return answer


def _possible(people: pl.DataFrame) -> pl.DataFrame:
    """Take back stories that can't be this child's."""
    both = pl.col("old_at").is_not_null() & pl.col("new_at").is_not_null()
    here = both & (pl.col("old_at") == pl.col("new_at"))
    story = pl.col("story")
    sound = pl.col("id_number").str.contains(r"^[0-9]{17}[0-9X]$")
    several = pl.col("class_no").max().over("school", "grade_no") > 1
    numbered = [
        "number_typo",
        "number_changed",
        "number_got",
        "slip_and_typo",
        "all_changed",
        "number_taken",
        "sex_wrong",
        "born_wrong",
    ]
    numbered += ["second_closed", "second_opened"]
    fits = (
        pl.when(story == "")
        .then(pl.lit(value=True))
        .when(story.is_in(["retained", "resumed_lower"]))
        .then(here & (pl.col("new_grade") > 2) & ~pl.col("new_grade").is_in([7, 10]))
        .when(story == "skipped")
        .then(here & pl.col("new_grade").is_in([2, 3, 4, 5, 8]))
        .when(story == "moved_class")
        .then(here & several & (pl.col("new_grade") != 7))
        .when(story.is_in(["new_by_log", "new_unexplained", "back"]))
        .then(here & ~pl.col("new_grade").is_in([1, 7]))
        # Of two rolls of a child who goes on to a third school, nobody can say which is the second.
        .otherwise(here & (pl.col("new_grade") != 7))
    )
    fits = (
        fits
        & (~story.is_in(numbered) | sound)
        & (~story.is_in(["renamed", "all_changed", "number_taken"]) | (pl.col("name").str.len_chars() == 3))
    )
    return people.with_columns(story=pl.when(fits.fill_null(value=False)).then("story").otherwise(pl.lit("")))


def _states(people: pl.DataFrame) -> pl.DataFrame:
    story = pl.col("story")
    away = pl.lit("休学")
    # The states of `people` would be stories of their own: who has none is 在读 on both days.
    return people.with_columns(
        old_status=pl.when(story.is_in(["resumed", "resumed_lower"])).then(away).otherwise(pl.lit("在读")),
        new_status=pl.when(story == "suspended")
        .then(away)
        .when(story == "back")
        .then(pl.lit("复学"))
        .when(story == "out_by_state")
        .then(pl.lit("转出"))
        .otherwise(pl.lit("在读")),
    )


def _moves(people: pl.DataFrame, plan: Sequence[School], dice: Dice) -> pl.DataFrame:
    """Put the moved into another school or class, the kept down into another grade, and take out who is not there."""
    story, grade = pl.col("story"), pl.col("new_grade")
    shift = pl.when(story.is_in(["retained", "resumed_lower"])).then(-1).when(story == "skipped").then(1).otherwise(0)
    people = people.with_columns(new_grade=grade + shift)
    with_grade: dict[int, list[int]] = {}
    for place, school in enumerate(plan):
        for each in school.sizes:
            if each < max(school.sizes):
                with_grade.setdefault(each, []).append(place)
    drawn = dice.draw("other school")
    other = pl.lit(None, dtype=pl.Int64)
    for each, places in with_grade.items():
        chosen = pl.lit(pl.Series(places, dtype=pl.Int64)).gather((drawn % len(places)).cast(pl.Int64))
        other = pl.when(pl.col("new_grade") == each).then(chosen).otherwise(other)
    moved = story.is_in(["moved_school", "number_taken"]) & (other != pl.col("new_at"))
    most = pl.col("class_no").max().over("school", "grade_no")
    gone = story.is_in(["transferred_out", "dead", "abroad", "vanished"])
    fresh = story.is_in(["new_by_log", "new_unexplained", "back"])
    people = people.with_columns(
        story=pl.when(story.is_in(["moved_school", "number_taken"]) & ~moved.fill_null(value=False))
        .then(pl.lit(""))
        .otherwise("story"),
        new_at=pl.when(gone).then(None).when(moved).then(other).otherwise("new_at"),
        new_no=pl.when(moved)
        .then(1)
        .when(story == "moved_class")
        .then(pl.col("new_no") % most + 1)
        .otherwise("new_no"),
        old_at=pl.when(fresh).then(None).otherwise("old_at"),
    )
    return people.with_columns(
        **{
            f"{side}_{name}": pl.when(pl.col(f"{side}_at").is_not_null()).then(f"{side}_{name}")
            for side in ("old", "new")
            for name in ("grade", "no")
        }
    )


def told(people: pl.DataFrame) -> pl.DataFrame:
    """Return what became of each child."""
    old, new, story = pl.col("old_at"), pl.col("new_at"), pl.col("story")
    of_story = story.replace_strict(FATES, default=None, return_dtype=pl.String)
    fate = (
        pl.when(of_story.is_not_null())
        .then(of_story)
        .when(old.is_null() & new.is_not_null())
        .then(pl.lit("entrant"))
        .when(old.is_not_null() & new.is_null())
        .then(pl.lit("graduated"))
        .when((old != new) | (pl.col("old_grade") == 6) & (pl.col("old_no") != pl.col("new_no")))
        .then(pl.lit("progressed"))
        .when(old.is_not_null() & new.is_not_null())
        .then(pl.lit("stayed"))
    )
    step = (
        pl.when(story.is_in(["retained", "resumed_lower"]))
        .then(pl.lit("retained"))
        .when(story == "skipped")
        .then(pl.lit("skipped"))
    )
    fields = story.replace_strict(FIELDS, default=None, return_dtype=pl.String).str.split(",")
    return people.select("i", "story", fate=fate, step=step, fields=fields).filter(pl.col("fate").is_not_null())
