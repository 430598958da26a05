"""Dedupe under load: growth with the number of records, blocks that would explode, and the same result every time."""

from __future__ import annotations

import json
import math
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks import dedupe
from benchmarks.pairs.files import FIRST_ROW, FULL, TRUTH, write_rosters
from benchmarks.pairs.judging import DUPLICATE, REVIEW, judge, pairs_said
from benchmarks.pairs.registrations import make_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SIZES = (250_000, 500_000, 1_000_000, 2_000_000)
#: Seconds and bytes for a million records.
MILLION, SECONDS, BYTES = 1_000_000, 40.0, 6 * 2**30
#: A swollen block may cost this many times what the same records cost without it.
SWOLLEN, SWELL, SAME_ID, TIMES = 40_000, 20_000, 500, 3.0
#: Recall that may be lost where 20,000 children can't be told by their names or telephones any more.
LOST = 0.05


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
    """Swell one block at a time and ask for bounded time, and that nothing disappears.

    Either the report names the block, or it tells of all its rows, or the children are found all the same, by what else they share: a
    telephone that is nobody's is no key at all, and a name alone is none either.
    """
    frame = make_records(SWOLLEN, seed).frame
    truth = frame.select(
        pl.lit("adversarial.csv").alias("file"), pl.int_range(pl.len()).alias("row") + FIRST_ROW, *TRUTH
    )
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
    usual = recall = 0.0
    for name, (size, changes) in cases.items():
        path = folder / "adversarial.csv"
        columns = [pl.col(field).alias(header) for field, header in FULL.items()]
        frame.with_columns(**changes).select(columns).write_csv(path, include_bom=True)
        report = folder / "adversarial.json"
        outcome = dedupe.dedupe([path], report)
        print(f"{name}: {outcome.seconds:.1f} s, {outcome.peak_bytes / 2**20:,.0f} MB")
        document = dedupe.read(report)
        found = _recall(judge(pairs_said(document), truth).true)
        if not size:
            usual, recall = outcome.seconds, found
            continue
        thresholds.at_most(f"{name}: times the usual", outcome.seconds / usual, TIMES, "×")
        named, rows = block_named(document, size), rows_told_of(document)
        told = size == SAME_ID and len(rows) >= size
        print(f"  named: {named}; rows told of: {len(rows):,}; recall within it {found:.2%}, {recall:.2%} without it")
        thresholds.holds(f"{name}: nothing disappears", named or told or found >= recall - LOST)


def _recall(true: pl.DataFrame) -> float:
    """Return which share was found of the pairs of one child whose records are both in the swollen block."""
    inside = true.filter(pl.max_horizontal("left", "right") < SWELL)
    return inside.filter(pl.col("verdict").is_in([DUPLICATE, REVIEW])).height / max(inside.height, 1)


def block_named(document: Mapping[str, Any], size: int) -> bool:
    """Return whether a report names a large block of about as many rows."""
    return any(size <= block["records"] <= size * 1.1 for block in document["large_blocks"])


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
