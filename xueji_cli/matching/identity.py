"""Whose number it is: the states of a child's ID number, and what it says when it is the child's own.

A number that can be computed is not yet the child's: a child without one may be entered under a guardian's (安徽省
《中小学生学籍信息化管理办法》 第十三条), so that brothers and sisters share it. The birth date in the number gives that away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.roster import NUMERIC
from xueji_cli.values import dates, idnumber
from xueji_cli.values.text import put

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

# Columns beside an ID number.
#: The child's own sound number, be it from the ID column or carried by the roll number.
OWN = "id_number~own"
#: A second own number: the roll number's, where the ID column has another.
ROLL = "id_number~roll"
#: A number with a mistake in it: 17 to 19 characters, but no sound number.
TYPO = "id_number~typo"
#: The digits that are left of a number cut short, or destroyed by a spreadsheet program: 14 to 17 of them.
HEAD = "id_number~head"
#: A sound number that is an adult's: the guardian's, entered for the child.
ADULT = "id_number~adult"
#: valid, mistyped, damaged, guardian, other, missing.
STATE = "id_number~state"
#: Birth date (20120412) and sex of the own number.
BORN, SEX = "id_number~born", "id_number~sex"

#: The fields that it is told from.
FIELDS = frozenset({"id_number", "roll_number", "birth_date", "member1_id_number", "member2_id_number"})

#: Age at which nobody is a pupil any more (as in the checks), and up to which a guardian's number may be the child's own.
_ADULT, _CHILD = 22, 20

#: Years by which a number's birth date lies before the stated one when it is a parent's.
_GENERATION = 14
#: What Excel leaves of the last three digits.
_CUT = "000"


def read(columns: Mapping[str, pl.Series], rows: pl.DataFrame, as_of: date) -> list[pl.Series]:
    """Return the columns about the ID number.

    Args:
        columns: `id_number` as normalised and, where there are such, `roll_number`, `birth_date` (as integers) and the
            members' ID numbers.
        rows: The rows, for `id_number#numeric`.
        as_of: The day ages are counted at.
    """
    number = columns["id_number"]
    frame = pl.DataFrame(
        {
            "n": number,
            "numeric": rows.get_column("id_number" + NUMERIC) if "id_number" + NUMERIC in rows.columns else None,
            "stated": columns.get("birth_date"),
            "guardian1": columns.get("member1_id_number"),
            "guardian2": columns.get("member2_id_number"),
            "carried": _carried(columns.get("roll_number")),
        },
        schema_overrides={
            "numeric": pl.Boolean,
            "stated": pl.Int32,
            "guardian1": pl.String,
            "guardian2": pl.String,
            "carried": pl.String,
        },
    )
    today = dates.as_integer(as_of)
    frame = _with_forms(_with_parts(frame, today))
    n = pl.col("n")
    sound = pl.col("n:sound") & ~pl.col("numeric") & ~pl.col("cut")
    age = dates.completed_years(pl.col("n:born"), today)
    guardians = ((n == pl.col("guardian1")) | (n == pl.col("guardian2"))).fill_null(value=False)
    older = (pl.col("stated") - pl.col("n:born") >= _GENERATION * 10_000).fill_null(value=False)
    adult = sound & ((age > _ADULT) | (guardians & (age > _CHILD)) | older)
    carried = pl.col("carried:sound") & (dates.completed_years(pl.col("carried:born"), today) <= _ADULT)
    told = frame.with_columns(
        own=pl.when(sound & ~adult).then(n),
        carried=pl.when(carried).then(pl.col("carried")),
        adult=pl.when(adult).then(n),
        head=pl.when(pl.col("numeric") | pl.col("cut")).then(n.str.head(15)).when("short").then(n),
        typo=pl.when(~sound & ~pl.col("numeric") & ~pl.col("cut") & pl.col("long")).then(n),
    ).with_columns(
        born=pl.when(pl.col("own").is_not_null())
        .then("n:born")
        .when(pl.col("carried").is_not_null())
        .then("carried:born"),
        own=pl.coalesce("own", "carried"),
        roll=pl.when(pl.col("own") != pl.col("carried")).then("carried"),
    )
    whole = pl.col("own").str.slice(16, 1).cast(pl.Int8, strict=False)
    state = (
        pl.when(pl.col("own").is_not_null())
        .then(pl.lit("valid"))
        .when(n.is_null())
        .then(pl.lit("missing"))
        .when(pl.col("adult").is_not_null())
        .then(pl.lit("guardian"))
        .when(pl.col("head").is_not_null())
        .then(pl.lit("damaged"))
        .when(pl.col("typo").is_not_null())
        .then(pl.lit("mistyped"))
        .otherwise(pl.lit("other"))
    )
    return told.select(
        pl.col("own").alias(OWN),
        pl.col("roll").alias(ROLL),
        pl.col("typo").alias(TYPO),
        pl.col("head").alias(HEAD),
        pl.col("adult").alias(ADULT),
        state.alias(STATE),
        pl.col("born").alias(BORN),
        pl.when(whole % 2 == 1).then(pl.lit("男")).when(whole.is_not_null()).then(pl.lit("女")).alias(SEX),
    ).get_columns()


def _carried(roll: pl.Series | None) -> pl.Series | None:
    """Return what may be the ID number that a roll number carries, behind a G. Those behind J and L only look like one."""
    if roll is None:
        return None
    return (
        roll.to_frame("r").select(pl.when(pl.col("r").str.starts_with("G")).then(pl.col("r").str.slice(1))).to_series()
    )


def _with_parts(frame: pl.DataFrame, today: int) -> pl.DataFrame:
    """Add `n:sound`, `n:born`, `carried:sound`, `carried:born` (`_parts`); most carry the number that they have."""
    sound, born = _parts(frame["n"], today)
    other = (frame["carried"] != frame["n"].fill_null("")).fill_null(value=False).arg_true()
    carried = _parts(frame["carried"].gather(other), today)
    return frame.with_columns(
        sound.alias("n:sound"),
        born.alias("n:born"),
        put(sound, other, carried[0]).alias("carried:sound"),
        put(born, other, carried[1]).alias("carried:born"),
    )


def _with_forms(frame: pl.DataFrame) -> pl.DataFrame:
    """Add what the form of a number tells: `numeric`, damaged by a spreadsheet; `cut`, likewise; `short`; `long` enough for a slip."""
    n = pl.col("n")
    numeric = pl.col("numeric").fill_null(value=False)
    odd = frame.select(
        (~pl.col("n:sound") | numeric | n.str.ends_with(_CUT)).fill_null(value=True).arg_true()
    ).to_series()
    forms = frame[odd].select(
        numeric=numeric & n.str.contains(r"^[0-9]{16,}$"),
        # One destroyed number in eleven has a check digit that fits by chance; of real ones hardly one in a thousand ends so. Taken
        # for whole, it would make one child of all who were born on a day.
        cut=n.str.contains(r"^[0-9]{15}" + _CUT + "$"),
        # Fifteen digits are a number of the first generation, unless a whole year of birth stands where it stands today.
        short=n.str.contains(r"^[0-9]{6}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{2,5}$")
        & n.str.len_chars().is_between(14, 17),
        long=n.str.contains(r"^[0-9]{16,18}[0-9X]$"),
    )
    none = pl.Series([False]).new_from_index(0, frame.height)
    return frame.with_columns(put(none, odd, form).alias(form.name) for form in forms)


def _parts(number: pl.Series, today: int) -> tuple[pl.Series, pl.Series]:
    """Return whether each number is `sound`, and the birth date in it, `born`."""
    shaped = number.to_frame("n").select(pl.when(pl.col("n").str.contains(idnumber.SHAPE)).then("n")).to_series()
    whole = idnumber.digits(shaped)
    born = idnumber.birth(whole).alias("born")
    fits = shaped.str.slice(17, 1) == idnumber.check_character(whole)
    # 999… is the temporary number of another system.
    sound = pl.DataFrame({"fits": fits, "born": born, "whole": whole}).select(
        sound=(pl.col("fits") & (pl.col("born") <= today) & (pl.col("whole") < 999 * 10**14)).fill_null(value=False)
    )
    return sound.to_series(), born
