"""JSON and JSON Lines: the contracts `xueji/dedupe/v1` and `xueji/link/v1` for other programs (keys are only ever added)."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.workers import batches, in_turn
from xueji_cli.reports.audience import audience
from xueji_cli.reports.machine import dump, input_entry, unreadable_entries
from xueji_cli.reports.pairs.plan import large_blocks, plan_keys
from xueji_cli.reports.pairs.summary import summarise_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO, Any

    from xueji_cli.reports.pairs.report import PairReport, PlanReport
    from xueji_cli.reports.pairs.view import PairView

#: Name and version of the contracts.
DEDUPE_CONTRACT, LINK_CONTRACT = "xueji/dedupe/v1", "xueji/link/v1"

#: Pairs and records that are written at a time: pieces of some megabytes, whose memory is used again for the next.
_PAIRS, _RECORDS = 4_000, 10_000

_PLACE = ("file", "sheet", "row")
_MEMBER = (*_PLACE, "school", "class", "name", "id_number")


def write_json(view: PairView, stream: IO[bytes], *, lang: str) -> None:
    """Write one JSON document (UTF-8)."""
    head = _head(view, lang)
    stream.write(dump(head)[:-1])
    for key, lines in _lists(view):
        stream.write(b',\n"' + key.encode() + b'": [')
        before = b"\n"
        for part in lines:
            if part:
                # Some dozens of megabytes: what can be done without copying them is.
                stream.write(before)
                stream.write(memoryview(part.replace(b"\n", b",\n"))[: -len(b",\n")])
                before = b",\n"
        stream.write(b"\n]")
    stream.write(b"\n}\n")


def write_jsonl(view: PairView, stream: IO[bytes], *, lang: str) -> None:
    """Write a header object on the first line, then one pair per line (UTF-8); of `link`, then the records of one list only."""
    stream.write(json.dumps(_head(view, lang), ensure_ascii=False, default=str).encode() + b"\n")
    for key, lines in _lists(view):
        if key in ("pairs", "only_left", "only_right"):
            for part in lines:
                stream.write(part)


def _places(view: PairView, numbers: pl.Series) -> pl.DataFrame:
    """Return `file`, `sheet`, `row`, `school` of records, one row a number, in their order."""
    sources = [roster.table.source for roster in view.report.rosters]
    tables = pl.DataFrame(
        {
            "table": range(len(sources)),
            "file": [source.path for source in sources],
            "sheet": [source.sheet for source in sources],
        },
        schema={"table": pl.UInt32, "file": pl.String, "sheet": pl.String},
    )
    return view.report.people.places[numbers].join(tables, on="table", how="left", maintain_order="left")


def _lists(view: PairView) -> list[tuple[str, Iterable[bytes]]]:
    """Return the long lists of a document: name, and its entries as JSON Lines in slices."""
    report = view.report
    lists = [("not_compared", _records(view, report.judged.candidates.unkeyed, _PLACE))]
    if report.lone is not None:
        found = [("only_left", report.lone[0], "l"), ("only_right", report.lone[1], "r")]
        return [
            ("pairs", _pairs(view)),
            *((key, _records(view, records, (*_MEMBER, "open"), open_side=side)) for key, records, side in found),
            *lists,
        ]
    return [("clusters", _clusters(view)), ("pairs", _pairs(view)), *lists]


def pair_entries(view: PairView) -> list[dict[str, Any]]:
    """Return the pairs as objects: for a few of them."""
    return [json.loads(line) for part in _pairs(view) for line in part.splitlines()]


def _pairs(view: PairView) -> Iterator[bytes]:
    keys = ("verdict", "score", "weight", "cluster", "left", "right", "guard", "guard_text", "handling", "reasons")
    wanted = [key for key in keys if not (key == "cluster" and view.report.linking)]

    def lines(part: pl.DataFrame) -> bytes:
        sides = {
            side: _places(view, part[column]).select(pl.struct(*_PLACE).alias(side))
            for side, column in (("left", "l"), ("right", "r"))
        }
        return _lines(pl.concat([part, *sides.values()], how="horizontal").select(wanted))

    return in_turn(lines, batches(view.pairs, _PAIRS))


def _clusters(view: PairView) -> Iterator[bytes]:
    clusters = view.report.clusters
    frame = pl.DataFrame(
        {
            "id": [each.id for each in clusters],
            "verdict": [each.verdict for each in clusters],
            "score": [each.score for each in clusters],
            "size": [len(each.members) for each in clusters],
        },
        schema={"id": pl.String, "verdict": pl.String, "score": pl.Float64, "size": pl.UInt32},
    ).with_columns(pl.col("score").round(6), end=pl.col("size").cum_sum())
    records = pl.Series("record", [record for each in clusters for record in each.members], dtype=pl.UInt32)

    def lines(some: pl.DataFrame) -> bytes:
        ends = some["end"]
        start = ends[0] - some["size"][0]
        own = some.select(pl.col("id").repeat_by("size")).explode("id").with_columns(records[start : ends[-1]])
        told = own.join(view.heads(own["record"]), on="record", how="left", maintain_order="left")
        grouped = told.group_by("id", maintain_order=True).agg(members=pl.struct(*_MEMBER))
        return _lines(pl.concat([some.select("id", "verdict", "score"), grouped.select("members")], how="horizontal"))

    return in_turn(lines, batches(frame, _RECORDS)) if clusters else iter(())


def _records(
    view: PairView, numbers: pl.Series, keys: tuple[str, ...], *, open_side: str | None = None
) -> Iterator[bytes]:
    """Return records; with `open`, the verdict of the pair in which a person must look at one."""
    told = pl.DataFrame(schema={"record": pl.UInt32, "open": pl.String})
    if open_side is not None:
        pairs = view.pairs.filter(pl.col("verdict") != "matched")
        told = pairs.select(record=open_side, open="verdict").unique("record", keep="first", maintain_order=True)
    for start in range(0, len(numbers), _RECORDS):
        records = view.heads(numbers.slice(start, _RECORDS)).join(told, on="record", how="left", maintain_order="left")
        yield _lines(records.select(keys))


def _lines(frame: pl.DataFrame) -> bytes:
    lines = io.BytesIO()
    frame.write_ndjson(lines)
    return lines.getvalue()


def _head(view: PairView, lang: str) -> dict[str, Any]:
    report = view.report
    return {
        "schema": LINK_CONTRACT if report.linking else DEDUPE_CONTRACT,
        "run": run_entry(report, lang),
        "inputs": inputs(report),
        "summary": _summary(view),
        "keys": plan_keys(report.judged.candidates),
        "large_blocks": large_blocks(view, report.judged.candidates),
        **({"decisions": _decisions(view)} if report.decisions else {}),
        "unreadable": unreadable_entries(report.unreadable, lang),
    }


def run_entry(report: PairReport | PlanReport, lang: str) -> dict[str, Any]:
    """Return how a run was made."""
    run = report.run
    model = report.people.model
    return {
        "command": run.command,
        "version": run.version,
        "schema": list(run.schemas),
        "as_of": run.as_of,
        "options": dict(run.options),
        "audience": audience(run, lang),
        "thresholds": {"duplicate": model.duplicate, "review": model.review},
    }


def inputs(report: PairReport | PlanReport) -> list[dict[str, Any]]:
    """Return what is said about each table; of two lists, which it belongs to."""
    entries = [input_entry(roster) for roster in report.rosters]
    side = dict(report.tally.select("table", "side").unique().iter_rows())
    if any(side.values()):
        for table, entry in enumerate(entries):
            entry["side"] = "right" if side.get(table) == 1 else "left"
    return entries


def _summary(view: PairView) -> dict[str, Any]:
    summary = summarise_pairs(view)
    report = view.report
    unkeyed = report.judged.candidates.unkeyed.len()
    rest = {
        "not_compared": unkeyed,
        "guards": dict(summary.guards),
        "by_school": summary.by_school.to_dicts(),
    }
    if report.lone is not None:
        return {
            "records": {"left": summary.records[0], "right": summary.records[1]},
            "pairs_compared": summary.compared,
            **summary.verdicts,
            "only_left": report.lone[0].len(),
            "only_right": report.lone[1].len(),
            **rest,
        }
    return {
        "records": summary.records[0],
        "pairs_compared": summary.compared,
        "duplicate_pairs": summary.verdicts["duplicate"],
        "review_pairs": summary.verdicts["review"],
        "distinct_pairs": summary.verdicts["distinct"],
        "clusters": summary.clusters,
        "extra_registrations": summary.extra,
        **rest,
    }


def _decisions(view: PairView) -> dict[str, Any]:
    used = view.report.decisions
    assert used is not None
    return {
        "files": list(used.files),
        "applied": used.applied,
        "pending": used.pending,
        "stale": [{"file": each.file, "sheet": each.sheet, "row": each.row} for each in used.stale],
    }
