"""The ledgers to print and fill in (domain: 适龄儿童台账, 疑似辍学台账, 辍学台账) and a page for every child (一生一案)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reports.reconciled.book import lines_of
from xueji_cli.reports.retention.view import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from xlsxwriter.worksheet import Worksheet

    from xueji_cli.reports.reconciled.book import Book
    from xueji_cli.reports.retention.view import RetentionView

#: Column → its width. A ledger is printed on A4 across, so it can't be wider than a page of readable type holds.
_SUSPECTS = {
    "number": 4, "name": 7, "sex": 4, "id_number": 11, "place": 9, "head": 7, "school_class": 11, "since": 7, "guardian": 7,
    "phone": 7, "address": 10, "hukou_place": 8, "why": 15, "focus": 7, "measures": 9, "visits": 4, "visitor": 7,
    "visitor_phone": 7, "visited_on": 8, "outcome": 12, "remark": 7,
}  # fmt: skip
#: Not printed: what the next run reads.
_HIDDEN = {"result": 14, "ledger_key": 18}
_OF_AGE = {
    "number": 5, "town": 9, "village": 10, "head": 8, "name": 9, "sex": 4, "id_number": 19, "born": 10, "head_relation": 8,
    "school": 17, "class_label": 10, "away": 6, "phone": 12, "focus": 9, "result": 15, "because": 18,
}  # fmt: skip
#: What a ledger of last time says about a case and goes along.
CARRIED = ("since", "measures", "visits", "visitor", "visitor_phone", "visited_on", "outcome", "remark")
#: Height of a line of a ledger's type in points, and how many a visitor needs to write on.
_LINE, _LEAST_LINES = 17, 3
#: Excel knows so many page breaks on a sheet.
_BREAKS = 1000
_VISITS = 5


def suspects(book: Book, view: RetentionView, rows: pl.DataFrame, name: str) -> None:
    """Add a ledger of children to be visited, each group on pages of its own."""
    heads = {**_SUSPECTS, **_HIDDEN}
    told = _told(view, rows)
    sheet = book.sheet(say(view.lang, f"sheet.{name}"))
    _set_up(book, sheet, view, heads, say(view.lang, f"sheet.{name}"), last=len(_SUSPECTS) - 1)
    look = book.look("ledger")
    breaks = []
    group = None
    for line, row in enumerate(told.iter_rows(named=True)):
        if line and row["group"] != group:
            breaks.append(line + 3)
        group = row["group"]
        lines = _LEAST_LINES
        for column, (key, width) in enumerate(heads.items()):
            value = line + 1 if key == "number" else row[key]
            if isinstance(value, int):
                sheet.write_number(line + 3, column, value, look)
            else:
                sheet.write_string(line + 3, column, value or "", look)
                lines = max(lines, lines_of(value or "", width) if key in _SUSPECTS else 1)
        sheet.set_row(line + 3, lines * _LINE)
    sheet.set_h_pagebreaks(breaks[:_BREAKS])
    sheet.autofilter(2, 0, max(told.height + 2, 3), len(heads) - 1)
    sheet.print_area(0, 0, max(told.height + 2, 3), len(_SUSPECTS) - 1)


def _told(view: RetentionView, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the texts of the ledger, and what the ledger of last time says."""
    lang = view.lang
    followed = view.report.result.followed
    if followed is not None:
        # What people wrote goes along whole: a note cut short here would be lost for good in the next ledger.
        before = followed.filter(pl.col("table").is_not_null() & pl.col("child").is_not_null())
        carried = before.unique("child", keep="first", maintain_order=True)
        carried = carried.select("child", *(pl.col(n).alias(f"b:{n}") for n in CARRIED))
        rows = rows.join(carried, on="child", how="left", maintain_order="left")
    none = pl.lit(None, dtype=pl.String)
    filled = {n: pl.col(f"b:{n}") if f"b:{n}" in rows.columns else none for n in CARRIED}
    names = {category: say(lang, f"categories.{category}") for category in rows.get_column("category").unique()}
    category = pl.col("category").replace_strict(names, default="", return_dtype=pl.String)
    return rows.with_columns(
        place=pl.concat_str("town", "village", separator=" ", ignore_nulls=True),
        school_class=pl.concat_str("school", "class_label", separator=" ", ignore_nulls=True),
        why=pl.concat_str(
            category, "reason_text", "basis_text", separator="，" if lang == "zh" else ", ", ignore_nulls=True
        ),
        because=pl.concat_str("reason_text", "basis_text", separator="，" if lang == "zh" else ", ", ignore_nulls=True),
        result=category,
        ledger_key=pl.col("keys").list.join(" ").fill_null(""),
        **filled,
    ).sort("group", "school", "class_label", "name", maintain_order=True, nulls_last=True)


def _set_up(
    book: Book, sheet: Worksheet, view: RetentionView, heads: Mapping[str, int], title: str, *, last: int
) -> None:
    """Write title, day and header; set paper, repeated rows and page numbers."""
    lang = view.lang
    sheet.merge_range(0, 0, 0, last, title, book.look("sheet title"))
    note = say(lang, "sheet.line", as_of=view.report.run.as_of, version=view.report.run.version)
    if not view.reveal:
        note += "　" + say(lang, "sheet.masked")
    sheet.merge_range(1, 0, 1, last, note, book.look("sheet foot"))
    for column, (key, width) in enumerate(heads.items()):
        sheet.write_string(2, column, say(lang, f"columns.{key}"), book.look("sheet head"))
        sheet.set_column(column, column, width)
    sheet.set_row(0, 26)
    sheet.set_row(2, 44)
    sheet.freeze_panes(3, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.5)
    sheet.repeat_rows(0, 2)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(say(lang, "sheet.pages"))


def of_age(book: Book, view: RetentionView, rows: pl.DataFrame) -> None:
    """Add the ledger of all children of age of the households, with what was found."""
    title = say(view.lang, "sheet.of_age")
    sheet = book.sheet(title)
    _set_up(book, sheet, view, _OF_AGE, title, last=len(_OF_AGE) - 1)
    told = _told(view, rows).select("group", *(key for key in _OF_AGE if key != "number"))
    widths = [width for key, width in _OF_AGE.items() if key != "number"]
    look = book.look("ledger")
    breaks = []
    group = None
    for line, (of_group, *cells) in enumerate(told.iter_rows()):
        if line and of_group != group:
            breaks.append(line + 3)
        group = of_group
        sheet.write_number(line + 3, 0, line + 1, look)
        lines = 1
        for column, (value, width) in enumerate(zip(cells, widths, strict=True), 1):
            sheet.write_string(line + 3, column, value or "", look)
            lines = max(lines, lines_of(value or "", width))
        sheet.set_row(line + 3, lines * _LINE)
    sheet.set_h_pagebreaks(breaks[:_BREAKS])
    sheet.autofilter(2, 0, max(told.height + 2, 3), len(_OF_AGE) - 1)
    sheet.print_area(0, 0, max(told.height + 2, 3), len(_OF_AGE) - 1)


def cases(book: Book, view: RetentionView, rows: pl.DataFrame) -> None:
    """Add a page for every child: what is known, and room for five visits."""
    told = _told(view, rows)
    for start in range(0, told.height, _BREAKS):
        part = told.slice(start, _BREAKS)
        sheet = book.sheet(say(view.lang, "sheet.cases"))
        for column, width in enumerate((13, 27, 13, 27)):
            sheet.set_column(column, column, width)
        line = 0
        breaks = []
        for row in part.iter_rows(named=True):
            line = _case(book, sheet, view, row, line)
            breaks.append(line)
        sheet.set_h_pagebreaks(breaks)
        sheet.set_paper(9)
        sheet.set_margins(left=0.6, right=0.6, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(say(view.lang, "sheet.pages"))


def _case(book: Book, sheet: Worksheet, view: RetentionView, row: Mapping[str, Any], line: int) -> int:
    """Write one child's page from a line on; return the line after it."""

    def label(key: str) -> str:
        return say(view.lang, f"columns.{key}")

    head, cell = book.look("sheet head"), book.look("sheet text")
    sheet.merge_range(line, 0, line, 3, say(view.lang, "sheet.case_title"), book.look("sheet title"))
    sheet.set_row(line, 30)
    line += 1
    for left, right in _PAIRS:
        sheet.write_string(line, 0, label(left), head)
        sheet.write_string(line, 1, str(row[left] or ""), cell)
        sheet.write_string(line, 2, label(right), head)
        sheet.write_string(line, 3, str(row[right] or ""), cell)
        sheet.set_row(line, 24)
        line += 1
    for key, height in (("address", 24), ("hukou_place", 24), ("text", 40), ("measures", 60)):
        sheet.write_string(line, 0, label(key), head)
        sheet.merge_range(line, 1, line, 3, str(row[key] or ""), cell)
        sheet.set_row(line, height)
        line += 1
    for column, key in enumerate(("visits", "visited_on", "visitor", "outcome")):
        sheet.write_string(line, column, label(key), head)
    sheet.set_row(line, 24)
    line += 1
    before = [
        row["visits"] or "",
        row["visited_on"] or "",
        " ".join(filter(None, (row["visitor"], row["visitor_phone"]))),
        row["outcome"] or "",
    ]
    lines = ([before] if any(before) else []) + [["", "", "", ""]] * _VISITS
    for values in lines[: _VISITS + 1]:
        for column, value in enumerate(values):
            sheet.write_string(line, column, value, cell)
        sheet.set_row(line, 46)
        line += 1
    sheet.write_string(line, 0, say(view.lang, "sheet.signed"), book.look("sheet line"))
    sheet.write_string(line, 2, label("ledger_key"), book.look("sheet foot"))
    sheet.write_string(line, 3, row["ledger_key"], book.look("sheet foot"))
    sheet.set_row(line, 30)
    return line + 1


_PAIRS: Sequence[tuple[str, str]] = (
    ("name", "sex"),
    ("id_number", "born"),
    ("place", "head"),
    ("guardian", "phone"),
    ("school_class", "since"),
    ("result", "focus"),
)


def groups(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each group's name and rows, in the order of the names."""
    for (name,), part in rows.sort("group", maintain_order=True).group_by("group", maintain_order=True):
        yield str(name), part
