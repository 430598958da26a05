"""Inputs that a fuzz campaign found (`tests/fuzz/run.py`) and that were mended: each is read, or refused in a sentence.

The name of a file says how it is read: `encoding=`, `header_row=` and `sheet=` before the first dot are the reader's options, and a
kind of written file (`settings-…`) says what it is.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_rosters import children, write_roster
from conftest import Outcome

from xueji_cli.errors import InputError
from xueji_cli.schema.loading import load_schema, schema_names
from xueji_cli.schema.vocabulary import Vocabulary
from xueji_cli.tables.options import ReadOptions
from xueji_cli.tables.reader import read_tables
from xueji_cli.tables.streaming import Unstreamable, open_stream

CORPUS = Path(__file__).parent / "corpus"
TABLES = sorted((CORPUS / "tables").iterdir())
WRITTEN = sorted((CORPUS / "written").iterdir())
VOCABULARY = Vocabulary([load_schema(name) for name in schema_names()])
DAY = ("--as-of", "2025-10-15")

#: Kind of a written file → the command that reads it.
COMMANDS = {
    "schema": ("schema", "check", "{file}"),
    "settings": ("check", "roster.csv", "--config", "{file}"),
    "codes": ("schema", "check", "{file}"),
    "state": ("clean", "roster.csv", "-o", "cleaned/", "--since-state", "{file}", *DAY),
    "undo": ("clean", "roster.csv", "--undo", "{file}", "-o", "back.csv", *DAY),
    "decisions": ("dedupe", "roster.csv", "--decisions", "{file}", *DAY),
    "entries": ("reconcile", "roster.csv", "--actual", "other.csv", "--entries", "{file}", *DAY),
    "log": ("changes", "roster.csv", "other.csv", "--old-date", "2025-03-10", "--new-date", "2025-10-31", "--log", "{file}"),
    "names": ("clean", "roster.csv", "--school-names", "{file}", "--diff", *DAY),
    "ledger": ("retention", "--roll", "roster.csv", "--present", "other.csv", "--previous", "{file}", *DAY),
}  # fmt: skip


def options_of(name: str) -> ReadOptions:
    given = dict(part.split("=") for part in name.split(".")[0].split(",") if "=" in part)
    row = given.get("header_row")
    return ReadOptions(
        encoding=given.get("encoding"),
        sheet=given.get("sheet"),
        header_row=int(row) if row else None,
        max_bytes=1 << 26,
    )


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_what_was_found_is_read_or_refused(path: Path) -> None:
    options = options_of(path.name)
    try:
        assert read_tables(str(path), options, VOCABULARY)
    except InputError:
        return


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_what_was_found_in_pieces(path: Path) -> None:
    stream = open_stream(str(path), options_of(path.name), VOCABULARY, 2)
    if stream is None:
        return
    try:
        assert sum(piece.height for piece in stream.pieces()) == stream.finished().streamed
    except (InputError, Unstreamable):
        return


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_what_was_found_in_written_files(path: Path, command: Callable[..., Outcome], tmp_path: Path) -> None:
    write_roster(tmp_path / "roster.csv", children(3))
    write_roster(tmp_path / "other.csv", children(4))
    kind = path.name.split("-")[0]
    done = command(*(each.format(file=path) for each in COMMANDS[kind]))
    assert done.status in (0, 1, 2), done.err
    assert "Traceback" not in done.err


def test_a_failure_inside_a_library_is_one_sentence(tmp_path: Path) -> None:
    """This workbook makes calamine fail inside, which prints a trace of its own to stderr, with what it met."""
    write_roster(tmp_path / "good.csv", children(3, 照片="无"))
    panic = CORPUS / "tables" / "panic.xlsb"
    call = [sys.executable, "-m", "xueji_cli", "check", str(panic), "good.csv", *DAY]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    err = done.stderr.decode()
    assert done.returncode == 2
    assert err.count("\n") == 1
    assert err.startswith(f"xueji: {panic} 已损坏")
    assert "PT01" in done.stdout.decode()
