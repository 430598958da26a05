"""What became of every child: one fate each, and with it one reason for every roll to be in a class or to have left it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.tracking.placing import FIRST_GRADES, LAST_GRADES, stage_of_grade
from xueji_cli.values.grades import PRESCHOOL

if TYPE_CHECKING:
    from xueji_cli.tracking.linking import Links
    from xueji_cli.tracking.placing import Placed
    from xueji_cli.tracking.sides import SideDate

#: In the roll on both days. All but `stayed` leave one class and come into another.
STAYED = "stayed"
MOVED = ("moved_class", "class_unsaid", "moved_school", "progressed", "retained", "skipped", "not_turned")
#: In the roll on the first day only.
LEFT = (
    "graduated", "transferred_out", "died", "abroad", "withdrawn", "deleted", "double_closed", "suspended_away", "other_left",
    "left_unsure", "left_unexplained",
)  # fmt: skip
#: In the roll on the second day only.
ARRIVED = (
    "entrant", "transferred_in", "returned", "created", "double_opened", "arrived_unsure", "arrived_unexplained",
)  # fmt: skip
#: In the roll on neither day; no number counts them.
OUTSIDE = "outside"
FATES = (STAYED, *MOVED, *LEFT, *ARRIVED, OUTSIDE)

#: State in the second export → fate of a child who was in the roll.
_BY_STATE = {
    "毕业": "graduated", "结业": "graduated", "肄业": "graduated", "转出": "transferred_out", "死亡": "died", "出国": "abroad",
    "公派出国": "abroad", "退学": "withdrawn", "开除": "withdrawn", "休学": "suspended_away",
}  # fmt: skip
#: Kinds of entries that explain a departure, the most telling first, and the fate.
_LEFT_BY = (
    (("die",), "died"), (("abroad",), "abroad"), (("transfer_out", "transfer"), "transferred_out"),
    (("withdraw", "expel"), "withdrawn"), (("delete",), "deleted"), (("graduate",), "graduated"),
    (("suspend", "extend"), "suspended_away"), (("other_leave", "keep"), "other_left"),
)  # fmt: skip
_ARRIVED_BY = ((("transfer_in", "transfer"), "transferred_in"), (("resume", "restore"), "returned"))

#: A class of which so many children stand in the grade of the year before was not moved up; fewer are children kept down.
_NOT_TURNED_SHARE, _NOT_TURNED_LEAST = 0.8, 5

#: Months in which the last grades leave the roll, before the year turns.
_GRADUATION = (6, 7)

#: What is kept of each roll, with `_o` or `_n` behind it.
_KEPT = (
    "table", "row", "school", "stage", "grade", "key", "class_label", "class_no", "next_grade", "next_key", "next_label", "name",
    "sex", "born", "id_number", "id_valid", "roll_number", "status", "source", "remark", "guardian", "phone", "counted",
)  # fmt: skip


def children(placed: Placed, links: Links) -> pl.DataFrame:
    """Return a row for each child: `c`, `o`, `n`, `how`, the columns of both rolls, `double` and the one who may be the same.

    Second rolls of one child on one day are rows of their own, with `double` = the `o` or `n` of the roll that stands for it.
    """
    old, new = _half(placed.old, "o"), _half(placed.new, "n")
    lone_old = old.join(links.pairs, on="o", how="anti").join(
        links.old_doubles, on="o", how="left", maintain_order="left"
    )
    lone_new = new.join(links.pairs, on="n", how="anti").join(
        links.new_doubles, on="n", how="left", maintain_order="left"
    )
    possible = links.possible.rename({"how": "doubt"})
    lone_old = lone_old.join(possible.rename({"n": "maybe"}), on="o", how="left", maintain_order="left")
    lone_new = lone_new.join(possible.rename({"o": "maybe"}), on="n", how="left", maintain_order="left")
    pairs = links.pairs.join(old, on="o", how="left", maintain_order="left").join(
        new, on="n", how="left", maintain_order="left"
    )
    rows = pl.concat([pairs, lone_old, lone_new], how="diagonal").rename({"first": "double"})
    return rows.sort("o", "n", nulls_last=True).with_row_index("c")


def _half(rows: pl.DataFrame, side: str) -> pl.DataFrame:
    return rows.select(side, *(pl.col(name).alias(f"{name}_{side}") for name in _KEPT))


def fates(
    everyone: pl.DataFrame,
    log: pl.DataFrame | None,
    placed: Placed,
    dates: tuple[SideDate, SideDate],
    until: date,
) -> pl.DataFrame:
    """Add `fate`, `by` (how it is known: state, log, remark, grade, double, or null), `step`, and `entry_e` (which entry says it).

    Args:
        everyone: `children`.
        log: Entries with their child (`entries.find_children`), those that may explain a change of this time; None without a log.
        placed: The two sides.
        dates: Their days.
        until: The last day on which first-year children are registered; those who come until then need no entry.
    """
    rows = _steps(everyone, placed.years)
    kinds: list[tuple[str, tuple[tuple[str, ...], str]]] = []
    for prefix, table in (("left", _LEFT_BY), ("arrived", _ARRIVED_BY), ("recruited", ((("recruit",), "created"),))):
        for place, each in enumerate(table):
            kinds.append((f"{prefix}{place}", each))
    for name, (wanted, _) in kinds:
        hits = pl.DataFrame(schema={"c": pl.UInt32, name: pl.UInt32})
        if log is not None:
            hits = (
                log.filter(pl.col("c").is_not_null() & pl.col("kind").is_in(list(wanted)))
                .unique("c", keep="last", maintain_order=True)
                .select(pl.col("c").cast(pl.UInt32), pl.col("e").alias(name))
            )
        rows = rows.join(hits, on="c", how="left", maintain_order="left")
    rows = _together(_doubts(rows), placed.years)
    # Graduation is entered by 31 July: an export of June or July may be without the last grades already.
    ending = placed.years + (1 if dates[1].day.month in _GRADUATION else 0)
    rows = _left(rows, ending)
    rows = _arrived(rows, placed.years, dates, until)
    fate = pl.coalesce("fate_together", "fate_left", "fate_arrived", pl.lit(OUTSIDE))
    by = pl.coalesce("by_left", "by_arrived")
    entry = pl.coalesce("entry_left", "entry_arrived")
    return rows.with_columns(fate=fate, by=by, entry_e=entry).drop(
        [name for name, _ in kinds], "fate_together", "fate_left", "fate_arrived", "by_left", "by_arrived", "entry_left",
        "entry_arrived",
    )  # fmt: skip


def _doubts(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep `maybe` only where neither of the two is explained otherwise and their grades are near; `suspect` keeps them all.

    One who left by the log is not the one who came; the two then stand apart.
    """
    old, new = pl.col("row_o").is_not_null(), pl.col("row_n").is_not_null()
    told = pl.any_horizontal(
        pl.col(name).is_not_null()
        for name in rows.columns
        if name.startswith(("left", "arrived")) and name[-1].isdigit()
    )
    facts = rows.with_columns(told=told | pl.col("double").is_not_null()).filter(pl.col("maybe").is_not_null())
    near = []
    for side, other, lone in (("o", "n", ~new), ("n", "o", ~old)):
        theirs = facts.filter(pl.col(f"row_{other}").is_not_null()).select(
            maybe=pl.col(other), grade=pl.col(f"next_grade_{other}"), their=pl.col("told")
        )
        mine = facts.filter(lone).select("c", "maybe", "told", own=pl.col(f"next_grade_{side}"))
        near.append(
            mine.join(theirs, on="maybe")
            .filter(
                ~pl.col("told")
                & ~pl.col("their")
                & ((pl.col("own") - pl.col("grade")).abs() <= 1).fill_null(value=True)
            )
            .select("c", kept="maybe")
        )
    rows = rows.rename({"maybe": "suspect"}).join(pl.concat(near), on="c", how="left", maintain_order="left")
    return rows.rename({"kept": "maybe"})


def _steps(rows: pl.DataFrame, years: int) -> pl.DataFrame:
    """Add `step`: promoted, same, retained, skipped, not_turned (the whole class), or null where a grade is not known."""
    step = pl.col("grade_n").cast(pl.Int16) - pl.col("grade_o").cast(pl.Int16)
    both = (pl.col("counted_o") & pl.col("counted_n")).fill_null(value=False)
    named = (
        pl.when(step == years)
        .then(pl.lit("promoted" if years else "same"))
        .when(step < years)
        .then(pl.lit("retained"))
        .when(step > years)
        .then(pl.lit("skipped"))
    )
    rows = rows.with_columns(step=pl.when(both).then(named))
    if not years:
        return rows
    cell = ["school_o", "key_o"]
    here = both & (pl.col("school_o") == pl.col("school_n")) & step.is_not_null()
    behind = here & (step == years - 1)
    whole = (behind.sum().over(cell) >= _NOT_TURNED_LEAST) & (
        behind.sum().over(cell) >= _NOT_TURNED_SHARE * here.sum().over(cell)
    )
    return rows.with_columns(step=pl.when(behind & whole).then(pl.lit("not_turned")).otherwise("step"))


def _together(rows: pl.DataFrame, years: int) -> pl.DataFrame:
    """Add the fate of those who are in the roll on both days.

    A class of which nobody is in the school any more went on to the next one, whatever grade the local schools end with (五四学制);
    that is no transfer of each of its children.
    """
    both = (pl.col("counted_o") & pl.col("counted_n")).fill_null(value=False)
    here = pl.col("school_o") == pl.col("school_n")
    same_class = pl.col("next_key_o").eq_missing(pl.col("next_key_n"))
    unsaid = pl.col("next_key_o").is_null() | pl.col("next_key_n").is_null()
    higher = (stage_of_grade(pl.col("grade_o")) != stage_of_grade(pl.col("grade_n"))).fill_null(value=False) & (
        pl.col("step") == "promoted"
    ).fill_null(value=False)
    cell = ["school_o", "key_o"]
    went_on = (
        (pl.col("step") == "promoted").fill_null(value=False)
        & (both.sum().over(cell) >= _NOT_TURNED_LEAST)
        & ((both & here).sum().over(cell) == 0)
    )
    fate = (
        pl.when(~here & (higher | (went_on & pl.lit(value=years > 0))))
        .then(pl.lit("progressed"))
        .when(~here)
        .then(pl.lit("moved_school"))
        .when(same_class)
        .then(pl.lit(STAYED))
        .when(pl.col("step").is_in(["retained", "skipped", "not_turned"]))
        .then("step")
        .when(higher)
        .then(pl.lit("progressed"))
        .when(unsaid)
        .then(pl.lit("class_unsaid"))
        .otherwise(pl.lit("moved_class"))
    )
    return rows.with_columns(fate_together=pl.when(both).then(fate))


def _first_of(prefix: str, table: tuple[tuple[tuple[str, ...], str], ...]) -> tuple[pl.Expr, pl.Expr]:
    """Return the fate that the first telling entry gives, and the entry."""
    fate = pl.coalesce(
        *(pl.when(pl.col(f"{prefix}{place}").is_not_null()).then(pl.lit(name)) for place, (_, name) in enumerate(table))
    )
    return fate, pl.coalesce(*(f"{prefix}{place}" for place in range(len(table))))


def leaves_stage(grade: pl.Expr, years: int) -> pl.Expr:
    """Return whether children of a grade pass the last grade of a stage in so many years."""
    passes = [(grade <= last) & (last < grade.cast(pl.Int16) + years) for last in LAST_GRADES]
    return pl.any_horizontal(passes).fill_null(value=False)


def _left(rows: pl.DataFrame, ending: int) -> pl.DataFrame:
    was = pl.col("counted_o").fill_null(value=False)
    gone = was & ~pl.col("counted_n").fill_null(value=False)
    alone = was & pl.col("row_n").is_null()
    by_log, entry = _first_of("left", _LEFT_BY)
    by_state = pl.col("status_n").replace_strict(_BY_STATE, default="other_left", return_dtype=pl.String)
    lone = (
        pl.when(by_log.is_not_null())
        .then(by_log)
        .when(pl.col("double").is_not_null())
        .then(pl.lit("double_closed"))
        .when(pl.col("maybe").is_not_null())
        .then(pl.lit("left_unsure"))
        .when(leaves_stage(pl.col("grade_o"), ending))
        .then(pl.lit("graduated"))
        .otherwise(pl.lit("left_unexplained"))
    )
    how = (
        pl.when(by_log.is_not_null())
        .then(pl.lit("log"))
        .when(pl.col("double").is_not_null())
        .then(pl.lit("double"))
        .when(lone == "graduated")
        .then(pl.lit("grade"))
    )
    # 休学 in a roll that does not count it, or another word that takes nobody out: the state says what it is.
    return rows.with_columns(
        fate_left=pl.when(alone).then(lone).when(gone).then(by_state),
        by_left=pl.when(alone).then(how).when(gone).then(pl.lit("state")),
        entry_left=pl.when(gone).then(entry),
    )


def _arrived(rows: pl.DataFrame, years: int, dates: tuple[SideDate, SideDate], until: date) -> pl.DataFrame:
    now = pl.col("counted_n").fill_null(value=False)
    fresh = now & ~pl.col("counted_o").fill_null(value=False)
    by_log, entry = _first_of("arrived", _ARRIVED_BY)
    recruited = pl.col("recruited0")
    registering = bool(years) or dates[0].day < until
    first = pl.col("grade_n").is_in(list(FIRST_GRADES)) | (pl.col("stage_n") == PRESCHOOL)
    entrant = (first & pl.lit(registering)).fill_null(value=False)
    remark = pl.concat_str("status_n", "source_n", "remark_n", separator=" ", ignore_nulls=True)
    came = remark.str.contains("转入", literal=True).fill_null(value=False)
    # 休学 takes a child off the roll where the user says so; then to be back is to be on it again.
    back = (pl.col("status_n") == "复学").fill_null(value=False) | (pl.col("status_o") == "休学").fill_null(value=False)
    alone = pl.col("row_o").is_null()
    fate = (
        pl.when(alone & pl.col("double").is_not_null())
        .then(pl.lit("double_opened"))
        .when(by_log.is_not_null())
        .then(by_log)
        .when(back)
        .then(pl.lit("returned"))
        .when(pl.col("maybe").is_not_null())
        .then(pl.lit("arrived_unsure"))
        .when(alone & entrant)
        .then(pl.lit("entrant"))
        .when(recruited.is_not_null())
        .then(pl.lit("created"))
        .when(came)
        .then(pl.lit("transferred_in"))
        .otherwise(pl.lit("arrived_unexplained"))
    )
    how = (
        pl.when(fate == "double_opened")
        .then(pl.lit("double"))
        .when(by_log.is_not_null() | ((fate == "created") & recruited.is_not_null()))
        .then(pl.lit("log"))
        .when(fate == "returned")
        .then(pl.lit("state"))
        .when(fate == "entrant")
        .then(pl.lit("grade"))
        .when(fate == "transferred_in")
        .then(pl.lit("remark"))
    )
    return rows.with_columns(
        fate_arrived=pl.when(fresh).then(fate),
        by_arrived=pl.when(fresh).then(how),
        entry_arrived=pl.when(fresh).then(pl.coalesce(entry, recruited)),
    )
