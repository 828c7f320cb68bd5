"""The wired parts of one process, as services and workers are given them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis
import sqlalchemy as sa
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session, sessionmaker

from queueapp import db, operations
from queueapp.config import Settings
from queueapp.direct import DirectConnections
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
    #: for creating tasks
    direct: DirectConnections
    #: by time.monotonic(), until when Redis is not asked for what a page can do without
    redis_rests_until: float = 0.0

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session whose work is committed at the end, or rolled back on an error.

        Raises DatabaseUnavailable when PostgreSQL cannot be reached.
        """
        with db.translated(), self.sessions.begin() as session:
            yield session

    def forget_connections(self) -> None:
        """Open connections anew from here on, without closing those there are: they belong to the parent process."""
        self.engine.dispose(close=False)
        self.dispatch_engine.dispose(close=False)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self.dispatch_engine.dispose()
        self.direct.close()
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
