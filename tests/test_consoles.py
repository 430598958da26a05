"""Consoles that lack our characters."""

from __future__ import annotations

import io

import pytest
from test_cli_catalogues import PARTS, leaves

from xueji_cli.console import Console
from xueji_cli.messages import catalogue


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
