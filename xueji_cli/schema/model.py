"""Fields, schemas and code tables as frozen data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.schema.matching import Model
    from xueji_cli.schema.vocabulary import HeaderIndex


class FieldType(StrEnum):
    """How the text of a cell is to be read."""

    TEXT = "text"
    NAME = "name"
    DATE = "date"
    MONTH = "month"
    CODE = "code"
    ID_NUMBER = "id_number"
    ROLL_NUMBER = "roll_number"
    SCHOOL_CODE = "school_code"
    REGION = "region"
    PHONE = "phone"
    POSTCODE = "postcode"
    GRADE = "grade"
    CLASS = "class"
    INTEGER = "integer"
    EMAIL = "email"


class Pii(StrEnum):
    """How a value is masked when it is shown."""

    NONE = "none"
    NAME = "name"
    ID = "id"
    PHONE = "phone"
    ADDRESS = "address"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One row of a code table."""

    code: str
    label: str
    aliases: tuple[str, ...] = ()
    """Other spellings that mean this entry beyond doubt (汉 for 汉族): accepted with a notice and a suggestion."""
    accepted: tuple[str, ...] = ()
    """Spellings that are right as they stand (毛南族 beside 毛难族)."""
    listed: bool = False
    """Whether the national system's own list offers it; the import template's drop-down does."""


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A code table (代码表) with the standard it comes from."""

    name: str
    title: str
    source: str
    edition: str
    entries: tuple[CodeEntry, ...]
    accept_codes: bool
    """False where the same number means different things in different sources (户口性质): names only."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a schema."""

    name: str
    title: str
    type: FieldType = FieldType.TEXT
    role: str | None = None
    """What rules bind to when a schema names its field otherwise; the name itself when not given."""
    aliases: tuple[str, ...] = ()
    """Headers that mean this field wherever they stand."""
    fallbacks: tuple[str, ...] = ()
    """Headers taken for this field, earlier ones first, only where no better column is in the table (班号 for 班级)."""
    required: bool = False
    """A column without which a table of this schema is not one."""
    filled: bool = False
    """Where the column is there, every cell must be filled (★ in the national form)."""
    repeats: bool = False
    """May stand in several columns (备注); the first is taken and the others are no mistake."""
    code: str | None = None
    """Name of the code table, for `type: code`."""
    max_length: int | None = None
    pii: Pii = Pii.NONE
    source: str = ""
    """Standard and clause."""
    template: int | None = None
    """Position in the national import template (1–71)."""
    template_header: str | None = None
    """Header in that template, where it is not the title."""


@dataclass(frozen=True)
class Schema:
    """A set of fields with the keys that identify a row."""

    name: str
    title: str
    version: str
    source: str
    fields: tuple[Field, ...]
    code_tables: Mapping[str, CodeTable] = field(default_factory=dict)
    markers: tuple[str, ...] = ()
    """Fields of which at least one must be bound for this schema to fit a table (学生: 姓名; 班级: 班号 …)."""
    path: str = ""
    """The file it was read from."""
    matching: Model | None = None
    """How its people are compared; None where that is not said."""

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by name."""
        return {f.name: f for f in self.fields}

    @cached_property
    def by_role(self) -> Mapping[str, Field]:
        """Fields by role (the name where no role is given)."""
        return {f.role or f.name: f for f in self.fields}

    @cached_property
    def headers(self) -> HeaderIndex:
        """Which headers mean which fields."""
        from xueji_cli.schema.vocabulary import HeaderIndex

        return HeaderIndex(self.fields)
