"""What a run asks for besides what it finds; apart from the reading, which a run that fits into memory never needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from xueji_cli.matching.decisions import Decisions


@dataclass(frozen=True, slots=True)
class Wanted:
    """Records that are asked for, whatever comes out.

    Attributes:
        rows: Rows of any table, as Excel shows them: of `--explain`.
        decisions: What persons decided, of records that are to be found again.
    """

    rows: AbstractSet[int] = frozenset()
    decisions: Decisions | None = None


#: No record is asked for.
NOTHING = Wanted()
