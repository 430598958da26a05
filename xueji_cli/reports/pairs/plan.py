"""What would be compared: keys with their records, blocks and pairs, and the largest blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.pairs.reasons import title

if TYPE_CHECKING:
    from xueji_cli.matching.blocking import Candidates
    from xueji_cli.reports.pairs.records import RecordView


def key_title(key: str, view: RecordView) -> str:
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


def plan_keys(candidates: Candidates) -> list[dict[str, Any]]:
    """Return what each key gives."""
    return [
        {"key": each.key, "records": each.keyed, "blocks": each.blocks, "pairs": each.pairs}
        for each in candidates.plans
    ]


def large_blocks(view: RecordView, candidates: Candidates) -> list[dict[str, Any]]:
    """Return the blocks that are narrowed or cut, with the place of a record of each to show what its records share."""
    examples = view.heads(pl.Series([block.record for block in candidates.large], dtype=pl.UInt32))
    shown = {row["record"]: row for row in examples.to_dicts()}
    return [
        {
            "key": each.key,
            "records": each.records,
            "narrowed_by": each.narrowed,
            "not_compared": each.left,
            "example": {key: shown[each.record][key] for key in ("file", "sheet", "row")},
        }
        for each in candidates.large
    ]
