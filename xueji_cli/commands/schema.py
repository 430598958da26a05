"""`xueji schema`: the definitions of fields, and empty workbooks made from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xueji_cli.commands import options
from xueji_cli.commands.help import Command, Group
from xueji_cli.commands.start import start

if TYPE_CHECKING:
    from xueji_cli.console import Console
    from xueji_cli.schema.model import Field, Schema

USAGE = 2

#: Headers of a field that its page shows; `--format json` has them all.
SHOWN_HEADERS = 30

schema_app = typer.Typer(cls=Group, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


@schema_app.command("list", cls=Command)
def schema_list(
    ctx: typer.Context,
    format: options.PlainFormat = "text",
    config: options.Config = None,
    lang: options.Lang = None,
) -> int:
    """List schemas."""
    from xueji_cli.commands.columns import aligned
    from xueji_cli.schema.loading import load_schema, schema_names

    console, settings = start(ctx)
    own = settings.schema_folders
    schemas = [load_schema(name, own) for name in schema_names(own)]
    if format == "json":
        keys = ("name", "title", "version", "source", "path")
        _write_json(console, [{**{k: getattr(s, k) for k in keys}, "fields": len(s.fields)} for s in schemas])
        return 0
    rows = [[s.name, s.title, console.text("schema.fields", count=len(s.fields)), s.version, s.source] for s in schemas]
    console.payload(aligned(rows, console.width))
    return 0


@schema_app.command("show", cls=Command)
def schema_show(
    ctx: typer.Context,
    name: Name,
    only: Annotated[list[str] | None, typer.Argument(metavar="[FIELD...]", show_default=False)] = None,
    format: options.PlainFormat = "text",
    config: options.Config = None,
    lang: options.Lang = None,
) -> int:
    """Show a schema."""
    from xueji_cli.schema.loading import load_schema

    console, settings = start(ctx)
    schema = load_schema(name, settings.schema_folders)
    chosen = [field for text in only or [] for field in _meant(text, schema)]
    if format == "json":
        _write_json(console, _schema_as_data(schema, chosen or list(schema.fields)))
    elif chosen:
        console.payload("\n".join(_field_page(field, console) for field in chosen))
    else:
        console.payload(_schema_page(schema, console))
    return 0


@schema_app.command("check", cls=Command)
def schema_check(
    ctx: typer.Context,
    definitions: Annotated[list[str] | None, typer.Argument(metavar="[FILE...]", show_default=False)] = None,
    config: options.Config = None,
    lang: options.Lang = None,
) -> int:
    """Check definition files."""
    from xueji_cli.checks.activation import known_parameters
    from xueji_cli.errors import UserError
    from xueji_cli.schema.checking import check_definition, everything, kind_of

    console, settings = start(ctx)
    own = settings.schema_folders
    known = known_parameters()
    failed = False
    targets: list[tuple[str | None, str]] = [(None, target) for target in definitions or []]
    for kind, target in targets or everything(own):
        try:
            checked = check_definition(kind or kind_of(target, own), target, own, known)
        except UserError as error:
            console.user_error(error)
            failed = True
            continue
        words = {"name": target if definitions else checked.name, "title": checked.title, "count": checked.size}
        console.payload(console.text(f"schema.right_{checked.kind}", **words) + "\n")
    return USAGE if failed else 0


@schema_app.command("export", cls=Command)
def schema_export(
    ctx: typer.Context,
    name: Name,
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="FILE")] = None,
    template: Annotated[bool, typer.Option("--template")] = False,
    config: options.Config = None,
    lang: options.Lang = None,
) -> int:
    """Write a schema, or an empty import workbook."""
    from xueji_cli.errors import UserError
    from xueji_cli.schema.definitions import read_text
    from xueji_cli.schema.loading import load_schema
    from xueji_cli.tables.writing import whole_file

    console, settings = start(ctx)
    schema = load_schema(name, settings.schema_folders)
    if output is None and not template:
        console.payload(read_text(Path(schema.path)))
        return 0
    if output is None or (template and Path(output).suffix.lower() != ".xlsx"):
        raise UserError("template_output", name=schema.name)
    if not template and Path(output).suffix.lower() not in (".yaml", ".yml"):
        raise UserError("schema_output", name=schema.name)
    if Path(output).exists():
        # Somebody may have filled it in, or changed it, since it was exported.
        raise UserError("export_exists", file=output)
    if template:
        from xueji_cli.messages import catalogue
        from xueji_cli.schema.template import template_workbook

        content = template_workbook(schema, catalogue.load(console.lang, "schema")["template"])
    else:
        content = read_text(Path(schema.path)).encode()
    with whole_file(output) as temporary:
        temporary.write_bytes(content)
    console.note(console.text("schema.written", file=output))
    return 0


def _meant(text: str, schema: Schema) -> list[Field]:
    """Return the fields that a name, title or header may mean.

    Raises:
        UserError: When it means none.
    """
    from xueji_cli.errors import UserError
    from xueji_cli.schema.definitions import nearest

    found = [schema.by_name[claim.field] for claim in schema.headers.claims(text)]
    if not found:
        near = nearest(text, [*schema.by_name, *(field.title for field in schema.fields)]) or schema.fields[0].title
        raise UserError("unknown_field", field=text, near=near, schema=schema.name)
    return found


def _write_json(console: Console, data: object) -> None:
    console.payload(json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def _schema_as_data(schema: Schema, fields: list[Field]) -> dict[str, Any]:
    from dataclasses import asdict

    keys = ("name", "title", "version", "source", "markers", "path")
    return {**{key: getattr(schema, key) for key in keys}, "fields": [asdict(field) for field in fields]}


def _schema_page(schema: Schema, console: Console) -> str:
    from xueji_cli.commands.columns import aligned

    rows = [[console.text(f"schema.column_{key}") for key in ("name", "title", "type", "must", "template", "aliases")]]
    for field in schema.fields:
        must = "required" if field.required else "filled" if field.filled else "optional"
        kind = f"{field.type}:{field.code}" if field.code else field.type
        aliases = "、".join((*field.aliases, *field.fallbacks))
        rows.append(
            [field.name, field.title, kind, console.text(f"schema.must_{must}"), str(field.template or ""), aliases]
        )
    head = f"{schema.name}  {schema.title}  {schema.version}\n{schema.source}\n{schema.path}\n\n"
    return head + aligned(rows, console.width) + "\n" + console.text("schema.more", name=schema.name) + "\n"


def _some(headers: tuple[str, ...], console: Console) -> str:
    """Return the first headers and how many there are; a family member's are all the combinations of two lists."""
    shown = "、".join(headers[:SHOWN_HEADERS])
    return shown + console.text("schema.and_more", count=len(headers)) if len(headers) > SHOWN_HEADERS else shown


def _field_page(field: Field, console: Console) -> str:
    must = "required" if field.required else "filled" if field.filled else "optional"
    rows = [
        ("type", field.type.value),
        ("must", console.text(f"schema.must_{must}")),
        ("code", field.code or ""),
        ("template", str(field.template or "")),
        ("length", str(field.max_length or "")),
        ("aliases", _some(field.aliases, console)),
        ("fallbacks", _some(field.fallbacks, console)),
        ("source", field.source),
    ]
    lines = [f"{field.name}  {field.title}"]
    lines += [f"  {console.text(f'schema.field_{key}')}{value}" for key, value in rows if value]
    return "\n".join(lines) + "\n"
