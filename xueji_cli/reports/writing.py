"""`-o PATH`: the format follows from the name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xueji_cli.errors import UserError
from xueji_cli.reports.machine import write_csv, write_json, write_jsonl
from xueji_cli.reports.summary import summarise
from xueji_cli.reports.written import Written
from xueji_cli.tables.writing import whole_file

if TYPE_CHECKING:
    import polars as pl

    from xueji_cli.reports.report import CheckReport

#: Suffixes of single files; a folder is named with a slash at the end, or is there already.
SUFFIXES = (".xlsx", ".xlsm", ".html", ".json", ".jsonl", ".csv")


def write_report(report: CheckReport, view: pl.DataFrame, path: str, *, lang: str, revealed: bool = False) -> Written:
    """Write a report in the format its name asks for, whole or not at all, never over an input.

    Args:
        report: What was found.
        view: Its findings (`reports.view`), masked or not.
        path: File with one of `SUFFIXES`, or a folder.
        lang: Language.
        revealed: The view shows personal data whole.

    Raises:
        UserError: `output_suffix` and what the writers raise.
    """
    check_output(path)
    if is_folder(path):
        from xueji_cli.reports.workbook import write_folder

        return write_folder(report, view, path, lang=lang)
    suffix = Path(path).suffix.lower()
    if suffix in (".xlsx", ".xlsm"):
        from xueji_cli.reports.workbook import write_workbook

        return write_workbook(report, view, path, lang=lang)
    read = [roster.table.source.path for roster in report.rosters] + [error.file for error in report.unreadable]
    with whole_file(path, inputs=[each for each in read if each != "-"]) as temporary:
        if suffix == ".html":
            from xueji_cli.reports.page import render_page

            temporary.write_text(
                render_page(report, view, lang=lang, revealed=revealed), encoding="utf-8", newline="\n"
            )
        else:
            with temporary.open("wb") as stream:
                if suffix == ".csv":
                    write_csv(view, stream, bom=True)
                else:
                    write = write_json if suffix == ".json" else write_jsonl
                    write(report, view, summarise(report, view), stream, lang=lang)
    return Written((path,))


def is_folder(path: str) -> bool:
    """Return whether an output is a folder: named with a slash at the end, or one that is there."""
    return path.endswith(("/", "\\")) or Path(path).is_dir()


def check_output(path: str) -> None:
    """Refuse a name that no format goes with, before any work is done.

    Raises:
        UserError: `output_suffix`, with the possible ones.
    """
    suffix = Path(path).suffix
    if not is_folder(path) and suffix.lower() not in SUFFIXES:
        raise UserError("output_suffix", file=path, suffix=suffix or path, known=" ".join(SUFFIXES))
