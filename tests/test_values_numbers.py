"""ID numbers are read as the standard and python-stdnum read them."""

from __future__ import annotations

import random
from datetime import date, timedelta

import polars as pl
import pytest
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from xueji_cli.checks import derive
from xueji_cli.schema.loading import load_schema
from xueji_cli.values import dates, idnumber

HOW_MANY = 100_000
SEED = 20_251_015
AS_OF = date(2025, 10, 15)


def real_bodies(count: int, chance: random.Random) -> list[str]:
    """Return the first 17 digits of numbers: counties of every kind, permits, cards of foreigners, days of 120 years."""
    counties = [*idnumber._counties(), *(("810000", "820000", "830000", "710000", "934156", "291323", "341399") * 40)]
    first = date(1930, 1, 1)
    return [
        f"{chance.choice(counties)}{first + timedelta(days=chance.randrange(43_000)):%Y%m%d}{chance.randrange(1000):03}"
        for _ in range(count)
    ]


def mutated(number: str, chance: random.Random) -> str:
    """Return a number with one of the mistakes people make, or with several."""
    cells = list(number)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        place = chance.randrange(17)
        match chance.randrange(3):
            case 0:
                cells[place] = str(chance.randrange(10))
            case 1 if cells[place + 1] != "X":
                cells[place], cells[place + 1] = cells[place + 1], cells[place]
            case _:
                cells[17] = chance.choice("0123456789X")
    return "".join(cells)


@pytest.fixture(scope="module")
def numbers() -> list[str]:
    """Numbers that are right, numbers with mistakes, and digits at random."""
    chance = random.Random(SEED)
    right = [body + ric.calc_check_digit(f"{body}0") for body in real_bodies(HOW_MANY // 2, chance)]
    wrong = [mutated(number, chance) for number in right[: HOW_MANY * 3 // 10]]
    noise = [f"{chance.randrange(10**17):017}{chance.choice('0123456789X')}" for _ in range(HOW_MANY // 5)]
    return right + wrong + noise


def test_check_digits_agree_with_stdnum(numbers: list[str]) -> None:
    assert len(numbers) == HOW_MANY
    column = pl.Series(numbers)
    ours = idnumber.check_digit_fits(column)
    theirs = [ric.calc_check_digit(number) == number[17] for number in numbers]
    assert ours.to_list() == theirs
    assert 0.3 < ours.mean() < 0.7, "both answers must occur often"
    expected = [ric.calc_check_digit(number) for number in numbers]
    assert idnumber.check_character(idnumber.digits(column)).to_list() == expected


def stdnum_accepts(number: str) -> bool:
    try:
        ric.validate(number)
    except (ValidationError, KeyError):  # stdnum looks an unknown county up in a dictionary
        return False
    return True


def test_whole_numbers_agree_with_stdnum_but_for_the_documented_differences(numbers: list[str]) -> None:
    rows = pl.DataFrame({"table": 0, "row": range(len(numbers)), "id_number": numbers})
    derived = derive.derive(rows, load_schema("student"), as_of=AS_OF, school_year=2025)
    differences = {"of the future": 0, "permits and cards": 0, "county not of that year or unknown": 0}
    known = idnumber._counties()
    for number, state in zip(numbers, derived["id_number" + derive.STATE], strict=True):
        ours, theirs = state == "ok", stdnum_accepts(number)
        if ours == theirs:
            continue
        if theirs:
            # stdnum lets children be born after today.
            assert number[6:14] > f"{AS_OF:%Y%m%d}", number
            assert state == "future"
            differences["of the future"] += 1
        elif number[:2] in ("71", "81", "82", "83") or number[0] == "9":
            differences["permits and cards"] += 1
        else:
            # A number is given when the household is registered, at times years after the birth: the county is a notice.
            periods = known.get(number[:6], ())
            born = int(number[6:10])
            assert not any(first <= born <= last for first, last in periods), number
            differences["county not of that year or unknown"] += 1
    assert min(differences.values()) > 100, f"every difference must occur often: {differences}"


def test_parts_agree_with_stdnum(numbers: list[str]) -> None:
    right = pl.Series([number for number in numbers if stdnum_accepts(number)])
    born = idnumber.birth(idnumber.digits(right)).to_list()
    assert len(right) > 10_000
    assert born == [dates.as_integer(ric.get_birth_date(number)) for number in right]


def test_no_single_mistake_in_a_number_escapes() -> None:
    chance = random.Random(SEED)
    right = [body + ric.calc_check_digit(f"{body}0") for body in real_bodies(200, chance)]
    wrong = [
        number[:place] + other + number[place + 1 :]
        for number in right
        for place in range(18)
        for other in ("0123456789X" if place == 17 else "0123456789")
        if other != number[place]
    ]
    assert idnumber.check_digit_fits(pl.Series(right)).all()
    assert not idnumber.check_digit_fits(pl.Series(wrong)).any()
    assert len(wrong) == 200 * (17 * 9 + 10)


def test_no_exchange_of_neighbours_escapes() -> None:
    chance = random.Random(SEED + 1)
    right = [body + ric.calc_check_digit(f"{body}0") for body in real_bodies(500, chance)]
    wrong = [
        number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        for number in right
        for place in range(17)
        if number[place] != number[place + 1]
    ]
    # An X that came before the last place is no digit: null, not fits.
    assert not idnumber.check_digit_fits(pl.Series(wrong)).fill_null(value=False).any()


def test_a_birth_date_is_a_day_of_the_calendar() -> None:
    years = (0, 1, 1899, 1900, 1999, 2000, 2004, 2012, 2100, 9999)
    days = [(y, m, d) for y in years for m in range(14) for d in range(33)]
    whole = pl.Series([341323 * 10**11 + (y * 10_000 + m * 100 + d) * 1000 + 12 for y, m, d in days])

    def of_calendar(y: int, m: int, d: int) -> int | None:
        try:
            return dates.as_integer(date(y, m, d))
        except ValueError:
            return None

    assert idnumber.birth(whole).to_list() == [of_calendar(*day) for day in days]


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_numbers_of_the_standard_itself(number: str) -> None:
    assert idnumber.check_digit_fits(pl.Series([number])).to_list() == [True]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("34132320170412007x", "34132320170412007X"),
        ("34132320170412007×", "34132320170412007X"),
        ("34132320170412007Х", "34132320170412007X"),
        ("34132320170412007Ⅹ", "34132320170412007X"),
        ("34132320170412007Ｘ", "34132320170412007X"),
        ("34132320170412007*", "34132320170412007X"),
        (" 341323 20170412 0010 ", "341323201704120010"),
        ("341323-20170412-0010", "341323201704120010"),
        ("'341323201704120010", "341323201704120010"),
        ("\ufeff341323201704120010\t", "341323201704120010"),
        ("３４１３２３２０１７０４１２００１０", "341323201704120010"),
        ("g341323201704120010", "G341323201704120010"),
        ("h12345678", "H12345678"),
        ("341323２０１７O4120010", "3413232017O4120010"),
        (" - ", None),
        ("", None),
        (None, None),
    ],
)
def test_numbers_are_read_as_they_are_meant(written: str | None, read: str | None) -> None:
    assert idnumber.normalise(pl.Series([written], dtype=pl.String)).to_list() == [read]
