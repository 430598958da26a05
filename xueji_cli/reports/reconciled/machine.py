"""JSON: the contract `xueji/reconcile/v1` for other programs (keys are only ever added)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reconciling import county
from xueji_cli.reconciling.result import CATEGORIES
from xueji_cli.reports.audience import audience
from xueji_cli.reports.machine import dump, input_entry
from xueji_cli.reports.reconciled.view import basis_text, persons_view, problem_text

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction
    from typing import IO, Any

    from xueji_cli.reconciling.result import Line, SchoolResult
    from xueji_cli.reports.reconciled.report import ReconcileReport

CONTRACT = "xueji/reconcile/v1"


def write_json(report: ReconcileReport, stream: IO[bytes], *, lang: str, reveal: bool) -> None:
    """Write one JSON document (UTF-8), a line per top-level key.

    Args:
        report: What was found.
        stream: Where to.
        lang: Language of the sentences.
        reveal: Show personal data whole.
    """
    stream.write(dump(reconcile_document(report, lang=lang, reveal=reveal)) + b"\n")


def reconcile_document(report: ReconcileReport, *, lang: str, reveal: bool) -> dict[str, Any]:
    """Return the whole report as plain data."""
    run, result = report.run, report.result
    people = persons_view(report, reveal=reveal, lang=lang).partition_by("school", as_dict=True)
    classes = result.classes.partition_by("school", as_dict=True)
    grades = result.grades.partition_by("school", as_dict=True)
    ranks = {ranked.result.school.name: ranked.rank for ranked in county.ranking(result.schools)}
    files = [roster.table.source.path for roster in report.rosters]
    all_of_it = county.totals("", result.schools)
    return {
        "schema": CONTRACT,
        "run": {
            "command": run.command,
            "version": run.version,
            "schema": list(run.schemas),
            "scoresheet": {"name": result.scoresheet.name, "version": result.scoresheet.version},
            "as_of": run.as_of,
            "options": dict(run.options),
            "audience": audience(run, lang),
            "parameters": dict(result.parameters),
        },
        "inputs": [
            {"side": side, **input_entry(roster)} for side, roster in zip(report.sides, report.rosters, strict=True)
        ],
        "schools": [
            {
                **_school(school),
                "rank": ranks[school.school.name],
                "by_grade": _rows(grades.get((school.school.name,)), _GRADE),
                "by_class": _rows(classes.get((school.school.name,)), _CLASS),
                "people": _people(people.get((school.school.name,)), files),
                "scoresheet": _scoresheet(school, lang),
            }
            for school in result.schools
        ],
        "county": {
            "students": _side_by_side(all_of_it.students, all_of_it.student_ratio),
            "classes": _side_by_side(all_of_it.classes, all_of_it.class_ratio),
            "schools": all_of_it.schools,
            "schools_without_numbers": all_of_it.unknown,
            "ranking": [
                {
                    "name": ranked.result.school.name,
                    "group": ranked.result.school.group,
                    "rank": ranked.rank,
                    "total": _number(ranked.result.total),
                    "decided": _number(ranked.result.decided),
                    "pending": _number(ranked.result.pending),
                }
                for ranked in county.ranking(result.schools)
            ],
            "groups": [
                {
                    "name": group.name,
                    "schools": group.schools,
                    "students": _side_by_side(group.students, group.student_ratio),
                    "classes": _side_by_side(group.classes, group.class_ratio),
                    "average": _number(group.average),
                }
                for group in county.groups(result)
            ],
            "items": [
                {
                    "no": each.item.no,
                    "name": each.item.section,
                    "computed": each.computed,
                    "entered": each.entered,
                    "pending": each.pending,
                    "deducted": _number(each.deducted),
                    "schools": each.schools,
                }
                for each in county.item_totals(result)
            ],
        },
        "only_system": list(result.only_system),
        "only_actual": list(result.only_actual),
        "names": {
            "understood": [
                {"written": written, "school": school, "how": how}
                for naming in result.naming
                for written, school, how in naming.told
            ],
            "unmatched": [
                {"name": unmatched.name, "rows": rows, "file": files[table], "nearest": list(unmatched.nearest)}
                for naming in result.naming
                for unmatched, table, rows in naming.unmatched
            ],
        },
        "problems": [
            {
                "code": problem.key,
                "fatal": problem.fatal,
                "file": problem.file or None,
                "sheet": problem.sheet,
                "row": problem.row,
                "column": problem.letter or None,
                "message": problem_text(problem, lang),
            }
            for problem in result.problems
        ],
        "unreadable": [
            {
                "file": error.file,
                "reason": error.key,
                "message": catalogue.text(lang, f"errors.{error.key}", **error.params),
            }
            for error in report.unreadable
        ],
    }


_GRADE = ("grade", "students_system", "students_actual", "classes_system", "classes_actual", "difference")
_CLASS = ("grade", "class", "system", "actual", "difference", "state", "size")


def _rows(frame: pl.DataFrame | None, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    if frame is None:
        return []
    named = {"class_label": "class", "band": "size"}
    return frame.rename({old: new for old, new in named.items() if old in frame.columns}).select(keys).to_dicts()


def _number(value: Decimal | None) -> float | int | None:
    """Return points as JSON has numbers: 8.5 and 10."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _ratio(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _side_by_side(numbers: tuple[int | None, int | None], ratio: Fraction | None) -> dict[str, Any]:
    system, actual = numbers
    difference = None if system is None or actual is None else actual - system
    return {"system": system, "actual": actual, "difference": difference, "ratio": _ratio(ratio)}


def _school(school: SchoolResult) -> dict[str, Any]:
    return {
        "name": school.school.name,
        "code": school.school.code,
        "group": school.school.group,
        "students": _side_by_side(school.students, school.student_ratio),
        "classes": _side_by_side(school.classes, school.class_ratio),
    }


def _people(rows: pl.DataFrame | None, files: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {category: [] for category in CATEGORIES}
    for row in rows.iter_rows(named=True) if rows is not None else ():
        found[row["category"]].append(
            {
                "name": row["name"],
                "id_number": row["id_number"],
                "grade": row["grade"],
                "class": row["class_label"],
                "other_school": row["other_school"],
                "other_class": row["other_class"],
                "status": row["status"],
                "excused": row["excused"],
                "link": row["how"],
                "field": row["field"],
                "values": {"system": row["system"], "actual": row["actual"]} if row["field"] else None,
                "characters": [int(each) for each in row["places"].split(",")] if row["places"] else [],
                "system": _place(row["system_table"], row["system_row"], files),
                "actual": _place(row["actual_table"], row["actual_row"], files),
                "possible": _place(row["possible_table"], row["possible_row"], files),
                "message": row["text"],
            }
        )
    found["counts"] = {category: len(found[category]) for category in CATEGORIES}
    return found


def _place(table: int | None, row: int | None, files: list[str]) -> dict[str, Any] | None:
    return None if table is None else {"file": files[table], "row": row}


def _scoresheet(school: SchoolResult, lang: str) -> dict[str, Any]:
    return {
        "items": [_item(line, school, lang) for line in school.lines],
        "computed": _number(school.points("computed")),
        "entered": _number(school.points("entered")),
        "pending": _number(school.pending),
        "decided": _number(school.decided),
        "total": _number(school.total) if school.pending == 0 else None,
        "total_so_far": _number(school.total),
    }


def _item(line: Line, school: SchoolResult, lang: str) -> dict[str, Any]:
    item, score = line.item, line.score
    return {
        "no": item.no,
        "name": item.section,
        "part": item.part or None,
        "points": _number(item.points),
        "deducted": None if score.score is None else _number(item.points - score.score),
        "score": _number(score.score),
        "basis": score.basis,
        "cases": score.cases,
        "value": _ratio(score.value),
        "evidence": basis_text(line, school, lang),
        "rule": {"kind": item.kind, "words": item.words, "params": dict(item.params)},
    }
