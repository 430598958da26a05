"""Cells that should hold an entry of a code table: its name, one of its codes, or a spelling that means it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.values.text import put, read_cells, spread

if TYPE_CHECKING:
    from xueji_cli.schema.model import CodeTable

#: How a cell names its entry when not by its name: by a spelling that surely means it, by its code, or not at all.
ALIAS, CODE, UNKNOWN = "alias", "code", "unknown"


def _spellings(table: CodeTable) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return spelling → label for right spellings, aliases and codes."""
    right: dict[str, str] = {}
    alias: dict[str, str] = {}
    code: dict[str, str] = {}
    for entry in table.entries:
        right[entry.label] = entry.label
        right.update(dict.fromkeys(entry.accepted, entry.label))
        alias.update(dict.fromkeys(entry.aliases, entry.label))
        forms = [f"{entry.code}-{entry.label}", f"{entry.code}{entry.label}", f"{entry.label}({entry.code})"]
        if table.accept_codes:
            short = entry.code.lstrip("0") or "0"
            forms += [entry.code] if short == entry.code else [entry.code, short]
        code.update(dict.fromkeys(forms, entry.label))
    return right, alias, code


def read(cells: pl.Series, table: CodeTable) -> tuple[pl.Series, pl.Series, pl.Series | None, pl.Series | None]:
    """Read a column of a code table's entries.

    Args:
        cells: As written.
        table: The code table.

    Returns:
        The folded text; the entry's label as the table writes it (null where the cell is blank or names no entry); how the cell
        names it when not by its name (alias, code, unknown); and what was wrong with the writing (`text.DIRT`). The last two are None
        when there is nothing of the kind anywhere.
    """
    right, alias, code = _spellings(table)
    variants = {spelling: label for spelling, label in right.items() if spelling != label}
    label = cells.replace(variants) if variants and cells.is_in(list(variants)).any() else cells
    odd = (~cells.is_in(list(right))).arg_true()
    if not len(odd):
        return cells, label, None, None
    text, dirt = read_cells(cells.gather(odd))
    meant = {**code, **alias, **right}
    how = {**dict.fromkeys(code, CODE), **dict.fromkeys(alias, ALIAS), **dict.fromkeys(right, "")}
    kind = text.replace_strict(how, default=UNKNOWN, return_dtype=pl.String)
    kind = kind.set(text.is_null() | (kind == ""), None)
    return (
        put(cells, odd, text),
        put(label, odd, text.replace_strict(meant, default=None, return_dtype=pl.String)),
        spread(cells, odd, kind),
        spread(cells, odd, dirt),
    )
