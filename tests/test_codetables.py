import unicodedata

import pytest

from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.messages import catalogue
from xueji_cli.schema.codetables import code_table_names, load_code_table, read_code_table

HEADER = "code,label,aliases,accepted\n"


def entries(name):
    return {e.label: e for e in load_code_table(name).entries}


def labels(name, *, listed=False):
    return [e.label for e in load_code_table(name).entries if e.listed or not listed]


def meaning(name, spelling):
    return [e.label for e in load_code_table(name).entries if spelling in e.aliases]


@pytest.mark.parametrize("name", code_table_names())
def test_every_table_states_its_standard_and_is_written_as_cells_are_folded(name):
    table = load_code_table(name)
    assert table.title
    assert table.source
    assert table.edition
    for entry in table.entries:
        for word in (entry.label, *entry.aliases, *entry.accepted):
            assert word == unicodedata.normalize("NFKC", word).strip()


def test_the_56_nations_and_the_additions_of_the_system():
    table = entries("ethnicity")
    assert [e.code for e in table.values()][:56] == [f"{n:02}" for n in range(1, 57)]
    assert [e.code for e in table.values()][56:] == ["81", "97", "98"]
    assert table["毛难族"].accepted == ("毛南族",)
    assert "99" not in {e.code for e in table.values()}


@pytest.mark.parametrize(
    ("name", "spelling", "label"),
    [
        ("ethnicity", "汉", "汉族"),
        ("ethnicity", "苖族", "苗族"),
        ("ethnicity", "维族", "维吾尔族"),
        ("ethnicity", "毛南", "毛难族"),
        ("political_status", "少先队员", "群众"),
        ("political_status", "团员", "共青团员"),
        ("sex", "男性", "男"),
        ("id_type", "无", "其他"),
        ("id_type", "户口本", "户口簿"),
        ("boarding", "寄宿生", "住校"),
        ("relation", "爸爸", "父亲"),
        ("relation", "姥姥", "外祖母"),
        ("disability", "否", "无残疾"),
        ("inclusive", "否", "非随班就读"),
        ("left_behind", "否", "非留守儿童"),
        ("nationality", "中华人民共和国", "中国"),
        ("status", "在校生", "在读"),
    ],
)
def test_usual_spellings_mean_one_entry(name, spelling, label):
    assert meaning(name, spelling) == [label]


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("sex", ["男", "女"]),
        ("political_status", ["中共党员", "中共预备党员", "共青团员", "群众"]),
        ("boarding", ["走读", "住校"]),
        ("hukou_type", ["农业户口", "非农业户口"]),
        ("relation", ["父亲", "母亲", "祖父母或外祖父母", "兄弟姐妹", "其他"]),
        ("left_behind", ["非留守儿童", "单亲留守儿童", "双亲留守儿童"]),
    ],
)
def test_what_the_national_system_offers(name, offered):
    assert labels(name, listed=True) == offered


@pytest.mark.parametrize(
    "name", ["hukou_type", "relation", "id_type", "entry_way", "disability", "alteration", "blood_type"]
)
def test_tables_whose_codes_conflict_take_names_only(name):
    assert not load_code_table(name).accept_codes


def test_province_digits_of_hong_kong_macau_and_taiwan_are_known():
    assert {"71", "81", "82", "83"} <= {e.code for e in load_code_table("provinces").entries}


def test_a_users_table_replaces_the_packaged_one_and_a_new_one_is_found(tmp_path):
    codes = tmp_path / "codes"
    codes.mkdir()
    (codes / "sex.csv").write_bytes("code,label\r\n1,男\r\n2,女\r\n".encode("gb18030"))  # as Excel saves it
    (codes / "bus.csv").write_text(HEADER + "1,一号线,1号|一线,\n", encoding="utf-8-sig")
    (codes / "SOURCES.csv").write_text("table,title,source\nbus,校车线路,本县\n", encoding="utf-8")
    assert [e.label for e in load_code_table("sex", [tmp_path]).entries] == ["男", "女"]
    bus = load_code_table("bus", [tmp_path])
    assert (bus.title, bus.source) == ("校车线路", "本县")
    assert bus.entries[0].aliases == ("1号", "一线")
    assert "bus" in code_table_names([tmp_path])
    assert "SOURCES" not in code_table_names([tmp_path])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "code_table_columns")]),
        ("label\n男\n", [(1, "code_table_columns")]),
        ("code,label,colour\n1,男,x\n", [(1, "code_table_unknown_columns")]),
        (HEADER, [(None, "code_table_empty")]),
        (HEADER + "1,男\n,女\n3,\n", [(3, "code_table_incomplete"), (4, "code_table_incomplete")]),
        (HEADER + "1,男\n1,女\n", [(3, "code_table_duplicate")]),
        (HEADER + "1,男,M\n2,女,M\n", [(3, "code_table_duplicate")]),
        (HEADER + "1,男,,女\n2,女\n", [(3, "code_table_duplicate")]),
        (HEADER + '1,"男\n2,女\n', [(3, "code_table_quote")]),
    ],
)
def test_all_mistakes_of_a_table_are_reported_together(tmp_path, text, expected):
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_code_table(path)
    for lang in catalogue.LANGUAGES:
        assert all(catalogue.text(lang, f"errors.{m.error.key}", **m.error.params) for m in caught.value.mistakes)
    assert [(each.line, each.error.key) for each in caught.value.mistakes] == expected


@pytest.mark.parametrize("name", ["nothing", "SOURCES", "../student"])
def test_a_table_that_is_not_there_is_a_user_error(name):
    with pytest.raises(UserError) as caught:
        load_code_table(name)
    assert caught.value.key == "unknown_code_table"
