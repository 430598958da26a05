"""Workbooks behind a password are read; the password is asked for once, and nobody else ever sees it."""

from __future__ import annotations

import getpass
import io
import json
import logging
import os
import pickle
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import Future
from pathlib import Path

import locked_files as locked
import openpyxl
import pytest
import table_files as make
import test_tables_errors
from cli_rosters import DAY, HEADERS, child, children, faulty, write_workbook
from msoffcrypto.format.xls97 import Xls97File

from xueji_cli.commands.passwords import read_passwords
from xueji_cli.console import Console
from xueji_cli.errors import DefinitionError, InputError, UserError
from xueji_cli.tables import biff
from xueji_cli.tables.blob import Blob
from xueji_cli.tables.locked import MOST_ROUNDS, MOST_SPINS, unlocked
from xueji_cli.tables.lockedxls import LockedXls
from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.secret import Password

SECRET = "Xq7灵谷-Zebra91"
ASCII_SECRET = "Xq7-Zebra91"


def rows(cells):
    return [list(HEADERS), *([row[header] for header in HEADERS] for row in cells)]


def workbook(cells):
    return make.xlsx(rows(cells))


#: Kind of lock → a workbook with these children behind it.
LOCKS = {
    # With a hundredth of the rounds that programs take.
    "agile.xlsx": lambda cells, password: locked.agile_of(workbook(cells), password, 1000),
    "standard.xlsx": lambda cells, password: locked.standard(workbook(cells), password),
    "rc4.xls": lambda cells, password: locked.rc4_xls(rows(cells), password),
    "cryptoapi.xls": lambda cells, password: locked.cryptoapi_xls(rows(cells), password),
    "xor.xls": lambda cells, password: locked.xor_xls(rows(cells), password),
}


class Ring:
    """Passwords without anybody to ask."""

    def __init__(self, *texts):
        self.texts = texts
        self.said = []

    @property
    def used(self):
        return bool(self.said)

    def holds(self, _file):
        return False

    def tries(self, _file):
        yield from map(Password, self.texts)

    def opened(self, file, password):
        self.said.append((file, password.text))


def blob(data, name="a.xlsx"):
    digest = Future()
    digest.set_result("")
    return Blob(name, data, digest)


def put(path, data):
    path.write_bytes(data)
    return path


def secrets(path, *lines, encoding="utf-8"):
    path.write_bytes("\n".join(lines).encode(encoding))
    path.chmod(0o600)
    return path


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


# --- hostile ---


def described(change):
    return locked.with_info(locked.agile_of(workbook(children(1)), SECRET, 1), change)


HOSTILE = {
    "spins": ("password_slow", lambda: described(lambda i: i.replace(b'spinCount="1"', b'spinCount="%d"' % (MOST_SPINS + 1)))),
    "endless spins": ("password_slow", lambda: described(lambda i: i.replace(b'spinCount="1"', b'spinCount="4000000000"'))),
    "entities": (
        "corrupt",
        lambda: described(lambda i: i.replace(b"<encryption ", b'<!DOCTYPE a [<!ENTITY b "x">]><encryption ', 1)),
    ),
    "no XML": ("corrupt", lambda: described(lambda i: i[:40])),
    "no description": ("corrupt", lambda: make.locked_xlsx()),
    "unknown version": ("password_other", lambda: described(lambda i: b"\x04\x00\x03\x00" + i[4:])),
    "no package inside": ("corrupt", lambda: locked.agile_of(b"nothing that is a workbook", SECRET, 1)),
    "a lock behind the lock": ("corrupt", lambda: locked.agile_of(locked.agile_of(b"PK", SECRET, 1), SECRET, 1)),
    "bomb": ("too_large", lambda: locked.agile_of(test_tables_errors.bomb(), SECRET, 1)),
    "cut off": ("corrupt", lambda: locked.agile(workbook(children(30)), SECRET)[:-3000]),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_lock_is_refused_in_time(command, tmp_path, name):
    key, data = HOSTILE[name]
    put(tmp_path / "a.xlsx", data())
    write_workbook(tmp_path / "good.xlsx", {"名册": faulty("error")})
    secrets(tmp_path / "p.txt", SECRET)
    before = time.process_time()
    done = command("check", "a.xlsx", "good.xlsx", "--as-of", DAY, "--password-file", "p.txt", "--format", "json")
    assert time.process_time() - before < 20
    assert done.status == 2
    document = json.loads(done.out)
    assert [each["reason"] for each in document["unreadable"]] == [key]
    assert document["findings"]


@pytest.mark.parametrize("name", ["agile.xlsx", "standard.xlsx", "rc4.xls", "cryptoapi.xls", "xor.xls"])
def test_a_damaged_lock_is_one_error(name):
    """Every byte of a small part of the file is broken in turn; nothing but an error of ours comes out."""
    data = LOCKS[name](children(1), ASCII_SECRET)
    places = range(0, len(data), max(len(data) // (5 if name == "standard.xlsx" else 25), 1))
    for place in places:
        broken = data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]
        try:
            opened, _ = unlocked(blob(broken, name), Ring(ASCII_SECRET))
        except InputError:
            continue
        assert opened.data


def test_not_more_is_tried_than_there_is_time_for():
    tried = []

    class Endless(Ring):
        def tries(self, _file):
            while True:
                tried.append(1)
                yield Password("wrong")

    import xueji_cli.tables.locked as room

    class Quick:
        rounds = MOST_SPINS

        def fits(self, _password):
            return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "lock_of", lambda _: Quick())
        with pytest.raises(InputError, match="password_many"):
            unlocked(blob(b""), Endless())
    assert len(tried) <= MOST_ROUNDS // MOST_SPINS + 2


def test_the_bounds_are_those_that_are_promised():
    told = (Path(__file__).parent.parent / "SECURITY.md").read_text(encoding="utf-8")
    for number in (MOST_SPINS, MOST_ROUNDS):
        assert f" {number:,} " in told


# --- secrecy ---


def test_a_password_is_in_nothing_that_comes_out(command, tmp_path, caplog, monkeypatch):
    """Planted in a file of passwords; looked for in every output, log, trace, property and temporary file."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    caplog.set_level(logging.DEBUG)
    logging.getLogger("msoffcrypto").setLevel(logging.NOTSET)
    for name, build in LOCKS.items():
        put(tmp_path / name, build(faulty("error"), ASCII_SECRET))
    put(tmp_path / "other.xlsx", LOCKS["agile.xlsx"](children(1), "another"))
    secrets(tmp_path / "p.txt", "wrong", f"*={ASCII_SECRET}")
    # The library has written here while the files were made.
    caplog.clear()
    logging.getLogger("msoffcrypto").setLevel(logging.NOTSET)
    told = ""
    outputs = ["r.html", "r.json", "r.jsonl", "r.csv", "out/"]
    for how in ("text", "json"):
        done = command(
            "check", *LOCKS, "other.xlsx", "--as-of", DAY, "--password-file", "p.txt", "--debug", "-v", "--format", how,
            *(part for each in outputs for part in ("-o", each)),
        )  # fmt: skip
        assert done.status == 2
        told += done.out + done.err
    done = command("clean", *LOCKS, "--password-file", "p.txt", "-o", "clean.xlsx", "--log", "log.csv", "--as-of", DAY)
    told += done.out + done.err + caplog.text
    # An error of the program itself, with its trace, while the password is at hand.
    monkeypatch.setattr("xueji_cli.tables.locked.unlocked", lambda *_: 1 / 0)
    done = command("check", "agile.xlsx", "--password-file", "p.txt", "--debug")
    assert done.status == 3
    told += done.out + done.err
    assert "ZeroDivisionError" in told
    everything = told.encode()
    files = [each for each in tmp_path.rglob("*") if each.is_file() and each.name != "p.txt"]
    assert {"r.html", "clean.xlsx", "log.csv"} <= {each.name for each in files}
    assert len(list((tmp_path / "out").iterdir())) == len(LOCKS) + 1
    for file in files:
        data = file.read_bytes()
        everything += data
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                everything += b"".join(archive.read(each) for each in archive.namelist())
    assert list(scratch.iterdir()) == []
    for form in (ASCII_SECRET.encode(), ASCII_SECRET.encode("utf-16-le"), b"Zebra91"):
        assert form not in everything


@pytest.mark.parametrize("option", ["--password-file", "--protect-file"])
@pytest.mark.parametrize("how", [[], ["--memory", "256MB"]], ids=["whole", "in pieces"])
def test_a_password_file_among_the_inputs_is_not_quoted(command, tmp_path, option, how):
    """What can't be read as a roster is shown, so that people see why; not this."""
    (tmp_path / "in").mkdir()
    write_workbook(tmp_path / "in/good.xlsx", {"名册": faulty("error")})
    secrets(tmp_path / "in/p.csv", "Zebra-Okapi")
    outputs = ("-o", "r.xlsx", "-v", "--format", "json")
    done = command("check", "in", "./in/p.csv", "--as-of", DAY, option, "in/p.csv", *how, *outputs)
    assert done.status == 2
    assert {each["reason"] for each in json.loads(done.out)["unreadable"]} == {"password_file_as_input"}
    assert "Zebra" not in done.out + done.err
    # What would be seen of it otherwise:
    assert "Zebra" in command("check", "in/p.csv").err


def test_what_is_looked_for_would_be_found(caplog):
    """The library that opens workbooks logs passwords, unless it is kept from it."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("msoffcrypto").setLevel(logging.NOTSET)
    from msoffcrypto.method.ecma376_standard import ECMA376Standard

    ECMA376Standard.makekey_from_password(ASCII_SECRET, 0x660E, 0x8004, 0x18, 128, 16, bytes(16))
    assert ASCII_SECRET in caplog.text


def test_a_password_shows_itself_to_nobody():
    password = Password(SECRET)
    options = ReadOptions(keys=Ring(SECRET))
    for shown in (repr(password), str(password), f"{password}", f"{[password]}", repr(options)):
        assert SECRET not in shown
    with pytest.raises(TypeError):
        pickle.dumps(password)


def test_no_option_takes_a_password(command):
    """Other users see command lines."""
    from xueji_cli.commands import options

    named = [name for name in vars(options) if "assword" in name or "rotect" in name]
    assert sorted(named) == ["PasswordFile", "Protect", "ProtectFile"]
    for option in ("--password", "--protect-password"):
        assert command("check", "a.xlsx", option, SECRET).status == 2


# --- what is made of such a workbook ---


def test_the_marked_copy_is_of_the_workbook_and_says_that_it_has_no_password(command, tmp_path):
    plain = io.BytesIO()
    book = openpyxl.load_workbook(io.BytesIO(workbook(faulty("error"))))
    book.create_sheet("校长的话")["A1"] = "原样"
    book.save(plain)
    put(tmp_path / "a.xlsx", locked.agile(plain.getvalue(), SECRET))
    secrets(tmp_path / "p.txt", SECRET)
    done = command("check", "a.xlsx", "--as-of", DAY, "--password-file", "p.txt", "-o", "b.xlsx")
    assert done.status == 1
    assert "--protect" in done.err
    assert openpyxl.load_workbook(tmp_path / "b.xlsx")["校长的话"]["A1"].value == "原样"
