"""Where the keys of a TOML file stand: Python's reader gives their values only, and a mistake is to be found in the file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from xueji_cli.errors import Mistake, UserError

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_TABLE = re.compile(rf"^\s*\[\[?[ \t]*({_DOTTED})[ \t]*\]")
_VALUE = re.compile(rf"^\s*({_DOTTED})[ \t]*=")
_LONG = re.compile(r'"""|\'\'\'')
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")

#: Lines that are left out one after the other to see what else is wrong; a file with more faults than that is no settings file.
_MOST = 20


@dataclass(slots=True)
class TomlText:
    """A TOML file as read.

    Attributes:
        values: What it says, without the lines that can't be read.
        mistakes: Those lines.
        whole: Whether the rest still means what it meant: no heading is among them.
        places: Keys from the top → line and column, both from 1.
    """

    values: dict[str, Any] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    whole: bool = True
    places: dict[tuple[str, ...], tuple[int, int]] = field(default_factory=dict)

    def mistake(self, error: UserError, *keys: str) -> Mistake:
        """Return a mistake with the place of a key, or of the nearest above it that has one."""
        folded = tuple(key.casefold() for key in keys)
        while folded and folded not in self.places:
            folded = folded[:-1]
        line, column = self.places.get(folded, (None, None))
        return Mistake(line, error, column)


def read_toml(text: str) -> TomlText:
    """Read a TOML file; lines that can't be read are noted, and the others read all the same."""
    lines = text.replace("\r\n", "\n").split("\n")
    read = TomlText(places=_places(lines))
    for _ in range(_MOST):
        try:
            read.values = tomllib.loads("\n".join(lines))
            return read
        except tomllib.TOMLDecodeError as error:
            place = _PLACE.search(str(error))
            filled = [number for number, line in enumerate(lines, 1) if line.strip()]
            line, column = (int(place[1]), int(place[2])) if place else (filled[-1], None)
            key = "toml_twice" if "verwrite" in str(error) or "declare" in str(error) else "bad_toml"
            read.mistakes.append(Mistake(line, UserError(key), column))
            if line not in filled:
                break
            read.whole &= not lines[line - 1].lstrip().startswith("[")
            lines[line - 1] = ""
        except (RecursionError, ValueError):  # brackets in brackets without end; a number of thousands of digits
            read.mistakes.append(Mistake(None, UserError("bad_toml")))
            break
    # One fault that reaches to the end looks like many: an array that is never closed.
    return TomlText(mistakes=read.mistakes[:1], whole=False)


def _places(lines: list[str]) -> dict[tuple[str, ...], tuple[int, int]]:
    found: dict[tuple[str, ...], tuple[int, int]] = {}
    table: tuple[str, ...] = ()
    inside = False
    for number, line in enumerate(lines, 1):
        if inside:
            inside = len(_LONG.findall(line)) % 2 == 0
            continue
        if match := _TABLE.match(line):
            table = _split(match[1])
            found.setdefault(table, (number, match.start(1) + 1))
        elif match := _VALUE.match(line):
            found.setdefault((*table, *_split(match[1])), (number, match.start(1) + 1))
            inside = len(_LONG.findall(line)) % 2 == 1
    return found


def _split(dotted: str) -> tuple[str, ...]:
    """Take a dotted key apart, without regard to case."""
    keys = []
    try:
        node: Any = tomllib.loads(f"{dotted} = 0")
    except (tomllib.TOMLDecodeError, RecursionError):
        return (dotted.casefold(),)
    while isinstance(node, dict):
        key, node = next(iter(node.items()))
        keys.append(key.casefold())
    return tuple(keys)
