"""How xueji does with many files: 300 school files in one run, and a folder of 5,000 small ones, a broken file among them.

    python -m benchmarks.load
    python -m benchmarks.load --quick

The real command line works on school files (.xlsx and .csv in turn) with `check`, `dedupe` and `reconcile`, and on a folder of small
files with `check` and `clean`. Printed are its time on the clock and on the processors, its largest memory, what each file costs, and
what each file more costs in memory. Held, in every case: the broken file in the middle is named and stops none of the others, and a
second run gives the same to the byte. `--quick` holds the same with few files.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.faults.inject import spoil
from benchmarks.layouts import LAYOUTS, select
from benchmarks.people import make_people
from benchmarks.running import DATA, run, xueji
from benchmarks.schools import AS_OF

_SEED = 2026
_BROKEN = "坏文件.xlsx"
#: Columns of a class list, beside the system's export.
_LISTED = ("学校名称", "年级", "班级", "姓名", "性别", "身份证件号")
#: A small file more may take so much memory, in MB, its rows and findings included (ten rows take 28 KB of it in a large file, too);
#: and so much of a processor, in seconds: on a busy machine twice what it takes on a quiet one.
LIMITS = {"check": (0.05, 0.025), "clean": (0.05, 0.06)}


@dataclass(frozen=True, slots=True)
class Took:
    """What a run took: seconds on the clock, seconds of processors, bytes at the most; and the digest of what it gave."""

    clock: float
    processor: float
    peak: int
    digest: str


def write_files(folder: Path, people: pl.DataFrame, files: int, *, workbooks: bool = True) -> Path:
    """Write rows to so many files, .xlsx and .csv in turn, and a broken workbook that comes in the middle; unless they are there."""
    if folder.is_dir():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    size = people.height // files
    for number in range(files):
        part = people.slice(number * size, size)
        if workbooks and number % 2:
            part.write_excel(unfinished / f"{number:04}.xlsx", autofilter=False)
        else:
            part.write_csv(unfinished / f"{number:04}.csv", include_bom=True)
    (unfinished / f"{files // 2:04}{_BROKEN}").write_bytes(b"PK\x03\x04 and nothing that could be read behind it")
    return unfinished.rename(folder)


def digest(folder: Path) -> str:
    """Return one digest of a file, or of all files of a folder; of a workbook the names count, for it holds the time of writing."""
    told = hashlib.sha256()
    for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
        told.update(path.name.encode())
        if path.suffix in (".json", ".csv", ".jsonl"):
            told.update(path.read_bytes())
    return told.hexdigest()


def took(name: str, arguments: list[str], scratch: Path, files: int, output: Path | None = None) -> Took:
    """Run a command twice and print what it took; hold that both give the same and that the broken file alone is named.

    Args:
        name: What is printed before it.
        arguments: The command, without the program.
        scratch: Where stdout goes.
        files: How many files it works on.
        output: What it writes besides.
    """
    found: list[Took] = []
    for _ in range(2):
        if output is not None:
            shutil.rmtree(output, ignore_errors=True)
        before = os.times()
        outcome = run(xueji(*arguments), scratch)
        after = os.times()
        processor = sum(after[2:4]) - sum(before[2:4])
        assert outcome.status == 2, f"{name} ended with {outcome.status}: {outcome.errors[-2000:]}"
        assert outcome.errors.count("\n") == outcome.errors.count(_BROKEN) > 0, outcome.errors[-2000:]
        found.append(
            Took(outcome.seconds, processor, outcome.peak_bytes, digest(scratch) + (digest(output) if output else ""))
        )
    first, second = found
    assert first.digest == second.digest, f"{name}: two runs differ"
    print(
        f"{name:<34}{min(first.clock, second.clock):8.1f} s {min(first.processor, second.processor):8.1f} s of processors "
        f"{first.peak / 2**20:8,.0f} MB {first.processor / files * 1000:8.1f} ms each; twice the same, the broken file named",
        flush=True,
    )  # fmt: skip
    return first


def people_of(folder: Path, size: int) -> pl.DataFrame:
    """Return so many children with faults among them, made once."""
    made = folder / f"load-{size}.parquet"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        people = make_people(size, _SEED)
        select(spoil(people, set(LAYOUTS[31]), seed=_SEED).people, LAYOUTS[31]).head(size).write_parquet(made)
    return pl.read_parquet(made)


def schools_at_once(folder: Path, schools: int, rows: int) -> None:
    """Check, deduplicate and compare the files of so many schools in one run each."""
    people = people_of(folder, schools * rows)
    listed = people.select(name for name in _LISTED if name in people.columns)
    system = write_files(folder / f"load-system-{schools}x{rows}", people, schools)
    actual = write_files(folder / f"load-actual-{schools}x{rows}", listed, schools)
    scratch = folder / "load.out.json"
    print(f"{schools} files × {rows:,} rows")
    day = ["--as-of", AS_OF]
    took("check", ["check", str(system), *day, "--format", "json"], scratch, schools)
    took("dedupe", ["dedupe", str(system), *day, "--format", "json"], scratch, schools)
    took(
        "reconcile", ["reconcile", str(system), "--actual", str(actual), *day, "--format", "json"], scratch, 2 * schools
    )


def small_files(folder: Path, small: int, *, quick: bool) -> bool:
    """Check and clean a folder of many small files and of a fifth as many; say whether a file more costs what it may.

    Few files tell nothing of that: with `quick` all is well that ends as it should.
    """
    people = people_of(folder, small * 10)
    scratch, day = folder / "load-small.out.json", ["--as-of", AS_OF]
    good = True
    for command in LIMITS:
        pair = []
        for files in (small // 5, small):
            few = write_files(folder / f"load-small-{files}", people.head(files * 10), files, workbooks=False)
            output = folder / "load-cleaned" if command == "clean" else None
            more = ["--format", "json"] if output is None else ["-o", f"{output}/"]
            pair.append(
                took(f"{command}, {files} files × 10 rows", [command, str(few), *day, *more], scratch, files, output)
            )
        fewer, most = pair
        added = small - small // 5
        memory = (most.peak - fewer.peak) / 2**20 / added
        each = (most.processor - fewer.processor) / added
        most_memory, most_seconds = LIMITS[command]
        kept = quick or (memory <= most_memory and each <= most_seconds)
        good &= kept
        judged = "too few files to judge by" if quick else "ok" if kept else "OVER"
        print(f"{command}: each file more takes {each * 1000:.1f} ms and {memory * 1024:.0f} KB: {judged}")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--schools", type=int, default=300)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--small", type=int, default=5_000)
    parser.add_argument("--part", choices=("schools", "small"), help="one of the two only")
    parser.add_argument("--quick", action="store_true", help="few files")
    parser.add_argument("--folder", type=Path, default=DATA)
    given = parser.parse_args()
    schools, rows, small = (10, 100, 100) if given.quick else (given.schools, given.rows, given.small)
    if given.part != "small":
        schools_at_once(given.folder, schools, rows)
    good = given.part == "schools" or small_files(given.folder, small, quick=given.quick)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
