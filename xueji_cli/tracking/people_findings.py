"""Findings that the two exports give by themselves, with or without a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.tracking.fates import leaves_stage
from xueji_cli.tracking.placing import COMPULSORY, LAST_GRADES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xueji_cli.tracking.case import Case

    Finder = Callable[[Case, Mapping[str, str]], pl.DataFrame]

_SUSPENDED = "休学"
#: Fates that a log should say something about, and the word for them.
_WITH_ENTRY = (
    "moved_school", "transferred_out", "died", "abroad", "withdrawn", "deleted", "double_closed", "suspended_away", "other_left",
    "transferred_in", "returned",
)  # fmt: skip
#: What a change of state is called, and the kinds of entries that say so.
_SUSPEND, _RESUME = ("suspend", "extend"), ("resume", "restore")
_TRANSFER = ("transfer", "transfer_in", "transfer_out")


def _compulsory(grade: pl.Expr) -> pl.Expr:
    """Return whether a grade lies in compulsory schooling; one that can't be read counts as such."""
    return (grade <= COMPULSORY).fill_null(value=True)


def _with_entry(case: Case, kinds: tuple[str, ...]) -> pl.Series:
    if case.log is None:
        return pl.Series([], dtype=pl.UInt32)
    return case.log.filter(pl.col("kind").is_in(list(kinds)) & pl.col("c").is_not_null())["c"].unique()


def _listed(case: Case) -> pl.Expr:
    """Return whether both exports have the child's school: else nobody can say who is gone or new."""
    return ~pl.col("c").is_in(case.unlisted.implode())


def _vanished(*, compulsory: bool) -> Finder:
    def finder(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
        within = _compulsory(pl.col("grade_o"))
        # Where the log says 辍学 somebody has looked already: that the roll is gone is a finding of its own.
        dropped = pl.col("c").is_in(_with_entry(case, ("drop",)).implode())
        return case.children.filter(
            (pl.col("fate") == "left_unexplained") & (within if compulsory else ~within) & ~dropped & _listed(case)
        ).select("c", p1="class_label_o", p2="status_o")

    return finder


def _appeared(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    return case.children.filter((pl.col("fate") == "arrived_unexplained") & _listed(case)).select(
        "c", p1="class_label_n"
    )


def _not_enrolled(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Children who finished primary school and are in no junior school, where others have gone on to one already."""
    went_on = (pl.col("fate") == "progressed") & (pl.col("grade_n") == LAST_GRADES[0] + 1)
    if case.children.filter(went_on).is_empty():
        return case.children.select("c").clear()
    return case.children.filter(
        (pl.col("fate") == "graduated") & (pl.col("grade_o") <= LAST_GRADES[0]) & pl.col("row_n").is_null()
    ).select("c", p1="class_label_o")


def _perhaps_same(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    places = case.children.filter(pl.col("row_n").is_not_null()).select(
        maybe="n", other_table="table_n", other_row="row_n", other_school="school_n", other_label="class_label_n"
    )
    lone = case.children.filter((pl.col("fate") == "left_unsure") & (pl.col("doubt") != "stranger"))
    return lone.join(places, on="maybe", how="left", maintain_order="left").select(
        "c", "other_table", "other_row", p1="other_school", p2="other_label"
    )


def _strangers(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    places = case.children.filter(pl.col("row_n").is_not_null()).select(
        suspect="n", other_table="table_n", other_row="row_n", other_school="school_n", other_label="class_label_n"
    )
    lone = case.children.filter(pl.col("row_o").is_not_null() & (pl.col("doubt") == "stranger"))
    return lone.join(places, on="suspect", how="left", maintain_order="left").select(
        "c", "other_table", "other_row", p1="other_school", p2="other_label"
    )


def _two_rolls(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    found = []
    for side, doubles, rows in (
        ("o", case.links.old_doubles, case.placed.old),
        ("n", case.links.new_doubles, case.placed.new),
    ):
        first = rows.select(pl.col(side).alias("first"), other_table="table", other_row="row", other_school="school")
        child = case.children.filter(pl.col(f"row_{side}").is_not_null()).select("c", side)
        found.append(
            doubles.join(child, on=side)
            .join(first, on="first")
            .select("c", "other_table", "other_row", p1=pl.lit(f"@side.{side}"), p2="other_school")
        )
    return pl.concat(found)


def _withdrawn(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """退学 or 开除 in the compulsory stage; not from the age at which one who has finished nine years may leave."""
    born = pl.coalesce("born_n", "born_o")
    age = (case.new.year * 10_000 + case.new.month * 100 + case.new.day - born) // 10_000
    of_age = (age >= int(params["age"])) & (pl.col("grade_o") >= COMPULSORY)
    state = pl.col("status_n").is_in(["退学", "开除"])
    by_log = pl.col("c").is_in(_with_entry(case, ("withdraw", "expel")).implode())
    grade = pl.coalesce("grade_o", "grade_n")
    return case.children.filter(
        (
            (pl.col("fate") == "withdrawn")
            | (state & ~pl.col("status_o").is_in(["退学", "开除"]).fill_null(value=False))
            | by_log
        )
        & _compulsory(grade)
        & ~of_age.fill_null(value=False)
    ).select("c", p1=pl.coalesce("status_n", pl.lit("@kind.withdraw")))


def _too_early(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    years = case.placed.years
    ends = leaves_stage(pl.col("grade_o"), years) | pl.col("grade_o").is_in(list(LAST_GRADES)).fill_null(value=True)
    return case.children.filter((pl.col("fate") == "graduated") & (pl.col("by") != "grade") & ~ends).select(
        "c", p1="class_label_o"
    )


def _without_entry(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Changes that a log should have and has not: moves between schools, departures and arrivals, 休学 and 复学."""
    rows = case.children
    moved = rows.filter((pl.col("fate") == "moved_school") & ~pl.col("c").is_in(_with_entry(case, _TRANSFER).implode()))
    apart = rows.filter(
        pl.col("fate").is_in([fate for fate in _WITH_ENTRY if fate != "moved_school"])
        & (pl.col("by") != "log")
        & (pl.col("by") != "double")
        & pl.col("entry_e").is_null()
    )
    was, now = (pl.col(f"status_{side}") == _SUSPENDED for side in ("o", "n"))
    both = rows.filter(pl.col("counted_o") & pl.col("counted_n"))
    suspended = both.filter(
        (now & ~was.fill_null(value=False)) & ~pl.col("c").is_in(_with_entry(case, _SUSPEND).implode())
    )
    resumed = both.filter(
        (was & ~now.fill_null(value=False)) & ~pl.col("c").is_in(_with_entry(case, _RESUME).implode())
    )
    return pl.concat(
        [
            moved.select("c", p1=pl.lit("@fate.moved_school")),
            apart.select("c", p1=pl.format("@fate.{}", "fate")),
            suspended.select("c", p1=pl.lit("@kind.suspend")),
            resumed.select("c", p1=pl.lit("@kind.resume")),
        ]
    )


def _retained(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Children in a lower grade than their class. Who was away (休学) may come back a grade lower: that is local."""
    was_away = (pl.col("status_o") == _SUSPENDED).fill_null(value=False) | pl.col("status_n").is_in(
        [_SUSPENDED, "复学"]
    ).fill_null(value=False)
    back = pl.col("c").is_in(_with_entry(case, _RESUME).implode())
    return case.children.filter(
        (pl.col("step") == "retained") & (pl.col("grade_n") <= COMPULSORY) & ~was_away & ~back
    ).select("c", p1="class_label_o", p2="class_label_n")


def _skipped(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    return case.children.filter(
        (pl.col("step") == "skipped") & ~pl.col("c").is_in(_with_entry(case, ("skip",)).implode())
    ).select("c", p1="class_label_o", p2="class_label_n")


def _not_turned(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    found = case.children.filter(pl.col("step") == "not_turned")
    return found.group_by("school_n", "key_n", maintain_order=True).agg(
        pl.col("c").first(), school=pl.col("school_n").first(), grade=pl.col("grade_n").first(),
        class_label=pl.col("class_label_n").first(), p1=pl.col("class_label_n").first(), p2=pl.len().cast(pl.String),
    ).drop("school_n", "key_n")  # fmt: skip


def _terms(case: Case) -> pl.DataFrame:
    """Return the suspensions that the log knows: `c`, `first` day, `due`, the day on which the last of them ends, `said`."""
    schema = {"c": pl.UInt32, "first": pl.Date, "due": pl.Date, "said": pl.Boolean}
    if case.log is None:
        return pl.DataFrame(schema=schema)
    began = pl.coalesce("suspended_from", "on")
    return (
        case.log.filter(pl.col("kind").is_in(list(_SUSPEND)) & pl.col("c").is_not_null() & began.is_not_null())
        .with_columns(began=began, ends=pl.coalesce("suspended_until", began.dt.offset_by("12mo")))
        .group_by("c")
        .agg(first=pl.col("began").min(), due=pl.col("ends").max(), said=pl.col("suspended_until").is_not_null().any())
        .select(pl.col(name).cast(kind) for name, kind in schema.items())
    )


def _still_away(case: Case, limit: int) -> tuple[pl.DataFrame, pl.Expr]:
    """Return who is 休学 on the second day with what is known of since when, and whether that is longer than a limit."""
    away = case.children.filter((pl.col("status_n") == _SUSPENDED) & pl.col("counted_n").fill_null(value=False))
    away = away.join(_terms(case), on="c", how="left", maintain_order="left")
    # Without an entry, the first export is the first day that is known.
    since = pl.coalesce("first", pl.when(pl.col("status_o") == _SUSPENDED).then(pl.lit(case.old)))
    away = away.with_columns(since=since)
    return away, (pl.col("since").dt.offset_by(f"{limit}mo") < case.new).fill_null(value=False)


def _overdue(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    away, _ = _still_away(case, int(params["months"]))
    due = pl.coalesce("due", pl.col("since").dt.offset_by(f"{int(params['months'])}mo"))
    over = (due < case.new).fill_null(value=False)
    # Two years are a finding of their own.
    too_long = (pl.col("since").dt.offset_by("24mo") < case.new).fill_null(value=False)
    return away.filter(over & ~too_long).select(
        "c", p1=pl.col("since").dt.strftime("%Y-%m-%d"), p2=due.dt.strftime("%Y-%m-%d")
    )


def _two_years(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    away, long = _still_away(case, int(params["months"]))
    return away.filter(long).select("c", p1=pl.col("since").dt.strftime("%Y-%m-%d"))


def _away_and_moved(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    if params["transfer"] == "allowed":
        return case.children.select("c").clear()
    was = (pl.col("status_o") == _SUSPENDED).fill_null(value=False)
    return case.children.filter(was & pl.col("fate").is_in(["moved_school", "transferred_out"])).select(
        "c", p1="school_o", p2="school_n"
    )


def _grades(params: Mapping[str, str]) -> list[int]:
    return [int(grade) for grade in params["grades"].split(",")]


def _graduating_moved(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Transfers of children who were in a graduating grade and had not finished it."""
    there = pl.col("grade_o").is_in(_grades(params)) & (case.placed.years == 0)
    arrived = pl.col("row_o").is_null() & pl.col("grade_n").is_in(_grades(params))
    return case.children.filter(
        (there & pl.col("fate").is_in(["moved_school", "transferred_out"]))
        | (arrived & (pl.col("fate") == "transferred_in"))
    ).select("c", p1=pl.coalesce("class_label_o", "class_label_n"))


def _graduating_away(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    was = (pl.col("status_o") == _SUSPENDED).fill_null(value=False)
    return case.children.filter(
        (pl.col("status_n") == _SUSPENDED) & ~was & pl.col("counted_n") & pl.col("grade_n").is_in(_grades(params))
    ).select("c", p1="class_label_n")


def _other_grade(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Transfers that changed the grade: by the two exports, or by what the log says of before and after."""
    found = [
        case.children.filter((pl.col("fate") == "moved_school") & pl.col("step").is_in(["retained", "skipped"])).select(
            "c", e=pl.lit(None, dtype=pl.UInt32), p1="class_label_o", p2="class_label_n"
        )
    ]
    if case.log is not None:
        said = case.log.filter(
            pl.col("kind").is_in(list(_TRANSFER))
            & pl.col("current")
            & (pl.col("from_grade") != pl.col("to_grade")).fill_null(value=False)
        ).select(
            pl.col("c").cast(pl.UInt32),
            pl.col("e").cast(pl.UInt32),
            p1=pl.format("@grade.{}", "from_grade"),
            p2=pl.format("@grade.{}", "to_grade"),
        )
        found.append(said.join(found[0].select("c"), on="c", how="anti"))
    return pl.concat(found)


FINDERS: Mapping[str, Finder] = {
    "MV01": _vanished(compulsory=True),
    "MV02": _vanished(compulsory=False),
    "MV03": _appeared,
    "MV04": _not_enrolled,
    "MV05": _perhaps_same,
    "MV06": _strangers,
    "MV07": _two_rolls,
    "MV08": _withdrawn,
    "MV09": _too_early,
    "MV10": _without_entry,
    "MV11": _retained,
    "MV12": _skipped,
    "MV13": _not_turned,
    "MV15": _overdue,
    "MV16": _two_years,
    "MV17": _away_and_moved,
    "MV18": _graduating_moved,
    "MV19": _graduating_away,
    "MV20": _other_grade,
}
