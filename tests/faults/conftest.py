"""Fixtures of the fault tests: an audit of the ledger, proxies, a web process, measured recoveries."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from psycopg.conninfo import conninfo_to_dict

from queueapp.bootstrap import Runtime
from queueapp.config import Settings
from queueapp.embedded.postgres import ROLE, Postgres
from queueapp.embedded.redis_server import RedisServer
from queueapp.services import api_keys
from tests.faults.audit import Audit
from tests.faults.recoveries import PROPERTY, Recoveries, Recovery, table
from tests.integration.webui.server import WebServer
from tests.proxy import Proxy, proxied, to_socket_file


@pytest.fixture
def recoveries(request: pytest.FixtureRequest) -> Iterator[Recoveries]:
    """Takes the recovery times a test measures; they are printed at the end of the run."""
    found = Recoveries()
    yield found
    for one in found.measured:
        request.node.user_properties.append((PROPERTY, [one.fault, one.seconds, one.bound_seconds]))


@pytest.fixture
def audit(runtime: Runtime, postgres: Postgres, redis_server: RedisServer) -> Iterator[Audit]:
    """Sees every change of an item's status from now on; afterwards both servers run, whatever the test did."""
    yield Audit(runtime)
    for server in (postgres, redis_server):
        if server.child is None or server.child.poll() is not None:
            server.start()


@pytest.fixture
def web(runtime: Runtime) -> Iterator[WebServer]:
    """A real web process on the test's database and Redis."""
    yield from _web(runtime, runtime.settings)


@pytest.fixture
def web_through_proxies(runtime: Runtime, through_proxies: dict[str, str]) -> Iterator[WebServer]:
    """A real web process that reaches Redis through a proxy."""
    yield from _web(runtime, runtime.settings.model_copy(update={"redis_url": through_proxies["REDIS_URL"]}))


def _web(runtime: Runtime, settings: Settings) -> Iterator[WebServer]:
    with runtime.transaction() as session:
        _, key = api_keys.create_key(session, "faults", "admin")
    server = WebServer(settings, key)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def database_proxy(postgres: Postgres) -> Iterator[Proxy]:
    """A proxy in front of PostgreSQL."""
    with proxied(to_socket_file(postgres.layout.sockets / ".s.PGSQL.5432")) as proxy:
        yield proxy


@pytest.fixture
def redis_proxy(redis_server: RedisServer) -> Iterator[Proxy]:
    """A proxy in front of Redis."""
    with proxied(to_socket_file(redis_server.socket)) as proxy:
        yield proxy


@pytest.fixture
def through_proxies(runtime: Runtime, database_proxy: Proxy, redis_proxy: Proxy) -> dict[str, str]:
    """Variables that lead a process to this test's database and Redis through the proxies."""
    name = conninfo_to_dict(runtime.settings.database_url or "")["dbname"]
    secret = (runtime.settings.redis_url or "").split(":", 2)[2].split("@")[0]
    return {
        "DATABASE_URL": f"postgresql://{ROLE}@127.0.0.1:{database_proxy.port}/{name}",
        "REDIS_URL": f"redis://:{quote(secret)}@127.0.0.1:{redis_proxy.port}/0",
    }


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how long each recovery took, and with FAULTS_REPORT=<file> add them to that file."""
    reports = [
        one
        for found in terminalreporter.stats.values()
        for one in found
        if isinstance(one, pytest.TestReport)
    ]
    measured = [
        Recovery(*value)
        for report in reports
        if report.when == "teardown"
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    # Processes of pytest-xdist come here too, unheard; the one that started them tells.
    if not measured or hasattr(terminalreporter.config, "workerinput"):
        return
    terminalreporter.section("recovery times")
    for line in table(measured):
        terminalreporter.write_line(line)
    if target := os.environ.get("FAULTS_REPORT"):
        with Path(target).open("a", encoding="utf-8") as file:
            file.writelines(
                json.dumps([one.fault, one.seconds, one.bound_seconds]) + "\n" for one in measured
            )
