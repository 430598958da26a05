"""What `xueji dedupe` and `xueji link` do with more people than fit in memory: a work folder, room in it, and the stages in it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xueji_cli.commands import comparing, work_folder
from xueji_cli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from xueji_cli.console import Console
    from xueji_cli.reports.pairs.report import PlanReport, Scale
    from xueji_cli.reports.report import Run
    from xueji_cli.scaling.machine import Machine
    from xueji_cli.scaling.sizes import Cut
    from xueji_cli.scaling.wanted import Wanted
    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster
    from xueji_cli.settings import Settings
    from xueji_cli.tables.memory import Plan

#: How many times as much memory a comparison takes as a check of the same files.
WEIGHT = 2.5
_STAGES = 6


@dataclass(frozen=True, slots=True)
class Way:
    """How more people are compared than fit in memory.

    Attributes:
        plan: How their files are read.
        memory: Bytes that the run may take.
        work_dir: Where its folder is made; None for the system's folder for temporary files.
    """

    plan: Plan
    memory: int
    work_dir: str | None


@dataclass(frozen=True, slots=True)
class AtWork:
    """A run past memory that has read its files.

    Attributes:
        machine: Does the rest; None when nothing could be read.
        schema: Of the records.
        failures: Files that could not be read.
        scale: What the run takes.
    """

    machine: Machine | None
    schema: Schema | None
    failures: list[InputError]
    scale: Scale


def way(paths: Sequence[str], settings: Settings, work_dir: str | None) -> Way | None:
    """Decide how people are compared; None when all of them fit in memory.

    Args:
        paths: Their files.
        settings: The run's settings.
        work_dir: What the user said.

    Raises:
        UserError: When no folder can be made there.
    """
    from xueji_cli.tables import memory

    work_folder.refuse(work_dir)
    plan = memory.plan(paths, settings.memory, WEIGHT)
    return None if plan is None else Way(plan, memory.room(settings.memory), work_dir)


@contextmanager
def at_work(
    sides: Sequence[Sequence[str]],
    settings: Settings,
    console: Console,
    way: Way,
    chosen: comparing.Chosen,
    wanted: Wanted,
) -> Iterator[AtWork]:
    """Read files into a work folder, which is there as long as the report needs it.

    Args:
        sides: The files of one pool, or of two lists.
        settings: The run's settings.
        console: Shows the progress.
        way: How the run goes.
        chosen: What the user chose.
        wanted: Records that are asked for.

    Raises:
        UserError: When the disk has not the room, or no more of it.
    """
    from xueji_cli.tables.spill import Spill

    with (
        Spill(way.work_dir) as spill,
        console.progress(console.text("cli.comparing"), _STAGES) as step,
        work_folder.full_disk(way.work_dir),
    ):

        def stage(name: str) -> None:
            step(console.text(f"cli.stages.{name}"))

        yield _begun(sides, settings, console, way, spill.folder, chosen, wanted, stage)


def _begun(
    sides: Sequence[Sequence[str]],
    settings: Settings,
    console: Console,
    way: Way,
    folder: Path,
    chosen: comparing.Chosen,
    wanted: Wanted,
    step: Callable[[str], None],
) -> AtWork:
    from xueji_cli.scaling.machine import Machine
    from xueji_cli.scaling.task import Task
    from xueji_cli.tables.streaming import Unstreamable
    from xueji_cli.values.classes import school_year

    whole: set[str] = set()
    broken: dict[str, InputError] = {}
    while True:
        left = [[path for path in side if path not in broken] for side in sides]
        opened, failures = comparing.open_sides(left, settings, console, plan=way.plan, whole=whole)
        failures = [*broken.values(), *failures]
        if not all(opened):
            return AtWork(None, None, failures, scale_of(None, 0))
        rosters = [roster for side in opened for roster in side]
        schema = comparing.schema_of(rosters, chosen)
        fields = tuple(dict.fromkeys(name for roster in rosters for name in roster.columns))
        task = Task(
            schema,
            settings.as_of,
            school_year(settings.as_of),
            fields,
            comparing.named_after(rosters, schema),
            linking=len(sides) > 1,
            schools=chosen.schools,
        )
        cut = cut_for(rosters, way)
        try:
            # A folder of its own for each try: what a file left that broke off is in nobody's way.
            own = folder / str(len(whole) + len(broken))
            own.mkdir()
            machine = Machine(opened, task, cut, own, wanted=wanted, step=step)
        except Unstreamable as stop:
            whole.add(stop.path)
        except InputError as error:
            broken[error.file] = error
        else:
            return AtWork(machine, schema, failures, scale_of(cut, 0))


def cut_for(rosters: Sequence[Roster | StreamedRoster], way: Way) -> Cut:
    """Return how a run is cut, once it is sure that the disk has the room.

    Raises:
        UserError: When it has not.
    """
    from xueji_cli.scaling.sizes import cut
    from xueji_cli.schema import roster as bound
    from xueji_cli.tables.memory import rows_of

    records = sum(
        roster.frame.height if isinstance(roster, bound.Roster) else rows_of(roster.table.source.path)
        for roster in rosters
    )
    found = cut(records, way.memory)
    work_folder.need_room(way.work_dir, found.disk)
    return found


def scale_of(cut: Cut | None, records: int) -> Scale:
    """Return what a run takes: in buckets, or with so many records in memory."""
    from xueji_cli.reports.pairs.report import Scale
    from xueji_cli.scaling.sizes import IN_MEMORY
    from xueji_cli.tables.memory import LEAST

    return Scale(0, LEAST + records * IN_MEMORY, 0) if cut is None else Scale(cut.parts, cut.memory, cut.disk)


def planned(work: AtWork, run: Run) -> PlanReport:
    """Count what would be compared, and return the report."""
    from xueji_cli.reports.pairs.report import PlanReport

    assert work.machine is not None
    people, candidates = work.machine.plan()
    machine = work.machine
    return PlanReport(
        run, tuple(machine.rosters), tuple(work.failures), people, candidates, work.scale, counted=machine.counted
    )
