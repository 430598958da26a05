"""A workbook under writing: its looks, its sheets' names, and tables on it. Cells are text or numbers, never formulas."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from xueji_cli.messages import catalogue
from xueji_cli.reports.audience import audience_line
from xueji_cli.reports.lines import cell_width
from xueji_cli.reports.sheets import FONT, FONT_SIZE, free_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Any

    from xlsxwriter.worksheet import Worksheet

    from xueji_cli.reports.report import Run

_FACE = {"font_name": FONT, "font_size": FONT_SIZE, "valign": "vcenter"}
_BOX = {**_FACE, "border": 1, "text_wrap": True}
_LOOKS: dict[str, dict[str, Any]] = {
    "head": {**_FACE, "bold": True, "bg_color": "#E7EBF0", "border": 1, "text_wrap": True, "align": "center"},
    "text": {**_FACE, "num_format": "@"},
    "wrapped": {**_FACE, "num_format": "@", "text_wrap": True},
    "number": {**_FACE, "num_format": "#,##0"},
    "points": {**_FACE, "num_format": "0.##"},
    "percent": {**_FACE, "num_format": "0.00%"},
    "differs": {**_FACE, "num_format": "+#,##0;-#,##0;0", "font_color": "#B42318"},
    "title": {**_FACE, "bold": True, "font_size": 14},
    "quiet": {**_FACE, "font_color": "#667085", "text_wrap": True},
    "sheet title": {**_FACE, "bold": True, "font_size": 18, "align": "center"},
    "sheet line": {**_FACE, "font_size": 11},
    "sheet line right": {**_FACE, "font_size": 11, "align": "right"},
    "sheet head": {**_BOX, "bold": True, "align": "center", "font_size": 11},
    "sheet section": {**_BOX, "align": "center"},
    "sheet text": {**_BOX},
    "sheet small": {**_BOX, "font_size": 8.5},
    "ledger": {**_BOX, "font_size": 11, "num_format": "@"},
    "sheet number": {**_BOX, "align": "center", "num_format": "0.##"},
    "sheet lost": {**_BOX, "align": "center", "num_format": "0.##", "bold": True, "font_color": "#B42318"},
    "sheet foot": {**_FACE, "font_size": 8, "font_color": "#667085"},
    "locked": {**_FACE, "num_format": "@", "bg_color": "#EDEFF2", "border": 1, "locked": True, "text_wrap": True},
    "open": {**_FACE, "num_format": "@", "border": 1, "locked": False},
    "open number": {**_FACE, "num_format": "0", "border": 1, "locked": False, "align": "center"},
    "open points": {**_FACE, "num_format": "0.##", "border": 1, "locked": False, "align": "center"},
    "hidden": {**_FACE, "num_format": "@", "locked": True},
}
#: Points that a line of a ledger's small print takes.
_LINE = 12.5
_WIDEST = 44
#: Wrapped text takes more lines instead of a wider page.
_WRAPPED = 34
_SAMPLE = 2_000


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text takes in a cell; width in characters of its type, a Chinese character takes two."""
    return sum(ceil(max(cell_width(part), 1) / max(width - 1, 1)) for part in text.split("\n"))


class Book:
    """A workbook. Use it as a context manager: it is saved at the end of the block."""

    def __init__(self, path: Path, lang: str, run: Run | None = None) -> None:
        """Begin a workbook.

        Args:
            path: Where.
            lang: Language.
            run: Of a report, whose last sheet says who may see it; None for a form.
        """
        from xlsxwriter import Workbook

        self.book = Workbook(
            str(path), {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self.lang = lang
        self._run = run
        self._names: list[str] = []
        self._looks: dict[str, Any] = {}

    def __enter__(self) -> Book:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            if self._run is not None:
                sheet = self.sheet(catalogue.text(self.lang, "cli.audience.name"))
                sheet.set_column(0, 0, 120)
                sheet.set_landscape()
                sheet.set_paper(9)
                sheet.write_string(0, 0, audience_line(self._run, self.lang), self.look("wrapped"))
            self.book.close()
        else:
            # What is written so far is thrown away with the temporary path.
            self.book.fileclosed = True

    def sheet(self, wanted: str) -> Worksheet:
        """Add a sheet, under the name wanted or the next that is free."""
        name = free_name(wanted, self._names)
        self._names.append(name)
        return self.book.add_worksheet(name)

    def look(self, name: str) -> Any:
        """Return a cell format by name."""
        if name not in self._looks:
            self._looks[name] = self.book.add_format(_LOOKS[name])
        return self._looks[name]

    def table(
        self,
        wanted: str,
        heads: Sequence[str],
        looks: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        landscape: bool = True,
    ) -> Worksheet:
        """Add a sheet with one table, its header frozen, filtered and repeated on every page.

        Args:
            wanted: Name of the sheet.
            heads: Headers.
            looks: Look of each column.
            rows: Cells: text, numbers, or None.
            landscape: Print across.
        """
        sheet = self.sheet(wanted)
        for place, head in enumerate(heads):
            sheet.write_string(0, place, head, self.look("head"))
        widths = [cell_width(head) for head in heads]
        last = 0
        # xlsxwriter writes cell by cell.
        for last, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                if value is None or value == "":
                    continue
                if isinstance(value, str):
                    sheet.write_string(
                        last, place, value, self.look(looks[place] if looks[place] in ("text", "wrapped") else "text")
                    )
                    if last <= _SAMPLE:
                        widths[place] = max(widths[place], cell_width(value))
                else:
                    sheet.write_number(last, place, float(str(value)), self.look(looks[place]))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(_WRAPPED if looks[place] == "wrapped" else _WIDEST, max(8, width + 2)))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(last, 1), len(heads) - 1)
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        return sheet

    def ledger(
        self, wanted: str, heads: Sequence[str], widths: Sequence[float], rows: Iterable[Sequence[object]]
    ) -> Worksheet:
        """Add a sheet to print and write on: boxes, columns of a set width, rows as high as their text.

        Args:
            wanted: Name of the sheet.
            heads: Headers.
            widths: Width of each column in characters of a Western font; a Chinese character takes two.
            rows: Cells: text, numbers, or None for a box to write in.
        """
        sheet = self.sheet(wanted)
        for place, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, head, self.look("head"))
        sheet.set_row(0, 2 * _LINE + 4)
        last = 0
        # Programs other than Excel do not make rows higher for wrapped text, so their height is set.
        for last, row in enumerate(rows, 1):
            lines = 1
            for place, value in enumerate(row):
                if value is None or value == "":
                    sheet.write_blank(last, place, None, self.look("sheet small"))
                elif isinstance(value, str):
                    sheet.write_string(last, place, value, self.look("sheet small"))
                    lines = max(lines, lines_of(value, widths[place] * 1.1))
                else:
                    sheet.write_number(last, place, float(str(value)), self.look("sheet number"))
            sheet.set_row(last, max(lines, 1) * _LINE + 4)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(last, 1), len(heads) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        return sheet
