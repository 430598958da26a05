"""Decisions that persons entered in workbooks or CSV files that xueji wrote: read, checked row by row, and made known to matching."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xueji_cli.errors import DefinitionError, InputError, Mistake, UserError
from xueji_cli.reports.pairs.report import DecisionPlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xueji_cli.matching.decisions import Decision, Decisions
    from xueji_cli.tables.secret import Keyring
    from xueji_cli.tables.table import Column, Table

#: Words for decisions, in lower case and without spaces.
WORDS = {
    "same": ("同一人", "是同一人", "是", "重复", "same", "sameperson", "yes", "duplicate"),
    "different": ("不是同一人", "不同人", "非同一人", "不是", "两人", "different", "notthesame", "no", "distinct"),
    "pending": ("待定", "待核", "pending", "open", "?", "？"),
}
#: Headers of the two columns, as they are written in either language.
DECISION_HEADERS = ("结论", "decision")
KEY_HEADERS = ("记录键", "recordkeys")

#: The codes of both records and the mark of the key they were made with; or two digests, as they were before there was a key.
_KEYS = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{6})|([0-9a-f]{8})-([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class MadeDecisions:
    """Decisions as they were read.

    Attributes:
        files: Where from.
        decisions: For matching; `row` of each is its number in `places`.
        places: Where each stands.
    """

    files: tuple[str, ...]
    decisions: Decisions
    places: tuple[DecisionPlace, ...]


class _Headers:
    """What the reader looks for to find the header."""

    def knows(self, header: str) -> bool:
        return _plain(header) in (*DECISION_HEADERS, *KEY_HEADERS)


def read_decisions(paths: Sequence[str], secret: bytes, keys: Keyring | None = None) -> MadeDecisions:
    """Read decisions from files, all their sheets that have the two columns.

    Args:
        paths: As `tables.paths.expand_inputs` gives them.
        secret: The secret key that records are known again with.
        keys: Knows the passwords of files.

    Raises:
        UserError: When a file can't be read, has not these columns, or was written with another key.
        DefinitionError: When rows are filled in wrong or contradict each other: all those of a file are named.
    """
    from xueji_cli.matching.decisions import Decisions, key_mark
    from xueji_cli.tables.options import ReadOptions
    from xueji_cli.tables.reader import read_tables

    places: list[DecisionPlace] = []
    found: list[Decision] = []
    mistakes: dict[str, list[Mistake]] = {path: [] for path in paths}
    for path in paths:
        try:
            read = read_tables(path, ReadOptions(keys=keys), _Headers())
        except InputError as error:
            if error.key not in ("no_header", "no_data_rows"):
                raise
            read = []
        tables = [(table, columns) for table in read if (columns := _columns(table)) is not None]
        if not tables:
            raise InputError("decisions_columns", file=path)
        for table, columns in tables:
            found += _read(table, columns, places, mistakes[path], key_mark(secret))
    for place, mistake in _contradictions(found, places):
        mistakes[place.file].append(mistake)
    for path, wrong in mistakes.items():
        if wrong:
            raise DefinitionError(path, sorted(wrong, key=lambda each: (each.sheet, each.line or 0)))
    # The last one of a pair counts, and one that is settled counts more than one that is pending; a list of old gives way.
    found.sort(key=lambda each: (each.decision != "pending", each.keyed))
    return MadeDecisions(tuple(paths), Decisions(tuple(found), secret), tuple(places))


def _columns(table: Table) -> tuple[Column, Column] | None:
    """Return the columns of decisions and of keys; None when the table lacks one."""
    headers = {_plain(column.header): column for column in reversed(table.columns)}
    decision = next((headers[name] for name in DECISION_HEADERS if name in headers), None)
    keys = next((headers[name] for name in KEY_HEADERS if name in headers), None)
    return (decision, keys) if decision and keys else None


def _read(
    table: Table,
    columns: tuple[Column, Column],
    places: list[DecisionPlace],
    mistakes: list[Mistake],
    mark: str,
) -> list[Decision]:
    from xueji_cli.matching.decisions import Decision

    sheet = table.source.sheet or ""
    meanings = {word: name for name, words in WORDS.items() for word in words}
    found = []
    # A loop over rows: as many as persons can fill in.
    for row, said, keys in table.frame.select("row", *(column.key for column in columns)).iter_rows():
        if not (said or "").strip():
            continue
        meaning = meanings.get(_plain(said))
        pair = _KEYS.fullmatch((keys or "").strip().lower())
        if meaning is None:
            known = "、".join(words[0] for words in WORDS.values())
            mistakes.append(
                Mistake(row, UserError("decision_word", known=known), letter=columns[0].letter, sheet=sheet)
            )
        elif pair is None:
            mistakes.append(Mistake(row, UserError("decision_keys"), letter=columns[1].letter, sheet=sheet))
        elif pair[3] not in (None, mark):
            raise InputError("decisions_other_key", file=table.source.path)
        else:
            left, right = (pair[1], pair[2]) if pair[3] else (pair[4], pair[5])
            found.append(Decision(left, right, meaning, len(places), keyed=bool(pair[3])))
            places.append(DecisionPlace(table.source.path, table.source.sheet, row, columns[0].letter))
    return found


def _contradictions(
    found: Sequence[Decision], places: Sequence[DecisionPlace]
) -> Iterator[tuple[DecisionPlace, Mistake]]:
    """Yield pairs that are the same person in one place and not in another: nobody but a person can say which counts.

    What is still pending in one place gives way to a decision in another, wherever it stands.
    """
    settled: dict[frozenset[str], Decision] = {}
    for each in found:
        if each.decision == "pending":
            continue
        pair = frozenset((each.left, each.right))
        before = settled.setdefault(pair, each)
        if before.decision != each.decision:
            first, second = places[before.row], places[each.row]
            error = UserError("decisions_contradict", first=_said(first), second=_said(second))
            yield second, Mistake(second.row, error, letter=second.letter, sheet=second.sheet or "")


def _said(place: DecisionPlace) -> str:
    return " ".join(str(part) for part in (place.file, place.sheet, place.row) if part)


def _plain(text: str) -> str:
    return re.sub(r"[\s_★*]", "", text).lower()
