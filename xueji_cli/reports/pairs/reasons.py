"""Why two records are taken for one person or not: each comparison's sentence with its weight, which add up to the pair's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.schema.matching import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.matching.pairing import Judged
    from xueji_cli.schema.matching import Comparison, Model
    from xueji_cli.schema.model import Schema

#: Type of a pair's reasons.
REASONS = pl.List(pl.Struct({"field": pl.String, "level": pl.String, "weight": pl.Float64, "text": pl.String}))

#: Decimals of weights in bits: pieces are rounded first, so that they add up to what is shown.
_DECIMALS = 3
#: The entry of the odds before anything is seen, and of a group's bounds: `group:household`.
PRIOR, GROUP = "prior", "group:"


def title(comparison: Comparison, schema: Schema, lang: str) -> str:
    """Return what people call a comparison: as the schema says; in English by its name where the schema speaks Chinese."""
    field = schema.by_name.get(comparison.fields[0])
    said = comparison.title or (field.title if field else "")
    if lang == "zh" or (said and said.isascii()):
        return (said or comparison.name).replace("_", " ")
    return str(catalogue.load(lang, "pairs")["titles"].get(comparison.name, comparison.name.replace("_", " ")))


def with_reasons(judged: Judged, model: Model, schema: Schema, lang: str) -> pl.DataFrame:
    """Return the judged pairs with `weight`, the sum of its rounded reasons, and `reasons`.

    A comparison that lacks a value on either side gives no reason.
    """
    pairs = judged.pairs.with_columns(
        pl.col(f"w:{name}").cast(pl.Float64).round(_DECIMALS) for name in judged.weights.names
    )
    pieces: list[pl.Expr] = []
    weights: list[pl.Expr] = [pl.lit(round(judged.weights.prior, _DECIMALS))]
    groups: dict[str, list[str]] = {}
    for name in judged.weights.names:
        comparison = model.comparison(name)
        groups.setdefault(comparison.group, []).append(name)
        names = [level.name for level in KINDS[comparison.kind]]
        told = title(comparison, schema, lang)
        texts = [catalogue.text(lang, f"pairs.levels.{comparison.kind}.{level}", title=told) for level in names]
        places = list(range(len(names)))
        level = pl.col(name)
        text = level.replace_strict(places, texts, default=None, return_dtype=pl.String)
        # An agreement without weight follows from another: who has the number has the birth date in it.
        follows = (level == 0) & (pl.col(f"w:{name}") == 0)
        entry = pl.struct(
            pl.lit(name).alias("field"),
            level.replace_strict(places, names, default=None, return_dtype=pl.String).alias("level"),
            pl.col(f"w:{name}").alias("weight"),
            pl.when(follows)
            .then(pl.lit(catalogue.text(lang, "pairs.implied", text=texts[0])))
            .otherwise(text)
            .alias("text"),
        )
        pieces.append(pl.when(level.is_not_null()).then(entry))
        weights.append(pl.when(level.is_not_null()).then(pl.col(f"w:{name}")).otherwise(0.0))
    for group, names in groups.items():
        if group not in model.bounds:
            continue
        least, most = model.bounds[group]
        total = pl.sum_horizontal(f"w:{name}" for name in names)
        change = (total.clip(least, most) - total).round(_DECIMALS)
        told = _group(group, lang)
        words = [
            catalogue.text(lang, f"pairs.bounds.{end}", group=told, bits=f"{bits:g}")
            for end, bits in (("least", least), ("most", most))
        ]
        entry = pl.struct(
            pl.lit(GROUP + group).alias("field"),
            pl.when(change > 0).then(pl.lit("least")).otherwise(pl.lit("most")).alias("level"),
            change.alias("weight"),
            pl.when(change > 0).then(pl.lit(words[0])).otherwise(pl.lit(words[1])).alias("text"),
        )
        pieces.append(pl.when(change != 0).then(entry))
        weights.append(change)
    prior = pl.struct(
        pl.lit(PRIOR).alias("field"),
        pl.lit("").alias("level"),
        pl.lit(round(judged.weights.prior, _DECIMALS)).alias("weight"),
        pl.lit(catalogue.text(lang, "pairs.prior")).alias("text"),
    )
    reasons = pl.concat_list(*pieces, prior).list.drop_nulls().cast(REASONS)
    told_pairs = pairs.with_columns(reasons=reasons) if pairs.height else pairs.with_columns(_none(REASONS))
    return told_pairs.with_columns(weight=pl.sum_horizontal(weights).round(_DECIMALS))


def weighed(reason: Mapping[str, Any]) -> str:
    """Return a reason with its weight; one that weighs nothing says why itself."""
    return f"{reason['text']} {signed(reason['weight'])}" if reason["weight"] else str(reason["text"])


def signed(weight: float) -> str:
    """Return a weight as it is shown; what rounds to nothing has no minus."""
    return f"{round(weight, 1) + 0.0:+.1f}"


def _none(kind: pl.DataType) -> pl.Expr:
    return pl.lit(None, dtype=kind).alias("reasons")


def _group(group: str, lang: str) -> str:
    return str(catalogue.load(lang, "pairs")["groups"].get(group, group))
