"""How exactly `xueji changes` tells what became of every child of a county, whether its numbers tie out, and how long it takes.

    python -m benchmarks.changes
    python -m benchmarks.changes --quick

300 schools, 200,000 children on both days, every story known (`benchmarks.terms`). Ends with 1 when a category falls short of its
floor, an account does not tie out against the files, or (without --quick) the run takes more than 25 s or 4 GB.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.running import DATA, run, xueji
from benchmarks.terms.county import Terms, make_terms, write_terms

SECONDS, BYTES = 25.0, 4 * 10**9
FLOOR = 0.995

_Case = tuple[str, tuple[str, int] | None, tuple[str, int] | None]


def wanted(terms: Terms) -> set[_Case]:
    """Return every case there is: (category, place in the first export, place in the second)."""
    olds = {i: ("old", row) for i, row in terms.old.filter(~pl.col("second")).select("i", "row").iter_rows()}
    news = {
        i: (file, row) for i, file, row in terms.new.filter(~pl.col("second")).select("i", "file", "row").iter_rows()
    }
    cases: set[_Case] = set()
    for i, fate, step, fields in terms.stories.select("i", "fate", "step", "fields").iter_rows():
        place = (olds.get(i), news.get(i))
        if fate == "unsure":
            # One who went and one who came, whom a person must hold against each other.
            cases |= {("left_unsure", place[0], None), ("arrived_unsure", None, place[1])}
        elif fate != "stayed":
            cases.add((fate, *place))
        if step:
            cases.add((f"step {step}", *place))
        for field in fields or ():
            cases.add((f"key {field}", *place))
    cases |= {("double_closed", ("old", row), None) for (row,) in terms.old.filter("second").select("row").iter_rows()}
    cases |= {
        ("double_opened", None, (file, row))
        for file, row in terms.new.filter("second").select("file", "row").iter_rows()
    }
    return cases


def _place(told: dict[str, Any] | None, *, old: bool) -> tuple[str, int] | None:
    return told and ("old" if old else Path(told["file"]).stem, told["row"])  # type: ignore[return-value]


def found(report: dict[str, Any]) -> set[_Case]:
    """Return every case that was reported, in the same way."""
    cases: set[_Case] = set()
    for child in report["children"]:
        place = (_place(child["old"], old=True), _place(child["new"], old=False))
        if child["fate"] != "stayed":
            cases.add((child["fate"], *place))
        if child["step"] in ("retained", "skipped"):
            cases.add((f"step {child['step']}", *place))
    for change in report["key_information"]:
        place = (_place(change["old"], old=True), _place(change["new"], old=False))
        cases.add((f"key {change['field']}", *place))
    return cases


def judge(report: dict[str, Any], terms: Terms) -> list[tuple[str, int, float, float, bool]]:
    """Return (category, cases, precision, recall, whether both reach the floor)."""
    truth, said = wanted(terms), found(report)
    lines = []
    for category in sorted({case[0] for case in (*truth, *said)}):
        there = {case for case in truth if case[0] == category}
        told = {case for case in said if case[0] == category}
        right = len(there & told)
        precision, recall = right / len(told) if told else 1.0, right / len(there) if there else 1.0
        lines.append((category, len(there), precision, recall, min(precision, recall) >= FLOOR))
    return lines


def wrong_accounts(report: dict[str, Any], terms: Terms) -> list[str]:
    """Return accounts that do not add up, or whose ends are not what the files have: counted here, from the rows."""
    ends = []
    for rows in (terms.old, terms.new):
        counted = rows.filter(pl.col("status") != "转出")
        ends.append(dict(counted.group_by("school_name").len().iter_rows()))
    wrong = []
    tie_out = report["tie_out"]
    accounts = [("county", tie_out["county"])]
    for school in tie_out["schools"]:
        accounts.append((school["school"], school))
        accounts += [
            (f"{school['school']} {each['new_class'] or each['old_class']}", each) for each in school["classes"]
        ]
        for end, counts in zip(("opening", "closing"), ends, strict=True):
            if school[end] != counts.get(school["school"], 0):
                wrong.append(f"{school['school']} {end}: {school[end]} for {counts.get(school['school'], 0)}")
            if sum(each[end] for each in school["classes"]) != school[end]:
                wrong.append(f"{school['school']} {end}: not the sum of its classes")
    for name, account in accounts:
        total = account["opening"] + sum(account["come"].values()) - sum(account["gone"].values())
        if total != account["closing"] or not account["ties"]:
            wrong.append(f"{name}: {total} for {account['closing']}")
    for end, counts in zip(("opening", "closing"), ends, strict=True):
        if tie_out["county"][end] != sum(counts.values()):
            wrong.append(f"county {end}: {tie_out['county'][end]} for {sum(counts.values())}")
    print(f"accounts: {len(wrong)} wrong of {len(accounts):,}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--schools", type=int, default=300)
    parser.add_argument("--children", type=int, default=200_000, help="about as many on the first day")
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--quick", action="store_true", help="a small county, results only, no times")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.schools, arguments.children = 20, 8_000
    terms = make_terms(arguments.schools, arguments.children, arguments.seed)
    folder = DATA / f"terms-{arguments.schools}"
    folder.mkdir(parents=True, exist_ok=True)
    old, new, log = write_terms(terms, folder)
    report_path = folder / "report.json"
    outcome = run(
        xueji("changes", str(old), str(new), "--log", str(log), "-o", str(report_path), "-q"), folder / "out.txt"
    )
    if outcome.status != 1:
        print(f"xueji ended with {outcome.status}, not 1:\n{outcome.errors}")
        return 1
    report = json.loads(report_path.read_text(encoding="utf-8"))
    print(f"{terms.old.height:,} rolls → {terms.new.height:,}, {terms.log.height:,} entries; stories: ", end="")
    print(dict(Counter(terms.stories.filter(pl.col("story") != "")["story"].to_list()).most_common()))
    wrong = wrong_accounts(report, terms)
    for line in wrong[:10]:
        print(f"  {line}")
    failed = bool(wrong)
    for category, cases, precision, recall, good in judge(report, terms):
        print(
            f"{category:20} {cases:7,} cases  precision {precision:.4f}  recall {recall:.4f}{'' if good else '  BELOW'}"
        )
        failed |= not good
    if not arguments.quick:
        print(f"{outcome.seconds:.1f} s, {outcome.peak_bytes / 10**9:.2f} GB")
        failed |= outcome.seconds > SECONDS or outcome.peak_bytes > BYTES
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
