"""What every test stands on: no setting, terminal or colour of the machine it runs on."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

# Before Typer and Rich are imported, which ask some of these only once.
for _name in ("GITHUB_ACTIONS", "FORCE_COLOR", "NO_COLOR", "PY_COLORS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(_name, None)
for _name in [name for name in os.environ if name.startswith(("XUEJI_", "_XUEJI_", "_TYPER"))]:
    os.environ.pop(_name)
os.environ.update({"XUEJI_LANG": "zh", "COLUMNS": "100", "TERM": "dumb"})
if "PYTEST_XDIST_WORKER" in os.environ:
    # The processors are taken by the other workers, and waking threads for small frames costs a third of a test's time.
    # `test_threads` holds that their number changes nothing.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")

# No test makes a key in the folder of whoever runs it, and what is written with one is the same every time.
os.environ["XUEJI_RECORD_KEY"] = str(Path(__file__).with_name("record.key"))

import pytest  # noqa: E402 - after the environment is as it should be
from hypothesis import settings  # noqa: E402 - likewise

# A test that is slow on a busy machine is not wrong.
settings.register_profile("xueji", deadline=None)
settings.load_profile("xueji")

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Outcome:
    """What came of a command."""

    status: int
    out: str
    err: str


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run xueji in this process, in an empty folder."""
    from xueji_cli.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Outcome(status, *capsys.readouterr())

    return run


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that the first of all workers fills, while the others that want it wait."""
    workers = "PYTEST_XDIST_WORKER" in os.environ
    folder = (factory.getbasetemp().parent if workers else factory.getbasetemp()) / name
    ready = folder.with_suffix(".ready")
    try:
        folder.mkdir()
    except FileExistsError:
        for _ in range(3_000):
            if ready.exists():
                return folder
            time.sleep(0.1)
        raise
    try:
        make(folder)
    finally:
        ready.touch()
    return folder
