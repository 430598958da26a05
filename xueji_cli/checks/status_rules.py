"""SP: states of the pupil that must agree with one another, and what a stage allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.rule import RowRule, Severity, Verdict
from xueji_cli.values import dates

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.checks.context import Context
    from xueji_cli.schema.model import Field

_GUIDE = "《学生基本信息填写说明》"
_NOT_INCLUSIVE = "非随班就读"
_NOT_DISABLED = "无残疾"

#: 随班就读 → the kinds of disability that go with it.
_DISABILITY_OF = {
    "视力残疾随班就读": ("视力残疾",),
    "听力残疾随班就读": ("听力残疾",),
    "智力残疾随班就读": ("智力残疾",),
    "其他残疾随班就读": ("言语残疾", "肢体残疾", "精神残疾", "多重残疾", "其他残疾"),
}

_WAYS = {
    "compulsory": ("就近入学", "其他", "外校转入", "恢复入学资格", "民族班", "来华留学"),
    "senior": (
        *(
            "统一招生考试/普通入学",
            "体育特招",
            "艺术特招",
            "其他(高中阶段其他)",
            "其他",
            "保送",
            "民族班",
            "定向培养",
            "文艺特招",
        ),
        *("学生干部保送", "考试推荐", "外校转入", "恢复入学资格", "预科", "来华留学"),
    ),
}


def _inclusive(ctx: Context, target: Field) -> Verdict:
    inclusive, disability = ctx.label("inclusive"), ctx.label("disability")
    fits = (
        pl.when(inclusive == _NOT_INCLUSIVE)
        .then(disability == _NOT_DISABLED)
        .when(inclusive == "随班就读")
        .then(disability != _NOT_DISABLED)
    )
    for kind, allowed in _DISABILITY_OF.items():
        fits = fits.when(inclusive == kind).then(disability.is_in(allowed))
    return Verdict(fits, p1=inclusive)


def _entry_way(ctx: Context, target: Field) -> Verdict:
    way, stage = ctx.label("entry_way"), pl.col(derive.STAGE)
    compulsory = stage.is_in(["primary", "junior"])
    fits = (
        pl.when(compulsory)
        .then(way.is_in(_WAYS["compulsory"]))
        .when(stage == "senior")
        .then(way.is_in(_WAYS["senior"]))
    )
    return Verdict(fits, p1=way)


def _withdrawn(ctx: Context, target: Field) -> Verdict:
    compulsory = pl.col(derive.STAGE).is_in(["primary", "junior"])
    return Verdict(pl.when(compulsory).then(~ctx.label("status").is_in(ctx.words("statuses"))), p1=ctx.label("status"))


def _health(ctx: Context, target: Field) -> Verdict:
    health, disability = ctx.label("health"), ctx.label("disability")
    return Verdict(pl.when(health == "残疾").then(disability != _NOT_DISABLED))


def _bus(ctx: Context, target: Field) -> Verdict:
    distance = ctx.clean("distance_km").cast(pl.Int32, strict=False)
    return Verdict(
        pl.when(distance > ctx.integer("km")).then(ctx.label("school_bus") == "是"), p1=distance.cast(pl.String)
    )


def _younger_than(label: str) -> Callable[[Context, Field], Verdict | None]:
    def build(ctx: Context, target: Field) -> Verdict:
        age = dates.completed_years(pl.col(derive.BORN), dates.as_integer(ctx.as_of))
        return Verdict(pl.when(ctx.label("political_status") == label).then(age >= ctx.integer("min_age")))

    return build


def _borrowed(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.when(pl.col(derive.GRADE) == 1).then(ctx.label("student_source") != "借读"))


def _nationality(ctx: Context, target: Field) -> Verdict:
    said = ctx.label("overseas_status").is_in(["外国人", "外籍华裔人"]) | (ctx.label("id_type") == "护照")
    return Verdict(pl.when(said.fill_null(value=False)).then(ctx.label("nationality") != "中国"))


def _overseas(ctx: Context, target: Field) -> Verdict:
    kind = ctx.label("id_type")
    fits = ctx.label("overseas_status") != "否"
    permits = (
        "香港特区护照/身份证明",
        "澳门特区护照/身份证明",
        "台湾居民来往大陆通行证",
        "港澳台居民居住证",
        "港澳居民来往内地通行证",
    )
    return Verdict(pl.when(kind.is_in(permits)).then(fits), p1=kind)


def _rule(
    number: int,
    slug: str,
    severity: Severity,
    on: str,
    build: Callable[[Context, Field], Verdict | None],
    source: str,
    *needs: str,
    params: dict[str, str] | None = None,
) -> RowRule:
    return RowRule(
        code=f"SP{number:02}",
        slug=slug,
        severity=severity,
        source=source,
        params=params or {},
        needs=needs,
        on=on,
        build=build,
    )


RULES = (
    _rule(
        1,
        "disability-unlike-inclusive",
        Severity.ERROR,
        "disability",
        _inclusive,
        f"{_GUIDE}随班就读、残疾类型",
        "inclusive",
    ),
    _rule(2, "entry-way-unlike-stage", Severity.ERROR, "entry_way", _entry_way, f"{_GUIDE}入学方式"),
    _rule(
        3,
        "withdrawal-in-compulsory-stage",
        Severity.ERROR,
        "status",
        _withdrawn,
        "《义务教育法》; 2013《中小学生学籍管理办法》: 义务教育阶段不准退学、开除",
        params={"statuses": "退学,开除"},
    ),
    _rule(4, "disabled-without-kind", Severity.WARNING, "disability", _health, f"{_GUIDE}健康状况、残疾类型", "health"),
    _rule(
        5,
        "long-way-without-bus",
        Severity.NOTICE,
        "school_bus",
        _bus,
        "地方填写说明: 上下学距离超过 2 公里",
        "distance_km",
        params={"km": "2"},
    ),
    _rule(
        6,
        "league-member-under-age",
        Severity.WARNING,
        "political_status",
        _younger_than("共青团员"),
        "《中国共产主义青年团章程》: 14 周岁以上",
        params={"min_age": "13"},
    ),
    _rule(
        7,
        "party-member-under-age",
        Severity.WARNING,
        "political_status",
        _younger_than("中共党员"),
        "《中国共产党章程》: 18 周岁以上",
        params={"min_age": "18"},
    ),
    _rule(
        8,
        "borrowed-in-first-grade",
        Severity.WARNING,
        "student_source",
        _borrowed,
        "地方学籍管理规定: 小学一年级不得借读",
    ),
    _rule(9, "foreigner-of-chinese-nationality", Severity.WARNING, "nationality", _nationality, f"{_GUIDE}国籍/地区"),
    _rule(
        10,
        "permit-without-overseas-status",
        Severity.WARNING,
        "overseas_status",
        _overseas,
        f"{_GUIDE}港澳台侨外",
        "id_type",
    ),
)
