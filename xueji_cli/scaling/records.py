"""Records part by part: read, numbered, and given the columns that are compared.

A record's number is its place among all in the order of `matching.people.ORDER`, whose first part is a hash. So records are parted by
the size of that hash (`bucket`), each part is sorted by itself, and its first number is how many records the parts before it have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.kinds import KIND
from xueji_cli.matching.kinds.frequency import counts, lay_shares
from xueji_cli.matching.pairing import columns_of
from xueji_cli.matching.people import ORDER, People, content, read_rows, with_schools
from xueji_cli.scaling.task import Task, flat, nested

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

#: Columns of a record beside its values.
PLACE = ("table", "row", "side", "school")
#: The number of a record.
RECORD = "record"


def read(rows: pl.DataFrame, task: Task) -> pl.DataFrame:
    """Read any rows for comparison.

    Args:
        rows: `table` (UInt32), `row`, `side` (UInt8), the fields as written, `<field>#numeric` where known.
        task: The run.

    Returns:
        `_content`, `PLACE`, and the values of `People.values`, a row each, in the order of the rows; the same columns for all parts.
    """
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in task.fields if name not in rows.columns]
    places, values = read_rows(rows.with_columns(missing), task.schema, task.as_of, task.school_year)
    if task.named_after:
        places = with_schools(places, task.named_after)
    return pl.concat([content(values).to_frame(), places, values], how="horizontal")


def bucket(records: pl.DataFrame, buckets: int) -> pl.Series:
    """Return the part that each record belongs to (UInt32), so that the parts stand in the order of the records."""
    return records.select((pl.col(ORDER[0]) // 2**32 * buckets // 2**32).cast(pl.UInt32)).to_series()


def filled(records: pl.DataFrame) -> frozenset[str]:
    """Return the values that any of these records has."""
    return frozenset(column.name for column in records.iter_columns() if column.null_count() < column.len())


def number(records: pl.DataFrame, first: int) -> pl.DataFrame:
    """Return the records of one part in their order, with their numbers.

    Args:
        records: As `read` gives them, all of one `bucket`.
        first: How many records the buckets before have.

    Returns:
        `record` (UInt32), `PLACE`, the values.
    """
    return records.sort(ORDER).with_row_index(RECORD, offset=first).drop(ORDER[0])


def people(records: pl.DataFrame, task: Task, filled: AbstractSet[str] | None = None) -> People:
    """Return numbered records as people, whose numbers count from 0 again."""
    places = records.select(PLACE)
    values = records.drop(RECORD, *PLACE)
    return People(task.schema, task.model, places, values, None if filled is None else frozenset(filled))


def features(records: pl.DataFrame, task: Task, filled: AbstractSet[str]) -> pl.DataFrame:
    """Return the columns that are compared, those of shares left out.

    Args:
        records: Some numbered records.
        task: The run.
        filled: The values that any of all records has: the union of `filled` of all parts.

    Returns:
        `record`, and columns of each comparison as `<comparison>:<column>`.
    """
    return pl.DataFrame([records[RECORD], *flat(columns_of(people(records, task, filled)))])


def groups(columns: pl.DataFrame, task: Task) -> list[tuple[str, dict[str, str]]]:
    """Return which codes are counted together: the comparison, and its columns of codes with those of their shares."""
    return [
        (name, codes)
        for name, own in nested(columns.clear()).items()
        for codes in KIND[task.model.comparison(name).kind].codes(own.columns)
    ]


def count(columns: pl.DataFrame, task: Task) -> tuple[pl.DataFrame, list[int]]:
    """Count codes in some of the records.

    Args:
        columns: As `features` gives them.
        task: The run.

    Returns:
        `group` (UInt8, index into `groups`), `code`, `n` records that have it; and for each group how many records have any code. The
        `n` of a group and code are to be added up over all parts (`kinds.frequency.frequent`), as are the numbers of records.
    """
    frames, known = [], []
    own = nested(columns)
    for index, (name, codes) in enumerate(groups(columns, task)):
        counted, some = counts(own[name], codes)
        frames.append(counted.select(pl.lit(index, dtype=pl.UInt8).alias("group"), "code", pl.col("n").cast(pl.UInt32)))
        known.append(some)
    schema = {"group": pl.UInt8, "code": pl.UInt64, "n": pl.UInt32}
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema), known


def share(columns: pl.DataFrame, task: Task, often: Mapping[int, pl.DataFrame], known: list[int]) -> pl.DataFrame:
    """Add the shares of codes to columns of some records.

    Args:
        columns: As `features` gives them.
        task: The run.
        often: Group → `code`, `n` of those that `frequent` leaves of all records.
        known: For each group how many of all records have any code.
    """
    own = nested(columns)
    for index, (name, codes) in enumerate(groups(columns, task)):
        own[name] = lay_shares(own[name], codes, often[index], known[index])
    return pl.DataFrame([columns[RECORD], *flat(own)])
