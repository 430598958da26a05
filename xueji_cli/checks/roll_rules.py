"""RN: the national roll number (全国学籍号) and local number layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.rule import GroupRule, RowRule, Severity, Verdict
from xueji_cli.schema import layouts
from xueji_cli.schema.model import Pii
from xueji_cli.values import dates, idnumber
from xueji_cli.values.text import put

if TYPE_CHECKING:
    from collections.abc import Callable

    from xueji_cli.checks.context import Context, GroupContext
    from xueji_cli.schema.model import Field

_FORM = "教育部学籍问答 2016-08-31: 学籍号为 G、J、L 加 18 位"
_GUIDE_1 = "教基一厅〔2016〕2号 一"


def _letter(target: Field) -> pl.Expr:
    return pl.col(target.name + derive.LETTER)


def _digits(target: Field) -> pl.Expr:
    return pl.col(target.name + derive.DIGITS)


def _wrong_letter(ctx: Context, target: Field) -> Verdict:
    return Verdict(_letter(target) != "?", p1=pl.col(target.name).str.extract(r"^([A-Z]+)"))


def _malformed(ctx: Context, target: Field) -> Verdict:
    number, fits = pl.col(target.name), _letter(target) != "-"
    for name in ctx.words("layouts"):
        fits |= number.str.contains(layouts.pattern(name))
    return Verdict(fits, p1=number.str.len_chars().cast(pl.String))


def _kind(target: Field, *letters: str) -> pl.Expr:
    return _letter(target).is_in(letters)


def _unlike_id(ctx: Context, target: Field) -> Verdict:
    sound = ctx.part("id_number", derive.STATE) == "ok"
    same = _digits(target) == ctx.part("id_number", derive.DIGITS)
    # The same 17 digits with another last character are RN05's matter.
    return Verdict(pl.when(_kind(target, "G") & sound).then(same))


def _birth(ctx: Context, target: Field) -> Verdict:
    born = pl.col(derive.BORN)
    carried = _digits(target) // 1000 % 10**8
    return Verdict(pl.when(_kind(target, "J", "L")).then(carried == born), p1=dates.written(born))


def _check_digit(ctx: Context, target: Field) -> Verdict:
    # A G number that repeats a wrong ID number is the ID number's fault, and told there.
    own = pl.lit(value=False)
    if ctx.has("id_number"):
        own = pl.col(target.name).str.ends_with(ctx.clean("id_number")).fill_null(value=False)
    tail = pl.when(_kind(target, "G", "J") & ~own).then(pl.col(target.name).str.slice(1))

    def fits(tails: pl.Series) -> pl.Series:
        # Nearly all G numbers repeat a sound ID number; only the others are computed.
        places = tails.is_not_null().arg_true()
        answers = pl.Series([None], dtype=pl.Boolean).new_from_index(0, len(tails))
        return put(answers, places, idnumber.check_digit_fits(tails.gather(places))) if len(places) else answers

    return Verdict(tail.map_batches(fits, return_dtype=pl.Boolean))


def _waiting_for_g(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.when(idnumber.has_counties(ctx.part("id_number", derive.REGION))).then(_letter(target) != "J"))


def _still_temporary(ctx: Context, target: Field) -> Verdict:
    entered = ctx.part("entry_month", derive.DATE)
    recent = entered > pl.lit(ctx.as_of).dt.offset_by("-1y")
    return Verdict(pl.when(_letter(target) == "L").then(recent))


def _g_without_id(ctx: Context, target: Field) -> Verdict:
    return Verdict(pl.when(_letter(target) == "G").then(ctx.clean("id_number").is_not_null()))


def _layout(ctx: Context, target: Field) -> Verdict | None:
    if not ctx.params["layout"]:
        return None
    name = ctx.params["layout"]
    return Verdict(pl.col(target.name).str.contains(layouts.pattern(name)), p1=pl.lit(layouts.title(name)))


def _layout_year(ctx: Context, target: Field) -> Verdict | None:
    if not ctx.params["layout"]:
        return None
    name = ctx.params["layout"]
    year = layouts.year(pl.col(target.name), name)
    entered = ctx.part("entry_month", derive.DATE).dt.year()
    fits = pl.when(pl.col(target.name).str.contains(layouts.pattern(name))).then(
        year == entered % layouts.year_base(name)
    )
    return Verdict(fits, p1=entered.cast(pl.String))


def _gaps(ctx: GroupContext) -> pl.DataFrame:
    """Find numbers behind which a number of the same series is missing (迁安: continuous, no gaps)."""
    name = ctx.params["layout"]
    if not name or not layouts.continuous(name) or not ctx.has("local_number"):
        return pl.DataFrame(schema={"table": pl.UInt32, "row": pl.UInt32})
    number = pl.col("local_number")
    fits = number.str.contains(layouts.pattern(name))
    series, place = layouts.series(number, name).alias("series"), layouts.sequence(number, name).alias("place")
    rows = ctx.rows.each(lambda rows: rows.filter(fits).select("table", "row", number, series, place))
    return (
        rows.sort("series", "place", "table", "row")
        .with_columns(before=pl.col("place").shift(1).over("series").fill_null(0))
        .filter(pl.col("place") - pl.col("before") > 1)
        .select(
            "table",
            "row",
            value=pl.col("local_number"),
            p1=(pl.col("place") - pl.col("before") - 1).cast(pl.String),
        )
    )


def _rule(
    number: int,
    slug: str,
    severity: Severity,
    source: str,
    build: Callable[[Context, Field], Verdict | None],
    *needs: str,
    params: dict[str, str] | None = None,
    on: str = "roll_number",
    pii1: Pii | None = None,
    option: str | None = None,
) -> RowRule:
    return RowRule(
        code=f"RN{number:02}",
        slug=slug,
        severity=severity,
        source=source,
        params=params or {},
        pii1=pii1,
        needs=needs,
        option=option,
        on=on,
        build=build,
    )


_LAYOUT = "地方学籍辅号编码规则(按配置)"

RULES = (
    _rule(1, "wrong-letter-in-roll-number", Severity.ERROR, _FORM, _wrong_letter),
    _rule(2, "malformed-roll-number", Severity.ERROR, _FORM, _malformed, params={"layouts": ""}),
    _rule(
        3, "roll-number-unlike-id", Severity.WARNING, f"{_GUIDE_1}.1: 证件变更后学籍号相应变更", _unlike_id, "id_number"
    ),
    _rule(4, "roll-number-unlike-birth-date", Severity.ERROR, _FORM, _birth, pii1=Pii.DATE),
    _rule(5, "wrong-check-digit-in-roll-number", Severity.ERROR, f"{_FORM}; GB 11643-1999", _check_digit),
    _rule(
        6,
        "j-number-with-id",
        Severity.WARNING,
        f"{_GUIDE_1}.1: J 号学生补充身份证后转为 G 号",
        _waiting_for_g,
        "id_number",
    ),
    _rule(
        7, "overdue-temporary-number", Severity.NOTICE, f"{_GUIDE_1}: L 号为临时学籍号", _still_temporary, "entry_month"
    ),
    _rule(8, "g-number-without-id", Severity.NOTICE, f"{_GUIDE_1}: G 号依据身份证号生成", _g_without_id, "id_number"),
    _rule(
        9,
        "local-number-off-layout",
        Severity.ERROR,
        _LAYOUT,
        _layout,
        params={"layout": ""},
        on="local_number",
        option="layout",
    ),
    _rule(
        10,
        "local-number-unlike-entry-year",
        Severity.WARNING,
        _LAYOUT,
        _layout_year,
        "entry_month",
        params={"layout": ""},
        on="local_number",
        option="layout",
    ),
    GroupRule(
        code="RN11",
        slug="gap-in-local-numbers",
        severity=Severity.WARNING,
        source="迁安市学籍管理: 学号连续, 不得空号",
        params={"layout": ""},
        option="layout",
        on="local_number",
        find=_gaps,
    ),
)
