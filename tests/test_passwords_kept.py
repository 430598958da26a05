"""What a hostile lock may take, and that nobody but its file ever sees a password."""

from __future__ import annotations

import io
import json
import logging
import pickle
import tempfile
import time
import zipfile
from pathlib import Path

import locked_files as locked
import openpyxl
import pytest
import table_files as make
import test_tables_errors
from cli_rosters import DAY, children, faulty, write_workbook
from password_files import ASCII_SECRET, LOCKS, SECRET, Ring, blob, put, secrets, workbook

from xueji_cli.errors import InputError
from xueji_cli.tables.locked import MOST_ROUNDS, MOST_SPINS, unlocked
from xueji_cli.tables.reader import ReadOptions
from xueji_cli.tables.secret import Password

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
