"""The lists of a comparison as frames of people: what `reconciling.intake` reads of any list, and what only these lists have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling import intake
from xueji_cli.reconciling.linking import number
from xueji_cli.reconciling.places import PLACED, name_schools, place_classes
from xueji_cli.reconciling.schools import Directory, schools_of
from xueji_cli.retaining.reasons import ABSENT, reason_of, says
from xueji_cli.tables.table import ROW
from xueji_cli.values import han, names
from xueji_cli.values.text import fold, on_distinct

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from xueji_cli.reconciling.people import Statuses
    from xueji_cli.reconciling.places import Naming
    from xueji_cli.reconciling.problems import Problem
    from xueji_cli.schema.roster import Roster

#: Fields that only these lists have, folded.
EXTRA = ("town", "village", "head", "head_relation", "away", "reason", "focus_group", "disability", "hukou_place")
#: Of a ledger that people filled in.
FILLED = ("ledger_key", "result", "since", "measures", "visits", "visitor", "visitor_phone", "visited_on", "outcome")

#: Columns of a list of people here: those of reconciling, the extras, the child's number, what the name is compared by,
#: and the reason that the row itself gives.
LIST = {
    **intake.PEOPLE_SCHEMA,
    **PLACED,
    **dict.fromkeys(EXTRA, pl.String),
    "number": pl.String,
    "plain_name": pl.String,
    "said": pl.String,
    "not_there": pl.Boolean,
}

_YES = r"^(?:是|有|在外|外出|√|1|[yY](?:es)?)"


def with_head(roster: Roster) -> Roster:
    """Let the head of a household stand for the guardian where a list names none."""
    if "member1_name" in roster.frame.columns or "head" not in roster.frame.columns:
        return roster
    return replace(roster, rows=roster.frame.with_columns(member1_name=pl.col("head")))


def read_list(rosters: Sequence[Roster], first: int, as_of: date) -> tuple[pl.DataFrame, list[Problem]]:
    """Return the people of a list (`LIST`, schools not yet named) in the order of the files, and what was left out.

    Args:
        rosters: Bound tables.
        first: Number of the first of them.
        as_of: The day of the comparison.
    """
    if not rosters:
        return pl.DataFrame(schema=LIST), []
    frame, problems = intake.people(rosters, first, as_of)
    own = []
    for place, roster in enumerate(rosters, first):
        present = [name for name in EXTRA if name in roster.frame.columns]
        if present:
            own.append(roster.frame.select(pl.lit(place, pl.UInt32).alias("table"), ROW, *present))
    if own:
        extras = pl.concat(own, how="diagonal")
        extras = extras.with_columns(fold(extras.get_column(n)).alias(n) for n in EXTRA if n in extras.columns)
        frame = frame.join(extras, on=["table", ROW], how="left", maintain_order="left")
    frame = frame.with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in LIST.items() if name not in frame.columns
    )
    # A number that a spreadsheet has destroyed fits its check digit now and then; as a sound one it would speak against its own child.
    destroyed = pl.col("id_number").str.contains(r"^[0-9]{15}000$").fill_null(value=False)
    frame = frame.with_columns(id_valid=pl.col("id_valid") & ~destroyed)
    frame = frame.with_columns(number=number(frame), plain_name=on_distinct(frame.get_column("name"), _plain))
    # Not the source: 借读 there says where a roll comes from, and excuses nobody who is not in class.
    said = pl.concat_str("status", "remark", "reason", "away", separator=" ", ignore_nulls=True)
    frame = frame.with_columns(_said=said).with_columns(
        said=pl.coalesce(
            reason_of(pl.col("_said")), pl.when(pl.col("away").str.contains(_YES)).then(pl.lit("elsewhere"))
        ),
        not_there=says(pl.col("_said"), ABSENT),
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in LIST.items()), problems


def _plain(raw: pl.Series) -> pl.Series:
    """Return names as they are compared: simplified, without dots, blanks and remarks in brackets."""
    read = han.simplified(names.read(raw)[0])
    return (
        read.to_frame("n")
        .select(pl.col("n").str.replace_all(r"[(（\[【].*?[)）\]】]", "").str.replace_all(r"[·.\s]", ""))
        .to_series()
    )


def place_schools(
    roll: pl.DataFrame, present: pl.DataFrame, year: int
) -> tuple[Directory, pl.DataFrame, pl.DataFrame, list[Naming]]:
    """Give the rolls and those present one name for each school and class.

    A school of the class lists that no roll names keeps the name it is written with: its children are compared all the same.

    Args:
        roll: Rows of rolls.
        present: Rows of class lists.
        year: The year in which the school year began.
    """
    named = roll.select("school_text", "school_code")
    if named.get_column("school_text").null_count() == named.height:
        named = roll.select(school_text="file_text", school_code=pl.lit(None, dtype=pl.String))
    directory = Directory(schools_of(named)[0], complete=False)
    told: list[Naming] = []
    placed = []
    for rows in (roll, present):
        bare = rows.drop(list(PLACED))
        found, naming = name_schools(bare, directory)
        if rows.height:
            told.append(naming)
        found = found.with_columns(school=pl.coalesce("school", "school_text", "school_code", "file_text"))
        placed.append(place_classes(found, directory, year).select(list(LIST)))
    return directory, placed[0], placed[1], told


def one_each(rows: pl.DataFrame, first: pl.Expr | None = None) -> pl.DataFrame:
    """Return every child of a list once, with `copies`, how many further rows it has, and `namesakes`.

    `namesakes` counts the children of the list with its name and birth date, itself among them.

    Rows are one child when number and name are the same; who has no sound number stands alone here.

    Args:
        rows: `LIST`.
        first: Rows for which it is greatest stand for the child; others by what they say.
    """
    alone = pl.col("number").is_null() | pl.col("plain_name").is_null()
    keyed = rows.with_columns(
        _who=pl.when(alone)
        .then(pl.format("#{}-{}", "table", "row"))
        .otherwise(pl.format("{}{}", "number", "plain_name")),
        _rank=pl.lit(0) if first is None else first.cast(pl.Int64),
        _content=pl.struct("school", "grade", "key", "school_text", "status", "town", "village", "remark").hash(seed=1),
    )
    ordered = keyed.sort("_rank", "_content", "table", "row", descending=[True, False, False, False])
    counted = ordered.with_columns(copies=pl.len().over("_who") - 1)
    return (
        counted.unique("_who", keep="first", maintain_order=True)
        .sort("table", "row")
        .drop("_who", "_rank", "_content")
        .with_columns(namesakes=pl.len().over("plain_name", "born"))
    )


def standing(rows: pl.DataFrame, statuses: Statuses) -> pl.DataFrame:
    """Add `counted` (in the roll) and `expected` (to be in a classroom), from the state of each row."""
    from xueji_cli.reconciling.people import in_roll

    return in_roll(rows, statuses).drop("excused")
