"""docs/licences.md: what each dependency is licensed under, as its own wheel says."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path

from release.pins import ROOT, normal

PAGE = ROOT / "docs" / "licences.md"
#: Classifiers of older wheels, as SPDX names them where the classifier says which one it is.
SPDX = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
}
HEAD = """# 依赖与许可证

由 `python -m release.lock` 从各包自己的轮子（wheel）生成，与 `requirements.lock` 逐行对应，请勿手改。xueji 本身是 MIT 许可证。

“形式”：`纯` 为纯 Python，任何系统都能装；`编译` 为带编译部分，按系统和 Python 版本各有轮子（Windows 64 位 × Python 3.11、3.12、3.13
都有；**没有 32 位 Windows 的**）。编译部分里还含有别的开源组件（如 polars、pyarrow 里的 Rust、C++ 库），名单和许可证在各包轮子的
`.dist-info` 里。

| 包 | 版本 | 许可证 | 形式 | 何处需要 |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page."""

    name: str
    version: str
    licence: str
    form: str
    where: str


def licence_of(metadata: Message) -> str:
    """Return the licence that a package's metadata states, the most exact statement first; "" when it states none."""
    if expression := metadata.get("License-Expression"):
        return str(expression)
    told = [text.rpartition(" :: ")[2] for text in metadata.get_all("Classifier", []) if text.startswith("License ::")]
    exact = [SPDX.get(each, each) for each in told if each not in ("OSI Approved", "BSD License")]
    line = str(metadata.get("License") or "").strip().split("\n")[0]
    # Some put the whole text there; its first line is the name.
    named = re.sub(r"\s*\(c\).*", "", line) if len(line) < 60 else ""
    return " / ".join(exact) or named or " / ".join(SPDX.get(each, each) for each in told)


def of_wheel(path: Path) -> Message:
    """Return a wheel's metadata."""
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        return Parser().parsestr(archive.read(name).decode("utf-8"), headersonly=True)


def page(rows: Iterable[Row]) -> str:
    """Return the page."""
    lines = [f"| {row.name} | {row.version} | {row.licence} | {row.form} | {row.where} |" for row in rows]
    return HEAD + "\n".join(lines) + "\n"


def rows(path: Path = PAGE) -> list[Row]:
    """Read the page again."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = lines.index("|---|---|---|---|---|") + 1
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines[start:] if line]


def made(folders: Iterable[Path], markers: dict[tuple[str, str], str]) -> list[Row]:
    """Return the rows for the wheels in some folders.

    Args:
        folders: Wheels of the same dependencies for different systems.
        markers: (name, version) → where it is needed, of everything in the lock file.
    """
    found: dict[tuple[str, str], Row] = {}
    for path in sorted(each for folder in folders for each in folder.glob("*.whl")):
        metadata = of_wheel(path)
        key = normal(str(metadata["Name"])), str(metadata["Version"])
        form = "纯" if path.stem.endswith("-none-any") else "编译"
        found[key] = Row(*key, licence_of(metadata), form, markers[key] or "处处")
    return [found[key] for key in sorted(markers)]
