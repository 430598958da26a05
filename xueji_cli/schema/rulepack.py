"""Rule packs: the parameters, severities and clauses that differ between the nation, a province and a county."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class RuleOverride:
    """What a pack (or the user's settings) says about one rule."""

    severity: str | None = None
    """error, warning, notice or off."""
    source: str | None = None
    """The clause, where it differs from the rule's own."""
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RulePack:
    """A named set of parameters and overrides.

    Attributes:
        name: What `--rules` takes.
        title: 中文 name.
        version: Date of the document it follows.
        source: The document.
        rules: Rule code → override. A pack that extends another starts from that one's rules.
    """

    name: str
    title: str
    version: str
    source: str
    rules: Mapping[str, RuleOverride] = field(default_factory=dict)
