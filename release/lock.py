"""Pin all dependencies anew, with hashes: writes requirements.lock and docs/licences.md. Needs the network and uv (`pip install uv`).

    python -m release.lock [--upgrade]

The lock file is one for all systems and Pythons; pip takes it as it is: `pip install --require-hashes -r requirements.lock`. Without
`--upgrade` pins that still satisfy pyproject.toml stay. Fetches every wheel for Windows, so that one that lacks is seen here.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from release import licences
from release.pins import LOCK, ROOT, pins
from release.wheelhouse import fetch

PYTHONS = ("3.11", "3.12", "3.13")
#: Where offices work, and what has the fewest wheels; Linux is proven by every test run.
PLATFORM = "win_amd64"


def main() -> int:
    """Write both files."""
    call = ["uv", "pip", "compile", "-q", "--universal", "--generate-hashes", "--python-version", PYTHONS[0]]
    call += ["--no-emit-index-url", "--custom-compile-command", "python -m release.lock", "-o", str(LOCK)]
    subprocess.run([*call, *sys.argv[1:], "pyproject.toml"], check=True, cwd=ROOT)
    with tempfile.TemporaryDirectory() as name:
        folders = []
        for python in PYTHONS:
            folders.append(Path(name) / python)
            fetch(folders[-1], PLATFORM, python)
        markers = {(pin.name, pin.version): str(pin.requirement.marker or "") for pin in pins()}
        rows = licences.made(folders, markers)
    licences.PAGE.write_text(licences.page(rows), encoding="utf-8", newline="\n")
    unknown = [row.name for row in rows if not row.licence]
    if unknown:
        print("no licence is stated by:", ", ".join(unknown))
    return int(bool(unknown))


if __name__ == "__main__":
    sys.exit(main())
