"""`-o X.html`: the county on one page that needs nothing but a browser. No script: folds are the browser's own."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reports.retention.view import (
    parameter_lines,
    percent,
    problem_lines,
    rate_note,
    rate_title,
    target_text,
)
from xueji_cli.reports.view import rule_text
from xueji_cli.reports.webpage import cards, cell, fold, table, web_page
from xueji_cli.retaining.result import CATEGORIES, OPEN
from xueji_cli.retaining.result import STATES as FOLLOWED_STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xueji_cli.reports.retention.view import RetentionView

#: What the bars of a group are made of: their colour → the categories.
_PARTS = {
    "out": ("not_enrolled", "not_enrolled_stated", "maybe_finished"),
    "absent": ("absent",),
    "dropout": ("dropout",),
    "review": ("review",),
}
#: A page of a county is to be read on a phone, too: of what needs no action, so many rows are shown, and that is said.
_MOST = 2000


def render_page(view: RetentionView) -> str:
    """Return the report as one HTML document."""
    page = _Page(view)
    say = view.say
    parts = {
        "cards": page.cards(),
        "groups_title": escape(say("page.groups")),
        "groups": page.groups(),
        "rates_title": escape(say("page.rates")),
        "rates": page.rates(),
        "categories_title": escape(say("page.categories")),
        "categories": page.categories(),
        "focus_title": escape(say("page.focus")),
        "focus": page.focus(),
        "followed": page.followed(),
        "lists": "".join(page.list_of(category) for category, code in CATEGORIES.items() if code),
        "notes": page.notes(),
    }
    return web_page(
        __package__,
        parts,
        lang=view.lang,
        title=say("page.title"),
        facts=page.facts(),
        run=view.report.run,
        footer=say("page.footer", version=view.report.run.version),
    )


class _Page:
    """The parts of the page."""

    def __init__(self, view: RetentionView) -> None:
        self.view = view
        self.say = view.say
        self.counts = dict(view.children.group_by("category").len().iter_rows())

    def count(self, categories: Iterable[str]) -> int:
        return sum(self.counts.get(category, 0) for category in categories)

    def facts(self) -> list[str]:
        return [
            self.say("page.as_of", as_of=self.view.report.run.as_of),
            parameter_lines(self.view)[0],
            self.say("page.revealed" if self.view.reveal else "page.masked"),
        ]

    def cards(self) -> str:
        of_age = self.view.report.result.children.get_column("of_age").fill_null(value=False).sum()
        kinds = {"out": "error", "absent": "error", "dropout": "error", "review": "warning"}
        entries = [("", f"{int(of_age):,}", self.say("page.of_age"))]
        for part, categories in _PARTS.items():
            count = self.count(categories)
            entries.append((kinds[part] if count else "", f"{count:,}", self.say(f"text.col_{part}")))
        return cards(entries)

    def groups(self) -> str:
        """Return a stacked bar for each township, village or school with an open case."""
        known = {category: part for part, categories in _PARTS.items() for category in categories}
        rows = self.view.children.filter(pl.col("category").is_in(list(known)))
        if rows.is_empty():
            return self.nothing()
        part = pl.col("category").replace_strict(known, return_dtype=pl.String)
        wide = rows.with_columns(part=part).group_by("group", "part").len().pivot("part", index="group", values="len")
        wide = wide.with_columns(
            (pl.col(p) if p in wide.columns else pl.lit(0)).fill_null(0).alias(p) for p in _PARTS
        ).with_columns(total=pl.sum_horizontal(list(_PARTS)))
        wide = wide.sort("total", "group", descending=[True, False])
        most = max(wide.get_column("total").to_list())
        bars = []
        for row in wide.iter_rows(named=True):
            start, svg = 0, ""
            for name in _PARTS:
                svg += f'<rect class="{name}" x="{start / most:.2%}" width="{row[name] / most:.2%}" height="8"/>'
                start += row[name]
            bars.append(_bar(row["group"], f"{row['total']:,}", svg))
        legend = "".join(
            f'<li><svg aria-hidden="true"><rect class="{name}" width="10" height="10"/></svg>'
            f"{escape(self.say(f'text.col_{name}'))}</li>"
            for name in _PARTS
        )
        return f'<ul class="legend">{legend}</ul><ul class="bars">{"".join(bars)}</ul>'

    def rates(self) -> str:
        """Return each rate with a bar, a mark at its target, its two numbers and its formula."""
        parts = []
        for rate in self.view.report.result.rates:
            title, note = escape(rate_title(rate, self.view.lang)), escape(rate_note(rate, self.view.lang))
            if rate.value is None or rate.numerator is None or rate.denominator is None:
                parts.append(f'<div class="rate"><b>{title}</b> —<p class="sub">{note}</p></div>')
                continue
            scale = 100.0 if not rate.ceiling else max(2 * float(rate.target), float(rate.value), 0.1)
            width = min(max(float(rate.value) / scale, 0), 1)
            svg = (
                f'<rect class="{"missed" if rate.missed else "value"}" width="{width:.2%}" height="8"/>'
                f'<rect class="goal" x="{float(rate.target) / scale:.2%}" width="2" height="8"/>'
            )
            numbers = f"{percent(rate.value)} = {rate.numerator:,} ÷ {rate.denominator:,}　{target_text(rate)}"
            formula = escape(self.say(f"rates.{rate.key}.formula"))
            parts.append(
                f'<div class="rate"><b>{title}</b>　{escape(numbers)}<svg class="bar" aria-hidden="true">{svg}</svg>'
                f'<p class="sub">{formula} {note}</p></div>'
            )
        return "".join(parts)

    def categories(self) -> str:
        """Return a bar for each category that needs somebody."""
        shown = [(c, code, self.counts[c]) for c, code in CATEGORIES.items() if code and self.counts.get(c)]
        if not shown:
            return self.nothing()
        most = max(count for _, _, count in shown)
        bars = []
        for category, code, count in shown:
            kind = self.view.report.result.rules[code].severity.value
            name = f"{self.say(f'categories.{category}')} {code}"
            bars.append(
                _bar(
                    name, f"{count:,}", f'<rect class="{kind}" width="{count / most:.2%}" height="8"/>', f"#{category}"
                )
            )
        return f'<ul class="bars">{"".join(bars)}</ul>'

    def focus(self) -> str:
        """Return how many open cases each focus group has."""
        rows = self.view.children.filter(pl.col("category").is_in(OPEN) & pl.col("focus").is_not_null())
        if rows.is_empty():
            return self.nothing()
        counted = rows.select(pl.col("focus").str.split("、").alias("focus")).explode("focus").group_by("focus").len()
        counted = counted.sort("len", "focus", descending=[True, False])
        most = max(counted.get_column("len").to_list())
        bars = [
            _bar(name, f"{count:,}", f'<rect class="out" width="{count / most:.2%}" height="8"/>')
            for name, count in counted.iter_rows()
        ]
        return f'<ul class="bars">{"".join(bars)}</ul>'

    def followed(self) -> str:
        """Return the previous ledger followed, as numbers and as a fold."""
        followed = self.view.followed
        if followed is None:
            return ""
        counts = dict(followed.group_by("state").len().iter_rows())
        totals = cards(("", f"{counts.get(state, 0):,}", self.say(f"states.{state}")) for state in FOLLOWED_STATES)
        keys = ("state", "group", "name", "id_number", "school", "was", "visits", "visited_on", "outcome")
        rows = (
            [self.say(f"states.{row['state']}") if key == "state" else row[key] for key in keys]
            for row in followed.iter_rows(named=True)
        )
        listed = _table([self.say(f"columns.{key}") for key in keys], rows)
        title = escape(self.say("sheet.followed"))
        return f'<section class="cards">{totals}</section><details><summary>{title}</summary>{listed}</details>'

    def list_of(self, category: str) -> str:
        """Return the children of a category, in a fold."""
        rows = self.view.children.filter(pl.col("category") == category)
        if rows.is_empty():
            return ""
        code = CATEGORIES[category]
        name = self.say("text.category", name=self.say(f"categories.{category}"), count=f"{rows.height:,}")
        advice = rule_text(self.view.lang, code, "suggestion")
        keys = ["group", "name", "sex", "id_number", "born", "school", "class_label", "focus", "text", "own_place"]
        if category == "review":
            keys[8:8] = ["c_name", "c_id_number", "c_born"]
        told = rows.head(_MOST).with_columns(own_place="place").select(keys)
        more = ""
        if rows.height > _MOST:
            more = f'<p class="advice">{escape(self.say("page.more", count=f"{rows.height - _MOST:,}"))}</p>'
        listed = _table([self.say(f"columns.{key}") for key in keys], told.iter_rows())
        opened = " open" if category in OPEN and rows.height <= 50 else ""
        return (
            f'<details id="{category}"{opened}><summary>{escape(name)}　{code}</summary>'
            f'<p class="advice">{escape(advice)}</p>{listed}{more}</details>'
        )

    def notes(self) -> str:
        return fold(self.say("sheet.notes"), [*problem_lines(self.view), *parameter_lines(self.view)])

    def nothing(self) -> str:
        return f'<p class="empty">{escape(self.say("page.nothing"))}</p>'


def _bar(name: str, value: str, svg: str, target: str = "") -> str:
    inside = (
        f'<span class="name"><span>{escape(name)}</span><span class="number">{escape(value)}</span></span>'
        f'<svg class="bar" aria-hidden="true">{svg}</svg>'
    )
    return f'<li><a href="{target}">{inside}</a></li>' if target else f'<li><span class="item">{inside}</span></li>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return table(heads, ([cell("" if value is None else str(value)) for value in row] for row in rows))
