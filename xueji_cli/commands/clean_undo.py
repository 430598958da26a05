"""`xueji clean --undo`: a cleaned file with its original values again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from xueji_cli.console import Console
    from xueji_cli.settings import Settings


def run_undo(path: str, changes: str, output: str, settings: Settings, console: Console) -> int:
    """Restore the values of one cleaned file from a log of changes, and return the exit status: 1 when cells were edited since.

    Raises:
        UserError: When a file can't be read, or the log has no change of this file.
    """
    import polars as pl

    from xueji_cli.cleaning.shaping import PLACE, OutColumn, Output
    from xueji_cli.cleaning.undo import undo
    from xueji_cli.cleaning.writing import write_output
    from xueji_cli.commands.clean_plan import check_output
    from xueji_cli.commands.inputs import read_rosters
    from xueji_cli.errors import UserError
    from xueji_cli.reports.change_log import read_log
    from xueji_cli.reports.clean_text import render_undo
    from xueji_cli.tables.table import ROW

    check_output(output, [path, changes])
    log = read_log(changes, console.keys)
    rosters, failures = read_rosters([path], settings, console)
    if failures:
        raise failures[0]
    roster = rosters[0]
    undone = undo(roster.table, _of_file(log, path))
    # A file in which hardly a cell fits is another file, and what fits in it does so by chance.
    if undone.restored <= undone.edited.height:
        raise UserError("clean_log_of_other_file", log=changes, file=path)
    bound = {column.key: roster.schema.by_name[name] for name, column in roster.columns.items()}
    columns = tuple(OutColumn(key, header, bound.get(key)) for key, header in undone.headers.items())
    rows = undone.frame.drop(ROW).with_row_index(PLACE)
    write_output(
        Output(roster.schema, roster.schema.code_tables, columns, rows),
        output,
        sheet=roster.schema.title or roster.schema.name,
        codes_sheet=console.text("schema.template.codes_sheet"),
        inputs=[path, changes],
    )
    edited = undone.edited.filter(pl.col("to_column").is_not_null()).rows()
    console.payload(render_undo(undone.restored, edited, output, lang=console.lang))
    return 1 if edited else 0


def _of_file(log: pl.DataFrame, path: str) -> pl.DataFrame:
    """Return the changes of one file of a log; a file that was moved is known by its name, if only one in the log has it."""
    from pathlib import Path

    import polars as pl

    from xueji_cli.tables.paths import same_file_key

    files = log["to_file"].unique().drop_nulls().to_list()
    same = [each for each in files if same_file_key(each) == same_file_key(path)]
    same = same or [each for each in files if Path(each).name == Path(path).name]
    if not same and len(files) == 1:
        same = files
    return log.filter(pl.col("to_file").is_in(same[:1]))
