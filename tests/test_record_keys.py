"""The keys by which decisions and ledgers know their records again: nobody without the secret key can try them out."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import stat
from pathlib import Path

import pytest
from cli_rosters import DAY, child, write_roster

from xueji_cli.errors import UserError
from xueji_cli.matching import decisions
from xueji_cli.tables.keyfile import KEY_BYTES, keyed, make_key, personal_key, personal_key_path, read_key


@pytest.fixture
def schools(tmp_path: Path) -> list[str]:
    """A child in two schools under another name, which a person must look at, and some others."""
    rows = [child(number) for number in range(1, 30)]
    write_roster(tmp_path / "甲.csv", rows)
    write_roster(tmp_path / "乙.csv", [rows[0] | {"学校名称": "远谷小学"}])
    return ["甲.csv", "乙.csv"]


def listed(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def decide(source: Path, target: Path, word: str, keys: str | None = None) -> None:
    rows = listed(source)
    rows[0]["结论"] = word
    if keys is not None:
        rows[0]["记录键"] = keys
    write_roster(target, rows)


def test_another_key_gives_other_codes(command, tmp_path, schools, monkeypatch):
    codes = {}
    for name in ("a", "b"):
        make_key(tmp_path / f"{name}.key")
        monkeypatch.setenv("XUEJI_RECORD_KEY", str(tmp_path / f"{name}.key"))
        command("dedupe", *schools, "--as-of", DAY, "-o", f"{name}.csv")
        codes[name] = {part for row in listed(tmp_path / f"{name}.csv") for part in row["记录键"].split("-")}
    assert len(codes["a"]) >= 2
    assert not codes["a"] & codes["b"]


def test_a_code_is_no_digest_of_what_the_record_says(command, tmp_path, schools, monkeypatch):
    """Whoever knows everything about a child still can't find its code, which a plain digest of it would be."""
    told = []
    texts = decisions._texts
    monkeypatch.setattr(decisions, "_texts", lambda people: told.append(texts(people)) or told[-1])
    command("dedupe", *schools, "--as-of", DAY, "-o", "o.csv")
    (row,) = listed(tmp_path / "o.csv")
    digests = {
        hashlib.new(name, text.encode()).hexdigest()
        for text in told[0]
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")
    } | {keyed(bytes(size), "record", text).hex() for text in told[0] for size in (0, 32)}
    assert [part for part in row["记录键"].split("-") if any(part in digest for digest in digests)] == []


def test_a_list_of_another_computer_is_named_with_what_to_do(command, tmp_path, schools, monkeypatch):
    command("dedupe", *schools, "--as-of", DAY, "-o", "o.csv")
    decide(tmp_path / "o.csv", tmp_path / "d.csv", "不是同一人")
    make_key(tmp_path / "other.key")
    there = command("dedupe", *schools, "--as-of", DAY, "--decisions", "d.csv", "--record-key", "other.key")
    assert there.status == 2
    assert "d.csv" in there.err
    assert "--record-key" in there.err
    # With the key of the computer that wrote it, it holds on any.
    home = os.environ["XUEJI_RECORD_KEY"]
    monkeypatch.delenv("XUEJI_RECORD_KEY")
    assert command("dedupe", *schools, "--as-of", DAY, "--decisions", "d.csv", "--record-key", home).status == 0


def test_a_list_of_before_there_was_a_key_still_holds(command, tmp_path, schools, monkeypatch):
    told = []
    texts = decisions._texts
    monkeypatch.setattr(decisions, "_texts", lambda people: told.append(texts(people)) or told[-1])
    command("dedupe", *schools, "--as-of", DAY, "-o", "o.csv")
    same = {text.rpartition("\x1f")[0] for text in told[0] if told[0].count(text) == 1}
    twice = [text for text in told[0] if sum(each.startswith(text.rpartition("\x1f")[0]) for each in told[0]) == 2]
    assert same
    old = [hashlib.blake2b(text.encode(), digest_size=4).hexdigest() for text in twice]
    decide(tmp_path / "o.csv", tmp_path / "d.csv", "不是同一人", "-".join(old))
    assert command("dedupe", *schools, "--as-of", DAY).status == 1
    done = command("dedupe", *schools, "--as-of", DAY, "--decisions", "d.csv", "-o", "again.csv")
    assert done.status == 0
    # What is written from it has codes.
    (row,) = listed(tmp_path / "again.csv")
    assert row["结论"] == "不是同一人"
    assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{6}", row["记录键"])


def test_the_users_own_key_is_made_once_for_its_owner_alone(command, tmp_path, schools, monkeypatch):
    monkeypatch.delenv("XUEJI_RECORD_KEY")
    for name in ("XDG_CONFIG_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "own"))
    path = personal_key_path(os.environ)
    # Nothing that shows no keys makes one.
    command("dedupe", *schools, "--as-of", DAY, "-o", "o.json")
    assert not path.exists()
    first = command("dedupe", *schools, "--as-of", DAY, "-o", "o.csv")
    assert str(path) in first.err
    assert len(path.read_bytes()) == KEY_BYTES
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = command("dedupe", *schools, "--as-of", DAY, "-o", "o2.csv")
    assert second.err == ""
    assert listed(tmp_path / "o.csv") == listed(tmp_path / "o2.csv")
    assert path.read_bytes() not in (tmp_path / "o.csv").read_bytes()


def test_where_a_key_can_be_made_and_where_not(tmp_path):
    assert personal_key_path({}, "linux").parts[-3:] == (".config", "xueji", "record.key")
    assert personal_key_path({}, "darwin").parts[-3:] == ("Application Support", "xueji", "record.key")
    assert personal_key_path({"LOCALAPPDATA": str(tmp_path)}, "win32") == tmp_path / "xueji" / "record.key"
    made = make_key(tmp_path / "k")
    with pytest.raises(UserError) as caught:
        make_key(tmp_path / "k")
    assert caught.value.key == "key_exists"
    assert read_key(tmp_path / "k") == made
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    (tmp_path / "short").write_bytes(b"x" * (KEY_BYTES - 1))
    (tmp_path / "long").write_bytes(b"x" * 5000)
    for name, key in (("short", "key_short"), ("long", "key_long"), ("none", "key_missing"), (".", "key_unreadable")):
        with pytest.raises(UserError) as caught:
            read_key(tmp_path / name)
        assert caught.value.key == key
    with pytest.raises(UserError) as caught:
        personal_key(tmp_path / "k" / "below" / "record.key")
    assert caught.value.key in ("key_unwritable", "key_unreadable")
