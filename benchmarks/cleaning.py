"""How much dirt `xueji clean` takes off, whether it changes anything that is clean, how long it takes, and whether forty files become one.

    python -m benchmarks.cleaning
    python -m benchmarks.cleaning --quick

Ends with 1 when less than 99.9 % of the dirty cells are as they should be, when one clean cell was changed, when the merged table
is not cell for cell what the files said, or (not with `--quick`) when cleaning takes more than 6 times the bare reader or 5 GB.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polars as pl

from benchmarks.faults.dirt import soil
from benchmarks.layouts import HEADERS, LAYOUTS, select, write, write_workbook
from benchmarks.people import make_people
from benchmarks.running import DATA, Outcome, run, xueji
from benchmarks.schools import AS_OF
from benchmarks.speed import _READ_CSV, read

RESTORED = 0.999
RATIO, PEAK = 6.0, 5 * 2**30

#: Eight ways in which schools write the headers of the same columns; what is not named stays as it is.
_LAYOUT_HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"name": "学生姓名", "id_number": "身份证号", "phone": "手机号", "class_name": "班级名称"},
    {"name": "xm", "sex": "xb", "birth_date": "csrq", "id_number": "sfzjh", "phone": "lxdh", "roll_number": "grbsm"},
    {"id_number": "身份证号码", "roll_number": "学籍号", "hukou_place": "户籍所在地", "boarding": "住宿类型"},
    {"name": "姓 名", "sex": "性 别", "ethnicity": "民 族", "grade": "年 级"},
    {"member1_name": "监护人姓名", "member1_relation": "监护人关系", "member1_phone": "监护人电话", "member1_id_number": "监护人身份证号"},
    {"school_name": "学校", "birth_date": "出生年月日", "entry_month": "入学时间", "status": "学籍状态"},
    {"id_type": "证件类型", "id_number": "证件号码", "nationality": "国籍", "phone": "电话", "address": "现居住地址"},
)  # fmt: skip


def clean(path: Path, output: Path, *options: str) -> Outcome:
    """Clean a file into another and return how it went."""
    report = output.with_suffix(".txt")
    outcome = run(
        xueji("clean", str(path), "-o", str(output), "--as-of", AS_OF, "--fail-on", "never", *options), report
    )
    if outcome.status:
        msg = f"xueji clean {path.name} ended with {outcome.status}:\n{outcome.errors}"
        raise RuntimeError(msg)
    return outcome


def restored(rows: int, seed: int, folder: Path) -> bool:
    """Soil a roster, clean it, and hold every cell against what it should be."""
    fields = LAYOUTS[31]
    soiled = soil(make_people(rows, seed), frozenset(fields), seed=seed)
    path, output = folder / f"dirty-{rows}.csv", folder / f"cleaned-{rows}.parquet"
    write(soiled.dirty, fields, path)
    clean(path, output, "--template", "asis")
    got = pl.read_parquet(output)
    right = select(soiled.right, fields)
    good = got.height == right.height and got.columns[: right.width] == right.columns
    print(f"{rows:,} rows × {right.width} columns, seed {seed}; dirty cells: {soiled.labels.height:,}")
    lines = []
    changed = 0
    for field in fields:
        header = HEADERS[field]
        wrong = got[header].ne_missing(right[header]).arg_true()
        labels = soiled.labels.filter(pl.col("field") == field)
        missed = labels.filter(pl.col("i").is_in(wrong.cast(pl.Int64).implode()))
        changed += len(wrong) - missed.height
        lines.append(labels.with_columns(ok=~pl.col("i").is_in(wrong.cast(pl.Int64).implode())))
        for i in missed["i"].head(2):
            print(
                f"  not restored: {field} {select(soiled.dirty, fields)[header][i]!r} → {got[header][i]!r}, not {right[header][i]!r}"
            )
    cells = pl.concat(lines)
    if (rests := cells.filter(pl.col("rest").is_not_null())).height:
        kept = got.get_column("联系电话其余号码").gather(rests["i"]).eq_missing(rests["rest"])
        print(f"second telephone numbers kept: {kept.sum():,} of {rests.height:,}")
        good &= bool(kept.all())
    kinds = cells.group_by("kind").agg(cells=pl.len(), ok=pl.col("ok").sum()).sort("kind")
    print(f"{'kind':32}{'cells':>10}{'restored':>10}")
    for kind, count, ok in kinds.iter_rows():
        print(f"{kind:32}{count:>10,}{ok / count:>10.2%}")
    share = int(cells["ok"].sum()) / cells.height
    print(f"{'all':32}{cells.height:>10,}{share:>10.3%}\nclean cells changed: {changed}")
    return good and share >= RESTORED and changed == 0


def merged(files: int, height: int, seed: int, folder: Path) -> bool:
    """Write files of eight layouts, clean them into one workbook of the national template, and hold every cell against theirs."""
    fields = tuple(f for f in LAYOUTS[31] if f != "photo")
    people = make_people(files * height, seed)
    schools = folder / f"schools-{files}x{height}"
    schools.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        part = people.slice(number * height, height)
        # Every layout has its own headers and its own order.
        turn = number % len(_LAYOUT_HEADERS)
        order = fields[turn * 3 :] + fields[: turn * 3]
        names = {HEADERS[f]: header for f, header in _LAYOUT_HEADERS[turn].items()}
        write_workbook(select(part, order).rename(names, strict=False), schools / f"{number:02}.xlsx")
    output = folder / f"merged-{files}x{height}.xlsx"
    outcome = clean(schools, output, "--origin", "--log", str(output.with_suffix(".log.jsonl")))
    import fastexcel

    got = fastexcel.read_excel(output).load_sheet(0, dtypes="string").to_polars()
    template = [HEADERS[f] for f in LAYOUTS[71]]
    print(f"{files} files × {height:,} rows, {len(_LAYOUT_HEADERS)} layouts: {outcome.seconds:.1f} s")
    print(f"{got.height:,} rows × {got.width} columns")
    good = got.height == people.height and got.columns[: len(template)] == template
    outside = {"school_name": "学校"}
    wrong = 0
    for field in fields:
        header = outside.get(field, HEADERS[field])
        differ = int(got[header].ne_missing(people[field]).sum())
        if differ:
            print(f"  {header}: {differ} cells are not what the files said")
        wrong += differ
    print(f"cells in the wrong place: {wrong}; the first 71 columns are the template's: {good}")
    return good and wrong == 0


def speed(rows: int, seed: int, times: int, folder: Path) -> bool:
    """Clean a right roster to Parquet in turns with the bare reader."""
    path = folder / f"{rows}x31.csv"
    write(make_people(rows, seed), LAYOUTS[31], path)
    readers, cleans = [], []
    for _ in range(times):
        readers.append(read(_READ_CSV, path))
        cleans.append(clean(path, folder / f"{rows}x31.parquet"))
    best = min(cleans, key=lambda outcome: outcome.seconds)
    ratio = best.seconds / min(readers)
    print(
        f"clean, {rows:,} × 31, csv → parquet: {best.seconds:.2f} s, reader {min(readers):.2f} s, {ratio:.2f}× (≤ {RATIO:g}×), "
        f"{best.peak_bytes / 2**20:,.0f} MB (≤ {PEAK / 2**20:,.0f} MB)"
    )
    return ratio <= RATIO and best.peak_bytes <= PEAK


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--times", type=int, default=3, help="measure so many times and take the best")
    parser.add_argument("--quick", action="store_true", help="20,000 rows, eight files, no times")
    parser.add_argument("--folder", type=Path, default=DATA)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows, files, height = (20_000, 8, 100) if arguments.quick else (arguments.rows, 40, 2_500)
    good = restored(rows, arguments.seed, arguments.folder)
    good &= merged(files, height, arguments.seed, arguments.folder)
    if not arguments.quick:
        good &= speed(rows, arguments.seed, arguments.times, arguments.folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
