"""The Typer app and `main()`: the one place where outcomes become exit codes.

0 nothing at or above `--fail-on` · 1 findings · 2 usage, configuration, or an input that can't be read · 3 an error of the program ·
130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

import typer
from typer.main import get_command

from xueji_cli import __version__
from xueji_cli.commands.check import check
from xueji_cli.commands.codes import codes_app
from xueji_cli.commands.rule import rule
from xueji_cli.commands.schema import schema_app
from xueji_cli.console import Console, language
from xueji_cli.errors import UserError
from xueji_cli.messages import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE, INTERNAL, INTERRUPTED = 2, 3, 130

app = typer.Typer(name="xueji", no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)
app.command("check")(check)
app.command("rule")(rule)
app.add_typer(schema_app, name="schema")
app.add_typer(codes_app, name="codes")


def _version(value: bool) -> None:  # noqa: FBT001 - Typer's callback signature
    if value:
        typer.echo(f"xueji {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", "-V", callback=_version, is_eager=True),  # noqa: FBT001
) -> None:
    """The `xueji` command itself."""


def localise(command: Any, lang: str, path: str = "xueji") -> None:
    """Put the catalogue's words into a command's help, and into those of its subcommands.

    Args:
        command: A Typer command or group.
        lang: Language.
        path: Its name in `help.toml`: `check`, `schema_list` … (`xueji` for the root).
    """
    words = catalogue.load(lang, "help")
    command.help = words["commands"][path]
    command.short_help = command.help.split("\n")[0]
    for param in command.params:
        own = words.get(path, {}).get(param.name)
        param.help = own if own is not None else words["options"][param.name]
    command.add_help_option = True
    for name, child in getattr(command, "commands", {}).items():
        localise(child, lang, name if path == "xueji" else f"{path}_{name}")


def _localise_panels(lang: str) -> None:
    """Name the panels of help pages; only loaded when a help page is about to be shown."""
    from typer import rich_utils

    words = catalogue.load(lang, "help")["panels"]
    rich_utils.ARGUMENTS_PANEL_TITLE = words["arguments"]
    rich_utils.OPTIONS_PANEL_TITLE = words["options"]
    rich_utils.COMMANDS_PANEL_TITLE = words["commands"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run xueji and return its exit status.

    Args:
        arguments: Command line without the program's name; None for the real one.
    """
    # Given explicitly, or Typer would expand patterns on Windows before we see them.
    given = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(language(given, os.environ))
    command = get_command(app)
    localise(command, console.lang)
    if not given or "--help" in given:
        _localise_panels(console.lang)
    try:
        return int(command.main(given, prog_name="xueji", standalone_mode=False, obj=console) or 0)
    except UserError as error:
        console.user_error(error)
        return USAGE
    except (KeyboardInterrupt, typer.Abort):
        console.error(console.text("cli.interrupted"))
        return INTERRUPTED
    except typer.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        return 0
    except Exception as error:
        if (status := _usage_error(error, console)) is not None:
            return status
        if console.debug or "--debug" in given:
            # Frames without their variables: those hold children's data.
            traceback.print_exc()
        console.error(console.text("cli.internal", kind=type(error).__name__))
        return INTERNAL


def _usage_error(error: Exception, console: Console) -> int | None:
    """Say what is wrong with the command line in the user's language; None when that is not what went wrong.

    Typer carries its own copy of click, which is not to be imported; its errors are known by their names.
    """
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if "NoArgsIsHelpError" in kinds:
        console.payload(str(getattr(error, "message", "")) + "\n")
        return USAGE
    if "ClickException" not in kinds:
        return None
    param = getattr(error, "param", None)
    name = param.opts[-1] if param is not None and getattr(param, "opts", None) else getattr(error, "param_hint", None)
    if param is not None and param.param_type_name == "argument":
        name = param.metavar or param.name
    if "MissingParameter" in kinds:
        console.error(console.text("cli.missing", name=name))
    elif "NoSuchOption" in kinds:
        near = ", ".join(getattr(error, "possibilities", None) or ())
        key = "cli.no_such_option_near" if near else "cli.no_such_option"
        console.error(console.text(key, name=getattr(error, "option_name", ""), near=near))
    elif "BadParameter" in kinds:
        console.error(console.text("cli.bad_value", name=name))
    else:
        message = getattr(error, "message", "")
        console.error(console.text("cli.usage", message=message))
    context = getattr(error, "ctx", None)
    if context is not None:
        console.note(console.text("cli.see_help", command=context.command_path))
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
