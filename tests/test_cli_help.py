"""Help pages, completion, and how little is loaded for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from xueji_cli.cli import root_command
from xueji_cli.console import Console
from xueji_cli.messages import catalogue

ROOT = Path(__file__).parent.parent
HEAVY = {
    "polars", "pandera", "rapidfuzz", "openpyxl", "xlsxwriter", "lxml", "fastexcel", "python_calamine", "pyarrow", "stdnum", "xlrd",
    "yaml", "rich", "pypinyin", "pyspark", "pandas",
}  # fmt: skip


def commands(command=None, path=()):
    """Yield (path, command) of the root, every group and every command."""
    command = command or root_command("zh")
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


PATHS = [path for path, _ in commands()]


def process(code_or_arguments, **environment):
    call = [sys.executable, *code_or_arguments]
    clean = {key: value for key, value in os.environ.items() if key != "XUEJI_LANG"}
    return subprocess.run(
        call,
        cwd=ROOT,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(path) or "xueji")
def test_every_page_says_everything_within_the_width(command, monkeypatch, path, lang):
    monkeypatch.setenv("XUEJI_LANG", lang)
    monkeypatch.setenv("COLUMNS", "80")
    done = command(*path, "--help")
    assert (done.status, done.err) == (0, "")
    assert [line for line in done.out.splitlines() if cell_len(line) > 80] == []
    assert "…" not in done.out
    words = catalogue.load(lang, "help")
    flat = "".join(done.out.split())
    node = dict(commands())[path]
    name = "_".join(path) or "xueji"
    assert "".join(words["commands"][name].split()) in flat
    for param in node.params:
        text = words.get(name, {}).get(param.name, words["options"].get(param.name))
        assert "".join(text.split()) in flat, param.name
        if param.param_type_name == "option":
            assert all(spelling in done.out for spelling in param.opts)
        assert getattr(param, "is_flag", False) or param.metavar in done.out
    for child in getattr(node, "commands", {}):
        assert "".join(words["commands"]["_".join((*path, child))].split()) in flat
    assert words["options"]["help"] in done.out


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(path) or "xueji")
def test_no_page_mixes_languages(command, monkeypatch, path):
    chinese = command(*path, "--help").out
    monkeypatch.setenv("XUEJI_LANG", "en")
    english = command(*path, "--help").out
    assert not [char for char in english if "\u4e00" <= char <= "\u9fff"]
    # Words that Typer would put in of its own.
    for word in ("Usage", "Options", "Arguments", "Commands", "Show this", "[required]", "[default", "<bool>"):
        assert word not in chinese


@pytest.mark.parametrize("width", [60, 100, 200])
def test_a_page_fits_other_windows(command, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = command("check", "--help").out.splitlines()
    examples = lines.index("例子")
    assert [line for line in lines[:examples] if cell_len(line) > width] == []


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_examples_are_commands_that_can_be_parsed(lang):
    """Every option and command of an example exists."""
    import shlex

    examples = catalogue.load(lang, "help")["examples"]
    known = dict(commands())
    assert examples
    for name, lines in examples.items():
        path = next(path for path in known if "_".join(path) == name)
        for line in lines:
            program, *rest = shlex.split(line)
            assert program == "xueji"
            assert tuple(rest[: len(path)]) == path
            context = known[path].make_context(path[-1], rest[len(path) :], obj=Console(lang), resilient_parsing=True)
            assert context.args == []


def test_lang_speaks_english_before_it_is_parsed(command):
    for arguments in (
        ["check", "--lang", "en", "--help"],
        ["check", "--help", "--lang=en"],
        ["--lang", "en", "check", "--help"],
    ):
        assert command(*arguments).out.startswith("Usage: xueji check [OPTIONS] FILES...")
    assert "There is no option --zzz" in command("check", "--lang", "en", "--zzz").err
    assert command("--lang", "en", "schema", "list").out != command("schema", "list").out


def test_the_version(command):
    from xueji_cli import __version__

    for option in ("--version", "-V"):
        assert command(option).out == f"xueji {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["check", "--help"], ["--version"], ["check"], []],
    ids=lambda value: " ".join(value) or "nothing",
)
def test_asking_for_help_loads_nothing_heavy(arguments):
    code = (
        "import contextlib, io, json, sys\n"
        "from xueji_cli.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):\n"
        f"    main({arguments!r})\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )
    done = process(["-c", code])
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(json.loads(done.stdout)) == set()


def complete(words, position=None, shell="bash", **more):
    environment = {
        "_XUEJI_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1 if position is None else position),
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        **more,
    }
    done = process(["-m", "xueji_cli"], **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    return done.stdout.decode("utf-8").split()


def test_completion_knows_commands_options_and_their_values():
    assert complete("xueji ") == [
        "check",
        "clean",
        "dedupe",
        "link",
        "reconcile",
        "changes",
        "retention",
        "pseudonymize",
        "template",
        "rule",
        "schema",
        "codes",
    ]
    assert complete("xueji sch") == ["schema"]
    assert complete("xueji schema ") == ["list", "show", "check", "export"]
    assert complete("xueji check --fa") == ["--fail-on"]
    assert complete("xueji check --fail-on ") == ["error", "warning", "notice", "never"]
    assert complete("xueji check --format js") == ["json", "jsonl"]
    assert complete("xueji check --lang ") == ["zh", "en"]


@pytest.mark.parametrize("shell", ["zsh", "fish", "powershell", "pwsh"])
def test_completion_of_other_shells(shell):
    assert "check" in " ".join(complete("xueji ", shell=shell))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "pwsh"])
def test_the_completion_script(shell):
    done = process(["-m", "xueji_cli"], _XUEJI_COMPLETE=f"source_{shell}")
    assert done.returncode == 0, done.stderr
    assert b"_XUEJI_COMPLETE" in done.stdout
    assert b"xueji" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="asks the shell it runs in, a POSIX one")
def test_show_completion_asks_the_shell():
    call = ["bash", "-c", f'"{sys.executable}" -m xueji_cli --show-completion; exit $?']
    done = subprocess.run(call, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"complete_bash" in done.stdout
