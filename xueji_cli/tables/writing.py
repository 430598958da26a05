"""Write files whole or not at all, never over an input, and never with a cell that a spreadsheet would execute."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.tables.names import reserved
from xueji_cli.tables.paths import Inputs
from xueji_cli.tables.secret import Password

# What a spreadsheet takes for the start of a formula, full-width forms too; plain numbers are none.
_DANGEROUS = r"^[=+\-@\t\r\n＝＋－＠]"
# Strokes alone, which fill a cell in every second roster, are none either.
_NUMBER = r"^(?:[+\-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)|[+\-]+)$"


def neutralise(text: str) -> str:
    """Return text that no spreadsheet executes: a quotation mark before what reads like a formula."""
    return "'" + text if re.match(_DANGEROUS, text) and not re.fullmatch(_NUMBER, text) else text


def neutralised(column: pl.Expr) -> pl.Expr:
    """Return `neutralise` as an expression over a String column."""
    bad = column.str.contains(_DANGEROUS) & ~column.str.contains(_NUMBER)
    return pl.when(~bad.fill_null(value=False)).then(column).otherwise(pl.concat_str(pl.lit("'"), column))


#: Suffixes of outputs that can have a password.
LOCKABLE = (".xlsx", ".xlsm")

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
#: On Linux and macOS; on Windows.
_FULL_IN_POLARS = ("(os error 28)", "(os error 112)")

#: What the names of temporary folders end in.
_MARK = ".xueji-tmp"
#: Seconds after which no run is still writing one file.
_ABANDONED = 24 * 3600


@contextlib.contextmanager
def whole_file(path: str | Path, *, inputs: Iterable[str] = ()) -> Iterator[Path]:
    """Give the path of a temporary file that takes the place of `path` when the block ends well.

    The temporary file keeps the suffix and lies in a hidden folder of its own beside `path`, `.<name>-…xueji-tmp`. What
    libraries put aside while the block runs (a workbook's rows) lies there too and not in the folder that all users share.
    Nothing is left behind when the block fails or is interrupted, and a file that stood at `path` is then still there as it
    was. Where a process was killed the folder stays; nothing reads it, and a run to the same target a day later removes it.
    Where outputs are `protected`, a workbook is encrypted before it takes its place.

    Args:
        path: Where the file is to be.
        inputs: Paths of the inputs, none of which may be written over.

    Raises:
        UserError: `output_is_input`, `output_permission`, `output_in_use`, `output_no_folder`, `output_is_directory`,
            `output_reserved_name`, `output_failed`.
    """
    target = Path(path)
    refuse_input(target, inputs)
    if target.is_dir():
        raise UserError("output_is_directory", file=str(path))
    # Named before it is made: between the two nothing that interrupts can leave a folder that nobody knows of.
    folder = target.parent / f"{_prefix(target)}{secrets.token_hex(8)}{_MARK}"
    try:
        _make(folder, target)
        _remove_old(folder, target)
        temporary = folder / f"new{target.suffix}"
        temporary.touch()
        with _scratch(folder):
            yield temporary
        _lock(temporary)
        _replace(temporary, target)
    except PermissionError:
        raise UserError("output_permission", file=str(path)) from None
    except OSError as error:
        raise UserError("output_failed", file=str(path), reason=error.strerror or type(error).__name__) from None
    except pl.exceptions.PolarsError as error:
        if not disk_is_full(error):
            raise
        raise UserError("output_failed", file=str(path), reason=os.strerror(errno.ENOSPC)) from None
    finally:
        try:
            shutil.rmtree(folder, ignore_errors=True)
        except KeyboardInterrupt:  # an impatient user
            shutil.rmtree(folder, ignore_errors=True)
            raise


def disk_is_full(error: BaseException) -> bool:
    """Say whether something failed because the disk has no more room; Polars says it in its own way."""
    return getattr(error, "errno", None) in _FULL or any(said in str(error) for said in _FULL_IN_POLARS)


#: What every workbook that is written needs to be opened; one of the process, because writers may work in any thread.
_password: Password | None = None


@contextlib.contextmanager
def protected(password: Password) -> Iterator[None]:
    """Encrypt every workbook that is written while the block runs: no writer can forget to."""
    global _password
    before, _password = _password, password
    try:
        yield
    finally:
        _password = before


def protects() -> bool:
    """Say whether workbooks are being encrypted."""
    return _password is not None


def _lock(temporary: Path) -> None:
    if _password is None or temporary.suffix.lower() not in LOCKABLE:
        return
    from xueji_cli.tables.locked import lock

    lock(temporary, _password)


def refuse_input(path: str | Path, inputs: Iterable[str]) -> None:
    """Refuse to write over an input, and on Windows to what it takes for a device (`aux.xlsx`, `CON/名册.xlsx`).

    Raises:
        UserError: `output_is_input`, `output_reserved_name`.
    """
    if os.name == "nt" and (names := [part for part in Path(path).parts if reserved(part)]):
        raise UserError("output_reserved_name", file=str(path), name=names[0])
    known = inputs if isinstance(inputs, Inputs) else Inputs(inputs)
    if known.hold(path):
        raise UserError("output_is_input", file=str(path))


def _make(folder: Path, target: Path) -> None:
    try:
        folder.mkdir(0o700)
    except FileNotFoundError:
        raise UserError("output_no_folder", file=str(target), folder=str(target.parent)) from None
    except NotADirectoryError:
        raise UserError("output_no_folder", file=str(target), folder=str(target.parent)) from None
    except PermissionError:
        raise UserError("output_permission", file=str(target)) from None
    except OSError as error:
        raise UserError("output_failed", file=str(target), reason=error.strerror or type(error).__name__) from None


def _prefix(target: Path) -> str:
    return f".{target.name[:40]}-"


def _remove_old(folder: Path, target: Path) -> None:
    """Remove what killed runs to the same target left behind, when it is too old to be a run's that is still at work."""
    # A plain list of names: among thousands of outputs a pattern for each name takes longer than to write the file.
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = [name for name in os.listdir(target.parent) if name.endswith(_MARK)]  # noqa: PTH208
    for left in (target.parent / name for name in names if name.startswith(_prefix(target))):
        with contextlib.suppress(OSError):
            if left != folder and time.time() - left.stat().st_mtime > _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[None]:
    """Let libraries put their temporary files into a folder, so that they go with it whatever happens."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _replace(temporary: Path, target: Path) -> None:
    # An output is as open as the file it replaces; as a new one it is as open as any.
    with contextlib.suppress(OSError):
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
    _settle(temporary)
    try:
        temporary.replace(target)
    except PermissionError:
        # Windows refuses to replace a file that Excel or WPS has open.
        key = "output_in_use" if target.exists() else "output_permission"
        raise UserError(key, file=str(target)) from None
    # The name is as lasting as the content; Windows has no handle for a folder and needs none.
    with contextlib.suppress(OSError):
        _settle(target.parent)


def _settle(path: Path) -> None:
    """Have the system put a file or folder on the disk: a power cut after the name was given must not leave it empty.

    Raises:
        OSError: The disk takes no more of it, which some tell only now.
    """
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
