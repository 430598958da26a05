"""The log of movements (异动台账), in whatever tables it is kept: an entry a row, dates as dates, kinds as keys."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling.problems import Problem
from xueji_cli.schema.codetables import load_code_table
from xueji_cli.tables.table import ROW
from xueji_cli.values import classes, codes, dates, idnumber, names
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.reconciling.schools import Directory
    from xueji_cli.schema.model import CodeTable
    from xueji_cli.schema.roster import Roster

#: The parties of a transfer in the order in which it goes from one to the next (2013 Art. 14), by their column of days.
PARTIES = ("in_school", "in_bureau", "out_school", "out_bureau")
_DATES = ("date", "applied", *PARTIES, "archive", "suspended_from", "suspended_until", "died", "cancelled", "approved")
_TEXTS = ("reason", "approval", "note", "field", "old_value", "new_value")
_SCHOOLS = ("school_name", "from_school", "to_school")

#: An entry of the log. `kind` is a code of the table `movement`, null where none can be read. Days are null where the log says
#: none; `unread` names the columns whose days can't be read. `on` is the day that the entry is about: its own, else the last that
#: it says anything happened.
ENTRY_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "e": pl.UInt32,
    "table": pl.UInt32,
    "row": pl.UInt32,
    "kind": pl.String,
    "kind_text": pl.String,
    "name": pl.String,
    "sex": pl.String,
    "born": pl.Int32,
    "id_number": pl.String,
    "roll_number": pl.String,
    **dict.fromkeys(_SCHOOLS, pl.String),
    "grade": pl.Int16,
    "from_grade": pl.Int16,
    "to_grade": pl.Int16,
    **dict.fromkeys(_DATES, pl.Date),
    **dict.fromkeys(_TEXTS, pl.String),
    "unread": pl.List(pl.String),
    "on": pl.Date,
}

_LONGEST_KIND = 12
#: Approvals that are none.
_REFUSED = r"不同意|不通过|未通过|驳回|退回|待审|未审|待批|审核中|办理中"


def read_log(
    rosters: Sequence[Roster], first: int, directory: Directory, school_year: int
) -> tuple[pl.DataFrame, list[Problem]]:
    """Return the entries of a log (`ENTRY_SCHEMA`), and what can't be read in it.

    Args:
        rosters: Tables bound to the form `movement`.
        first: Number of the first of them; `table` counts from it.
        directory: The schools, so that a school has one name here too.
        school_year: Turns 2021级 into a grade.
    """
    frames: list[pl.DataFrame] = []
    problems: list[Problem] = []
    table = load_code_table("movement")
    for number, roster in enumerate(rosters, first):
        rows = _rows(roster, number, table, school_year)
        nobody = pl.all_horizontal(pl.col("name", "id_number", "roll_number").is_null())
        left_out = rows.filter(nobody)
        if left_out.height:
            problems.append(_problem("nobody", roster, left_out[ROW][0], value=left_out.height))
        rows = rows.filter(~nobody)
        odd = rows.filter(pl.col("kind").is_null() & pl.col("kind_text").is_not_null())
        # A loop over kinds that no table knows: a handful.
        for text, row, count in (
            odd.group_by("kind_text", maintain_order=True).agg(pl.col(ROW).first(), pl.len()).iter_rows()
        ):
            # A cell of another column may have slipped in here: long texts and numbers are not retold.
            named = text if len(text) <= _LONGEST_KIND and not re.search(r"[0-9]{4}", text) else f"{text[:1]}…"
            problems.append(_problem("kind_unknown", roster, row, named=named, value=count))
        if rows.height and rows["kind_text"].null_count():
            blank = rows.filter(pl.col("kind_text").is_null())
            problems.append(_problem("kind_missing", roster, blank[ROW][0], value=blank.height))
        frames.append(rows)
    if not frames:
        return pl.DataFrame(schema=ENTRY_SCHEMA), problems
    log = pl.concat(frames).with_row_index("e")
    log = log.with_columns(*(_school(log.get_column(name), directory) for name in _SCHOOLS))
    # The last day on which anything happened; 应复学 is a day to come, not one on which something was done.
    done = [name for name in _DATES if name not in ("suspended_until", "date", "archive")]
    on = pl.coalesce("date", pl.max_horizontal(*done))
    return log.with_columns(on=on).select(pl.col(name).cast(kind) for name, kind in ENTRY_SCHEMA.items()), problems


def _problem(key: str, roster: Roster, row: int, **params: object) -> Problem:
    source = roster.table.source
    return Problem(key, fatal=key != "nobody", file=source.path, sheet=source.sheet, row=row, params=params)


def _rows(roster: Roster, number: int, table: CodeTable, school_year: int) -> pl.DataFrame:
    frame = roster.frame

    def column(name: str) -> pl.Series:
        if name in frame.columns:
            return fold(frame.get_column(name)).alias(name)
        return pl.Series(name, [None] * frame.height, dtype=pl.String)

    text, kind = _kinds(roster, column("kind"), table)
    days = {name: column(name) for name in _DATES}
    parsed = {name: dates.parse_dates(cells).struct for name, cells in days.items()}
    # A month is no day to count ten working days from.
    read = {
        name: each.field("date").set(each.field("precision") != "day", None) if name != "date" else each.field("date")
        for name, each in parsed.items()
    }
    unread = pl.DataFrame([(days[name].is_not_null() & read[name].is_null()).alias(name) for name in _DATES]).select(
        pl.concat_list(
            pl.when(name).then(pl.lit(name)).otherwise(pl.lit(None, dtype=pl.String)) for name in _DATES
        ).list.drop_nulls()
    )
    born = dates.parse_dates(column("birth_date")).struct
    sexes = load_code_table("sex")
    grades = {
        name: classes.parse_grades(column(name), school_year).get_column("grade")
        for name in ("grade", "from_grade", "to_grade")
    }
    of_class = classes.parse_classes(column("class_name"), column("grade"), school_year).get_column("grade")
    return pl.DataFrame(
        {
            "table": pl.Series([number] * frame.height, dtype=pl.UInt32),
            ROW: frame.get_column(ROW),
            "kind": kind,
            "kind_text": text,
            "name": names.read(column("name"))[0],
            "sex": codes.read(column("sex"), sexes)[1],
            "born": born.field("ymd").set(born.field("precision") != "day", None),
            "id_number": idnumber.read(column("id_number"))[0],
            "roll_number": idnumber.read(column("roll_number"))[0],
            **{name: column(name) for name in _SCHOOLS},
            **grades,
            **read,
            **{name: column(name) for name in _TEXTS},
            "unread": unread.to_series(),
        }
    ).with_columns(grade=pl.coalesce("grade", of_class))


def _kinds(roster: Roster, cells: pl.Series, table: CodeTable) -> tuple[pl.Series, pl.Series]:
    """Return what the log calls each entry's kind, and its key.

    Where a table has no column for it, the name of the sheet or file says it: 转入学生登记表, 休学台账.
    """
    keys = {entry.label: entry.code for entry in table.entries}
    if cells.null_count() == len(cells):
        source = roster.table.source
        said = next(
            (
                word
                for word in (source.sheet or "", PurePath(source.path.replace("\\", "/")).stem)
                if _kind_in(word, table) is not None
            ),
            None,
        )
        cells = pl.Series([said] * len(cells), dtype=pl.String)
    text, label, *_ = codes.read(cells, table)
    kind = label.replace_strict(keys, default=None, return_dtype=pl.String)
    # 省内转学（转出）, 转出-县外: the one kind whose words stand in it.
    odd = text.filter(kind.is_null() & text.is_not_null()).unique().to_list()
    meant = {each: found for each in odd if (found := _kind_in(each, table)) is not None}
    return text, kind.fill_null(text.replace_strict(meant, default=None, return_dtype=pl.String))


def _kind_in(text: str, table: CodeTable) -> str | None:
    """Return the key of the one kind whose words stand in a text; None where there is none, or there are two."""
    words = {
        word: entry.code for entry in table.entries if entry.code != "other" for word in (entry.label, *entry.aliases)
    }
    rest = text
    found: dict[str, None] = {}
    # The longest first, so that 转入 in 县外转入 and 学籍 in 注销学籍 are read once.
    for word in sorted(words, key=len, reverse=True):
        if word in rest:
            found[words[word]] = None
            rest = rest.replace(word, "\x00")
    kinds = set(found)
    # 转学(转出): the direction says more.
    if len(kinds) > 1 and "transfer" in kinds and kinds & {"transfer_in", "transfer_out"}:
        kinds.discard("transfer")
    return kinds.pop() if len(kinds) == 1 else None


def _school(cells: pl.Series, directory: Directory) -> pl.Series:
    """Return schools under the name that the exports have for them; others as written."""
    distinct = cells.drop_nulls().unique().to_list()
    # A loop over distinct names of schools.
    known = {text: found[0] for text in distinct if (found := directory.resolve(text)) is not None}
    return cells.replace(known)


def approved() -> pl.Expr:
    """Return whether an entry says that it was approved: a day, or words that are no refusal."""
    said = pl.col("approval")
    return pl.col("approved").is_not_null() | (said.is_not_null() & ~said.str.contains(_REFUSED)).fill_null(value=False)
