"""DT: dates and months."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.schema.model import FieldType, Pii

if TYPE_CHECKING:
    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field, Schema

_GUIDE = "《学生基本信息填写说明》出生日期 YYYYMMDD, 入学年月 YYYYMM"


def _days(schema: Schema) -> list[Field]:
    return [f for f in schema.fields if f.type is FieldType.DATE]


def _all(schema: Schema) -> list[Field]:
    return [f for f in schema.fields if f.type in (FieldType.DATE, FieldType.MONTH)]


def _unreadable(ctx: Context, target: Field) -> Verdict:
    written = pl.col(target.name).is_not_null()
    return Verdict(pl.when(written).then(pl.col(target.name + derive.DATE).is_not_null()))


def _future(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.col(target.name + derive.DATE) <= pl.lit(ctx.as_of))


def _month_only(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.col(target.name + derive.PRECISION) == "day")


def _spelling(ctx: Context, target: Field) -> Verdict:
    date = pl.col(target.name + derive.DATE)
    # A month with a day (20140901) says what is wanted and more.
    form = "%Y%m" if target.type is FieldType.MONTH else "%Y%m%d"
    # A date without its day is told by DT03, and has no right spelling.
    whole = pl.col(target.name + derive.PRECISION) == "day" if target.type is FieldType.DATE else date.is_not_null()
    return Verdict(pl.when(whole).then(pl.col(target.name + derive.PLAIN)), p1=date.dt.to_string(form))


RULES = (
    RowRule(code="DT01", slug="unreadable-date", severity=Severity.ERROR, source=_GUIDE, on=_all, build=_unreadable),
    RowRule(
        code="DT02", slug="future-birth-date", severity=Severity.ERROR, source=_GUIDE, on="birth_date", build=_future
    ),
    RowRule(code="DT03", slug="date-without-day", severity=Severity.ERROR, source=_GUIDE, on=_days, build=_month_only),
    RowRule(
        code="DT04",
        slug="unusual-date-spelling",
        severity=Severity.NOTICE,
        source=_GUIDE,
        pii1=Pii.DATE,
        on=_all,
        build=_spelling,
        fixable=True,
    ),
)
