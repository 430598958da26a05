"""Fetch the wheels of all pinned dependencies into a folder, for a machine without a network.

    python -m release.wheelhouse wheelhouse                                            for this system and this Python
    python -m release.wheelhouse wheelhouse --platform win_amd64 --python 3.11         for Windows, from any system

pip itself would leave out what only Windows needs when it is run elsewhere: it asks the system that it runs on. Only wheels are taken,
never source code that would have to be compiled, and only files of the hashes in requirements.lock.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from release.pins import pins


def fetch(folder: Path, platform: str | None = None, python: str | None = None) -> None:
    """Fetch the wheels for a platform (`win_amd64`) and a Python (`3.11`); by default those of this machine.

    Raises:
        CalledProcessError: When a wheel does not exist or cannot be fetched; pip has said which.
    """
    version = python or f"{sys.version_info.major}.{sys.version_info.minor}"
    windows = platform.startswith("win") if platform else sys.platform == "win32"
    lines = [pin.line() for pin in pins() if pin.needed(version, windows=windows)]
    call = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    call += ["--platform", platform] if platform else []
    call += ["--python-version", version] if platform or python else []
    with tempfile.TemporaryDirectory() as name:
        listed = Path(name) / "requirements.txt"
        listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
        subprocess.run([*call, "-d", str(folder), "-r", str(listed)], check=True)


def main() -> int:
    """Fetch, and say how many wheels lie there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--platform", help="win_amd64, manylinux_2_28_x86_64, macosx_11_0_arm64")
    parser.add_argument("--python", help="3.11, 3.12 or 3.13")
    arguments = parser.parse_args()
    try:
        fetch(arguments.folder, arguments.platform, arguments.python)
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    print(f"{len(list(arguments.folder.glob('*.whl')))} wheels in {arguments.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
