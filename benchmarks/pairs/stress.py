"""Dedupe under load: growth with the number of records, blocks that would explode, and the same result every time."""

from __future__ import annotations

import json
import math
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks import dedupe
from benchmarks.pairs.files import FULL, write_rosters
from benchmarks.pairs.registrations import make_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

SIZES = (250_000, 500_000, 1_000_000, 2_000_000)
#: Seconds and bytes for a million records.
MILLION, SECONDS, BYTES = 1_000_000, 40.0, 6 * 2**30
#: A swollen block may cost this many times what the same records cost without it.
SWOLLEN, SWELL, SAME_ID, TIMES = 40_000, 20_000, 500, 3.0


def scaling(sizes: Sequence[int], seed: int, folder: Path, thresholds: dedupe.Thresholds) -> None:
    """Print time and memory for growing numbers of records, and hold the growth against n·log n."""
    print(f"{'records':>12}{'seconds':>10}{'MB':>9}{'µs per record':>15}{'growth':>9}{'n·log n':>9}")
    measured: list[tuple[int, float]] = []
    for size in sizes:
        rosters = write_rosters(size, seed, "full", folder / f"full-{size}")
        count = rosters.truth.height
        outcome = dedupe.dedupe(rosters.paths, folder / f"full-{size}.json")
        growth = fair = 1.0
        if measured:
            before, seconds = measured[-1]
            growth, fair = outcome.seconds / seconds, count * math.log(count) / (before * math.log(before))
        measured.append((count, outcome.seconds))
        each = outcome.seconds / count * 1e6
        print(
            f"{count:>12,}{outcome.seconds:>10.1f}{outcome.peak_bytes / 2**20:>9,.0f}{each:>15.1f}{growth:>9.2f}{fair:>9.2f}"
        )
        if size == MILLION:
            thresholds.at_most("1,000,000 records: seconds", outcome.seconds, SECONDS, "s")
            thresholds.at_most("1,000,000 records: memory", outcome.peak_bytes / 2**30, BYTES / 2**30, "GB")
        rosters.paths[0].unlink()
    (first, quick), (last, slow) = measured[0], measured[-1]
    if last > first:
        fair = last * math.log(last) / (first * math.log(first))
        thresholds.at_most(f"growth from {first:,} to {last:,}, n·log n", slow / quick, fair, "×")


def adversarial(seed: int, folder: Path, thresholds: dedupe.Thresholds) -> None:
    """Swell one block at a time and ask for bounded time, and for the block in the report."""
    frame = make_records(SWOLLEN, seed).frame
    few = pl.int_range(pl.len()) < SWELL
    cases: Mapping[str, tuple[int, dict[str, pl.Expr]]] = {
        "as it is": (0, {}),
        "20,000 children with one name": (SWELL, {"name": pl.when(few).then(pl.lit("王梓涵")).otherwise("name")}),
        "13800000000 on 20,000 rows": (
            SWELL,
            {f: pl.when(few).then(pl.lit("13800000000")).otherwise(f) for f in ("phone", "member1_phone")},
        ),
        "one number on 500 rows": (
            SAME_ID,
            {
                "id_number": pl.when(pl.int_range(pl.len()) % 80 == 7)
                .then(pl.lit("110101201503070011"))
                .otherwise("id_number"),
            },
        ),
    }
    usual = 0.0
    for name, (size, changes) in cases.items():
        path = folder / "adversarial.csv"
        columns = [pl.col(field).alias(header) for field, header in FULL.items()]
        frame.with_columns(**changes).select(columns).write_csv(path, include_bom=True)
        report = folder / "adversarial.json"
        outcome = dedupe.dedupe([path], report)
        print(f"{name}: {outcome.seconds:.1f} s, {outcome.peak_bytes / 2**20:,.0f} MB")
        if not size:
            usual = outcome.seconds
            continue
        thresholds.at_most(f"{name}: times the usual", outcome.seconds / usual, TIMES, "×")
        document = dedupe.read(report)
        rows = rows_told_of(document)
        told = block_named(document, size) or (size == SAME_ID and len(rows) >= size)
        thresholds.holds(f"{name}: named, or all its rows told of", told)


def block_named(document: Mapping[str, Any], size: int) -> bool:
    """Return whether something beside clusters, pairs, inputs and totals counts as many rows as the block has."""
    beside = {k: v for k, v in document.items() if k not in ("clusters", "pairs", "inputs", "summary", "run", "schema")}
    return any(size <= number <= size * 1.1 for number in _numbers(beside))


def _numbers(value: object) -> Iterator[int]:
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner)


def rows_told_of(document: Mapping[str, Any]) -> set[tuple[str, int]]:
    """Return every row that a cluster or a pair names."""
    members = [member for cluster in document["clusters"] for member in cluster["members"]]
    sides = [pair[side] for pair in document["pairs"] for side in ("left", "right")]
    return {(PurePath(place["file"]).name, place["row"]) for place in (*members, *sides)}


def determinism(records: int, seed: int, folder: Path, thresholds: dedupe.Thresholds) -> None:
    """Run twice on the same files, and once on the same rows in another order, files too."""
    there, again, other = (folder / f"same-{n}.json" for n in range(3))
    rosters = write_rosters(records, seed, "full", folder / f"same-{records}", by_school=True)
    shuffled = write_rosters(records, seed, "full", folder / f"shuffled-{records}", by_school=True, shuffled=seed)
    dedupe.dedupe(rosters.paths, there)
    dedupe.dedupe(rosters.paths, again)
    thresholds.holds("two runs give the same bytes", there.read_bytes() == again.read_bytes())
    dedupe.dedupe(shuffled.paths[::-1], other)
    usual = without_rows(dedupe.read(there), names_of(rosters.truth))
    mixed = without_rows(dedupe.read(other), names_of(shuffled.truth))
    differing = [key for key in usual if usual[key] != mixed[key]]
    thresholds.holds("another order changes nothing but rows", not differing, ", ".join(differing))
    for key in differing:
        only = sorted(set(usual[key]) ^ set(mixed[key]))
        print(f"    {key}: {len(only)} differ, such as {only[:3]}")


def names_of(truth: pl.DataFrame) -> dict[tuple[str, int], str]:
    """Return place → a name of the record that does not depend on where it stands."""
    lines = truth.select("file", "row", "child", "entry").iter_rows()
    return {(file, row): f"{child}/{entry}" for file, row, child, entry in lines}


def without_rows(document: Mapping[str, Any], names: Mapping[tuple[str, int], str]) -> dict[str, list[str]]:
    """Return what a report says with records in place of rows, in an order of its own, as lines that compare."""

    def name(place: Mapping[str, Any]) -> str:
        return names[PurePath(place["file"]).name, place["row"]]

    pairs = [
        (
            sorted((name(pair["left"]), name(pair["right"]))),
            pair["verdict"],
            pair["score"],
            sorted((reason["field"], str(reason["level"]), reason["weight"]) for reason in pair.get("reasons", ())),
        )
        for pair in document["pairs"]
    ]
    clusters = [(sorted(map(name, c["members"])), c["verdict"], c["score"]) for c in document["clusters"]]
    return {
        key: sorted(json.dumps(line, ensure_ascii=False) for line in lines)
        for key, lines in (("pairs", pairs), ("clusters", clusters))
    }
