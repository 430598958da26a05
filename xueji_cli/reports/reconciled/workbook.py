"""`-o X.xlsx` and `-o FOLDER/`: the scoresheet of every school to print, and what stands behind it, and the county."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.reports.masking import mask
from xueji_cli.reports.reconciled.book import Book
from xueji_cli.reports.reconciled.countysheets import add_county
from xueji_cli.reports.reconciled.scoresheet import add_scoresheet
from xueji_cli.reports.reconciled.view import (
    basis_text,
    grade_title,
    heads,
    parameter_lines,
    persons_view,
    problem_text,
    say,
)
from xueji_cli.schema.model import Pii
from xueji_cli.tables.names import file_names
from xueji_cli.tables.writing import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xueji_cli.reconciling.result import SchoolResult
    from xueji_cli.reports.reconciled.report import ReconcileReport


def write_workbook(report: ReconcileReport, path: Path, *, lang: str, reveal: bool) -> None:
    """Write one workbook with everything.

    Args:
        report: What was found.
        path: Where.
        lang: Language.
        reveal: Show personal data whole.
    """
    view = persons_view(report, reveal=reveal, lang=lang)
    schools = report.result.schools
    with Book(path, lang, report.run) as book:
        if len(schools) == 1:
            _scoresheets(book, report, schools, lang)
        else:
            add_county(book, report, lang)
        _details(book, report, schools, view, lang, reveal=reveal)
        _notes(book, report, lang)
        if len(schools) > 1:
            _scoresheets(book, report, schools, lang)


def write_folder(report: ReconcileReport, folder: str, *, lang: str, reveal: bool, inputs: Sequence[str]) -> list[str]:
    """Write one workbook per school and one for the county; return their paths, the county's first."""
    root = Path(folder)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise UserError("output_folder", folder=folder) from None
    view = persons_view(report, reveal=reveal, lang=lang)
    total = root / f"{say(lang, 'sheet.county_file')}.xlsx"
    paths = [str(total)]
    with whole_file(total, inputs=inputs) as temporary, Book(temporary, lang, report.run) as book:
        add_county(book, report, lang)
        _details(book, report, report.result.schools, view, lang, reveal=reveal)
        _notes(book, report, lang)
    schools = report.result.schools
    names = file_names([school.school.name for school in schools], ending=".xlsx", taken=[total.name])
    for school, name in zip(schools, names, strict=True):
        path = root / name
        with whole_file(path, inputs=inputs) as temporary, Book(temporary, lang, report.run) as book:
            _scoresheets(book, report, [school], lang)
            _details(book, report, [school], view, lang, reveal=reveal)
        paths.append(str(path))
    return paths


def _scoresheets(book: Book, report: ReconcileReport, schools: Iterable[SchoolResult], lang: str) -> None:
    day = day_text(report.run.as_of, lang)
    sheet = report.result.scoresheet
    made = say(lang, "sheet.made", version=report.run.version, scoresheet=f"{sheet.name} {sheet.version}")
    schools = list(schools)
    for school in schools:
        name = say(lang, "sheet.scoresheet") if len(schools) == 1 else school.school.name
        add_scoresheet(
            book, name, sheet, school, unit=school.school.name, date=say(lang, "sheet.date", date=day), made=made
        )


def day_text(as_of: str, lang: str) -> str:
    """Return a day as people write it."""
    day = date.fromisoformat(as_of)
    return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else as_of


def _details(
    book: Book, report: ReconcileReport, schools: Sequence[SchoolResult], view: pl.DataFrame, lang: str, *, reveal: bool
) -> None:
    """Add the sheets that stand behind the points: heads, classes, people, deductions, who was drawn."""
    names = [school.school.name for school in schools]
    result = report.result
    inside = pl.col("school").is_in(names)
    book.table(
        say(lang, "sheet.counts"),
        heads(
            lang,
            "col_school",
            "col_grade",
            "col_system",
            "col_actual",
            "col_difference",
            "col_classes_system",
            "col_classes_actual",
        ),
        ("text", "text", "number", "number", "differs", "number", "number"),
        (
            (
                row["school"],
                grade_title(row["grade"], lang),
                row["students_system"],
                row["students_actual"],
                row["difference"],
                row["classes_system"],
                row["classes_actual"],
            )
            for row in result.grades.filter(inside).iter_rows(named=True)
        ),
    )
    book.table(
        say(lang, "sheet.classes"),
        heads(
            lang,
            "col_school",
            "col_grade",
            "col_class",
            "col_system",
            "col_actual",
            "col_difference",
            "col_state",
            "col_band",
            "col_room",
        ),
        ("text", "text", "text", "number", "number", "differs", "text", "text", "text"),
        (
            (
                row["school"],
                grade_title(row["grade"], lang),
                row["class_label"] or say(lang, "no_class"),
                row["system"],
                row["actual"],
                row["difference"],
                say(lang, f"states.{row['state']}"),
                say(lang, f"bands.{row['band']}") if row["band"] else None,
                row["room"],
            )
            for row in result.classes.filter(inside).iter_rows(named=True)
        ),
    )
    people = view.filter(inside)
    sheet = book.table(
        say(lang, "sheet.people"),
        heads(
            lang,
            *(
                "col_school",
                "col_class",
                "col_category",
                "col_name",
                "col_id_number",
                "col_text",
                "col_status",
                "col_excused",
            ),
            *("col_system_place", "col_actual_place"),
        ),
        (*("text",) * 5, "wrapped", *("text",) * 2, *("wrapped",) * 2),
        (
            (
                row["school"],
                row["class_label"] or say(lang, "no_class"),
                say(lang, f"categories.{row['category']}"),
                row["name"],
                row["id_number"],
                row["text"],
                row["status"],
                row["excused"],
                row["system_place"],
                row["actual_place"],
            )
            for row in people.iter_rows(named=True)
        ),
    )
    # A class teacher is handed a page: each class begins a new one.
    keys = people.select("school", "key").rows()
    sheet.set_h_pagebreaks([place + 1 for place in range(1, len(keys)) if keys[place] != keys[place - 1]][:1000])
    book.table(
        say(lang, "sheet.deductions"),
        heads(lang, "col_school", "col_item", "col_item_name", "col_points", "col_score", "col_deducted", "col_basis"),
        ("text", "text", "text", "points", "points", "points", "wrapped"),
        (
            (
                school.school.name,
                line.item.no,
                line.item.section,
                line.item.points,
                line.score.score if line.score.score is not None else say(lang, "pending"),
                line.item.points - line.score.score if line.score.score is not None else None,
                basis_text(line, school, lang),
            )
            for school in schools
            for line in school.lines
        ),
    )
    drawn = result.sampled.filter(inside)
    if drawn.height:
        if not reveal:
            drawn = drawn.with_columns(mask(pl.col("name"), Pii.NAME.value), mask(pl.col("id_number"), Pii.ID.value))
        comma = say(lang, "comma")
        book.table(
            say(lang, "sheet.sampled"),
            heads(lang, "col_school", "col_item", "col_class", "col_name", "col_id_number", "col_missing"),
            ("text",) * 6,
            (
                (
                    row["school"],
                    row["item"],
                    row["class_label"],
                    row["name"],
                    row["id_number"],
                    comma.join(
                        say(lang, f"sheet.missing_{name}")
                        for name in ("guardian", "address", "phone")
                        if row[f"no_{name}"]
                    ),
                )
                for row in drawn.iter_rows(named=True)
            ),
        )


def _notes(book: Book, report: ReconcileReport, lang: str) -> None:
    """Add what can't be used, how names were understood, and what was decided."""
    result = report.result
    lines = [problem_text(problem, lang) for problem in result.problems]
    comma = say(lang, "comma")
    for naming in result.naming:
        for written, school, how in naming.told:
            lines.append(say(lang, "text.told", written=written, school=school, how=say(lang, f"text.how_{how}")))
        for each, table, rows in naming.unmatched:
            file = Path(report.rosters[table].table.source.path).name
            near = comma.join(each.nearest) or say(lang, "text.nobody_near")
            lines.append(
                say(lang, "text.unmatched")
                + say(lang, "text.unmatched_row", name=each.name, rows=rows, file=file, nearest=near)
            )
    for key, names in (("only_system", result.only_system), ("only_actual", result.only_actual)):
        if names:
            lines.append(say(lang, f"text.{key}", count=len(names), schools=comma.join(names)))
    lines += parameter_lines(report, lang)
    book.table(
        say(lang, "sheet.problems"),
        heads(lang, "col_problem"),
        ("text",),
        ((line,) for line in dict.fromkeys(lines)),
    )
