"""How many faults `xueji check` finds at the right row and column, and how often it calls something right an error.

    python -m benchmarks.accuracy --rows 1000000
    python -m benchmarks.accuracy --quick

Ends with 1 when less than 99.5 % of the faults are found, or when there is one error-level finding on a right row.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.faults.inject import CLASS_LIST, LABEL_SCHEMA, spoil
from benchmarks.faults.sheets import CASES
from benchmarks.layouts import HEADERS, LAYOUTS, write
from benchmarks.people import make_people
from benchmarks.running import DATA, run, xueji
from benchmarks.schools import AS_OF

RECALL = 0.995
#: Row numbers as Excel shows them: the header is row 1.
FIRST_ROW = 2
_FINDING_SCHEMA = {"row": pl.Int64, "field": pl.String, "code": pl.String, "severity": pl.String}
_FAULT_SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "event": pl.Int64(),
    "found": pl.Boolean(),
    "codes": pl.List(pl.String()),
    "row": pl.Int64(),
}
_EXAMPLES = 12


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings held against labels.

    Attributes:
        faults: kind, event, found, codes: a line per fault.
        false: Error-level findings on cells that are right.
    """

    faults: pl.DataFrame
    false: pl.DataFrame


def findings_of(path: Path, fields: tuple[str, ...]) -> pl.DataFrame:
    """Read findings from a JSON report: row, field of this generator, code, severity."""
    report = json.loads(path.read_text(encoding="utf-8"))
    if report["truncated"]:
        msg = f"the report is cut short: {report['truncated']}"
        raise RuntimeError(msg)
    field_of = {HEADERS[field]: field for field in fields}
    lines = [(f["row"], field_of.get(f["column"]), f["code"], f["severity"]) for f in report["findings"]]
    return pl.DataFrame(lines, schema=_FINDING_SCHEMA, orient="row")


def judge(findings: pl.DataFrame, labels: pl.DataFrame) -> Judged:
    """Hold findings against labels."""
    places = labels.select("kind", "event", "each", row=pl.col("i") + FIRST_ROW, field=pl.col("fields")).explode(
        "field"
    )
    met = places.join(findings, on=["row", "field"], how="left")
    rows = met.group_by("kind", "event", "each", "row").agg(
        found=pl.col("code").is_not_null().any(), codes=pl.col("code").drop_nulls().unique()
    )
    faults = rows.group_by("kind", "event").agg(
        found=pl.when(pl.col("each").all()).then(pl.col("found").all()).otherwise(pl.col("found").any()),
        codes=pl.col("codes").explode().unique().sort(),
        row=pl.col("row").first(),
    )
    spoilt_rows = labels.filter("each").select(row=pl.col("i") + FIRST_ROW).unique()
    false = (
        findings.filter(pl.col("severity") == "error")
        .join(spoilt_rows, on="row", how="anti")
        .join(places.filter(~pl.col("each")), on=["row", "field"], how="anti")
    )
    return Judged(faults, false)


def check(path: Path, classes: Path, fields: tuple[str, ...]) -> pl.DataFrame:
    """Run `xueji check` on a file and return its findings."""
    report = path.with_suffix(".json")
    outcome = run(xueji("check", str(path), "--as-of", AS_OF, "--classes", str(classes), "--format", "json"), report)
    if outcome.status not in (0, 1):
        msg = f"xueji check {path.name} ended with {outcome.status}:\n{outcome.errors}"
        raise RuntimeError(msg)
    print(f"  {path.name}: {outcome.seconds:.1f} s, {outcome.peak_bytes / 2**20:,.0f} MB")
    return findings_of(report, fields)


def measure(rows: int, seed: int, columns: int, suffix: str, folder: Path) -> tuple[Judged, Judged]:
    """Make a right roster and a spoilt one, check both, and judge what was said."""
    fields = LAYOUTS[columns]
    people = make_people(rows, seed)
    classes = folder / f"classes-{rows}.csv"
    write_classes(people, classes)
    clean = folder / f"clean-{rows}x{columns}{suffix}"
    write(people, fields, clean)
    right = judge(check(clean, classes, fields), pl.DataFrame(schema=LABEL_SCHEMA))

    has_classes = {CLASS_LIST} if "grade" in fields else set()
    spoilt = spoil(people, {*fields, *has_classes}, seed=seed)
    faulty = folder / f"faulty-{rows}x{columns}{suffix}"
    write(spoilt.people, fields, faulty)
    write_labels(spoilt.labels, faulty.with_suffix(".labels.csv"))
    return right, judge(check(faulty, classes, fields), spoilt.labels)


def measure_sheets(seed: int, folder: Path) -> pl.DataFrame:
    """Write a small file for each fault of the table itself, check it, and say which places were reported."""
    people = make_people(1_000, seed)
    lines = []
    for case in CASES:
        path = folder / "sheets" / case.file
        path.parent.mkdir(parents=True, exist_ok=True)
        places = case.write(people, path)
        report = path.with_name(f"{path.name}.json")
        outcome = run(
            xueji("check", str(path), "--as-of", AS_OF, "--format", "json", *case.options(people, path)), report
        )
        said = json.loads(report.read_text(encoding="utf-8"))["findings"] if outcome.status in (0, 1) else []
        for number, place in enumerate(places):
            hits = [
                f["code"]
                for f in said
                if place.code in (None, f["code"])
                and place.row in (None, f["row"])
                and place.header in (None, f["column"])
            ]
            lines.append((case.kind, number, bool(hits), sorted(set(hits)), place.row))
    return pl.DataFrame(lines, schema=_FAULT_SCHEMA, orient="row")


def write_labels(labels: pl.DataFrame, path: Path) -> None:
    """Write labels beside a file: row, columns, kind, event, whether each row counts."""
    labels.select(
        row=pl.col("i") + FIRST_ROW,
        columns=pl.col("fields").list.eval(pl.element().replace_strict(HEADERS, default=pl.element())).list.join("|"),
        kind="kind",
        event="event",
        each="each",
    ).write_csv(path)


def write_classes(people: pl.DataFrame, path: Path) -> None:
    """Write the list of classes that the children sit in, for `--classes`."""
    names = {"school_code": "学校标识码", "school_name": "学校名称", "grade": "年级", "class_name": "班级名称"}
    path.parent.mkdir(parents=True, exist_ok=True)
    people.unique("class_key", maintain_order=True).select(pl.col(f).alias(h) for f, h in names.items()).write_csv(path)


def _show_faults(title: str, faults: pl.DataFrame) -> float:
    """Print a line per kind, worst first, and return the recall over all."""
    kinds = (
        faults.group_by("kind")
        .agg(
            faults=pl.len(),
            found=pl.col("found").sum(),
            codes=pl.col("codes").explode().drop_nulls().value_counts(sort=True).struct.field("codes").head(4),
            missed=pl.col("row").filter(~pl.col("found")).sort().head(3),
        )
        .sort(pl.col("found") / pl.col("faults"), "kind")
    )
    print(f"\n{title}\n{'kind':32}{'faults':>8}{'found':>8}{'recall':>9}  rules; missed rows")
    for kind, count, found, codes, missed in kinds.iter_rows():
        print(f"{kind:32}{count:>8}{found:>8}{found / count:>9.2%}  {' '.join(codes)}{f'; {missed}' if missed else ''}")
    recall = faults.filter("found").height / faults.height
    print(f"{'all':32}{faults.height:>8}{faults['found'].sum():>8}{recall:>9.3%}")
    return recall


def _show_false(where: str, false: pl.DataFrame) -> int:
    """Print what was called an error and is none, and return how often."""
    print(f"error-level findings on the {where}: {false.height}")
    if false.height:
        print(false.group_by("code", "field").len().sort("len", descending=True).head(_EXAMPLES))
        print(false.head(_EXAMPLES))
    return false.height


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--columns", type=int, choices=sorted(LAYOUTS), default=31)
    parser.add_argument("--quick", action="store_true", help="20,000 rows of 31 columns, 4,000 of the other two")
    parser.add_argument("--folder", type=Path, default=DATA)
    arguments = parser.parse_args()
    files = [(arguments.rows, arguments.columns, ".csv")]
    if arguments.quick:
        files = [(20_000, 31, ".csv"), (4_000, 50, ".xlsx"), (4_000, 71, ".xlsx")]
    good = True
    for rows, columns, suffix in files:
        right, spoilt = measure(rows, arguments.seed, columns, suffix, arguments.folder)
        recall = _show_faults(f"{rows:,} rows × {columns} columns, {suffix}, seed {arguments.seed}", spoilt.faults)
        false = _show_false("right roster", right.false) + _show_false("right rows of the spoilt roster", spoilt.false)
        good &= recall >= RECALL and not false
    good &= _show_faults("the table itself", measure_sheets(arguments.seed, arguments.folder)) >= RECALL
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
