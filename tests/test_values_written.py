"""The written form of values: what `xueji clean` writes, and the single places it comes from."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xueji_cli.values import names, phones, regions, text
from xueji_cli.values.class_titles import loose, plain_classes, plain_grades

WILD = st.text(
    st.one_of(
        st.sampled_from("张三·•．。 \u3000\xa0\u200b'＇⼦⻢１Ａ（），-\t\n"), st.characters(exclude_categories=["Cs"])
    ),
    max_size=8,
)


@settings(deadline=None)
@given(st.lists(WILD, max_size=20))
def test_tidy_text_has_no_dirt_that_can_be_taken_off(cells):
    tidy = text.tidy(pl.Series(cells, dtype=pl.String))
    _, dirt = text.read(text.tidy(tidy))
    # A radical that stands for no character of its own stays: it can't be read, so it is not guessed.
    assert dirt is None or set(dirt.drop_nulls().unique()) <= {"radical"}


@settings(deadline=None)
@given(st.lists(WILD, max_size=20))
def test_tidy_text_means_the_same(cells):
    series = pl.Series(cells, dtype=pl.String)
    assert text.fold(text.fold(text.tidy(series))).to_list() == text.fold(text.fold(series)).to_list()


def test_tidy_keeps_chinese_punctuation_and_odd_characters():
    cells = ["白石镇（东），①区", "﨑", "白石镇　１８号", "⺀"]
    assert text.tidy(pl.Series(cells)).to_list() == ["白石镇（东），①区", "﨑", "白石镇 18号", "⺀"]
    assert names.tidy(pl.Series(["张（大）", "凉\u3000子", "买买提 • 艾力"])).to_list() == [
        "张（大）",
        "凉子",
        "买买提·艾力",
    ]


@pytest.mark.parametrize(
    ("cell", "first", "rest"),
    [
        ("13705576281/13905576282", "13705576281", "13905576282"),
        ("0557-6022123、13705576281", "0557-6022123", "13705576281"),
        ("1370557628113905576282", "13705576281", "13905576282"),
        ("父13705576281 母13905576282", "13705576281", "父 母13905576282"),
        ("无", None, None),
    ],
)
def test_split_phones(cell, first, rest):
    assert [part.to_list() for part in phones.split(pl.Series([cell]))] == [[first], [rest]]


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["13705576281", "13905576282", "0557-6022123", "/", "、", " ", "父", "母", "(", ")"]),
        max_size=8,
    )
)
def test_splitting_phones_loses_no_character_but_separators(pieces):
    cell = "".join(pieces)
    first, rest = (part[0] or "" for part in phones.split(pl.Series([cell], dtype=pl.String)))

    def letters(said: str) -> list[str]:
        return sorted(said.translate(str.maketrans("", "", "/、 ")))

    if first:
        assert letters(first + rest) == letters(cell)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("灵璧县", "341323000000"),
        ("安徽省宿州市灵璧县", "341323000000"),
        ("安徽灵璧县", "341323000000"),
        ("341323", "341323000000"),
        ("北京市朝阳区", "110105000000"),
        ("鼓楼区", None),
        ("朝阳区", None),
        ("江苏省灵璧县", None),
        ("灵璧县白石镇", None),
        ("宿州市", None),
        ("342224", None),
        ("市辖区", None),
        ("341323104207", None),
        ("", None),
    ],
)
def test_a_region_by_name_only_where_there_is_one(cell, code):
    assert regions.code(pl.Series([cell], dtype=pl.String)).to_list() == [code]


CLASSES = [
    ("七3", "七年级3班"),
    ("初一(3)", "七年级3班"),
    ("703", "七年级3班"),
    ("七年级三班", "七年级3班"),
    ("小学三年级2班", "三年级2班"),
    ("1203", "高三3班"),
    # As good as it is.
    ("七年级(3)班", None),
    ("初一(3)班", None),
    ("三(2)班", None),
    ("5班", None),
    # One to four are counted inside the stage, which only the school's name or a grade column tells.
    ("101", None),
    ("1-1", None),
    ("3(2)班", None),
    ("3年2班", None),
    # 1.1 may have been 1.10; a year of entry means another grade every year; a name would be lost.
    ("5.1", None),
    ("2021级1班", None),
    ("(2021)1班", None),
    ("实验小学五2", None),
    ("五2(双语)", None),
    ("1月1日", None),
    ("班", None),
]


@pytest.mark.parametrize(("cell", "title"), CLASSES)
def test_plain_names_of_classes(cell, title):
    assert plain_classes(pl.Series([cell]), None, None, 2025).to_list() == [title]


def test_the_stage_settles_what_is_counted():
    cells = pl.Series(["101", "1-1", "3(2)班"])
    primary, junior = (pl.Series([stage] * 3) for stage in ("primary", "junior"))
    assert plain_classes(cells, None, primary, 2025).to_list() == ["一年级1班", "一年级1班", "三年级2班"]
    assert plain_classes(cells, None, junior, 2025).to_list() == ["七年级1班", "七年级1班", "九年级2班"]
    assert plain_classes(cells, pl.Series(["一年级", "二年级", "三年级"]), None, 2025).to_list() == [
        "一年级1班",
        None,
        "三年级2班",
    ]


def test_plain_names_of_grades():
    cells = pl.Series(["7", "八", "10", "3", "三", "初一", "三年级", "2021级"])
    assert plain_grades(cells, None, 2025).to_list() == ["七年级", "八年级", "高一", None, None, None, None, None]
    assert plain_grades(cells[3:5], pl.Series(["junior", "primary"]), 2025).to_list() == ["九年级", "三年级"]


def test_only_names_that_are_not_proper_are_looked_at():
    assert loose(pl.Series(["七年级3班", "七3", None, "三(2)班"])).to_list() == [1]
