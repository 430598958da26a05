"""One row for every child, and exactly one category for every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.retaining.reasons import AWAY, DROPPED, ENDED, NO_EXCUSE, QUIT
from xueji_cli.retaining.result import CATEGORIES, CHILD

if TYPE_CHECKING:
    from xueji_cli.reconciling.schools import Directory
    from xueji_cli.retaining.people import Found, Sides
    from xueji_cli.retaining.window import Window

#: Last grade of compulsory schooling.
_LAST = 9
#: With so many children and none of them found, a class has no list rather than nobody in it.
_CLASS = 5

_OF_ROW = (
    "table", "row", "name", "sex", "born", "id_number", "guardian", "phone", "address", "hukou_place", "town", "village", "head",
    "head_relation", "away", "school", "school_text", "grade", "key", "class_label", "status", "remark", "said", "not_there",
    "disability", "copies", "plain_name",
)  # fmt: skip


def nodes(sides: Sides, found: Found) -> pl.DataFrame:
    """Return the children as places in the lists: `child`, `h`, `r`, `p`, each null where the child is not in that list."""
    repeated = {side: found.same.filter(pl.col("side") == side).get_column("place") for side in "hrp"}
    kept = sides.roll.filter(
        pl.col("counted")
        | pl.col("r").is_in(found.rp.get_column("r").implode())
        | pl.col("r").is_in(found.hr.get_column("r").implode())
        | pl.col("status").is_in(QUIT).fill_null(value=False)
    ).filter(~pl.col("r").is_in(repeated["r"].implode()))
    of_roll = (
        kept.select("r")
        .join(found.hr.select("r", "h"), on="r", how="left")
        .join(found.rp.select("r", "p", "how"), on="r", how="left")
    )
    of_class = (
        sides.present.select("p")
        .join(found.rp, on="p", how="anti")
        .filter(~pl.col("p").is_in(repeated["p"].implode()))
        .join(found.hp.select("p", "h"), on="p", how="left")
    )
    of_household = (
        sides.household.select("h")
        .join(found.hr, on="h", how="anti")
        .join(found.hp, on="h", how="anti")
        .filter(~pl.col("h").is_in(repeated["h"].implode()))
    )
    together = pl.concat([of_roll, of_class, of_household], how="diagonal")
    return together.select(
        *(pl.col(name).cast(pl.UInt32) for name in ("h", "r", "p")), pl.col("how").cast(pl.String)
    ).with_row_index("child")


def told(sides: Sides, places: pl.DataFrame) -> pl.DataFrame:
    """Return the children with what each list says about them, its columns behind `h:`, `r:` and `p:`."""
    frame = places
    for side, rows in (("h", sides.household), ("r", sides.roll), ("p", sides.present)):
        extra = ("counted", "expected") if side == "r" else ()
        named = rows.select(side, *(pl.col(name).alias(f"{side}:{name}") for name in (*_OF_ROW, *extra)))
        frame = frame.join(named, on=side, how="left", maintain_order="left")
    return frame


def candidates(found: Found, frame: pl.DataFrame) -> pl.DataFrame:
    """Return for children who are missing somewhere the record that may be theirs: `child`, `c_side`, `c`, `c_how`."""
    both = pl.concat(
        [
            found.possible,
            found.possible.select(side="other_side", place="other", other_side="side", other="place", how="how"),
        ]
    )
    # Who is found by a sure link needs no guess; what is missing is another list's row.
    wants = {
        "h": pl.col("r").is_null() & pl.col("p").is_null(),
        "r": pl.col("p").is_null(),
        "p": pl.col("r").is_null(),
    }
    pieces = []
    for side, missing in wants.items():
        rows = frame.filter(missing & pl.col(side).is_not_null()).select("child", pl.col(side).alias("place"))
        pieces.append(
            rows.join(both.filter(pl.col("side") == side), on="place").select(
                "child", c_side="other_side", c="other", c_how="how"
            )
        )
    rank = pl.col("c_side").replace_strict({"r": 0, "p": 1, "h": 2}, return_dtype=pl.Int8)
    return pl.concat(pieces).sort("child", rank, "c").unique("child", keep="first", maintain_order=True)


def without_list(sides: Sides, found: Found) -> pl.DataFrame:
    """Return the rolls whose school or class has handed in no list: `r`, `no_list` (`school` or `class`)."""
    listed = sides.present.select("school").drop_nulls().unique()
    classes = sides.present.select("school", "key").drop_nulls().unique()
    rolls = sides.roll.filter(pl.col("counted"))
    no_school = rolls.join(listed, on="school", how="anti").select("r", no_list=pl.lit("school"))
    found_ones = pl.col("r").is_in(found.rp.get_column("r").implode())
    empty = (
        rolls.join(listed, on="school", how="semi")
        .filter(pl.col("key").is_not_null() & pl.col("expected"))
        .join(classes, on=["school", "key"], how="anti")
        .with_columns(_found=found_ones.any().over("school", "key"), _size=pl.len().over("school", "key"))
        .filter(~pl.col("_found") & (pl.col("_size") >= _CLASS))
        .select("r", no_list=pl.lit("class"))
    )
    return pl.concat([no_school, empty])


def categorised(
    frame: pl.DataFrame,
    window: Window,
    directory: Directory,
    *,
    finished: int,
    has_present: bool,
) -> pl.DataFrame:
    """Add `category`, `reason`, `basis`, and the facts they rest on, and leave out who is neither of age nor in compulsory school.

    Args:
        frame: `told`, with `proof` (reason of a proof, null for none), `c_side` (null where nobody may be the child) and `no_list`.
        window: Who is of age.
        directory: The schools that rolls name.
        finished: Age from which a child in no roll may have finished.
        has_present: Whether there are lists of those present at all.
    """
    local = frame.get_column("h:school_text").drop_nulls().unique()
    known = {name: directory.resolve(name) is not None for name in local.to_list()}
    elsewhere = pl.col("h:school_text").replace_strict(known, default=None, return_dtype=pl.Boolean).eq(other=False)
    born = pl.coalesce("h:born", "r:born", "p:born", "f:born")
    frame = frame.with_columns(born=born, age=window.age(born), grade=pl.coalesce("r:grade", "p:grade"))
    frame = frame.with_columns(
        of_age=pl.col("age").is_between(window.min_age, window.max_age),
        _counted=pl.col("r:counted").fill_null(value=False),
        _ended=pl.col("r").is_not_null() & ~pl.col("r:counted").fill_null(value=True),
        _there=pl.col("p").is_not_null()
        & ~pl.col("p:not_there").fill_null(value=False)
        & ~pl.col("p:said").is_in(AWAY).fill_null(value=False),
        _stated=pl.coalesce(
            pl.col("h:said"), "f:said", "p:said", pl.when(elsewhere.fill_null(value=False)).then(pl.lit("elsewhere"))
        ),
        _recorded=pl.coalesce("p:said", "r:said"),
    )
    compulsory = (pl.col("grade") <= _LAST).fill_null(pl.col("of_age").fill_null(value=True)) & (
        pl.col("r").is_not_null() | pl.col("p").is_not_null()
    )
    in_lists = pl.col("h").is_not_null() | pl.col("f").is_not_null()
    in_scope = compulsory | (in_lists & pl.col("of_age").fill_null(value=True))
    frame = frame.with_columns(_compulsory=compulsory).filter(in_scope)
    category = _category(finished=finished, has_present=has_present)
    return frame.with_columns(category=category).with_columns(reason=_reason()).with_columns(basis=_basis())


def _excuse(name: str) -> pl.Expr:
    """Return the reason of a column where it explains an absence."""
    return pl.when(~pl.col(name).is_in(NO_EXCUSE)).then(name)


def _category(*, finished: int, has_present: bool) -> pl.Expr:
    proved = pl.col("proof").is_not_null()
    status, possible = pl.col("r:status"), pl.col("c_side").is_not_null()
    moved = (pl.col("r:school") != pl.col("p:school")).fill_null(value=False)
    ended = status.replace_strict(ENDED, default=None, return_dtype=pl.String)
    on_roll = (
        pl.when(pl.col("_there") & moved)
        .then(pl.lit("elsewhere"))
        .when(pl.col("_there"))
        .then(pl.lit("attending"))
        .when(~pl.col("_compulsory"))
        .then(pl.lit("enrolled"))
        .when(status.is_in(DROPPED))
        .then(pl.lit("dropout"))
        .when(proved | _excuse("_recorded").is_not_null())
        .then(pl.lit("absent_known"))
        .when(pl.lit(value=not has_present))
        .then(pl.lit("enrolled"))
        .when(possible)
        .then(pl.lit("review"))
        .when(pl.col("no_list").is_not_null())
        .then(pl.lit("not_compared"))
        .otherwise(pl.lit("absent"))
    )
    roll_ended = (
        pl.when(pl.col("_there"))
        .then(pl.lit("no_roll"))
        .when(proved)
        .then(pl.lit("not_enrolled_proved"))
        .when(status.is_in(QUIT) & pl.col("_compulsory"))
        .then(pl.lit("dropout"))
        .when(ended == "transferred")
        .then(pl.lit("not_enrolled_stated"))
        .otherwise(pl.lit("not_enrolled_proved"))
    )
    nowhere = (
        pl.when(pl.col("born").is_null())
        .then(pl.lit("unknown_age"))
        .when(proved)
        .then(pl.lit("not_enrolled_proved"))
        .when(possible)
        .then(pl.lit("review"))
        .when(_excuse("_stated").is_not_null())
        .then(pl.lit("not_enrolled_stated"))
        .when(pl.col("age") >= finished)
        .then(pl.lit("maybe_finished"))
        .otherwise(pl.lit("not_enrolled"))
    )
    return (
        pl.when("_counted")
        .then(on_roll)
        .when("_ended")
        .then(roll_ended)
        .when(pl.col("_there") & possible)
        .then(pl.lit("review"))
        .when("_there")
        .then(pl.lit("no_roll"))
        .otherwise(nowhere)
    )


def _reason() -> pl.Expr:
    """Return the reason that goes with the category: proved, recorded by schools, or said by a village."""
    ended = pl.col("r:status").replace_strict(ENDED, default=None, return_dtype=pl.String)
    return (
        pl.when(pl.col("category").is_in(["attending", "enrolled"]))
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col("_ended"))
        .then(pl.coalesce("proof", ended, "_stated"))
        .otherwise(pl.coalesce("proof", "_recorded", "_stated"))
    )


def _basis() -> pl.Expr:
    ended = pl.col("r:status").replace_strict(ENDED, default=None, return_dtype=pl.String)
    return (
        pl.when(pl.col("reason").is_null())
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col("proof").is_not_null())
        .then(pl.lit("proof"))
        .when(pl.col("_ended") & ended.is_not_null())
        .then(pl.lit("roll"))
        .when(pl.col("p:said").is_not_null())
        .then(pl.lit("present"))
        .when(pl.col("r:said").is_not_null() & ~pl.col("_ended"))
        .then(pl.lit("roll"))
        .when(pl.col("f:said").is_not_null() & pl.col("h:said").is_null())
        .then(pl.lit("focus"))
        .otherwise(pl.lit("household"))
    )


def finished_rows(frame: pl.DataFrame, window: Window, sides: Sides, proofs: pl.DataFrame) -> pl.DataFrame:
    """Return the children as reports have them (`CHILD`), in an order that depends on what they say.

    Args:
        frame: `categorised`.
        window: Who is of age.
        sides: The lists, for the records that may be the same child.
        proofs: Rows of proofs with their place `e`, of which one may be a child's.
    """

    def first(name: str, order: str = "hrpf") -> pl.Expr:
        return pl.coalesce(*(f"{side}:{name}" for side in order))

    # What a household list says about the person comes from the police, what a roll says about school from the school.
    rows = frame.with_columns(
        listed=pl.col("h").is_not_null(),
        stage=pl.when(pl.col("grade").is_not_null() & (pl.col("grade") <= _LAST))
        .then(pl.when(pl.col("grade") <= window.primary_years).then(pl.lit("primary")).otherwise(pl.lit("junior")))
        .otherwise(
            pl.when(pl.col("age") < window.min_age + window.primary_years)
            .then(pl.lit("primary"))
            .when(pl.col("age").is_not_null())
            .then(pl.lit("junior"))
        ),
        **{
            name: first(name)
            for name in ("name", "sex", "id_number", "town", "village", "head", "head_relation", "away")
        },
        **{name: first(name, "hrpf") for name in ("guardian", "phone", "address", "hukou_place")},
        school=pl.coalesce("r:school", "p:school", "h:school_text", "f:school_text"),
        class_label=pl.coalesce("r:class_label", "p:class_label"),
        present_school="p:school",
        status="r:status",
        remark=first("remark"),
        disabled=pl.col("disabled").fill_null(value=False),
        suspended=(pl.col("r:status") == "休学").fill_null(value=False) & ~pl.col("_there"),
        copies=pl.sum_horizontal(pl.col(f"{side}:copies").fill_null(0) for side in "hrp"),
        **{f"{side}_{what}": pl.col(f"{side}:{what}") for side in "hrpf" for what in ("table", "row")},
        keys=pl.lit(None, dtype=pl.List(pl.String)),
    )
    rows = _with_candidates(rows, sides, proofs)
    rows = rows.with_columns(
        _order=pl.struct("name", "born", "id_number", "school", "class_label", "town", "village", "reason").hash(seed=1)
    )
    order = pl.col("category").cast(pl.Enum(list(CATEGORIES)))
    rows = rows.sort(order, "town", "village", "school", "grade", "reason", "name", "born", "_order",
                     "h_table", "h_row", "r_table", "r_row", "p_table", "p_row", nulls_last=True)  # fmt: skip
    names = ["child", "h", "r", "p", "f"]
    return rows.select(*names, *(pl.col(name).cast(kind) for name, kind in CHILD.items()))


def _with_candidates(rows: pl.DataFrame, sides: Sides, proofs: pl.DataFrame) -> pl.DataFrame:
    """Put the record that may be the same child beside those who are to be looked at."""
    wanted = {
        "c_name": "name", "c_id_number": "id_number", "c_born": "born", "c_school": "school", "c_class": "class_label",
        "c_table": "table", "c_row": "row",
    }  # fmt: skip
    records = pl.concat(
        [
            frame.select(pl.lit(side).alias("c_side"), pl.col(side).alias("c"), **wanted)
            for side, frame in (("h", sides.household), ("r", sides.roll), ("p", sides.present), ("e", proofs))
        ]
    )
    looked_at = pl.col("category") == "review"
    told = rows.with_columns(
        c_side=pl.when(looked_at).then("c_side"),
        c=pl.when(looked_at).then("c"),
        how=pl.when(looked_at).then("c_how").otherwise("how"),
    )
    return told.join(records, on=["c_side", "c"], how="left", maintain_order="left")
