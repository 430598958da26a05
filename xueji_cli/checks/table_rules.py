"""TB: the table as such, told from what its reader noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.checks.rule import Rule, Severity, TableRule
from xueji_cli.schema.model import FieldType
from xueji_cli.schema.roster import NUMERIC
from xueji_cli.tables import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xueji_cli.schema.roster import Roster

_SHEET = "[经验] 表格结构"

#: The column that a roster must have is not there; found by Pandera.
MISSING_COLUMN = Rule(
    code="TB01", slug="missing-required-column", severity=Severity.ERROR, source="《学生基本信息填写说明》★必填项"
)

#: An ID column with cells stored as numbers.
NUMERIC_COLUMN = Rule(
    code="TB02", slug="numbers-in-id-column", severity=Severity.ERROR, source="[经验] Excel 只保留 15 位有效数字"
)


def _rule(
    number: int,
    slug: str,
    severity: Severity,
    fact: str,
    says1: str | None = None,
    says2: str | None = None,
) -> TableRule:
    return TableRule(
        code=f"TB{number:02}", slug=slug, severity=severity, source=_SHEET, fact=fact, says1=says1, says2=says2
    )


FACT_RULES = (
    _rule(3, "duplicate-header", Severity.WARNING, facts.DUPLICATE_HEADER, "header", "first"),
    _rule(4, "empty-header", Severity.NOTICE, facts.EMPTY_HEADER, "count"),
    _rule(5, "hidden-rows", Severity.WARNING, facts.HIDDEN_ROWS, "count", "rows"),
    _rule(6, "hidden-columns", Severity.NOTICE, facts.HIDDEN_COLUMNS, "columns"),
    _rule(7, "hidden-sheet", Severity.NOTICE, facts.HIDDEN_SHEET, "sheet"),
    _rule(8, "merged-cells", Severity.NOTICE, facts.MERGED_FILLED, "count", "example"),
    _rule(9, "repeated-header", Severity.NOTICE, facts.HEADER_REPEATED),
    _rule(10, "footer-row", Severity.NOTICE, facts.FOOTER_DROPPED),
    _rule(11, "ragged-row", Severity.ERROR, facts.RAGGED_ROW, "found", "expected"),
    _rule(12, "unclosed-quote", Severity.ERROR, facts.UNCLOSED_QUOTE),
    _rule(13, "misnamed-file", Severity.NOTICE, facts.WRONG_NAME, "named"),
    _rule(14, "unread-sheet", Severity.NOTICE, facts.SHEET_SKIPPED, "sheet"),
    _rule(15, "formula-error", Severity.ERROR, facts.FORMULA_ERROR, "error"),
    _rule(16, "blank-rows", Severity.NOTICE, facts.BLANK_ROWS, "count", "rows"),
)

RULES: tuple[Rule, ...] = (MISSING_COLUMN, NUMERIC_COLUMN, *FACT_RULES)


def from_facts(rosters: Sequence[Roster], rules: Sequence[TableRule]) -> list[dict[str, object]]:
    """Turn the facts of every table into findings.

    Args:
        rosters: The tables, in report order.
        rules: The active rules of this kind.

    Returns:
        One record per finding with `rule`, `table`, `row`, `position`, `p1`, `p2`.
    """
    by_fact = {rule.fact: rule for rule in rules}
    found: list[dict[str, object]] = []
    for index, roster in enumerate(rosters):
        for fact in roster.table.facts:
            rule = by_fact.get(fact.key)
            if rule is None:
                continue
            said = [None if key is None else str(fact.params.get(key, "")) for key in (rule.says1, rule.says2)]
            place = {"rule": rule.code, "table": index, "row": fact.row, "position": fact.position}
            found.append(place | {"p1": said[0], "p2": said[1]})
    return found


def numeric_columns(rosters: Sequence[Roster]) -> list[dict[str, object]]:
    """Find ID columns in which cells are stored as numbers (`NUMERIC_COLUMN`), with how many."""
    found: list[dict[str, object]] = []
    for index, roster in enumerate(rosters):
        for name, column in roster.columns.items():
            if (
                roster.schema.by_name[name].type is not FieldType.ID_NUMBER
                or name + NUMERIC not in roster.frame.columns
            ):
                continue
            # Up to 15 digits a number keeps them all.
            long = roster.frame.select(pl.col(name + NUMERIC) & (pl.col(name).str.len_chars() >= 16)).to_series()
            if count := int(long.sum()):
                place = {"rule": NUMERIC_COLUMN.code, "table": index, "position": column.position, "field": name}
                found.append(place | {"row": roster.table.header_row, "p1": str(count), "p2": None})
    return found
