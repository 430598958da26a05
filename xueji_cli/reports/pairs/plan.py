"""What would be compared: keys with their records, blocks and pairs, and the largest blocks, on the terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xueji_cli.messages import catalogue
from xueji_cli.reports.pairs.reasons import title

if TYPE_CHECKING:
    from xueji_cli.reports.pairs.view import PairView


def key_title(key: str, view: PairView) -> str:
    """Return a key (`name.sound + birth`) as people call it: 姓名读音 + 出生日期."""
    schema = view.report.people.schema
    model = view.report.people.model
    forms = catalogue.load(view.lang, "pairs")["forms"]
    parts = []
    for part in key.split(" + "):
        name, _, form = part.partition(".")
        called = title(model.comparison(name), schema, view.lang)
        parts.append(str(forms[form]).format(title=called) if form else called)
    return " + ".join(parts)
