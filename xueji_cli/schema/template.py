"""An empty import workbook of a schema: text cells that Excel leaves alone, drop-downs, a comment on each header."""

from __future__ import annotations

import io
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from xueji_cli.schema.model import FieldType
from xueji_cli.tables.table import column_letter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.schema.model import CodeTable, Field, Schema

#: Rows that get drop-downs; cells below are text as well.
ROWS = 5000

#: Excel's limit for the text of a list inside a drop-down; longer lists stand on a sheet of their own.
_INLINE_LIMIT = 255

#: Excel's limit for the name of a sheet.
_SHEET_NAME_LIMIT = 31


def template_fields(schema: Schema) -> list[Field]:
    """Return the columns of the import template in their order; all fields where a schema has no template."""
    numbered = sorted((f for f in schema.fields if f.template), key=lambda f: f.template or 0)
    return numbered or list(schema.fields)


def choices(table: CodeTable) -> list[str]:
    """Return what a drop-down offers: the entries the national system lists, or all where none is marked."""
    return [e.label for e in table.entries if e.listed] or [e.label for e in table.entries]


def template_workbook(schema: Schema, words: Mapping[str, str]) -> bytes:
    """Make the workbook.

    Args:
        schema: The schema.
        words: Texts by name: `codes_sheet`, `must`, `may`, `kind_<type>`, `from_list`, `source`.

    Returns:
        The .xlsx file.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False})
    sheet = workbook.add_worksheet((schema.title or schema.name)[:_SHEET_NAME_LIMIT])
    text = workbook.add_format({"num_format": "@"})
    must = workbook.add_format({"num_format": "@", "bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True})
    may = workbook.add_format({"num_format": "@", "bold": True, "bg_color": "#E2EFDA", "border": 1, "text_wrap": True})
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    lists = Lists(words["codes_sheet"])
    for position, field in enumerate(template_fields(schema)):
        header = field.template_header or field.title
        # Text in the whole column: an ID number typed here keeps its 18 digits.
        sheet.set_column(position, position, column_width(field, header), text)
        sheet.write_string(0, position, header, must if field.filled or field.required else may)
        sheet.write_comment(0, position, _comment(field, schema, words), {"x_scale": 1.6, "y_scale": 1.2})
        if field.code:
            offered = choices(schema.code_tables[field.code])
            sheet.data_validation(1, position, ROWS, position, lists.validation(field.code, offered))
    lists.write(workbook)
    workbook.close()
    return buffer.getvalue()


class Lists:
    """Drop-downs, and the last sheet, where lists stand that are too long to be written into one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._offered: dict[str, Sequence[str]] = {}

    def validation(self, table: str, offered: Sequence[str]) -> dict[str, Any]:
        """Return what a drop-down of a code table is, as xlsxwriter names it."""
        # The list helps and does not forbid: a cell may need what no list foresees, and `xueji check` says so later.
        options: dict[str, Any] = {"validate": "list", "error_type": "warning"}
        if len(",".join(offered)) <= _INLINE_LIMIT and not any("," in label for label in offered):
            return {**options, "source": list(offered)}
        self._offered.setdefault(table, offered)
        letter = column_letter(list(self._offered).index(table))
        return {**options, "source": f"='{self._name}'!${letter}$1:${letter}${len(offered)}"}

    def write(self, workbook: Any) -> None:
        """Add the sheet, if any drop-down needs it; row by row, as a workbook in constant memory wants it."""
        if not self._offered:
            return
        sheet = workbook.add_worksheet(self._name)
        for row, labels in enumerate(zip_longest(*self._offered.values())):
            for column, label in enumerate(labels):
                if label is not None:
                    sheet.write_string(row, column, label)


def column_width(field: Field, header: str) -> float:
    """Return a column width: room for an ID number, an address, or the header in two lines."""
    if field.type in (FieldType.ID_NUMBER, FieldType.ROLL_NUMBER):
        return 22
    return max(10, len(header) * 1.1 + 2) if len(header) > 8 else 14


def _comment(field: Field, schema: Schema, words: Mapping[str, str]) -> str:
    lines = [words["must"] if field.filled or field.required else words["may"]]
    if field.code:
        offered = choices(schema.code_tables[field.code])
        lines.append(words["from_list"] + "、".join(offered[:8]) + ("…" if len(offered) > 8 else ""))
    elif kind := words.get(f"kind_{field.type}"):
        lines.append(kind)
    if field.source:
        lines.append(words["source"] + field.source)
    return "\n".join(lines)
