"""Workbooks behind a password are read; the password is asked for once, and nobody else ever sees it."""

from __future__ import annotations

import getpass
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile

import locked_files as locked
import pytest
import table_files as make
from cli_rosters import DAY, child, children, faulty, write_workbook
from msoffcrypto.format.xls97 import Xls97File
from password_files import ASCII_SECRET, LOCKS, SECRET, Ring, put, rows, secrets, workbook

from xueji_cli.commands.passwords import read_passwords
from xueji_cli.console import Console
from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.tables import biff
from xueji_cli.tables.lockedxls import LockedXls
from xueji_cli.tables.reader import ReadOptions, read_tables

# --- what is opened ---


@pytest.mark.parametrize("name", LOCKS)
def test_every_kind_of_lock(command, tmp_path, name):
    """What is found is what is found without the lock."""
    cells = [*faulty("error"), child(5, 姓名="钱雨桐2")]
    put(tmp_path / name, LOCKS[name](cells, ASCII_SECRET))
    make_plain = {"xlsx": workbook(cells), "xls": make.ole("Workbook", locked.biff8(rows(cells)))}
    put(tmp_path / f"plain.{name[-4:].lstrip('.')}", make_plain[name.split(".")[1]])
    secrets(tmp_path / "p.txt", "wrong", ASCII_SECRET)
    told = []
    for file in (name, f"plain.{name[-4:].lstrip('.')}"):
        done = command("check", file, "--as-of", DAY, "--password-file", "p.txt", "--format", "json")
        assert done.status == 1, done.err
        document = json.loads(done.out)
        told.append([(each["code"], each["row"], each["cell"]) for each in document["findings"]])
    assert told[0]
    assert told[0] == told[1]


@pytest.mark.parametrize("name", [name for name in LOCKS if name.endswith(".xls")])
def test_an_xls_comes_out_as_the_library_has_it(name):
    data = LOCKS[name](children(40), ASCII_SECRET)
    known = Xls97File(io.BytesIO(data))
    known.load_key(ASCII_SECRET)
    wanted = io.BytesIO()
    known.decrypt(wanted)
    assert LockedXls(data, biff.workbook_stream(data)).plain(ASCII_SECRET) == wanted.getvalue()


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_decrypted_is_put_aside(tmp_path, monkeypatch, name):
    def refuse(*_, **__):
        pytest.fail("a temporary file")

    path = put(tmp_path / name, LOCKS[name](children(3), ASCII_SECRET))
    for maker in ("mkstemp", "mkdtemp", "TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile"):
        monkeypatch.setattr(tempfile, maker, refuse)
    (table,) = read_tables(str(path), ReadOptions(keys=Ring(ASCII_SECRET)), make.Words())
    assert table.height == 3
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["agile.xlsx", "rc4.xls"])
def test_what_excel_opens_without_asking_is_opened(command, tmp_path, name):
    """A workbook of which only the structure is protected is encrypted with a password that all of them share."""
    put(tmp_path / name, LOCKS[name](children(2), "VelvetSweatshop"))
    done = command("check", name, "--as-of", DAY)
    assert (done.status, done.err) == (0, "")


# --- the file of passwords ---


@pytest.mark.parametrize(
    ("lines", "encoding"),
    [
        ([SECRET], "utf-8"),
        ([SECRET], "utf-8-sig"),
        ([SECRET], "gbk"),
        ([SECRET], "utf-16"),
        (["first", "", SECRET + "\r"], "utf-8"),
        ([f"  {SECRET} "], "utf-8"),
        ([f"名册.xlsx={SECRET}"], "utf-8"),
        ([f"名册={SECRET}"], "gbk"),
        ([f"名*.XLSX = {SECRET}"], "utf-8"),
        (["other.xlsx=first", f"*={SECRET}"], "utf-8"),
    ],
    ids=["plain", "BOM", "GBK", "UTF-16", "several and CRLF", "spaces", "name", "stem", "pattern", "any"],
)
def test_ways_to_write_them(tmp_path, lines, encoding):
    path = secrets(tmp_path / "p.txt", *lines, encoding=encoding)
    named, free = read_passwords(str(path), Console("zh"))
    from xueji_cli.commands.passwords import _names

    wanted = [password.text for name, password in named if _names(name, "县/名册.xlsx")]
    assert SECRET in [*wanted, *(password.text for password in free)]


def test_a_password_with_an_equals_sign(command, tmp_path):
    put(tmp_path / "名册.xlsx", LOCKS["agile.xlsx"](children(2), "a=b="))
    secrets(tmp_path / "p.txt", "*=a=b=")
    assert command("check", "名册.xlsx", "--as-of", DAY, "--password-file", "p.txt").status == 0


def test_mistakes_are_told_by_line_and_never_with_what_stands_there(tmp_path):
    path = secrets(tmp_path / "p.txt", SECRET, f"={SECRET}", "", f"{SECRET}=")
    with pytest.raises(DefinitionError) as caught:
        read_passwords(str(path), Console("zh"))
    assert [each.line for each in caught.value.mistakes] == [2, 4]
    assert SECRET not in repr(caught.value.mistakes)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (None, "password_file_unreadable"),
        (b"\r\n \n", "password_file_empty"),
        (b"\xff\x81\n", "password_file_encoding"),
    ],
    ids=["missing", "empty", "no text"],
)
def test_a_file_without_passwords(tmp_path, content, key):
    path = tmp_path / "p.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_passwords(str(path), Console("zh"))
    assert caught.value.key == key


@pytest.mark.skipif(os.name == "nt", reason="permissions of Unix")
def test_a_file_that_others_can_read_is_told(command, tmp_path):
    put(tmp_path / "a.xlsx", LOCKS["agile.xlsx"](children(1), SECRET))
    secrets(tmp_path / "p.txt", SECRET).chmod(0o644)
    assert "chmod 600" in command("check", "a.xlsx", "--as-of", DAY, "--password-file", "p.txt").err


def test_the_settings_file_names_the_file_from_where_it_stands(command, tmp_path, monkeypatch):
    put(tmp_path / "a.xlsx", LOCKS["agile.xlsx"](children(1), SECRET))
    secrets(tmp_path / "p.txt", SECRET)
    (tmp_path / "xueji.toml").write_text('password_file = "p.txt"\n', encoding="utf-8")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert command("check", "../a.xlsx", "--as-of", DAY, "-q").status == 0


# --- the wrong one, and none ---


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_the_password_one_sentence_and_the_others_go_on(command, tmp_path, lang):
    for name in ("agile.xlsx", "rc4.xls"):
        put(tmp_path / name, LOCKS[name](children(1), ASCII_SECRET))
    write_workbook(tmp_path / "good.xlsx", {"名册": faulty("error")})
    secrets(tmp_path / "p.txt", "wrong", "wrong too")
    for given, key in (([], "password_protected"), (["--password-file", "p.txt"], "password_wrong")):
        done = command(
            "check", "agile.xlsx", "rc4.xls", "good.xlsx", "--as-of", DAY, "--lang", lang, "--format", "json", *given
        )
        assert done.status == 2
        document = json.loads(done.out)
        assert [each["file"] for each in document["inputs"]] == ["good.xlsx"]
        assert {each["file"]: each["reason"] for each in document["unreadable"]} == dict.fromkeys(
            ("agile.xlsx", "rc4.xls"), key
        )
        assert document["findings"]
        for each in document["unreadable"]:
            assert "--password-file" in each["message"]


def test_a_format_whose_lock_is_not_known_says_so(command, tmp_path):
    put(
        tmp_path / "a.ods", make.repacked(make_ods(), "META-INF/manifest.xml", lambda _: b"<manifest:encryption-data/>")
    )
    done = command("check", "a.ods", "--format", "json")
    assert json.loads(done.out)["unreadable"][0]["reason"] == "password_other"


def make_ods():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", "<x/>")
    return out.getvalue()


# --- the terminal ---


@pytest.fixture
def terminal(monkeypatch):
    """A person at a terminal: give the answers, get the questions."""
    asked = []

    def sit(*answers):
        left = list(answers)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(getpass, "getpass", lambda prompt, *_: asked.append(prompt) or left.pop(0))
        return asked

    return sit


def test_asked_once_and_used_for_the_next_files(command, tmp_path, terminal):
    for name in ("a.xlsx", "b.xlsx", "c.xls"):
        kind = "agile.xlsx" if name.endswith("x") else "rc4.xls"
        put(tmp_path / name, LOCKS[kind](children(1), ASCII_SECRET))
    asked = terminal(ASCII_SECRET)
    done = command("check", "a.xlsx", "b.xlsx", "c.xls", "--as-of", DAY, "--select", "ID")
    assert done.status == 0
    assert len(asked) == 1
    assert "a.xlsx" in asked[0]
    assert ASCII_SECRET not in done.out + done.err


def test_an_empty_answer_skips_the_file_and_a_wrong_one_is_asked_again(command, tmp_path, terminal):
    for name in ("a.xlsx", "b.xlsx"):
        put(tmp_path / name, LOCKS["agile.xlsx"](children(1), SECRET))
    asked = terminal("", "wrong", SECRET)
    done = command("check", "a.xlsx", "b.xlsx", "--as-of", DAY, "--format", "json")
    assert done.status == 2
    document = json.loads(done.out)
    assert [each["reason"] for each in document["unreadable"]] == ["password_protected"]
    assert [each["file"] for each in document["inputs"]] == ["b.xlsx"]
    assert [("a.xlsx" in each, "b.xlsx" in each) for each in asked] == [(True, False), (False, True), (False, True)]


def test_three_wrong_answers_are_enough(command, tmp_path, terminal):
    put(tmp_path / "a.xlsx", LOCKS["agile.xlsx"](children(1), SECRET))
    asked = terminal("one", "two", "three")
    done = command("check", "a.xlsx", "--as-of", DAY, "--format", "json")
    assert len(asked) == 3
    assert json.loads(done.out)["unreadable"][0]["reason"] == "password_wrong"


def test_nobody_is_asked_where_nobody_sits(command, tmp_path, monkeypatch):
    put(tmp_path / "a.xlsx", LOCKS["agile.xlsx"](children(1), SECRET))
    monkeypatch.setattr(getpass, "getpass", lambda *_: pytest.fail("asked"))
    assert command("check", "a.xlsx").status == 2


@pytest.mark.skipif(os.name == "nt", reason="terminals of Unix")
def test_on_a_real_terminal_it_is_not_shown(tmp_path):
    """As a person has it: a terminal that shows what is typed unless it is told not to."""
    import pty

    put(tmp_path / "a.xlsx", LOCKS["agile.xlsx"](children(1), ASCII_SECRET))
    ours, theirs = pty.openpty()
    call = [sys.executable, "-m", "xueji_cli", "check", "a.xlsx", "--as-of", DAY]
    running = subprocess.Popen(
        call, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, close_fds=True
    )
    os.close(theirs)
    seen = b""
    try:
        while "密码".encode() not in seen or not seen.rstrip().endswith("：".encode()):
            seen += os.read(ours, 4096)
        time.sleep(0.2)  # the question is there before showing is turned off
        os.write(ours, f"{ASCII_SECRET}\n".encode())
        while True:
            seen += os.read(ours, 4096)
    except OSError:  # the other end is closed
        pass
    assert running.wait(60) == 0
    assert "合计".encode() in seen
    assert ASCII_SECRET.encode() not in seen
    os.close(ours)
