"""Where the results of `xueji clean` go: one file, a file per input, per school or per class; and what has changed since last time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from xueji_cli.cleaning import state
from xueji_cli.cleaning.apart import layout
from xueji_cli.cleaning.shaping import AS_IS, NATIONAL, split
from xueji_cli.cleaning.writing import SUFFIXES
from xueji_cli.errors import UserError
from xueji_cli.reports.change_log import SUFFIXES as LOG_SUFFIXES
from xueji_cli.reports.cleaned import Made
from xueji_cli.reports.writing import is_folder
from xueji_cli.schema.stacking import SMALL
from xueji_cli.tables.names import file_names
from xueji_cli.tables.paths import Inputs, same_file_key
from xueji_cli.tables.writing import refuse_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xueji_cli.cleaning.shaping import Output
    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster
    from xueji_cli.settings import Settings

#: Rows of small files that are cleaned as one.
_TOGETHER = 5_000
AnyRoster = TypeVar("AnyRoster", "Roster", "Roster | StreamedRoster")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run writes, and where.

    Attributes:
        inputs: Files to read.
        kept: The same, as files that nothing may be written over.
        target: File or folder; None for a preview.
        logs: Files for the log of changes.
        template: `asis`, `national-71`, or a schema.
        template_name: As the user named it.
        split_by: Title or name of the field that tells the outputs apart.
        origin: Add where each row comes from.
        state_file: File that remembers what was cleaned.
        names: Input → the output's path inside the target folder.
    """

    inputs: tuple[str, ...]
    kept: Inputs
    target: str | None
    logs: tuple[str, ...]
    template: Schema | str
    template_name: str
    split_by: str | None = None
    origin: bool = False
    state_file: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def each(self) -> bool:
        """Whether every input has an output of its own."""
        return self.target is not None and is_folder(self.target) and self.split_by is None

    def digests(self, told: Mapping[str, object]) -> state.State | None:
        """Return what the inputs are now, with the options that the results hang on; None without a state file."""
        return None if self.state_file is None else state.now(self.inputs, told)

    def changed(self, now: state.State | None) -> list[str]:
        """Return the inputs that are new or have changed since the state file was written."""
        if now is None or self.state_file is None:
            return list(self.inputs)
        return state.changed(state.load(self.state_file), now, self.inputs)

    def remember(self, now: state.State | None, *, unread: Sequence[str]) -> None:
        """Write the state file: after everything else, and without the files that could not be read."""
        if now is not None and self.state_file is not None:
            state.save(self.state_file, now, without=unread, inputs=self.kept)

    def jobs(self, rosters: Sequence[AnyRoster]) -> list[tuple[str, list[AnyRoster]]]:
        """Return the tables that are cleaned together, each group under a name."""
        if not rosters:
            return []
        if not self.each:
            return [(self.target or "", list(rosters))]
        groups: dict[str, list[AnyRoster]] = {}
        for roster in rosters:
            groups.setdefault(roster.table.source.path, []).append(roster)
        return list(groups.items())

    def together(self, jobs: Sequence[tuple[str, list[Roster]]]) -> Iterator[list[tuple[str, list[Roster]]]]:
        """Yield the jobs that are done as one, in their order: many small files of one layout, or a job by itself."""
        block: list[tuple[str, list[Roster]]] = []
        size, common = 0, None
        for job in jobs:
            rosters = job[1]
            own = layout(rosters[0]) if self.each and len(rosters) == 1 and rosters[0].table.height <= SMALL else None
            height = rosters[0].table.height
            if block and (own is None or own != common or size + height > _TOGETHER):
                yield block
                block, size = [], 0
            block.append(job)
            size, common = size + height, own
        if block:
            yield block

    def made(self, names: Sequence[str], output: Output, heights: Sequence[int]) -> list[Made]:
        """Return the output of some jobs with the file of each, or of one with its parts and theirs; the folders are there afterwards.

        Args:
            names: Of the jobs.
            output: Their rows, one job's below the other's.
            heights: How many rows each has.
        """
        if self.target is None:
            return [Made(output, None)]
        if self.split_by is not None:
            parts = list(split(output, self._columns(output)))
            titles = file_names([part.name for part in parts])
            return [Made(part, _path(self.target, f"{each}.xlsx")) for part, each in zip(parts, titles, strict=True)]
        if not self.each:
            return [Made(output, self.target)]
        starts = accumulate(heights, initial=0)
        return [
            Made(replace(output, rows=output.rows.slice(start, height)), _path(self.target, self.names[name]))
            for name, start, height in zip(names, starts, heights, strict=False)
        ]

    def _columns(self, output: Output) -> list[str]:
        """Return the columns that tell the parts apart; a class of one name is another class in another school."""
        from xueji_cli.schema.binding import field_name

        assert self.split_by is not None
        name = field_name(self.split_by, output.schema)
        columns = {column.name for column in output.columns}
        if name not in columns:
            raise UserError("clean_split_unknown", column=self.split_by)
        before = {"class_name": ("school_name", "grade"), "grade": ("school_name",)}.get(name, ())
        return [*(each for each in before if each in columns), name]


def make_plan(
    arguments: Sequence[str],
    paths: Sequence[str],
    *,
    output: str | None,
    logs: Sequence[str],
    template: str,
    split_by: str | None,
    origin: bool,
    since_state: str | None,
    settings: Settings,
) -> Plan:
    """Decide where everything goes, and find out before any work is done what can't be written.

    Raises:
        UserError: For names that no format goes with, inputs, and folders that are not there.
    """
    from xueji_cli.schema.loading import load_schema

    inputs = Inputs(paths)
    for log in logs:
        check_output(log, inputs, LOG_SUFFIXES)
    if output is not None:
        if split_by is not None and not is_folder(output):
            raise UserError("clean_split_folder", output=output)
        if is_folder(output):
            _outside(output, arguments)
        else:
            check_output(output, inputs)
    written = [path for path in (output, *logs, since_state) if path is not None]
    if len({same_file_key(path) for path in written}) < len(written):
        raise UserError("clean_same_file", files=", ".join(written))
    if since_state is not None:
        refuse_input(since_state, inputs)
    if since_state is not None and (output is None or not is_folder(output) or split_by is not None):
        raise UserError("clean_state_folder")
    return Plan(
        inputs=tuple(paths),
        kept=inputs,
        target=output,
        logs=tuple(logs),
        template=template if template in (AS_IS, NATIONAL) else load_schema(template, settings.schema_folders),
        template_name=template,
        split_by=split_by,
        origin=origin,
        state_file=since_state,
        names=_names(arguments, paths),
    )


def check_output(path: str, inputs: Sequence[str], suffixes: Sequence[str] = SUFFIXES) -> None:
    """Refuse a name that no format goes with, an input, or a folder that is not there.

    Raises:
        UserError: `clean_suffix`, `output_is_input`, `output_no_folder`.
    """
    suffix = Path(path).suffix
    if suffix.lower() not in suffixes:
        raise UserError("clean_suffix", file=path, suffix=suffix or path, known=" ".join(suffixes))
    refuse_input(path, inputs)
    if not Path(path).parent.is_dir():
        raise UserError("output_no_folder", file=path, folder=str(Path(path).parent))


def _outside(target: str, arguments: Sequence[str]) -> None:
    """Refuse a folder for results that the next run would read as an input."""
    wanted = Path(same_file_key(target))
    for argument in arguments:
        if Path(argument).is_dir():
            folder = Path(same_file_key(argument))
            if wanted == folder or folder in wanted.parents:
                raise UserError("clean_output_inside", output=target, folder=argument)


def _names(arguments: Sequence[str], paths: Sequence[str]) -> dict[str, str]:
    """Return input → name of its output: where it lay inside the folder that was named, and always the same.

    Another suffix than .xlsx stays in the name: 名册.csv and 名册.xlsx are two inputs.
    """
    folders = [Path(argument) for argument in arguments if argument != "-" and Path(argument).is_dir()]
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path in paths:
        inside = next((Path(path).relative_to(f) for f in folders if f in Path(path).parents), Path(path).name)
        wanted = "stdin.xlsx" if path == "-" else str(inside)
        wanted = wanted if wanted.lower().endswith(".xlsx") else f"{wanted}.xlsx"
        stem, number = wanted[: -len(".xlsx")], 2
        while wanted.casefold() in taken:
            wanted = f"{stem} ({number}).xlsx"
            number += 1
        taken.add(wanted.casefold())
        names[path] = wanted
    return names


def _path(folder: str, name: str) -> str:
    path = Path(folder) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise UserError("output_folder", folder=str(path.parent)) from None
    return str(path)
