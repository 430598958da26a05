"""EN: entry month, grade, class and age."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.values import dates

if TYPE_CHECKING:
    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field, Schema

_ENTRY_AGE = "《义务教育法》第十一条; 2013《中小学生学籍管理办法》第六条: 年满 6 周岁入学, 截止日由省规定"
_ROLL_OVER = "《安徽省中小学生学籍信息化管理办法》第十八条: 每年 8 月 1 日升级"


def _born_on(schema: Schema) -> list[Field]:
    """Return the fields that a finding about age stands on: the birth date, or the ID number where there is no such column."""
    return [schema.by_role[role] for role in ("birth_date", "id_number") if role in schema.by_role]


def _grade_on(schema: Schema) -> list[Field]:
    return [schema.by_role[role] for role in ("grade", "class_name") if role in schema.by_role]


def _speaks(ctx: Context, target: Field, *roles: str) -> bool:
    """Return whether this field is the first of the roles that the rows have: a finding is made once."""
    return next((ctx.name(role) for role in roles if ctx.has(role)), None) == target.name


def _first_grade(ctx: Context) -> pl.Expr:
    """Return the first grade of the stage that the row's grade belongs to: 六年级 opens junior school in a 五四 county."""
    grade, primary = pl.col(derive.GRADE).cast(pl.Int32), ctx.integer("primary_years")
    junior, senior = pl.lit(primary + 1, dtype=pl.Int32), pl.lit(10, dtype=pl.Int32)
    first = pl.when(grade <= primary).then(pl.lit(1, dtype=pl.Int32)).when(grade <= 9).then(junior).otherwise(senior)
    return pl.when(grade.is_not_null()).then(first)


def _entry_grade(ctx: Context, target: Field) -> Verdict:
    expected = ctx.school_year - (pl.col(derive.GRADE).cast(pl.Int32) - _first_grade(ctx))
    entered = ctx.part("entry_month", derive.SCHOOL_YEAR)
    # An entry in the future is told by EN05.
    past = ctx.part("entry_month", derive.YMD) <= _soon(ctx)
    return Verdict(
        pl.when(past).then((entered - expected).abs() <= ctx.integer("tolerance")),
        p1=expected.cast(pl.String) + "09",
        p2=pl.col(derive.GRADE).cast(pl.String),
    )


def _soon(ctx: Context) -> int:
    """Return the day two months on: rosters of new entrants are made up in July and August for September."""
    months = ctx.as_of.year * 12 + ctx.as_of.month + 1
    return months // 12 * 10_000 + (months % 12 + 1) * 100 + ctx.as_of.day


def _entry_age(ctx: Context, target: Field) -> Verdict | None:
    if not _speaks(ctx, target, "birth_date", "id_number"):
        return None
    month, day = (int(part) for part in ctx.params["cutoff"].split("-"))
    year: pl.Expr = pl.when(pl.col(derive.GRADE) == 1).then(pl.lit(ctx.school_year))
    if ctx.has("entry_month"):
        # The entry month is that of the current stage, so only a primary pupil's tells the age at six.
        year = pl.coalesce(ctx.part("entry_month", derive.SCHOOL_YEAR), year)
    year = pl.when(pl.col(derive.STAGE) == "primary").then(year)
    due = (year - ctx.integer("age")) * 10_000 + month * 100 + day
    born = pl.col(derive.BORN)
    fits = born <= due if ctx.flag("inclusive") else born < due
    # Far too young for school altogether is EN03's and EN04's matter.
    near = born <= due + 2 * 10_000
    return Verdict(pl.when(near).then(fits), p1=pl.format("{}-{}", year, pl.lit(ctx.params["cutoff"])))


def _age_grade(ctx: Context, target: Field) -> Verdict | None:
    if not _speaks(ctx, target, "birth_date", "id_number"):
        return None
    grade, born = pl.col(derive.GRADE).cast(pl.Int32), pl.col(derive.BORN)
    age = dates.completed_years(born, ctx.school_year * 10_000 + 831)
    usual = grade + 5
    fits = age.is_between(usual - ctx.integer("younger"), usual + ctx.integer("older"))
    without_grade = age.is_between(ctx.integer("min_age"), ctx.integer("max_age"))
    # A birth date in the future has its own finding.
    judged = born <= dates.as_integer(ctx.as_of)
    return Verdict(
        pl.when(judged & (pl.col(derive.STAGE) != "preschool").fill_null(value=True)).then(
            pl.when(grade.is_not_null()).then(fits).otherwise(without_grade)
        ),
        p1=age.cast(pl.String),
        p2=pl.when(grade.is_not_null())
        .then(usual.cast(pl.String))
        .otherwise(pl.lit(f"{ctx.params['min_age']}–{ctx.params['max_age']}")),
    )


def _preschool(ctx: Context, target: Field) -> Verdict | None:
    if not _speaks(ctx, target, "grade", "class_name"):
        return None
    return Verdict(pl.col(derive.STAGE) != "preschool")


def _entry_future(ctx: Context, target: Field) -> Verdict:
    return Verdict(ctx.part("entry_month", derive.YMD) <= _soon(ctx))


def _class_grade(ctx: Context, target: Field) -> Verdict:
    stated = ctx.part("class_name", derive.GRADE_OF_CLASS)
    own = ctx.part("grade", derive.GRADE_OF_CLASS)
    return Verdict(stated == own, p1=own.cast(pl.String))


def _cohort_grade(ctx: Context, target: Field) -> Verdict:
    stated = ctx.part("class_name", derive.GRADE_OF_COHORT)
    own = ctx.part("grade", derive.GRADE_OF_CLASS)
    return Verdict(stated == own, p1=own.cast(pl.String), p2=stated.cast(pl.String))


def _entry_long_ago(ctx: Context, target: Field) -> Verdict:
    recent = ctx.part("entry_month", derive.YMD) >= (ctx.as_of.year - ctx.integer("max_years")) * 10_000
    return Verdict(pl.when(pl.col(derive.GRADE).is_null()).then(recent))


RULES = (
    RowRule(
        code="EN01",
        slug="entry-month-unlike-grade",
        severity=Severity.WARNING,
        source=_ROLL_OVER,
        params={"primary_years": "6", "tolerance": "0"},
        on="entry_month",
        build=_entry_grade,
    ),
    RowRule(
        code="EN02",
        slug="entry-under-age",
        severity=Severity.WARNING,
        source=_ENTRY_AGE,
        params={"cutoff": "08-31", "inclusive": "true", "age": "6"},
        on=_born_on,
        build=_entry_age,
    ),
    RowRule(
        code="EN03",
        slug="odd-age-for-grade",
        severity=Severity.WARNING,
        source="[经验] 年级的正常年龄上下 2 岁, 由入学年龄推算",
        params={"younger": "2", "older": "2", "min_age": "5", "max_age": "20"},
        on=_born_on,
        build=_age_grade,
    ),
    RowRule(
        code="EN04",
        slug="preschool-child-in-school-roster",
        severity=Severity.ERROR,
        source="《安徽省中小学生学籍信息化管理办法》第十四条",
        on=_grade_on,
        build=_preschool,
    ),
    RowRule(
        code="EN05",
        slug="entry-month-in-future",
        severity=Severity.ERROR,
        source="《学生基本信息填写说明》入学年月",
        on="entry_month",
        build=_entry_future,
    ),
    RowRule(
        code="EN06",
        slug="class-unlike-grade",
        severity=Severity.ERROR,
        source="《学生基本信息填写说明》年级、班级",
        needs=("grade",),
        on="class_name",
        build=_class_grade,
    ),
    RowRule(
        code="EN07",
        slug="entry-month-too-early",
        severity=Severity.WARNING,
        source="《学生基本信息填写说明》入学年月: 本学段的入学年月",
        params={"max_years": "8"},
        on="entry_month",
        build=_entry_long_ago,
    ),
    RowRule(
        code="EN08",
        slug="class-of-other-entry-year",
        severity=Severity.WARNING,
        source=_ROLL_OVER,
        needs=("grade",),
        on="class_name",
        build=_cohort_grade,
    ),
)
