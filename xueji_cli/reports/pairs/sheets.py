"""The list of pairs as a table: one row a pair, with a column for the decision. The workbook and the CSV file are written from it."""

from __future__ import annotations

import csv
import io
from typing import IO, TYPE_CHECKING

import polars as pl

from xueji_cli.matching.decisions import DIFFERENT, PENDING, SAME
from xueji_cli.messages import catalogue
from xueji_cli.reports.pairs.cards import Pieces, cards
from xueji_cli.reports.pairs.reasons import weighed
from xueji_cli.reports.pairs.recordpage import chance, promises
from xueji_cli.tables.writing import neutralise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xueji_cli.reports.pairs.cards import Card
    from xueji_cli.reports.pairs.view import PairView

#: Column → its width in a workbook. `left_…` and `right_…` stand side by side.
WIDTHS = {
    "verdict": 6,
    "decision": 11,
    "left_school": 13,
    "left_class": 9,
    "left_place": 14,
    "left_name": 8,
    "left_id": 20,
    "right_school": 13,
    "right_class": 9,
    "right_place": 14,
    "right_name": 8,
    "right_id": 20,
    "differs": 25,
    "guard": 20,
    "handling": 30,
    "cluster": 8,
    "score": 9,
    "reasons": 52,
    "keys": 5,
}
#: The last column that is printed: the rest is for the screen.
PRINTED = "handling"
#: Columns that only dedupe has: of links nothing is decided.
_DEDUPE_ONLY = ("decision", "cluster", "keys")

#: Separates the pieces of a cell that lists several things.
_LINE = "\n"

#: Columns that are wrapped.
WRAPPED = (
    *("left_school", "left_class", "left_place", "right_school", "right_class", "right_place"),
    *("verdict", "differs", "guard", "handling", "reasons"),
)


def columns(view: PairView) -> tuple[str, ...]:
    """Return the columns that a report's list has."""
    return tuple(name for name in WIDTHS if not (view.report.linking and name in _DEDUPE_ONLY))


def header(view: PairView, name: str) -> str:
    """Return the title of a column; both records' columns say which of the two they are of."""
    side, _, what = name.partition("_")
    if side in ("left", "right"):
        return catalogue.text(view.lang, f"pairs.list.{side}", what=catalogue.text(view.lang, f"pairs.list.{what}"))
    return catalogue.text(view.lang, f"pairs.list.{name}")


def decision_words(lang: str) -> dict[str, str]:
    """Return the words of the column for decisions: same, different, pending."""
    return {name: catalogue.text(lang, f"pairs.decisions.{name}") for name in (SAME, DIFFERENT, PENDING)}


def listed(view: PairView, pairs: pl.DataFrame) -> Iterator[dict[str, Pieces]]:
    """Return the rows of some pairs, one by one: the pieces of each cell, those that differ marked.

    Args:
        view: The report.
        pairs: Rows of `view.pairs`, in order.
    """
    if not pairs.height:
        return
    words = decision_words(view.lang)
    semicolon = catalogue.text(view.lang, "check.text.clause")
    made = _decided(view)
    for card in cards(view, pairs):
        left, right = card.left.record, card.right.record
        row = {
            "verdict": catalogue.text(view.lang, f"pairs.verdict.{card.verdict}"),
            "decision": words.get(made.get((min(left, right), max(left, right)), ""), ""),
            "cluster": card.cluster,
            "differs": _differing(card),
            "guard": card.guard_text,
            "handling": card.handling,
            "reasons": semicolon.join(map(weighed, card.reasons)),
            "score": chance(card.score) if promises(card) else "",
            "keys": "" if view.report.linking else f"{view.keys[left]}-{view.keys[right]}-{view.key_mark}",
        }
        cells: dict[str, Pieces] = {name: ((text, False),) if text else () for name, text in row.items()}
        name, number = card.name, card.id_number
        for side, of, pieces in (
            ("left", card.left, (name.left, number.left)),
            ("right", card.right, (name.right, number.right)),
        ):
            place = catalogue.text(view.lang, "pairs.text.place", label=of.label, row=of.row)
            for what, text in (("school", of.school), ("class", of.klass), ("place", place)):
                cells[f"{side}_{what}"] = ((text, False),) if text else ()
            cells[f"{side}_name"], cells[f"{side}_id"] = pieces
        yield cells


def _differing(card: Card) -> str:
    """Return the other fields that differ, a line each."""
    shown = (*card.name.texts, *card.id_number.texts)
    rows = [row for row in card.rows if row.differs and row.key != "school" and row.texts[0] not in shown]
    return _LINE.join(f"{row.title}: {row.texts[0]} ≠ {row.texts[1]}" for row in rows)


def _decided(view: PairView) -> dict[tuple[int, int], str]:
    used = view.report.decisions
    return {} if used is None else {(left, right): word for left, right, word in used.decided.iter_rows()}


def write_csv(view: PairView, stream: IO[bytes], *, bom: bool) -> None:
    """Write all pairs as CSV (UTF-8), safe to open in a spreadsheet; filled in, it is a decisions file.

    Args:
        view: The report.
        stream: Where to.
        bom: Begin with a byte order mark, without which Excel takes Chinese text for another encoding.
    """
    names = columns(view)
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        if bom:
            text.write("\ufeff")
        writer = csv.writer(text)
        writer.writerow([header(view, name) for name in names])
        for row in listed(view, view.pairs):
            writer.writerow([neutralise("".join(piece for piece, _ in row[name])) for name in names])
        text.flush()
    finally:
        text.detach()
