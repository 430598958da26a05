"""Workbooks are written with a password where that was asked for: whole, by every command, and nothing else beside them."""

from __future__ import annotations

import csv
import getpass
import io
import re
import sys
from pathlib import Path

import msoffcrypto
import openpyxl
import pytest
from cli_rosters import DAY, child, children, faulty, write_roster, write_workbook

import xueji_cli.tables.locked
from xueji_cli.errors import UserError
from xueji_cli.tables.secret import Password
from xueji_cli.tables.writing import protected, protects, whole_file

SECRET = "Wv3望舒-Okapi47"


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key.txt"
    path.write_text(f"{SECRET}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def quick(monkeypatch):
    """With few rounds: what is told about the files is the same."""
    from msoffcrypto.method.ecma376_agile import ECMA376Agile

    whole = ECMA376Agile.encrypt
    monkeypatch.setattr(ECMA376Agile, "encrypt", staticmethod(lambda key, data: whole(key, data, spin_count=10)))


def opened(path, password=SECRET):
    """Return a workbook that needs its password."""
    with Path(path).open("rb") as stream:
        assert stream.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"{path} has no password"
        file = msoffcrypto.OfficeFile(stream)
        file.load_key(password=password, verify_password=True)
        plain = io.BytesIO()
        file.decrypt(plain, verify_integrity=True)
    return openpyxl.load_workbook(plain)


def cells(book):
    return [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book]


def test_a_workbook_is_the_same_behind_its_password(command, tmp_path, key):
    """With all the rounds that are promised."""
    write_workbook(tmp_path / "a.xlsx", {"名册": faulty("error", "warning")})
    command("check", "a.xlsx", "--as-of", DAY, "-o", "plain.xlsx")
    done = command("check", "a.xlsx", "--as-of", DAY, "-o", "b.xlsx", "--protect-file", "key.txt")
    assert (done.status, done.err) == (1, "")
    assert cells(opened("b.xlsx")) == cells(openpyxl.load_workbook("plain.xlsx"))
    with Path("b.xlsx").open("rb") as stream:
        info = msoffcrypto.OfficeFile(stream).info
    assert (info["spinValue"], info["passwordHashAlgorithm"], info["passwordKeyBits"]) == (100_000, "SHA512", 256)


#: A line of every command that writes workbooks about people.
PROTECTED = [
    ["check", "a.csv", "b.csv", "-o", "r.xlsx", "--as-of", DAY],
    ["check", "a.csv", "b.csv", "-o", "out/", "--as-of", DAY],
    ["clean", "a.csv", "-o", "r.xlsx", "--log", "l.xlsx", "--as-of", DAY],
    ["clean", "a.csv", "b.csv", "-o", "out/", "--as-of", DAY],
    ["dedupe", "a.csv", "b.csv", "-o", "r.xlsx", "-o", "out/", "--as-of", DAY],
    ["link", "a.csv", "b.csv", "-o", "r.xlsx", "--as-of", DAY],
    ["reconcile", "a.csv", "--actual", "b.csv", "-o", "r.xlsx", "-o", "out/", "--as-of", DAY],
    ["changes", "a.csv", "b.csv", "--old-date", "2025-03-10", "--new-date", "2025-10-10", "-o", "r.xlsx"],
    ["retention", "--roll", "a.csv", "--present", "b.csv", "-o", "r.xlsx", "-o", "out/", "--as-of", DAY],
]


@pytest.mark.usefixtures("quick", "key")
@pytest.mark.parametrize(
    "arguments",
    PROTECTED,
    ids=lambda arguments: f"{arguments[0]} {arguments[-3]}",
)
def test_every_workbook_of_every_command(command, tmp_path, arguments):
    write_roster(tmp_path / "a.csv", [*children(3), child(8, 民族="汉")])
    write_roster(tmp_path / "b.csv", [*children(2), child(9)])
    done = command(*arguments, "--protect-file", "key.txt")
    assert done.status in (0, 1), done.err
    books = [path for path in tmp_path.rglob("*") if path.suffix in (".xlsx", ".xlsm")]
    assert len(books) >= sum(part.endswith((".xlsx", "/")) for part in arguments)
    for path in books:
        assert opened(path).sheetnames
    others = {path.name for path in tmp_path.rglob("*") if path.is_file()} - {path.name for path in books}
    assert others == {"a.csv", "b.csv", "key.txt"}
    assert SECRET not in done.out + done.err
    assert not protects()


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "a.csv", "-o", "r.xlsx", "-o", "r.html"],
        ["clean", "a.csv", "-o", "r.csv"],
        ["clean", "a.csv", "-o", "r.xlsx", "--log", "l.jsonl"],
        ["reconcile", "a.csv", "--actual", "a.csv", "-o", "r.docx"],
    ],
    ids=["page", "CSV", "log", "document"],
)
def test_what_can_have_no_password_is_refused_before_any_work(command, tmp_path, arguments):
    write_roster(tmp_path / "a.csv", children(2))
    done = command(*arguments, "--protect-file", "key.txt")
    assert done.status == 2
    assert "--protect" in done.err
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "key.txt"}


@pytest.mark.parametrize(
    ("content", "words"),
    [("one\ntwo\n", "2"), ("\n\n", "0"), ("x" * 256, "255"), ("a\tb", "255")],
    ids=["two lines", "none", "too long", "a tab"],
)
def test_a_file_without_one_password(command, tmp_path, key, content, words):
    write_roster(tmp_path / "a.csv", children(2))
    key.write_text(content, encoding="utf-8")
    done = command("check", "a.csv", "-o", "r.xlsx", "--protect-file", "key.txt")
    assert done.status == 2
    assert words in done.err
    assert content.strip() not in done.err or not content.strip()
    assert not (tmp_path / "r.xlsx").exists()


@pytest.mark.usefixtures("quick")
def test_asked_for_twice_and_again_when_the_two_differ(command, tmp_path, monkeypatch):
    write_roster(tmp_path / "a.csv", children(2))
    left = ["one", "two", SECRET, SECRET]
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda *_: left.pop(0))
    assert command("check", "a.csv", "--as-of", DAY, "-o", "r.xlsx", "--protect").status == 0
    assert left == []
    assert opened("r.xlsx").sheetnames


def test_nobody_there_to_say_one(command, tmp_path):
    write_roster(tmp_path / "a.csv", children(2))
    done = command("check", "a.csv", "-o", "r.xlsx", "--protect")
    assert done.status == 2
    assert "--protect-file" in done.err
    assert not (tmp_path / "r.xlsx").exists()
    # Nothing is written: nobody is asked.
    assert command("check", "a.csv", "--as-of", DAY, "--protect").status == 0


@pytest.mark.usefixtures("quick", "key")
def test_what_was_written_is_read_back(command, tmp_path):
    """Decisions, logs and ledgers come back with the password they were written with."""
    write_roster(tmp_path / "a.csv", [child(1), child(2, 民族="汉")])
    write_roster(tmp_path / "b.csv", [child(1)])
    command("clean", "a.csv", "-o", "c.xlsx", "--log", "l.xlsx", "--as-of", DAY, "--protect-file", "key.txt")
    done = command("clean", "c.xlsx", "--undo", "l.xlsx", "-o", "back.xlsx", "--password-file", "key.txt")
    assert done.status == 0, done.err
    assert "汉" in str(cells(openpyxl.load_workbook("back.xlsx")))
    again = ("dedupe", "a.csv", "b.csv", "--as-of", DAY, "--protect-file", "key.txt", "-o")
    assert command(*again, "d.xlsx").status == 1
    done = command(*again, "e.xlsx", "--decisions", "d.xlsx")
    assert done.status == 1, done.err
    assert "decisions_columns" not in done.err


def test_a_workbook_that_would_not_open_is_not_written(tmp_path, monkeypatch):
    """It is opened once more before it takes its place; the last one is still there."""
    from msoffcrypto.format.ooxml import OOXMLFile

    target = tmp_path / "r.xlsx"
    target.write_bytes(b"the last one")
    monkeypatch.setattr(OOXMLFile, "decrypt", lambda _, out: out.write(b"another"))
    with pytest.raises(UserError, match="output_failed"), protected(Password(SECRET)), whole_file(target) as temporary:
        openpyxl.Workbook().save(temporary)
    assert target.read_bytes() == b"the last one"
    assert [path.name for path in tmp_path.iterdir()] == ["r.xlsx"]


def test_a_large_workbook(tmp_path):
    """Past seven megabytes the container has a second kind of table, which many writers get wrong."""
    import random

    path = tmp_path / "r.xlsx"
    rng = random.Random(1)
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    with protected(Password(SECRET)), whole_file(path) as temporary:
        book.save(temporary)
        import zipfile

        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr("xl/media/noise.bin", rng.randbytes(9_000_000))
    assert path.stat().st_size > 9_000_000
    assert opened(path).active["A1"].value == "x"
    from xueji_cli.tables.ole import Container

    assert Container(path.read_bytes()).stream("EncryptedPackage")


def test_formats_without_a_lock_stay_as_they_are(tmp_path):
    """The state file of `xueji clean` is none of a child's data, and is written all the same."""
    with protected(Password(SECRET)), whole_file(tmp_path / "s.json") as temporary:
        temporary.write_text("{}")
    assert (tmp_path / "s.json").read_text() == "{}"
    assert xueji_cli.tables.locked.MOST_SPINS >= 100_000


# --- who may see it ---

_LINE = re.compile(r"谁可以看|Who may see this|audience")


@pytest.mark.parametrize("note", [None, "仅限县教育局学籍科"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "a.csv", "-o", "r.xlsx", "-o", "r.html", "-o", "r.json", "-o", "r.jsonl", "--as-of", DAY],
        ["dedupe", "a.csv", "b.csv", "-o", "r.xlsx", "-o", "r.html", "-o", "r.json", "--as-of", DAY],
        ["link", "a.csv", "b.csv", "-o", "r.xlsx", "-o", "r.html", "-o", "r.json", "--as-of", DAY],
        ["reconcile", "a.csv", "--actual", "b.csv", "-o", "r.xlsx", "-o", "r.html", "-o", "r.json", "--as-of", DAY],
        [
            *("changes", "a.csv", "b.csv", "--old-date", "2025-03-10", "--new-date", "2025-10-10"),
            *("-o", "r.xlsx", "-o", "r.html", "-o", "r.json"),
        ],
        [
            *("retention", "--roll", "a.csv", "--present", "b.csv", "--as-of", DAY),
            *("-o", "r.xlsx", "-o", "r.html", "-o", "r.json"),
        ],
        ["clean", "a.csv", "--as-of", DAY],
        ["clean", "a.csv", "--as-of", DAY, "--format", "json"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_report_says_who_may_see_it(command, tmp_path, arguments, note):
    write_roster(tmp_path / "a.csv", [*children(3), child(8, 民族="汉")])
    write_roster(tmp_path / "b.csv", [*children(2), child(9)])
    given = [] if note is None else ["--note", note]
    usual = "仍能认出是谁"
    done = command(*arguments, *given)
    assert done.status in (0, 1), done.err
    texts = {"stdout": done.out.replace("\n", "")}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("r.*") if path.suffix != ".xlsx"}
    if (tmp_path / "r.xlsx").exists():
        book = openpyxl.load_workbook(tmp_path / "r.xlsx")
        texts["r.xlsx"] = "\n".join(str(cell) for sheet in cells(book) for row in sheet for cell in row)
    for name, text in texts.items():
        assert _LINE.search(text), name
        # A marked copy of the only input is the user's own data, and more is said of it.
        whole = name == "r.xlsx" and arguments[0] == "check"
        assert (note or ("第二十五条" if whole else usual)) in text, name
        if note:
            assert usual not in text, name


def test_a_revealed_report_says_that_it_is_whole(command, tmp_path):
    write_roster(tmp_path / "a.csv", faulty("error"))
    done = command("check", "a.csv", "--as-of", DAY, "--reveal", "-o", "r.html")
    for text in (done.out.replace("\n", ""), (tmp_path / "r.html").read_text(encoding="utf-8")):
        assert "第二十五条" in text


def test_a_note_is_text_and_nothing_else(command, tmp_path):
    write_roster(tmp_path / "a.csv", faulty("error"))
    write_roster(tmp_path / "b.csv", faulty("error"))
    command("check", "a.csv", "b.csv", "--as-of", DAY, "--note", "=<script>1</script>", "-o", "r.html", "-o", "r.xlsx")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "=&lt;script&gt;1&lt;/script&gt;" in page
    assert "<script>1" not in page
    found = [cell for sheet in openpyxl.load_workbook("r.xlsx") for row in sheet for cell in row if cell.value]
    assert [cell.data_type for cell in found if "script" in str(cell.value)] == ["s"]


def test_csv_reports_have_no_place_for_it(command, tmp_path):
    write_roster(tmp_path / "a.csv", faulty("error"))
    command("check", "a.csv", "--as-of", DAY, "-o", "r.csv", "--note", "仅限本局")
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert next(csv.reader(stream))[0] == "code"
