"""Run the real command line in a process of its own, with its time and its largest memory."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped] - it has no types

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "benchmarks" / "data"

_LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended."""

    status: int
    seconds: float
    peak_bytes: int
    """Largest resident memory that was seen, looked at twenty times a second; 0 on systems that don't tell."""
    errors: str
    processor: float = 0.0
    """Seconds of processors, user and system, looked at as often: on a machine that is busy with other things the steadier number."""


def run(arguments: list[str], output: Path) -> Outcome:
    """Run a command with its stdout in a file (a pipe would make it wait for us)."""
    peak, processor = 0, 0.0
    with output.open("wb") as stdout:
        start = time.perf_counter()
        process = subprocess.Popen(arguments, stdout=stdout, stderr=subprocess.PIPE, cwd=ROOT)

        def watch() -> None:
            nonlocal peak, processor
            try:
                watched = psutil.Process(process.pid)
                while process.poll() is None:
                    peak = max(peak, watched.memory_info().rss)
                    processor = sum(watched.cpu_times()[:2])
                    time.sleep(_LOOK_EVERY)
            except psutil.Error:
                return

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, errors = process.communicate()
        seconds = time.perf_counter() - start
        watcher.join()
    return Outcome(process.returncode, seconds, peak, errors.decode("utf-8", "replace"), processor)


def xueji(*arguments: str) -> list[str]:
    """Return the command line of xueji in this Python."""
    return [sys.executable, "-m", "xueji_cli.cli", *arguments]
