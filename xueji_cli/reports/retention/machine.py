"""JSON: the contract `xueji/retention/v1` for other programs (keys are only ever added).

Children with nothing to do (`attending`, `enrolled`) are counted and not listed: a county has two hundred thousand of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reports.audience import audience
from xueji_cli.reports.machine import dump, input_entry, unreadable_entries
from xueji_cli.reports.retention.view import findings, problem_text, rate_note, say
from xueji_cli.retaining.result import CATEGORIES, STATES

if TYPE_CHECKING:
    from fractions import Fraction
    from typing import IO, Any

    from xueji_cli.reports.retention.view import RetentionView
    from xueji_cli.retaining.rates import Rate

CONTRACT = "xueji/retention/v1"

_KEYS = (
    "category", "code", "severity", "reason", "basis", "name", "sex", "born", "age", "id_number", "stage", "township", "village",
    "head", "guardian", "phone", "school", "grade", "class", "present_school", "status", "focus", "disabled", "in_household",
    "further_rows", "link", "keys", "household", "roll", "present", "focus_list", "possible", "message",
)  # fmt: skip
_LISTS = {"h": "household", "r": "roll", "p": "present", "f": "focus_list"}


def write_json(view: RetentionView, stream: IO[bytes]) -> None:
    """Write one JSON document (UTF-8), a line per top-level key."""
    stream.write(dump(retention_document(view)) + b"\n")


def retention_document(view: RetentionView) -> dict[str, Any]:
    """Return the whole report as plain data."""
    report, result, lang = view.report, view.report.result, view.lang
    window = result.window
    counts = dict(view.children.group_by("category").len().iter_rows())
    files = [roster.table.source.path for roster in report.rosters]
    told = view.children.filter(pl.col("code").is_not_null())
    followed = view.followed
    return {
        "schema": CONTRACT,
        "run": {
            "command": report.run.command,
            "version": report.run.version,
            "schema": list(report.run.schemas),
            "rules": report.run.rules,
            "as_of": report.run.as_of,
            "options": dict(report.run.options),
            "audience": audience(report.run, view.lang),
            "parameters": dict(result.parameters),
            "window": {
                "cutoff": window.cutoff.isoformat(),
                "inclusive": window.inclusive,
                "min_age": window.min_age,
                "max_age": window.max_age,
                "born_from": window.oldest.isoformat(),
                "born_to": window.youngest.isoformat(),
            },
        },
        "inputs": [
            {"list": name, **input_entry(roster)} for name, roster in zip(report.lists, report.rosters, strict=True)
        ],
        "compared": sorted(result.compared),
        "not_compared": {
            key: {"reason": why, "message": say(lang, f"why.{why}")} for key, why in sorted(result.why_not.items())
        },
        "summary": {
            "children": view.children.height,
            "of_age": int(result.children.get_column("of_age").fill_null(value=False).sum()),
            "by_category": {category: counts.get(category, 0) for category in CATEGORIES},
            "by_rule": {rule.rule.code: count for rule, count in findings(report)},
            "by_group": _by_group(view),
        },
        "rates": [_rate(rate, lang) for rate in result.rates],
        "children": [_child(row, files) for row in told.iter_rows(named=True)],
        "followed": None if followed is None else _followed(followed, files),
        "problems": [
            {
                "code": problem.key,
                "fatal": problem.fatal,
                "file": problem.file or None,
                "sheet": problem.sheet,
                "row": problem.row,
                "column": problem.letter or None,
                "message": problem_text(problem, lang),
            }
            for problem in result.problems
        ],
        "unreadable": unreadable_entries(report.unreadable, lang),
    }


def _by_group(view: RetentionView) -> list[dict[str, Any]]:
    table = (
        view.children.group_by("group", "category").len().pivot("category", index="group", values="len").sort("group")
    )
    return [
        {"group": row["group"], **{category: row.get(category) or 0 for category in CATEGORIES}}
        for row in table.iter_rows(named=True)
    ]


def _share(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _rate(rate: Rate, lang: str) -> dict[str, Any]:
    return {
        "rate": rate.key,
        "stage": rate.stage,
        "name": say(lang, f"rates.{rate.key}.title", stage=say(lang, f"stages.{rate.stage}")),
        "formula": say(lang, f"rates.{rate.key}.formula"),
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "value": _share(rate.value),
        "pending": rate.pending,
        "value_with_pending": _share(rate.at_most),
        "target": float(rate.target),
        "bound": "at_most" if rate.ceiling else "at_least",
        "met": None if rate.value is None else not rate.missed,
        "code": rate.code,
        "reason": rate.why or None,
        "note": rate_note(rate, lang) or None,
        "source": say(lang, f"rates.{rate.key}.source"),
    }


def _child(row: dict[str, Any], files: list[str]) -> dict[str, Any]:
    own = row | {
        "township": row["town"],
        "class": row["class_label"],
        "focus": row["focus"].split("、") if row["focus"] else [],
        "in_household": row["listed"],
        "further_rows": row["copies"],
        "link": row["how"],
        "keys": row["keys"] or [],
        "possible": None,
        "message": row["text"],
        **{name: _place(row, side, files) for side, name in _LISTS.items()},
    }
    if row["c_side"]:
        own["possible"] = {
            "name": row["c_name"],
            "id_number": row["c_id_number"],
            "born": row["c_born"],
            "school": row["c_school"],
            "class": row["c_class"],
            **(_place(row, "c", files) or {}),
        }
    return {key: own[key] for key in _KEYS}


def _place(row: dict[str, Any], side: str, files: list[str]) -> dict[str, Any] | None:
    table = row[f"{side}_table"]
    return None if table is None else {"file": files[table], "row": row[f"{side}_row"]}


def _followed(frame: pl.DataFrame, files: list[str]) -> dict[str, Any]:
    counts = dict(frame.group_by("state").len().iter_rows())
    keys = (
        "was",
        "name",
        "id_number",
        "township",
        "school",
        "since",
        "measures",
        "visits",
        "visitor",
        "visited_on",
        "outcome",
    )
    entries = [
        {
            "state": row["state"],
            "category": row["category"],
            **{key: row["town" if key == "township" else key] for key in keys},
            "ledger": None if row["table"] is None else {"file": files[row["table"]], "row": row["row"]},
        }
        for row in frame.iter_rows(named=True)
    ]
    return {"counts": {state: counts.get(state, 0) for state in STATES}, "entries": entries}
