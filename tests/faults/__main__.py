"""`python -m tests.faults`: run the fault suite several times and put its recovery times into docs/reliability.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from tests.faults.recoveries import Recovery, replace_table, table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"


@click.command()
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True)
@click.option("--write", is_flag=True, help=f"Replace the table in {PAGE.name}.")
def main(runs: int, write: bool) -> None:
    """Run the fault suite and print the recovery times of all runs; exit status 1 when a test failed."""
    failed = 0
    with tempfile.NamedTemporaryFile(mode="r", encoding="utf-8") as report:
        for _ in range(runs):
            failed |= _run(report.name)
        measured = [Recovery(*json.loads(line)) for line in report]
    lines = [*_about(runs), "", *table(measured)]
    print("\n".join(lines))
    if write:
        replace_table(PAGE, lines)
    sys.exit(1 if failed else 0)


def _run(report: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/faults"]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | {"FAULTS_REPORT": report}, check=False
    ).returncode


def _about(runs: int) -> list[str]:
    """The facts without which the figures mean nothing."""
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return [
        f"- date: {datetime.now(UTC):%Y-%m-%d}, {runs} runs of the whole suite, two tests at a time",
        f"- machine: {os.cpu_count()} cores, {system}",
        f"- load at the end (1, 5, 15 minutes): {load}",
    ]


if __name__ == "__main__":
    main()
