"""`--format json` and `jsonl` of `xueji clean`: `xueji/clean/v1`. Keys are added, never changed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import IO, TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.audience import audience
from xueji_cli.reports.cleaned import masked
from xueji_cli.tables.writing import neutralised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.reports.cleaned import CleanReport

SCHEMA = "xueji/clean/v1"


def write_json(report: CleanReport, stream: IO[bytes], *, lang: str, reveal: bool) -> None:
    """Write the report with every change."""
    document = {"schema": SCHEMA, **_head(report, lang), "changes": list(_changes(report, reveal=reveal))}
    stream.write(json.dumps(document, ensure_ascii=False, indent=1).encode())
    stream.write(b"\n")


def write_changes(report: CleanReport, kind: str, stream: IO[bytes], *, reveal: bool) -> None:
    """Write only the changes, one a line: `jsonl` or `csv`."""
    log = (report.log if reveal else masked(report.log)).drop("mask")
    if kind == "csv":
        texts = [name for name, kind in log.schema.items() if kind == pl.String]
        log.with_columns(neutralised(pl.col(name)) for name in texts).write_csv(stream)
    else:
        log.write_ndjson(stream)


def _head(report: CleanReport, lang: str) -> Mapping[str, object]:
    counts = report.counts()
    return {
        "run": {**asdict(report.run), "audience": audience(report.run, lang)},
        "inputs": [
            {
                "file": roster.table.source.path,
                "sheet": roster.table.source.sheet,
                "sha256": roster.table.source.sha256,
                "rows": roster.table.frame.height,
            }
            for roster in report.rosters
        ],
        "unreadable": [
            {"file": error.file, "reason": catalogue.text(lang, f"errors.{error.key}", **error.params)}
            for error in report.unreadable
        ],
        "outputs": [{"file": path, "rows": rows} for path, rows in report.outputs.items()],
        "summary": {
            "rows": report.rows,
            "unchanged_files": report.unchanged,
            "by_rule": counts.to_dicts(),
            **{
                kind: report.log.filter(report.log["kind"] == kind).height for kind in ("safe", "unsafe", "left", "row")
            },
        },
        "conflicts": [{"column": header, "kinds": dict(kinds)} for header, kinds in report.conflicts],
    }


def _changes(report: CleanReport, *, reveal: bool) -> list[dict[str, object]]:
    log = report.log if reveal else masked(report.log)
    return log.drop("mask").to_dicts()
