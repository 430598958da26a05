"""What holds for any two lists: nobody is linked twice, every row has one reason, and every number is the sum of its reasons."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli_rosters import id_number
from tests.reconcile_files import named
from xueji_cli.reconciling import intake
from xueji_cli.reconciling.linking import exact_links
from xueji_cli.reconciling.people import ACTUAL_REASONS, SYSTEM_REASONS, Statuses, in_roll, link_people
from xueji_cli.reconciling.persons import differing_places
from xueji_cli.reconciling.places import PLACED
from xueji_cli.reconciling.tally import tally

SCHEMA = {**intake.PEOPLE_SCHEMA, **PLACED}

#: A child: who (few, so that numbers and names come again), school, class, status, whether the row has number and birth date.
ROW = st.tuples(
    st.integers(0, 11),
    st.sampled_from(["甲校", "乙校"]),
    st.sampled_from(["1-01", "1-02", None]),
    st.sampled_from(["在读", "休学", "转出", None]),
    st.booleans(),
    st.booleans(),
)
ROWS = st.lists(ROW, max_size=25)


def frame(rows):
    records = []
    for place, (who, school, key, status, number, born) in enumerate(rows):
        day = f"2018{1 + who % 12:02}{1 + who % 28:02}"
        records.append(
            dict.fromkeys(SCHEMA)
            | {
                "table": 0,
                "row": place + 2,
                "school": school,
                "grade": 1,
                "key": key,
                "class_label": key,
                "name": named(who),
                "sex": "男",
                "born": int(day) if born else None,
                "id_number": id_number(day, 2 * who + 1) if number else None,
                "id_valid": number,
                "status": status,
            }
        )
    return pl.DataFrame(records, schema=SCHEMA)


@given(ROWS, ROWS)
@settings(max_examples=60, deadline=None)
def test_nobody_is_linked_twice(system, actual):
    pairs = exact_links(frame(system).with_row_index("s"), frame(actual).with_row_index("a"))
    assert pairs["s"].n_unique() == pairs["a"].n_unique() == pairs.height


@given(ROWS, ROWS)
@settings(max_examples=60, deadline=None)
def test_every_number_is_the_sum_of_its_reasons(system, actual):
    left, right = frame(system), frame(actual)
    statuses = Statuses()
    linked = link_people(left, right, statuses)
    counted = in_roll(left, statuses).filter("counted")
    assert linked.system.height == counted.height
    assert linked.actual.height == right.height
    assert set(linked.system["reason"]) <= set(SYSTEM_REASONS)
    assert set(linked.actual["reason"]) <= set(ACTUAL_REASONS)
    # Who stays or moves is on both sides once, and so is who is elsewhere and linked.
    for reason in ("stay", "class_moved"):
        assert (linked.system["reason"] == reason).sum() == (linked.actual["reason"] == reason).sum()
    empty = pl.DataFrame(schema={**intake.COUNT_SCHEMA, **PLACED})
    numbers = tally((counted, right), (empty, empty), None, linked)
    assert numbers.untied == ()
    assert numbers.problems == ()
    for school, students in numbers.schools.select("school", "students_system").iter_rows():
        assert (students or 0) == (counted["school"] == school).sum()
    by_class = numbers.classes.group_by("school").agg(pl.col("actual").sum(), pl.col("difference").sum())
    for school, heads, difference in by_class.iter_rows():
        assert heads == (right["school"] == school).sum()
        assert difference == heads - (counted["school"] == school).sum()


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_a_list_agrees_with_itself_in_any_order(rows, random):
    """Each child once: then nothing differs, whatever the order."""
    once = list({row[0]: (*row[:3], "在读", True, row[5]) for row in rows}.values())
    shuffled = random.sample(once, len(once))
    linked = link_people(frame(once), frame(shuffled), Statuses())
    assert set(linked.system["reason"]) <= {"stay"}
    assert set(linked.actual["reason"]) <= {"stay"}
    assert linked.differs.is_empty()


@given(st.text("甲乙丙丁1", max_size=6), st.text("甲乙丙丁1", max_size=6))
def test_differing_places_lie_in_the_first_text_or_just_behind_it(left, right):
    places = differing_places(left, right)
    assert (places == []) == (left == right)
    assert all(1 <= place <= len(left) + 1 for place in places)
