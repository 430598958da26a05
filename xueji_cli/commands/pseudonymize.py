"""`xueji pseudonymize`: rosters with every identity replaced by a key, so that a problem can be shown to whoever must find it."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import typer

from xueji_cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from xueji_cli.console import Console
    from xueji_cli.errors import InputError
    from xueji_cli.pseudonyms.engine import Pseudonymised, Pseudonymiser
    from xueji_cli.schema.model import Field, Schema
    from xueji_cli.schema.roster import Roster

DONE, UNREADABLE = 0, 2

#: Why a sheet of a file that was read otherwise is no roster.
_NO_ROSTER = ("no_schema_fits", "no_header", "no_data")


def pseudonymize(
    ctx: typer.Context,
    files: options.Files,
    output: options.PseudonymOutput,
    key_file: options.KeyFile = None,
    new_key: options.NewKey = False,
    keep: options.Keep = None,
    replace_schools: options.ReplaceSchools = False,
    keep_unknown: options.KeepUnknown = False,
    table: options.TranslationTable = None,
    schema: options.SchemaName = None,
    mapping: options.Mapping = None,
    sheet: options.Sheet = None,
    header_row: options.HeaderRow = None,
    encoding: options.Encoding = None,
    recursive: options.Recursive = False,
    password_file: options.PasswordFile = None,
    config: options.Config = None,
    lang: options.Lang = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> int:
    """Replace identities."""
    from xueji_cli.commands.inputs import read_rosters
    from xueji_cli.commands.showing import tell_failures
    from xueji_cli.commands.start import start
    from xueji_cli.errors import UserError
    from xueji_cli.pseudonyms.engine import Pseudonymiser, Wishes
    from xueji_cli.tables.keyfile import make_key, read_key
    from xueji_cli.tables.paths import expand_inputs

    console, settings = start(ctx, without=frozenset())
    if key_file is None:
        raise UserError("pseudonymize_no_key")
    paths = expand_inputs(files, recursive=settings.recursive)
    guarded = [path for path in (*paths, key_file) if path != "-"]
    key = make_key(key_file) if new_key else read_key(key_file)
    if new_key:
        console.note(console.text("cli.new_key", file=key_file))
    rosters, failures = read_rosters(paths, settings, console)
    failures = _without_other_sheets(rosters, failures, console)
    wishes = Wishes(key, _own, keep_region=keep == "region", schools=replace_schools, keep_unknown=keep_unknown)
    work = Pseudonymiser(wishes)
    _write(work, rosters, output, guarded, console)
    if table is not None and rosters:
        _write_table(work, table, guarded, console)
    tell_failures(failures, (), console, format="")
    return UNREADABLE if failures else DONE


def _own(cells: pl.Series, field: Field, schema: Schema) -> pl.Series:
    """Return which cells of a field that holds nothing personal say what belongs there: those that no mask would hide."""
    import polars as pl

    from xueji_cli.reports.masking import mask, mask_name

    if field.name in ("serial", "class_seat"):
        return cells.str.contains(r"^\s*[0-9A-Za-z.-]{0,6}\s*$")
    if field.name == "photo":
        return cells.str.contains(r"^.{0,3}$")
    kind = mask_name(field, schema.code_tables.get(field.code or ""))
    if kind == "codes":
        # Eight digits are a day, eleven a telephone number.
        return cells.str.contains(r"^\s*(?:[0-9]{9,10})?\s*$")
    return cells.to_frame("v").select(mask(pl.col("v"), kind) == pl.col("v")).to_series()


def _without_other_sheets(
    rosters: Sequence[Roster], failures: Sequence[InputError], console: Console
) -> list[InputError]:
    """Tell of the sheets that are no rosters and left out; return the files that could not be read."""
    from xueji_cli.tables.facts import SHEET_SKIPPED

    read = {roster.table.source.path for roster in rosters}
    passed = [error for error in failures if error.file in read and error.key.startswith(_NO_ROSTER)]
    skipped: dict[str, list[str]] = {error.file: [] for error in passed}
    for roster in rosters:
        for fact in roster.table.facts:
            if fact.key == SHEET_SKIPPED:
                skipped.setdefault(roster.table.source.path, []).append(str(fact.params["sheet"]))
    for file, sheets in skipped.items():
        console.note(console.text("cli.sheets_left_out", file=file, sheets="、".join(filter(None, sheets)) or "?"))
    return [error for error in failures if error not in passed]


def _write(
    work: Pseudonymiser, rosters: Sequence[Roster], output: str, guarded: Sequence[str], console: Console
) -> None:
    from xueji_cli.pseudonyms.writing import write_tables

    by_file: dict[str, list[Roster]] = {}
    for roster in rosters:
        by_file.setdefault(roster.table.source.path, []).append(roster)
    targets = _targets(work, by_file, output)
    with console.progress(console.text("cli.writing"), len(by_file)) as step:
        for (file, tables), path in zip(by_file.items(), targets, strict=True):
            step(PurePath(file).name)
            made = [work.table(roster) for roster in tables]
            cells = write_tables(made, path, _sheet_names(work, made), guarded)
            console.note(console.text("cli.written", file=path))
            if cells:
                console.note(console.text("clean.text.neutralised", file=path, count=cells))
            blanked = dict.fromkeys(column.header or column.letter for each in made for column in each.blanked)
            if blanked:
                console.note(console.text("cli.columns_blanked", file=path, columns="、".join(blanked)))


def _targets(work: Pseudonymiser, by_file: dict[str, list[Roster]], output: str) -> list[Path]:
    """Return where each file goes: the output itself for one file, else names like theirs in that folder.

    Raises:
        UserError: When one file is to hold several, or what it can't hold.
    """
    from xueji_cli.errors import UserError
    from xueji_cli.pseudonyms.writing import SUFFIXES, WORKBOOK
    from xueji_cli.tables.names import file_names

    suffixes = [SUFFIXES.get(tables[0].table.source.kind, WORKBOOK) for tables in by_file.values()]
    suffix = Path(output).suffix.lower()
    if suffix in (".csv", ".xlsx", ".parquet") and not Path(output).is_dir():
        if len(by_file) > 1 or any(suffix != each for each in suffixes):
            raise UserError("pseudonymize_output", file=output, suffix=suffixes[0] if suffixes else suffix)
        return [Path(output)] * len(by_file)
    home = Path(output)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise UserError("output_folder", folder=output) from None
    taken: list[str] = []
    for file, ending in zip(by_file, suffixes, strict=True):
        stem = PurePath(file.replace("\\", "/")).stem
        taken += file_names([_school(work, stem)], ending=ending, taken=taken)
    return [home / name for name in taken]


def _school(work: Pseudonymiser, text: str) -> str:
    """Return the name of a file or sheet, which as often as not is a school's."""
    import polars as pl

    from xueji_cli.pseudonyms.words import schools

    return str(schools(work.cipher, pl.Series([text]))[0]) if work.wishes.schools else text


def _sheet_names(work: Pseudonymiser, tables: Sequence[Pseudonymised]) -> list[str]:
    from xueji_cli.reports.sheets import free_name

    names: list[str] = []
    for each in tables:
        names.append(free_name(_school(work, each.roster.table.source.sheet or ""), names))
    return names


def _write_table(work: Pseudonymiser, path: str, guarded: Sequence[str], console: Console) -> None:
    from xueji_cli.pseudonyms.engine import translation
    from xueji_cli.pseudonyms.writing import write_translation

    headers = [console.text(f"cli.translation.{name}") for name in ("kind", "original", "pseudonym")]
    write_translation(translation(work.pairs), headers, path, guarded)
    console.note(console.text("cli.translation.written", file=path))
