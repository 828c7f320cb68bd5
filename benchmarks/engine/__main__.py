"""`python -m benchmarks.engine`: what is promised beside speed, on real worker processes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks import machine, publish
from benchmarks.engine.fleet import fleet_on
from benchmarks.engine.measures import ALL, Figure, Sizes
from benchmarks.services import fresh_services
from benchmarks.table import Row

COLUMNS = ("measured", "goal")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and with --write put it into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small and rough, to see that it works")
    parser.add_argument(
        "--only", nargs="+", choices=[one.__name__ for one in ALL], help="these measures alone"
    )
    parser.add_argument("--write", action="store_true", help="publish in docs/benchmarks.md")
    asked = parser.parse_args(arguments)
    console = Console()
    figures: list[Figure] = []
    with fresh_services() as services, fleet_on(services) as fleet:
        facts = machine.facts(services)
        with fleet.workers():
            for measure in ALL:
                if asked.only and measure.__name__ not in asked.only:
                    continue
                for figure in measure(fleet, Sizes().quick() if asked.quick else Sizes()):
                    console.print(f"{figure.measure}: {figure.figure}", style="dim", highlight=False)
                    figures.append(figure)
    rows = [Row(one.measure, (one.figure, one.goal)) for one in figures]
    shown = Table("measure", *COLUMNS)
    for row in rows:
        shown.add_row(row.measure, *row.cells)
    console.print(shown)
    if asked.write:
        publish.write(COLUMNS, rows, facts, name="engine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
