"""What the formats share: children as they may be shown, the sentence about each, rates and problems in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from string import Formatter
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reconciling.scoring import rounded
from xueji_cli.reports.lines import harmless
from xueji_cli.reports.masking import mask
from xueji_cli.reports.view import rule_text
from xueji_cli.retaining.reasons import label, reasons
from xueji_cli.retaining.result import CATEGORIES, GONE
from xueji_cli.schema.model import Pii
from xueji_cli.values.dates import written

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.reconciling.problems import Problem
    from xueji_cli.reports.retention.report import RetentionReport
    from xueji_cli.retaining.rates import Rate

#: Which mask the columns about a person take.
_MASKS = {
    "name": Pii.NAME, "id_number": Pii.ID, "guardian": Pii.NAME, "head": Pii.NAME, "phone": Pii.PHONE, "address": Pii.ADDRESS,
    "hukou_place": Pii.ADDRESS, "remark": Pii.ADDRESS, "c_name": Pii.NAME, "c_id_number": Pii.ID, "born": Pii.DATE,
    "c_born": Pii.DATE,
}  # fmt: skip
#: Of entries of the previous ledger; what people wrote about visits may say who the family is.
_FOLLOWED_MASKS = {
    "name": Pii.NAME, "id_number": Pii.ID, "visitor_phone": Pii.PHONE, "outcome": Pii.ADDRESS, "remark": Pii.ADDRESS,
}  # fmt: skip

#: Categories of children of whom the roll says more than the household list.
_ON_ROLL = ("absent", "absent_known", "dropout", "elsewhere", "not_compared")

#: What ledgers can be arranged by.
_GROUPS = {"township": ("town",), "village": ("town", "village"), "school": ("school",)}


@dataclass(frozen=True, slots=True)
class RetentionView:
    """A report as it may be shown.

    Attributes:
        report: What was found.
        lang: Language.
        reveal: Whether personal data is shown whole.
        children: A row per child, masked unless revealed, with `code`, `severity`, `text`, `group`, `reason_text`, `basis_text`;
            `place`, the one to go to, and `h_place`, `r_place`, `p_place`, `f_place`, `c_place` of each list.
        followed: The previous ledger followed, in the same way, with `group`; None without one.
    """

    report: RetentionReport
    lang: str
    reveal: bool
    children: pl.DataFrame
    followed: pl.DataFrame | None

    def say(self, key: str, **params: object) -> str:
        """Return a sentence of the part `retention` of the catalogue."""
        return say(self.lang, key, **params)


def say(lang: str, key: str, **params: object) -> str:
    """Return a sentence of the part `retention` of the catalogue."""
    return catalogue.text(lang, f"retention.{key}", **params)


def retention_view(report: RetentionReport, *, lang: str, reveal: bool) -> RetentionView:
    """Return a report as it may be shown."""
    children = report.result.children
    codes = {category: code or None for category, code in CATEGORIES.items()}
    severities = {code: rule.severity.value for code, rule in report.result.rules.items()}
    reason_names = (
        {code: label(code) for code in reasons()} if lang == "zh" else {c: c.replace("_", " ") for c in reasons()}
    )
    texts = catalogue.load(lang, "retention")
    shown = children.with_columns(
        code=pl.col("category").replace_strict(codes, return_dtype=pl.String),
        reason_text=pl.col("reason").replace_strict(reason_names, default=None, return_dtype=pl.String),
        basis_text=pl.col("basis").replace_strict(texts["basis"], default=None, return_dtype=pl.String),
        group=_group(report.by, lang),
        born=written(pl.col("born")),
        c_born=written(pl.col("c_born")),
        **_places(report, lang),
    ).with_columns(
        severity=pl.col("code").replace_strict(severities, default=None, return_dtype=pl.String),
        text=_sentence(lang),
        place=pl.when(pl.col("category").is_in(_ON_ROLL))
        .then(pl.coalesce("r_place", "h_place"))
        .otherwise(pl.coalesce("h_place", "r_place", "p_place", "f_place")),
    )
    followed = report.result.followed
    if followed is not None:
        whose = shown.select("child", "group", "code", "category", "text")
        followed = followed.join(whose, on="child", how="left", maintain_order="left").with_columns(
            group=pl.coalesce("group", _group(report.by if report.by != "village" else "township", lang))
        )
        if not reveal:
            followed = followed.with_columns(
                mask(pl.col(name), kind.value).alias(name) for name, kind in _FOLLOWED_MASKS.items()
            )
    if not reveal:
        shown = shown.with_columns(mask(pl.col(name), kind.value).alias(name) for name, kind in _MASKS.items())
    return RetentionView(report, lang, reveal, shown, followed)


def _group(by: str, lang: str) -> pl.Expr:
    """Return what a child's ledger is arranged by; who has none is put together under a name that says so."""
    parts = [pl.col(name) for name in _GROUPS[by]]
    named = pl.concat_str(*parts, separator=" ", ignore_nulls=True)
    return pl.when(parts[0].is_not_null()).then(named).otherwise(pl.lit(say(lang, f"no_group.{by}")))


def _places(report: RetentionReport, lang: str) -> dict[str, pl.Expr]:
    labels = {
        number: PurePath(roster.table.source.path.replace("\\", "/")).name
        + (f" {roster.table.source.sheet}" if roster.table.source.sheet else "")
        for number, roster in enumerate(report.rosters)
    }
    row = catalogue.text(lang, "reconcile.row").replace("{row}", "{}")
    return {
        f"{side}_place": pl.format(
            "{} {}",
            pl.col(f"{side}_table").replace_strict(labels, default=None, return_dtype=pl.String),
            pl.format(row, pl.col(f"{side}_row")),
        )
        for side in "hrpfc"
    }


def _sentence(lang: str) -> pl.Expr:
    """Return the sentence of a child's finding: the rule's, with what it names."""
    words = catalogue.load(lang, "retention")
    where = pl.coalesce(pl.col("school"), pl.lit(words["no_school"]))
    classed = pl.when(pl.col("class_label").is_not_null()).then(where + " " + pl.col("class_label")).otherwise(where)
    reason = pl.col("reason_text")
    pattern = words["with_basis"].replace("{reason}", "{}").replace("{basis}", "{}")
    with_basis = pl.format(pattern, reason, "basis_text")
    based = pl.when(pl.col("basis_text").is_not_null()).then(with_basis).otherwise(reason)
    candidate = pl.concat_str("c_place", "c_school", "c_class", separator=" ", ignore_nulls=True)
    nothing = pl.lit("")
    places: dict[str, tuple[pl.Expr, pl.Expr]] = {
        "not_enrolled_stated": (based, nothing),
        "not_enrolled_proved": (based, nothing),
        "absent": (classed, nothing),
        "absent_known": (classed, based),
        # The code table calls 流失 what everybody calls 辍学.
        "dropout": (classed, pl.col("status").fill_null("").replace({"流失": "辍学"})),
        "review": (candidate, nothing),
        "no_roll": (pl.coalesce("present_school", pl.lit(words["no_school"])), nothing),
        "elsewhere": (classed, pl.coalesce("present_school", pl.lit(words["no_school"]))),
        "not_compared": (pl.format(words["no_list"].replace("{school}", "{}"), classed), nothing),
        "unknown_age": (pl.lit(words["no_birth_date"]), nothing),
        "maybe_finished": (pl.col("age").cast(pl.String), nothing),
    }
    answer = pl.lit(None, dtype=pl.String)
    for category, code in CATEGORIES.items():
        if code:
            p1, p2 = places.get(category, (nothing, nothing))
            sentence = _filled(rule_text(lang, code, "message"), p1, p2)
            answer = pl.when(pl.col("category") == category).then(sentence).otherwise(answer)
    stated = pl.format(words["said_besides"].replace("{reason}", "{}"), based)
    return pl.when((pl.col("category") == "absent") & reason.is_not_null()).then(answer + stated).otherwise(answer)


def _filled(sentence: str, p1: pl.Expr, p2: pl.Expr) -> pl.Expr:
    pieces = list(Formatter().parse(sentence))
    named = {"p1": p1, "p2": p2}
    names = [name for _, name, _, _ in pieces if name is not None]
    pattern = "".join(text + ("" if name is None else "{}") for text, name, _, _ in pieces)
    return pl.format(pattern, *(named[name].fill_null("") for name in names)) if names else pl.lit(pattern)


def findings(report: RetentionReport) -> list[tuple[ActiveRule, int]]:
    """Return each rule with how often it was found, those of children first, then rates and ledger entries."""
    result = report.result
    counts = dict(result.children.group_by("category").len().iter_rows())
    found = dict.fromkeys(result.rules, 0)
    for category, code in CATEGORIES.items():
        if code:
            found[code] += counts.get(category, 0)
    for rate in result.rates:
        found[rate.code] += rate.missed
    if result.followed is not None:
        found["RT16"] += result.followed.filter(pl.col("state") == GONE).height
    return [(result.rules[code], count) for code, count in found.items()]


def percent(value: Fraction | None) -> str:
    """Return a percentage with two places, or a dash where it is not known."""
    return "—" if value is None else f"{rounded(value, 2)}%"


def rate_title(rate: Rate, lang: str) -> str:
    """Return what a rate is called, with its stage."""
    return say(lang, f"rates.{rate.key}.title", stage=say(lang, f"stages.{rate.stage}"))


def rate_note(rate: Rate, lang: str) -> str:
    """Return why a rate was not computed, or how far it could move when what is pending is settled."""
    if rate.why:
        return say(lang, f"why.{rate.why}")
    if rate.pending:
        return say(lang, f"rates.{rate.key}.pending", count=f"{rate.pending:,}", value=percent(rate.at_most))
    return ""


def target_text(rate: Rate) -> str:
    """Return the target of a rate: ≥ 99% or ≤ 1%."""
    return f"{'≤' if rate.ceiling else '≥'} {float(rate.target):g}%"


def problem_text(problem: Problem, lang: str) -> str:
    """Return where a problem is and what it is, in one sentence."""
    from xueji_cli.reports.reconciled.view import problem_text as common

    own = catalogue.load(lang, "retention")["problems"]
    if problem.key not in own:
        return common(problem, lang)
    params = {key: harmless(str(value)) for key, value in problem.params.items()}
    if "side" in params:
        params["side"] = say(lang, f"lists.{params['side']}")
    place = PurePath(problem.file.replace("\\", "/")).name if problem.file else ""
    if problem.row:
        place += (
            f" {problem.letter}{problem.row}"
            if problem.letter
            else f" {catalogue.text(lang, 'reconcile.row', row=problem.row)}"
        )
    text = say(lang, f"problems.{problem.key}", **params)
    return f"{harmless(place)}{catalogue.text(lang, 'reconcile.colon')}{text}" if place else text


def problem_lines(view: RetentionView) -> list[str]:
    """Return everything that the reader should know besides the children: problems, names as they were understood, parameters."""
    result, lang = view.report.result, view.lang
    # Whoever stands in a file that could not be read is missing for no other reason.
    lines = [view.say("not_whole")] if view.report.unreadable else []
    lines += [problem_text(problem, lang) for problem in result.problems]
    comma = catalogue.text(lang, "reconcile.comma")
    for naming in result.naming:
        for spelled, school, how in naming.told:
            how = catalogue.text(lang, f"reconcile.text.how_{how}")
            lines.append(catalogue.text(lang, "reconcile.text.told", written=harmless(spelled), school=school, how=how))
        lines += [
            view.say("unmatched_school", name=harmless(each.name), rows=rows, nearest=comma.join(each.nearest) or "—")
            for each, _, rows in naming.unmatched
        ]
    lines += [view.say(f"why.{key}") for key in result.why_not.values()]
    return list(dict.fromkeys(lines))


def parameter_lines(view: RetentionView) -> list[str]:
    """Return what was decided: the age window, states, and where to change them."""
    window, parameters = view.report.result.window, view.report.result.parameters
    comma = catalogue.text(view.lang, "reconcile.comma")
    edge = view.say("inclusive" if window.inclusive else "exclusive")
    return [
        view.say(
            "window", least=window.min_age, most=window.max_age, cutoff=window.cutoff.isoformat(), edge=edge,
            oldest=window.oldest.isoformat(), youngest=window.youngest.isoformat(),
        ),
        catalogue.text(view.lang, "reconcile.parameters.in_roll", value=comma.join(map(str, _words(parameters["in_roll"])))),
        catalogue.text(view.lang, "reconcile.parameters.present", value=comma.join(map(str, _words(parameters["present"])))),
    ]  # fmt: skip


def _words(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [value]
