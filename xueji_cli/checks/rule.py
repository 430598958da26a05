"""What a rule is: a code for ever, and a Polars expression with three answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from xueji_cli.checks.context import Context, GroupContext
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
    option: str | None = None
    """The option or parameter without which the rule has nothing to compare with (`--photos`)."""


@dataclass(frozen=True, slots=True)
class ActiveRule:
    """A rule as a run applies it: severity, clause and parameters after the rule pack and the user's settings."""

    rule: Rule
    severity: Severity
    source: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rule that could not be applied to a table, and why.

    `missing` names what it lacks: titles of fields, or an option.
    """

    code: str
    table: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowRule(Rule):
    """A rule about one row, reported on one field.

    Attributes:
        on: Roles it reports on, or a function that picks fields (all that must be filled, all ID numbers).
        build: (context, field) → verdict, or None when the rule has nothing to say about this field of this table.
    """

    on: str | Callable[[Schema], list[Field]] = field(kw_only=True)
    build: Callable[[Context, Field], Verdict | None] = field(kw_only=True)

    def fields(self, schema: Schema) -> list[Field]:
        """Return the fields of a schema that this rule reports on."""
        if isinstance(self.on, str):
            return [schema.by_role[self.on]] if self.on in schema.by_role else []
        return self.on(schema)


@dataclass(frozen=True, slots=True)
class TableRule(Rule):
    """A rule about a table as such, told from the facts its reader noted.

    Attributes:
        fact: `Fact.key` that it turns into a finding.
        says1: Parameter of the fact that becomes `p1`.
        says2: Parameter that becomes `p2`.
    """

    fact: str = field(kw_only=True)
    says1: str | None = None
    says2: str | None = None


@dataclass(frozen=True, slots=True)
class GroupRule(Rule):
    """A rule over many rows, of all files given together.

    Attributes:
        on: The role its findings stand on.
        find: (context) → findings: `table`, `row`, and of `value`, `p1`, `p2`, `related`, `others` those it has.
    """

    on: str = field(kw_only=True)
    find: Callable[[GroupContext], pl.DataFrame] = field(kw_only=True)

    def fields(self, schema: Schema) -> list[Field]:
        """Return the field of a schema that this rule reports on."""
        return [schema.by_role[self.on]] if self.on in schema.by_role else []
