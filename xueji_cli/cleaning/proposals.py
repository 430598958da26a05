"""Proposals: what follows from an ID number or from another list, but is for a person to decide.

Applied only with `--unsafe`. Nothing here makes up a digit: every one stands in the row or in the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.cleaning.change import CHANGE_SCHEMA, Kind
from xueji_cli.schema.model import FieldType
from xueji_cli.values import dates, idnumber, names, regions, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from xueji_cli.cleaning.engine import Wishes
    from xueji_cli.cleaning.pool import Pool

#: Ages at which a number is a pupil's own; under a guardian's number nothing is filled in.
_YOUNGEST, _OLDEST = 2, 22
_OLDEST_GUARDIAN = 100


@dataclass(frozen=True, slots=True)
class Reference:
    """People of a list that destroyed numbers may be restored from: `name`, `born` (20120412), `number`."""

    people: pl.DataFrame


def reference(pools: list[Pool]) -> Reference:
    """Return the children of a reference list whose number is sound and agrees with their birth date."""
    parts = []
    for pool in pools:
        if not {"name", "id_number"} <= set(pool.rows.columns):
            continue
        number = idnumber.normalise(pool.rows.get_column("id_number"))
        name = names.read(pool.rows.get_column("name"))[0]
        frame = pl.DataFrame({"name": name, "number": number, "carried": idnumber.birth(idnumber.digits(number))})
        frame = frame.with_columns(sound=idnumber.check_digit_fits(number))
        if "birth_date" in pool.rows.columns:
            stated = _stated(pool.rows.get_column("birth_date"))
            frame = frame.with_columns(stated=stated).filter(pl.col("stated") == pl.col("carried"))
        parts.append(frame.filter("sound").select("name", "number", born="carried"))
    schema = {"name": pl.String, "number": pl.String, "born": pl.Int32}
    people = pl.concat(parts) if parts else pl.DataFrame(schema=schema)
    return Reference(people.drop_nulls().unique())


def propose(pool: Pool, wishes: Wishes) -> pl.DataFrame:
    """Return proposals for cleaned rows: the columns of `change.CHANGE_SCHEMA`, with `i` in place of table and row."""
    found = [frame for frame in _all(pool, wishes) if not frame.is_empty()]
    if not found:
        return pl.DataFrame(schema={"i": pl.UInt32, **CHANGE_SCHEMA})
    wanted = pl.concat(found).filter(pl.col("rule").is_in(list(wishes.rules)))
    return wanted.with_columns(kind=pl.lit(Kind.UNSAFE.value))


def _all(pool: Pool, wishes: Wishes) -> Iterator[pl.DataFrame]:
    rows = pool.rows
    for each in pool.schema.fields:
        if each.type is FieldType.ID_NUMBER and each.name in rows.columns:
            own = each.name == "id_number"
            oldest = _OLDEST if own else _OLDEST_GUARDIAN
            yield _eighteen(rows, each.name, "ID06" if own else "ID20", oldest, wishes.as_of)
    if "id_number" not in rows.columns:
        return
    if wishes.reference is not None:
        yield _restored(pool, wishes.reference)
    yield from _from_number(pool, wishes)


def _proposal(
    name: str, rule: str | pl.Series, positions: pl.Series, before: pl.Series, after: pl.Series
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "i": positions.cast(pl.UInt32),
            "field": pl.Series([name], dtype=pl.String).new_from_index(0, len(positions)),
            "rule": rule if isinstance(rule, pl.Series) else pl.Series([rule]).new_from_index(0, len(positions)),
            "before": before,
            "after": after,
        }
    ).filter(pl.col("after").is_not_null() & pl.col("after").ne_missing(pl.col("before")))


def _eighteen(rows: pl.DataFrame, name: str, rule: str, oldest: int, as_of: date) -> pl.DataFrame:
    """15 → 18 digits: the century is 19, since nobody born later ever had one of 15 (国发〔1999〕15号).

    Whoever would then be too old has lost three digits of 18 instead, and nobody knows which.
    """
    cells = rows.get_column(name)
    # Lengths first: they are compared at a fraction of what a pattern costs.
    positions = (cells.str.len_bytes() == 15).arg_true()
    positions = positions.filter(cells.gather(positions).str.contains(r"^[0-9]{15}$"))
    before = cells.gather(positions)
    stem = before.to_frame("n").select(pl.col("n").str.head(6) + "19" + pl.col("n").str.slice(6)).to_series()
    whole = idnumber.digits(stem)
    known = pl.DataFrame({"stem": stem, "check": idnumber.check_character(whole), "born": idnumber.birth(whole)})
    age = dates.completed_years(pl.col("born"), dates.as_integer(as_of))
    after = known.select(pl.when(age <= oldest).then(pl.col("stem") + pl.col("check")))
    return _proposal(name, rule, positions, before, after.to_series())


def _stated(cells: pl.Series) -> pl.Series:
    """Return birth dates as integers; null where the day is not known."""
    parsed = dates.parse_dates(text.fold(cells)).struct
    return parsed.field("ymd").set((parsed.field("precision") != "day").fill_null(value=True), None)


def _restored(pool: Pool, reference: Reference) -> pl.DataFrame:
    """A destroyed number whose name, birth date and surviving digits agree with exactly one person of the reference."""
    rows = pool.rows
    if not {"name", "birth_date"} <= set(rows.columns):
        return pl.DataFrame()
    cells = rows.get_column("id_number")
    scientific = r"^[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]+$"
    stored = pool.numeric.get("id_number")
    zeros = cells.str.contains(r"^[0-9]{15}000$") & ~idnumber.check_digit_fits(cells).fill_null(value=False)
    if stored is not None:
        zeros = zeros | (stored & cells.str.contains(r"^[0-9]{16,}$"))
    notation = cells.str.contains(scientific)
    positions = (zeros | notation).fill_null(value=False).arg_true()
    if not len(positions):
        return pl.DataFrame()
    before = cells.gather(positions)
    damaged = (
        pl.DataFrame(
            {
                "i": positions.cast(pl.UInt32),
                "before": before,
                "name": names.read(rows.get_column("name").gather(positions))[0],
                "born": _stated(rows.get_column("birth_date").gather(positions)),
                "notation": notation.gather(positions),
            }
        )
        .with_columns(
            # Fifteen digits survive in a number. Of a mantissa, all but the last, which may be rounded.
            kept=pl.when("notation")
            .then(pl.col("before").str.replace(r"[Ee].*$", "").str.replace(".", "", literal=True).str.head(15))
            .otherwise(pl.col("before").str.head(15))
        )
        .with_columns(
            kept=pl.when(pl.col("notation") & (pl.col("kept").str.len_chars() > 1))
            .then(pl.col("kept").str.head(pl.col("kept").str.len_chars() - 1))
            .otherwise("kept")
        )
    )
    same = damaged.join(reference.people, on=["name", "born"], how="inner").filter(
        pl.col("number").str.starts_with(pl.col("kept"))
    )
    # Two people of that name and day: neither is taken.
    alone = same.filter(pl.len().over("i") == 1)
    if alone.is_empty():
        return pl.DataFrame()
    rule = alone.select(pl.when("notation").then(pl.lit("ID04")).otherwise(pl.lit("ID05"))).to_series()
    return _proposal("id_number", rule, alone["i"], alone["before"], alone["number"])


def _from_number(pool: Pool, wishes: Wishes) -> Iterator[pl.DataFrame]:
    """What a sound number of the child's own says: birth date, sex, place of birth, roll number."""
    rows = pool.rows
    number = rows.get_column("id_number")
    stored = pool.numeric.get("id_number")

    def sound(positions: pl.Series) -> pl.DataFrame:
        """Return number, birth date and sex of the sound numbers among these rows, null for others."""
        cells = number.gather(positions)
        whole = idnumber.digits(cells)
        born = idnumber.birth(whole)
        frame = pl.DataFrame({"n": cells, "whole": whole, "born": born}).with_columns(
            fits=idnumber.check_digit_fits(cells),
            stored=stored.gather(positions) if stored is not None else pl.lit(value=False),
            guardian=_guardians(rows, positions, cells),
        )
        age = dates.completed_years(pl.col("born"), dates.as_integer(wishes.as_of))
        own = (
            pl.col("n").str.contains(r"^[0-9]{17}[0-9X]$")
            & pl.col("fits")
            & ~pl.col("stored")
            & ~pl.col("guardian")
            & age.is_between(_YOUNGEST, _OLDEST)
            & (pl.col("whole") // 10**15 < 90)
        )
        return frame.with_columns(own=own.fill_null(value=False))

    def fill(name: str, empty: pl.Series, say: Callable[[pl.DataFrame], pl.Series], rule: str = "FD01") -> pl.DataFrame:
        positions = (empty.fill_null(value=False) & number.is_not_null()).arg_true()
        if not len(positions):
            return pl.DataFrame()
        return _proposal(name, rule, positions, rows.get_column(name).gather(positions), say(sound(positions)))

    def when_own(said: pl.Expr) -> Callable[[pl.DataFrame], pl.Series]:
        return lambda frame: frame.select(pl.when("own").then(said)).to_series()

    if "birth_date" in rows.columns:
        cells = rows.get_column("birth_date")
        born = pl.col("born").cast(pl.String)
        yield fill("birth_date", cells.is_null(), when_own(born))
        yield _day_of_month(rows, fill, cells, born)
    if "sex" in rows.columns:
        male = pl.when(pl.col("whole") % 2 == 1).then(pl.lit("男")).otherwise(pl.lit("女"))
        yield fill("sex", rows.get_column("sex").is_null(), when_own(male))
    if "birth_place" in rows.columns:
        region = pl.col("whole") // 10**11
        place = pl.when(idnumber.last_year(region) > 0).then(region.cast(pl.String) + regions.WHOLE_COUNTY)
        yield fill("birth_place", rows.get_column("birth_place").is_null(), when_own(place))
    if "roll_number" in rows.columns:
        yield from _rolls(rows, fill)


def _day_of_month(
    rows: pl.DataFrame, fill: Callable[..., pl.DataFrame], cells: pl.Series, born: pl.Expr
) -> pl.DataFrame:
    """A birth date without its day, where the number has the same month."""
    loose = (cells.str.len_bytes() != 8).fill_null(value=False)
    if not loose.any():
        return pl.DataFrame()
    parsed = dates.parse_dates(text.fold(cells.set(~loose, None))).struct
    month = (parsed.field("precision") == "month").fill_null(value=False)
    stated = parsed.field("ymd")

    def say(frame: pl.DataFrame) -> pl.Series:
        positions = (month & rows.get_column("id_number").is_not_null()).arg_true()
        same = pl.col("born") // 100 == pl.col("stated") // 100
        return (
            frame.with_columns(stated=stated.gather(positions))
            .select(pl.when(pl.col("own") & same).then(born))
            .to_series()
        )

    return fill("birth_date", month, say, rule="DT03")


def _rolls(rows: pl.DataFrame, fill: Callable[..., pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """A roll number that lost its letter or its last digits: G and the number whose digits it still has."""
    cells = rows.get_column("roll_number")
    broken = (cells.str.len_bytes() == 18).fill_null(value=False)
    if not broken.any():
        return
    broken &= cells.str.contains(r"^[0-9]{17}[0-9X]$").fill_null(value=False)
    kept = cells.str.replace(r"0{1,3}$", "").str.head(15)

    def say(frame: pl.DataFrame) -> pl.Series:
        positions = (broken & rows.get_column("id_number").is_not_null()).arg_true()
        agrees = pl.col("n").str.starts_with(pl.col("kept")) & (pl.col("kept").str.len_chars() >= 12)
        return (
            frame.with_columns(kept=kept.gather(positions))
            .select(pl.when(pl.col("own") & agrees).then(pl.lit("G") + pl.col("n")))
            .to_series()
        )

    if broken.any():
        yield fill("roll_number", broken, say, rule="RN02")


def _guardians(rows: pl.DataFrame, positions: pl.Series, cells: pl.Series) -> pl.Series:
    """Return whether a number also stands under a guardian of the same row."""
    shared = pl.Series([False]).new_from_index(0, len(positions))
    for name in ("member1_id_number", "member2_id_number"):
        if name in rows.columns:
            shared = shared | (rows.get_column(name).gather(positions) == cells).fill_null(value=False)
    return shared
