"""PT: the photo of each pupil, from a column of the roster or from a folder of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.rule import RowRule, Severity, Verdict

if TYPE_CHECKING:
    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field

_SOURCE = "学籍核查记录表第7项“无照片”; 《安徽省中小学生学籍信息化管理办法》第十二条"
_NONE = (
    *("无", "没有", "否", "未上传", "未采集", "缺", "缺失", "无照片", "未拍", "未拍照", "待补", "×", "✗", "0"),
    *("x", "X", "n", "N", "no", "No", "NO", "false", "False", "FALSE", "null", "NULL"),
)


def _said_missing(ctx: Context, target: Field) -> Verdict:
    return Verdict((~pl.col(target.name).is_in(_NONE)).fill_null(value=False))


def _no_file(ctx: Context, target: Field) -> Verdict | None:
    if ctx.photos is None:
        return None
    photos = list(ctx.photos)
    stems = [
        ctx.clean(role).str.to_uppercase() for role in ("id_number", "roll_number", "local_number") if ctx.has(role)
    ]
    if ctx.has("school_code", "class_name"):
        # The name of a photo of a child without an ID number: 学校标识码_班号_姓名.
        stems.append(
            pl.concat_str(
                ctx.clean("school_code"), ctx.clean("class_name"), ctx.clean("name"), separator="_"
            ).str.to_uppercase()
        )
    found = [stem.is_in(photos).fill_null(value=False) for stem in stems]
    return Verdict(pl.any_horizontal(found) if found else pl.lit(None, dtype=pl.Boolean))


RULES = (
    RowRule(
        code="PT01",
        slug="photo-said-missing",
        severity=Severity.WARNING,
        source=_SOURCE,
        on="photo",
        build=_said_missing,
    ),
    RowRule(
        code="PT02",
        slug="photo-file-missing",
        severity=Severity.WARNING,
        source=_SOURCE,
        option="--photos",
        on="name",
        build=_no_file,
    ),
)
