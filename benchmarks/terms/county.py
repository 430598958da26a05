"""The whole of it: a county on two days, its log, and the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.county import SYSTEM, plan_county
from benchmarks.dice import Dice
from benchmarks.layouts import HEADERS
from benchmarks.people import fill
from benchmarks.schools import SCHOOL_YEAR
from benchmarks.terms.sides import new, old, second, slip, written
from benchmarks.terms.stories import FIELDS, live, told, with_leavers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.schools import School

OLD_DAY, NEW_DAY = f"{SCHOOL_YEAR}-03-10", f"{SCHOOL_YEAR}-10-15"
COLUMNS = (*SYSTEM, "ethnicity", "boarding", "hukou_type")
#: In how many of a hundred cases the log has an entry where it should.
_LOGGED = 90
#: Stories of whom the log should have an entry, and its kind.
_KINDS = {
    "moved_school": "转学", "transferred_out": "转出", "out_by_state": "转出", "dead": "死亡", "abroad": "出国", "skipped": "跳级",
    "retained": "留级", "suspended": "休学", "resumed": "复学", "resumed_lower": "复学", "new_by_log": "转入", "back": "复学",
    **dict.fromkeys(FIELDS, "关键信息变更"),
}  # fmt: skip
#: Without an entry nobody can know where these went or came from.
_ALWAYS = ("transferred_out", "dead", "abroad", "new_by_log")


@dataclass(frozen=True, slots=True)
class Terms:
    """Two exports of one county.

    Attributes:
        old: Rows of the first: `i` (the child), `second` (a second roll), `row` as Excel shows it, and the columns of files.
        new: Rows of the second, with `file`, its school's name; `row` counts in each file.
        stories: `i`, `story`, `fate`, `step` (retained, skipped or null), `fields` that differ.
        log: Entries, a column a field.
    """

    old: pl.DataFrame
    new: pl.DataFrame
    stories: pl.DataFrame
    log: pl.DataFrame


def make_terms(schools: int, children: int, seed: int) -> Terms:
    """Return a county of so many schools with about so many children on the first day."""
    dice = Dice(seed)
    plan = [with_leavers(school) for school in plan_county(schools, children, seed)]
    people = fill(plan, seed).with_columns(
        class_no=pl.col("class_number").str.slice(5, 2).cast(pl.Int64), draw=dice.below(10_000, "story")
    )
    people = live(people, plan, dice)
    first = pl.concat([old(people, dice), second(people, plan, dice, "second_closed", "old")], how="diagonal")
    later = pl.concat([new(people, dice), second(people, plan, dice, "second_opened", "new")], how="diagonal")
    order = ("at", "grade", "no", "i", "second")
    first, later = (written(rows, plan, year, dice).sort(order) for year, rows in enumerate((first, later)))
    return Terms(
        first.with_columns(row=pl.int_range(2, pl.len() + 2), file=pl.lit("old")),
        later.with_columns(row=pl.int_range(2, pl.len() + 2).over("at"), file="school_name"),
        told(people),
        _log(people, plan, dice),
    )


def _log(people: pl.DataFrame, plan: Sequence[School], dice: Dice) -> pl.DataFrame:
    """Return the log, as a bureau keeps it: one in ten entries is missing where the exports tell the same."""
    kinds = pl.col("story").replace_strict(_KINDS, default=None, return_dtype=pl.String)
    logged = pl.col("story").is_in(_ALWAYS) | dice.chance(_LOGGED / 100, "logged")
    rows = people.with_columns(kind=kinds).filter(pl.col("kind").is_not_null() & logged)
    schools = {place: school.name for place, school in enumerate(plan)}
    day = pl.date(SCHOOL_YEAR, 3, 20) + pl.duration(days=dice.below(190, "day"))
    name = pl.when(pl.col("story").is_in(["name_slip", "slip_and_typo"])).then(slip(dice)).otherwise("name")
    outside = pl.lit("外县第一中心学校")

    def school(side: str) -> pl.Expr:
        return pl.col(f"{side}_at").replace_strict(schools, default=None, return_dtype=pl.String)

    return rows.select(
        异动类别="kind",
        异动日期=day.dt.strftime("%Y.%m.%d"),
        姓名=name,
        身份证号=pl.when(pl.col("story").is_in(list(FIELDS)) | dice.chance(0.15, "no number"))
        .then(None)
        .otherwise("id_number"),
        出生日期=pl.when(pl.col("story") == "born_wrong").then(None).otherwise("birth_date"),
        学校=pl.coalesce(school("old"), school("new")),
        转出学校=pl.coalesce(school("old"), outside),
        转入学校=pl.coalesce(school("new"), outside),
        审批日期=(day + pl.duration(days=5)).dt.strftime("%Y.%m.%d"),
    )


def write_terms(terms: Terms, folder: Path) -> tuple[Path, Path, Path]:
    """Write both exports and the log: the first as one file, the second as a file a school."""
    first, second = folder / f"全县-{OLD_DAY}.csv", folder / NEW_DAY
    second.mkdir(parents=True, exist_ok=True)
    for stale in second.glob("*.csv"):
        stale.unlink()
    columns = [pl.col(name).alias(HEADERS[name]) for name in COLUMNS]
    terms.old.select(columns).write_csv(first)
    for (name,), rows in terms.new.group_by("file", maintain_order=True):
        rows.select(columns).write_csv(second / f"{name}.csv")
    log = folder / "异动台账.csv"
    terms.log.write_csv(log)
    return first, second, log
