"""Rule packs: the parameters, severities and clauses that differ between the nation, a province and a county."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xueji_cli.errors import UserError
from xueji_cli.schema.definitions import Document, find, names, nearest, search_path
from xueji_cli.schema.parameters import wanted_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from yaml.nodes import Node

#: Folder of the packs inside a definition folder.
FOLDER = "rulepacks"

#: What a pack may set a rule to.
SEVERITIES = ("error", "warning", "notice", "off")

_TEXT_KEYS = ("name", "title", "version", "source")
_RULE_KEYS = ("severity", "source", "params")


@dataclass(frozen=True, slots=True)
class RuleOverride:
    """What a pack (or the user's settings) says about one rule."""

    severity: str | None = None
    """error, warning, notice or off."""
    source: str | None = None
    """The clause, where it differs from the rule's own."""
    params: Mapping[str, str] = field(default_factory=dict)

    def over(self, base: RuleOverride) -> RuleOverride:
        """Return this override laid over another: what it does not say stays as it was."""
        return RuleOverride(
            severity=self.severity or base.severity,
            source=self.source or base.source,
            params={**base.params, **self.params},
        )


@dataclass(frozen=True, slots=True)
class RulePack:
    """A named set of parameters and overrides.

    Attributes:
        name: What `--rules` takes.
        title: 中文 name.
        version: Date of the document it follows.
        source: The document.
        rules: Rule code → override. A pack that extends another starts from that one's rules.
    """

    name: str
    title: str
    version: str
    source: str
    rules: Mapping[str, RuleOverride] = field(default_factory=dict)


def rulepack_names(folders: Sequence[str | Path] = ()) -> list[str]:
    """Return the names of all rule packs, in alphabetical order."""
    return names(search_path(folders), below=FOLDER)


def load_rulepack(
    name_or_path: str | Path,
    folders: Sequence[str | Path] = (),
    known_codes: Mapping[str, Mapping[str, str]] | None = None,
) -> RulePack:
    """Load a rule pack and those it extends.

    Args:
        name_or_path: `national-2013`, or the path of a YAML file.
        folders: The user's own definition folders; each may hold a `rulepacks` folder.
        known_codes: Rule code → its parameters with their defaults, to find codes and parameters that don't exist;
            None to leave that unchecked.

    Raises:
        UserError: When there is no such pack, or packs extend one another in a circle.
        DefinitionError: With all mistakes of one file.
    """
    path = find(name_or_path, search_path(folders), below=FOLDER, missing="unknown_rulepack")
    seen: list[Path] = []
    packs: list[RulePack] = []
    while True:
        resolved = path.resolve()
        if resolved in seen:
            raise UserError("schema_circle", files=" → ".join(p.name for p in [*seen, resolved]))
        seen.append(resolved)
        pack, parent = _read(path, known_codes)
        packs.append(pack)
        if not parent:
            break
        path = _parent(parent, path, folders, seen)
    rules: dict[str, RuleOverride] = {}
    for pack in reversed(packs):
        for code, override in pack.rules.items():
            rules[code] = override.over(rules.get(code, RuleOverride()))
    leaf = packs[0]
    return RulePack(leaf.name, leaf.title, leaf.version, leaf.source, dict(sorted(rules.items())))


def _parent(name: str, path: Path, folders: Sequence[str | Path], seen: Sequence[Path]) -> Path:
    if name.lower().endswith((".yaml", ".yml")):
        return find(path.parent / name, [], below=FOLDER, missing="unknown_rulepack")
    beside = path.parent / f"{name}.yaml"
    if beside.is_file() and beside.resolve() not in seen:
        return beside
    # A user's own anhui.yaml may extend the packaged `anhui`: a file is never its own parent by name.
    roots = [r for r in search_path(folders) if (r / FOLDER / f"{name}.yaml").resolve() not in seen]
    return find(name, roots, below=FOLDER, missing="unknown_rulepack")


def _read(path: Path, known_codes: Mapping[str, Mapping[str, str]] | None) -> tuple[RulePack, str]:
    """Return what one file says, and the name of the pack it extends."""
    document = Document(path)
    top = document.mapping(document.root, (*_TEXT_KEYS, "extends", "rules"), "rulepack")
    texts = {key: document.text(top.get(key), key) for key in _TEXT_KEYS}
    rules: dict[str, RuleOverride] = {}
    nodes = document.mapping(_or_none(top.get("rules")), None, "rules")
    for code, node in nodes.items():
        if known_codes is not None and code not in known_codes:
            document.fail(
                document.key(node), "rulepack_unknown_rule", code=code, near=nearest(code, known_codes) or "-"
            )
        else:
            rules[code] = _override(document, code, node, known_codes)
    parent = document.text(top.get("extends"), "extends")
    document.finish()
    name = texts["name"] or path.stem
    return RulePack(name, texts["title"] or name, texts["version"], texts["source"], rules), parent


def _or_none(node: Node | None) -> Node | None:
    """Return None for a key with nothing after it (`rules:`), which YAML reads as an empty scalar."""
    return None if node is not None and node.value == "" else node


def _override(
    document: Document, code: str, node: Node, known_codes: Mapping[str, Mapping[str, str]] | None
) -> RuleOverride:
    keys = document.mapping(_or_none(node), _RULE_KEYS, code)
    severity = document.choice(keys["severity"], "severity", SEVERITIES) if "severity" in keys else None
    source = document.text(keys.get("source"), "source") or None
    known = None if known_codes is None else known_codes[code]
    params: dict[str, str] = {}
    for name, value in document.mapping(_or_none(keys.get("params")), None, "params").items():
        if known is not None and name not in known:
            document.fail(
                document.key(value), "rulepack_unknown_param", code=code, param=name, known=", ".join(known) or "-"
            )
        else:
            params[name] = document.text(value, name)
            if examples := wanted_form(name, params[name]):
                document.fail(value, "bad_setting", word=f"{code}.{name}", value=params[name], known=examples)
    return RuleOverride(severity, source, params)
