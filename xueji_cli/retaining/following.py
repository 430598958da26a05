"""动态销号: what became of the entries of the previous ledger, and which are new.

An entry is known again by its key, twenty bits of a digest of name and birth date. That few on purpose: a ledger shows the surname
and the ends of the number, and with a longer key somebody could try names and birth dates until one fits, and know the child. So many
made-up children fit twenty bits that the real one is not among them to be told; what the ledger shows besides then says which child of
the lists is meant. A child has a key for each spelling that the lists have of it, and one of them is enough. A ledger that shows whole
names and numbers is also linked like any other list.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.retaining.intake import FILLED
from xueji_cli.retaining.result import EXPLAINED, FOLLOWED, GONE, NEW, OPEN, RETURNED, REVIEW, STILL_OPEN
from xueji_cli.tables.table import ROW
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.schema.roster import Roster

#: Category → what has become of an entry whose child is there now; others are still open.
_NOW = {
    **dict.fromkeys(("attending", "elsewhere", "no_roll", "enrolled"), RETURNED),
    **dict.fromkeys(("not_enrolled_proved", "absent_known"), EXPLAINED),
    "review": REVIEW,
}
#: Hexadecimal digits of a key. The letter before them keeps spreadsheet programs from reading 1e234 as a number.
_DIGITS = 5
_KEY = rf"k[0-9a-f]{{{_DIGITS}}}"


def keys_of(names: pl.Series, born: pl.Series) -> pl.Series:
    """Return the keys of children: null without name or birth date, with which nobody would be known again.

    Args:
        names: As they are compared (`intake.LIST.plain_name`).
        born: As integers.
    """
    texts = pl.DataFrame({"n": names, "b": born}).select(pl.format("{}\x1f{}", "n", "b")).to_series().to_list()
    # A loop over records: the digest has to be the same with any version of any library.
    return pl.Series(
        [None if text is None else "k" + hashlib.blake2b(text.encode()).hexdigest()[:_DIGITS] for text in texts],
        dtype=pl.String,
    )


def with_keys(children: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Fill `keys` of the children: a key for each spelling that a list has.

    Args:
        children: `result.CHILD` with `child`.
        frame: `children.told`, from which they come.
    """
    pieces = []
    for side in "hrpf":
        if f"{side}:plain_name" in frame.columns:
            rows = frame.select("child", n=f"{side}:plain_name", b=pl.coalesce(f"{side}:born", "born")).drop_nulls()
            pieces.append(rows.unique(maintain_order=True))
    spelled = pl.concat(pieces).unique(maintain_order=True)
    spelled = spelled.with_columns(key=keys_of(spelled.get_column("n"), spelled.get_column("b")))
    keyed = spelled.group_by("child").agg(keys=pl.col("key").unique().sort())
    return children.drop("keys").join(keyed, on="child", how="left", maintain_order="left").select(children.columns)


def read_ledger(rosters: Sequence[Roster], first: int, people: pl.DataFrame) -> pl.DataFrame:
    """Return the entries of a ledger: `people` (`intake.LIST`) with what was filled in (`intake.FILLED`).

    Args:
        rosters: Its sheets, bound to `forms/ledger.yaml`.
        first: Number of the first of them.
        people: `intake.read_list` of them.
    """
    pieces = []
    for place, roster in enumerate(rosters, first):
        present = [name for name in FILLED if name in roster.frame.columns]
        pieces.append(roster.frame.select(pl.lit(place, pl.UInt32).alias("table"), ROW, *present))
    filled = pl.concat(pieces, how="diagonal")
    filled = filled.with_columns(
        fold(filled.get_column(name)).alias(name)
        if name in filled.columns
        else pl.lit(None, dtype=pl.String).alias(name)
        for name in FILLED
    )
    entries = people.join(filled, on=["table", ROW], how="left", maintain_order="left")
    # A child may stand in two sheets; the row that says more about visits counts.
    told = pl.sum_horizontal(pl.col(name).is_not_null().cast(pl.Int8) for name in FILLED)
    order = pl.coalesce("ledger_key", pl.format("#{}-{}", "table", ROW))
    return (
        entries.with_columns(_key=order, _told=told)
        .sort("_told", "table", ROW, descending=[True, False, False])
        .unique("_key", keep="first", maintain_order=True)
        .sort("table", ROW)
        .drop("_key", "_told")
    )


def by_key(entries: pl.DataFrame, children: pl.DataFrame) -> pl.DataFrame:
    """Return whose entries these are by their keys: `entry`, `child`; an entry that fits two children as well is nobody's.

    Several children may have one key: the one counts that agrees best with what the ledger shows, masked or not.

    Args:
        entries: `read_ledger` with `entry`.
        children: `result.CHILD` with `child` and all `keys`.
    """
    shown = {"surname": pl.col("name").str.head(1), "ends": _ends(), "town": pl.col("town"), "sex": pl.col("sex")}
    said = entries.select("entry", key=pl.col("ledger_key").str.to_lowercase().str.extract_all(_KEY), **shown)
    said = said.explode("key").drop_nulls("key")
    known = children.select("child", key="keys", **shown).explode("key").drop_nulls("key")
    pairs = said.join(known, on="key", suffix="_of").unique(["entry", "child"], maintain_order=True)
    agrees = {name: (pl.col(name) == pl.col(f"{name}_of")).fill_null(value=False).cast(pl.Int8) for name in shown}
    nothing = pl.all_horizontal(pl.col("surname", "ends").is_null())
    pairs = pairs.with_columns(score=4 * agrees["ends"] + 2 * agrees["surname"] + agrees["town"] + agrees["sex"])
    pairs = pairs.filter((pl.col("score") >= 2) | nothing)
    best = pairs.filter(pl.col("score") == pl.col("score").max().over("entry"))
    return best.select("entry", "child").unique("entry", keep="none").sort("entry")


def _ends() -> pl.Expr:
    """Return what a mask leaves of an ID number: its region and its last four characters."""
    number = pl.col("id_number")
    return pl.when(number.str.len_chars() == 18).then(number.str.head(6) + number.str.tail(4))


def follow(entries: pl.DataFrame, owned: pl.DataFrame, children: pl.DataFrame) -> pl.DataFrame:
    """Return what became of every entry, and the new cases (`result.FOLLOWED`).

    Args:
        entries: `read_ledger` with `entry`.
        owned: `entry`, `child`.
        children: `result.CHILD` with `child`.
    """
    rows = entries.join(owned, on="entry", how="left", maintain_order="left").join(
        children.select("child", "category", now_name="name", now_id="id_number", now_town="town", now_school="school"),
        on="child",
        how="left",
        maintain_order="left",
    )
    state = (
        pl.when(pl.col("child").is_null())
        .then(pl.lit(GONE))
        .otherwise(pl.col("category").replace_strict(_NOW, default=STILL_OPEN, return_dtype=pl.String))
    )
    before = rows.with_columns(
        state=state,
        was="result",
        name=pl.coalesce("now_name", "name"),
        id_number=pl.coalesce("now_id", "id_number"),
        town=pl.coalesce("now_town", "town"),
        school=pl.coalesce("now_school", "school_text"),
    )
    known = owned.get_column("child")
    fresh = children.filter(pl.col("category").is_in(OPEN) & ~pl.col("child").is_in(known.implode())).with_columns(
        state=pl.lit(NEW), remark=pl.lit(None, dtype=pl.String)
    )
    frames = [
        frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in FOLLOWED.items()
        )
        for frame in (before, fresh.drop("keys"))
    ]
    return pl.concat(frames)
