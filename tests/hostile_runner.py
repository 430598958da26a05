"""Check hostile files beside a good one, each in a process of its own whose time and memory are measured; started by `test_hostile`.

Usage: `python hostile_runner.py SECONDS FILE…`, in the folder of the files. Prints one JSON object: file → what came of it.
A process is a fork of this one, with the libraries imported already; they have no threads yet.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

#: No process gets more, whatever it asks for: the machine of whoever runs the tests stays usable.
ADDRESS_SPACE = 12 * 1024**3
SMALL = 1024**2


def child(name: str, seconds: int) -> None:
    from xueji_cli.cli import main

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    for number, path in ((1, f"{name}.out"), (2, f"{name}.err")):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    line = ["check", name, "good.csv", "--as-of", "2025-10-15", "--format", "json"]
    # A copy of a large workbook takes as long as the workbook is large; only small files may not make it long.
    copies = ["-o", f"{name}.copies/"] if Path(name).stat().st_size < SMALL else []
    status = main([*line, *copies])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main() -> None:
    import fastexcel  # noqa: F401
    import lxml.html  # noqa: F401
    import openpyxl  # noqa: F401
    import polars  # noqa: F401

    import xueji_cli.cli  # noqa: F401

    seconds = int(sys.argv[1])
    told = {}
    for name in sys.argv[2:]:
        begun = time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                child(name, seconds)
            finally:
                os._exit(99)
        _, status, usage = os.wait4(pid, 0)
        killed = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else ""
        told[name] = {
            "status": None if killed else os.WEXITSTATUS(status),
            "killed": killed,
            "seconds": usage.ru_utime + usage.ru_stime,
            "wall": time.monotonic() - begun,
            "megabytes": usage.ru_maxrss // 1024,
        }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
