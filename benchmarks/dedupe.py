"""How well and how fast `xueji dedupe` finds children who are registered twice, and whom it accuses wrongly.

    python -m benchmarks.dedupe                       200,000 records, full and thin
    python -m benchmarks.dedupe --examples 20         … with the records that were missed or accused
    python -m benchmarks.dedupe --quick               5,000 records, correctness only
    python -m benchmarks.dedupe --scaling             250k, 500k, 1M, 2M: time, memory, growth
    python -m benchmarks.dedupe --adversarial         blocks that would explode
    python -m benchmarks.dedupe --determinism         the same again, and the same rows in another order

Ends with 1 when a threshold is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks.pairs.files import VARIANTS, write_rosters
from benchmarks.pairs.judging import DUPLICATE, REVIEW, Judged, judge, pairs_said
from benchmarks.running import DATA, Outcome, run, xueji
from benchmarks.schools import AS_OF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.pairs.files import Rosters

DUPLICATE_PRECISION = {"full": 0.998, "thin": 0.995}
RECALL, F1 = 0.99, 0.985
#: Traps that nobody may be accused in, and the share of their pairs that a person may be asked about.
INNOCENT, ASKED = ("twins", "guardian_id"), 0.01


class Thresholds:
    """Prints each threshold with its value and remembers whether one was missed."""

    def __init__(self) -> None:
        self.good = True

    def at_least(self, what: str, value: float, bound: float) -> None:
        """A value that must not be smaller than its bound."""
        self._show(what, f"{value:.4%}", f"≥ {bound:.2%}", met=value >= bound)

    def times(self, what: str, value: float, bound: float) -> None:
        """How many times as fast, which must not be less than its bound."""
        self._show(what, f"{value:.1f} ×", f"≥ {bound:.1f} ×", met=value >= bound)

    def at_most(self, what: str, value: float, bound: float, unit: str = "") -> None:
        """A value that must not be larger than its bound."""
        self._show(what, f"{value:,.2f} {unit}".strip(), f"≤ {bound:,.2f} {unit}".strip(), met=value <= bound)

    def holds(self, what: str, met: bool, seen: str = "") -> None:  # noqa: FBT001 - it is what is said
        """Something that is so or not."""
        self._show(what, seen or str(met), "must hold", met=met)

    def _show(self, what: str, value: str, bound: str, *, met: bool) -> None:
        self.good &= met
        print(f"  {what:58}{value:>16}  {bound:>14}  {'ok' if met else 'OVER'}")


def dedupe(paths: Sequence[Path], report: Path, *options: str) -> Outcome:
    """Run `xueji dedupe` with its JSON into `report`.

    Raises:
        RuntimeError: If it ends with anything but 0 or 1.
    """
    arguments = [str(path) for path in paths]
    outcome = run(xueji("dedupe", *arguments, "--as-of", AS_OF, "--format", "json", *options), report)
    if outcome.status not in (0, 1):
        msg = f"xueji dedupe ended with {outcome.status}:\n{outcome.errors[-4000:]}"
        raise RuntimeError(msg)
    return outcome


def read(report: Path) -> dict[str, Any]:
    """Read a report."""
    document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return document


def show(judged: Judged, title: str) -> None:
    """Print what was found, by kind of corruption and by trap."""
    print(f"\n{title}")
    print(f"{'':34}{'pairs':>9}{'duplicate':>11}{'review':>9}{'missed':>9}{'found':>10}")
    lines = [("all true pairs", judged.true.height, judged.right(DUPLICATE), judged.right(REVIEW))]
    for name, pairs, duplicate, review in [*lines, *judged.kinds.filter(pl.col("pairs") > 0).iter_rows()]:
        found = duplicate + review
        print(f"{name:34}{pairs:>9}{duplicate:>11}{review:>9}{pairs - found:>9}{found / pairs:>10.2%}")
    print(f"{'traps (pairs of different children)':34}")
    for name, pairs, duplicate, review in judged.traps.iter_rows():
        asked = review / pairs if pairs else 0.0
        accused = duplicate / pairs if pairs else 0.0
        print(f"{name:34}{pairs:>9}{duplicate:>11}{review:>9}  accused {accused:.3%}, asked about {asked:.3%}")
    false = judged.said.filter(~pl.col("same"))["verdict"]
    print(f"false pairs in all: {(false == DUPLICATE).sum()} in duplicate, {(false == REVIEW).sum()} in review")


def hold(judged: Judged, variant: str, thresholds: Thresholds) -> None:
    """Hold a judgement against the thresholds of its variant."""
    precision = judged.precision(DUPLICATE)
    thresholds.at_least(f"{variant}: precision of duplicate", precision, DUPLICATE_PRECISION[variant])
    recall, f1 = judged.recall(DUPLICATE, REVIEW), judged.f1(DUPLICATE, REVIEW)
    if variant == "full":
        thresholds.at_least("full: recall of duplicate + review", recall, RECALL)
        thresholds.at_least("full: F1 of duplicate + review", f1, F1)
        innocent = judged.traps.filter(pl.col("trap").is_in(INNOCENT)).select("pairs", DUPLICATE, REVIEW).sum().row(0)
        thresholds.at_most("full: twins, guardian-ID siblings in duplicate", innocent[1], 0, "pairs")
        thresholds.at_most("full: of them in review", 100 * innocent[2] / max(innocent[0], 1), 100 * ASKED, "%")
    else:
        print(f"  thin: recall of duplicate + review {recall:.4%}, F1 {f1:.4%} (no threshold)")
    # Precision alone is met by one who says nothing.
    thresholds.holds(f"{variant}: something was found", judged.right(DUPLICATE) > judged.true.height / 2)


def measure(
    rosters: Rosters, variant: str, report: Path, thresholds: Thresholds, examples: int
) -> tuple[Judged, Outcome]:
    """Run on rosters, print and judge."""
    outcome = dedupe(rosters.paths, report)
    judged = judge(pairs_said(read(report)), rosters.truth)
    show(judged, f"{variant}: {rosters.truth.height:,} records in {len(rosters.paths)} files")
    print(f"{outcome.seconds:.1f} s, {outcome.peak_bytes / 2**20:,.0f} MB")
    hold(judged, variant, thresholds)
    if examples:
        show_examples(judged, rosters, VARIANTS[variant], examples)
    return judged, outcome


def show_examples(judged: Judged, rosters: Rosters, headers: Mapping[str, str], count: int) -> None:
    """Print the records of missed pairs and of wrong ones, for who builds the matcher. All of them are made up."""
    if len(rosters.paths) > 1:
        print("examples are shown for one file only")
        return
    rows = pl.read_csv(rosters.paths[0], infer_schema=False).with_columns(story=rosters.truth["story"])
    seen = pl.col("verdict")
    parts = {
        "missed": judged.true.filter(seen.is_null()),
        "wrong in duplicate": judged.said.filter(~pl.col("same"), seen == DUPLICATE),
        "wrong in review": judged.said.filter(~pl.col("same"), seen == REVIEW),
    }
    with pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=40, tbl_width_chars=400, tbl_hide_dataframe_shape=True):
        for title, pairs in parts.items():
            chosen = pairs.sample(min(count, pairs.height), seed=1)
            places = [place for pair in chosen.select("left", "right").iter_rows() for place in pair]
            kept = [header for header in headers.values() if header not in ("年级", "班级")]
            print(f"\n{title}: {pairs.height}, two lines each", rows.select("story", *kept)[places], sep="\n")


def main() -> int:
    from benchmarks.pairs import stress

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--variant", choices=sorted(VARIANTS), action="append", help="default: both")
    parser.add_argument("--by-school", action="store_true", help="a file for each school in place of one CSV")
    parser.add_argument("--examples", type=int, default=0, metavar="N", help="print N of each sort of mistake")
    parser.add_argument("--quick", action="store_true", help="5,000 records, correctness only")
    parser.add_argument("--scaling", type=int, nargs="*", metavar="RECORDS", help="default: 250k, 500k, 1M, 2M")
    parser.add_argument("--adversarial", action="store_true")
    parser.add_argument("--determinism", action="store_true")
    parser.add_argument("--folder", type=Path, default=DATA / "dedupe")
    a = parser.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    thresholds = Thresholds()
    if a.scaling is not None:
        stress.scaling(a.scaling or stress.SIZES, a.seed, a.folder, thresholds)
    if a.adversarial:
        stress.adversarial(a.seed, a.folder, thresholds)
    if a.determinism or a.quick:
        stress.determinism(3_000 if a.quick else min(a.records, 50_000), a.seed, a.folder, thresholds)
    if not (a.scaling is not None or a.adversarial or a.determinism):
        records = 5_000 if a.quick else a.records
        for variant in a.variant or sorted(VARIANTS):
            rosters = write_rosters(records, a.seed, variant, a.folder / f"{variant}-{records}", by_school=a.by_school)
            measure(rosters, variant, a.folder / f"{variant}-{records}.json", thresholds, a.examples)
    return 0 if thresholds.good else 1


if __name__ == "__main__":
    sys.exit(main())
