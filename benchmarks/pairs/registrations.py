"""Records of children: each is registered once, some again, and every record has been written by somebody.

Why a child is there again decides what its second record looks like:

- `transfer`: taken in by the new school and never let go by the old one;
- `retyped`: copied by hand from a form;
- `no_number`: enrolled without papers, so under a J number or the guardian's number;
- `second_hukou`: registered with a second 户口, whose number is as valid as the first, sometimes with another birthday;
- `renamed`: known by the name of home, or by a new name, under the same number;
- `excel`: saved by a program that took numbers for numbers;
- `imported_twice`: the same row, in the same school.

On top of that, years pass (telephones, houses and guardians change), schools have habits (which columns they fill and
how), and everybody mistypes a little, also where a child is registered once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from benchmarks import families, id_numbers, names
from benchmarks.dice import Dice
from benchmarks.pairs import slips
from benchmarks.pairs.children import TRAPS, make_children
from benchmarks.regions import settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.pairs.slips import Slip

AGAIN, THIRD = 0.118, 0.08
_STORIES = {
    "transfer": 34, "retyped": 22, "no_number": 14, "second_hukou": 8, "renamed": 8, "excel": 7, "imported_twice": 7,
}  # fmt: skip
#: Slip → how often in ten thousand: in a first record, in any other, in one copied by hand.
_ID_SLIPS: Mapping[str, tuple[int, int, int]] = {
    "id_wrong_digit": (40, 120, 2000), "id_swapped": (10, 30, 800), "id_dropped": (10, 30, 400), "id_doubled": (5, 15, 200),
    "id_truncated": (10, 30, 300), "id_excel": (25, 80, 100), "id_exponent": (5, 20, 30), "id_dressed": (100, 300, 600),
    "id_missing": (80, 150, 150),
}  # fmt: skip
_NAME_SLIPS: Mapping[str, tuple[int, int, int]] = {
    "name_same_sound": (40, 150, 1500), "name_same_look": (15, 60, 800), "name_other_form": (30, 120, 300),
    "name_dressed": (150, 400, 500), "name_radicals": (15, 40, 0), "name_lost_character": (5, 20, 120),
}  # fmt: skip
_SLIPS: Mapping[str, Slip] = {
    "id_wrong_digit": slips.wrong_digit, "id_swapped": slips.swapped_digits, "id_dropped": slips.dropped_digit,
    "id_doubled": slips.doubled_digit, "id_truncated": slips.truncated, "id_excel": slips.excel_tail,
    "id_exponent": slips.excel_exponent, "id_dressed": slips.dressed_number,
    "name_same_sound": slips.same_sound, "name_same_look": slips.same_look, "name_other_form": slips.other_form,
    "name_dressed": slips.dressed_name, "name_radicals": slips.radicals, "name_lost_character": slips.lost_character,
}  # fmt: skip
#: Every kind of corruption that a record can carry; a column of labels for each.
KINDS = (
    *_ID_SLIPS, "id_guardian", "id_second_hukou", *_NAME_SLIPS, "name_nickname", "name_new", "name_new_surname",
    "birth_wrong", "sex_wrong", "phone_changed", "phone_wrong", "phone_placeholder", "phone_of_class", "guardian_other_first",
    "guardian_grandparent", "moved", "other_school",
)  # fmt: skip
#: Children whose number is another child's because a cell was filled down.
COPIED = "copied_id"
ALL_TRAPS = (*TRAPS, COPIED)
_PLACEHOLDERS = {"13800000000": 5, "13888888888": 2, "00000000000": 2, "11111111111": 1, "无": 2, "13000000000": 1}
_TEXT = pl.String()
_NOTHING = pl.lit(None, dtype=pl.String)


@dataclass(frozen=True, slots=True)
class Records:
    """Records in the order of the file, each with its truth.

    Attributes:
        frame: columns of a record by field; `child`, `entry` (0 first, 1 again, 2 a third time), `story`, a boolean
            column for each of KINDS and a group number for each of ALL_TRAPS.
    """

    frame: pl.DataFrame


def make_records(count: int, seed: int) -> Records:
    """Return about `count` records (within 1 %) of a county."""
    children = make_children(round(count / (1 + AGAIN * (1 + THIRD))), seed)
    dice = Dice(seed ^ 0xC0FFEE)
    frame = _entries(children, dice)
    for step in (_elsewhere, _second_hukou, _names, _years, _numbers, _details, _copied, _rolls, _habits):
        frame = step(frame, dice)
    frame = frame.with_columns(order=dice.draw("order")).sort("school", "class_key", "order").drop("order", "i")
    return Records(frame)


def _entries(children: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Every child once, some again, a few of those a third time."""
    again = children.filter(dice.chance(AGAIN, "again", "child"))
    third = again.filter(dice.chance(THIRD, "third", "child"))
    frames = [part.with_columns(entry=pl.lit(n, pl.Int8)) for n, part in enumerate((children, again, third))]
    frame = pl.concat(frames).with_columns(i=pl.int_range(pl.len(), dtype=pl.Int64))
    story = pl.when(pl.col("entry") == 0).then(pl.lit("first")).otherwise(dice.pick(_STORIES, "story"))
    true = {"true_name": "name", "true_birth": "birth", "true_sex": "sex"}
    return frame.with_columns(
        pl.lit(value=False).alias(kind) for kind in KINDS
    ).with_columns(story=story, **{name: pl.col(field) for name, field in true.items()})  # fmt: skip


def _is(story: str) -> pl.Expr:
    return pl.col("story") == story


def _later(dice: Dice, share: float, what: str) -> pl.Expr:
    """Return which later records something has happened to; a row imported twice is too young for it."""
    return (pl.col("entry") > 0) & ~_is("imported_twice") & dice.chance(share, what)


def _elsewhere(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Put later records into a class of the same grade (one in twenty: the grade below) elsewhere in the county."""
    place = ("school", "school_code", "school_name", "town", "class_key", "grade", "class_name")
    classes = frame.unique("class_key", maintain_order=True).select(*place, "county_code", "grade_no")
    classes = classes.sort("county_code", "grade_no", "class_key").with_row_index("at")
    spans = classes.group_by("county_code", "grade_no").agg(first=pl.col("at").min(), count=pl.len())
    goes = _later(dice, 0.96, "elsewhere")
    back = goes & dice.chance(0.05, "repeats grade") & ~pl.col("grade_no").is_in([1, 7, 10])
    frame = frame.with_columns(
        goes=goes, grade_no=pl.when(back).then(pl.col("grade_no") - 1).otherwise("grade_no")
    ).join(spans, on=["county_code", "grade_no"], how="left", maintain_order="left")
    found = pl.col("first") + dice.below(pl.col("count"), "which class")
    goes = pl.col("goes") & pl.col("first").is_not_null()
    frame = frame.with_columns(at=pl.when(goes).then(found))
    drawn = classes.select(place)[frame["at"].fill_null(0)]
    moved = [pl.when(pl.col("goes")).then(drawn[name]).otherwise(name).alias(name) for name in place]
    return frame.with_columns(*moved, other_school=goes & (pl.col("school") != drawn["school"])).drop(
        "goes", "first", "count", "at"
    )


def _second_hukou(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Give a second valid number: another place, another sequence, and in two of five another birth date."""
    codes = [county.code for county in settled()]
    other = _is("second_hukou") & dice.chance(0.4, "second birthday")
    birth = pl.when(other).then(slips.wrong_date(pl.col("birth"), dice, "second")).otherwise("birth")
    frame = frame.with_columns(birth=birth)
    sequence = id_numbers.sequence(dice.below(400, "second sequence"), pl.lit(0), pl.col("male"))
    frame = frame.with_columns(second=id_numbers.body(dice.pick(codes, "second place"), pl.col("birth"), sequence))
    number = pl.when(_is("second_hukou")).then(id_numbers.with_check("second")).otherwise("id_number")
    return frame.with_columns(id_number=number, id_second_hukou=_is("second_hukou")).drop("second")


def _names(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """New names, names of home, and slips in names."""
    name, surname = pl.col("name"), pl.col("surname")
    length = pl.when("dotted").then(0).otherwise(surname.str.len_chars())
    way = dice.below(100, "how renamed")
    renamed = _is("renamed") & ~pl.col("dotted")
    home, new, mothers = renamed & (way < 40), renamed & (way >= 40) & (way < 75), renamed & (way >= 75)
    frame = frame.with_columns(
        name=pl.when(home).then(slips.nickname(name, dice, "home"))
        .when(new).then(surname + names.child_given_name(dice, pl.col("male")))
        .when(mothers).then(names.surname(dice, "mother's", "i") + name.str.slice(length))
        .otherwise(name),
        name_nickname=home, name_new=new, name_new_surname=mothers,
    )  # fmt: skip
    return _slip(frame, dice, "name", _drawn(dice, _NAME_SLIPS, "name slip"), tuple(_NAME_SLIPS))


def _drawn(dice: Dice, table: Mapping[str, tuple[int, int, int]], what: str) -> pl.Expr:
    """Return the slip of each record, `none` for most."""

    def pick(column: int) -> pl.Expr:
        bound, choice = 0, pl.lit("none")
        draw = dice.below(10_000, what)
        for slip, shares in table.items():
            choice = pl.when((draw >= bound) & (draw < bound + shares[column])).then(pl.lit(slip)).otherwise(choice)
            bound += shares[column]
        return choice

    return pl.when(_is("retyped")).then(pick(2)).when(pl.col("entry") > 0).then(pick(1)).otherwise(pick(0))


def _slip(frame: pl.DataFrame, dice: Dice, column: str, drawn: pl.Expr, kinds: tuple[str, ...]) -> pl.DataFrame:
    """Apply the drawn slip to a column; the label is set only where the text has changed."""
    frame = frame.with_columns(slip=drawn, before=pl.col(column))
    value = pl.col(column)
    for kind in kinds:
        if kind in _SLIPS:
            value = pl.when(pl.col("slip") == kind).then(_SLIPS[kind](pl.col("before"), dice, column)).otherwise(value)
    frame = frame.with_columns(value.alias(column))
    changed = pl.col("before").ne_missing(pl.col(column))
    return frame.with_columns(
        ((pl.col("slip") == kind) & changed).alias(kind) for kind in kinds if kind in _SLIPS
    ).drop("before", "slip")


def _years(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """What changes between two registrations: telephones, houses, who signs as guardian."""
    calls, moves = _later(dice, 0.22, "new phone"), _later(dice, 0.3, "moves")
    swaps = _later(dice, 0.18, "mother first") & pl.col("member2_name").is_not_null()
    elder = _later(dice, 0.08, "grandparent signs") & ~swaps
    frame = frame.with_columns(
        phone_changed=calls, moved=moves, guardian_other_first=swaps, guardian_grandparent=elder, fresh=pl.col("phone")
    )
    tail = dice.below(10**8, "new number").cast(pl.String).str.zfill(8)
    number = dice.pick(["135", "138", "151", "155", "158", "177", "182", "187", "198"], "new prefix") + tail
    house = (dice.below(280, "new house") + 1).cast(pl.String)
    village = dice.pick(["新村", "东街", "西街", "和平路", "幸福小区", "前进路", "河东村", "学府花园"], "new street")
    fields = ("name", "relation", "phone", "id_number")
    firsts = [pl.when(swaps).then(f"member2_{f}").otherwise(f"member1_{f}").alias(f"member1_{f}") for f in fields]
    seconds = [pl.when(swaps).then(f"member1_{f}").otherwise(f"member2_{f}").alias(f"member2_{f}") for f in fields]
    frame = frame.with_columns(
        *firsts, *seconds,
        phone=pl.when(calls).then(number).otherwise("phone"),
        address=pl.when(moves).then(pl.col("town") + pl.lit("镇") + village + house + pl.lit("号")).otherwise("address"),
    )  # fmt: skip
    followed = calls & dice.chance(0.8, "guardian's phone too")
    frame = frame.with_columns(member1_phone=pl.when(followed).then("phone").otherwise("member1_phone"))
    # A grandmother signs; the guardian of before stands second in half of the forms.
    frame = frame.with_columns(
        elder=id_numbers.body(
            pl.lit(settled()[300].code),
            pl.col("true_birth") - pl.duration(days=dice.below(4000, "elder's age", "family") + 18_500),
            pl.lit(446),
        ),
    )
    person = {
        "name": names.surname(dice, "elder", "family")
        + names.adult_given_name(dice, "elder", pl.lit(value=False), "family"),
        "relation": pl.lit("祖父母或外祖父母"),
        "phone": pl.when(dice.chance(0.6, "elder's own phone")).then(families.phone(dice, "elder")).otherwise("phone"),
        "id_number": id_numbers.with_check("elder"),
    }
    stays = dice.chance(0.5, "guardian stays second")
    return frame.with_columns(
        *(pl.when(elder).then(value).otherwise(f"member1_{f}").alias(f"member1_{f}") for f, value in person.items()),
        *(pl.when(elder & stays).then(f"member1_{f}").otherwise(f"member2_{f}").alias(f"member2_{f}") for f in person),
    ).drop("elder", "fresh")


def _numbers(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """No number, the guardian's, and slips in numbers."""
    without = _is("no_number")
    borrowed = without & dice.chance(0.25, "guardian's number") & pl.col("member1_id_number").is_not_null()
    slip = (
        pl.when(_is("excel")).then(dice.pick({"id_excel": 14, "id_exponent": 3, "id_truncated": 3}, "by program"))
        .when(without).then(pl.lit("none")).otherwise(_drawn(dice, _ID_SLIPS, "id slip"))
    )  # fmt: skip
    ordinary = pl.col("id_number").str.len_chars() == 18
    frame = frame.with_columns(
        own_number=pl.col("id_number"),
        id_guardian=borrowed,
        id_missing=(without & ~borrowed) | ((slip == "id_missing") & pl.col("id_number").is_not_null()),
        drawn=pl.when(ordinary).then(slip).otherwise(pl.lit("none")),
        id_number=pl.when(borrowed).then("member1_id_number").otherwise("id_number"),
    )
    frame = _slip(frame, dice, "id_number", pl.col("drawn"), tuple(k for k in _ID_SLIPS if k != "id_missing"))
    return frame.with_columns(id_number=pl.when("id_missing").then(_NOTHING).otherwise("id_number")).drop("drawn")


def _details(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Birth date, sex, telephones and guardians' names, mistyped now and then."""

    def share(what: str, first: float, later: float, retyped: float) -> pl.Expr:
        shares = ((_is("retyped"), retyped), (pl.col("entry") > 0, later), (pl.lit(value=True), first))
        return pl.coalesce(pl.when(of).then(dice.chance(often, what)) for of, often in shares)

    dated = share("wrong date", 0.003, 0.012, 0.06) & ~_is("second_hukou")
    misses = share("wrong phone", 0.004, 0.015, 0.04)
    heard = share("guardian by ear", 0.005, 0.02, 0.08)
    looks = share("guardian by eye", 0.002, 0.01, 0.03)
    turned = share("wrong sex", 0.002, 0.008, 0.02)
    teacher = pl.lit("138") + dice.below(10**8, "teacher", "class_key").cast(pl.String).str.zfill(8)
    of_class = dice.chance(0.01, "class phone", "class_key")
    office = pl.lit("0557-") + (dice.below(8_000_000, "office", "school") + 2_000_000).cast(pl.String)
    of_school = dice.chance(0.007, "school phone", "school")
    nobody = dice.chance(0.015, "placeholder")
    guardian = pl.col("member1_name")
    frame = frame.with_columns(
        birth=pl.when(dated).then(slips.wrong_date(pl.col("birth"), dice, "birth")).otherwise("birth"),
        sex=pl.when(turned).then(pl.col("sex").replace({"男": "女", "女": "男"})).otherwise("sex"),
        before=pl.col("phone"),
        phone=pl.when(misses).then(slips.wrong_phone(pl.col("phone"), dice, "phone")).otherwise("phone"),
        member1_name=pl.when(heard).then(slips.same_sound(guardian, dice, "guardian"))
        .when(looks).then(slips.same_look(guardian, dice, "guardian")).otherwise(guardian),
    )  # fmt: skip
    frame = frame.with_columns(
        birth_wrong=pl.col("birth") != pl.col("true_birth"), sex_wrong=turned, phone_wrong=pl.col("before") != pl.col("phone"),
        phone_placeholder=nobody & ~of_class, phone_of_class=of_class | of_school,
    )  # fmt: skip
    common = (
        pl.when(of_school).then(office).when(of_class).then(teacher).when(nobody).then(dice.pick(_PLACEHOLDERS, "no phone"))
    )  # fmt: skip
    return frame.with_columns(
        phone=pl.coalesce(common, "phone"),
        member1_phone=pl.when(pl.col("before") == pl.col("member1_phone"))
        .then(pl.coalesce(common, "phone"))
        .otherwise("member1_phone"),
    ).drop("before")


def _copied(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Fill a number down over the child below: two children of a class, one number."""
    above = pl.col("i") - 1
    valid = pl.col("id_number").str.len_chars() == 18
    drawn = (
        dice.chance(0.0005, "filled down") & (pl.col("entry") == 0) & (pl.col("class_key") == pl.col("class_key").shift(1))
        & (pl.col("family") != pl.col("family").shift(1)) & valid & valid.shift(1)
    ).fill_null(value=False)  # fmt: skip
    frame = frame.with_columns(down=drawn).with_columns(
        down=pl.col("down") & ~pl.col("down").shift(1, fill_value=False)
    )
    return frame.with_columns(
        pl.when("down").then(above).when(pl.col("down").shift(-1, fill_value=False)).then("i").alias(COPIED),
        id_number=pl.when("down").then(pl.col("id_number").shift(1)).otherwise("id_number"),
    ).drop("down")


def _rolls(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """The roll number: G with what was entered, J where there was no number, empty on many lists of schools."""
    frame = frame.with_columns(
        made=id_numbers.body(
            pl.col("county_code"), pl.col("birth"), id_numbers.sequence(dice.below(499, "J"), pl.lit(0), pl.col("male"))
        )
    )
    number_made = pl.lit("J") + id_numbers.with_check("made")
    as_entered = pl.lit("G") + pl.col("id_number")
    entered = pl.when(pl.col("id_number").str.len_chars() == 18).then(as_entered)
    way = dice.below(100, "roll")
    later = pl.col("entry") > 0
    absent = pl.col("id_missing") | pl.col("id_guardian")
    slipped = pl.col("id_number").ne_missing(pl.col("own_number"))
    roll = (
        pl.when(later & absent).then(pl.when(way < 70).then(number_made))
        .when(absent).then(pl.when(way < 50).then(number_made).when(way < 75).then("roll_number"))
        .when(_is("excel")).then(pl.when(way < 30).then("roll_number"))
        .when(_is("second_hukou")).then(pl.when(way < 50).then(entered))
        .when(_is("retyped")).then(pl.when(way < 30).then(entered).when(way < 45).then("roll_number"))
        .when(_is("imported_twice")).then("roll_number")
        .when(later).then(pl.when(way < 55).then("roll_number"))
        .when(slipped).then(pl.when(way < 40).then(entered).when(way < 80).then("roll_number"))
        .otherwise("roll_number")
    )  # fmt: skip
    return frame.with_columns(roll_number=roll).drop("made", "own_number")


def _habits(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Each school fills some columns, leaves others, and writes dates and addresses its own way."""

    def school(share: float, what: str) -> pl.Expr:
        return dice.chance(share, what, "school")

    counties = {county.code: county.province + county.name for county in settled()}
    where = pl.col("county_code").replace_strict(counties, return_dtype=pl.String)
    way = dice.below(10, "how addresses are written", "school")
    address = pl.col("address")
    date = pl.col("birth").dt
    written = dice.below(6, "how dates are written", "school")
    return frame.with_columns(
        address=pl.when(way < 2).then(where + address)
        .when(way < 3).then(address.str.strip_suffix("号"))
        .when(way < 4).then(address.str.replace("镇", "", literal=True))
        .when(way < 5).then(address.str.replace(r"\d+号?$", ""))
        .otherwise(address),
        birth_date=pl.when(dice.chance(0.01, "no date")).then(_NOTHING)
        .when(written < 3).then(date.strftime("%Y%m%d")).when(written < 4).then(date.strftime("%Y-%m-%d"))
        .when(written < 5).then(date.strftime("%Y年%-m月%-d日")).otherwise(date.strftime("%Y/%-m/%-d")),
        roll_number=pl.when(school(0.1, "no rolls")).then(_NOTHING).otherwise("roll_number"),
        member1_id_number=pl.when(school(0.25, "no guardian numbers")).then(_NOTHING).otherwise("member1_id_number"),
        member2_id_number=pl.when(school(0.5, "no second numbers")).then(_NOTHING).otherwise("member2_id_number"),
        member2_name=pl.when(school(0.12, "no second guardian")).then(_NOTHING).otherwise("member2_name"),
        member2_phone=pl.when(school(0.4, "no second phone")).then(_NOTHING).otherwise("member2_phone"),
    )  # fmt: skip
