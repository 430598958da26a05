"""CD: values from code tables, region and school codes, postcodes, whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.schema.model import FieldType
from xueji_cli.values import codes, idnumber
from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import CodeTable, Field, Schema

_TABLE = "《学生基本信息填写说明》; 代码表来源见 xueji codes show"
_GUIDE = "《学生基本信息填写说明》"


def _typed(kind: FieldType) -> Callable[[Schema], list[Field]]:
    return lambda schema: [f for f in schema.fields if f.type is kind]


def _nearest(values: pl.Series, table: CodeTable) -> pl.Series:
    """Return the label that a value most likely means, or null when none is near.

    Near is: one is part of the other (苗 → 苗族), or at most one character in three differs. Only for the suggestion, which a person
    reads; nothing is changed by it.
    """
    from rapidfuzz import fuzz, process

    labels = [entry.label for entry in table.entries]

    def nearest(value: str) -> str | None:
        if len(value) >= 2:
            within = [label for label in labels if value in label]
            if len(within) == 1:
                return within[0]
        best = process.extractOne(value, labels, scorer=fuzz.ratio, score_cutoff=66)
        return best[0] if best else None

    # Over distinct unknown values: a handful, whatever the number of rows.
    return pl.Series([nearest(value) for value in values], dtype=pl.String)


def _unknown(ctx: Context, target: Field) -> Verdict | None:
    kind = ctx.flag_column(target, derive.KIND)
    if kind is None:
        return None
    table = ctx.codes(target)
    meant = pl.col(target.name).map_batches(
        lambda s: on_distinct(s, lambda v: _nearest(v, table)), return_dtype=pl.String
    )
    # The message ends with the nearest name, if there is one: “… (汉族?)”.
    return Verdict(kind != codes.UNKNOWN, p1=pl.format(" ({}?)", meant).fill_null(""))


def _by(how: str) -> Callable[[Context, Field], Verdict | None]:
    def build(ctx: Context, target: Field) -> Verdict | None:
        kind = ctx.flag_column(target, derive.KIND)
        return None if kind is None else Verdict(kind != how, p1=pl.col(target.name + derive.LABEL))

    return build


def _region_form(ctx: Context, target: Field) -> Verdict:
    value = pl.col(target.name)
    coded = pl.col(target.name + derive.REGION).is_not_null() & (value.str.len_bytes() == 12)
    return Verdict(pl.when(value.is_not_null()).then(coded), p1=value.str.len_chars().cast(pl.String))


def _region_province(ctx: Context, target: Field) -> Verdict:
    province = pl.col(target.name + derive.REGION) // 10_000
    return Verdict(province.is_in([int(code) for code in idnumber.PROVINCES]), p1=province.cast(pl.String))


def _region_county(ctx: Context, target: Field) -> Verdict:
    region = pl.col(target.name + derive.REGION)
    known = idnumber.last_year(region) > 0
    return Verdict(pl.when(idnumber.has_counties(region)).then(known), p1=region.cast(pl.String))


def _school_code(*wrong: str) -> Callable[[Context, Field], Verdict | None]:
    def build(ctx: Context, target: Field) -> Verdict | None:
        if not ctx.occurs(target, *wrong):
            return None
        code = pl.col(target.name)
        fits = ~pl.col(target.name + derive.STATE).is_in(wrong)
        return Verdict(fits, p1=code.str.head(2), p2=code.str.slice(2, 2))

    return build


def _postcode(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.col(target.name).str.contains(r"^[0-9]{6}$"))


def _integer(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.col(target.name).str.contains(r"^[0-9]{1,4}$"))


def _email(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.col(target.name).str.contains(r"^[\w.+\-]+@[\w\-]+(\.[\w\-]+)+$"))


def _rule(
    number: int,
    slug: str,
    severity: Severity,
    on: FieldType | str,
    build: Callable[[Context, Field], Verdict | None],
    source: str = _GUIDE,
    *,
    fixable: bool = False,
) -> RowRule:
    target = _typed(on) if isinstance(on, FieldType) else on
    return RowRule(
        code=f"CD{number:02}", slug=slug, severity=severity, source=source, on=target, build=build, fixable=fixable
    )


RULES = (
    _rule(1, "value-outside-code-table", Severity.ERROR, FieldType.CODE, _unknown, _TABLE),
    _rule(2, "loose-code-name", Severity.WARNING, FieldType.CODE, _by(codes.ALIAS), _TABLE, fixable=True),
    _rule(3, "code-in-place-of-name", Severity.NOTICE, FieldType.CODE, _by(codes.CODE), _TABLE, fixable=True),
    _rule(4, "region-not-a-12-digit-code", Severity.WARNING, FieldType.REGION, _region_form),
    _rule(5, "region-of-unknown-province", Severity.ERROR, FieldType.REGION, _region_province, "GB/T 2260"),
    _rule(6, "region-of-unknown-county", Severity.NOTICE, FieldType.REGION, _region_county, "GB/T 2260 及历次变更"),
    _rule(
        7,
        "malformed-school-code",
        Severity.ERROR,
        FieldType.SCHOOL_CODE,
        _school_code("form"),
        "教育部学校(机构)标识码: 10 位数字",
    ),
    _rule(
        8,
        "odd-school-code",
        Severity.WARNING,
        FieldType.SCHOOL_CODE,
        _school_code("type"),
        "教育部学校(机构)标识码: 类型 2 位 + 省 2 位 + 序号 6 位",
    ),
    _rule(9, "malformed-postcode", Severity.ERROR, FieldType.POSTCODE, _postcode),
    _rule(10, "not-a-whole-number", Severity.ERROR, FieldType.INTEGER, _integer),
    _rule(11, "malformed-email", Severity.WARNING, FieldType.EMAIL, _email),
)
