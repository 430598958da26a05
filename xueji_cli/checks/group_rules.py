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

_TITLE = "class_name" + derive.TITLE
_NAMES = ("school_code", "school_name", "class_name", _TITLE, derive.GRADE, derive.CLASS)


def _census(ctx: GroupContext) -> pl.DataFrame:
    """Return how many pupils each class has in each state: some thousands of rows, whatever the number of children.

    Columns: `~school` (code or name, or the file when the rows have neither), `_NAMES` as far as the rows have them, `status` and
    `student_source` as labels, `table` and `row` of the first pupil, and `size`.
    """
    states = [ctx.label(role).alias(role) for role in ("status", "student_source")]
    names = [name for name in _NAMES if name in ctx.columns]
    counted = ctx.rows.each(
        lambda rows: rows.group_by("table", derive.GROUP, *states).agg(
            pl.col("row").min(), pl.len().alias("size"), *(pl.col(name).first() for name in names)
        )
    ).sort("table", "row")
    known = [ctx.clean(role) for role in ("school_code", "school_name") if ctx.has(role)]
    return counted.with_columns(pl.coalesce([*known, pl.format("#{}", "table")]).alias("~school"))


def _classes(ctx: GroupContext, keys: list[str], rows: pl.Expr) -> pl.DataFrame:
    """Return the classes of the census rows that count, by these keys: the place of the first pupil and the `size`."""
    census = ctx.once("census", lambda: _census(ctx))
    return (
        census.filter(rows)
        .group_by(keys, maintain_order=True)
        .agg(pl.col("table").first(), pl.col("row").first(), pl.col("size").sum())
    )


def _class_size(ctx: GroupContext) -> pl.DataFrame:
    """Find classes whose size lies in the band from `from` to below `below`."""
    if not ctx.has("class_name"):
        return NOTHING
    # Pupils who sit in the class: 在读, 复学, or no status given.
    present = pl.col("status").is_null() | pl.col("status").is_in(ctx.words("present"))
    sizes = _classes(ctx, _CLASS, pl.col("class_name").is_not_null() & present)
    fits = pl.col("size") >= ctx.integer("from")
    if ctx.params["below"]:
        fits &= pl.col("size") < ctx.integer("below")
    return sizes.filter(fits).select(
        "table", "row", value=pl.col("class_name"), p1=pl.col("size").cast(pl.String), p2=pl.lit(ctx.params["from"])
    )


def _conflict(of: str, by: str, share: float = 1.0) -> Callable[[GroupContext], pl.DataFrame]:
    """Return a rule body: rows with one value of `by` have one value of `of`; the rarer ones are reported.

    Args:
        of: Role whose values should agree.
        by: Role that groups the rows.
        share: Values on more rows than two, and than this part of the usual one's, are taken for another school of the same name.
    """

    def find(ctx: GroupContext) -> pl.DataFrame:
        if not ctx.has(of, by):
            return NOTHING
        pairs = _classes(ctx, [by, of], pl.col(of).is_not_null() & pl.col(by).is_not_null())
        # The most frequent value is taken for right; of equals, the first in the files.
        rare = pairs.with_columns(
            usual=pl.col(of).sort_by("size", descending=True, maintain_order=True).first().over(by)
        ).filter(
            (pl.col(of) != pl.col("usual"))
            & (pl.col("size") <= pl.max_horizontal(2, pl.col("size").max().over(by) * share))
        )
        if rare.is_empty():
            return NOTHING
        told = rare.lazy().select(by, of, "usual")
        return ctx.rows.each(
            lambda rows: (
                rows.select("table", "row", of, by)
                .join(told, on=[by, of], how="inner", maintain_order="left")
                .select("table", "row", value=pl.col(of), p1=pl.col("usual"), p2=pl.col(by))
            )
        )

    return find


def _share(role: str, label: str) -> Callable[[GroupContext], pl.DataFrame]:
    """Return a rule body: in each school (and grade, when the parameter says so) the share of a label is within the limit."""

    def find(ctx: GroupContext) -> pl.DataFrame:
        if not ctx.has(role):
            return NOTHING
        group = ["~school", derive.GRADE] if ctx.params["within"] == "grade" else ["~school"]
        census = ctx.once("census", lambda: _census(ctx)).filter(pl.col(role).is_not_null())
        hit = pl.col(role) == label
        shares = census.group_by(group, maintain_order=True).agg(
            hits=pl.col("size").filter(hit).sum(),
            all=pl.col("size").sum(),
            places=pl.struct("table", derive.GROUP).filter(hit),
        )
        over = shares.filter(
            (pl.col("hits") * 100.0 > pl.col("all") * ctx.number("percent"))
            & (pl.col("hits") >= ctx.integer("at_least"))
        )
        if over.is_empty():
            return NOTHING
        state = ctx.label(role)
        pupils = ctx.rows.each(
            lambda rows: rows.select("table", "row", derive.GROUP, state=state).filter(pl.col("state") == label)
        )
        spread = over.with_row_index("case").explode("places").unnest("places")
        found = (
            spread.join(pupils, on=["table", derive.GROUP], how="inner")
            .sort("case", "table", "row")
            .group_by("case", maintain_order=True)
            .agg(
                pl.col("table").first(),
                pl.col("row").first(),
                pl.col("hits").first(),
                pl.col("all").first(),
                related=pl.struct("table", "row").slice(1, RELATED_LIMIT),
            )
        )
        return found.select(
            "table",
            "row",
            value=pl.lit(label),
            p1=pl.col("hits").cast(pl.String),
            p2=(pl.col("hits") * 100.0 / pl.col("all")).round(1).cast(pl.String),
            related="related",
            others=(pl.col("hits") - 1).cast(pl.UInt32),
        )

    return find


def _unlisted(ctx: GroupContext) -> pl.DataFrame:
    """Find classes of the rosters that the class list does not have."""
    if ctx.classes is None or not ctx.has("class_name"):
        return NOTHING
    # Schools are told apart by what both sides have: the code, else the name; a list of one school may have neither.
    by = [role for role in ("school_code", "school_name") if ctx.has(role) and ctx.classes[role].null_count() == 0][:1]
    rows = pl.col(derive.CLASS).is_not_null()
    for role in by:
        # A school that the list leaves out is not judged.
        rows &= pl.col(role).is_in(ctx.classes[role].to_list())
    keys = [*by, derive.GRADE, derive.CLASS]
    found = _classes(ctx, [*keys, "class_name"], rows)
    return found.join(ctx.classes, on=keys, how="anti", nulls_equal=True, maintain_order="left").select(
        "table", "row", value=pl.col("class_name"), p1=pl.col("size").cast(pl.String)
    )


def _loose(ctx: GroupContext) -> pl.DataFrame:
    """Find classes whose name is loosely written; one finding a class, on its first pupil."""
    if _TITLE not in ctx.columns:
        return NOTHING
    found = _classes(ctx, [*_CLASS, _TITLE], pl.col(_TITLE).is_not_null())
    return found.select(
        "table", "row", value=pl.col("class_name"), p1=pl.col(_TITLE), p2=pl.col("size").cast(pl.String)
    )


def _size_rule(code: str, slug: str, severity: Severity, lower: int, upper: int | None) -> GroupRule:
    return GroupRule(
        code=code,
        slug=slug,
        severity=severity,
        source=_SIZES,
        params={"from": str(lower), "below": str(upper or ""), "present": "在读,复学"},
        on="class_name",
        find=_class_size,
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
        severity=Severity.WARNING,
        source="教育部学校(机构)标识码: 一校一码",
        needs=("school_name",),
        on="school_code",
        find=_conflict("school_code", "school_name", share=0.2),
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
    GroupRule(
        code="CL09",
        slug="loose-class-name",
        severity=Severity.NOTICE,
        source="[经验] 班级名称写法不一, 合并名册时一个班会被当成几个班",
        on="class_name",
        find=_loose,
        fixable=True,
    ),
)
