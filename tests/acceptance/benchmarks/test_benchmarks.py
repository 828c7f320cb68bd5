"""`python -m benchmarks` runs every system and prints a whole table; its figures are nobody's to test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_benchmarks_run_and_print_a_figure_of_every_system_for_every_measure() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick"],
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "250"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split("│")[1:-1] for line in done.stdout.splitlines() if line.startswith("│")]
    assert len(lines) == 8
    assert all(any(letter.isdigit() for letter in cell) for line in lines for cell in line[1:])
