"""What all `-o X.html` have in common: one page that needs nothing but a browser, for a screen in the office and for paper.

A report's room has the page's body (`page.html`), its own style (`page.css`, after the one that all share) and, where there is a list,
its own script (`page.js`, after `list.js`). The content security policy allows the page's own style and script, by hash, and
nothing else: no network, no forms.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from xueji_cli.reports.audience import audience_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xueji_cli.reports.report import Run

_ROOM = __package__


def web_page(
    room: str,
    parts: Mapping[str, str],
    *,
    lang: str,
    title: str,
    facts: Iterable[str],
    run: Run,
    footer: str,
    data: Any = None,
) -> str:
    """Return a page as one HTML document.

    Args:
        room: Package that has the page's files.
        parts: What its `page.html` has places for, as HTML.
        lang: Language.
        title: Its title.
        facts: What is said in one line below the title.
        run: How the report was made, which tells who may see it.
        footer: What is said at the end.
        data: What its script lists; None for a page without a script.
    """
    style = _read(_ROOM, "page.css") + ("" if room == _ROOM else _read(room, "page.css"))
    allowed, scripts = f"style-src 'sha256-{hashed(style)}'", ""
    if data is not None:
        script = _read(_ROOM, "list.js") + _read(room, "page.js")
        allowed += f"; script-src 'sha256-{hashed(script)}'"
        scripts = f'<script type="application/json" id="data">{script_json(data)}</script>\n<script>{script}</script>\n'
    return Template(_read(_ROOM, "frame.html")).substitute(
        lang="zh-CN" if lang == "zh" else lang,
        allowed=allowed,
        title=escape(title),
        style=style,
        facts="".join(f"<span>{escape(fact)}</span>" for fact in facts),
        audience=escape(audience_line(run, lang)),
        body=Template(_read(room, "page.html")).substitute(parts).rstrip("\n"),
        footer=escape(footer),
        scripts=scripts,
    )


def _read(room: str, name: str) -> str:
    return (files(room) / name).read_text(encoding="utf-8")


def hashed(text: str) -> str:
    """Return the hash by which a content security policy knows a style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def script_json(data: Any) -> str:
    """Return data as JSON that can stand in a script element: nothing in it can end the script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return (
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


def labels(words: Mapping[str, object]) -> dict[str, str]:
    """Return a catalogue's words as `label_…`, under which `page.html` has places for them."""
    return {f"label_{key}": escape(str(text)) for key, text in words.items()}


def listed(words: Mapping[str, object], *, choice: str, buttons: str, filters: Sequence[str], entries: str) -> str:
    """Return the part of a page that its script fills: a list with filters and pages.

    Args:
        words: Of the page; `choice` and `filters` are keys of it.
        choice: The filter with a button for each value.
        buttons: Id of the element where these stand.
        filters: The filters to select from; their keys are the ids of the elements.
        entries: Element that holds the entries, as HTML.
    """
    own = labels(words)
    selects = (f'<label>{own[f"label_{key}"]}<select id="{key}"></select></label>' for key in filters)
    return (
        Template(_read(_ROOM, "list.html"))
        .substitute(own, choice=own[f"label_{choice}"], buttons=buttons, filters="\n".join(selects), entries=entries)
        .rstrip("\n")
    )


def cards(entries: Iterable[tuple[str, str, str]]) -> str:
    """Return the totals at the top: (class, figure, text) each."""
    return "".join(
        f'<div class="card {kind}"><b>{escape(figure)}</b><span>{escape(text)}</span></div>'
        for kind, figure, text in entries
    )


def cell(text: str, kind: str = "") -> str:
    """Return a cell of a table."""
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table that scrolls sideways where the window is narrow.

    Args:
        heads: Texts.
        rows: Cells as HTML (`cell`).
    """
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def fold(title: str, lines: Iterable[str]) -> str:
    """Return a list of texts under a title to open."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<details><summary>{escape(title)}</summary><ul>{items}</ul></details>"


def bar(address: str, name: str, number: str, rects: str) -> str:
    """Return a line of a chart: a link with a name, a number and a bar (`name` and `rects` are HTML)."""
    return (
        f'<li><a href="#{escape(address)}"><span class="name"><span>{name}</span>'
        f'<span class="number">{escape(number)}</span></span>'
        f'<svg class="bar" aria-hidden="true">{rects}</svg></a></li>'
    )
