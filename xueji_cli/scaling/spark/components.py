"""Clusters of very many duplicate pairs: components by contraction of stars on the workers, then `cluster` on whole components.

What keeps two children apart hangs on all pairs of a component, in the order of their weights, and on no others. So components are found
first, by the least record of each: alternating large-star and small-star (Kiveris et al., Connected Components in MapReduce and Beyond,
2014). Each round leaves its edges as Parquet; a chain of n records takes about log n rounds.
"""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.matching.clusters import cluster
from xueji_cli.scaling.judging import renumbered
from xueji_cli.scaling.spark.carrying import from_arrow, sent
from xueji_cli.scaling.spark.parcels import SCHEMA, bundled, frame_of, parcel

if TYPE_CHECKING:
    from xueji_cli.scaling.spark.stages import Stages

#: So many duplicate pairs are put together on the driver (some 380 bytes and 9 µs each); more of them on the workers.
ON_DRIVER = 5_000_000
#: Pairs that a task puts together, unless one component has more: it is one task's work.
_GROUP = 500_000
#: An edge: a record, and a lesser one of the same component; at the end the least.
EDGES = "u long, v long"


class Components:
    """Puts the records of duplicate pairs together as `clusters.cluster` does, however many there are."""

    def __init__(self, spark: Any, stages: Stages) -> None:
        """Say where."""
        self._spark = spark
        self._stages = stages

    def __call__(
        self, pairs: pl.DataFrame, numbers: pl.Series | None, apart: pl.DataFrame
    ) -> tuple[list[list[int]], pl.DataFrame]:
        """Do as `cluster`."""
        if pairs.height <= ON_DRIVER:
            return cluster(pairs, numbers, apart)
        told = self._stages.frame("clusters", SCHEMA, partial(self._joined, pairs, numbers, apart)).toArrow()
        joined, refused = frame_of(told, "joined"), frame_of(told, "refused")
        assert joined is not None
        assert refused is not None
        groups = joined.sort("head", "record").group_by("head", maintain_order=True).agg("record")["record"].to_list()
        return groups, refused

    def _joined(self, pairs: pl.DataFrame, numbers: pl.Series | None, apart: pl.DataFrame) -> Any:
        from pyspark.sql import functions as f

        # Only whether numbers are the same is asked: they stay here.
        codes = None if numbers is None else numbers.rank("dense").cast(pl.String)
        own = [
            (pl.lit(None, dtype=pl.String) if codes is None else codes.gather(pairs[side])).alias(f"own_{side}")
            for side in ("l", "r")
        ]
        edges = sent(self._spark, pairs.select("l", "r", pl.col("weight").cast(pl.Float64), "decided", *own))
        found = stars(self._stages, edges.selectExpr("greatest(l, r) as u", "least(l, r) as v"))

        def headed(frame: Any, side: str) -> Any:
            heads = found.select(f.col("u").alias(side), f.col("v").alias("head"))
            told = frame.join(heads, side, "left")
            return told.withColumn(f"head_{side}", f.coalesce("head", side)).drop("head")

        groups = -(-pairs.height // _GROUP)
        group = f.expr(f"cast(pmod(xxhash64(head_l), {groups}) as int)").alias("grp")
        both = headed(headed(sent(self._spark, apart.select("l", "r")), "l"), "r").where("head_l = head_r")
        of_pairs, of_apart = headed(edges, "l").select("*", group), both.select("l", "r", group)
        return of_pairs.groupBy("grp").cogroup(of_apart.groupBy("grp")).applyInArrow(_put_together, SCHEMA)


def stars(stages: Stages, edges: Any) -> Any:
    """Return for each record of a component, but the least, the least (`EDGES`).

    Args:
        stages: Of the run.
        edges: Pairs of records of a component, as `EDGES`.
    """
    found = stages.frame("stars-0", EDGES, edges.distinct)
    for step in count(1):
        if _are_stars(found):
            break
        found = stages.frame(f"stars-{step}", EDGES, partial(_contracted, found))
    return found


def _are_stars(edges: Any) -> bool:
    """Return whether every record has one lesser one, which has none."""
    several = edges.groupBy("u").count().where("count > 1")
    deeper = edges.join(edges.selectExpr("u as v"), "v", "left_semi")
    return bool(several.select("u").union(deeper.select("u")).isEmpty())


def _contracted(edges: Any) -> Any:
    """Return the edges after one round."""
    from pyspark.sql import functions as f

    # Large star: a record's greater neighbours go to the least of its neighbours, or to itself.
    above = _least(edges).withColumnsRenamed({"u": "v"})
    large = edges.join(above, "v", "left").select("u", f.coalesce("least", "v").alias("v"))
    # Small star: a record and its lesser neighbours go to the least of them.
    least = _least(large)
    lesser = large.join(least, "u").where("v <> least").selectExpr("v as u", "least as v")
    return lesser.union(least.toDF("u", "v")).distinct()


def _least(edges: Any) -> Any:
    from pyspark.sql import functions as f

    return edges.groupBy("u").agg(f.min("v").alias("least"))


def _put_together(edges: Any, apart: Any) -> Any:
    """Put together the records of whole components: `joined` (`head`, `record`), and `refused` pairs."""
    pairs, distinct = from_arrow(edges), from_arrow(apart).select("l", "r")
    own = pl.concat([pairs.select(pl.col(side).alias("record"), n=f"own_{side}") for side in ("l", "r")])
    own = own.unique("record").sort("record")
    records = own["record"].cast(pl.UInt32)
    groups, refused = cluster(renumbered(records, pairs), own["n"], renumbered(records, distinct))
    joined = pl.DataFrame(
        {"head": [each[0] for each in groups], "record": groups},
        schema={"head": pl.UInt32, "record": pl.List(pl.UInt32)},
    ).explode("record")
    told = joined.select(records.gather(joined[name]).alias(name) for name in ("head", "record"))
    back = refused.select(records.gather(refused[name]).alias(name) for name in ("l", "r"))
    return bundled([parcel("joined", rows=told), parcel("refused", rows=back)])
