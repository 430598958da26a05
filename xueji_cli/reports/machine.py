"""JSON, JSON Lines and CSV: the contract `xueji/check/v1` for other programs (keys are only ever added).

A million findings are written slice by slice by Polars; no Python object is made per finding.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.audience import audience
from xueji_cli.tables.writing import neutralised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO, Any

    from xueji_cli.errors import InputError
    from xueji_cli.reports.report import CheckReport
    from xueji_cli.reports.summary import Summary
    from xueji_cli.schema.roster import Roster

#: Name and version of the contract.
CONTRACT = "xueji/check/v1"

#: Keys of a finding, in this order.
FINDING_KEYS = (
    "code",
    "slug",
    "severity",
    "file",
    "sheet",
    "row",
    "column",
    "cell",
    "field",
    "value",
    "message",
    "suggestion",
    "related",
    "school",
    "class_name",
    "source",
)

_SLICE = 50_000


def write_json(report: CheckReport, view: pl.DataFrame, summary: Summary, stream: IO[bytes], *, lang: str) -> None:
    """Write one JSON document (UTF-8)."""
    head = _head(report, summary, lang)
    tail = {key: head.pop(key) for key in ("skipped", "unreadable", "truncated")}
    # The findings stand in the middle of the document: what comes before and after is written around them.
    stream.write(dump(head)[:-1] + b',\n"findings": [')
    before = b"\n"
    for lines in _slices(view):
        stream.write(before + lines.rstrip(b"\n").replace(b"\n", b",\n"))
        before = b",\n"
    stream.write(b"\n],\n" + dump(tail)[1:] + b"\n")


def write_jsonl(report: CheckReport, view: pl.DataFrame, summary: Summary, stream: IO[bytes], *, lang: str) -> None:
    """Write a header object on the first line, then one finding per line (UTF-8)."""
    stream.write(json.dumps(_head(report, summary, lang), ensure_ascii=False, default=str).encode() + b"\n")
    for lines in _slices(view):
        stream.write(lines)


def write_csv(view: pl.DataFrame, stream: IO[bytes], *, bom: bool) -> None:
    """Write the findings as CSV (UTF-8), safe to open in a spreadsheet.

    Args:
        view: The findings.
        stream: Where to.
        bom: Begin with a byte order mark, without which Excel takes Chinese text for another encoding.
    """
    flat = view.with_columns(pl.col("related_text").alias("related")).select(FINDING_KEYS)
    safe = flat.with_columns(
        neutralised(pl.col(name)).alias(name) for name, kind in flat.schema.items() if kind == pl.String
    )
    if bom:
        stream.write(b"\xef\xbb\xbf")
    # \r\n as RFC 4180 has it, and as Excel writes it.
    safe.write_csv(stream, line_terminator="\r\n")


def _slices(view: pl.DataFrame) -> Iterator[bytes]:
    for part in view.select(FINDING_KEYS).iter_slices(_SLICE):
        lines = io.BytesIO()
        part.with_columns(pl.col("related").fill_null([])).write_ndjson(lines)
        yield lines.getvalue()


def unreadable_entries(errors: Iterable[InputError], lang: str) -> list[dict[str, Any]]:
    """Return what a report says about files that could not be read."""
    return [
        {
            "file": error.file,
            "reason": error.key,
            "message": catalogue.text(lang, f"errors.{error.key}", **error.params),
        }
        for error in errors
    ]


def dump(value: dict[str, Any]) -> bytes:
    """Return an object with one line per key."""
    lines = [f'"{key}": {json.dumps(each, ensure_ascii=False, default=str)}' for key, each in value.items()]
    return ("{" + ",\n".join(lines) + "}").encode()


def _head(report: CheckReport, summary: Summary, lang: str) -> dict[str, Any]:
    run = report.run
    return {
        "schema": CONTRACT,
        "run": {
            "command": run.command,
            "version": run.version,
            "schema": list(run.schemas),
            "rules": run.rules,
            "as_of": run.as_of,
            "options": dict(run.options),
            "audience": audience(run, lang),
        },
        "inputs": [input_entry(roster) for roster in report.rosters],
        "summary": {
            "rows": summary.rows,
            "rows_with_errors": summary.rows_with_errors,
            "errors": summary.errors,
            "warnings": summary.warnings,
            "notices": summary.notices,
            "by_rule": dict(summary.by_rule),
            "by_file": summary.by_file.to_dicts(),
            "by_school": summary.by_school.to_dicts(),
            "by_class": summary.by_class.to_dicts(),
        },
        "skipped": [
            {
                "code": skipped.code,
                "file": report.rosters[skipped.table].table.source.path,
                "sheet": report.rosters[skipped.table].table.source.sheet,
                "reason": "missing_option" if skipped.missing[0].startswith("-") else "missing_columns",
                "missing": list(skipped.missing),
            }
            for skipped in report.skipped
        ],
        "unreadable": unreadable_entries(report.unreadable, lang),
        # Nothing is left out of the machine formats, except by a run past memory that finds more than it can keep.
        "truncated": {"findings": dict(report.left_out)} if report.left_out else {},
    }


def input_entry(roster: Roster) -> dict[str, Any]:
    """Return what a report says about a table that was read."""
    table = roster.table
    source = table.source
    return {
        "file": source.path,
        "sheet": source.sheet,
        "sha256": source.sha256,
        "kind": source.kind,
        "encoding": source.encoding,
        "header_row": table.header_row,
        "rows": table.height,
        "schema": roster.schema.name,
        "columns": [
            {"header": column.header, "letter": column.letter, "field": field}
            for field, column in sorted(roster.columns.items(), key=lambda item: item[1].position)
        ],
        "unbound": [{"header": column.header, "letter": column.letter} for column in roster.unbound],
    }
