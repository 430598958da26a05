"""Laws that hold for any text, and the text to try them on."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st


def law(
    *, examples: int = 100, **strategies: st.SearchStrategy[object]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a law that holds for all examples. No deadline: the machine may be busy with other things."""
    return lambda test: settings(deadline=None, max_examples=examples)(given(**strategies)(test))


#: Characters that have met a roster, and some that should never.
AWKWARD = (
    "男女汉族三年级班〇一二王〓□？?*×xXⅩ·•・．.。,，、/\\-—–_~()（）[]【】{}'\"‘’“”`"
    " \t\r\n\u00a0\u3000\u2003\u202f\u200b\u200d\u2060\ufeff\u00ad\u0000\u001b\u0301\ufe0f"
    "0123456789０１９ABGJLOlZabＡｚ⻓⽣⼀⺠㊀㈠①Ⅷ½ﬁ㎏㋿ｱﾞé\u0130ß\U00020bb7\U0003106c\ue815\U000f0001\ufffd\U0001f600#=+@E+"
)
texts = st.text(st.sampled_from(AWKWARD) | st.characters(exclude_categories=["Cs"]), max_size=24)
columns = st.lists(st.none() | texts, max_size=12).map(lambda cells: pl.Series("cells", cells, dtype=pl.String))


def visible(cell: str | None) -> bool:
    """Whether anything in a cell can be seen: the independent view of what is blank."""
    return cell is not None and any(
        unicodedata.category(c)[0] in "LNPSM" and not 0xFE00 <= ord(c) <= 0xFE0F for c in cell
    )
