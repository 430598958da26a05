"""A scoresheet as data: its items word for word, their points, and how each is scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from xueji_cli.schema.definitions import Document, find, search_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from yaml.nodes import Node

#: Kind of scoring → its parameters with their defaults; None where one must be given.
KINDS: Mapping[str, Mapping[str, str | None]] = {
    "per_case": {"deduct": None, "floor": "0"},
    "per_point": {
        "target": None,
        "step": "1",
        "deduct": None,
        "direction": "both",
        "rounding": "full",
        "floor": "0",
    },
    "ratio": {"target": None, "places": "1"},
    "pro_rata": {"places": "1"},
    "choice": {},
    "bands": {},
    "all_or_nothing": {"limit": None, "direction": "above"},
    "manual": {},
}
#: Numbers that the data can give: cases, or a percentage.
CASE_MEASURES = ("identity", "duplicates", "no_photo", "no_id")
RATIO_MEASURES = ("student_ratio", "class_ratio")
EVIDENCE = ("school_information", "class_settings", "sample", "problem_rolls", "cross_province", "student_ratio")
#: Which differences between people can be a case of an identity measure.
COUNTED = (
    "registered_not_present",
    "present_not_registered",
    "registered_elsewhere",
    "class_differs",
    "information_differs",
)

_WORDS = {"direction": ("both", "below", "above"), "rounding": ("full", "started", "exact")}
_TOP_KEYS = ("name", "title", "version", "source", "items")
_ITEM_KEYS = (
    "no",
    "section",
    "part",
    "points",
    "words",
    "kind",
    "measure",
    "params",
    "evidence",
    "counts",
    "choices",
    "bands",
)
_STAGES = ("primary", "junior", "senior")

_DEFAULT_COUNTS = ("registered_not_present", "present_not_registered", "registered_elsewhere")


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a scoresheet.

    Attributes:
        no: Its number, by which entries name it.
        section: First column.
        part: Second column, where the section is divided.
        points: At most.
        words: The requirement, word for word.
        kind: How it is scored; a key of `KINDS`.
        measure: What the data gives for it; empty when an entry must.
        params: Numbers and words of the kind, as text.
        by_stage: Parameters that differ by stage: name → stage → number.
        evidence: What is shown beside it.
        counts: For `measure: identity`, which differences are cases.
        choices: Option → points, for `choice`.
        bands: Name → least and most points, for `bands`.
    """

    no: str
    section: str
    points: Decimal
    words: str
    kind: str
    part: str = ""
    measure: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    by_stage: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    counts: tuple[str, ...] = _DEFAULT_COUNTS
    choices: Mapping[str, Decimal] = field(default_factory=dict)
    bands: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)

    @property
    def sample(self) -> int:
        """How many children a sampled item draws."""
        return int(self.params.get("sample", "10"))

    def number(self, name: str, stage: str | None = None) -> Decimal | None:
        """Return a parameter; None where it differs by stage and the school's stage is not known."""
        if name in self.by_stage:
            return self.by_stage[name].get(stage or "")
        return Decimal(self.params[name])


@dataclass(frozen=True, slots=True)
class Scoresheet:
    """A scoresheet."""

    name: str
    title: str
    version: str
    source: str
    items: tuple[Item, ...]
    path: str = ""

    @property
    def total(self) -> Decimal:
        """Points of all items."""
        return sum((item.points for item in self.items), Decimal(0))

    def item(self, no: str) -> Item | None:
        """Return the item with a number."""
        return next((item for item in self.items if item.no == no), None)


def load_scoresheet(name_or_path: str, folders: Sequence[str | Path] = ()) -> Scoresheet:
    """Load a scoresheet.

    Args:
        name_or_path: `lingbi-2021`, or the path of a YAML file.
        folders: The user's own definition folders.

    Raises:
        UserError: When there is none of that name.
        DefinitionError: With all mistakes of the file.
    """
    path = find(name_or_path, search_path(folders), below="scoresheets", missing="unknown_scoresheet")
    document = Document(path)
    top = document.mapping(document.root, _TOP_KEYS, "scoresheet")
    items: list[Item] = []
    for node in document.items(top.get("items"), "items"):
        item = _item(document, node)
        if item is not None:
            if any(item.no == other.no for other in items):
                document.fail(node, "scoresheet_item_twice", item=item.no)
            items.append(item)
    if not items and not document.mistakes:
        document.fail(None, "scoresheet_no_items")
    document.finish()
    texts = {key: document.text(top.get(key), key) for key in ("name", "title", "version", "source")}
    return Scoresheet(
        name=texts["name"] or path.stem,
        title=texts["title"] or path.stem,
        version=texts["version"],
        source=texts["source"],
        items=tuple(items),
        path=str(path),
    )


def _item(document: Document, node: Node) -> Item | None:
    given = document.mapping(node, _ITEM_KEYS, "items")
    no = document.text(given.get("no"), "no")
    missing = [key for key in ("no", "section", "points", "words", "kind") if key not in given]
    if missing:
        document.fail(node, "scoresheet_item_incomplete", item=no or "?", missing=", ".join(missing))
        return None
    kind = document.choice(given["kind"], "kind", tuple(KINDS))
    points = _decimal(document, given["points"], "points")
    if kind is None or points is None:
        return None
    params, by_stage = _params(document, given.get("params"), kind, node, no)
    choices = {
        name: _decimal(document, value, name) or Decimal(0)
        for name, value in document.mapping(given.get("choices"), None, "choices").items()
    }
    bands: dict[str, tuple[Decimal, Decimal]] = {}
    for name, value in document.mapping(given.get("bands"), None, "bands").items():
        ends = [_decimal(document, each, name) for each in document.items(value, name)]
        known = sorted(end for end in ends if end is not None)
        if len(ends) == len(known) == 2:
            bands[name] = (known[0], known[1])
        else:
            document.fail(value, "scoresheet_band", band=name)
    if (kind == "choice" and not choices) or (kind == "bands" and not bands):
        document.fail(node, "scoresheet_item_incomplete", item=no, missing="choices" if kind == "choice" else "bands")
    if any(most > points for most in (*choices.values(), *(most for _, most in bands.values()))):
        document.fail(node, "scoresheet_over_points", item=no, points=points)
    measure = document.text(given.get("measure"), "measure")
    possible = (
        CASE_MEASURES
        if kind == "per_case"
        else RATIO_MEASURES
        if kind in ("per_point", "ratio", "all_or_nothing")
        else ()
    )
    if measure and measure not in possible:
        document.fail(
            given["measure"], "definition_not_choice", what="measure", value=measure, known=", ".join(possible)
        )
    return Item(
        no=no,
        section=document.text(given["section"], "section"),
        part=document.text(given.get("part"), "part"),
        points=points,
        words=document.text(given["words"], "words"),
        kind=kind,
        measure=measure,
        params=params,
        by_stage=by_stage,
        evidence=_chosen(document, given.get("evidence"), "evidence", EVIDENCE),
        counts=_chosen(document, given.get("counts"), "counts", COUNTED) or _DEFAULT_COUNTS,
        choices=choices,
        bands=bands,
    )


def _chosen(document: Document, node: Node | None, what: str, known: Sequence[str]) -> tuple[str, ...]:
    words = document.texts(node, what)
    for word in words:
        if node is not None and word not in known:
            document.fail(node, "definition_not_choice", what=what, value=word, known=", ".join(known))
    return words


def _params(
    document: Document, node: Node | None, kind: str, item: Node, no: str
) -> tuple[dict[str, str], dict[str, dict[str, Decimal]]]:
    from yaml.nodes import MappingNode

    known = KINDS[kind]
    params = {name: default for name, default in known.items() if default is not None}
    by_stage: dict[str, dict[str, Decimal]] = {}
    for name, value in document.mapping(node, (*known, "sample"), "params").items():
        if isinstance(value, MappingNode) and name in ("target", "limit"):
            stages = document.mapping(value, _STAGES, name)
            by_stage[name] = {stage: _decimal(document, each, name) or Decimal(0) for stage, each in stages.items()}
        elif name in _WORDS:
            params[name] = document.choice(value, name, _WORDS[name]) or params.get(name, "")
        else:
            number = _decimal(document, value, name)
            params[name] = str(number if number is not None else 0)
    missing = [
        name for name, default in known.items() if default is None and name not in params and name not in by_stage
    ]
    if missing:
        document.fail(item, "scoresheet_item_incomplete", item=no, missing=", ".join(missing))
        params |= dict.fromkeys(missing, "1")
    if Decimal(params.get("step", "1")) <= 0:
        document.fail(item, "definition_not_number", what="step", value=params["step"])
        params["step"] = "1"
    return params, by_stage


def _decimal(document: Document, node: Node, what: str) -> Decimal | None:
    word = document.text(node, what)
    try:
        value = Decimal(word)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        document.fail(node, "scoresheet_not_number", what=what, value=word)
        return None
    return value
