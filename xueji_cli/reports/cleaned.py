"""The report of a cleaning run: every change with its place in the source and in the output, and what was left as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.cleaning.change import Kind
from xueji_cli.cleaning.shaping import PLACE
from xueji_cli.cleaning.writing import headers
from xueji_cli.reports.masking import mask, mask_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xueji_cli.cleaning.engine import Cleaned
    from xueji_cli.cleaning.shaping import Output
    from xueji_cli.errors import InputError
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.schema.streaming import StreamedRoster

#: Columns of a log of changes.
#:
#: file, sheet, row   where the cell stood
#: column, cell       its header as written, and `C5`
#: field              schema field
#: rule, kind         see `cleaning.change`
#: applied            whether the output has it
#: before, after      the cell; null where empty
#: to_file, to_row, to_column  where it stands now
#: mask               how its values are masked; not written
LOG_SCHEMA = pl.Schema(
    {
        "file": pl.String(),
        "sheet": pl.String(),
        "row": pl.UInt32(),
        "column": pl.String(),
        "cell": pl.String(),
        "field": pl.String(),
        "rule": pl.String(),
        "kind": pl.String(),
        "applied": pl.Boolean(),
        "before": pl.String(),
        "after": pl.String(),
        "to_file": pl.String(),
        "to_row": pl.UInt32(),
        "to_column": pl.String(),
        "mask": pl.String(),
    }
)


class Log:
    """The changes of a run, ordered by file, row and column; perhaps more of them than fit in memory."""

    def __init__(self, frames: Callable[[], Iterable[pl.DataFrame]]) -> None:
        """Take what gives the changes.

        Args:
            frames: Gives frames of `LOG_SCHEMA`, each time from the first change.
        """
        self._frames = frames
        self._examples: dict[int, dict[tuple[str, str], pl.DataFrame]] = {}

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the changes in one frame or in many, at least one."""
        yield LOG_SCHEMA.to_frame()
        yield from self._frames()

    @cached_property
    def lines(self) -> pl.DataFrame:
        """How often what was done: `rule` (as in the log), `kind`, `applied`, `counted`, `filled`, `count`.

        In the order in which each first comes. What was put into the column at the right is part of the same repair and not
        `counted`; `filled` is whether something stood in the cell.
        """
        keys = ["rule", "kind", "applied", "counted", "filled"]
        counts = [
            log.select("rule", "kind", "applied", counted=COUNTED, filled=pl.col("before").is_not_null())
            .group_by(keys, maintain_order=True)
            .len("count")
            for log in self.frames()
        ]
        return pl.concat(counts).group_by(keys, maintain_order=True).agg(pl.col("count").sum())

    @property
    def height(self) -> int:
        """How many changes there are."""
        return int(self.lines["count"].sum())

    def counts(self) -> pl.DataFrame:
        """Return `rule` (one code), `kind`, `applied`, `count`: how often each rule changed, proposed or left something."""
        return (
            single(self.lines.filter("counted"))
            .group_by("rule", "kind", "applied", maintain_order=True)
            .agg(pl.col("count").sum())
        )

    def first(self, kind: str, rule: str, count: int) -> pl.DataFrame:
        """Return the first changes of a kind and rule."""
        if count not in self._examples:
            # All rules at once: to go through the changes takes longer than to keep a few.
            kept = LOG_SCHEMA.to_frame()
            for log in self.frames():
                heads = single(log.filter(COUNTED)).group_by("kind", "rule", maintain_order=True).head(count)
                kept = pl.concat([kept, heads.select(kept.columns)])
                kept = kept.group_by("kind", "rule", maintain_order=True).head(count).select(kept.columns)
            parts = kept.partition_by("kind", "rule", as_dict=True, maintain_order=True)
            self._examples[count] = {(str(key[0]), str(key[1])): part for key, part in parts.items()}
        return self._examples[count].get((kind, rule), LOG_SCHEMA.to_frame())

    def of(self, kind: str, rule: str) -> Iterator[pl.DataFrame]:
        """Yield all changes of a kind and rule."""
        for log in self.frames():
            found = single(log.filter(COUNTED, pl.col("kind") == kind)).filter(pl.col("rule") == rule)
            if found.height:
                yield found


#: Whether a line of the log counts: what was put into the column at the right is part of the same repair.
COUNTED = pl.col("field").is_not_null() | (pl.col("kind") == Kind.ROW.value)


def single(log: pl.DataFrame) -> pl.DataFrame:
    """Return lines of a log with one rule each: a cell that two rules repaired is two lines."""
    return log.with_columns(pl.col("rule").str.split("+")).explode("rule")


@dataclass(frozen=True, slots=True)
class Made:
    """A table and the file it goes to; no file in a preview."""

    output: Output
    path: str | None


@dataclass(frozen=True, slots=True)
class CleanReport:
    """What `xueji clean` did.

    Attributes:
        run: How it was made.
        rosters: The tables that were read.
        unreadable: Files that could not be read.
        log: Every change.
        severities: Rule → its severity in this run.
        outputs: File → its rows.
        conflicts: Columns of another kind in some files: header, kind → files.
        unchanged: How many inputs the state file knew already.
        preview: Nothing was to be written.
    """

    run: Run
    rosters: tuple[Roster, ...]
    unreadable: tuple[InputError, ...]
    log: Log
    severities: Mapping[str, str]
    outputs: Mapping[str, int]
    conflicts: tuple[tuple[str, Mapping[str, Sequence[str]]], ...] = ()
    unchanged: int = 0
    preview: bool = False

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return sum(roster.table.height for roster in self.rosters)

    def counts(self) -> pl.DataFrame:
        """Return `Log.counts` in the order of kinds and rules."""
        return self.log.counts().sort("kind", "rule", "applied")


class Logger:
    """Turns changes into lines of the log."""

    def __init__(
        self, schema: Schema, rosters: Sequence[Roster | StreamedRoster], rests: Mapping[str, str], made: Sequence[Made]
    ) -> None:
        """Look up what places are called.

        Args:
            schema: Of the rows.
            rosters: Their tables.
            rests: As `engine.Cleaned.rests`.
            made: The tables that the rows went to.
        """
        sources = [roster.table.source for roster in rosters]
        self._files = pl.DataFrame(
            {"table": range(len(sources)), "file": [s.path for s in sources], "sheet": [s.sheet for s in sources]},
            schema={"table": pl.UInt32, "file": pl.String, "sheet": pl.String},
        )
        self._columns = pl.DataFrame(
            [
                (table, name, column.header, column.letter)
                for table, roster in enumerate(rosters)
                for name, column in roster.columns.items()
            ],
            schema={"table": pl.UInt32, "field": pl.String, "column": pl.String, "letter": pl.String},
            orient="row",
        )
        self._masks = {f.name: mask_name(f, schema.code_tables.get(f.code or "")) for f in schema.fields}
        columns = made[0].output.columns
        self._heads = {column.name: header for column, header in zip(columns, headers(columns), strict=True)}
        self._rests = {of: self._heads[name] for name, of in rests.items()}
        self._made = made
        self._targets = _targets(made) if len(made) > 1 else None

    def __call__(self, changes: pl.DataFrame) -> pl.DataFrame:
        """Return the lines (`LOG_SCHEMA`) of changes in order (`change.CHANGE_SCHEMA`): all of a row, or none of it."""
        both = pl.concat([changes.with_columns(rested=pl.lit(value=False)), _rests(changes)])
        placed = (
            both.with_row_index("order")
            .join(self._files, on="table", how="left", maintain_order="left")
            .join(self._columns, on=["table", "field"], how="left", maintain_order="left")
        )
        if self._targets is None:
            placed = placed.with_columns(
                to_row=pl.col("place") + 2,
                to_file=pl.when(pl.col("place").is_not_null()).then(pl.lit(self._made[0].path, dtype=pl.String)),
            )
        else:
            placed = placed.join(self._targets, on="place", how="left", maintain_order="left")
        return (
            placed.with_columns(
                cell=pl.concat_str("letter", "row"),
                mask=pl.col("field").replace_strict(self._masks, default="none", return_dtype=pl.String),
                to_column=pl.when("rested")
                .then(pl.col("field").replace_strict(self._rests, default=None, return_dtype=pl.String))
                .otherwise(pl.col("field").replace_strict(self._heads, default=None, return_dtype=pl.String)),
            )
            # The column at the right is no field of its own.
            .with_columns(field=pl.when(~pl.col("rested")).then("field"))
            .sort("table", "row", "order", nulls_last=False, maintain_order=True)
            .select(pl.col(name).cast(dtype) for name, dtype in LOG_SCHEMA.items())
        )


def change_log(cleaned: Cleaned, made: Sequence[Made]) -> pl.DataFrame:
    """Return the log of one cleaned pool.

    Args:
        cleaned: What was changed.
        made: The tables its rows went to.
    """
    pool = cleaned.pool
    return Logger(pool.schema, pool.rosters, cleaned.rests, made)(cleaned.changes)


def _rests(changes: pl.DataFrame) -> pl.DataFrame:
    """Return a line for each cell that was split: what was put into the column at the right."""
    return changes.filter(pl.col("rest").is_not_null()).with_columns(
        before=pl.lit(None, dtype=pl.String), after="rest", rested=pl.lit(value=True)
    )


def _targets(made: Sequence[Made]) -> pl.DataFrame:
    """Return where each merged row went: `place`, `to_file`, `to_row`."""
    parts = [
        each.output.rows.select(place=pl.col(PLACE))
        .with_row_index("to_row", offset=2)
        .with_columns(to_file=pl.lit(each.path, dtype=pl.String))
        for each in made
    ]
    return pl.concat(parts)


def masked(log: pl.DataFrame) -> pl.DataFrame:
    """Return the log with personal data as it may be shown."""
    parts = [
        part.with_columns(mask(pl.col("before"), str(kind)), mask(pl.col("after"), str(kind)))
        for (kind,), part in log.with_row_index("order").partition_by("mask", as_dict=True).items()
    ]
    return pl.concat(parts).sort("order").drop("order") if parts else log


def needs_a_person(report: CleanReport, fail_on: Sequence[str]) -> bool:
    """Return whether a cell of a rule of these severities was left as it is, or has a proposal that was not applied.

    A proposal for an empty cell is an offer: that the cell is empty is for `xueji check` to say.
    """
    offered = (pl.col("kind") == Kind.UNSAFE.value) & pl.col("filled")
    open_ = report.log.lines.filter(~pl.col("applied") & ((pl.col("kind") == Kind.LEFT.value) | offered))
    rules = {rule for each in open_["rule"].unique() for rule in each.split("+")}
    return any(report.severities.get(rule) in fail_on for rule in rules)
