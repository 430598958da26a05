"""A new workbook for data that is in no workbook yet, or in one of an old format: same rows, same columns, all text.

Cells stand where they stood in the source, so the addresses of the report hold. Written row by row in constant memory.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.audience import audience_line
from xueji_cli.reports.lines import WIDE, cell_width
from xueji_cli.reports.marks import COMMENT_WIDTH, FILLS, comment_height
from xueji_cli.reports.sheets import (
    FONT,
    FONT_SIZE,
    LINE_HEIGHT,
    LINK_LIMIT,
    LIST_WIDTHS,
    SHEET_ROWS,
    SUMMARY_WIDTHS,
    WRAPPED,
    free_name,
)
from xueji_cli.tables.table import ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any, Self

    from xlsxwriter.worksheet import Worksheet

    from xueji_cli.reports.report import Run
    from xueji_cli.reports.sheets import Cell, FindingList
    from xueji_cli.tables.table import Table

_CELL_LIMIT = 32_767
_WIDEST = 40

_FACE = {"font_name": FONT, "font_size": FONT_SIZE, "valign": "vcenter"}
_HEAD = {"bold": True, "bg_color": "#E7EBF0", "num_format": "@"}
#: Text format: a cell that looks like a formula or a long number stays text when somebody edits it.
_LOOKS: Mapping[str, dict[str, Any]] = {
    "data": {"num_format": "@"},
    "data head": _HEAD,
    "title": {**_FACE, "bold": True, "font_size": 16},
    "section": {**_FACE, "bold": True, "font_size": 12},
    "head": {**_FACE, **_HEAD},
    "text": {**_FACE, "num_format": "@"},
    "wrapped": {**_FACE, "num_format": "@", "text_wrap": True},
    "number": {**_FACE, "align": "left"},
    "quiet": {**_FACE, "font_color": "#667085"},
    # Characters that differ from the other record's; and cells that somebody fills in.
    "mark": {**_FACE, "num_format": "@", "bold": True, "font_color": "#C00000"},
    "entry": {**_FACE, "num_format": "@", "bg_color": "#FFFBE6", "border": 1, "border_color": "#D9B44A"},
    "link": {**_FACE, "num_format": "@", "font_color": "#0B5CAD", "underline": 1},
}


class FreshWorkbook:
    """A workbook that is being written. Use it as a context manager: it is saved at the end of the block."""

    def __init__(self, path: Path) -> None:
        from xlsxwriter import Workbook

        self._book = Workbook(str(path), {"constant_memory": True})
        self._names: list[str] = []
        self._formats: dict[tuple[str, str], Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._book.close()
        else:
            # Only to close the files; what is written of it is thrown away with the temporary path.
            self._book.fileclosed = True

    def add_table(self, table: Table, marks: pl.DataFrame) -> tuple[str, int, int]:
        """Add the data of a table with its marks.

        Returns:
            The sheet's name, how many rows found no room (all of a table that was streamed), and how many cells were cut.
        """
        source = table.source
        wanted = source.sheet or PurePath(source.path.replace("\\", "/")).stem
        sheet = self.sheet(wanted if wanted != "-" else "stdin")
        columns = table.columns
        for column, width in zip(columns, _widths(table), strict=True):
            sheet.set_column(column.position, column.position, width, self.look("data"))
        by_row: dict[int, dict[int, tuple[str, str | None]]] = {}
        for row, position, severity, comment in marks.select("row", "position", "severity", "comment").iter_rows():
            by_row.setdefault(row, {})[position] = (severity, comment)
        cut = 0

        def write(row: int, look: str, values: Sequence[str | None]) -> None:
            nonlocal cut
            marked = by_row.get(row, {})
            for column, value in zip(columns, values, strict=True):
                severity, comment = marked.get(column.position, ("", None))
                if value is None and not severity:
                    continue
                cut += len(value or "") > _CELL_LIMIT
                shown = self.look(look, severity)
                if value is None:
                    sheet.write_blank(row - 1, column.position, None, shown)
                else:
                    sheet.write_string(row - 1, column.position, value[:_CELL_LIMIT], shown)
                if comment is not None:
                    size = {"x_scale": 1, "width": COMMENT_WIDTH, "height": comment_height(comment), "author": "xueji"}
                    sheet.write_comment(row - 1, column.position, comment[:_CELL_LIMIT], size)

        if table.header_row > 0:
            write(table.header_row, "data head", [column.header or None for column in columns])
            sheet.freeze_panes(table.header_row, 0)
        fitting = table.frame.filter(pl.col(ROW) <= SHEET_ROWS)
        # xlsxwriter writes cell by cell.
        for number, *values in fitting.select(ROW, *[column.key for column in columns]).iter_rows():
            write(number, "data", values)
        return sheet.get_name(), table.height - fitting.height, cut

    def add_findings(self, findings: FindingList, lang: str, link: Callable[[dict[str, Any]], str | None]) -> None:
        """Add the list of findings and make it the sheet that opens.

        Args:
            findings: The list.
            lang: Language of the sheet's name.
            link: Row of the list → where its place leads, as xlsxwriter names targets.
        """
        sheet = self.sheet(catalogue.text(lang, "check.list.name"))
        for index, key in enumerate(findings.keys):
            sheet.set_column(index, index, LIST_WIDTHS[key])
        for index, header in enumerate(findings.headers):
            sheet.write_string(0, index, header, self.look("head"))
        for number, row in enumerate(findings.rows(), 1):
            sheet.set_row(number, LINE_HEIGHT * int(row["lines"] or 1) + 2)
            for index, key in enumerate(findings.keys):
                value = row[key]
                target = link(row) if key == "place" and number < LINK_LIMIT else None
                if value is None:
                    continue
                if isinstance(value, int):
                    sheet.write_number(number, index, value, self.look("number"))
                elif target is not None:
                    sheet.write_url(number, index, target, self.look("link"), value)
                else:
                    look = "wrapped" if key in WRAPPED else "text"
                    severity = str(row["style"]) if key == "severity" else ""
                    sheet.write_string(number, index, value[:_CELL_LIMIT], self.look(look, severity))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, findings.frame.height, len(findings.keys) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.activate()

    def add_summary(self, rows: Sequence[Sequence[Cell]], lang: str) -> None:
        """Add the summary."""
        sheet = self.sheet(catalogue.text(lang, "check.summary.name"))
        for index, width in enumerate(SUMMARY_WIDTHS):
            sheet.set_column(index, index, width)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        for number, row in enumerate(rows):
            for index, (value, style) in enumerate(row):
                shown = self.look("text", style) if style in FILLS else self.look(style)
                if isinstance(value, int):
                    sheet.write_number(number, index, value, shown)
                elif value is not None:
                    sheet.write_string(number, index, value, shown)

    def add_audience(self, run: Run, lang: str) -> None:
        """Add a sheet that says who may see the workbook, for one that has no summary."""
        sheet = self.sheet(catalogue.text(lang, "cli.audience.name"))
        sheet.set_column(0, 0, 120)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.write_string(0, 0, audience_line(run, lang), self.look("wrapped"))

    def sheet(self, wanted: str) -> Worksheet:
        """Add a sheet under a name that Excel allows and no other has."""
        name = free_name(wanted, self._names)
        self._names.append(name)
        return self._book.add_worksheet(name)

    def look(self, look: str, severity: str = "") -> Any:
        """Return the format of a look, on the fill of a severity."""
        if (look, severity) not in self._formats:
            fill = {"bg_color": f"#{FILLS[severity]}"} if severity else {}
            self._formats[look, severity] = self._book.add_format({**_LOOKS[look], **fill})
        return self._formats[look, severity]


def _widths(table: Table) -> list[int]:
    """Return the width of each column: its longest value among the first rows, Chinese characters counted twice."""
    cells = [pl.col(column.key) for column in table.columns]
    # One question for all columns: a sheet may have 16,384 of them.
    longest = table.frame.head(2_000).select(
        (cell.str.len_chars() + cell.str.count_matches(WIDE)).max() for cell in cells
    )
    return [
        min(_WIDEST, max(length or 0, cell_width(column.header), 6) + 2)
        for column, length in zip(table.columns, longest.row(0), strict=True)
    ]
