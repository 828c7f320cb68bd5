"""The wheel holds the library and its web part, whole, and nothing of the application."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("queueapp", "webui")


def test_the_wheel_holds_every_file_of_both_packages_and_no_other_package(tmp_path):
    source = tmp_path / "source"
    for package in PACKAGES:
        shutil.copytree(REPOSITORY / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for package in ("actors", "scheduler", "tests"):
        (source / package).mkdir()
        (source / package / "__init__.py").write_text("")
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(REPOSITORY / name, source)
    expected = {
        str(path.relative_to(source))
        for each in PACKAGES
        for path in (source / each).rglob("*")
        if path.is_file()
    }
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
    ]
    built = subprocess.run([*pip, str(source)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == expected
