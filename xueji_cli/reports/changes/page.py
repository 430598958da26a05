"""`-o X.html`: the account on one page that needs nothing but a browser: charts drawn when it is written, folds, no script."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.changes.view import class_names, date_text, findings_view, flow_parts, notes, say, words
from xueji_cli.reports.webpage import bar, cards, cell, table, web_page

if TYPE_CHECKING:
    from typing import Any

    from xueji_cli.reports.changes.report import ChangesReport

#: Findings that a page lists of one rule; the workbook has them all, and the page says so.
_LISTED = 500
_ODD = ("left_unexplained", "left_unsure", "arrived_unexplained", "arrived_unsure")
#: Bars are in percent of the width, so that they fit any.
_HEIGHT = 8


def render_page(report: ChangesReport, *, lang: str, reveal: bool) -> str:
    """Return the report as one HTML document.

    Args:
        report: What was found.
        lang: Language.
        reveal: Show personal data whole; the page then says so.
    """
    page = _Page(report, lang, reveal=reveal)
    parts = {
        "cards": page.cards(),
        "account_title": escape(say(lang, "page.account")),
        "account": page.account(),
        "rules_title": escape(say(lang, "page.rules")),
        "rules": page.rules(),
        "schools_title": escape(say(lang, "page.schools")),
        "schools": page.schools(),
        "findings": page.findings(),
        "accounts": page.accounts(),
        "notes_title": escape(say(lang, "page.notes")),
        "notes": "".join(f"<p>{escape(line)}</p>" for line in notes(report, lang)),
    }
    return web_page(
        __package__,
        parts,
        lang=lang,
        title=say(lang, "title"),
        facts=page.facts(),
        run=report.run,
        footer=say(lang, "page.footer", version=report.run.version),
    )


class _Page:
    """The parts of the page."""

    def __init__(self, report: ChangesReport, lang: str, *, reveal: bool) -> None:
        self.report = report
        self.result = report.result
        self.flows = report.result.flows
        self.lang = lang
        self.reveal = reveal
        self.found = findings_view(report, reveal=reveal, lang=lang)
        self.fates = words(lang, "fates")
        self.columns = words(lang, "columns")
        self.severities = catalogue.load(lang, "check")["severity"]

    def say(self, key: str, **params: object) -> str:
        return say(self.lang, f"page.{key}", **params)

    def facts(self) -> list[str]:
        return [
            say(self.lang, "note_old", text=date_text(self.result.old, self.lang)),
            say(self.lang, "note_new", text=date_text(self.result.new, self.lang)),
            self.say("revealed" if self.reveal else "masked"),
        ]

    def cards(self) -> str:
        row = self.flows.county.row(0, named=True)
        fates = Counter(self.result.children["fate"].to_list())
        odd = sum(fates[fate] for fate in _ODD)
        entries = [
            ("", f"{row['opening']:,} → {row['closing']:,}", self.say("students")),
            ("", f"+{row['come']:,} −{row['gone']:,}", self.say("come_gone")),
            ("error" if odd else "", f"{odd:,}", self.say("unexplained")),
            ("warning" if self.found.height else "", f"{self.found.height:,}", self.say("findings")),
        ]
        return cards(entries)

    def account(self) -> str:
        """Return the county's account as a waterfall: each line starts where the one before it ended."""
        row = self.flows.county.row(0, named=True)
        steps = [("stay", say(self.lang, "text.opening"), 0, row["opening"], f"{row['opening']:,}")]
        level = row["opening"]
        for prefix, sign in (("in_", 1), ("out_", -1)):
            for fate, count in sorted(flow_parts(row, prefix).items(), key=lambda item: -item[1]):
                kind = "odd" if fate in _ODD else "in" if sign > 0 else "out"
                start = level if sign > 0 else level - count
                level += sign * count
                steps.append((kind, self.fates[fate], start, count, f"{'+' if sign > 0 else '−'}{count:,}"))
        steps.append(("stay", say(self.lang, "text.closing"), 0, row["closing"], f"= {row['closing']:,}"))
        most = max([start + size for _, _, start, size, _ in steps] or [1]) or 1
        # What changes is small beside what stays: the bars begin where the lowest of them does.
        low = min([start for _, _, start, _, _ in steps[1:-1]] or [0]) * 0.98
        lines = []
        for kind, name, start, size, text in steps:
            left = max(start, low) if kind != "stay" else low
            width = max(start + size - left, 0)
            scale = most - low or 1
            svg = f'<rect class="{kind}" x="{(left - low) / scale:.2%}" width="{max(width / scale, 0.002):.2%}" height="{_HEIGHT}"/>'
            lines.append(
                f'<tr><td>{escape(name)}</td><td class="n {"odd" if kind == "odd" else ""}">{escape(text)}</td>'
                f'<td><svg class="bar" aria-hidden="true">{svg}</svg></td></tr>'
            )
        proof = say(self.lang, "text.ties", schools=self.flows.schools.height, classes=self.flows.classes.height)
        cut = f" {self.say('cut')}" if low > 0 else ""
        return f'<table class="waterfall"><tbody>{"".join(lines)}</tbody></table><p class="facts">{escape(proof + cut)}</p>'

    def rules(self) -> str:
        if self.found.is_empty():
            return f'<p class="empty">{escape(say(self.lang, "text.nothing"))}</p>'
        counts = self.found.group_by("rule", "severity", "title").len().sort("len", "rule", descending=[True, False])
        most = counts["len"].max()
        bars = [
            bar(
                f"rule-{rule}",
                f"<code>{rule}</code> {escape(title)}",
                f"{count:,}",
                f'<rect class="{severity}" width="{count / int(str(most)):.2%}" height="{_HEIGHT}"/>',
            )
            for rule, severity, title, count in counts.iter_rows()
        ]
        return f'<ul class="bars">{"".join(bars)}</ul>'

    def schools(self) -> str:
        """Return a bar for each school: who stayed, came and went."""
        frame = self.flows.schools
        counts = dict(self.result.findings.group_by("school").len().iter_rows())
        most = max(int(str((frame["opening"] + frame["come"]).max() or 0)), 1)
        legend = "".join(
            f'<li><svg aria-hidden="true"><rect class="{kind}" width="10" height="10"/></svg>{escape(self.say(f"bar_{kind}"))}</li>'
            for kind in ("stay", "out", "in")
        )
        rows = []
        for place, row in enumerate(frame.iter_rows(named=True)):
            parts = (("stay", row["opening"] - row["gone"]), ("out", row["gone"]), ("in", row["come"]))
            svg, start = "", 0
            for kind, size in parts:
                svg += f'<rect class="{kind}" x="{start / most:.2%}" width="{size / most:.2%}" height="{_HEIGHT}"/>'
                start += size
            rows.append(
                [
                    f'<td><a href="#school-{place}">{escape(row["school"])}</a></td>',
                    *(_n(f"{row[key]:,}") for key in ("opening", "come", "gone", "closing")),
                    _n(f"{counts.get(row['school'], 0):,}"),
                    f'<td><svg class="bar" aria-hidden="true">{svg}</svg></td>',
                ]
            )
        heads = [
            self.columns["school"],
            *(say(self.lang, f"text.{key}") for key in ("opening", "come", "gone", "closing", "findings_head")),
            "",
        ]
        return f'<ul class="legend">{legend}</ul>{table(heads, rows)}'

    def findings(self) -> str:
        """Return a fold for each rule, with its cases."""
        heads = [self.columns[key] for key in ("school", "class_name", "name", "id_number", "message", "place")]
        folds = []
        for severity in self.severities:
            of = self.found.filter(pl.col("severity") == severity).sort("rule", maintain_order=True)
            for (code,), rows in of.group_by("rule", maintain_order=True):
                first = rows.row(0, named=True)
                shown = [
                    [
                        *(cell(row[key] or "") for key in ("school", "class_label", "name", "id_number", "message")),
                        cell(
                            "；".join(
                                row[f"{side}_place"] for side in ("old", "new", "log", "other") if row[f"{side}_place"]
                            )
                        ),
                    ]
                    for row in rows.head(_LISTED).iter_rows(named=True)
                ]
                more = self.say("more", count=f"{rows.height - _LISTED:,}") if rows.height > _LISTED else ""
                folds.append(
                    f'<details class="school" id="rule-{code}"><summary>'
                    f'<span class="tag {severity}">{escape(self.severities[severity])}</span> '
                    f"{code} {escape(first['title'])}　{rows.height:,}</summary>"
                    f"<p>{escape(say(self.lang, 'text.do', text=first['suggestion']))}</p>"
                    f'<p class="facts">{escape(say(self.lang, "text.source", text=first["source"]))}</p>'
                    f"{table(heads, shown)}<p>{escape(more)}</p></details>"
                )
        return "".join(folds)

    def accounts(self) -> str:
        """Return a fold for each school: the account of every class."""
        classes = self.flows.classes.partition_by("school", as_dict=True)
        return "".join(
            self.of_school(place, row, classes[(row["school"],)])
            for place, row in enumerate(self.flows.schools.iter_rows(named=True))
        )

    def of_school(self, place: int, row: dict[str, Any], classes: pl.DataFrame) -> str:
        heads = [
            self.columns["class_name"],
            *(say(self.lang, f"text.{key}") for key in ("opening", "come", "gone", "closing")),
        ]
        rows = [
            [
                cell(class_names(each, self.lang)),
                _n(f"{each['opening']:,}"),
                cell(self.parts(each, "in_")),
                cell(self.parts(each, "out_")),
                _n(f"{each['closing']:,}"),
            ]
            for each in classes.iter_rows(named=True)
        ]
        proof = f"{row['opening']:,} + {row['come']:,} − {row['gone']:,} = {row['closing']:,}"
        return (
            f'<details class="school" id="school-{place}"><summary>{escape(row["school"])}　{proof}</summary>'
            f"{table(heads, rows)}</details>"
        )

    def parts(self, row: dict[str, Any], prefix: str) -> str:
        return "　".join(f"{self.fates[fate]} {count:,}" for fate, count in flow_parts(row, prefix).items())


def _n(text: str) -> str:
    return cell(text, "n")
