"""Consoles that lack our characters, and systems that lack what Unix has."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest
from test_cli_catalogues import PARTS, leaves

from xueji_cli.console import Console
from xueji_cli.messages import catalogue

PACKAGE = Path(catalogue.__file__).parent.parent


class Terminal(io.TextIOWrapper):
    """A console with a code page of its own, as Windows gives Python one: strict about what it can show."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("encoding", ["gbk", "cp936", "ascii", "cp437"])
@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_every_message_can_be_said(encoding: str, lang: str) -> None:
    raw = io.BytesIO()
    stream = Terminal(raw, encoding=encoding)
    console = Console(lang, out=stream, err=stream)
    count = 0
    for part in PARTS:
        for _, text in leaves(catalogue.load(lang, part)):
            for line in text if isinstance(text, list) else [str(text)]:
                console.payload(line)
                console.note(line)
                console.error(line)
                count += 1
    assert count > 500
    assert raw.getvalue()


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_rare_characters_of_a_roster_can_be_said(encoding: str) -> None:
    raw = io.BytesIO()
    stream = Terminal(raw, encoding=encoding)
    console = Console("zh", out=stream, err=stream)
    for text in ("𠮷野家", "\ue863", "🙂", "é·ñ", "\ud800"):
        console.payload(text)
        console.error(text)
        console.render(text)
    stream.flush()
    assert b"\\U00020bb7" in raw.getvalue() or encoding == "gb18030"


def test_nothing_is_used_that_windows_lacks() -> None:
    lacking = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "syslog", "curses", "readline"}
    calls = {"fork", "symlink", "symlink_to", "getuid", "geteuid", "chown", "mkfifo", "setsid", "killpg", "wait4"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not {alias.name.split(".")[0] for alias in node.names} & lacking, path
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in lacking, path
            elif isinstance(node, ast.Attribute):
                assert node.attr not in calls, f"{path}:{node.lineno}"
