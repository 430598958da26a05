"""Which rules a run applies, and how: the rule's defaults, then the rule pack, then the user's settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xueji_cli.checks.registry import all_rules, known_rules, select
from xueji_cli.checks.rule import ActiveRule, Severity
from xueji_cli.errors import DefinitionError, Mistake, UserError
from xueji_cli.schema.parameters import wanted_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.checks.rule import Rule
    from xueji_cli.schema.rulepack import RulePack

#: In place of a severity: the rule does not run.
OFF = "off"


def known_parameters() -> dict[str, Mapping[str, str]]:
    """Return rule code → its parameters with their defaults, for whoever checks a rule pack."""
    return {code: rule.params for code, rule in known_rules().items()}


def activate(
    pack: RulePack,
    overrides: Mapping[str, Mapping[str, str]],
    wanted: Sequence[str],
    ignored: Sequence[str],
    file: str = "",
    among: Mapping[str, Rule] | None = None,
) -> dict[str, ActiveRule]:
    """Return the rules of a run.

    Args:
        pack: The rule pack.
        overrides: Rule code → `severity` and parameters from the user's settings.
        wanted: `--select`; a rule that is selected by name runs even when the pack has it off.
        ignored: `--ignore`.
        file: The settings file, for error messages.
        among: The rules of the command; those of `xueji check` if not given.

    Raises:
        UserError: When `wanted` or `ignored` names no rule.
        DefinitionError: When the settings name a rule, parameter or severity that does not exist.
    """
    rules = all_rules() if among is None else among
    if wrong := mistakes_of(overrides):
        raise DefinitionError(file, _placed(wrong, file))
    active: dict[str, ActiveRule] = {}
    for code in select(wanted, ignored, rules):
        rule = rules[code]
        said = pack.rules.get(code)
        own = dict(overrides.get(code, {}))
        severity = own.pop("severity", None) or (said.severity if said else None) or rule.severity.value
        if severity == OFF:
            if code not in {word.upper() for word in wanted}:
                continue
            severity = rule.severity.value
        active[code] = ActiveRule(
            rule=rule,
            severity=Severity(severity),
            source=(said.source if said and said.source else rule.source),
            params={**rule.params, **(said.params if said else {}), **own},
        )
    return active


def _placed(wrong: Sequence[tuple[tuple[str, ...], UserError]], file: str) -> list[Mistake]:
    """Say where in the settings file each mistake stands."""
    from xueji_cli.schema.tomlplaces import read_toml

    try:
        read = read_toml(Path(file).read_text(encoding="utf-8-sig"))
    except OSError:  # they did not come from a file
        return [Mistake(None, error) for _, error in wrong]
    placed = [read.mistake(error, "rule", *keys) for keys, error in wrong]
    return sorted(placed, key=lambda each: (each.line or 0, each.column or 0))


def mistakes_of(overrides: Mapping[str, Mapping[str, str]]) -> list[tuple[tuple[str, ...], UserError]]:
    """Return what is wrong with the rules of a settings file: the keys below `rule` that lead to it, and the mistake."""
    rules = known_rules()
    found: list[tuple[tuple[str, ...], UserError]] = []
    for code, params in overrides.items():
        if code not in rules:
            families = " ".join(sorted({c[:2] for c in rules}))
            found.append(((code,), UserError("unknown_rule", name=code, families=families)))
            continue
        for name, value in params.items():
            if name == "severity":
                if value not in (*Severity, OFF):
                    known = ", ".join([*Severity, OFF])
                    found.append(
                        ((code, name), UserError("bad_setting", word=f"{code}.severity", value=value, known=known))
                    )
            elif name not in rules[code].params:
                known = ", ".join(rules[code].params) or "-"
                found.append(((code, name), UserError("rulepack_unknown_param", code=code, param=name, known=known)))
            elif known := wanted_form(name, value):
                found.append(((code, name), UserError("bad_setting", word=f"{code}.{name}", value=value, known=known)))
    return found
