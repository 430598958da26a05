"""`xueji pseudonymize`: nobody is in what it writes, and every problem still is."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from cli_rosters import DAY, children, id_number, write_roster, write_workbook
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli_secrecy import ASTRAY, AT_HOME, NAME, SECRETS, roster, seen

from benchmarks.faults.inject import spoil
from benchmarks.layouts import LAYOUTS, write
from benchmarks.people import make_people
from sample_data.make_duplicates import FILES, FOLDER
from xueji_cli.pseudonyms import days, names, numbers, phones, regions
from xueji_cli.pseudonyms.cipher import Cipher
from xueji_cli.values import idnumber
from xueji_cli.values import names as name_reading
from xueji_cli.values import phones as phone_reading

SAMPLES = Path(__file__).parent.parent / "sample_data"

#: Rules that a file of pseudonyms need not break where the original did, each with the reason.
ELSEWHERE = {
    "TB05": "a header printed again inside the data is left out",
    "TB08": "merged cells are filled",
    "TB10": "footers and notes are left out",
    "TB13": "every workbook is written as what it is named",
    "TB14": "sheets that are no rosters are left out",
}

CIPHER = Cipher(bytes(range(32)))


@pytest.fixture
def replaced(command, tmp_path):
    """Pseudonymise files with one key and return the outcome."""
    (tmp_path / "k").write_bytes(bytes(range(32)))

    def run(*arguments):
        done = command("pseudonymize", *arguments, "-o", "out/", "--key-file", "k")
        assert (done.status, done.out) == (0, ""), done.err
        return done

    return run


def findings(command, path):
    document = json.loads(command("check", path, "--as-of", DAY, "--format", "json").out)
    return Counter((each["code"], each["cell"] or each["row"] or each["column"]) for each in document["findings"])


@pytest.mark.parametrize(
    "name",
    [
        "一年级新生-身份证损坏.xlsx",
        "示例-全部正确.xlsx",
        "青禾镇中心小学.xlsx",
        "青禾镇初级中学.csv",
        "青禾镇柳溪小学.xls",
    ],
)
def test_samples_keep_every_finding_in_its_cell(command, replaced, tmp_path, name):
    replaced(SAMPLES / name)
    before, after = (
        findings(command, SAMPLES / name),
        findings(command, f"out/{name.replace('.xls', '.xlsx').replace('xlsxx', 'xlsx')}"),
    )
    assert {code for code, _ in (before - after)} <= set(ELSEWHERE)
    assert after - before == Counter()
    assert sum(before.values()) > 10 or "全部正确" in name


@pytest.mark.parametrize("columns", [31, 50])
def test_planted_faults_keep_every_finding_in_its_cell(command, replaced, tmp_path, columns):
    spoilt = spoil(make_people(800, seed=8), {*LAYOUTS[columns]}, seed=8)
    write(spoilt.people, LAYOUTS[columns], tmp_path / "r.csv")
    replaced("r.csv")
    before, after = findings(command, "r.csv"), findings(command, "out/r.csv")
    assert len({code for code, _ in before}) > 40
    assert before == after


@pytest.mark.parametrize("planted", [AT_HOME, ASTRAY], ids=["at home", "astray"])
def test_nobody_is_in_it(replaced, tmp_path, planted):
    """Every damaged cell, in its own column and in every other, of a text file and of a workbook."""
    write_roster(tmp_path / "r.csv", roster(planted))
    write_workbook(tmp_path / "w.xlsx", {"名册": roster(planted)})
    done = replaced("r.csv", "w.xlsx", "--table", "t.csv")
    lines = (tmp_path / "out" / "r.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == len(planted) + 1
    assert [line for line in lines if seen(line)] == []
    assert seen(done.err) == set()
    with zipfile.ZipFile(tmp_path / "out" / "w.xlsx") as book:
        assert seen("".join(book.read(name).decode() for name in book.namelist())) == set()
    # What is looked for is there to be found: the table of both has all of it.
    assert seen((tmp_path / "t.csv").read_text(encoding="utf-8-sig")) >= set(SECRETS) - {"landline"}


def test_nothing_comes_along_with_a_workbook(replaced, tmp_path):
    """Titles, notes, comments, other sheets, hidden ones, properties, columns that are not known, and remarks stay behind."""
    path = write_workbook(
        tmp_path / "b.xlsx", {"名册": [each | {"备注": NAME, "自己的列": NAME} for each in children(3)]}, above=2
    )
    book = openpyxl.load_workbook(path)
    sheet = book["名册"]
    sheet["A1"] = f"班主任 {NAME}"
    sheet["E5"].comment = openpyxl.comments.Comment(NAME, NAME)
    sheet.append(["填表人", NAME])
    book.create_sheet("说明").append([NAME])
    book.create_sheet("藏").append([NAME])
    book["藏"].sheet_state = "hidden"
    book.properties.creator = book.properties.title = NAME
    book.save(path)
    done = replaced("b.xlsx")
    assert "自己的列" in done.err
    assert "备注" in done.err
    assert "说明" in done.err
    assert NAME not in done.err
    with zipfile.ZipFile(tmp_path / "out" / "b.xlsx") as made:
        assert NAME not in "".join(made.read(name).decode() for name in made.namelist())
    sheet = openpyxl.load_workbook(tmp_path / "out" / "b.xlsx")["名册"]
    assert sheet["E3"].value == "姓名"
    assert len(str(sheet["E5"].value)) == 3
    kept = replaced("b.xlsx", "--keep-unknown")
    assert "自己的列" not in kept.err
    assert NAME in str(list(openpyxl.load_workbook(tmp_path / "out" / "b.xlsx")["名册"].values))


def table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_one_key_makes_a_person_the_same_everywhere_and_another_key_another(command, replaced, tmp_path):
    rows = children(8)
    write_roster(tmp_path / "a.csv", rows)
    write_workbook(tmp_path / "b.xlsx", {"名册": [each | {"姓名": f" {each['姓名']}"} for each in reversed(rows)]})
    replaced("a.csv")
    replaced("b.xlsx")
    first = {each["身份证件号"]: each for each in table(tmp_path / "out" / "a.csv")}
    sheet = openpyxl.load_workbook(tmp_path / "out" / "b.xlsx")["名册"]
    header, *cells = sheet.iter_rows(values_only=True)
    for each in (dict(zip(header, row, strict=True)) for row in cells):
        assert first[each["身份证件号"]]["姓名"] == each["姓名"].strip()
        assert each["全国学籍号"] == f"G{each['身份证件号']}"
        assert each["身份证件号"][6:14] == each["出生日期"]
    command("pseudonymize", "a.csv", "-o", "other/", "--key-file", "k2", "--new-key")
    for mine, other in zip(first.values(), table(tmp_path / "other" / "a.csv"), strict=True):
        assert mine["身份证件号"] != other["身份证件号"]
        assert mine["联系电话"] != other["联系电话"]


def test_records_that_agree_are_found_again(command, replaced, tmp_path):
    """Duplicates found by equal values are the same pairs; those found by values that look alike may not be."""
    for name in FILES.values():
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    replaced(*FILES.values())

    def pairs(paths):
        document = json.loads(command("dedupe", *paths, "--as-of", DAY, "--format", "json").out)
        place = lambda side: (Path(side["file"]).stem, side["row"])  # noqa: E731
        return {frozenset((place(each["left"]), place(each["right"]))): each for each in document["pairs"]}

    before, after = pairs(FILES.values()), pairs([f"out/{name}" for name in FILES.values()])
    equal = {
        key for key, each in before.items()
        if each["verdict"] == "duplicate" and any(r["field"] == "id" and r["level"] == "same" for r in each["reasons"])
    }  # fmt: skip
    assert equal
    assert {after[key]["verdict"] for key in equal} == {"duplicate"}
    assert {each["guard"] for each in after.values()} >= {"twins", "second_hukou"}


def test_numbers_that_lost_their_digits_are_numbers_again(command, replaced, tmp_path):
    import xlsxwriter

    rows = children(3)
    with xlsxwriter.Workbook(str(tmp_path / "n.xlsx")) as book:
        sheet = book.add_worksheet("名册")
        for line, cells in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
            for place, cell in enumerate(cells):
                if line and place == 10:
                    sheet.write_number(line, place, int(cell[:17] + "0"))
                else:
                    sheet.write_string(line, place, cell)
    replaced("n.xlsx")
    assert findings(command, "n.xlsx") == findings(command, "out/n.xlsx")
    assert ("ID05", "K2") in findings(command, "out/n.xlsx")


def test_schools_regions_and_names_of_files(replaced, tmp_path):
    write_roster(tmp_path / "虚谷小学.csv", children(3))
    replaced("虚谷小学.csv", "--schools", "--keep", "region")
    (path,) = (tmp_path / "out").iterdir()
    made = table(path)
    assert path.stem != "虚谷小学"
    assert path.stem.endswith("小学")
    assert {each["学校名称"] for each in made} == {path.stem}
    assert {each["学校标识码"][:4] for each in made} == {"2134"}
    assert {each["身份证件号"][:6] for each in made} == {"341323"}
    assert {each["户口所在地行政区划"] for each in made} == {"341323104207"}


def test_the_table_says_what_became_what_to_its_owner_alone(replaced, tmp_path):
    write_roster(tmp_path / "r.csv", children(3))
    done = replaced("r.csv", "--table", "t.csv")
    assert "t.csv" in done.err
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "t.csv").stat().st_mode) == 0o600
    told = {(each["种类"], each["原值"]): each["换成"] for each in table(tmp_path / "t.csv")}
    for old, new in zip(children(3), table(tmp_path / "out" / "r.csv"), strict=True):
        assert told["name", old["姓名"]] == new["姓名"]
        assert told["number", old["身份证件号"]] == new["身份证件号"]


def test_keys_that_are_none(command, tmp_path):
    write_roster(tmp_path / "r.csv", children(2))
    (tmp_path / "short").write_bytes(b"x" * 31)
    for arguments, said in (
        ([], "--new-key"),
        (["--key-file", "none"], "找不到密钥文件"),
        (["--key-file", "short"], "31"),
        (["--key-file", "short", "--new-key"], "已经有了"),
        (["--key-file", "r.csv", "--new-key"], "已经有了"),
    ):
        done = command("pseudonymize", "r.csv", "-o", "out/", *arguments)
        assert done.status == 2
        assert said in done.err
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "short").read_bytes() == b"x" * 31


def test_outputs_are_no_inputs_and_fit(command, replaced, tmp_path):
    write_roster(tmp_path / "r.csv", children(2))
    before = (tmp_path / "r.csv").read_bytes()
    key = ("--key-file", "k")
    assert command("pseudonymize", "r.csv", "-o", "r.csv", *key).status == 2
    assert command("pseudonymize", "r.csv", "-o", ".", *key).status == 2
    assert command("pseudonymize", "r.csv", "-o", "o.xlsx", *key).status == 2
    assert command("pseudonymize", "r.csv", "r.csv", "-o", "o.csv", *key).status == 0
    assert (tmp_path / "r.csv").read_bytes() == before
    (tmp_path / "bad.csv").write_bytes(b"\x00\x01")
    done = command("pseudonymize", "bad.csv", "r.csv", "-o", "out/", *key)
    assert done.status == 2
    assert "bad.csv" in done.err
    assert (tmp_path / "out" / "r.csv").exists()


def column(values):
    return pl.Series("v", values, dtype=pl.String)


HAN = st.sampled_from("王李欧阳司马张伟敏子涵浩然珀琛翀𠮷〇?·（）() 1aＡ\ue001")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(HAN, min_size=1, max_size=6), unique=True, min_size=2, max_size=12))
def test_names_stay_apart_and_keep_their_flaws(given_names):
    cells = column(given_names)
    made = names.names(CIPHER, cells)
    assert made.n_unique() == len(given_names)
    assert made.str.len_chars().to_list() == cells.str.len_chars().to_list()
    for part in (1, 2):
        old, new = (name_reading.read(each)[part] for each in (cells, made))
        assert (None if old is None else old.to_list()) == (None if new is None else new.to_list())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.dates(date(1950, 1, 1), date(2025, 12, 31)),
            st.integers(0, 999),
            st.sampled_from(["341323", "110105", "810000", "341399", "772233"]),
        ),
        unique=True,
        min_size=1,
        max_size=20,
    )
)
def test_numbers_stay_apart_and_keep_sex_year_cohort_and_check_character(children_born):
    whole = [id_number(f"{born:%Y%m%d}", order, region=region) for born, order, region in children_born]
    wrong = [
        each[:-1] + idnumber.CHECK_CHARACTERS[(idnumber.CHECK_CHARACTERS.index(each[-1]) + 3) % 11] for each in whole
    ]
    cells = column([*whole, *wrong])
    made = numbers.numbers(CIPHER, cells, keep_region=False)
    assert made.n_unique() == cells.n_unique()
    ends = lambda each: each.str.contains(r"^\d{15}000$")  # noqa: E731
    fits = [idnumber.check_digit_fits(each).to_list() for each in (cells, made)]
    assert fits[0] == fits[1]
    for old, new in zip(cells, made, strict=True):
        assert int(old[16]) % 2 == int(new[16]) % 2
        assert old[6:10] == new[6:10]
        assert (old[10:14] < "0901") == (new[10:14] < "0901")
    assert (ends(made) & ~ends(cells)).sum() == 0
    # A roll number and a number with spaces carry the same.
    dressed = column([f"G{each}" for each in cells] + [f"{each[:6]} {each[6:]}" for each in cells])
    told = numbers.numbers(CIPHER, dressed, keep_region=False)
    assert told.to_list() == [f"G{each}" for each in made] + [f"{each[:6]} {each[6:]}" for each in made]


@pytest.mark.parametrize(
    "number",
    [
        "3.41323E+17",
        "341323180307123",
        "34132320180307123",
        "3413232018030712345",
        "34132320181332123X",
        "G34132320180307001x",
        "３４１３２３２０１８０３０７００１Ｘ",
        "999213413000100012",
        "E12345678",
        "341323201803O70011",
    ],
)
def test_flaws_of_numbers_are_kept(number):
    (made,) = numbers.numbers(CIPHER, column([number]), keep_region=False)
    shape = lambda text: re.sub(r"[0-9]", "9", re.sub(r"[０-９]", "９", text))  # noqa: E731
    assert made != number
    assert len(made) == len(number)
    assert shape(made[:-1]) == shape(number[:-1])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.from_regex(
            r"1[3-9][0-9]{9}|0557-?[2-9][0-9]{6}|[0-9]{5,12}|1[3-9][0-9]{9}/1[3-9][0-9]{9}|\+86 ?1[3-9][0-9]{9}",
            fullmatch=True,
        ),
        unique=True,
        min_size=1,
        max_size=10,
    )
)
def test_phones_keep_what_is_wrong_with_them(given_phones):
    cells = column(given_phones)
    made = phones.phones(CIPHER, cells)
    flaws = [
        (
            phone_reading.read(each)[2] if phone_reading.read(each)[2] is not None else column([None] * len(each))
        ).to_list()
        for each in (cells, made)
    ]
    assert flaws[0] == flaws[1]
    assert [len(each) for each in cells] == [len(each) for each in made]


def test_a_day_and_a_region_become_one_of_their_kind_each():
    year = [
        int(f"{date.fromordinal(n):%Y%m%d}") for n in range(date(2016, 1, 1).toordinal(), date(2017, 1, 1).toordinal())
    ]
    made = [days.day(CIPHER, each) for each in year]
    assert sorted(made) == year
    assert sum(old == new for old, new in zip(year, made, strict=True)) < 20
    last = idnumber.last_years()
    codes = [code for code in range(110000, 660000) if last[code]][:600]
    new = [regions.region(CIPHER, code) for code in codes]
    assert len(set(new)) == len(codes)
    assert [last[code] for code in codes] == [last[code] for code in new]
