"""What pages without a script are made of: cells, tables, and a style that the page allows by its hash."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def text_cell(text: str | None) -> str:
    """Return a cell of text."""
    return f"<td>{escape(text or '')}</td>"


def number_cell(text: str) -> str:
    """Return a cell of a number, already written as people write it."""
    return f'<td class="n">{escape(text)}</td>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table that scrolls sideways where it is too wide.

    Args:
        heads: Texts of the header.
        rows: Cells of each row, as markup.
    """
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def page_style(package: str) -> tuple[str, str]:
    """Return the style of all pages with a report's own behind it, and its hash for the content security policy."""
    style = "".join((files(each) / "page.css").read_text(encoding="utf-8") for each in ("xueji_cli.reports", package))
    return style, base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
