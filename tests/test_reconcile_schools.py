"""Which school a name means, and which it never means."""

from __future__ import annotations

import pytest

from xueji_cli.reconciling.schools import Directory, School, name_key, ordinals

COUNTY = [
    School("下楼中学", "3134000001", "一"),
    School("下楼中心小学", "2134000002", "一"),
    School("灵璧县第一中学", "3134000003", "六"),
    School("灵璧县第二中学", "3134000004", "六"),
    School("灵璧县第六中学", "3134000005", "六"),
    School("实验小学", "2134000006", "六", aliases=("实小", "县实小")),
    School("实验中学", "3134000007", "六"),
    School("高楼中学", "3134000008", "四"),
    School("青禾镇中心小学", "2134000009", "二"),
    School("柳溪镇中心小学", "2134000010", "二"),
]
FULL = Directory(COUNTY, complete=True)
PARTIAL = Directory(COUNTY, complete=False)


@pytest.mark.parametrize(
    ("written", "school", "how"),
    [
        ("下楼中学", "下楼中学", "exact"),
        ("下 楼　中学 ", "下楼中学", "exact"),
        ("实小", "实验小学", "alias"),
        ("县实小", "实验小学", "alias"),
        ("下中", "下楼中学", "short"),
        ("六中", "灵璧县第六中学", "short"),
        ("第六中学", "灵璧县第六中学", "prefix"),
        ("6中", None, None),
        ("安徽省灵璧县青禾镇中心小学", "青禾镇中心小学", "prefix"),
        ("灵璧县下楼中学", "下楼中学", "prefix"),
        # Two schools fit, or none for sure.
        ("中心小学", None, None),
        ("实验", None, None),
        ("下楼", None, None),
        ("三中", None, None),
        ("第三中学", None, None),
        ("灵璧县第三中学", None, None),
        ("虚谷小学", None, None),
    ],
)
def test_names(written, school, how):
    found = FULL.resolve(written)
    assert found == ((school, how) if school else None)


def test_first_is_never_second():
    for written in ("第一中学", "一中", "灵璧县第一中学", "灵璧一中", "第一初级中学"):
        found = FULL.resolve(written)
        assert found is None or found[0] == "灵璧县第一中学", written
    assert ordinals("灵璧县第二十一小学") == (21,)
    assert ordinals("九年一贯制学校") == (9, 1)
    assert name_key("第１小学") == name_key("1小学")


def test_a_short_form_is_read_only_from_a_list_that_is_complete():
    assert PARTIAL.resolve("下中") is None
    assert PARTIAL.resolve("实小") == ("实验小学", "alias")


def test_the_code_speaks_where_the_name_does_not():
    assert FULL.resolve("虚谷小学", "2134000006") == ("实验小学", "code")
    assert FULL.resolve(None, "2134000006") == ("实验小学", "code")
    # and never against a name that is there
    assert FULL.resolve("下楼中学", "2134000006") == ("下楼中学", "exact")


def test_what_is_not_sure_comes_with_its_nearest_names_and_the_same_number():
    near = FULL.nearest("灵璧县第二初级中学")
    assert "灵璧县第二中学" in near
    assert "灵璧县第一中学" not in near
