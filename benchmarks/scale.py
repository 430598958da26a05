"""How `xueji check` and `xueji dedupe` go on where memory ends: a province's children from one Parquet file.

    python -m benchmarks.scale --rows 10000000        check, against a tenth of them
    python -m benchmarks.scale --compare 1000000      dedupe in memory and in buckets, verdict for verdict
    python -m benchmarks.scale --dedupe 10000000      dedupe in buckets: time and memory
    python -m benchmarks.scale --skew 5000000         one telephone on 5 % of all registrations (--birthday: and one birth date)
    python -m benchmarks.scale --quick

Both files of `check` are checked by the real command line, each in a process of its own, and its time and its largest memory are
printed. `--quick` checks a small file with faults in memory and in batches, as Parquet and as CSV, looks for duplicates in
another in memory and in buckets, and holds that the reports agree byte by byte.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.accuracy import write_classes
from benchmarks.faults.inject import CLASS_LIST, spoil
from benchmarks.layouts import LAYOUTS, select
from benchmarks.pairs import past_memory
from benchmarks.people import fill, make_people
from benchmarks.running import DATA, Outcome, run, xueji
from benchmarks.schools import AS_OF, School, plan_schools

_SEED = 2025
#: Children that are made at a time.
_BLOCK = 1_000_000
#: The command as it is on a file that does not fit, for files that would.
_IN_PIECES = """
import sys
from xueji_cli.cli import run
from xueji_cli.tables import memory
rows = int(sys.argv.pop(1))
memory.plan = lambda paths, size: memory.Plan(rows=rows, keys=100_000)
run()
"""
#: So many times the tenth of the rows may the whole file take, and so much memory.
TIMES, PEAK = 12, 3 * 2**30


def blocks(rows: int) -> Iterator[pl.DataFrame]:
    """Yield `rows` children, some whole schools at a time, no two with the same number."""
    waiting: list[School] = []
    made = size = 0
    for school in plan_schools(rows, _SEED):
        waiting.append(school)
        size += sum(map(sum, school.sizes.values()))
        if size >= _BLOCK or made + size == rows:
            yield fill(waiting, _SEED + made, first=made)
            made, size, waiting = made + size, 0, []


def write_people(rows: int, path: Path) -> Path:
    """Write `rows` right children × 31 columns to a Parquet file, unless it is there."""
    import pyarrow.parquet as pq

    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    writer = None
    for people in blocks(rows):
        table = select(people, LAYOUTS[31]).to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = writer or pq.ParquetWriter(unfinished, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=250_000)
    assert writer is not None
    writer.close()
    return unfinished.rename(path)


def check(path: Path, *options: str, pieces: int | None = None) -> tuple[Outcome, Path]:
    """Check a file with all rules; return how it went and the report.

    Args:
        path: The file.
        options: Further options.
        pieces: Read it in pieces of so many rows, whether it fits or not.
    """
    report = path.with_name(f"{path.name}.report.json")
    arguments = ("check", str(path), "--as-of", AS_OF, "--format", "json", *options)
    line = xueji(*arguments) if pieces is None else [sys.executable, "-c", _IN_PIECES, str(pieces), *arguments]
    outcome = run(line, report)
    if outcome.status not in (0, 1):
        msg = f"xueji check {path.name} ended with {outcome.status}:\n{outcome.errors}"
        raise RuntimeError(msg)
    return outcome, report


def look(folder: Path) -> bool:
    """Check small files with faults in memory and in batches, and hold the reports against each other."""
    people = make_people(8_000, _SEED)
    spoilt = select(spoil(people, {*LAYOUTS[31], CLASS_LIST}, seed=_SEED).people, LAYOUTS[31])
    folder.mkdir(parents=True, exist_ok=True)
    classes = folder / "scale-classes.csv"
    write_classes(people, classes)
    paths = [folder / "scale-small.parquet", folder / "scale-small.csv", folder / "scale-small-gb.csv"]
    spoilt.write_parquet(paths[0])
    spoilt.write_csv(paths[1])
    paths[2].write_bytes(paths[1].read_bytes().decode().encode("gb18030"))
    good = True
    for path in paths:
        reports = [check(path, "--classes", str(classes), pieces=rows)[1].read_bytes() for rows in (None, 1_500)]
        same = reports[0] == reports[1]
        print(
            f"{path.name}: {len(json.loads(reports[0])['findings'])} findings, in batches {'the same' if same else 'OTHERS'}"
        )
        good &= same
    return good


def measure(rows: int, memory: str, folder: Path) -> bool:
    """Check `rows` children and a tenth of them; print what both took, and say whether they kept to the budget."""
    lines = []
    for count in (rows // 10, rows):
        path = write_people(count, folder / f"scale-{count}x31.parquet")
        outcome, report = check(path, *(("--memory", memory) if count == rows else ()))
        summary = json.loads(report.read_text(encoding="utf-8"))["summary"]
        assert summary["rows"] == count
        lines.append(outcome)
        print(f"check, {count:>12,} × 31, Parquet {outcome.seconds:8.1f} s {outcome.peak_bytes / 2**20:8,.0f} MB")
    tenth, whole = lines
    ratio = whole.seconds / tenth.seconds
    kept = ratio <= TIMES and whole.peak_bytes <= PEAK
    print(
        f"{ratio:.1f} times the time (≤ {TIMES}), {whole.peak_bytes / 2**30:.2f} GB (≤ {PEAK / 2**30:g}): {'ok' if kept else 'OVER'}"
    )
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--memory", default="3GB", help="what the large file may take")
    parser.add_argument("--compare", type=int, metavar="RECORDS")
    parser.add_argument("--dedupe", type=int, metavar="RECORDS")
    parser.add_argument("--skew", type=int, metavar="RECORDS")
    parser.add_argument("--birthday", action="store_true", help="with --skew: one birth date, too")
    parser.add_argument("--quick", action="store_true", help="small files, no times")
    parser.add_argument("--folder", type=Path, default=DATA)
    arguments = parser.parse_args()
    memory, folder = arguments.memory, arguments.folder
    asked = {
        past_memory.compare: arguments.compare,
        past_memory.large: arguments.dedupe,
        partial(past_memory.skewed, birthday=arguments.birthday): arguments.skew,
    }
    if arguments.quick:
        good = look(folder) and past_memory.look(folder)
    elif any(asked.values()):
        good = True
        for run_on, records in asked.items():
            good &= not records or run_on(records, memory, folder)
    else:
        good = measure(arguments.rows, memory, folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
