"""Check definition files of any kind by path or name: what `xueji schema check` does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xueji_cli.schema.codetables import code_table_names, load_code_table, read_code_table
from xueji_cli.schema.definitions import Document
from xueji_cli.schema.loading import load_schema, schema_names
from xueji_cli.schema.rulepack import FOLDER, load_rulepack, rulepack_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Checked:
    """A definition without mistakes; `kind` is schema, codes or rulepack, `size` counts fields, entries or rules."""

    kind: str
    name: str
    title: str
    size: int
    path: str


def everything(folders: Sequence[str | Path] = ()) -> list[tuple[str, str]]:
    """Return (kind, name) of every definition that can be found."""
    return [
        *(("schema", name) for name in schema_names(folders)),
        *(("codes", name) for name in code_table_names(folders)),
        *(("rulepack", name) for name in rulepack_names(folders)),
    ]


def kind_of(target: str, folders: Sequence[str | Path] = ()) -> str:
    """Say what kind of definition a path or name means; an unknown name counts as a schema.

    Raises:
        UserError: When a path can't be read.
        DefinitionError: When it is no YAML.
    """
    path = Path(target)
    if path.suffix.lower() == ".csv":
        return "codes"
    if path.is_file():
        document = Document(path)
        top = document.mapping(document.root, None, "schema")
        return "rulepack" if "rules" in top or path.parent.name == FOLDER else "schema"
    return next((kind for kind, name in everything(folders) if name == target), "schema")


def check_definition(
    kind: str, target: str, folders: Sequence[str | Path], known_codes: Mapping[str, Mapping[str, str]]
) -> Checked:
    """Load a definition and say what it is.

    Args:
        kind: schema, codes or rulepack.
        target: Path or name.
        folders: The user's own definition folders.
        known_codes: Rule code → its parameters, for rule packs.

    Raises:
        UserError: When there is no such definition.
        DefinitionError: With all mistakes of its file.
    """
    if kind == "codes":
        is_path = Path(target).suffix.lower() == ".csv"
        table = read_code_table(Path(target)) if is_path else load_code_table(target, folders)
        return Checked(kind, table.name, table.title, len(table.entries), target if is_path else "")
    if kind == "rulepack":
        pack = load_rulepack(target, folders, known_codes)
        return Checked(kind, pack.name, pack.title, len(pack.rules), "")
    schema = load_schema(target, folders)
    return Checked(kind, schema.name, schema.title, len(schema.fields), schema.path)
