"""What a run is told: `xueji.toml`, then `XUEJI_*`, then flags, in one frozen object."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.messages.catalogue import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME = "xueji.toml"
FORMATS = ("text", "json", "jsonl", "csv")
FAIL_ON = ("error", "warning", "notice", "never")
DEFAULT_PACK = "national-2025"

#: Keys of `xueji.toml` with what they hold. Each is also `XUEJI_<KEY>` and a flag of the same name.
_TEXT = frozenset({"schema", "rules", "as_of", "encoding", "sheet", "fail_on", "lang", "format", "photos", "classes"})
_LISTS = frozenset({"select", "ignore", "schema_folders"})
_FLAGS = frozenset({"reveal", "recursive"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run.

    Attributes:
        schema: Name or path; None to take the one that fits best.
        rules: Name or path of the rule pack.
        as_of: The day that fixes every age and grade rule.
        sheet: Name or number of the one sheet to read.
        encoding: Of text files.
        header_row: As Excel shows it.
        mapping: `列名=字段` decisions.
        select: Codes, families or slugs of rules to run; empty for all.
        ignore: Those not to run.
        fail_on: Worst severity that still ends with 0 lies below this; `never` for always 0.
        reveal: Show personal data.
        lang: Language.
        format: What goes to stdout.
        photos: Folder of photo files.
        classes: Class list.
        recursive: Look into folders of folders.
        schema_folders: Folders of the user's own schemas, tables and packs.
        rule_overrides: Rule code → severity and parameters from `[rule.CODE]`.
        file: The settings file that was read.
    """

    schema: str | None = None
    rules: str = DEFAULT_PACK
    as_of: date = field(default_factory=date.today)
    sheet: str | None = None
    encoding: str | None = None
    header_row: int | None = None
    mapping: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = "error"
    reveal: bool = False
    lang: str = "zh"
    format: str = "text"
    photos: str | None = None
    classes: str | None = None
    recursive: bool = False
    schema_folders: tuple[str, ...] = ()
    rule_overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    file: str | None = None


def find_file(start: Path) -> Path | None:
    """Return the nearest `xueji.toml`, in a folder or above it."""
    return next((path for folder in (start, *start.parents) if (path := folder / FILE_NAME).is_file()), None)


def _words(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else str(value).split(",")
    return tuple(word.strip() for item in items for word in str(item).split(",") if word.strip())


def _plain(key: str, value: object) -> object:
    """Return one setting as `Settings` holds it.

    Raises:
        UserError: When the value is not one that the key may have.
    """
    if key == "as_of":
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            raise UserError("bad_date_option", value=str(value)) from None
    if key in _LISTS:
        return _words(value)
    if key in _FLAGS:
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("1", "true", "yes", "0", "false", "no"):
            return str(value).lower() in ("1", "true", "yes")
        raise UserError("bad_setting", word=key, value=str(value), known="true, false")
    if key == "header_row":
        if not str(value).isdigit() or int(str(value)) < 1:
            raise UserError("bad_setting", word=key, value=str(value), known="1, 2, 3 …")
        return int(str(value))
    choices = {"fail_on": FAIL_ON, "lang": LANGUAGES, "format": FORMATS}.get(key)
    if choices and str(value) not in choices:
        raise UserError("bad_setting", word=key, value=str(value), known=", ".join(choices))
    return str(value)


def _read_file(path: Path) -> dict[str, Any]:
    """Return the settings of a file, all its mistakes reported together."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise UserError("settings_unreadable", file=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(str(path), [(None, UserError("bad_toml", reason=str(error)))]) from None
    mistakes: list[tuple[int | None, UserError]] = []
    found: dict[str, Any] = {}
    for key, value in content.items():
        if key in ("map", "rule"):
            if not isinstance(value, dict):
                mistakes.append((None, UserError("bad_setting", word=key, value=str(value), known=f"[{key}]")))
            elif key == "map":
                found["mapping"] = tuple(f"{header}={name}" for header, name in value.items())
            else:
                found["rule_overrides"] = {
                    code.upper(): {name: _parameter(v) for name, v in params.items()}
                    for code, params in value.items()
                    if isinstance(params, dict)
                }
        elif key in _TEXT | _LISTS | _FLAGS | {"header_row"}:
            try:
                found[key] = _plain(key, value)
            except UserError as error:
                mistakes.append((None, error))
        else:
            mistakes.append((None, UserError("unknown_setting", word=key)))
    if mistakes:
        raise DefinitionError(str(path), mistakes)
    return found


def _parameter(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def load(
    flags: Mapping[str, object], *, environment: Mapping[str, str], folder: Path, config: str | None = None
) -> Settings:
    """Lay flags over `XUEJI_*` over the settings file.

    Args:
        flags: Option → value; those left out (None, empty) are not in it.
        environment: The environment variables.
        folder: Where to look for `xueji.toml`, upwards.
        config: A settings file named by the user (`--config`).

    Raises:
        UserError: When a value is not one that its key may have.
        DefinitionError: When the settings file is written wrong.
    """
    named = config or environment.get("XUEJI_CONFIG")
    path = Path(named) if named else find_file(folder)
    values: dict[str, Any] = {}
    if path is not None:
        values |= _read_file(path) | {"file": str(path)}
    for key in sorted(_TEXT | _LISTS | _FLAGS | {"header_row"}):
        if given := environment.get(f"XUEJI_{key.upper()}"):
            values[key] = _plain(key, given)
    for key, flag in flags.items():
        if flag is None or flag is False or flag == [] or flag == ():
            continue
        if key == "mapping":
            values[key] = (*values.get(key, ()), *_strings(flag))
        else:
            values[key] = _plain(key, flag)
    return Settings(**values)


def _strings(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
