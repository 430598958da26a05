"""What `xueji clean` writes: the outputs of a job, and the logs of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.commands.clean_plan import Plan
    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.reports.cleaned import Log, Made
    from xueji_cli.schema.roster import Roster


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the files of a run.

    Attributes:
        rosters: The tables that were read.
        failures: Files that could not be read.
        log: Every change.
        outputs: File → its rows.
        conflicts: As `reports.cleaned.CleanReport.conflicts`.
    """

    rosters: Sequence[Roster]
    failures: Sequence[InputError]
    log: Log
    outputs: Mapping[str, int]
    conflicts: Sequence[tuple[str, Mapping[str, Sequence[str]]]]


def write_outputs(made: Sequence[Made], plan: Plan, console: Console) -> dict[str, int]:
    """Write the outputs of a job; return each file with its rows.

    Raises:
        UserError: As `cleaning.writing.write_output`.
    """
    from xueji_cli.cleaning.writing import write_output

    written = {}
    for each in made:
        if each.path is None:
            continue
        schema = each.output.schema
        guarded = write_output(
            each.output,
            each.path,
            sheet=schema.title or schema.name,
            codes_sheet=console.text("schema.template.codes_sheet"),
            inputs=plan.kept,
        )
        if guarded:
            console.note(console.text("clean.text.neutralised", file=each.path, count=guarded))
        written[each.path] = each.output.height
    return written


def write_logs(plan: Plan, log: Log, console: Console) -> None:
    """Write the changes of all jobs.

    Raises:
        UserError: As `reports.change_log.write_log`.
    """
    from xueji_cli.reports.change_log import write_log

    for path in plan.logs:
        write_log(log, path, lang=console.lang, inputs=plan.kept)
        console.note(console.text("cli.written", file=path))
