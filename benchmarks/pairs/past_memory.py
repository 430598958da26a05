"""`xueji dedupe` where memory ends: in memory against in buckets, verdict for verdict; ten million; one key that very many share."""

from __future__ import annotations

import json
import sys
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from benchmarks.pairs.files import write_rosters
from benchmarks.pairs.provinces import write_registrations
from benchmarks.running import Outcome, run, xueji
from benchmarks.schools import AS_OF

if TYPE_CHECKING:
    from pathlib import Path

#: Bounds for ten million registrations on two cores.
TEN_MILLION, SECONDS, BYTES = 10_000_000, 12 * 60, 16 * 2**30
#: The share of registrations that have the registry's telephone, and how many registrations.
DESK, SKEWED = 0.05, 5_000_000

#: The command as it is on files that do not fit, for files that would.
_IN_BUCKETS = """
import sys
from xueji_cli.cli import run
from xueji_cli.scaling import sizes
from xueji_cli.tables import memory
rows = int(sys.argv.pop(1))
memory.plan = lambda *_: memory.Plan(rows=rows, keys=100_000)
sizes.cut = lambda *_: sizes.Cut(4, 3, 1_000_000, 0, 0)
run()
"""


def dedupe(path: Path, report: Path, *options: str, pieces: int | None = None) -> Outcome:
    """Run `xueji dedupe` with its JSON into `report`.

    Args:
        path: The file.
        report: Where the JSON goes.
        options: Further options.
        pieces: Read it in pieces of so many rows and compare it in buckets, whether it fits or not.

    Raises:
        RuntimeError: If it ends with anything but 0 or 1.
    """
    arguments = ("dedupe", str(path), "--as-of", AS_OF, "--format", "json", *options)
    line = xueji(*arguments) if pieces is None else [sys.executable, "-c", _IN_BUCKETS, str(pieces), *arguments]
    outcome = run(line, report)
    if outcome.status not in (0, 1):
        msg = f"xueji dedupe {path.name} ended with {outcome.status}:\n{outcome.errors[-4000:]}"
        raise RuntimeError(msg)
    return outcome


def look(folder: Path) -> bool:
    """Compare few registrations in memory and in buckets, and hold the reports against each other."""
    (path,) = write_rosters(3_000, 2025, "full", folder / "scale-small").paths
    reports = [folder / "scale-small-memory.json", folder / "scale-small-buckets.json"]
    for report, pieces in zip(reports, (None, 700), strict=True):
        dedupe(path, report, pieces=pieces)
    return _same(path.name, *reports)


def compare(records: int, memory: str, folder: Path) -> bool:
    """Compare so many registrations in memory and in buckets: print what both took, and hold the reports against each other."""
    path = write_registrations(records, folder / f"scale-{records}.parquet")
    reports = [folder / "scale-memory.json", folder / "scale-buckets.json"]
    for way, report, options in zip(
        ("in memory", f"in buckets, {memory}"), reports, (("--memory", "1TB"), ("--memory", memory)), strict=True
    ):
        _say(f"dedupe, {records:>12,}, {way}", dedupe(path, report, *options))
    return _same(path.name, *reports)


def large(records: int, memory: str, folder: Path) -> bool:
    """Compare so many registrations in buckets, and hold time and memory against their bounds."""
    path = write_registrations(records, folder / f"scale-{records}.parquet")
    report = folder / "scale-large.json"
    outcome = dedupe(path, report, "--memory", memory)
    _say(f"dedupe, {records:>12,}, in buckets, {memory}", outcome)
    found = head_of(report)["summary"]
    print(
        f"{found['pairs_compared']:,} pairs compared, {found['clusters']:,} clusters, {found['review_pairs']:,} to look at"
    )
    share = records / TEN_MILLION
    kept = outcome.seconds <= SECONDS * share and outcome.peak_bytes <= BYTES
    print(f"≤ {SECONDS * share:,.0f} s, ≤ {BYTES / 2**30:.0f} GB: {'ok' if kept else 'OVER'}")
    return kept


def skewed(records: int, memory: str, folder: Path, *, birthday: bool = False) -> bool:
    """Compare registrations of which one in twenty has the registry's telephone: bounded memory, and its pairs in the report."""
    report = folder / "scale-desk.json"
    outcome = dedupe(desk_file(records, folder, birthday=birthday), report, "--memory", memory)
    _say(f"dedupe, {records:>12,}, 5 % share a telephone, {memory}", outcome)
    kept = desk_told(head_of(report), birthday=birthday) and outcome.peak_bytes <= BYTES
    print(f"in the report, ≤ {BYTES / 2**30:.0f} GB: {'ok' if kept else 'OVER'}")
    return kept


def desk_file(records: int, folder: Path, *, birthday: bool) -> Path:
    """Write registrations of which one in twenty has the registry's telephone, and one birth date if all were given that, too."""
    name = f"scale-desk-{records}{'-birthday' if birthday else ''}.parquet"
    return write_registrations(records, folder / name, desk=DESK, birthday=birthday)


def desk_told(head: dict[str, Any], *, birthday: bool) -> bool:
    """Print what the report says of the keys with a telephone in them; return whether it says what became of those who share one.

    With a birth date of one's own all that share the telephone are compared day by day; with one for all, the block must be named.
    """
    keys = [key for key in head["keys"] if "phone" in key["key"]]
    blocks = [block for block in head["large_blocks"] if "phone" in block["key"]]
    for key in keys:
        print(f"  {key['key']}: {key['records']:,} records, {key['pairs']:,} pairs")
    for block in blocks:
        print(
            f"  {block['key']}: {block['records']:,} records, narrowed by {block['narrowed_by']}, {block['not_compared']:,} left"
        )
    found = head["summary"]
    print(
        f"  {found['pairs_compared']:,} pairs compared, {found['clusters']:,} clusters, {found['review_pairs']:,} to look at"
    )
    return bool(blocks) if birthday else any(key["pairs"] for key in keys)


def head_of(report: Path) -> dict[str, Any]:
    """Return the JSON of a comparison without its lists of clusters, pairs and records: they may be larger than memory."""
    with report.open(encoding="utf-8") as stream:
        lines = "".join(takewhile(lambda line: not line.startswith('"clusters": ['), stream))
    found: dict[str, Any] = json.loads(lines.rstrip().rstrip(",") + "}")
    return found


def _same(name: str, left: Path, right: Path) -> bool:
    same = left.read_bytes() == right.read_bytes()
    pairs = json.loads(left.read_text(encoding="utf-8"))["pairs"]
    print(f"{name}: {len(pairs):,} pairs, in buckets {'the same to the byte' if same else 'OTHERS'}")
    return same and bool(pairs)


def _say(what: str, outcome: Outcome) -> None:
    print(
        f"{what:60} {outcome.seconds:8.1f} s, processors {outcome.processor:8.1f} s, {outcome.peak_bytes / 2**20:8,.0f} MB",
        flush=True,
    )
