"""`-o PATH` and `--format`: the format follows from the name."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

from xueji_cli.errors import UserError
from xueji_cli.reports.pairs.machine import write_json, write_jsonl
from xueji_cli.reports.writing import is_folder
from xueji_cli.reports.written import Written
from xueji_cli.tables.writing import whole_file

if TYPE_CHECKING:
    from xueji_cli.reports.pairs.view import PairView


def write_stream(view: PairView, kind: str, stream: IO[bytes], *, bom: bool = False) -> None:
    """Write json, jsonl or csv.

    Args:
        view: The report in words.
        kind: One of the three.
        stream: Where to.
        bom: Begin a CSV with a byte order mark, without which Excel takes Chinese text for another encoding.
    """
    if kind == "csv":
        from xueji_cli.reports.pairs.sheets import write_csv

        write_csv(view, stream, bom=bom)
    elif kind == "json":
        write_json(view, stream, lang=view.lang)
    else:
        write_jsonl(view, stream, lang=view.lang)


def write_report(view: PairView, path: str) -> Written:
    """Write a report in the format its name asks for, whole or not at all, never over an input.

    Args:
        view: The report in words, masked or not.
        path: File, or a folder for one workbook a school (`reports.writing.SUFFIXES`).

    Raises:
        UserError: What the writers raise.
    """
    inputs = inputs_of(view)
    suffix = Path(path).suffix.lower()
    if is_folder(path):
        from xueji_cli.reports.pairs.workbook import write_folder

        return write_folder(view, path, inputs)
    if suffix in (".xlsx", ".xlsm"):
        from xueji_cli.reports.pairs.workbook import write_workbook

        if suffix == ".xlsm":
            raise UserError("output_no_macros", file=path)
        return write_workbook(view, path, inputs)
    if suffix == ".html":
        from xueji_cli.reports.pairs.page import render_page

        with whole_file(path, inputs=inputs) as temporary:
            temporary.write_text(render_page(view), encoding="utf-8", newline="\n")
        return Written((path,))
    with whole_file(path, inputs=inputs) as temporary, temporary.open("wb") as stream:
        write_stream(view, suffix.removeprefix("."), stream, bom=True)
    return Written((path,))


def has_decisions(path: str) -> bool:
    """Return whether a file of this name is a list that decisions are entered in."""
    return is_folder(path) or Path(path).suffix.lower() in (".xlsx", ".xlsm", ".csv")


def inputs_of(view: PairView) -> list[str]:
    """Return the files that were read, none of which may be written over."""
    report = view.report
    read = [roster.table.source.path for roster in report.rosters] + [error.file for error in report.unreadable]
    used = report.decisions.files if report.decisions else ()
    return [path for path in (*read, *used) if path != "-"]
