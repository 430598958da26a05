"""What Windows lacks or does otherwise is not used, or not without asking first; as far as that can be held on another system."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_rosters import DAY, children, write_roster
from test_offline import LINES, ROOT

import xueji_cli
from xueji_cli.errors import UserError
from xueji_cli.tables import writing
from xueji_cli.tables.names import reserved

PACKAGE = Path(xueji_cli.__file__).parent

#: Modules of Python that Windows lacks.
MODULES = {
    "fcntl", "resource", "pwd", "grp", "spwd", "termios", "pty", "tty", "syslog", "curses", "readline", "posix", "crypt", "nis",
    "_posixshmem", "uvloop",
}  # fmt: skip
#: Functions and names that it lacks, or that do something else there: links need rights, `kill` ends at once, `rename` refuses to replace.
NAMES = {
    "fork", "forkpty", "symlink", "symlink_to", "hardlink_to", "link", "readlink", "getuid", "geteuid", "getgid", "getegid", "getpgid",
    "setuid", "chown", "lchown", "mkfifo", "mknod", "setsid", "killpg", "kill", "wait3", "wait4", "nice", "getloadavg", "statvfs",
    "sched_getaffinity", "sync", "uname", "tzset", "pthread_kill", "alarm", "setitimer", "umask", "getrusage", "rename",
    "SIGHUP", "SIGKILL", "SIGPIPE", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGXFSZ", "SIGXCPU", "SIGQUIT", "SIGCHLD", "SIGTSTP", "SIGSTOP",
    "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "O_SYNC", "O_NONBLOCK", "PosixPath", "NamedTemporaryFile",
}  # fmt: skip
#: Words that a text of ours uses as such: the link of a sheet's cell, Polars' `rename` of columns.
OWN = {"link", "rename"}
PLACES = ("/tmp", "/dev/", "/proc/", "/etc/", "/usr/", "/var/", "/home/", "~/")
OPENING = {"open", "read_text", "write_text", "fdopen", "TextIOWrapper"}


def faults(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and fault of everything that would not do on Windows."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, each.name) for each in names if each.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=module, names=names):
                if (module or "").split(".")[0] in MODULES:
                    yield node.lineno, str(module)
                if module in ("os", "signal", "shutil", "pathlib", "tempfile", "time"):
                    yield from ((node.lineno, each.name) for each in names if each.name in NAMES)
            case ast.Attribute(value=value, attr=attr) if attr in NAMES:
                # Of our own words only those that are asked of the system.
                if attr not in OWN or (isinstance(value, ast.Name) and value.id in ("os", "Path", "path")):
                    yield node.lineno, attr
            case ast.Constant(value=str(text)) if text.startswith(PLACES) or "%-d" in text or "%-m" in text:
                yield node.lineno, text
            case ast.Call():
                yield from _calls(node)
            case _:
                pass


def _calls(node: ast.Call) -> Iterator[tuple[int, str]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    of = node.func.value.id if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) else ""
    named = {keyword.arg for keyword in node.keywords}
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    binary = any(
        isinstance(each, ast.Constant) and isinstance(each.value, str) and "b" in each.value for each in given[:2]
    )
    if name in OPENING and of not in ("os", "zipfile", "archive") and not binary:
        # read_text(encoding) and write_text(text, encoding) take it by position as well.
        position = {"read_text": 0, "write_text": 1, "open": 3, "TextIOWrapper": 1}.get(name, 9)
        if "encoding" not in named and len(node.args) <= position:
            yield node.lineno, f"{name} without an encoding"
    for keyword in node.keywords:
        if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
            yield node.lineno, "shell"
        if keyword.arg == "preexec_fn":
            yield node.lineno, str(keyword.arg)
    if of == "os" and name in ("system", "popen", "startfile"):
        yield node.lineno, f"os.{name}"


#: What is there and is right: (file, fault) → why.
KNOWN = {
    ("tables/memory.py", "/proc/meminfo"): "looked for; where it is not, the memory is not known",
    ("scaling/spark/storage.py", "open without an encoding"): "a file of Hadoop's, in bytes",
}


def test_nothing_is_used_that_windows_lacks() -> None:
    looked_at = 0
    found = set()
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        looked_at += 1
        found |= {(place, fault, line) for line, fault in faults(path.read_text(encoding="utf-8"))}
    assert looked_at > 100
    assert sorted(each for each in found if each[:2] not in KNOWN) == []
    assert set(KNOWN) <= {each[:2] for each in found}, "no longer there"


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl", "from pwd import getpwnam", "import os\nos.fork()", "import os\nos.kill(1, 9)", "path.symlink_to('x')",
        "from os import getuid", "signal.SIGHUP", "open('a')", "open('a', 'w')", "path.read_text()", "path.write_text('x')",
        "path.open()", "subprocess.run('ls', shell=True)", "os.system('ls')", "x = '/tmp/a'", "day.strftime('%-d')",
        "subprocess.Popen([], preexec_fn=f)", "os.rename(a, b)", "Path.rename(a, b)", "tempfile.NamedTemporaryFile()",
    ],
)  # fmt: skip
def test_the_lint_sees_it(source: str) -> None:
    assert list(faults(source))


@pytest.mark.parametrize(
    "source",
    [
        "open('a', 'rb')", "open('a', encoding='utf-8')", "path.read_text('utf-8')", "path.open('wb')", "frame.rename({'a': 'b'})",
        "zipfile.open('a')", "path.replace(other)", "subprocess.run(['x'], shell=False)", "'a/tmp/b'", "day.strftime('%d')",
    ],
)  # fmt: skip
def test_the_lint_lets_it_be(source: str) -> None:
    assert list(faults(source)) == []


def test_a_device_is_no_output_on_windows(command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CON", "nul", "aux.xlsx", "Com1.html", "LPT9.json", "prn.2025.csv", "COM¹.csv"):
        assert reserved(name)
        writing.refuse_input(name, [])
    for name in ("console.xlsx", "名册-con.xlsx", "com10.csv", "auxiliary", "nul1", "COM.csv"):
        assert not reserved(name)

    class Windows:
        """`os` as Windows has it, for the one module that asks; a whole process can't be told so."""

        name = "nt"

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

    monkeypatch.setattr(writing, "os", Windows())
    for target in ("aux.xlsx", "CON/r.xlsx", "out/nul.json"):
        with pytest.raises(UserError, match="output_reserved_name"):
            writing.refuse_input(target, [])
    writing.refuse_input("out/console.xlsx", [])
    write_roster(tmp_path / "r.csv", children(1))
    done = command("check", "r.csv", "--as-of", DAY, "-o", "aux.xlsx")
    assert done.status == 2
    assert "aux.xlsx 是 Windows 留给设备用的名称" in done.err
    assert not (tmp_path / "aux.xlsx").exists()


#: A line of every command on a screen of code page 936, in one process: strict, as Windows gives it to Python.
SCREENS = """
import io, json, sys
from xueji_cli.cli import main
class Screen(io.TextIOWrapper):
    def isatty(self): return True
told = []
for line in json.loads(sys.argv[1]):
    raw = io.BytesIO(), io.BytesIO()
    sys.stdout, sys.stderr = (Screen(each, encoding=sys.__stdout__.encoding, errors="strict") for each in raw)
    try:
        status = main(line)
    finally:
        sys.stdout.flush(), sys.stderr.flush()
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    # What another program reads is not for the screen, and is UTF-8 as often as not.
    strict = "ignore" if "json" in line else "strict"
    told.append([status, raw[0].getvalue().decode("gbk", strict), raw[1].getvalue().decode("gbk")])
print(json.dumps(told))
"""


def test_every_command_speaks_to_a_chinese_console(tmp_path: Path) -> None:
    import json
    import shutil

    folder = tmp_path / "名 册"
    shutil.copytree(ROOT / "sample_data", folder)
    lines = []
    for name, runs in LINES.items():
        # The last of each, and without files: what is shown on the screen.
        line = [*name.split(), *runs[-1]]
        while "-o" in line and name not in ("clean", "schema export", "template", "pseudonymize"):
            del line[line.index("-o") : line.index("-o") + 2]
        lines.append([each for each in line if each != "--cases"])
    (folder / "out").mkdir()
    # A name that code page 936 lacks.
    write_roster(folder / "rare.csv", children(2, 姓名="𠮷⽣é"))
    lines.append(["check", "rare.csv", "--as-of", DAY, "--reveal"])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "gbk"}
    call = [sys.executable, "-c", SCREENS, json.dumps(lines)]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode("gbk", "replace")
    told = json.loads(done.stdout)
    for line, (status, out, err) in zip(lines, told, strict=True):
        assert status in (0, 1), (line, err)
        assert "Traceback" not in out + err
        assert out or err or "-o" in line, line
    assert "\\U00020bb7" in told[-1][1]
