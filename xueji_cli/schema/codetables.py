"""Code tables: `codes/<name>.csv` with one row an entry, and `codes/SOURCES.csv` with the standard each one follows."""

from __future__ import annotations

import csv
import io
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.schema.definitions import read_text, search_path
from xueji_cli.schema.model import CodeEntry, CodeTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDER = "codes"
SOURCES = "SOURCES"

COLUMNS = ("code", "label", "aliases", "accepted", "listed", "source")
_REQUIRED = ("code", "label")
_SOURCE_COLUMNS = ("table", "title", "source", "edition", "accept_codes", "note")

#: Stands between spellings in the columns `aliases` and `accepted`.
SEPARATOR = "|"

_YES = frozenset({"1", "yes", "true", "是"})

Mistakes = list[tuple[int | None, UserError]]


def code_table_names(folders: Sequence[str | Path] = ()) -> list[str]:
    """Return the names of all code tables, in alphabetical order."""
    found = {path.stem for root in search_path(folders) for path in (root / FOLDER).glob("*.csv")}
    return sorted(found - {SOURCES})


def load_code_table(name: str, folders: Sequence[str | Path] = ()) -> CodeTable:
    """Load a code table; a file of the same name in the user's own folder replaces the packaged one.

    Args:
        name: Name of the table, for example `ethnicity`.
        folders: The user's own definition folders; each may hold a `codes` folder.

    Raises:
        UserError: When there is no such table.
        DefinitionError: With all mistakes of its file.
    """
    return _find(name, folders) if folders else _packaged(name)


@cache
def _packaged(name: str) -> CodeTable:
    """Load a table that comes with xueji: it is the same as long as the process lives."""
    return _find(name, ())


def _find(name: str, folders: Sequence[str | Path]) -> CodeTable:
    roots = search_path(folders)
    for root in roots:
        path = root / FOLDER / f"{name}.csv"
        if path.is_file() and name != SOURCES:
            return _read(path, _about(name, [root, *roots]))
    known = ", ".join(code_table_names(folders))
    raise UserError("unknown_code_table", name=name, known=known)


def read_code_table(path: Path) -> CodeTable:
    """Read one code table by its path, with the SOURCES.csv beside it.

    Raises:
        UserError: When it can't be read.
        DefinitionError: With all mistakes of its file.
    """
    return _read(path, _sources(path.parent / f"{SOURCES}.csv").get(path.stem, {}))


def _about(name: str, roots: Sequence[Path]) -> dict[str, str]:
    """Return the row of the first SOURCES.csv that names this table."""
    for root in roots:
        about = _sources(root / FOLDER / f"{SOURCES}.csv").get(name)
        if about is not None:
            return about
    return {}


@lru_cache(maxsize=16)
def _sources(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    mistakes: Mistakes = []
    rows = _rows(path, _SOURCE_COLUMNS, ("table", "title"), mistakes)
    if mistakes:
        raise DefinitionError(str(path), mistakes)
    return {row["table"]: row for _, row in rows}


def _rows(
    path: Path, known: Sequence[str], required: Sequence[str], mistakes: Mistakes
) -> list[tuple[int, dict[str, str]]]:
    """Return (line, column → text) for every row that has any text; the header's mistakes are noted."""
    # NFKC: rules compare folded cells with these spellings, and a full-width bracket here would never match.
    reader = csv.reader(io.StringIO(unicodedata.normalize("NFKC", read_text(path)), newline=""))
    header = [cell.strip() for cell in next(reader, [])]
    missing = [column for column in required if column not in header]
    unknown = [column for column in header if column and column not in known]
    if missing:
        mistakes.append((1, UserError("code_table_columns", missing=", ".join(missing), known=", ".join(known))))
    if unknown:
        mistakes.append(
            (1, UserError("code_table_unknown_columns", columns=", ".join(unknown), known=", ".join(known)))
        )
    if missing:
        return []
    rows = []
    for cells in reader:
        row = dict.fromkeys(known, "") | {c: v.strip() for c, v in zip(header, cells, strict=False) if c in known}
        if any(row.values()):
            rows.append((reader.line_num, row))
    return rows


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(SEPARATOR) if part.strip())


def _read(path: Path, about: dict[str, str]) -> CodeTable:
    mistakes: Mistakes = []
    rows = _rows(path, COLUMNS, _REQUIRED, mistakes)
    entries = []
    lines = []
    for line, row in rows:
        if any("\n" in cell for cell in row.values()):
            # A quotation mark that is never closed swallows the lines after it.
            mistakes.append((line, UserError("code_table_quote")))
            continue
        if not (row["code"] and row["label"]):
            mistakes.append((line, UserError("code_table_incomplete")))
            continue
        lines.append(line)
        entries.append(
            CodeEntry(
                code=row["code"],
                label=row["label"],
                aliases=_split(row["aliases"]),
                accepted=_split(row["accepted"]),
                listed=row["listed"].lower() in _YES,
            )
        )
    if not rows and not mistakes:
        mistakes.append((None, UserError("code_table_empty")))
    _check_meanings(lines, entries, mistakes)
    if mistakes:
        raise DefinitionError(str(path), sorted(mistakes, key=lambda m: m[0] or 0))
    return CodeTable(
        name=path.stem,
        title=about.get("title") or path.stem,
        source=about.get("source", ""),
        edition=about.get("edition", ""),
        entries=tuple(entries),
        accept_codes=about.get("accept_codes", "").lower() in _YES,
        note=about.get("note", ""),
    )


def _check_meanings(lines: Sequence[int], entries: Sequence[CodeEntry], mistakes: Mistakes) -> None:
    """Note every code or spelling that stands for two entries: a suggestion must never have to choose."""
    codes: set[str] = set()
    meaning: dict[str, str] = {}
    for line, entry in zip(lines, entries, strict=True):
        if entry.code in codes:
            mistakes.append((line, UserError("code_table_duplicate", text=entry.code)))
        codes.add(entry.code)
        for spelling in (entry.label, *entry.accepted, *entry.aliases):
            if meaning.setdefault(spelling, entry.code) != entry.code:
                mistakes.append((line, UserError("code_table_duplicate", text=spelling)))
