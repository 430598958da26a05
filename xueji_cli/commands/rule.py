"""`xueji rule`: what a rule looks for, why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from xueji_cli.commands import options

if TYPE_CHECKING:
    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.console import Console


def rule(
    ctx: typer.Context,
    codes: Annotated[list[str] | None, typer.Argument(metavar="[CODE...]", show_default=False)] = None,
    rules: options.Pack = None,
    format: options.PlainFormat = "text",
    config: options.Config = None,
    lang: options.Lang = None,
) -> int:
    """Explain rules."""
    from xueji_cli.checks.activation import activate, known_parameters
    from xueji_cli.checks.registry import known_rules, select
    from xueji_cli.commands.start import start
    from xueji_cli.schema.rulepack import load_rulepack

    console, settings = start(ctx)
    pack = load_rulepack(settings.rules, settings.schema_folders, known_parameters())
    chosen = select(codes or [], [], known_rules())
    # Every rule is named, so that those that are off are shown as well.
    active = activate(pack, settings.rule_overrides, list(known_rules()), [], settings.file or "", known_rules())
    if format == "json":
        import json

        listed = [_as_data(active[code], console.lang) for code in chosen]
        console.payload(json.dumps(listed, ensure_ascii=False, indent=1) + "\n")
    elif codes:
        console.payload("\n".join(_page(active[code], console) for code in chosen))
    else:
        from xueji_cli.commands.columns import aligned

        console.payload(aligned([_row(active[code], console) for code in chosen], console.width))
    return 0


def _words(active: ActiveRule, lang: str) -> dict[str, str]:
    from xueji_cli.messages import catalogue

    words: dict[str, str] = catalogue.load(lang, "rules")[active.rule.code]
    return words


def _as_data(active: ActiveRule, lang: str) -> dict[str, object]:
    rule = active.rule
    return {
        "code": rule.code,
        "slug": rule.slug,
        "severity": active.severity.value,
        "source": active.source,
        "params": dict(active.params),
        "fixable": rule.fixable,
        **_words(active, lang),
    }


def _row(active: ActiveRule, console: Console) -> list[str]:
    severity = console.text(f"check.severity.{active.severity}")
    return [active.rule.code, severity, _words(active, console.lang)["title"], active.rule.slug]


def _page(active: ActiveRule, console: Console) -> str:
    words = _words(active, console.lang)
    rule = active.rule
    lines = [f"{rule.code}  {words['title']}  ({rule.slug})", ""]
    rows = [
        ("severity", console.text(f"check.severity.{active.severity}")),
        ("why", words["why"]),
        ("suggestion", words["suggestion"]),
        ("example", words.get("example", "")),
        ("source", active.source),
        ("params", ", ".join(f"{name} = {value or '-'}" for name, value in active.params.items())),
        ("fixable", console.text("cli.rule.yes") if rule.fixable else ""),
    ]
    lines += [f"{console.text(f'cli.rule.{name}')}{value}" for name, value in rows if value]
    return "\n".join(lines) + "\n"
