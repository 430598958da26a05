"""The Typer app and `main()`: the one place where outcomes become exit codes.

0 nothing at or above `--fail-on` · 1 findings · 2 usage, configuration, or an input that can't be read · 3 an error of the program ·
130 interrupted.
"""

from __future__ import annotations

import _thread
import faulthandler
import gc
import os
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.main import get_command

from xueji_cli import __version__
from xueji_cli.commands import options
from xueji_cli.commands.changes import changes
from xueji_cli.commands.check import check
from xueji_cli.commands.clean import clean
from xueji_cli.commands.codes import codes_app
from xueji_cli.commands.dedupe import dedupe
from xueji_cli.commands.help import Command, Group, localise
from xueji_cli.commands.link import link
from xueji_cli.commands.pseudonymize import pseudonymize
from xueji_cli.commands.reconcile import ReconcileCommand, reconcile
from xueji_cli.commands.retention import RetentionCommand, retention
from xueji_cli.commands.rule import rule
from xueji_cli.commands.schema import schema_app
from xueji_cli.commands.template import template
from xueji_cli.console import Console, language
from xueji_cli.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

USAGE, INTERNAL, INTERRUPTED = 2, 3, 130

_COMMANDS: dict[str, tuple[Callable[..., int], type[Command]]] = {
    "check": (check, Command),
    "clean": (clean, Command),
    "dedupe": (dedupe, Command),
    "link": (link, Command),
    "reconcile": (reconcile, ReconcileCommand),
    "changes": (changes, Command),
    "retention": (retention, RetentionCommand),
    "pseudonymize": (pseudonymize, Command),
    "template": (template, Command),
    "rule": (rule, Command),
}
_GROUPS = {"schema": schema_app, "codes": codes_app}


def _version(value: bool) -> None:  # noqa: FBT001 - Typer's callback signature
    if value:
        typer.echo(f"xueji {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(False, "--version", "-V", callback=_version, is_eager=True),  # noqa: FBT001
    lang: options.Lang = None,
) -> None:
    """The `xueji` command itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run xueji and return its exit status.

    Args:
        arguments: Command line without the program's name; None for the real one.
    """
    # Given explicitly, or Typer would expand patterns on Windows before we see them.
    given = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(language(given, os.environ))
    try:
        wanted = given[0] if given and given[0] in _COMMANDS else None
        command = root_command(console.lang, wanted)
        status = int(command.main(given, prog_name="xueji", standalone_mode=False, obj=console) or 0)
    except UserError as error:
        console.user_error(error)
        return USAGE
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except MemoryError:
        console.error(console.text("cli.no_memory"))
        return USAGE
    except SystemExit as stop:
        # Completion ends like this.
        return stop.code if isinstance(stop.code, int) else USAGE
    except Exception as error:
        if _usage_error(error, console):
            return USAGE
        if not _swallowed:
            return _internal(error, console, debug="--debug" in given)
        status = INTERRUPTED
    except BaseException as error:
        # A failure inside Polars, which is no `Exception`.
        if type(error).__name__ != "PanicException":
            raise
        if not _swallowed:
            return _internal(error, console, debug="--debug" in given)
        status = INTERRUPTED
    if status == INTERRUPTED:
        console.error(console.text("cli.interrupted"))
    return status


@cache
def root_command(lang: str, wanted: str | None = None) -> Any:
    """Return the command as Typer makes it from the signatures, with its words in a language.

    Args:
        lang: Language.
        wanted: The one subcommand that is called: making the others takes longer than some files. None for all.
    """
    app = typer.Typer(name="xueji", cls=Group, no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback()(_root)
    for name, (function, kind) in _COMMANDS.items():
        if wanted in (None, name):
            app.command(name, cls=kind)(function)
    for name, group in _GROUPS.items():
        if wanted is None:
            app.add_typer(group, name=name)
    command = get_command(app)
    localise(command, lang)
    return command


def run() -> NoReturn:
    """Run xueji and leave with its exit status: the console script.

    Leaves without taking down the interpreter: everything is flushed and closed by now, and giving back the memory of a
    million rows piece by piece takes a fifth of a second that the system does not need.
    """
    _tune_libraries()
    sys.unraisablehook = _unraisable
    if "--debug" not in sys.argv:
        _hush_libraries()
    try:
        status = main()
    except KeyboardInterrupt:
        status = INTERRUPTED
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _tune_libraries() -> None:
    """Set libraries to what a process needs that reads, compares, writes and ends; before they are imported."""
    # Nearly all that is made while libraries are imported stays to the end: looking for garbage in it is a waste.
    gc.set_threshold(500_000, 20, 20)
    # NumPy comes with threads for multiplying matrices. Here are none; the threads would only wait, and take a tenth of a second.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Polars gives memory back to the system after half a second; a moment later it asks for it again.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:2000,muzzy_decay_ms:2000")


def _hush_libraries() -> None:
    """Let our own words alone reach stderr: what a library finds wrong inside itself it prints there, with a trace and what it met.

    A crash of the process, of which nothing else would be heard, is still told, by the places in the code only.
    """
    with suppress(OSError, ValueError, AttributeError):  # no stderr at all
        own = os.fdopen(os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        sys.stderr.flush()
        os.dup2(nowhere, 2)
        os.close(nowhere)
        sys.stderr = own
        faulthandler.enable(own, all_threads=False)


#: Interruptions that came while a library called back into Python and could not pass them on.
_swallowed: list[type[BaseException]] = []


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """Interrupt again what swallowed an interruption; without it, Ctrl-C would be lost or end as an error of the program."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        _swallowed.append(unraisable.exc_type)
        _thread.interrupt_main()
    else:
        sys.__unraisablehook__(unraisable)


def _internal(error: BaseException, console: Console, *, debug: bool) -> int:
    if debug:
        console.trace(error)
    console.error(console.text("cli.internal", kind=type(error).__name__))
    return INTERNAL


def _usage_error(error: Exception, console: Console) -> bool:
    """Say what is wrong with the command line in the user's language; False when that is not what went wrong.

    Typer carries its own copy of click, which is not to be imported; its errors are known by their names.
    """
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if "NoArgsIsHelpError" in kinds:
        console.note(str(getattr(error, "message", "")))
        return True
    if "ClickException" not in kinds:
        return False
    param = getattr(error, "param", None)
    option = getattr(error, "option_name", None)
    name = option if param is None else param.metavar if param.param_type_name == "argument" else param.opts[0]
    if "MissingParameter" in kinds:
        console.error(console.text("cli.missing", name=name))
    elif "NoSuchOption" in kinds:
        near = (getattr(error, "possibilities", None) or ("",))[0]
        console.error(console.text("cli.no_such_option_near" if near else "cli.no_such_option", name=name, near=near))
    elif "BadOptionUsage" in kinds:
        console.error(console.text("cli.needs_value", name=name))
    elif param is not None and param.type_descriptor.choices:
        console.error(console.text("cli.not_a_choice", name=name, known=", ".join(param.type_descriptor.choices)))
    elif param is not None and getattr(param, "min", None) is not None:
        console.error(console.text("cli.not_a_number", name=name, least=param.min))
    else:
        console.error(console.text("cli.usage", message=getattr(error, "message", "")))
    context = getattr(error, "ctx", None)
    if context is not None:
        console.note(console.text("cli.see_help", command=context.command_path))
    return True


if __name__ == "__main__":
    run()
