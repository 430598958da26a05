"""Which child each entry of the log is about."""

from __future__ import annotations

import polars as pl

#: What an entry and a child must have in common, the surest first. `any_school` is any school that the entry names.
_STEPS: tuple[tuple[str, ...], ...] = (
    ("id_number", "name"),
    ("roll_number", "name"),
    ("id_number",),
    ("roll_number",),
    ("name", "born", "any_school"),
    ("name", "born"),
    ("name", "any_school", "any_grade"),
    ("name", "any_school"),
    ("name",),
)
#: How the child of an entry is known, by the first key of the step; `several` where more than one child fits.
SEVERAL = "several"


def find_children(log: pl.DataFrame, children: pl.DataFrame) -> pl.DataFrame:
    """Return the log with `c` (the child; null where none or several fit) and `found` (id_number, roll_number, name or several).

    Args:
        log: `log.ENTRY_SCHEMA`.
        children: `fates.children`: a row a child, second rolls of a child left out.
    """
    sides = [
        children.filter(pl.col(f"row_{side}").is_not_null()).select(
            "c",
            *(pl.col(f"{name}_{side}").alias(name) for name in ("name", "born", "id_number", "roll_number")),
            own_number=pl.when(f"id_valid_{side}").then(f"id_number_{side}"),
            any_school=f"school_{side}",
            any_grade=pl.col(f"grade_{side}").cast(pl.Int16),
        )
        for side in ("o", "n")
    ]
    known = pl.concat(sides)
    wanted = _spread(log)
    found: list[pl.DataFrame] = []
    ambiguous: list[pl.DataFrame] = []
    left = wanted
    for keys in _STEPS:
        hits = left.drop_nulls(list(keys)).join(known, on=list(keys), suffix="_known")
        if keys[0] == "name" and "born" not in keys:
            # A name alone: the numbers must not speak against it, unless a number is what was changed.
            other = (pl.col("id_number") != pl.col("own_number")).fill_null(value=False)
            born = (pl.col("born") != pl.col("born_known")).fill_null(value=False)
            hits = hits.filter((pl.col("kind") == "key_information").fill_null(value=False) | ~(other | born))
        fits = hits.select("e", "c").unique().group_by("e").agg(pl.col("c").first(), several=pl.len() > 1)
        found.append(fits.filter(~pl.col("several")).select("e", "c", found=pl.lit(keys[0])))
        ambiguous.append(fits.filter("several").select("e"))
        left = left.join(fits.filter(~pl.col("several")), on="e", how="anti")
    sure = pl.concat(found)
    several = pl.concat(ambiguous).unique().join(sure, on="e", how="anti").with_columns(found=pl.lit(SEVERAL))
    told = pl.concat([sure, several], how="diagonal")
    return log.join(told, on="e", how="left", maintain_order="left")


def _spread(log: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each school and grade that an entry names."""
    columns = ("school_name", "from_school", "to_school")
    schools = pl.concat_list(*columns).list.drop_nulls().list.unique(maintain_order=True)
    grades = pl.concat_list("grade", "from_grade", "to_grade").list.drop_nulls().list.unique(maintain_order=True)
    return (
        log.select("e", "kind", "name", "born", "id_number", "roll_number", any_school=schools, any_grade=grades)
        .explode("any_school", empty_as_null=True, keep_nulls=True)
        .explode("any_grade", empty_as_null=True, keep_nulls=True)
    )
