"""`--engine spark` on a real cluster of this machine, held against memory: one master, two workers, each with an executor.

    python -m benchmarks.spark                      200,000 records: equal reports; an executor killed; a driver killed
    python -m benchmarks.spark --rows 20000         … of fewer
    python -m benchmarks.spark --skew 5000000       one telephone on 5 % of all registrations, on this machine's processors
    … --birthday                                    … and one birth date, which makes one block of them

Needs `pip install 'xueji[spark]'` and Java. Ends with 1 when something is not as it must be.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl
import psutil  # type: ignore[import-untyped] - it has no types

from benchmarks.faults.inject import spoil
from benchmarks.layouts import LAYOUTS, select
from benchmarks.pairs.files import FULL
from benchmarks.pairs.past_memory import desk_file, desk_told, head_of
from benchmarks.pairs.registrations import make_records
from benchmarks.people import make_people
from benchmarks.running import DATA, xueji
from benchmarks.schools import AS_OF

_SEED = 2025
_HOST = "127.0.0.1"
COMMANDS = ("check", "dedupe", "link")
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


class Cluster:
    """A master and two workers.

    Attributes:
        master: Address of the master.
    """

    def __init__(self, folder: Path, memory: str) -> None:
        import pyspark

        self._home = Path(pyspark.__file__).parent
        self._folder = folder
        with socket.socket() as free:
            free.bind((_HOST, 0))
            port = free.getsockname()[1]
        self.master = f"spark://{_HOST}:{port}"
        self._master = self._start("master.Master", "--host", _HOST, "--port", str(port), "--webui-port", "0")
        self._wait(folder / "master.Master.log", "Starting Spark master")
        self._workers = [
            self._start(
                "worker.Worker",
                *("--host", _HOST, "--cores", "1", "--memory", memory, "--webui-port", "0"),
                *("--work-dir", str(folder / f"worker{number}"), self.master),
                name=f"worker{number}",
            )
            for number in (1, 2)
        ]
        for number in (1, 2):
            self._wait(folder / f"worker{number}.log", "Successfully registered with master")

    def _start(self, kind: str, *arguments: str, name: str = "") -> subprocess.Popen[bytes]:
        log = (self._folder / f"{name or kind}.log").open("wb")
        # Six Javas share this machine: each is to compile and collect with one thread.
        environment = {
            "SPARK_DAEMON_JAVA_OPTS": _JAVA,
            **os.environ,
            "SPARK_HOME": str(self._home),
            "SPARK_LOCAL_IP": _HOST,
            "PYSPARK_PYTHON": sys.executable,
        }
        line = [str(self._home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", *arguments]
        return subprocess.Popen(line, stdout=log, stderr=subprocess.STDOUT, env=environment)

    @staticmethod
    def _wait(log: Path, word: str) -> None:
        until = time.monotonic() + 300
        while word not in log.read_text(encoding="utf-8", errors="replace"):
            if time.monotonic() > until:
                msg = f"no {word!r} in {log}"
                raise RuntimeError(msg)
            time.sleep(0.5)

    def kill_executor(self) -> bool:
        """Kill the executor of the second worker, if it has one; the worker starts another."""
        for process in psutil.Process(self._workers[1].pid).children(recursive=True):
            # One that has just ended says nothing any more.
            with suppress(psutil.Error):
                if "CoarseGrainedExecutorBackend" in " ".join(process.cmdline()):
                    process.kill()
                    return True
        return False

    def stop(self) -> None:
        """Stop what was started here."""
        for process in (*self._workers, self._master):
            process.terminate()
        for process in (*self._workers, self._master):
            process.wait()


@contextmanager
def cluster(memory: str) -> Iterator[Cluster]:
    """Give a cluster of this machine."""
    folder = Path(tempfile.mkdtemp(prefix="xueji-cluster-"))
    made = Cluster(folder, memory)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def start(arguments: list[str], report: Path) -> subprocess.Popen[bytes]:
    """Start xueji with its stdout in a file and its stderr beside it."""
    with report.open("wb") as out, report.with_suffix(".err").open("wb") as errors:
        return subprocess.Popen(xueji(*arguments), stdout=out, stderr=errors)


def end(process: subprocess.Popen[bytes], report: Path) -> str:
    """Wait for xueji to end; return its stderr.

    Raises:
        RuntimeError: If it ends with anything but 0 or 1.
    """
    status = process.wait()
    told = report.with_suffix(".err").read_text(encoding="utf-8", errors="replace")
    if status not in (0, 1):
        msg = f"xueji ended with {status}:\n{told[-4000:]}"
        raise RuntimeError(msg)
    return told


def done(work: Path, stages: int) -> bool:
    """Return whether a run has finished so many stages."""
    return len(list(work.glob("xueji-*/*/_DONE"))) >= stages


def files(rows: int, folder: Path) -> tuple[Path, list[Path]]:
    """Write a roster with faults, and the registrations of a county in two files."""
    folder.mkdir(parents=True, exist_ok=True)
    roster = folder / f"spark-roster-{rows}.parquet"
    if not roster.exists():
        people = spoil(make_people(rows, _SEED), set(LAYOUTS[31]), seed=_SEED).people
        select(people, LAYOUTS[31]).write_parquet(roster, row_group_size=20_000)
    halves = [folder / f"spark-county-{rows}-{number}{suffix}" for number, suffix in ((1, ".parquet"), (2, ".csv"))]
    if not all(path.exists() for path in halves):
        cells = make_records(rows, _SEED).frame.select(pl.col(field).alias(title) for field, title in FULL.items())
        cells.head(rows // 2).write_parquet(halves[0])
        cells.slice(rows // 2).write_csv(halves[1])
    return roster, halves


def compare(rows: int, folder: Path, memory: str, commands: list[str]) -> bool:
    """Hold reports of a cluster against those of memory, undisturbed, with an executor killed and with the driver killed."""
    roster, halves = files(rows, folder)
    good = True
    with cluster(memory) as made:
        for command, inputs in (("check", [roster]), ("dedupe", halves), ("link", halves)):
            if command not in commands:
                continue
            arguments = [command, *map(str, inputs), "--as-of", AS_OF, "--format", "json"]
            report = folder / f"spark-{command}-memory.json"
            began = time.perf_counter()
            end(start(arguments, report), report)
            print(f"{command:8}{rows:>12,} in memory           {time.perf_counter() - began:8.1f} s", flush=True)
            for how in ("undisturbed", "executor killed", "driver killed"):
                good &= _run(made, arguments, how, folder, report, rows)
    return good


def _run(made: Cluster, arguments: list[str], how: str, folder: Path, expected: Path, rows: int) -> bool:
    command = arguments[0]
    report = folder / f"spark-{command}-{how.replace(' ', '-')}.json"
    work = Path(tempfile.mkdtemp(prefix="xueji-work-"))
    there = [*arguments, "--engine", "spark", "--master", made.master, "--work-dir", str(work)]
    there += ["--conf", "spark.executor.memory=1g", "--conf", "spark.sql.shuffle.partitions=8"]
    there += ["--conf", f"spark.executor.extraJavaOptions={_JAVA}"]
    there += ["--conf", f"spark.driver.host={_HOST}", "--conf", f"spark.driver.bindAddress={_HOST}"]
    began = time.perf_counter()
    process = start(there, report)
    hit = how == "undisturbed"
    resumed = how != "driver killed"
    # In the middle: the first stage is behind it, others are to come.
    while not hit and process.poll() is None:
        if done(work, 1):
            if how == "driver killed":
                process.kill()
                process.wait()
                hit = True
                process = start(there, report)
            else:
                hit = made.kill_executor()
        time.sleep(0.05)
    told = end(process, report)
    resumed |= "接着上次" in told or "Went on" in told
    same = report.read_bytes() == expected.read_bytes()
    empty = not any(work.iterdir())
    shutil.rmtree(work, ignore_errors=True)
    good = hit and resumed and same and empty
    print(
        f"{command:8}{rows:>12,} {how:20}{time.perf_counter() - began:8.1f} s  report {'the same' if same else 'ANOTHER'}"
        f"{'' if hit else ', NOT HIT'}{'' if resumed else ', NOT RESUMED'}{'' if empty else ', WORK FOLDER NOT EMPTY'}",
        flush=True,
    )
    return good


def skewed(rows: int, folder: Path, memory: str, *, birthday: bool) -> bool:
    """Find duplicates among registrations of which a twentieth have one telephone; the report must say what became of them."""
    path = desk_file(rows, folder, birthday=birthday)
    report = folder / "spark-desk.json"
    options = ("--as-of", AS_OF, "--format", "json", "--engine", "spark", "--master", "local[2]")
    began = time.perf_counter()
    process = start(["dedupe", str(path), *options, "--conf", f"spark.driver.memory={memory}"], report)
    seen = Seen()
    while process.poll() is None:
        seen.look(process.pid)
        time.sleep(0.2)
    end(process, report)
    taken = ", ".join(f"{what} {size / 2**30:.2f} GB" for what, size in seen.peaks.items())
    print(
        f"dedupe {rows:,}, 5 % share a telephone: {time.perf_counter() - began:.1f} s, "
        f"processors {sum(seen.processor.values()):.1f} s; at the most {taken}, {seen.peak / 2**30:.2f} GB together"
    )
    return desk_told(head_of(report), birthday=birthday)


class Seen:
    """What was seen of a run's processes: resident memory (pages that they share counted for each), and time of processors."""

    def __init__(self) -> None:
        self.peak = 0
        self.peaks = {"Java": 0, "the driver's Python": 0, "workers": 0}
        self.processor: dict[int, float] = {}

    def look(self, driver: int) -> None:
        """Look at a driver and all that it started."""
        now = dict.fromkeys(self.peaks, 0)
        with suppress(psutil.Error):
            for each in (psutil.Process(driver), *psutil.Process(driver).children(recursive=True)):
                with suppress(psutil.Error):
                    what = (
                        "the driver's Python" if each.pid == driver else "Java" if each.name() == "java" else "workers"
                    )
                    now[what] += each.memory_info().rss
                    self.processor[each.pid] = sum(each.cpu_times()[:2])
        self.peaks = {what: max(size, now[what]) for what, size in self.peaks.items()}
        self.peak = max(self.peak, sum(now.values()))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--memory", default="2g", help="Java's of a worker, or of the driver with --skew")
    parser.add_argument("--skew", type=int, metavar="RECORDS")
    parser.add_argument("--birthday", action="store_true", help="with --skew: one birth date, too")
    parser.add_argument("--folder", type=Path, default=DATA)
    arguments = parser.parse_args()
    if arguments.skew:
        good = skewed(arguments.skew, arguments.folder, arguments.memory, birthday=arguments.birthday)
        return 0 if good else 1
    return 0 if compare(arguments.rows or 200_000, arguments.folder, arguments.memory, arguments.commands) else 1


if __name__ == "__main__":
    sys.exit(main())
