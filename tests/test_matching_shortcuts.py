"""What is left out before values are compared letter by letter is never what the long way would have found."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.matching_people import child, people
from xueji_cli.matching.kinds import KIND
from xueji_cli.matching.kinds.addresses import Addresses
from xueji_cli.matching.kinds.days import _SLIPS
from xueji_cli.matching.kinds.names import _levels
from xueji_cli.matching.kinds.spelled import Spelled
from xueji_cli.matching.pairing import features_of
from xueji_cli.schema.matching import KINDS
from xueji_cli.values import han
from xueji_cli.values.hashing import in_one, not_alone

days = st.integers(19000101, 20291231)
places = st.text("安徽省宿州市灵璧县和塘镇桃桥村自治区地0123号栋- ，(", max_size=16)


@given(days, st.integers(0, 7), st.integers(0, 9))
def test_a_day_with_another_digit_is_looked_at(day: int, place: int, digit: int) -> None:
    other = day + (digit - day // 10**place % 10) * 10**place
    assert other == day or abs(other - day) in _SLIPS


@given(days, st.integers(0, 6))
def test_a_day_with_two_digits_exchanged_is_looked_at(day: int, place: int) -> None:
    low, high = day // 10**place % 10, day // 10 ** (place + 1) % 10
    other = day + (high - low) * 10**place + (low - high) * 10 ** (place + 1)
    assert other == day or abs(other - day) in _SLIPS


@pytest.mark.parametrize(
    "kind", [kind for kind in KIND.values() if isinstance(kind, Spelled)], ids=lambda kind: kind.name
)
@given(text=places | st.text(max_size=16))
def test_a_text_without_anything_odd_is_plain(kind: Spelled, text: str) -> None:
    value = pl.DataFrame({"v": [text]})
    if not value.select(pl.col("v").str.contains(kind.odd)).item():
        assert value.select(kind.plain()).item() == text


@given(places, places)
def test_addresses_that_are_near_end_in_the_same_number(left: str, right: str) -> None:
    kind = KIND["address"]
    assert isinstance(kind, Addresses)
    assert kind.agreeing is not None
    rows = people([child(home_address=left), child(home_address=right)])
    columns = features_of(rows)["address"]
    texts = columns["v"]
    if texts.null_count() or texts[0] == texts[1]:
        return
    near = kind.closeness(texts[:1], texts[1:])[0] == kind.level("near")
    numbers = columns[kind.agreeing]
    assert not near or numbers[0] == numbers[1] or numbers.null_count()


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("阿明华", "明华", "part"),
        ("明华", "明华阿", "part"),
        ("华明王", "王明华", "shape"),
        ("明王华", "王明华", "shape"),
        ("王明华", "李华明", "other"),
        ("王明", "李王明华", "other"),
    ],
)
def test_names_whose_first_characters_differ_are_looked_at(left: str, right: str, expected: str) -> None:
    names = [level.name for level in KINDS["name"]]
    for pair in ((left, right), (right, left)):
        assert names[_levels(*(pl.Series([name]) for name in pair))[0]] == expected


@given(st.lists(st.text("赵钱孙李单于尉迟𠮷a·", max_size=5) | st.none(), max_size=12))
def test_every_character_of_names_is_found_once_and_in_order(names: list[str | None]) -> None:
    series = pl.Series(names, dtype=pl.String)
    assert han.distinct_characters(series) == sorted(set("".join(name or "" for name in names)))
    told = han.sounds(series)
    # One by one or together makes no difference, and an empty name is none.
    assert told.to_list() == [han.sounds(pl.Series([name], dtype=pl.String))[0] for name in names]
    assert [each is None for each in told] == [name is None for name in names]


numbers = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40).map(lambda low: low << 40), max_size=60)


@given(numbers)
def test_no_number_that_occurs_twice_is_taken_for_alone(values: list[int]) -> None:
    told = not_alone(pl.Series(values, dtype=pl.UInt64))
    assert len(told) == len(values)
    assert all(maybe for value, maybe in zip(values, told, strict=True) if values.count(value) > 1)


def test_most_numbers_that_occur_once_are_told_at_once() -> None:
    values = pl.int_range(100_000, dtype=pl.UInt64, eager=True).hash()
    assert not_alone(values).sum() < 30_000


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2**64 - 1)), min_size=1, max_size=40))
def test_other_combinations_have_other_numbers(rows: list[tuple[int, int, int]]) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys("abc", pl.UInt64), orient="row")
    told = frame.select(in_one([pl.col(name) for name in "abc"], seed=1)).to_series()
    assert told.n_unique() == len(set(rows))
