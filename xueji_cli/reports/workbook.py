"""`-o X.xlsx` and `-o FOLDER/`: workbooks a registrar works through, cell by cell.

One input gives a copy of itself with the bad cells marked: of the workbook where it was one, of the data otherwise.
Such a copy is the user's own data, so it shows values whole. Several inputs give one copy each in a folder, and a
workbook that lists everything (masked like any report, because it goes beyond the school it came from).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import InputError, UserError
from xueji_cli.messages import catalogue
from xueji_cli.reports import annotated
from xueji_cli.reports.fresh import FreshWorkbook
from xueji_cli.reports.marks import COMMENT_LIMIT, cell_marks
from xueji_cli.reports.sheets import LINK_LIMIT, SHEET_ROWS, finding_list, link_target, summary_rows
from xueji_cli.reports.view import finding_view
from xueji_cli.reports.written import Written
from xueji_cli.tables.blob import load
from xueji_cli.tables.locked import reopened
from xueji_cli.tables.names import file_names
from xueji_cli.tables.options import MAX_BYTES
from xueji_cli.tables.paths import Inputs
from xueji_cli.tables.writing import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from xueji_cli.reports.report import CheckReport
    from xueji_cli.tables.table import Source

#: The kind that openpyxl can copy (.xlsm is of it too).
_COPIED = "xlsx"


def write_workbook(report: CheckReport, view: pl.DataFrame, path: str, *, lang: str) -> Written:
    """Write one workbook: a marked copy of the only input, or the list and summary of several.

    Args:
        report: What was found.
        view: Its findings as other reports show them.
        path: Where to.
        lang: Language.
    """
    files = list(dict.fromkeys(roster.table.source.path for roster in report.rosters))
    if not files:
        raise UserError("output_nothing", file=path)
    with whole_file(path, inputs=_inputs(report)) as temporary:
        if len(files) == 1:
            whole = finding_view(report, lang=lang, reveal=True)
            notes = _write_copy(report, whole, files[0], temporary, Path(path).suffix, lang).notes
        else:
            notes = _write_overview(report, view, temporary, lang, {})
    return Written((path,), tuple(notes))


def write_folder(report: CheckReport, view: pl.DataFrame, folder: str, *, lang: str) -> Written:
    """Write a marked copy of every input into a folder, and a workbook that lists all findings.

    Args:
        report: What was found.
        view: Its findings as other reports show them; the overview lists these.
        folder: Made if it is not there.
        lang: Language.
    """
    if not report.rosters:
        raise UserError("output_nothing", file=folder)
    home = Path(folder)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise UserError("output_folder", folder=folder) from None
    whole = finding_view(report, lang=lang, reveal=True)
    overview = f"{catalogue.text(lang, 'check.summary.name')}.xlsx"
    names: dict[str, str] = {}
    links: dict[int, tuple[str, str]] = {}
    notes: list[str] = []
    inputs = _inputs(report)
    for file in dict.fromkeys(roster.table.source.path for roster in report.rosters):
        names[file] = _copy_name(report, file, lang, taken=[overview, *names.values()])
        target = home / names[file]
        with whole_file(target, inputs=inputs) as temporary:
            made = _write_copy(report, whole, file, temporary, target.suffix, lang)
        notes += made.notes
        links |= {table: (names[file], sheet) for table, sheet in made.sheets.items()}
    with whole_file(home / overview, inputs=inputs) as temporary:
        notes += _write_overview(report, view, temporary, lang, links)
    return Written(tuple(str(home / name) for name in (overview, *names.values())), tuple(notes))


def _inputs(report: CheckReport) -> Inputs:
    read = dict.fromkeys(roster.table.source.path for roster in report.rosters)
    return Inputs([*read, *(error.file for error in report.unreadable)])


@dataclass(frozen=True, slots=True)
class _Copy:
    """A marked copy of one input.

    Attributes:
        sheets: Table → the name of its sheet in the copy.
        notes: What the user should know.
    """

    sheets: Mapping[int, str]
    notes: list[str]


def _write_copy(report: CheckReport, whole: pl.DataFrame, file: str, temporary: Path, suffix: str, lang: str) -> _Copy:
    """Write the marked copy of one input: of its workbook if that can be copied, of its data otherwise.

    Args:
        report: What was found.
        whole: All findings, unmasked.
        file: The input.
        temporary: Where to.
        suffix: What the file's name ends in: .xlsm keeps macros.
        lang: Language.
    """
    tables = [index for index, roster in enumerate(report.rosters) if roster.table.source.path == file]
    view = whole.filter(pl.col("table").is_in(tables))
    marks = cell_marks(report, view, tables, lang)
    notes = _limits(view, marks, lang)
    source = report.rosters[tables[0]].table.source
    content = _unchanged(source) if source.kind == _COPIED and file != "-" else None
    macros = content is not None and annotated.has_macros(content)
    if suffix.lower() == ".xlsm" and not macros:
        raise UserError("output_no_macros", file=file)
    if content is not None:
        keep_vba = macros and suffix.lower() == ".xlsm"
        sheets = {index: str(report.rosters[index].table.source.sheet) for index in tables}
        with annotated.without_collector():
            workbook, extras = annotated.load(content, keep_vba=keep_vba)
            if workbook is not None and not set(sheets.values()) - set(workbook.sheetnames):
                notes += _losses(content, file, lang, keep_vba=keep_vba, macros=macros, extras=extras)
                for index, name in sheets.items():
                    annotated.annotate(workbook[name], marks.filter(pl.col("table") == index))
                summary = summary_rows(report, view, tables, notes, lang, whole=True)
                annotated.add_sheets(workbook, finding_list(report, view, lang), summary, lang)
                workbook.save(temporary)
                return _Copy(sheets, notes)
        notes.append(_say(lang, "not_copied", file=file))
    return _write_data(report, view, marks, tables, temporary, notes, lang)


def _write_data(
    report: CheckReport,
    view: pl.DataFrame,
    marks: pl.DataFrame,
    tables: Sequence[int],
    temporary: Path,
    notes: list[str],
    lang: str,
) -> _Copy:
    """Write the data of one input into a new workbook, with the same rows and columns as the source."""
    sheets: dict[int, str] = {}
    with FreshWorkbook(temporary) as fresh:
        for index in tables:
            table = report.rosters[index].table
            sheets[index], missing, cut = fresh.add_table(table, marks.filter(pl.col("table") == index))
            if missing:
                said = "rows_capped" if table.streamed is None else "rows_streamed"
                notes.append(_say(lang, said, file=table.source.path, count=f"{missing:,}"))
            if cut:
                notes.append(_say(lang, "cells_cut", file=table.source.path, count=f"{cut:,}"))

        def link(row: Mapping[str, Any]) -> str:
            return "internal:" + link_target(sheets[row["table"]], row["link_cell"])

        fresh.add_findings(finding_list(report, view, lang), lang, link)
        fresh.add_summary(summary_rows(report, view, tables, notes, lang, whole=True), lang)
    return _Copy(sheets, notes)


def _write_overview(
    report: CheckReport, view: pl.DataFrame, temporary: Path, lang: str, links: Mapping[int, tuple[str, str]]
) -> list[str]:
    """Write the list and summary of all inputs; its places lead into the copies named by `links`."""
    notes = _limits(view, None, lang)

    def link(row: Mapping[str, Any]) -> str | None:
        copy = links.get(row["table"])
        return f"external:{copy[0]}#{link_target(copy[1], row['link_cell'])}" if copy else None

    with FreshWorkbook(temporary) as fresh:
        fresh.add_summary(summary_rows(report, view, range(len(report.rosters)), notes, lang), lang)
        fresh.add_findings(finding_list(report, view, lang), lang, link)
    return notes


def _unchanged(source: Source) -> bytes:
    """Return the content of an input without its lock, as long as the input is still the one that was checked.

    Raises:
        UserError: When it is not: marks would stand in the wrong cells.
    """
    try:
        blob = load(source.path, MAX_BYTES)
    except InputError:
        raise UserError("input_changed", file=source.path) from None
    if blob.digest.result() != source.sha256:
        raise UserError("input_changed", file=source.path)
    return blob.data if source.password is None else reopened(blob, source.password)


def _copy_name(report: CheckReport, file: str, lang: str, taken: Sequence[str]) -> str:
    """Return `name-核查.xlsx`, with a number where two inputs have the same name."""
    source = next(roster.table.source for roster in report.rosters if roster.table.source.path == file)
    suffix = ".xlsx"
    if source.kind == _COPIED and file != "-" and annotated.has_macros(_unchanged(source)):
        suffix = ".xlsm"
    stem = "stdin" if file == "-" else PurePath(file.replace("\\", "/")).stem
    ending = f"-{catalogue.text(lang, 'check.text.next_suffix')}{suffix}"
    return file_names([stem], ending=ending, taken=taken, numbered="{}-{}")[0]


def _limits(view: pl.DataFrame, marks: pl.DataFrame | None, lang: str) -> list[str]:
    notes = []
    if marks is not None and marks.height > COMMENT_LIMIT:
        notes.append(_say(lang, "comments_capped", count=f"{COMMENT_LIMIT:,}"))
    if view.height >= LINK_LIMIT:
        notes.append(_say(lang, "links_capped", count=f"{LINK_LIMIT - 1:,}"))
    if view.height > SHEET_ROWS - 1:
        notes.append(_say(lang, "findings_capped", count=f"{view.height - SHEET_ROWS + 1:,}"))
    return notes


def _losses(content: bytes, file: str, lang: str, *, keep_vba: bool, macros: bool, extras: bool) -> list[str]:
    notes = []
    if lost := annotated.what_is_lost(content, keep_vba=keep_vba):
        names = [catalogue.text(lang, f"check.parts.{each}") for each in lost]
        parts = catalogue.text(lang, "check.parts.separator").join(names)
        notes.append(_say(lang, "lost_parts", file=file, parts=parts))
    if macros and not keep_vba:
        notes.append(_say(lang, "lost_macros", file=file))
    if extras:
        notes.append(_say(lang, "lost_extras", file=file))
    return notes


def _say(lang: str, key: str, **params: object) -> str:
    return catalogue.text(lang, f"check.workbook.{key}", **params)
