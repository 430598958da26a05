"""A made-up county for 控辍保学: households, rolls, those present, focus groups and proofs, and what is true of every child.

What is true is drawn first, for each child one thing; the lists are written from it afterwards, each by those who would write it:
the household list by the police (own numbers, own spelling of names), the rolls by schools (numbers mistyped, cut off or missing,
names by ear), the class lists by teachers, two schools in three with numbers. Nothing here asks the tool's rules what a child is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.county import plan_county
from benchmarks.dice import Dice
from benchmarks.layouts import HEADERS
from benchmarks.pairs import slips
from benchmarks.people import fill

if TYPE_CHECKING:
    from pathlib import Path

#: What is true of a child → how many in ten thousand, and the category that says so ("" where there is nothing to say).
TRUTH = {
    "vanished": (30, "absent"),  # on a roll, in no class, nobody says why
    "suspended": (25, "absent_known"),
    "leave": (10, "absent_known"),
    "home": (8, "absent_known"),
    "special": (8, "absent_known"),
    "reform": (3, "absent_known"),
    "vocational": (6, "absent_known"),
    "transferring": (6, "absent_known"),
    "back": (6, ""),  # the roll still says 休学, the child is in class again
    "dropped": (10, "dropout"),
    "never": (35, "not_enrolled"),  # in no school
    "elsewhere": (60, "not_enrolled_proved"),  # studies outside the county, with a certificate
    "deferred": (10, "not_enrolled_proved"),
    "away": (25, "not_enrolled_stated"),  # the village says so, nobody has seen a paper
    "died": (4, "not_enrolled_stated"),
    "moved": (6, "not_enrolled_stated"),
    "gone": (10, "not_enrolled_stated"),  # the roll was transferred out, and nobody knows where to
    "unrolled": (25, "no_roll"),  # in class without a roll
    "guest": (30, "elsewhere"),  # in class in another school than the one that has the roll
    "second": (8, ""),  # a second roll, under a mistyped number, in another school
    "migrant": (300, ""),  # the household is in another county
}
#: Of children of 15 in the last grade's age: how many have finished and are on no roll, or on one that says 毕业.
_FINISHED, _GRADUATED = 0.35, 0.2
#: Of twins: how many pairs in which one is in no school.
_TWIN = 0.04

_REMARKS = {
    "leave": "长期请假（住院）", "home": "送教上门", "special": "在县特殊教育学校就读", "reform": "专门学校",
    "vocational": "普职融合，在县中职", "transferring": "转出办理中",
}  # fmt: skip
ROLL = (
    "school_code", "school_name", "grade", "class_name", "name", "sex", "birth_date", "id_number", "roll_number", "status",
    "student_source", "phone", "address", "member1_name", "member1_phone", "remark",
)  # fmt: skip
NUMBERED = ("school_name", "grade", "class_name", "name", "sex", "id_number", "member1_phone", "remark")
UNNUMBERED = (
    "school_name",
    "grade",
    "class_name",
    "name",
    "sex",
    "birth_date",
    "member1_name",
    "member1_phone",
    "remark",
)
#: Field → header.
HEADERS_WITH_REMARK = HEADERS | {"remark": "备注"}


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists, each row with `i`, the child, and `row`, its place in its file.

    Attributes:
        truth: `i`, `what`, `category` of every child of the lists.
        household: In the columns of a household list.
        roll: In those of the system's export.
        present: With `file`, the number of its school.
        focus: Name of the group → rows.
        proofs: Rows.
        numbered: Schools whose class lists have numbers.
    """

    truth: pl.DataFrame
    household: pl.DataFrame
    roll: pl.DataFrame
    present: pl.DataFrame
    focus: dict[str, pl.DataFrame]
    proofs: pl.DataFrame
    numbered: frozenset[int]


def make_lists(schools: int, children: int, seed: int) -> Lists:
    """Return the lists of a county with so many children."""
    dice = Dice(seed ^ 0xC0DE)
    plan = plan_county(schools, children, seed)
    people = fill(plan, seed).with_columns(remark=pl.lit(None, dtype=pl.String), status=pl.lit("在读"))
    return lists_of(_with_truth(people, dice), dice, schools)


def lists_of(people: pl.DataFrame, dice: Dice, schools: int) -> Lists:
    """Return the lists of children of whom `what` says what is true.

    Args:
        people: As `benchmarks.people.fill` makes them, with `what`, `status` and `remark`.
        dice: Draws everything else.
        schools: How many schools there are; two in three write numbers.
    """
    numbered = frozenset(place for place in range(schools) if place % 3 != 2)
    household = _household(people, dice)
    roll = _roll(people, dice)
    present = _present(people, roll, dice)
    # A guest for whom no other school was found sits in none.
    lost = (pl.col("what") == "guest") & ~pl.col("i").is_in(present.get_column("i").implode())
    people = people.with_columns(what=pl.when(lost).then(pl.lit("vanished")).otherwise("what"))
    of_household = household.select("i").to_series()
    poor = people.filter(dice.chance(0.05, "poor") & pl.col("i").is_in(of_household.implode()))
    disabled = people.filter(
        (dice.chance(0.006, "disabled") | pl.col("what").is_in(["home", "special"]))
        & pl.col("i").is_in(of_household.implode())
    )
    proofs = people.filter(pl.col("what").is_in(["elsewhere", "deferred"]))
    truth = people.select(
        "i", "what", category=pl.col("what").replace_strict({w: c for w, (_, c) in TRUTH.items()} | _OTHERS, default="")
    )
    return Lists(
        truth=truth,
        household=household,
        roll=roll,
        present=present,
        focus={"脱贫户": _other_list(poor, dice, "poor"), "残联": _other_list(disabled, dice, "disabled")},
        proofs=_other_list(proofs, dice, "proof").join(
            proofs.select(
                "i",
                reason=pl.when(pl.col("what") == "deferred")
                .then(pl.lit("缓学（医院证明）"))
                .otherwise(pl.lit("外地就读证明")),
            ),
            on="i",
        ),
        numbered=numbered,
    )


_OTHERS = {"finished": "maybe_finished", "graduated": "not_enrolled_proved", "twin": "not_enrolled", "": ""}


def _with_truth(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Draw what is true of each child."""
    shares = {what: share for what, (share, _) in TRUTH.items()}
    drawn = dice.pick({**shares, "": 10_000 - sum(shares.values())}, "what")
    old = pl.col("birth") < pl.date(2010, 9, 1)
    way = dice.below(1000, "finished") / 1000
    what = (
        pl.when(old & (way < _FINISHED))
        .then(pl.lit("finished"))
        .when(old & (way < _FINISHED + _GRADUATED))
        .then(pl.lit("graduated"))
        .when(pl.col("twin") & dice.chance(_TWIN, "twin out"))
        .then(pl.lit("twin"))
        .otherwise(drawn)
    )
    # Who has no resident's number of its own is left in peace: a household list of the police has none of them either.
    resident = pl.col("id_number").str.contains(r"^[1-6][0-9]{16}[0-9X]$").fill_null(value=False)
    people = people.with_columns(what=pl.when(resident).then(what).otherwise(pl.lit("migrant")))
    # At 15 and in no roll a child may have finished: of those only the ones above are told, whatever else was drawn.
    settled = pl.col("what").is_in(["never", "away", "died", "moved", "twin"]) & old
    return people.with_columns(what=pl.when(settled).then(pl.lit("finished")).otherwise("what"))


def _spoiled(number: pl.Expr, dice: Dice, who: str, scale: float = 1.0) -> pl.Expr:
    """Return numbers as a school types them."""
    way = dice.below(10_000, f"{who} number way") / (10_000 * scale)
    steps = ((0.004, slips.wrong_digit), (0.002, slips.swapped_digits), (0.001, slips.truncated), (0.001, slips.excel_tail),
             (0.002, slips.dressed_number), (0.001, slips.dropped_digit))  # fmt: skip
    answer, start = number, 0.0
    chain = pl.when(pl.lit(value=False)).then(number)
    for share, slip in steps:
        chain = chain.when((way >= start) & (way < start + share)).then(slip(number, dice, f"{who} {slip.__name__}"))
        start += share
    chain = chain.when((way >= start) & (way < start + 0.008)).then(pl.lit(None, dtype=pl.String))
    return chain.otherwise(answer)


def _misspelled(name: pl.Expr, dice: Dice, who: str, share: float) -> pl.Expr:
    """Return names as somebody else spells them: by ear, by look, in another form."""
    way = dice.below(10_000, f"{who} name way") / 10_000
    return (
        pl.when(way < share * 0.5)
        .then(slips.same_sound(name, dice, f"{who} ear"))
        .when(way < share * 0.75)
        .then(slips.same_look(name, dice, f"{who} eye"))
        .when(way < share)
        .then(slips.other_form(name, dice, f"{who} form"))
        .otherwise(name)
    )


def _household(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Return the household list: everybody of the county, of any age from four, as the police write them."""
    rows = people.filter(pl.col("what") != "migrant")
    little = _too_young(rows, dice)
    rows = pl.concat([rows, little], how="diagonal_relaxed")
    what = pl.col("what")
    grandparent = dice.chance(0.25, "head is grandparent", "family")
    village = pl.col("address").str.extract(r"镇(.+?村)")
    return rows.select(
        "i",
        **{
            "序号": pl.int_range(1, pl.len() + 1).cast(pl.String),
            "乡镇": pl.col("town") + pl.lit("镇"),
            "村(社区)": village,
            "户主": pl.when(grandparent & pl.col("surname").is_not_null())
            .then(
                pl.col("surname")
                + dice.pick(["建国", "秀英", "德福", "桂兰", "长贵", "玉珍", "守信", "金花"], "head", "family")
            )
            .otherwise("member1_name"),
            "姓名": _misspelled(pl.col("name"), dice, "police", 0.008),
            "性别": "sex",
            "身份证号": "card",
            "出生日期": pl.col("birth_date"),
            "与户主关系": pl.when(grandparent).then(pl.lit("孙子女")).otherwise(pl.lit("子女")),
            "就读学校": pl.lit(None, dtype=pl.String),
            "是否在外": pl.when(what == "away").then(pl.lit("是")).otherwise(pl.lit("否")),
            "监护人电话": pl.when(dice.chance(0.6, "phone known")).then("phone"),
            "备注": pl.when(what == "died").then(pl.lit("已病故")).when(what == "moved").then(pl.lit("户口已迁出")),
        },
    ).with_columns(row=pl.int_range(2, pl.len() + 2))


def _too_young(rows: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Return children of four and five, who are on no roll and nobody's business yet; the list has no numbers for them."""
    some = rows.filter((pl.col("grade_no") == 1) & dice.chance(0.4, "little one")).with_columns(
        i=pl.col("i") + 10_000_000, birth=pl.col("birth") + pl.duration(days=800), what=pl.lit("little"),
        name=pl.col("surname") + dice.pick(list("安乐悦宁辰沐言初"), "little name") + dice.pick(list("宝恩禾川星宜"), "little second"),
    )  # fmt: skip
    return some.with_columns(birth_date=pl.col("birth").dt.strftime("%Y%m%d"), card=pl.lit(None, dtype=pl.String))


def _roll(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Return the system's export."""
    what = pl.col("what")
    rows = people.filter(
        ~what.is_in(["never", "elsewhere", "deferred", "away", "died", "moved", "unrolled", "finished", "twin"])
    )
    rows = rows.with_columns(
        status=pl.when(what.is_in(["suspended", "back"])).then(pl.lit("休学"))
        .when(what == "dropped").then(pl.lit("辍学"))
        .when(what == "gone").then(pl.lit("转出"))
        .when(what == "graduated").then(pl.lit("毕业"))
        .otherwise(pl.lit("在读")),
        remark=what.replace_strict(_REMARKS, default=None, return_dtype=pl.String),
        name=_misspelled(pl.col("name"), dice, "school", 0.012),
        id_number=_spoiled(pl.col("id_number"), dice, "school"),
        slipped=dice.chance(0.004, "birth slip"),
    )  # fmt: skip
    rows = rows.with_columns(
        birth_date=pl.when("slipped")
        .then(slips.wrong_date(pl.col("birth"), dice, "birth slip").dt.strftime("%Y%m%d"))
        .otherwise("birth_date"),
        # The number of the roll was made from the number that was typed.
        roll_number=pl.when(pl.col("id_number").str.contains(r"^[0-9]{17}[0-9X]$")).then(pl.lit("G") + pl.col("id_number")).otherwise(
            pl.when(pl.col("id_number").is_null()).then(pl.lit(None, dtype=pl.String)).otherwise("roll_number")
        ),
    )  # fmt: skip
    seconds = _at(rows.filter(pl.col("what") == "second"), people, dice, "second").with_columns(
        id_number=slips.wrong_digit(pl.col("card"), dice, "second"), roll_number=pl.lit(None, dtype=pl.String)
    )
    both = pl.concat([rows, seconds.select(rows.columns)])
    return both.sort("school", "class_key", "i").with_columns(row=pl.int_range(2, pl.len() + 2))


def _at(rows: pl.DataFrame, people: pl.DataFrame, dice: Dice, what: str) -> pl.DataFrame:
    """Return rows put into a class of the same grade in another school."""
    places = (
        people.select(
            "grade_no",
            to="school",
            n_code="school_code",
            n_name="school_name",
            n_grade="grade",
            n_class="class_name",
            n_key="class_key",
        )
        .unique(["grade_no", "n_key"])
        .sort("grade_no", "n_key")
    )
    places = places.with_columns(rank=pl.int_range(pl.len()).over("grade_no"), many=pl.len().over("grade_no"))
    many = places.group_by("grade_no").agg(pl.col("many").first())
    chosen = rows.join(many, on="grade_no").with_columns(rank=dice.below(1 << 20, f"{what} where") % pl.col("many"))
    moved = chosen.join(places.drop("many"), on=["grade_no", "rank"], how="left", maintain_order="left")
    moved = moved.filter(pl.col("to") != pl.col("school"))
    return moved.with_columns(
        school="to",
        school_code="n_code",
        school_name="n_name",
        grade="n_grade",
        class_name="n_class",
        class_key="n_key",
    )


def _present(people: pl.DataFrame, roll: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Return the class lists, as teachers write them: mostly copied from the roll, in part by hand."""
    out = [
        "vanished",
        "suspended",
        "home",
        "special",
        "reform",
        "vocational",
        "transferring",
        "dropped",
        "gone",
        "graduated",
    ]
    own = people.select("i", own_school="school")
    # Of two rolls, the child sits where it always sat.
    there = (
        roll.join(own, on="i")
        .filter((pl.col("school") == pl.col("own_school")) & ~pl.col("what").is_in([*out, "guest"]))
        .drop("own_school")
    )
    guests = _at(roll.filter(pl.col("what") == "guest"), people, dice, "guest").select(there.columns)
    unrolled = people.filter(pl.col("what") == "unrolled").with_columns(
        slipped=pl.lit(value=False), row=pl.lit(0, pl.Int64)
    )
    rows = pl.concat([there, guests, unrolled.select(there.columns)], how="vertical_relaxed")
    what = pl.col("what")
    # A child on leave is on half of the lists, with the word beside it.
    rows = rows.filter((what != "leave") | dice.chance(0.5, "leave listed")).with_columns(
        name=_misspelled(pl.col("name"), dice, "teacher", 0.004),
        id_number=_spoiled(pl.col("id_number"), dice, "teacher", 0.3),
        remark=pl.when(what == "leave").then(pl.lit("病假")),
        file=pl.col("school"),
    )
    return rows.sort("file", "class_key", "i").with_columns(row=pl.int_range(2, pl.len() + 2).over("file"))


def _other_list(rows: pl.DataFrame, dice: Dice, who: str) -> pl.DataFrame:
    """Return a list of another office: name, number, and now and then a mistake of its own."""
    return rows.select(
        "i",
        姓名=_misspelled(pl.col("name"), dice, who, 0.006),
        性别="sex",
        身份证号=_spoiled(pl.col("card"), dice, who, 0.3),
        乡镇=pl.col("town") + pl.lit("镇"),
    )


def write_lists(lists: Lists, folder: Path) -> dict[str, list[str]]:
    """Write all lists; return list → paths."""
    present = folder / "present"
    present.mkdir(parents=True, exist_ok=True)
    for old in present.glob("*.csv"):
        old.unlink()
    paths: dict[str, list[str]] = {name: [str(folder / f"{name}.csv")] for name in ("household", "roll", "explained")}
    lists.household.drop("i", "row").write_csv(folder / "household.csv")
    lists.roll.select(pl.col(name).alias(HEADERS_WITH_REMARK[name]) for name in ROLL).write_csv(folder / "roll.csv")
    lists.proofs.drop("i").rename({"reason": "原因"}).write_csv(folder / "explained.csv")
    for (place,), rows in lists.present.group_by("file", maintain_order=True):
        number = int(str(place))
        fields = NUMBERED if number in lists.numbered else UNNUMBERED
        rows.select(pl.col(name).alias(HEADERS_WITH_REMARK[name]) for name in fields).write_csv(
            present / f"{number:03d}.csv"
        )
    paths["present"] = [str(present)]
    paths["focus"] = []
    for name, rows in lists.focus.items():
        rows.drop("i").write_csv(folder / f"{name}.csv")
        paths["focus"].append(str(folder / f"{name}.csv"))
    return paths
