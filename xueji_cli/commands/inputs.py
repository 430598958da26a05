"""Files named on the command line, as bound rosters: one unreadable file does not stop the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from threading import Thread
from typing import TYPE_CHECKING

from xueji_cli.errors import InputError, UserError
from xueji_cli.schema.binder import Binder
from xueji_cli.schema.binding import unmatched_mappings
from xueji_cli.schema.loading import load_schema, schema_names
from xueji_cli.schema.roster import Roster
from xueji_cli.schema.stacking import Stacker
from xueji_cli.schema.streaming import StreamedRoster
from xueji_cli.schema.vocabulary import Vocabulary
from xueji_cli.tables.blob import Ahead
from xueji_cli.tables.options import ReadOptions
from xueji_cli.tables.reader import read_blob
from xueji_cli.tables.streaming import Stream, open_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from xueji_cli.console import Console
    from xueji_cli.schema.model import Schema
    from xueji_cli.settings import Settings
    from xueji_cli.tables.memory import Plan
    from xueji_cli.tables.table import Table


def read_rosters(
    paths: Sequence[str],
    settings: Settings,
    console: Console,
    *,
    kind: str | None = None,
    choices: Sequence[Schema] = (),
    ahead: Ahead | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> tuple[list[Roster], list[InputError]]:
    """Read files and bind their columns.

    Args:
        paths: As `tables.paths.expand_inputs` gives them.
        settings: The run's settings.
        console: Shows the progress.
        kind: The one schema that these files are to have; None for the user's choice, or whichever fits best.
        choices: Schemas of which these files have whichever fits best, in place of the user's choice.
        ahead: These files, of which the first is being read already.
        meanwhile: What can be done in a thread while the readers are at work, which do without the interpreter.

    Returns:
        The rosters in input order, and the files that could not be read.

    Raises:
        UserError: When a mapping is wrong.
    """
    rosters, failures = open_rosters(
        paths, settings, console, kind=kind, choices=choices, ahead=ahead, meanwhile=meanwhile
    )
    return [roster for roster in rosters if isinstance(roster, Roster)], failures


def open_rosters(
    paths: Sequence[str],
    settings: Settings,
    console: Console,
    *,
    kind: str | None = None,
    choices: Sequence[Schema] = (),
    ahead: Ahead | None = None,
    meanwhile: Callable[[], object] | None = None,
    plan: Plan | None = None,
    whole: AbstractSet[str] = frozenset(),
) -> tuple[list[Roster | StreamedRoster], list[InputError]]:
    """Read files and bind their columns as `read_rosters` does, large ones only at their beginning.

    Args:
        paths: As in `read_rosters`, like all that is not named here.
        settings: Likewise.
        console: Likewise.
        kind: Likewise.
        choices: Likewise.
        ahead: Likewise.
        meanwhile: Likewise.
        plan: How files are read in pieces that can be; None to read all of them as a whole.
        whole: Files that are read as a whole all the same.
    """
    binder = binder_for(settings, kind=kind, choices=choices)
    vocabulary = Vocabulary(binder.schemas)
    options = replace(read_options(settings), keys=console.keys)
    bound = _Bound(binder)
    failures: list[InputError] = []
    # A file that is read in pieces is not to be there as a whole besides.
    ahead = ahead or Ahead(paths if plan is None else [], options.max_bytes)
    if meanwhile is not None:
        Thread(target=meanwhile, daemon=True).start()
    with console.progress(console.text("cli.reading"), len(paths)) as step:
        for path in paths:
            step(PurePath(path).name)
            try:
                stream = None
                if plan is not None and path not in whole:
                    stream = open_stream(_sayable(path), options, vocabulary, plan.rows)
                tables = read_blob(ahead.load(_sayable(path)), options, vocabulary) if stream is None else [stream]
            except InputError as error:
                failures.append(error)
            except MemoryError:
                failures.append(InputError("no_memory", file=path))
            else:
                bound.add(tables)
    bound.refuse_unknown()
    return bound.rosters, [*failures, *bound.failures]


class _Bound:
    """The tables of a run, bound as they come."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._stacker = Stacker()
        # Columns the user decided on that no table has had yet.
        self._left = dict(binder.headers)
        self._any = False
        self.failures: list[InputError] = []

    @property
    def rosters(self) -> list[Roster | StreamedRoster]:
        """Those that could be bound, in the order in which they came."""
        return self._stacker.rosters

    def add(self, tables: Sequence[Table | Stream]) -> None:
        """Bind the tables of one file."""
        for table in tables:
            read = table.table if isinstance(table, Stream) else table
            self._left = {given: self._left[given] for given in unmatched_mappings([read], self._left)}
            self._any = True
            try:
                bound = StreamedRoster(table, self._binder) if isinstance(table, Stream) else self._binder(table)
            except InputError as error:
                if isinstance(table, Stream):
                    table.forget()
                self.failures.append(error)
            else:
                self._stacker.add(bound)

    def refuse_unknown(self) -> None:
        """Refuse decisions on columns that no table has.

        Raises:
            UserError: `map_unknown_column`.
        """
        if self._any and self._left:
            raise UserError("map_unknown_column", columns=", ".join(self._left))


def binder_for(settings: Settings, *, kind: str | None = None, choices: Sequence[Schema] = ()) -> Binder:
    """Return what binds the tables of a run; `kind` and `choices` as in `read_rosters`."""
    named = None if choices else kind or settings.schema
    folders = settings.schema_folders
    schemas = list(choices) or [load_schema(name, folders) for name in ([named] if named else schema_names(folders))]
    return Binder(tuple(schemas), named is not None, settings.mapping)


def read_options(settings: Settings) -> ReadOptions:
    """Return how files are read that need no password."""
    return ReadOptions(sheet=settings.sheet, encoding=settings.encoding, header_row=settings.header_row)


def _sayable(path: str) -> str:
    """Return a path, if it can be written down: Linux allows names that are no text, and a report must name its files.

    Raises:
        InputError: When it can't.
    """
    shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
    if shown != path:
        raise InputError("file_name", file=shown)
    return path
