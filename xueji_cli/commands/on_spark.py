"""`--engine spark`: the same commands where the data is too large for one machine."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xueji_cli.checks.judging import Surroundings
    from xueji_cli.checks.keeping import Checked
    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.commands.comparing import Chosen
    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.reports.pairs.report import PairReport
    from xueji_cli.reports.report import Run as HowRun
    from xueji_cli.scaling.spark.inputs import Input
    from xueji_cli.scaling.spark.machine import SparkMachine
    from xueji_cli.scaling.spark.stages import Stages
    from xueji_cli.scaling.spark.storage import Storage
    from xueji_cli.scaling.wanted import Wanted
    from xueji_cli.schema.roster import Roster
    from xueji_cli.settings import Settings

#: What an output is called that holds rows, as Parquet files in a folder.
ROWS = ".parquet"


@dataclass(frozen=True, slots=True)
class Ask:
    """What the user says about the cluster.

    Attributes:
        master: `--master`.
        conf: `--conf`.
        work_dir: `--work-dir`.
    """

    master: str | None
    conf: Sequence[str] | None
    work_dir: str | None


def check(
    files: Sequence[str], outputs: Sequence[str], settings: Settings, console: Console, ask: Ask, *, places: int
) -> int:
    """Check rosters on Spark, show the report, and return the exit status."""
    from xueji_cli.checks.keeping import Limits
    from xueji_cli.commands.check import MOST_FINDINGS, report_of, show
    from xueji_cli.commands.inputs import binder_for, read_options
    from xueji_cli.reports.rows import write_findings
    from xueji_cli.scaling.spark import checking

    with _run([files], outputs, settings, console, ask) as run:
        binder, options = binder_for(settings), read_options(settings)

        def judged(
            active: Mapping[str, ActiveRule], around: Surroundings
        ) -> tuple[list[Roster], Checked, list[InputError]]:
            with run.stages("check", run.inputs, options, binder, checking.Rules.of(active), around) as stages:
                there = checking.check(
                    stages, run.spark, run.inputs, options, binder, active, around, Limits(findings=MOST_FINDINGS)
                )
                for uri in run.rows:
                    write = partial(
                        write_findings,
                        there=there,
                        active=active,
                        spark=run.spark,
                        lang=console.lang,
                        reveal=settings.reveal,
                    )
                    run.write(uri, write)
            return there.rosters, there.checked, there.failures

        report = report_of(settings, console, judged)
        return show(report, settings, console, run.documents, limit=places)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of people as the user asks for it.

    Attributes:
        command: `dedupe` or `link`.
        sides: The files of one pool, or of two lists.
        outputs: What is written.
        chosen: How people are compared.
        wanted: Records that are asked for.
        own: The command's own options, for the report.
        plan: Only count.
        more: Further files that no output may be.
    """

    command: str
    sides: Sequence[Sequence[str]]
    outputs: Sequence[str]
    chosen: Chosen
    wanted: Wanted
    own: Mapping[str, object]
    plan: bool
    more: Sequence[str] = ()


def compare(
    asked: Comparison,
    settings: Settings,
    console: Console,
    ask: Ask,
    *,
    find: Callable[[SparkMachine], Callable[[Sequence[Roster], Sequence[InputError], HowRun], PairReport]],
    finish: Callable[[PairReport, Sequence[str]], int],
) -> int:
    """Compare people on Spark, show the report, and return the exit status.

    Args:
        asked: What is compared.
        settings: The run's settings.
        console: Shows the progress.
        ask: About the cluster.
        find: Does the work, and gives what makes the report of it with the tables, failures and how it was run.
        finish: Shows the report and writes documents.
    """
    from xueji_cli.commands import comparing, looking
    from xueji_cli.commands.inputs import binder_for, read_options
    from xueji_cli.commands.keys import record_key
    from xueji_cli.reports.pairs.report import PlanReport, Scale
    from xueji_cli.reports.rows import write_pairs
    from xueji_cli.scaling.sizes import of_part
    from xueji_cli.scaling.spark.inputs import Reading, take_in
    from xueji_cli.scaling.spark.machine import SparkMachine
    from xueji_cli.scaling.spark.people import KeepRows
    from xueji_cli.scaling.task import Task
    from xueji_cli.values.classes import school_year

    chosen, wanted = asked.chosen, asked.wanted
    linking = len(asked.sides) > 1
    with _run(asked.sides, asked.outputs, settings, console, ask, more=asked.more) as run:
        binder, options = binder_for(settings), read_options(settings)
        with run.stages(
            asked.command, run.sides, options, binder, chosen, settings.as_of, wanted, asked.plan
        ) as stages:
            rows, taken = take_in(stages, Reading(run.spark, options, binder, KeepRows()), run.inputs)
            failures = list(taken.failures)
            rosters = comparing.comparable(taken.rosters, failures)
            sides = [run.side(roster.table.source.path) for roster in rosters]
            if set(sides) != set(range(len(asked.sides))):
                return comparing.nothing_read(failures, console)
            schema = comparing.schema_of(rosters, chosen)
            task = Task(
                schema,
                settings.as_of,
                school_year(settings.as_of),
                tuple(dict.fromkeys(name for roster in rosters for name in roster.columns)),
                comparing.named_after(rosters, schema),
                linking=linking,
                schools=chosen.schools,
            )
            machine = SparkMachine(run.spark, stages, rows, rosters, sides, taken.pieces(rosters), task, wanted)
            how = comparing.run_of(asked.command, schema, settings, asked.own)
            if asked.plan:
                people, candidates = machine.plan()
                there = machine.shown(people)
                scale = Scale(machine.parts, *of_part(machine.height, machine.parts))
                told = PlanReport(
                    how, tuple(there), tuple(failures), people, candidates, scale, counted=machine.counted
                )
                return looking.show_plan(told, settings, console)
            report_of = find(machine)
            found = report_of(rosters, failures, how)
            report = replace(found, rosters=tuple(machine.shown(found.people)), counted=machine.counted)
            for uri in run.rows:
                write = partial(
                    write_pairs,
                    report=report,
                    spark=run.spark,
                    lang=console.lang,
                    reveal=settings.reveal,
                    secret=b"" if linking else record_key(settings, console),
                )
                run.write(uri, write)
            return finish(report, run.documents)


class Run:
    """A run on Spark.

    Attributes:
        spark: The session.
        storage: Its file systems.
        sides: The files, of one pool or of two lists.
        documents: Outputs that the driver writes, and
        rows: those that the workers write.
    """

    def __init__(
        self,
        spark: Any,
        storage: Storage,
        sides: Sequence[Sequence[Input]],
        outputs: Sequence[str],
        console: Console,
        ask: Ask,
    ) -> None:
        self.spark = spark
        self.storage = storage
        self.sides = sides
        self.rows = [output for output in outputs if is_rows(output)]
        self.documents = [output for output in outputs if not is_rows(output)]
        self._console = console
        self._ask = ask

    @property
    def inputs(self) -> list[Input]:
        """All files, in order."""
        return [file for side in self.sides for file in side]

    def side(self, name: str) -> int:
        """Return the list that a file is of."""
        return next(number for number, side in enumerate(self.sides) if any(file.name == name for file in side))

    @contextmanager
    def stages(self, *settings: object) -> Iterator[Stages]:
        """Give the stages of the run, which is known by its settings; they go when it ends well."""
        from xueji_cli import __version__
        from xueji_cli.scaling.spark.stages import Stages, fingerprint, work_folder

        mark = fingerprint(__version__, *settings)
        with work_folder(self.spark, self.storage, self._ask.work_dir, mark) as folder:
            stages = Stages(self.spark, self.storage, folder, mark)
            try:
                yield stages
            except BaseException:
                if self._ask.work_dir is not None:
                    self._console.note(self._console.text("cli.spark_kept", folder=folder))
                raise
            if stages.resumed:
                self._console.note(self._console.text("cli.spark_resumed"))

    def write(self, output: str, work: Callable[[str], None]) -> None:
        """Have the workers write rows to a folder, whole or not at all."""
        uri = _address(output)
        try:
            work(uri)
        except BaseException:
            self.storage.delete(uri)
            raise
        self._console.note(self._console.text("cli.written", file=output))


@contextmanager
def _run(
    sides: Sequence[Sequence[str]],
    outputs: Sequence[str],
    settings: Settings,
    console: Console,
    ask: Ask,
    *,
    more: Sequence[str] = (),
) -> Iterator[Run]:
    """Give a run, once all is well with what it is asked to read and write.

    Raises:
        UserError: As `session.session`, `inputs.find`, `check.refuse_outputs`; `link_same_file` for one that is of two lists;
            `output_there` for rows that are there already.
        InputError: `password_file_as_input`.
    """
    from xueji_cli.commands.check import refuse_outputs
    from xueji_cli.errors import InputError, UserError
    from xueji_cli.scaling.spark.inputs import find
    from xueji_cli.scaling.spark.session import parse_conf, session
    from xueji_cli.scaling.spark.storage import Storage, is_uri, plain_path

    with session(ask.master, parse_conf(ask.conf or ())) as spark:
        storage = Storage(spark)
        run = Run(
            spark,
            storage,
            [find(storage, side, recursive=settings.recursive) for side in sides],
            outputs,
            console,
            ask,
        )
        known: set[str] = set()
        for each in run.inputs:
            if each.uri in known:
                raise UserError("link_same_file", file=each.name)
            known.add(each.uri)
            if each.path and console.keys is not None and console.keys.holds(each.path):
                raise InputError("password_file_as_input", file=each.name)
        refuse_outputs(run.documents, [*(each.path for each in run.inputs if each.path), *more])
        for output in run.rows:
            if not is_uri(output) and not Path(plain_path(output)).resolve().parent.is_dir():
                raise UserError("output_no_folder", file=output, folder=str(Path(plain_path(output)).parent))
            if storage.exists(_address(output)):
                raise UserError("output_there", file=output)
        yield run


def is_rows(output: str) -> bool:
    """Return whether an output holds rows: `DIR.parquet`, with a slash at the end or without."""
    return output.rstrip("/\\").lower().endswith(ROWS)


def _address(output: str) -> str:
    from xueji_cli.scaling.spark.storage import is_uri, local_uri, plain_path

    return output if is_uri(output) else local_uri(str(Path(plain_path(output)).resolve()))
