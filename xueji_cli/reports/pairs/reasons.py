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

#: What each reason says.
REASON = ("field", "level", "weight", "text")

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
    pairs = (
        judged.pairs.with_row_index("pair")
        .with_columns(pl.col(f"w:{name}").cast(pl.Float64).round(_DECIMALS) for name in judged.weights.names)
        .lazy()
    )
    # One long frame of all reasons; lists are made of it at the end.
    pieces: list[pl.LazyFrame] = []
    groups: dict[str, list[str]] = {}
    for name in judged.weights.names:
        comparison = model.comparison(name)
        groups.setdefault(comparison.group, []).append(name)
        names = [level.name for level in KINDS[comparison.kind]]
        told = title(comparison, schema, lang)
        texts = [catalogue.text(lang, f"pairs.levels.{comparison.kind}.{level}", title=told) for level in names]
        places = list(range(len(names)))
        level, weight = pl.col(name), pl.col(f"w:{name}")
        # An agreement without weight follows from another: who has the number has the birth date in it.
        follows = (level == 0) & (weight == 0)
        text = level.replace_strict(places, texts, default=None, return_dtype=pl.String)
        implied = pl.lit(catalogue.text(lang, "pairs.implied", text=texts[0]))
        pieces.append(
            pairs.filter(level.is_not_null()).select(
                "pair",
                field=pl.lit(name),
                level=level.replace_strict(places, names, default=None, return_dtype=pl.String),
                weight=weight,
                text=pl.when(follows).then(implied).otherwise(text),
            )
        )
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
        pieces.append(
            pairs.filter(change != 0).select(
                "pair",
                field=pl.lit(GROUP + group),
                level=pl.when(change > 0).then(pl.lit("least")).otherwise(pl.lit("most")),
                weight=change,
                text=pl.when(change > 0).then(pl.lit(words[0])).otherwise(pl.lit(words[1])),
            )
        )
    pieces.append(
        pairs.select(
            "pair",
            field=pl.lit(PRIOR),
            level=pl.lit(""),
            weight=pl.lit(round(judged.weights.prior, _DECIMALS)),
            text=pl.lit(catalogue.text(lang, "pairs.prior")),
        )
    )
    reasons = (
        pl.concat(pieces)
        .sort("pair", maintain_order=True)
        .group_by("pair", maintain_order=True)
        .agg(reasons=pl.struct(REASON), weight=pl.col("weight").sum().round(_DECIMALS))
    )
    return pairs.drop("weight").join(reasons, on="pair", how="left", maintain_order="left").drop("pair").collect()


def weighed(reason: Mapping[str, Any]) -> str:
    """Return a reason with its weight; one that weighs nothing says why itself."""
    return f"{reason['text']} {signed(reason['weight'])}" if reason["weight"] else str(reason["text"])


def signed(weight: float) -> str:
    """Return a weight as it is shown; what rounds to nothing has no minus."""
    return f"{round(weight, 1) + 0.0:+.1f}"


def _group(group: str, lang: str) -> str:
    return str(catalogue.load(lang, "pairs")["groups"].get(group, group))
