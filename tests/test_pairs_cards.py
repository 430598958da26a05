"""Characters that differ are marked on what is shown, masked or not; every guard, level and verdict has its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji_cli.matching.guards import GUARDS
from xueji_cli.messages import catalogue
from xueji_cli.reports.pairs.cards import marked
from xueji_cli.reports.pairs.reasons import signed
from xueji_cli.reports.pairs.recordpage import chance
from xueji_cli.reports.pairs.report import DEDUPE_VERDICTS, LINK_VERDICTS
from xueji_cli.schema.matching import FORMS, KINDS


def said(pieces):
    """Return a text with what is marked in brackets."""
    return "".join(f"[{text}]" if flag else text for text, flag in pieces)


@pytest.mark.parametrize(
    ("left", "right", "cells", "expected"),
    [
        ("341323********1234", "341323********1234", None, ("341323********1234",) * 2),
        ("341323********1234", "341323********1243", None, ("341323********12[34]", "341323********12[43]")),
        # Only what is behind the mask differs: the place is marked, and nothing is shown of it.
        (
            "341323********1234",
            "341323********1234",
            ("341323201801011234", "341323201901011234"),
            ("341323***[*]****1234",) * 2,
        ),
        ("张*", "张*", ("张晴", "张睛"), ("张[*]", "张[*]")),
        ("张*", "张*", ("张小晴", "张小睛"), ("张[*]", "张[*]")),
        ("张*", "李*", ("张小晴", "李大明"), ("[张*]", "[李*]")),
        ("138****1234", "159****9876", ("13800001234", "15911119876"), ("[138****1234]", "[159****9876]")),
        ("341323*************12", "341323********1234", ("34132320180101123", "341323201801011234"), None),
    ],
)
def test_marks(left, right, cells, expected):
    pieces = marked(left, right, *(cells or (None, None)))
    assert ("".join(t for t, _ in pieces[0]), "".join(t for t, _ in pieces[1])) == (left, right)
    if expected is not None:
        assert (said(pieces[0]), said(pieces[1])) == expected


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_no_character_is_lost_and_a_difference_is_always_marked(left, right):
    pieces = marked(left, right)
    assert ["".join(text for text, _ in side) for side in pieces] == [left, right]
    if left.strip() != right.strip() and "".join(left.split()) and "".join(right.split()):
        assert any(flag for side in pieces for _, flag in side)


def test_a_probability_is_never_quite_certain():
    assert [chance(score) for score in (1.0, 0.99995, 0.9987, 0.63, 0.0)] == [
        ">99.99%",
        ">99.99%",
        "99.87%",
        "63%",
        "0%",
    ]


def test_weights_that_round_to_nothing_have_no_minus():
    assert [signed(weight) for weight in (-0.04, 0.04, -12.96, 3.0)] == ["+0.0", "+0.0", "-13.0", "+3.0"]


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_everything_that_matching_says_has_words(lang):
    words = catalogue.load(lang, "pairs")
    assert set(words["guards"]) == {*GUARDS, "bridge", "decided"}
    assert set(words["verdict"]) == {*DEDUPE_VERDICTS, *LINK_VERDICTS}
    assert {kind: set(levels) for kind, levels in words["levels"].items()} == {
        kind: {level.name for level in levels} for kind, levels in KINDS.items()
    }
    assert set(words["forms"]) == {form for forms in FORMS.values() for form in forms}
