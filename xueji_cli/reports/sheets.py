"""What stands in the two sheets that a report adds to a workbook: the list of findings and the summary.

The content is plain data here; `annotated` and `fresh` write it with the library each of them uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.audience import audience
from xueji_cli.reports.lines import WIDE
from xueji_cli.reports.summary import summarise
from xueji_cli.reports.view import letters, place_text, rule_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xueji_cli.reports.report import CheckReport

#: Rows of a sheet, and links that Excel allows on one (65,530).
SHEET_ROWS = 1_048_576
LINK_LIMIT = 65_000

#: Column of the list of findings → its width. `place` is the column with the link.
LIST_WIDTHS = {
    "number": 6,
    "severity": 7,
    "file": 22,
    "sheet": 12,
    "place": 10,
    "column": 14,
    "school": 18,
    "class_name": 12,
    "value": 22,
    "message": 46,
    "suggestion": 34,
    "related": 24,
    "code": 8,
    "source": 26,
    "done": 12,
}

#: Columns of the list whose text is wrapped; the others are short.
WRAPPED = ("column", "value", "message", "suggestion", "related", "source", "school")

#: Font of the added sheets, and points of a line of it.
FONT = "微软雅黑"
FONT_SIZE = 10
LINE_HEIGHT = 16

#: Widths of the summary: a name, five columns of short facts, and one that may run over the edge.
SUMMARY_WIDTHS = (38, 14, 14, 14, 14, 14, 16, 20)

#: A cell of the summary: what it says and how it looks (title, section, head, text, number, quiet, or a severity).
Cell = tuple["str | int | None", str]


@dataclass(frozen=True, slots=True)
class FindingList:
    """The list of findings.

    Attributes:
        keys: Columns, of `LIST_WIDTHS`.
        headers: Their titles.
        frame: One column per key; `style`, the severity as it is named in code; `link_sheet` and `link_cell`, which
            `place` leads to; `lines`, how many lines the row needs.
    """

    keys: tuple[str, ...]
    headers: tuple[str, ...]
    frame: pl.DataFrame

    def rows(self) -> Iterator[dict[str, str | int | None]]:
        """Return the rows one by one: sheets are written cell by cell."""
        return self.frame.iter_rows(named=True)


def finding_list(report: CheckReport, view: pl.DataFrame, lang: str) -> FindingList:
    """Return the list of the findings of a view."""
    keys = tuple(key for key in LIST_WIDTHS if key != "file" or view["file"].n_unique() > 1)
    severities = {name: catalogue.text(lang, f"check.severity.{name}") for name in ("error", "warning", "notice")}
    header_rows = [roster.table.header_row for roster in report.rosters]
    shown = view.head(SHEET_ROWS - 1)
    header_row = pl.col("table").replace_strict(
        list(range(len(header_rows))), header_rows, default=1, return_dtype=pl.UInt32
    )
    frame = shown.with_row_index("number", offset=1).with_columns(
        place_text(shown, lang).alias("place"),
        pl.col("related_text").alias("related"),
        pl.lit(None, pl.String).alias("done"),
        pl.col("sheet").alias("link_sheet"),
        pl.concat_str(letters(shown).fill_null("A"), pl.coalesce("row", header_row)).alias("link_cell"),
        pl.col("severity").alias("style"),
        pl.max_horizontal(_lines("related_text" if key == "related" else key) for key in WRAPPED).alias("lines"),
        pl.col("severity").replace_strict(severities, return_dtype=pl.String),
    )
    return FindingList(
        keys,
        tuple(catalogue.text(lang, f"check.list.{key}") for key in keys),
        frame.select("table", "style", "link_sheet", "link_cell", "lines", *keys),
    )


def summary_rows(
    report: CheckReport,
    view: pl.DataFrame,
    tables: Sequence[int],
    notes: Sequence[str],
    lang: str,
    *,
    whole: bool = False,
) -> list[list[Cell]]:
    """Return the summary of some tables: totals, by rule, school and class, what was read, what was not checked.

    Args:
        report: What was found.
        view: Its findings.
        tables: Those to summarise.
        notes: What the user should know.
        lang: Language.
        whole: The workbook is a copy of the user's own.
    """

    def say(key: str, **params: object) -> str:
        return catalogue.text(lang, f"check.summary.{key}", **params)

    def section(key: str, *heads: str) -> None:
        rows.append([])
        rows.append([(say(key), "section")])
        rows.append([(say(head), "head") for head in heads])

    summary = summarise(report, view, tables=tables)
    severities = ("error", "warning", "notice")
    rows: list[list[Cell]] = [[(say("title"), "title")]]
    facts = {
        "as_of": report.run.as_of,
        "rules": report.run.rules,
        "schema": "、".join(report.run.schemas),
        "version": f"xueji {report.run.version}",
        "audience": audience(report.run, lang, whole=whole),
    }
    rows += [[(say(key), "quiet"), (value, "text")] for key, value in facts.items()]

    section("total", "rows", "rows_with_errors", "errors", "warnings", "notices")
    counts = (summary.rows, summary.rows_with_errors, summary.errors, summary.warnings, summary.notices)
    rows.append([(count, "number") for count in counts])
    rows.append([])
    rows += [
        [(catalogue.text(lang, f"check.severity.{name}"), name), (say(f"colour_{name}"), "text")] for name in severities
    ]
    rows += [[(note, "quiet")] for note in notes]

    section("by_rule", "rule", "code", "severity", "count", "source")
    found = view.group_by("code", "severity").len().sort("len", "code", descending=[True, False])
    for code, severity, count in sorted(found.rows(), key=lambda row: severities.index(row[1])):
        name = catalogue.text(lang, f"check.severity.{severity}")
        title, clause = rule_text(lang, code, "title"), report.rules[code].source
        rows.append([(title, "text"), (code, "text"), (name, severity), (count, "number"), (clause, "text")])

    if not summary.by_school.is_empty():
        section("by_school", "school", "rows_with_errors", "errors", "warnings", "notices")
        rows += [[(row[0], "text"), *((count, "number") for count in row[1:])] for row in summary.by_school.rows()]
    if not summary.by_class.is_empty():
        section("by_class", "school", "class", "rows_with_errors", "errors", "warnings", "notices")
        rows += [
            [(row[0], "text"), (row[1], "text"), *((count, "number") for count in row[2:])]
            for row in summary.by_class.rows()
        ]

    section("read", "file", "sheet", "rows", "header_row", "known", "encoding", "kind", "unknown")
    for index in tables:
        roster = report.rosters[index]
        source = roster.table.source
        rows.append(
            [
                (source.path, "text"),
                (source.sheet, "text"),
                (roster.table.height, "number"),
                (roster.table.header_row, "number"),
                (len(roster.columns), "number"),
                (source.encoding, "text"),
                (catalogue.text(lang, f"check.kinds.{source.kind}"), "text"),
                ("、".join(column.header or column.letter for column in roster.unbound), "text"),
            ]
        )
    if report.unreadable:
        section("unreadable", "file", "reason")
        rows += [
            [(error.file, "text"), (catalogue.text(lang, f"errors.{error.key}", **error.params), "text")]
            for error in report.unreadable
        ]
    skipped = sorted({(each.code, each.missing) for each in report.skipped if each.table in tables})
    if skipped:
        section("skipped", "rule", "code", "missing")
        rows += [
            [(rule_text(lang, code, "title"), "text"), (code, "text"), ("、".join(missing), "text")]
            for code, missing in skipped
        ]
    return rows


def free_name(wanted: str, taken: Sequence[str]) -> str:
    """Return a sheet name that Excel allows and that no other sheet has."""
    clean = "".join("_" if character in "[]:*?/\\" else character for character in wanted).strip("' ") or "Sheet"
    if clean.casefold() == "history":  # Excel keeps this one for itself
        clean += "_"
    used = {name.casefold() for name in taken}
    name = clean[:31]
    number = 2
    while name.casefold() in used:
        end = f" ({number})"
        name = clean[: 31 - len(end)] + end
        number += 1
    return name


def link_target(sheet: str, cell: str) -> str:
    """Return a place in a workbook as a link names it."""
    return "'" + sheet.replace("'", "''") + "'!" + cell


def _lines(key: str) -> pl.Expr:
    """Return how many lines the text of a column takes in its width."""
    text = pl.col(key).fill_null("")
    width = text.str.len_chars() + text.str.count_matches(WIDE)
    return (width / (LIST_WIDTHS["related" if key == "related_text" else key] - 2)).ceil().clip(1, 12).cast(pl.UInt8)
