"""Write the sample of a comparison of households, rolls and those present: three townships, every category at least once.

    python -m sample_data.make_retention

Every child, family and school is made up. The same files come out each time; 说明.md beside them says what is to be found.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.county import plan_county
from benchmarks.dice import Dice
from benchmarks.monitoring import HEADERS_WITH_REMARK, NUMBERED, ROLL, UNNUMBERED, lists_of
from benchmarks.people import fill
from xueji_cli.retaining.following import keys_of

if TYPE_CHECKING:
    from benchmarks.monitoring import Lists

FOLDER = Path(__file__).parent / "控辍"
SEED = 41
SCHOOLS, CHILDREN = 4, 100
DAY = "2025-10-15"
#: What is true of some of the children, in order; the others are in school.
TOLD = (
    "vanished", "vanished", "vanished", "suspended", "leave", "home", "special", "vocational", "transferring", "back", "dropped", "never",
    "never", "elsewhere", "elsewhere", "deferred", "away", "away", "died", "moved", "gone", "unrolled", "guest", "guest", "second",
    "migrant", "migrant", "migrant",
)  # fmt: skip
#: Every third child gets the next of them, so that they are spread over classes and townships.
_STEP = 3
#: Ledger of last term: which child (by what is true of it, and which of these), result then, visits, when, what came of it.
_BEFORE = (
    ("never", 0, "适龄未入学，原因不明", "2", "张明、李芳", "2025-09-12", "家长在外务工，答应国庆后送来"),
    ("vanished", 0, "疑似辍学", "1", "王强", "2025-09-20", "本人厌学，继续做工作"),
    ("back", 0, "疑似辍学", "3", "赵敏", "2025-09-25", "已劝返，答应复学"),
    ("elsewhere", 0, "适龄未入学，原因不明", "1", "张明", "2025-09-08", "随父母在外地，补就读证明"),
)
#: Somebody whom no list has any more.
_GONE = ("钱不在", 20140305, "5", "孙军", "2025-06-30", "全家外出，联系不上")
_NUMBERS = {
    "小学": {
        "学年初在校生数": 88, "休学": 1, "退学": 0, "死亡": 0, "转出": 2, "其他减少": 0, "复学": 1, "转入": 1, "其他增加": 0,
    },
    "初中": {
        "学年初在校生数": 12, "休学": 0, "退学": 0, "死亡": 0, "转出": 1, "其他减少": 0, "复学": 0, "转入": 1, "其他增加": 0,
    },
    "义务教育": {"该届入学人数": 30, "毕业人数": 28, "该届转入": 2, "该届转出": 3, "该届死亡": 0},
}  # fmt: skip


def sample() -> tuple[pl.DataFrame, Lists]:
    """Return the children, with what is true of each, and the lists."""
    dice = Dice(SEED)
    plan = plan_county(SCHOOLS, CHILDREN, SEED)
    # The last school stands in the township of the third.
    plan[-1] = replace(plan[-1], town=plan[2].town, name=plan[-1].name.replace(plan[-1].town, plan[2].town))
    people = fill(plan, SEED).with_columns(remark=pl.lit(None, dtype=pl.String), status=pl.lit("在读"), what=pl.lit(""))
    own = people.filter(pl.col("id_number").str.contains(r"^[1-6][0-9]{16}[0-9X]$") & ~pl.col("twin"))
    chosen = own.get_column("i").gather_every(_STEP).head(len(TOLD))
    marked = pl.DataFrame({"i": chosen, "told": pl.Series(TOLD[: len(chosen)])})
    people = people.join(marked, on="i", how="left", maintain_order="left").with_columns(
        what=pl.col("told").fill_null("")
    )
    return people.drop("told"), lists_of(people.drop("told"), dice, SCHOOLS)


def write_retention(folder: Path) -> None:
    """Write all files of the sample."""
    people, lists = sample()
    present = folder / "在校名单"
    present.mkdir(parents=True, exist_ok=True)
    household = lists.household.drop("i", "row")
    # Somebody of whom the police know neither birth date nor number; and the same child entered by two villages.
    nobody = household.head(1).with_columns(
        姓名=pl.lit("周小宝"),
        身份证号=pl.lit(None, pl.String),
        出生日期=pl.lit(None, pl.String),
        监护人电话=pl.lit(None, pl.String),
    )
    # Fifteen at the cut-off, and on no roll: perhaps the nine years are done.
    old = nobody.with_columns(姓名=pl.lit("吴大志"), 出生日期=pl.lit("20100115"), 性别=pl.lit("男"))
    # A child in class whose household is elsewhere, and one like it in a household here, born a day later by the list: one child?
    like = people.filter(pl.col("what") == "migrant").row(1, named=True)
    perhaps = household.head(1).with_columns(
        姓名=pl.lit(like["name"]), 性别=pl.lit(like["sex"]), 身份证号=pl.lit(None, pl.String), 监护人电话=pl.lit(None, pl.String),
        户主=pl.lit(like["member2_name"]), 出生日期=pl.lit(str(int(like["birth_date"]) + 1)),
    )  # fmt: skip
    twice = household.slice(5, 1).with_columns(**{"村(社区)": pl.lit("东溪村")})
    _write(folder / "户籍名单.csv", pl.concat([household, nobody, old, perhaps, twice]))
    _write(folder / "学籍.csv", lists.roll.select(pl.col(name).alias(HEADERS_WITH_REMARK[name]) for name in ROLL))
    for (place,), rows in lists.present.group_by("file", maintain_order=True):
        fields = NUMBERED if int(str(place)) in lists.numbered else UNNUMBERED
        name = people.filter(pl.col("school") == place).get_column("school_name")[0]
        _write(present / f"{name}.csv", rows.select(pl.col(f).alias(HEADERS_WITH_REMARK[f]) for f in fields))
    poor = household.gather_every(9).select("姓名", "性别", "身份证号", "乡镇")
    of_never = people.filter(pl.col("what").is_in(["never", "vanished"])).select(
        姓名="name", 性别="sex", 身份证号="id_number", 乡镇=pl.col("town") + "镇"
    )
    _write(folder / "脱贫户.csv", pl.concat([poor, of_never.head(3)]))
    disabled = people.filter(pl.col("what").is_in(["home", "special", "never"])).select(
        姓名="name", 性别="sex", 身份证号="id_number", 残疾类别=pl.lit("智力残疾")
    )
    _write(folder / "残联.csv", disabled.head(3))
    _write(folder / "外出就读等证明.csv", lists.proofs.drop("i").rename({"reason": "原因"}))
    with (folder / "年度数.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        heads = dict.fromkeys(name for numbers in _NUMBERS.values() for name in numbers)
        writer = csv.writer(stream)
        writer.writerow(("学段", *heads))
        writer.writerows((stage, *(numbers.get(name, "") for name in heads)) for stage, numbers in _NUMBERS.items())
    _ledger(folder / "上期台账.csv", people)


def _key(name: str, born: int) -> str:
    """Return the key of a child in a ledger of before, when keys were no secret: one that anybody's run can follow."""
    return str(keys_of(pl.DataFrame({"child": [0], "n": [name], "b": [born]}), b"")["key"][0])


def _ledger(path: Path, people: pl.DataFrame) -> None:
    """Write the ledger of last term, as people filled it in."""
    heads = ("序号", "学生姓名", "乡镇", "比对结果", "劝返次数", "劝返人员", "劝返时间", "劝返情况", "台账键")
    lines: list[tuple[str, ...]] = []
    for what, which, result, *visits in _BEFORE:
        row = people.filter(pl.col("what") == what).row(which, named=True)
        key = _key(row["name"], int(row["birth_date"]))
        lines.append((row["name"], f"{row['town']}镇", result, *visits, key))
    name, born, *visits = _GONE
    lines.append((name, "", "疑似辍学", *visits, _key(name, born)))
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(heads)
        writer.writerows((str(number), *line) for number, line in enumerate(lines, 1))


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + frame.write_csv(line_terminator="\r\n").encode())


if __name__ == "__main__":
    write_retention(FOLDER)
