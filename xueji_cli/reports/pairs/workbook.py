"""`-o X.xlsx` and `-o FOLDER/`: workbooks in which a bureau and its schools decide about pairs.

Everything is masked as in other reports, because a list of pairs goes beyond the school that a child came from. Sheets are written row
by row in constant memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.messages import catalogue
from xueji_cli.reports.fresh import FreshWorkbook
from xueji_cli.reports.lines import cell_width
from xueji_cli.reports.pairs import sheets
from xueji_cli.reports.pairs.recordpage import chance
from xueji_cli.reports.pairs.summary import summarise_pairs
from xueji_cli.reports.pairs.summarysheet import summary_rows
from xueji_cli.reports.sheets import LINE_HEIGHT, SHEET_ROWS
from xueji_cli.reports.written import Written
from xueji_cli.tables.names import file_names
from xueji_cli.tables.writing import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xlsxwriter.worksheet import Worksheet

    from xueji_cli.reports.pairs.cards import Pieces
    from xueji_cli.reports.pairs.view import PairView

#: Schools that get a sheet of their own in one workbook; with more, a folder of workbooks is the better way.
SCHOOL_SHEETS = 40
_CELL_LIMIT = 32_767
_MOST_LINES = 14
#: Fills of verdicts, as severities have them.
_FILLS = {"duplicate": "error", "matched": "", "review": "warning", "ambiguous": "warning", "possible": "warning"}

#: Columns of records: key → width.
_MEMBERS = {
    "cluster": 8,
    "score": 9,
    "school": 22,
    "class": 12,
    "file": 26,
    "sheet": 12,
    "row": 7,
    "name": 10,
    "id_number": 22,
}


class PairWorkbook(FreshWorkbook):
    """A workbook about pairs that is being written."""

    def __init__(self, path: Path, view: PairView) -> None:
        super().__init__(path)
        self.view = view
        self.left_out = 0

    def say(self, key: str, **params: object) -> str:
        """Return a word of the workbook."""
        return catalogue.text(self.view.lang, f"pairs.workbook.{key}", **params)

    def add_pairs(self, name: str, pairs: pl.DataFrame, *, first: bool = False) -> None:
        """Add a sheet of pairs, a row each; with a column for decisions where there is something to decide.

        Args:
            name: Of the sheet.
            pairs: Rows of `view.pairs`.
            first: Make it the sheet that opens.
        """
        view = self.view
        keys = sheets.columns(view)
        fitting = pairs.head(SHEET_ROWS - 1)
        self.left_out += pairs.height - fitting.height
        sheet = self._table(name, [sheets.header(view, key) for key in keys], [sheets.WIDTHS[key] for key in keys])
        fills = fitting["verdict"].replace_strict(_FILLS, default="", return_dtype=pl.String).to_list()
        for number, (cells, fill) in enumerate(zip(sheets.listed(view, fitting), fills, strict=True), start=1):
            lines = max(_lines(cells[key], sheets.WIDTHS[key]) for key in keys)
            sheet.set_row(number, LINE_HEIGHT * lines + 2)
            for column, key in enumerate(keys):
                look = self.look("wrapped" if key in sheets.WRAPPED else "text", fill if key == "verdict" else "")
                if key == "decision":
                    look = self.look("entry")
                self._write(sheet, number, column, cells[key], look)
        if "decision" in keys and fitting.height:
            column = keys.index("decision")
            sheet.data_validation(
                1,
                column,
                fitting.height,
                column,
                {
                    "validate": "list",
                    "source": list(sheets.decision_words(view.lang).values()),
                    "input_title": self.say("decide"),
                    "input_message": self.say("decide_how"),
                    "error_title": self.say("decide"),
                    "error_message": self.say("decide_error"),
                },
            )
            sheet.freeze_panes(1, column + 1)
        _finish(sheet, fitting.height, len(keys))
        sheet.print_area(0, 0, max(fitting.height, 1), keys.index(sheets.PRINTED))
        if first:
            sheet.activate()

    def add_members(self, name: str, records: Iterable[dict[str, Any]], keys: Sequence[str], height: int) -> None:
        """Add a sheet of records, a row each; those of one cluster on one ground, the next on another.

        Args:
            name: Of the sheet.
            records: Rows with the columns `keys`.
            keys: Columns of `_MEMBERS`.
            height: How many there are.
        """
        heads = [catalogue.text(self.view.lang, f"pairs.members.{key}") for key in keys]
        sheet = self._table(name, heads, [_MEMBERS[key] for key in keys])
        self.left_out += max(0, height - SHEET_ROWS + 1)
        odd = False
        before = None
        for number, row in enumerate(records, start=1):
            if number >= SHEET_ROWS:
                break
            odd, before = odd ^ (row.get("cluster") != before), row.get("cluster")
            look = self.look("text", "notice" if odd and before else "")
            for column, key in enumerate(keys):
                value = row[key]
                if isinstance(value, int):
                    sheet.write_number(number, column, value, look)
                elif value:
                    sheet.write_string(number, column, str(value)[:_CELL_LIMIT], look)
                else:
                    sheet.write_blank(number, column, None, look)
        _finish(sheet, min(height, SHEET_ROWS - 1), len(keys))

    def _table(self, name: str, heads: Sequence[str], widths: Sequence[int]) -> Worksheet:
        sheet = self.sheet(name)
        for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, head, self.look("head"))
        sheet.freeze_panes(1, 0)
        return sheet

    def _write(self, sheet: Worksheet, row: int, column: int, pieces: Pieces, look: Any) -> None:
        text = "".join(piece for piece, _ in pieces)[:_CELL_LIMIT]
        if not text:
            sheet.write_blank(row, column, None, look)
        elif len(pieces) > 1 and any(marked for _, marked in pieces):
            fragments: list[Any] = []
            for piece, marked in pieces:
                fragments += [self.look("mark" if marked else "text"), piece]
            sheet.write_rich_string(row, column, *fragments, look)
        else:
            sheet.write_string(row, column, text, self.look("mark") if pieces[0][1] else look)


def _lines(pieces: Pieces, width: int) -> int:
    """Return how many lines a cell needs."""
    text = "".join(piece for piece, _ in pieces)
    lines = sum(max(1, -(-cell_width(line, ambiguous=2) // max(width - 1, 1))) for line in text.split("\n"))
    return min(lines, _MOST_LINES)


def _finish(sheet: Worksheet, height: int, width: int) -> None:
    sheet.autofilter(0, 0, max(height, 1), width - 1)
    sheet.hide_gridlines(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.set_footer("&C&P / &N")


def write_workbook(view: PairView, path: str, inputs: Sequence[str]) -> Written:
    """Write everything into one workbook, with a sheet for each school as long as there are not too many.

    Args:
        view: The report.
        path: Where to.
        inputs: Files that may not be written over.
    """
    schools = [] if view.report.linking else _schools(view)
    notes = []
    if len(schools) > SCHOOL_SHEETS:
        notes.append(_say(view, "too_many_schools", count=f"{len(schools):,}", limit=SCHOOL_SHEETS))
        schools = []
    with whole_file(path, inputs=inputs) as temporary:
        notes += _write(view, temporary, schools)
    return Written((path,), tuple(notes))


def write_folder(view: PairView, folder: str, inputs: Sequence[str]) -> Written:
    """Write one workbook for each school that has a pair, and one with everything, into a folder.

    Args:
        view: The report.
        folder: Made if it is not there.
        inputs: Files that may not be written over.
    """
    home = Path(folder)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise UserError("output_folder", folder=folder) from None
    overview = f"{_say(view, 'overview')}.xlsx"
    paths = [home / overview]
    with whole_file(paths[0], inputs=inputs) as temporary:
        notes = _write(view, temporary, [])
    schools = [] if view.report.linking else _schools(view)
    ending = f"-{_say(view, 'suffix')}.xlsx"
    names = file_names(schools, ending=ending, taken=[overview], numbered="{}-{}")
    for school, name in zip(schools, names, strict=True):
        paths.append(home / name)
        with whole_file(paths[-1], inputs=inputs) as temporary, PairWorkbook(temporary, view) as book:
            pairs = _of_school(view, school)
            book.add_pairs(book.say("todo"), pairs.filter(pl.col("verdict") != "distinct"), first=True)
            told = pairs.filter(pl.col("verdict") == "distinct")
            if told.height:
                book.add_pairs(book.say("apart"), told)
            book.add_audience(view.report.run, view.lang)
    return Written(tuple(map(str, paths)), (*notes, _say(view, "folder", count=f"{len(schools):,}", folder=folder)))


def _write(view: PairView, temporary: Path, schools: Sequence[str]) -> list[str]:
    """Write the sheets of the whole report, and return what the user should know."""
    with PairWorkbook(temporary, view) as book:
        open_ones = view.pairs.filter(~pl.col("verdict").is_in(["distinct", "matched"]))
        book.add_pairs(book.say("todo"), open_ones, first=True)
        if view.report.linking:
            _add_links(book)
        else:
            _add_clusters(book)
            book.add_pairs(book.say("apart"), view.pairs.filter(pl.col("verdict") == "distinct"))
        notes = [_say(view, "left_out", count=f"{book.left_out:,}")] if book.left_out else []
        book.add_summary(summary_rows(view, summarise_pairs(view), notes), view.lang)
        for school in schools:
            pairs = _of_school(view, school)
            book.add_pairs(school, pairs.filter(pl.col("verdict") != "distinct"))
    return notes


def _add_clusters(book: PairWorkbook) -> None:
    view = book.view
    sure = [each for each in view.report.clusters if each.verdict == "duplicate"]
    height = sum(len(each.members) for each in sure)

    def members() -> Iterable[dict[str, Any]]:
        for start in range(0, len(sure), 1_000):
            some = sure[start : start + 1_000]
            numbers = pl.Series([member for each in some for member in each.members], dtype=pl.UInt32)
            shown = {row["record"]: row for row in view.records(numbers).iter_rows(named=True)}
            for each in some:
                for member in each.members:
                    yield {**shown[member], "cluster": each.id, "score": chance(each.score)}

    book.add_members(book.say("clusters"), members(), tuple(_MEMBERS), height)


def _add_links(book: PairWorkbook) -> None:
    view = book.view
    assert view.report.lone is not None
    book.add_pairs(book.say("matched"), view.pairs.filter(pl.col("verdict") == "matched"))
    keys = tuple(key for key in _MEMBERS if key not in ("cluster", "score"))
    for word, numbers in zip(("only_left", "only_right"), view.report.lone, strict=True):

        def records(numbers: pl.Series = numbers) -> Iterable[dict[str, Any]]:
            for start in range(0, len(numbers), 20_000):
                yield from view.records(numbers.slice(start, 20_000)).iter_rows(named=True)

        book.add_members(book.say(word), records(), keys, len(numbers))


def _schools(view: PairView) -> list[str]:
    """Return the schools that have something to do, in the order of the report."""
    found = summarise_pairs(view).by_school.filter(pl.col("duplicates") + pl.col("review") > 0)
    return found["school"].to_list() if view.report.people.model.school else []


def _of_school(view: PairView, school: str) -> pl.DataFrame:
    """Return the pairs of which one record is of a school."""
    mine = view.schools.select(((pl.col("l") == school) | (pl.col("r") == school)).fill_null(value=False))
    return view.pairs.filter(mine.to_series())


def _say(view: PairView, key: str, **params: object) -> str:
    return catalogue.text(view.lang, f"pairs.workbook.{key}", **params)
