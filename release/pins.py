"""requirements.lock read: what exactly is installed, on which system, and the files it may come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"


@dataclass(frozen=True, slots=True)
class Pin:
    """One release of one package.

    Attributes:
        requirement: `name==version`, and where it is needed.
        hashes: SHA-256 of every file of that release, in hexadecimal.
    """

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name as the index has it."""
        return normal(self.requirement.name)

    @property
    def version(self) -> str:
        """The only version that is taken."""
        (only,) = self.requirement.specifier
        return only.version

    def needed(self, python: str, *, windows: bool) -> bool:
        """Whether it is installed with this Python ("3.11") on Windows, or else on Linux."""
        if self.requirement.marker is None:
            return True
        system = ("win32", "Windows", "nt") if windows else ("linux", "Linux", "posix")
        names = ("sys_platform", "platform_system", "os_name")
        about = {**default_environment(), **dict(zip(names, system, strict=True))}
        return self.requirement.marker.evaluate(
            {**about, "python_version": python, "python_full_version": f"{python}.0"}
        )

    def line(self) -> str:
        """Return the line that installs it wherever it is asked for, and only from files of these hashes."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{each}" for each in self.hashes)])


def normal(name: str) -> str:
    """Return the name of a package as all spellings of it are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: Path = LOCK) -> list[Pin]:
    """Read a lock file, as pip does: a requirement, its hashes, comments."""
    text = re.sub(r"\\\n", " ", path.read_text(encoding="utf-8"))
    found = []
    for line in text.splitlines():
        written = re.sub(r"(^|\s)#.*", "", line).strip()
        if written:
            requirement, *hashes = re.split(r"\s+--hash=sha256:", written)
            found.append(Pin(Requirement(requirement), tuple(each.strip() for each in hashes)))
    return found
