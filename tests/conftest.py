"""Fixtures for all tests: real PostgreSQL and Redis, a fresh database for each test, a wired runtime."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from hypothesis import HealthCheck
from hypothesis import settings as examples

from queueapp import bootstrap, config, db
from queueapp.config import Settings
from queueapp.embedded.account import server_account
from queueapp.embedded.layout import Layout, make_layout
from queueapp.embedded.postgres import Postgres
from queueapp.embedded.redis_server import RedisServer

#: Data of tests may be lost: no waiting for the disk.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "max_wal_size": "256MB",
    # A database with a vacuum worker of the superuser in it could not be dropped.
    "autovacuum": "off",
}
TEMPLATE = "queueapp_template"
MEMORY = Path("/dev/shm")
#: What must be free there; each of the session's servers takes up to half a gigabyte.
MEMORY_BYTES = 6 * 1024**3
# How long an example takes says nothing on a busy machine; in continuous integration the examples are always the same.
examples.register_profile(
    "queueapp",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
examples.load_profile("queueapp")
_counter = 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only root has to do, or only an ordinary user."""
    mark = "ordinary_user_only" if os.geteuid() == 0 else "root_only"
    left_out = [item for item in items if item.get_closest_marker(mark)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In continuous integration a skipped test is a failure: something it needs was not installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def server_layout() -> Iterator[Layout]:
    """Folders for the session's servers, where their account can reach them and socket paths are short."""
    folder = Path(tempfile.mkdtemp(prefix="queueapp-tests-", dir=_memory()))
    folder.chmod(0o711)
    yield make_layout(folder, server_account())
    shutil.rmtree(folder, ignore_errors=True)


def _memory() -> Path | None:
    """Where there is plenty of memory, a folder in it: each test's database is hundreds of files to make and remove."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
        return MEMORY
    return None


@pytest.fixture(scope="session")
def postgres(server_layout: Layout) -> Iterator[Postgres]:
    """The session's PostgreSQL server."""
    server = Postgres(server_layout, server_account(), FAST)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server(server_layout: Layout) -> Iterator[RedisServer]:
    """The session's Redis server."""
    server = RedisServer(server_layout, server_account())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template_database(postgres: Postgres) -> str:
    """A database with all migrations applied, which tests copy."""
    _execute(postgres, f"CREATE DATABASE {TEMPLATE}")
    engine = db.make_engine(_url_of(postgres, TEMPLATE))
    db.upgrade(engine)
    engine.dispose()
    return TEMPLATE


@pytest.fixture
def empty_database_url(postgres: Postgres) -> Iterator[str]:
    """A database without tables, of this test alone."""
    yield from _database(postgres, "template1")


@pytest.fixture
def database_url(postgres: Postgres, template_database: str) -> Iterator[str]:
    """A migrated, empty database, of this test alone."""
    yield from _database(postgres, template_database)


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """An empty Redis database; only one test uses it at a time."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that the servers' account can reach, as root cannot say of pytest's own folders."""
    folder = Path(tempfile.mkdtemp(prefix="queueapp-data-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings that name this test's database and Redis, untouched by the environment."""
    overrides = {
        "data_dir": str(tmp_path / "data"),
        "database_url": database_url,
        "redis_url": redis_url,
        "paths": {"allowed_roots": [str(tmp_path)]},
        "web": {"session_secret": "only for tests, long enough to sign with"},
    }
    return config.load(environ={}, overrides=overrides)


@pytest.fixture
def runtime(settings: Settings) -> Iterator[bootstrap.Runtime]:
    """The wired parts on this test's database and Redis, with all operations registered."""
    wired = bootstrap.runtime(settings)
    yield wired
    wired.close()


def _database(postgres: Postgres, template: str) -> Iterator[str]:
    global _counter
    _counter += 1
    name = f"test_{_counter}"
    _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _url_of(postgres, name)
    _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(postgres: Postgres, statement: str) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _url_of(postgres: Postgres, name: str) -> str:
    return postgres.url.replace("@/queueapp?", f"@/{name}?")
