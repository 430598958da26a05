"""What came of writing a report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """Files that were written, the one to open first in front, and sentences the user should read about them."""

    paths: tuple[str, ...]
    notes: tuple[str, ...] = ()
