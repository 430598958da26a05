"""Keys of `Fact`: what reading notices, with the parameters of each. `checks.table_rules` turns them into findings.

Rows and positions given as parameters are as people see them (`"5, 7–9"`, `"C, F"`); `Fact.row` is the row number that Excel
shows and `Fact.position` the 0-based column.
"""

from __future__ import annotations

from collections.abc import Iterable

from xueji_cli.tables.table import column_letter

#: One per column: values of vertically merged cells were copied down. position, row; count (ranges), example ("H3:H47").
MERGED_FILLED = "merged_filled"
#: Data rows that are hidden or filtered away. row (first); count, rows.
HIDDEN_ROWS = "hidden_rows"
#: Columns with a header or values that are hidden. position (first); count, columns (letters), headers.
HIDDEN_COLUMNS = "hidden_columns"
#: The sheet itself is hidden. sheet.
HIDDEN_SHEET = "hidden_sheet"
#: One per header (or title) row repeated inside the data; the row is left out. row.
HEADER_REPEATED = "header_repeated"
#: One per footer or note row that is left out (合计, 填表人, 说明 …). row.
FOOTER_DROPPED = "footer_dropped"
#: Blank rows between data rows; they are left out. row (first); count, rows.
BLANK_ROWS = "blank_rows"
#: One per column whose header already stands further left. position, row (header); header, first (letter of the first).
DUPLICATE_HEADER = "duplicate_header"
#: One per column that has values but no header. position, row (header); count (values).
EMPTY_HEADER = "empty_header"
#: A record of a text file with another number of cells than the header. row; expected, found, count (rows alike: 1, or all
#: short ones in one fact when there are many).
RAGGED_ROW = "ragged_row"
#: A text file's quotation mark that never closes; the mark was ignored. row.
UNCLOSED_QUOTE = "unclosed_quote"
#: The header has two rows, joined by a slash. row (the lower one).
TWO_ROW_HEADER = "two_row_header"
#: One per cell that shows a formula error. row, position; error ("#N/A").
FORMULA_ERROR = "formula_error"
#: The name promises another kind of file. kind, named.
WRONG_NAME = "wrong_name"
#: A sheet that was not read, on the first table of its file. sheet, hidden (bool), reason ("no_header" | "no_data_rows" | …).
SHEET_SKIPPED = "sheet_skipped"
#: Title rows above the header. row (last of them); count.
ROWS_ABOVE_HEADER = "rows_above_header"

#: How many stretches `row_list` names before it stops.
_STRETCHES = 20


def row_list(rows: Iterable[int]) -> str:
    """Write ascending row numbers as people do: `5, 7–9`."""
    stretches: list[tuple[int, int]] = []
    for row in rows:
        if stretches and row == stretches[-1][1] + 1:
            stretches[-1] = (stretches[-1][0], row)
        elif len(stretches) == _STRETCHES:
            return _join(stretches) + " …"
        else:
            stretches.append((row, row))
    return _join(stretches)


def _join(stretches: list[tuple[int, int]]) -> str:
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in stretches)


def column_list(positions: Iterable[int]) -> str:
    """Write column positions as letters: `C, F`."""
    return ", ".join(column_letter(position) for position in positions)
