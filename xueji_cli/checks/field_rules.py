"""FD: required cells, and how the text of a cell is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.schema.model import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field, Schema

#: Document types under which a child may have no number.
NO_NUMBER_TYPES = ("其他",)

#: Words and signs that fill a cell and say nothing. A set, not a pattern: it is looked up in every cell of many columns.
PLACEHOLDERS = (
    *("无", "没有", "不详", "未知", "待定", "待补", "暂无", "空", "不明", "不清楚", "未填", "略", "同上", "暂缺", "缺"),
    *("NULL", "null", "Null", "NONE", "None", "none", "NAN", "NaN", "nan", "N/A", "n/a", "NA", "#N/A"),
    *(sign * times for sign in "-—–_/\\.。*?xX×、,，" for times in range(1, 7)),
)


def _must_be_filled(schema: Schema) -> list[Field]:
    return [f for f in schema.fields if (f.filled or f.required) and f.type is not FieldType.ID_NUMBER]


def _free_texts(schema: Schema) -> list[Field]:
    """Return the fields that take any text; in the others a placeholder is told as what it is not: no date, no code, no number."""
    free = (FieldType.TEXT, FieldType.NAME, FieldType.GRADE, FieldType.CLASS)
    return [f for f in _must_be_filled(schema) if f.type in free]


def _empty(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.col(target.name).is_not_null())


def _no_number(ctx: Context, target: Field) -> Verdict:
    allowed = ctx.label("id_type").is_in(NO_NUMBER_TYPES)
    known = ctx.label("id_type").is_not_null()
    return Verdict(pl.when(known & ~allowed).then(pl.col(target.name).is_not_null()), p1=ctx.label("id_type"))


def _no_number_no_type(ctx: Context, target: Field) -> Verdict:
    unknown = ctx.label("id_type").is_null()
    return Verdict(pl.when(unknown).then(pl.col(target.name).is_not_null()))


def _no_guardian_number(ctx: Context, target: Field) -> Verdict:
    guardians = [ctx.optional(role).is_not_null() for role in ("member1_id_number", "member2_id_number")]
    alone = ctx.clean("id_number").is_null() & ctx.label("id_type").is_in(NO_NUMBER_TYPES)
    return Verdict(pl.when(alone).then(pl.any_horizontal(guardians)))


def _too_long(ctx: Context, target: Field) -> Verdict:
    length = pl.col(target.name).str.len_chars()
    return Verdict(length <= target.max_length, p1=length.cast(pl.String), p2=pl.lit(str(target.max_length)))


def _placeholder(ctx: Context, target: Field) -> Verdict:
    return Verdict(~pl.col(target.name).is_in(PLACEHOLDERS))


def _written(*dirt: str) -> Callable[[Context, Field], Verdict | None]:
    def build(ctx: Context, target: Field) -> Verdict | None:
        found = ctx.flag_column(target, derive.DIRT)
        return None if found is None else Verdict(~found.is_in(dirt))

    return build


def _texts(schema: Schema) -> list[Field]:
    return [f for f in schema.fields if f.type is not FieldType.NAME]


RULES = (
    RowRule(
        code="FD01",
        slug="empty-required-cell",
        severity=Severity.ERROR,
        source="《全国中小学生学籍信息管理系统学生基本信息填写说明》★必填项",
        on=_must_be_filled,
        build=_empty,
    ),
    RowRule(
        code="FD02",
        slug="missing-id-number",
        severity=Severity.ERROR,
        source="《学生基本信息填写说明》身份证件号: 类型不是“其他”时必填",
        needs=("id_type",),
        on="id_number",
        build=_no_number,
    ),
    RowRule(
        code="FD03",
        slug="missing-id-number-of-guardian",
        severity=Severity.ERROR,
        source="《安徽省中小学生学籍信息化管理办法》第十三条; 首次数据采集指标说明",
        needs=("id_type", "id_number"),
        on="member1_id_number",
        build=_no_guardian_number,
    ),
    RowRule(
        code="FD04",
        slug="missing-id-number-of-unknown-type",
        severity=Severity.WARNING,
        source="《学生基本信息填写说明》身份证件号; 核查记录表第7项“无身份证号”",
        on="id_number",
        build=_no_number_no_type,
    ),
    RowRule(
        code="FD05",
        slug="over-long-text",
        severity=Severity.NOTICE,
        source="[经验] 导入模板的长度限制",
        on=lambda schema: [f for f in schema.fields if f.max_length and f.type is not FieldType.NAME],
        build=_too_long,
    ),
    RowRule(
        code="FD06",
        slug="placeholder-text",
        severity=Severity.WARNING,
        source="《学生基本信息填写说明》★必填项",
        on=_free_texts,
        build=_placeholder,
    ),
    RowRule(
        code="FD07",
        slug="invisible-characters",
        severity=Severity.WARNING,
        source="[经验] 复制粘贴带入的空格和不可见字符",
        on=_texts,
        build=_written("invisible", "apostrophe", "space"),
        fixable=True,
    ),
    RowRule(
        code="FD08",
        slug="radical-characters",
        severity=Severity.WARNING,
        source="Unicode 康熙部首区与中日韩部首补充区",
        on=_texts,
        build=_written("radical"),
        fixable=True,
    ),
    RowRule(
        code="FD09",
        slug="fullwidth-digits",
        severity=Severity.NOTICE,
        source="《学生基本信息填写说明》数字和字母用半角",
        on=_texts,
        build=_written("width"),
        fixable=True,
    ),
)
