"""Records of people, read for comparison: each field in the one form in which it can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.matching import identity
from xueji_cli.matching.workers import at_once, side_by_side
from xueji_cli.schema.model import FieldType
from xueji_cli.schema.roster import NUMERIC
from xueji_cli.values import classes, codes, dates, han, idnumber, names, phones, text
from xueji_cli.values.hashing import in_one

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from xueji_cli.schema.matching import Model
    from xueji_cli.schema.model import Field, Schema
    from xueji_cli.schema.roster import Roster

#: What records are sorted by. Equal records come in any order, and it makes no difference which of them is first; after that their
#: place decides.
ORDER = ("_content", "side", "table", "row")


@dataclass(frozen=True, slots=True)
class People:
    """Records in an order of their own, which depends on what they say and not on where they stand.

    Attributes:
        schema: Schema of the rosters.
        model: Its matching model.
        places: `table`, `row`, `side` (0, or 1 for the second of two lists) and `school` of each record.
        values: What can be compared, one column a field; a field that no table has is not in it. Beside an ID number
            stand the columns of `identity.read`.
        filled: Of records that are only some: the columns of `values` in which any record of all has a value. None when
            these are all.
    """

    schema: Schema
    model: Model
    places: pl.DataFrame
    values: pl.DataFrame
    filled: frozenset[str] | None = None

    @property
    def height(self) -> int:
        """How many records there are."""
        return self.places.height

    def has(self, field: str) -> bool:
        """Return whether any table has this field."""
        return field in self.values.columns

    def fills(self, field: str) -> bool:
        """Return whether any record has a value in this field."""
        return field in self.filled if self.filled is not None else self.has(field) and self.values[field].count() > 0


def read_people(sides: Sequence[Sequence[Roster]], schema: Schema, as_of: date, school_year: int) -> People:
    """Read the records of rosters for comparison.

    Args:
        sides: One list of rosters, or two that are to be linked; tables are numbered through all of them.
        schema: Their schema, which must have a `matching` model.
        as_of: The day ages are counted at.
        school_year: Turns 2021级 into a grade.

    Returns:
        The records, ordered by what they say: neither the order of the files nor that of their rows matters.
    """
    assert schema.matching is not None
    frames = []
    table = 0
    for side, rosters in enumerate(sides):
        for roster in rosters:
            place = [pl.lit(table, dtype=pl.UInt32).alias("table"), pl.lit(side, dtype=pl.UInt8).alias("side")]
            frames.append(roster.frame.select(*place, pl.all()))
            table += 1
    rows = pl.concat(frames, how="diagonal") if len(frames) > 1 else frames[0]
    places, values = read_rows(rows, schema, as_of, school_year)
    # Places stand in order already.
    order = content(values).to_frame().with_row_index("index").sort(ORDER[0], maintain_order=True)["index"]
    places, values = (frame.select(pl.all().gather(order)) for frame in (places, values))
    return People(schema, schema.matching, places, values)


def read_rows(rows: pl.DataFrame, schema: Schema, as_of: date, school_year: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read any rows for comparison; each is read by itself, so that it makes no difference which others are there.

    Args:
        rows: `table`, `row`, `side`, the fields as written, and `<field>#numeric`.
        schema: As in `read_people`.
        as_of: Likewise.
        school_year: Likewise.

    Returns:
        Places and values as in `People`, in the order of the rows.
    """
    assert schema.matching is not None
    flags = [pl.col(name).fill_null(value=False) for name in rows.columns if name.endswith(NUMERIC)]
    # A file is read in pieces; what stands in one is looked up ten times as fast.
    rows = rows.with_columns(flags).rechunk()
    values = _values(rows, schema, as_of, school_year)
    school = rows.get_column(schema.matching.school) if schema.matching.school in rows.columns else None
    places = rows.select("table", "row", "side").with_columns(
        (school if school is not None else pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)).alias(
            "school"
        )
    )
    return places, values


def with_schools(places: pl.DataFrame, named_after: Sequence[str]) -> pl.DataFrame:
    """Return places in which a row that names no school belongs to the one that its file is named after.

    Args:
        places: As in `People`.
        named_after: That school, table by table.
    """
    named = pl.col("table").replace_strict(
        list(range(len(named_after))), list(named_after), default=None, return_dtype=pl.String
    )
    return places.with_columns(school=pl.col("school").replace("", None).fill_null(named))


def content(values: pl.DataFrame) -> pl.Series:
    """Return `_content`, a number that tells what records say: they stand in its order."""
    return (
        values.select(in_one([pl.col(name).hash(seed=1) for name in values.columns], seed=1))
        .to_series()
        .alias(ORDER[0])
    )


def _values(rows: pl.DataFrame, schema: Schema, as_of: date, school_year: int) -> pl.DataFrame:
    assert schema.matching is not None
    wanted = {name for each in schema.matching.compare for name in each.fields} | {schema.matching.school}
    if schema.matching.knowledge:
        wanted |= {"member1_id_number", "member2_id_number", "roll_number"}
    present = [field for field in schema.fields if field.name in wanted and field.name in rows.columns]

    def read(fields: Sequence[Field]) -> dict[str, pl.Series]:
        values = side_by_side(lambda field: _value(field, rows, schema, school_year).alias(field.name), fields)
        return {each.name: each for each in values}

    if not any(field.name == "id_number" and field.type is FieldType.ID_NUMBER for field in present):
        return pl.DataFrame(list(read(present).values()))

    def about_numbers() -> dict[str, pl.Series]:
        columns = read([field for field in present if field.name in identity.FIELDS])
        return columns | {each.name: each for each in identity.read(columns, rows, as_of)}

    others = [field for field in present if field.name not in identity.FIELDS]
    numbers, rest = at_once(about_numbers, lambda: read(others))
    columns = {field.name: None for field in present} | numbers | rest
    return pl.DataFrame(list(columns.values()))


def _value(field: Field, rows: pl.DataFrame, schema: Schema, school_year: int) -> pl.Series:
    """Return one field's values as they are compared."""
    raw = rows.get_column(field.name)
    match field.type:
        case FieldType.NAME:
            return _name(raw)
        case FieldType.ID_NUMBER | FieldType.ROLL_NUMBER:
            return idnumber.normalise(raw)
        case FieldType.DATE:
            parsed = dates.parse_dates(text.fold(raw)).struct
            # A month is no day: the first of it would agree with a child born then.
            ymd = parsed.field("ymd")
            return ymd.set(parsed.field("precision") != "day", None)
        case FieldType.PHONE:
            return _phone(raw)
        case FieldType.CODE:
            assert field.code is not None
            return codes.read(raw, schema.code_tables[field.code])[1]
        case FieldType.GRADE:
            return classes.parse_grades(raw, school_year).get_column("grade")
        case _:
            return _small(text.fold(raw))


def _small(values: pl.Series) -> pl.Series:
    """Return texts in small letters; most have no letters."""
    capitals = values.str.contains(r"[\p{Uppercase}\p{Lt}]").arg_true()
    if not len(capitals):
        return values
    return text.put(values, capitals, values.gather(capitals).str.to_lowercase())


def _name(raw: pl.Series) -> pl.Series:
    """Return names in the one form in which they are compared: simplified, no dots, spaces or remarks in brackets."""

    def plain(values: pl.Series) -> pl.Series:
        read = han.simplified(names.read(values)[0])
        odd = (~read.str.contains(r"^[\x{4E00}-\x{9FFF}]+$")).arg_true()
        n = pl.col("n").str.replace_all(r"[(（\[【].*?[)）\]】]", "").str.replace_all(r"[·.]", "")
        han_only = n.str.contains(r"\p{Han}")
        # Class teachers number children of one name: 王伟1, 王伟2. Letters beside Han characters stay: they are lost characters.
        tidy = pl.when(han_only).then(n.str.replace_all(r"[0-9\s]+", "")).otherwise(n.str.to_lowercase())
        bare = read.gather(odd).to_frame("n").select(tidy).to_series()
        return text.put(read, odd, bare.set(bare == "", None))

    return text.on_distinct(raw, plain)


def _phone(raw: pl.Series) -> pl.Series:
    """Return telephone numbers; nobody's numbers are none."""
    number, _, flaw = phones.read(raw)
    if flaw is None:
        return number
    several = pl.col("n").str.extract(r"(1[3-9][0-9]{9})")
    told = pl.DataFrame({"n": number, "flaw": flaw}).select(
        pl.when(pl.col("flaw") == phones.SEVERAL)
        .then(several)
        .when(pl.col("flaw").is_in([phones.PLACEHOLDER, phones.BAD]))
        .then(None)
        .otherwise("n")
    )
    return told.to_series()
