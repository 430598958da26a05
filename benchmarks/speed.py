"""How long `xueji` takes, each time as a ratio to the bare reader in the same run, against the budgets of the design.

    python -m benchmarks.speed
    python -m benchmarks.speed --quick

Every measurement is a process of its own, start and imports included; the bare reader is timed inside its process,
without them. Readers and checks take turns, and the best of each counts. `--quick` runs everything once on small files
and looks only at what comes out: times on a busy build machine prove nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from benchmarks.accuracy import write_classes
from benchmarks.faults.inject import CLASS_LIST, spoil
from benchmarks.layouts import LAYOUTS, write
from benchmarks.people import make_people
from benchmarks.running import DATA, ROOT, Outcome, run, xueji
from benchmarks.schools import AS_OF

_SEED = 2025
_READ_CSV = """
import sys, time
import polars as pl
start = time.perf_counter()
frame = pl.read_csv(sys.argv[1], infer_schema=False)
print(time.perf_counter() - start)
"""
_READ_XLSX = """
import sys, time
import fastexcel
start = time.perf_counter()
frame = fastexcel.read_excel(sys.argv[1]).load_sheet(0, header_row=None, dtypes="string").to_polars()
print(time.perf_counter() - start)
"""


@dataclass(frozen=True, slots=True)
class Files:
    """The rosters that are measured, made once and kept in `benchmarks/data/`."""

    csv: Path
    faulty: Path
    xlsx: Path
    small: Path
    classes: Path
    rows: int
    sheet_rows: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    work: str
    seconds: float
    budget: float
    baseline: float | None = None
    """Seconds of the bare reader; the budget is then a ratio to it."""
    peak_bytes: int = 0
    peak_budget: int | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the bare reader."""
        return self.seconds / self.baseline if self.baseline else None

    @property
    def kept(self) -> bool:
        """Whether it is inside its budget."""
        return (self.ratio or self.seconds) <= self.budget and (
            self.peak_budget is None or self.peak_bytes <= self.peak_budget
        )

    def __str__(self) -> str:
        """Return the line as it is printed."""
        base = f"{self.baseline:8.2f} s" if self.baseline else f"{'':10}"
        ratio = f"{self.ratio:6.2f}×" if self.ratio else f"{'':7}"
        budget = f"≤ {self.budget:g}{'×' if self.baseline else ' s'}"
        peak = f"{self.peak_bytes / 2**20:8,.0f} MB" if self.peak_bytes else f"{'':11}"
        return f"{self.work:44}{self.seconds:8.2f} s{base}{ratio}  {budget:9}{peak}  {'ok' if self.kept else 'OVER'}"


def make_files(rows: int, sheet_rows: int, folder: Path) -> Files:
    """Write the rosters that aren't there yet, or that another version of the generator wrote."""
    sources = sorted((ROOT / "benchmarks").rglob("*.py"))
    version = folder / f"speed-{crc32(b''.join(path.read_bytes() for path in sources)):08x}"
    version.mkdir(parents=True, exist_ok=True)
    files = Files(
        csv=version / f"{rows}x31.csv",
        faulty=version / f"faulty-{rows}x31.csv",
        xlsx=version / f"{sheet_rows}x50.xlsx",
        small=version / "60x50.xlsx",
        classes=version / f"classes-{rows}.csv",
        rows=rows,
        sheet_rows=sheet_rows,
    )
    if not all(path.exists() for path in (files.csv, files.faulty, files.classes)):
        people = make_people(rows, _SEED)
        write_classes(people, files.classes)
        write(people, LAYOUTS[31], files.csv)
        write(spoil(people, {*LAYOUTS[31], CLASS_LIST}, seed=_SEED).people, LAYOUTS[31], files.faulty)
    for path, height in ((files.xlsx, sheet_rows), (files.small, 60)):
        if not path.exists():
            write(make_people(height, _SEED), LAYOUTS[50], path)
    return files


def check(path: Path, *options: str) -> Outcome:
    """Check a file with all rules and return how it went."""
    report = path.with_suffix(".report.json")
    outcome = run(xueji("check", str(path), "--as-of", AS_OF, "--format", "json", *options), report)
    if outcome.status not in (0, 1):
        msg = f"xueji check {path.name} ended with {outcome.status}:\n{outcome.errors}"
        raise RuntimeError(msg)
    return outcome


def read(script: str, path: Path) -> float:
    """Return the seconds of the bare reader."""
    output = path.with_suffix(".read.txt")
    outcome = run([sys.executable, "-c", script, str(path)], output)
    if outcome.status:
        raise RuntimeError(outcome.errors)
    seconds = float(output.read_text())
    output.unlink()
    return seconds


def measure(files: Files, times: int) -> list[Line]:
    """Measure everything `times` times and return the best."""
    lines = []
    output = files.csv.with_suffix(".help.txt")
    helps = [run(xueji("--help"), output).seconds for _ in range(times + 2)]
    lines.append(Line("xueji --help", min(helps), 0.4))
    smalls = [check(files.small).seconds for _ in range(times + 2)]
    lines.append(Line("check, 60 rows × 50 columns, xlsx", min(smalls), 1.5))

    classes = ("--classes", str(files.classes))
    readers: list[float] = []
    rights: list[Outcome] = []
    faulties: list[Outcome] = []
    for _ in range(times):
        readers.append(read(_READ_CSV, files.csv))
        rights.append(check(files.csv, *classes))
        faulties.append(check(files.faulty, *classes))
    # The design sets no budget for a file of which every tenth row is wrong; the second figure guards against surprises.
    for name, outcomes, budget in (("csv", rights, 5), ("csv, faults in 10 %", faulties, 15)):
        best = min(outcomes, key=lambda outcome: outcome.seconds)
        work = f"check, {files.rows:,} × 31, {name}"
        lines.append(Line(work, best.seconds, budget, min(readers), best.peak_bytes, 4 * 2**30))
    sheets = [(read(_READ_XLSX, files.xlsx), check(files.xlsx)) for _ in range(times)]
    best = min((outcome for _, outcome in sheets), key=lambda outcome: outcome.seconds)
    base = min(seconds for seconds, _ in sheets)
    lines.append(Line(f"check, {files.sheet_rows:,} × 50, xlsx", best.seconds, 1.6, base, best.peak_bytes))
    return lines


def look(files: Files) -> bool:
    """Check every file once and hold the number of rows read against the number written."""
    good = True
    for path, rows in (
        (files.csv, files.rows),
        (files.faulty, files.rows),
        (files.xlsx, files.sheet_rows),
        (files.small, 60),
    ):
        check(path)
        read_rows = json.loads(path.with_suffix(".report.json").read_text(encoding="utf-8"))["summary"]["rows"]
        print(f"{path.name}: {read_rows} rows read, {rows} written")
        good &= read_rows == rows
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the CSV")
    parser.add_argument("--sheet-rows", type=int, default=100_000, help="rows of the workbook")
    parser.add_argument("--times", type=int, default=3, help="measure so many times and take the best")
    parser.add_argument("--quick", action="store_true", help="small files, no times")
    parser.add_argument("--folder", type=Path, default=DATA)
    arguments = parser.parse_args()
    if arguments.quick:
        return 0 if look(make_files(2_000, 500, arguments.folder)) else 1
    lines = measure(make_files(arguments.rows, arguments.sheet_rows, arguments.folder), arguments.times)
    print(f"{'':44}{'xueji':>10}{'reader':>10}{'ratio':>7}  {'budget':9}{'peak':>11}")
    print(*lines, sep="\n")
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
