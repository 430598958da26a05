"""`-o X.xlsx` and `-o FOLDER/`: a summary, the three ledgers, who is to be looked at, the previous ledger followed, and rates."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.reports.lines import cell_width
from xueji_cli.reports.reconciled.book import Book
from xueji_cli.reports.retention import ledgers
from xueji_cli.reports.retention.view import parameter_lines, problem_lines, rate_note, rate_title, say
from xueji_cli.reports.sheets import LINE_HEIGHT
from xueji_cli.retaining.result import CATEGORIES, DROPOUT, OPEN, SUSPECT
from xueji_cli.tables.writing import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xueji_cli.reports.retention.view import RetentionView

_PERSON = ("name", "sex", "id_number", "born")
#: Lists besides the ledgers: name of the sheet → categories, columns.
_LISTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "review": (
        ("review",),
        ("group", *_PERSON, "school", "class_label", "own_place", "c_name", "c_id_number", "c_born", "c_school", "c_class",
         "c_place", "decision"),
    ),
    "explained": (
        ("not_enrolled_proved", "absent_known"),
        ("group", *_PERSON, "school", "class_label", "category", "reason_text", "basis_text", "focus", "own_place"),
    ),
    "schools": (
        ("no_roll", "elsewhere"),
        ("group", *_PERSON, "category", "school", "class_label", "present_school", "own_place"),
    ),
    "not_compared": (
        ("not_compared", "unknown_age"),
        ("group", *_PERSON, "category", "school", "class_label", "text", "own_place"),
    ),
}  # fmt: skip
_WRAPPED = frozenset({"text", "reason_text", "own_place", "c_place"})


def write_workbook(view: RetentionView, path: Path, *, cases: bool) -> None:
    """Write one workbook with everything."""
    with Book(path, view.lang, view.report.run) as book:
        _summary(book, view)
        _ledgers(book, view, view.children, cases=cases)
        _lists(book, view, view.children)
        _followed(book, view, view.followed)
        _ages(book, view, view.children)


def write_folder(view: RetentionView, folder: str, *, inputs: Sequence[str], cases: bool) -> list[str]:
    """Write a workbook of the whole county's numbers, and one for every township, village or school; return the paths."""
    root = Path(folder)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise UserError("output_folder", folder=folder) from None
    total = root / f"{say(view.lang, 'sheet.county_file')}.xlsx"
    paths = [str(total)]
    with whole_file(total, inputs=inputs) as temporary, Book(temporary, view.lang, view.report.run) as book:
        _summary(book, view)
        _followed(book, view, view.followed)
    taken = {total.name.casefold()}
    for name, rows in ledgers.groups(view.children):
        path = root / _file_name(name, taken)
        with whole_file(path, inputs=inputs) as temporary, Book(temporary, view.lang, view.report.run) as book:
            _ledgers(book, view, rows, cases=cases)
            _lists(book, view, rows)
            if view.followed is not None:
                _followed(book, view, view.followed.filter(pl.col("group") == name))
            _ages(book, view, rows)
        paths.append(str(path))
    return paths


def _file_name(name: str, taken: set[str]) -> str:
    """Return a group's name as a file may be called, no two alike."""
    plain = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name).strip(" .") or "_"
    found, number = f"{plain}.xlsx", 2
    while found.casefold() in taken:
        found, number = f"{plain} ({number}).xlsx", number + 1
    taken.add(found.casefold())
    return found


def _heads(lang: str, keys: Iterable[str]) -> list[str]:
    return [say(lang, f"columns.{key}") for key in keys]


def _table(
    book: Book,
    name: str,
    heads: Sequence[str],
    looks: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    wide: int = 44,
) -> None:
    """Add a sheet with one table whose wrapped text is seen whole, in programs that don't fit rows by themselves as well."""
    told = list(rows)
    sheet = book.table(name, heads, looks, told)
    wrapped = [place for place, look in enumerate(looks) if look == "wrapped"]
    for place in wrapped:
        sheet.set_column(place, place, wide)
    for line, row in enumerate(told, 1):
        lines = max((_lines(row[place], wide) for place in wrapped), default=1)
        if lines > 1:
            sheet.set_row(line, lines * LINE_HEIGHT)


def _lines(value: object, width: int) -> int:
    """Return how many lines a cell's text takes."""
    return sum(max(1, -(-cell_width(part) // (width - 3))) for part in str(value or "").split("\n"))


def _summary(book: Book, view: RetentionView) -> None:
    """Add the numbers of every group, the rates, and the notes."""
    lang = view.lang
    present = [c for c in CATEGORIES if (view.children.get_column("category") == c).any()]
    counts = (
        view.children.group_by("group", "category").len().pivot("category", index="group", values="len").sort("group")
    )
    rows: list[list[object]] = [
        [row["group"], *(row.get(c) or 0 for c in present)] for row in counts.iter_rows(named=True)
    ]
    totals = [(view.children.get_column("category") == category).sum() for category in present]
    rows.append([say(lang, "sheet.total"), *totals])
    names = [say(lang, f"categories.{category}") for category in present]
    _table(
        book,
        say(lang, "sheet.summary"),
        [say(lang, f"columns.by_{view.report.by}"), *names],
        ("text", *("number" for _ in present)),
        rows,
    )
    _table(
        book,
        say(lang, "sheet.rates"),
        _heads(lang, ("rate", "value", "numerator", "denominator", "target", "met", "formula", "note", "clause")),
        ("text", "points", "number", "number", "text", "text", "wrapped", "wrapped", "wrapped"),
        (_rate_row(view, rate) for rate in view.report.result.rates),
    )
    lines = [*problem_lines(view), *parameter_lines(view)]
    if not view.reveal:
        lines.insert(0, say(lang, "masked_ledger"))
    _table(book, say(lang, "sheet.notes"), _heads(lang, ("note",)), ("wrapped",), [(line,) for line in lines], wide=110)


def _rate_row(view: RetentionView, rate: object) -> list[object]:
    from xueji_cli.reports.retention.view import target_text
    from xueji_cli.retaining.rates import Rate

    assert isinstance(rate, Rate)
    lang = view.lang
    value = None if rate.value is None else round(float(rate.value), 2)
    met = "" if rate.value is None else say(lang, "sheet.missed" if rate.missed else "sheet.met")
    return [
        rate_title(rate, lang),
        say(lang, "sheet.not_computed") if value is None else value,
        rate.numerator,
        rate.denominator,
        target_text(rate),
        met,
        say(lang, f"rates.{rate.key}.formula"),
        rate_note(rate, lang),
        say(lang, f"rates.{rate.key}.source"),
    ]


def _ledgers(book: Book, view: RetentionView, rows: pl.DataFrame, *, cases: bool) -> None:
    for name, categories in (("suspects", SUSPECT), ("dropouts", DROPOUT)):
        ledgers.suspects(book, view, rows.filter(pl.col("category").is_in(categories)), name)
    open_cases = rows.filter(pl.col("category").is_in(OPEN))
    if cases and open_cases.height:
        ledgers.cases(book, view, open_cases)


def _ages(book: Book, view: RetentionView, rows: pl.DataFrame) -> None:
    listed = rows.filter(pl.col("listed") & pl.col("of_age").fill_null(value=True))
    if listed.height:
        ledgers.of_age(book, view, listed)


def _lists(book: Book, view: RetentionView, children: pl.DataFrame) -> None:
    """Add who is to be looked at, who is explained, and what schools have to put right."""
    lang = view.lang
    names = {category: say(lang, f"categories.{category}") for category in CATEGORIES}
    for name, (categories, keys) in _LISTS.items():
        rows = children.filter(pl.col("category").is_in(categories))
        if rows.is_empty():
            continue
        told = rows.with_columns(
            category=pl.col("category").replace_strict(names, return_dtype=pl.String),
            own_place=pl.concat_str("h_place", "r_place", "p_place", "f_place", separator="\n", ignore_nulls=True),
            decision=pl.lit(None, dtype=pl.String),
        ).sort("group", "school", "class_label", "name", nulls_last=True, maintain_order=True)
        _table(
            book,
            say(lang, f"sheet.{name}"),
            _heads(lang, keys),
            ["wrapped" if key in _WRAPPED else "text" for key in keys],
            told.select(keys).iter_rows(),
            wide=24,
        )


def _followed(book: Book, view: RetentionView, followed: pl.DataFrame | None) -> None:
    """Add what became of the previous ledger (动态销号)."""
    if followed is None:
        return
    lang = view.lang
    keys = (
        "state",
        "group",
        "name",
        "id_number",
        "school",
        "was",
        "now",
        "visits",
        "visitor",
        "visited_on",
        "outcome",
        "ledger_row",
    )
    states = {state: say(lang, f"states.{state}") for state in followed.get_column("state").unique()}
    names = {category: say(lang, f"categories.{category}") for category in CATEGORIES}
    told = followed.with_columns(
        state=pl.col("state").replace_strict(states, default="", return_dtype=pl.String),
        now=pl.col("category").replace_strict(names, default=None, return_dtype=pl.String),
        ledger_row="row",
    )
    looks = ["number" if key == "ledger_row" else "wrapped" if key == "outcome" else "text" for key in keys]
    _table(book, say(lang, "sheet.followed"), _heads(lang, keys), looks, told.select(keys).iter_rows())
