"""`xueji codes`: the code tables and the standards they follow."""

from __future__ import annotations

import json

import typer

from xueji_cli.commands import options
from xueji_cli.commands.help import Command, Group
from xueji_cli.commands.schema import Name
from xueji_cli.commands.start import start

codes_app = typer.Typer(cls=Group, no_args_is_help=True)


@codes_app.command("list", cls=Command)
def codes_list(
    ctx: typer.Context,
    format: options.PlainFormat = "text",
    config: options.Config = None,
    lang: options.Lang = None,
) -> int:
    """List code tables."""
    from xueji_cli.commands.columns import aligned
    from xueji_cli.schema.codetables import code_table_names, load_code_table

    console, settings = start(ctx)
    own = settings.schema_folders
    tables = [load_code_table(name, own) for name in code_table_names(own)]
    if format == "json":
        keys = ("name", "title", "source", "edition", "accept_codes", "note")
        data = [{**{key: getattr(t, key) for key in keys}, "entries": len(t.entries)} for t in tables]
        console.payload(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
        return 0
    rows = [
        [t.name, t.title, console.text("schema.entries", count=len(t.entries)), t.edition, t.source] for t in tables
    ]
    console.payload(aligned(rows, console.width))
    return 0


@codes_app.command("show", cls=Command)
def codes_show(
    ctx: typer.Context,
    name: Name,
    format: options.PlainFormat = "text",
    config: options.Config = None,
    lang: options.Lang = None,
) -> int:
    """Show a code table."""
    from dataclasses import asdict

    from xueji_cli.commands.columns import aligned
    from xueji_cli.schema.codetables import load_code_table

    console, settings = start(ctx)
    table = load_code_table(name, settings.schema_folders)
    if format == "json":
        console.payload(json.dumps(asdict(table), ensure_ascii=False, indent=1) + "\n")
        return 0
    rows = [[console.text(f"schema.column_{key}") for key in ("code", "label", "listed", "accepted", "spellings")]]
    for entry in table.entries:
        listed = console.text("schema.listed") if entry.listed else ""
        rows.append([entry.code, entry.label, listed, "、".join(entry.accepted), "、".join(entry.aliases)])
    head = [f"{table.name}  {table.title}", f"{table.source}  {table.edition}".strip(), table.note]
    head.append(console.text("schema.codes_accepted" if table.accept_codes else "schema.codes_refused"))
    console.payload("\n".join(line for line in head if line) + "\n\n" + aligned(rows, console.width))
    return 0
