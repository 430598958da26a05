"""What can go wrong through no fault of the program: every such error is one clear sentence and a next step.

Core modules raise these; `cli.main` is the one place that turns them into text on stderr and exit code 2.
The text lives in the message catalogues under `errors.<key>`, so an error carries a key and its parameters.
"""

from __future__ import annotations

from dataclasses import dataclass


class UserError(Exception):
    """Something the user can put right: wrong usage, configuration, schema, or a file that can't be read.

    Attributes:
        key: Name of the sentence in the catalogue (`errors.<key>`).
        params: Values for the named places in that sentence. Never a cell's content: errors reach logs.
    """

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params


class InputError(UserError):
    """One input file can't be read; the others are still worked on."""

    def __init__(self, key: str, *, file: str, **params: object) -> None:
        super().__init__(key, file=file, **params)
        self.file = file


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a file that a user wrote, and where it stands.

    Attributes:
        line: Line of a text file, row of a sheet; None when it concerns the whole file.
        error: What is wrong.
        column: Character of the line, from 1; None when it concerns the whole line.
        letter: Column of a sheet as Excel shows it, in place of `column`.
        sheet: Sheet of a workbook.
    """

    line: int | None
    error: UserError
    column: int | None = None
    letter: str = ""
    sheet: str = ""


class DefinitionError(UserError):
    """A file that a user wrote (schema, code table, rule pack, settings, decisions) has mistakes; all are reported together.

    Attributes:
        mistakes: In file order.
    """

    def __init__(self, file: str, mistakes: list[Mistake]) -> None:
        super().__init__("definition_file", file=file, count=len(mistakes))
        self.file = file
        self.mistakes = mistakes
