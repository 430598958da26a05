"""Passwords of workbooks, kept so that no report, error or trace can show one, and where a reader gets them from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Password:
    """A password that shows itself to nobody who does not ask for its text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "Password(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Password) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __reduce__(self) -> str | tuple[object, ...]:
        """Refuse to be written anywhere.

        Raises:
            TypeError: Always.
        """
        message = "a password is not written"
        raise TypeError(message)


class Keyring(Protocol):
    """Who knows the passwords of files: the shell, which may ask a person."""

    @property
    def used(self) -> bool:
        """Whether a password opened a file."""
        ...

    def holds(self, file: str) -> bool:
        """Say whether a file is itself one of passwords: it is never read as a table, for reports quote what they can't read."""
        ...

    def tries(self, file: str) -> Iterator[Password]:
        """Yield passwords to try on a file, the likeliest first; whoever wants the next one says that the last was wrong."""
        ...

    def opened(self, file: str, password: Password) -> None:
        """Take note of the password that opened a file."""
        ...
