"""What `xueji dedupe` said, read from its JSON, held against what is true.

Pairs are those that the clusters imply: every two members of a *duplicate* cluster are called duplicates, of a *review*
cluster to be looked at. A pair that the document lists with one of the two verdicts counts too, whether a cluster holds
it or not, and the graver verdict wins: whatever a user sees is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks.pairs.registrations import ALL_TRAPS, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DUPLICATE, REVIEW = "duplicate", "review"
_PLACE = {"file": pl.String, "row": pl.Int64}
_SAID = {
    "left_file": pl.String,
    "left_row": pl.Int64,
    "right_file": pl.String,
    "right_row": pl.Int64,
    "verdict": pl.String,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts held against the truth.

    Attributes:
        said: `left`, `right` (places in the truth's order), `verdict`, `same`: a line per pair called one of the two.
        true: `left`, `right`, `verdict` (null: missed): a line per pair of records of one child.
        kinds: `kind`, `pairs`, `duplicate`, `review`: true pairs by what had happened to either record.
        traps: `trap`, `pairs`, `duplicate`, `review`: pairs of different children by trap.
    """

    said: pl.DataFrame
    true: pl.DataFrame
    kinds: pl.DataFrame
    traps: pl.DataFrame

    def right(self, *verdicts: str) -> int:
        """Return how many true pairs got one of the verdicts."""
        return self.true.filter(pl.col("verdict").is_in(verdicts)).height

    def precision(self, *verdicts: str) -> float:
        """Return which share of the pairs with these verdicts is one child. Nothing said is nothing wrong."""
        said = self.said.filter(pl.col("verdict").is_in(verdicts)).height
        return self.right(*verdicts) / said if said else 1.0

    def recall(self, *verdicts: str) -> float:
        """Return which share of the true pairs got these verdicts."""
        return self.right(*verdicts) / self.true.height if self.true.height else 1.0

    def f1(self, *verdicts: str) -> float:
        """Return the harmonic mean of the two."""
        return harmonic(self.precision(*verdicts), self.recall(*verdicts))


def harmonic(precision: float, recall: float) -> float:
    """Return F1."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def pairs_said(document: Mapping[str, Any]) -> pl.DataFrame:
    """Return the pairs that a report implies, both places of each and the verdict; a pair may be there more than once.

    Raises:
        ValueError: If the report is of another kind, or cut short: what is missing can't be judged.
    """
    if not str(document.get("schema", "")).startswith("xueji/dedupe/"):
        msg = f"not a report of dedupe: {document.get('schema')!r}"
        raise ValueError(msg)
    if document.get("truncated"):
        msg = f"the report is cut short: {document['truncated']}"
        raise ValueError(msg)
    lines: list[tuple[object, ...]] = []
    # JSON objects come one at a time.
    for cluster in document["clusters"]:
        if cluster["verdict"] in (DUPLICATE, REVIEW):
            places = [_place(member) for member in cluster["members"]]
            lines.extend((*a, *b, cluster["verdict"]) for n, a in enumerate(places) for b in places[n + 1 :])
    lines.extend(
        (*_place(pair["left"]), *_place(pair["right"]), pair["verdict"])
        for pair in document["pairs"]
        if pair["verdict"] in (DUPLICATE, REVIEW)
    )
    return pl.DataFrame(lines, schema=_SAID, orient="row")


def _place(reference: Mapping[str, Any]) -> tuple[str, int]:
    return PurePath(reference["file"]).name, reference["row"]


def true_pairs(truth: pl.DataFrame, group: str = "child") -> pl.DataFrame:
    """Return `left` < `right` for every two records that share a group, with both children."""
    records = truth.with_row_index("place").filter(pl.col(group).is_not_null()).filter(pl.len().over(group) > 1)
    side = records.select(group, "place", owner=pl.col("child"))
    return (
        side.join(side, on=group, suffix="_right")
        .filter(pl.col("place") < pl.col("place_right"))
        .select(left="place", right="place_right", same=pl.col("owner") == pl.col("owner_right"))
        .sort("left", "right")
    )


def located(said: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Return `left` < `right` and `verdict` of each pair once, the graver verdict where there are two.

    Raises:
        ValueError: If a place is none of the rows that were given.
    """
    places = truth.select("file", "row").with_row_index("place")
    for side in ("left", "right"):
        said = said.join(
            places.rename({"file": f"{side}_file", "row": f"{side}_row", "place": side}),
            on=[f"{side}_file", f"{side}_row"], how="left",
        )  # fmt: skip
    unknown = said.filter(pl.col("left").is_null() | pl.col("right").is_null())
    if unknown.height:
        msg = f"{unknown.height} pairs name a row that does not exist, such as {unknown.row(0)}"
        raise ValueError(msg)
    both = pl.col("left"), pl.col("right")
    return (
        said.select(left=pl.min_horizontal(*both), right=pl.max_horizontal(*both), verdict="verdict")
        .filter(pl.col("left") != pl.col("right"))
        # "duplicate" sorts before "review".
        .group_by("left", "right")
        .agg(pl.col("verdict").min())
        .sort("left", "right")
    )


def judge(said: pl.DataFrame, truth: pl.DataFrame) -> Judged:
    """Hold pairs (see `pairs_said`) against the truth (see `files.Rosters`)."""
    found = located(said, truth)
    child = truth["child"]
    found = found.with_columns(same=child.gather(found["left"]) == child.gather(found["right"]))
    verdicts = found.drop("same")
    true = true_pairs(truth).drop("same").join(verdicts, on=["left", "right"], how="left")
    return Judged(found, true, _by_kind(true, truth), _by_trap(verdicts, truth))


def _counts(pairs: pl.DataFrame) -> tuple[int, int, int]:
    verdict = pairs["verdict"]
    return pairs.height, (verdict == DUPLICATE).sum(), (verdict == REVIEW).sum()


def _by_kind(true: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    def either(column: pl.Series) -> pl.Series:
        return column.gather(true["left"]) | column.gather(true["right"])

    stories = [story for story in truth["story"].unique().sort() if story != "first"]
    masks: Iterable[tuple[str, pl.Series]] = [
        *((f"story {story}", either(truth["story"] == story)) for story in stories),
        *((kind, either(truth[kind])) for kind in KINDS),
    ]
    lines = [(kind, *_counts(true.filter(mask))) for kind, mask in masks]
    return pl.DataFrame(lines, schema=["kind", "pairs", DUPLICATE, REVIEW], orient="row")


def _by_trap(verdicts: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    lines = []
    for trap in ALL_TRAPS:
        pairs = true_pairs(truth, trap).filter(~pl.col("same")).join(verdicts, on=["left", "right"], how="left")
        lines.append((trap, *_counts(pairs)))
    return pl.DataFrame(lines, schema=["trap", "pairs", DUPLICATE, REVIEW], orient="row")
