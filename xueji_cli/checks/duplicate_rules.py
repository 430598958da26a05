"""DU: the same number or the same child twice, in all files given together. Exact matches only; `xueji dedupe` finds the rest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks import derive
from xueji_cli.checks.finding import RELATED_LIMIT
from xueji_cli.checks.rule import GroupRule, Severity
from xueji_cli.schema.model import Pii

if TYPE_CHECKING:
    from xueji_cli.checks.context import GroupContext

_ONE_ROLL = "2013《中小学生学籍管理办法》第五、六条: 一人一籍、一籍一号; 学籍核查记录表第7项“重复学籍”"
_PROBLEM = "问题学籍类型: 无证件学生姓名、性别、出生日期相同"

NOTHING = pl.DataFrame(schema={"table": pl.UInt32, "row": pl.UInt32})


def _repeated(rows: pl.DataFrame, keys: list[str], value: str) -> pl.DataFrame:
    """Return every row whose keys occur in another row too, with the places of the others.

    Args:
        rows: Rows in which no key is null.
        keys: Columns that together must differ between rows.
        value: Column that holds the cell to show.
    """
    repeated = pl.struct(keys).is_duplicated() if len(keys) > 1 else pl.col(keys[0]).is_duplicated()
    twice = rows.lazy().select("table", "row", *keys, pl.col(value).alias("value")).filter(repeated).collect()
    if twice.is_empty():
        return NOTHING
    places = twice.group_by(keys, maintain_order=True).agg(
        place=pl.struct("table", "row").head(RELATED_LIMIT + 1), size=pl.len()
    )
    here = pl.struct("table", "row")
    return (
        twice.join(places, on=keys, how="left", maintain_order="left")
        .explode("place")
        # A place is not related to itself.
        .filter(here != pl.col("place"))
        .group_by("table", "row", maintain_order=True)
        .agg(
            pl.col("value").first(),
            p1=pl.col("size").first().cast(pl.String),
            related=pl.col("place").head(RELATED_LIMIT),
            others=(pl.col("size").first() - 1).cast(pl.UInt32),
        )
    )


def _alike(ctx: GroupContext, role: str, *also: str) -> pl.DataFrame:
    """Return the rows whose number may stand in another row too.

    Seventeen digits are compared as integers, numbers of another shape by a hash, if they are numbers at all: a stroke or 无 stands
    in many rows. Two numbers may have the same hash; whoever asks compares the numbers themselves.
    """
    number, digits = pl.col(role), pl.col(role + derive.DIGITS)
    # `when` answers for the nulls of `digits` as well.
    judged = digits.is_not_null() | number.str.contains("[0-9]{3}")
    key = pl.when(digits.is_not_null()).then(digits).otherwise(number.hash().reinterpret(signed=True)).alias("key")
    twice = ctx.rows.twice(lambda rows: rows.filter(judged).select(key))
    if not len(twice):
        return ctx.rows.each(lambda rows: rows.select("table", "row", role, *also).head(0))
    return ctx.rows.each(
        lambda rows: rows.filter(judged).filter(key.is_in(twice.implode())).select("table", "row", role, *also)
    ).sort("table", "row")


def _same_id(ctx: GroupContext) -> pl.DataFrame:
    # A damaged number (zeros for digits, too short) is shared by chance, and has its own finding.
    judged = ["ok", "check", "other", "date", "future", "temporary"]
    state = "id_number" + derive.STATE
    return _repeated(_alike(ctx, "id_number", state).filter(pl.col(state).is_in(judged)), ["id_number"], "id_number")


def _same_roll(ctx: GroupContext) -> pl.DataFrame:
    return _repeated(_alike(ctx, "roll_number"), ["roll_number"], "roll_number")


def _same_person(ctx: GroupContext) -> pl.DataFrame:
    if not ctx.has("sex"):
        return NOTHING
    keys = ["name", "sex" + derive.LABEL, derive.BORN]
    numberless = (
        pl.col("id_number").is_null() | (pl.col("id_number" + derive.STATE) != "ok")
        if ctx.has("id_number")
        else pl.lit(value=True)
    )
    known = pl.all_horizontal(pl.col(key).is_not_null() for key in keys)
    suspects = ctx.rows.each(lambda rows: rows.filter(known & numberless).select("table", "row", *keys))
    if suspects.is_empty():
        return NOTHING
    wanted = suspects.lazy().select(keys).unique()
    # The other one may have its number: a J roll beside a G roll of the same child.
    alike = ctx.rows.each(
        lambda rows: (
            rows.filter(known).select("table", "row", *keys).join(wanted, on=keys, how="semi", maintain_order="left")
        )
    )
    return _repeated(alike, keys, "name").join(
        suspects.select("table", "row"), on=["table", "row"], how="semi", maintain_order="left"
    )


def _also_guardian(ctx: GroupContext) -> pl.DataFrame:
    """Find children whose own number stands under a guardian of another row."""
    members = [role for role in ("member1_id_number", "member2_id_number") if ctx.has(role)]
    if not members or not ctx.has("id_number"):
        return NOTHING
    number = pl.col("number")
    # Only guardians as young as a pupil: nearly all others can be left out before anything is compared.
    young = pl.col("digits") // 10**7 % 10_000 >= ctx.as_of.year - 22

    def of_others(rows: pl.LazyFrame, role: str) -> pl.LazyFrame:
        numbers = rows.select(
            "table", "row", number=pl.col(role), digits=pl.col(role + derive.DIGITS), own=pl.col("id_number")
        )
        return numbers.filter(young & number.ne_missing(pl.col("own")))

    guardians = pl.concat([ctx.rows.each(partial(of_others, role=role)) for role in members])
    wanted = guardians.lazy().select("number").unique()
    sound = ctx.rows.each(
        lambda rows: (
            rows.filter(pl.col("id_number" + derive.STATE) == "ok")
            .select("table", "row", "id_number")
            .join(wanted, left_on="id_number", right_on="number", how="semi", maintain_order="left")
        )
    )
    hits = guardians.join(sound.select(number="id_number"), on="number", how="semi")
    if hits.is_empty():
        return NOTHING
    places = hits.group_by("number", maintain_order=True).agg(
        related=pl.struct("table", "row").head(RELATED_LIMIT), others=pl.len()
    )
    return sound.join(places, left_on="id_number", right_on="number", how="inner", maintain_order="left").select(
        "table", "row", value=pl.col("id_number"), related=pl.col("related"), others=pl.col("others").cast(pl.UInt32)
    )


RULES = (
    GroupRule(
        code="DU01", slug="same-id-number", severity=Severity.ERROR, source=_ONE_ROLL, on="id_number", find=_same_id
    ),
    GroupRule(
        code="DU02",
        slug="same-roll-number",
        severity=Severity.ERROR,
        source=_ONE_ROLL,
        on="roll_number",
        find=_same_roll,
    ),
    GroupRule(
        code="DU03",
        slug="same-person-without-id",
        severity=Severity.WARNING,
        source=_PROBLEM,
        pii1=Pii.NONE,
        needs=("sex",),
        on="name",
        find=_same_person,
    ),
    GroupRule(
        code="DU04",
        slug="id-also-of-a-guardian",
        severity=Severity.NOTICE,
        source="[经验] 学生证件号出现在他人的监护人栏",
        needs=("member1_id_number",),
        on="id_number",
        find=_also_guardian,
    ),
)
