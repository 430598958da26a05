"""Small tables of made-up children, written as files and read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import table_files as make

from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.table import ROW, Fact, Table

HEAD = ["姓名", "性别", "身份证件号", "班级", "备注"]


def child(number: int) -> list[make.Cell]:
    return [f"学生{'一二三四五六七八九十'[number % 10]}", "男", f"34132320120412{number:04}", "一(1)班", None]


def table_of(folder: Path, rows: Sequence[Sequence[make.Cell]], name: str = "a.xlsx", **more: object) -> Table:
    options = {key: more.pop(key) for key in ("sheet", "header_row") if key in more}
    path = folder / name
    data = make.xlsx(rows, **more) if name.endswith("xlsx") else make.csv_text(rows).encode()  # type: ignore[arg-type]
    path.write_bytes(data)
    (table,) = read_tables(str(path), ReadOptions(**options), make.Words())  # type: ignore[arg-type]
    return table


def keyed(table: Table, key: str) -> list[Fact]:
    return [fact for fact in table.facts if fact.key == key]


def names(table: Table) -> list[tuple[int, str]]:
    return list(table.frame.select(ROW, table.columns[0].key).iter_rows())


BLANK: list[make.Cell] = []
