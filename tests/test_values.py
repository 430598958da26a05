"""What one cell means: laws that hold for any text whatever."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import assume, example
from hypothesis import strategies as st

from tests.laws import columns, law, visible
from xueji_cli.schema.codetables import load_code_table
from xueji_cli.values import codes, dates, idnumber, names, phones, text

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


@pytest.mark.parametrize("every", [1, 7])
def test_cells_that_are_nearly_all_different_are_not_told_apart_first(every: int) -> None:
    cells = [None if place % every == 3 else str(place) for place in range(text._LONG * 2)]
    answers = text.on_distinct(pl.Series("cells", cells, dtype=pl.String), lambda values: values + "!")
    assert answers.name == "cells"
    assert answers.to_list() == [None if cell is None else cell + "!" for cell in cells]
