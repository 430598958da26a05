"""ID: numbers of identity documents, of the child and of the guardians."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.schema.model import FieldType, Pii
from xueji_cli.values import dates, idnumber

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field, Schema

_GB = "GB 11643-1999《公民身份号码》"
_EIGHTEEN = "国发〔1999〕15号: 公民身份号码为 18 位"
_PROBLEM = "《中小学生学籍管理办法》问题学籍: 身份证件号错误"


def _id_numbers(schema: Schema) -> list[Field]:
    return [f for f in schema.fields if f.type is FieldType.ID_NUMBER]


def _state(target: Field) -> pl.Expr:
    return pl.col(target.name + derive.STATE)


def _not(*states: str) -> Callable[[Context, Field], Verdict | None]:
    """Return a rule body: the number must not be in one of these states."""

    def build(ctx: Context, target: Field) -> Verdict | None:
        if not ctx.occurs(target, *states):
            return None
        return Verdict(~_state(target).is_in(states), p1=pl.col(target.name).str.len_chars().cast(pl.String))

    return build


def _check_digit(_: Context, target: Field) -> Verdict:
    return Verdict(_state(target) != "check")


def _sound(role: str, ctx: Context) -> pl.Expr:
    return ctx.part(role, derive.STATE) == "ok"


def _age(ctx: Context) -> pl.Expr:
    """Return the age that the child's number tells."""
    return dates.completed_years(ctx.part("id_number", derive.YMD), dates.as_integer(ctx.as_of))


def _of_guardian(ctx: Context) -> pl.Expr:
    same = [
        ctx.clean("id_number") == ctx.clean(role)
        for role in ("member1_id_number", "member2_id_number")
        if ctx.has("id_number", role)
    ]
    return pl.any_horizontal(same).fill_null(value=False) if same else pl.lit(value=False)


def _births(schema: Schema) -> list[Field]:
    return [schema.by_role[role] for role in ("birth_date", "id_number") if role in schema.by_role]


def _number_suspect(ctx: Context) -> pl.Expr:
    """Return whether, of two birth dates that differ, the number's is the odd one out: the roll number or the grade sides with the other.

    The check digit vouches for the number as such, not that it is this child's.
    """
    stated, carried = ctx.part("birth_date", derive.YMD), ctx.part("id_number", derive.YMD)
    suspect = pl.lit(value=False)
    if ctx.has("roll_number"):
        rolled = ctx.part("roll_number", derive.DIGITS) // 1000 % 10**8
        suspect |= (rolled == stated) & ctx.part("roll_number", derive.LETTER).is_in(["G", "J", "L"])
    usual = ctx.school_year - pl.col(derive.GRADE).cast(pl.Int32) - 5
    suspect |= ((stated // 10_000 - usual).abs() <= 2) & ((carried // 10_000 - usual).abs() > 3)
    return suspect.fill_null(value=False)


def _birth_differs(ctx: Context, target: Field) -> Verdict | None:
    if not ctx.has("birth_date", "id_number"):
        return None
    stated, carried = ctx.part("birth_date", derive.YMD), ctx.part("id_number", derive.YMD)
    day = ctx.part("birth_date", derive.PRECISION) == "day"
    here = _number_suspect(ctx) if target.name == ctx.name("id_number") else ~_number_suspect(ctx)
    return Verdict(
        pl.when(pl.col(derive.OWN) & day & ((stated == carried) | here)).then(stated == carried),
        p1=dates.written(carried),
    )


def _sex_differs(ctx: Context, target: Field) -> Verdict:
    stated, male = ctx.label("sex"), ctx.part("id_number", derive.MALE)
    fits = pl.when(stated == "男").then(male).when(stated == "女").then(~male)
    return Verdict(pl.when(pl.col(derive.OWN)).then(fits), p1=pl.when(male).then(pl.lit("男")).otherwise(pl.lit("女")))


def _region(target: Field) -> pl.Expr:
    return pl.col(target.name + derive.REGION)


def _province(ctx: Context, target: Field) -> Verdict:
    province = _region(target) // 10_000
    known = [int(code) for code in idnumber.PROVINCES]
    return Verdict(pl.when(province < 90).then(province.is_in(known)), p1=province.cast(pl.String))


def _county_unknown(ctx: Context, target: Field) -> Verdict:
    region = _region(target)
    known = idnumber.last_year(region) > 0
    return Verdict(pl.when(idnumber.has_counties(region)).then(known), p1=region.cast(pl.String))


def _county_abolished(ctx: Context, target: Field) -> Verdict:
    # A code that came after the birth is right: the number is given when the household is registered, which can be years later.
    last = idnumber.last_year(_region(target))
    born = pl.col(target.name + derive.YMD) // 10_000
    return Verdict(pl.when(last > 0).then(born <= last), p1=_region(target).cast(pl.String))


def _adult(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.when(~_of_guardian(ctx)).then(_age(ctx) <= ctx.integer("max_age")), p1=_age(ctx).cast(pl.String))


def _guardians_own(ctx: Context, target: Field) -> Verdict:
    childlike = (_age(ctx) <= derive.CHILD).fill_null(value=False)
    return Verdict(pl.when(ctx.clean("id_number").is_not_null()).then(~(_of_guardian(ctx) & ~childlike)))


def _type_of_resident(ctx: Context, target: Field) -> Verdict:
    resident = _sound("id_number", ctx) & idnumber.has_counties(ctx.part("id_number", derive.REGION))
    stated = ctx.label("id_type")
    return Verdict(pl.when(resident & stated.is_not_null()).then(stated.is_in(derive.RESIDENT_TYPES)), p1=stated)


def _unnormal(ctx: Context, target: Field) -> Verdict | None:
    untidy = ctx.flag_column(target, derive.UNTIDY)
    if untidy is None:
        return None
    # Spaces and the like are FD07's matter; a number that is wrong once tidied, that of the other rules.
    judged = _state(target).is_in(["ok", "other"])
    if (dirt := ctx.flag_column(target, derive.DIRT)) is not None:
        judged &= dirt.is_null()
    return Verdict(pl.when(judged).then(~untidy))


def _of_others(schema: Schema) -> list[Field]:
    """Return the ID numbers of guardians, not the child's."""
    return [f for f in _id_numbers(schema) if f != schema.by_role.get("id_number")]


def _rule(
    code: str, slug: str, severity: Severity, source: str, build: Callable[[Context, Field], Verdict | None]
) -> RowRule:
    return RowRule(code=code, slug=slug, severity=severity, source=source, on=_id_numbers, build=build)


RULES = (
    _rule("ID01", "wrong-id-length", Severity.ERROR, _GB, _not("length")),
    _rule("ID02", "foreign-character-in-id", Severity.ERROR, _GB, _not("characters")),
    # What the character should be is not told: it narrows down the birth date that a mask hides, and tempts to change it alone.
    _rule("ID03", "wrong-check-digit", Severity.ERROR, f"{_GB} 校验码; {_PROBLEM}", _check_digit),
    _rule(
        "ID04", "id-in-scientific-notation", Severity.ERROR, "[经验] Excel 把长数字显示为科学计数法", _not("scientific")
    ),
    _rule(
        "ID05", "id-destroyed-by-spreadsheet", Severity.ERROR, "[经验] Excel 只保留 15 位有效数字", _not("destroyed")
    ),
    RowRule(
        code="ID06",
        slug="id-of-15-digits",
        severity=Severity.ERROR,
        source=_EIGHTEEN,
        on="id_number",
        build=_not("old"),
    ),
    _rule("ID07", "impossible-date-in-id", Severity.ERROR, _GB, _not("date")),
    _rule("ID08", "future-date-in-id", Severity.ERROR, _GB, _not("future")),
    RowRule(
        code="ID09",
        slug="birth-date-unlike-id",
        severity=Severity.ERROR,
        source=f"{_GB} 第 7–14 位; {_PROBLEM}",
        pii1=Pii.DATE,
        needs=("birth_date", "id_number"),
        on=_births,
        build=_birth_differs,
    ),
    RowRule(
        code="ID10",
        slug="sex-unlike-id",
        severity=Severity.ERROR,
        source=f"{_GB} 第 17 位; {_PROBLEM}",
        needs=("id_number",),
        on="sex",
        build=_sex_differs,
    ),
    _rule("ID11", "unknown-province-in-id", Severity.ERROR, "GB/T 2260", _province),
    _rule("ID12", "unknown-county-in-id", Severity.NOTICE, "GB/T 2260 及历次变更", _county_unknown),
    _rule("ID13", "county-abolished-before-birth", Severity.NOTICE, "GB/T 2260 及历次变更", _county_abolished),
    RowRule(
        code="ID14",
        slug="id-of-adult",
        severity=Severity.ERROR,
        source="[经验] 学生栏误填成人的身份证件号",
        params={"max_age": "22"},
        on="id_number",
        build=_adult,
    ),
    RowRule(
        code="ID15",
        slug="id-of-guardian",
        severity=Severity.ERROR,
        source="2013《中小学生学籍管理办法》第六条 一人一籍; [经验] 误填监护人证件号",
        needs=("member1_id_number",),
        on="id_number",
        build=_guardians_own,
    ),
    _rule("ID16", "odd-document-number", Severity.WARNING, "[经验] 护照等证件号为 5–20 位字母数字", _not("odd")),
    RowRule(
        code="ID17",
        slug="resident-number-under-other-type",
        severity=Severity.WARNING,
        source="《学生基本信息填写说明》身份证件类型",
        needs=("id_number",),
        on="id_type",
        build=_type_of_resident,
    ),
    RowRule(
        code="ID18",
        slug="untidy-id-number",
        severity=Severity.NOTICE,
        source=f"{_GB} 校验码用大写 X",
        on=_id_numbers,
        build=_unnormal,
        fixable=True,
    ),
    _rule("ID19", "temporary-id-number", Severity.WARNING, "中职系统临时编号 999+学校代码+序号", _not("temporary")),
    # A grandparent's may be an old one in earnest; a child born since 2000 never had one.
    RowRule(
        code="ID20",
        slug="guardian-id-of-15-digits",
        severity=Severity.WARNING,
        source=_EIGHTEEN,
        on=_of_others,
        build=_not("old"),
    ),
)
