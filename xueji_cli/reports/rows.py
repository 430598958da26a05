"""Results as rows of Parquet, written by the workers of a Spark session: all of them, however many a report lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.reports.report import CheckReport, Run
from xueji_cli.reports.view import finding_view
from xueji_cli.scaling.spark.carrying import arrow
from xueji_cli.scaling.spark.checking import Rules, of_table
from xueji_cli.tables.table import Known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.reports.pairs.report import PairReport
    from xueji_cli.scaling.spark.checking import CheckedThere
    from xueji_cli.schema.roster import Roster

#: Columns of findings, as in the CSV of `xueji check`; `table` and `position` are there to sort by.
_TEXTS = ("code", "slug", "severity", "file", "sheet", "column", "cell", "field", "value", "message", "suggestion")
_MORE = ("related_text", "school", "class_name", "source")
_SCHEMA = ", ".join(["table long", "position long", "row long", *(f"`{name}` string" for name in (*_TEXTS, *_MORE))])
_NAMES = ["code", "slug", "severity", "file", "sheet", "row", *_TEXTS[5:], *_MORE]


@dataclass(frozen=True)
class _Shown:
    """Makes findings what people read, on the workers: sentences filled in, personal data masked."""

    rosters: tuple[Roster, ...]
    rules: Rules
    places: Mapping[int, int]
    lang: str
    reveal: bool

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            for row in batch.to_pylist():
                yield from self.view(of_table(row["kept"], self.places[row["number"]]))

    def view(self, findings: pl.DataFrame) -> Iterator[Any]:
        report = CheckReport(Run("check", "", (), "", ""), self.rosters, (), findings, self.rules.active, ())
        view = finding_view(report, lang=self.lang, reveal=self.reveal)
        yield from arrow(view.select("table", "position", "row", *_TEXTS, *_MORE))


def write_findings(
    uri: str, there: CheckedThere, active: Mapping[str, ActiveRule], spark: Any, *, lang: str, reveal: bool
) -> None:
    """Write all findings of a check, in the order of the files.

    Args:
        uri: Address of a folder that is not there yet.
        there: What was found.
        active: The rules.
        spark: The session.
        lang: Of the sentences.
        reveal: Show personal data whole.
    """
    shown = _Shown(tuple(map(_bare, there.rosters)), Rules.of(active), there.places, lang, reveal)
    frame = there.rows.mapInArrow(shown, _SCHEMA)
    others = [batch for each in there.others if each.height for batch in shown.view(each)]
    for batch in others:
        frame = frame.unionAll(spark.createDataFrame([tuple(row.values()) for row in batch.to_pylist()], _SCHEMA))
    frame.orderBy("table", "row", "position", "code").select(*_NAMES).write.parquet(uri)


def _bare(roster: Roster) -> Roster:
    """Return a table without what can't travel."""
    return replace(roster, table=replace(roster.table, source=replace(roster.table.source, digest=Known(""))))


def write_pairs(uri: str, report: PairReport, spark: Any, *, lang: str, reveal: bool, secret: bytes) -> None:
    """Write the pairs of a comparison, in the order and with the columns of its CSV.

    Args:
        uri: Address of a folder that is not there yet.
        report: The report.
        spark: The session.
        lang: Of the sentences.
        reveal: Show personal data whole.
        secret: The secret key of the records' keys: what is written can be filled in, like the CSV.
    """
    from xueji_cli.reports.pairs.sheets import columns, listed
    from xueji_cli.reports.pairs.view import pair_view

    view = pair_view(report, lang=lang, reveal=reveal, secret=secret)
    names = columns(view)
    rows = [tuple("".join(piece for piece, _ in row[name]) for name in names) for row in listed(view, view.pairs)]
    schema = ", ".join(f"`{name}` string" for name in names)
    spark.createDataFrame(rows, schema).coalesce(1).write.parquet(uri)
