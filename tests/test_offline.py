"""No command reaches for the network: not Python's, not that of the libraries below it, and not the pages that are written."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import made_once

from xueji_cli.cli import root_command

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent
DAY = ["--as-of", "2025-10-15"]
CHECK = ["示例-全部正确.xlsx", "一年级新生-身份证损坏.xlsx", "青禾镇初级中学.csv", "青禾镇柳溪小学.xls"]
INSPECTION = [
    "人籍比对/系统导出.csv", "--actual", "人籍比对/班级名单", "--schools", "人籍比对/学校名单.csv", "--entries", "人籍比对/检查记录.csv",
]  # fmt: skip


def writes(stem: str, *suffixes: str) -> list[str]:
    return [part for suffix in suffixes for part in ("-o", f"out/{stem}.{suffix}")]


EXPORTS = ["异动/2025-03-10", "异动/2025-10-31"]
LISTS = [
    *("--household", "控辍/户籍名单.csv", "--roll", "控辍/学籍.csv", "--present", "控辍/在校名单"),
    *("--focus", "控辍/脱贫户.csv", "--explained", "控辍/外出就读等证明.csv", "--numbers", "控辍/年度数.csv"),
]

#: What each command is run with, in a copy of `sample_data`: every format that it writes.
LINES: dict[str, list[list[str]]] = {
    "check": [
        [*CHECK, *DAY, *writes("check", "xlsx", "html", "json", "jsonl", "csv")],
        [CHECK[0], CHECK[3], *DAY, "-o", "out/check/", "--format", "json"],
    ],
    "clean": [
        [CHECK[2], *DAY, "-o", "out/clean.xlsx", "--log", "out/log.xlsx"],
        [CHECK[2], *DAY, "-o", "out/clean.csv", "--log", "out/log.jsonl", "--unsafe", "--reference", CHECK[0]],
    ],
    "dedupe": [["查重", *DAY, *writes("dedupe", "xlsx", "html", "json")]],
    "link": [["查重/东关小学.xlsx", "查重/西关小学.csv", *DAY, *writes("link", "xlsx", "html")]],
    "reconcile": [[*INSPECTION, *DAY, *writes("reconcile", "xlsx", "html", "docx", "json")]],
    "changes": [[*EXPORTS, "--log", "异动/异动台账.xlsx", *writes("changes", "xlsx", "html", "json")]],
    "retention": [
        [*LISTS, "--previous", "控辍/上期台账.csv", *DAY, *writes("retention", "xlsx", "html", "json"), "--cases"],
    ],
    "pseudonymize": [
        [*CHECK, "-o", "out/换名/", "--key-file", "out/换名.key", "--new-key", "--table", "out/对照.csv"],
    ],
    "template": [
        ["inspection", "人籍比对/系统导出.csv", "--schools", "人籍比对/学校名单.csv", *writes("forms", "xlsx")],
    ],
    "rule": [[], ["ID03", "--format", "json"]],
    "schema list": [[]],
    "schema show": [["student"]],
    "schema check": [[]],
    "schema export": [["student", "--template", *writes("student", "xlsx")]],
    "codes list": [[]],
    "codes show": [["ethnicity"]],
}  # fmt: skip


def commands() -> list[str]:
    """List every command that `xueji --help` and the help of its groups name."""

    def leaves(node: Any, path: str) -> list[str]:
        inside = getattr(node, "commands", None)
        if not inside:
            return [path]
        return [leaf for name, child in inside.items() for leaf in leaves(child, f"{path} {name}".strip())]

    return leaves(root_command("zh"), "")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, bool]:
    """Run everything once in a process that is cut off; return what it tells, the folder, and whether the system cut it off."""
    unshare = shutil.which("unshare")
    cut = (
        unshare is not None
        and subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode == 0
    )
    folder = made_once(tmp_path_factory, "offline", lambda each: run_all(each, [str(unshare), "-rn"] if cut else []))
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    return told, folder / "sample_data", cut


def run_all(place: Path, cutting_off: list[str]) -> None:
    """Run everything on a copy of the samples in a folder, and put down what was told."""
    folder = place / "sample_data"
    shutil.copytree(ROOT / "sample_data", folder)
    (folder / "out").mkdir()
    lines = [[*name.split(), *line] for name in LINES for line in LINES[name]]
    (folder / "commands.json").write_text(json.dumps([["--version"], ["--help"], *lines]), encoding="utf-8")
    call = [*cutting_off, sys.executable, str(HERE / "denied_network.py"), "commands.json"]
    for name in ("home", "tmp"):
        (place / name).mkdir()
    environment = {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(place / "home"),
        "TMPDIR": str(place / "tmp"),
        "PATH": "/usr/bin:/bin",
        "XUEJI_LANG": "zh",
        "XUEJI_RECORD_KEY": str(HERE / "record.key"),
    }
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    (place / "told.json").write_bytes(done.stdout)


def test_no_command_is_forgotten() -> None:
    assert sorted(LINES) == sorted(commands())


def test_every_command_works_without_a_network_and_asks_for_none(ran: tuple[dict[str, Any], Path, bool]) -> None:
    told, folder, _ = ran
    lines = json.loads((folder / "commands.json").read_text(encoding="utf-8"))
    for line, (status, attempts, _) in zip(lines, told["told"], strict=True):
        assert attempts == [], line
        assert status in (0, 1), line


def test_nothing_is_written_but_what_was_asked_for(ran: tuple[dict[str, Any], Path, bool]) -> None:
    """Every file is opened in the hidden folder beside its target; no log, no cache, nothing at home or in the folder that all share."""
    told, folder, _ = ran
    lines = json.loads((folder / "commands.json").read_text(encoding="utf-8"))
    opened = 0
    for line, (_, _, written) in zip(lines, told["told"], strict=True):
        # The secret key and the table of who became whom are made for their owner alone, which a moved file would not be.
        own = [line[line.index(option) + 1] for option in ("--key-file",) if option in line]
        assert [path for path in written if ".xueji-tmp" not in path and path not in own] == [], line
        opened += len(written)
    assert opened > 50
    for place in ("home", "tmp"):
        assert list((folder.parent / place).rglob("*")) == []
    asked = {part for line in lines for part in line if part.startswith("out/")}
    for path in (folder / "out").iterdir():
        assert {f"out/{path.name}", f"out/{path.name}/"} & asked, path
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_no_command_changes_an_input(ran: tuple[dict[str, Any], Path, bool]) -> None:
    samples = ROOT / "sample_data"
    compared = [path for path in samples.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert len(compared) > 20
    for path in compared:
        assert (ran[1] / path.relative_to(samples)).read_bytes() == path.read_bytes(), path


def test_the_system_counts_no_packet_and_no_connection(ran: tuple[dict[str, Any], Path, bool]) -> None:
    """What libraries in Rust and C do is seen by no hook, but in a network of its own by the counters of the system."""
    told, _, cut = ran
    if not cut:
        pytest.skip("no network namespaces here")
    assert sent(told["counters"]) == 0
    # The counters do count: one attempt is seen.
    attempt = "import socket; socket.socket().connect_ex(('192.0.2.1', 80)); print(open('/proc/net/snmp').read())"
    done = subprocess.run(["unshare", "-rn", sys.executable, "-c", attempt], capture_output=True, check=True, text=True)
    assert sent(done.stdout.splitlines()) > 0


def sent(lines: list[str]) -> int:
    total = 0
    for names, values in itertools.pairwise(lines):
        if names.split(":")[0] == values.split(":")[0] and not re.search(r"[A-Z]", values.split(":", 1)[1]):
            counts = dict(zip(names.split()[1:], values.split()[1:], strict=True))
            total += sum(
                int(counts.get(name, 0)) for name in ("OutRequests", "OutNoRoutes", "ActiveOpens", "OutDatagrams")
            )
    return total


def test_the_hook_sees_an_attempt(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import denied_network as d; sys.addaudithook(d._refuse)\n"
        "import socket\n"
        "for attempt in (lambda: socket.getaddrinfo('example.org', 80), lambda: socket.socket().connect(('192.0.2.1', 80))):\n"
        "    try: attempt()\n"
        "    except PermissionError: pass\n"
        "print(len(d.ATTEMPTS))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(HERE)], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "2"


PAGES = ("check.html", "dedupe.html", "link.html", "reconcile.html", "changes.html", "retention.html")
#: What makes a browser load something: attributes, style sheets, scripts.
LOADS = re.compile(
    r"""(?:src|srcset|action|formaction|poster|background|xlink:href|href)\s*=\s*["']?\s*(?!\#|data:|["'])[^\s"'>]+"""
    r"""|url\(\s*["']?(?!data:)|@import|<(?:link|iframe|object|embed|base)\b|fetch\(|XMLHttpRequest|WebSocket|EventSource"""
    r"""|sendBeacon|importScripts|\bimport\s*\(|https?://|["'(]//""",
    re.IGNORECASE,
)


def test_no_page_is_forgotten(ran: tuple[dict[str, Any], Path, bool]) -> None:
    assert sorted(PAGES) == sorted(path.name for path in (ran[1] / "out").rglob("*.html"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing_from_outside(ran: tuple[dict[str, Any], Path, bool], name: str) -> None:
    page = (ran[1] / "out" / name).read_text(encoding="utf-8")
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"\s+content="([^"]+)"', page)
    assert policy is not None
    rules = dict(part.strip().split(" ", 1) for part in policy[1].split(";") if part.strip())
    assert rules["default-src"] == "'none'"
    assert "http" not in policy[1]
    assert "*" not in policy[1]
    assert set(rules) <= {"default-src", "style-src", "script-src", "img-src", "font-src", "base-uri", "form-action"}
    # The policy stands before anything that it is to hold for.
    assert policy.start() < min(page.index(tag) for tag in ("<style", "<script") if tag in page)
    assert [match[0] for match in LOADS.finditer(page.replace(policy[0], ""))] == []
