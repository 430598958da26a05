"""Records as people read them: where they stand, who they are, and the fields that are compared, masked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reports.masking import SCHOOL, mask, mask_name
from xueji_cli.reports.view import table_labels
from xueji_cli.schema.model import FieldType, Pii
from xueji_cli.values.text import on_distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.reports.pairs.report import PairReport, PlanReport
    from xueji_cli.schema.model import Field, Schema

#: Place and head of a record: its number, table, side and row; file, sheet; school, class, name, ID number.
HEAD = ("record", "table", "side", "file", "sheet", "row", "school", "class", "name", "id_number")


@dataclass(frozen=True)
class RecordView:
    """The records of a report.

    Attributes:
        report: Whose records they are.
        lang: Language.
        reveal: Personal data is shown whole.
    """

    report: PairReport | PlanReport
    lang: str
    reveal: bool

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields that are shown side by side, in order: those that are compared and that any table has, the name first."""
        schema = self.report.people.schema
        present = {name for roster in self.report.rosters for name in roster.columns}
        compared = [name for each in self.report.people.model.compare for name in each.fields]
        fields = [schema.by_name[name] for name in dict.fromkeys(compared) if name in present]
        head = _head_fields(schema)
        place = {schema.by_role[role].name for role in ("grade", "class_name") if role in schema.by_role}
        first = [field for field in head if field in fields and field.name not in place]
        return (*first, *(field for field in fields if field not in head))

    @cached_property
    def labels(self) -> list[str]:
        """A short name for each table."""
        return table_labels(self.report.rosters)

    def schools_of(self, numbers: pl.Series) -> pl.Series:
        """Return `school` of records as it may be shown: a column may have slipped, and a name stand under it."""
        return self.as_shown(self.report.people.places["school"].gather(numbers)).alias("school")

    def as_shown(self, school: pl.Series) -> pl.Series:
        """Return schools as they may be shown."""
        if self.reveal:
            return school
        return on_distinct(school, lambda each: each.to_frame("s").select(self._school(pl.col("s"))).to_series())

    def _school(self, school: pl.Expr) -> pl.Expr:
        """Return schools masked; one that is only a file's name is shown elsewhere anyway."""
        named = {file_school(roster.table.source.path) for roster in self.report.rosters}
        return pl.when(school.is_in(sorted(named))).then(school).otherwise(mask(school, SCHOOL))

    @cached_property
    def head_keys(self) -> frozenset[str]:
        """What is shown of every pair, agree or not: school, class, name, number and birth date."""
        schema = self.report.people.schema
        dates = [field for field in self.fields if field.type is FieldType.DATE]
        return frozenset(("school", "class", *(field.name for field in (*_head_fields(schema), *dates))))

    def title(self, field: Field) -> str:
        """Return what a field is called: its title, or in English its name, which is ASCII."""
        return field.title if self.lang == "zh" else field.name.replace("_", " ")

    def records(self, numbers: pl.Series) -> pl.DataFrame:
        """Return the records of some numbers, each once, with `HEAD` and `v:<field>` of the fields shown.

        Args:
            numbers: Record numbers, in any order and as often as they like.
        """
        return self._shown(self.raw(numbers), self.fields)

    def heads(self, numbers: pl.Series) -> pl.DataFrame:
        """Return the records of some numbers, each once, with `HEAD` only."""
        return self._shown(self._raw(numbers, ()), ())

    def raw(self, numbers: pl.Series) -> pl.DataFrame:
        """Return what `records` does, unmasked: to find out in which characters two values differ, not to be shown."""
        return self._raw(numbers, self.fields)

    def _raw(self, numbers: pl.Series, fields: Sequence[Field]) -> pl.DataFrame:
        report = self.report
        wanted = report.people.places.with_row_index("record")[numbers.unique().sort()]
        names = [field.name for field in (*fields, *_head_fields(report.people.schema))]
        parts = [wanted.clear().with_columns(file=_null(), sheet=_null())]
        for table, roster in enumerate(report.rosters):
            here = wanted.filter(pl.col("table") == table)
            if not here.height:
                continue
            present = [name for name in dict.fromkeys(names) if name in roster.frame.columns]
            # Rows stand in ascending order, so a few of a million are found without looking at all.
            rows = roster.frame["row"].search_sorted(here["row"])
            values = roster.frame.select(pl.col(name).alias(f"v:{name}") for name in present)[rows]
            source = roster.table.source
            place = (pl.lit(source.path).alias("file"), pl.lit(source.sheet, dtype=pl.String).alias("sheet"))
            parts.append(pl.concat([here.with_columns(place), values], how="horizontal"))
        found = pl.concat(parts, how="diagonal").sort("record")
        missing = [name for name in names if f"v:{name}" not in found.columns]
        return found.with_columns(pl.lit(None, dtype=pl.String).alias(f"v:{name}") for name in dict.fromkeys(missing))

    def _shown(self, rows: pl.DataFrame, fields: Sequence[Field]) -> pl.DataFrame:
        schema = self.report.people.schema
        known = {field.name: field for field in (*fields, *_head_fields(schema))}
        if not self.reveal:
            masks = {name: mask_name(field, schema.code_tables.get(field.code or "")) for name, field in known.items()}
            rows = rows.with_columns(mask(pl.col(f"v:{name}"), kind) for name, kind in masks.items())
            rows = rows.with_columns(self._school(pl.col("school")).alias("school"))
        names = [field for field in _head_fields(schema) if field.pii is Pii.NAME]
        number = next((field for field in _head_fields(schema) if field.pii is Pii.ID), None)
        return rows.with_columns(
            class_text(schema).alias("class"),
            (
                pl.concat_str([f"v:{f.name}" for f in names], separator=" ", ignore_nulls=True) if names else _null()
            ).alias("name"),
            (pl.col(f"v:{number.name}") if number else _null()).alias("id_number"),
        ).select(*HEAD, *(f"v:{field.name}" for field in fields))


def class_text(schema: Schema) -> pl.Expr:
    """Return grade and class of a record as one text; the grade once, where the class says it again."""
    grade, klass = (schema.by_role.get(role) for role in ("grade", "class_name"))
    if klass is None and grade is None:
        return _null()
    if klass is None or grade is None:
        only = klass or grade
        assert only is not None
        return pl.col(f"v:{only.name}")
    g, c = pl.col(f"v:{grade.name}"), pl.col(f"v:{klass.name}")
    says_grade = c.str.starts_with(g.str.strip_suffix("年级"))
    return pl.when(c.is_null()).then(g).when(g.is_null() | says_grade).then(c).otherwise(g + c)


def _head_fields(schema: Schema) -> Sequence[Field]:
    """Return the fields of a record's head: grade, class, the parts of the name, and the ID number."""
    assert schema.matching is not None
    own = [name for each in schema.matching.compare if not each.group for name in each.fields]
    fields = [schema.by_name[name] for name in dict.fromkeys(own)]
    names = [field for field in fields if field.pii is Pii.NAME]
    # As the schema has them: the given name may come before the surname.
    names.sort(key=lambda field: schema.fields.index(field))
    number = next((field for field in fields if field.pii is Pii.ID), None)
    place = [schema.by_role[role] for role in ("grade", "class_name") if role in schema.by_role]
    return [*place, *names, *([number] if number else [])]


def file_school(path: str) -> str:
    """Return the school that a file is named after, for rows that name none."""
    return PurePath(path.replace("\\", "/")).stem


def _null() -> pl.Expr:
    return pl.lit(None, dtype=pl.String)
