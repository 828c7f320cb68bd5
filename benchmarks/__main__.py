"""`python -m benchmarks`: every system in the same run on the same servers, one table at the end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks import machine, publish
from benchmarks.measures import Samples, measure_enqueue, measure_work
from benchmarks.plan import Plan
from benchmarks.services import Services, fresh_services
from benchmarks.systems import SYSTEMS, find, installed
from benchmarks.systems.base import System
from benchmarks.table import Row, rows

#: A load over the last minute above which figures say little.
BUSY_LOAD = 0.7


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and with --write put it into docs/benchmarks.md."""
    asked = _parser().parse_args(arguments)
    plan = Plan(runs=asked.runs, items=asked.items)
    plan = plan.quick() if asked.quick else plan
    console = Console()
    if os.getloadavg()[0] > BUSY_LOAD:
        console.print("This machine is busy: what follows is slower than it can be.", style="yellow")
    with fresh_services() as services:
        facts = machine.facts(services)
        measured = _measure({name: find(name) for name in asked.systems}, plan, services, console)
    table = rows(plan, measured)
    _print(console, list(measured), table, facts)
    if asked.write:
        publish.write(list(measured), table, facts)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="interleaved runs; each figure is their median")
    parser.add_argument("--items", type=int, default=10_000, help="no-op items in the one task")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=installed())
    parser.add_argument("--quick", action="store_true", help="small and rough, to see that it works")
    parser.add_argument("--write", action="store_true", help="publish in docs/benchmarks.md")
    return parser


def _measure(
    chosen: Mapping[str, type[System]], plan: Plan, services: Services, console: Console
) -> dict[str, Samples]:
    systems = [system(services) for system in chosen.values()]
    measured = {system.name: Samples() for system in systems}
    for measure in (measure_work, measure_enqueue):
        for run in range(plan.runs):
            for system in systems:
                console.print(f"{measure.__name__} {run + 1}/{plan.runs}: {system.name}", style="dim")
                measure(system, plan, measured[system.name])
    return measured


def _print(console: Console, columns: Sequence[str], table: Sequence[Row], facts: Mapping[str, str]) -> None:
    for name, value in facts.items():
        console.print(f"{name}: {value}", highlight=False)
    shown = Table("measure", *columns)
    for row in table:
        shown.add_row(row.measure, *row.cells)
    console.print(shown)


if __name__ == "__main__":
    sys.exit(main())
