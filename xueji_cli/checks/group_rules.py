"""CL: classes, grades and schools as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.duplicate_rules import NOTHING
from xueji_cli.checks.finding import RELATED_LIMIT
from xueji_cli.checks.rule import GroupRule, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.checks.context import GroupContext

_SIZES = "教育部班额标准: 56 人及以上为大班额, 66 人及以上为超大班额; 国发〔2016〕40号"

#: One class: the school, the grade where known, and the class as written.
_CLASS = ["~school", derive.GRADE, "class_name"]


def _with_school(ctx: GroupContext, rows: pl.DataFrame) -> pl.DataFrame:
    """Add `~school`: the school's code or name, or the file when the rows have neither."""
    known = [ctx.clean(role) for role in ("school_code", "school_name") if ctx.has(role)]
    file = pl.format("#{}", pl.col("table"))
    return rows.with_columns(pl.coalesce([*known, file]).alias("~school"))


def _present(ctx: GroupContext) -> pl.DataFrame:
    """Return the rows of pupils who sit in a class (在读, 复学, or no status given)."""
    rows = _with_school(ctx, ctx.rows)
    if not ctx.has("status"):
        return rows
    return rows.filter(ctx.label("status").is_null() | ctx.label("status").is_in(ctx.words("present")))


def _class_size(band: str) -> Callable[[GroupContext], pl.DataFrame]:
    """Return a rule body: no class reaches the band's lower bound (and stays below the next one)."""

    def find(ctx: GroupContext) -> pl.DataFrame:
        if not ctx.has("class_name"):
            return NOTHING
        sizes = (
            _present(ctx)
            .filter(pl.col("class_name").is_not_null())
            .group_by(_CLASS, maintain_order=True)
            .agg(pl.col("table").first(), pl.col("row").first(), pl.len().alias("size"))
        )
        upper = ctx.params["below"]
        fits = pl.col("size") >= ctx.integer("from")
        if upper:
            fits &= pl.col("size") < int(upper)
        return sizes.filter(fits).select(
            "table", "row", value=pl.col("class_name"), p1=pl.col("size").cast(pl.String), p2=pl.lit(ctx.params["from"])
        )

    return find


def _conflict(of: str, by: str) -> Callable[[GroupContext], pl.DataFrame]:
    """Return a rule body: rows with one value of `by` have one value of `of`; the rarer ones are reported."""

    def find(ctx: GroupContext) -> pl.DataFrame:
        if not ctx.has(of, by):
            return NOTHING
        pairs = (
            ctx.rows.filter(ctx.clean(of).is_not_null() & ctx.clean(by).is_not_null())
            .group_by(by, of, maintain_order=True)
            .agg(pl.len().alias("n"), pl.col("table").first(), pl.col("row").first())
        )
        # The most frequent value is taken for right; of equals, the first in the files.
        ranked = pairs.with_columns(
            usual=pl.col(of).sort_by("n", descending=True, maintain_order=True).first().over(by),
            kinds=pl.len().over(by),
        ).filter((pl.col("kinds") > 1) & (pl.col(of) != pl.col("usual")))
        return ctx.rows.join(ranked.select(by, of, "usual"), on=[by, of], how="inner", maintain_order="left").select(
            "table", "row", value=pl.col(of), p1=pl.col("usual"), p2=pl.col(by)
        )

    return find


def _share(role: str, label: str) -> Callable[[GroupContext], pl.DataFrame]:
    """Return a rule body: in each school (and grade, when the parameter says so) the share of a label is within the limit."""

    def find(ctx: GroupContext) -> pl.DataFrame:
        if not ctx.has(role):
            return NOTHING
        group = ["~school", derive.GRADE] if ctx.params["within"] == "grade" else ["~school"]
        state = ctx.part(role, derive.LABEL)
        rows = _with_school(ctx, ctx.rows).filter(state.is_not_null())
        limit = ctx.number("percent")
        shares = (
            rows.with_columns(hit=state == label)
            .group_by(group, maintain_order=True)
            .agg(
                pl.col("hit").sum().alias("hits"),
                pl.len().alias("all"),
                pl.struct("table", "row").filter(pl.col("hit")).head(RELATED_LIMIT + 1).alias("places"),
            )
            .filter((pl.col("hits") * 100.0 > pl.col("all") * limit) & (pl.col("hits") >= ctx.integer("at_least")))
        )
        first = pl.col("places").list.first()
        return shares.select(
            table=first.struct.field("table"),
            row=first.struct.field("row"),
            value=pl.lit(label),
            p1=pl.format("{}/{}", "hits", "all"),
            p2=(pl.col("hits") * 100.0 / pl.col("all")).round(1).cast(pl.String),
            related=pl.col("places"),
            others=(pl.col("hits") - 1).cast(pl.UInt32),
        )

    return find


def _unlisted(ctx: GroupContext) -> pl.DataFrame:
    """Find classes of the rosters that the class list does not have."""
    if ctx.classes is None or not ctx.has("class_name"):
        return NOTHING
    rows = ctx.rows.filter(pl.col(derive.CLASS).is_not_null())
    # Schools are told apart by what both sides have: the code, else the name; a list of one school may have neither.
    by = [role for role in ("school_code", "school_name") if ctx.has(role) and ctx.classes[role].null_count() == 0][:1]
    keys = [*by, derive.GRADE, derive.CLASS]
    for role in by:
        # A school that the list leaves out is not judged.
        rows = rows.filter(pl.col(role).is_in(ctx.classes[role].to_list()))
    firsts = rows.group_by(keys, maintain_order=True).agg(
        pl.col("table").first(), pl.col("row").first(), pl.col("class_name").first(), pl.len().alias("size")
    )
    return firsts.join(ctx.classes, on=keys, how="anti", nulls_equal=True, maintain_order="left").select(
        "table", "row", value=pl.col("class_name"), p1=pl.col("size").cast(pl.String)
    )


def _size_rule(code: str, slug: str, severity: Severity, lower: int, upper: int | None) -> GroupRule:
    return GroupRule(
        code=code,
        slug=slug,
        severity=severity,
        source=_SIZES,
        params={"from": str(lower), "below": str(upper or ""), "present": "在读,复学"},
        on="class_name",
        find=_class_size(slug),
    )


RULES = (
    GroupRule(
        code="CL01",
        slug="school-code-of-two-schools",
        severity=Severity.ERROR,
        source="教育部学校(机构)标识码: 一校一码",
        needs=("school_code",),
        on="school_name",
        find=_conflict("school_name", "school_code"),
    ),
    GroupRule(
        code="CL02",
        slug="school-with-two-codes",
        severity=Severity.ERROR,
        source="教育部学校(机构)标识码: 一校一码",
        needs=("school_name",),
        on="school_code",
        find=_conflict("school_code", "school_name"),
    ),
    _size_rule("CL03", "somewhat-large-class", Severity.NOTICE, 46, 56),
    _size_rule("CL04", "large-class", Severity.WARNING, 56, 66),
    _size_rule("CL05", "very-large-class", Severity.WARNING, 66, None),
    GroupRule(
        code="CL06",
        slug="many-suspended-in-grade",
        severity=Severity.WARNING,
        source="地方学籍管理规定(迁安): 休学人数一般不超过同年级的 3%",
        params={"percent": "3", "within": "grade", "at_least": "2"},
        on="status",
        find=_share("status", "休学"),
    ),
    GroupRule(
        code="CL07",
        slug="many-borrowed-in-school",
        severity=Severity.WARNING,
        source="地方学籍管理规定(泰州): 借读人数不超过在籍人数的 5%",
        params={"percent": "5", "within": "school", "at_least": "2"},
        on="student_source",
        find=_share("student_source", "借读"),
    ),
    GroupRule(
        code="CL08",
        slug="class-not-in-class-list",
        severity=Severity.ERROR,
        source="《安徽省中小学生学籍信息化管理办法》第十六条: 不得设虚拟班级; 学籍核查记录表第6项②",
        option="--classes",
        on="class_name",
        find=_unlisted,
    ),
)
