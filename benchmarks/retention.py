"""How exactly `xueji retention` tells the children of a county who are out of school, and how long it takes.

    python -m benchmarks.retention
    python -m benchmarks.retention --quick

200,000 children, three lists and what the offices add, the truth of each child known. Ends with 1 when a category falls short of its
floor, a child of a focus group is not told as one, or (without --quick) the run takes more than 25 s or 4 GB.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.monitoring import TRUTH, make_lists, write_lists
from benchmarks.running import DATA, run, xueji
from benchmarks.schools import AS_OF

if TYPE_CHECKING:
    from benchmarks.monitoring import Lists

SECONDS, BYTES = 25.0, 4 * 10**9
FLOOR = 0.995
#: A small county has too few of each for a share of a thousandth: there, this many may be told wrong.
SPARE = 1


def told(report: dict[str, Any], lists: Lists) -> dict[int, set[str]]:
    """Return what was said of each child: `i` → categories; who is not named has nothing to be said about."""
    rows = {("household", row): i for i, row in lists.household.select("i", "row").iter_rows()}
    rows |= {("roll", row): i for i, row in lists.roll.select("i", "row").iter_rows()}
    rows |= {(f"{file:03d}", row): i for i, file, row in lists.present.select("i", "file", "row").iter_rows()}
    said: dict[int, set[str]] = {}
    for child in report["children"]:
        place = next(child[name] for name in ("household", "roll", "present", "focus_list") if child[name])
        i = rows.get((Path(place["file"]).stem, place["row"]), -place["row"])
        said.setdefault(i, set()).add(child["category"])
    return said


def judge(report: dict[str, Any], lists: Lists, *, quick: bool) -> bool:
    """Print precision and recall of every category; return whether one falls short."""
    said = told(report, lists)
    truth = dict(lists.truth.select("i", "category").iter_rows())
    what = dict(lists.truth.select("i", "what").iter_rows())
    failed = False
    nothing = "nothing to say"
    for category in (*sorted({category for category in truth.values() if category}), ""):
        there = {i for i, of in truth.items() if of == category}
        named = {i for i, of in said.items() if category in of} if category else set(truth) - said.keys()
        right = len(there & named)
        precision = right / len(named) if named else 1.0
        recall = right / len(there) if there else 1.0
        floor = 1 - SPARE / max(len(there), 1) if quick else FLOOR
        below = min(precision, recall) < min(floor, FLOOR)
        failed |= below
        print(
            f"{category or nothing:22} {len(there):7,} children  precision {precision:.4f}  recall {recall:.4f}{'  BELOW' if below else ''}"
        )
        if below or not quick:
            missed = Counter((what[i], *sorted(said.get(i, ()))) for i in there - named)
            wrong = Counter((what.get(i, "?"), truth.get(i, "?")) for i in named - there)
            for name, counts in (("missed", missed), ("wrong", wrong)):
                if counts:
                    print(
                        f"    {name}: " + ", ".join(f"{'/'.join(key)} {count}" for key, count in counts.most_common(6))
                    )
    review = Counter(what.get(i, "?") for i, of in said.items() if "review" in of)
    print(
        f"to be looked at        {sum(review.values()):7,} children: "
        + ", ".join(f"{k or 'nothing'} {n}" for k, n in review.most_common(6))
    )
    little = sum(1 for i in said if i >= 10_000_000)
    print(f"too young, told all the same: {little}")
    return failed or bool(little)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--schools", type=int, default=300)
    parser.add_argument("--children", type=int, default=206_000)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--quick", action="store_true", help="a small county, results only, no times")
    parser.add_argument(
        "--workbook", action="store_true", help="also time the ledgers of the whole county as a workbook"
    )
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.schools, arguments.children = 20, 12_000
    lists = make_lists(arguments.schools, arguments.children, arguments.seed)
    folder = DATA / f"retention-{arguments.schools}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = write_lists(lists, folder)
    report_path = folder / "report.json"
    options = [part for name, each in paths.items() for part in (f"--{name}", *each)]
    call = ["retention", *options, "--as-of", AS_OF, "-q", "--places", "1"]
    outcome = run(xueji(*call, "-o", str(report_path)), folder / "out.txt")
    if outcome.status != 1:
        print(f"xueji ended with {outcome.status}, not 1:\n{outcome.errors}")
        return 1
    report = json.loads(report_path.read_text(encoding="utf-8"))
    kinds = Counter(lists.truth["what"].to_list())
    print(
        f"{lists.household.height:,} of households, {lists.roll.height:,} rolls, {lists.present.height:,} present; "
        f"{len(kinds)} of {len(TRUTH) + 4} kinds of truth"
    )
    failed = judge(report, lists, quick=arguments.quick)
    if not arguments.quick:
        print(f"{outcome.seconds:.1f} s, {outcome.peak_bytes / 10**9:.2f} GB")
        failed |= outcome.seconds > SECONDS or outcome.peak_bytes > BYTES
    if arguments.workbook:
        outcome = run(xueji(*call, "-o", str(folder / "ledgers.xlsx")), folder / "out.txt")
        print(f"with ledgers as a workbook: {outcome.seconds:.1f} s, {outcome.peak_bytes / 10**9:.2f} GB")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
