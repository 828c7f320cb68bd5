"""`python -m benchmarks.sse`: a thousand event streams on one web process while 200 items a second finish.

The product's web process, as its Procfile starts it, and a bare Flask stream on gunicorn's gevent worker take turns on
the same Postgres and Redis, with the same worker running the same items beside them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import machine, publish
from benchmarks.services import Services, fresh_services
from benchmarks.sse.measure import Figures, measure
from benchmarks.sse.servers import SYSTEMS, environment, item_worker, serving
from benchmarks.table import Row
from queueapp import bootstrap, config
from queueapp.services import api_keys


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and with --write put it into docs/benchmarks.md."""
    asked = _parser().parse_args(arguments)
    console = Console()
    with fresh_services() as services, tempfile.TemporaryDirectory(prefix="benchmark-sse-") as folder:
        facts = machine.facts(services)
        measured = _measure(services, Path(folder), asked.clients, asked.seconds, console)
    facts["streams"] = f"{asked.clients:,}, on one web process, for {asked.seconds:g} s each"
    columns, rows = [*measured, "goal"], _rows(measured)
    shown = Table("measure", *columns)
    for row in rows:
        shown.add_row(row.measure, *row.cells)
    console.print(shown)
    if asked.write:
        publish.write(columns, rows, facts, name="sse")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sse", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each system is measured")
    parser.add_argument("--write", action="store_true", help="publish in docs/benchmarks.md")
    return parser


def _measure(
    services: Services, folder: Path, clients: int, seconds: float, console: Console
) -> dict[str, Figures]:
    environ = environment(services, folder)
    overrides = {"database_url": services.database_url, "redis_url": services.redis_url}
    runtime = bootstrap.runtime(config.load(environ={}, overrides=overrides))
    with runtime.transaction() as session:
        key = api_keys.create_key(session, "benchmark", "viewer")[1]
    measured: dict[str, Figures] = {}
    with item_worker(environ):
        for system in SYSTEMS:
            with serving(system, environ, key) as served:
                measured[system.name] = measure(runtime, served, key, clients, seconds)
            console.print(f"{system.name}: {asdict(measured[system.name])}", style="dim", highlight=False)
    runtime.close()
    return measured


def _rows(measured: dict[str, Figures]) -> list[Row]:
    of = list(measured.values())

    def row(measure: str, form: str, *names: str, goal: str = "–") -> Row:
        cells = [form.format(*(getattr(one, name) for name in names)) for one in of]
        return Row(measure, (*cells, goal))

    return [
        row("items finished a second", "{:.0f}", "items_per_second", goal="200"),
        row("events a second to each client", "{:.1f}", "events_per_client_second", goal="≤ 4"),
        row(
            "event in Redis to client, p50 / p99 / worst ms",
            "{:.0f} / {:.0f} / {:.0f}",
            "event_p50_ms",
            "event_p99_ms",
            "event_max_ms",
            goal="p99 < 100",
        ),
        row(
            "API request meanwhile, p50 / p99 ms",
            "{:.1f} / {:.1f}",
            "api_p50_ms",
            "api_p99_ms",
            goal="p99 < 50",
        ),
        row("memory of the web process for each client, KiB", "{:.0f}", "kilobytes_per_client"),
        row("CPU of the web process, cores", "{:.2f}", "web_cpu_share"),
        row("… for each event to a client, its API requests included, µs", "{:.0f}", "web_cpu_us_per_event"),
        row("CPU of the process that listens, cores", "{:.2f}", "listener_cpu_share"),
        row("streams lost, requests failed", "{}, {}", "lost_streams", "failed_requests", goal="0, 0"),
    ]


if __name__ == "__main__":
    sys.exit(main())
