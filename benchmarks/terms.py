"""A made-up county on two days, half a year and one 1 August apart, with every child's story, and the log of movements.

Children move up, finish, go from primary to junior school, are shuffled into new classes there; some transfer, vanish, die, come
back, are kept down; numbers, names, sexes and birth dates are put right; some have two rolls. Every story is known, and each
child has at most one. What stands in the files is written from the stories, by the way schools write it: nothing here knows how
the program that reads them thinks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from benchmarks import id_numbers
from benchmarks.county import SYSTEM, plan_county
from benchmarks.dice import Dice
from benchmarks.layouts import HEADERS
from benchmarks.people import fill
from benchmarks.schools import SCHOOL_YEAR, class_name, grade_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.schools import School

OLD_DAY, NEW_DAY = f"{SCHOOL_YEAR}-03-10", f"{SCHOOL_YEAR}-10-15"
COLUMNS = (*SYSTEM, "ethnicity", "boarding", "hukou_type")

#: Story → how many children in ten thousand of those who can have it.
STORIES = {
    "moved_school": 60,
    "moved_class": 80,
    "transferred_out": 40,
    "out_by_state": 20,  # the second export still has the roll, in the state 转出
    "dead": 2,
    "abroad": 6,
    "vanished": 15,
    "retained": 10,
    "skipped": 5,
    "suspended": 15,
    "resumed": 15,  # 休学 in the first export
    "resumed_lower": 6,  # and back in the grade below
    "number_typo": 30,  # the first export has a digit wrong
    "number_changed": 20,  # another sound number, and a roll number made from it
    "number_got": 15,  # none in the first export
    "name_slip": 30,  # the first export has another character
    "renamed": 8,  # another given name, by the household register
    "sex_wrong": 10,
    "born_wrong": 15,  # the first export has another day; the number is right
    "slip_and_typo": 8,  # a character of the name and a digit of the number
    "second_closed": 8,  # a second roll in another school in the first export only
    "second_opened": 8,
    "new_by_log": 40,  # in the second export only
    "new_unexplained": 15,
    "all_changed": 6,  # name, number and telephone at once: only birth date, parent and school are left, and a person must look
    "number_taken": 4,  # gone, and the number stands with another child of another school
    "back": 10,  # off the roll while suspended, back now
}
#: In how many of a hundred cases the log has an entry where it should.
_LOGGED = 90
_SLIPS = "睿豪涵萱轩琪妍桐辰霖"
_GIVEN = ("子墨", "雨桐", "浩然", "思远", "嘉怡", "明哲", "若曦", "俊杰", "欣妍", "博文")
#: Keeps what a family is reached by from year to year, as families do.
_NEW_PHONE = 0.06


@dataclass(frozen=True, slots=True)
class Terms:
    """Two exports of one county.

    Attributes:
        old: Rows of the first: `i` (the child), `second` (a second roll), `row` as Excel shows it, and the columns of files.
        new: Rows of the second, with `file`, its school's name; `row` counts in each file.
        stories: `i`, `story`, `fate`, `step` (retained, skipped or null), `fields` that differ.
        log: Entries, a column a field.
    """

    old: pl.DataFrame
    new: pl.DataFrame
    stories: pl.DataFrame
    log: pl.DataFrame


def make_terms(schools: int, children: int, seed: int) -> Terms:
    """Return a county of so many schools with about so many children on the first day."""
    dice = Dice(seed)
    plan = [_with_leavers(school) for school in plan_county(schools, children, seed)]
    people = fill(plan, seed).with_columns(
        class_no=pl.col("class_number").str.slice(5, 2).cast(pl.Int64), draw=dice.below(10_000, "story")
    )
    people = _placed(people, plan, dice)
    people = people.with_columns(story=_story())
    people = _possible(people)
    people = _states(people)
    people = _moves(people, plan, dice)
    old, new = _old(people, dice), _new(people, dice)
    old = pl.concat([old, _second(people, plan, dice, "second_closed", "old")], how="diagonal")
    new = pl.concat([new, _second(people, plan, dice, "second_opened", "new")], how="diagonal")
    old, new = _written(old, plan, 0, dice), _written(new, plan, 1, dice)
    old = (
        old.sort("at", "grade", "no", "i", "second")
        .with_row_index("place")
        .with_columns(row=pl.col("place") + 2, file=pl.lit("old"))
    )
    new = new.sort("at", "grade", "no", "i", "second").with_columns(
        row=pl.int_range(2, pl.len() + 2).over("at"), file="school_name"
    )
    return Terms(old, new, _told(people), _log(people, plan, dice))


def _with_leavers(school: School) -> School:
    """Return a school with the class of those who are about to leave it, and without the one that others fill."""
    sizes = dict(school.sizes)
    last = max(sizes)
    sizes[last + 1] = list(sizes[last])
    if min(sizes) == 7:
        del sizes[7]
    return replace(school, sizes=sizes)


def _placed(people: pl.DataFrame, plan: Sequence[School], dice: Dice) -> pl.DataFrame:
    """Add where each child is on both days (`old_at`, `old_grade`, `old_no`, `new_at` …); null where in no school of the county."""
    last = {place: max(school.sizes) - 1 for place, school in enumerate(plan)}
    juniors = [place for place, school in enumerate(plan) if min(school.sizes) == 8]
    classes = {place: len(plan[place].sizes[8]) for place in juniors}
    grade = pl.col("grade_no")
    leaver = grade > pl.col("school").replace_strict(last, return_dtype=pl.Int64)
    many = len(juniors)
    by_town = pl.col("school").cast(pl.Int64) % many
    goes = pl.when(dice.chance(0.05, "other junior")).then(dice.below(many, "which junior")).otherwise(by_town)
    junior = pl.lit(pl.Series(juniors, dtype=pl.Int64)).gather(goes)
    away = dice.chance(0.04, "junior elsewhere")
    people = people.with_columns(
        old_at=pl.when(grade > 1).then(pl.col("school").cast(pl.Int64)),
        old_grade=pl.when(grade > 1).then(grade - 1),
        old_no=pl.when(grade > 1).then("class_no"),
        new_at=pl.when(~leaver).then(pl.col("school").cast(pl.Int64)).when((grade == 7) & ~away).then(junior),
    )
    # Into junior school they come in no order of their old classes, in a nine-year school as well.
    drawn = dice.draw("new class")
    count = pl.col("new_at").replace_strict(classes, default=None, return_dtype=pl.UInt64)
    return people.with_columns(
        new_grade=pl.when(pl.col("new_at").is_not_null()).then(grade),
        new_no=pl.when(leaver & pl.col("new_at").is_not_null())
        .then((drawn % count).cast(pl.Int64) + 1)
        .when(~leaver)
        .then("class_no"),
    )


def _story() -> pl.Expr:
    answer = pl.lit("")
    start = 0
    for name, share in STORIES.items():
        answer = pl.when(pl.col("draw").is_between(start, start + share - 1)).then(pl.lit(name)).otherwise(answer)
        start += share
    return answer


def _possible(people: pl.DataFrame) -> pl.DataFrame:
    """Take back stories that can't be this child's."""
    both = pl.col("old_at").is_not_null() & pl.col("new_at").is_not_null()
    here = both & (pl.col("old_at") == pl.col("new_at"))
    story = pl.col("story")
    sound = pl.col("id_number").str.contains(r"^[0-9]{17}[0-9X]$")
    several = pl.col("class_no").max().over("school", "grade_no") > 1
    numbered = [
        "number_typo",
        "number_changed",
        "number_got",
        "slip_and_typo",
        "all_changed",
        "number_taken",
        "sex_wrong",
        "born_wrong",
    ]
    numbered += ["second_closed", "second_opened"]
    fits = (
        pl.when(story == "")
        .then(pl.lit(value=True))
        .when(story.is_in(["retained", "resumed_lower"]))
        .then(here & (pl.col("new_grade") > 2) & ~pl.col("new_grade").is_in([7, 10]))
        .when(story == "skipped")
        .then(here & pl.col("new_grade").is_in([2, 3, 4, 5, 8]))
        .when(story == "moved_class")
        .then(here & several & (pl.col("new_grade") != 7))
        .when(story.is_in(["new_by_log", "new_unexplained", "back"]))
        .then(here & ~pl.col("new_grade").is_in([1, 7]))
        # Of two rolls of a child who goes on to a third school, nobody can say which is the second.
        .otherwise(here & (pl.col("new_grade") != 7))
    )
    fits = (
        fits
        & (~story.is_in(numbered) | sound)
        & (~story.is_in(["renamed", "all_changed", "number_taken"]) | (pl.col("name").str.len_chars() == 3))
    )
    return people.with_columns(story=pl.when(fits.fill_null(value=False)).then("story").otherwise(pl.lit("")))


def _states(people: pl.DataFrame) -> pl.DataFrame:
    story = pl.col("story")
    away = pl.lit("休学")
    # The states of `people` would be stories of their own: who has none is 在读 on both days.
    return people.with_columns(
        old_status=pl.when(story.is_in(["resumed", "resumed_lower"])).then(away).otherwise(pl.lit("在读")),
        new_status=pl.when(story == "suspended")
        .then(away)
        .when(story == "back")
        .then(pl.lit("复学"))
        .when(story == "out_by_state")
        .then(pl.lit("转出"))
        .otherwise(pl.lit("在读")),
    )


def _moves(people: pl.DataFrame, plan: Sequence[School], dice: Dice) -> pl.DataFrame:
    """Put the moved into another school or class, the kept down into another grade, and take out who is not there."""
    story, grade = pl.col("story"), pl.col("new_grade")
    shift = pl.when(story.is_in(["retained", "resumed_lower"])).then(-1).when(story == "skipped").then(1).otherwise(0)
    people = people.with_columns(new_grade=grade + shift)
    with_grade: dict[int, list[int]] = {}
    for place, school in enumerate(plan):
        for each in school.sizes:
            if each < max(school.sizes):
                with_grade.setdefault(each, []).append(place)
    drawn = dice.draw("other school")
    other = pl.lit(None, dtype=pl.Int64)
    for each, places in with_grade.items():
        chosen = pl.lit(pl.Series(places, dtype=pl.Int64)).gather((drawn % len(places)).cast(pl.Int64))
        other = pl.when(pl.col("new_grade") == each).then(chosen).otherwise(other)
    moved = story.is_in(["moved_school", "number_taken"]) & (other != pl.col("new_at"))
    most = pl.col("class_no").max().over("school", "grade_no")
    gone = story.is_in(["transferred_out", "dead", "abroad", "vanished"])
    fresh = story.is_in(["new_by_log", "new_unexplained", "back"])
    people = people.with_columns(
        story=pl.when(story.is_in(["moved_school", "number_taken"]) & ~moved.fill_null(value=False))
        .then(pl.lit(""))
        .otherwise("story"),
        new_at=pl.when(gone).then(None).when(moved).then(other).otherwise("new_at"),
        new_no=pl.when(moved)
        .then(1)
        .when(story == "moved_class")
        .then(pl.col("new_no") % most + 1)
        .otherwise("new_no"),
        old_at=pl.when(fresh).then(None).otherwise("old_at"),
    )
    return people.with_columns(
        **{
            f"{side}_{name}": pl.when(pl.col(f"{side}_at").is_not_null()).then(f"{side}_{name}")
            for side in ("old", "new")
            for name in ("grade", "no")
        }
    )


def _other_digit() -> pl.Expr:
    """Return the number with a digit of its sequence wrong, so that the check digit no longer fits."""
    number = pl.col("id_number")
    digit = (number.str.slice(14, 1).cast(pl.Int64, strict=False) + 3) % 10
    return pl.concat_str(number.str.head(14), digit.cast(pl.String), number.str.tail(3))


def _slip(dice: Dice) -> pl.Expr:
    """Return the name with another last character."""
    character = pl.lit(pl.Series(list(_SLIPS))).gather(dice.below(len(_SLIPS), "slip"))
    name = pl.col("name")
    second = pl.lit(pl.Series(list(_SLIPS))).gather((dice.below(len(_SLIPS), "slip") + 1) % len(_SLIPS))
    head = name.str.head(name.str.len_chars() - 1)
    return head + pl.when(name.str.tail(1) == character).then(second).otherwise(character)


def _side(people: pl.DataFrame, side: str) -> pl.DataFrame:
    rows = people.filter(pl.col(f"{side}_at").is_not_null())
    return rows.with_columns(
        at=f"{side}_at", grade_now=f"{side}_grade", no=f"{side}_no", status=f"{side}_status", second=pl.lit(value=False)
    )


def _old(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    story = pl.col("story")
    none = pl.lit(None, dtype=pl.String)
    typo = story.is_in(["number_typo", "slip_and_typo"])
    # The roll number is made from the ID number, typing error and all; a child without one has a J number.
    made = pl.col("roll_number")
    day = (pl.col("birth_date").str.slice(6, 2).cast(pl.Int64) + 9) % 28 + 1
    return _side(people, "old").with_columns(
        id_number=pl.when(typo).then(_other_digit()).when(story == "number_got").then(none).otherwise("id_number"),
        id_type=pl.when(story == "number_got").then(pl.lit("其他")).otherwise("id_type"),
        roll_number=pl.when(typo)
        .then(pl.lit("L") + _other_digit().str.head(14) + pl.lit("0") + _other_digit().str.tail(3))
        .when(story == "number_got")
        .then(pl.lit("J") + _other_digit())
        .otherwise(made),
        name=pl.when(story.is_in(["name_slip", "slip_and_typo"])).then(_slip(dice)).otherwise("name"),
        sex=pl.when(story == "sex_wrong").then(pl.col("sex").replace({"男": "女", "女": "男"})).otherwise("sex"),
        birth_date=pl.when(story == "born_wrong")
        .then(pl.concat_str(pl.col("birth_date").str.head(6), day.cast(pl.String).str.zfill(2)))
        .otherwise("birth_date"),
    )


def _new(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    story = pl.col("story")
    rows = _side(people, "new")
    # A number of another county, made for the child when the household moved.
    rows = rows.with_columns(
        card=id_numbers.body(
            pl.lit(341302), pl.col("birth"), id_numbers.sequence(pl.col("i") % 499, pl.lit(7), pl.col("male"))
        )
    )
    rows = rows.with_columns(card=id_numbers.with_check("card"))
    given = pl.lit(pl.Series(list(_GIVEN))).gather(dice.below(len(_GIVEN), "given"))
    renamed = pl.col("name").str.head(1) + given
    old_phone = pl.col("member1_phone")
    other = pl.concat_str(old_phone.str.head(3), dice.below(10**8, "new phone").cast(pl.String).str.zfill(8))
    changed = story.is_in(["number_changed", "all_changed"])
    taken = story == "number_taken"
    stranger = pl.lit(pl.Series(["段立夏", "樊知秋", "覃小满", "鞠惊蛰"])).gather(dice.below(4, "stranger"))
    typo = story.is_in(["number_typo", "slip_and_typo", "number_got"])
    return rows.with_columns(
        id_number=pl.when(changed).then("card").otherwise("id_number"),
        roll_number=pl.when(changed)
        .then(pl.lit("G") + pl.col("card"))
        .when(typo)
        .then(pl.lit("G") + pl.col("id_number"))
        .otherwise("roll_number"),
        name=pl.when(story.is_in(["renamed", "all_changed"]))
        .then(renamed)
        .when(taken)
        .then(stranger)
        .otherwise("name"),
        member1_name=pl.when(taken).then(stranger.str.head(1) + pl.lit("国庆")).otherwise("member1_name"),
        phone=pl.when(taken | (story == "all_changed")).then(other).otherwise("phone"),
        member1_phone=pl.when(taken | (story == "all_changed") | dice.chance(_NEW_PHONE, "phone changed", "family"))
        .then(other)
        .otherwise("member1_phone"),
        boarding=pl.when(dice.chance(0.05, "boards now")).then(pl.lit("住校")).otherwise("boarding"),
    )


def _second(people: pl.DataFrame, plan: Sequence[School], dice: Dice, story: str, side: str) -> pl.DataFrame:
    """Return second rolls of children, in another school that has their grade, or in another class."""
    rows = _side(people.filter(pl.col("story") == story), side)
    places: dict[int, list[int]] = {}
    for place, school in enumerate(plan):
        for grade in school.sizes:
            held = grade - 1 if side == "old" else grade
            if grade < max(school.sizes) and held > 0:
                places.setdefault(held, []).append(place)
    drawn = dice.draw("second at")
    other = pl.lit(None, dtype=pl.Int64)
    for grade, schools in places.items():
        chosen = pl.lit(pl.Series(schools, dtype=pl.Int64)).gather((drawn % len(schools)).cast(pl.Int64))
        other = pl.when(pl.col("grade_now") == grade).then(chosen).otherwise(other)
    return rows.with_columns(at=other, no=pl.lit(1, dtype=pl.Int64), second=pl.lit(value=True)).filter(
        pl.col("at") != pl.col(f"{side}_at")
    )


def _written(rows: pl.DataFrame, plan: Sequence[School], year: int, dice: Dice) -> pl.DataFrame:
    """Write schools, grades and classes as each school does; one in ten writes classes in another way the next year."""
    cells = rows.select("at", "grade_now", "no").unique()
    written = []
    for at, grade, number in cells.iter_rows():
        school = plan[at]
        style = school.style + (1 if year and at % 10 == 3 else 0)
        entry = SCHOOL_YEAR - 1 + year - grade + (1 if grade <= 6 else 7)
        written.append(
            (
                at,
                grade,
                number,
                school.code,
                school.name,
                grade_name(grade, style),
                class_name(grade, number, entry, style),
            )
        )
    names = ("at", "grade_now", "no", "school_code", "school_name", "grade", "class_name")
    frame = pl.DataFrame(written, schema=list(names), orient="row").with_columns(
        pl.col("at", "grade_now", "no").cast(pl.Int64)
    )
    told = rows.drop("school_code", "school_name", "grade", "class_name").join(
        frame, on=["at", "grade_now", "no"], how="left", maintain_order="left"
    )
    if not year:
        return told
    # The second export writes dates with dashes, pads short names, and has a stray blank here and there.
    padded = pl.concat_str(pl.col("name").str.head(1), pl.lit("　"), pl.col("name").str.tail(1))
    return told.with_columns(
        birth_date=pl.col("birth_date").str.replace(r"^(\d{4})(\d\d)(\d\d)$", "$1-$2-$3"),
        name=pl.when((pl.col("name").str.len_chars() == 2) & dice.chance(0.3, "padded")).then(padded).otherwise("name"),
        id_number=pl.when(dice.chance(0.01, "blank")).then(pl.col("id_number") + " ").otherwise("id_number"),
    )


_FATES = {
    "moved_school": "moved_school", "moved_class": "moved_class", "transferred_out": "transferred_out",
    "out_by_state": "transferred_out", "dead": "died", "abroad": "abroad", "vanished": "left_unexplained",
    "retained": "retained", "resumed_lower": "retained", "skipped": "skipped", "new_by_log": "transferred_in",
    "new_unexplained": "arrived_unexplained", "back": "returned", "all_changed": "unsure", "number_taken": "unsure",
}  # fmt: skip
_FIELDS = {
    "number_typo": "id_number", "number_changed": "id_number", "number_got": "id_number", "name_slip": "name", "renamed": "name",
    "sex_wrong": "sex", "born_wrong": "birth_date", "slip_and_typo": "id_number,name",
}  # fmt: skip
#: Stories of whom the log should have an entry, and its kind.
_KINDS = {
    "moved_school": "转学", "transferred_out": "转出", "out_by_state": "转出", "dead": "死亡", "abroad": "出国", "skipped": "跳级",
    "retained": "留级", "suspended": "休学", "resumed": "复学", "resumed_lower": "复学", "new_by_log": "转入", "back": "复学",
    **dict.fromkeys(_FIELDS, "关键信息变更"),
}  # fmt: skip
#: Without an entry nobody can know where these went or came from.
_ALWAYS = ("transferred_out", "dead", "abroad", "new_by_log")


def _told(people: pl.DataFrame) -> pl.DataFrame:
    """Return what became of each child."""
    old, new, story = pl.col("old_at"), pl.col("new_at"), pl.col("story")
    of_story = story.replace_strict(_FATES, default=None, return_dtype=pl.String)
    fate = (
        pl.when(of_story.is_not_null())
        .then(of_story)
        .when(old.is_null() & new.is_not_null())
        .then(pl.lit("entrant"))
        .when(old.is_not_null() & new.is_null())
        .then(pl.lit("graduated"))
        .when((old != new) | (pl.col("old_grade") == 6) & (pl.col("old_no") != pl.col("new_no")))
        .then(pl.lit("progressed"))
        .when(old.is_not_null() & new.is_not_null())
        .then(pl.lit("stayed"))
    )
    step = (
        pl.when(story.is_in(["retained", "resumed_lower"]))
        .then(pl.lit("retained"))
        .when(story == "skipped")
        .then(pl.lit("skipped"))
    )
    fields = story.replace_strict(_FIELDS, default=None, return_dtype=pl.String).str.split(",")
    return people.select("i", "story", fate=fate, step=step, fields=fields).filter(pl.col("fate").is_not_null())


def _log(people: pl.DataFrame, plan: Sequence[School], dice: Dice) -> pl.DataFrame:
    """Return the log, as a bureau keeps it: one in ten entries is missing where the exports tell the same."""
    kinds = pl.col("story").replace_strict(_KINDS, default=None, return_dtype=pl.String)
    logged = pl.col("story").is_in(_ALWAYS) | dice.chance(_LOGGED / 100, "logged")
    rows = people.with_columns(kind=kinds).filter(pl.col("kind").is_not_null() & logged)
    schools = {place: school.name for place, school in enumerate(plan)}
    day = pl.date(SCHOOL_YEAR, 3, 20) + pl.duration(days=dice.below(190, "day"))
    name = pl.when(pl.col("story").is_in(["name_slip", "slip_and_typo"])).then(_slip(dice)).otherwise("name")
    outside = pl.lit("外县第一中心学校")

    def school(side: str) -> pl.Expr:
        return pl.col(f"{side}_at").replace_strict(schools, default=None, return_dtype=pl.String)

    return rows.select(
        异动类别="kind",
        异动日期=day.dt.strftime("%Y.%m.%d"),
        姓名=name,
        身份证号=pl.when(pl.col("story").is_in(list(_FIELDS)) | dice.chance(0.15, "no number"))
        .then(None)
        .otherwise("id_number"),
        出生日期=pl.when(pl.col("story") == "born_wrong").then(None).otherwise("birth_date"),
        学校=pl.coalesce(school("old"), school("new")),
        转出学校=pl.coalesce(school("old"), outside),
        转入学校=pl.coalesce(school("new"), outside),
        审批日期=(day + pl.duration(days=5)).dt.strftime("%Y.%m.%d"),
    )


def write_terms(terms: Terms, folder: Path) -> tuple[Path, Path, Path]:
    """Write both exports and the log: the first as one file, the second as a file a school."""
    first, second = folder / f"全县-{OLD_DAY}.csv", folder / NEW_DAY
    second.mkdir(parents=True, exist_ok=True)
    for stale in second.glob("*.csv"):
        stale.unlink()
    columns = [pl.col(name).alias(HEADERS[name]) for name in COLUMNS]
    terms.old.select(columns).write_csv(first)
    for (name,), rows in terms.new.group_by("file", maintain_order=True):
        rows.select(columns).write_csv(second / f"{name}.csv")
    log = folder / "异动台账.csv"
    terms.log.write_csv(log)
    return first, second, log
