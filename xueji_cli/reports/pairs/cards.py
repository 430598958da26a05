"""A pair side by side: each field of both records, and the characters in which they differ.

Values are masked before they are shown, so what differs is found on the cells themselves and marked on what is shown of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xueji_cli.messages import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from xueji_cli.reports.pairs.view import PairView

#: Pieces of a text, and whether they differ from the other record's.
Pieces = tuple[tuple[str, bool], ...]

#: Similarity of two values from which the characters that differ are marked one by one.
_ALIKE = 0.5

#: Pairs laid out at once: bounds the memory.
_SLICE = 5_000


@dataclass(frozen=True, slots=True)
class Row:
    """One field of both records; `key` is its name, or `school` or `class`."""

    title: str
    left: Pieces
    right: Pieces
    differs: bool = False
    key: str = ""

    @property
    def texts(self) -> tuple[str, str]:
        """Both values without marks."""
        return _text(self.left), _text(self.right)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records: its place, head and number."""

    record: int
    label: str
    file: str
    sheet: str | None
    row: int
    school: str
    klass: str
    name: str
    id_number: str


@dataclass(frozen=True, slots=True)
class Card:
    """A pair as it is shown.

    Attributes:
        verdict, score, weight, cluster, guard, guard_text, handling: As in the view; texts are empty where there is none.
        reasons: `field`, `level`, `weight`, `text` of each.
        left, right: The records.
        rows: Their fields, those that neither has left out.
    """

    verdict: str
    score: float
    weight: float
    cluster: str
    guard: str
    guard_text: str
    handling: str
    reasons: Sequence[dict[str, Any]]
    left: Side
    right: Side
    rows: Sequence[Row]

    @property
    def name(self) -> Row:
        """The names."""
        return self._row("name")

    @property
    def id_number(self) -> Row:
        """The ID numbers."""
        return self._row("id_number")

    def _row(self, of: str) -> Row:
        left, right = getattr(self.left, of), getattr(self.right, of)
        return next((row for row in self.rows if row.texts == (left, right)), _plain(left, right))


def cards(view: PairView, pairs: pl.DataFrame | None = None) -> Iterator[Card]:
    """Lay pairs out side by side, in their order.

    Args:
        view: The report in words.
        pairs: Rows of `view.pairs`; all when not given.
    """
    import polars as pl

    pairs = view.pairs if pairs is None else pairs
    for part in pairs.iter_slices(_SLICE):
        records = pl.concat([part["l"], part["r"].alias("l")])
        raw = _by_record(view.raw(records))
        shown = _by_record(view.records(records))
        values = _by_record(
            view.report.people.values.select(
                f.name for f in view.fields if view.report.people.has(f.name)
            ).with_row_index("record")[records.unique().sort()]
        )
        # A loop over pairs: each is laid out for a person to read.
        for pair in part.iter_rows(named=True):
            yield _card(view, pair, raw, shown, values)


def _by_record(frame: pl.DataFrame) -> dict[int, dict[str, Any]]:
    return {row["record"]: row for row in frame.iter_rows(named=True)}


def _card(
    view: PairView,
    pair: dict[str, Any],
    raw: dict[int, dict[str, Any]],
    shown: dict[int, dict[str, Any]],
    values: dict[int, dict[str, Any]],
) -> Card:
    left, right = pair["l"], pair["r"]
    rows = [
        # Of places it is plain enough that they differ, without marks.
        Row(
            _say(view, key),
            _whole(texts[0]),
            _whole(texts[1]),
            differs=key == "school" and texts[0] != texts[1],
            key=key,
        )
        for key in ("school", "class")
        if any(texts := (shown[left][key], shown[right][key]))
    ]
    for field in view.fields:
        key = f"v:{field.name}"
        texts = shown[left][key], shown[right][key]
        if not any(texts):
            continue
        cells = raw[left][key], raw[right][key]
        # Two ways to write one date are no difference.
        known = values[left].get(field.name), values[right].get(field.name)
        same = known[0] is not None and known[0] == known[1]
        rows.append(_row(view.title(field), field.name, *texts, same=same, cells=cells))
    return Card(
        verdict=pair["verdict"],
        score=pair["score"],
        weight=pair["weight"],
        cluster=pair["cluster"] or "",
        guard=pair["guard"] or "",
        guard_text=pair["guard_text"] or "",
        handling=pair["handling"] or "",
        reasons=pair["reasons"],
        left=_side(view, shown[left]),
        right=_side(view, shown[right]),
        rows=rows,
    )


def _side(view: PairView, shown: dict[str, Any]) -> Side:
    return Side(
        record=shown["record"],
        label=view.labels[shown["table"]],
        file=shown["file"],
        sheet=shown["sheet"],
        row=shown["row"],
        school=shown["school"] or "",
        klass=shown["class"] or "",
        name=shown["name"] or "",
        id_number=shown["id_number"] or "",
    )


def _say(view: PairView, key: str) -> str:
    return catalogue.text(view.lang, f"pairs.columns.{key}")


def _row(
    title: str,
    key: str,
    left: str | None,
    right: str | None,
    *,
    same: bool,
    cells: tuple[str | None, str | None],
) -> Row:
    if same or not left or not right:
        return Row(title, _whole(left), _whole(right), key=key)
    pieces = marked(left, right, *cells)
    return Row(title, *pieces, differs=any(flag for side in pieces for _, flag in side), key=key)


def _plain(left: str, right: str) -> Row:
    return Row("", _whole(left), _whole(right))


def _whole(text: str | None) -> Pieces:
    return ((text, False),) if text else ()


def _text(pieces: Pieces) -> str:
    return "".join(text for text, _ in pieces)


def marked(left: str, right: str, left_cell: str | None = None, right_cell: str | None = None) -> tuple[Pieces, Pieces]:
    """Return two texts in pieces, those that differ marked.

    Args:
        left: As shown, perhaps masked.
        right: Of the other record.
        left_cell: What the cell says; where the mask keeps the length, the characters that differ are marked in the mask too.
        right_cell: Of the other record.
    """
    from rapidfuzz.distance import Levenshtein

    cells = (left_cell or left).strip(), (right_cell or right).strip()
    if cells[0] == cells[1]:
        return _whole(left), _whole(right)
    kept = len(cells[0]) == len(left) and len(cells[1]) == len(right)
    if Levenshtein.normalized_similarity(*cells) < _ALIKE:
        # Of two that have little in common, the characters that happen to agree say nothing.
        return ((left, True),), ((right, True),)
    compared = cells if kept else (left, right)
    flags = [[False] * len(left), [False] * len(right)]
    apart = [a != b for a, b in zip(*compared, strict=False)]
    if len(left) == len(right) and sum(apart) <= Levenshtein.distance(*compared):
        # Place by place where that is as near: two digits exchanged are these two digits.
        flags = [apart, list(apart)]
    else:
        for code in Levenshtein.opcodes(*compared):
            if code.tag != "equal":
                flags[0][code.src_start : code.src_end] = [True] * (code.src_end - code.src_start)
                flags[1][code.dest_start : code.dest_end] = [True] * (code.dest_end - code.dest_start)
    if not any(map(any, flags)):
        # What differs is behind the mask.
        flags = [[character == "*" for character in text] for text in (left, right)]
    return _pieces(left, flags[0]), _pieces(right, flags[1])


def _pieces(text: str, flags: Sequence[bool]) -> Pieces:
    from itertools import groupby

    runs = groupby(zip(text, flags, strict=True), key=lambda pair: pair[1])
    return tuple(("".join(character for character, _ in run), flag) for flag, run in runs)
