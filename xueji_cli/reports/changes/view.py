"""What the formats share: children, findings and entries as they may be shown, and the sentences about them."""

from __future__ import annotations

from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reconciling.persons import differing_places
from xueji_cli.reports.lines import harmless
from xueji_cli.reports.masking import mask
from xueji_cli.reports.reconciled.view import grade_title, problem_text
from xueji_cli.reports.reconciled.view import say as say_reconcile
from xueji_cli.schema.model import Pii
from xueji_cli.tracking.fates import OUTSIDE, STAYED
from xueji_cli.tracking.log import approved
from xueji_cli.tracking.sides import AS_OF, MONTH, NAME, OPTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.reports.changes.report import ChangesReport
    from xueji_cli.tracking.sides import SideDate

_MASKS = {"name": Pii.NAME.value, "id_number": Pii.ID.value, "birth_date": Pii.DATE.value}
_HOW = {OPTION: "how_option", NAME: "how_name", MONTH: "how_month", AS_OF: "how_as_of"}


def say(lang: str, key: str, **params: object) -> str:
    """Return a sentence of the part `changes` of the catalogue."""
    return catalogue.text(lang, f"changes.{key}", **params)


@cache
def words(lang: str, group: str) -> Mapping[str, str]:
    """Return a group of words of the catalogue: `fates`, `kinds`, `columns` and so on."""
    found: Mapping[str, str] = catalogue.load(lang, "changes")[group]
    return found


def date_text(side: SideDate, lang: str) -> str:
    """Return a day, and how it is known."""
    return say(lang, _HOW[side.how], day=side.day.isoformat(), said=harmless(side.said))


def labels(report: ChangesReport) -> dict[int, str]:
    """Return what each table is called: its file, and its sheet."""
    return {
        number: PurePath(roster.table.source.path.replace("\\", "/")).name
        + (f" {roster.table.source.sheet}" if roster.table.source.sheet else "")
        for number, roster in enumerate(report.rosters)
    }


def _place(report: ChangesReport, lang: str, table: str, row: str) -> pl.Expr:
    return pl.format(
        "{} {}",
        pl.col(table).replace_strict(labels(report), default=None, return_dtype=pl.String),
        pl.format(say_reconcile(lang, "row").replace("{row}", "{}"), pl.col(row)),
    )


def _masked(reveal: bool) -> list[pl.Expr]:  # noqa: FBT001 - one of two ways to show a person
    if reveal:
        return []
    return [mask(pl.col("name"), Pii.NAME.value), mask(pl.col("id_number"), Pii.ID.value)]


def children_view(report: ChangesReport, *, reveal: bool, lang: str) -> pl.DataFrame:
    """Return every child of whom something changed, as it may be shown, by school, class and fate.

    Columns: `c`, `fate`, `by`, `step`, `name`, `id_number`, `sex`, `school_o`, `grade_o`, `class_label_o`, `status_o`, the same
    with `_n`, `school`, `class_label` (of the second day, else the first), `old_place`, `new_place`, `entry_place`, `maybe_place`.
    """
    rows = report.result.children.filter(
        ~pl.col("fate").is_in([STAYED, OUTSIDE]) | pl.col("step").is_in(["retained", "skipped"])
    )
    log = report.result.log
    if log is None:
        rows = rows.with_columns(entry_table=pl.lit(None, dtype=pl.UInt32), entry_row=pl.lit(None, dtype=pl.UInt32))
    else:
        places = log.select(pl.col("e").alias("entry_e"), entry_table="table", entry_row="row")
        rows = rows.join(places, on="entry_e", how="left", maintain_order="left")
    everyone = report.result.children
    for side, other in (("o", "n"), ("n", "o")):
        places = everyone.filter(pl.col(f"row_{other}").is_not_null()).select(
            pl.col(other).alias("maybe"),
            pl.col(f"table_{other}").alias(f"maybe_table_{side}"),
            pl.col(f"row_{other}").alias(f"maybe_row_{side}"),
        )
        rows = rows.join(places, on="maybe", how="left", maintain_order="left")
    lone_old = pl.col("row_n").is_null()
    rows = rows.with_columns(
        maybe_table=pl.when(lone_old).then("maybe_table_o").otherwise("maybe_table_n"),
        maybe_row=pl.when(lone_old).then("maybe_row_o").otherwise("maybe_row_n"),
        old_place=_place(report, lang, "table_o", "row_o"),
        new_place=_place(report, lang, "table_n", "row_n"),
        entry_place=_place(report, lang, "entry_table", "entry_row"),
        name=pl.coalesce("name_n", "name_o"),
        id_number=pl.coalesce("id_number_n", "id_number_o"),
        sex=pl.coalesce("sex_n", "sex_o"),
        school=pl.coalesce("school_n", "school_o"),
        grade=pl.coalesce("grade_n", "grade_o"),
        class_label=pl.coalesce("class_label_n", "class_label_o"),
    ).with_columns(*_masked(reveal), maybe_place=_place(report, lang, "maybe_table", "maybe_row"))
    return rows.sort("school", "grade", "class_label", "fate", "name", "o", "n", nulls_last=True)


def findings_view(report: ChangesReport, *, reveal: bool, lang: str) -> pl.DataFrame:
    """Return the findings with `title`, `message`, `suggestion`, `source`, `slug`, and the places they are about."""
    found = report.result.findings
    texts = catalogue.load(lang, "rules")

    def of_rule(what: str) -> pl.Expr:
        return pl.col("rule").replace_strict(
            {code: texts[code][what] for code in report.rules}, default=None, return_dtype=pl.String
        )

    rows = found.with_columns(
        *_masked(reveal),
        title=of_rule("title"),
        suggestion=of_rule("suggestion"),
        slug=pl.col("rule").replace_strict(
            {code: active.rule.slug for code, active in report.rules.items()}, default=None, return_dtype=pl.String
        ),
        source=pl.col("rule").replace_strict(
            {code: active.source for code, active in report.rules.items()}, default=None, return_dtype=pl.String
        ),
        old_place=_place(report, lang, "old_table", "old_row"),
        new_place=_place(report, lang, "new_table", "new_row"),
        log_place=_place(report, lang, "log_table", "log_row"),
        other_place=_place(report, lang, "other_table", "other_row"),
    )
    # A loop over findings: some thousands in a county.
    messages = [
        texts[rule]["message"].format(p1=meaning(p1, lang), p2=meaning(p2, lang))
        for rule, p1, p2 in rows.select("rule", "p1", "p2").iter_rows()
    ]
    return rows.with_columns(pl.Series("message", messages, dtype=pl.String))


def meaning(value: str | None, lang: str) -> str:
    """Return what a finding names: a value as it is, or the word that `@group.key` stands for."""
    if value is None:
        return "—"
    if not value.startswith("@"):
        return harmless(value)
    group, _, key = value[1:].partition(".")
    if group == "grade":
        return grade_title(int(key), lang)
    table = {
        "fate": "fates", "party": "columns", "column": "columns", "kind": "kinds", "side": "sides", "found": "found",
        "approval": "approvals", "field": "columns", "said": "said",
    }  # fmt: skip
    return words(lang, table[group])[key]


def key_view(report: ChangesReport, *, reveal: bool, lang: str) -> pl.DataFrame:
    """Return the key information that changed: who, which field, what it was and is, which characters, and whether it is approved.

    `approval` is approved, open (an entry without an approval), none (no entry), or null without a log.
    """
    result = report.result
    who = result.children.select(
        "c",
        name=pl.coalesce("name_n", "name_o"),
        id_number=pl.coalesce("id_number_n", "id_number_o"),
        school=pl.coalesce("school_n", "school_o"),
        grade=pl.coalesce("grade_n", "grade_o"),
        class_label=pl.coalesce("class_label_n", "class_label_o"),
        table_o="table_o",
        row_o="row_o",
        table_n="table_n",
        row_n="row_n",
    )
    rows = result.changes.join(who, on="c", how="left", maintain_order="left")
    # A loop over changes: some thousands in a county.
    characters = [
        ",".join(map(str, differing_places(old, new))) if what == "changed" and field != "sex" else ""
        for field, what, old, new in rows.select("field", "what", "old", "new").iter_rows()
    ]
    rows = rows.with_columns(pl.Series("characters", characters, dtype=pl.String))
    if result.log is None:
        rows = rows.with_columns(approval=pl.lit(None, dtype=pl.String))
    else:
        told = (
            result.log.filter((pl.col("kind") == "key_information") & pl.col("c").is_not_null())
            .group_by("c")
            .agg(good=approved().any())
            .with_columns(pl.col("c").cast(pl.UInt32))
        )
        rows = rows.join(told, on="c", how="left", maintain_order="left").with_columns(
            approval=pl.when(pl.col("good").is_null())
            .then(pl.lit("none"))
            .when("good")
            .then(pl.lit("approved"))
            .otherwise(pl.lit("open"))
        )
    if not reveal:
        shown = [
            pl.coalesce(
                *(pl.when(pl.col("field") == field).then(mask(pl.col(side), kind)) for field, kind in _MASKS.items()),
                pl.when(pl.col("field") == "sex").then(side),
            ).alias(side)
            for side in ("old", "new")
        ]
        rows = rows.with_columns(*shown, *_masked(reveal))
    return rows.with_columns(
        old_place=_place(report, lang, "table_o", "row_o"), new_place=_place(report, lang, "table_n", "row_n")
    ).sort("school", "grade", "class_label", "name", "c", "field", nulls_last=True)


def log_view(report: ChangesReport, *, reveal: bool, lang: str) -> pl.DataFrame | None:
    """Return the entries of the log beside what the exports show of their child; None without a log."""
    result = report.result
    if result.log is None:
        return None
    facts = result.children.select(
        pl.col("c").cast(pl.UInt32),
        "fate",
        school=pl.coalesce("school_n", "school_o"),
        class_label=pl.coalesce("class_label_n", "class_label_o"),
    )
    findings = result.findings.filter(pl.col("e").is_not_null()).group_by("e").agg(rules=pl.col("rule").unique().sort())
    rows = result.log.with_columns(pl.col("c").cast(pl.UInt32)).join(facts, on="c", how="left", maintain_order="left")
    rows = rows.join(findings, on="e", how="left", maintain_order="left")
    return rows.with_columns(
        *_masked(reveal), place=_place(report, lang, "table", "row"), rules=pl.col("rules").list.join(" ")
    )


def flow_parts(row: Mapping[str, Any], prefix: str) -> dict[str, int]:
    """Return the reasons of a row of a table of flows that count anything: fate → children."""
    return {name.removeprefix(prefix): count for name, count in row.items() if name.startswith(prefix) and count}


def class_names(row: Mapping[str, Any], lang: str) -> str:
    """Return what a class is called on both days: 三年级2班 → 四年级2班; one that left the school is told as that."""
    from xueji_cli.tracking.tally import leaves_school

    old, new = row["old_label"], row["new_label"]
    if leaves_school(dict(row)):
        return say(lang, "class_left", old=old)
    if old is None or new is None or old == new:
        return new or old or say(lang, "no_class")
    return f"{old} → {new}"


def notes(report: ChangesReport, lang: str) -> list[str]:
    """Return what the reader of any format must know: days, what is counted, what could not be looked for, what was read with care."""
    result = report.result
    comma = say_reconcile(lang, "comma")
    lines = [
        say(lang, "note_old", text=date_text(result.old, lang)),
        say(lang, "note_new", text=date_text(result.new, lang)),
        say(lang, "note_years", years=result.years) if result.years else say(lang, "note_same_year"),
        say(lang, "note_in_roll", value=comma.join(result.in_roll)),
    ]
    out_of_roll = tuple(rows - counted for rows, counted in zip(result.rows, result.counted, strict=True))
    if any(out_of_roll):
        lines.append(say(lang, "note_not_counted", old=f"{out_of_roll[0]:,}", new=f"{out_of_roll[1]:,}"))
    if result.log is None:
        lines.append(say(lang, "note_no_log"))
    else:
        outside = int((~result.log["current"]).sum())
        if outside:
            lines.append(say(lang, "note_outside", count=f"{outside:,}"))
        if result.unknown_years:
            lines.append(say(lang, "note_holidays", years=comma.join(map(str, result.unknown_years))))
    lacking: dict[str, list[str]] = {}
    for skipped in result.skipped:
        lacking.setdefault(skipped.lacks, []).append(skipped.code)
    for lacks, codes in lacking.items():
        named = words(lang, "columns").get(lacks, lacks)
        keys = {"--log": "note_skipped", "windows": "note_skipped_windows"}
        key = keys.get(lacks, "note_skipped_column")
        lines.append(say(lang, key, rules=comma.join(codes), lacks=named))
    lines += [problem_text(problem, lang) for problem in result.problems]
    for naming in result.naming:
        lines += [
            say_reconcile(
                lang, "text.told", written=harmless(written), school=school, how=say_reconcile(lang, f"text.how_{how}")
            )
            for written, school, how in naming.told
        ]
        lines += [
            say(lang, "note_unmatched", name=harmless(each.name), rows=rows, nearest=comma.join(each.nearest) or "—")
            for each, _, rows in naming.unmatched
        ]
    return list(dict.fromkeys(lines))
