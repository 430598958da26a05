"""`-o X.html`: pairs as cards side by side, filtered by verdict, school, guard and text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from xueji_cli.messages import catalogue
from xueji_cli.reports import webpage
from xueji_cli.reports.pairs.cards import cards
from xueji_cli.reports.pairs.plan import key_title
from xueji_cli.reports.pairs.recordpage import chance, promises
from xueji_cli.reports.pairs.summary import summarise_pairs
from xueji_cli.reports.webpage import cell, fold, labels, listed, table, web_page

if TYPE_CHECKING:
    from xueji_cli.reports.pairs.cards import Card
    from xueji_cli.reports.pairs.summary import PairSummary
    from xueji_cli.reports.pairs.view import PairView

#: Pairs that go into the page: the most urgent and the surest. Browsers of old machines stay quick with these.
PAGE_LIMIT = 5_000


def render_page(view: PairView) -> str:
    """Return the report as one HTML document."""
    summary = summarise_pairs(view)
    words = catalogue.load(view.lang, "pairs")["page"]
    parts = {
        "alerts": _alerts(view),
        "cards": _totals(view, summary),
        "schools": _schools(view, summary),
        "list": listed(
            words, choice="verdict", buttons="verdicts", filters=("school", "guard"), entries='<div id="pairs"></div>'
        ),
        "notes": _notes(view),
        "inputs": _inputs(view),
    }
    return web_page(
        __package__,
        labels(words) | parts,
        lang=view.lang,
        title=words["title_link" if view.report.linking else "title"],
        facts=_facts(view),
        run=view.report.run,
        footer=_say(view, "footer", version=view.report.run.version),
        data=_data(view),
    )


def _say(view: PairView, key: str, **params: object) -> str:
    return catalogue.text(view.lang, f"pairs.page.{key}", **params)


def _facts(view: PairView) -> list[str]:
    report = view.report
    count = len({roster.table.source.path for roster in report.rosters})
    return [
        _say(view, "as_of", as_of=report.run.as_of),
        _say(view, "files", files=f"{count:,}"),
        _say(view, "revealed" if view.reveal else "masked"),
    ]


def _alerts(view: PairView) -> str:
    """Return what the reader must know before anything else: files not read, decisions not applied."""
    report = view.report
    texts = [catalogue.text(view.lang, f"errors.{error.key}", **error.params) for error in report.unreadable]
    if report.decisions:
        for place in report.decisions.stale:
            where = " ".join(part for part in (place.file, place.sheet) if part)
            texts.append(catalogue.text(view.lang, "pairs.text.stale", where=where, row=place.row))
    lines = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return f'<div class="alert" role="alert">{lines}</div>' if texts else ""


def _totals(view: PairView, summary: PairSummary) -> str:
    entries = [("", sum(summary.records), _say(view, "records"))]
    if not view.report.linking:
        entries.append(("duplicate", summary.extra, _say(view, "extra", clusters=f"{summary.clusters:,}")))
    for verdict, count in summary.verdicts.items():
        name = catalogue.text(view.lang, f"pairs.verdict.{verdict}")
        entries.append((verdict, count, _say(view, "pairs_of", verdict=name)))
    if view.report.lone is not None:
        entries += [
            ("", len(lone), catalogue.text(view.lang, f"pairs.margin.{word}"))
            for word, lone in zip(("only_left", "only_right"), view.report.lone, strict=True)
        ]
    return webpage.cards((kind, f"{count:,}", text) for kind, count, text in entries)


def _schools(view: PairView, summary: PairSummary) -> str:
    found = summary.by_school
    if found.height < 2:
        return ""
    heads = "".join(
        f'<th scope="col" class="{"number" if place else ""}">'
        f"{escape(catalogue.text(view.lang, f'pairs.sheet.school_{name}'))}</th>"
        for place, name in enumerate(found.columns)
    )
    lines = []
    for row in found.iter_rows():
        cells = [f"<td>{escape(str(row[0]))}</td>", *(f'<td class="number">{count:,}</td>' for count in row[1:])]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    body = "".join(lines)
    title = escape(_say(view, "by_school", count=f"{found.height:,}"))
    return (
        f'<details id="schools"{" open" if found.height <= 10 else ""}><summary>{title}</summary>'
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div></details>'
    )


def _notes(view: PairView) -> str:
    """Return what was not compared with everything."""
    candidates = view.report.judged.candidates
    texts = []
    if unkeyed := len(candidates.unkeyed):
        texts.append(catalogue.text(view.lang, "pairs.plan.unkeyed", count=f"{unkeyed:,}"))
    for block in candidates.large:
        key = "block_left" if block.left else "block"
        counts = {"records": f"{block.records:,}", "left": f"{block.left:,}"}
        texts.append(catalogue.text(view.lang, f"pairs.text.{key}", what=key_title(block.key, view), **counts))
    if not texts:
        return ""
    return fold(_say(view, "notes"), texts)


def _inputs(view: PairView) -> str:
    lines = [
        [cell(label), cell(roster.table.source.sheet or ""), cell(f"{roster.table.height:,}")]
        for label, roster in zip(view.labels, view.report.rosters, strict=True)
    ]
    return table((catalogue.text(view.lang, f"pairs.sheet.{name}") for name in ("file", "sheet", "records")), lines)


class _Index:
    """Texts that repeat, each kept once."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def of(self, text: str) -> int:
        return self.places.setdefault(text, len(self.places))


def _data(view: PairView) -> dict[str, Any]:
    """Return the pairs for the page's script, texts that repeat as numbers."""
    shown = view.pairs.head(PAGE_LIMIT)
    titles, texts, handling, schools = _Index(), _Index(), _Index(), _Index()
    guards: dict[str, str] = {}
    pairs = []
    for card in cards(view, shown):
        if card.guard:
            guards[card.guard] = card.guard_text
        pairs.append(
            {
                "verdict": card.verdict,
                "score": chance(card.score) if promises(card) else "",
                "weight": card.weight,
                "cluster": card.cluster,
                "guard": card.guard,
                "handling": handling.of(card.handling),
                "left": _place(view, card, "left"),
                "right": _place(view, card, "right"),
                "schools": [schools.of(side.school) for side in (card.left, card.right) if side.school],
                "rows": [[titles.of(row.title), row.left, row.right, int(row.differs)] for row in card.rows],
                "reasons": [[texts.of(each["text"]), each["weight"]] for each in card.reasons],
            }
        )
    words = {key: _say(view, key) for key in ("all", "shown", "left_out", "printed", "page", "handling")}
    words |= {key: str(catalogue.load(view.lang, "pairs")["text"][key]) for key in ("score", "weight")}
    verdicts = shown["verdict"].unique(maintain_order=True).to_list()
    words |= {name: catalogue.text(view.lang, f"pairs.verdict.{name}") for name in verdicts}
    return {
        "words": words,
        "verdicts": verdicts,
        "schools": list(schools.places),
        "guards": guards,
        "guard_names": {name: catalogue.text(view.lang, f"pairs.guards.{name}.name") for name in guards},
        "titles": list(titles.places),
        "texts": list(texts.places),
        "handling": list(handling.places),
        "left_out": view.pairs.height - shown.height,
        "pairs": pairs,
    }


def _place(view: PairView, card: Card, side: str) -> str:
    of = getattr(card, side)
    return catalogue.text(view.lang, "pairs.text.place", label=of.label, row=of.row)
