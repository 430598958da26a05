"""Faults of names, codes, telephone numbers, addresses and guardians."""

from __future__ import annotations

import polars as pl

from benchmarks.faults.fault import Chance, Changes, Registry, Row
from benchmarks.faults.identity import RESIDENT, born
from benchmarks.id_numbers import check_character

fault = Registry()

_HANZI = ~pl.col("dotted")
_TWO_CHARACTERS = _HANZI & (pl.col("name").str.len_chars() == 2)
#: Characters that PDF copies turn into radicals of the Kangxi block (U+2F00) and of the supplement (U+2E80).
_RADICALS = str.maketrans("子文高金方白石田立心玉雨舟韦马龙长贝", "⼦⽂⾼⾦⽅⽩⽯⽥⽴⼼⽟⾬⾈⾱⻢⻰⻓⻉")
_RADICAL_SOURCES = "[" + "".join(map(chr, _RADICALS)) + "]"


@fault("name", where=_HANZI)
def name_digits(row: Row, chance: Chance) -> Changes:
    return {"name": row["name"] + chance.choice(["1", "2", "３", "01"])}


@fault("name", where=_HANZI)
def name_brackets(row: Row, chance: Chance) -> Changes:
    return {"name": row["name"] + chance.choice(["（转）", "(大)", "（借读）", "【休】", "[2]"])}


@fault("name", where=_HANZI)
def name_latin(row: Row, chance: Chance) -> Changes:
    return {"name": row["name"][:-1] + chance.choice(["YAN", "lv", "LYU", "xin"])}


@fault("name", where=_TWO_CHARACTERS)
def name_padding_space(row: Row, chance: Chance) -> Changes:
    return {"name": chance.choice([" ", "  ", "\u3000", "\u00a0"]).join(row["name"])}


@fault("name", where=_HANZI)
def name_invisible(row: Row, chance: Chance) -> Changes:
    hidden = chance.choice("\u200b\ufeff\u200e\u00ad\u2060")
    return {
        "name": chance.choice([row["name"] + hidden, hidden + row["name"], row["name"][0] + hidden + row["name"][1:]])
    }


@fault("name", where=pl.col("name").str.contains(_RADICAL_SOURCES))
def name_radical(row: Row, chance: Chance) -> Changes:
    return {"name": row["name"].translate(_RADICALS)}


@fault("name", where=_HANZI)
def name_question_mark(row: Row, chance: Chance) -> Changes:
    return {"name": row["name"][:-1] + chance.choice(["?", "？", "〓", "*", "□", "\ufffd"])}


@fault("name", where=_HANZI)
def name_private_character(row: Row, chance: Chance) -> Changes:
    return {"name": row["name"][:-1] + chr(chance.randrange(0xE000, 0xE800))}


@fault("name", where=pl.col("dotted"))
def name_dot_variant(row: Row, chance: Chance) -> Changes:
    return {"name": row["name"].replace("·", chance.choice("•・‧∙⋅．.。"))}


@fault("name")
def name_missing(row: Row, chance: Chance) -> Changes:
    return {"name": None}


@fault("ethnicity", where=pl.col("ethnicity") == "汉族")
def ethnicity_short(row: Row, chance: Chance) -> Changes:
    return {"ethnicity": "汉"}


@fault("ethnicity")
def ethnicity_unknown(row: Row, chance: Chance) -> Changes:
    return {"ethnicity": chance.choice(["华族", "黔族", "99", "汉族人民", "安徽"])}


@fault("political_status")
def political_young_pioneer(row: Row, chance: Chance) -> Changes:
    return {"political_status": "少先队员"}


_NO_SUCH_CODE = {
    "sex": ["南", "未填", "不男"],
    "nationality": ["大唐", "华夏国"],
    "overseas_status": ["不知道", "火星人"],
    "health": ["很好", "优秀"],
    "hukou_type": ["城里", "镇上"],
    "entry_way": ["自愿报名", "托人"],
    "boarding": ["看情况", "骑车"],
    "student_source": ["隔壁村", "亲戚介绍"],
    "status": ["没来过", "跟班走"],
    "inclusive": ["随便读", "跟读"],
    "disability": ["近视", "挑食"],
    "member1_relation": ["邻居家", "班主任"],
    "id_type": ["饭卡", "公交卡"],
    "transport": ["飞机", "骑马"],
    "left_behind": ["偶尔留守", "留过"],
    "only_child": ["不好说", "大概"],
    "school_bus": ["看天气", "偶尔"],
}


@fault()
def code_unknown(row: Row, chance: Chance) -> Changes | None:
    field = chance.choice([field for field in _NO_SUCH_CODE if field in chance.visible])
    return {field: chance.choice(_NO_SUCH_CODE[field])}


@fault("phone")
def phone_short(row: Row, chance: Chance) -> Changes:
    return {"phone": row["phone"][:10]}


@fault("phone")
def phone_long(row: Row, chance: Chance) -> Changes:
    return {"phone": row["phone"] + chance.choice("0123456789")}


@fault("phone")
def phone_two(row: Row, chance: Chance) -> Changes:
    second = f"138{chance.randrange(10**7, 10**8)}"
    return {"phone": row["phone"] + chance.choice(["/", "、", " ", "，"]) + second}


@fault("phone")
def phone_letters(row: Row, chance: Chance) -> Changes:
    return {"phone": row["phone"][:7] + chance.choice(["O", "l", "转", "?"]) + row["phone"][8:]}


@fault("phone")
def phone_scientific(row: Row, chance: Chance) -> Changes:
    return {"phone": f"{int(row['phone']):.5E}"}


@fault("member1_phone")
def guardian_phone_short(row: Row, chance: Chance) -> Changes:
    return {"member1_phone": row["member1_phone"][:9]}


@fault("hukou_place")
def region_11_digits(row: Row, chance: Chance) -> Changes:
    return {"hukou_place": row["hukou_place"][:11]}


@fault("hukou_place")
def region_as_text(row: Row, chance: Chance) -> Changes:
    return {"hukou_place": row["native_place"]}


@fault("postcode")
def postcode_5_digits(row: Row, chance: Chance) -> Changes:
    return {"postcode": row["postcode"][:5]}


@fault("distance_km")
def distance_not_a_number(row: Row, chance: Chance) -> Changes:
    return {"distance_km": chance.choice(["很近", "三里地", "2-3"])}


_MUST_BE_FILLED = (
    "sex birth_date ethnicity nationality id_type overseas_status political_status health hukou_type hukou_place "
    "entry_month entry_way boarding address phone birth_place native_place mail_address home_address postcode "
    "only_child preschool left_behind orphan distance_km transport school_bus class_name"
)


@fault()
def required_empty(row: Row, chance: Chance) -> Changes:
    return {chance.choice([field for field in _MUST_BE_FILLED.split() if field in chance.visible]): None}


@fault()
def required_only_spaces(row: Row, chance: Chance) -> Changes:
    field = chance.choice([field for field in _MUST_BE_FILLED.split() if field in chance.visible])
    return {field: chance.choice([" ", "\u3000", "  "])}


@fault("address")
def required_placeholder(row: Row, chance: Chance) -> Changes:
    return {"address": chance.choice(["无", "不详", "/", "-", "待补", "NULL"])}


@fault(needs="member1_name")
def guardian_missing(row: Row, chance: Chance) -> Changes:
    return {"member1_name": None, "member2_name": None}


@fault("member1_name", needs="member2_name")
def guardian_without_name(row: Row, chance: Chance) -> Changes:
    """The relation, telephone and number of one guardian are there, and the other guardian; only the name is not."""
    return {"member1_name": None}


@fault("member1_id_number")
def guardian_id_wrong_check_digit(row: Row, chance: Chance) -> Changes:
    number = row["member1_id_number"]
    return {"member1_id_number": number[:17] + chance.other("0123456789X", number[17])}


@fault("member1_id_number")
def guardian_id_scientific(row: Row, chance: Chance) -> Changes:
    return {"member1_id_number": f"{int(row['member1_id_number'][:17]) * 10:.5E}"}


@fault("member1_relation", "member1_id_number", where=pl.col("member1_relation").is_in(["父亲", "母亲"]))
def guardian_sex_mismatch(row: Row, chance: Chance) -> Changes:
    return {"member1_relation": chance.other(["父亲", "母亲"], row["member1_relation"])}


@fault("member1_id_number", where=pl.col("member1_relation").is_in(["父亲", "母亲"]))
def guardian_too_young(row: Row, chance: Chance) -> Changes:
    number = row["member1_id_number"]
    first17 = f"{number[:6]}{born(row).year - chance.randrange(3, 13)}0611{number[14:17]}"
    return {"member1_id_number": first17 + check_character(first17)}


@fault("member1_id_number", "id_number", where=RESIDENT)
def guardian_same_as_child(row: Row, chance: Chance) -> Changes:
    return {"member1_id_number": row["id_number"]}


@fault("member2_id_number", "member1_id_number", where=pl.col("member2_id_number").is_not_null())
def guardians_same_number(row: Row, chance: Chance) -> Changes:
    return {"member2_id_number": row["member1_id_number"]}
