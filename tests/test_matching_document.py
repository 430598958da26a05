"""schemas/README.md documents the whole `matching:` block, and a model written from it alone gives good results."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from cli_rosters import id_number

from xueji_cli.schema import matching
from xueji_cli.schema.loading import load_schema

DOCUMENT = (Path(__file__).parent.parent / "schemas" / "README.md").read_text(encoding="utf-8")
SECTION = DOCUMENT.split("## 比对模型")[1]
EXAMPLE = next(
    block for block in re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL) if block.startswith("name: teacher")
)

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_GIVEN = ("建国", "秀英", "志强", "丽华", "文斌", "晓燕", "海涛", "玉兰", "俊杰", "雪梅", "国庆")


def teacher(number: int, **changes: str) -> dict[str, str]:
    birth = f"19{70 + number % 25}{1 + number % 12:02}{1 + number % 28:02}"
    sex = number % 2
    cells = {
        "教师姓名": _SURNAMES[number % 20] + _GIVEN[number % 11],
        "性别": "男" if sex else "女",
        "出生日期": f"{birth[:4]}-{birth[4:6]}-{birth[6:]}",
        "身份证号": id_number(birth, 100 + number % 800),
        "教师编号": f"T{10_000 + number * 37}",
        "手机号": f"139{20_000_000 + number * 7_919}",
        "任教学科": ("语文", "数学", "英语", "体育")[number % 4],
        "任教学校": ("东校", "西校", "南校")[number % 3],
    }
    return cells | changes


@pytest.fixture
def rows() -> list[dict[str, str]]:
    """Six hundred teachers, four of whom stand there twice, and one who only has another's name."""
    people = [teacher(number) for number in range(600)]
    own = people[3]["身份证号"]
    people.append(people[3] | {"任教学校": "南校", "身份证号": own[:12] + own[13] + own[12] + own[14:]})
    people.append(people[10] | {"任教学校": "东校", "身份证号": "", "教师编号": ""})
    people.append(people[21] | {"任教学校": "西校", "教师编号": "T90001"})
    people.append(people[34] | {"任教学校": "东校", "身份证号": "", "教师编号": people[34]["教师编号"][:-1] + "X"})
    people.append(teacher(900, 教师姓名=people[50]["教师姓名"]))
    return people


def test_the_example_finds_what_it_should_and_nothing_else(command, tmp_path, rows):
    (tmp_path / "教师.yaml").write_text(EXAMPLE, encoding="utf-8")
    with (tmp_path / "教师名单.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = command("schema", "check", "教师.yaml")
    assert done.status == 0, done.out + done.err
    done = command("dedupe", "教师名单.csv", "--schema", "教师.yaml", "--format", "json", "--as-of", "2025-10-15")
    document = json.loads(done.out)
    pairs = {tuple(sorted((p["left"]["row"], p["right"]["row"]))): p["verdict"] for p in document["pairs"]}
    assert {rows for rows, verdict in pairs.items() if verdict == "duplicate"} == {
        (5, 602),
        (12, 603),
        (23, 604),
        (36, 605),
    }
    assert {school["school"] for school in document["summary"]["by_school"]} == {"东校", "西校", "南校"}
    titles = command("dedupe", "教师名单.csv", "--schema", "教师.yaml", "--as-of", "2025-10-15").out
    assert "手机号" in titles
    plan = command("dedupe", "教师名单.csv", "--schema", "教师.yaml", "--as-of", "2025-10-15", "--plan")
    assert "姓名读音 + 手机号" in plan.out


def test_every_key_kind_level_and_form_is_documented():
    for key in (*matching._MODEL_KEYS, *matching._COMPARISON_KEYS, *matching.KNOWLEDGE):
        assert f"`{key}`" in SECTION, key
    table = SECTION.split("### `kind`")[1]
    for kind, levels in matching.KINDS.items():
        line = next(line for line in table.splitlines() if line.startswith(f"| `{kind}` |"))
        for level in levels:
            said = re.search(rf"`{level.name}`[^；|]*?([0-9.]+)\s*(?:；|\|)", line)
            assert said, (kind, level.name)
            assert float(said[1]) == level.m, (kind, level.name)
        for form in matching.FORMS[kind]:
            assert f"`{form}`" in line, (kind, form)


def test_defaults_are_as_documented():
    model = load_schema("person", ()).matching
    assert model is not None
    for key, value in (
        ("duplicate", model.duplicate),
        ("review", model.review),
        ("rate", model.rate),
        ("block", model.block),
    ):
        line = next(line for line in SECTION.splitlines() if line.startswith(f"| `{key}` |"))
        assert line.rstrip(" |").endswith(f"| {value:g}"), key
