"""The inspector's entries: one row per school and item, held against the scoresheet they are for."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.reconciling.intake import file_text
from xueji_cli.reconciling.places import Naming, name_schools
from xueji_cli.reconciling.problems import Problem
from xueji_cli.reconciling.scoring import Entry
from xueji_cli.tables.table import ROW
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.reconciling.schools import Directory
    from xueji_cli.reconciling.scoresheet import Item, Scoresheet
    from xueji_cli.schema.roster import Roster

#: Fields of the entries schema that hold what was found; a row without any of them says nothing.
FILLED = ("score", "cases", "required", "reached", "choice")
_NUMBERS = ("score", "cases", "required", "reached")
_NUMBER = re.compile(r"^([0-9]+(?:\.[0-9]+)?)(?:分|例|件|人|元|万元|%)?$")

Entries = dict[tuple[str, str], Entry]


def read_entries(
    rosters: Sequence[Roster], directory: Directory, scoresheet: Scoresheet, first: int
) -> tuple[Entries, list[Problem], Naming]:
    """Read tables of entries.

    Args:
        rosters: Tables bound to the entries schema.
        directory: The schools.
        scoresheet: The sheet that the entries must be for.
        first: Number of the first table.

    Returns:
        (school, number of the item) → entry; what can't be used; and how the names of schools were understood.

    Raises:
        InputError: When a table is for another scoresheet.
    """
    entries: Entries = {}
    problems: list[Problem] = []
    frames = [_frame(roster, number) for number, roster in enumerate(rosters, first)]
    for roster, frame in zip(rosters, frames, strict=True):
        _refuse_other(roster, frame, scoresheet)
    filled = pl.any_horizontal(pl.col(*FILLED).is_not_null())
    named, naming = name_schools(pl.concat(frames).filter(filled), directory)
    # A loop over entries: some hundreds of schools by some twenty items.
    for row in named.filter(pl.col("school").is_not_null()).iter_rows(named=True):
        roster = rosters[row["table"] - first]

        def problem(key: str, at: str, roster: Roster = roster, row: dict[str, object] = row, **params: object) -> None:
            column = roster.columns.get(at)
            problems.append(
                Problem(
                    key,
                    fatal=True,
                    file=roster.table.source.path,
                    sheet=roster.table.source.sheet,
                    row=int(str(row[ROW])),
                    letter=column.letter if column else "",
                    params={"school": row["school"], "item": row["item"] or "", **params},
                )
            )

        item = _item_of(row["item"], scoresheet)
        if item is None:
            known = "、".join(each.no for each in scoresheet.items)
            problem("entry_unknown_item", "item", known=known)
            continue
        numbers: dict[str, Decimal | None] = {}
        for name in _NUMBERS:
            numbers[name], fits = _number(row[name])
            if not fits:
                problem("entry_no_number", name, column=roster.schema.by_name[name].title)
        cases = numbers["cases"]
        if cases is not None and cases != int(cases):
            problem("entry_no_number", "cases", column=roster.schema.by_name["cases"].title)
            continue
        if all(numbers[name] is None for name in _NUMBERS) and row["choice"] is None:
            continue
        entry = Entry(
            score=numbers["score"],
            cases=None if cases is None else int(cases),
            required=numbers["required"],
            reached=numbers["reached"],
            choice=row["choice"] or "",
            note=row["note"] or "",
            file=roster.table.source.path,
            row=row[ROW],
        )
        key = (row["school"], item.no)
        before = entries.setdefault(key, entry)
        if before is not entry and _said(before) != _said(entry):
            problem("entry_twice", "item", other=before.row)
    return entries, problems, naming


def _said(entry: Entry) -> tuple[object, ...]:
    return entry.score, entry.cases, entry.required, entry.reached, entry.choice


def _frame(roster: Roster, number: int) -> pl.DataFrame:
    frame = roster.frame

    def column(name: str) -> pl.Series:
        if name in frame.columns:
            return fold(frame.get_column(name)).alias(name)
        return pl.Series(name, [None] * frame.height, dtype=pl.String)

    return pl.DataFrame(
        [
            pl.Series("table", [number] * frame.height, dtype=pl.UInt32),
            frame.get_column(ROW),
            column("school_name").alias("school_text"),
            column("school_code"),
            pl.Series("file_text", [file_text(roster)] * frame.height, dtype=pl.String),
            column("scoresheet"),
            column("item"),
            *(column(name) for name in FILLED),
            column("note"),
        ]
    )


def _refuse_other(roster: Roster, frame: pl.DataFrame, scoresheet: Scoresheet) -> None:
    """Refuse entries that were made for another sheet: their numbers would be taken for other items."""
    named = frame.get_column("scoresheet").drop_nulls().unique().to_list()
    other = [name for name in named if name not in (scoresheet.name, scoresheet.title)]
    items = frame.get_column("item").drop_nulls().unique().to_list()
    if not other and items and not any(_item_of(item, scoresheet) for item in items):
        other = ["?"]
    if other:
        raise InputError(
            "entries_other_scoresheet",
            file=roster.table.source.path,
            found="、".join(sorted(other)),
            wanted=scoresheet.name,
        )


def _item_of(text: str | None, scoresheet: Scoresheet) -> Item | None:
    """Return the item that a cell means: by its number, however a spreadsheet shows it (5, 5.0), or by its section alone."""
    if text is None:
        return None
    bare = text.strip()
    found = scoresheet.item(bare) or (scoresheet.item(bare.removesuffix(".0")) if bare.endswith(".0") else None)
    if found is None:
        named = [item for item in scoresheet.items if bare in (item.section, item.words)]
        found = named[0] if len(named) == 1 else None
    return found


def _number(text: str | None) -> tuple[Decimal | None, bool]:
    """Return a number as entered, and whether the cell is one (or blank)."""
    if text is None:
        return None, True
    match = _NUMBER.match(text.replace(",", "").replace(" ", ""))
    if match is None:
        return None, False
    try:
        return Decimal(match[1]), True
    except InvalidOperation:
        return None, False
