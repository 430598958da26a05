"""What stands where a school or class should be: hidden wherever a comparison names a part of its report by it, and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl
from rule_cases import make_roster, student

from xueji_cli.checks.rule import Severity
from xueji_cli.reports.hiding import hide
from xueji_cli.schema.roster import Roster

PHONES = ("13987305521", "13987305421")


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Result:
    parts: tuple[Part, ...]
    frame: pl.DataFrame
    by_school: object = field(default_factory=dict)
    said: str = ""


def roster(*schools: str) -> Roster:
    rows = [{"school_name": school, "name": "甘棠"} for school in schools]
    return make_roster(student(), ["school_name", "name"], rows)


def result(*schools: str) -> Result:
    return Result(
        parts=tuple(Part(each) for each in schools),
        frame=pl.DataFrame({"school": schools, "name": schools, "rows": range(len(schools))}),
        by_school=MappingProxyType({each: [each] for each in schools}),
        said="、".join(schools),
    )


def test_it_is_the_same_everywhere_and_no_two_are_mixed_up() -> None:
    given = ("虚谷小学", *PHONES)
    hidden = hide(result(*given), [roster(*given)])
    names = [part.name for part in hidden.parts]
    assert names[0] == "虚谷小学"
    assert len(set(names)) == 3
    assert not set(PHONES) & set(names)
    assert hidden.frame["school"].to_list() == names
    # Persons are masked by the views, which compare them first.
    assert hidden.frame["name"].to_list() == list(given)
    assert hidden.by_school == {name: [name] for name in names}
    assert hidden.said == "、".join(names)
    assert hidden.parts[1].severity is Severity.ERROR


def test_names_of_schools_stay_however_odd_they_are() -> None:
    odd = "欧阳珀琛"
    assert hide(result(odd), [roster(odd)]).parts[0].name != odd
    # Ten children are in it, or the list of schools has it.
    assert hide(result(odd), [roster(*[odd] * 10)]).parts[0].name == odd
    assert hide(result(odd), [roster(odd)], [roster(odd)]).parts[0].name == odd


def test_where_nothing_is_odd_nothing_is_made_anew() -> None:
    given = result("虚谷小学", "远谷中学")
    assert hide(given, [roster("虚谷小学", "远谷中学")]) is given
