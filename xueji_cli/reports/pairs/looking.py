"""`--plan` and `--explain`: what would be compared, and two records compared to the end, on the terminal and as JSON."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from xueji_cli.reports.lines import cell_width, pad
from xueji_cli.reports.machine import dump, unreadable_entries
from xueji_cli.reports.pairs.cards import cards
from xueji_cli.reports.pairs.machine import inputs, pair_entries, run_entry
from xueji_cli.reports.pairs.plan import key_title, large_blocks, plan_keys
from xueji_cli.reports.pairs.recordpage import RecordPage
from xueji_cli.reports.pairs.records import RecordView
from xueji_cli.tables.memory import gigabytes

if TYPE_CHECKING:
    from rich.console import Group

    from xueji_cli.reports.pairs.report import PlanReport
    from xueji_cli.reports.pairs.view import PairView

#: Name and version of the contracts.
PLAN_CONTRACT, EXPLAIN_CONTRACT = "xueji/match-plan/v1", "xueji/match-explain/v1"


def render_plan(report: PlanReport, *, lang: str, width: int, verbose: bool) -> Group:
    """Return the plan for a terminal.

    Args:
        report: The plan.
        lang: Language.
        width: Cells of a line.
        verbose: Name every table and large block.
    """
    from rich.console import Group

    view = RecordView(report, lang, reveal=False)
    page = RecordPage(view, max(width, 40), plain=True)
    page.inputs(verbose=verbose)
    page.line()
    heads = [page.tell(f"plan.{word}") for word in ("key", "records", "blocks", "pairs")]
    rows = [
        [key_title(each.key, view), f"{each.keyed:,}", f"{each.blocks:,}", f"{each.pairs:,}"]
        for each in report.candidates.plans
    ]
    widths = [max(cell_width(row[place]) for row in (heads, *rows)) for place in range(4)]
    for row in (heads, *rows):
        numbers = "".join(" " * (2 + widths[place] - cell_width(row[place])) + row[place] for place in (1, 2, 3))
        style = "quiet" if row is heads else ""
        if widths[0] + cell_width(numbers) <= page.width:
            page.line((pad(row[0], widths[0]) + numbers, style))
        else:
            page.line((row[0], style))
            page.line((" " * (page.width - cell_width(numbers)) + numbers, style))
    page.line()
    total = sum(each.pairs for each in report.candidates.plans)
    page.paragraph(page.tell("margin.compared"), page.tell("plan.total", pairs=f"{total:,}"))
    if unkeyed := len(report.candidates.unkeyed):
        page.paragraph("", page.tell("plan.unkeyed", count=f"{unkeyed:,}"), "warning")
    page.blocks(report.candidates.large, verbose=verbose)
    takes = {
        "buckets": f"{report.scale.buckets:,}",
        "memory": gigabytes(report.scale.memory),
        "disk": gigabytes(report.scale.disk),
    }
    key = "plan.in_buckets" if report.scale.buckets else "plan.in_memory"
    page.paragraph(page.tell("margin.takes"), page.tell(key, **takes))
    return Group(*page.lines)


def write_plan(report: PlanReport, stream: IO[bytes], *, lang: str) -> None:
    """Write the plan as JSON."""
    view = RecordView(report, lang, reveal=False)
    document = {
        "schema": PLAN_CONTRACT,
        "run": run_entry(report, view.lang),
        "inputs": inputs(report),
        "records": int(report.tally["n"].sum()),
        "keys": plan_keys(report.candidates),
        "large_blocks": large_blocks(view, report.candidates),
        "not_compared": len(report.candidates.unkeyed),
        "scale": {
            "way": "buckets" if report.scale.buckets else "memory",
            "buckets": report.scale.buckets,
            "memory_bytes": report.scale.memory,
            "disk_bytes": report.scale.disk,
        },
        "unreadable": unreadable_entries(report.unreadable, lang),
    }
    stream.write(dump(document) + b"\n")


def render_explanation(view: PairView, *, width: int, plain: bool) -> Group:
    """Return the one pair of a view for a terminal, with every field and each reason on its own line.

    Args:
        view: The pair.
        width: Cells of a line.
        plain: Nobody sees colours.
    """
    from rich.console import Group

    page = RecordPage(view, max(width, 40), plain=plain)
    for card in cards(view):
        page.card(card, whole=True)
    return Group(*page.lines)


def write_explanation(view: PairView, stream: IO[bytes]) -> None:
    """Write the one pair of a view as JSON, with the fields of both records."""
    card = next(cards(view))
    fields = [
        {"title": row.title, "left": row.texts[0], "right": row.texts[1], "differs": row.differs} for row in card.rows
    ]
    document = {
        "schema": EXPLAIN_CONTRACT,
        "run": run_entry(view.report, view.lang),
        **pair_entries(view)[0],
        "fields": fields,
    }
    stream.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")
