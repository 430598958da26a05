"""Where definition files are, and what they say: YAML with every scalar as text, and all mistakes with their lines.

`01` stays `01`, `NO` stays `NO`, an 18-digit number keeps its digits: nothing is inferred from the look of a scalar.
"""

from __future__ import annotations

import difflib
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xueji_cli.errors import DefinitionError, Mistake, UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from yaml.error import Mark
    from yaml.nodes import Node

SUFFIXES = (".yaml", ".yml")

_TRUE = frozenset({"true", "yes", "是"})
_FALSE = frozenset({"false", "no", "否"})


def packaged_root() -> Path:
    """Return the folder of the definitions that come with xueji: inside the wheel, or the repository's `schemas/`."""
    package = Path(__file__).resolve().parent.parent
    bundled = package / "_schemas"
    return bundled if bundled.is_dir() else package.parent / "schemas"


def is_packaged(path: Path) -> bool:
    """Say whether a definition file came with xueji, so that it stays as it is while xueji runs."""
    return packaged_root() in path.resolve().parents


def search_path(folders: Sequence[str | Path]) -> list[Path]:
    """Return the folders to search, the user's own first."""
    return [*map(Path, folders), packaged_root()]


def find(name_or_path: str | Path, roots: Sequence[Path], *, below: str, missing: str) -> Path:
    """Find a definition file by path, or by name in the given folders.

    Args:
        name_or_path: A path to a YAML file, or a name such as `student`.
        roots: Folders to search for a name, first hit wins.
        below: Subfolder of each root that holds this kind of definition (empty for the root itself).
        missing: Catalogue key of the error; gets `name` and `known`.

    Raises:
        UserError: When there is no such file.
    """
    given = Path(name_or_path)
    if given.suffix.lower() in SUFFIXES or len(given.parts) > 1:
        if given.is_file():
            return given
        raise UserError("definition_not_found", file=str(name_or_path))
    for root in roots:
        for suffix in SUFFIXES:
            path = root / below / f"{name_or_path}{suffix}"
            if path.is_file():
                return path
    raise UserError(missing, name=str(name_or_path), known=", ".join(names(roots, below=below)))


def names(roots: Sequence[Path], *, below: str = "") -> list[str]:
    """Return the names that can be given instead of a path, in alphabetical order."""
    return sorted({p.stem for root in roots for p in (root / below).glob("*") if p.suffix.lower() in SUFFIXES})


def read_text(path: Path) -> str:
    """Read a definition file: UTF-8, or GB18030 as Windows editors and Excel save it.

    Raises:
        UserError: When it can't be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError("definition_not_found", file=str(path)) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UserError("definition_encoding", file=str(path))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word most like this one, or an empty string when none is."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


class Document:
    """A YAML file under reading, and the mistakes found in it so far.

    Each reading method notes a mistake and goes on with a harmless value, so that one pass finds them all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mistakes: list[Mistake] = []
        self._keys: dict[int, Node] = {}
        self.root = self._compose()

    def _compose(self) -> Node | None:
        import yaml

        text = read_text(self.path)
        loader = getattr(
            yaml, "CLoader", yaml.Loader
        )  # the C parser is about ten times as fast; not every build has it
        try:
            root = yaml.compose(text, Loader=loader)
        except yaml.MarkedYAMLError as error:
            self.fail(error.problem_mark or error.context_mark, "definition_yaml", problem=error.problem or "")
            self.finish()
        except (yaml.YAMLError, RecursionError):
            # A character that no YAML may hold, of which the parser does not tell the line.
            if odd := yaml.reader.Reader.NON_PRINTABLE.search(text):
                before = text[: odd.start()]
                column = odd.start() - before.rfind("\n")
                wrong = UserError("definition_character", code=f"U+{ord(odd[0]):04X}")
                self.mistakes.append(Mistake(before.count("\n") + 1, wrong, column))
            else:
                self.fail(None, "definition_yaml", problem="")
            self.finish()
        if root is None:
            self.fail(None, "definition_empty")
            self.finish()
        return root

    def fail(self, where: Node | Mark | int | None, key: str, **params: object) -> None:
        """Note a mistake at a node, a mark of the parser or a line."""
        error = UserError(key, **params)
        if where is None or isinstance(where, int):
            self.mistakes.append(Mistake(where, error))
        else:
            mark: Any = getattr(where, "start_mark", where)
            self.mistakes.append(Mistake(mark.line + 1, error, mark.column + 1))

    def finish(self) -> None:
        """Report every mistake of this file, if there is any.

        Raises:
            DefinitionError: With all of them, in line order.
        """
        if self.mistakes:
            raise DefinitionError(str(self.path), sorted(self.mistakes, key=lambda m: (m.line or 0, m.column or 0)))

    def mapping(self, node: Node | None, known: Collection[str] | None, what: str) -> dict[str, Node]:
        """Read a mapping.

        Args:
            node: The node; None when the key was not given.
            known: The keys it may have; None for any.
            what: What the mapping is, for the message (a key of the file).
        """
        from yaml.nodes import MappingNode

        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            self.fail(node, "definition_not_mapping", what=what)
            return {}
        found: dict[str, Node] = {}
        for key_node, value in node.value:
            key = str(key_node.value)
            if key in found:
                self.fail(key_node, "definition_duplicate_key", word=key, what=what)
            elif known is not None and key not in known:
                near = nearest(key, known)
                if near:
                    self.fail(key_node, "definition_unknown_key_near", word=key, what=what, near=near)
                else:
                    self.fail(key_node, "definition_unknown_key", word=key, what=what, known=", ".join(known))
            else:
                found[key] = value
                self._keys[id(value)] = key_node
        return found

    def key(self, value: Node) -> Node:
        """Return the key before a value that `mapping` gave, for a mistake that lies in the key."""
        return self._keys[id(value)]

    def items(self, node: Node | None, what: str) -> list[Node]:
        """Read a list."""
        from yaml.nodes import SequenceNode

        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.fail(node, "definition_not_list", what=what)
            return []
        return list(node.value)

    def text(self, node: Node | None, what: str) -> str:
        """Read a scalar as the text it is."""
        from yaml.nodes import ScalarNode

        if node is None:
            return ""
        if not isinstance(node, ScalarNode):
            self.fail(node, "definition_not_text", what=what)
            return ""
        return unicodedata.normalize("NFC", str(node.value)).strip()

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """Read a list of scalars; a single scalar is a list of one."""
        from yaml.nodes import ScalarNode

        if isinstance(node, ScalarNode):
            return (self.text(node, what),)
        return tuple(self.text(item, what) for item in self.items(node, what))

    def flag(self, node: Node, what: str) -> bool:
        """Read true or false (yes/no, 是/否)."""
        word = self.text(node, what).lower()
        if word not in _TRUE | _FALSE:
            self.fail(node, "definition_not_flag", what=what, value=word)
        return word in _TRUE

    def number(self, node: Node, what: str) -> int | None:
        """Read a whole number above zero."""
        word = self.text(node, what)
        if word.isascii() and word.isdigit() and int(word) > 0:
            return int(word)
        self.fail(node, "definition_not_number", what=what, value=word)
        return None

    def choice(self, node: Node, what: str, known: Sequence[str]) -> str | None:
        """Read one of a few words."""
        word = self.text(node, what)
        if word in known:
            return word
        self.fail(node, "definition_not_choice", what=what, value=word, known=", ".join(known))
        return None
