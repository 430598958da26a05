"""Splink (DuckDB), set up by an expert, beside `xueji dedupe` on the same county in the same run.

    python -m benchmarks.splink_baseline --records 200000

Splink gets an environment of its own under `benchmarks/data/`, made the first time. Its time is that of training and
prediction, without start, reading and preparation; xueji's is its whole process, the mean of two runs before splink and two
after, so that a machine that others use too favours nobody. Its F1 is the best over all thresholds, by
the pairs that its clusters imply, which needs the truth that no user has; xueji's is at its default thresholds.
Ends with 1 unless xueji is eight times as fast and its F1 is higher.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import venv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.dedupe import Thresholds, dedupe, read
from benchmarks.pairs.files import write_rosters
from benchmarks.pairs.judging import DUPLICATE, REVIEW, harmonic, judge, pairs_said, true_pairs
from benchmarks.running import DATA, run

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGES = ("splink==5.0.0", "duckdb", "pyarrow", "pypinyin")
TIMES_FASTER = 8.0
#: Runs of xueji on either side of splink's.
_RUNS = 2
_MODEL = Path(__file__).parent / "pairs" / "splink_model.py"
_TRAPS = ("twins", "guardian_id")


@dataclass(frozen=True, slots=True)
class Best:
    """The threshold at which clusters are best."""

    weight: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Return F1 of the pairs that the clusters imply."""
        return harmonic(self.precision, self.recall)


def environment(folder: Path) -> Path:
    """Return the Python of an environment with splink, made the first time."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def best_threshold(pairs: pl.DataFrame, child: Sequence[int], true: int) -> Best:
    """Return where the clusters over all pairs of a weight and above have the highest F1.

    Pairs are added from the heaviest down; each joins two clusters or none, so that one pass tries every threshold.

    Args:
        pairs: `left`, `right` (places in `child`), `weight`.
        child: Whose record each is.
        true: How many pairs of records are of one child.
    """
    root = list(range(len(child)))
    members = {place: Counter([owner]) for place, owner in enumerate(child)}
    right = said = 0
    best = Best(float("inf"), 1.0, 0.0)

    def find(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    lines = (
        pairs.sort("weight", "left", "right", descending=[True, False, False]).select("left", "right", "weight").rows()
    )
    # Joining clusters is sequential by nature.
    for place, (left, to, weight) in enumerate(lines):
        one, other = find(left), find(to)
        if one != other:
            few, many = sorted((one, other), key=lambda at: members[at].total())
            said += members[few].total() * members[many].total()
            right += sum(count * members[many][owner] for owner, count in members[few].items())
            members[many] += members.pop(few)
            root[few] = many
        # A threshold lies between two weights, not inside one.
        if place + 1 == len(lines) or lines[place + 1][2] != weight:
            found = Best(weight, right / said if said else 1.0, right / true)
            best = max(best, found, key=lambda b: b.f1)
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--folder", type=Path, default=DATA / "splink")
    parser.add_argument("--splink-only", action="store_true", help="leave xueji out")
    a = parser.parse_args()
    python = environment(DATA / "splink-venv")
    rosters = write_rosters(a.records, a.seed, "full", a.folder)
    truth, source = rosters.truth, rosters.paths[0]
    predictions, times, report = (a.folder / name for name in ("predictions.parquet", "times.json", "xueji.json"))
    ours = [] if a.splink_only else [_timed(rosters.paths, report) for _ in range(_RUNS)]
    outcome = run([str(python), str(_MODEL), str(source), str(predictions), str(times)], a.folder / "splink.log")
    if outcome.status:
        print(outcome.errors[-4000:], file=sys.stderr)
        return 2
    spent = json.loads(times.read_text(encoding="utf-8"))
    pairs = pl.read_parquet(predictions)
    best = best_threshold(pairs, truth["child"].to_list(), true_pairs(truth).height)
    print(
        f"{truth.height:,} records, full\nsplink: "
        + ", ".join(f"{what} {seconds:.1f} s" for what, (seconds, _) in spent.items())
    )
    print(
        f"  whole process {outcome.seconds:.1f} s, {outcome.peak_bytes / 2**20:,.0f} MB; {pairs.height:,} pairs above 0.001"
    )
    print(
        f"  clusters at their best (weight {best.weight:.1f}): P {best.precision:.4f} R {best.recall:.4f} F1 {best.f1:.4f}"
    )
    _show_pairs(pairs, truth, best.weight)
    if a.splink_only:
        return 0
    ours += [_timed(rosters.paths, report) for _ in range(_RUNS)]
    judged = judge(pairs_said(read(report)), truth)
    both = (DUPLICATE, REVIEW)
    seconds, cpu = (sum(run[n] for run in ours) / len(ours) for n in (0, 1))
    print(f"xueji: whole process {', '.join(f'{run[0]:.1f} s' for run in ours)}")
    for title, verdicts in (("duplicate", (DUPLICATE,)), ("duplicate + review", both)):
        told = (judged.precision(*verdicts), judged.recall(*verdicts), judged.f1(*verdicts))
        print("  {}: P {:.4f} R {:.4f} F1 {:.4f}".format(title, *told))
    thresholds = Thresholds()
    work, work_cpu = (
        sum(parts[n] for what, parts in spent.items() if what.startswith(("train", "predict"))) for n in (0, 1)
    )
    print(f"  times as fast: {work / seconds:.1f} by the clock, {work_cpu / cpu:.1f} by processor time")
    thresholds.times("times as fast as splink's training + prediction", work / seconds, TIMES_FASTER)
    thresholds.holds("F1 higher than splink's", judged.f1(*both) > best.f1, f"{judged.f1(*both):.4f}")
    return 0 if thresholds.good else 1


def _timed(paths: Sequence[Path], report: Path) -> tuple[float, float]:
    """Run `xueji dedupe`, and return its seconds by the clock and of the processor."""
    before = os.times()
    outcome = dedupe(paths, report)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return outcome.seconds, spent


def _show_pairs(pairs: pl.DataFrame, truth: pl.DataFrame, weight: float) -> None:
    """Print F1 of the pairs themselves, before clustering, and the traps among them."""
    true = true_pairs(truth).select("left", "right")
    kept = pairs.filter(pl.col("weight") >= weight).select(
        left=pl.min_horizontal("left", "right").cast(pl.UInt32),
        right=pl.max_horizontal("left", "right").cast(pl.UInt32),
    )
    hits = kept.join(true, on=["left", "right"], how="semi").height
    precision, recall = hits / max(kept.height, 1), hits / true.height
    print(f"  its pairs at that weight: P {precision:.4f} R {recall:.4f} F1 {harmonic(precision, recall):.4f}")
    for trap in _TRAPS:
        caught = true_pairs(truth, trap).filter(~pl.col("same"))
        accused = caught.join(kept, on=["left", "right"], how="semi").height
        print(f"  {trap}: {accused} of {caught.height} pairs accused")


if __name__ == "__main__":
    sys.exit(main())
