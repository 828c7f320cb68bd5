"""Builds what a process needs from its settings; entry points call it, nothing else does."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
import sqlalchemy as sa
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session, sessionmaker

from queueapp import config, db, log, operations
from queueapp.config import Settings
from queueapp.dispatch.window import Window


@dataclass(slots=True)
class Runtime:
    """The wired parts of one process; nothing connects before its first use."""

    settings: Settings
    engine: sa.Engine
    #: for dispatches, whose commits need not be durable
    dispatch_engine: sa.Engine
    sessions: sessionmaker[Session]
    redis: redis.Redis
    registry: operations.Registry
    window: Window

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session whose work is committed at the end, or rolled back on an error.

        Raises DatabaseUnavailable when PostgreSQL cannot be reached.
        """
        with db.translated(), self.sessions.begin() as session:
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self.dispatch_engine.dispose()
        self.redis.close()


def make_redis(url: str, *, timeout_seconds: float = 2.0) -> redis.Redis:
    """Return a Redis client that answers or fails within `timeout_seconds` and never retries by itself.

    A retried command may run twice; who sends it decides what a failure means.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        health_check_interval=15,
        retry=Retry(NoBackoff(), 0),
    )


def load_operations(module: str) -> operations.Registry:
    """Import the package of actors, so that its operations register themselves, and return the registry.

    It is looked for on Python's path, then in the working directory and beside this package.
    """
    for place in (Path.cwd(), Path(__file__).parent.parent):
        if str(place) not in sys.path:
            sys.path.append(str(place))
    importlib.import_module(module)
    return operations.REGISTRY


def worker_runtime() -> Runtime:
    """Wire a worker process by the settings of its environment; the actors have been imported already."""
    settings = config.load()
    log.configure(settings.log.level, settings.log.format)
    return runtime(settings, with_operations=False)


def runtime(settings: Settings, *, with_operations: bool = True) -> Runtime:
    """Wire a process by its settings, which must name a database and a Redis."""
    engine = db.make_engine(settings.database_url or "")
    client = make_redis(settings.redis_url or "")
    registry = load_operations(settings.queue.actors) if with_operations else operations.REGISTRY
    return Runtime(
        settings=settings,
        engine=engine,
        dispatch_engine=db.make_dispatch_engine(settings.database_url or ""),
        sessions=db.make_sessions(engine),
        redis=client,
        registry=registry,
        window=Window(client, registry.names),
    )
