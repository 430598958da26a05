"""Row rules as Pandera checks: a schema's fields as columns, each with the checks that report on it."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xueji_cli.checks.rule import Verdict
    from xueji_cli.schema.model import Field, Schema


#: What Pandera imports where it is installed, though frames of Polars need none of it: seconds at the start of every command.
_NOT_NEEDED = ("pandas", "pyspark", "pyspark.pandas")
#: Variables that it sets for them; the first keeps Spark from talking to a cluster.
_SET_FOR_THEM = ("SPARK_LOCAL_IP", "PYARROW_IGNORE_TIMEZONE")
_importing = Lock()


class _Without:
    """Keeps this thread from importing some modules, as if they were not installed."""

    def __init__(self) -> None:
        self._thread = get_ident()

    def find_spec(self, name: str, *_: object) -> None:
        if name in _NOT_NEEDED and get_ident() == self._thread:
            message = f"No module named {name!r}"
            raise ModuleNotFoundError(message, name=name)


def import_pandera() -> None:
    """Import Pandera as it is where neither pandas nor pyspark is installed; the slowest of imports."""
    with _importing:
        if "pandera.polars" in sys.modules:
            return
        finder = _Without()
        before = {name: os.environ.get(name) for name in _SET_FOR_THEM}
        sys.meta_path.insert(0, finder)
        try:
            import_module("pandera.polars")
        finally:
            sys.meta_path.remove(finder)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)


def _check(told: pl.Series) -> Callable[[Any], pl.LazyFrame]:
    return lambda _: told.to_frame().lazy()


def validate(
    rows: pl.DataFrame, schema: Schema, verdicts: Sequence[tuple[Field, Verdict]]
) -> tuple[list[tuple[int, pl.Series]], list[str]]:
    """Validate rows with Pandera.

    All verdicts are computed in one pass, in which they share what they have in common. Pandera computes each by itself, three times
    over, so it is handed the answers, and of those only what is wrong somewhere: in most batches few of a hundred checks.

    Args:
        rows: Derived rows (`derive.derive`).
        schema: Their schema; a required field becomes a required column.
        verdicts: The checks, each with the field it reports on. Null does not apply and counts as right, as Pandera has it.

    Returns:
        (index into `verdicts`, True where the row fails) for every check that fails somewhere, and the names of required fields that
        are not there.

    Raises:
        RuntimeError: When a check could not be computed; Pandera itself would take that for a finding.
    """
    import_pandera()
    import pandera.polars as pa
    from pandera.config import ValidationDepth, config_context
    from pandera.errors import SchemaErrorReason, SchemaErrors

    try:
        told = rows.select(verdict.fits.alias(str(index)) for index, (_, verdict) in enumerate(verdicts))
    except Exception as failure:
        # What Polars says may quote cells, and errors reach logs.
        message = f"a rule could not be computed: {type(failure).__name__}"
        raise RuntimeError(message) from None
    wrong = [each for each in told.iter_columns() if not each.all()]
    checks: dict[str, list[pa.Check]] = {}
    for each in wrong:
        field, _ = verdicts[int(each.name)]
        # Failing values are looked up here and masked when shown; Pandera is to keep none of them (its messages quote them).
        checks.setdefault(field.name, []).append(pa.Check(_check(each), name=each.name, n_failure_cases=0))
    columns = {
        field.name: pa.Column(pl.String, checks=checks.get(field.name), nullable=True, required=field.required)
        for field in schema.fields
    }
    failed: list[tuple[int, pl.Series]] = []
    absent: list[str] = []
    with config_context(validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            pa.DataFrameSchema(columns).validate(rows, lazy=True)
        except SchemaErrors as errors:
            for error in errors.schema_errors:
                match error.reason_code:
                    case SchemaErrorReason.DATAFRAME_CHECK:
                        failed.append((int(error.check.name), ~error.check_output.to_series()))
                    case SchemaErrorReason.COLUMN_NOT_IN_DATAFRAME:
                        absent.append(str(error.failure_cases))
                    case _:
                        message = f"a rule could not be computed: {error.reason_code} {error.check}"
                        raise RuntimeError(message) from None
    return failed, absent
