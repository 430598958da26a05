"""Blank forms to carry into schools, filled with what is known. `xueji reconcile` reads each of them without an option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xueji_cli.reports.reconciled.book import Book
from xueji_cli.reports.reconciled.scoresheet import add_scoresheet
from xueji_cli.reports.reconciled.view import grade_title, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from xueji_cli.reconciling.prefill import Known
    from xueji_cli.reconciling.scoresheet import Item, Scoresheet
    from xueji_cli.schema.model import Field, Schema

#: Rows left free below those that are filled, and in an empty form.
_FREE, _EMPTY = 30, 300
_STUDENTS = 3000
_GRADES = [*(f"{n}年级" for n in "一二三四五六七八九"), "高一", "高二", "高三"]
_WIDTHS = {
    "school_name": 24,
    "item_name": 20,
    "requirement": 40,
    "how": 32,
    "id_number": 22,
    "note": 24,
    "remark": 18,
    "choice": 18,
}
#: Which columns each form has, by field.
_COLUMNS = {
    "student": ("school_name", "grade", "class_name", "name", "sex", "id_number", "birth_date", "remark"),
    "headcount": ("school_name", "grade", "class_name", "system_students", "students", "combined", "remark"),
    "classes": ("school_name", "grade", "class_name", "class_code", "combined", "remark"),
    "schools": ("school_code", "school_name", "short_name", "group", "school_category"),
    "entries": (
        *("scoresheet", "school_name", "item", "item_name", "points", "requirement", "how"),
        *("score", "cases", "required", "reached", "choice", "note"),
    ),
}
FORMS = (*_COLUMNS, "inspection")
#: Columns whose header a form writes differently from the field's title.
_HEADERS = {"student": {"school_name": "学校名称"}}
_CATEGORIES = ["小学", "初级中学", "九年一贯制学校", "高级中学", "完全中学"]


def write_form(
    kind: str,
    path: Path,
    *,
    lang: str,
    known: Known | None,
    scoresheet: Scoresheet,
    schemas: Mapping[str, Schema],
    blind: bool,
) -> None:
    """Write a form.

    Args:
        kind: One of `FORMS`.
        path: Where.
        lang: Language of the notes; headers are the user's own words in either.
        known: Schools and classes to fill in; None for an empty form.
        scoresheet: Whose items the entries are for.
        schemas: Schema of each form, by its name.
        blind: Leave the system's numbers out, so that nobody copies them.
    """
    with Book(path, lang) as book:
        if kind == "inspection":
            _print(book, scoresheet, known)
            parts = ["headcount", "entries"]
        else:
            parts = [kind]
        for part in parts:
            _form(book, part, schemas[part], known, scoresheet, blind=blind)
        _notes(book, [kind, *parts] if kind == "inspection" else parts)


def _print(book: Book, scoresheet: Scoresheet, known: Known | None) -> None:
    date = say(book.lang, "sheet.no_date")
    names = [school.name for school in known.schools] if known else [""]
    for name in names:
        add_scoresheet(
            book, name or say(book.lang, "sheet.scoresheet"), scoresheet, None, unit=name, date=date, made=""
        )


def _form(book: Book, kind: str, schema: Schema, known: Known | None, scoresheet: Scoresheet, *, blind: bool) -> None:
    filled = _filled(kind, known, scoresheet, book.lang)
    names = [name for name in _COLUMNS[kind] if not (name == "system_students" and (blind or not known))]
    fields = [schema.by_name[name] for name in names]
    sheet = book.sheet(schema.title)
    free = _EMPTY if not filled else 0 if kind == "entries" else _FREE
    last = len(filled) + (_STUDENTS if kind == "student" else free)
    for place, field in enumerate(fields):
        header = _HEADERS.get(kind, {}).get(field.name, field.title)
        sheet.write_string(0, place, header, book.look("head"))
        sheet.set_column(place, place, _WIDTHS.get(field.name, 12))
    sheet.set_row(0, 24)
    for row in range(last):
        values = filled[row] if row < len(filled) else {}
        for place, field in enumerate(fields):
            _cell(book, sheet, row + 1, place, field, values)
    for place, field in enumerate(fields):
        _validation(sheet, place, field, last, scoresheet)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    # No password: it keeps headers from slipping, and holds nobody up.
    sheet.protect(
        "", {"format_columns": True, "format_rows": True, "insert_rows": True, "sort": True, "autofilter": True}
    )


def _cell(book: Book, sheet: Any, row: int, place: int, field: Field, values: Mapping[str, object]) -> None:
    value = values.get(field.name)
    if value is not None:
        if isinstance(value, int):
            sheet.write_number(row, place, value, book.look("locked"))
        else:
            sheet.write_string(row, place, str(value), book.look("locked"))
        return
    number = field.name in ("students", "cases")
    points = field.name in ("score", "required", "reached")
    sheet.write_blank(row, place, None, book.look("open number" if number else "open points" if points else "open"))


def _validation(sheet: Any, place: int, field: Field, last: int, scoresheet: Scoresheet) -> None:
    """Offer what a column usually holds; a number of children is a whole number."""
    lists: dict[str, Sequence[str]] = {"sex": ["男", "女"], "grade": _GRADES, "school_category": _CATEGORIES}
    if field.name in lists:
        options: dict[str, Any] = {"validate": "list", "source": list(lists[field.name]), "error_type": "warning"}
    elif field.name in ("students", "cases"):
        options = {
            "validate": "integer",
            "criteria": "between",
            "minimum": 0,
            "maximum": 200,
            "error_title": "xueji",
            "error_message": "请填 0 到 200 的整数",
        }
    elif field.name == "choice":
        names = [name for item in scoresheet.items for name in (*item.choices, *item.bands)]
        if not names or len(",".join(names)) > 255:
            return
        options = {"validate": "list", "source": names, "error_type": "warning"}
    else:
        return
    sheet.data_validation(1, place, max(last, 1), place, options)


def _filled(kind: str, known: Known | None, scoresheet: Scoresheet, lang: str) -> list[dict[str, object]]:
    """Return the rows of a form that are known, by field."""
    if kind == "entries":
        names = [school.name for school in known.schools] if known else [None]
        return [
            {
                "scoresheet": scoresheet.name,
                "school_name": name,
                "item": item.no,
                "item_name": f"{item.section} {item.part}".strip(),
                "points": f"{item.points.normalize():f}",
                "requirement": item.words,
                "how": how_to_enter(item, lang),
            }
            for name in names
            for item in scoresheet.items
        ]
    if known is None or kind == "student":
        return []
    if kind == "schools":
        return [
            {
                "school_code": each.code,
                "school_name": each.name,
                "short_name": "、".join(each.aliases) or None,
                "group": each.group,
            }
            for each in known.schools
        ]
    return [
        {
            "school_name": row["school"],
            "grade": grade_title(row["grade"], "zh") if row["grade"] else None,
            "class_name": row["class_label"],
            "class_code": row["class_code"],
            "system_students": row["students"],
            "combined": row["combined"],
        }
        for row in known.classes.iter_rows(named=True)
    ]


def how_to_enter(item: Item, lang: str) -> str:
    """Return what an inspector writes for an item, and where."""
    points = f"{item.points.normalize():f}"
    if item.kind == "manual":
        return say(lang, "template.how_manual", points=points)
    if item.kind == "per_case":
        return say(lang, "template.how_per_case_measured" if item.measure else "template.how_per_case")
    if item.kind == "pro_rata":
        return say(lang, "template.how_pro_rata")
    if item.kind == "choice":
        return say(lang, "template.how_choice", known="、".join(item.choices))
    if item.kind == "bands":
        bands = "、".join(f"{name} {low}–{high}" for name, (low, high) in item.bands.items())
        return say(lang, "template.how_bands", known=bands)
    return say(lang, "template.how_measured" if item.measure else "template.how_value")


def _notes(book: Book, parts: Sequence[str]) -> None:
    sheet = book.sheet(say(book.lang, "template.note_head"))
    sheet.set_column(0, 0, 100)
    lines = [say(book.lang, f"template.{part}") for part in parts] + [say(book.lang, "template.locked")]
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line, book.look("quiet"))
