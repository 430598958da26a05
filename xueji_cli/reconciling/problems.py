"""What an input says that can't be used: where it stands and why. Nothing is skipped or guessed in silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the inputs that the user should know; the sentence is `reconcile.problems.<key>` of the catalogues.

    Attributes:
        key: Which sentence.
        fatal: Something could not be used, so that the result is not whole; else it was used and is told.
        file: Where it stands.
        sheet: Its sheet.
        row: As Excel shows it.
        letter: Letters of the column, as Excel shows them.
        params: Values for the places of the sentence; never anything about a person.
    """

    key: str
    fatal: bool
    file: str = ""
    sheet: str | None = None
    row: int | None = None
    letter: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
