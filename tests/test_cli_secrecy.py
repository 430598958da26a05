"""Personal data stays masked in everything that is shown or written, whatever cell it was typed into.

A roster with a fault in every field, in which every name, number, phone, address and date of birth is one that can be looked for.
"""

from __future__ import annotations

import re
from itertools import product

import pytest
from cli_rosters import DAY, HEADERS, child, id_number, write_roster

NAME = "欧阳珀琛"
BIRTH = "20180307"
ID = id_number(BIRTH, 77)
GUARDIAN = "慕容昀笙"
GUARDIAN_ID = id_number("19870619", 88)
PHONE = "13987305521"
LANDLINE = "05577712345"
ADDRESS = "灵谷县望舒巷77号3单元"
EMAIL = "pochen_ouyang@example.org"

#: What may not be seen: enough of each to tell who it is.
SECRETS = {
    "name": "珀琛",
    "guardian": "昀笙",
    "id": ID[6:14],
    "id tail": ID[10:],
    "guardian id": GUARDIAN_ID[6:14],
    "birth": r"2018\D{0,3}0?3\D{0,3}0?7",
    "phone": PHONE[3:7] + ".{0,3}" + PHONE[7:],
    "phone tail": PHONE[4:9],
    "landline": LANDLINE[4:10],
    "address": "77号",
    "email": "pochen",
}

FULLWIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")

#: Cells as they are met: right, damaged, and in the wrong column.
CELLS = {
    "name": [NAME, f"{NAME}（转学）", f"{NAME}2", f"{NAME} ", "欧阳 珀琛", f"{NAME}?", f"x{NAME}", f"{NAME}\u200b", f"{NAME}·"],
    "guardian": [GUARDIAN, f"{GUARDIAN}（父）", f"{GUARDIAN}/{NAME}"],
    "id": [
        ID, ID[:-1] + ("0" if ID[-1] != "0" else "1"), ID[:-1], ID + "1", f"'{ID}", f" {ID}", f"{ID[:6]} {ID[6:14]} {ID[14:]}",
        ID.replace("0", "O", 1), ID.translate(FULLWIDTH), ID[:6] + ID[8:17], f"{ID}.0", f"{ID}/{GUARDIAN_ID}", f"{NAME}{ID}",
        f"身份证{ID}", "3.41323E+17", "99" + ID[2:], ID[:6] + "20181332" + ID[14:], GUARDIAN_ID,
    ],
    "roll": [f"G{ID}", f"L{ID}", f"g{ID}", f"G{ID}1", f"G {ID}", f"X{ID}", f"J{ID[:6]}{BIRTH}0012", ID],
    "phone": [
        PHONE, PHONE[:-1], PHONE + "1", f"{PHONE}/{LANDLINE}", f"{PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}", f"+86{PHONE}",
        PHONE.translate(FULLWIDTH), f"{GUARDIAN}{PHONE}", f"{PHONE}（{GUARDIAN}）", LANDLINE, f"{LANDLINE[:4]}-{LANDLINE[4:]}", PHONE[:4],
    ],
    "address": [ADDRESS, f"{ADDRESS} ", f"{ADDRESS}{PHONE}", "望舒巷77号", ADDRESS + "x" * 300],
    "birth": [BIRTH, "2018-03-07", "2018/3/7", "2018年3月7日", "2018.03.07", "2018-3-7 0:00:00", "201803", "20180307x", "43166"],
    "email": [EMAIL, EMAIL.replace("@", "#"), f"{EMAIL};"],
}  # fmt: skip

COLUMNS = (
    *HEADERS,
    "电子信箱",
    "通信地址",
    "曾用名",
    "成员2姓名",
    "成员2身份证件号",
    "成员2联系电话",
    "成员1工作单位",
    "成员1现住址",
    "备注",
    "学号",
)

#: The kind of data that belongs in a column.
HOMES = {
    "姓名": "name",
    "曾用名": "name",
    "身份证件号": "id",
    "全国学籍号": "roll",
    "出生日期": "birth",
    "联系电话": "phone",
    "现住址": "address",
    "通信地址": "address",
    "电子信箱": "email",
    **{f"成员{n}姓名": "guardian" for n in (1, 2)},
    **{f"成员{n}身份证件号": "id" for n in (1, 2)},
    **{f"成员{n}联系电话": "phone" for n in (1, 2)},
    "成员1现住址": "address",
    "成员1工作单位": "address",
}


def roster(planted):
    """Return rows with one planted cell each, over children who share the secrets as well."""
    base = dict.fromkeys(COLUMNS, "") | child(1)
    base |= {
        "姓名": NAME,
        "身份证件号": ID,
        "全国学籍号": f"G{ID}",
        "出生日期": BIRTH,
        "现住址": ADDRESS,
        "联系电话": PHONE,
    }
    base |= {"成员1姓名": GUARDIAN, "成员1联系电话": PHONE, "成员1身份证件号": GUARDIAN_ID, "电子信箱": EMAIL}
    return [base | {column: cell} for column, cell in planted]


#: Every damaged cell in its own column, and one of each kind in every other column that says something about a child.
AT_HOME = [(column, cell) for column, kind in HOMES.items() for cell in CELLS[kind]]
ASTRAY = [(column, cells[0]) for column, (kind, cells) in product(COLUMNS, CELLS.items()) if HOMES.get(column) != kind]

SHOWN = [["--format", "text", "--places", "0", "-v"], ["--format", "json"], ["--format", "jsonl"], ["--format", "csv"]]


def seen(text):
    """Return which secrets a text gives away."""
    flat = re.sub(r'"sha256": "[0-9a-f]+"', "", text)
    return {name for name, pattern in SECRETS.items() if re.search(pattern, flat)}


@pytest.mark.parametrize("how", SHOWN, ids=lambda how: how[1])
@pytest.mark.parametrize("planted", [AT_HOME, ASTRAY], ids=["at home", "astray"])
def test_nothing_is_seen(command, tmp_path, planted, how):
    path = write_roster(tmp_path / "r.csv", roster(planted))
    done = command(
        "check", path, "--as-of", DAY, *how, "-o", "r.html", "-o", "r.json", "-o", "r.jsonl", "-o", "r.csv.csv"
    )
    assert done.status == 1
    assert seen(done.err) == set()
    files = {
        name: (tmp_path / name).read_text(encoding="utf-8") for name in ("r.html", "r.json", "r.jsonl", "r.csv.csv")
    }
    for name, text in {"stdout": done.out, **files}.items():
        leaks = [line for line in text.splitlines() if seen(line)]
        assert leaks == [], f"{name}: {len(leaks)}"


def test_what_is_looked_for_is_there_to_be_found(command, tmp_path):
    """The same run with --reveal shows every secret, so the tests above can fail."""
    path = write_roster(tmp_path / "r.csv", roster(AT_HOME))
    done = command("check", path, "--as-of", DAY, "--format", "json", "--reveal", "-o", "r.html")
    assert seen(done.out) == set(SECRETS)
    assert {"name", "id", "phone", "address"} <= seen((tmp_path / "r.html").read_text(encoding="utf-8"))


def test_a_row_that_slipped_by_a_column(command, tmp_path):
    """The commonest accident of all: one cell too many, and everything after it stands one column too far right."""
    rows = [dict(zip(HEADERS, ["", *right.values()], strict=False)) for right in roster([("备注", "")] * 3)]
    write_roster(tmp_path / "r.csv", rows)
    for how in SHOWN:
        done = command("check", "r.csv", "--as-of", DAY, *how, "-o", "r.html")
        assert done.status == 1
        assert seen(done.out) == seen(done.err) == seen((tmp_path / "r.html").read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("options", [[], ["--header-row", "2"]], ids=["no header", "a child for a header"])
def test_a_file_without_a_header_does_not_tell_the_first_child(command, tmp_path, options):
    path = write_roster(tmp_path / "r.csv", roster([("备注", "")] * 3))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[1:]), encoding="utf-8")
    done = command("check", path, "--as-of", DAY, *options)
    assert done.status == 2
    assert seen(done.out + done.err) == set()
    assert "珀" not in done.out + done.err


def test_the_list_of_many_files_is_masked_and_the_copies_are_the_users_own(command, tmp_path):
    import openpyxl

    for name in ("a.csv", "b.csv"):
        write_roster(tmp_path / name, roster(AT_HOME[:12]))
    command("check", "a.csv", "b.csv", "--as-of", DAY, "-o", "out/")
    (overview,) = [path for path in (tmp_path / "out").iterdir() if not path.name.startswith(("a", "b"))]
    book = openpyxl.load_workbook(overview)
    cells = [
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    ]
    assert len(cells) > 100
    assert [cell for cell in cells if seen(cell)] == []


def test_what_is_thrown_away_is_thrown_away(command, tmp_path, monkeypatch):
    """Nothing is left in the folder of temporary files."""
    import tempfile

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    write_roster(tmp_path / "r.csv", roster(AT_HOME[:12]))
    assert command("check", "r.csv", "--as-of", DAY, "-o", "r.xlsx", "-o", "r.html", "-o", "out/").status == 1
    assert list(scratch.iterdir()) == []
