"""A comparison of people on Spark: the stages of `scaling.machine` with a cluster in place of a work folder of one machine.

What comes to the driver: numbers of codes that many records have, a sample of pairs, verdicts, the few records that they are about (of two
lists all of them: who has no partner is named); of blocks that are too large, number and block of each record.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.matching import blocking, scoring
from xueji_cli.matching.blocking import KeyPlan, LargeBlock
from xueji_cli.scaling import candidates, ending, judging
from xueji_cli.scaling.records import people as of_records
from xueji_cli.scaling.spark import pairs as kernels
from xueji_cli.scaling.spark.carrying import collected, packed, unpacked
from xueji_cli.scaling.spark.components import Components
from xueji_cli.scaling.spark.parcels import SCHEMA, frame_of, opened
from xueji_cli.scaling.spark.people import NumberRecords, PickRows, ReadRecords, codes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xueji_cli.matching.blocking import Candidates
    from xueji_cli.matching.decisions import Decisions
    from xueji_cli.matching.dedupe import Deduped
    from xueji_cli.matching.linking import Linked
    from xueji_cli.matching.people import People
    from xueji_cli.scaling.spark.stages import Stages
    from xueji_cli.scaling.task import Task
    from xueji_cli.scaling.wanted import Wanted
    from xueji_cli.schema.matching import KeyPart
    from xueji_cli.schema.roster import Roster

#: Records of a part, parts at the most, rows of keys in a bucket: some hundred megabytes each in a task.
_PART, _MOST_PARTS, _BUCKET = 200_000, 1_024, 500_000


class SparkMachine:
    """One run on a session.

    Attributes:
        counted: `table`, `side`, `school`, `n`: how many records there are of each.
    """

    def __init__(
        self,
        spark: Any,
        stages: Stages,
        rows: Any,
        rosters: Sequence[Roster],
        sides: Sequence[int],
        pieces: Mapping[tuple[int, int, int], int],
        task: Task,
        wanted: Wanted,
    ) -> None:
        """Read and number the records.

        Args:
            spark: The session.
            stages: Of the run.
            rows: What was read (`intake.SCHEMA`).
            rosters: The tables.
            sides: For each the list that it is of.
            pieces: (number of the file, first row, attempt) → table, of the pieces that count.
            task: The run.
            wanted: Records that are asked for.
        """
        self._spark, self._stages, self._task = spark, stages, task
        self._rosters, self._pieces = rosters, dict(pieces)
        self._rows = rows.where("kind = 'batch'").selectExpr("`table` as file", "start", "attempt", "kept")
        height = sum(roster.table.height for roster in rosters)
        parts = max(1, min(-(-height // _PART), _MOST_PARTS))
        reader = ReadRecords(task, tuple(sides), self._pieces, parts)
        read = stages.frame("records", SCHEMA, lambda: self._rows.mapInArrow(reader, SCHEMA))
        self.counted, self._filled = self._tally(read)
        counts = dict(read.where("kind = 'records'").groupBy("part").sum("n").collect())
        self._ends = tuple(
            pl.Series([counts.get(part, 0) for part in range(parts)], dtype=pl.Int64).cum_sum().to_list()
        )
        firsts = dict(enumerate((0, *self._ends)))
        kernel = NumberRecords(task, self._filled, firsts, wanted)
        self._numbered = stages.frame(
            "numbered",
            SCHEMA,
            lambda: read.where("kind = 'records'").groupBy("part").applyInArrow(_on_group(kernel), SCHEMA),
        )

    def _tally(self, read: Any) -> tuple[pl.DataFrame, frozenset[str]]:
        told = read.where("kind = 'tally'").collect()
        filled = frozenset(name for row in told for name in json.loads(row["said"]))
        tally = pl.concat([unpacked(bytes(row["rows"])) for row in told])
        counted = tally.group_by("table", "side", "school").agg(pl.col("n").sum())
        return counted.sort("table", "side", "school"), filled

    @property
    def parts(self) -> int:
        """Into how many parts they are cut."""
        return len(self._ends)

    @property
    def height(self) -> int:
        """How many records there are."""
        return int(self._ends[-1])

    def dedupe(self, decisions: Decisions | None) -> Deduped:
        """Find the records that are one person's (`ending.dedupe`)."""
        outcome = self._outcome()
        adults = self._brought("adults")
        siblings = ending.siblings([] if adults is None else [adults], self._task.model.knowledge)
        return ending.dedupe(outcome, siblings, self._wanted, self, decisions, Components(self._spark, self._stages))

    def link(self, *, many: bool, whole: bool = True) -> Linked:
        """Link two lists (`ending.link`)."""
        return ending.link(self._outcome(), self._wanted, self, many=many, whole=whole)

    def plan(self) -> tuple[People, Candidates]:
        """Count what would be compared; the records of the answer are those that it names."""
        plans, large = self._proposed(make=False)
        named = ending.named(large, self._unkeyed)
        return self.people(named), ending.candidates(named, plans, large, self._unkeyed)

    def shown(self, people: People) -> list[Roster]:
        """Return the tables with the rows of some records, which a report shows."""
        wanted = {
            int(table): own["row"].sort() for (table,), own in people.places.partition_by("table", as_dict=True).items()
        }
        picked = self._rows.mapInArrow(PickRows(self._pieces, wanted), SCHEMA)
        found: dict[int, list[tuple[int, pl.DataFrame]]] = {}
        for row in opened(picked.toArrow()):
            found.setdefault(row["part"], []).append((row["slice"], unpacked(row["rows"])))
        return [
            replace(roster, rows=pl.concat([frame for _, frame in sorted(found[table], key=lambda each: each[0])]))
            if table in found
            else roster
            for table, roster in enumerate(self._rosters)
        ]

    # ---- stages ----

    def _outcome(self) -> ending.Outcome:
        plans, large = self._proposed(make=True)
        ordered = self._ordered()
        heights = dict(ordered.where("kind = 'cell'").groupBy("slice").sum("n").collect())
        compared = sum(heights.values())
        weights = self._weights(ordered, heights, compared)
        cells = ordered.where("kind = 'cell'")
        gathered = self._gathered(ordered.where("kind = 'ask'"), "columns")
        found = self._stages.frame(
            "judged",
            SCHEMA,
            lambda: (
                cells.unionAll(gathered).groupBy("slice").applyInArrow(_on_group(kernels.JudgePairs(weights)), SCHEMA)
            ),
        )
        told = frame_of(found.toArrow())
        pairs = self._no_pairs(weights) if told is None else told.sort("l", "r")
        return ending.Outcome(pairs, compared, plans, large, self._unkeyed, weights)

    def _no_pairs(self, weights: Any) -> pl.DataFrame:
        """Return judged pairs as they are where there is none."""
        few = self.gather(pl.Series([0], dtype=pl.UInt32))
        return judging.judge(pl.Series([], dtype=pl.UInt64), few, None, weights)

    def _proposed(self, *, make: bool) -> tuple[tuple[KeyPlan, ...], tuple[LargeBlock, ...]]:
        """Make pairs key by key, and narrow the blocks that are too large."""
        keys, narrow = candidates.usable(self._shape, self._task)
        keyed = dict(self._numbered.where("kind = 'keys'").groupBy("slice").sum("n").collect())
        buckets = max(1, -(-sum(keyed.values()) // max(len(keys), 1) * 2 // _BUCKET))
        rows = self._numbered.where("kind = 'keys'").mapInArrow(kernels.SpreadKeys(buckets), SCHEMA)
        kernel = kernels.MakePairs(self._task, self._ends, make)
        name = "pairs" if make else "plan"
        made = self._stages.frame(
            f"{name}-0", SCHEMA, lambda: rows.groupBy("slice", "part").applyInArrow(_on_group(kernel), SCHEMA)
        )
        self._made = [made.where("kind = 'pairs'")]
        counts = {
            row["slice"]: row["n"]
            for row in made.where("kind = 'plan'").groupBy("slice").sum("n").toDF("slice", "n").collect()
        }
        shared: dict[int, int] = {}
        for row in made.where("kind = 'plan'").select("slice", "said").collect():
            shared[row["slice"]] = shared.get(row["slice"], 0) + int(json.loads(row["said"]))
        first = _by_key(made, "over")
        rest: dict[int, list[pl.DataFrame]] = {idx: [] for idx in first}
        used: dict[int, list[str]] = {idx: [] for idx in first}
        left = dict(first)
        step = 0
        while True:
            by = {idx: parts[step] for idx in left if len(parts := [p for p in narrow if p not in keys[idx]]) > step}
            if not by:
                break
            made, without = self._narrowed(made, by, f"{name}-{step + 1}", make=make)
            self._made.append(made.where("kind = 'pairs'"))
            for row in made.where("kind = 'plan'").groupBy("slice").sum("n").toDF("slice", "n").collect():
                counts[row["slice"]] += row["n"]
            over = _by_key(made, "over")
            for idx, part in by.items():
                used[idx].append(str(part))
                rest[idx].append(without.get(idx, first[idx].clear()))
                if idx in over:
                    left[idx] = over[idx]
                else:
                    del left[idx]
            step += 1
        large: list[LargeBlock] = []
        for idx in sorted(first):
            undone = pl.concat([*rest[idx], left.get(idx, first[idx].clear())])
            large += blocking.largest(first[idx], undone, blocking.key_name(keys[idx]), used[idx])
        plans = tuple(
            KeyPlan(blocking.key_name(key), keyed.get(idx, 0), shared.get(idx, 0), counts.get(idx, 0))
            for idx, key in enumerate(keys)
        )
        return plans, blocking.foremost(large)

    def _narrowed(
        self, made: Any, by: Mapping[int, KeyPart], name: str, *, make: bool
    ) -> tuple[Any, dict[int, pl.DataFrame]]:
        """Narrow large blocks by one more part of each key; return what was made, and the rows that lack the part."""
        from pyspark.sql import functions as f

        over = made.where("kind = 'over'").where(f.col("slice").isin(list(by)))
        buckets = max(1, -(-int(over.groupBy().sum("n").collect()[0][0]) // _BUCKET))
        columns = self._numbered.where("kind = 'columns'")
        finer = self._stages.frame(
            f"{name}-keys",
            SCHEMA,
            lambda: (
                over.groupBy("part")
                .cogroup(columns.groupBy("part"))
                .applyInArrow(_on_two(kernels.FinerKeys(self._task, dict(by), buckets)), SCHEMA)
            ),
        )
        kernel = kernels.MakePairs(self._task, self._ends, make, narrowed=True)
        keyed = finer.where("kind = 'keys'")
        found = self._stages.frame(
            name, SCHEMA, lambda: keyed.groupBy("slice", "part").applyInArrow(_on_group(kernel), SCHEMA)
        )
        return found, _by_key(finer, "without")

    def _ordered(self) -> Any:
        """Return the pairs in order, slice by slice, and what each slice asks of the parts."""
        together = self._made[0]
        for each in self._made[1:]:
            together = together.unionAll(each)
        schools = None
        if self._task.schools != "all":
            told = self._brought("schools")
            assert told is not None
            schools = self._spark.sparkContext.broadcast(packed(told))
        kernel = kernels.OrderPairs(self._task, self._ends, schools, kernels.SLICE)
        return self._stages.frame(
            "ordered", SCHEMA, lambda: together.groupBy("part").applyInArrow(_on_group(kernel), SCHEMA)
        )

    def _weights(self, ordered: Any, heights: Mapping[int, int], compared: int) -> scoring.Weights:
        far = self.gather(_records(scoring.far_apart(self.height)))
        step = scoring.step(compared)
        if not step:
            return judging.weigh(self.height, self._task, far, None, far)
        before, so_far = {}, 0
        for number in sorted(heights):
            before[number] = so_far
            so_far += heights[number]
        told = frame_of(ordered.mapInArrow(kernels.Every(step, before), SCHEMA).toArrow())
        assert told is not None
        sample = blocking.parted(told["p"])
        return judging.weigh(self.height, self._task, far, sample, self.gather(_records(sample)))

    # ---- records here and there ----

    def _gathered(self, asks: Any, kind: str) -> Any:
        """Return what slices ask of the parts: their `columns`, with shares, or the `records` themselves."""
        often = self._often if kind == "columns" else None
        kernel = kernels.Gather(self._task, often, self._known)
        there = self._numbered.where(f"kind = '{kind}'")
        return asks.groupBy("part").cogroup(there.groupBy("part")).applyInArrow(_on_two(kernel), SCHEMA)

    def gather(self, records: pl.Series) -> pl.DataFrame:
        """Bring the columns of some records to the driver, in order."""
        return self._driven(records, "columns")

    def people(self, records: pl.Series | None) -> People:
        """Bring some records to the driver, whose numbers count from 0; all of them when not given."""
        told = self._brought("records") if records is None else self._driven(records, "records")
        assert told is not None
        return of_records(told, self._task, self._filled)

    def _driven(self, numbers: pl.Series, kind: str) -> pl.DataFrame:
        if not numbers.len():
            return self._driven(pl.Series([0], dtype=pl.UInt32), kind).clear()
        asks = self._spark.createDataFrame(kernels.asks(numbers, self._ends, 0), SCHEMA)
        told = frame_of(self._gathered(asks, kind).toArrow())
        assert told is not None
        return told

    def _brought(self, kind: str) -> pl.DataFrame | None:
        return frame_of(self._numbered.where(f"kind = '{kind}'").toArrow())

    @cached_property
    def _shape(self) -> pl.DataFrame:
        """The columns of records, without any."""
        return unpacked(bytes(self._numbered.where("kind = 'shape'").limit(1).collect()[0]["rows"]))

    @cached_property
    def _wanted(self) -> list[pl.Series]:
        """The records that are asked for."""
        found = self._brought("wanted")
        return [] if found is None else [found["record"]]

    @cached_property
    def _unkeyed(self) -> pl.Series:
        found = self._brought("unkeyed")
        assert found is not None
        return found["record"]

    @cached_property
    def _known(self) -> tuple[int, ...]:
        """For each group of codes how many records have any."""
        told = [json.loads(row["said"]) for row in self._numbered.where("kind = 'codes'").select("said").collect()]
        return tuple(map(sum, zip(*told, strict=True)))

    @cached_property
    def _often(self) -> Any:
        """The codes that more than two records have, by way of a broadcast."""
        counted = self._numbered.where("kind = 'codes'").mapInArrow(codes, "grp int, code long, n long")
        summed = counted.groupBy("grp", "code").sum("n").toDF("grp", "code", "n").where("n > 2")
        told = collected(self._stages.frame("codes", "grp int, code long, n long", lambda: summed))
        frame = told.select(
            pl.col("grp").cast(pl.UInt8).alias("group"),
            pl.col("code").reinterpret(signed=False),
            pl.col("n").cast(pl.UInt32),
        )
        return self._spark.sparkContext.broadcast(packed(frame))


def _by_key(made: Any, kind: str) -> dict[int, pl.DataFrame]:
    """Return for each key `row` and `block` of what parcels of a kind hold."""
    found: dict[int, list[pl.DataFrame]] = {}
    for row in opened(made.where(f"kind = '{kind}'").toArrow()):
        found.setdefault(row["slice"], []).append(unpacked(row["rows"]).select("row", "block"))
    return {idx: pl.concat(frames) for idx, frames in found.items()}


def _records(pairs: pl.DataFrame) -> pl.Series:
    return pl.concat([pairs["l"], pairs["r"].alias("l")]).unique().sort()


def _on_group(kernel: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a kernel as a function: Spark counts the arguments of what it is given, and would count an object's `self`."""
    return lambda group: kernel(group)


def _on_two(kernel: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """As `_on_group`, of two groups."""
    return lambda left, right: kernel(left, right)
