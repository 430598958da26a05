"""The data rows of a sheet: what stands between its header and its end, without footers, notes and blank rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from xueji_cli.tables import facts
from xueji_cli.tables.grid import Grid, Merge
from xueji_cli.tables.header import Header
from xueji_cli.tables.headers import normalise_header, shown_header
from xueji_cli.tables.table import ROW, Column, Fact, column_letter

#: So many short rows of a text file are told one by one; more of them in one fact. (Excel leaves the last empty cells of
#: rows away in blocks of sixteen.)
_SHORT_ROWS = 20

# A footer says what it is in its first cell. Sums may stand alone; a role or a place needs its colon or "signature", so that
# a child cannot be taken for one.
_FOOTER = (
    r"^[\s　]*(?:"
    r"(?:合\s*计|总\s*计|小\s*计|共\s*计|总\s*人\s*数|合计人数|本页小计|本班合计)\s*(?:$|[:：\d（(人共为])"
    r"|(?:填\s*表|填\s*报|制\s*表|审\s*核|复\s*核|审\s*批|经\s*办|负\s*责|联\s*系|统\s*计|录\s*入|打\s*印|导\s*出|上\s*报|报\s*送)"
    r"\s*(?:人|者|员|单\s*位|学\s*校|日\s*期|时\s*间|电\s*话|领\s*导)?\s*(?:签\s*[字名章])?\s*(?:[（(][^（()）]*[)）])?\s*(?:[:：]|$)"
    r"|(?:校\s*长|园\s*长|班\s*主\s*任|单\s*位|学\s*校|学\s*籍\s*管\s*理\s*员|主\s*管|分\s*管|领\s*导)[^:：]{0,8}?"
    r"(?:签\s*[字名章]|盖\s*章)"
    r"|(?:校\s*长|园\s*长|班\s*主\s*任|电\s*话|日\s*期|学\s*籍\s*管\s*理\s*员|主\s*管\s*领\s*导|分\s*管\s*领\s*导)\s*[:：]"
    r"|(?:备\s*注|附\s*注|说\s*明|注\s*意(?:事\s*项)?|填写说明|填表说明|填报说明|填表须知|填报须知|提\s*示|注)\s*\d{0,2}\s*[:：.．、]"
    r"|(?:填写说明|填表说明|填报说明|注意事项|填表须知|填报须知)\s*$"
    r"|[（(]?\s*以下\s*(?:空\s*白|无\s*正\s*文)|第\s*\d+\s*页|共\s*\d+\s*页|[（(]\s*盖\s*章\s*[）)]"
    r")"
)
_REMARK_HEADERS = re.compile("备注|说明|附注")
# The hint row of a template, right below its header.
_HINTS = frozenset(
    ["必填", "选填", "必录", "非必填", "可选", "可填", "可空", "必填项", "选填项", "非必填项", "文本", "日期", "数字", "下拉", "下拉选择", "系统生成", "自动生成"]
)
_PUNCTUATION = re.compile("[，。；：！、]")


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
    body = _null_empty(body)
    body = _show_numbers(body, grid)
    body = _show_errors(body, grid)
    # Blank rows go first: a class name merged over the lines left free for more children makes no children of them.
    body, blank = _without_blank(body)
    body, merged = _fill_merges(body, grid.merges, header)
    dropped = _Dropped.find(body, blank, grid, header)
    kept = body.filter(~pl.col(ROW).is_in(dropped.rows)) if dropped.rows else body
    columns = _columns(kept, header)
    kept = kept.select(ROW, *(column.key for column in columns))

    noticed += _header_facts(header, columns, kept)
    noticed += merged
    noticed += dropped.facts(kept)
    noticed += _hidden_facts(grid, columns, kept)
    noticed += _error_facts(grid, columns, kept)
    noticed += _text_facts(grid, header, kept)
    return Region(columns, kept, _numeric(grid, columns, kept), tuple(noticed))


def _null_empty(body: pl.DataFrame) -> pl.DataFrame:
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
    for merge in merges:
        wide = (merge.right - merge.left + 1) * 2 > max(2, len(body.columns) - 1)
        if merge.top > header.last and merge.bottom > merge.top and not wide:
            by_position.setdefault(merge.left, []).append(merge)
    noticed = []
    for position, ranges in sorted(by_position.items()):
        name = f"c{position}"
        if name not in body.columns:
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


@dataclass(frozen=True, slots=True)
class _Dropped:
    """Rows below the header that hold no child, by the reason they are left out for (row numbers as Excel shows)."""

    blank: list[int]
    repeated: list[int]
    footers: list[int]

    @property
    def rows(self) -> list[int]:
        """Those that are still in the frame."""
        return [*self.repeated, *self.footers]

    @classmethod
    def find(cls, body: pl.DataFrame, blank: list[int], grid: Grid, header: Header) -> _Dropped:
        names = [name for name in body.columns if name != ROW]
        positions = [int(name[1:]) for name in names]
        first = _first_filled(body, names)
        candidates = body.filter(first.str.contains(_FOOTER).fill_null(value=False))
        # A loop over the few rows whose first filled cell reads like a footer.
        footers = [row[0] for row in candidates.iter_rows() if _is_footer(row[1:], positions, header)]
        repeated = _repeated(body, grid, header)
        footers += _notes_below(body, header, {*footers, *repeated})
        return cls(blank, repeated, sorted(footers))

    def facts(self, kept: pl.DataFrame) -> list[Fact]:
        noticed = [Fact(facts.HEADER_REPEATED, row) for row in self.repeated]
        noticed += [Fact(facts.FOOTER_DROPPED, row) for row in self.footers]
        last = kept[ROW].max() if kept.height else 0
        between = [row for row in self.blank if row < last]  # type: ignore[operator]
        if between:
            params = {"count": len(between), "rows": facts.row_list(between)}
            noticed.append(Fact(facts.BLANK_ROWS, between[0], params=params))
        return noticed


def _without_blank(body: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
    """Leave out rows without a value, and rows of nothing but white space; return their numbers, too."""
    names = [name for name in body.columns if name != ROW]
    first = _first_filled(body, names)
    # Only rows that begin with white space need a look at all their cells.
    doubtful = first.is_null() | (first.str.strip_chars() == "").fill_null(value=False)
    if not doubtful.any():
        return body, []
    blanks = (pl.col(name).str.strip_chars().fill_null("") == "" for name in names)
    blank = body.filter(doubtful).filter(pl.all_horizontal(*blanks, pl.lit(value=True)))[ROW]
    return body.filter(~pl.col(ROW).is_in(blank.implode())), blank.to_list()


def _first_filled(body: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Return the first filled cell of each row, looking only as far right as there are rows without one."""
    first = pl.repeat(None, body.height, dtype=pl.String, eager=True)
    for name in names:
        first = body[name] if first.null_count() == body.height else first.zip_with(first.is_not_null(), body[name])
        if not first.null_count():
            break
    return first


def _is_footer(cells: Sequence[str | None], positions: Sequence[int], header: Header) -> bool:
    """Judge a row whose first filled cell may be that of a footer: it must be mostly empty, too."""
    filled = [
        (position, cell.strip()) for position, cell in zip(positions, cells, strict=True) if cell and cell.strip()
    ]
    position, cell = filled[0]
    named = sum(1 for name in header.names if name)
    if not re.match(_FOOTER, cell):
        return False
    if position < len(header.names) and _REMARK_HEADERS.search(header.names[position]):
        return False
    # Sums fill many cells, all with short numbers; only a child has an ID or a roll number.
    others = [text for _, text in filled[1:]]
    if any(re.fullmatch(r"[A-Z]?\d{12,18}[\dXx]?", text) for text in others):
        return False
    return len(filled) * 2 <= max(named, 2) or all(re.fullmatch(r"[\d.,%人]{1,8}", text) for text in others)


def _repeated(body: pl.DataFrame, grid: Grid, header: Header) -> list[int]:
    """Find header rows, and title rows, that come again inside the data (printed pages pasted together)."""
    rows: list[int] = []
    for index in range(header.first, header.last + 1):
        texts = {
            name: cell
            for name, cell in zip(grid.frame.columns, grid.frame.row(index), strict=True)
            if cell and cell.strip() and name in body.columns
        }
        if len(texts) < 2:
            continue
        # Exact equality of a handful of columns finds the candidates; the rest of the row confirms them.
        probe = list(texts.items())[:6]
        equal = pl.sum_horizontal((pl.col(name) == text).fill_null(value=False) for name, text in probe)
        candidates = body.filter(equal >= min(2, len(probe)))
        if candidates.height > 1000:
            continue  # not a header that comes again but a file full of one value
        wanted = {name: normalise_header(text) for name, text in texts.items()}
        for row in candidates.iter_rows(named=True):
            cells = {
                name: normalise_header(cell) for name, cell in row.items() if name != ROW and cell and cell.strip()
            }
            same = sum(1 for name, text in cells.items() if wanted.get(name) == text)
            if same >= 2 and same * 5 >= len(cells) * 4:
                rows.append(row[ROW])
    if rows:
        rows += _repeated_titles(body, grid, header, set(rows))
    return sorted(set(rows))


def _repeated_titles(body: pl.DataFrame, grid: Grid, header: Header, repeated: set[int]) -> list[int]:
    titles = {
        tuple(shown_header(cell) for cell in row if cell and cell.strip())
        for row in grid.frame.head(header.first).iter_rows()
    }
    above = sorted({row - back for row in repeated for back in range(1, header.first + 2)} - repeated)
    candidates = body.filter(pl.col(ROW).is_in(above))
    return [
        row[0]
        for row in candidates.iter_rows()
        if (texts := tuple(shown_header(cell) for cell in row[1:] if cell and cell.strip())) and texts in titles
    ]


def _notes_below(body: pl.DataFrame, header: Header, gone: set[int]) -> list[int]:
    """Find notes right below the header: column numbers, hints to fill in, one long sentence."""
    named = sum(1 for name in header.names if name)
    notes = []
    for row in body.head(5).iter_rows():
        if row[0] in gone:
            continue
        filled = [(position, cell.strip()) for position, cell in enumerate(row[1:]) if cell and cell.strip()]
        cells = [cell for _, cell in filled]
        numbers = len(cells) >= 3 and [cell.strip("()（）") for cell in cells] == [
            str(n) for n in range(1, len(cells) + 1)
        ]
        hints = len(cells) >= 2 and all(cell.strip("()（）*[]") in _HINTS for cell in cells)
        sentence = named >= 4 and len(cells) == 1 and len(cells[0]) >= 12 and _PUNCTUATION.search(cells[0]) is not None
        if not (numbers or hints or sentence):
            break
        notes.append(row[0])
    return notes


def _columns(kept: pl.DataFrame, header: Header) -> tuple[Column, ...]:
    columns = []
    for name in kept.columns:
        if name == ROW:
            continue
        position = int(name[1:])
        text = header.names[position] if position < len(header.names) else ""
        if text or kept[name].null_count() < kept.height:
            columns.append(Column(position, text))
    return tuple(columns)


def _header_facts(header: Header, columns: Sequence[Column], kept: pl.DataFrame) -> list[Fact]:
    row = header.last + 1
    noticed = []
    if header.first:
        noticed.append(Fact(facts.ROWS_ABOVE_HEADER, header.first, params={"count": header.first}))
    if header.last > header.first:
        noticed.append(Fact(facts.TWO_ROW_HEADER, row))
    seen: dict[str, Column] = {}
    for column in columns:
        if not column.header:
            count = kept.height - kept[column.key].null_count()
            noticed.append(Fact(facts.EMPTY_HEADER, row, column.position, {"count": count}))
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


def _text_facts(grid: Grid, header: Header, kept: pl.DataFrame) -> list[Fact]:
    if not grid.ragged and not grid.unclosed:
        return []
    rows = set(kept[ROW].to_list())
    expected = len(grid.frame.columns)
    noticed = [Fact(facts.UNCLOSED_QUOTE, row + 1) for row in grid.unclosed]
    found = {row + 1: cells for row, cells in sorted(grid.ragged.items()) if row + 1 in rows}
    short = [row for row, cells in found.items() if cells < expected]
    for row, cells in found.items():
        if cells > expected or len(short) <= _SHORT_ROWS:
            noticed.append(Fact(facts.RAGGED_ROW, row, params={"expected": expected, "found": cells, "count": 1}))
    if len(short) > _SHORT_ROWS:
        params = {"expected": expected, "found": min(found[row] for row in short), "count": len(short)}
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
                masks[int(position)] = mask.rename(f"c{position}")  # type: ignore[call-overload]
    return dict(sorted(masks.items()))
