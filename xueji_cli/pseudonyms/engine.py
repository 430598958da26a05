"""A roster with every identity replaced: what is done with each field, and with what no field claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.pseudonyms import dates, names, numbers, phones, words
from xueji_cli.pseudonyms.cipher import Cipher
from xueji_cli.schema.model import FieldType, Pii
from xueji_cli.values.text import on_distinct, put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xueji_cli.schema.model import Field, Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.tables.table import Column


class Treatment(StrEnum):
    """What is done with the cells of a field."""

    NAME = "name"
    NUMBER = "number"
    DAY = "day"
    MONTH = "month"
    PHONE = "phone"
    REGION = "region"
    PLACE = "place"
    SCHOOL = "school"
    SCHOOL_CODE = "school_code"
    LETTERS = "letters"
    KEPT = "kept"
    """Kept where a cell says what belongs there; replaced character by character where it says anything else."""
    BLANK = "blank"


#: Text fields of the schemas that ship, which their type says nothing about. A text field that is not here is blanked.
_BY_NAME = {
    "serial": Treatment.KEPT,
    "class_seat": Treatment.KEPT,
    "photo": Treatment.KEPT,
    "native_place": Treatment.PLACE,
    "school_name": Treatment.SCHOOL,
    "local_number": Treatment.LETTERS,
    "remark": Treatment.BLANK,
    "homepage": Treatment.BLANK,
}
_BY_TYPE = {
    FieldType.NAME: Treatment.NAME,
    FieldType.ID_NUMBER: Treatment.NUMBER,
    FieldType.ROLL_NUMBER: Treatment.NUMBER,
    FieldType.DATE: Treatment.DAY,
    FieldType.MONTH: Treatment.MONTH,
    FieldType.PHONE: Treatment.PHONE,
    FieldType.REGION: Treatment.REGION,
    FieldType.EMAIL: Treatment.LETTERS,
    FieldType.POSTCODE: Treatment.LETTERS,
    FieldType.SCHOOL_CODE: Treatment.SCHOOL_CODE,
    **dict.fromkeys((FieldType.CODE, FieldType.GRADE, FieldType.CLASS, FieldType.INTEGER), Treatment.KEPT),
}
_BY_PII = {
    Pii.NAME: Treatment.LETTERS,
    Pii.ID: Treatment.LETTERS,
    Pii.PHONE: Treatment.PHONE,
    Pii.ADDRESS: Treatment.PLACE,
    Pii.DATE: Treatment.DAY,
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user decided.

    Attributes:
        key: The key.
        own: Whether cells say what belongs into a field that is kept: (cells, field, schema) → Booleans.
        keep_region: Regions of ID numbers and region columns stay.
        schools: Names and codes of schools are replaced too.
        keep_unknown: Columns that no field claims, and free text, stay.
    """

    key: bytes
    own: Callable[[pl.Series, Field, Schema], pl.Series]
    keep_region: bool = False
    schools: bool = False
    keep_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Pseudonymised:
    """A table with its identities replaced.

    Attributes:
        roster: What was read.
        frame: `row`, and a column per `Column.key`.
        blanked: Columns whose cells were left out.
    """

    roster: Roster
    frame: pl.DataFrame
    blanked: tuple[Column, ...]


@dataclass(slots=True)
class Pseudonymiser:
    """Replaces identities, the same way in every table."""

    wishes: Wishes
    #: Treatment → what was replaced (`original`) and with what (`pseudonym`), for whoever keeps a table of it.
    pairs: dict[Treatment, list[pl.DataFrame]] = field(default_factory=dict)
    cipher: Cipher = field(init=False)

    def __post_init__(self) -> None:
        self.cipher = Cipher(self.wishes.key)

    def table(self, roster: Roster) -> Pseudonymised:
        """Return a roster's table with its identities replaced, rows and columns where they were."""
        fields = {column.position: roster.schema.by_name[name] for name, column in roster.columns.items()}
        made, blanked = [pl.col("row")], []
        frame = roster.table.frame
        columns: list[pl.Series] = []
        for column in roster.table.columns:
            cells = frame.get_column(column.key)
            known = fields.get(column.position)
            kind = self.treatment(known)
            if kind is Treatment.BLANK:
                if cells.null_count() < len(cells):
                    blanked.append(column)
                columns.append(pl.Series(column.key, [None], dtype=pl.String).new_from_index(0, len(cells)))
            else:
                columns.append(self.cells(cells, kind, known, roster.schema).alias(column.key))
        return Pseudonymised(roster, frame.select(made).with_columns(columns), tuple(blanked))

    def treatment(self, known: Field | None) -> Treatment:
        """Return what is done with the cells of a field; None for a column that no field claims."""
        found = treatment(known)
        if found is Treatment.BLANK and self.wishes.keep_unknown:
            return Treatment.KEPT
        if found in (Treatment.SCHOOL, Treatment.SCHOOL_CODE) and not self.wishes.schools:
            return Treatment.KEPT
        return found

    def cells(self, cells: pl.Series, kind: Treatment, known: Field | None, schema: Schema) -> pl.Series:
        """Return cells with their identities replaced."""

        def replaced(values: pl.Series) -> pl.Series:
            made = self._values(values, kind, known, schema)
            if kind is not Treatment.KEPT:
                self.pairs.setdefault(kind, []).append(
                    pl.DataFrame({"original": values, "pseudonym": made}).filter(
                        pl.col("original") != pl.col("pseudonym")
                    )
                )
            return made

        return on_distinct(cells, replaced)

    def _values(self, values: pl.Series, kind: Treatment, known: Field | None, schema: Schema) -> pl.Series:
        cipher, keep = self.cipher, self.wishes.keep_region
        match kind:
            case Treatment.NAME:
                return names.names(cipher, values)
            case Treatment.NUMBER:
                return numbers.numbers(cipher, values, keep_region=keep)
            case Treatment.DAY | Treatment.MONTH:
                return dates.dates(cipher, values, months=kind is Treatment.MONTH)
            case Treatment.PHONE:
                return phones.phones(cipher, values)
            case Treatment.REGION:
                return words.regions(cipher, values, keep=keep)
            case Treatment.PLACE:
                return words.addresses(cipher, values)
            case Treatment.SCHOOL:
                return words.schools(cipher, values)
            case Treatment.SCHOOL_CODE:
                return words.school_codes(cipher, values)
            case Treatment.LETTERS:
                return words.texts(cipher, values)
            case _:
                return values if known is None else self._kept(values, known, schema)

    def _kept(self, values: pl.Series, known: Field, schema: Schema) -> pl.Series:
        """Return what belongs into the field as it is, and everything else replaced: a row slipped by a column has a name there."""
        if self.wishes.keep_unknown and treatment(known) is Treatment.BLANK:
            return values
        strange = (~self.wishes.own(values, known, schema)).arg_true()
        return put(values, strange, words.texts(self.cipher, values.gather(strange))) if len(strange) else values


def treatment(known: Field | None) -> Treatment:
    """Return what is done with a field unless the user decides otherwise; with a column that no field claims for None."""
    if known is None:
        return Treatment.BLANK
    named = _BY_NAME.get(known.role or known.name)
    if named is not None:
        return named
    if known.type in _BY_TYPE:
        return _BY_TYPE[known.type]
    return _BY_PII.get(known.pii, Treatment.BLANK)


def translation(pairs: Mapping[Treatment, Sequence[pl.DataFrame]]) -> pl.DataFrame:
    """Return `kind`, `original`, `pseudonym`: each replacement once, in order."""
    parts = [
        frame.with_columns(kind=pl.lit(kind.value))
        for kind, frames in pairs.items()
        for frame in frames
        if frame.height
    ]
    if not parts:
        return pl.DataFrame(schema={"kind": pl.String, "original": pl.String, "pseudonym": pl.String})
    return pl.concat(parts).select("kind", "original", "pseudonym").unique().sort("kind", "original")
