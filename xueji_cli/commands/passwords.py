"""Passwords of workbooks: from a file the user names, or asked on the terminal; never from the command line."""

from __future__ import annotations

import os
import stat
import unicodedata
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from xueji_cli.errors import DefinitionError, Mistake, UserError
from xueji_cli.tables.blob import STDIN
from xueji_cli.tables.paths import same_file_key
from xueji_cli.tables.secret import Password

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xueji_cli.console import Console

#: How often a person may mistype.
_ATTEMPTS = 3
#: Excel takes no longer ones.
_LONGEST = 255
#: Bytes of a password file: a line for each of 300 schools is a thousandth of it.
_MOST_BYTES = 1024**2


class Keys:
    """The passwords of one run.

    Attributes:
        used: Whether one of them opened a file.
    """

    def __init__(self, console: Console, file: str | None) -> None:
        """Read the password file.

        Raises:
            UserError: When it can't be read or has no password.
            DefinitionError: When lines are written wrong: all of them are named.
        """
        self._console = console
        self._files = [file] if file else []
        self._named, self._any = read_passwords(file, console) if file else ([], [])
        self._worked: list[Password] = []
        self._of: dict[str, Password] = {}
        self._given_up: set[str] = set()

    @property
    def used(self) -> bool:
        """Whether a password opened a file."""
        return bool(self._worked)

    def add(self, password: Password, file: str | None) -> None:
        """Try a password on files as well that was given for what is written, perhaps in a file."""
        self._any.append(password)
        self._files += [file] if file else []

    def holds(self, file: str) -> bool:
        """Say whether a file is one of passwords."""
        return file != STDIN and same_file_key(file) in {same_file_key(each) for each in self._files}

    def tries(self, file: str) -> Iterator[Password]:
        """Yield passwords to try on a file: its own, those that opened others, the rest, and then what a person answers."""
        known = [self._of[file]] if file in self._of else []
        known += [password for name, password in self._named if _names(name, file)]
        told: set[Password] = set()
        for password in (*known, *reversed(self._worked), *self._any):
            if password not in told:
                told.add(password)
                yield password
        yield from self._asked(file)

    def _asked(self, file: str) -> Iterator[Password]:
        if file in self._given_up:
            return
        for left in reversed(range(_ATTEMPTS)):
            answer = self._console.ask(self._console.text("cli.ask_password", file=PurePath(file).name))
            if not answer:
                break
            yield Password(answer)
            if left:
                self._console.note(self._console.text("cli.ask_again", left=left))
        self._given_up.add(file)

    def opened(self, file: str, password: Password) -> None:
        """Take note of the password that opened a file: it may open the next ones."""
        self._of[file] = password
        if password not in self._worked:
            self._worked.append(password)


def read_passwords(file: str, console: Console) -> tuple[list[tuple[str, Password]], list[Password]]:
    """Read a file of passwords: one a line, or `文件名=密码` for those of one file.

    Returns:
        (name or pattern, password), and passwords for any file.

    Raises:
        UserError: When it can't be read or has no password.
        DefinitionError: When lines are written wrong.
    """
    named: list[tuple[str, Password]] = []
    free: list[Password] = []
    mistakes: list[Mistake] = []
    for number, line in enumerate(_lines(file, console), 1):
        name, equals, after = line.partition("=")
        if not line.strip():
            continue
        if equals and not (name.strip() and after.strip()):
            mistakes.append(Mistake(number, UserError("password_line")))
        elif equals:
            named += [(name.strip(), Password(each)) for each in _meant(after)]
        else:
            free += [Password(each) for each in _meant(line)]
    if mistakes:
        raise DefinitionError(file, mistakes)
    if not named and not free:
        raise UserError("password_file_empty", file=file)
    return named, free


def _meant(text: str) -> list[str]:
    """Return what a line may mean: spaces at its ends are seldom part of a password."""
    return list(dict.fromkeys((text.strip(), text)))


def _lines(file: str, console: Console) -> Sequence[str]:
    try:
        with Path(file).open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
            mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        raise UserError("password_file_unreadable", file=file) from None
    if len(raw) > _MOST_BYTES:
        raise UserError("password_file_unreadable", file=file)
    if os.name == "posix" and stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH):
        console.note(console.text("cli.password_file_open", file=file))
    marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        except UnicodeDecodeError:
            continue
    raise UserError("password_file_encoding", file=file)


def _names(name: str, file: str) -> bool:
    """Say whether a line's name means a file: its name with or without the suffix, its path, or a pattern for one of them."""
    wanted, path = _folded(name), _folded(file)
    forms = (PurePath(path).name, PurePath(path).stem, path)
    return wanted in forms or any(fnmatchcase(form, wanted) for form in forms)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\\", "/").casefold().removeprefix("./")


def new_password(file: str | None, console: Console) -> Password:
    """Return the password for what is written: from a file with one line, or asked twice on the terminal.

    Raises:
        UserError: When there is none, or it can't be one.
    """
    return _checked(_from_file(file, console) if file else _chosen(console))


def _from_file(file: str, console: Console) -> str:
    lines = [line.strip() for line in _lines(file, console) if line.strip()]
    if len(lines) != 1:
        raise UserError("protect_file", file=file, count=len(lines))
    return lines[0]


def _chosen(console: Console) -> str:
    for _ in range(_ATTEMPTS):
        first = console.ask(console.text("cli.ask_new"))
        if not first:
            break
        if console.ask(console.text("cli.ask_new_again")) == first:
            return first
        console.note(console.text("cli.ask_differ"))
    raise UserError("protect_needs_password")


def _checked(text: str) -> Password:
    if len(text) > _LONGEST or any(ord(character) < 32 for character in text):
        raise UserError("protect_password", limit=_LONGEST)
    return Password(text)


def refuse_plain(outputs: Sequence[str]) -> None:
    """Refuse outputs that can have no password where a password was asked for.

    Raises:
        UserError: `protect_suffix`.
    """
    from xueji_cli.reports.writing import is_folder
    from xueji_cli.tables.writing import LOCKABLE

    for output in outputs:
        suffix = PurePath(output).suffix
        if not is_folder(output) and suffix.lower() not in LOCKABLE:
            raise UserError("protect_suffix", file=output, suffix=suffix or output)
