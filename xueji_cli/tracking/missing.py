"""Schools that one of the two exports does not have: their children are in no list, which is not to say that they are gone."""

from __future__ import annotations

import polars as pl

from xueji_cli.reconciling.problems import Problem

#: So many children of a school that nobody can explain, and none of its rolls on the other day: its list was forgotten, or can't be read.
_LIST = 5


def missing_lists(children: pl.DataFrame) -> tuple[pl.Series, list[Problem]]:
    """Find schools of which one export has no roll at all, although the other has children that nothing explains.

    Args:
        children: `fates.fates`.

    Returns:
        The children (`c`) of whom nothing can be said for that reason, and a problem for each school.
    """
    found: list[pl.Series] = []
    problems: list[Problem] = []
    for here, there, fate in (("o", "n", "left_unexplained"), ("n", "o", "arrived_unexplained")):
        known = children.filter(pl.col(f"row_{there}").is_not_null())[f"school_{there}"].unique()
        lone = children.filter(
            (pl.col("fate") == fate) & pl.col(f"school_{here}").is_in(known.implode()).not_()
        ).filter(pl.len().over(f"school_{here}") >= _LIST)
        found.append(lone["c"])
        counts = lone.group_by(f"school_{here}").len().sort(f"school_{here}")
        problems += [
            Problem(f"no_list_{there}", fatal=True, params={"school": school, "count": count})
            for school, count in counts.iter_rows()
        ]
    return pl.concat(found), problems
