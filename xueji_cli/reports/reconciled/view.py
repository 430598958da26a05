"""What the formats share: people as they may be shown, numbers as they are written, sentences about items and problems."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePath
from string import Formatter
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reconciling.persons import differing_places
from xueji_cli.reconciling.scoring import PENDING, rounded
from xueji_cli.reports.lines import harmless
from xueji_cli.reports.masking import mask
from xueji_cli.schema.model import Pii
from xueji_cli.values.classes import class_title

if TYPE_CHECKING:
    from fractions import Fraction

    from xueji_cli.reconciling.measures import Evidence
    from xueji_cli.reconciling.problems import Problem
    from xueji_cli.reconciling.result import Line, SchoolResult
    from xueji_cli.reports.reconciled.report import ReconcileReport

_MASKS = {"name": Pii.NAME.value, "id_number": Pii.ID.value, "born": Pii.DATE.value}


def say(lang: str, key: str, **params: object) -> str:
    """Return a sentence of the part `reconcile` of the catalogue."""
    return catalogue.text(lang, f"reconcile.{key}", **params)


def persons_view(report: ReconcileReport, *, reveal: bool, lang: str) -> pl.DataFrame:
    """Return the list of people as it may be shown: masked unless revealed, with places and a sentence.

    Adds `places` (which characters differ, `,`-separated), `system_place` and `actual_place` (`file row`), `text`.
    """
    persons = report.result.persons
    rows = persons.select("field", "system", "actual").iter_rows()
    # A loop over the fields that differ: some thousands in a county.
    places = [
        ",".join(map(str, differing_places(system, actual))) if field and system and actual and field != "sex" else None
        for field, system, actual in rows
    ]
    shown = persons.with_columns(pl.Series("places", places, dtype=pl.String))
    if not reveal:
        value = {
            side: pl.coalesce(
                *(pl.when(pl.col("field") == field).then(mask(pl.col(side), kind)) for field, kind in _MASKS.items()),
                pl.when(pl.col("field") == "sex").then(side),
            ).alias(side)
            for side in ("system", "actual")
        }
        shown = shown.with_columns(
            mask(pl.col("name"), Pii.NAME.value), mask(pl.col("id_number"), Pii.ID.value), *value.values()
        )
    labels = {
        number: PurePath(roster.table.source.path.replace("\\", "/")).name
        + (f" {roster.table.source.sheet}" if roster.table.source.sheet else "")
        for number, roster in enumerate(report.rosters)
    }
    named = {
        f"{side}_place": pl.format(
            "{} {}",
            pl.col(f"{side}_table").replace_strict(labels, default=None, return_dtype=pl.String),
            pl.format(say(lang, "row").replace("{row}", "{}"), pl.col(f"{side}_row")),
        )
        for side in ("system", "actual", "possible")
    }
    return shown.with_columns(**named).with_columns(text=_sentence(lang))


def _sentence(lang: str) -> pl.Expr:
    """Return the sentence that says what is the matter with a row of people."""
    words = catalogue.load(lang, "reconcile")["person"]
    fields = catalogue.load(lang, "reconcile")["fields"]
    category, status = pl.col("category"), pl.col("status").fill_null("")

    def filled(key: str, **parts: pl.Expr) -> pl.Expr:
        # The places of a sentence stand in the order of its language.
        pieces = list(Formatter().parse(words[key]))
        names = [name for _, name, _, _ in pieces if name is not None]
        return pl.format(
            "".join(text + ("" if name is None else "{}") for text, name, _, _ in pieces), *(parts[n] for n in names)
        )

    field = pl.col("field").replace_strict(fields, default="", return_dtype=pl.String)
    sides = {side: pl.col(side).fill_null("") for side in ("system", "actual")}
    elsewhere = {"school": pl.col("other_school").fill_null(""), "class": pl.col("other_class").fill_null("")}
    left_the_roll = pl.col("status").is_not_null() & pl.col("system_row").is_not_null()
    same_length = pl.col("places").is_not_null() & (pl.col("places") != "")
    text = (
        pl.when(category == "registered_not_present")
        .then(filled("registered_not_present"))
        .when((category == "present_not_registered") & left_the_roll)
        .then(filled("left_the_roll", status=status))
        .when(category == "present_not_registered")
        .then(filled("present_not_registered"))
        .when(category == "registered_elsewhere")
        .then(filled("registered_elsewhere", **elsewhere))
        .when(category == "present_elsewhere")
        .then(filled("present_elsewhere", **elsewhere))
        .when(category == "by_status")
        .then(filled("by_status", status=status))
        .when(category == "double")
        .then(filled("double"))
        .when(category == "class_differs")
        .then(filled("class_differs", **elsewhere))
        .when(same_length)
        .then(filled("differs_at", field=field, places=pl.col("places"), **sides))
        .otherwise(filled("differs", field=field, **sides))
    )
    excused = filled("excused", status=pl.col("excused"))
    possible = filled("possible", place=pl.col("possible_place"))
    return pl.concat_str(
        text,
        pl.when(pl.col("excused").is_not_null()).then(excused),
        pl.when(pl.col("possible_row").is_not_null()).then(possible),
        ignore_nulls=True,
    )


def number(value: Decimal | None, lang: str = "zh") -> str:
    """Return points as people write them: 8.5, 10, never 10.0; pending in words."""
    if value is None:
        return say(lang, "pending")
    plain = value.normalize()
    return f"{plain:f}"


def percent(value: Fraction | None) -> str:
    """Return a percentage with two places, or a dash where it is not known."""
    return "—" if value is None else f"{rounded(value, 2)}%"


def count(value: int | None) -> str:
    """Return a count, or a dash where it is not known."""
    return "—" if value is None else f"{value:,}"


def grade_title(grade: int | None, lang: str) -> str:
    """Return the name of a grade; that of no grade where none is known."""
    return say(lang, "no_grade") if grade is None else class_title(grade, 1).removesuffix("1班")


def score_text(line: Line, lang: str) -> str:
    """Return the points of an item, or that it is pending."""
    return number(line.score.score, lang)


def basis_text(line: Line, school: SchoolResult, lang: str) -> str:
    """Return how an item's points came about, or why they are pending, with the evidence beside it."""
    item, score = line.item, line.score
    parts: list[str] = []
    if score.basis == "entered":
        parts.append(say(lang, "basis.entered"))
    if score.cases is not None:
        parts.append(say(lang, "basis.cases", cases=score.cases, deduct=number(item.number("deduct"))))
    elif item.kind == "per_point" and score.value is not None and score.over is not None:
        rounding = say(lang, f"rounding_{item.params['rounding']}")
        parts.append(say(lang, "basis.steps", value=percent(score.value), steps=number(score.over), rounding=rounding))
    elif score.value is not None and score.score is not None:
        parts.append(say(lang, "basis.ratio", value=percent(score.value)))
    if item.measure == "class_ratio" and None not in school.classes:
        parts.append(say(lang, "basis.classes", system=school.classes[0], actual=school.classes[1]))
    if line.why and score.score is None:
        parts.append(say(lang, f"why.{line.why}"))
    parts += [evidence_text(each, school, lang) for each in line.evidence]
    if score.basis == PENDING and not parts:
        parts.append(say(lang, "evidence.inspector"))
    if line.entry is not None and line.entry.note:
        parts.append(harmless(line.entry.note))
    return say(lang, "joint").join(parts)


def evidence_text(evidence: Evidence, school: SchoolResult, lang: str) -> str:
    """Return the sentence of a piece of evidence."""
    params = dict(evidence.params)
    if evidence.key == "student_ratio":
        params = {
            "system": count(school.students[0]),
            "actual": count(school.students[1]),
            "ratio": percent(school.student_ratio),
        }
    return say(lang, f"evidence.{evidence.key}", **params)


def problem_text(problem: Problem, lang: str) -> str:
    """Return where a problem is and what it is, in one sentence."""
    params = {key: harmless(str(value)) for key, value in problem.params.items()}
    if "side" in params:
        params["side"] = say(lang, f"side_{params['side']}")
    if "grade" in params:
        params["grade"] = grade_title(int(params["grade"]), lang) if params["grade"] else ""
    text = say(lang, f"problems.{problem.key}", **params)
    if not problem.file:
        return text
    place = PurePath(problem.file.replace("\\", "/")).name
    if problem.sheet:
        place += f" {problem.sheet}"
    if problem.row:
        place += f" {problem.letter}{problem.row}" if problem.letter else " " + say(lang, "row", row=problem.row)
    return f"{harmless(place)}{say(lang, 'colon')}{text}"


def parameter_lines(report: ReconcileReport, lang: str) -> list[str]:
    """Return what the paper leaves open and what was decided about it: every parameter by name."""
    parameters = report.result.parameters
    comma = say(lang, "comma")

    def words(key: str) -> str:
        value = parameters[key]
        return comma.join(map(str, value)) if isinstance(value, list) else str(value)

    lines = [say(lang, f"parameters.{key}", value=words(key)) for key in ("in_roll", "present", "excused", "seed")]
    for item in report.result.scoresheet.items:
        if item.params.get("rounding"):
            lines.append(
                say(lang, "parameters.rounding", item=item.no, value=say(lang, f"rounding_{item.params['rounding']}"))
            )
        if item.measure == "identity":
            counted = comma.join(say(lang, f"categories.{kind}") for kind in item.counts)
            lines.append(say(lang, "parameters.counts", item=item.no, value=counted))
    return lines
