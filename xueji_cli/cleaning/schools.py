"""Short names of schools, put right by a list that the user gives: 实小 means one school here and another one there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.cleaning.change import CHANGE_SCHEMA, Kind
from xueji_cli.errors import DefinitionError, InputError, Mistake, UserError
from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.table import ROW
from xueji_cli.values import text

if TYPE_CHECKING:
    from xueji_cli.cleaning.engine import Wishes
    from xueji_cli.tables.secret import Keyring

#: The rule that short names break: one code, two names.
RULE = "CL01"


#: Headers of the list: the short name, and the one it stands for.
_SHORT, _WHOLE = ("简称", "学校简称", "short"), ("全称", "学校全称", "学校名称", "学校", "name")


class _Words:
    """Knows the headers of such a list."""

    def knows(self, header: str) -> bool:
        return header.strip() in (*_SHORT, *_WHOLE)


def read_names(path: str, keys: Keyring | None = None) -> dict[str, str]:
    """Read a list of short names: a table with the columns 简称 and 全称.

    Args:
        path: The file.
        keys: Knows the passwords of files.

    Raises:
        InputError: When it can't be read or has no such columns.
        DefinitionError: With every row that lacks one of the two, or gives a short name another meaning.
    """
    table = read_tables(path, ReadOptions(keys=keys), _Words())[0]
    columns = {column.header.strip(): column.key for column in table.columns}
    short = next((columns[name] for name in _SHORT if name in columns), None)
    whole = next((columns[name] for name in _WHOLE if name in columns), None)
    if short is None or whole is None:
        raise InputError("clean_school_columns", file=path)
    letters = {column.key: column.letter for column in table.columns}
    pairs = table.frame.select(ROW, short=text.fold(table.frame[short]), whole=text.fold(table.frame[whole]))
    meanings: dict[str, tuple[int, str]] = {}
    mistakes: list[Mistake] = []
    sheet = table.source.sheet or ""
    # A loop over rows: a list of the schools of a county.
    for row, name, meaning in pairs.iter_rows():
        if name is None and meaning is None:
            continue
        if name is None or meaning is None:
            lacks = short if name is None else whole
            mistakes.append(Mistake(row, UserError("clean_school_incomplete"), letter=letters[lacks], sheet=sheet))
        elif meanings.setdefault(name, (row, meaning))[1] != meaning:
            error = UserError("clean_school_twice", name=name, first=f"{letters[whole]}{meanings[name][0]}")
            mistakes.append(Mistake(row, error, letter=letters[whole], sheet=sheet))
    if mistakes:
        raise DefinitionError(path, mistakes)
    return {name: meaning for name, (_, meaning) in meanings.items()}


def rename(rows: pl.DataFrame, wishes: Wishes) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows with the names of the list, and the changes (`i` in place of table and row)."""
    nothing = pl.DataFrame(schema={"i": pl.UInt32, **CHANGE_SCHEMA})
    if not wishes.schools or "school_name" not in rows.columns or RULE not in wishes.rules:
        return rows, nothing
    written = rows.get_column("school_name")
    named = written.replace(dict(wishes.schools))
    positions = named.ne_missing(written).arg_true()
    if not len(positions):
        return rows, nothing
    changes = pl.DataFrame(
        {"i": positions.cast(pl.UInt32), "before": written.gather(positions), "after": named.gather(positions)}
    ).with_columns(
        field=pl.lit("school_name"), rule=pl.lit(RULE), kind=pl.lit(Kind.SAFE.value), applied=pl.lit(value=True)
    )
    return rows.with_columns(named.alias("school_name")), changes
