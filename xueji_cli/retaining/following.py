"""动态销号: what became of the entries of the previous ledger, and which are new.

An entry is known again by its key, a code of name and birth date made with a secret key that is in no ledger (`tables.keyfile`): a
ledger shows the surname and the ends of the number, and with a plain digest somebody could try names and birth dates until one fits,
and know the child. Ledgers of before have such digests, of twenty bits (k12345); they are still followed. A child has a key for each
spelling that the lists have of it, and one of them is enough; what the ledger shows besides says which child is meant, where two have
the same. A ledger that shows whole
names and numbers is also linked like any other list.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.retaining.intake import FILLED
from xueji_cli.retaining.result import EXPLAINED, FOLLOWED, GONE, NEW, OPEN, RETURNED, REVIEW, STILL_OPEN
from xueji_cli.tables.keyfile import keyed
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
_DIGITS = 12
#: Those of a digest of before.
_OLD_DIGITS = 5
_OLD = rf"k[0-9a-f]{{{_OLD_DIGITS}}}"
_KEY = rf"\b(?:r[0-9a-f]{{{_DIGITS}}}|{_OLD})\b"


def spellings(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `child`, `n`, `b`: each name and birth date that a list has for a child.

    Args:
        frame: `children.told`, with `child`.
    """
    pieces = []
    for side in "hrpf":
        if f"{side}:plain_name" in frame.columns:
            rows = frame.select("child", n=f"{side}:plain_name", b=pl.coalesce(f"{side}:born", "born")).drop_nulls()
            pieces.append(rows.unique(maintain_order=True))
    return pl.concat(pieces).unique(maintain_order=True)


def keys_of(spelled: pl.DataFrame, secret: bytes) -> pl.DataFrame:
    """Return `child`, `key`: the keys of children; without name or birth date, with which nobody would be known again, none.

    Args:
        spelled: `spellings`.
        secret: The secret key; empty for the digests of before.
    """
    texts = spelled.select(pl.format("{}\x1f{}", "n", "b")).to_series().to_list()
    # A loop over records: the code has to be the same with any version of any library.
    if secret:
        keys = ["r" + keyed(secret, "ledger", text).hex()[:_DIGITS] for text in texts]
    else:
        keys = ["k" + hashlib.blake2b(text.encode()).hexdigest()[:_OLD_DIGITS] for text in texts]
    return spelled.select("child", key=pl.Series(keys, dtype=pl.String))


def with_keys(children: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Fill `keys` of the children.

    Args:
        children: `result.CHILD` with `child`.
        keys: `keys_of`.
    """
    gathered = keys.group_by("child").agg(keys=pl.col("key").unique().sort())
    return children.drop("keys").join(gathered, on="child", how="left", maintain_order="left").select(children.columns)


def has_old_keys(entries: pl.DataFrame) -> bool:
    """Return whether a ledger was written before there was a secret key."""
    return bool(entries.get_column("ledger_key").str.to_lowercase().str.contains(rf"\b{_OLD}\b").any())


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


def by_key(entries: pl.DataFrame, children: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return whose entries these are by their keys: `entry`, `child`; an entry that fits two children as well is nobody's.

    Several children may have one key: the one counts that agrees best with what the ledger shows, masked or not.

    Args:
        entries: `read_ledger` with `entry`.
        children: `result.CHILD` with `child`.
        keys: `child`, `key` of all children.
    """
    shown = {"surname": pl.col("name").str.head(1), "ends": _ends(), "town": pl.col("town"), "sex": pl.col("sex")}
    said = entries.select("entry", key=pl.col("ledger_key").str.to_lowercase().str.extract_all(_KEY), **shown)
    said = said.explode("key").drop_nulls("key")
    known = keys.join(children.select("child", **shown), on="child")
    pairs = said.join(known, on="key", suffix="_of").unique(["entry", "child"], maintain_order=True)
    agrees = {name: (pl.col(name) == pl.col(f"{name}_of")).fill_null(value=False).cast(pl.Int8) for name in shown}
    nothing = pl.all_horizontal(pl.col("surname", "ends").is_null())
    pairs = pairs.with_columns(score=4 * agrees["ends"] + 2 * agrees["surname"] + agrees["town"] + agrees["sex"])
    pairs = pairs.filter((pl.col("score") >= 2) | nothing)
    best = pairs.filter(pl.col("score") == pl.col("score").max().over("entry"))
    return best.select("entry", "child").unique("entry", keep="none").sort("entry")


def _ends() -> pl.Expr:
    """Return what a mask leaves of an ID number: its region and its sequence number."""
    number = pl.col("id_number")
    return pl.when(number.str.len_chars() == 18).then(number.str.head(6) + number.str.slice(14, 3))


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
