"""What `xueji clean` does with files that do not fit in memory: a work folder, room in it, and the jobs of a plan in pieces."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xueji_cli.commands import work_folder
from xueji_cli.tables import memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from xueji_cli.cleaning.engine import Wishes
    from xueji_cli.cleaning.pieces import CleanedPieces
    from xueji_cli.commands.clean_outputs import Done
    from xueji_cli.commands.clean_plan import Plan
    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.reports.cleaned import Logger
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster
    from xueji_cli.settings import Settings
    from xueji_cli.tables.spill import Spill

#: Bytes in memory for a row of the piece that is cleaned, of 31 columns, with what is being written meanwhile.
ROW = 3_000
#: Bytes in the work folder for a byte of text and of another file: measured with a change in every second row, and half as much again.
_TEXT, _PACKED = 0.5, 3


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """A job that is done."""

    pieces: CleanedPieces
    logger: Logger
    outputs: Mapping[str, int]
    conflicts: Sequence[tuple[str, Mapping[str, Sequence[str]]]]


def clean(
    plan: Plan,
    wanted: Sequence[str],
    settings: Settings,
    console: Console,
    wishes: Wishes,
    rows: int,
    spill: Spill,
    work_dir: str | None,
) -> Done:
    """Clean files in pieces and write what the plan says.

    Args:
        plan: What is written, and where.
        wanted: The files.
        settings: The run's settings.
        console: Shows the progress.
        wishes: What to do.
        rows: About how many rows a piece has.
        spill: The work folder; the log is in it afterwards.
        work_dir: Where the user wants it.

    Raises:
        UserError: `clean_split_streamed`; when the disk has not the room, or no more of it; and as cleaning in memory does.
    """
    from xueji_cli.commands.clean_outputs import Done
    from xueji_cli.commands.inputs import open_rosters
    from xueji_cli.errors import InputError, UserError
    from xueji_cli.reports.cleaned import Log
    from xueji_cli.tables.blob import Ahead
    from xueji_cli.tables.streaming import Unstreamable

    if plan.split_by is not None:
        raise UserError("clean_split_streamed")
    work_folder.need_room(work_dir, sum(map(_room, wanted)))
    done: dict[str, _Cleaned] = {}
    whole: set[str] = set()
    broken: dict[str, InputError] = {}
    ahead = Ahead([], keep_stdin=True)
    tries = 0
    while True:
        left = [path for path in wanted if path not in broken]
        opened, failures = open_rosters(
            left, settings, console, ahead=ahead, plan=memory.Plan(rows=rows, keys=0), whole=whole
        )
        jobs = plan.jobs(opened)
        try:
            with console.progress(console.text("cli.writing"), len(jobs)) as step:
                for name, part in jobs:
                    step(name)
                    if name in done:
                        continue
                    tries += 1
                    done[name] = _job(plan, name, part, wishes, rows, spill.folder / str(tries), work_dir, console)
        except Unstreamable as stop:
            whole.add(stop.path)
        except InputError as error:
            if error.file not in left:
                raise
            broken[error.file] = error
        else:
            break
    told = sorted([*broken.values(), *failures], key=lambda error: _place(error, wanted))
    cleaned = [done[name] for name, _ in jobs]

    def log() -> Iterator[pl.DataFrame]:
        for each in cleaned:
            yield from map(each.logger, each.pieces.changes())

    return Done(
        rosters=[roster for each in cleaned for roster in each.pieces.rosters],
        failures=told if broken else failures,
        log=Log(log),
        outputs={path: count for each in cleaned for path, count in each.outputs.items()},
        conflicts=[conflict for each in cleaned for conflict in each.conflicts],
    )


def _job(
    plan: Plan,
    name: str,
    rosters: Sequence[Roster | StreamedRoster],
    wishes: Wishes,
    rows: int,
    folder: Path,
    work_dir: str | None,
    console: Console,
) -> _Cleaned:
    """Clean the tables that go into one output, and write it."""
    from xueji_cli.cleaning.pieces import CleanedPieces
    from xueji_cli.commands.clean_outputs import write_outputs
    from xueji_cli.reports.cleaned import Logger

    try:
        with work_folder.full_disk(work_dir):
            folder.mkdir()
            pieces = CleanedPieces(rosters, wishes, folder, rows, keep=plan.target is not None)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    output = pieces.output(plan.template, origin=plan.origin)
    made = plan.made([name], output, [output.height])
    outputs = write_outputs(made, plan, console)
    pieces.forget_rows()
    holding = pieces.holding
    logger = Logger(holding.schema, holding.rosters, holding.rests, made)
    return _Cleaned(pieces, logger, outputs, pieces.conflicts(output.columns))


def _room(path: str) -> int:
    """Return about how many bytes of the work folder a file takes."""
    return int(memory.size_of(path) * (_TEXT if memory.is_text(path) else _PACKED))


def _place(error: InputError, paths: Sequence[str]) -> int:
    return paths.index(error.file) if error.file in paths else len(paths)
