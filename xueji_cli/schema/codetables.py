"""Code tables: `codes/<name>.csv` with one row an entry, and `codes/SOURCES.csv` with the standard each one follows."""

from __future__ import annotations

import csv
import io
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from xueji_cli.errors import DefinitionError, Mistake, UserError
from xueji_cli.schema.definitions import read_text, search_path
from xueji_cli.schema.model import CodeEntry, CodeTable
from xueji_cli.tables.table import column_letter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

FOLDER = "codes"
SOURCES = "SOURCES"

COLUMNS = ("code", "label", "aliases", "accepted", "listed", "source")
_REQUIRED = ("code", "label")
_SOURCE_COLUMNS = ("table", "title", "source", "edition", "accept_codes", "note")

#: Stands between spellings in the columns `aliases` and `accepted`.
SEPARATOR = "|"

_YES = frozenset({"1", "yes", "true", "是"})

Mistakes = list[Mistake]


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
    rows, _ = _rows(path, _SOURCE_COLUMNS, ("table", "title"), mistakes)
    if mistakes:
        raise DefinitionError(str(path), mistakes)
    return {row["table"]: row for _, row in rows}


def _rows(
    path: Path, known: Sequence[str], required: Sequence[str], mistakes: Mistakes
) -> tuple[list[tuple[int, dict[str, str]]], dict[str, str]]:
    """Return (line, column → text) for every row that has any text, and column → letter; the header's mistakes are noted."""
    # NFKC: rules compare folded cells with these spellings, and a full-width bracket here would never match.
    reader = csv.reader(io.StringIO(unicodedata.normalize("NFKC", read_text(path)), newline=""))
    lines = _lines(reader, mistakes)
    _, first = next(lines, (1, []))
    header = [cell.strip() for cell in first]
    letters = {column: column_letter(position) for position, column in enumerate(header)}
    missing = [column for column in required if column not in header]
    unknown = [column for column in header if column and column not in known]
    if missing:
        mistakes.append(Mistake(1, UserError("code_table_columns", missing=", ".join(missing), known=", ".join(known))))
    if unknown:
        said = UserError("code_table_unknown_columns", columns=", ".join(unknown), known=", ".join(known))
        mistakes.append(Mistake(1, said, letter=letters[unknown[0]]))
    if missing:
        return [], letters
    rows = []
    for line, cells in lines:
        row = dict.fromkeys(known, "") | {c: v.strip() for c, v in zip(header, cells, strict=False) if c in known}
        if any(row.values()):
            rows.append((line, row))
    return rows, letters


def _lines(reader: Any, mistakes: Mistakes) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a CSV file with their lines, as far as it can be read."""
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:  # a cell without end
        mistakes.append(Mistake(reader.line_num, UserError("code_table_quote")))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(SEPARATOR) if part.strip())


def _read(path: Path, about: dict[str, str]) -> CodeTable:
    mistakes: Mistakes = []
    rows, letters = _rows(path, COLUMNS, _REQUIRED, mistakes)
    entries = []
    lines = []
    for line, row in rows:
        if any("\n" in cell for cell in row.values()):
            # A quotation mark that is never closed swallows the lines after it.
            mistakes.append(Mistake(line, UserError("code_table_quote")))
            continue
        if not (row["code"] and row["label"]):
            letter = letters["label" if row["code"] else "code"]
            mistakes.append(Mistake(line, UserError("code_table_incomplete"), letter=letter))
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
        mistakes.append(Mistake(None, UserError("code_table_empty")))
    _check_meanings(lines, entries, letters, mistakes)
    if mistakes:
        raise DefinitionError(str(path), sorted(mistakes, key=lambda m: m.line or 0))
    return CodeTable(
        name=path.stem,
        title=about.get("title") or path.stem,
        source=about.get("source", ""),
        edition=about.get("edition", ""),
        entries=tuple(entries),
        accept_codes=about.get("accept_codes", "").lower() in _YES,
        note=about.get("note", ""),
    )


def _check_meanings(
    lines: Sequence[int], entries: Sequence[CodeEntry], letters: Mapping[str, str], mistakes: Mistakes
) -> None:
    """Note every code or spelling that stands for two entries: a suggestion must never have to choose."""
    codes: set[str] = set()
    meaning: dict[str, str] = {}
    for line, entry in zip(lines, entries, strict=True):
        if entry.code in codes:
            mistakes.append(Mistake(line, UserError("code_table_duplicate", text=entry.code), letter=letters["code"]))
        codes.add(entry.code)
        spellings = [
            ("label", entry.label),
            *(("accepted", s) for s in entry.accepted),
            *(("aliases", s) for s in entry.aliases),
        ]
        for column, spelling in spellings:
            if meaning.setdefault(spelling, entry.code) != entry.code:
                mistakes.append(Mistake(line, UserError("code_table_duplicate", text=spelling), letter=letters[column]))
