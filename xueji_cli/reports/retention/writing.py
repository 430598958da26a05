"""`-o PATH`: the format follows from the name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xueji_cli.errors import UserError
from xueji_cli.reports.writing import is_folder
from xueji_cli.reports.written import Written
from xueji_cli.tables.writing import refuse_input, whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.reports.retention.view import RetentionView

SUFFIXES = (".xlsx", ".html", ".json")


def refuse_outputs(outputs: Sequence[str], inputs: Sequence[str]) -> None:
    """Find out before any work is done which outputs can't be written.

    Raises:
        UserError: For a name that no format goes with, an input, or a folder that is not there.
    """
    for output in outputs:
        suffix = Path(output).suffix
        if not is_folder(output) and suffix.lower() not in SUFFIXES:
            raise UserError("retention_output", file=output, suffix=suffix or output, known=" ".join(SUFFIXES))
        refuse_input(output, inputs)
        folder = Path(output).parent
        if not is_folder(output) and not folder.is_dir():
            raise UserError("output_no_folder", file=output, folder=str(folder))


def write_report(view: RetentionView, path: str, *, cases: bool) -> Written:
    """Write a report in the format its name asks for, whole or not at all.

    Args:
        view: What to show.
        path: Where.
        cases: Add a page for every open case (一生一案) to workbooks.

    Raises:
        UserError: When it can't be written.
    """
    report = view.report
    inputs = [each.table.source.path for each in report.rosters] + [error.file for error in report.unreadable]
    inputs = [each for each in dict.fromkeys(inputs) if each != "-"]
    if is_folder(path):
        from xueji_cli.reports.retention.workbook import write_folder

        return Written(tuple(write_folder(view, path, inputs=inputs, cases=cases)))
    with whole_file(path, inputs=inputs) as temporary:
        suffix = Path(path).suffix.lower()
        if suffix == ".xlsx":
            from xueji_cli.reports.retention.workbook import write_workbook

            write_workbook(view, temporary, cases=cases)
        elif suffix == ".html":
            from xueji_cli.reports.retention.page import render_page

            temporary.write_text(render_page(view), encoding="utf-8", newline="\n")
        else:
            from xueji_cli.reports.retention.machine import write_json

            with temporary.open("wb") as stream:
                write_json(view, stream)
    return Written((path,))
