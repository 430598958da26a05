"""NM: names of children and guardians."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.field_rules import PLACEHOLDERS
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.schema.model import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field, Schema

_AS_REGISTERED = "2013《中小学生学籍管理办法》第十条: 姓名与户口簿一致"
_DOT = "民委发〔2016〕33号: 姓名中的间隔符为 U+00B7"


def _names(schema: Schema) -> list[Field]:
    return [f for f in schema.fields if f.type is FieldType.NAME]


def _without(suffix: str, *kinds: str) -> Callable[[Context, Field], Verdict | None]:
    """Return a rule body: the name's writing (`#dirt`) or the name itself (`#flaw`) is not of these kinds."""

    def build(ctx: Context, target: Field) -> Verdict | None:
        found = ctx.flag_column(target, suffix)
        if found is None:
            return None
        if target.filled or target.required:
            return Verdict(~found.is_in(kinds))
        # 无 or a stroke where there is no former name, no second guardian: a way to leave the cell empty, not a wrong name.
        return Verdict(pl.when(~pl.col(target.name).is_in(PLACEHOLDERS)).then(~found.is_in(kinds)))

    return build


def _rule(code: str, slug: str, severity: Severity, source: str, suffix: str, *kinds: str) -> RowRule:
    fixable = suffix == derive.DIRT
    return RowRule(
        code=code,
        slug=slug,
        severity=severity,
        source=source,
        on=_names,
        build=_without(suffix, *kinds),
        fixable=fixable,
    )


RULES = (
    _rule("NM01", "digits-in-name", Severity.ERROR, _AS_REGISTERED, derive.FLAW, "digit"),
    _rule("NM02", "remark-in-name", Severity.ERROR, _AS_REGISTERED, derive.FLAW, "bracket", "symbol"),
    _rule(
        "NM03",
        "latin-name",
        Severity.WARNING,
        "《学生基本信息填写说明》姓名: 外籍学生用正式中文姓名",
        derive.FLAW,
        "latin",
        "mixed",
    ),
    _rule("NM04", "spaces-in-name", Severity.WARNING, _AS_REGISTERED, derive.DIRT, "space", "apostrophe", "width"),
    _rule(
        "NM05", "invisible-characters-in-name", Severity.WARNING, _AS_REGISTERED, derive.DIRT, "invisible", "radical"
    ),
    _rule("NM06", "wrong-dot-in-name", Severity.WARNING, _DOT, derive.DIRT, "dot"),
    _rule("NM07", "lost-character-in-name", Severity.ERROR, _AS_REGISTERED, derive.FLAW, "lost"),
    _rule(
        "NM08",
        "private-character-in-name",
        Severity.WARNING,
        "GB 18030-2022; [经验] 生僻字自造码",
        derive.FLAW,
        "private",
    ),
    _rule("NM09", "odd-name-length", Severity.WARNING, "[经验] 姓名过短或过长", derive.FLAW, "single", "long"),
)
