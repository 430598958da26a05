"""`xueji dedupe` on the command line: what it finds, how it ends, what it refuses, and that nothing personal shows."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from pathlib import Path

import openpyxl
import pytest
from cli_rosters import DAY, child, children, id_number, write_roster, write_workbook
from rich.cells import cell_len

from sample_data.make_duplicates import FILES, FOLDER, rosters, write_samples


def swapped(number: str) -> str:
    """Return a number with its two last digits but one exchanged."""
    return (
        number[:15] + number[16] + number[15] + number[17]
        if number[15] != number[16]
        else number[:14] + number[15] + number[14] + number[16:]
    )


@pytest.fixture
def schools(tmp_path: Path) -> list[str]:
    """Two schools: a child in both, one with a mistyped number, twins, and one number on two children."""
    there = children(40)
    away = [child(number, 学校名称="远谷小学", 学校标识码="2134130002") for number in range(41, 81)]
    moved = {"学校名称": "远谷小学", "学校标识码": "2134130002"}
    wrong = swapped(there[1]["身份证件号"])
    away.append(there[0] | moved)
    away.append(there[1] | moved | {"身份证件号": wrong, "全国学籍号": f"L341323{there[1]['出生日期']}0012"})
    twin = there[2]
    number = id_number(twin["出生日期"], int(twin["身份证件号"][14:17]) + 2)
    there.append(twin | {"姓名": twin["姓名"][0] + "晨曦", "身份证件号": number, "全国学籍号": f"G{number}"})
    stranger = child(81, 姓名="呼延烈", 身份证件号=there[4]["身份证件号"], 全国学籍号=there[4]["全国学籍号"])
    away.append(stranger | moved)
    write_workbook(tmp_path / "虚谷小学.xlsx", {"花名册": there}, above=1)
    write_roster(tmp_path / "远谷小学.csv", away, encoding="gb18030")
    return ["虚谷小学.xlsx", "远谷小学.csv"]


def found(out: str) -> dict[str, int]:
    document = json.loads(out)
    return {name: document["summary"][f"{name}_pairs"] for name in ("duplicate", "review", "distinct")}


def as_json(command, *arguments):
    done = command("dedupe", *arguments, "--as-of", DAY, "--format", "json")
    return done, json.loads(done.out)


def test_what_is_found(command, schools):
    done, document = as_json(command, *schools)
    assert (done.status, done.err) == (1, "")
    assert document["schema"] == "xueji/dedupe/v1"
    by_rows = {
        (pair["left"]["row"], pair["right"]["row"], pair["verdict"], pair["guard"]) for pair in document["pairs"]
    }
    told = {(*sorted(each[:2]), *each[2:]) for each in by_rows}
    # The workbook has a title above its header, so its children begin in row 3.
    assert (3, 42, "duplicate", None) in told
    assert (4, 43, "duplicate", None) in told
    assert (5, 43, "distinct", "twins") in told
    assert (7, 44, "review", "same_number") in told
    assert document["summary"]["clusters"] == document["summary"]["extra_registrations"] == 2
    assert document["summary"]["guards"]["twins"] == 1


def test_reasons_add_up_to_the_weight_of_their_pair(command, schools):
    _, document = as_json(command, *schools)
    assert len(document["pairs"]) >= 4
    for pair in document["pairs"]:
        assert sum(reason["weight"] for reason in pair["reasons"]) == pytest.approx(pair["weight"], abs=1e-6)
        assert pair["reasons"][-1]["field"] == "prior"
        assert all(reason["text"] for reason in pair["reasons"])


def test_members_and_places_of_the_contract(command, schools):
    _, document = as_json(command, *schools)
    cluster = document["clusters"][0]
    assert (cluster["id"], cluster["verdict"]) == ("D0001", "duplicate")
    for member in cluster["members"]:
        assert set(member) == {"file", "sheet", "row", "school", "class", "name", "id_number"}
    assert {"records", "pairs_compared", "by_school", "not_compared"} <= set(document["summary"])
    assert {school["school"] for school in document["summary"]["by_school"]} == {"虚谷小学", "远谷小学"}
    assert [set(key) for key in document["keys"]] == [{"key", "records", "blocks", "pairs"}] * len(document["keys"])
    # Every pair of a cluster names it, and its members are the pair's records.
    named = {pair["cluster"] for pair in document["pairs"] if pair["verdict"] == "duplicate"}
    assert named == {each["id"] for each in document["clusters"] if each["verdict"] == "duplicate"}


def test_two_runs_are_byte_identical_and_order_changes_nothing_but_places(command, tmp_path, schools):
    first, document = as_json(command, *schools)
    again, _ = as_json(command, *schools)
    assert first.out == again.out
    _, turned = as_json(command, *reversed(schools))
    rows = list(csv.reader(io.StringIO((tmp_path / schools[1]).read_bytes().decode("gb18030"))))
    body = rows[1:]
    random.Random(3).shuffle(body)
    text = io.StringIO()
    csv.writer(text).writerows([rows[0], *body])
    (tmp_path / schools[1]).write_bytes(text.getvalue().encode("gb18030"))
    _, shuffled = as_json(command, *schools)

    def said(found):
        return [{k: v for k, v in pair.items() if k not in ("left", "right")} for pair in found["pairs"]]

    assert said(document) == said(turned) == said(shuffled)


@pytest.mark.parametrize(
    ("options", "status"),
    [([], 1), (["--fail-on", "warning"], 1), (["--fail-on", "never"], 0), (["--within-school"], 0)],
)
def test_exit_status(command, schools, options, status):
    assert command("dedupe", *schools, "--as-of", DAY, *options).status == status


def test_nothing_found_ends_with_0_and_says_so(command, tmp_path):
    write_roster(tmp_path / "a.csv", children(5))
    done = command("dedupe", "a.csv", "--as-of", DAY)
    assert (done.status, done.err) == (0, "")
    assert "没有发现重复登记" in done.out


def test_within_and_across_schools(command, schools):
    _, within = as_json(command, *schools, "--within-school")
    _, across = as_json(command, *schools, "--across-schools")
    assert [pair["guard"] for pair in within["pairs"]] == ["twins"]
    assert across["summary"]["duplicate_pairs"] == 2
    assert "twins" not in across["summary"]["guards"]


def test_rows_without_a_school_belong_to_the_one_their_file_is_named_after(command, tmp_path):
    rows = [{k: v for k, v in row.items() if not k.startswith("学校")} for row in children(60)]
    write_roster(tmp_path / "甲.csv", rows)
    write_roster(tmp_path / "乙.csv", rows[:1])
    _, document = as_json(command, "甲.csv", "乙.csv", "--across-schools")
    assert document["summary"]["duplicate_pairs"] == 1
    assert {each["school"] for each in document["summary"]["by_school"]} == {"甲", "乙"}


def test_thresholds(command, schools):
    _, strict = as_json(command, *schools, "--threshold", "0.99999999")
    _, usual = as_json(command, *schools)
    assert strict["run"]["thresholds"]["duplicate"] == 0.99999999
    assert usual["run"]["thresholds"] == {"duplicate": 0.98, "review": 0.5}
    _, low = as_json(command, *schools, "--threshold", "0.3")
    assert low["run"]["thresholds"] == {"duplicate": 0.3, "review": 0.3}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--threshold", "2"], "大于 0、小于 1"),
        (["--threshold", "高"], "大于 0、小于 1"),
        (["--threshold", "0.5", "--review-threshold", "0.9"], "不能高于"),
        (["--within-school", "--across-schools"], "只能用一个"),
        (["--plan", "-o", "x.json"], "--plan 只在屏幕上显示"),
        (["--explain", "a:1", "b:2", "--format", "csv"], "--explain 只在屏幕上显示"),
        (["--explain", "虚谷小学.xlsx", "b:2"], "文件:行号"),
        (["--explain", "没有.xlsx:3", "远谷小学.csv:2"], "没有“没有.xlsx”"),
        (["--explain", "虚谷小学.xlsx:900", "远谷小学.csv:2"], "第 900 行不是学生数据"),
        (["--explain", "虚谷小学.xlsx:3", "虚谷小学.xlsx:3"], "同一条记录"),
        (["--decisions", "虚谷小学.xlsx"], "“结论”和“记录键”"),
        (["--decisions", "没有.xlsx"], "找不到文件"),
        (["-o", "虚谷小学.xlsx"], "不能把结果写到输入文件"),
        (["-o", "x.pdf"], "不能写成 .pdf"),
        (["--schema", "class"], "没有可以比对的人"),
    ],
)
def test_mistakes_of_the_user_are_one_sentence(command, schools, options, words):
    done = command("dedupe", *schools, "--as-of", DAY, *options)
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert "Traceback" not in done.err


def test_a_table_that_holds_no_people_is_named_and_the_others_go_on(command, tmp_path, schools):
    (tmp_path / "班级.csv").write_text("班号,班级名称,年级\n1,1班,一年级\n", encoding="utf-8")
    done = command("dedupe", *schools, "班级.csv", "--as-of", DAY)
    assert done.status == 2
    assert "班级.csv" in done.out
    assert "登记了不止一次" in done.out


def test_people_of_two_kinds_are_not_mixed(command, tmp_path, schools):
    (tmp_path / "p.csv").write_text("given_name,surname,date_of_birth\nAnn,Lee,19900101\n", encoding="utf-8")
    done = command("dedupe", *schools, "p.csv", "--as-of", DAY)
    assert (done.status, done.out) == (2, "")
    assert "不能把几种表混在一起比" in done.err


def test_plan_compares_nothing(command, schools):
    done = command("dedupe", *schools, "--as-of", DAY, "--plan")
    assert (done.status, done.err) == (0, "")
    assert "姓名读音 + 出生日期" in done.out
    done = command("dedupe", *schools, "--as-of", DAY, "--plan", "--format", "json")
    document = json.loads(done.out)
    assert document["schema"] == "xueji/match-plan/v1"
    assert document["records"] == 84
    assert {key["key"] for key in document["keys"]} >= {"id.number", "name.sound + birth"}
    assert "pairs" not in document


def test_large_blocks_are_named(command, tmp_path):
    rows = [
        child(n, 姓名="王一一", 性别="男", 出生日期="20180101", 身份证件号="", 全国学籍号="") for n in range(1, 260)
    ]
    write_roster(tmp_path / "a.csv", rows)
    _, document = as_json(command, "a.csv")
    assert document["large_blocks"]
    block = document["large_blocks"][0]
    assert block["records"] == 259
    assert block["example"]["file"] == "a.csv"
    out = command("dedupe", "a.csv", "--as-of", DAY).out
    assert "259 条相同" in out


def test_records_without_anything_to_compare_are_listed(command, tmp_path):
    empty = child(9, 姓名="", 性别="", 出生日期="", 身份证件号="", 全国学籍号="", 联系电话="", 现住址="")
    empty |= {name: "" for name in empty if name.startswith("成员")}
    write_roster(tmp_path / "a.csv", [*children(3), empty])
    _, document = as_json(command, "a.csv")
    assert [place["row"] for place in document["not_compared"]] == [5]
    assert "1 条没有可比的信息" in command("dedupe", "a.csv", "--as-of", DAY).out


def test_explain_tells_every_reason_whatever_the_verdict(command, schools):
    places = ("虚谷小学.xlsx:3", "远谷小学.csv:2")
    done = command("dedupe", *schools, "--as-of", DAY, "--explain", *places)
    assert (done.status, done.err) == (0, "")
    assert "不是同一人" in done.out
    done = command("dedupe", *schools, "--as-of", DAY, "--explain", *places, "--format", "json")
    document = json.loads(done.out)
    assert document["schema"] == "xueji/match-explain/v1"
    assert document["verdict"] == "distinct"
    assert {reason["field"] for reason in document["reasons"]} >= {"id", "name", "birth", "sex", "phone", "prior"}
    # A pair that came out of the run is told as the run judged it.
    twins = ("虚谷小学.xlsx:5", "虚谷小学.xlsx:花名册:43")
    document = json.loads(command("dedupe", *schools, "--as-of", DAY, "--explain", *twins, "--format", "json").out)
    assert (document["verdict"], document["guard"]) == ("distinct", "twins")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_window(command, schools, monkeypatch, lang, width):
    monkeypatch.setenv("COLUMNS", str(width))
    for options in ([], ["--plan"], ["--explain", "虚谷小学.xlsx:3", "远谷小学.csv:42"]):
        out = command("dedupe", *schools, "--as-of", DAY, "--lang", lang, *options).out
        wide = [line for line in out.splitlines() if cell_len(line) > width]
        assert wide == []


def test_nothing_personal_in_any_output(command, tmp_path, schools):
    rows = list(csv.reader(io.StringIO((tmp_path / schools[1]).read_bytes().decode("gb18030"))))
    # A row that slipped: a name and a number stand where the school and the class are.
    slipped = dict(zip(rows[0], rows[-2], strict=True))
    slipped |= {"学校名称": "欧阳珀琛13987305521", "班级": "341323201803070777", "年级": "慕容昀笙"}
    write_roster(tmp_path / schools[1], [*(dict(zip(rows[0], row, strict=True)) for row in rows[1:]), slipped])
    header, *body = rows
    secrets = {"珀琛", "7305", "20180307", "昀笙"}
    for row in body:
        cells = dict(zip(header, row, strict=True))
        number = cells["身份证件号"]
        secrets |= {number[6:14], number, cells["姓名"], cells["成员1姓名"], cells["联系电话"], cells["出生日期"]}
        secrets |= {re.sub(r"^.{3}(.*).{2}$", r"\1", cells["联系电话"])}
    names = ["o.json", "o.jsonl", "o.csv", "o.html", "o.xlsx", "d/"]
    done = command("dedupe", *schools, "--as-of", DAY, "-v", "--places", "0", *(x for n in names for x in ("-o", n)))
    assert done.status == 1
    texts = [done.out, done.err]
    texts += [command("dedupe", *schools, "--as-of", DAY, "--format", how).out for how in ("json", "jsonl", "csv")]
    texts.append(command("dedupe", *schools, "--as-of", DAY, "--explain", "虚谷小学.xlsx:3", "远谷小学.csv:42").out)
    texts.append(command("dedupe", *schools, "--as-of", DAY, "--plan").out)
    texts += [(tmp_path / name).read_text(encoding="utf-8-sig") for name in names[:4]]
    texts += [path.name for path in (tmp_path / "d").iterdir()]
    for path in (tmp_path / "o.xlsx", *(tmp_path / "d").iterdir()):
        book = openpyxl.load_workbook(path)
        texts += book.sheetnames
        texts += [str(cell.value) for sheet in book for row in sheet for cell in row]
    everything = "\n".join(texts)
    assert len(secrets) > 20
    assert [secret for secret in secrets if secret and secret in everything] == []


def test_reveal_shows_it(command, schools):
    done, document = as_json(command, *schools, "--reveal")
    names = {member["name"] for cluster in document["clusters"] for member in cluster["members"]}
    assert done.status == 1
    assert child(1)["姓名"] in names


def test_the_samples_are_what_the_script_makes(tmp_path):
    write_samples(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in FOLDER.iterdir()}
    for name in ("说明.md", "西关小学.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
    for name in FILES.values():
        if name.endswith(".xlsx"):
            made, kept = (openpyxl.load_workbook(folder / name).active for folder in (tmp_path, FOLDER))
            assert [c.value for row in made for c in row] == [c.value for row in kept for c in row]


def test_what_was_planted_in_the_samples_is_judged_as_planned(command):
    planted = rosters()[1]
    _, document = as_json(command, *(str(FOLDER / name) for name in FILES.values()))
    told = {
        frozenset((Path(pair[side]["file"]).name, pair[side]["row"]) for side in ("left", "right")): pair["verdict"]
        for pair in document["pairs"]
    }
    assert {each.kind: told.get(frozenset(each.places)) for each in planted} == {
        each.kind: each.verdict for each in planted
    }
    # Besides what was planted there are the twins that life has, and nothing else.
    rest = {verdict for places, verdict in told.items() if places not in {frozenset(each.places) for each in planted}}
    assert rest <= {"distinct"}
