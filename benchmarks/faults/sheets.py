"""Faults of the table itself, each in a small file of its own: what only a workbook, a CSV or a setting can show.

Each case writes a file and returns where findings must be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.layouts import HEADERS, LAYOUTS, select

HEIGHT = 30
_ID, _CLASS, _PHONE = (HEADERS[f] for f in ("id_number", "class_name", "phone"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding must be; what is None may be anything."""

    code: str | None
    row: int | None = None
    header: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A file with one fault of the table."""

    kind: str
    file: str
    write: Callable[[pl.DataFrame, Path], list[Place]]
    options: Callable[[pl.DataFrame, Path], list[str]]


CASES: list[Case] = []


def _none(_: pl.DataFrame, __: Path) -> list[str]:
    return []


def case(
    suffix: str = ".xlsx", options: Callable[[pl.DataFrame, Path], list[str]] = _none
) -> Callable[[Callable[[pl.DataFrame, Path], list[Place]]], Callable[[pl.DataFrame, Path], list[Place]]]:
    """Register a function that writes a case under its own name."""

    def register(write: Callable[[pl.DataFrame, Path], list[Place]]) -> Callable[[pl.DataFrame, Path], list[Place]]:
        CASES.append(Case(write.__name__, write.__name__ + suffix, write, options))
        return write

    return register


class Book:
    """A workbook of text with its header in row 1 and `HEIGHT` children below."""

    def __init__(self, people: pl.DataFrame, path: Path) -> None:
        import xlsxwriter

        self.frame = select(people.head(HEIGHT), LAYOUTS[31])
        self.book = xlsxwriter.Workbook(path)
        self.sheet = self.book.add_worksheet("学生")
        self.fill(self.sheet, self.frame)

    def fill(self, sheet, frame: pl.DataFrame, first: int = 0) -> None:  # type: ignore[no-untyped-def]
        """Write a header and its rows."""
        for row, cells in enumerate([tuple(frame.columns), *frame.iter_rows()], start=first):
            for column, text in enumerate(cells):
                if text is not None:
                    sheet.write_string(row, column, text)

    def column(self, header: str) -> int:
        """Return the position of a header."""
        return self.frame.columns.index(header)


@case()
def ids_stored_as_numbers(people: pl.DataFrame, path: Path) -> list[Place]:
    """Excel kept 15 digits of each number; those whose check digit happens to fit are as lost as the others."""
    book = Book(people, path)
    column, rows = book.column(_ID), []
    for row, number in enumerate(book.frame[_ID].to_list(), start=1):
        if number is not None and len(number) == 18 and number.isdigit():
            book.sheet.write_number(row, column, int(number[:15]) * 1000)
            rows.append(row + 1)
    book.book.close()
    return [Place("TB02", header=_ID), *(Place(None, row, _ID) for row in rows)]


@case()
def ids_rounded_by_other_programs(people: pl.DataFrame, path: Path) -> list[Place]:
    """Numbers that went through a 64-bit float: the tail is not 000, and looks like a number's."""
    book = Book(people, path)
    column, rows = book.column(_ID), []
    for row, number in enumerate(book.frame[_ID].to_list(), start=1):
        if number is not None and len(number) == 18 and number.isdigit() and row % 3 == 0:
            book.sheet.write_number(row, column, float(number))
            rows.append(row + 1)
    book.book.close()
    return [Place("TB02", header=_ID), *(Place(None, row, _ID) for row in rows)]


@case()
def id_column_missing(people: pl.DataFrame, path: Path) -> list[Place]:
    from benchmarks.layouts import write_workbook

    write_workbook(select(people.head(HEIGHT), LAYOUTS[31]).drop(_ID), path)
    return [Place("TB01")]


@case()
def duplicate_header(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    for column in (31, 32):
        for row, text in enumerate(["小组", *["红队"] * HEIGHT]):
            book.sheet.write_string(row, column, text)
    book.book.close()
    return [Place("TB03", header="小组")]


@case()
def empty_header(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    for row in range(1, HEIGHT + 1):
        book.sheet.write_string(row, 31, "已报")
    book.book.close()
    return [Place("TB04")]


@case()
def hidden_rows(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    book.sheet.set_row(7, None, None, {"hidden": True})
    book.book.close()
    return [Place("TB05")]


@case()
def hidden_columns(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    book.sheet.set_column(3, 4, None, None, {"hidden": True})
    book.book.close()
    return [Place("TB06")]


@case()
def hidden_sheet(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    second = book.book.add_worksheet("二班")
    book.fill(second, select(people.slice(HEIGHT, HEIGHT), LAYOUTS[31]))
    second.hide()
    book.book.close()
    return [Place("TB07")]


@case()
def merged_class_column(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people.filter(pl.col("class_key") == 0), path)
    name = book.frame[_CLASS][0]
    book.sheet.merge_range(1, book.column(_CLASS), book.frame.height, book.column(_CLASS), name)
    book.book.close()
    return [Place("TB08")]


@case()
def header_repeated_in_data(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    book.fill(book.sheet, select(people.slice(HEIGHT, HEIGHT), LAYOUTS[31]), first=HEIGHT + 1)
    book.book.close()
    return [Place("TB09", HEIGHT + 2)]


@case()
def footer_rows(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    book.sheet.write_string(HEIGHT + 1, 0, "合计")
    book.sheet.write_string(HEIGHT + 1, 4, f"{HEIGHT}人")
    book.book.close()
    return [Place("TB10", HEIGHT + 2)]


@case()
def formula_error(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    book.sheet.write_formula(9, book.column(_PHONE), "=VLOOKUP(1,A1:A2,3)", None, "#N/A")
    book.book.close()
    return [Place("TB15", 10, _PHONE)]


@case()
def blank_rows_inside(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    for row, cells in enumerate(select(people.slice(HEIGHT, HEIGHT), LAYOUTS[31]).iter_rows(), start=HEIGHT + 4):
        for column, text in enumerate(cells):
            if text is not None:
                book.sheet.write_string(row, column, text)
    book.book.close()
    return [Place("TB16")]


@case()
def sheet_that_is_no_roster(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    other = book.book.add_worksheet("收费表")
    for column, header in enumerate(["项目", "单价", "数量"]):
        other.write_string(0, column, header)
        other.write_number(1, column, column)
    book.book.close()
    return [Place("TB14")]


@case(".xlsx")
def csv_named_xlsx(people: pl.DataFrame, path: Path) -> list[Place]:
    path.write_bytes(select(people.head(HEIGHT), LAYOUTS[31]).write_csv().encode())
    return [Place("TB13")]


@case(".csv")
def row_with_a_comma_too_many(people: pl.DataFrame, path: Path) -> list[Place]:
    lines = select(people.head(HEIGHT), LAYOUTS[31]).write_csv().splitlines()
    lines[12] = lines[12].replace("男,", "男,,", 1).replace("女,", "女,,", 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [Place("TB11", 13)]


@case(".csv")
def quote_never_closed(people: pl.DataFrame, path: Path) -> list[Place]:
    lines = select(people.head(HEIGHT), LAYOUTS[31]).write_csv().splitlines()
    code, rest = lines[20].split(",", 1)
    lines[20] = f'{code},"{rest}'
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [Place("TB12")]


def _photo_folder(people: pl.DataFrame, path: Path) -> list[str]:
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    for number in people.head(HEIGHT)["id_number"].drop_nulls().to_list()[:-3]:
        (folder / f"{number}.jpg").touch()
    return ["--photos", str(folder)]


@case(options=_photo_folder)
def photo_files_missing(people: pl.DataFrame, path: Path) -> list[Place]:
    Book(people, path).book.close()
    numbers = people.head(HEIGHT).with_row_index().filter(pl.col("id_number").is_not_null())
    return [Place("PT02", index + 2) for index in numbers["index"].to_list()[-3:]]


def _hebei(_: pl.DataFrame, path: Path) -> list[str]:
    settings = path.with_suffix(".toml")
    settings.write_text('[rule.RN09]\nlayout = "hebei-14"\n[rule.RN11]\nlayout = "hebei-14"\n', encoding="utf-8")
    return ["--config", str(settings)]


@case(options=_hebei)
def gap_in_local_numbers(people: pl.DataFrame, path: Path) -> list[Place]:
    """Fourteen digits, the last four from 0001 without a gap: here the ninth child's number is one too high."""
    book = Book(people, path)
    column = book.frame.width
    book.sheet.write_string(0, column, HEADERS["local_number"])
    for row in range(1, HEIGHT + 1):
        serial = row if row < 9 else row + 1
        book.sheet.write_string(row, column, f"0226250010{serial:04d}")
    book.book.close()
    return [Place("RN11", 10, HEADERS["local_number"])]


@case(options=_hebei)
def local_number_off_layout(people: pl.DataFrame, path: Path) -> list[Place]:
    book = Book(people, path)
    column = book.frame.width
    book.sheet.write_string(0, column, HEADERS["local_number"])
    for row in range(1, HEIGHT + 1):
        book.sheet.write_string(row, column, f"0226250010{row:04d}" if row != 6 else "0226250010")
    book.book.close()
    return [Place("RN09", 7, HEADERS["local_number"])]
