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
    from collections.abc import Iterator, Mapping

    from xueji_cli.reports.cleaned import CleanReport

SCHEMA = "xueji/clean/v1"


def write_json(report: CleanReport, stream: IO[bytes], *, lang: str, reveal: bool) -> None:
    """Write the report with every change."""
    head = json.dumps({"schema": SCHEMA, **_head(report, lang), "changes": []}, ensure_ascii=False, indent=1)
    # The changes stand at the end, and there may be more of them than fit in memory.
    stream.write(head.removesuffix("]\n}").encode())
    before = "\n"
    for log in _changes(report, reveal=reveal):
        # One object at a time: JSON's own way of writing strings, with the indents of the document around them.
        for change in log.iter_rows(named=True):
            values = json.dumps(change, ensure_ascii=False, separators=(",\n   ", ": "))
            stream.write(f"{before}  {{\n   {values[1:-1]}\n  }}".encode())
            before = ",\n"
    stream.write(b"]\n}\n" if before == "\n" else b"\n ]\n}\n")


def write_changes(report: CleanReport, kind: str, stream: IO[bytes], *, reveal: bool) -> None:
    """Write only the changes, one a line: `jsonl` or `csv`."""
    for place, log in enumerate(_changes(report, reveal=reveal)):
        if kind == "csv":
            texts = [name for name, kind in log.schema.items() if kind == pl.String]
            safe = log.with_columns(neutralised(pl.col(name)) for name in texts)
            safe.write_csv(stream, include_header=place == 0)
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
                "rows": roster.table.height,
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
                kind: int(report.log.lines.filter(pl.col("kind") == kind)["count"].sum())
                for kind in ("safe", "unsafe", "left", "row")
            },
        },
        "conflicts": [{"column": header, "kinds": dict(kinds)} for header, kinds in report.conflicts],
    }


def _changes(report: CleanReport, *, reveal: bool) -> Iterator[pl.DataFrame]:
    for log in report.log.frames():
        yield (log if reveal else masked(log)).drop("mask")
