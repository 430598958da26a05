"""Which schema the tables of a run have: what binds them, wherever they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xueji_cli.schema.binding import bind, choose_schema, parse_mapping, split_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster
    from xueji_cli.tables.table import Table


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds the columns of tables.

    Attributes:
        schemas: Those that a table may have.
        named: The first of them is the one; else whichever fits a table best.
        mapping: `列名=字段` decisions.
    """

    schemas: tuple[Schema, ...]
    named: bool
    mapping: tuple[str, ...]

    @property
    def headers(self) -> Mapping[str, str]:
        """The columns that the user decided on, with the field of each."""
        return split_mapping(self.mapping)

    def __call__(self, table: Table) -> Roster:
        """Return a table with its columns bound.

        Raises:
            InputError: As `binding.choose_schema` and `binding.bind`.
            UserError: When the mapping names an unknown field.
        """
        schema = self.schemas[0] if self.named else choose_schema(table, self.schemas, self.headers)
        return bind(table, schema, parse_mapping(self.mapping, schema))
