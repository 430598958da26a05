"""A mask can't be undone from what stands beside it: of every masked row, hundreds of ID numbers are possible."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from cli_rosters import DAY, child, id_number, write_roster

from xueji_cli.reports.masking import mask

#: ID numbers that a masked row leaves possible at the least, region, sex, year of birth and every other column being shown.
LEAST = 365

GOLDEN = Path(__file__).parent / "golden"
SHAPE = re.compile(r"[GJL]?\d{6}\*{8}\d{3}.")

#: Children whose rows are reported: sound, with a wrong check character, with a birth date unlike the number, and one twice.
BORN = ("20180307", "20180512", "20171130", "20180101")


def rows() -> list[dict[str, str]]:
    made = []
    for number, born in enumerate(BORN, 1):
        whole = id_number(born, 770 + number)
        made.append(child(number, 身份证件号=whole, 全国学籍号=f"G{whole}", 出生日期=born, 联系电话="123"))
    wrong = made[1]["身份证件号"]
    made[1]["身份证件号"] = wrong[:-1] + ("1" if wrong[-1] == "0" else "0")
    made[2]["出生日期"] = "20170101"
    second = id_number(BORN[3], 780)
    return [*made, made[0] | {"班级": "2班"}, made[3] | {"身份证件号": second, "全国学籍号": f"G{second}"}]


def masked(values: list[str], kind: str) -> list[str]:
    return pl.DataFrame({"v": values}).select(mask(pl.col("v"), kind)).to_series().to_list()


def possible(shown: str, number: str) -> int:
    """Return how many sound ID numbers are left by a row: those whose masks, of number, roll and birth date, are all shown in it."""
    day = date(int(number[6:10]), 1, 1)
    days = [f"{day + timedelta(days=step):%Y%m%d}" for step in range(366 if day.year % 4 == 0 else 365)]
    made = [id_number(each, int(number[14:17]), region=number[:6]) for each in days]
    seen = set(SHAPE.findall(shown))
    years = set(re.findall(r"(\d{4})-\*\*-\*\*", shown))
    fits = zip(days, masked(made, "id"), masked([f"G{each}" for each in made], "id"), strict=True)
    return sum(bool({own, roll} & seen) and (not years or born[:4] in years) for born, own, roll in fits)


def outputs(command, tmp_path: Path) -> dict[str, list[str]]:
    """Return the rows that every report shows: of text reports the lines, of JSON the entries."""
    write_roster(tmp_path / "甲校.csv", rows())
    write_roster(tmp_path / "乙校.csv", [each | {"学校名称": "远谷小学"} for each in rows()])
    found: dict[str, list[str]] = {}
    checked = command(
        "check", "甲校.csv", "--as-of", DAY, "--places", "0", "-v", "-o", "o.json", "-o", "o.csv", "-o", "o.html"
    )
    found["check text"] = checked.out.splitlines()
    found["check json"] = [
        json.dumps(each, ensure_ascii=False)
        for each in json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))["findings"]
    ]
    found["check csv"] = (tmp_path / "o.csv").read_text(encoding="utf-8-sig").splitlines()
    found["check html"] = (tmp_path / "o.html").read_text(encoding="utf-8").split("<tr")
    day = ("--as-of", DAY)
    given = ("甲校.csv", "乙校.csv", *day)
    compared = command(
        "dedupe", *given, "--places", "0", "-v", "-o", "d.json", "-o", "d.csv", "-o", "d.html", "-o", "d.xlsx"
    )
    found["dedupe text"] = re.split(r"\n\s*\n", compared.out)
    document = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    found["dedupe json"] = [
        json.dumps(each, ensure_ascii=False) for each in (*document["clusters"], *document["pairs"])
    ]
    found["dedupe csv"] = (tmp_path / "d.csv").read_text(encoding="utf-8-sig").splitlines()
    found["dedupe html"] = (tmp_path / "d.html").read_text(encoding="utf-8").split("<tr")
    book = openpyxl.load_workbook(tmp_path / "d.xlsx")
    found["dedupe xlsx"] = [" ".join(str(cell) for cell in row if cell) for sheet in book for row in sheet.values]
    found["link json"] = command("link", *given, "--format", "json").out.splitlines()
    document = json.loads(command("reconcile", "甲校.csv", "--actual", "乙校.csv", *day, "--format", "json").out)
    people = [each for school in document["schools"] for each in school["people"].values()]
    found["reconcile json"] = [json.dumps(each, ensure_ascii=False) for some in people for each in some]
    days = ("--old-date", "2025-03-10", "--new-date", "2025-10-15")
    document = json.loads(command("changes", "甲校.csv", "乙校.csv", *days, "--format", "json").out)
    found["changes json"] = [
        json.dumps(each, ensure_ascii=False)
        for key in ("children", "key_information", "findings")
        for each in document[key]
    ]
    lists = ("--roll", "甲校.csv", "--present", "乙校.csv")
    document = json.loads(command("retention", *lists, *day, "--format", "json").out)
    found["retention json"] = [json.dumps(each, ensure_ascii=False) for each in document["children"]]
    found["clean csv"] = command("clean", "甲校.csv", "--as-of", DAY, "--format", "csv").out.splitlines()
    return found


def test_every_masked_row_leaves_a_year_of_numbers(command, tmp_path):
    numbers = {each["身份证件号"] for each in rows()}
    for name, lines in outputs(command, tmp_path).items():
        told = [line for line in lines if SHAPE.search(line)]
        assert told or name in ("link json", "clean csv", "reconcile json", "retention json"), name
        for line in told:
            shown = {each.lstrip("GJL") for each in SHAPE.findall(line)}
            for number in () if name.endswith("html") else numbers:  # a page holds all rows in one line of its script
                if masked([number], "id")[0] in shown:
                    assert possible(line, number) >= LEAST, (name, line)
        text = "\n".join(lines)
        # Sequence number and check character never stand together, in a number cut short or in another column neither.
        assert [number for number in numbers if number[14:] in text] == [], name


def test_the_measure_sees_a_mask_that_shows_the_check_character(monkeypatch):
    """With the last four characters, one number in eleven was left."""
    number = id_number("20180307", 77)
    monkeypatch.setattr(
        "test_masks.masked", lambda values, _: [re.sub(r"^(\D?\d{6})\d{8}", r"\1********", each) for each in values]
    )
    assert 28 <= possible(f"{number[:6]}********{number[14:]} 2018-**-**", number) <= 38


@pytest.mark.parametrize(
    "kind", ["id", "phone", "none", "codes", "month", "address", "name", "unknown", "school", "class", "number"]
)
def test_no_mask_of_any_column_shows_the_end_of_a_number(kind):
    number = id_number("20180307", 77)
    typed = [
        number,
        f"G{number}",
        number[:-2] + number[-1],
        f"{number}1",
        f"'{number}",
        f"{number[:6]} {number[6:14]} {number[14:]}",
        f"证号{number}。",
    ]
    for shown in masked(typed, kind):
        assert number[15:] not in shown, (kind, shown)


def test_what_the_check_character_should_be_is_not_told(command, tmp_path):
    write_roster(tmp_path / "r.csv", rows())
    found = json.loads(command("check", "r.csv", "--as-of", DAY, "--select", "ID03", "--format", "json").out)[
        "findings"
    ]
    assert found
    assert {each["message"] for each in found} == {"最后一位是校验码，和前 17 位对不上：号码里至少有一位打错了。"}


def test_all_golden_reports_hide_it():
    seen = {each for path in GOLDEN.iterdir() for each in SHAPE.findall(path.read_text(encoding="utf-8"))}
    assert len(seen) > 10
    assert [each for each in seen if not each.endswith("*")] == []
