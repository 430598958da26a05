"""The data rows of a sheet: what stands between its header and its end, without footers, notes and blank rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from xueji_cli.tables import facts
from xueji_cli.tables.grid import Grid, Merge
from xueji_cli.tables.header import Header
from xueji_cli.tables.headers import normalise_header
from xueji_cli.tables.leftout import Dropped, without_blank
from xueji_cli.tables.table import ROW, Column, Fact, column_letter

#: So many short rows of a text file are told one by one; more of them in one fact. (Excel leaves the last empty cells of
#: rows away in blocks of sixteen.)
_SHORT_ROWS = 20


@dataclass(frozen=True, slots=True)
class Region:
    """What a sheet holds once its header is known; the parts of a `Table`."""

    columns: tuple[Column, ...]
    frame: pl.DataFrame
    numeric: dict[int, pl.Series]
    facts: tuple[Fact, ...]


def cut(grid: Grid, header: Header) -> Region:
    """Cut the data rows out of a sheet.

    Args:
        grid: The sheet.
        header: Its header, as `header.find_header` found it.

    Returns:
        Columns with a header or a value, data rows with the row numbers that Excel shows, and what was noticed.
    """
    noticed: list[Fact] = []
    body = grid.frame.slice(header.last + 1)
    body = body.select(
        pl.int_range(header.last + 2, header.last + 2 + body.height, dtype=pl.UInt32).alias(ROW), pl.all()
    )
    body = null_empty(body)
    body = _show_numbers(body, grid)
    body = _show_errors(body, grid)
    # Blank rows go first: a class name merged over the lines left free for more children makes no children of them.
    body, blank = without_blank(body)
    body, merged = _fill_merges(body, grid.merges, header)
    dropped = Dropped.find(body, blank, grid.frame, header, first=True, last=True)
    kept = body.filter(~pl.col(ROW).is_in(dropped.rows)) if dropped.rows else body
    counts = filled(kept)
    columns = columns_of(counts, header)
    kept = kept.select(ROW, *(column.key for column in columns))

    noticed += header_facts(header, columns, counts)
    noticed += merged
    noticed += dropped.facts(int(kept[ROW][-1]) if kept.height else 0)
    noticed += _hidden_facts(grid, columns, kept)
    noticed += _error_facts(grid, columns, kept)
    noticed += text_facts(ragged_rows(grid.ragged, kept), grid.unclosed, len(grid.frame.columns))
    return Region(columns, kept, _numeric(grid, columns, kept), tuple(noticed))


def filled(kept: pl.DataFrame) -> dict[str, int]:
    """Return how many cells of each column hold something."""
    return {name: kept.height - kept[name].null_count() for name in kept.columns if name != ROW}


def null_empty(body: pl.DataFrame) -> pl.DataFrame:
    """Make empty text null: an empty cell is one thing, whatever the file calls it."""
    names = [name for name in body.columns if name != ROW]
    if not names or not body.height:
        return body
    found = body.select((pl.col(names).str.len_bytes() == 0).any()).row(0)
    empty = [name for name, has in zip(names, found, strict=True) if has]
    return body.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in empty)


def _show_numbers(body: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """Write numbers of more than 15 digits as Excel shows them: a reader makes up digits where Excel has noughts."""
    if grid.numeric is None or not grid.numeric.height:
        return body
    for (position,), cells in grid.numeric.group_by("position", maintain_order=True):
        column = pl.col(f"c{position}")
        if column.meta.output_name() not in body.columns:
            continue
        stored = pl.col(ROW).is_in((cells["row"] + 1).implode()) & column.str.contains(r"^-?\d{16,18}$")
        step = pl.lit(10, dtype=pl.Int64).pow(column.str.strip_prefix("-").str.len_bytes().cast(pl.Int64) - 15)
        value = column.cast(pl.Int64, strict=False)
        body = body.with_columns(
            pl.when(stored).then(((value + step // 2) // step * step).cast(pl.String)).otherwise(column)
        )
    return body


def _show_errors(body: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """Put the text of formula errors in their cells: readers give nothing for them."""
    if not grid.errors.height:
        return body
    for (position,), cells in grid.errors.group_by("position", maintain_order=True):
        name = f"c{position}"
        if name in body.columns:
            texts = cells.select((pl.col("row") + 1).alias(ROW), pl.col("text").alias("error"))
            body = (
                body.join(texts.unique(ROW), on=ROW, how="left", maintain_order="left")
                .with_columns(pl.coalesce("error", name).alias(name))
                .drop("error")
            )
    return body


def _fill_merges(body: pl.DataFrame, merges: Sequence[Merge], header: Header) -> tuple[pl.DataFrame, list[Fact]]:
    """Copy the value of vertically merged cells down."""
    by_position: dict[int, list[Merge]] = {}
    columns = set(body.columns)
    for merge in merges:
        wide = (merge.right - merge.left + 1) * 2 > max(2, len(columns) - 1)
        if merge.top > header.last and merge.bottom > merge.top and not wide:
            by_position.setdefault(merge.left, []).append(merge)
    noticed = []
    for position, ranges in sorted(by_position.items()):
        name = f"c{position}"
        if name not in columns:
            continue
        starts = pl.DataFrame(
            {"top": [merge.top + 1 for merge in ranges], "bottom": [merge.bottom + 1 for merge in ranges]},
            schema={"top": pl.UInt32, "bottom": pl.UInt32},
        ).sort("top")
        values = body.select(pl.col(ROW).alias("top"), pl.col(name).alias("value"))
        starts = starts.join(values, on="top", how="inner", maintain_order="left").drop_nulls("value")
        if not starts.height:
            continue
        body = (
            body.join_asof(starts, left_on=ROW, right_on="top", strategy="backward")
            .with_columns(
                pl.when(pl.col(name).is_null() & (pl.col(ROW) <= pl.col("bottom")))
                .then("value")
                .otherwise(name)
                .alias(name)
            )
            .drop("top", "bottom", "value", strict=False)
        )
        first = starts.row(0, named=True)
        letter = column_letter(position)
        example = f"{letter}{first['top']}:{letter}{first['bottom']}"
        noticed.append(Fact(facts.MERGED_FILLED, first["top"], position, {"count": starts.height, "example": example}))
    return body, noticed


def columns_of(counts: Mapping[str, int], header: Header) -> tuple[Column, ...]:
    """Return the columns that have a header or a value.

    Args:
        counts: Column → how many of its cells hold something (`filled`).
        header: The header.
    """
    columns = []
    for name, count in counts.items():
        position = int(name[1:])
        text = header.names[position] if position < len(header.names) else ""
        if text or count:
            columns.append(Column(position, text))
    return tuple(columns)


def header_facts(header: Header, columns: Sequence[Column], counts: Mapping[str, int]) -> list[Fact]:
    """Tell what is odd about a header; `counts` as `filled` gives them."""
    row = header.last + 1
    noticed = []
    if header.first:
        noticed.append(Fact(facts.ROWS_ABOVE_HEADER, header.first, params={"count": header.first}))
    if header.last > header.first:
        noticed.append(Fact(facts.TWO_ROW_HEADER, row))
    seen: dict[str, Column] = {}
    for column in columns:
        if not column.header:
            noticed.append(Fact(facts.EMPTY_HEADER, row, column.position, {"count": counts[column.key]}))
            continue
        name = normalise_header(column.header)
        if name in seen:
            params = {"header": column.header, "first": seen[name].letter}
            noticed.append(Fact(facts.DUPLICATE_HEADER, row, column.position, params))
        seen.setdefault(name, column)
    return noticed


def _hidden_facts(grid: Grid, columns: Sequence[Column], kept: pl.DataFrame) -> list[Fact]:
    noticed = []
    if grid.hidden:
        noticed.append(Fact(facts.HIDDEN_SHEET, params={"sheet": grid.sheet or ""}))
    if grid.hidden_rows:
        hidden = pl.Series([row + 1 for row in grid.hidden_rows], dtype=pl.UInt32)
        rows = kept[ROW].filter(kept[ROW].is_in(hidden.implode())).to_list()
        if rows:
            params: dict[str, object] = {"count": len(rows), "rows": facts.row_list(rows)}
            noticed.append(Fact(facts.HIDDEN_ROWS, rows[0], params=params))
    positions = set(grid.hidden_columns)
    covered = [column for column in columns if column.position in positions]
    if covered:
        letters = facts.column_list(column.position for column in covered)
        headers = "、".join(column.header for column in covered if column.header)
        params = {"count": len(covered), "columns": letters, "headers": headers}
        noticed.append(Fact(facts.HIDDEN_COLUMNS, None, covered[0].position, params))
    return noticed


def _error_facts(grid: Grid, columns: Sequence[Column], kept: pl.DataFrame) -> list[Fact]:
    if not grid.errors.height:
        return []
    cells = grid.errors.with_columns((pl.col("row") + 1).alias(ROW)).filter(
        pl.col(ROW).is_in(kept[ROW].implode()), pl.col("position").is_in([column.position for column in columns])
    )
    return [
        Fact(facts.FORMULA_ERROR, row, position, {"error": text})
        for row, position, text in cells.sort(ROW, "position").select(ROW, "position", "text").iter_rows()
    ]


def ragged_rows(ragged: Mapping[int, int], kept: pl.DataFrame) -> dict[int, int]:
    """Return row number → cells found, for the irregular records (0-based row → cells) whose rows are kept."""
    if not ragged:
        return {}
    rows = set(kept[ROW].to_list())
    return {row + 1: cells for row, cells in sorted(ragged.items()) if row + 1 in rows}


def text_facts(ragged: Mapping[int, int], unclosed: Sequence[int], expected: int) -> list[Fact]:
    """Tell which records of a text file are irregular.

    Args:
        ragged: Row number → cells found, of rows that are kept.
        unclosed: 0-based rows in which a quotation mark never closes.
        expected: Cells that a record should have.
    """
    noticed = [Fact(facts.UNCLOSED_QUOTE, row + 1) for row in unclosed]
    short = [row for row, cells in ragged.items() if cells < expected]
    for row, cells in ragged.items():
        if cells > expected or len(short) <= _SHORT_ROWS:
            noticed.append(Fact(facts.RAGGED_ROW, row, params={"expected": expected, "found": cells, "count": 1}))
    if len(short) > _SHORT_ROWS:
        params = {"expected": expected, "found": min(ragged[row] for row in short), "count": len(short)}
        noticed.append(Fact(facts.RAGGED_ROW, short[0], params=params))
    return noticed


def _numeric(grid: Grid, columns: Sequence[Column], kept: pl.DataFrame) -> dict[int, pl.Series]:
    """Return, for each column with long numbers stored as numbers, which of its data cells are."""
    if grid.numeric is None or not grid.numeric.height:
        return {}
    positions = {column.position for column in columns}
    masks = {}
    for (position,), cells in grid.numeric.group_by("position", maintain_order=True):
        if position in positions:
            mask = kept[ROW].is_in((cells["row"] + 1).implode())
            if mask.any():
                masks[int(position)] = mask.rename(f"c{position}")
    return dict(sorted(masks.items()))
