"""The log of changes as a file: .xlsx to look at, .csv, .jsonl; and read again, to undo it.

The log holds the values themselves, as the cleaned file does: it is the user's own. A value that a format can't carry as it is (an
invisible character, an apostrophe in front, a line break) stands a second time as a JSON string, in the column `exact`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import InputError, UserError
from xueji_cli.messages import catalogue
from xueji_cli.reports.cleaned import LOG_SCHEMA
from xueji_cli.reports.sheets import FONT, FONT_SIZE
from xueji_cli.reports.view import rule_text
from xueji_cli.tables.blob import load
from xueji_cli.tables.locked import unlocked
from xueji_cli.tables.ole import SIGNATURE
from xueji_cli.tables.options import MAX_BYTES, MAX_ROWS
from xueji_cli.tables.writing import neutralised, whole_file
from xueji_cli.values.text import INVISIBLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xueji_cli.reports.cleaned import Log
    from xueji_cli.tables.secret import Keyring

SUFFIXES = (".xlsx", ".csv", ".jsonl")
COLUMNS = (*(name for name in LOG_SCHEMA.names() if name != "mask"), "exact")

_TEXTS = [name for name, dtype in LOG_SCHEMA.items() if dtype == pl.String and name != "mask"]

#: In a workbook the words of the rule stand behind its code.
_IN_SHEET = tuple(each for name in COLUMNS for each in ((name, "title") if name == "rule" else (name,)))
_WIDTHS = {
    "file": 30,
    "title": 30,
    "column": 16,
    "before": 28,
    "after": 28,
    "exact": 28,
    "to_file": 26,
    "to_column": 16,
}
#: What a sheet or a CSV file may not give back as it was.
_FRAIL = rf"{INVISIBLE}|\s\s|^\s|\s$|[^\x{{20}}-\x{{7E}}\x{{4E00}}-\x{{9FFF}}·]|^['=+\-@]|_x[0-9A-Fa-f]{{4}}_"


def write_log(log: Log, path: str, *, lang: str, inputs: Iterable[str]) -> None:
    """Write a log, whole or not at all.

    Args:
        log: The changes.
        path: File with one of `SUFFIXES`.
        lang: Language of the headers of a workbook.
        inputs: Files that must not be written over.

    Raises:
        UserError: `output_…`; `clean_rows` when a sheet has no room for it.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".xlsx" and log.height >= MAX_ROWS:
        raise UserError("clean_rows", file=path, rows=f"{log.height:,}", limit=f"{MAX_ROWS - 1:,}")
    with whole_file(path, inputs=inputs) as temporary:
        if suffix == ".xlsx":
            _write_workbook(map(_with_exact, log.frames()), temporary, lang)
            return
        with temporary.open("wb") as stream:
            for place, frame in enumerate(log.frames()):
                if suffix == ".csv":
                    safe = _with_exact(frame).with_columns(neutralised(pl.col(name)) for name in _TEXTS)
                    safe.write_csv(stream, include_bom=place == 0, include_header=place == 0)
                else:
                    frame.drop("mask").write_ndjson(stream)


def read_log(path: str, keys: Keyring | None = None) -> pl.DataFrame:
    """Read a log that was written here.

    Args:
        path: The file.
        keys: Knows the passwords of files.

    Raises:
        InputError: `file_not_found`, `clean_no_log`, and those of `tables.locked` for a workbook behind a password.
    """
    suffix = Path(path).suffix.lower()
    if not Path(path).is_file():
        raise InputError("file_not_found", file=path)
    try:
        if suffix == ".jsonl":
            frame = pl.read_ndjson(path, schema={n: d for n, d in LOG_SCHEMA.items() if n != "mask"})
            return frame.with_columns(mask=pl.lit(None, dtype=pl.String))
        frame = pl.read_csv(path, infer_schema=False) if suffix == ".csv" else _read_workbook(path, keys)
        frame = frame.with_columns(_original(frame)).drop("exact")
        frame = frame.with_columns(
            pl.col("applied").is_in(["true", "TRUE", "True", "1", *_words("applied_yes")]),
            mask=pl.lit(None, dtype=pl.String),
        )
        return frame.select(pl.col(name).cast(dtype) for name, dtype in LOG_SCHEMA.items())
    except (pl.exceptions.PolarsError, KeyError, ValueError, OSError):
        raise InputError("clean_no_log", file=path) from None


def _with_exact(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("mask").with_columns(_exact(frame.get_column("before")))


def _exact(before: pl.Series) -> pl.Series:
    """Return JSON strings of the values that a format may not carry as they are."""
    frail = before.str.contains(_FRAIL).fill_null(value=False).arg_true()
    exact = pl.Series("exact", [None], dtype=pl.String).new_from_index(0, len(before))
    # One value at a time: JSON's own way of writing a string.
    strings = pl.Series([json.dumps(each) for each in before.gather(frail)], dtype=pl.String)
    return exact.scatter(frail, strings)


def _original(frame: pl.DataFrame) -> pl.Series:
    exact = frame.get_column("exact")
    given = exact.is_not_null().arg_true()
    values = pl.Series([json.loads(each) for each in exact.gather(given)], dtype=pl.String)
    return frame.get_column("before").clone().scatter(given, values)


def _words(key: str) -> list[str]:
    return [catalogue.text(lang, f"clean.log.{key}") for lang in catalogue.LANGUAGES]


def _heads(lang: str) -> list[str]:
    return [catalogue.text(lang, f"clean.log.{name}") for name in _IN_SHEET]


def _write_workbook(frames: Iterable[pl.DataFrame], path: Path, lang: str) -> None:
    import xlsxwriter

    height = 0
    kinds = {kind: catalogue.text(lang, f"clean.kinds.{kind}") for kind in ("safe", "unsafe", "left", "row")}
    yes, no = (catalogue.text(lang, f"clean.log.applied_{word}") for word in ("yes", "no"))

    def shown(frame: pl.DataFrame) -> pl.DataFrame:
        rules = frame.get_column("rule").unique().drop_nulls().to_list()
        titles = {each: "; ".join(rule_text(lang, code, "title") for code in each.split("+")) for each in rules}
        title = pl.col("rule").replace_strict(titles, default=None, return_dtype=pl.String).alias("title")
        applied = pl.when("applied").then(pl.lit(yes)).otherwise(pl.lit(no)).alias("applied")
        return frame.with_columns(title).select(_IN_SHEET).with_columns(pl.col("kind").replace(kinds), applied)

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    try:
        sheet = book.add_worksheet(catalogue.text(lang, "clean.log.name"))
        face = {"font_name": FONT, "font_size": FONT_SIZE, "num_format": "@"}
        text, head = book.add_format(face), book.add_format({**face, "bold": True, "bg_color": "#E7EBF0"})
        number = book.add_format({"font_name": FONT, "font_size": FONT_SIZE, "align": "left"})
        for index, (name, header) in enumerate(zip(_IN_SHEET, _heads(lang), strict=True)):
            sheet.set_column(index, index, _WIDTHS.get(name, 10))
            sheet.write_string(0, index, header, head)
        # xlsxwriter writes cell by cell.
        for values in (values for frame in frames for values in shown(frame).iter_rows()):
            height += 1
            for index, value in enumerate(values):
                if isinstance(value, int):
                    sheet.write_number(height, index, value, number)
                elif value is not None:
                    sheet.write_string(height, index, value, text)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(height, 1), len(_IN_SHEET) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{height + 1}"})
        book.close()
    except BaseException:
        book.fileclosed = True
        raise


def _content(path: str, keys: Keyring | None) -> bytes:
    blob = load(path, MAX_BYTES)
    if keys is not None and blob.data.startswith(SIGNATURE):
        blob, _ = unlocked(blob, keys)
    return blob.data


def _read_workbook(path: str, keys: Keyring | None) -> pl.DataFrame:
    import fastexcel

    try:
        sheet = fastexcel.read_excel(_content(path, keys)).load_sheet(0, dtypes="string")
    except fastexcel.FastExcelError as error:
        raise ValueError(str(type(error))) from None
    frame = sheet.to_polars()
    known = {header: name for lang in catalogue.LANGUAGES for header, name in zip(_heads(lang), _IN_SHEET, strict=True)}
    kinds = {
        catalogue.text(lang, f"clean.kinds.{kind}"): kind
        for lang in catalogue.LANGUAGES
        for kind in ("safe", "unsafe", "left", "row")
    }
    frame = frame.rename({name: known[name] for name in frame.columns if name in known})
    return frame.select(COLUMNS).with_columns(pl.col("kind").replace(kinds), pl.col("row", "to_row").cast(pl.UInt32))
