"""ID: numbers of identity documents, of the child and of the guardians."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.schema.model import FieldType, Pii
from xueji_cli.values import idnumber

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field, Schema

_GB = "GB 11643-1999《公民身份号码》"
_PROBLEM = "《中小学生学籍管理办法》问题学籍: 身份证件号错误"


def _id_numbers(schema: Schema) -> list[Field]:
    return [f for f in schema.fields if f.type is FieldType.ID_NUMBER]


def _state(target: Field) -> pl.Expr:
    return pl.col(target.name + derive.STATE)


def _not(*states: str) -> Callable[[Context, Field], Verdict | None]:
    """Return a rule body: the number must not be in one of these states."""

    def build(ctx: Context, target: Field) -> Verdict:
        return Verdict(~_state(target).is_in(states), p1=pl.col(target.name).str.len_chars().cast(pl.String))

    return build


def _check_digit(ctx: Context, target: Field) -> Verdict:
    expected = pl.col(target.name + derive.DIGITS).map_batches(idnumber.check_character, return_dtype=pl.String)
    return Verdict(_state(target) != "check", p1=expected, p2=pl.col(target.name).str.tail(1))


def _sound(role: str, ctx: Context) -> pl.Expr:
    return ctx.part(role, derive.STATE) == "ok"


def _age(ctx: Context, born: pl.Expr) -> pl.Expr:
    return (pl.lit(ctx.as_of) - born).dt.total_days() / 365.25


def _of_adult(ctx: Context, limit: float) -> pl.Expr:
    """Return whether the child's number carries the birth date of somebody older than any pupil."""
    return _age(ctx, ctx.part("id_number", derive.BIRTH)) > limit


def _of_guardian(ctx: Context) -> pl.Expr:
    same = [
        ctx.clean("id_number") == ctx.clean(role)
        for role in ("member1_id_number", "member2_id_number")
        if ctx.has("id_number", role)
    ]
    return pl.any_horizontal(same).fill_null(value=False) if same else pl.lit(value=False)


def _own_number_foreign(ctx: Context) -> pl.Expr:
    """Return whether the number under the child's name is somebody else's, so that nothing in it speaks of the child."""
    return _of_adult(ctx, 22) | (_of_guardian(ctx) & (_age(ctx, ctx.part("id_number", derive.BIRTH)) > 20))


def _birth_differs(ctx: Context, target: Field) -> Verdict:
    day = ctx.part("birth_date", derive.PRECISION) == "day"
    applies = _sound("id_number", ctx) & day & ~_own_number_foreign(ctx)
    born = ctx.part("id_number", derive.BIRTH)
    return Verdict(pl.when(applies).then(ctx.part("birth_date", derive.DATE) == born), p1=born.dt.to_string("%Y-%m-%d"))


def _sex_differs(ctx: Context, target: Field) -> Verdict:
    stated = ctx.label("sex")
    applies = _sound("id_number", ctx) & stated.is_in(["男", "女"]) & ~_own_number_foreign(ctx)
    carried = ctx.part("id_number", derive.SEX)
    return Verdict(pl.when(applies).then(stated == carried), p1=carried)


def _region(target: Field) -> pl.Expr:
    return pl.col(target.name + derive.REGION)


def _province(ctx: Context, target: Field) -> Verdict:
    province = _region(target) // 10_000
    known = [int(code) for code in idnumber.PROVINCES]
    return Verdict(pl.when(province < 90).then(province.is_in(known)), p1=province.cast(pl.String))


def _county_unknown(ctx: Context, target: Field) -> Verdict:
    region = _region(target)
    judged = idnumber.has_counties(region)
    return Verdict(pl.when(judged).then(region.is_in(idnumber.counties())), p1=region.cast(pl.String))


def _county_abolished(ctx: Context, target: Field) -> Verdict:
    # A code that came after the birth is right: the number is given when the household is registered, which can be years later.
    last = _region(target).replace_strict(idnumber.abolished(), default=None, return_dtype=pl.Int32)
    born = pl.col(target.name + derive.BIRTH).dt.year()
    return Verdict(born <= last, p1=_region(target).cast(pl.String))


def _adult(ctx: Context, target: Field) -> Verdict:
    judged = _sound("id_number", ctx) & ~_of_guardian(ctx)
    return Verdict(
        pl.when(judged).then(~_of_adult(ctx, ctx.number("max_age"))),
        p1=_age(ctx, ctx.part("id_number", derive.BIRTH)).floor().cast(pl.Int32).cast(pl.String),
    )


def _guardians_own(ctx: Context, target: Field) -> Verdict:
    born = ctx.part("id_number", derive.BIRTH)
    childlike = (_age(ctx, born) <= 20).fill_null(value=False)
    return Verdict(pl.when(ctx.clean("id_number").is_not_null()).then(~(_of_guardian(ctx) & ~childlike)))


def _other_shape(ctx: Context, target: Field) -> Verdict:
    return Verdict(
        pl.when(_state(target) == "other").then(
            pl.col(target.name).str.contains(r"^[A-Z0-9()]{5,20}$|^\p{Han}{1,4}字第[0-9]{4,12}号$")
        ),
    )


def _type_of_resident(ctx: Context, target: Field) -> Verdict:
    resident = _sound("id_number", ctx) & idnumber.has_counties(ctx.part("id_number", derive.REGION))
    stated = ctx.label("id_type")
    return Verdict(pl.when(resident & stated.is_not_null()).then(stated.is_in(derive.RESIDENT_TYPES)), p1=stated)


def _unnormal(ctx: Context, target: Field) -> Verdict:
    # Spaces and the like are FD07's matter; a number that is wrong once tidied, that of the other rules.
    judged = _state(target).is_in(["ok", "other"])
    if (dirt := ctx.flag_column(target, derive.DIRT)) is not None:
        judged &= dirt.is_null()
    return Verdict(pl.when(judged).then(pl.col(target.name + derive.RAW) == pl.col(target.name)))


def _rule(
    code: str, slug: str, severity: Severity, source: str, build: Callable[[Context, Field], Verdict | None]
) -> RowRule:
    return RowRule(code=code, slug=slug, severity=severity, source=source, on=_id_numbers, build=build)


RULES = (
    _rule("ID01", "wrong-id-length", Severity.ERROR, _GB, _not("length")),
    _rule("ID02", "foreign-character-in-id", Severity.ERROR, _GB, _not("characters")),
    _rule("ID03", "wrong-check-digit", Severity.ERROR, f"{_GB} 校验码; {_PROBLEM}", _check_digit),
    _rule(
        "ID04", "id-in-scientific-notation", Severity.ERROR, "[经验] Excel 把长数字显示为科学计数法", _not("scientific")
    ),
    _rule(
        "ID05", "id-destroyed-by-spreadsheet", Severity.ERROR, "[经验] Excel 只保留 15 位有效数字", _not("destroyed")
    ),
    _rule("ID06", "id-of-15-digits", Severity.ERROR, "国发〔1999〕15号: 公民身份号码为 18 位", _not("old")),
    _rule("ID07", "impossible-date-in-id", Severity.ERROR, _GB, _not("date")),
    _rule("ID08", "future-date-in-id", Severity.ERROR, _GB, _not("future")),
    RowRule(
        code="ID09",
        slug="birth-date-unlike-id",
        severity=Severity.ERROR,
        source=f"{_GB} 第 7–14 位; {_PROBLEM}",
        pii1=Pii.DATE,
        needs=("id_number",),
        on="birth_date",
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
    _rule("ID16", "odd-document-number", Severity.WARNING, "[经验] 护照等证件号为 5–20 位字母数字", _other_shape),
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
)
