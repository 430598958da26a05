"""What a rule is: a code for ever, and a Polars expression with three answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field, Pii, Schema


class Severity(StrEnum):
    """How bad a finding is; the order of the members is the order of weight."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says about a column of rows.

    Attributes:
        fits: Boolean expression: True fits, False is a finding, null does not apply.
        p1: First value that the message names, if any (an expected value, the other column's value).
        p2: Second value.
    """

    fits: pl.Expr
    p1: pl.Expr | None = None
    p2: pl.Expr | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Facts about a rule, whatever way it is computed.

    Text (title, message, suggestion, reason, example) is in the catalogues under the rule's code.

    Attributes:
        code: Two letters and two digits, never reused.
        slug: Names the bad pattern; reads well after the word *allow*.
        severity: Default severity.
        source: The clause or standard it follows; `[经验]` where there is none.
        params: Parameters with their defaults; packs and settings override them.
        pii1: How `p1` in its message is masked.
        pii2: How `p2` is masked.
        needs: Roles that must be in the table besides the one it reports on; otherwise the rule is skipped, and said so.
        fixable: `xueji clean` has a safe repair.
    """

    code: str
    slug: str
    severity: Severity
    source: str
    params: Mapping[str, str] = field(default_factory=dict)
    pii1: Pii | None = None
    pii2: Pii | None = None
    needs: tuple[str, ...] = ()
    fixable: bool = False


@dataclass(frozen=True, slots=True)
class RowRule(Rule):
    """A rule about one row, reported on one field.

    Attributes:
        on: The fields of a schema it reports on (several for a rule such as "a required cell is empty").
        build: (context, field) → verdict.
        after: Codes of basic rules: a cell that failed one of them is not judged by this rule.
    """

    on: Callable[[Schema], list[Field]] = field(kw_only=True)
    build: Callable[[Context, Field], Verdict] = field(kw_only=True)
    after: tuple[str, ...] = ()
