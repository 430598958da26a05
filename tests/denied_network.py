"""Run xueji where nothing can reach the network, and write down every attempt, and every file it opens to write; for `test_offline`.

Usage: `python denied_network.py COMMANDS.json`. Prints `told`, a list of `[status, attempts, written]`, one for each command line, and
`counters`, the system's.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path

ATTEMPTS: list[str] = []
#: Paths that were opened to be written or made, and what got another name.
WRITTEN: list[str] = []
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
#: Every one of them would be the first step of a connection or of a look-up.
EVENTS = (
    "socket.",
    "urllib.",
    "http.client.",
    "ftplib.",
    "smtplib.",
    "webbrowser.",
    "subprocess.",
    "os.system",
    "os.exec",
)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    # A hook of the interpreter sees calls that replaced functions would miss: those from C, and names bound before.
    if event.startswith(EVENTS):
        ATTEMPTS.append(event)
        msg = "no network here"
        raise PermissionError(msg)
    if event == "open" and isinstance(arguments[0], str | bytes) and int(str(arguments[2])) & _WRITES:
        WRITTEN.append(os.fsdecode(arguments[0]))


def main() -> None:
    commands = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.addaudithook(_refuse)
    from xueji_cli.cli import main as xueji

    told = []
    for command in commands:
        ATTEMPTS.clear()
        WRITTEN.clear()
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            status = xueji(command)
        told.append([status, list(ATTEMPTS), list(WRITTEN)])
    counters = Path("/proc/net/snmp")
    lines = counters.read_text(encoding="ascii").splitlines() if counters.exists() else []
    json.dump(
        {"told": told, "counters": [line for line in lines if line.startswith(("Ip:", "Tcp:", "Udp:"))]}, sys.stdout
    )


if __name__ == "__main__":
    main()
