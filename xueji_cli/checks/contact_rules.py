"""PH: telephone numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xueji_cli.checks import derive
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.schema.model import FieldType
from xueji_cli.values import phones

if TYPE_CHECKING:
    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field, Schema

_GUIDE = "《学生基本信息填写说明》联系电话"


def _phones(schema: Schema) -> list[Field]:
    return [f for f in schema.fields if f.type is FieldType.PHONE]


def _rule(
    code: str, slug: str, severity: Severity, flaw: str, source: str = _GUIDE, *, fixable: bool = False
) -> RowRule:
    def build(ctx: Context, target: Field) -> Verdict | None:
        found = ctx.flag_column(target, derive.FLAW)
        return None if found is None else Verdict(found != flaw)

    return RowRule(code=code, slug=slug, severity=severity, source=source, on=_phones, build=build, fixable=fixable)


RULES = (
    _rule("PH01", "malformed-phone", Severity.ERROR, phones.BAD),
    _rule("PH02", "several-phones-in-a-cell", Severity.WARNING, phones.SEVERAL, fixable=True),
    _rule("PH03", "placeholder-phone", Severity.WARNING, phones.PLACEHOLDER, "[经验] 为通过必填校验而填的号码"),
    _rule("PH04", "decorated-phone", Severity.NOTICE, phones.FORMAT, fixable=True),
)
