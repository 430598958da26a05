"""`-o PATH`: the format follows from the name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xueji_cli.errors import UserError
from xueji_cli.reports.written import Written
from xueji_cli.tables.writing import refuse_input, whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.reports.changes.report import ChangesReport

SUFFIXES = (".xlsx", ".html", ".json")


def refuse_outputs(outputs: Sequence[str], inputs: Sequence[str]) -> None:
    """Find out before any work is done which outputs can't be written.

    Raises:
        UserError: For a name that no format goes with, an input, or a folder that is not there.
    """
    for output in outputs:
        suffix = Path(output).suffix
        if suffix.lower() not in SUFFIXES:
            raise UserError("changes_output", file=output, suffix=suffix or output, known=" ".join(SUFFIXES))
        refuse_input(output, inputs)
        folder = Path(output).parent
        if not folder.is_dir():
            raise UserError("output_no_folder", file=output, folder=str(folder))


def write_report(report: ChangesReport, path: str, *, lang: str, reveal: bool) -> Written:
    """Write a report in the format its name asks for, whole or not at all.

    Raises:
        UserError: When it can't be written.
    """
    inputs = [each.table.source.path for each in report.rosters] + [error.file for error in report.unreadable]
    with whole_file(path, inputs=[each for each in dict.fromkeys(inputs) if each != "-"]) as temporary:
        suffix = Path(path).suffix.lower()
        if suffix == ".xlsx":
            from xueji_cli.reports.changes.workbook import write_workbook

            write_workbook(report, temporary, lang=lang, reveal=reveal)
        elif suffix == ".html":
            from xueji_cli.reports.changes.page import render_page

            temporary.write_text(render_page(report, lang=lang, reveal=reveal), encoding="utf-8", newline="\n")
        else:
            from xueji_cli.reports.changes.machine import write_json

            with temporary.open("wb") as stream:
                write_json(report, stream, lang=lang, reveal=reveal)
    return Written((path,))
