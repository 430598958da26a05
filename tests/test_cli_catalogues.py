"""The sentences of both languages agree, each is used, and each that is used is there with the places the code fills."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from xueji_cli.checks.registry import known_rules
from xueji_cli.cli import root_command
from xueji_cli.messages import catalogue

PACKAGE = Path(catalogue.__file__).parent.parent
PARTS = sorted(path.stem for path in (PACKAGE / "messages" / "zh").glob("*.toml"))

#: What a rule's sentences may name; `reports.view` fills them.
RULE_PLACES = {"value", "p1", "p2", "header", "count"}


def leaves(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield path + key, value


def flat(lang: str, part: str) -> dict[str, Any]:
    return dict(leaves(catalogue.load(lang, part)))


def places(text: Any) -> set[str]:
    lines = text if isinstance(text, list) else [str(text)]
    return {name for line in lines for _, name, _, _ in Formatter().parse(line) if name is not None}


@cache
def trees() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(PACKAGE)): ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")
    }


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for name, tree in trees().items():
        for node in ast.walk(tree):
            yield name, node


@cache
def literals() -> set[str]:
    return {node.value for _, node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@cache
def patterns() -> list[re.Pattern[str]]:
    """Last words of keys that are put together in the code: `f"schema.column_{key}"` is `column_` and a word."""
    found = []
    for _, node in nodes():
        if isinstance(node, ast.JoinedStr):
            last = "".join(p.value if isinstance(p, ast.Constant) else "*" for p in node.values).split(".")[-1]
            if re.fullmatch(r"[a-z]+_\*", last):
                found.append(re.compile(last.replace("*", r"\w+")))
    return found


@cache
def page() -> str:
    """The parts of the HTML reports that are no Python."""
    files = (PACKAGE / "reports").rglob("*")
    return "".join(path.read_text(encoding="utf-8") for path in files if path.suffix in (".html", ".js"))


def raised() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield (place, key, names of parameters) of every error in the code; None where the names can't be read off."""
    for name, node in nodes():
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("UserError", "InputError"):
            keys = [node.args[0]] if node.args else []
        elif called == "fail" and len(node.args) >= 2:
            keys = [node.args[1]]
        else:
            continue
        names = {keyword.arg for keyword in node.keywords}
        for key in keys:
            for each in [key.body, key.orelse] if isinstance(key, ast.IfExp) else [key]:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    known = None if None in names else {str(each) for each in names}
                    yield f"{name}:{node.lineno}", each.value, known


def spoken() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield (place, dotted key, names of parameters) of every sentence looked up by a literal key."""
    for name, node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "text":
            for argument in node.args[:2]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "." in argument.value:
                    names = {keyword.arg for keyword in node.keywords}
                    yield f"{name}:{node.lineno}", argument.value, None if None in names else {str(n) for n in names}


def test_both_languages_have_the_same_files():
    assert sorted(path.stem for path in (PACKAGE / "messages" / "en").glob("*.toml")) == PARTS


@pytest.mark.parametrize("part", PARTS)
def test_both_languages_have_the_same_keys_and_places(part):
    zh, en = flat("zh", part), flat("en", part)
    assert zh.keys() == en.keys()
    assert {key: places(text) for key, text in zh.items()} == {key: places(text) for key, text in en.items()}


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_no_sentence_is_empty_or_in_the_wrong_language(part, lang):
    for key, text in flat(lang, part).items():
        assert text, key
        if lang == "en" and part == "errors":
            # Words of the tables themselves may be Chinese; a sentence is not.
            chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
            assert chinese < len(text) / 3, key


@pytest.mark.parametrize("part", [part for part in PARTS if part not in ("help", "rules")])
def test_every_sentence_is_used(part):
    def used(key: str) -> bool:
        word = key.split(".")[-1]
        return (
            word in literals()
            or {f"{part}.{key}", key} & literals()
            or any(pattern.fullmatch(word) for pattern in patterns())
            or (key.startswith("page.") and re.search(rf"(\b|label_){word}\b", page()) is not None)
        )

    unused = [key for key in flat("zh", part) if not used(key)]
    assert unused == []


def test_every_error_has_its_sentence_and_every_place_is_filled():
    found = list(raised())
    assert len(found) > 100
    sentences = flat("zh", "errors")
    for where, key, names in found:
        assert key in sentences, where
        if names is not None:
            assert places(sentences[key]) <= names, f"{where}: {key}"


def test_every_literal_key_exists_and_every_place_is_filled():
    found = list(spoken())
    assert len(found) > 20
    for where, key, names in found:
        part, _, rest = key.partition(".")
        sentences = flat("zh", part)
        if rest in sentences:
            if names:
                assert places(sentences[rest]) <= names, f"{where}: {key}"
        else:
            assert any(each.startswith(f"{rest}.") for each in sentences), where


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_every_rule_has_its_words(lang):
    words = catalogue.load(lang, "rules")
    assert list(words) == list(known_rules())
    for code, texts in words.items():
        assert (
            {"title", "message", "suggestion", "why"}
            <= texts.keys()
            <= {
                "title",
                "message",
                "suggestion",
                "why",
                "example",
            }
        ), code
        assert places(texts["message"]) | places(texts["suggestion"]) <= RULE_PLACES, code
        for plain in ("title", "why", "example"):
            assert places(texts.get(plain, "")) == set(), (code, plain)


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_help_has_words_for_every_command_and_option_and_for_nothing_else(lang):
    words = catalogue.load(lang, "help")
    commands: set[str] = set()
    shared: set[str] = {"help"}
    own: set[tuple[str, str]] = set()
    panels = {"usage", "usage_options", "usage_command", "arguments", "commands", "options", "general", "examples"}

    def visit(node: Any, path: str) -> None:
        name = path or "xueji"
        commands.add(name)
        for param in node.params:
            if param.name in words.get(name, {}):
                own.add((name, param.name))
            else:
                shared.add(param.name)
            if getattr(param, "rich_help_panel", None):
                panels.add(param.rich_help_panel)
        for child_name, child in getattr(node, "commands", {}).items():
            visit(child, f"{path}_{child_name}" if path else child_name)

    visit(root_command("zh"), "")
    assert commands == set(words["commands"])
    assert shared == set(words["options"])
    assert panels == set(words["panels"])
    tables = {
        name: set(table) for name, table in words.items() if name not in ("panels", "examples", "commands", "options")
    }
    assert own == {(name, key) for name, table in tables.items() for key in table}
    assert set(words["examples"]) <= commands
