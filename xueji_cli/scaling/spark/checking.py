"""`check` on Spark: row rules where the rows are, rules over many rows on their key columns there, the report from what was found."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.engine import over_many_rows, table_findings
from xueji_cli.checks.judging import Batch, RowJudge
from xueji_cli.checks.keeping import Kept
from xueji_cli.checks.keys import Keys, Part
from xueji_cli.checks.registry import all_rules
from xueji_cli.checks.rule import ActiveRule, Severity
from xueji_cli.scaling.spark.carrying import arrow, collected, packed, unpacked
from xueji_cli.scaling.spark.inputs import Reading, take_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xueji_cli.checks.judging import Surroundings
    from xueji_cli.checks.keeping import Checked, Limits
    from xueji_cli.errors import InputError
    from xueji_cli.scaling.spark.inputs import Input
    from xueji_cli.scaling.spark.stages import Stages
    from xueji_cli.schema.binder import Binder
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster
    from xueji_cli.tables.options import ReadOptions

#: Rules over many rows that are asked for at the same time.
_SIDE_BY_SIDE = 4


@dataclass(frozen=True)
class Rules:
    """Rules on their way to the workers, which know what each does: rules themselves hold functions, which stay where they are.

    Attributes:
        said: Code, severity, clause and parameters of each.
    """

    said: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...]

    @staticmethod
    def of(active: Mapping[str, ActiveRule]) -> Rules:
        """Return the rules of a run."""
        return Rules(
            tuple(
                (code, each.severity.value, each.source, tuple(sorted(each.params.items())))
                for code, each in active.items()
            )
        )

    @cached_property
    def active(self) -> dict[str, ActiveRule]:
        """The rules as the run applies them."""
        known = all_rules()
        return {
            code: ActiveRule(known[code], Severity(severity), source, dict(params))
            for code, severity, source, params in self.said
        }


@dataclass(frozen=True)
class JudgeRows:
    """What the workers make of a piece of a table: the findings of its rows, and its key columns.

    Attributes:
        rules: The rules.
        around: The day, and what the rosters are compared with.
    """

    rules: Rules
    around: Surroundings

    @cached_property
    def _judges(self) -> dict[object, RowJudge]:
        return {}

    def __call__(self, roster: Roster | StreamedRoster, piece: pl.DataFrame, first: bool) -> dict[str, bytes | None]:  # noqa: FBT001 - `intake.Work`
        """Return `kept` (findings, of table 0) and `keys`, with an empty frame of the shape of these (`columns`)."""
        alike = (roster.schema.name, tuple(sorted((name, c.position) for name, c in roster.columns.items())))
        # One for all pieces of a table: a hundred expressions take their time to write.
        judge = self._judges.get(alike)
        if judge is None:
            judge = self._judges[alike] = RowJudge([roster], self.rules.active, self.around)
        rows = piece.select(pl.lit(0, dtype=pl.UInt32).alias("table"), pl.all())
        found, keys = judge(Batch(roster.schema, frozenset(roster.columns), rows, (0,) if first else ()), 0)
        filled = [frame for frame in found if not frame.is_empty()]
        return {
            "kept": packed(pl.concat(filled)) if filled else None,
            "keys": packed(keys),
            "columns": packed(keys.clear()),
        }


class SparkKeys(Keys):
    """The key columns of all rows of one schema, which stay with the workers: what is asked of a batch is carried there."""

    def __init__(self, frame: Any, batches: pl.DataFrame) -> None:
        """Begin with the batches of a schema.

        Args:
            frame: `file`, `start`, `attempt` and `keys` of all batches, as a Spark frame.
            batches: Those of this schema (`inputs.Taken.batches`, with the `number` of each among all).
        """
        super().__init__()
        self._frame = frame
        self._places: dict[tuple[int, int, int], tuple[int, int, frozenset[str]]] = {}
        for file, start, attempt, number, table, bound, columns in batches.select(
            "file", "start", "attempt", "number", "table", "bound", "columns"
        ).iter_rows():
            fields = frozenset(json.loads(bound))
            self._bound[number] = fields
            self.schema |= unpacked(columns).schema
            self._places[file, start, attempt] = (number, table, fields)

    def over(self, work: Callable[[Part], pl.LazyFrame]) -> pl.DataFrame:
        """As `Keys.over`; what comes of the batches is brought to the driver."""
        told = self._frame.mapInArrow(
            _OnParts(work, self._places, dict(self.schema)), "number int, rows binary"
        ).collect()
        return pl.concat([unpacked(bytes(row["rows"])) for row in sorted(told, key=lambda row: row["number"])])

    def twice(self, work: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.Series:
        """As `Keys.twice`; the integers are counted where they are."""
        kernel = _OnParts(lambda part: work(part.rows), self._places, dict(self.schema), plain=True)
        numbers = self._frame.mapInArrow(kernel, "key long")
        told = collected(numbers.groupBy("key").count().where("count > 1").select("key"))
        return told["key"]


@dataclass(frozen=True)
class _OnParts:
    """Carries out on the workers what is asked of key columns.

    Attributes:
        work: What is asked.
        places: (file, start, attempt) → number of the batch, its table, its fields.
        schema: The columns of all batches together.
        plain: The one column that comes of it is given as it is, not as frames of batches.
    """

    work: Callable[[Part], pl.LazyFrame]
    places: Mapping[tuple[int, int, int], tuple[int, int, frozenset[str]]]
    schema: Mapping[str, pl.DataType]
    plain: bool = False

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            for row in batch.to_pylist():
                place = self.places.get((row["file"], row["start"], row["attempt"]))
                if place is None:
                    continue  # of another schema, or of an attempt that does not count
                number, table, bound = place
                keys = unpacked(row["keys"])
                group = pl.col(derive.GROUP) + (number << 32)
                lacking = [
                    pl.lit(None, dtype=kind).alias(name)
                    for name, kind in self.schema.items()
                    if name not in keys.columns
                ]
                rows = keys.lazy().with_columns(pl.lit(table, dtype=pl.UInt32).alias("table"), group, *lacking)
                told = self.work(Part(rows, bound)).collect()
                if self.plain:
                    yield from arrow(told.select(pl.col(told.columns[0]).alias("key")))
                else:
                    yield from arrow(
                        pl.DataFrame(
                            {"number": [number], "rows": [packed(told)]}, schema_overrides={"number": pl.Int32}
                        )
                    )


@dataclass(frozen=True, slots=True)
class CheckedThere:
    """What came of a check on Spark.

    Attributes:
        rosters: The tables, without their rows.
        failures: Files that could not be read.
        checked: The findings, as many as the limit lets be listed.
        rows: Findings of rows, `number` and `kept` of each batch that has any, as a Spark frame: all of them.
        others: Findings of rules over many rows and of tables: all of them.
        places: Number of a batch → its table.
    """

    rosters: list[Roster]
    failures: list[InputError]
    checked: Checked
    rows: Any
    others: list[pl.DataFrame]
    places: dict[int, int]


def check(
    stages: Stages,
    spark: Any,
    files: Sequence[Input],
    options: ReadOptions,
    binder: Binder,
    active: Mapping[str, ActiveRule],
    around: Surroundings,
    limits: Limits,
) -> CheckedThere:
    """Apply rules to files.

    Args:
        stages: Of the run.
        spark: The session.
        files: The files.
        options: How they are read.
        binder: Binds their columns.
        active: Code → rule with its severity and parameters.
        around: The day, and what the rosters are compared with.
        limits: How many findings are listed.

    Raises:
        UserError: As `inputs.take_in`.
    """
    reading = Reading(spark, options, binder, JudgeRows(Rules.of(active), around))
    frame, taken = take_in(stages, reading, files)
    batches = taken.batches.with_row_index("number")
    found = frame.where("kind = 'batch'").withColumnRenamed("table", "file")
    rows = _numbered(spark, found.where("kept is not null").select("file", "start", "attempt", "kept"), batches)
    places = dict(batches.select("number", "table").iter_rows())
    kept = Kept(limits.findings)
    for row in rows.orderBy("number").toLocalIterator():
        kept.add([of_table(bytes(row["kept"]), places[row["number"]])])
    others = []
    keyed = found.select("file", "start", "attempt", "keys")
    keys = {
        str(name[0]): SparkKeys(keyed, some)
        for name, some in batches.partition_by("schema", as_dict=True, maintain_order=True).items()
    }
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as workers:
        others += list(over_many_rows(keys, taken.rosters, active, around, workers))
    others.append(table_findings(taken.rosters, active))
    for each in others:
        kept.add([each])
    skipped = RowJudge(taken.rosters, active, around).skipped
    return CheckedThere(taken.rosters, taken.failures, kept.checked(skipped), rows, others, places)


def of_table(kept: bytes, table: int) -> pl.DataFrame:
    """Return the findings of a batch as those of its table."""
    return unpacked(kept).with_columns(pl.lit(table, dtype=pl.UInt32).alias("table"))


def _numbered(spark: Any, frame: Any, batches: pl.DataFrame) -> Any:
    """Return `number` and `kept` of the batches that count."""
    told = batches.select("file", "start", "attempt", pl.col("number").cast(pl.Int32))
    numbers = spark.createDataFrame(told.rows(), "file int, start long, attempt int, number int")
    return frame.join(numbers.hint("broadcast"), ["file", "start", "attempt"]).select("number", "kept")
