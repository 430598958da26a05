"""What commands do with a report once it is made: the files that were asked for, and what could not be read or written."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import IO

    from rich.console import Group

    from xueji_cli.console import Console
    from xueji_cli.errors import UserError
    from xueji_cli.reports.written import Written


def write_files(
    outputs: Sequence[str], write: Callable[[str], Written], console: Console, *, format: str
) -> tuple[list[str], list[UserError]]:
    """Write a report to each file that was asked for.

    Args:
        outputs: Their paths.
        write: Writes one of them.
        console: Shows the progress, and what there is to say about a file.
        format: Of stdout; `text` names the files itself, on its last line.

    Returns:
        The files that were written, and why others could not be.
    """
    from xueji_cli.errors import UserError

    files: list[str] = []
    failures: list[UserError] = []
    with console.progress(console.text("cli.writing"), len(outputs)) as step:
        for path in outputs:
            step(PurePath(path).name)
            try:
                written = write(path)
            except UserError as error:
                failures.append(error)
                continue
            for warning in written.notes:
                console.note(warning)
            files += written.paths
            if format != "text":
                console.note(console.text("cli.written", file=path))
    if files:
        tell_unprotected(console)
    return files, failures


def tell_unprotected(console: Console) -> None:
    """Say that what was written has no password where an input had one: nobody expects that of a copy."""
    from xueji_cli.tables.writing import protects

    if console.keys is not None and console.keys.used and not protects():
        console.note(console.text("cli.unprotected"))


def tell_failures(
    unreadable: Iterable[UserError], failures: Iterable[UserError], console: Console, *, format: str
) -> None:
    """Say on stderr what could not be read or written.

    The text names unreadable files as well; into a file or a pipe it is not seen.
    """
    told = () if format == "text" and console.seen else unreadable
    for error in (*told, *failures):
        console.user_error(error)


def show_report(
    outputs: Sequence[str],
    unreadable: Iterable[UserError],
    console: Console,
    *,
    format: str,
    write: Callable[[str], Written],
    write_json: Callable[[IO[bytes]], None],
    render: Callable[[list[str]], Group],
) -> bool:
    """Write the files that were asked for and show the report; return whether every file could be written.

    Args:
        outputs: Paths of the files.
        unreadable: Inputs that could not be read.
        console: Where it is shown.
        format: `text` or `json`.
        write: Writes a file.
        write_json: Writes the document to a stream.
        render: Returns the page for the terminal, given the files that were written.
    """
    written, failures = write_files(outputs, write, console, format=format)
    if format == "json":
        with console.binary() as stream:
            write_json(stream)
    else:
        console.render(render(written))
    tell_failures(unreadable, failures, console, format=format)
    return not failures


def reaches(severities: Iterable[str], fail_on: str) -> bool:
    """Return whether one of these severities is at or above the limit of `--fail-on`."""
    from xueji_cli.checks.rule import Severity

    if fail_on == "never":
        return False
    limit = Severity(fail_on).rank
    return any(Severity(each).rank <= limit for each in severities)
