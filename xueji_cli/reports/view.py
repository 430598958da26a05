"""Findings as people read them: places named, values masked, sentences filled in. All formats are written from it.

A sentence is filled for all findings of a rule at once, from the rule's template: a million findings take seconds.
"""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath
from string import Formatter
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.reports.masking import CLASS, CODES, SCHOOL, mask, mask_name
from xueji_cli.schema.model import Pii
from xueji_cli.tables.table import column_letter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xueji_cli.checks.rule import Rule
    from xueji_cli.reports.report import CheckReport
    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.tables.table import Column

#: Type of a list of places.
RELATED = pl.List(pl.Struct({"file": pl.String, "sheet": pl.String, "row": pl.UInt32}))

#: Columns of a view.
#:
#: code, slug, severity   the rule as this run applied it
#: table, position        as in the findings frame, for formats that mark cells
#: file, sheet, row       the place; row is null when the finding is about a column or a sheet
#: column, cell           header as written; `I12`
#: field, value           schema field; the cell, masked
#: message, suggestion    sentences
#: related, related_text  other places of the same matter: data, and as a phrase
#: school, class_name     of the row
#: source                 clause
VIEW_SCHEMA = pl.Schema(
    {
        "code": pl.String(),
        "slug": pl.String(),
        "severity": pl.String(),
        "table": pl.UInt32(),
        "position": pl.UInt32(),
        "file": pl.String(),
        "sheet": pl.String(),
        "row": pl.UInt32(),
        "column": pl.String(),
        "cell": pl.String(),
        "field": pl.String(),
        "value": pl.String(),
        "message": pl.String(),
        "suggestion": pl.String(),
        "related": RELATED,
        "related_text": pl.String(),
        "school": pl.String(),
        "class_name": pl.String(),
        "source": pl.String(),
    }
)


def finding_view(report: CheckReport, *, lang: str, reveal: bool = False) -> pl.DataFrame:
    """Return one row per finding, in the report's order (file, row, column, code), with the columns of `VIEW_SCHEMA`.

    Args:
        report: What was found.
        lang: Language of the sentences.
        reveal: Show personal data whole.
    """
    if report.findings.is_empty():
        return VIEW_SCHEMA.to_frame()
    placed = (
        report.findings.drop("related")
        .with_row_index("order")
        .join(_tables(report), on="table", how="left", maintain_order="left")
        .join(_columns(report), on=["layout", "position"], how="left", maintain_order="left")
        .join(_fields(report), on=["schema", "field"], how="left", maintain_order="left")
        .join(_related(report, lang), on="order", how="left", maintain_order="left")
        .with_columns(
            pl.concat_str("letter", "row").alias("cell"),
            pl.coalesce("column", "title").fill_null("").alias("header"),
            # A finding about a column or sheet names no person's cell; a cell of a column that no field claims may.
            pl.when(pl.col("field").is_null() & pl.col("row").is_null())
            .then(pl.lit(Pii.NONE.value))
            .otherwise(pl.col("mask").fill_null("unknown"))
            .alias("mask"),
        )
    )
    groups = placed.partition_by("rule", "mask", as_dict=True, maintain_order=True)
    rendered = [
        _render(part, str(code), str(kind), report, lang, reveal=reveal) for (code, kind), part in groups.items()
    ]
    return pl.concat(rendered).sort("order").select(VIEW_SCHEMA.names())


def rule_text(lang: str, code: str, part: str) -> str:
    """Return the title, message, suggestion, why or example of a rule."""
    return str(catalogue.load(lang, "rules")[code].get(part, ""))


def _suggestion(lang: str, rule: Rule) -> str:
    """Return the suggestion of a rule, which says so where `xueji clean` follows it."""
    text = rule_text(lang, rule.code, "suggestion")
    return f"{text}{catalogue.text(lang, 'check.fixable')}" if rule.fixable else text


def says_value(lang: str, code: str) -> bool:
    """Return whether a rule's sentence shows the cell; where it does not, the cell is shown beside it."""
    return "{value}" in rule_text(lang, code, "message")


def place_text(view: pl.DataFrame, lang: str) -> pl.Expr:
    """Return the place of each finding within its table, as people say it: a cell, a row, a column, the whole sheet."""
    letter = letters(view)
    return pl.coalesce(
        "cell",
        _around(catalogue.text(lang, "check.places.row"), pl.col("row")),
        _around(catalogue.text(lang, "check.places.column"), letter),
        pl.lit(catalogue.text(lang, "check.places.sheet")),
    )


def letters(view: pl.DataFrame) -> pl.Expr:
    """Return the letter of each finding's column."""
    known = {position: column_letter(position) for position in view["position"].drop_nulls().unique()}
    return pl.col("position").replace_strict(known, default=None, return_dtype=pl.String)


def table_labels(rosters: Sequence[Roster]) -> list[str]:
    """Return a short name for each table, unambiguous in this run: its file, and its sheet if there are several."""
    paths = [roster.table.source.path for roster in rosters]
    names = {path: PurePath(path.replace("\\", "/")).name or path for path in paths}
    taken, tables = Counter(names.values()), Counter(paths)
    labels = []
    for roster in rosters:
        source = roster.table.source
        label = names[source.path] if taken[names[source.path]] == 1 else source.path
        labels.append(f"{label} {source.sheet}" if source.sheet and tables[source.path] > 1 else label)
    return labels


def _render(part: pl.DataFrame, code: str, kind: str, report: CheckReport, lang: str, *, reveal: bool) -> pl.DataFrame:
    """Fill the sentences of one rule; all rows of `part` share the mask of their values."""
    active = report.rules[code]
    if not reveal:
        # What stands beside the cell is masked as the rule says; region and school codes are no secret there either.
        plain = kind if kind in (CODES, SCHOOL, CLASS) else Pii.NONE.value
        part = part.with_columns(
            mask(pl.col("value"), kind),
            mask(pl.col("p1"), active.rule.pii1 or plain),
            mask(pl.col("p2"), active.rule.pii2 or plain),
            mask(pl.col("school"), SCHOOL),
            mask(pl.col("class_name"), CLASS),
        )
    return part.with_columns(
        pl.lit(code).alias("code"),
        pl.lit(active.rule.slug).alias("slug"),
        pl.lit(active.source).alias("source"),
        _fill(rule_text(lang, code, "message")).alias("message"),
        _fill(_suggestion(lang, active.rule)).alias("suggestion"),
    ).select("order", *VIEW_SCHEMA.names())


_PLACES: Mapping[str, pl.Expr] = {
    "value": pl.col("value").fill_null(""),
    "p1": pl.col("p1").fill_null(""),
    "p2": pl.col("p2").fill_null(""),
    "header": pl.col("header"),
    "count": pl.col("others").fill_null(0).cast(pl.String),
}


def _fill(template: str) -> pl.Expr:
    """Return the template as an expression over the columns its places name."""
    pieces: list[pl.Expr] = []
    for literal, place, _, _ in Formatter().parse(template):
        if literal:
            pieces.append(pl.lit(literal))
        if place is not None:
            pieces.append(_PLACES[place])
    return pl.concat_str(pieces) if len(pieces) > 1 else (pieces or [pl.lit("")])[0]


def _tables(report: CheckReport) -> pl.DataFrame:
    """Return file and sheet of each table, and which of the layouts (`_columns`) and schemas (`_fields`) it has."""
    sources = [roster.table.source for roster in report.rosters]
    layouts = {layout: number for number, layout in enumerate(_layouts(report))}
    schemas = {name: number for number, name in enumerate(_schemas(report))}
    return pl.DataFrame(
        {
            "table": range(len(sources)),
            "file": [source.path for source in sources],
            "sheet": [source.sheet for source in sources],
            "layout": [layouts[roster.table.columns] for roster in report.rosters],
            "schema": [schemas[roster.schema.name] for roster in report.rosters],
        },
        schema={"table": pl.UInt32, "file": pl.String, "sheet": pl.String, "layout": pl.UInt32, "schema": pl.UInt32},
    )


def _layouts(report: CheckReport) -> list[tuple[Column, ...]]:
    """Return the different rows of columns: thousands of files have a handful of them."""
    return list(dict.fromkeys(roster.table.columns for roster in report.rosters))


def _schemas(report: CheckReport) -> dict[str, Schema]:
    return {roster.schema.name: roster.schema for roster in report.rosters}


def _columns(report: CheckReport) -> pl.DataFrame:
    columns = [(number, column) for number, layout in enumerate(_layouts(report)) for column in layout]
    return pl.DataFrame(
        {
            "layout": [number for number, _ in columns],
            "position": [column.position for _, column in columns],
            "column": [column.header or None for _, column in columns],
            "letter": [column_letter(column.position) for _, column in columns],
        },
        schema={"layout": pl.UInt32, "position": pl.UInt32, "column": pl.String, "letter": pl.String},
    )


def _fields(report: CheckReport) -> pl.DataFrame:
    fields = [
        (number, schema, field) for number, schema in enumerate(_schemas(report).values()) for field in schema.fields
    ]
    return pl.DataFrame(
        {
            "schema": [number for number, _, _ in fields],
            "field": [field.name for _, _, field in fields],
            "title": [field.title for _, _, field in fields],
            "mask": [mask_name(field, schema.code_tables.get(field.code or "")) for _, schema, field in fields],
        },
        schema={"schema": pl.UInt32, "field": pl.String, "title": pl.String, "mask": pl.String},
    )


def _related(report: CheckReport, lang: str) -> pl.DataFrame:
    """Return the related places of each finding that has some, as data and as a phrase."""
    labels = pl.DataFrame(
        {"table": range(len(report.rosters)), "label": table_labels(report.rosters)},
        schema={"table": pl.UInt32, "label": pl.String},
    )
    row = _around(catalogue.text(lang, "check.places.row"), pl.col("row"))
    phrase = row if labels.height < 2 else pl.concat_str("label", pl.lit(" "), row)
    separator = catalogue.text(lang, "check.places.separator")
    more = catalogue.text(lang, "check.places.more")
    return (
        report.findings.with_row_index("order")
        .select("order", "related", "others")
        .filter(pl.col("related").list.len() > 0)
        .explode("related")
        .unnest("related")
        .join(_tables(report), on="table", how="left", maintain_order="left")
        .join(labels, on="table", how="left", maintain_order="left")
        .with_columns(phrase.alias("phrase"))
        .group_by("order", maintain_order=True)
        .agg(
            pl.struct("file", "sheet", "row").alias("related"),
            pl.col("phrase").str.join(separator).alias("related_text"),
            pl.col("others").first(),
            pl.len().alias("listed"),
        )
        .select(
            "order",
            "related",
            pl.when(pl.col("others") > pl.col("listed"))
            .then(pl.concat_str("related_text", _around(more, pl.col("others"))))
            .otherwise("related_text")
            .alias("related_text"),
        )
    )


def _around(template: str, value: pl.Expr) -> pl.Expr:
    """Return a sentence with one place, filled for every row."""
    before, _, rest = template.partition("{")
    return pl.concat_str(pl.lit(before), value, pl.lit(rest.partition("}")[2]))
