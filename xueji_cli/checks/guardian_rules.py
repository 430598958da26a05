"""GU: guardians and their agreement with the child."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.field_rules import PLACEHOLDERS
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.values import dates

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field, Schema

_SHEET = "学籍核查记录表第7项: 监护人姓名、家庭住址、联系方式"
_RELATION = "GB/T 4761《家庭关系代码》; GB 11643-1999 第 17 位"

MEMBERS = ("member1", "member2")

_MALE = ("父亲", "继父或养父", "祖父", "外祖父", "兄", "弟", "伯父", "叔父", "舅父", "姨父", "姑父", "曾祖父")
_FEMALE = (
    "母亲",
    "继母或养母",
    "祖母",
    "外祖母",
    "嫂",
    "姐姐",
    "妹妹",
    "伯母",
    "婶母",
    "舅母",
    "姨母",
    "姑母",
    "曾祖母",
)
_SIBLINGS = ("兄弟姐妹", "兄", "弟", "姐姐", "妹妹", "姐夫", "嫂", "其他兄弟姐妹")


def _each(part: str) -> Callable[[Schema], list[Field]]:
    roles = [f"{member}_{part}" for member in MEMBERS]
    return lambda schema: [schema.by_role[role] for role in roles if role in schema.by_role]


def _member(target: Field) -> str:
    return target.name.split("_")[0]


def _missing(*parts: str) -> Callable[[Context, Field], Verdict | None]:
    """Return a rule body: the first guardian's cell may only be empty when one of these says the same."""

    def build(ctx: Context, target: Field) -> Verdict:
        return Verdict(pl.any_horizontal([ctx.optional(role).is_not_null() for role in parts]))

    return build


def _nameless(ctx: Context, target: Field) -> Verdict:
    """A guardian of whom anything is known has a name, and there is at least one guardian."""

    def said(role: str) -> pl.Expr:
        return (ctx.optional(role).is_not_null() & ~ctx.optional(role).is_in(PLACEHOLDERS)).fill_null(value=False)

    member = _member(target)
    parts = [f"{member}_{part}" for part in ("relation", "phone", "id_number", "address", "employer")]
    wanted = pl.any_horizontal([said(role) for role in parts])
    if member == MEMBERS[0]:
        wanted |= ~said("member2_name")
    return Verdict(pl.when(wanted).then(said(target.name)))


def _relation_sex(ctx: Context, target: Field) -> Verdict | None:
    member = _member(target)
    if not ctx.has(f"{member}_id_number"):
        return None
    relation, male = ctx.label(target.name), ctx.part(f"{member}_id_number", derive.MALE)
    fits = pl.when(relation.is_in(_MALE)).then(male).when(relation.is_in(_FEMALE)).then(~male)
    # The child's own number copied under a guardian is told once, by GU05.
    own = _childs_own(ctx, f"{member}_id_number")
    carried = pl.when(male).then(pl.lit("男")).otherwise(pl.lit("女"))
    return Verdict(pl.when(~own).then(fits), p1=carried)


def _childs_own(ctx: Context, role: str) -> pl.Expr:
    if not ctx.has("id_number"):
        return pl.lit(value=False)
    return (ctx.part(role, derive.DIGITS) == ctx.part("id_number", derive.DIGITS)).fill_null(value=False)


def _age_distance(ctx: Context, target: Field) -> Verdict:
    years = dates.completed_years(pl.col(target.name + derive.YMD), pl.col(derive.BORN))
    relation = ctx.label(f"{_member(target)}_relation")
    sibling = relation.is_in(_SIBLINGS).fill_null(value=False)
    judged = ~sibling & ~_childs_own(ctx, target.name)
    return Verdict(pl.when(judged).then(years >= ctx.integer("min_years")), p1=years.cast(pl.String))


def _same_as_child(ctx: Context, target: Field) -> Verdict | None:
    if not ctx.has("id_number"):
        return None
    age = dates.completed_years(ctx.part("id_number", derive.YMD), dates.as_integer(ctx.as_of))
    childlike = (age <= derive.CHILD).fill_null(value=False)
    same = pl.col(target.name) == ctx.clean("id_number")
    return Verdict(~(same & childlike))


def _same_as_other(ctx: Context, target: Field) -> Verdict:
    # The child's own number under both is told by GU05.
    return Verdict(pl.when(~_childs_own(ctx, target.name)).then(pl.col(target.name) != ctx.clean("member1_id_number")))


def _named_as_child(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.col(target.name) != ctx.clean("name"))


RULES = (
    RowRule(
        code="GU01",
        slug="missing-guardian-name",
        severity=Severity.WARNING,
        source=_SHEET,
        on=_each("name"),
        build=_nameless,
    ),
    RowRule(
        code="GU02",
        slug="missing-guardian-phone",
        severity=Severity.WARNING,
        source=_SHEET,
        on="member1_phone",
        build=_missing("member1_phone", "member2_phone", "phone"),
    ),
    RowRule(
        code="GU03",
        slug="relation-unlike-guardian-sex",
        severity=Severity.ERROR,
        source=_RELATION,
        on=_each("relation"),
        build=_relation_sex,
    ),
    RowRule(
        code="GU04",
        slug="guardian-too-young",
        severity=Severity.WARNING,
        source="[经验] 监护人与学生的年龄差",
        params={"min_years": "16"},
        on=_each("id_number"),
        build=_age_distance,
    ),
    RowRule(
        code="GU05",
        slug="guardian-with-id-of-child",
        severity=Severity.ERROR,
        source="[经验] 监护人栏误填学生证件号",
        on=_each("id_number"),
        build=_same_as_child,
    ),
    RowRule(
        code="GU06",
        slug="two-guardians-with-one-id",
        severity=Severity.ERROR,
        source="[经验] 两名监护人证件号相同",
        needs=("member1_id_number",),
        on="member2_id_number",
        build=_same_as_other,
    ),
    RowRule(
        code="GU07",
        slug="guardian-named-as-child",
        severity=Severity.WARNING,
        source="[经验] 监护人栏误填学生姓名",
        needs=("name",),
        on=_each("name"),
        build=_named_as_child,
    ),
)
