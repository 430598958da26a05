"""The scoresheet as the county prints it: the same rows, the same words, one A4 page upright."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xueji_cli.reports.lines import cell_width
from xueji_cli.reports.reconciled.view import basis_text, number, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from xueji_cli.reconciling.result import SchoolResult
    from xueji_cli.reconciling.scoresheet import Item, Scoresheet
    from xueji_cli.reports.reconciled.book import Book

#: Widths of the columns: section, part, points, requirement, score, basis.
WIDTHS = (13, 9, 5, 34, 7, 34)
_A4 = 9
_LINE = 15
_LEAST = 30


def add_scoresheet(
    book: Book, name: str, scoresheet: Scoresheet, school: SchoolResult | None, *, unit: str, date: str, made: str
) -> None:
    """Add the sheet of one school.

    Args:
        book: The workbook.
        name: Of the sheet.
        scoresheet: Its items.
        school: The school's points; None for an empty sheet to be filled with a pen.
        unit: Name of the school, or an empty string.
        date: Day of the inspection as it is to be read.
        made: Line at the foot.
    """
    lang = book.lang
    sheet = book.sheet(name)
    sheet.set_paper(_A4)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 1)
    sheet.center_horizontally()
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.5)
    sheet.hide_gridlines(2)
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
    sheet.merge_range(0, 0, 0, 5, scoresheet.title, book.look("sheet title"))
    sheet.set_row(0, 34)
    sheet.merge_range(
        1, 0, 1, 3, say(lang, "sheet.unit", name=unit or "______________________"), book.look("sheet line")
    )
    sheet.merge_range(1, 4, 1, 5, date, book.look("sheet line right"))
    sheet.set_row(1, 22)
    heads = ("head_section", "", "head_points", "head_words", "head_score", "head_basis")
    for place, key in enumerate(heads):
        if key and place > 1:
            sheet.write_string(2, place, say(lang, f"sheet.{key}"), book.look("sheet head"))
    sheet.merge_range(2, 0, 2, 1, say(lang, "sheet.head_section"), book.look("sheet head"))
    sheet.set_row(2, 24)
    first = 3
    for place, item in enumerate(scoresheet.items):
        _item(book, sheet, first + place, item, school, place)
    _sections(book, sheet, first, scoresheet.items)
    last = first + len(scoresheet.items)
    sheet.merge_range(last, 0, last, 1, say(lang, "sheet.total"), book.look("sheet head"))
    sheet.write_number(last, 2, float(scoresheet.total), book.look("sheet number"))
    sheet.write_blank(last, 3, None, book.look("sheet text"))
    sheet.write_blank(last, 5, None, book.look("sheet text"))
    if school is None:
        sheet.write_blank(last, 4, None, book.look("sheet number"))
    elif school.pending == 0:
        sheet.write_number(last, 4, float(school.total), book.look("sheet number"))
    else:
        # The total stays open while an item is: the county's number is the sum of all of them.
        sheet.write_blank(last, 4, None, book.look("sheet number"))
        text = say(lang, "sheet.total_pending", total=number(school.total), pending=number(school.pending))
        sheet.write_string(last, 5, text, book.look("sheet small"))
    sheet.set_row(last, 26)
    sheet.set_row(last + 1, 12)
    sheet.merge_range(last + 2, 0, last + 2, 5, say(lang, "sheet.sign"), book.look("sheet line"))
    sheet.set_row(last + 2, 26)
    sheet.merge_range(last + 3, 0, last + 3, 5, made, book.look("sheet foot"))
    sheet.print_area(0, 0, last + 3, 5)


def _item(book: Book, sheet: Any, row: int, item: Item, school: SchoolResult | None, place: int) -> None:
    basis = ""
    sheet.write_number(row, 2, float(item.points), book.look("sheet number"))
    sheet.write_string(row, 3, item.words, book.look("sheet text"))
    if school is None:
        sheet.write_blank(row, 4, None, book.look("sheet number"))
    else:
        line = school.lines[place]
        basis = basis_text(line, school, book.lang)
        if line.score.score is None:
            # Pending: left for the pen.
            sheet.write_blank(row, 4, None, book.look("sheet number"))
        else:
            lost = line.score.score < item.points
            sheet.write_number(row, 4, float(line.score.score), book.look("sheet lost" if lost else "sheet number"))
    sheet.write_string(row, 5, basis, book.look("sheet small"))
    lines = max(_lines(item.words, WIDTHS[3]), _lines(basis, WIDTHS[5] * 1.2), _lines(item.section, WIDTHS[0]))
    sheet.set_row(row, max(_LEAST, lines * _LINE + 8))


def _lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column, a character of room left at the end of each."""
    return max(1, math.ceil(cell_width(text, ambiguous=2) / (width - 1)))


def _sections(book: Book, sheet: Any, first: int, items: Sequence[Item]) -> None:
    """Write the first two columns, the cells of one section and of one part merged."""
    for start, end in _runs([item.section for item in items]):
        divided = any(items[place].part for place in range(start, end + 1))
        _merge(
            sheet, first + start, 0, first + end, 0 if divided else 1, items[start].section, book.look("sheet section")
        )
        if divided:
            for low, high in _runs([items[place].part for place in range(start, end + 1)]):
                text = items[start + low].part
                _merge(sheet, first + start + low, 1, first + start + high, 1, text, book.look("sheet section"))


def _runs(values: Sequence[str]) -> list[tuple[int, int]]:
    """Return first and last place of each run of equal values."""
    runs: list[tuple[int, int]] = []
    for place, value in enumerate(values):
        if runs and values[runs[-1][0]] == value:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def _merge(sheet: Any, top: int, left: int, bottom: int, right: int, text: str, look: Any) -> None:
    if (top, left) == (bottom, right):
        sheet.write_string(top, left, text, look)
    else:
        sheet.merge_range(top, left, bottom, right, text, look)
