"""The report of a cleaning run: every change with its place in the source and in the output, and what was left as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.cleaning.change import Kind
from xueji_cli.cleaning.shaping import PLACE, REST
from xueji_cli.cleaning.writing import headers
from xueji_cli.reports.masking import mask, mask_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.cleaning.engine import Cleaned
    from xueji_cli.cleaning.shaping import Output
    from xueji_cli.errors import InputError
    from xueji_cli.reports.report import Run
    from xueji_cli.schema.roster import Roster

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
        log: See `LOG_SCHEMA`; ordered by file, row and column.
        severities: Rule → its severity in this run.
        outputs: File → its rows.
        conflicts: Columns of another kind in some files: header, kind → files.
        unchanged: How many inputs the state file knew already.
        preview: Nothing was to be written.
    """

    run: Run
    rosters: tuple[Roster, ...]
    unreadable: tuple[InputError, ...]
    log: pl.DataFrame
    severities: Mapping[str, str]
    outputs: Mapping[str, int]
    conflicts: tuple[tuple[str, Mapping[str, Sequence[str]]], ...] = ()
    unchanged: int = 0
    preview: bool = False

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return sum(roster.table.frame.height for roster in self.rosters)

    def counts(self) -> pl.DataFrame:
        """Return `rule`, `kind`, `applied`, `count`: how often each rule changed, proposed or left something."""
        return (
            self.log.filter(pl.col("field").is_not_null() | (pl.col("kind") == Kind.ROW.value))
            .with_columns(pl.col("rule").str.split("+"))
            .explode("rule")
            .group_by("rule", "kind", "applied")
            .agg(count=pl.len())
            .sort("kind", "rule", "applied")
        )


def change_log(cleaned: Cleaned, made: Sequence[Made]) -> pl.DataFrame:
    """Return the log of one cleaned pool.

    Args:
        cleaned: What was changed.
        made: The tables its rows went to.
    """
    pool = cleaned.pool
    sources = [roster.table.source for roster in pool.rosters]
    files = pl.DataFrame(
        {"table": range(len(sources)), "file": [s.path for s in sources], "sheet": [s.sheet for s in sources]},
        schema={"table": pl.UInt32, "file": pl.String, "sheet": pl.String},
    )
    columns = pl.DataFrame(
        [
            (table, name, column.header, column.letter)
            for table, roster in enumerate(pool.rosters)
            for name, column in roster.columns.items()
        ],
        schema={"table": pl.UInt32, "field": pl.String, "column": pl.String, "letter": pl.String},
        orient="row",
    )
    masks = {f.name: mask_name(f, pool.schema.code_tables.get(f.code or "")) for f in pool.schema.fields}
    titles = {of: REST.format(title=pool.schema.by_name[of].title) for of in cleaned.rests.values()}
    changes = pl.concat([cleaned.changes.with_columns(rested=pl.lit(value=False)), _rests(cleaned.changes)])
    return (
        changes.with_row_index("order")
        .join(files, on="table", how="left", maintain_order="left")
        .join(columns, on=["table", "field"], how="left", maintain_order="left")
        .join(_targets(made), on="place", how="left", maintain_order="left")
        .with_columns(
            cell=pl.concat_str("letter", "row"),
            mask=pl.col("field").replace_strict(masks, default="none", return_dtype=pl.String),
            to_column=pl.when("rested")
            .then(pl.col("field").replace_strict(titles, default=None, return_dtype=pl.String))
            .otherwise(pl.col("field").replace_strict(_headers(made), default=None, return_dtype=pl.String)),
        )
        # The column at the right is no field of its own.
        .with_columns(field=pl.when(~pl.col("rested")).then("field"))
        .sort("table", "row", "order", nulls_last=False, maintain_order=True)
        .select(pl.col(name).cast(dtype) for name, dtype in LOG_SCHEMA.items())
    )


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


def _headers(made: Sequence[Made]) -> dict[str, str]:
    columns = made[0].output.columns
    return {column.name: header for column, header in zip(columns, headers(columns), strict=True)}


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
    offered = (pl.col("kind") == Kind.UNSAFE.value) & pl.col("before").is_not_null()
    open_ = report.log.filter(~pl.col("applied") & ((pl.col("kind") == Kind.LEFT.value) | offered))
    rules = {rule for each in open_["rule"].unique() for rule in each.split("+")}
    return any(report.severities.get(rule) in fail_on for rule in rules)
