"""How `xueji check` goes on where memory ends: a province's children from one Parquet file, against a tenth of them.

    python -m benchmarks.scale --rows 10000000
    python -m benchmarks.scale --quick

Both files are checked by the real command line, each in a process of its own, and its time and its largest memory (with those
of its children) are printed. `--quick` checks a small file with faults in memory and in batches, as Parquet and as CSV, and
holds that the two reports agree byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks.layouts import LAYOUTS, select
from benchmarks.people import fill
from benchmarks.running import Outcome, run, xueji
from benchmarks.schools import AS_OF, School, plan_schools

_SEED = 2025
#: Children that are made at a time.
_BLOCK = 1_000_000
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


def check(path: Path, *options: str) -> tuple[Outcome, Path]:
    """Check a file with all rules; return how it went and the report."""
    report = path.with_name(f"{path.name}.report.json")
    outcome = run(xueji("check", str(path), "--as-of", AS_OF, "--format", "json", *options), report)
    if outcome.status not in (0, 1):
        msg = f"xueji check {path.name} ended with {outcome.status}:\n{outcome.errors}"
        raise RuntimeError(msg)
    return outcome, report
