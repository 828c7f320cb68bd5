"""One connection to the database that a thread of a worker process keeps, and opens again when it was lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg

#: Opens a connection; durable or not.
Connect = Callable[[bool], psycopg.Connection[Any]]


class Kept:
    """A connection opened at its first use; after an error `drop` it, and the next use opens another."""

    def __init__(self, connect: Connect, *, durable: bool) -> None:
        self._connect = connect
        self._durable = durable
        self._conn: psycopg.Connection[Any] | None = None
        #: on this process's monotonic clock
        self.opened_at = 0.0

    def use(self) -> psycopg.Connection[Any]:
        """Return the connection, opened if need be. Raises psycopg.Error."""
        if self._conn is None or self._conn.closed:
            self._conn = self._connect(self._durable)
            self.opened_at = time.monotonic()
        return self._conn

    def drop(self) -> None:
        """Close the connection."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None
