"""The model of `matching:` in a schema: what is compared, on which keys candidates are found, and how sure is sure.

A model is data, so that people other than pupils can be compared: a schema of one's own with a `matching:` block is enough
(`schemas/README.md`). The engine that runs it is `xueji_cli.matching`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from yaml.nodes import Node

    from xueji_cli.schema.definitions import Document


@dataclass(frozen=True, slots=True)
class Level:
    """One way in which two values can agree.

    Attributes:
        name: ASCII name; also the key of its sentence in the catalogue.
        m: How often two records of the same person are at this level, before the data says better.
        u: The same for two records of different persons.
    """

    name: str
    m: float
    u: float


def _levels(*levels: tuple[str, float, float]) -> tuple[Level, ...]:
    return tuple(Level(*level) for level in levels)


#: Kind of comparison → its levels, the best first. A pair that lacks a value on either side is at none of them.
KINDS: Mapping[str, tuple[Level, ...]] = {
    # A resident ID number with its state: valid, mistyped, damaged; a guardian's number is nobody's own.
    "id_number": _levels(
        ("same", 0.90, 1e-6),
        ("near", 0.045, 1e-6),
        ("tail", 0.015, 1e-5),
        ("unlike", 0.02, 0.05),
        ("conflict", 0.02, 0.95),
    ),
    # A person's whole name, Han or Latin.
    "name": _levels(
        ("exact", 0.88, 1e-4),
        ("sound", 0.035, 1e-4),
        ("shape", 0.03, 1e-4),
        ("part", 0.01, 1e-4),
        ("given", 0.015, 4e-3),
        ("surname", 0.015, 0.05),
        ("other", 0.015, 0.94),
    ),
    "date": _levels(
        ("same", 0.93, 3e-4),
        ("swapped", 0.006, 1e-4),
        ("digit", 0.025, 2e-3),
        ("near", 0.02, 0.02),
        ("other", 0.02, 0.97),
    ),
    # The same set of names in any order: father and mother, mother and grandmother.
    "people": _levels(("both", 0.5, 1e-6), ("one", 0.32, 1e-4), ("sound", 0.05, 1e-3), ("other", 0.13, 0.99)),
    # One of several numbers in common: telephones, guardians' ID numbers.
    "any": _levels(("same", 0.75, 1e-4), ("other", 0.25, 0.99)),
    "address": _levels(("same", 0.55, 1e-3), ("near", 0.2, 1e-2), ("other", 0.25, 0.98)),
    # Words in Latin letters: names, streets, places.
    "text": _levels(
        ("same", 0.78, 1e-3),
        ("swapped", 0.02, 1e-5),
        ("close", 0.12, 2e-3),
        ("similar", 0.04, 2e-2),
        ("other", 0.04, 0.97),
    ),
    # Numbers and codes in which a digit can be wrong: house number, postcode, member number.
    "code": _levels(("same", 0.82, 1e-3), ("near", 0.12, 1e-2), ("other", 0.06, 0.98)),
    # One of a few values: sex, state, grade.
    "category": _levels(("same", 0.97, 0.3), ("other", 0.03, 0.7)),
}

#: Levels at which two values speak against one person.
DISAGREEMENT = frozenset({"other", "unlike", "conflict", "surname"})

#: Ways to make a key of a kind's values, besides the value itself.
FORMS: Mapping[str, tuple[str, ...]] = {
    "id_number": ("number", "near", "tail"),
    "name": ("sound", "drop", "surname"),
    "date": ("month", "year", "day"),
    "people": ("sound",),
    "any": (),
    "address": ("tail",),
    "text": ("sound", "start"),
    "code": ("drop",),
    "category": (),
}

#: What is known about the people of a schema and acts on pairs by name (`matching.guards`).
KNOWLEDGE = ("pupils",)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared.

    Attributes:
        name: Of the comparison; keys and reasons refer to it.
        kind: One of `KINDS`.
        fields: The fields that it looks at; what the second and later mean depends on the kind.
        title: What people call it.
        group: Comparisons of one group speak of the same thing and are bounded together.
        with_: The other comparison that it is swapped with (given name and surname).
        told_by: A comparison that tells this one's value already (the number the birth date): where that one agrees, agreement
            here says nothing more.
        m: Level → m, over the defaults of the kind.
    """

    name: str
    kind: str
    fields: tuple[str, ...]
    title: str = ""
    group: str = ""
    with_: str = ""
    told_by: str = ""
    m: Mapping[str, float] = field(default_factory=dict)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The kind's levels with this comparison's m, which add up to 1."""
        given = [self.m.get(level.name, level.m) for level in KINDS[self.kind]]
        total = sum(given)
        return tuple(Level(level.name, m / total, level.u) for level, m in zip(KINDS[self.kind], given, strict=True))


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A comparison's value in one form, as part of a key."""

    comparison: str
    form: str = ""

    def __str__(self) -> str:
        """As in the schema: `name.sound`."""
        return f"{self.comparison}.{self.form}" if self.form else self.comparison


#: Records of a block that are compared with one another, unless the schema says otherwise.
_BLOCK = 200


@dataclass(frozen=True, slots=True)
class Model:
    """How the people of a schema are compared.

    Attributes:
        compare: The comparisons, the telling ones first.
        keys: Candidates are pairs that agree on all parts of one of these.
        narrow: Parts that a block too large is narrowed by, in this order.
        bounds: Group → least and greatest weight in bits that its comparisons can have together.
        knowledge: One of `KNOWLEDGE`, or empty.
        school: The field that tells one school from another.
        duplicate: Probability from which a pair is a duplicate.
        review: Probability from which a person must look.
        rate: How many records have another of the same person, before anything is seen.
        block: Records of a block that are compared with one another; a larger one is narrowed.
    """

    compare: tuple[Comparison, ...]
    keys: tuple[tuple[KeyPart, ...], ...]
    narrow: tuple[KeyPart, ...] = ()
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    knowledge: str = ""
    school: str = ""
    duplicate: float = 0.98
    review: float = 0.5
    rate: float = 0.05
    block: int = _BLOCK

    def comparison(self, name: str) -> Comparison:
        """Return a comparison by its name."""
        return next(each for each in self.compare if each.name == name)


_MODEL_KEYS = (
    *("compare", "keys", "narrow", "bounds", "knowledge", "school"),
    *("duplicate", "review", "rate", "block"),
)
_COMPARISON_KEYS = ("name", "kind", "fields", "title", "group", "with", "told_by", "m")


def read_model(document: Document, node: Node, known_fields: Sequence[str]) -> Model:
    """Read a `matching:` block; mistakes are noted in the document.

    Args:
        document: The file under reading.
        node: The block.
        known_fields: Names of the schema's fields.
    """
    given = document.mapping(node, _MODEL_KEYS, "matching")
    compare = tuple(
        found
        for item in document.items(given.get("compare"), "compare")
        if (found := _comparison(document, item, known_fields)) is not None
    )
    if not compare:
        document.fail(node, "matching_nothing")
    kinds = {each.name: each.kind for each in compare}
    for each in compare:
        for other in (each.with_, each.told_by):
            if other and other not in kinds:
                document.fail(node, "matching_unknown_comparison", name=other, known=", ".join(kinds))
    keys = tuple(
        tuple(_part(document, part, kinds) for part in document.items(item, "keys"))
        for item in document.items(given.get("keys"), "keys")
    )
    bounds = {}
    for group, item in document.mapping(given.get("bounds"), None, "bounds").items():
        ends = [_decimal(document, end, group, -100, 100) for end in document.items(item, group)]
        if len(ends) == 2:
            bounds[group] = (ends[0], ends[1])
        else:
            document.fail(item, "matching_bounds", group=group)
    school = document.text(given.get("school"), "school")
    if school and school not in known_fields:
        document.fail(given["school"], "schema_unknown_field", field=school)
    numbers = {
        key: _decimal(document, given[key], key, 0, 1) for key in ("duplicate", "review", "rate") if key in given
    }
    block = document.number(given["block"], "block") if "block" in given else None
    return Model(
        compare=compare,
        keys=keys or _usual_keys(compare),
        narrow=tuple(_part(document, part, kinds) for part in document.items(given.get("narrow"), "narrow")),
        bounds=bounds,
        knowledge=document.choice(given["knowledge"], "knowledge", KNOWLEDGE) or "" if "knowledge" in given else "",
        school=school,
        block=block or _BLOCK,
        **numbers,
    )


def _comparison(document: Document, node: Node, known_fields: Sequence[str]) -> Comparison | None:
    given = document.mapping(node, _COMPARISON_KEYS, "compare")
    name = document.text(given.get("name"), "name")
    kind = document.choice(given["kind"], "kind", list(KINDS)) if "kind" in given else None
    if not name or kind is None:
        document.fail(node, "matching_incomplete", missing="name" if not name else "kind")
        return None
    fields = document.texts(given.get("fields"), "fields") or (name,)
    for each in fields:
        if each not in known_fields:
            document.fail(given.get("fields") or node, "schema_unknown_field", field=each)
    levels = [level.name for level in KINDS[kind]]
    m = {
        level: _decimal(document, value, level, 0, 1)
        for level, value in document.mapping(given.get("m"), levels, "m").items()
    }
    return Comparison(
        name=name,
        kind=kind,
        fields=fields,
        title=document.text(given.get("title"), "title"),
        group=document.text(given.get("group"), "group"),
        with_=document.text(given.get("with"), "with"),
        told_by=document.text(given.get("told_by"), "told_by"),
        m=m,
    )


def _decimal(document: Document, node: Node, what: str, least: float, greatest: float) -> float:
    word = document.text(node, what)
    try:
        value = float(word)
    except ValueError:
        value = least - 1
    if not least <= value <= greatest:
        document.fail(node, "matching_not_between", what=what, value=word, least=f"{least:g}", greatest=f"{greatest:g}")
        return greatest
    return value


def _part(document: Document, node: Node, kinds: Mapping[str, str]) -> KeyPart:
    word = document.text(node, "keys")
    name, _, form = word.partition(".")
    if name not in kinds:
        document.fail(node, "matching_unknown_comparison", name=name, known=", ".join(kinds))
    elif form and form not in FORMS[kinds[name]]:
        document.fail(node, "matching_unknown_form", form=form, kind=kinds[name], known=", ".join(FORMS[kinds[name]]))
    return KeyPart(name, form)


def _usual_keys(compare: Sequence[Comparison]) -> tuple[tuple[KeyPart, ...], ...]:
    """Return keys for a model that names none: every number alone, and every two of the other telling comparisons."""
    telling = {
        "name": ("sound", "drop"),
        "text": ("", "sound"),
        "date": ("",),
        "code": ("",),
        "any": ("",),
        "people": ("sound",),
    }
    keys = [(KeyPart(each.name, form),) for each in compare if each.kind == "id_number" for form in FORMS["id_number"]]
    parts = [(each.name, KeyPart(each.name, form)) for each in compare for form in telling.get(each.kind, ())]
    keys += [
        (part, other)  # type: ignore[misc]
        for index, (name, part) in enumerate(parts)
        for other_name, other in parts[index + 1 :]
        if other_name != name
    ]
    return tuple(keys)
