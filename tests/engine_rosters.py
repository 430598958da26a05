"""Rosters of the right child of the rule cases, and all rules as they are without a pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import rule_cases
from rule_cases import classmate, make_roster, student

from xueji_cli.checks.activation import activate
from xueji_cli.checks.judging import Surroundings
from xueji_cli.checks.rule import ActiveRule
from xueji_cli.schema.roster import Roster
from xueji_cli.schema.rulepack import RulePack

AS_OF = date(2025, 10, 15)
AROUND = Surroundings(AS_OF)
EMPTY_PACK = RulePack(name="none", title="", version="", source="")
RULES = activate(EMPTY_PACK, {}, (), ())
CHILD = rule_cases.child("primary")
COLUMNS = list(CHILD)

Row = Mapping[str, str]


def only(*codes: str) -> dict[str, ActiveRule]:
    return {code: RULES[code] for code in codes}


def roster(rows: Sequence[Row], columns: Sequence[str] = COLUMNS, number: int = 0) -> Roster:
    return make_roster(student(), list(columns), [dict(row) for row in rows], number=number)


def children(count: int, first: int = 0, **cells: str) -> list[dict[str, str]]:
    """Return right children of one class, each with an own number and name."""
    surnames, given = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许", "安邦成德恩方广恒嘉康乐明宁平庆荣思泰维旭"
    return [
        {**classmate(CHILD, i), "name": surnames[i % 20] + given[i // 20 % 20] + given[i % 19], **cells}
        for i in range(first, first + count)
    ]
