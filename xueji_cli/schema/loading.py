"""Load schemas: one YAML file each, `extends:` another field by field, all mistakes of a file reported together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xueji_cli.errors import UserError
from xueji_cli.schema.codetables import load_code_table
from xueji_cli.schema.definitions import Document, find, is_packaged, names, search_path
from xueji_cli.schema.matching import read_model
from xueji_cli.schema.model import Field, FieldType, Pii, Schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yaml.nodes import Node

    from xueji_cli.schema.matching import Model
    from xueji_cli.schema.model import CodeTable

#: Order in which schemas are tried on a table; a user's own come after.
PACKAGED_ORDER = ("student", "class", "school", "person")

_TEXT_KEYS = ("name", "title", "version", "source")
_TOP_KEYS = (*_TEXT_KEYS, "extends", "remove", "markers", "groups", "fields", "matching")
_GROUP_KEYS = ("prefixes", "fallback_prefixes")
_FIELD_TEXTS = ("name", "title", "role", "code", "source", "template_header")
_FIELD_LISTS = ("aliases", "fallbacks")
_FIELD_FLAGS = ("required", "filled", "repeats")
_FIELD_NUMBERS = ("max_length", "template")
_FIELD_KEYS = (*_FIELD_TEXTS, "type", *_FIELD_LISTS, *_FIELD_FLAGS, *_FIELD_NUMBERS, "pii", "group")


@dataclass(frozen=True, slots=True)
class _Group:
    """Prefixes that the headers of a group of fields share (家庭成员一 + 姓名)."""

    prefixes: tuple[str, ...] = ()
    fallback_prefixes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Part:
    """What one file says: only the keys that are in it, so that `extends` can lay it over its parent."""

    document: Document
    texts: dict[str, str] = field(default_factory=dict)
    markers: tuple[str, ...] | None = None
    marked: Node | None = None
    """Where the markers stand in this file."""
    groups: dict[str, _Group] = field(default_factory=dict)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    """Field name → where it stands in this file."""
    removed: dict[str, Node] = field(default_factory=dict)
    extends: str = ""
    matching: Node | None = None


def schema_names(folders: Sequence[str | Path] = ()) -> list[str]:
    """Return the names of all schemas: the packaged ones in their order of trial, then the user's own."""
    found = names(search_path(folders))
    return sorted(found, key=lambda n: PACKAGED_ORDER.index(n) if n in PACKAGED_ORDER else len(PACKAGED_ORDER))


def load_schema(name_or_path: str | Path, folders: Sequence[str | Path] = ()) -> Schema:
    """Load a schema with the code tables it names.

    Args:
        name_or_path: `student`, or the path of a YAML file.
        folders: The user's own definition folders, searched before the packaged one; the file's own folder comes first.

    Raises:
        UserError: When there is no such schema, or schemas extend one another in a circle.
        DefinitionError: With all mistakes of one file.
    """
    path = find(name_or_path, search_path(folders), below="", missing="unknown_schema")
    return _packaged(path) if not folders and is_packaged(path) else _load(path, folders)


@cache
def _packaged(path: Path) -> Schema:
    """Load a schema that comes with xueji: it is the same as long as the process lives, with the headers it has looked up."""
    return _load(path, ())


def _load(path: Path, folders: Sequence[str | Path]) -> Schema:
    parts = _chain(path, folders)
    leaf = parts[-1]
    texts: dict[str, str] = {}
    groups: dict[str, _Group] = {}
    fields: dict[str, dict[str, Any]] = {}
    markers: tuple[str, ...] = ()
    for part in parts:
        texts |= part.texts
        groups |= part.groups
        markers = markers if part.markers is None else part.markers
        for name, node in part.removed.items():
            if fields.pop(name, None) is None:
                part.document.fail(node, "schema_remove_unknown", field=name)
        markers = tuple(m for m in markers if m not in part.removed)
        for name, keys in part.fields.items():
            fields[name] = _laid_over(fields.get(name, {}), keys)
    own = [part.document.path.parent for part in reversed(parts)]
    tables = _code_tables(leaf, fields, [*own, *folders])
    schema = Schema(
        name=leaf.texts.get("name") or leaf.document.path.stem,
        title=texts.get("title", ""),
        version=texts.get("version", ""),
        source=texts.get("source", ""),
        fields=tuple(_field(keys, groups, leaf) for keys in fields.values()),
        code_tables=tables,
        markers=markers,
        path=str(leaf.document.path),
        matching=_matching(parts, list(fields)),
    )
    _check(schema, leaf)
    leaf.document.finish()
    return schema


def load_form(name: str, folders: Sequence[str | Path] = ()) -> Schema:
    """Load one of the schemas of `forms/`, which no command tries on a table unless it asks for that form.

    Args:
        name: `headcount` or `entries`.
        folders: The user's own definition folders.

    Raises:
        UserError: When there is no such form.
        DefinitionError: With all mistakes of one file.
    """
    return load_schema(find(name, search_path(folders), below="forms", missing="unknown_schema"), folders)


def _matching(parts: Sequence[_Part], fields: Sequence[str]) -> Model | None:
    """Read the model of the most special file that has one, whole: a model is not laid over another."""
    for part in reversed(parts):
        if part.matching is not None:
            return read_model(part.document, part.matching, fields)
    return None


def _chain(path: Path, folders: Sequence[str | Path]) -> list[_Part]:
    """Return the file and all it extends, the most general first."""
    parts: list[_Part] = []
    seen: list[Path] = []
    while True:
        resolved = path.resolve()
        if resolved in seen:
            raise UserError("schema_circle", files=" → ".join(p.name for p in [*seen, resolved]))
        seen.append(resolved)
        part = _read(path)
        parts.append(part)
        if not part.extends:
            # A parent is finished first: what a child builds on must be right. The leaf's mistakes wait for its checks.
            for parent in parts[1:]:
                parent.document.finish()
            return parts[::-1]
        beside = path.parent / part.extends
        if part.extends.lower().endswith((".yaml", ".yml")):
            path = find(beside, [], below="", missing="unknown_schema")
        else:
            # A user's own student.yaml may extend the packaged `student`: a file is never its own parent by name.
            roots = [
                r for r in search_path([path.parent, *folders]) if (r / f"{part.extends}.yaml").resolve() not in seen
            ]
            path = find(part.extends, roots, below="", missing="unknown_schema")


def _read(path: Path) -> _Part:
    document = Document(path)
    part = _Part(document)
    top = document.mapping(document.root, _TOP_KEYS, "schema")
    part.texts = {key: document.text(top[key], key) for key in _TEXT_KEYS if key in top}
    part.extends = document.text(top.get("extends"), "extends")
    part.matching = top.get("matching")
    if "markers" in top:
        part.markers = document.texts(top["markers"], "markers")
        part.marked = top["markers"]
    for node in document.items(top.get("remove"), "remove"):
        part.removed[document.text(node, "remove")] = node
    for name, node in document.mapping(top.get("groups"), None, "groups").items():
        group = document.mapping(node, _GROUP_KEYS, name)
        part.groups[name] = _Group(**{key: document.texts(group[key], key) for key in group})
    for node in document.items(top.get("fields"), "fields"):
        keys = _read_field(document, node)
        name = str(keys.get("name", ""))
        if not name:
            document.fail(node, "schema_field_name")
        elif not (name.isidentifier() and name.isascii() and name == name.lower()):
            document.fail(node, "schema_field_name_form", field=name)
        elif name in part.fields:
            document.fail(node, "schema_field_twice", field=name)
        else:
            part.fields[name] = keys
            part.nodes[name] = node
    if not part.extends and not part.fields:
        document.fail(None, "schema_no_fields")
    return part


def _read_field(document: Document, node: Node) -> dict[str, Any]:
    given = document.mapping(node, _FIELD_KEYS, "fields")
    keys: dict[str, Any] = {}
    for key, value in given.items():
        if key in _FIELD_LISTS:
            keys[key] = document.texts(value, key)
        elif key in _FIELD_FLAGS:
            keys[key] = document.flag(value, key)
        elif key in _FIELD_NUMBERS:
            keys[key] = document.number(value, key)
        elif key == "type":
            keys[key] = document.choice(value, key, [t.value for t in FieldType])
        elif key == "pii":
            keys[key] = document.choice(value, key, [p.value for p in Pii])
        else:
            keys[key] = document.text(value, key)
    return keys


def _laid_over(parent: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    """Return a parent's field with the child's keys over it; headers are added to, all else is replaced."""
    joined = {
        key: (*(alias for alias in child[key] if alias not in parent.get(key, ())), *parent.get(key, ()))
        for key in _FIELD_LISTS
        if key in child
    }
    return parent | child | joined


def _field(keys: dict[str, Any], groups: dict[str, _Group], leaf: _Part) -> Field:
    """Make a field, its group's prefixes put before its headers."""
    keys = dict(keys)
    name = keys["name"]
    group_name = keys.pop("group", "")
    if group_name:
        group = groups.get(group_name)
        if group is None:
            leaf.document.fail(leaf.nodes.get(name), "schema_unknown_group", field=name, group=group_name)
            group = _Group()
        short = keys.get("aliases", ())
        keys["aliases"] = tuple(prefix + alias for prefix in group.prefixes for alias in short)
        keys["fallbacks"] = (
            *keys.get("fallbacks", ()),
            *(prefix + alias for prefix in group.fallback_prefixes for alias in short),
        )
    default = FieldType.CODE if keys.get("code") else FieldType.TEXT
    keys["type"] = FieldType(keys.get("type") or default)
    keys["pii"] = Pii(keys.get("pii") or Pii.NONE)
    keys["title"] = keys.get("title") or name
    keys["role"] = keys.get("role") or None
    keys["code"] = keys.get("code") or None
    return Field(**keys)


def _code_tables(leaf: _Part, fields: dict[str, dict[str, Any]], folders: Sequence[str | Path]) -> dict[str, CodeTable]:
    tables: dict[str, CodeTable] = {}
    for name, keys in fields.items():
        table = keys.get("code")
        if not table or table in tables:
            continue
        try:
            tables[table] = load_code_table(table, folders)
        except UserError as error:
            if error.key != "unknown_code_table":
                raise
            leaf.document.fail(leaf.nodes.get(name), error.key, **error.params)
    return tables


def _check(schema: Schema, leaf: _Part) -> None:
    """Note mistakes that only the whole schema shows."""
    document = leaf.document
    for marker in schema.markers:
        if marker not in schema.by_name:
            document.fail(leaf.marked, "schema_unknown_marker", field=marker)
    for f in schema.fields:
        if f.type is FieldType.CODE and not f.code:
            document.fail(leaf.nodes.get(f.name), "schema_code_missing", field=f.name)
    for key, rivals in schema.headers.conflicts():
        where = next((leaf.nodes[name] for name in reversed(rivals) if name in leaf.nodes), None)
        document.fail(where, "schema_header_twice", header=key, fields=", ".join(rivals))
    for attribute, error_key in (("role", "schema_role_twice"), ("template", "schema_template_twice")):
        owners: dict[object, str] = {}
        for f in schema.fields:
            value = getattr(f, attribute) or (f.name if attribute == "role" else None)
            if value is not None and owners.setdefault(value, f.name) != f.name:
                document.fail(leaf.nodes.get(f.name), error_key, value=value, fields=f"{owners[value]}, {f.name}")
