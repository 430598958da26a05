"""`--engine spark`: the same commands where the data is too large for one machine."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xueji_cli.checks.judging import Surroundings
    from xueji_cli.checks.keeping import Checked
    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.scaling.spark.inputs import Input
    from xueji_cli.scaling.spark.stages import Stages
    from xueji_cli.scaling.spark.storage import Storage
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

    with _run(files, outputs, settings, console, ask) as run:
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


class Run:
    """A run on Spark.

    Attributes:
        spark: The session.
        storage: Its file systems.
        inputs: The files.
        documents: Outputs that the driver writes, and
        rows: those that the workers write.
    """

    def __init__(
        self, spark: Any, storage: Storage, inputs: Sequence[Input], outputs: Sequence[str], console: Console, ask: Ask
    ) -> None:
        self.spark = spark
        self.storage = storage
        self.inputs = inputs
        self.rows = [output for output in outputs if is_rows(output)]
        self.documents = [output for output in outputs if not is_rows(output)]
        self._console = console
        self._ask = ask

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
def _run(files: Sequence[str], outputs: Sequence[str], settings: Settings, console: Console, ask: Ask) -> Iterator[Run]:
    """Give a run, once all is well with what it is asked to read and write.

    Raises:
        UserError: As `session.session`, `inputs.find`, `check.refuse_outputs`; `output_there` for rows that are there already.
    """
    from xueji_cli.commands.check import refuse_outputs
    from xueji_cli.errors import UserError
    from xueji_cli.scaling.spark.inputs import find
    from xueji_cli.scaling.spark.session import parse_conf, session
    from xueji_cli.scaling.spark.storage import Storage, is_uri, plain_path

    with session(ask.master, parse_conf(ask.conf or ())) as spark:
        storage = Storage(spark)
        inputs = find(storage, files, recursive=settings.recursive)
        run = Run(spark, storage, inputs, outputs, console, ask)
        refuse_outputs(run.documents, [each.path for each in inputs if each.path])
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
