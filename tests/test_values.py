"""What one cell means: check digits against python-stdnum, and laws that hold for any text whatever."""

from __future__ import annotations

import itertools
import random
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from xueji_cli.checks import derive
from xueji_cli.schema.codetables import load_code_table
from xueji_cli.schema.loading import load_schema
from xueji_cli.values import codes, dates, idnumber, names, phones, text


def law(
    *, examples: int = 100, **strategies: st.SearchStrategy[object]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a law that holds for all examples. No deadline: the machine may be busy with other things."""
    return lambda test: settings(deadline=None, max_examples=examples)(given(**strategies)(test))


HOW_MANY = 100_000
SEED = 20_251_015
AS_OF = date(2025, 10, 15)

# ---- numbers ----


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


# ---- any text ----

#: Characters that have met a roster, and some that should never.
AWKWARD = (
    "男女汉族三年级班〇一二王〓□？?*×xXⅩ·•・．.。,，、/\\-—–_~()（）[]【】{}'\"‘’“”`"
    " \t\r\n\u00a0\u3000\u2003\u202f\u200b\u200d\u2060\ufeff\u00ad\u0000\u001b\u0301\ufe0f"
    "0123456789０１９ABGJLOlZabＡｚ⻓⽣⼀⺠㊀㈠①Ⅷ½ﬁ㎏㋿ｱﾞé\u0130ß\U00020bb7\U0003106c\ue815\U000f0001\ufffd\U0001f600#=+@E+"
)
texts = st.text(st.sampled_from(AWKWARD) | st.characters(exclude_categories=["Cs"]), max_size=24)
columns = st.lists(st.none() | texts, max_size=12).map(lambda cells: pl.Series("cells", cells, dtype=pl.String))

ETHNICITY = load_code_table("ethnicity")

#: Reader → its answers, each as long as the column (None: nothing to say anywhere).
READERS: dict[str, Callable[[pl.Series], tuple[pl.Series | None, ...]]] = {
    "text": text.read,
    "names": names.read,
    "phones": phones.read,
    "numbers": idnumber.read,
    "codes": lambda cells: codes.read(cells, ETHNICITY),
    "dates": lambda cells: (dates.parse_dates(text.fold(cells)),),
}
#: Those whose first answer is the text in one form.
FOLDING = [name for name in READERS if name != "dates"]


def visible(cell: str | None) -> bool:
    """Whether anything in a cell can be seen: the independent view of what is blank."""
    return cell is not None and any(
        unicodedata.category(c)[0] in "LNPSM" and not 0xFE00 <= ord(c) <= 0xFE0F for c in cell
    )


@pytest.mark.parametrize("reader", READERS)
@law(cells=columns)
def test_a_reader_answers_for_every_cell_and_leaves_the_column_alone(reader: str, cells: pl.Series) -> None:
    before = cells.to_list()
    answers = READERS[reader](cells)
    assert cells.to_list() == before
    assert cells.name == "cells"
    for answer in answers:
        if answer is not None:
            assert len(answer) == len(cells)
            assert all(said is None for said, cell in zip(answer, before, strict=True) if cell is None)


@pytest.mark.parametrize("reader", READERS)
def test_a_column_without_cells_or_with_empty_ones_only(reader: str) -> None:
    for cells in ([], [None], [None, None], [""], ["", None, "  "]):
        column = pl.Series("cells", cells, dtype=pl.String)
        for answer in READERS[reader](column):
            assert answer is None or answer.to_list() == [None] * len(cells)


@pytest.mark.parametrize("reader", READERS)
@law(cells=columns)
def test_a_cell_is_read_alike_in_any_company(reader: str, cells: pl.Series) -> None:
    """Short ways for columns that are mostly right must give what the long way gives."""
    together = READERS[reader](cells)
    alone = [READERS[reader](cells[i : i + 1]) for i in range(len(cells))]
    for place, answer in enumerate(together):
        apart = [None if one[place] is None else one[place][0] for one in alone]
        assert (answer.to_list() if answer is not None else [None] * len(cells)) == apart


@pytest.mark.parametrize("reader", FOLDING)
@law(cells=columns)
@example(cells=pl.Series("cells", ["''"]))
@example(cells=pl.Series("cells", ["＇a"]))
@example(cells=pl.Series("cells", [")"]))
def test_folding_twice_is_folding_once(reader: str, cells: pl.Series) -> None:
    if reader in ("numbers", "phones"):
        # These drop spaces, and the space in an accent that stands alone (´) holds it apart from the letter before it.
        assume(not any(unicodedata.normalize("NFKC", c)[:1] == " " != c for c in "".join(cells.drop_nulls())))
    once = READERS[reader](cells)[0]
    assert once is not None
    again = READERS[reader](once)[0]
    assert again is not None
    assert again.to_list() == once.to_list()


@law(cells=columns)
def test_a_folded_text_is_blank_only_where_nothing_can_be_seen(cells: pl.Series) -> None:
    for cell, folded in zip(cells, text.fold(cells), strict=True):
        if not visible(cell):
            assert not visible(folded)
        elif cell.strip(" '") != "":
            assert folded is not None or set(cell) <= set(" '＇") | {c for c in cell if not visible(c)}


@law(cells=columns)
def test_a_folded_text_has_nothing_left_to_fold(cells: pl.Series) -> None:
    folded = text.fold(cells)
    left = text.first_match(folded.drop_nulls(), {"radical": text.RADICAL, "invisible": text.INVISIBLE})
    assert left.null_count() == len(left)
    for cell in folded.drop_nulls():
        assert cell == cell.strip()
        assert "  " not in cell


clean = st.text(
    st.sampled_from("三年级沈知远0123456789AXabx()-/.,:;#·") | st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
)


@law(cells=st.lists(clean.filter(bool), max_size=12))
def test_a_clean_text_stays_as_it_is(cells: list[str]) -> None:
    column = pl.Series("cells", cells, dtype=pl.String)
    folded, dirt = text.read(column)
    assert folded.to_list() == cells
    assert dirt is None


han = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=5)


@law(cells=st.lists(st.lists(han, min_size=1, max_size=3).map("·".join), max_size=12))
def test_a_clean_name_stays_as_it_is(cells: list[str]) -> None:
    column = pl.Series("cells", cells, dtype=pl.String)
    tidy, dirt, flaw = names.read(column)
    assert tidy.to_list() == cells
    assert dirt is None
    assert flaw is None


@law(
    parts=st.lists(han, min_size=2, max_size=3),
    dot=st.sampled_from("·•‧∙⋅・･●.．。"),
    space=st.sampled_from(["", " ", "\u3000"]),
)
def test_every_dot_between_han_characters_is_the_dot(parts: list[str], dot: str, space: str) -> None:
    # A full stop with spaces around it is a full stop.
    written = (dot if dot in ".．。" else f"{space}{dot}{space}").join(parts)
    tidy, _, flaw = names.read(pl.Series([written]))
    assert tidy.to_list() == ["·".join(parts)]
    assert flaw is None


@law(name=han, places=st.lists(st.sampled_from([" ", "\u3000", "\u00a0", "\u200b", "\ufeff"]), min_size=1, max_size=4))
def test_padding_never_makes_another_name(name: str, places: list[str]) -> None:
    padded = "".join(f"{character}{pad}" for character, pad in itertools.zip_longest(name, places, fillvalue=""))
    tidy, dirt, flaw = names.read(pl.Series([padded]))
    assert tidy.to_list() == [name]
    assert dirt is not None
    assert flaw is None


# ---- telephone numbers ----

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True).filter(lambda n: len(set(n[2:])) > 4)
landlines = st.tuples(
    st.sampled_from(["010", "0557", "0551", "021"]), st.from_regex(r"[2-8][0-9]{6,7}", fullmatch=True)
)


@law(number=mobiles)
def test_a_mobile_number_stays_as_it_is(number: str) -> None:
    tidy, dirt, flaw = phones.read(pl.Series([number]))
    assert tidy.to_list() == [number]
    assert dirt is None
    assert flaw is None or flaw.to_list() == [phones.PLACEHOLDER]


@law(
    number=mobiles,
    prefix=st.sampled_from(["", "+86", "86", "0086", "+86 ", "+86-", "86-"]),
    gap=st.sampled_from(["", " ", "-"]),
)
def test_decoration_does_not_hide_a_mobile_number(number: str, prefix: str, gap: str) -> None:
    written = prefix + gap.join([number[:3], number[3:7], number[7:]])
    tidy, _, flaw = phones.read(pl.Series([written]))
    assert tidy.to_list() == [number]
    if flaw is not None and flaw.to_list() != [phones.PLACEHOLDER]:
        assert flaw.to_list() == [phones.FORMAT]
        assert written != number


@law(parts=landlines, dash=st.sampled_from(["", "-"]), extension=st.sampled_from(["", "-8", "-80201"]))
def test_a_landline_is_a_telephone_number(parts: tuple[str, str], dash: str, extension: str) -> None:
    written = dash.join(parts) + extension
    flaw = phones.read(pl.Series([written]))[2]
    assert flaw is None or flaw.to_list() == [phones.PLACEHOLDER]


@law(first=mobiles, second=mobiles, between=st.sampled_from(["/", " ", "、", "，", ",", ";", "；", "或", "\n", "  "]))
def test_two_numbers_in_a_cell_are_two(first: str, second: str, between: str) -> None:
    flaw = phones.read(pl.Series([f"{first}{between}{second}"]))[2]
    assert flaw is not None
    assert flaw.to_list() == [phones.SEVERAL]


# ---- code tables ----


@pytest.mark.parametrize(
    "name", ["sex", "ethnicity", "relation", "id_type", "political_status", "transport", "hukou_type"]
)
def test_every_spelling_of_a_code_table_is_read_as_its_entry(name: str) -> None:
    table = load_code_table(name)
    for entry in table.entries:
        spellings: dict[str, str | None] = dict.fromkeys([entry.label, *entry.accepted, f" {entry.label}\u3000"])
        spellings |= dict.fromkeys(entry.aliases, codes.ALIAS)
        if table.accept_codes:
            spellings |= {entry.code: codes.CODE, f"{entry.code}-{entry.label}": codes.CODE}
        column = pl.Series(list(spellings), dtype=pl.String)
        _, label, kind, _ = codes.read(column, table)
        assert label.to_list() == [entry.label] * len(column)
        assert ([None] * len(column) if kind is None else kind.to_list()) == list(spellings.values())


@law(cells=columns)
def test_a_code_is_known_or_unknown_and_only_known_ones_have_a_label(cells: pl.Series) -> None:
    clean, label, kind, _ = codes.read(cells, ETHNICITY)
    labels = {entry.label for entry in ETHNICITY.entries}
    for cell, meant, how in zip(clean, label, [None] * len(cells) if kind is None else kind, strict=True):
        assert (meant in labels) == (cell is not None and how in (None, codes.ALIAS, codes.CODE))
        assert (meant is None) == (cell is None or how == codes.UNKNOWN)
        assert cell is not None or how is None


# ---- dates ----

days = st.dates(date(1900, 1, 1), date(2099, 12, 31))

#: Spelling → strftime-like function.
SPELLINGS: dict[str, Callable[[date], str]] = {
    "20100305": lambda d: f"{d:%Y%m%d}",
    "2010-03-05": lambda d: f"{d:%Y-%m-%d}",
    "2010-3-5": lambda d: f"{d.year}-{d.month}-{d.day}",
    "2010/03/05": lambda d: f"{d:%Y/%m/%d}",
    "2010/3/5": lambda d: f"{d.year}/{d.month}/{d.day}",
    "2010.3.5": lambda d: f"{d.year}.{d.month}.{d.day}",
    "2010年3月5日": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "2010年03月05号": lambda d: f"{d:%Y年%m月%d}号",
    "2010 年 3 月 5 日": lambda d: f"{d.year} 年 {d.month} 月 {d.day} 日",
    "2010、3、5": lambda d: f"{d.year}、{d.month}、{d.day}",
    "2010。3。5": lambda d: f"{d.year}。{d.month}。{d.day}",
    "2010—3—5": lambda d: f"{d.year}—{d.month}—{d.day}",
    "２０１０－０３－０５": lambda d: f"{d:%Y-%m-%d}".translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789-"}),
    "2010-03-05 00:00:00": lambda d: f"{d:%Y-%m-%d} 00:00:00",
    "2010-03-05T08:30": lambda d: f"{d:%Y-%m-%d}T08:30",
    " 2010-3-5 ": lambda d: f"\u3000{d.year}-{d.month}-{d.day}\u00a0",
    "'20100305": lambda d: f"'{d:%Y%m%d}",
}


def parse(cell: str) -> dict[str, object]:
    return dates.parse_dates(text.fold(pl.Series([cell])))[0]


@pytest.mark.parametrize("spelling", SPELLINGS)
@law(day=days)
def test_a_date_is_the_same_in_every_spelling(spelling: str, day: date) -> None:
    written = SPELLINGS[spelling](day)
    bare = unicodedata.normalize("NFKC", written).strip(" '")
    assert parse(written) == {
        "date": day,
        "ymd": dates.as_integer(day),
        "precision": "day",
        "plain": bare in (f"{day:%Y%m%d}", f"{day:%Y-%m-%d}"),
    }


@law(day=st.dates(date(1940, 1, 1), date(2099, 1, 1)))
def test_the_serial_number_excel_leaves_of_a_date(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert parse(str(serial))["date"] == day


@pytest.mark.parametrize(
    "spelling",
    [
        lambda d: f"{d:%Y%m}",
        lambda d: f"{d:%Y-%m}",
        lambda d: f"{d.year}.{d.month}",
        lambda d: f"{d.year}年{d.month}月",
        lambda d: f"{d.year}/{d.month}",
    ],
)
@law(day=days)
def test_a_month_is_the_same_in_every_spelling(spelling: Callable[[date], str], day: date) -> None:
    parsed = parse(spelling(day))
    assert (parsed["date"], parsed["precision"]) == (day.replace(day=1), "month")


@law(day=days, form=st.sampled_from(["%d/%m/%Y", "%m-%d-%Y", "%y%m%d", "%y.%m.%d", "%d.%m.%y"]))
def test_an_order_that_is_not_certain_is_not_guessed(day: date, form: str) -> None:
    parsed = parse(day.strftime(form))
    # Six digits may be a month (201005) that the two-digit year happens to look like: 20 10 05.
    if form == "%y%m%d" and parsed["date"] is not None:
        assert parsed["precision"] == "month"
    else:
        assert parsed["date"] is None


@law(year=st.integers(1900, 2099), month=st.integers(0, 99), day=st.integers(0, 99))
def test_a_day_that_never_was_is_no_date(year: int, month: int, day: int) -> None:
    try:
        real = date(year, month, day)
    except ValueError:
        real = None
    for written in (f"{year}{month:02}{day:02}", f"{year}-{month}-{day}"):
        parsed = parse(written)
        assert parsed["date"] == real
        assert (parsed["precision"] == "day") == (real is not None)


@law(examples=300, cells=columns)
def test_whatever_is_read_as_a_date_has_the_parts_of_one(cells: pl.Series) -> None:
    for cell, parsed in zip(cells, dates.parse_dates(text.fold(cells)), strict=True):
        if parsed is None:
            assert not visible(text.fold(pl.Series([cell], dtype=pl.String))[0])
            continue
        assert (parsed["date"] is None) == (parsed["precision"] is None) == (parsed["ymd"] is None)
        if parsed["date"] is not None:
            assert parsed["ymd"] == dates.as_integer(parsed["date"])


@law(since=days, until=days)
def test_completed_years_are_counted_as_birthdays_are(since: date, until: date) -> None:
    expected = until.year - since.year - ((until.month, until.day) < (since.month, since.day))
    frame = pl.DataFrame({"since": [dates.as_integer(since)]})
    assert frame.select(dates.completed_years(pl.col("since"), dates.as_integer(until))).item() == expected


# ---- helpers under them ----


@law(cells=columns, data=st.data())
def test_put_changes_a_copy(cells: pl.Series, data: st.DataObject) -> None:
    before = cells.to_list()
    places = data.draw(st.lists(st.integers(0, max(len(cells) - 1, 0)), unique=True, max_size=len(cells)))
    new = text.put(cells, pl.Series(places, dtype=pl.UInt32), pl.Series(["!"] * len(places), dtype=pl.String))
    assert cells.to_list() == before
    assert new.to_list() == ["!" if place in places else cell for place, cell in enumerate(before)]


@pytest.mark.parametrize("length", [0, 1, 100, text._LONG, text._LONG * 3 + 1])
@pytest.mark.parametrize("runs", [1, 7, 1000])
def test_distinct_answers_are_spread_back_in_order(length: int, runs: int) -> None:
    """Long columns of few runs take a shorter way."""
    cells = [None if place // runs % 5 == 4 else str(place // runs % 11) for place in range(length)]
    seen: list[int] = []

    def double(values: pl.Series) -> pl.Series:
        seen.append(len(values))
        assert values.null_count() == 0
        assert values.n_unique() == len(values)
        return values + values

    answers = text.on_distinct(pl.Series("cells", cells, dtype=pl.String), double)
    assert answers.name == "cells"
    assert answers.to_list() == [None if cell is None else cell + cell for cell in cells]
    assert max(seen, default=0) <= 11
