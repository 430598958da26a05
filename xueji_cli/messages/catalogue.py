"""Look up sentences by key and language.

A catalogue is every TOML file of a language's folder, merged: `rules.toml` (`[ID03] title = …`), `errors.toml`, `check.toml` …
Keys of the two languages must agree; a test holds that.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("zh", "en")


@cache
def load(lang: str, part: str) -> dict[str, Any]:
    """Return one TOML file of a language, for example `load("zh", "rules")`."""
    return tomllib.loads((files(__package__) / lang / f"{part}.toml").read_text(encoding="utf-8"))


def text(lang: str, key: str, **params: object) -> str:
    """Return the sentence at `part.name…` with its named places filled.

    Args:
        lang: `zh` or `en`.
        key: Dotted: the file first, then the keys inside it, for example `errors.file_not_found`.
        params: Values for the `{named}` places.

    Raises:
        KeyError: When the catalogue has no such key (a programming error; a test looks for it).
    """
    part, *path = key.split(".")
    node: Any = load(lang, part)
    for name in path:
        node = node[name]
    return str(node).format(**params) if params else str(node)
