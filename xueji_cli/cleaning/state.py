"""What was cleaned already: the digest of every input, in a file, for jobs that run every night."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xueji_cli.errors import InputError
from xueji_cli.tables.writing import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SCHEMA = "xueji/clean-state/v1"


@dataclass(frozen=True, slots=True)
class State:
    """Digests of files.

    Attributes:
        options: Digest of the options that the results hang on: with other options everything is cleaned anew.
        files: Path → SHA-256 of its bytes.
    """

    options: str
    files: Mapping[str, str]


def now(paths: Iterable[str], told: Mapping[str, object]) -> State:
    """Return the state of files as they are; those that can't be read have none, and count as changed."""
    files = {}
    for path in paths:
        try:
            with Path(path).open("rb") as stream:
                files[path] = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            continue
    text = json.dumps(told, sort_keys=True, ensure_ascii=True, default=str)
    return State(hashlib.sha256(text.encode()).hexdigest(), files)


def changed(before: State | None, after: State, paths: Sequence[str]) -> list[str]:
    """Return the files that are new or have changed, in their order."""
    if before is None or before.options != after.options:
        return list(paths)
    return [path for path in paths if path not in after.files or before.files.get(path) != after.files[path]]


def load(path: str) -> State | None:
    """Read a state file; None when there is none yet.

    Raises:
        InputError: `clean_bad_state`.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise InputError("clean_bad_state", file=path) from None
    try:
        said = json.loads(text)
        if said["schema"] != _SCHEMA:
            raise InputError("clean_bad_state", file=path)
        return State(str(said["options"]), {str(name): str(digest) for name, digest in said["files"].items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("clean_bad_state", file=path) from None


def save(path: str, state: State, *, without: Iterable[str], inputs: Iterable[str]) -> None:
    """Write a state file, whole or not at all; files that could not be read are tried again next time."""
    left_out = set(without)
    files = {name: digest for name, digest in sorted(state.files.items()) if name not in left_out}
    document = {"schema": _SCHEMA, "options": state.options, "files": files}
    with whole_file(path, inputs=inputs) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
