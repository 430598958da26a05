"""Write the rosters of a county and the truth: see the package's documentation."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.pairs.files import VARIANTS, write_rosters


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairs", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--variant", choices=sorted(VARIANTS), default="full")
    parser.add_argument("--by-school", action="store_true", help="a file for each school in place of one CSV")
    a = parser.parse_args()
    rosters = write_rosters(a.records, a.seed, a.variant, a.folder, by_school=a.by_school)
    rosters.truth.write_parquet(a.folder / "truth.parquet")
    print(f"{rosters.truth.height:,} records in {len(rosters.paths)} files; truth.parquet has which child each is")


if __name__ == "__main__":
    main()
