from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji_cli.values.classes import STAGE_DIGITS, class_title, parse_classes, parse_grades, school_stages, school_year
from xueji_cli.values.grades import number

YEAR = 2025


def words(*lines):
    return [word for line in lines for word in line.split()]


def grade_of(text, year=YEAR, **options):
    return parse_grades(pl.Series([text], dtype=pl.String), year, **options).row(0)


def class_of(text, grade=None, year=YEAR, **options):
    grades = None if grade is None else pl.Series([grade])
    return parse_classes(pl.Series([text], dtype=pl.String), grades, year, **options).row(0)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [(date(2025, 7, 31), 2024), (date(2025, 8, 1), 2025), (date(2025, 12, 31), 2025), (date(2026, 1, 1), 2025)],
)
def test_the_school_year_turns_on_1_august(as_of, expected):
    assert school_year(as_of) == expected


@pytest.mark.parametrize(
    "text",
    words(
        "一年级 1年级 １年级 01年级 一 1 01 1.0 小一 小1 小一年级 小学一年级 小学部一年级 一年级上",
        "一年级上学期 一年级(上)",
        "一年级第一学期 ★一年级 G1 Grade1 小2025级 小学2025级 2025级小学 第一年级 ⼀年级",
    ),
)
def test_spellings_of_grade_one(text):
    assert grade_of(text) == ("primary", 1)


@pytest.mark.parametrize(
    "text",
    words(
        "七年级 7年级 ７年级 七 7 07 初一 初1 初一年级 初中一年级 初中七年级 初中部七年级",
        "七年级下学期 七下 G7 初2025级",
        "初中2025级 2025级初中 初25级 初2028届 七年级(新生)",
    ),
)
def test_spellings_of_grade_seven(text):
    assert grade_of(text) == ("junior", 7)


@pytest.mark.parametrize(
    "text",
    words("高一 高1 高一年级 高中一年级 高中十年级 十年级 10年级 10 十 G10 高2025级 高25级 高中2025级 高2028届"),
)
def test_spellings_of_grade_ten(text):
    assert grade_of(text) == ("senior", 10)


@pytest.mark.parametrize("text", words("学前 学前班 大班 中班 小班 托班 幼儿园大班 幼儿园 学前大班"))
def test_preschool_has_a_stage_and_no_grade(text):
    assert grade_of(text) == ("preschool", None)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "13",
        "0",
        "初四",
        "高四",
        "小七",
        "九九",
        "复式班",
        "2024级",
        "2026级",
        "24级",
        "2023",
        "1月1日",
        "2001-01-01",
        "一二年级",
        "无",
        "小一班",
        "毕业班",
        "45292",
        "初中",
        "高",
        "预备年级",
        "2025届",
    ],
)
def test_a_grade_that_is_not_certain_is_null(text):
    assert grade_of(text) == (None, None)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("2025级", {"stages": "primary"}, ("primary", 1)),
        ("2020级", {"stages": "primary"}, ("primary", 6)),
        ("2019级", {"stages": "primary"}, (None, None)),
        ("2024级", {"stages": "junior"}, ("junior", 8)),
        ("2024", {"stages": "senior"}, ("senior", 11)),
        ("2022级", {}, ("primary", 4)),  # no other stage lasts four years
        ("2023级", {}, (None, None)),
        ("2022级", {"primary_years": 5}, (None, None)),  # the fourth year of a five-four junior school, perhaps
        ("2021级", {"primary_years": 5}, ("primary", 5)),
        ("一年级", {"stages": "junior"}, ("junior", 7)),
        ("3", {"stages": "senior"}, ("senior", 12)),
        ("七年级", {"stages": "junior"}, ("junior", 7)),
        ("六年级", {"primary_years": 5}, ("junior", 6)),
        ("初一", {"primary_years": 5}, ("junior", 6)),
        ("初四", {"primary_years": 5}, ("junior", 9)),
        ("预备年级", {"primary_years": 5}, ("junior", 6)),
        ("初2026届", {}, ("junior", 9)),
        ("2026届", {"stages": "primary"}, ("primary", 6)),
        ("2031届", {}, ("primary", 1)),
    ],
)
def test_what_a_cohort_or_a_bare_number_means_depends_on_the_school(text, options, expected):
    assert grade_of(text, **options) == expected


def test_a_cohort_moves_up_with_the_school_year():
    assert [grade_of("小2021级", year)[1] for year in range(2020, 2028)] == [None, 1, 2, 3, 4, 5, 6, None]


@pytest.mark.parametrize(
    "text",
    [
        *words(
            "一年级1班 一年级(1)班 一年级（1）班 一年级01班 一年级一班 一年级(一)班 一年级第1班",
            "1年级1班 １年级１班 一(1)班 一（1）班 一(1) 一1 一1班",
            "一(一)班 一㈠班 小一1 小一(1)班 小一1班 小学一年级1班 小学一(1)班 1.1 1-1 1·1 1、1 1.01",
            "1.1班 1(1) 1(1)班 101 101班 0101 101.0 一.1 一一班",
            "一年一班 1年1班 一年级1 一年级-1 一年级1班(走读) 实验小学一(1)班 东校区一(1)班 ★一(1)班",
            "小2025级1班 2025级小学1班 2025级一年级1班",
            "G1(1)班",
        ),
        "一年级 1 班",
        " 一(1)班 ",
        "一(1)班\u3000",
        "一年级\n1班",
    ],
)
def test_spellings_of_grade_one_class_one(text):
    assert class_of(text) == ("primary", 1, 1, "1-01")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("七3", "7-03"),
        ("七(3)班", "7-03"),
        ("七年级3班", "7-03"),
        ("初一(3)", "7-03"),
        ("初一3班", "7-03"),
        ("初2025级3班", "7-03"),
        ("703", "7-03"),
        ("7.3", "7-03"),
        ("七年级703班", "7-03"),
        ("中学七(3)班", "7-03"),
        ("七13", "7-13"),
        ("七年级十三班", "7-13"),
        ("初三十一班", "9-11"),
        ("九(十)班", "9-10"),
        ("高一(12)班", "10-12"),
        ("高一二十一班", "10-21"),
        ("高二廿一班", None),
        ("高1(3)班", "10-03"),
        ("高一101班", "10-01"),
        ("高一1班", "10-01"),
        ("高2024级1班", "11-01"),
        ("高2024级01班", "11-01"),
        ("高24级1班", "11-01"),
        ("1203", "12-03"),
        ("十(2)班", "10-02"),
        ("十一(2)班", "11-02"),
        ("1.10", "1-10"),
        ("1.1", "1-01"),
        ("二(〇三)班", "2-03"),
        ("二零三班", None),
        ("三年二班", "3-02"),
        ("3年(2)班", "3-02"),
        ("2021级5班", "5-05"),
        ("二年级二十一班", "2-21"),
    ],
)
def test_other_classes(text, key):
    assert class_of(text)[3] == key


@pytest.mark.parametrize(
    ("text", "grade", "key"),
    [
        ("1班", "一年级", "1-01"),
        ("(1)班", "一年级", "1-01"),
        ("一班", "一年级", "1-01"),
        ("01", "1", "1-01"),
        ("1", "初一", "7-01"),
        ("一(1)班", "初一", "7-01"),
        ("1.1", "高一", "10-01"),
        ("101", "七年级", "7-01"),
        ("701", "七年级", "7-01"),
        ("十一班", "高三", "12-11"),
        ("二十一班", "高三", "12-21"),
        ("二十一班", "二年级", None),  # class 21, or 二(十一)班
        ("七(1)班", "七年级", "7-01"),
        ("2024级1班", "八年级", "8-01"),
        ("2班", "2024级", None),
        ("2班", "小2024级", "2-02"),
        ("1班", "45292", None),
        ("99班", "一年级", None),
        ("A班", "一年级", None),
        ("复式班", "一年级", None),
        (None, "一年级", None),
    ],
)
def test_the_grade_column_settles_a_bare_class(text, grade, key):
    assert class_of(text, grade)[3] == key


@pytest.mark.parametrize(
    ("text", "grade"), [("二(1)班", "一年级"), ("高一1班", "七年级"), ("3-1", "七年级"), ("七(1)班", "初二")]
)
def test_a_class_that_contradicts_its_grade_is_null(text, grade):
    assert class_of(text, grade) == (None, None, None, None)


@pytest.mark.parametrize("text", ["实验班", "A班", None, "1月1日", "2001-01-01", "重点班", "45292"])
def test_without_a_class_number_the_grade_column_still_counts(text):
    assert class_of(text, "三年级") == ("primary", 3, None, None)


@pytest.mark.parametrize("text", ["一年级", "一年级A班", "一年级实验班", "一年级毕业班", "一年级99班"])
def test_a_grade_alone_is_kept(text):
    assert class_of(text) == ("primary", 1, None, None)


@pytest.mark.parametrize(
    "text",
    [
        *words(
            "1班 (1)班 一班 1 01 11 73 二十一班 十一班 1月1日 1月10日 2001-01-01 2001/1/1 2001.1.1",
            "Jan-01 1-Jan 45292 2024级1班 2021-1 202409 2024",
            "复式班 实验班 九九九班 2101 1061 100 张三 高13班 初13班 2021101 20241",
        ),
        "2001-01-01 00:00:00",
        "1:01",
        "",
        "  ",
    ],
)
def test_a_class_that_is_not_certain_is_null(text):
    assert class_of(text) == (None, None, None, None)


@pytest.mark.parametrize(
    ("text", "stage", "key"),
    [
        ("2021级1班", "primary", "5-01"),
        ("2024级01班", "junior", "8-01"),
        ("2024级1班", "senior", "11-01"),
        ("24级(1)班", "junior", "8-01"),
        ("2024(1)班", "junior", "8-01"),
        ("1.1", "junior", "7-01"),
        ("301", "senior", "12-01"),
        ("一(1)班", "senior", "10-01"),
        ("小一班", "primary", None),
    ],
)
def test_the_stage_of_the_school_settles_a_cohort(text, stage, key):
    assert class_of(text, stages=stage)[3] == key


def test_2021_class_1_is_grade_one_in_the_school_year_2021():
    assert class_of("2021级1班", year=2021, stages="primary") == class_of("一年级1班", year=2021)


@pytest.mark.parametrize(
    ("text", "key"), [("2021101", "5-01"), ("2024212", "8-12"), ("2025301", "10-01"), ("2025401", None)]
)
def test_a_seven_digit_class_number_is_read_only_when_asked(text, key):
    assert class_of(text, stage_digits=STAGE_DIGITS)[3] == key
    assert class_of(text)[3] is None


@pytest.mark.parametrize(
    ("text", "class_no"), [("大(1)班", 1), ("学前一班", 1), ("大班", None), ("小班2班", 2), ("学前班(3)", 3)]
)
def test_preschool_classes_have_no_key(text, class_no):
    assert class_of(text) == ("preschool", None, class_no, None)


@pytest.mark.parametrize("text", ["小(1)班", "中(1)班", "小1班"])
def test_a_kindergarten_or_a_school_is_not_decided(text):
    assert class_of(text)[0] is None


def test_rows_keep_their_order_and_nulls_their_place():
    classes = pl.Series(["2班", None, "1班", "2班", "七(1)班"])
    grades = pl.Series(["一年级", "一年级", None, "二年级", None])
    read = parse_classes(classes, grades, YEAR)
    assert read.get_column("key").to_list() == ["1-02", None, None, "2-02", "7-01"]
    assert read.get_column("grade").to_list() == [1, 1, None, 2, 7]
    assert read.schema == pl.Schema({"stage": pl.String, "grade": pl.UInt8, "class_no": pl.UInt8, "key": pl.String})


def test_an_empty_column_gives_an_empty_frame():
    empty = pl.Series([], dtype=pl.String)
    assert parse_classes(empty, empty, YEAR).shape == (0, 4)
    assert parse_grades(empty, YEAR).shape == (0, 2)


@pytest.mark.parametrize(("grade", "title"), [(1, "一年级2班"), (9, "九年级2班"), (10, "高一2班"), (12, "高三2班")])
def test_titles_read_back_as_the_same_class(grade, title):
    assert class_title(grade, 2) == title
    assert class_of(title)[1:3] == (grade, 2)


@pytest.mark.parametrize(
    ("name", "code", "stage"),
    [
        ("实验小学", None, "primary"),
        ("灵城三小", None, "primary"),
        ("向阳初级中学", None, "junior"),
        ("第一高级中学", None, "senior"),
        ("向阳中学", None, None),
        ("向阳九年一贯制小学", None, None),
        ("向阳中小学", None, None),
        ("向阳学校", "2134001234", "primary"),
        ("向阳学校", "3134001234", None),  # nine-year schools have this type as well
        ("向阳幼儿园", None, "preschool"),
        (None, "21 34001234", None),
    ],
)
def test_the_stage_of_a_school_only_where_it_is_sure(name, code, stage):
    codes = None if code is None else pl.Series([code])
    assert school_stages(pl.Series([name], dtype=pl.String), codes).to_list() == [stage]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一", 1),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("二十一", 21),
        ("九十九", 99),
        ("〇三", 3),
        ("07", 7),
        ("12", 12),
        ("十十", None),
        ("一一", None),
        ("百", None),
        ("", None),
        ("123", None),
        ("一〇", None),
        ("二十十", None),
    ],
)
def test_chinese_numbers(text, value):
    assert number(text) == value


@given(
    st.lists(st.text(alphabet="一二十七初高小大中年级班届()（）-.0123456789〇零第部学前校区 ", max_size=8), max_size=20)
)
def test_any_text_is_read_or_null_and_never_an_error(texts):
    read = parse_classes(pl.Series(texts, dtype=pl.String), None, YEAR)
    assert read.height == len(texts)
    grades = read.get_column("grade").drop_nulls()
    assert grades.is_between(1, 12).all()
    assert read.filter(
        pl.col("key").is_not_null() & (pl.col("grade").is_null() | pl.col("class_no").is_null())
    ).is_empty()
