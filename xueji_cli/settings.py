"""What a run is told: `xueji.toml`, then `XUEJI_*`, then flags, in one frozen object."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.messages.catalogue import LANGUAGES
from xueji_cli.tables.memory import parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME = "xueji.toml"
FORMATS = ("text", "json", "jsonl", "csv")
FAIL_ON = ("error", "warning", "notice", "never")
DEFAULT_PACK = "national-2025"

#: Keys that hold paths, which are meant from where the settings file is.
_PATHS = ("photos", "classes", "password_file", "record_key")
#: Keys of `xueji.toml` with what they hold. Each is also `XUEJI_<KEY>` and a flag of the same name.
_TEXT = frozenset({"schema", "rules", "as_of", "encoding", "sheet", "fail_on", "lang", "format", "note", *_PATHS})
_LISTS = frozenset({"select", "ignore", "schema_folders"})
_FLAGS = frozenset({"reveal", "recursive"})
_KEYS = (*sorted(_TEXT | _LISTS | _FLAGS), "header_row", "memory")


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
        note: Who may see the reports, in place of the usual words.
        password_file: File with the passwords of inputs; never a password.
        lang: Language; None for the one that the console speaks.
        format: What goes to stdout.
        photos: Folder of photo files.
        classes: Class list.
        record_key: File of the secret key that records are known again with; None for the user's own.
        recursive: Look into folders of folders.
        memory: Bytes that the run may take; None for a part of those that are free.
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
    note: str | None = None
    password_file: str | None = None
    lang: str | None = None
    format: str = "text"
    photos: str | None = None
    classes: str | None = None
    record_key: str | None = None
    recursive: bool = False
    memory: int | None = None
    schema_folders: tuple[str, ...] = ()
    rule_overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    file: str | None = None


def find_file(start: Path) -> Path | None:
    """Return the nearest `xueji.toml`, in a folder or above it."""
    return next((path for folder in (start, *start.parents) if (path := folder / FILE_NAME).is_file()), None)


def _words(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else str(value).split(",")
    return tuple(word.strip() for item in items for word in str(item).split(",") if word.strip())


def _plain(key: str, value: object, word: str) -> object:
    """Return one setting as `Settings` holds it.

    Args:
        key: Its name.
        value: What the user gave.
        word: What the user knows it by: `fail_on`, `XUEJI_FAIL_ON`, `--fail-on`.

    Raises:
        UserError: When the value is not one that the key may have.
    """
    if isinstance(value, dict) or (isinstance(value, list) and key not in _LISTS):
        raise UserError("bad_setting", word=word, value=_shown(value), known='"..."')
    if key == "as_of":
        return _day(value, word)
    if key in _LISTS:
        return _words(value)
    if key in _FLAGS:
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("1", "true", "yes", "0", "false", "no"):
            return str(value).lower() in ("1", "true", "yes")
        raise UserError("bad_setting", word=word, value=str(value), known="true, false")
    if key == "header_row":
        if not str(value).isdecimal() or int(str(value)) < 1:
            raise UserError("bad_setting", word=word, value=_shown(value), known="1, 2, 3 ...")
        return int(str(value))
    if key == "memory":
        size = parse_size(str(value))
        if size is None or isinstance(value, bool):
            raise UserError("bad_setting", word=word, value=_shown(value), known="4GB, 512MB ... (≥ 256MB)")
        return size
    choices = {"fail_on": FAIL_ON, "lang": LANGUAGES, "format": FORMATS}.get(key)
    if choices and str(value) not in choices:
        raise UserError("bad_setting", word=word, value=_shown(value), known=", ".join(choices))
    if isinstance(value, bool):
        raise UserError("bad_setting", word=word, value=_shown(value), known='"..."')
    return str(value)


def _day(value: object, word: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise UserError("bad_date_option", word=word, value=str(value)) from None


def _shown(value: object) -> str:
    """Return a value as TOML writes it, near enough to recognise it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_shown(each)}" for key, each in value.items()) + " }"
    return f"[{', '.join(map(_shown, value))}]" if isinstance(value, list) else str(value)


def _read_file(path: Path, folder: Path) -> dict[str, Any]:
    """Return the settings of a file, all its mistakes reported together.

    Args:
        path: The file.
        folder: The current folder; paths in the file are meant from where the file is.
    """
    from xueji_cli.schema.tomlplaces import read_toml

    found: dict[str, Any] = {}
    read = read_toml(_text(path))
    mistakes = list(read.mistakes)
    for key, value in read.values.items() if read.whole else ():
        try:
            if key == "map":
                found["mapping"] = _mapping(value)
            elif key == "rule":
                found["rule_overrides"] = _overrides(value)
            elif key in _KEYS:
                found[key] = _plain(key, value, key)
            else:
                near = next(iter(get_close_matches(key, [*_KEYS, "map", "rule"], n=1)), "")
                unknown = UserError("unknown_setting_near" if near else "unknown_setting", word=key, near=near)
                mistakes.append(read.mistake(unknown, key))
        except UserError as error:
            mistakes.append(read.mistake(error, key))
        except ValueError:  # a number of thousands of digits
            mistakes.append(read.mistake(UserError("bad_setting", word=key, value="…", known="1, 2, 3 ..."), key))
    if mistakes:
        from xueji_cli.checks.activation import mistakes_of

        mistakes += [read.mistake(error, "rule", *keys) for keys, error in mistakes_of(found.get("rule_overrides", {}))]
        raise DefinitionError(str(path), sorted(mistakes, key=lambda each: (each.line or 0, each.column or 0)))
    if path.parent != folder:
        _from_file(found, path.parent)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError:
        raise UserError("settings_unreadable", file=str(path)) from None
    except UnicodeDecodeError:
        raise UserError("definition_encoding", file=str(path)) from None


def _mapping(value: object) -> tuple[str, ...]:
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        raise UserError("bad_setting", word="map", value=_shown(value), known='[map] "..." = "..."')
    return tuple(f"{header}={name}" for header, name in value.items())


def _overrides(value: object) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict) or not all(isinstance(params, dict) for params in value.values()):
        raise UserError("bad_setting", word="rule", value=_shown(value), known='[rule.ID14] severity = "warning"')
    return {code.upper(): {name: _parameter(v) for name, v in params.items()} for code, params in value.items()}


def _parameter(value: object) -> str:
    if isinstance(value, bool):
        return _shown(value)
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _from_file(found: dict[str, Any], folder: Path) -> None:
    """Turn paths that are meant from the settings file into paths from the current folder."""
    for key in _PATHS:
        if key in found:
            found[key] = str(folder / found[key])
    for key in ("schema", "rules"):
        # A name is a name wherever it stands.
        if key in found and (Path(found[key]).suffix or len(Path(found[key]).parts) > 1):
            found[key] = str(folder / found[key])
    if "schema_folders" in found:
        found["schema_folders"] = tuple(str(folder / each) for each in found["schema_folders"])


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
        values |= _read_file(path, folder) | {"file": str(path)}
    for key in _KEYS:
        if given := environment.get(f"XUEJI_{key.upper()}"):
            values[key] = _plain(key, given, f"XUEJI_{key.upper()}")
    for key, flag in flags.items():
        if flag is None or flag is False or flag == [] or flag == ():
            continue
        if key == "mapping":
            values[key] = (*values.get(key, ()), *_strings(flag))
        else:
            values[key] = _plain(key, flag, f"--{key.replace('_', '-')}")
    return Settings(**values)


def _strings(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
