"""Every rule against its cases (`tests/rules`), and every rule's texts."""

from __future__ import annotations

import re
import string
from collections import Counter

import pytest
import rule_cases
from rule_cases import KINDS, Case, Outcome, Place

from xueji_cli.checks.registry import all_rules, known_rules
from xueji_cli.checks.rule import GroupRule, TableRule
from xueji_cli.messages import catalogue

CASES = list(rule_cases.cases())
RULES = all_rules()
#: With those of other commands, whose cases stand in their own tests.
KNOWN = known_rules()
TEXTS = ("title", "message", "suggestion", "why", "example")
#: What a message may name.
PLACES = {"value", "p1", "p2", "header", "count"}

#: Rules for which a kind of case makes no sense.
WITHOUT = {
    # The reader noted a fact or it did not.
    **{code: {"fits", "does_not_apply"} for code, rule in RULES.items() if isinstance(rule, TableRule)},
    # A table always has columns.
    "TB01": {"does_not_apply"},
}


def named(cases: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.id) for case in cases]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    return rule_cases.check_together([case for case in CASES if case.alone])


@pytest.fixture
def outcome(request, outcomes) -> Outcome:
    case = request.getfixturevalue("case")
    return outcomes.get(case.id) or rule_cases.check(case)


def listed(written: str | list[str], count: int) -> list[str]:
    return [written] * count if isinstance(written, str) else written


def message(code: str, lang: str = "zh") -> str:
    return str(catalogue.load(lang, "rules")[code]["message"])


def holes(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("case", named(CASES))
def test_a_rule_says_what_its_case_says_and_no_other_more_than_it_allows(case: Case, outcome: Outcome) -> None:
    own = outcome.findings.filter(rule=case.code).to_dicts()
    found: list[Place] = [rule_cases.where(finding, outcome.tables) for finding in own]
    assert sorted(found, key=str) == sorted(case.places, key=str)
    by_place = dict(zip(found, own, strict=True))
    in_order = [by_place[place] for place in case.places]
    for name in ("p1", "p2"):
        written = getattr(case, name)
        if written is None:
            assert not in_order or f"{{{name}}}" not in message(case.code), f"the message names {name}: say which"
        else:
            assert [finding[name] for finding in in_order] == listed(written, len(in_order))
    for finding, related in zip(in_order, case.related or [], strict=bool(case.related)):
        assert [(place["table"], place["row"]) for place in finding["related"]] == [
            rule_cases.place(text)[1:] for text in related
        ]
        assert finding["others"] == int(case.others or len(related))
    lacking = {said.missing for said in outcome.skipped if said.code == case.code}
    assert lacking == ({tuple(case.lacks)} if case.lacks else set())
    # One broken cell is told once: what follows from it is quiet.
    others = set(outcome.findings.get_column("rule")) - {case.code}
    assert sorted(others) == sorted(case.also)


@pytest.mark.parametrize("kind", ["primary", "junior", "senior"])
def test_a_right_child_has_no_findings(kind: str) -> None:
    outcome = rule_cases.check(Case(code="ID03", kind="fits", name=kind, child=kind))
    assert outcome.findings.is_empty()
    assert {said.code: said.missing for said in outcome.skipped} == {
        "PT02": ("--photos",),
        "CL08": ("--classes",),
        **dict.fromkeys(("RN09", "RN10", "RN11"), ("layout",)),
    }


@pytest.mark.parametrize("code", RULES)
def test_a_rule_has_cases_of_every_kind(code: str) -> None:
    kinds = Counter(case.kind for case in CASES if case.code == code)
    missing = {kind for kind in KINDS if not kinds[kind]} - WITHOUT.get(code, set())
    assert not missing
    assert not set(kinds) & WITHOUT.get(code, set()), "listed as a kind that makes no sense"


def test_cases_are_told_apart_by_name_and_are_of_known_rules() -> None:
    assert {case.code for case in CASES} == set(RULES)
    assert [name for name, count in Counter(case.id for case in CASES).items() if count > 1] == []


def test_cases_stand_in_the_file_of_their_family() -> None:
    for path in rule_cases.FOLDER.glob("[A-Z][A-Z].yaml"):
        assert {code[:2] for code in rule_cases.load(path.stem)} == {path.stem}


def test_findings_stand_where_the_case_changed_something_or_on_other_rows() -> None:
    """A case that expects a finding must expect it somewhere."""
    assert [case.id for case in CASES if (case.kind == "finding") != bool(case.places)] == []


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
@pytest.mark.parametrize("code", KNOWN)
def test_a_rule_has_all_its_texts(code: str, lang: str) -> None:
    texts = catalogue.load(lang, "rules")[code]
    assert set(texts) == set(TEXTS)
    assert all(texts[name].strip() for name in TEXTS)
    assert set(holes(texts["message"])) <= PLACES
    for name in TEXTS:
        if name not in ("message", "suggestion"):
            assert holes(texts[name]) == [], "only the message and the suggestion are about a finding"


@pytest.mark.parametrize("code", KNOWN)
def test_both_languages_name_the_same_values(code: str) -> None:
    zh, en = (catalogue.load(lang, "rules")[code] for lang in ("zh", "en"))
    for name in ("message", "suggestion"):
        assert set(holes(zh[name])) == set(holes(en[name]))


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_no_texts_of_rules_that_do_not_exist(lang: str) -> None:
    assert set(catalogue.load(lang, "rules")) == set(KNOWN)


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_titles_tell_rules_apart(lang: str) -> None:
    titles = Counter(texts["title"] for texts in catalogue.load(lang, "rules").values())
    assert [title for title, count in titles.items() if count > 1] == []


def test_slugs_are_unique_kebab_case_and_name_the_bad_pattern() -> None:
    slugs = [rule.slug for rule in KNOWN.values()]
    assert len(set(slugs)) == len(slugs)
    for slug in slugs:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug), slug
        # “allow wrong-check-digit” reads well; a slug that says what is demanded, or denies something, does not.
        assert not re.match(r"(no|must|should|valid|check|has|require|required|correct)-", slug), slug


@pytest.mark.parametrize("code", KNOWN)
def test_codes_are_two_letters_and_two_digits(code: str) -> None:
    assert re.fullmatch(r"[A-Z]{2}[0-9]{2}", code)
    assert KNOWN[code].code == code
    assert KNOWN[code].source.strip()


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if isinstance(rule, GroupRule)], ids=lambda r: r.code)
def test_roles_that_a_rule_needs_are_fields_of_the_student_schema(rule: GroupRule) -> None:
    assert set(rule.needs) | {rule.on} <= set(rule_cases.student().by_role)
