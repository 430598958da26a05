"""What every command does first: read the settings, and tell the console what they say about it."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

    from xueji_cli.console import Console
    from xueji_cli.settings import Settings

#: Settings that a report does not repeat: it says them elsewhere, or they change nothing in it.
_UNSAID = ("as_of", "lang", "format", "file", "memory", "note", "password_file", "record_key")

#: Options of `xueji check` that other commands have in another form.
_OWN = frozenset({"format"})


def start(ctx: typer.Context, *, without: frozenset[str] = _OWN) -> tuple[Console, Settings]:
    """Lay the command's options over the environment and the settings file.

    Args:
        ctx: The command's context; its object is the console.
        without: Options that are the command's own, although a setting has their name.

    Raises:
        UserError: When a setting can't be what it is.
    """
    from xueji_cli import settings as room

    console: Console = ctx.obj
    given = ctx.params
    console.quiet, console.verbose, console.debug = (bool(given.get(name)) for name in ("quiet", "verbose", "debug"))
    flags = {name: given[name] for name in given if name in room.Settings.__slots__ and name not in without}
    # `xueji --lang en check` is as good as `xueji check --lang en`.
    flags["lang"] = given.get("lang") or ctx.find_root().params.get("lang")
    folder = Path.cwd()
    settings = room.load(flags, environment=os.environ, folder=folder, config=given.get("config"))
    console.lang = settings.lang or console.lang
    _take_passwords(ctx, settings, console)
    # A file that lies further up is easily forgotten.
    elsewhere = settings.file and Path(settings.file).resolve().parent != folder.resolve()
    if settings.file and (console.verbose or (elsewhere and not given.get("config"))):
        console.note(console.text("cli.settings", file=settings.file))
    return console, settings


def _take_passwords(ctx: typer.Context, settings: Settings, console: Console) -> None:
    """Let the console know the passwords of inputs, and protect what the command writes where that was asked for."""
    given = ctx.params
    if "password_file" not in given:
        return
    from xueji_cli.commands.passwords import Keys, new_password, refuse_plain
    from xueji_cli.tables.writing import protected

    console.keys = keys = Keys(console, settings.password_file)
    if not (given.get("protect") or given.get("protect_file")):
        return
    # What `xueji clean` calls a log it writes; `xueji changes` reads one.
    names = ("output", "log") if ctx.command.name == "clean" else ("output",)
    outputs = [path for name in names for path in _listed(given.get(name))]
    refuse_plain(outputs)
    if outputs:
        password = new_password(given.get("protect_file"), console)
        # The last ledger, the filled decisions: what was protected like this before.
        keys.add(password, given.get("protect_file"))
        ctx.with_resource(protected(password))


def _listed(value: object) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]


def said(settings: Settings) -> dict[str, object]:
    """Return the settings that differ from the defaults and change what comes out, without the day, which the run has of its own."""
    from dataclasses import fields

    from xueji_cli.settings import Settings as Defaults

    usual = Defaults(as_of=date.min)
    names = [f.name for f in fields(usual) if f.name not in _UNSAID]
    return {name: getattr(settings, name) for name in names if getattr(settings, name) != getattr(usual, name)}
