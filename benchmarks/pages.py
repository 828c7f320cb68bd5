"""`python -m benchmarks.pages`: server time of every page, signed in, over a ledger of a million tasks.

Without --database-url and --redis-url it starts servers of its own, fills them and throws them away. The pages are
those of the URL map, so a new one is measured without being named here. --write puts the slowest of each page into
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table

from benchmarks import backend_cpu, machine, page_rows, publish
from benchmarks.services import Services, fresh_services
from benchmarks.statistics import percentile
from benchmarks.table import Row
from queueapp import bootstrap, db
from queueapp.config import Settings
from queueapp.ledger import seeding
from queueapp.runtime import Runtime
from webui.app import close_app, create_app

#: SPEC: any page within so many milliseconds of server time.
GOAL_MS = 100
COLUMNS = ("server time p50, ms", "p99, ms", "CPU p50, ms", "CPU p99, ms")
#: The same page asked for in the ways that read other rows.
ALSO = (
    "/?range=1h", "/?range=7d", "/tasks?status=active", "/tasks?status=failed", "/tasks?status=completed",
    "/tasks?type=scan", "/tasks?q=nosferatu", "/tasks?priority=1", "/tasks?order=updated", "/tasks?age=7d",
    "/tasks?expand={task_id}", "/tasks/{task_id}?status=failed", "/media?view=list", "/media?q=film+77",
    "/webhooks?event=Download", "/audit?who=admin", "/tasks/new?type=scan",
    "/tasks/bulk?action=cancel&all=1&status=active", "/tasks/bulk?action=retry&all=1&status=failed",
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """The answers of one address, in milliseconds; `cpu` is that of this process and of PostgreSQL's together."""

    path: str
    wall: list[float]
    cpu: list[float]

    def figures(self) -> tuple[float, ...]:
        """Medians and 99th percentiles in the order of COLUMNS."""
        return tuple(percentile(samples, place) for samples in (self.wall, self.cpu) for place in (50, 99))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; with --write publish."""
    asked = _parser().parse_args(arguments)
    console = Console()
    with _services(asked, console) as services:
        facts = machine.facts(services)
        measured = _run(services, asked.repeats, console)
        tasks = _tasks(services)
    table = Table("page", *COLUMNS)
    for one in measured:
        table.add_row(one.path, *(f"{figure:.1f}" for figure in one.figures()))
    console.print(table)
    if asked.write:
        rows = [Row(one.path, tuple(f"{figure:.1f}" for figure in one.figures())) for one in measured]
        publish.write(COLUMNS, rows, facts | {"tasks": f"{tasks:,}"}, name="pages")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=20, help="how often each page is opened")
    parser.add_argument("--database-url", help="a ledger that has been seeded already")
    parser.add_argument("--redis-url", help="the Redis beside it")
    parser.add_argument("--write", action="store_true", help="publish in docs/benchmarks.md")
    return parser


@contextmanager
def _services(asked: argparse.Namespace, console: Console) -> Iterator[Services]:
    if asked.database_url:
        yield Services(asked.database_url, asked.redis_url, "?", "?")
        return
    with fresh_services() as services:
        started = time.monotonic()
        with db.connect(services.database_url, durable=False) as conn:
            seeding.seed(conn, asked.tasks, asked.items)
        console.print(f"{asked.tasks:,} tasks, {asked.items:,} items in {time.monotonic() - started:.0f} s")
        yield services


def _run(services: Services, repeats: int, console: Console) -> list[Measured]:
    settings = Settings(database_url=services.database_url, redis_url=services.redis_url)
    runtime = bootstrap.runtime(settings)
    try:
        values = _furnish(runtime)
        app = create_app(runtime)
        try:
            client = _signed_in(app)
            return [_measure(client, path, repeats, services, console) for path in paths(app, values)]
        finally:
            close_app(app)
    finally:
        runtime.close()


def _furnish(runtime: Runtime) -> dict[str, str]:
    with runtime.transaction() as session:
        known = session.scalar(sa.text("SELECT 1 FROM users WHERE name = :name"), {"name": page_rows.NAME})
        if not known:
            page_rows.add(session)
    with runtime.transaction() as session:
        page_rows.analyze(session)
        return page_rows.values(session)


def paths(app: Flask, values: dict[str, str]) -> list[str]:
    """The address of each page of the app, and those of ALSO; KeyError for a variable without a value."""
    rules = {
        rule.rule for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("pages.") and "GET" in (rule.methods or ())
    }  # fmt: skip
    plain = sorted(rule for rule in rules if not re.search(r"<[^>]*(sha256|filename|image_id)>", rule))
    return [_filled(rule, values) for rule in plain] + [path.format_map(values) for path in ALSO]


def _filled(rule: str, values: dict[str, str]) -> str:
    own = {"task_id": values["batch_id"]} if rule.startswith("/batches/") else {}
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: (values | own)[found[1]], rule)


def _signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    form = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    if token is None:
        raise RuntimeError("the sign-in page has no token")
    given = {"username": page_rows.NAME, "password": page_rows.PASSWORD, "csrf_token": token[1]}
    if client.post("/login", data=given).status_code != 303:
        raise RuntimeError("nobody could sign in")
    return client


def _measure(client: FlaskClient, path: str, repeats: int, services: Services, console: Console) -> Measured:
    wall: list[float] = []
    cpu: list[float] = []
    with backend_cpu.meter(services.database_url) as spent:
        for number in range(repeats + 1):
            began, before = time.perf_counter(), spent()
            response = client.get(path, headers={"Accept-Encoding": "gzip"})
            response.get_data()
            took, used = (time.perf_counter() - began) * 1000, spent() - before
            if (
                response.status_code >= 400 and response.status_code != 422
            ):  # 422: no file to rename, on its page
                raise RuntimeError(f"{path} answered {response.status_code}")
            if number:  # the first fills caches
                wall.append(took)
                cpu.append(used)
    console.print(f"{path}: {percentile(cpu, 50):.1f} ms of CPU", style="dim", highlight=False)
    return Measured(path, wall, cpu)


def _tasks(services: Services) -> int:
    with db.connect(services.database_url) as conn:
        found = conn.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = 'queue_tasks'::regclass")
        row = found.fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    raise SystemExit(main())
