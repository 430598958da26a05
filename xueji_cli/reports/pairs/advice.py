"""What to do with a pair: 佐证, 变更 or 删除, the three ways in which the national system settles a doubtful record.

An error in an ID number is settled by 变更 or 删除; G and L records may also be proved (佐证); a G number is not deleted locally: that goes
through the province to the ministry (2016/2017 问题学籍 guidance).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching.guards import GUARDS
from xueji_cli.messages import catalogue
from xueji_cli.schema.matching import KINDS

if TYPE_CHECKING:
    from xueji_cli.matching.people import People

#: Guards that have an advice of their own, whatever else is known.
_OF_GUARDS = (*(guard for guard in GUARDS if guard != "family"), "bridge", "decided")


def with_advice(pairs: pl.DataFrame, people: People, lang: str, *, linking: bool) -> pl.DataFrame:
    """Add `handling`: a sentence or two, empty where nothing is to be done.

    Args:
        pairs: `l`, `r`, `verdict`, `guard` and the levels.
        people: The records.
        lang: Language.
        linking: Of two lists, in which nothing is to be deleted.
    """
    words = catalogue.load(lang, "pairs")["handling"]
    if linking or not people.model.knowledge:
        said = {verdict: words[f"plain_{verdict}"] for verdict in ("duplicate", "review", "ambiguous", "possible")}
        told = pl.col("verdict").replace_strict(said, default="", return_dtype=pl.String)
        return pairs.with_columns(handling=told)
    school = people.places["school"]
    roll = people.values["roll_number"] if people.has("roll_number") else None
    asked = pairs.with_columns(
        _same_school=school.gather(pairs["l"]) == school.gather(pairs["r"]),
        _letters=_letters(roll, pairs),
        _slip=_slip(pairs),
    )
    guarded = pl.col("guard").is_in(_OF_GUARDS)
    key = (
        pl.when(guarded)
        .then("guard")
        .when(pl.col("verdict") == "review")
        .then(pl.lit("review"))
        .when(pl.col("verdict") != "duplicate")
        .then(pl.lit("nothing"))
        .when("_slip")
        .then(pl.lit("slip"))
        .when(pl.col("_same_school").fill_null(value=False))
        .then(pl.lit("one_school"))
        .otherwise(pl.lit("two_schools"))
    )
    # Whose number stays is a question only where one record goes.
    goes = (pl.col("verdict") == "duplicate") & (pl.col("guard").is_null() | (pl.col("guard") == "renamed"))
    rolls = pl.when(goes).then("_letters").otherwise(pl.lit("none"))
    sentences = {
        name: str(words.get(name, "")) for name in (*_OF_GUARDS, "review", "slip", "one_school", "two_schools")
    }
    endings = {name: str(words[f"rolls_{name}"]) for name in ("both_g", "one_g")}
    told = pl.concat_str(
        key.replace_strict(sentences, default="", return_dtype=pl.String),
        rolls.replace_strict(endings, default="", return_dtype=pl.String),
    )
    return asked.with_columns(handling=told).drop("_same_school", "_letters", "_slip")


def _letters(roll: pl.Series | None, pairs: pl.DataFrame) -> pl.Expr:
    """Return both_g, one_g or none: how many of a pair's roll numbers are G numbers, the other being a J or an L."""
    if roll is None:
        return pl.lit("none")
    left, right = (roll.gather(pairs[side]).str.head(1).fill_null("") for side in ("l", "r"))
    both = pl.DataFrame({"a": left, "b": right}).select(
        pl.when((pl.col("a") == "G") & (pl.col("b") == "G"))
        .then(pl.lit("both_g"))
        .when((pl.min_horizontal("a", "b") == "G") & (pl.max_horizontal("a", "b").is_in(["J", "L"])))
        .then(pl.lit("one_g"))
        .otherwise(pl.lit("none"))
    )
    return pl.lit(both.to_series())


def _slip(pairs: pl.DataFrame) -> pl.Expr:
    """Return whether one of the two numbers is written wrong."""
    if "id" not in pairs.columns:
        return pl.lit(value=False)
    names = [level.name for level in KINDS["id_number"]]
    return pl.col("id").is_in([names.index(name) for name in ("near", "tail", "unlike")]).fill_null(value=False)
