"""Why two records are taken for one person or not: each comparison's sentence with its weight, which add up to the pair's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from xueji_cli.messages import catalogue
from xueji_cli.schema.matching import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    # One long frame of all reasons; lists are made of it at the end. What they say is few things, and stands in it by its number.
    pieces: list[pl.LazyFrame] = []
    said: list[tuple[str, str, str]] = []

    def say(told: pl.LazyFrame, which: pl.Expr, weight: pl.Expr, reasons: Sequence[tuple[str, str, str]]) -> None:
        pieces.append(told.select("pair", reason=(which + len(said)).cast(pl.UInt32), weight=weight))
        said.extend(reasons)

    groups: dict[str, list[str]] = {}
    for name in judged.weights.names:
        comparison = model.comparison(name)
        groups.setdefault(comparison.group, []).append(name)
        names = [level.name for level in KINDS[comparison.kind]]
        told = title(comparison, schema, lang)
        texts = [catalogue.text(lang, f"pairs.levels.{comparison.kind}.{level}", title=told) for level in names]
        implied = catalogue.text(lang, "pairs.implied", text=texts[0])
        level, weight = pl.col(name).cast(pl.UInt32), pl.col(f"w:{name}")
        # An agreement without weight follows from another: who has the number has the birth date in it.
        follows = (level == 0) & (weight == 0)
        say(
            pairs.filter(pl.col(name).is_not_null()),
            pl.when(follows).then(len(names)).otherwise(level),
            weight,
            [*((name, level, text) for level, text in zip(names, texts, strict=True)), (name, names[0], implied)],
        )
    for group, names in groups.items():
        if group not in model.bounds:
            continue
        total = pl.sum_horizontal(f"w:{name}" for name in names)
        change = (total.clip(*model.bounds[group]) - total).round(_DECIMALS)
        told = _group(group, lang)
        ends = zip(("least", "most"), model.bounds[group], strict=True)
        say(
            pairs.filter(change != 0),
            pl.when(change > 0).then(0).otherwise(1),
            change,
            [
                (GROUP + group, end, catalogue.text(lang, f"pairs.bounds.{end}", group=told, bits=f"{bits:g}"))
                for end, bits in ends
            ],
        )
    prior = pl.lit(round(judged.weights.prior, _DECIMALS))
    say(pairs, pl.lit(0), prior, [(PRIOR, "", catalogue.text(lang, "pairs.prior"))])
    field, level, text = (pl.lit(pl.Series(each, dtype=pl.String)) for each in zip(*said, strict=True))
    number = pl.col("reason")
    reasons = (
        pl.concat(pieces)
        .sort("pair", maintain_order=True)
        .select("pair", "weight", field=field.gather(number), level=level.gather(number), text=text.gather(number))
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
