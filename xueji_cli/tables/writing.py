"""Write files whole or not at all, never over an input, and never with a cell that a spreadsheet would execute."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.tables.paths import same_file_key

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


@contextlib.contextmanager
def whole_file(path: str | Path, *, inputs: Iterable[str] = ()) -> Iterator[Path]:
    """Give the path of a temporary file that takes the place of `path` when the block ends well.

    The temporary file lies in the same folder and keeps the suffix. Nothing is left behind when the block fails or is
    interrupted, and a file that stood at `path` is then still there as it was.

    Args:
        path: Where the file is to be.
        inputs: Paths of the inputs, none of which may be written over.

    Raises:
        UserError: `output_is_input`, `output_permission`, `output_in_use`, `output_no_folder`, `output_is_directory`,
            `output_failed`.
    """
    target = Path(path)
    refuse_input(target, inputs)
    if target.is_dir():
        raise UserError("output_is_directory", file=str(path))
    temporary = _beside(target)
    try:
        yield temporary
        _replace(temporary, target)
    except PermissionError:
        raise UserError("output_permission", file=str(path)) from None
    except OSError as error:
        raise UserError("output_failed", file=str(path), reason=error.strerror or type(error).__name__) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_whole(path: str | Path, writer: Callable[[Path], object], *, inputs: Iterable[str] = ()) -> None:
    """Call `writer` with a temporary path, and put the file it wrote at `path`; see `whole_file`."""
    with whole_file(path, inputs=inputs) as temporary:
        writer(temporary)


def refuse_input(path: str | Path, inputs: Iterable[str]) -> None:
    """Refuse to write over an input.

    Raises:
        UserError: `output_is_input`.
    """
    wanted = same_file_key(path)
    for name in inputs:
        if same_file_key(name) == wanted or _same_inode(path, name):
            raise UserError("output_is_input", file=str(path))


def _same_inode(left: str | Path, right: str | Path) -> bool:
    """Hard links and other spellings of one file."""
    try:
        return Path(left).samefile(right)
    except (OSError, ValueError):
        return False


def _beside(target: Path) -> Path:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem[:40]}-", suffix=target.suffix, dir=target.parent)
    except FileNotFoundError:
        raise UserError("output_no_folder", file=str(target), folder=str(target.parent)) from None
    except NotADirectoryError:
        raise UserError("output_no_folder", file=str(target), folder=str(target.parent)) from None
    except PermissionError:
        raise UserError("output_permission", file=str(target)) from None
    except OSError as error:
        raise UserError("output_failed", file=str(target), reason=error.strerror or type(error).__name__) from None
    os.close(handle)
    return Path(name)


def _replace(temporary: Path, target: Path) -> None:
    # mkstemp makes files that only their owner may read; an output is as open as the file it replaces, or as any new file.
    with contextlib.suppress(OSError):
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        elif os.name != "nt":
            mask = os.umask(0)
            os.umask(mask)
            temporary.chmod(0o666 & ~mask)
    try:
        temporary.replace(target)
    except PermissionError:
        # Windows refuses to replace a file that Excel or WPS has open.
        key = "output_in_use" if target.exists() else "output_permission"
        raise UserError(key, file=str(target)) from None
