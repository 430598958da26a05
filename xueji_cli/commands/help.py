"""Help pages in the user's language, laid out in terminal cells; and commands that say in it what is wrong with their arguments.

Typer's own pages break lines of Chinese in the wrong places and cut them, so only its parsing is used here.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

from xueji_cli.errors import UserError
from xueji_cli.messages import catalogue
from xueji_cli.reports.lines import cell_width, pad, wrap

if TYPE_CHECKING:
    from xueji_cli.console import Console

#: Longer lines are hard to read, however wide the window is.
_WIDEST = 100

#: Cells of the left column; a longer entry stands on a line of its own.
_LEFT = 28

#: Blanks before and after what stands in it.
_MARGIN = 4

#: With more options than this, they stand in groups.
_UNGROUPED = 8


class _Localised:
    """What commands and groups have in common."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_page(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = catalogue.text(_console(ctx).lang, "help.options.help")
        return option


class Command(_Localised, TyperCommand):
    """A command with a localised help page."""

    # Surplus arguments are let in, to be refused below in the user's language.
    allow_extra_args = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments.

        Raises:
            UserError: When there are more than the command takes.
        """
        surplus = super().parse_args(ctx, args)
        if surplus and not ctx.resilient_parsing:
            raise UserError("extra_arguments", command=ctx.command_path, arguments=" ".join(surplus))
        return surplus


class Group(_Localised, TyperGroup):
    """A group of commands with a localised help page."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the subcommand.

        Raises:
            UserError: When there is none of that name; it says which one may be meant.
        """
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            path = ctx.command_path
            if ctx.parent is None and (Path(name).suffix or Path(name).exists()):
                raise UserError("file_without_command", file=name)
            if near := get_close_matches(name, list(self.commands), n=1):
                raise UserError("no_such_command_near", name=name, near=f"{path} {near[0]}", command=path)
            raise UserError("no_such_command", name=name, command=path)
        return super().resolve_command(ctx, args)


def localise(command: Any, lang: str, path: str = "xueji") -> None:
    """Put the catalogue's words into a command, its options, and those of its subcommands.

    Args:
        command: A Typer command or group.
        lang: Language.
        path: Its name in `help.toml`: `check`, `schema_list` … (`xueji` for the root).
    """
    words = catalogue.load(lang, "help")
    command.help = command.short_help = words["commands"][path]
    for param in command.params:
        own = words.get(path, {}).get(param.name)
        param.help = own if own is not None else words["options"][param.name]
    for name, child in getattr(command, "commands", {}).items():
        localise(child, lang, name if path == "xueji" else f"{path}_{name}")


def help_page(ctx: Any) -> str:
    """Return the help page of a context's command."""
    command = ctx.command
    console = _console(ctx)
    words = catalogue.load(console.lang, "help")
    panels = words["panels"]
    width = min(console.width, _WIDEST)
    params = [param for param in command.get_params(ctx) if not param.hidden]
    arguments = [param for param in params if param.param_type_name == "argument"]
    options = [param for param in params if param.param_type_name == "option"]
    children = [(name, child.short_help or "") for name, child in getattr(command, "commands", {}).items()]

    pieces = [ctx.command_path, panels["usage_options"], *(param.metavar or param.name for param in arguments)]
    pieces += [panels["usage_command"]] if children else []
    lines = _beside(panels["usage"], " ".join(pieces), cell_width(panels["usage"]), width)
    lines += ["", *wrap(command.help or "", width)]
    sections = {"arguments": [(param.metavar or param.name, param.help) for param in arguments], "commands": children}
    for param in options:
        panel = (param.rich_help_panel or "general") if len(options) > _UNGROUPED else "options"
        sections.setdefault(panel, []).append((_spelling(param), param.help))
    for panel, rows in sections.items():
        # Names of commands are short; options share one left column.
        shared = [row for name, each in sections.items() if name != "commands" for row in each]
        alike = children if panel == "commands" else shared
        left = max((size for head, _ in alike if (size := cell_width(head) + _MARGIN) <= _LEFT), default=_LEFT)
        lines += ["", panels[panel]] if rows else []
        for head, text in rows:
            lines += _beside(f"  {head}", text, left, width)
    name = "_".join(ctx.command_path.split()[1:])
    if examples := words["examples"].get(name):
        # Commands are there to be copied, so they are never broken.
        lines += ["", panels["examples"], *(f"  {line}" for line in examples)]
    return "\n".join(lines) + "\n"


def _beside(head: str, text: str, left: int, width: int) -> list[str]:
    """Return text in a column that starts after `left` cells, its head before it; a head that is too long stands above."""
    parts = wrap(text, width - left)
    above = [head.rstrip()] if cell_width(head) > left else []
    first = [] if above else [pad(head, left) + parts.pop(0)]
    return [line.rstrip() for line in (*above, *first, *(" " * left + part for part in parts))]


def _spelling(param: Any) -> str:
    """Return `-o, --output FILE`, with room for a short form where there is none."""
    names = ", ".join(sorted(param.opts, key=len))
    names = names if len(param.opts) > 1 else f"    {names}"
    return names if param.is_flag else f"{names} {param.metavar}"


def _console(ctx: Any) -> Console:
    console: Console = ctx.find_root().obj
    return console
