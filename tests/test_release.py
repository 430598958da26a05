"""What is pinned satisfies what is asked for, on every system and Python; its licences, and the list of parts."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from release import licences
from release.pins import ROOT, Pin, normal, pins

PINS = pins()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PLACES = [(python, windows) for python in ("3.11", "3.12", "3.13") for windows in (False, True)]
AGAIN = "run `python -m release.lock`"


def pinned(python: str, *, windows: bool) -> dict[str, Pin]:
    here = [pin for pin in PINS if pin.needed(python, windows=windows)]
    assert len({pin.name for pin in here}) == len(here), "two releases of one package in one place"
    return {pin.name: pin for pin in here}


def installed(pin: Pin) -> metadata.Distribution | None:
    """Return the installed package, where it is of the pinned release."""
    try:
        found = metadata.distribution(pin.name)
    except metadata.PackageNotFoundError:
        return None
    return found if found.version == pin.version else None


def test_the_lock_was_read_whole() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert len(PINS) == len(re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)) >= 30
    assert sum(len(pin.hashes) for pin in PINS) == text.count("--hash=sha256:")
    for pin in PINS:
        assert pin.hashes, pin.name
        assert all(re.fullmatch(r"[0-9a-f]{64}", each) for each in pin.hashes), pin.name


@pytest.mark.parametrize(("python", "windows"), PLACES)
def test_everything_that_is_asked_for_is_pinned(python: str, windows: bool) -> None:  # noqa: FBT001
    there = pinned(python, windows=windows)
    for asked in map(Requirement, PROJECT["dependencies"]):
        pin = there.get(normal(asked.name))
        assert pin is not None, f"{asked} is not pinned: {AGAIN}"
        assert asked.specifier.contains(pin.version), f"{asked} is pinned to {pin.version}: {AGAIN}"


def test_what_the_pinned_ask_for_is_pinned_too() -> None:
    here = {pin.name: pin for pin in PINS}
    looked_at = 0
    for pin in PINS:
        found = installed(pin)
        for text in found.requires or [] if found else []:
            asked = Requirement(text)
            if asked.marker is None or asked.marker.evaluate({"extra": ""}):
                other = here.get(normal(asked.name))
                assert other is not None, f"{pin.name} asks for {asked}: {AGAIN}"
                others = [each for each in PINS if each.name == other.name]
                assert any(asked.specifier.contains(each.version) for each in others), f"{pin.name} asks for {asked}"
                looked_at += 1
    assert looked_at, "nothing that is installed is of a pinned release"


def test_windows_gets_what_only_windows_needs() -> None:
    assert "colorama" in pinned("3.11", windows=True)
    assert "colorama" not in pinned("3.11", windows=False)


def test_nothing_is_pinned_that_nobody_asks_for() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    reasons = re.split(r"^[a-z0-9-]+==", text, flags=re.MULTILINE)[1:]
    assert all("# via" in reason for reason in reasons)


def test_every_pinned_release_has_its_licence_on_the_page() -> None:
    rows = licences.rows()
    assert [(row.name, row.version) for row in rows] == sorted((pin.name, pin.version) for pin in PINS), AGAIN
    assert [row.name for row in rows if not row.licence] == []
    assert licences.PAGE.read_text(encoding="utf-8") == licences.page(rows)


def test_the_page_says_what_the_packages_say() -> None:
    stated = {(row.name, row.version): row.licence for row in licences.rows()}
    here = [(pin, found) for pin in PINS if (found := installed(pin))]
    assert here
    for pin, found in here:
        assert stated[pin.name, pin.version] == licences.licence_of(found.metadata), pin.name  # type: ignore[arg-type]


def test_no_licence_keeps_a_bureau_from_using_or_passing_it_on() -> None:
    """Libraries under the LGPL are used as they are; anything stricter, or not free, would have to be decided on."""
    known = re.compile(
        r"MIT(-0|-CMU)?|Apache(-2\.0| 2\.0)?.*|(0)?BSD.*|3-Clause BSD.*|ISC|PSF-2\.0|Python.*|Zlib|Unlicense|CC0-1\.0|LGPL.*|"
        r"Mozilla.*|MPL-2\.0"
    )
    for row in licences.rows():
        parts = re.split(r" AND | OR | / ", row.licence)
        assert all(known.fullmatch(part.strip("() ")) for part in parts), f"{row.name}: {row.licence}"


def test_the_list_of_parts_has_every_pinned_release() -> None:
    pytest.importorskip("cyclonedx")
    from release.sbom import document

    text = document()
    assert document() == text
    bom = json.loads(text)
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    assert bom["metadata"]["component"]["version"] == PROJECT["version"]
    parts = {(part["name"], part["version"]): part for part in bom["components"]}
    assert set(parts) == {(pin.name, pin.version) for pin in PINS}
    for pin in PINS:
        part = parts[pin.name, pin.version]
        assert part["purl"] == f"pkg:pypi/{pin.name}@{pin.version}"
        assert {each["content"] for each in part["externalReferences"][0]["hashes"]} == set(pin.hashes)
        assert part["licenses"]
    (own,) = (each for each in bom["dependencies"] if each["ref"].startswith("pkg:pypi/xueji@"))
    assert len(own["dependsOn"]) == len(PINS)
