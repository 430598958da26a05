"""What a file made for a school or a class is called: a name that every system takes, whatever the cell says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+')
#: Devices of Windows, which no file may be called, whatever its suffix.
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)
#: Linux allows 255 bytes for a name, Windows 255 characters; what is added (a number, a suffix) fits beside this.
_MOST_BYTES = 200
_MOST_CHARACTERS = 80


def file_names(
    names: Sequence[str], *, ending: str = "", taken: Iterable[str] = (), numbered: str = "{} ({})"
) -> list[str]:
    """Return names of files that every system takes, each different even where letters' case does not count.

    Args:
        names: As people write them: names of schools, classes, files.
        ending: What comes after each: `-核查.xlsx`.
        taken: Whole names of files that are given already.
        numbered: How a name is written that would come again: with its number from 2.
    """
    used = {unicodedata.normalize("NFC", name).casefold() for name in taken}
    chosen = []
    # A number stands before the suffix: 名册-核查-2.xlsx.
    middle, dot, suffix = ending.rpartition(".") if "." in ending else (ending, "", "")
    for name in names:
        plain = _plain(name)
        wanted, number = f"{plain}{ending}", 2
        while wanted.casefold() in used:
            wanted = f"{numbered.format(plain + middle, number)}{dot}{suffix}"
            number += 1
        used.add(wanted.casefold())
        chosen.append(wanted)
    return chosen


def reserved(name: str) -> bool:
    """Whether Windows takes a name for one of its devices, so that what is written to it is lost or waits for a printer."""
    return _RESERVED.match(name) is not None


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFC", _UNSAFE.sub("_", name)).strip(" .")[:_MOST_CHARACTERS]
    plain = plain.encode()[:_MOST_BYTES].decode(errors="ignore").strip(" .") or "_"
    return f"_{plain}" if reserved(plain) else plain
