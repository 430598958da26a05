"""What stands in the place of a school, class or state and is somebody's: hidden in reports that name their parts by these columns.

A row that slipped by a column has a name, a number or an address where its school or class should be, and a comparison then counts a
school of that name. Reports are made of the result, so it is hidden there, everywhere at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from xueji_cli.reports.masking import mask, mask_name
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xueji_cli.schema.roster import Roster

_T = TypeVar("_T")

#: Fields whose cells become names of parts of a report, or words in its sentences.
_NAMING = ("school_name", "school_code", "grade", "class_name", "status")
#: What stands in so many rows is no one child's, however odd it looks.
_MANY = 10
#: What stands between the names that a problem lists.
_LISTING = "、"
#: Columns of persons that the views mask themselves, and compare before they do.
_THEIR_OWN = ("name", "id_number", "roll_number", "born", "birth_date", "system", "actual")


def hide(result: _T, rosters: Sequence[Roster], listed: Iterable[Roster] = ()) -> _T:
    """Return a result with what is masked in place of what should be.

    Args:
        result: A frozen dataclass of frames and values.
        rosters: The tables it was made of.
        listed: Those of them that the user gave as the list of schools: what they say is the name of one.
    """
    hidden = _hidden(rosters, {name for roster in listed for name in _texts(roster, "school_name")})
    return _walk(result, hidden) if hidden else result


def _texts(roster: Roster, name: str) -> list[str]:
    return fold(roster.frame.get_column(name)).drop_nulls().unique().to_list() if name in roster.columns else []


def _hidden(rosters: Sequence[Roster], known: set[str]) -> dict[str, str]:
    """Return text → what is shown in its place, told apart where two look alike."""
    hidden: dict[str, str] = {}
    for name in _NAMING:
        cells = [roster.frame.get_column(name) for roster in rosters if name in roster.columns]
        if not cells:
            continue
        roster = next(roster for roster in rosters if name in roster.columns)
        field = roster.schema.by_name[name]
        kind = mask_name(field, roster.schema.code_tables.get(field.code or ""))
        counted = pl.concat(cells).drop_nulls().value_counts().filter(pl.col("count") < _MANY)
        raw = counted.get_column(name).sort()
        for texts in (raw, fold(raw)):
            shown = texts.to_frame("v").with_columns(mask(pl.col("v"), kind).alias("m"))
            hidden |= dict(shown.filter(pl.col("v") != pl.col("m")).iter_rows())
    taken: dict[str, int] = {}
    for text in [text for text in hidden if text not in known]:
        taken[hidden[text]] = taken.get(hidden[text], 0) + 1
        if taken[hidden[text]] > 1:
            hidden[text] = f"{hidden[text]} ({taken[hidden[text]]})"
    return {text: shown for text, shown in hidden.items() if text not in known}


def _walk(value: Any, hidden: Mapping[str, str]) -> Any:
    """Return a value with every text that is hidden replaced, in frames and in whatever holds others."""
    if type(value) is str:
        return hidden.get(value) or _LISTING.join(hidden.get(each, each) for each in value.split(_LISTING))
    if isinstance(value, pl.DataFrame):
        texts = [n for n, kind in value.schema.items() if kind == pl.String and not n.startswith(_THEIR_OWN)]
        return value.with_columns(pl.col(texts).replace(hidden)) if texts else value
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            each.name: new
            for each in fields(value)
            if each.init and (new := _walk(old := getattr(value, each.name), hidden)) is not old
        }
        return replace(value, **changed) if changed else value
    if isinstance(value, tuple | list):
        new = [_walk(each, hidden) for each in value]
        if all(one is other for one, other in zip(new, value, strict=True)):
            return value
        return type(value)(*new) if hasattr(value, "_fields") else type(value)(new)
    if isinstance(value, Mapping):
        return {_walk(key, hidden): _walk(each, hidden) for key, each in value.items()}
    return value
