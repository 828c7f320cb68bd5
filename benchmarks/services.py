"""A Postgres and a Redis for one run, empty at its start and gone at its end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from queueapp import db, embedded
from queueapp.config import Settings


@dataclass(frozen=True)
class Services:
    """Where this run's servers are, and which they are."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    postgres_version: str
    redis_version: str


@contextmanager
def fresh_services() -> Iterator[Services]:
    """Embedded servers in a temporary folder, with the tables made."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        # The account that runs the servers must be able to enter it.
        Path(folder).chmod(0o711)
        with embedded.serving(Settings(data_dir=Path(folder) / "data")) as servers:
            settings = servers.settings
            yield _prepared(settings.database_url or "", settings.redis_url or "")


def _prepared(database_url: str, redis_url: str) -> Services:
    engine = db.make_engine(database_url)
    db.upgrade(engine)
    engine.dispose()
    with psycopg.connect(database_url) as connection:
        postgres_version = connection.info.parameter_status("server_version") or "?"
    with redis.Redis.from_url(redis_url) as client:
        redis_version = str(client.info("server")["redis_version"])
    return Services(database_url, redis_url, postgres_version, redis_version)
