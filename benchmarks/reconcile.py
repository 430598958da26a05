"""How exactly `xueji reconcile` counts a county and names the children behind every difference, and how long it takes.

    python -m benchmarks.reconcile
    python -m benchmarks.reconcile --quick

300 schools, 200,000 children on both sides, every difference known. Ends with 1 when a count is wrong, a list of people falls
short of its floor, or (without --quick) the run takes more than 20 s or 4 GB.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.county import County, make_county, write_county
from benchmarks.running import DATA, run, xueji
from benchmarks.schools import AS_OF
from xueji_cli.values.classes import class_title

SECONDS, BYTES = 20.0, 4 * 10**9
#: Floors of precision and recall: where the class list has ID numbers, and where it has none.
FLOORS = {"with number": 0.999, "without": 0.98}

_Case = tuple[str, str, int]


class _Kinds:
    """Which floor a difference is held to: a child's number counts where the list has numbers and the child has one."""

    def __init__(self, county: County) -> None:
        numbered = pl.col("id_number").is_not_null()
        listed = (pl.col("sits").is_in(list(county.numbered)) & numbered).alias("listed")
        sits = county.actual.select("i", "sits")
        rolls = county.system.join(sits, on="i", how="left").with_columns(sits=pl.coalesce("sits", "school"))
        self._kinds = {("system", row): has for row, has in rolls.select("row", listed).iter_rows()}
        self._kinds |= {
            (f"{at:03d}", row): has for at, row, has in county.actual.select("sits", "row", listed).iter_rows()
        }

    def of(self, file: str, row: int) -> str:
        return "with number" if self._kinds[file, row] else "without"


def wanted(county: County, kinds: _Kinds) -> dict[_Case, str]:
    """Return every difference there is: (category, file, row) → which floor it is held to.

    A child who is in no classroom, or in one of another school, is told by the row in the system; all others by their row in the
    list.
    """
    cases: dict[_Case, str] = {}
    sits = dict(county.actual.select("i", "sits").iter_rows())
    for school, what, row, i in county.system.select("school", "what", "row", "i").iter_rows():
        if what in ("missing", "virtual"):
            cases["registered_not_present", "system", row] = kinds.of("system", row)
        elif what == "second" or (what == "elsewhere" and sits.get(i, school) != school):
            cases["present_elsewhere", "system", row] = kinds.of("system", row)
    categories = {
        "unregistered": "present_not_registered",
        "elsewhere": "registered_elsewhere",
        "moved": "class_differs",
        **dict.fromkeys(("name", "born", "sex", "number"), "information_differs"),
    }
    for place, what, row in county.actual.select("sits", "what", "row").iter_rows():
        if what in categories:
            cases[categories[what], f"{place:03d}", row] = kinds.of(f"{place:03d}", row)
    return cases


def found(report: dict[str, Any], kinds: _Kinds) -> dict[_Case, str]:
    """Return every difference that was reported, in the same way."""
    cases: dict[_Case, str] = {}
    for school in report["schools"]:
        for category, people in school["people"].items():
            if category in ("counts", "by_status"):
                continue
            for person in people:
                side = "system" if category in ("registered_not_present", "present_elsewhere") else "actual"
                place = person[side] or person["system"]
                file = Path(place["file"]).stem
                cases[category, file, place["row"]] = kinds.of(file, place["row"])
    return cases


def judge(report: dict[str, Any], county: County) -> list[tuple[str, str, int, float, float, bool]]:
    """Return (category, kind of list, cases, precision, recall, whether the floors are reached)."""
    kinds = _Kinds(county)
    truth, said = wanted(county, kinds), found(report, kinds)
    lines = []
    for category in sorted({case[0] for case in (*truth, *said)}):
        for kind, floor in FLOORS.items():
            there = {case for case, of in truth.items() if case[0] == category and of == kind}
            told = {case for case, of in said.items() if case[0] == category and of == kind}
            right = len(told & set(truth))
            caught = len(there & set(said))
            precision = right / len(told) if told else 1.0
            recall = caught / len(there) if there else 1.0
            lines.append((category, kind, len(there), precision, recall, min(precision, recall) >= floor))
    return lines


def wrong_counts(report: dict[str, Any], county: County) -> tuple[int, int, list[str]]:
    """Return how many schools and classes were counted, and those whose numbers are not the county's own."""
    wrong: list[str] = []
    sizes: dict[tuple[str, str, str], int] = Counter()
    names = {place: school.name for place, school in enumerate(county.schools)}
    # 休学 stays in the roll; the generator has no other state that leaves it.
    for side, frame, where in (("system", county.system, "school"), ("actual", county.actual, "sits")):
        labels = frame.group_by(where, "grade_no", "class_name").len()
        for place, grade, written, count in labels.iter_rows():
            sizes[side, names[place], class_title(grade, _class_number(written))] += count
    schools: dict[tuple[str, str], int] = Counter()
    for (side, school, _), count in sizes.items():
        schools[side, school] += count
    classes = 0
    for school in report["schools"]:
        name = school["name"]
        wrong += [
            f"{name} {side}: {school['students'][side]} for {schools[side, name]}"
            for side in ("system", "actual")
            if school["students"][side] != schools[side, name]
        ]
        listed = {each["class"]: each for each in school["by_class"]}
        titles = {key[2] for key in sizes if key[1] == name} | set(listed)
        classes += len(titles)
        told = {(side, title): listed.get(title, {}).get(side) for title in titles for side in ("system", "actual")}
        wrong += [
            f"{name} {title} {side}: {value} for {sizes.get((side, name, title), 0)}"
            for (side, title), value in told.items()
            if value != sizes.get((side, name, title), 0)
        ]
    if len(report["schools"]) != len(county.schools):
        wrong.append(f"{len(report['schools'])} schools for {len(county.schools)}")
    return len(report["schools"]), classes, wrong


def _class_number(written: str) -> int:
    """Return the number of a class as the generator writes it: 七(2)班, 2班, 2021级2班."""
    digits = "".join(char if char.isdigit() else " " for char in written).split()
    return int(digits[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--schools", type=int, default=300)
    parser.add_argument(
        "--children", type=int, default=202_800, help="places in classes; a few stay empty on each side"
    )
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--quick", action="store_true", help="a small county, results only, no times")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.schools, arguments.children = 20, 12_000
    county = make_county(arguments.schools, arguments.children, arguments.seed)
    folder = DATA / f"county-{arguments.schools}"
    export, lists = write_county(county, folder)
    report_path = folder / "report.json"
    outcome = run(
        xueji("reconcile", str(export), "--actual", str(lists), "--as-of", AS_OF, "-o", str(report_path), "-q"),
        folder / "out.txt",
    )
    if outcome.status != 1:
        print(f"xueji ended with {outcome.status}, not 1:\n{outcome.errors}")
        return 1
    report = json.loads(report_path.read_text(encoding="utf-8"))
    schools, classes, wrong = wrong_counts(report, county)
    print(
        f"{county.system.height:,} rolls, {county.actual.height:,} children in {schools} schools, {classes:,} classes"
    )
    print(f"counts: {len(wrong)} wrong of {2 * (schools + classes):,}")
    for line in wrong[:10]:
        print(f"  {line}")
    failed = bool(wrong)
    for category, kind, cases, precision, recall, good in judge(report, county):
        print(
            f"{category:24} {kind:12} {cases:6,} cases  precision {precision:.4f}  recall {recall:.4f}{'' if good else '  BELOW'}"
        )
        failed |= not good
    if not arguments.quick:
        print(f"{outcome.seconds:.1f} s, {outcome.peak_bytes / 10**9:.2f} GB")
        failed |= outcome.seconds > SECONDS or outcome.peak_bytes > BYTES
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
