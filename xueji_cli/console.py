"""Streams, terminal, width, colour, progress and language: asked once, here, and handed to whoever needs them.

stdout carries the payload and nothing else; everything said about it goes to stderr.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, TextIO

from xueji_cli.messages import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import Console as RichConsole
    from rich.console import RenderableType
    from rich.progress import Progress

    from xueji_cli.errors import Mistake, UserError
    from xueji_cli.tables.secret import Keyring

#: Width of lines that go to a file or a pipe, where nobody's window is asked.
_WIDTH_OF_FILES = 100

DEFAULT_LANGUAGE = "zh"


def language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language to speak before options are parsed: `--lang`, else `XUEJI_LANG`, else Chinese."""
    for index, argument in enumerate(arguments):
        value = None
        if argument == "--lang" and index + 1 < len(arguments):
            value = arguments[index + 1]
        elif argument.startswith("--lang="):
            value = argument.removeprefix("--lang=")
        if value in catalogue.LANGUAGES:
            return value
    given = environment.get("XUEJI_LANG", DEFAULT_LANGUAGE)
    return given if given in catalogue.LANGUAGES else DEFAULT_LANGUAGE


class Console:
    """Where the program speaks.

    Attributes:
        lang: Language of everything said.
        quiet: Say nothing on stderr but errors.
        verbose: Say more.
        debug: Show a trace when something unexpected goes wrong.
        keys: Knows the passwords of files, or asks for them here.
    """

    def __init__(self, lang: str, *, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.lang = lang
        self.quiet = False
        self.verbose = False
        self.debug = False
        self.keys: Keyring | None = None
        self._bar: Progress | None = None
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        for stream in (self._out, self._err):
            # A Windows pipe would otherwise get the code page of the machine, and no code page has all of our characters.
            if not hasattr(stream, "reconfigure"):
                continue
            if stream.isatty():
                # A terminal knows its own code page; what that lacks is shown by its number.
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")

    @cached_property
    def width(self) -> int:
        """Cells of a line on stdout."""
        if "COLUMNS" in os.environ and os.environ["COLUMNS"].isdigit():
            return max(int(os.environ["COLUMNS"]), 40)
        return max(self._rich(self._out).width, 40) if self._out.isatty() else _WIDTH_OF_FILES

    @property
    def seen(self) -> bool:
        """Whether stdout is a terminal, so that what is written there is seen at once."""
        return self._out.isatty()

    @property
    def coloured(self) -> bool:
        """Whether what is written to stdout is seen in colour."""
        return self._out.isatty() and self._rich(self._out).color_system is not None

    def _rich(self, stream: TextIO) -> RichConsole:
        from rich.console import Console as RichConsole

        # User data is never markup, and no number or path is to be coloured by guess.
        return RichConsole(file=stream, markup=False, emoji=False, highlight=False, soft_wrap=True)

    def text(self, key: str, **params: object) -> str:
        """Return a sentence of the catalogue in the console's language."""
        return catalogue.text(self.lang, key, **params)

    def payload(self, text: str) -> None:
        """Write to stdout what was asked for."""
        self._write(lambda: self._out.write(text))

    def render(self, renderable: RenderableType) -> None:
        """Write a Rich renderable to stdout; plain text when nobody looks."""
        self._write(lambda: self._rich(self._out).print(renderable, soft_wrap=True))

    @contextmanager
    def binary(self) -> Iterator[IO[bytes]]:
        """Give stdout to a writer of a machine format, as bytes. A reader that has enough (`| head`) ends it quietly."""
        import io

        buffer = getattr(self._out, "buffer", None)
        stream: IO[bytes] = io.BytesIO() if buffer is None else buffer
        try:
            self._out.flush()
            yield stream
            stream.flush()
        except OSError as error:
            self._unwritable(error)
        if buffer is None:
            self._out.write(stream.getvalue().decode("utf-8"))  # type: ignore[attr-defined]

    def note(self, text: str) -> None:
        """Say something in passing, on stderr."""
        if not self.quiet:
            self._say(text)

    def error(self, text: str) -> None:
        """Say what went wrong, on stderr."""
        self._say(f"xueji: {text}")

    def user_error(self, error: UserError) -> None:
        """Say what the user has to put right: every mistake of a file on its own line."""
        self.error(error_text(error, self.lang))

    def trace(self, error: BaseException) -> None:
        """Show where an unexpected error came from: places in the code only, for its message and variables may hold data."""
        import traceback

        current: BaseException | None = error
        while current is not None:
            self._say("".join(traceback.format_tb(current.__traceback__)) + type(current).__name__)
            current = current.__cause__ or current.__context__

    @contextmanager
    def progress(self, description: str, total: int) -> Iterator[Callable[[str], None]]:
        """Show a bar on stderr while files are worked on; nothing when nobody looks or there is but one.

        Yields:
            A function to call, with the name of what comes next, before each step.
        """
        if self.quiet or not self._err.isatty():
            yield lambda _: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._rich(self._err), transient=True) as bar:
            self._bar = bar
            task = bar.add_task(description, total=total)
            started = False

            def step(name: str) -> None:
                nonlocal started
                bar.update(task, description=f"{description} {name}", advance=1 if started else 0)
                started = True

            try:
                yield step
            finally:
                self._bar = None

    def ask(self, question: str) -> str | None:
        """Ask for a word that nobody may see.

        Returns:
            The answer, empty when the person has none; None where nobody sits at a terminal.
        """
        if not sys.stdin.isatty():
            return None
        import getpass
        import warnings

        if self._bar is not None:
            self._bar.stop()
        try:
            with warnings.catch_warnings():
                # It would go on and show what is typed.
                warnings.simplefilter("error", getpass.GetPassWarning)
                if not self._err.isatty():
                    return getpass.getpass(question)
                # Through our own stream, which can write every character in any code page.
                print(question, end="", file=self._err, flush=True)
                return getpass.getpass("")
        except (EOFError, OSError, getpass.GetPassWarning):
            return None
        finally:
            if self._bar is not None:
                self._bar.start()

    def _write(self, action: Callable[[], Any]) -> None:
        try:
            action()
            self._out.flush()
        except OSError as error:
            self._unwritable(error)

    def _unwritable(self, error: OSError) -> None:
        """End quietly when the reader of stdout has enough (`| head`).

        Raises:
            UserError: When it is something else: a full disk.
        """
        from xueji_cli.errors import UserError

        # Polars gives the system's own words in place of the number; Windows says EINVAL.
        if error.errno not in (errno.EPIPE, errno.EINVAL) and "os error 32" not in str(error):
            self._close_quietly()
            reason = error.strerror or type(error).__name__
            raise UserError("output_failed", file="stdout", reason=reason) from None
        self._close_quietly()

    def _say(self, text: str) -> None:
        # Nobody reads stderr any more (`2>&1 | head`): no reason to stop.
        with suppress(OSError):
            print(text, file=self._err)

    def _close_quietly(self) -> None:
        # Point stdout elsewhere, or Python complains once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())


def error_text(error: UserError, lang: str) -> str:
    """Return the sentence of a user's error; the mistakes of a definition file follow it, one a line."""
    from xueji_cli.errors import DefinitionError

    text = _sentence(error, lang)
    if isinstance(error, DefinitionError):
        for mistake in error.mistakes:
            text += f"\n  {_place(mistake, lang)}{_sentence(mistake.error, lang)}"
    return text


def _place(mistake: Mistake, lang: str) -> str:
    """Say where a mistake stands: the line and character of a text file, or the sheet, row and column as Excel shows them."""
    from xueji_cli.reports.lines import harmless

    if not mistake.line:
        return ""
    sheet = catalogue.text(lang, "errors.on_sheet", sheet=harmless(mistake.sheet)) if mistake.sheet else ""
    if mistake.letter:
        return sheet + catalogue.text(lang, "errors.cell", letter=mistake.letter, line=mistake.line)
    if mistake.column:
        return sheet + catalogue.text(lang, "errors.line_column", line=mistake.line, column=mistake.column)
    return sheet + catalogue.text(lang, "errors.line", line=mistake.line)


def _sentence(error: UserError, lang: str) -> str:
    from xueji_cli.reports.lines import harmless

    return catalogue.text(
        lang, f"errors.{error.key}", **{name: harmless(str(each)) for name, each in error.params.items()}
    )
