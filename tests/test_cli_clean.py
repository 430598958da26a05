"""`xueji clean` as the user runs it: files in, files out, logs, undo, batches, exit codes, secrecy."""

from __future__ import annotations

import json
from pathlib import Path

import fastexcel
import openpyxl
import polars as pl
import pytest
from cli_rosters import DAY, child, children, write_roster, write_workbook
from table_files import OFFICE, converted

from xueji_cli.cleaning.writing import SUFFIXES
from xueji_cli.reports.change_log import SUFFIXES as LOGS

NUMBER = child(1)["身份证件号"]


def dirty() -> list[dict[str, str]]:
    rows = children(5)
    rows[0]["民族"] = "汉"
    rows[1]["姓名"] = "\u200b张　三\u3000"
    rows[2]["出生日期"] = "{}年{}月{}日".format(*(rows[2]["出生日期"][a:b] for a, b in ((0, 4), (4, 6), (6, 8))))
    rows[3]["联系电话"] = "13705576281/13905576282"
    rows[4]["身份证件号"] = "'" + rows[4]["身份证件号"]
    return rows


def texts(path: Path) -> pl.DataFrame:
    """Read an output with another reader than ours."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    if path.suffix == ".csv":
        return pl.read_csv(path, infer_schema=False)
    return fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_polars()


@pytest.fixture
def clean(command):
    def run(*arguments, status=0):
        done = command("clean", *arguments, *([] if "--undo" in arguments else ["--as-of", DAY]))
        assert done.status == status, done.out + done.err
        return done

    return run


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_holds_the_clean_values(clean, tmp_path, suffix):
    roster = write_roster(tmp_path / "r.csv", dirty())
    before = roster.read_bytes()
    out = tmp_path / f"out{suffix}"
    done = clean(roster, "-o", out)
    assert roster.read_bytes() == before
    got = texts(out)
    right = children(5)
    assert got.height == 5
    assert got["姓名"].to_list() == [right[0]["姓名"], "张三", *(row["姓名"] for row in right[2:])]
    for header in ("民族", "出生日期", "身份证件号", "全国学籍号", "户口所在地行政区划"):
        assert got[header].to_list() == [row[header] for row in right], header
    assert got["联系电话"].to_list()[3] == "13705576281"
    assert got["联系电话其余号码"].to_list()[3] == "13905576282"
    assert "CD02" in done.out


def test_the_workbook_is_text_with_a_filter_a_frozen_header_and_drop_downs(clean, tmp_path):
    out = tmp_path / "out.xlsx"
    clean(write_roster(tmp_path / "r.csv", dirty()), "-o", out)
    sheet = openpyxl.load_workbook(out).worksheets[0]
    assert sheet.title == "学生"
    heads = [cell.value for cell in sheet[1]]
    number = sheet.cell(2, heads.index("身份证件号") + 1)
    assert (number.value, number.data_type, number.number_format) == (NUMBER, "s", "@")
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref.startswith("A1:")
    ranges = {str(each.sqref): each for each in sheet.data_validations.dataValidation}
    sex = ranges[
        f"{openpyxl.utils.get_column_letter(heads.index('性别') + 1)}2:{openpyxl.utils.get_column_letter(heads.index('性别') + 1)}6"
    ]
    assert "男" in sex.formula1
    assert sheet.column_dimensions[number.column_letter].width >= 20


def test_national_template_has_71_columns_in_their_order(clean, tmp_path):
    from xueji_cli.schema.loading import load_schema
    from xueji_cli.schema.template import template_fields

    out = tmp_path / "out.xlsx"
    clean(write_roster(tmp_path / "r.csv", dirty()), "-o", out)
    wanted = [field.template_header or field.title for field in template_fields(load_schema("student"))]
    heads = texts(out).columns
    assert len(wanted) == 71
    assert heads[:71] == wanted
    asis = tmp_path / "asis.xlsx"
    clean(tmp_path / "r.csv", "-o", asis, "--template", "asis")
    assert texts(asis).columns[: len(child())] == list(child())


@pytest.mark.parametrize("suffix", LOGS)
@pytest.mark.parametrize("kind", [".xlsx", ".csv", ".parquet"])
def test_undo_restores_what_was_written(clean, tmp_path, suffix, kind):
    rows = dirty()
    rows[0]["现住址"] = "虚谷镇\n东街１号"
    rows[1]["现住址"] = "' 东街_x0041_２号 "
    roster = write_roster(tmp_path / "r.csv", rows)
    out, log, back = tmp_path / f"out{kind}", tmp_path / f"log{suffix}", tmp_path / f"back{kind}"
    clean(roster, "-o", out, "--log", log, "--template", "asis")
    done = clean(out, "--undo", log, "-o", back)
    assert " 8 " in done.out
    got = texts(back)
    assert got.columns == list(child())
    for header in child():
        assert got[header].to_list() == [row[header] or None for row in rows], header


def test_undo_says_which_cells_were_edited_since(clean, command, tmp_path):
    roster = write_roster(tmp_path / "r.csv", dirty())
    out, log = tmp_path / "out.csv", tmp_path / "log.csv"
    clean(roster, "-o", out, "--log", log, "--template", "asis")
    out.write_text(out.read_text("utf-8").replace("汉族", "回族", 1), "utf-8")
    done = clean(out, "--undo", log, "-o", tmp_path / "back.csv", status=1)
    assert "民族" in done.out
    other = write_roster(tmp_path / "other.csv", children(2))
    assert clean(other, "--undo", log, "-o", tmp_path / "x.csv", status=2).err
    assert clean(out, "--undo", roster, "-o", tmp_path / "x.csv", status=2).err
    assert not (tmp_path / "x.csv").exists()


def test_a_second_cleaning_changes_nothing_and_check_has_nothing_left_to_repair(clean, command, tmp_path):
    out = tmp_path / "out.xlsx"
    clean(write_roster(tmp_path / "r.csv", dirty()), "-o", out)
    data = json.loads(clean(out, "--format", "json").out)
    assert data["summary"]["safe"] == 0
    second = tmp_path / "again.xlsx"
    clean(out, "-o", second)
    assert texts(second).equals(texts(out), null_equal=True)
    found = json.loads(command("check", out, "--as-of", DAY, "--format", "json").out)["findings"]
    assert not [each for each in found if "xueji clean" in each["suggestion"]]


def test_files_of_different_shape_become_one_table(clean, tmp_path):
    rows = children(4)
    first = [{header: row[header] for header in ("姓名", "身份证件号", "性别")} | {"宿舍": "1号"} for row in rows[:2]]
    second = [{"性 别": row["性别"], "sfzjh": row["身份证件号"], "学生姓名": row["姓名"]} for row in rows[2:]]
    write_workbook(tmp_path / "甲.xlsx", {"一班": first[:1], "二班": first[1:]}, above=2)
    write_roster(tmp_path / "乙.csv", second, encoding="gb18030")
    out = tmp_path / "out.csv"
    done = clean(tmp_path / "甲.xlsx", tmp_path / "乙.csv", "-o", out, "--origin")
    got = texts(out)
    assert got["姓名"].to_list() == [row["姓名"] for row in rows]
    assert got["身份证件号"].to_list() == [row["身份证件号"] for row in rows]
    assert got["性别"].to_list() == [row["性别"] for row in rows]
    assert got["宿舍"].to_list() == ["1号", "1号", None, None]
    assert got["来源行"].to_list() == ["4", "4", "2", "3"]
    assert got.columns[-3:] == ["宿舍", "来源文件", "来源行"]
    assert "4" in done.out


def test_columns_of_any_schema(clean, command, tmp_path):
    roster = write_roster(tmp_path / "r.csv", dirty())
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "name: mine\ntitle: 我的\nfields:\n"
        "  - {name: id_number, title: 证件, type: id_number, aliases: [身份证件号]}\n"
        "  - {name: name, title: 名字, type: name}\n"
        "  - {name: bus, title: 坐校车, code: yes_no}\n",
        "utf-8",
    )
    out = tmp_path / "out.xlsx"
    clean(roster, "-o", out, "--template", mine)
    got = texts(out)
    assert got.columns[:3] == ["证件", "名字", "坐校车"]
    assert got["证件"].to_list() == [row["身份证件号"] for row in children(5)]
    assert set(child()) - {"身份证件号", "姓名", "学校名称", "户口所在地行政区划"} <= set(got.columns)
    assert "mine" not in clean(roster, "--template", "nothing", status=2).out


def test_split_by_school_takes_the_field_by_any_of_its_names(clean, tmp_path):
    rows = children(3)
    rows[2]["学校名称"] = "乙/小学"
    clean(write_roster(tmp_path / "r.csv", rows), "-o", f"{tmp_path}/out/", "--split-by", "学校名称")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["乙_小学.xlsx", "虚谷小学.xlsx"]


def test_split_writes_a_file_for_each_class(clean, tmp_path):
    rows = children(4)
    rows[2]["班级"] = rows[3]["班级"] = "2班"
    rows[0]["民族"] = "汉"
    log = tmp_path / "log.jsonl"
    clean(write_roster(tmp_path / "r.csv", rows), "-o", f"{tmp_path}/out/", "--split-by", "班级", "--log", log)
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == ["虚谷小学 一年级 1班.xlsx", "虚谷小学 一年级 2班.xlsx"]
    assert texts(tmp_path / "out" / made[1])["姓名"].to_list() == [row["姓名"] for row in rows[2:]]
    changes = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [(each["to_row"], Path(each["to_file"]).name) for each in changes] == [(2, made[0])]


def test_batches_take_only_what_is_new_or_changed(clean, command, tmp_path):
    inbox, out, state = tmp_path / "inbox", f"{tmp_path}/out/", tmp_path / "state.json"
    write_roster(inbox / "a" / "名册.csv", dirty())
    write_roster(inbox / "b" / "名册.csv", children(2))
    arguments = (inbox, "-o", out, "-r", "--since-state", state)
    first = json.loads(clean(*arguments, "--format", "json").out)
    assert sorted(Path(each["file"]).relative_to(tmp_path).as_posix() for each in first["outputs"]) == [
        "out/a/名册.csv.xlsx",
        "out/b/名册.csv.xlsx",
    ]
    second = json.loads(clean(*arguments, "--format", "json").out)
    assert (second["outputs"], second["summary"]["unchanged_files"]) == ([], 2)
    write_roster(inbox / "b" / "名册.csv", children(3))
    (inbox / "坏.xlsx").write_bytes(b"PK\x03\x04 nothing")
    third = json.loads(clean(*arguments, "--format", "json", status=2).out)
    assert [each["rows"] for each in third["outputs"]] == [3]
    assert len(third["unreadable"]) == 1
    # What could not be read is tried again; other options clean everything anew.
    assert json.loads(clean(*arguments, "--format", "json", status=2).out)["unreadable"]
    anew = json.loads(clean(*arguments, "--template", "asis", "--format", "json", status=2).out)
    assert len(anew["outputs"]) == 2
    state.write_text("{}")
    assert clean(*arguments, status=2).err


def test_diff_and_previews_write_nothing_and_show_no_personal_data(clean, tmp_path):
    rows = dirty()
    roster = write_roster(tmp_path / "r.csv", rows)
    before = sorted(tmp_path.iterdir())
    done = clean(roster, "--diff")
    assert sorted(tmp_path.iterdir()) == before
    assert "汉 → 汉族" in done.out
    for secret in ("张三", "13705576281", "13905576282", rows[4]["身份证件号"][1:], rows[2]["出生日期"]):
        assert secret not in done.out
        assert secret not in clean(roster).out
        assert secret not in clean(roster, "--format", "json").out
        assert secret not in clean(roster, "--format", "jsonl").out
        assert secret not in clean(roster, "--format", "csv").out
    assert "13905576282" in clean(roster, "--diff", "--reveal").out
    for option in (("-o", "x.csv"), ("--log", "x.csv"), ("--since-state", "s.json")):
        assert clean(roster, "--diff", *option, status=2).err


def test_select_and_ignore_narrow_the_repairs(clean, tmp_path):
    roster = write_roster(tmp_path / "r.csv", dirty())
    told = json.loads(clean(roster, "--select", "CD", "--format", "json").out)["changes"]
    assert [each["rule"] for each in told] == ["CD02"]
    told = json.loads(clean(roster, "--ignore", "CD,NM", "--format", "json").out)["changes"]
    assert {each["rule"] for each in told} == {"DT04", "PH02", "FD07"}


def test_exit_codes(clean, command, tmp_path):
    left = children(2)
    left[0]["民族"] = "华族"
    roster = write_roster(tmp_path / "r.csv", left)
    assert "CD01" in clean(roster, status=1).out
    clean(roster, "--fail-on", "never")
    assert "no.csv" in clean(roster, tmp_path / "no.csv", status=2).err
    clean(write_roster(tmp_path / "ok.csv", children(2)))


def test_unsafe_fills_from_the_number_and_reference_restores_it(clean, tmp_path):
    rows = children(3)
    rows[0]["出生日期"] = ""
    lost = rows[1]["身份证件号"]
    rows[1]["身份证件号"] = lost[:15] + "000"
    roster = write_roster(tmp_path / "r.csv", rows)
    reference = write_roster(tmp_path / "ref.csv", children(3))
    out = tmp_path / "out.csv"
    done = clean(roster, "-o", out, "--reference", reference, status=1)
    assert "--unsafe" in done.out
    assert texts(out)["身份证件号"][1] == lost[:15] + "000"
    clean(roster, "-o", out, "--reference", reference, "--unsafe")
    got = texts(out)
    assert got["出生日期"][0] == children(1)[0]["出生日期"]
    assert got["身份证件号"][1] == lost


def test_short_names_of_schools_by_a_list(clean, tmp_path):
    rows = children(2)
    rows[0]["学校名称"] = "虚小"
    names = write_roster(tmp_path / "names.csv", [{"简称": "虚小", "全称": "虚谷小学"}])
    out = tmp_path / "out.csv"
    clean(write_roster(tmp_path / "r.csv", rows), "-o", out, "--school-names", names)
    assert texts(out)["学校"].to_list() == ["虚谷小学", "虚谷小学"]
    twice = write_roster(tmp_path / "twice.csv", [{"简称": "虚小", "全称": "甲"}, {"简称": "虚小", "全称": "乙"}])
    assert "虚小" in clean(tmp_path / "r.csv", "--school-names", twice, status=2).err


def test_formulas_are_harmless_and_strokes_stay(clean, tmp_path):
    rows = children(2)
    rows[0]["现住址"], rows[1]["现住址"] = "=HYPERLINK(1)", "-"
    roster = write_roster(tmp_path / "r.csv", rows)
    out = tmp_path / "out.csv"
    done = clean(roster, "-o", out)
    assert texts(out)["现住址"].to_list() == ["'=HYPERLINK(1)", "-"]
    assert "'" in done.err
    # The apostrophe is no dirt: taking it off and putting it on again would never end.
    assert json.loads(clean(out, "--format", "json").out)["summary"]["safe"] == 0
    book = tmp_path / "out.xlsx"
    clean(roster, "-o", book)
    cell = openpyxl.load_workbook(book).worksheets[0]["T2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


def test_outputs_are_refused_before_any_work(clean, tmp_path):
    roster = write_roster(tmp_path / "r.csv", children(1))
    before = roster.read_bytes()
    assert clean(roster, "-o", roster, status=2).err
    assert clean(roster, "-o", "x.docx", status=2).err
    assert clean(roster, "--log", "x.html", status=2).err
    assert clean(roster, "-o", "no/folder/x.csv", status=2).err
    assert clean(roster, "-o", "x.csv", "--split-by", "班级", status=2).err
    assert clean(roster, "-o", "out/", "--split-by", "没有这列", status=2).err
    assert clean(roster, "-o", "x.csv", "--log", "./x.csv", status=2).err
    assert clean(roster, "-o", "x.csv", "--since-state", "s.json", status=2).err
    assert clean(tmp_path, "-o", f"{tmp_path}/out/", status=2).err
    assert clean(roster, "--undo", "log.csv", status=2).err
    assert roster.read_bytes() == before


def test_lists_of_another_kind_are_not_mixed_in(clean, tmp_path):
    roster = write_roster(tmp_path / "r.csv", children(1))
    classes = write_roster(
        tmp_path / "c.csv", [{"班级名称": "1班", "班号": "2025101", "班主任姓名": "郑老师", "建班年月": "202509"}]
    )
    done = clean(roster, classes, "-o", "x.csv", status=2)
    assert "c.csv" in done.err
    assert not Path("x.csv").exists()


def test_layout_is_put_right(clean, tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    heads = list(child())
    sheet.append(["虚谷小学花名册"])
    sheet.append(heads)
    rows = [list(row.values()) for row in children(4)]
    for row in (*rows[:2], [], heads, *rows[2:], ["合计", None, None, None, "4人"]):
        sheet.append(row)
    column = heads.index("班级") + 1
    sheet.cell(4, column).value = None
    sheet.merge_cells(start_row=3, start_column=column, end_row=4, end_column=column)
    book.save(tmp_path / "b.xlsx")
    out = tmp_path / "out.csv"
    done = clean(tmp_path / "b.xlsx", "-o", out)
    got = texts(out)
    assert got["姓名"].to_list() == [row["姓名"] for row in children(4)]
    assert got["班级"].to_list() == ["1班"] * 4
    assert all(code in done.out for code in ("TB08", "TB09", "TB10"))


@pytest.mark.office
@pytest.mark.skipif(OFFICE is None, reason="needs LibreOffice")
@pytest.mark.parametrize("suffix", ["xls", "xlsx"])
def test_saved_by_an_office_program_it_is_the_same(clean, command, tmp_path, suffix):
    rows = dirty()
    rows[0]["身份证件号"] = rows[0]["身份证件号"][:17] + "0"
    out = tmp_path / "out.xlsx"
    clean(write_roster(tmp_path / "r.csv", rows), "-o", out)
    saved = tmp_path / f"saved.{suffix}"
    saved.write_bytes(converted(out.read_bytes(), ".xlsx", suffix, tmp_path))

    def found(path: Path) -> list[tuple[str, ...]]:
        data = json.loads(command("check", path, "--as-of", DAY, "--reveal", "--format", "json").out)
        return [(each["code"], each["cell"], each["value"], each["message"]) for each in data["findings"]]

    assert found(saved) == found(out)
    assert json.loads(clean(saved, "--format", "json").out)["summary"]["safe"] == 0


def test_nothing_to_repair_is_said(clean, tmp_path):
    assert "没有需要改的地方" in clean(write_roster(tmp_path / "r.csv", children(2))).out
    assert "Nothing had to be changed" in clean(tmp_path / "r.csv", "--lang", "en").out
