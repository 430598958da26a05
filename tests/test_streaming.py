"""A file read in pieces gives what it gives as a whole: to the byte, wherever the pieces end."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import rule_cases
from conftest import Outcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.faults.inject import spoil
from benchmarks.layouts import LAYOUTS, select
from benchmarks.people import make_people
from xueji_cli.checks import engine
from xueji_cli.checks.engine import judge
from xueji_cli.checks.keeping import Limits
from xueji_cli.checks.keys import Keys
from xueji_cli.checks.registry import all_rules
from xueji_cli.checks.rule import GroupRule
from xueji_cli.errors import InputError
from xueji_cli.schema.binding import bind
from xueji_cli.schema.loading import load_schema, schema_names
from xueji_cli.schema.streaming import StreamedRoster
from xueji_cli.schema.vocabulary import Vocabulary
from xueji_cli.tables import memory, pieces
from xueji_cli.tables.memory import Plan
from xueji_cli.tables.options import ReadOptions
from xueji_cli.tables.reader import read_tables
from xueji_cli.tables.spill import Spill
from xueji_cli.tables.streaming import Stream, Unstreamable, open_stream

VOCABULARY = Vocabulary([load_schema(name) for name in schema_names()])
ROWS = 1_200


# ---- the command, on a roster with every fault ----


@pytest.fixture(scope="module")
def spoilt() -> pl.DataFrame:
    return select(spoil(make_people(ROWS, 7), set(LAYOUTS[31]), seed=7).people, LAYOUTS[31])


@pytest.mark.parametrize("suffix", [".parquet", ".csv", "-gb.csv"])
def test_the_report_is_the_same_to_the_byte(
    spoilt: pl.DataFrame,
    suffix: str,
    tmp_path: Path,
    command: Callable[..., Outcome],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / f"名册{suffix}"
    if suffix == ".parquet":
        spoilt.write_parquet(path)
    else:
        path.write_bytes(spoilt.write_csv().encode("gb18030" if "gb" in suffix else "utf-8"))
    arguments = ("check", path.name, "--as-of", "2025-10-15", "--format", "json")
    whole = command(*arguments)
    assert whole.status == 1
    asked: list[Plan] = []

    def plan(paths: object, size: object) -> Plan:
        asked.append(Plan(rows=170, keys=20_000))
        return asked[-1]

    monkeypatch.setattr(memory, "plan", plan)
    monkeypatch.setattr(pieces, "_WAITING", 60)
    assert command(*arguments) == whole
    assert asked


def test_what_is_asked_for_is_streamed_when_it_does_not_fit(tmp_path: Path) -> None:
    small = tmp_path / "small.csv"
    small.write_text("姓名,性别\n王五,男\n", encoding="utf-8")
    assert memory.plan([str(small)], None) is None
    assert memory.plan([str(small), "-", str(tmp_path / "not there.csv")], 4 << 30) is None
    big = tmp_path / "big.csv"
    with big.open("wb") as stream:
        stream.truncate(200 << 20)
    plan = memory.plan([str(big)], 512 << 20)
    assert plan is not None
    assert plan.keys == 64 << 20
    assert memory.plan([str(big)], 8 << 30) is None
    with big.open("wb") as stream:
        stream.truncate((2 << 30) + 1)
    assert memory.plan([str(big)], 1 << 40) is not None, "no file of this size is read as a whole"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4GB", 4 << 30),
        ("512MB", 512 << 20),
        ("1.5g", 3 << 29),
        (" 2 GiB ", 2 << 30),
        ("1073741824", 1 << 30),
        ("0.5TB", 1 << 39),
        ("4", None),
        ("100MB", None),
        ("-4GB", None),
        ("4XB", None),
        ("四GB", None),
        ("", None),
    ],
)
def test_sizes(text: str, size: int | None) -> None:
    assert memory.parse_size(text) == size


def test_memory_that_is_free_is_some_of_what_there_is() -> None:
    assert memory.LEAST < memory.available() < 1 << 46


def test_a_size_that_is_none_is_refused(command: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("姓名\n", encoding="utf-8")
    outcome = command("check", "a.csv", "--memory", "much")
    assert (outcome.status, outcome.out) == (2, "")
    assert "--memory" in outcome.err


def test_findings_past_the_limit_are_counted_and_told(
    spoilt: pl.DataFrame, tmp_path: Path, command: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    from xueji_cli.commands import check

    spoilt.write_parquet(tmp_path / "a.parquet")
    arguments = ("check", "a.parquet", "--as-of", "2025-10-15", "--format", "json")
    whole = json.loads(command(*arguments).out)
    monkeypatch.setattr(memory, "plan", lambda *_: Plan(rows=300, keys=1 << 20))
    monkeypatch.setattr(check, "MOST_FINDINGS", 40)
    outcome = command(*arguments)
    cut = json.loads(outcome.out)
    assert len(cut["findings"]) == 40
    assert "40" in outcome.err
    for code, count in whole["summary"]["by_rule"].items():
        assert cut["summary"]["by_rule"].get(code, 0) + cut["truncated"]["findings"].get(code, 0) == count


def test_a_workbook_says_that_it_has_not_the_rows(
    spoilt: pl.DataFrame, tmp_path: Path, command: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt.write_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr(memory, "plan", lambda *_: Plan(rows=400, keys=1 << 20))
    outcome = command("check", "a.parquet", "--as-of", "2025-10-15", "-o", "a.xlsx", "-o", "a.html", "-o", "a.csv")
    assert outcome.status == 1
    assert f"{ROWS:,} 行名册没有抄进" in outcome.err
    assert all((tmp_path / name).stat().st_size > 1_000 for name in ("a.xlsx", "a.html", "a.csv"))


# ---- the rules over many rows ----


def test_rules_over_many_rows_find_the_same_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [
        case for case in rule_cases.cases() if isinstance(all_rules()[case.code], GroupRule) and case.kind == "finding"
    ]
    assert len(cases) > 20
    for case in cases:
        tables, around = rule_cases.rosters(case), rule_cases.surroundings(case)
        rules = {code: rule for code, rule in rule_cases.active(case).items() if isinstance(rule.rule, GroupRule)}
        whole = judge(tables, rules, around)
        with monkeypatch.context() as small:
            small.setattr(engine, "_PART", 3)
            small.setattr(engine, "_WORKERS", 4)
            parts = judge(tables, rules, around, Limits(keys=1_000))
        assert parts.findings.equals(whole.findings), case.id
        assert parts.skipped == whole.skipped


def keys_of(spill: Spill) -> Keys:
    keys = Keys(0, spill)
    keys.add(1, pl.DataFrame({"table": [0], "row": [3], "b": ["x"]}), frozenset({"b"}))
    keys.add(0, pl.DataFrame({"table": [0], "row": [2], "a": ["y"]}), frozenset({"a"}))
    return keys


def test_batches_come_in_their_order_with_all_columns() -> None:
    with Spill() as spill:
        rows = keys_of(spill).each(lambda rows: rows.select("row", "a", "b"))
        assert rows.rows() == [(2, "y", None), (3, None, "x")]


@pytest.mark.parametrize("ending", [None, ValueError, KeyboardInterrupt, SystemExit])
def test_the_folder_goes_whatever_ends_the_run(ending: type[BaseException] | None) -> None:
    folder = None
    try:
        with Spill() as spill:
            keys_of(spill)
            folder = spill.folder
            assert len(list(folder.iterdir())) == 2
            if os.name == "posix":
                assert folder.stat().st_mode & 0o077 == 0
                assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
            if ending is not None:
                raise ending
    except (ValueError, KeyboardInterrupt, SystemExit):
        assert ending is not None
    assert folder is not None
    assert not folder.exists()


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_the_folder_goes_when_the_run_is_told_to_stop() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped:
        told_to_stop(folders := [])
    assert stopped.value.code == 128 + signal.SIGTERM
    assert [folder.exists() for folder in folders] == [False]
    assert signal.getsignal(signal.SIGTERM) == before


def told_to_stop(folders: list[Path]) -> None:
    with Spill() as spill:
        folders.append(spill.folder)
        os.kill(os.getpid(), signal.SIGTERM)


def test_an_interrupted_check_leaves_nothing(
    spoilt: pl.DataFrame, tmp_path: Path, command: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    spoilt.write_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr(memory, "plan", lambda *_: Plan(rows=100, keys=0))
    seen = []

    def interrupted(*_: object) -> None:
        seen.extend(place.rglob("*.parquet"))
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "_group_findings", interrupted)
    assert command("check", "a.parquet").status == 130
    assert seen
    assert list(place.iterdir()) == []


# ---- the reader, wherever pieces end ----


def streamed(path: Path, rows: int, **options: object) -> Stream | None:
    return open_stream(str(path), ReadOptions(**options), VOCABULARY, rows)  # type: ignore[arg-type]


def same(path: Path, rows: int) -> bool:
    """Hold what a stream gives against the whole file; False when it is not streamed."""
    stream = streamed(path, rows)
    if stream is None:
        return False
    (table,) = read_tables(str(path), ReadOptions(), VOCABULARY)
    got = list(stream.pieces())
    end = stream.finished()
    assert end.columns == table.columns
    keys = ["row", *(column.key for column in table.columns)]
    assert pl.concat(got).select(keys).equals(table.frame.select(keys))
    assert end.facts == table.facts
    assert end.height == table.height
    assert end.header_row == table.header_row
    assert end.source == table.source
    assert end.source.sha256 == table.source.sha256
    return True


LINES = st.sampled_from(
    [
        "王五,男,13900000001,x",
        "李四,女,,",
        ",,,",
        "",
        "   ",
        "姓名,性别,联系电话,备注",
        "某校学生名册",
        "合计,2,,",
        "赵六,男",
        "孙七,女,13900000002,y,多,余",
        '"钱,一",男,13900000003,z',
        '"周\n二",男,13900000003,"多\n行"',
        '"吴三,女,13900000003,z',
        '郑"四",女,1,z',
        "欧阳𠮷,男,2,é",
        "说明：以上为全部学生",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(LINES, min_size=1, max_size=40),
    size=st.integers(1, 400),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    last=st.booleans(),
    titles=st.integers(0, 1),
)
def test_pieces_of_text_end_anywhere(
    lines: list[str],
    size: int,
    end: str,
    encoding: str,
    last: bool,  # noqa: FBT001
    titles: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    head = ["某校学生名册"] * titles + ["姓名,性别,联系电话,备注", "王五,男,13900000001,甲乙丙丁戊己庚辛壬癸子丑"]
    text = "\n".join([*head, *lines]) + ("\n" if last else "")
    path = tmp_path_factory.mktemp("pieces") / "a.csv"
    path.write_bytes(text.replace("\n", end).encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xueji_cli.tables.streaming._ROW_BYTES", size)
        patch.setattr(pieces, "_WAITING", 12)
        assert same(path, 1)


def test_pieces_of_parquet_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["甲校名册", None, None], ["姓名", "性别", "备注"]]
    rows += [[f"王{i}", "男", None if i % 7 else str(i)] for i in range(40)]
    rows += [[None, None, None], ["姓名", "性别", "备注"], ["甲校名册", None, None], ["姓名", "性别", "备注"]]
    rows += [[f"李{i}", "女", " "] for i in range(20)] + [["合计", "60", None], ["2025年9月1日", None, None]]
    path = tmp_path / "a.parquet"
    pl.DataFrame(rows, schema=["a", "b", "c"], orient="row").write_parquet(path)
    monkeypatch.setattr(pieces, "_WAITING", 12)
    for size in range(1, 30):
        assert same(path, size)


def test_numbers_and_dates_of_parquet_are_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame = pl.DataFrame({"姓名": ["王五", "李四", "赵六"], "身高": [1.0, None, 2.5], "出生日期": [20120301, 1, 2]})
    frame.write_parquet(path)
    assert same(path, 2)


@pytest.mark.parametrize("name", ["a.xlsx", "a.html", "a.csv", "a.parquet", "no.csv"])
def test_what_can_not_be_streamed_is_left_to_the_reader(name: str, tmp_path: Path) -> None:
    contents = {
        "a.xlsx": b"PK\x03\x04",
        "a.html": b"<html><table><tr><td>x</td></tr></table></html>",
        "a.csv": "没有,表头\n1,2\n".encode(),
        "a.parquet": b"PAR1 broken",
    }
    if name in contents:
        (tmp_path / name).write_bytes(contents[name])
    assert streamed(tmp_path / name, 10) is None


def test_an_encoding_that_breaks_far_below_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("姓名,性别\n".encode("gb18030") + "王五,男\n".encode("gb18030") * 50_000 + b"\xff\xff,x\n")
    stream = streamed(path, 1_000, encoding="gb18030")
    with pytest.raises(InputError) as whole:
        read_tables(str(path), ReadOptions(encoding="gb18030"), VOCABULARY)
    if stream is not None:
        with pytest.raises(InputError) as told:
            list(stream.pieces())
        assert (told.value.key, told.value.params) == (whole.value.key, whole.value.params)


def test_columns_that_only_the_end_tells_apart_are_read_as_a_whole(
    tmp_path: Path, command: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two columns of one name, the first of which holds something only far below."""
    rows = [f"王五{i},,男,{i}" for i in range(3_000)] + ["李四,x,男,1"]
    path = tmp_path / "a.csv"
    path.write_text("姓名,联系电话,性别,联系电话\n" + "\n".join(rows) + "\n", encoding="utf-8")
    stream = streamed(path, 200)
    assert stream is not None
    roster = StreamedRoster(stream, lambda table: bind(table, load_schema("student")))
    list(roster.batches())
    with pytest.raises(Unstreamable):
        roster.finished()
    whole = command("check", path.name, "--as-of", "2025-10-15", "--format", "json")
    monkeypatch.setattr(memory, "plan", lambda *_: Plan(rows=200, keys=1 << 20))
    assert command("check", path.name, "--as-of", "2025-10-15", "--format", "json") == whole
