"""What is installed is what is in the repository: the wheel has its data, and runs away from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cli_rosters import DAY, faulty, write_roster

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("hatchling", reason="building without isolation needs hatchling")
    folder = tmp_path_factory.mktemp("dist")
    call = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q", "-w", str(folder)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    (built,) = folder.glob("xueji-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel unpacked and with its script, far from the repository; what it depends on comes from this environment."""
    folder = tmp_path_factory.mktemp("site")
    call = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(folder),
        str(wheel),
    ]
    done = subprocess.run(call, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return folder


def run(installed, *arguments, cwd):
    script = next(path for path in (installed / "bin").iterdir() if path.stem == "xueji")
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run([script, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, check=False)


def test_built_again_elsewhere_and_later_it_is_the_same_to_the_byte(wheel, tmp_path):
    """Other folder, other times and rights of files, another order in the folder: nothing of it is in the wheel."""
    copy = tmp_path / "elsewhere"
    for name in ("xueji_cli", "schemas"):
        # Files get the time of copying.
        shutil.copytree(
            ROOT / name, copy / name, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copyfile(ROOT / name, copy / name)
        (copy / name).chmod(0o600)
    call = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    done = subprocess.run(call, cwd=copy, env={**environment, "TZ": "Asia/Shanghai"}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    (again,) = (tmp_path / "dist").glob("*.whl")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_wheel_has_its_data_and_no_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    packaged = {
        f"xueji_cli/_schemas/{path.relative_to(ROOT / 'schemas').as_posix()}"
        for path in (ROOT / "schemas").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    assert {"xueji_cli/_schemas/student.yaml", "xueji_cli/_schemas/layouts.csv"} <= packaged
    assert any(name.startswith("xueji_cli/_schemas/codes/") for name in packaged)
    assert any(name.startswith("xueji_cli/_schemas/rulepacks/") for name in packaged)
    assert packaged - names == set()
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "xueji_cli").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"xueji_cli/py.typed", "xueji_cli/reports/page.html", "xueji_cli/messages/zh/errors.toml"} <= sources
    assert sources - names == set()
    outside = {name for name in names if not name.startswith("xueji_cli/") and ".dist-info/" not in name}
    assert outside == set()
    assert not [name for name in names if "test" in Path(name).name.lower() or "__pycache__" in name]
    assert "xueji = xueji_cli.__main__:run" in entry_points


def test_the_installed_script_checks_a_roster(installed, tmp_path):
    write_roster(tmp_path / "r.csv", faulty("error"))
    done = run(
        installed, "check", "r.csv", "--as-of", DAY, "--format", "json", "-o", "r.xlsx", "-o", "r.html", cwd=tmp_path
    )
    assert done.returncode == 1, done.stderr.decode()
    assert [each["code"] for each in json.loads(done.stdout)["findings"]] == ["ID03"]
    assert (tmp_path / "r.xlsx").stat().st_size > 0
    assert (tmp_path / "r.html").stat().st_size > 0


def test_the_installed_script_reads_its_own_definitions(installed, tmp_path):
    done = run(installed, "schema", "check", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    listed = json.loads(run(installed, "schema", "list", "--format", "json", cwd=tmp_path).stdout)
    assert {each["name"] for each in listed} == {"student", "class", "school", "person"}
    assert all(str(installed) in each["path"] for each in listed)


def test_the_version_is_the_projects(installed, tmp_path):
    import tomllib

    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert run(installed, "--version", cwd=tmp_path).stdout.decode().strip() == f"xueji {version}"
