"""The judge of `dedupe`, held to documents written by hand: it must count as a person would with a pencil."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from benchmarks import dedupe
from benchmarks.pairs import stress
from benchmarks.pairs.judging import DUPLICATE, REVIEW, judge, pairs_said
from benchmarks.pairs.registrations import ALL_TRAPS, KINDS

if TYPE_CHECKING:
    from pathlib import Path

#: Rows 2–10 of a.csv: child 1 three times, 2 twice, 3 twice, 4 once, 5 the twin of 4.
CHILDREN = (1, 1, 1, 2, 2, 3, 3, 4, 5)
TRUE_PAIRS = 5


@pytest.fixture
def truth() -> pl.DataFrame:
    rows = len(CHILDREN)
    frame = pl.DataFrame({"file": ["a.csv"] * rows, "row": range(2, rows + 2), "child": CHILDREN})
    frame = frame.with_columns(entry=pl.int_range(pl.len()).over("child"))
    frame = frame.with_columns(
        *(pl.lit(value=False).alias(kind) for kind in KINDS),
        *(pl.lit(None, dtype=pl.Int64).alias(trap) for trap in ALL_TRAPS),
        story=pl.when(pl.col("entry") == 0).then(pl.lit("first")).otherwise(pl.lit("retyped")),
    )
    return frame.with_columns(
        twins=pl.when(pl.col("child") >= 4).then(40), id_missing=pl.col("row") == 6, sex_wrong=pl.col("row") == 3
    )


def at(row: int, file: str = "some/folder/a.csv") -> dict[str, Any]:
    return {"file": file, "sheet": None, "row": row}


def report(clusters: dict[str, list[tuple[int, ...]]], pairs: list[tuple[str, int, int]]) -> dict[str, Any]:
    return {
        "schema": "xueji/dedupe/v1",
        "clusters": [
            {"id": f"c{n}", "verdict": verdict, "score": 0.9, "members": [at(row) for row in rows]}
            for verdict, groups in clusters.items()
            for n, rows in enumerate(groups)
        ],
        "pairs": [{"verdict": v, "score": 0.9, "left": at(left), "right": at(right)} for v, left, right in pairs],
    }


def test_a_perfect_report_is_perfect(truth: pl.DataFrame) -> None:
    judged = judge(pairs_said(report({DUPLICATE: [(2, 3, 4), (5, 6), (7, 8)]}, [])), truth)
    assert judged.true.height == TRUE_PAIRS
    assert (judged.precision(DUPLICATE), judged.recall(DUPLICATE), judged.f1(DUPLICATE)) == (1, 1, 1)


def test_clusters_imply_every_pair_of_their_members(truth: pl.DataFrame) -> None:
    """One foreigner in a cluster of four is wrong three times."""
    judged = judge(pairs_said(report({DUPLICATE: [(2, 3, 4, 5)]}, [])), truth)
    assert judged.precision(DUPLICATE) == 3 / 6
    assert judged.recall(DUPLICATE) == 3 / TRUE_PAIRS


def test_review_counts_for_recall_and_not_for_the_precision_of_duplicate(truth: pl.DataFrame) -> None:
    judged = judge(
        pairs_said(report({DUPLICATE: [(2, 3)], REVIEW: [(5, 6)]}, [("review", 8, 7), ("review", 2, 9)])), truth
    )
    assert judged.precision(DUPLICATE) == 1
    assert judged.recall(DUPLICATE) == 1 / TRUE_PAIRS
    assert judged.recall(DUPLICATE, REVIEW) == 3 / TRUE_PAIRS
    assert judged.precision(DUPLICATE, REVIEW) == 3 / 4
    assert judged.f1(DUPLICATE, REVIEW) == pytest.approx(2 * 0.75 * 0.6 / 1.35)


def test_the_graver_verdict_wins_and_a_pair_counts_once(truth: pl.DataFrame) -> None:
    judged = judge(
        pairs_said(report({DUPLICATE: [(5, 6)]}, [("review", 6, 5), ("duplicate", 5, 6), ("review", 7, 8)])), truth
    )
    assert judged.said.select("verdict").to_series().sort().to_list() == [DUPLICATE, REVIEW]


def test_distinct_pairs_are_no_accusation(truth: pl.DataFrame) -> None:
    judged = judge(pairs_said(report({}, [("distinct", 9, 10)])), truth)
    assert judged.said.is_empty()
    assert judged.precision(DUPLICATE) == 1
    assert judged.f1(DUPLICATE) == 0


def test_traps_and_kinds_are_counted_apart(truth: pl.DataFrame) -> None:
    judged = judge(pairs_said(report({DUPLICATE: [(2, 3)]}, [("review", 9, 10), ("review", 6, 5)])), truth)
    traps = {trap: counts for trap, *counts in judged.traps.iter_rows()}
    kinds = {kind: counts for kind, *counts in judged.kinds.iter_rows()}
    assert traps["twins"] == [1, 0, 1]
    assert traps["cousins"] == [0, 0, 0]
    assert kinds["id_missing"] == [1, 0, 1]
    assert kinds["sex_wrong"] == [2, 1, 0]
    assert kinds["story retyped"] == [5, 1, 1]


@pytest.mark.parametrize(
    "damage",
    [{"schema": "xueji/check/v1"}, {"truncated": {"pairs": 1000}}, {"clusters": [{"verdict": "duplicate", "members": [at(2), at(99)]}]}],
    ids=["another report", "cut short", "no such row"],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused(truth: pl.DataFrame, damage: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not a report|cut short|does not exist"):
        judge(pairs_said(report({}, []) | damage), truth)


def test_thresholds_remember_what_was_missed(truth: pl.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = dedupe.Thresholds(), dedupe.Thresholds()
    dedupe.hold(judge(pairs_said(report({DUPLICATE: [(2, 3, 4), (5, 6), (7, 8)]}, [])), truth), "full", good)
    dedupe.hold(judge(pairs_said(report({DUPLICATE: [(2, 3, 4), (5, 6), (7, 8), (9, 10)]}, [])), truth), "full", bad)
    assert good.good
    assert not bad.good
    assert "OVER" in capsys.readouterr().out


def test_silence_is_no_success(truth: pl.DataFrame) -> None:
    thresholds = dedupe.Thresholds()
    dedupe.hold(judge(pairs_said(report({}, [])), truth), "thin", thresholds)
    assert not thresholds.good


def test_a_report_prints_every_kind_and_trap(truth: pl.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    dedupe.show(judge(pairs_said(report({DUPLICATE: [(2, 3)]}, [("review", 9, 10)])), truth), "title")
    printed = capsys.readouterr().out
    assert all(trap in printed for trap in ALL_TRAPS)
    assert "story retyped" in printed


def test_another_order_of_rows_is_the_same_report() -> None:
    document = report({DUPLICATE: [(2, 3)]}, [("duplicate", 2, 3)])
    names = {("a.csv", row): f"{child}/0" for row, child in ((2, 1), (3, 2), (4, 3))}
    turned = {("a.csv", row): f"{child}/0" for row, child in ((4, 1), (2, 2), (3, 3))}
    mixed = report({DUPLICATE: [(2, 4)]}, [("duplicate", 2, 4)])
    assert stress.without_rows(document, names) == stress.without_rows(mixed, turned)
    scored = copy.deepcopy(mixed)
    scored["pairs"][0]["score"] = 0.91
    assert stress.without_rows(document, names)["pairs"] != stress.without_rows(scored, turned)["pairs"]


def test_a_block_is_named_among_the_large_ones_and_nowhere_else() -> None:
    document = report({}, []) | {"large_blocks": []}
    assert not stress.block_named(document | {"keys": [{"key": "phone", "pairs": 20_054}]}, 20_000)
    assert not stress.block_named(document | {"large_blocks": [{"key": "phone", "records": 60_000}]}, 20_000)
    assert stress.block_named(document | {"large_blocks": [{"key": "phone", "records": 20_031}]}, 20_000)


def test_an_end_that_is_no_verdict_is_an_error(tmp_path: Path) -> None:
    missing = tmp_path / "missing.csv"
    with pytest.raises(RuntimeError, match="ended with"):
        dedupe.dedupe([missing], tmp_path / "report.json")


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report({}, []), ensure_ascii=False), encoding="utf-8")
    assert dedupe.read(path)["schema"] == "xueji/dedupe/v1"
