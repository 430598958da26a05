"""Faults of identity numbers, roll numbers and birth dates."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from benchmarks.faults.fault import Chance, Changes, Registry, Row
from benchmarks.id_numbers import check_character
from benchmarks.schools import SCHOOL_YEAR

fault = Registry()

RESIDENT = pl.col("id_type") == "居民身份证"
G_ROLL = pl.col("roll_number").str.starts_with("G") & RESIDENT
J_OR_L_ROLL = pl.col("roll_number").str.contains("^[JL]")
_NO_PROVINCE = "16 18 24 29 38 39 47 48 55 57 60 66 72 77 84 89"
NO_SIBLINGS = pl.len().over("family") == 1


def renumbered(row: Row, first17: str, chance: Chance) -> Changes | None:
    """Return the cells of a child whose number is this one: the number, and the G roll made from it."""
    number = first17 + check_character(first17)
    if number in chance.taken:
        return None
    chance.taken.add(number)
    changes: Changes = {"id_number": number}
    if row["roll_number"].startswith("G"):
        changes["roll_number"] = f"G{number}"
    return changes


def born(row: Row) -> date:
    """Return the child's birth date."""
    return date.fromisoformat(row["birth_date"])


@fault("id_number", where=RESIDENT)
def id_wrong_check_digit(row: Row, chance: Chance) -> Changes:
    number = row["id_number"]
    return {"id_number": number[:17] + chance.other("0123456789X", number[17])}


@fault("id_number", where=RESIDENT)
def id_wrong_digit(row: Row, chance: Chance) -> Changes:
    number, place = row["id_number"], chance.randrange(17)
    return {"id_number": number[:place] + chance.other("0123456789", number[place]) + number[place + 1 :]}


@fault("id_number", where=RESIDENT)
def id_swap(row: Row, chance: Chance) -> Changes:
    number = row["id_number"]
    place = chance.choice([k for k in range(16) if number[k] != number[k + 1]])
    return {"id_number": number[:place] + number[place + 1] + number[place] + number[place + 2 :]}


@fault("id_number", where=RESIDENT)
def id_scientific(row: Row, chance: Chance) -> Changes:
    return {"id_number": f"{int(row['id_number'][:17]) * 10:.{chance.choice([2, 5])}E}"}


@fault("id_number", where=RESIDENT)
def id_excel_000(row: Row, chance: Chance) -> Changes | None:
    first15 = row["id_number"][:15]
    # One in eleven such numbers has a check digit that fits: as text nobody can tell it from a right one.
    return None if check_character(f"{first15}00") == "0" else {"id_number": f"{first15}000"}


@fault("id_number", where=RESIDENT)
def id_too_short(row: Row, chance: Chance) -> Changes:
    number, place = row["id_number"], chance.randrange(18)
    return {"id_number": number[:place] + number[place + 1 :]}


@fault("id_number", where=RESIDENT)
def id_too_long(row: Row, chance: Chance) -> Changes:
    number, place = row["id_number"], chance.randrange(17)
    return {"id_number": number[:place] + number[place] + number[place:]}


@fault("id_number", where=RESIDENT)
def id_15_digits(row: Row, chance: Chance) -> Changes:
    return {"id_number": row["id_number"][:6] + row["id_number"][8:17]}


@fault("id_number", where=RESIDENT & pl.col("id_number").str.slice(6).str.contains("0", literal=True))
def id_letter_o(row: Row, chance: Chance) -> Changes:
    return {"id_number": row["id_number"][:6] + row["id_number"][6:].replace("0", "O", 1)}


@fault("id_number", where=RESIDENT)
def id_letter_l(row: Row, chance: Chance) -> Changes | None:
    number = row["id_number"]
    return {"id_number": number.replace("1", "l", 1)} if "1" in number else None


@fault("id_number", where=RESIDENT)
def id_fullwidth(row: Row, chance: Chance) -> Changes:
    return {"id_number": "".join(chr(ord(character) + 0xFEE0) for character in row["id_number"])}


@fault("id_number", where=RESIDENT)
def id_apostrophe(row: Row, chance: Chance) -> Changes:
    return {"id_number": f"'{row['id_number']}"}


@fault("id_number", where=RESIDENT)
def id_inner_space(row: Row, chance: Chance) -> Changes:
    number = row["id_number"]
    return {"id_number": f"{number[:6]} {number[6:14]} {number[14:]}"}


@fault("id_number", where=RESIDENT)
def id_unknown_tail(row: Row, chance: Chance) -> Changes:
    return {"id_number": row["id_number"][:14] + chance.choice(["....", "????", "****", "XXXX"])}


@fault("id_number", where=RESIDENT)
def id_is_birth_date(row: Row, chance: Chance) -> Changes:
    return {"id_number": row["birth_date"]}


@fault("id_number", where=RESIDENT)
def id_temporary_number(row: Row, chance: Chance) -> Changes:
    return {"id_number": f"999{row['school_code']}{chance.randrange(1, 90_000):05d}"}


@fault("id_number", where=G_ROLL)
def id_impossible_date(row: Row, chance: Chance) -> Changes | None:
    number = row["id_number"]
    day = chance.choice(["0230", "0431", "1301", "0000", "1232"])
    return renumbered(row, number[:10] + day + number[14:17], chance)


@fault("id_number", where=G_ROLL)
def id_future_date(row: Row, chance: Chance) -> Changes | None:
    number = row["id_number"]
    return renumbered(row, f"{number[:6]}{chance.randrange(2027, 2080)}{number[10:17]}", chance)


@fault("id_number", where=G_ROLL)
def id_unknown_province(row: Row, chance: Chance) -> Changes | None:
    province = chance.choice(_NO_PROVINCE.split())
    return renumbered(row, province + row["id_number"][2:17], chance)


@fault("id_number", where=G_ROLL)
def id_unknown_county(row: Row, chance: Chance) -> Changes | None:
    return renumbered(row, row["id_number"][:4] + chance.choice(["97", "98", "99"]) + row["id_number"][6:17], chance)


@fault("id_number", where=G_ROLL)
def id_of_adult(row: Row, chance: Chance) -> Changes | None:
    number = row["id_number"]
    return renumbered(row, f"{number[:6]}{chance.randrange(1975, 1999)}{number[10:17]}", chance)


@fault("id_number", needs="member1_id_number", where=RESIDENT & NO_SIBLINGS)
def id_of_guardian(row: Row, chance: Chance) -> Changes:
    return {"id_number": row["member1_id_number"]}


@fault("id_number", where=RESIDENT)
def id_missing(row: Row, chance: Chance) -> Changes:
    return {"id_number": None}


@fault("id_number", "id_type", where=RESIDENT)
def id_type_with_other_number(row: Row, chance: Chance) -> Changes:
    return {"id_number": chance.choice(["E", "G"]) + f"{chance.randrange(10**7, 10**8)}"}


@fault("id_number", "member1_id_number", needs="id_type", where=RESIDENT)
def no_id_without_guardian_id(row: Row, chance: Chance) -> Changes | None:
    changes: Changes = {"id_type": "其他", "id_number": None, "member1_id_number": None, "member2_id_number": None}
    return changes | {"roll_number": made_roll(row, "J", born(row), chance)}


@fault("birth_date", "id_number", where=RESIDENT)
def id_birth_mismatch(row: Row, chance: Chance) -> Changes:
    wrong = born(row) + timedelta(days=chance.choice([-30, -10, -1, 1, 7, 10, 31]))
    return {"birth_date": f"{wrong:%Y%m%d}"}


@fault("sex", "id_number", where=RESIDENT)
def id_sex_mismatch(row: Row, chance: Chance) -> Changes:
    return {"sex": chance.other("男女", row["sex"])}


@fault("birth_date")
def birth_future(row: Row, chance: Chance) -> Changes:
    return {"birth_date": f"{chance.randrange(SCHOOL_YEAR + 1, SCHOOL_YEAR + 60)}{row['birth_date'][4:6]}15"}


@fault("birth_date")
def birth_unparsable(row: Row, chance: Chance) -> Changes:
    year = row["birth_date"][:4]
    return {
        "birth_date": chance.choice(
            [f"{year}1332", f"{year}-02-30", f"{year}年", "二〇一五年", f"{year}.4.31", "农历八月"]
        )
    }


@fault("birth_date")
def birth_without_day(row: Row, chance: Chance) -> Changes:
    return {"birth_date": chance.choice([row["birth_date"][:6], f"{row['birth_date'][:4]}.{row['birth_date'][4:6]}"])}


def made_roll(row: Row, letter: str, birth: date, chance: Chance) -> str:
    """Return a well-formed J or L number of the school's county that no child has."""
    while True:
        first17 = f"{row['county_code']}{birth:%Y%m%d}{chance.randrange(900, 1000)}"
        number = letter + first17 + check_character(first17)
        # Not even behind another letter: a made number that is some child's own would be right for that child.
        if number not in chance.taken and number[1:] not in chance.taken:
            chance.taken.add(number)
            return number


@fault("roll_number", where=G_ROLL)
def roll_wrong_letter(row: Row, chance: Chance) -> Changes:
    return {"roll_number": chance.choice(["D", "LG", "X", "GG"]) + row["roll_number"][1:]}


@fault("roll_number")
def roll_wrong_length(row: Row, chance: Chance) -> Changes:
    return {"roll_number": row["roll_number"][: chance.choice([11, 17, 18])]}


@fault("roll_number")
def roll_without_letter(row: Row, chance: Chance) -> Changes:
    return {"roll_number": row["roll_number"][1:]}


@fault("roll_number", where=G_ROLL)
def roll_wrong_check_digit(row: Row, chance: Chance) -> Changes:
    roll = row["roll_number"]
    return {"roll_number": roll[:18] + chance.other("0123456789X", roll[18])}


@fault("roll_number", needs="id_number", where=G_ROLL)
def roll_id_mismatch(row: Row, chance: Chance) -> Changes:
    return {"roll_number": "G" + made_roll(row, "J", born(row), chance)[1:]}


@fault("roll_number", needs="birth_date", where=J_OR_L_ROLL)
def roll_birth_mismatch(row: Row, chance: Chance) -> Changes:
    birth = born(row) + timedelta(days=chance.choice([-400, -31, -1, 1, 9, 90]))
    return {"roll_number": made_roll(row, row["roll_number"][0], birth, chance)}


@fault("roll_number", needs="id_number", where=G_ROLL)
def roll_j_with_valid_id(row: Row, chance: Chance) -> Changes:
    return {"roll_number": made_roll(row, "J", born(row), chance)}
