"""Frames and tables on their way between the driver, the workers and the files between stages."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.errors import InputError, UserError
from xueji_cli.schema.roster import Roster
from xueji_cli.tables.table import ROW, Column, Fact, Known, Source, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xueji_cli.schema.model import Schema


def packed(frame: pl.DataFrame) -> bytes:
    """Return a frame as bytes (Arrow IPC), so that one column can hold frames of any shape."""
    stream = BytesIO()
    frame.write_ipc(stream, compression="lz4")
    return stream.getvalue()


def unpacked(data: bytes) -> pl.DataFrame:
    """Return the frame of `packed`."""
    return pl.read_ipc(BytesIO(data))


def arrow(frame: pl.DataFrame) -> Iterator[Any]:
    """Yield a frame as record batches that Spark takes; 64-bit integers without a sign become those with one, bit for bit."""
    yield from _table(frame).to_batches()


def sent(spark: Any, frame: pl.DataFrame) -> Any:
    """Return a frame as one of Spark's, its integers as `arrow` has them."""
    return spark.createDataFrame(_table(frame))


def _table(frame: pl.DataFrame) -> Any:
    unsigned = [name for name, dtype in frame.schema.items() if dtype == pl.UInt64]
    smaller = {pl.UInt8: pl.Int16, pl.UInt16: pl.Int32, pl.UInt32: pl.Int64}
    told = frame.with_columns(pl.col(name).reinterpret(signed=True) for name in unsigned).cast(smaller)  # type: ignore[arg-type]
    return told.to_arrow(compat_level=pl.CompatLevel.oldest())


def from_arrow(batch: Any) -> pl.DataFrame:
    """Return a record batch of Spark as a frame."""
    frame = pl.from_arrow(batch)
    assert isinstance(frame, pl.DataFrame)
    return frame


def collected(frame: Any) -> pl.DataFrame:
    """Bring a Spark frame to the driver."""
    return from_arrow(frame.toArrow())


def said(roster: Roster) -> str:
    """Return all that a report needs of a table besides its rows."""
    table, source = roster.table, roster.table.source
    return json.dumps(
        {
            "source": [source.path, source.sheet, source.kind, source.encoding, source.named, source.sha256],
            "header_row": table.header_row,
            "columns": [[column.position, column.header] for column in table.columns],
            "facts": [[fact.key, fact.row, fact.position, dict(fact.params)] for fact in table.facts],
            "height": table.height,
            "schema": roster.schema.name,
            "bound": {name: column.position for name, column in roster.columns.items()},
            "unbound": [column.position for column in roster.unbound],
            "passed_over": {name: [c.position for c in columns] for name, columns in roster.passed_over.items()},
        },
        ensure_ascii=False,
    )


def heard(text: str, schemas: Mapping[str, Schema]) -> Roster:
    """Return the table of `said`, without its rows.

    Args:
        text: What was said.
        schemas: The schemas of the run by name.
    """
    told = json.loads(text)
    path, sheet, kind, encoding, named, sha256 = told["source"]
    source = Source(path=path, sheet=sheet, kind=kind, digest=Known(sha256), encoding=encoding, named=named)
    columns = {position: Column(position, header) for position, header in told["columns"]}
    text_of = pl.String()
    return Roster(
        table=Table(
            source,
            told["header_row"],
            tuple(columns.values()),
            pl.DataFrame(schema={ROW: pl.UInt32, **{column.key: text_of for column in columns.values()}}),
            facts=tuple(Fact(*each) for each in told["facts"]),
            streamed=told["height"],
        ),
        schema=schemas[told["schema"]],
        columns={name: columns[position] for name, position in told["bound"].items()},
        unbound=tuple(columns[position] for position in told["unbound"]),
        rows=pl.DataFrame(schema={ROW: pl.UInt32, **dict.fromkeys(told["bound"], text_of)}),
        passed_over={name: tuple(columns[p] for p in places) for name, places in told["passed_over"].items()},
    )


def complaint(error: UserError, file: str) -> str:
    """Return an error on its way to the driver, about the file as the user knows it."""
    params = {
        name: value if isinstance(value, str | int | float | list) else str(value)
        for name, value in error.params.items()
    }
    params.pop("file", None)
    return json.dumps({"key": error.key, "file": file, "params": params, "input": isinstance(error, InputError)})


def error_of(text: str) -> UserError:
    """Return the error of `complaint`."""
    told = json.loads(text)
    if told["input"]:
        return InputError(told["key"], file=told["file"], **told["params"])
    return UserError(told["key"], **told["params"])
