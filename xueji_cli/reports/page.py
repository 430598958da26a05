"""`-o X.html`: totals, charts, and the list of findings to be filtered.

Totals are plain HTML and stand without scripts. The list is data in the page, drawn a hundred rows at a time.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.rule import Severity
from xueji_cli.messages import catalogue
from xueji_cli.reports.summary import summarise
from xueji_cli.reports.view import place_text, rule_text, says_value, table_labels
from xueji_cli.reports.webpage import bar, cards, cell, fold, labels, listed, table, web_page
from xueji_cli.reports.webpage import hashed as hashed
from xueji_cli.reports.webpage import script_json as script_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from xueji_cli.reports.report import CheckReport
    from xueji_cli.reports.summary import Summary

#: Findings that go into the page; the worst, where there are more. Browsers of old machines stay quick with these.
PAGE_LIMIT = 50_000

_SEVERITIES = [severity.value for severity in Severity]


def render_page(report: CheckReport, view: pl.DataFrame, *, lang: str, revealed: bool = False) -> str:
    """Return the report as one HTML document.

    Args:
        report: What was found.
        view: Its findings.
        lang: Language.
        revealed: The view shows personal data whole; the page then says so.
    """
    summary = summarise(report, view)
    words = catalogue.load(lang, "check")["page"]
    heads = "".join(
        f'<th scope="col">{escape(str(words[key]))}</th>' for key in ("severity", "place", "class", "rule", "finding")
    )
    parts = {
        "unreadable": _unreadable(report, lang),
        "cards": _cards(summary, lang),
        "by_rule": _by_rule(view, lang),
        "by_school": _by_place(summary.by_school, "school", lang),
        "by_class": _by_place(summary.by_class, "class_name", lang),
        "list": listed(
            words,
            choice="severity",
            buttons="severities",
            filters=("rule", "school", "class", "file"),
            entries=f'<div class="scroll"><table id="findings">\n<thead><tr>{heads}</tr></thead>\n'
            '<tbody id="rows"></tbody>\n</table></div>',
        ),
        "inputs": _inputs(report, lang),
        "skipped": _skipped(report, lang),
    }
    return web_page(
        __package__,
        labels(words) | parts,
        lang=lang,
        title=words["title"],
        facts=_facts(report, summary, lang, revealed=revealed),
        run=report.run,
        footer=_say(lang, "footer", version=report.run.version),
        data=_data(report, view, lang),
    )


def _say(lang: str, key: str, **params: object) -> str:
    return catalogue.text(lang, f"check.page.{key}", **params)


def _facts(report: CheckReport, summary: Summary, lang: str, *, revealed: bool) -> list[str]:
    return [
        _say(lang, "as_of", as_of=report.run.as_of),
        _say(lang, "rules", rules=report.run.rules),
        _say(lang, "files", files=f"{summary.by_file.height:,}"),
        _say(lang, "revealed" if revealed else "masked"),
    ]


def _unreadable(report: CheckReport, lang: str) -> str:
    if not report.unreadable:
        return ""
    texts = [catalogue.text(lang, f"errors.{error.key}", **error.params) for error in report.unreadable]
    lines = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return f'<div class="alert" role="alert"><p><b>{escape(_say(lang, "unreadable"))}</b></p>{lines}</div>'


def _cards(summary: Summary, lang: str) -> str:
    share = f"{summary.rows_with_errors / summary.rows:.1%}" if summary.rows else "0%"
    entries = [
        ("", summary.rows, _say(lang, "rows")),
        ("", summary.rows_with_errors, _say(lang, "rows_with_errors", share=share)),
        ("error", summary.errors, _say(lang, "errors")),
        ("warning", summary.warnings, _say(lang, "warnings")),
        ("notice", summary.notices, _say(lang, "notices")),
    ]
    return cards((kind, f"{count:,}", text) for kind, count, text in entries)


def _by_rule(view: pl.DataFrame, lang: str) -> str:
    if view.is_empty():
        return f'<p class="empty">{escape(_say(lang, "clean"))}</p>'
    found = view.group_by("code", "severity").len().rows()
    found.sort(key=lambda row: (_SEVERITIES.index(row[1]), -row[2], row[0]))
    most = max(row[2] for row in found)
    return _bars(
        (f"rule={code}", rule_text(lang, code, "title"), code, f"{count:,}", [(severity, count / most)])
        for code, severity, count in found
    )


def _by_place(frame: pl.DataFrame, key: str, lang: str) -> str:
    """Return bars of schools or classes, with all three severities in each."""
    if frame.is_empty():
        return f'<p class="empty">{escape(_say(lang, "nothing"))}</p>'
    rows = frame.to_dicts()
    several = frame["school"].n_unique() > 1
    most = max(row["errors"] + row["warnings"] + row["notices"] for row in rows)
    bars = []
    for row in rows:
        rest = row["warnings"] + row["notices"]
        # The page's script writes the filters in this order too, so that the link knows when it is the chosen one.
        address = f"school={_address(row['school'])}" if row["school"] and (several or key == "school") else ""
        if key == "class_name":
            address += ("&" if address else "") + f"class={_address(row['class_name'])}"
        name = f"{row['school'] or ''} {row[key]}".strip() if several and key == "class_name" else row[key]
        parts = [(severity, row[f"{severity}s"] / most) for severity in _SEVERITIES]
        bars.append((address, name, "", _say(lang, "counts", errors=f"{row['errors']:,}", rest=f"{rest:,}"), parts))
    return _bars(bars)


def _address(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="!~*'()")  # what encodeURIComponent leaves alone


def _bars(bars: Iterable[tuple[str, str, str, str, list[tuple[str, float]]]]) -> str:
    """Return a list of links (address, name, code, count, shares of the full width)."""
    items = []
    for address, name, code, count, shares in bars:
        start = 0.0
        rects = ""
        for severity, share in shares:
            rects += f'<rect class="{severity}" x="{start:.2%}" width="{share:.2%}" height="5"/>'
            start += share
        label = f"<code>{escape(code)}</code> {escape(name)}" if code else escape(name)
        items.append(bar(address, label, count, rects))
    return f'<ul class="bars">{"".join(items)}</ul>'


def _inputs(report: CheckReport, lang: str) -> str:
    names = ("file", "sheet", "rows", "header_row", "known", "encoding", "kind", "unknown")
    lines = []
    for roster in report.rosters:
        source = roster.table.source
        cells = [
            source.path,
            source.sheet,
            f"{roster.table.height:,}",
            roster.table.header_row,
            len(roster.columns),
            source.encoding,
            catalogue.text(lang, f"check.kinds.{source.kind}"),
            "、".join(column.header or column.letter for column in roster.unbound),
        ]
        lines.append([cell(str(value or "")) for value in cells])
    return table((catalogue.text(lang, f"check.summary.{name}") for name in names), lines)


def _skipped(report: CheckReport, lang: str) -> str:
    skipped = sorted({(each.code, each.missing) for each in report.skipped})
    if not skipped:
        return ""
    count = len({code for code, _ in skipped})
    return fold(_say(lang, "skipped", count=count), (_skipped_text(lang, *each) for each in skipped))


def _skipped_text(lang: str, code: str, missing: tuple[str, ...]) -> str:
    names = catalogue.text(lang, "check.text.separator").join(missing)
    return catalogue.text(
        lang, "check.text.skipped_one", code=code, title=rule_text(lang, code, "title"), missing=names
    )


def _data(report: CheckReport, view: pl.DataFrame, lang: str) -> dict[str, Any]:
    """Return the findings for the page's script, column by column, repeated texts as indexes."""
    shown = view
    if view.height > PAGE_LIMIT:
        ranks = {severity: rank for rank, severity in enumerate(_SEVERITIES)}
        order = pl.col("severity").replace_strict(ranks, return_dtype=pl.UInt8)
        shown = view.with_row_index("order").sort(order, "order").head(PAGE_LIMIT).sort("order").drop("order")
    codes = sorted(view["code"].unique())
    paths = list(dict.fromkeys(roster.table.source.path for roster in report.rosters))
    data: dict[str, Any] = {
        "words": {
            **{severity: catalogue.text(lang, f"check.severity.{severity}") for severity in _SEVERITIES},
            **{
                key: _say(lang, key)
                for key in ("all", "shown", "left_out", "printed", "page", "value", "suggestion", "related")
            },
        },
        "severities": _SEVERITIES,
        "rules": [
            {
                "code": code,
                "title": rule_text(lang, code, "title"),
                "severity": _SEVERITIES.index(report.rules[code].severity.value),
            }
            for code in codes
        ],
        "files": paths,
        "tables": [
            {"file": paths.index(roster.table.source.path), "label": label}
            for roster, label in zip(report.rosters, table_labels(report.rosters), strict=True)
        ],
        "left_out": view.height - shown.height,
        "code": shown.select(pl.col("code").replace_strict(codes, range(len(codes)), return_dtype=pl.UInt16))[
            "code"
        ].to_list()
        if codes
        else [],
        "table": shown["table"].to_list(),
        "cell": shown.select(place_text(shown, lang).alias("place"))["place"].to_list(),
        "message": shown["message"].to_list(),
        # The cell, where the sentence does not say it.
        "value": shown.select(
            pl.when(pl.col("code").is_in([code for code in codes if says_value(lang, code)]))
            .then(pl.lit(""))
            .otherwise(pl.col("value").fill_null(""))
            .alias("value")
        )["value"].to_list(),
        "related": shown["related_text"].fill_null("").to_list(),
    }
    for name, plural in (("school", "schools"), ("class_name", "classes"), ("suggestion", "suggestions")):
        texts = shown[name].replace("", None).drop_nulls().unique(maintain_order=True)
        if name != "suggestion":
            texts = texts.sort()
        indexes = texts.to_frame().with_row_index("index").with_columns(pl.col("index").cast(pl.Int32))
        found = shown.select(name).join(indexes, on=name, how="left", maintain_order="left")["index"].fill_null(-1)
        data[plural] = texts.to_list()
        data[name] = found.to_list()
    return data
