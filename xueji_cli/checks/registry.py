"""All rules, by code, in the order of the families: those of `xueji check`, and those of the commands that look at more."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from xueji_cli.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.checks.rule import Rule


@cache
def all_rules() -> Mapping[str, Rule]:
    """Return code → rule, of the rules that `xueji check` runs.

    Raises:
        ValueError: When two rules share a code or a slug (a programming error).
    """
    from xueji_cli.checks import (
        code_rules,
        contact_rules,
        date_rules,
        duplicate_rules,
        entry_rules,
        field_rules,
        group_rules,
        guardian_rules,
        id_rules,
        name_rules,
        photo_rules,
        roll_rules,
        status_rules,
        table_rules,
    )

    families: Sequence[Sequence[Rule]] = (
        table_rules.RULES,
        field_rules.RULES,
        id_rules.RULES,
        roll_rules.RULES,
        name_rules.RULES,
        date_rules.RULES,
        code_rules.RULES,
        contact_rules.RULES,
        guardian_rules.RULES,
        entry_rules.RULES,
        status_rules.RULES,
        photo_rules.RULES,
        duplicate_rules.RULES,
        group_rules.RULES,
    )
    rules = {rule.code: rule for family in families for rule in family}
    if len(rules) != sum(map(len, families)) or len({rule.slug for rule in rules.values()}) != len(rules):
        message = "two rules share a code or a slug"
        raise ValueError(message)
    return rules


@cache
def change_rules() -> Mapping[str, Rule]:
    """Return code → rule, of the rules that `xueji changes` runs."""
    from xueji_cli.checks.change_rules import RULES

    return {rule.code: rule for rule in RULES}


@cache
def known_rules() -> Mapping[str, Rule]:
    """Return code → rule: those of `xueji check`, and those that other commands compute.

    A rule pack and the settings may name any of them, whatever command reads them.
    """
    from xueji_cli.checks import retention_rules

    return {**all_rules(), **change_rules(), **{rule.code: rule for rule in retention_rules.RULES}}


def select(wanted: Sequence[str], ignored: Sequence[str], among: Mapping[str, Rule] | None = None) -> list[str]:
    """Return the codes that `--select` and `--ignore` leave, in order.

    Args:
        wanted: Codes (`ID03`), families (`ID`) or slugs; empty for all.
        ignored: The same, taken away from what is wanted.
        among: The rules of the command; those of `xueji check` if not given. Words may name rules of other commands, since one
            settings file serves them all.

    Raises:
        UserError: When a word names no rule, or only rules of other commands are wanted.
    """
    rules = known_rules()
    own = all_rules() if among is None else among

    def matching(word: str) -> set[str]:
        found = {
            c for c, rule in rules.items() if c == word.upper() or c[:2] == word.upper() or rule.slug == word.lower()
        }
        if not found:
            raise UserError("unknown_rule", name=word, families=" ".join(sorted({code[:2] for code in rules})))
        return found

    kept = set().union(*map(matching, wanted)) if wanted else set(rules)
    dropped = set().union(*map(matching, ignored)) if ignored else set()
    if kept and not kept & set(own):
        raise UserError("rules_of_other_command", names=", ".join(wanted))
    return [code for code in own if code in kept - dropped]
