"""`python -m benchmarks.scale`: how the reads of a large ledger answer, and by which plans.

Without --database-url it starts servers of its own, fills them and throws them away; with one it reads a ledger that
`queueapp seed` has filled. --write puts the figures into docs/scale.md.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from benchmarks import scale_report
from benchmarks.services import fresh_services
from benchmarks.statistics import percentile
from queueapp import collector, db
from queueapp.ledger import reads, seeding
from queueapp.ledger.filters import OrderBy, Page, TaskFilter
from queueapp.states import TaskStatus

ORDERS: tuple[OrderBy, ...] = ("created_at", "updated_at", "priority")
REPORT = Path(__file__).parent.parent / "docs" / "scale.md"


@dataclass(frozen=True)
class Measured:
    """The answers of one read, in milliseconds, and the plan of its slowest kind."""

    name: str
    samples: list[float]
    #: of the reader and of its PostgreSQL process together: what a machine with nothing else to do needs
    cpu: list[float]
    plan: str

    @property
    def row(self) -> scale_report.Row:
        clock = (percentile(self.samples, 50), percentile(self.samples, 99), max(self.samples))
        return (self.name, *clock, percentile(self.cpu, 50), percentile(self.cpu, 99), self.plan)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; with --write publish."""
    asked = _parser().parse_args(arguments)
    console = Console()
    with _ledger(asked, console) as url:
        with collector.paused():  # as each program does once it has loaded
            engine = db.make_engine(url)
        try:
            facts, measured = _facts(engine), list(_measure(engine, asked.repeats, console))
        finally:
            engine.dispose()
    table = Table("read", *scale_report.FIGURES)
    rows = [one.row for one in measured]
    for name, *figures, _ in rows:
        table.add_row(name, *(f"{figure:.1f}" for figure in figures))
    console.print(table)
    if asked.write:
        scale_report.write(REPORT, facts, rows)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=40, help="how often each read is made in each order")
    parser.add_argument("--database-url", help="a ledger that has been seeded already")
    parser.add_argument("--write", action="store_true", help="publish in docs/scale.md")
    return parser


@contextmanager
def _ledger(asked: argparse.Namespace, console: Console) -> Iterator[str]:
    if asked.database_url:
        yield asked.database_url
        return
    with fresh_services() as services:
        started = time.monotonic()
        with db.connect(services.database_url, durable=False) as conn:
            seeding.seed(conn, asked.tasks, asked.items)
        console.print(f"{asked.tasks:,} tasks, {asked.items:,} items in {time.monotonic() - started:.0f} s")
        yield services.database_url


def _facts(engine: sa.Engine) -> dict[str, str]:
    with engine.connect() as connection:
        tasks, items = (
            connection.scalar(
                sa.text("SELECT reltuples::bigint FROM pg_class WHERE oid = CAST(:t AS regclass)"), {"t": t}
            )
            for t in ("queue_tasks", "queue_items")
        )
        size = connection.scalar(sa.text("SELECT pg_size_pretty(pg_database_size(current_database()))"))
        version = connection.scalar(sa.text("SHOW server_version"))
    return {
        "tasks": f"{tasks:,}",
        "items": f"{items:,}",
        "size": str(size),
        "PostgreSQL": str(version),
        "load when it began": f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }


def _filters() -> dict[str, TaskFilter]:
    now = datetime.now(UTC)
    status = TaskStatus
    return {
        "no filter": TaskFilter(),
        "status queued": TaskFilter(status=(status.QUEUED,)),
        "status running": TaskFilter(status=(status.RUNNING,)),
        "status failed": TaskFilter(status=(status.FAILED,)),
        "status completed": TaskFilter(status=(status.COMPLETED,)),
        "status queued or running": TaskFilter(status=(status.QUEUED, status.RUNNING)),
        "type scan (common)": TaskFilter(type=("scan",)),
        "type cleanup (rare)": TaskFilter(type=("cleanup",)),
        "created_by user:maria": TaskFilter(created_by="user:maria"),
        "priority critical": TaskFilter(priority=1),
        "since ten days ago": TaskFilter(since=now - timedelta(days=10)),
        "since 180 days ago": TaskFilter(since=now - timedelta(days=180)),
        "until 300 days ago": TaskFilter(until=now - timedelta(days=300)),
        "until three days ago": TaskFilter(until=now - timedelta(days=3)),
        "failed, type cleanup": TaskFilter(status=(status.FAILED,), type=("cleanup",)),
        "queued, by user:maria": TaskFilter(status=(status.QUEUED,), created_by="user:maria"),
        "failed, critical, since": TaskFilter(
            status=(status.FAILED,), priority=1, since=now - timedelta(days=100)
        ),
        "q nosferatu": TaskFilter(q="nosferatu"),
        "q nosferatu since 300 days ago": TaskFilter(q="nosferatu", since=now - timedelta(days=300)),
        "q nos 1922": TaskFilter(q="nos 1922"),
        "q сталк": TaskFilter(q="сталк"),
        "q s (half of all)": TaskFilter(q="s"),
        "q zzz (none)": TaskFilter(q="zzz"),
        "q nosferatu, failed": TaskFilter(q="nosferatu", status=(status.FAILED,)),
    }


def _measure(engine: sa.Engine, repeats: int, console: Console) -> Iterator[Measured]:
    sessions = db.make_sessions(engine)

    def timed(name: str, reads_of: Sequence[Callable[[Session], object]]) -> Measured:
        samples: list[float] = []
        cpu: list[float] = []
        slowest, slowest_read = 0.0, reads_of[0]
        for number in range(repeats + 1):
            for read in reads_of:
                with sessions.begin() as session:
                    backend = db.raw(session).info.backend_pid
                    began, spent = time.perf_counter(), _cpu_ms(backend)
                    read(session)
                    took = (time.perf_counter() - began) * 1000
                    spent = _cpu_ms(backend) - spent
                if number == 0:
                    continue  # the first fills caches
                samples.append(took)
                cpu.append(spent)
                if took > slowest:
                    slowest, slowest_read = took, read
        console.print(f"{name}: {percentile(samples, 50):.1f} ms", style="dim")
        return Measured(name, samples, cpu, _plan_of(engine, slowest_read))

    pages = [Page(order_by=by, order=how) for by in ORDERS for how in ("desc", "asc")]
    for name, chosen in _filters().items():
        first: list[Callable[[Session], object]] = [_listing(chosen, page) for page in pages]
        yield timed(f"list, {name}: first page, each order", first)
        yield timed(f"list, {name}: by cursor, deep", [*_deep(sessions, chosen, pages)] or first)
        if not chosen.q:
            far = [Page(offset=10_000, order_by=page.order_by, order=page.order) for page in pages]
            yield timed(f"list, {name}: offset 10,000", [_listing(chosen, page) for page in far])
    largest = _largest(sessions)
    single: dict[str, Callable[[Session], object]] = {
        "a task of very many items, its first": lambda s: reads.list_items(s, largest),
        "… from item 400,000 on": lambda s: reads.list_items(s, largest, offset=400_000),
        "ongoing": lambda s: reads.ongoing(s),
        "stats": lambda s: (reads.counts_by_status(s), reads.lane_depths(s), reads.workers_alive(s)),
        "counts by status (health)": lambda s: reads.counts_by_status(s),
    }
    for name, read in single.items():
        yield timed(name, [read] * len(pages))


def _cpu_ms(backend: int) -> float:
    """CPU time of this process and, where /proc tells, of a process of PostgreSQL."""
    try:
        spent = int(Path(f"/proc/{backend}/schedstat").read_text(encoding="ascii").split()[0]) / 1e6
    except (OSError, ValueError):
        spent = 0.0
    return time.process_time() * 1000 + spent


def _listing(chosen: TaskFilter, page: Page) -> Callable[[Session], object]:
    return lambda session: reads.list_tasks(session, chosen, page)


def _deep(
    sessions: Callable[[], Session], chosen: TaskFilter, pages: Sequence[Page]
) -> Iterator[Callable[[Session], object]]:
    """The page behind a cursor that lies some thousand tasks deep, where there is one."""
    for page in pages:
        with sessions() as session:
            far = Page(limit=100, offset=5_000, order_by=page.order_by, order=page.order)
            cursor = reads.list_tasks(session, chosen, far).next_cursor
        if cursor:
            yield _listing(chosen, Page(cursor=cursor, order_by=page.order_by, order=page.order))


def _largest(sessions: Callable[[], Session]) -> int:
    with sessions() as session:
        query = sa.text("SELECT id FROM queue_tasks ORDER BY total_items DESC LIMIT 1")
        return int(session.execute(query).scalar_one())


def _plan_of(engine: sa.Engine, read: Callable[[Session], object]) -> str:
    """EXPLAIN (ANALYZE, BUFFERS) of the statement of a read that took longest."""
    plans: list[tuple[float, str]] = []
    with engine.connect() as connection, Session(connection) as session:

        def explain(
            conn: sa.Connection, cursor: object, statement: str, parameters: object, *_: object
        ) -> None:
            if statement.lstrip().upper().startswith(("SELECT", "WITH")) and not explaining:
                explaining.append(True)
                rows = conn.exec_driver_sql("EXPLAIN (ANALYZE, BUFFERS) " + statement, parameters)  # type: ignore[arg-type]
                text = "\n".join(row[0] for row in rows)
                plans.append((float(text.rpartition("Execution Time: ")[2].split()[0]), text))
                explaining.clear()

        explaining: list[bool] = []
        sa.event.listen(connection, "before_cursor_execute", explain)
        read(session)
    return max(plans)[1] if plans else ""


if __name__ == "__main__":
    raise SystemExit(main())
