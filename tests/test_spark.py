"""`--engine spark`: on a session of two threads that all tests share; what it gives is held against what memory gives, to the byte."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from conftest import Outcome

from benchmarks.faults.inject import spoil
from benchmarks.layouts import LAYOUTS, select
from benchmarks.pairs.files import FULL
from benchmarks.pairs.registrations import make_records
from benchmarks.people import make_people
from xueji_cli.checks.keys import Keys
from xueji_cli.errors import UserError
from xueji_cli.matching.clusters import Clusters, cluster
from xueji_cli.scaling.spark import checking, components, inputs, intake, machine, pairs, parcels, session, storage
from xueji_cli.scaling.spark.stages import Stages, fingerprint

LACKING = (
    "pyspark and pandas are not installed (pip install 'xueji[spark]')"
    if importlib.util.find_spec("pyspark") is None or importlib.util.find_spec("pandas") is None
    else "there is no Java"
    if not (os.environ.get("JAVA_HOME") or shutil.which("java"))
    else ""
)
needs_spark = pytest.mark.skipif(bool(LACKING), reason=LACKING or "nothing is lacking")
DAY = ("--as-of", "2025-10-15")
JSON = (*DAY, "--format", "json")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A session as a notebook has one: commands find it."""
    quiet = Path(session.__file__).with_name("log4j2.properties").as_uri()
    conf = {
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        # Java's second compiler and its other collectors pay off after minutes.
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dlog4j2.configurationFile={quiet}",
    }
    with session.session("local[2]", conf) as made:
        yield made


@pytest.fixture(scope="module")
def spoilt() -> pl.DataFrame:
    return select(spoil(make_people(700, 7), set(LAYOUTS[31]), seed=7).people, LAYOUTS[31])


# ---- the same findings ----


@needs_spark
def test_files_of_all_sorts_give_the_report_of_memory(
    spark: Any, spoilt: pl.DataFrame, command: Callable[..., Outcome], tmp_path: Path
) -> None:
    """Parquet, CSV in two encodings, a workbook that Spark does not read, a missing file; findings as rows beside the report."""
    folder = tmp_path / "各校 [1]"
    folder.mkdir()
    spoilt.head(300).write_parquet(folder / "一小 100%.parquet")
    (folder / "二小.csv").write_bytes(spoilt.slice(250, 250).write_csv().encode("gb18030"))
    (folder / "10小.csv").write_text("某县名册,,\n姓名,性别,合计\n王五,男,1\n合计,1,\n", encoding="utf-8")
    names = [f"各校 [1]/{name}" for name in ("一小 100%.parquet", "二小.csv", "10小.csv")]
    whole = command("check", *names, *JSON)
    assert whole.status == 1
    there = command("check", *names, *JSON, "--engine", "spark", "-o", "结果.parquet/", "--work-dir", "work")
    assert there.out == whole.out
    assert there.status == whole.status
    # The work folder is empty again.
    assert list((tmp_path / "work").iterdir()) == []
    command("check", *names, *DAY, "-o", "all.csv")
    rows = pl.read_parquet(tmp_path / "结果.parquet" / "*.parquet")
    listed = pl.read_csv(tmp_path / "all.csv", infer_schema=False)
    assert rows.height == listed.height
    assert sorted(rows["message"].to_list()) == sorted(listed["message"].to_list())
    again = command("check", *names, *DAY, "--engine", "spark", "-o", "结果.parquet")
    assert again.status == 2
    assert "已经存在" in again.err


@needs_spark
def test_files_that_can_not_be_read_do_not_stop_the_others(
    spark: Any, command: Callable[..., Outcome], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("姓名,性别\n王五,男\n", encoding="utf-8")
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "c.csv").write_text("没有,表头\n1,2\n", encoding="utf-8")
    outcome = command("check", "a.csv", "b.xlsx", "c.csv", "no.csv", *JSON, "--engine", "spark")
    told = json.loads(outcome.out)
    assert outcome.status == 2
    assert [(each["file"], each["reason"]) for each in told["unreadable"]] == [
        ("b.xlsx", "spark_kind"),
        ("c.csv", "no_header"),
        ("no.csv", "file_not_found"),
    ]
    assert [each["file"] for each in told["inputs"]] == ["a.csv"]
    wrong = command("check", "a.csv", *JSON, "--engine", "spark", "--map", "没有这列=姓名")
    assert wrong.status == 2
    assert wrong.err == command("check", "a.csv", *JSON, "--map", "没有这列=姓名").err


@contextmanager
def small_splits(spark: Any) -> Iterator[None]:
    """Have Spark cut small files, which the other tests of the session would wait for."""
    small = {"spark.sql.files.maxPartitionBytes": "60000", "spark.sql.files.openCostInBytes": "1"}
    for name, value in small.items():
        spark.conf.set(name, value)
    yield
    for name in small:
        spark.conf.unset(name)


@needs_spark
def test_the_parts_of_a_large_file_give_the_report_of_memory(
    spark: Any,
    spoilt: pl.DataFrame,
    command: Callable[..., Outcome],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In parts that are long enough, and where the last one is too short to know what it leaves out."""
    end = pl.DataFrame([["合计", *[None] * 30], ["2025年9月1日", *[None] * 30]], schema=spoilt.columns, orient="row")
    rows = pl.concat([*[spoilt] * 6, end.cast(pl.String)])
    rows.write_parquet(tmp_path / "a.parquet", row_group_size=1_400)
    rows.head(2_803).write_parquet(tmp_path / "b.parquet", row_group_size=1_400)
    whole = command("check", "a.parquet", "b.parquet", *JSON)
    monkeypatch.setattr(inputs, "LARGE", 1)
    looked: list[list[int]] = []
    settled = inputs.Reading.settled

    def look(self: inputs.Reading, records: pl.DataFrame) -> bool:
        looked.append(records.filter(pl.col("kind") == "part").group_by("table").len().sort("table")["len"].to_list())
        return settled(self, records)

    monkeypatch.setattr(inputs.Reading, "settled", look)
    with small_splits(spark):
        there = command("check", "a.parquet", "b.parquet", *JSON, "--engine", "spark")
    assert there == whole
    assert min(looked[0]) > 1, "both files were cut"


@needs_spark
def test_a_run_that_died_goes_on_from_its_finished_stages(
    spark: Any,
    spoilt: pl.DataFrame,
    command: Callable[..., Outcome],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoilt.head(120).write_csv(tmp_path / "a.csv")
    arguments = ("check", "a.csv", *JSON)
    whole = command(*arguments)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checking, "over_many_rows", dies)
        died = command(*arguments, "--engine", "spark", "--work-dir", "work")
    assert died.status == 130
    (kept,) = (tmp_path / "work").iterdir()
    assert str(kept) in died.err
    assert kept.stat().st_mode & 0o077 == 0
    with monkeypatch.context() as patch:
        patch.setattr(inputs.Reading, "frame", lambda *_: pytest.fail("the files are read already"))
        resumed = command(*arguments, "--engine", "spark", "--work-dir", "work")
    assert (resumed.status, resumed.out) == (whole.status, whole.out)
    assert "接着上次" in resumed.err
    assert not kept.exists()


@needs_spark
def test_a_session_that_is_there_is_not_told_where_to_run(spark: Any, command: Callable[..., Outcome]) -> None:
    outcome = command("check", "a.csv", "--engine", "spark", "--master", "local[1]")
    assert (outcome.status, outcome.out) == (2, "")
    assert "已有 Spark 会话" in outcome.err
    assert spark.range(3).count() == 3, "it goes on"


@needs_spark
def test_on_this_machine_nobody_else_can_connect(spark: Any) -> None:
    assert spark.sparkContext.uiWebUrl is None
    assert spark.sparkContext.getConf().get("spark.driver.bindAddress") == "127.0.0.1"
    assert spark.sparkContext.getConf().get("spark.driver.host") == "127.0.0.1"


@needs_spark
@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(111), RuntimeError("java.lang.OutOfMemoryError: Java heap space")]
)
def test_java_that_ends_in_the_middle_is_said_in_a_sentence(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead:
        def stop(self) -> None:
            raise ConnectionRefusedError

    monkeypatch.setattr(session, "_active", lambda: None)
    monkeypatch.setattr(session, "_made", lambda *_: Dead())
    with pytest.raises(UserError, match="spark_gone"), session.session(None, {}):
        raise error


@needs_spark
def test_addresses_of_storage_mean_files_folders_and_patterns(spark: Any, tmp_path: Path) -> None:
    for name in ("2.csv", "10.csv", "_SUCCESS", ".hidden.csv", "b.txt.crc", "部/3.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    stored = storage.Storage(spark)
    base = f"file:{tmp_path}"

    def names(uri: str, *, recursive: bool = False) -> list[str]:
        return [each.uri.rsplit("/", 1)[1] for each in stored.find(uri, recursive=recursive)]

    assert names(base) == ["2.csv", "10.csv"]
    assert sorted(names(base, recursive=True)) == ["10.csv", "2.csv", "3.parquet"]
    assert names(f"{base}/1*.csv") == ["10.csv"]
    for uri, key in (("/no.csv", "spark_storage"), ("/no*.csv", "no_files_match"), ("/部", "no_tables_in_folder")):
        if uri == "/部":
            (tmp_path / "部" / "3.parquet").unlink()
        with pytest.raises(UserError) as refused:
            names(base + uri)
        assert refused.value.key == key


# ---- the same people ----


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with registrations in two files, of which one in five have the telephone of a desk, and a schema of small blocks."""
    folder = tmp_path_factory.mktemp("lists")
    desk = pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("13955550000")).otherwise("member1_phone")
    records = make_records(700, 5).frame.with_columns(member1_phone=desk)
    rows = records.select(pl.col(a).alias(b) for a, b in FULL.items())
    rows.head(400).write_csv(folder / "甲.csv")
    rows.slice(300).drop("监护人2身份证号", "家庭住址").write_parquet(folder / "乙.parquet")
    text = (Path(__file__).parent.parent / "schemas" / "student.yaml").read_text(encoding="utf-8")
    small = text.replace("  narrow: [sex, birth, grade]", "  narrow: [sex]\n  block: 4").replace(
        "name: student", "name: few", 1
    )
    (folder / "few.yaml").write_text(small, encoding="utf-8")
    return folder


def cut_finely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_PART", 300)
    monkeypatch.setattr(machine, "_BUCKET", 2_000)
    monkeypatch.setattr(pairs, "SLICE", 90)


@needs_spark
def test_duplicates_are_those_of_memory(
    spark: Any, lists: Path, command: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In several parts, slices and buckets; with blocks that are narrowed, some in vain; decisions made; pairs as rows.

    Clusters are made on the workers, from components.
    """
    cut_finely(monkeypatch)
    monkeypatch.setattr(components, "ON_DRIVER", 0)
    monkeypatch.setattr(components, "_GROUP", 20)
    files = [lists / "甲.csv", lists / "乙.parquet"]
    command("dedupe", *files, *DAY, "-o", "a.csv")
    made = pl.read_csv(tmp_path / "a.csv", infer_schema=False).head(20)
    column = next(name for name in made.columns if "结论" in name)
    words = pl.Series(["同一人", "不是同一人", "待定", "同一人"] * 5)
    made.with_columns(words.alias(column)).write_csv(tmp_path / "decided.csv")
    arguments = (
        "dedupe",
        *files,
        *JSON,
        "--schema",
        lists / "few.yaml",
        "--decisions",
        "decided.csv",
        "--across-schools",
    )
    whole = command(*arguments)
    told = json.loads(whole.out)
    assert any(block["not_compared"] for block in told["large_blocks"])
    assert len(told["pairs"]) > 20
    there = command(*arguments, "--engine", "spark", "-o", "对.parquet")
    assert (there.status, there.out) == (whole.status, whole.out)
    assert pl.read_parquet(tmp_path / "对.parquet" / "*.parquet").height == len(told["pairs"])


@needs_spark
def test_links_are_those_of_memory(
    spark: Any, lists: Path, command: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody in both lists is in the answer; large blocks are narrowed; pairs as rows."""
    cut_finely(monkeypatch)
    arguments = ("link", lists / "甲.csv", lists / "乙.parquet", *JSON, "--schema", lists / "few.yaml")
    whole = command(*arguments)
    told = json.loads(whole.out)
    assert any(block["not_compared"] for block in told["large_blocks"])
    assert told["summary"]["only_left"] > 20
    assert len(told["pairs"]) > 20
    there = command(*arguments, "--engine", "spark", "-o", "对.parquet")
    assert (there.status, there.out) == (whole.status, whole.out)
    listed = pl.read_parquet(tmp_path / "对.parquet" / "*.parquet")
    assert listed.height == len(told["pairs"])
    same = command("link", lists / "甲.csv", lists / ".." / lists.name / "甲.csv", "--engine", "spark")
    assert (same.status, same.out) == (2, "")
    assert "甲.csv" in same.err


@needs_spark
@pytest.mark.parametrize("option", [("--plan",), ("--explain", "乙.parquet:7", "甲.csv:5")], ids=["plan", "explain"])
def test_a_look_at_two_lists_is_that_of_memory(
    option: tuple[str, ...], spark: Any, lists: Path, command: Callable[..., Outcome]
) -> None:
    arguments = ("link", lists / "甲.csv", lists / "乙.parquet", *JSON, *option)
    whole, there = (json.loads(command(*arguments, *more).out) for more in ((), ("--engine", "spark")))
    # A plan says what either way takes.
    whole.pop("scale", None), there.pop("scale", None)
    assert there == whole


def tangle(random: Random) -> list[tuple[int, int]]:
    """Return chains, stars, cliques and anything else as edges, no two of them with a record in common, numbered as it comes."""
    shapes: list[list[tuple[int, int]]] = [
        [(i, i + 1) for i in range(24)],
        [(0, i) for i in range(1, 30)],
        [(i, j) for i in range(8) for j in range(i)],
        *([(random.randrange(n), random.randrange(n)) for _ in range(n)] for n in range(2, 24, 3)),
    ]
    edges, first = set(), 0
    for shape in shapes:
        size = 1 + max(max(edge) for edge in shape)
        # A chain in order is short work: it is to be found in any.
        numbers = random.sample(range(first, first + size), size)
        edges |= {(min(numbers[a], numbers[b]), max(numbers[a], numbers[b])) for a, b in shape if a != b}
        first += size
    moved = random.sample(range(first), first)
    return sorted({(min(moved[a], moved[b]), max(moved[a], moved[b])) for a, b in edges})


@needs_spark
def test_clusters_of_the_workers_are_those_of_the_driver(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Components of random graphs, and what is put together in them with numbers and decisions against it."""
    random = Random(7)
    edges = tangle(random)
    records = 1 + max(r for _, r in edges)
    drawn = pl.DataFrame(edges, schema={"l": pl.UInt32, "r": pl.UInt32}, orient="row").with_columns(
        weight=pl.Series([random.choice([3.0, 5.5, 9.25]) for _ in edges], dtype=pl.Float32),
        decided=pl.Series([random.random() < 0.05 for _ in edges]),
    )
    numbers = pl.Series([random.choice(["A", "B", None, None, None]) for _ in range(records)], dtype=pl.String)
    apart = (
        drawn.sample(20, seed=1).select("l", "r").vstack(drawn.sample(20, seed=2).select("l", r=pl.col("r").reverse()))
    )
    stages = Stages(spark, storage.Storage(spark), f"file:{tmp_path}", "a run")
    monkeypatch.setattr(components, "ON_DRIVER", 0)
    monkeypatch.setattr(components, "_GROUP", 30)
    groups, refused = components.Components(spark, stages)(drawn, numbers, apart)
    here, vain = cluster(drawn, numbers, apart)
    assert vain.height > 20
    assert groups == here
    assert sorted(refused.rows()) == sorted(vain.rows())
    # The same components as those of a union-find, each by its least record; the stages are finished.
    joined = Clusters({}, ())
    for edge in edges:
        joined.join(*edge)
    contracted = components.stars(stages, spark.createDataFrame([], components.EDGES)).toArrow().to_pylist()
    assert {(row["u"], row["v"]) for row in contracted} == {
        (record, group[0]) for group in joined.all() for record in group[1:]
    }


# ---- without a session ----


def test_what_is_carried_to_a_worker_is_opened_there_and_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with intake._opened("s3a://桶/名册.CSV", "", "姓名\n".encode()) as place:
        path = Path(place)
        assert path.suffix == ".CSV"
        assert path.read_text(encoding="utf-8") == "姓名\n"
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lacking", ["pyspark", "pandas"])
def test_without_pyspark_one_sentence_says_what_to_install(
    lacking: str, command: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None if name == lacking else object())
    outcome = command("check", "a.csv", "--engine", "spark")
    assert (outcome.status, outcome.out) == (2, "")
    assert "pip install 'xueji[spark]'" in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_without_java_one_sentence_says_what_to_install(
    command: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(session, "find_spec", lambda _: object())
    monkeypatch.setattr(session, "_active", lambda: None)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    for home in ("", str(tmp_path)):
        monkeypatch.setenv("JAVA_HOME", home)
        monkeypatch.setenv("PATH", str(tmp_path))
        outcome = command("check", "a.csv", "--engine", "spark")
        assert (outcome.status, outcome.out) == (2, "")
        assert "Java 17" in outcome.err


@pytest.mark.parametrize("option", [("--master", "local[2]"), ("--conf", "a=b")])
def test_options_of_spark_mean_nothing_without_it(option: tuple[str, str], command: Callable[..., Outcome]) -> None:
    outcome = command("check", "a.csv", *option)
    assert (outcome.status, outcome.out) == (2, "")
    assert option[0] in outcome.err


def test_pandera_brings_neither_pandas_nor_pyspark_along() -> None:
    """Where they are installed it would import both, and set a variable that keeps Spark from its cluster."""
    code = (
        "import os, sys; from xueji_cli.checks.validation import import_pandera; import_pandera();"
        "print([name for name in ('pandas', 'pyspark', 'pandera.polars') if name in sys.modules], 'SPARK_LOCAL_IP' in os.environ)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "SPARK_LOCAL_IP"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "['pandera.polars'] False"


def test_conf_is_name_and_value() -> None:
    assert session.parse_conf(["a.b=c=d", " e = f "]) == {"a.b": "c=d", "e": "f"}
    for wrong in ("a", "=b"):
        with pytest.raises(UserError) as refused:
            session.parse_conf([wrong])
        assert refused.value.key == "spark_conf"


def test_runs_are_known_by_their_inputs_and_settings_in_any_process() -> None:
    file = inputs.Input("a", "/a", "file:/a", 3, 5)
    known = fingerprint("1", [file], frozenset({"b", "a"}), {"x": None}, pl.DataFrame({"a": [1]}))
    code = (
        "import polars as pl; from xueji_cli.scaling.spark.inputs import Input; from xueji_cli.scaling.spark.stages import fingerprint;"
        "print(fingerprint('1', [Input('a', '/a', 'file:/a', 3, 5)], frozenset({'a', 'b'}), {'x': None}, pl.DataFrame({'a': [1]})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == known
    assert fingerprint("1", [inputs.Input("a", "/a", "file:/a", 3, 6)]) != fingerprint("1", [file])


def test_patterns_in_the_name_of_a_file_are_none() -> None:
    assert storage.literal("file:/a [1]{2}*?.csv") == r"file:/a \[1\]\{2\}\*\?.csv"
    assert storage.is_uri("s3a://b/c.csv")
    assert not any(
        storage.is_uri(each) for each in ("file:///a.csv", "a:b.csv".replace(":", "/"), "/a.csv", "各校/a.csv")
    )
    assert storage.plain_path("file:///a%20b.csv") == "/a b.csv"


def test_parcels_go_in_batches_that_arrow_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [parcels.parcel("a", part=i, rows=pl.DataFrame({"n": [i]})) for i in range(5)]
    monkeypatch.setattr(parcels, "_BATCH", 2 * len(rows[0][-1] or b""))
    table = parcels.bundled([parcels.parcel("b"), *rows])
    assert [batch.num_rows for batch in table.to_batches()] == [3, 2, 1]
    told = parcels.frame_of(table, "a")
    assert told is not None
    assert told["n"].to_list() == [0, 1, 2, 3, 4]
    assert parcels.bundled([]).num_rows == 0


def test_integers_that_stand_twice() -> None:
    keys = Keys()
    keys.add(0, pl.DataFrame({"table": [0, 0], "row": [2, 3], "n": [5, 7]}), frozenset())
    keys.add(1, pl.DataFrame({"table": [0, 0], "row": [4, 5], "n": [5, 8]}), frozenset())
    assert keys.twice(lambda rows: rows.select("n")).to_list() == [5]
